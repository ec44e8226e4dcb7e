"""`dnnt count FILE`: how many choices of parameters are good enough, and how many there are of every loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.choices import gamma_option, threshold
from dnnt.cli.options import json_flag, limits
from dnnt.cli.reading import read_within

if TYPE_CHECKING:
    from dnnt.annotations.results import Count


@click.command("count", short_help="Count the choices of parameters that are good enough.")
@click.argument("file", metavar="FILE")
@click.option("--histogram", is_flag=True, help="Also how many choices have each loss.")
@gamma_option
@json_flag
@limits
def command(
    file: str,
    histogram: bool,
    gamma: Any,
    as_json: bool,
    time_limit: float | None,
    memory_limit: float | None,
) -> int:
    """Count the choices of parameters of the instance FILE with a total loss of at most gamma, exactly.

    Without a gamma: the optimal ones. Exit status 3 where a limit or an interrupt came first.
    """
    from dnnt.annotations.questions import count_within
    from dnnt.formats import json_text
    from dnnt.interrupts import latched
    from dnnt.running import Run, Stop

    run = Run(time_limit, memory_limit)
    with latched() as latch:
        try:
            instance = read_within(file, run, latch)
        except Stop as stop:
            return fail(f"{file}: stopped before it was read ({stop.kind})", exits.LIMIT)
        found = count_within(instance, run, threshold(instance, gamma), histogram, file)
    if found.stop is not None:
        fail(f"{file}: not counted ({': '.join(part for part in (found.stop, found.reason) if part)})", 0)
    if as_json:
        click.echo(json_text.dumps(found.to_json()))
    else:
        _print(found)
    return 0 if found.stop is None else exits.LIMIT


def _print(found: Count) -> None:
    from dnnt.cli.render import print_count

    print_count(found)
