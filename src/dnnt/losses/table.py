"""The table of named losses, and how a value becomes a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dnnt.errors import InvalidInput, shown
from dnnt.exact import Number, number
from dnnt.kinds import arguments_of, called
from dnnt.losses.coded import CODED
from dnnt.losses.guarded import GUARDED
from dnnt.losses.loss import Kind, Loss, Vector
from dnnt.losses.plain import PLAIN

KINDS: Mapping[str, Kind] = {**PLAIN, **CODED, **GUARDED}


def loss(given: object, exact_floats: bool = False) -> Loss:
    """The loss that a value means: a name, a dictionary with `kind` (as in a file), a function of f and y, a `Loss`."""
    if isinstance(given, Loss):
        return given
    if callable(given):
        return custom(given)

    def convert(kind: str, key: str, value: object) -> Any:
        return KINDS[kind].convert(key, value, exact_floats)

    kind, arguments = arguments_of(given, KINDS, "loss", convert)
    return rebuilt(kind, tuple(arguments.items()))


def rebuilt(kind: str, arguments: tuple[tuple[str, Any], ...]) -> Loss:
    """The loss of that kind with arguments that were read before."""
    row = KINDS[kind]
    return Loss(kind, arguments, row.build(**dict(arguments)), row)


def custom(function: Callable[[Any, Any], Any]) -> Loss:
    """A loss from any exact Python function of (f, y), tuples of numbers; it must give an exact number >= 0."""

    def apply(f: Vector, y: Vector) -> Number:
        try:
            value = number(function(f, y))
        except InvalidInput as error:
            raise error.within(f"loss {called(function)}") from None
        if value < 0:
            raise InvalidInput(f"the function gave {shown(value)}", "losses are 0 or more", f"loss {called(function)}")
        return value

    return Loss("custom", (("function", function),), apply)
