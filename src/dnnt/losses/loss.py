"""What a loss is, and what a row of the table of losses says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dnnt.errors import InvalidInput
from dnnt.exact import Number, numbers, to_json

Vector = tuple[Number, ...]
Function = Callable[[Vector, Vector], Number]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    `keys` are what a file gives, `build` makes the exact function of them, `separable` says whether the loss is a sum
    of one convex term an output, `meaning` is a word on it. `convert(key, value, exact_floats)` reads an argument and
    `write(key, argument)` gives it back as JSON. `fits(arguments, outputs)` and `allows(arguments, outputs, y)` raise
    `InvalidInput` where the loss does not go with that many outputs, or with a sample's targets. `alone` is the kind
    that is the same where there is one output, and is a sum over outputs for any number of them.
    """

    keys: tuple[str, ...]
    build: Callable[..., Function]
    separable: bool
    meaning: str
    convert: Callable[[str, Any, bool], Any]
    write: Callable[[str, Any], Any]
    fits: Callable[[dict[str, Any], int], None] = lambda arguments, outputs: None
    allows: Callable[[dict[str, Any], int, Vector], None] = lambda arguments, outputs, y: None
    alone: str | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss: its kind, its arguments by key, and the exact function (f, y) -> loss >= 0 that they define.

    `row` is its row of the table; None for a function given from Python.
    """

    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()
    apply: Function = field(compare=False, repr=False, default=lambda f, y: 0)
    row: Kind | None = field(compare=False, repr=False, default=None)

    def __call__(self, f: Vector, y: Vector) -> Number:
        """The loss of outputs f for targets y, in normal form."""
        return self.apply(f, y)

    def __reduce__(self) -> tuple[Any, ...]:
        from dnnt.losses import table

        if self.row is None:
            return table.custom, (self.arguments[0][1],)
        return table.rebuilt, (self.kind, self.arguments)

    @property
    def separable(self) -> bool:
        """Whether the loss is a sum of one convex term an output."""
        return self.row is not None and self.row.separable

    def of_outputs(self, outputs: int) -> Loss:
        """The same function of so many outputs, as a sum over the outputs where it is one under another name."""
        from dnnt.losses import table

        if outputs != 1 or self.row is None or self.row.alone is None:
            return self
        return table.rebuilt(self.row.alone, self.arguments)

    def to_json(self) -> Any:
        """The contract's way of writing it. Raises `InvalidInput` for a function given from Python."""
        if self.row is None:
            raise InvalidInput("a Python function cannot be written to a file", "use a named loss or a table")
        if not self.arguments:
            return self.kind
        return {"kind": self.kind, **{key: self.row.write(key, value) for key, value in self.arguments}}

    def check_targets(self, outputs: int, y: Vector) -> None:
        """Raise `InvalidInput` where the loss does not allow the targets y of a sample."""
        if self.row is not None:
            self.row.allows(dict(self.arguments), outputs, y)

    def check_outputs(self, outputs: int) -> None:
        """Raise `InvalidInput` where the loss does not go with that many outputs."""
        if self.row is not None:
            self.row.fits(dict(self.arguments), outputs)


def vector_json(values: Vector) -> list[int | str]:
    """A vector as JSON."""
    return [to_json(q) for q in values]


def vector(value: Any, exact_floats: bool) -> Vector:
    """A vector of exact numbers."""
    return numbers(value, exact_floats)
