"""`dnnt reduce RULE FILE -o BUNDLE`: apply one of the paper's reductions."""

from __future__ import annotations

from os.path import realpath
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.limited import Stopped, within
from dnnt.cli.options import json_flag, limits
from dnnt.errors import InvalidInput, MethodUnsuitable

if TYPE_CHECKING:
    from dnnt.reductions.base import Reduction
    from dnnt.reductions.bundle import Bundle


@click.command("reduce", short_help="Apply one of the paper's reductions to a problem.")
@click.argument("rule", metavar="RULE")
@click.argument("file", metavar="[FILE]", required=False)
@click.option(
    "-o", "--output", metavar="BUNDLE", help="Where the bundle goes; without it, or with -, to standard output."
)
@click.option("--variant", default="repaired", metavar="NAME", help="repaired (default), printed, digits or probes.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("json", "kp", "col", "dlx", "slp")),
    help="What FILE is; default: by its ending, else json.",
)
@click.option("--colors", type=click.IntRange(min=0), metavar="K", help="The number of colors, for a graph (.col).")
@click.option("--sudoku", metavar="LINE", help="81 characters in place of FILE; . or 0 for an empty cell.")
@json_flag
@limits
def command(
    rule: str,
    file: str | None,
    output: str | None,
    variant: str,
    format_: str | None,
    colors: int | None,
    sudoku: str | None,
    as_json: bool,
    time_limit: float | None,
    memory_limit: float | None,
) -> int:
    """Reduce the problem (or, for dnnt-to-cnnt, the instance or bundle) in FILE by RULE; dnnt reductions lists the
    rules.

    The bundle holds source and target. Every command that takes an instance takes it and works on its target; dnnt
    extract and dnnt lift carry solutions back and forth.
    """
    from dnnt.formats import json_text
    from dnnt.reductions import RULES, reduction, variants
    from dnnt.reductions.base import DNNT

    if rule not in RULES:
        raise click.UsageError(f"there is no rule {rule!r}; rules are {', '.join(RULES)}")
    if variant not in variants(rule):
        raise click.UsageError(f"{rule} has no variant {variant!r}; it has {', '.join(variants(rule))}")
    arrow = reduction(rule, variant)
    if (file is None) == (sudoku is None):
        raise click.UsageError("give a FILE, or --sudoku LINE in place of it")
    if arrow.source_kind == DNNT and (format_ is not None or colors is not None or sudoku is not None):
        raise click.UsageError(f"--format, --colors and --sudoku do not go with {rule}, which takes an instance")
    if sudoku is not None and (format_ is not None or colors is not None):
        raise click.UsageError("--format and --colors do not go with --sudoku")
    output = None if output == "-" else output
    if output is not None:
        if file not in (None, "-") and realpath(output) == realpath(str(file)):
            raise click.UsageError("BUNDLE would replace FILE")
        json_text.check_writable(output)
    started = perf_counter()
    try:
        bundle = within(time_limit, memory_limit, lambda: _made(arrow, file, format_, colors, sudoku))
    except Stopped as stopped:
        return fail(f"{file or 'the sudoku'}: stopped before the end ({stopped})", exits.LIMIT)
    seconds = perf_counter() - started
    if output is None:
        click.echo(bundle.to_bytes().decode(), nl=False)
        return exits.DEFINITE
    json_text.write_bytes(output, bundle.to_bytes())
    _report(bundle, output, seconds, as_json)
    return exits.DEFINITE


def _made(arrow: Reduction, file: str | None, format_: str | None, colors: int | None, sudoku: str | None) -> Bundle:
    from dnnt.formats import problem_file
    from dnnt.reductions import bundle_file
    from dnnt.reductions.base import DNNT

    source: Any
    if sudoku is not None:
        try:
            source = problem_file.sudoku(sudoku)
        except InvalidInput as error:
            error.file = "--sudoku"
            raise
    elif arrow.source_kind == DNNT:
        assert file is not None, "checked with the usage"
        source = bundle_file.document(file)
    else:
        assert file is not None, "checked with the usage"
        source = problem_file.read(file, format_, colors, lambda text: fail(f"warning: {file}: {text}", 0))
    named = "--sudoku" if file is None else file
    try:
        bundle = arrow.reduce(source)
        bundle.to_bytes()
    except InvalidInput as error:
        error.file = error.file or named
        raise
    except MethodUnsuitable as error:
        raise MethodUnsuitable(f"{named}: {error}") from None
    return bundle


def _report(bundle: Bundle, output: str, seconds: float, as_json: bool) -> None:
    """Declared and measured sizes, and the time."""
    from dnnt.formats import json_text

    declared, measured = bundle.declared, bundle.measured
    if as_json:
        body = {
            "bundle": output,
            "rule": bundle.rule,
            "variant": bundle.variant,
            "theorem": bundle.contract.theorem,
            "declared": dict(declared),
            "measured": dict(measured),
            "sha256": bundle.sha256,
            "seconds": round(seconds, 6),
        }
        click.echo(json_text.dumps(body))
        return
    from dnnt.cli.render import print_reduced

    print_reduced(bundle, output, seconds)
