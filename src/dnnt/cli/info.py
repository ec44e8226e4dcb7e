"""`dnnt info FILE`: sizes, regime, theorems, and the predicted cost of each method."""

from __future__ import annotations

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.options import json_flag, limits
from dnnt.cli.reading import read_within


@click.command("info", short_help="Describe an instance, and what each method would cost.")
@click.argument("file", metavar="FILE")
@json_flag
@limits
def command(file: str, as_json: bool, time_limit: float | None, memory_limit: float | None) -> int:
    """Describe the instance FILE: sizes, ranges, what theorems say of it, and what each method would cost."""
    from dnnt.continuous import profile
    from dnnt.formats import json_text
    from dnnt.interrupts import latched
    from dnnt.running import Run, Stop

    run = Run(time_limit, memory_limit)
    with latched() as latch:
        try:
            instance = read_within(file, run, latch)
        except Stop as stop:
            return fail(f"{file}: stopped before it was read ({stop.kind})", exits.LIMIT)
        found = profile(instance, run)
    if as_json:
        click.echo(json_text.dumps({"file": file, **found.to_json()}))
    else:
        from dnnt.cli.render_profile import print_profile

        print_profile(found, file)
    return exits.LIMIT if "before the limit" in found.reason else 0
