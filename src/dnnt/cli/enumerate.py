"""`dnnt enumerate FILE`: all parameters that are good enough, or the first of them, by increasing loss."""

from __future__ import annotations

import click

from dnnt.cli.choices import gamma_option, print_choices
from dnnt.cli.options import limits


@click.command("enumerate", short_help="List parameters that are good enough, by increasing loss.")
@click.argument("file", metavar="FILE")
@click.option("-n", "most", type=click.IntRange(min=0), help="Only the first so many (default: all).")
@gamma_option
@limits
def command(file: str, most: int | None, gamma: object, time_limit: float | None, memory_limit: float | None) -> int:
    """List all parameters of the instance FILE with a total loss of at most gamma, by increasing loss.

    Without a gamma: the optimal ones. Every choice comes once, in the same order every time. Prints a JSON object
    {"loss": .., "parameters": [..]} a line.
    """
    from dnnt.annotations.questions import enumerate_within
    from dnnt.running import Run

    run = Run(time_limit, memory_limit)
    return print_choices(
        file,
        run,
        gamma,  # type: ignore[arg-type]  # An exact number, by its type on the command line.
        most,
        lambda instance, given: enumerate_within(instance, run, given),
    )
