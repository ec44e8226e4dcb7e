"""`dnnt extract BUNDLE RESULT`: the source's solution behind parameters of the target, or behind an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.limited import Stopped, within
from dnnt.cli.options import json_flag, limits

if TYPE_CHECKING:
    from dnnt.instance import Instance
    from dnnt.problems.base import Problem
    from dnnt.reductions.bundle import Extraction

_STATUS = {"yes": exits.DEFINITE, "no": exits.DEFINITE, "unknown": exits.LIMIT}


@click.command("extract", short_help="Carry parameters of a target back to the source.")
@click.argument("bundle", metavar="BUNDLE")
@click.argument("result", metavar="RESULT")
@json_flag
@limits
def command(bundle: str, result: str, as_json: bool, time_limit: float | None, memory_limit: float | None) -> int:
    """Print the solution of BUNDLE's source behind RESULT (parameters of the target, or the object of solve --json).

    The solution is verified in the source problem. Parameters above gamma are refused. The output is JSON in any case.
    """
    from dnnt.formats import json_text

    try:
        origin, found = within(time_limit, memory_limit, lambda: _extracted(bundle, result))
    except Stopped as stopped:
        return fail(f"{bundle}: stopped before the end ({stopped})", exits.LIMIT)
    click.echo(json_text.dumps(found.to_json(origin)))
    if found.verified is False:
        fail(f"warning: {bundle}: what was extracted does not solve the source: the printed construction is wrong", 0)
    return _STATUS[found.answer]


def _extracted(bundle: str, result: str) -> tuple[Problem | Instance, Extraction]:
    from dnnt.errors import InvalidInput
    from dnnt.formats import json_text
    from dnnt.reductions import bundle_file

    made = bundle_file.read_checked(bundle)
    try:
        return made.origin, made.extract(bundle_file.result_in(json_text.read_bytes(result)))
    except InvalidInput as error:
        error.file = error.file or result
        raise
