"""Activations: total, exact functions on the rationals, each monotone between finitely many breaks.

One table says for every kind how to compute it and between which arguments it is monotone (rising or falling, not
necessarily strictly). The breaks allow the targets of a reachability proof to be found by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, multiply, ratio
from dnnt_check.reading import Place, array, fault, number, record

#: Parameters of an activation: flat for all kinds but tables and piecewise linear ones.
Points = tuple[tuple[Number, Number], ...]


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function; equal ones are equal functions with equal names.

    Attributes:
        kind: its name.
        values: its numbers, in the order of docs/formats.md.
        points: argument and value, by increasing argument, of tables and piecewise linear functions.
    """

    kind: str
    values: tuple[Number, ...] = ()
    points: Points = ()

    def function(self, work: Work) -> Callable[[Number], Number]:
        """The function; the price of long numbers is charged to `work`."""
        return _FUNCTIONS[self.kind](self, work)

    def breaks(self) -> tuple[Number, ...]:
        """Arguments in increasing order; on every open interval between two the function is monotone."""
        if self.points:
            return tuple([argument for argument, _ in self.points])
        return (0,) if self.kind in ("abs", "square", "quarter_square", "leaky_relu") else ()


def _identity(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: z


def _relu(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: z if z > 0 else 0


def _sign(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: 1 if z >= 0 else -1


def _step(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: 1 if z >= 0 else 0


def _abs(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: z if z >= 0 else -z


def _square(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: multiply(z, z, work)


def _quarter_square(this: Activation, work: Work) -> Callable[[Number], Number]:
    def quarter_square(z: Number) -> Number:
        square = multiply(z, z, work)
        if type(square) is int and square & 3 == 0:
            return square >> 2
        return ratio(square, 4)

    return quarter_square


def _floor(this: Activation, work: Work) -> Callable[[Number], Number]:
    return lambda z: z if type(z) is int else z.numerator // z.denominator


def _clip(this: Activation, work: Work) -> Callable[[Number], Number]:
    low, high = this.values
    return lambda z: low if z < low else high if z > high else z


def _scale(this: Activation, work: Work) -> Callable[[Number], Number]:
    (factor,) = this.values
    return lambda z: multiply(factor, z, work)


def _leaky_relu(this: Activation, work: Work) -> Callable[[Number], Number]:
    (slope,) = this.values
    return lambda z: z if z >= 0 else multiply(slope, z, work)


def _constant(this: Activation, work: Work) -> Callable[[Number], Number]:
    (value,) = this.values
    return lambda z: value


def _table(this: Activation, work: Work) -> Callable[[Number], Number]:
    (otherwise,) = this.values
    points = dict(this.points)
    return lambda z: points.get(z, otherwise)


def _piecewise_linear(this: Activation, work: Work) -> Callable[[Number], Number]:
    left, right = this.values
    arguments = [argument for argument, _ in this.points]
    values = [value for _, value in this.points]
    slopes = [left]
    for i in range(1, len(arguments)):
        slopes.append(ratio(values[i] - values[i - 1], arguments[i] - arguments[i - 1]))
    slopes.append(right)

    def piecewise_linear(z: Number) -> Number:
        place = bisect_right(arguments, z)
        base = max(place - 1, 0)
        distance = add(z, -arguments[base], work)
        return add(values[base], multiply(slopes[place], distance, work), work)

    return piecewise_linear


_FUNCTIONS: dict[str, Callable[[Activation, Work], Callable[[Number], Number]]] = {
    "identity": _identity,
    "relu": _relu,
    "sign": _sign,
    "step": _step,
    "abs": _abs,
    "square": _square,
    "quarter_square": _quarter_square,
    "floor": _floor,
    "clip": _clip,
    "scale": _scale,
    "leaky_relu": _leaky_relu,
    "constant": _constant,
    "table": _table,
    "piecewise_linear": _piecewise_linear,
}

#: Kinds that are written as a string.
_PLAIN = ("identity", "relu", "sign", "step", "abs", "square", "quarter_square", "floor")

#: Kinds that are written as an object, with the keys of their numbers.
_NUMBERS: dict[str, tuple[str, ...]] = {
    "clip": ("low", "high"),
    "scale": ("factor",),
    "leaky_relu": ("slope",),
    "constant": ("value",),
    "table": ("otherwise",),
    "piecewise_linear": ("left", "right"),
}

#: The key of the points of those kinds that have some.
_POINTS = {"table": "values", "piecewise_linear": "points"}


def read_activation(value: Any, place: Place, work: Work) -> Activation:
    """An activation from its JSON form."""
    if isinstance(value, str) and value in _PLAIN:
        return Activation(value)
    if not isinstance(value, dict):
        raise fault(place, "the name of an activation or an object is expected")
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _NUMBERS:
        raise fault(place, "unknown kind of activation")
    keys = _NUMBERS[kind]
    points_key = _POINTS.get(kind)
    record(value, place, ("kind", *keys, *([points_key] if points_key else [])))
    values = tuple([number(value[key], (place, key), work) for key in keys])
    if kind == "clip" and values[0] > values[1]:
        raise fault(place, "low is greater than high")
    points: Points = ()
    if points_key:
        points = _read_points(value[points_key], (place, points_key), kind, work)
    return Activation(kind, values, points)


def _read_points(value: Any, place: Place, kind: str, work: Work) -> Points:
    pairs: list[tuple[Number, Number]] = []
    for i, item in enumerate(array(value, place)):
        pair = array(item, (place, i))
        if len(pair) != 2:
            raise fault((place, i), "a pair of numbers is expected")
        argument = number(pair[0], ((place, i), 0), work)
        pairs.append((argument, number(pair[1], ((place, i), 1), work)))
        work.spend(1e-6)
    if kind == "table":
        table: dict[Number, Number] = {}
        for i, (argument, result) in enumerate(pairs):
            if table.setdefault(argument, result) != result:
                raise fault((place, i), "contradicts an earlier entry")
        return tuple(sorted(table.items()))
    if not pairs:
        raise fault(place, "at least one point is needed")
    for i in range(1, len(pairs)):
        if pairs[i - 1][0] >= pairs[i][0]:
            raise fault((place, i), "the points have to be in increasing order")
    return tuple(pairs)
