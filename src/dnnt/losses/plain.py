"""The losses of the instance format: distances, errors counted, the hinge, and tables of single values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dnnt.errors import InvalidInput, at, shown
from dnnt.exact import Number, magnitude, normal, number, numbers, several, to_json
from dnnt.losses.loss import Function, Kind, Vector, vector_json


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


def _label(arguments: dict[str, Any], outputs: int, y: Vector) -> None:
    if outputs == 1:
        if y[0] not in (-1, 1):
            raise InvalidInput(f"label {shown(y[0])}", 'with "misclassified" and one output a label is -1 or 1', "[0]")
    elif sorted(y) != [0] * (outputs - 1) + [1]:
        raise InvalidInput("the labels are not one-hot", 'with "misclassified" one label is 1 and the others are 0')


def _has_output(arguments: dict[str, Any], outputs: int) -> None:
    if outputs == 0:
        raise InvalidInput('"misclassified" without an output', "give the network an output or take another loss")


def _entries_fit(arguments: dict[str, Any], outputs: int) -> None:
    for index, (f, y, _) in enumerate(arguments["values"]):
        for key, vector in (("f", f), ("y", y)):
            if len(vector) != outputs:
                raise InvalidInput(
                    f"{several(len(vector), 'number')} for {several(outputs, 'output')}",
                    "give one number for each output",
                    f"values[{index}].{key}",
                )


def _convert(key: str, value: Any, exact_floats: bool) -> Any:
    return _entries(value, exact_floats) if key == "values" else number(value, exact_floats)


def _write(key: str, value: Any) -> Any:
    if key != "values":
        return to_json(value)
    return [{"f": vector_json(f), "y": vector_json(y), "loss": to_json(cost)} for f, y, cost in value]


def _row(
    keys: tuple[str, ...],
    build: Any,
    separable: bool,
    meaning: str,
    fits: Any = None,
    allows: Any = None,
    alone: str | None = None,
) -> Kind:
    made = Kind(keys, build, separable, meaning, _convert, _write, alone=alone)
    return replace(made, fits=fits or made.fits, allows=allows or made.allows)


PLAIN: Mapping[str, Kind] = {
    "squared": _row((), lambda: _squared, True, "sum of (f - y)²"),
    "absolute": _row((), lambda: _absolute, True, "sum of |f - y|"),
    "maximum": _row((), lambda: _maximum, False, "the largest |f - y|", alone="absolute"),
    "zero_one": _row((), lambda: _zero_one, False, "0 if f = y, else 1"),
    "misclassified": _row(
        (),
        lambda: _misclassified,
        False,
        "0 if the sign of f is y (the hot output is the largest), else 1",
        _has_output,
        _label,
    ),
    "hinge": _row(("margin",), _hinge, True, "sum of max(0, margin - y·f)"),
    "table": _row(
        ("values", "otherwise"),
        _table,
        False,
        "the listed loss at the listed f and y, otherwise elsewhere",
        _entries_fit,
    ),
}


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
