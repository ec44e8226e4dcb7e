"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|inf|infinity", re.ASCII)


class Positive(click.ParamType[float]):
    """A number above 0 (or at least 0), infinite allowed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or a usage error."""
        number = float(value) if isinstance(value, float) or _NUMBER.fullmatch(value) else -1.0
        if number < 0:
            self.fail(f"{value!r} is not a number of {self.name} (0 or more)", param, ctx)
        return number


def limits(command: F) -> F:
    """`--time-limit` and `--memory-limit`."""
    memory = click.option("--memory-limit", type=Positive("MIB"), help="Resident memory that may be used, in MiB.")
    time = click.option("--time-limit", type=Positive("SECONDS"), help="Wall-clock seconds, checking included.")
    return time(memory(command))


def json_flag(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")(command)
