"""`dnnt reductions`: the rules, with theorem, direction, sizes and an example."""

from __future__ import annotations

import click

from dnnt.cli.options import json_flag


@click.command("reductions", short_help="List the paper's reductions.")
@json_flag
@click.option("--graph", metavar="FILE.svg", help="Write the graph of problems and rules to this file.")
def command(as_json: bool, graph: str | None) -> int:
    """List the paper's reductions: what each takes and gives, by which theorem, at what size, with an example."""
    from dnnt.catalogue import entry, picture
    from dnnt.formats import json_text
    from dnnt.reductions import all_reductions

    if graph is not None:
        json_text.check_writable(graph)
        json_text.write_bytes(graph, picture().encode())
    entries = [entry(each) for each in all_reductions()]
    if as_json:
        click.echo(json_text.dumps(entries))
        return 0
    from dnnt.cli.render import print_reductions

    print_reductions(entries)
    return 0
