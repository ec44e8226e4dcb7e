"""`dnnt slp FILE`: the sign of the integer that a straight-line program computes, however long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.options import json_flag, limits

if TYPE_CHECKING:
    from dnnt.signs.decide import SignVerdict

STOPPED = {"time": "at the time limit", "memory": "at the memory limit", "interrupt": "by an interrupt"}


@click.command("slp", short_help="Find the sign of the result of a straight-line program.")
@click.argument("file", metavar="FILE")
@click.option("--format", "format_", metavar="NAME", help="json or slp; default: by the file's ending.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the random primes; by default they are drawn afresh.")
@json_flag
@limits
def command(
    file: str,
    format_: str | None,
    seed: int | None,
    as_json: bool,
    time_limit: float | None,
    memory_limit: float | None,
) -> int:
    """Find the sign of the last value of the straight-line program in FILE (JSON, or text lines a3 = a1 * a2).

    The value may have 10^1000 digits: nothing is written out. Exit status 3 where the sign was not found.
    """
    from dnnt.errors import InvalidProblem
    from dnnt.formats import json_text, problem_file
    from dnnt.interrupts import latched, leave
    from dnnt.problems.straight_line import StraightLineProgram
    from dnnt.running import Run, Stop, ticking
    from dnnt.signs.decide import decide_within

    run = Run(time_limit, memory_limit)
    with latched() as latch:
        try:
            latch.forward(leave)
            with ticking(run.check_first):
                program = problem_file.read(file, format_)
            latch.forward(run.interrupt)
        except Stop as stop:
            return fail(f"{file}: stopped before it was read ({stop.kind})", exits.LIMIT)
        except KeyboardInterrupt:
            return fail(f"{file}: stopped before it was read (interrupt)", exits.LIMIT)
        if not isinstance(program, StraightLineProgram):
            raise InvalidProblem(f'kind "{program.kind}"', "give a straight-line program (slp)", "kind", file)
        verdict = decide_within(program.steps, run, seed)
    if as_json:
        click.echo(json_text.dumps(verdict.to_json()))
    else:
        for line in lines(verdict, len(program.steps)):
            click.echo(line)
    return exits.LIMIT if verdict.sign is None else 0


def lines(verdict: SignVerdict, steps: int) -> list[str]:
    """What a person is told."""
    said = {1: "positive", 0: "zero", -1: "negative"}
    if verdict.sign is not None:
        answer = f"The integer is {said[verdict.sign]}."
    elif verdict.nonzero:
        answer = "The sign was not found; the integer is not zero (proved)."
    else:
        answer = "The sign was not found."
    if verdict.proved:
        sure = "proved"
    elif verdict.error is not None:
        sure = f"not proved: wrong with a probability below {verdict.error}"
    else:
        sure = "nothing is claimed"
    length = f"{verdict.bits:,}" if verdict.bits < 10**15 else f"10^{int(verdict.bits.bit_length() * 0.30103)}"
    most = "about" if verdict.sign is not None else "at most"
    return [
        answer,
        f"Assurance  {sure}",
        f"Method     {verdict.method}",
        f"Program    {steps:,} steps; the integer has {most} {length} bits",
        f"Ended      {STOPPED.get(verdict.stop or '', 'by itself')} after {verdict.seconds:.3g} s",
    ]
