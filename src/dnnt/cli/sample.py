"""`dnnt sample FILE`: independent uniform draws among the parameters that are good enough."""

from __future__ import annotations

import click

from dnnt.cli.choices import gamma_option, print_choices
from dnnt.cli.options import limits


@click.command("sample", short_help="Draw parameters that are good enough, uniformly at random.")
@click.argument("file", metavar="FILE")
@click.option("-n", "draws", type=click.IntRange(min=0), default=1, help="How many draws (default 1).")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="The same draws for the same seed (default 0).")
@gamma_option
@limits
def command(
    file: str,
    draws: int,
    seed: int,
    gamma: object,
    time_limit: float | None,
    memory_limit: float | None,
) -> int:
    """Draw parameters of the instance FILE uniformly at random among all with a total loss of at most gamma.

    Without a gamma: among the optimal ones. Prints a JSON object {"loss": .., "parameters": [..]} a line.
    """
    from dnnt.annotations.questions import sample_within
    from dnnt.running import Run

    run = Run(time_limit, memory_limit)
    return print_choices(
        file,
        run,
        gamma,  # type: ignore[arg-type]  # An exact number, by its type on the command line.
        None,
        lambda instance, given: sample_within(instance, draws, seed, run, given),
    )
