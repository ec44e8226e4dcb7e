"""`dnnt info FILE`: sizes, regime, theorems, and the predicted cost of each method."""

from __future__ import annotations

import click

from dnnt.cli.options import json_flag


@click.command("info")
@click.argument("file", metavar="FILE")
@json_flag
def command(file: str, as_json: bool) -> int:
    """Describe the instance FILE: sizes, ranges, what theorems say of it, and what each method would cost."""
    from dnnt.api import info

    profile = info(file)
    if as_json:
        from dnnt.formats import json_text

        click.echo(json_text.dumps({"file": file, **profile.to_json()}))
    else:
        from dnnt.cli.render import print_profile

        print_profile(profile, file)
    return 0
