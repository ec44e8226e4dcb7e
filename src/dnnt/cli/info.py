"""`dnnt info FILE`: sizes, regime, theorems, and the predicted cost of each method."""

from __future__ import annotations

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.options import json_flag, limits


@click.command("info")
@click.argument("file", metavar="FILE")
@json_flag
@limits
def command(file: str, as_json: bool, time_limit: float | None, memory_limit: float | None) -> int:
    """Describe the instance FILE: sizes, ranges, what theorems say of it, and what each method would cost."""
    from dnnt.formats import instance_file, json_text
    from dnnt.interrupts import latched, leave
    from dnnt.profile import profile
    from dnnt.running import Run, Stop, ticking

    run = Run(time_limit, memory_limit)
    with latched() as latch:
        latch.forward(leave)
        try:
            with ticking(run.check_first):
                instance = instance_file.read(file)
        except Stop as stop:
            return fail(f"{file}: stopped before it was read ({stop.kind})", exits.LIMIT)
        except KeyboardInterrupt:
            return fail(f"{file}: stopped before it was read (interrupt)", exits.LIMIT)
        latch.forward(run.interrupt)
        found = profile(instance, run)
    if as_json:
        click.echo(json_text.dumps({"file": file, **found.to_json()}))
    else:
        from dnnt.cli.render import print_profile

        print_profile(found, file)
    return exits.LIMIT if "before the limit" in found.reason else 0
