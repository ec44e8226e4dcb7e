"""`dnnt lift BUNDLE SOLUTION`: parameters of the target from a solution of the source."""

from __future__ import annotations

from os.path import realpath
from typing import TYPE_CHECKING

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.limited import Stopped, within
from dnnt.cli.options import json_flag, limits

if TYPE_CHECKING:
    from dnnt.parameters import Parameters


@click.command("lift", short_help="Carry a solution of the source to parameters of the target.")
@click.argument("bundle", metavar="BUNDLE")
@click.argument("solution", metavar="SOLUTION")
@click.option(
    "-o", "--output", metavar="OUT", help="Where the parameters go; without it, or with -, to standard output."
)
@json_flag
@limits
def command(
    bundle: str,
    solution: str,
    output: str | None,
    as_json: bool,
    time_limit: float | None,
    memory_limit: float | None,
) -> int:
    """Print parameters of BUNDLE's target, within gamma, from the solution of its source in the JSON file SOLUTION.

    SOLUTION holds the solution itself, or an object that has it under "solution"; for dnnt-to-cnnt, parameters of the
    source. What is no solution is refused. The output is JSON in any case.
    """
    from dnnt.formats import json_text, parameters_file

    output = None if output == "-" else output
    if output is not None:
        if realpath(output) in [realpath(file) for file in (bundle, solution) if file != "-"]:
            raise click.UsageError("OUT would replace BUNDLE or SOLUTION")
        json_text.check_writable(output)
    try:
        found = within(time_limit, memory_limit, lambda: _lifted(bundle, solution))
    except Stopped as stopped:
        return fail(f"{bundle}: stopped before the end ({stopped})", exits.LIMIT)
    text = parameters_file.to_text(found)
    if output is None:
        click.echo(text, nl=False)
    else:
        json_text.write_bytes(output, text.encode())
    return exits.DEFINITE


def _lifted(bundle: str, solution: str) -> Parameters:
    from dnnt.errors import InvalidInput
    from dnnt.formats import json_text
    from dnnt.reductions import bundle_file

    made = bundle_file.read_checked(bundle)
    try:
        return made.lift(bundle_file.solution_in(made, json_text.parse(json_text.read_bytes(solution))))
    except InvalidInput as error:
        error.file = error.file or solution
        raise
