"""Losses: exact functions of a sample's outputs f and targets y, never negative.

One table, `KINDS`: name -> the keys that a file gives, how to build the exact function, and whether the loss is a
sum of one term an output (`separable`). From Python any exact function of two tuples can be given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dnnt.errors import InvalidInput, at, shown
from dnnt.exact import Number, magnitude, normal, number, numbers, to_json
from dnnt.kinds import arguments_of, called

Vector = tuple[Number, ...]
Function = Callable[[Vector, Vector], Number]


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss: its kind, its arguments by key, and the exact function (f, y) -> loss >= 0 that they define."""

    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()
    apply: Function = field(compare=False, repr=False, default=lambda f, y: 0)
    separable: bool = field(compare=False, repr=False, default=False)

    def __call__(self, f: Vector, y: Vector) -> Number:
        """The loss of outputs f for targets y, in normal form."""
        return self.apply(f, y)

    def __reduce__(self) -> tuple[Any, ...]:
        return (custom, (self.arguments[0][1],)) if self.kind == "custom" else (loss, (self.to_json(),))

    def to_json(self) -> Any:
        """The contract's way of writing it. Raises `InvalidInput` for a function given from Python."""
        if self.kind == "custom":
            raise InvalidInput("a Python function cannot be written to a file", "use a named loss or a table")
        if not self.arguments:
            return self.kind
        body: dict[str, Any] = {"kind": self.kind}
        for key, value in self.arguments:
            if key == "values":
                body[key] = [
                    {
                        "f": [to_json(q) for q in f],
                        "y": [to_json(q) for q in y],
                        "loss": to_json(cost),
                    }
                    for f, y, cost in value
                ]
            else:
                body[key] = to_json(value)
        return body

    def check_targets(self, outputs: int, y: Vector) -> None:
        """Raise `InvalidInput` where the loss does not allow the targets y of a sample."""
        if self.kind != "misclassified":
            return
        if outputs == 1:
            if y[0] not in (-1, 1):
                raise InvalidInput(
                    f"label {shown(y[0])}",
                    'with "misclassified" and one output a label is -1 or 1',
                    "[0]",
                )
        elif sorted(y) != [0] * (outputs - 1) + [1]:
            raise InvalidInput(
                "the labels are not one-hot",
                'with "misclassified" one label is 1 and the others are 0',
            )

    def check_outputs(self, outputs: int) -> None:
        """Raise `InvalidInput` where the loss does not go with that many outputs."""
        if self.kind == "misclassified" and outputs == 0:
            raise InvalidInput(
                '"misclassified" without an output',
                "give the network an output or take another loss",
            )
        if self.kind == "table":
            for index, (f, y, _) in enumerate(dict(self.arguments)["values"]):
                for key, vector in (("f", f), ("y", y)):
                    if len(vector) != outputs:
                        raise InvalidInput(
                            f"{len(vector)} numbers for {outputs} outputs",
                            "give one number for each output",
                            f"values[{index}].{key}",
                        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: the keys in a file, the builder (arguments -> function), separable or not, a word on it."""

    keys: tuple[str, ...]
    build: Callable[..., Function]
    separable: bool
    meaning: str


def _squared(f: Vector, y: Vector) -> Number:
    return normal(sum((a - b) * (a - b) for a, b in zip(f, y, strict=True)))


def _absolute(f: Vector, y: Vector) -> Number:
    return normal(sum(magnitude(a - b) for a, b in zip(f, y, strict=True)))


def _maximum(f: Vector, y: Vector) -> Number:
    return normal(max([magnitude(a - b) for a, b in zip(f, y, strict=True)], default=0))


def _zero_one(f: Vector, y: Vector) -> Number:
    return 0 if f == y else 1


def _misclassified(f: Vector, y: Vector) -> Number:
    if len(f) == 1:
        return 0 if y[0] * f[0] > 0 else 1
    hot = y.index(1)
    return 0 if all(value < f[hot] for i, value in enumerate(f) if i != hot) else 1


def _hinge(margin: Number) -> Function:
    def apply(f: Vector, y: Vector) -> Number:
        return normal(sum(max(0, margin - b * a) for a, b in zip(f, y, strict=True)))

    return apply


def _table(values: tuple[tuple[Vector, Vector, Number], ...], otherwise: Number) -> Function:
    if otherwise < 0:
        raise InvalidInput(f"negative loss {shown(otherwise)}", "losses are 0 or more", "otherwise")
    entries: dict[tuple[Vector, Vector], Number] = {}
    for index, (f, y, cost) in enumerate(values):
        if cost < 0:
            raise InvalidInput(f"negative loss {shown(cost)}", "losses are 0 or more", f"values[{index}].loss")
        if entries.setdefault((f, y), cost) != cost:
            raise InvalidInput("two different losses for the same f and y", "keep one entry", f"values[{index}]")
    return lambda f, y: entries.get((f, y), otherwise)


KINDS: Mapping[str, Kind] = {
    "squared": Kind((), lambda: _squared, True, "sum of (f - y)²"),
    "absolute": Kind((), lambda: _absolute, True, "sum of |f - y|"),
    "maximum": Kind((), lambda: _maximum, False, "the largest |f - y|"),
    "zero_one": Kind((), lambda: _zero_one, False, "0 if f = y, else 1"),
    "misclassified": Kind(
        (),
        lambda: _misclassified,
        False,
        "0 if the sign of f is y (the hot output is the largest), else 1",
    ),
    "hinge": Kind(("margin",), _hinge, True, "sum of max(0, margin - y·f)"),
    "table": Kind(
        ("values", "otherwise"),
        _table,
        False,
        "the listed loss at the listed f and y, otherwise elsewhere",
    ),
}


def loss(given: object, exact_floats: bool = False) -> Loss:
    """The loss that a value means: a name, a dictionary with `kind` (as in a file), a function of f and y, a `Loss`."""
    if isinstance(given, Loss):
        return given
    if callable(given):
        return custom(given)

    def convert(kind: str, key: str, value: object) -> Any:
        return _entries(value, exact_floats) if key == "values" else number(value, exact_floats)

    kind, arguments = arguments_of(given, KINDS, "loss", convert)
    return Loss(kind, tuple(arguments.items()), KINDS[kind].build(**arguments), KINDS[kind].separable)


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


def _entries(given: object, exact_floats: bool) -> tuple[tuple[Vector, Vector, Number], ...]:
    if not isinstance(given, (list, tuple)):
        raise InvalidInput(f"{shown(given)} is not a list", 'write a list of objects with "f", "y" and "loss"')
    entries = []
    for index, entry in enumerate(given):
        with at(f"[{index}]"):
            if not isinstance(entry, dict):
                raise InvalidInput(f"{shown(entry)} is not an object", 'write {"f": [..], "y": [..], "loss": q}')
            for key in entry:
                if key not in ("f", "y", "loss"):
                    raise InvalidInput(f"unknown key {shown(key)}", 'an entry has the keys "f", "y" and "loss"')
            for key in ("f", "y", "loss"):
                if key not in entry:
                    raise InvalidInput(f'missing key "{key}"', 'an entry has the keys "f", "y" and "loss"')
            with at("f"):
                f = numbers(entry["f"], exact_floats)
            with at("y"):
                y = numbers(entry["y"], exact_floats)
            with at("loss"):
                entries.append((f, y, number(entry["loss"], exact_floats)))
    return tuple(entries)
