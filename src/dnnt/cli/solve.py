"""`dnnt solve FILE...`: decide or minimise, and report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.options import json_flag, limits
from dnnt.cli.reading import read_within
from dnnt.errors import InvalidInput, InvalidParameters, MethodUnsuitable, printable
from dnnt.interrupts import Latch, latched

if TYPE_CHECKING:
    from dnnt.answer import Answer
    from dnnt.exact import Number
    from dnnt.running import Run


@click.command("solve", short_help="Decide or minimise each FILE exactly, and check the proof.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--goal",
    type=click.Choice(["decide", "minimize"]),
    help="Default: decide where the file has a gamma.",
)
@click.option(
    "--method",
    default="auto",
    metavar="auto|NAME",
    help="How to solve; dnnt info lists the methods.",
)
@limits
@click.option("--seed", type=int, default=0, help="Seed of random choices.")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Threads (in long compiled loops) or processes that work side by side, at most.",
)
@click.option(
    "--then",
    type=click.Choice(["sparsest", "smallest"]),
    help="Of all parameters that reach the goal: fewest nonzero weights, or least sum of absolute weights.",
)
@click.option("--fix", metavar="PARAMETERS", help="Fix the values in this parameters file; null entries are free.")
@click.option("--hint", metavar="PARAMETERS", help="Begin with the parameters in this file.")
@click.option("--checkpoint", metavar="DIR", help="Keep what is found in DIR; the same command goes on from it.")
@json_flag
@click.option("--certificate", metavar="OUT", help="Write the certificate to this file.")
@click.option("--parameters", metavar="OUT", help="Write the best parameters to this file.")
@click.option("--check/--no-check", default=True, help="Check the certificate before reporting (default).")
@click.option(
    "--competition",
    is_flag=True,
    help="Print o, s and v lines (c for --then); exit 10 yes, 20 no, 30 optimum, 0 unknown.",
)
@click.option("--explain", is_flag=True, help="Print the plan and do not solve.")
@click.option("--progress", is_flag=True, help="Show progress even where standard error is no terminal.")
def command(**given: Any) -> int:
    """Decide or minimise each FILE exactly, check the proof, and report.

    FILE is an instance (*.dnnt.json, gzipped or not, - for standard input). Without --goal, an instance with a gamma is
    decided and any other is minimised.
    """
    from dnnt.formats import json_text

    options = Options(**given)
    _check_usage(options)
    for out in (options.certificate, options.parameters):
        if out is not None:
            json_text.check_writable(out)
    worst = 0
    with latched() as latch:
        for index, file in enumerate(options.files):
            try:
                status = _explain(file, options, latch) if options.explain else _solve(file, options, latch)
            except (InvalidInput, MethodUnsuitable) as error:
                status = _refused(file, error, options.as_json)
            worst = max(worst, status)
            if latch.asked:
                for left in options.files[index + 1 :]:
                    worst = max(worst, _unread(left, "interrupt", options.as_json))
                break
    return worst


@dataclass(frozen=True, slots=True)
class Options:
    """What was given on the command line."""

    files: tuple[str, ...]
    goal: str | None
    method: str
    time_limit: float | None
    memory_limit: float | None
    seed: int
    threads: int
    as_json: bool
    certificate: str | None
    parameters: str | None
    check: bool
    competition: bool
    explain: bool
    progress: bool
    then: str | None
    fix: str | None
    hint: str | None
    checkpoint: str | None


def _refused(file: str, error: InvalidInput | MethodUnsuitable, as_json: bool) -> int:
    """Say why a file has no answer, on standard error and with --json as an object too, so that others are not lost."""
    if isinstance(error, InvalidInput):
        error.file = error.file or file
    message = str(error) if isinstance(error, InvalidInput) else f"{file}: {error}"
    if as_json:
        from dnnt.formats import json_text

        click.echo(json_text.dumps({"file": file, "error": " ".join(printable(message).split())}))
    return fail(message, exits.INPUT if isinstance(error, InvalidInput) else exits.USAGE)


def _unread(file: str, stop: str, as_json: bool) -> int:
    """Say of a file that a limit or an interrupt came before it was read; returns the exit status."""
    message = f"{file}: stopped before it was read ({stop})"
    if as_json:
        from dnnt.formats import json_text

        click.echo(json_text.dumps({"file": file, "error": message}))
    return fail(message, exits.LIMIT)


def _check_usage(options: Options) -> None:
    from dnnt.methods import NAMES

    if options.method != "auto" and options.method not in NAMES:
        raise click.UsageError(f"there is no method {options.method!r}; take auto, {', '.join(NAMES)}")
    if len(options.files) > 1 and (options.certificate or options.parameters):
        raise click.UsageError("--certificate and --parameters go with one FILE")
    one = {"--fix": options.fix, "--hint": options.hint, "--checkpoint": options.checkpoint}
    for name, value in one.items():
        if len(options.files) > 1 and value is not None:
            raise click.UsageError(f"{name} goes with one FILE")
    if options.checkpoint == "":
        raise click.UsageError("--checkpoint takes the name of a directory")
    if len(options.files) > 1 and options.competition:
        raise click.UsageError("--competition goes with one FILE")
    if "-" in (options.certificate, options.parameters):
        raise click.UsageError("--certificate and --parameters take the name of a file, and - is none")
    outputs = [realpath(out) for out in (options.certificate, options.parameters) if out]
    if len(set(outputs)) < len(outputs):
        raise click.UsageError("--certificate and --parameters name the same file")
    if any(realpath(file) in outputs for file in options.files if file != "-"):
        raise click.UsageError("an output would replace the instance FILE")
    if options.as_json and options.competition:
        raise click.UsageError("--json and --competition exclude each other")


def _solve(file: str, options: Options, latch: Latch) -> int:
    """Solve one file and print its answer; returns the exit status."""
    from dnnt.continuous import solve
    from dnnt.formats import parameters_file
    from dnnt.kernels.threads import at_most
    from dnnt.progress import shown
    from dnnt.running import Observer, Run, Stop

    started = monotonic()
    show = options.progress or sys.stderr.isatty()
    with shown(Path(file).name) if show else nullcontext(Observer()) as observer:
        losses = _Losses(observer) if options.competition else None
        if losses is not None:
            observer = losses.observer
        run = Run(options.time_limit, options.memory_limit, observer, started, seed=options.seed)
        try:
            instance = read_within(file, run, latch)
        except Stop as stop:
            return _unread(file, stop.kind, options.as_json)
        if losses is not None and instance.is_continuous:
            losses.muted = True  # What comes are losses of the source.
        fixed = None if options.fix is None else parameters_file.read_entries(options.fix)
        hint = None if options.hint is None else parameters_file.read(options.hint)
        with at_most(options.threads), _of_their_files(options):
            answer = solve(
                instance,
                options.goal,
                options.method,
                run,
                options.check,
                file,
                then=options.then,
                fixed=fixed,
                hint=hint,
                checkpoint=options.checkpoint,
            )
    status = written = 0
    try:
        status = _reported(answer, file, options, losses is not None and losses.muted)
    finally:  # Also where standard output takes nothing.
        try:
            _write(answer, options.certificate, options.parameters)
        except InvalidInput as error:
            written = fail(str(error), exits.INPUT)
    return max(status, written)


@contextmanager
def _of_their_files(options: Options) -> Iterator[None]:
    """Faults of fixed values and of a hint name the files that these came from."""
    try:
        yield
    except InvalidParameters as error:
        for place, file in (("fix", options.fix), ("hint", options.hint)):
            if error.place.startswith(f"{place}.") and file is not None:
                error.file, error.place = file, error.place.removeprefix(f"{place}.")
        raise


def _reported(answer: Answer, file: str, options: Options, muted: bool) -> int:
    """Print the answer in the form asked for; returns the exit status."""
    if answer.stop == "memory":
        fail(f"{file}: {answer.reason}", 0)
    if options.competition:
        return _competition(answer, muted)
    if options.as_json:
        from dnnt.formats import json_text

        click.echo(json_text.dumps(answer.to_json()))
    else:
        from dnnt.cli.render import print_answer

        print_answer(answer, file)
    return answer.exit_code


def _write(answer: Answer, certificate: str | None, parameters: str | None) -> None:
    from dnnt.formats import certificate_file, json_text, parameters_file

    if certificate is not None:
        if answer.certificate is None:
            raise InvalidInput("there is nothing to certify", "see the answer", file=certificate)
        json_text.write_bytes(certificate, certificate_file.to_bytes(answer.certificate))
    if parameters is not None:
        if answer.parameters is None:
            fail(f"{parameters}: not written, there are no parameters", 0)
        else:
            json_text.write_bytes(parameters, parameters_file.to_text(answer.parameters).encode())


class _Losses:
    """Prints an `o` line for every better loss."""

    def __init__(self, inner: object) -> None:
        from dnnt.running import Observer

        assert isinstance(inner, Observer), "observers wrap observers"
        self._inner = inner
        self.muted = False
        self._printed: Number | None = None
        self.observer = Observer(inner.message, self._state)

    def _state(self, run: Run) -> None:
        from dnnt.exact import text

        self._inner.state(run)
        # Lower ones only: of the parameters that a second goal prefers, the loss may be higher than one known before.
        if self.muted or run.incumbent is None:
            return
        loss = run.incumbent.loss
        if self._printed is None or loss < self._printed:
            self._printed = loss
            click.echo(f"o {text(loss)}")


_LINES = {
    "optimal": ("OPTIMUM FOUND", 30),
    "feasible": ("SATISFIABLE", 10),
    "infeasible": ("UNSATISFIABLE", 20),
}


def _competition(answer: Answer, muted: bool) -> int:
    from dnnt.exact import text
    from dnnt.formats import json_text

    line, status = _LINES.get(answer.status, ("UNKNOWN", 0))
    if answer.goal == "minimize" and answer.status == "feasible":
        line, status = "SATISFIABLE", 0
    if muted and answer.loss is not None:
        click.echo(f"o {text(answer.loss)}")
    if answer.then is not None:
        from dnnt.cli.render import second

        click.echo(f"c {second(answer.then, answer.settled)}")
    click.echo(f"s {line}")
    if answer.parameters is not None and answer.status != "infeasible":
        click.echo(f"v {json_text.dumps(answer.parameters.to_json())}")
    return status


def _explain(file: str, options: Options, latch: Latch) -> int:
    from dnnt.continuous import source_of
    from dnnt.formats import json_text
    from dnnt.profile import profile as profile_of
    from dnnt.running import Run, Stop

    run = Run(options.time_limit, options.memory_limit)
    try:
        instance = read_within(file, run, latch)
    except Stop as stop:
        return _unread(file, stop.kind, options.as_json)
    if instance.is_continuous:
        instance, _ = source_of(instance)
    profile = profile_of(instance, run, options.method)
    if options.as_json:
        known = profile.to_json()
        said = {
            "file": file,
            "method": profile.chosen,
            **{key: known[key] for key in ("reason", "methods", "plan", "parts")},
        }
        click.echo(json_text.dumps(said))
        return 0
    from dnnt.cli.render_profile import print_explanation

    print_explanation(profile, file)
    return 0
