"""What `dnnt count`, `dnnt sample` and `dnnt enumerate` share: reading, limits, and lines of choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.reading import read_within

if TYPE_CHECKING:
    from dnnt.annotations.results import Chosen
    from dnnt.exact import Number
    from dnnt.instance import Instance
    from dnnt.running import Run

F = TypeVar("F", bound=Callable[..., Any])


class ExactNumber(click.ParamType[Any]):
    """An exact number: an integer, a decimal, or p/q."""

    name = "Q"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or a usage error."""
        from dnnt.errors import InvalidInput
        from dnnt.exact import from_text

        try:
            return from_text(value) if isinstance(value, str) else value
        except InvalidInput as error:
            self.fail(str(error), param, ctx)


def gamma_option(command: F) -> F:
    """`--gamma`."""
    return click.option(
        "--gamma", type=ExactNumber(), help="In place of the file's; without any, the least loss is meant."
    )(command)


def threshold(instance: Instance, gamma: Number | None) -> Number | None:
    """The gamma that was given, or else the file's."""
    return instance.gamma if gamma is None else gamma


def print_choices(
    file: str,
    run: Run,
    gamma: Number | None,
    most: int | None,
    made: Callable[[Instance, Number | None], Iterator[Chosen]],
) -> int:
    """Print at most so many choices, each as JSON on a line of its own, as they are made; returns the exit status."""
    from dnnt.errors import TooLarge
    from dnnt.formats import json_text
    from dnnt.interrupts import latched
    from dnnt.running import Stop, ticking

    lines = 0
    with latched() as latch:
        try:
            instance = read_within(file, run, latch)
        except Stop as stop:
            return fail(f"{file}: stopped before it was read ({stop.kind})", exits.LIMIT)
        try:
            with ticking(run.check):  # Only before the first line: no line is cut in two.
                found = islice(made(instance, threshold(instance, gamma)), most)
                chosen = next(found, None)
            while chosen is not None:
                click.echo(json_text.dumps(chosen.to_json()))
                lines += 1
                chosen = next(found, None)
        except Stop as stop:
            why = f"{stop.kind}: {stop.detail}" if stop.detail else stop.kind
        except TooLarge as error:
            why = str(error)
        except MemoryError:
            why = "memory"
        else:
            return 0
    return fail(f"{file}: stopped after {lines:,} choices ({why})", exits.LIMIT)
