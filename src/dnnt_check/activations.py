"""Activations: total, exact functions on the rationals, most of them monotone between finitely many breaks.

One table says for every kind how to compute it and between which arguments it is monotone (rising or falling, not
necessarily strictly). The breaks allow the targets of a reachability proof to be found by bisection. The functions of
decimal digits and the windows around other functions have no breaks: nothing is known of them between two arguments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dnnt_check import decimals
from dnnt_check.budget import Work
from dnnt_check.numbers import SHORT_BITS, Number, add, bits, magnitude, multiply, product_seconds, ratio
from dnnt_check.reading import Place, array, fault, number, record

#: Parameters of an activation: flat for all kinds but tables and piecewise linear ones.
Points = tuple[tuple[Number, Number], ...]

#: Kinds that are written as a string and of which nothing is known between two arguments.
_DIGITS = ("digit_code", "digit_product", "printed_code", "printed_product")


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function; equal ones are equal functions with equal names.

    Attributes:
        kind: its name.
        values: its numbers, in the order of docs/formats.md.
        points: argument and value, by increasing argument, of tables and piecewise linear functions; the pairs
            (low, high) of windows, as they are listed.
        inside: the function inside windows.
    """

    kind: str
    values: tuple[Number, ...] = ()
    points: Points = ()
    inside: Activation | None = None

    def function(self, work: Work) -> Callable[[Number], Number]:
        """The function; the price of long numbers is charged to `work`."""
        return _FUNCTIONS[self.kind](self, work)

    @property
    def has_breaks(self) -> bool:
        """Is the function monotone between `breaks`? If not, nothing at all is known of its shape."""
        return self.kind not in _DIGITS and self.kind != "windows"

    def breaks(self) -> tuple[Number, ...]:
        """Arguments in increasing order; on every open interval between two the function is monotone, and a line or
        constant if it is made of lines or has few values.
        """
        assert self.has_breaks
        if self.points:
            return tuple([argument for argument, _ in self.points])
        if self.kind == "clip":
            return self.values
        bent = ("relu", "abs", "square", "quarter_square", "leaky_relu", "sign", "step")
        return (0,) if self.kind in bent else ()

    @property
    def is_made_of_lines(self) -> bool:
        """Is the function a line between `breaks`?"""
        return self.has_breaks and self.kind not in ("square", "quarter_square", "floor")


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
    return lambda z: decimals.floor(z, work)


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


def _digits(this: Activation, work: Work) -> Callable[[Number], Number]:
    function: Callable[[Number, Work], Number] = getattr(decimals, this.kind)
    return lambda z: function(z, work)


def _windows(this: Activation, work: Work) -> Callable[[Number], Number]:
    assert this.inside is not None
    (bound,) = this.values
    inside = this.inside.function(work)
    longest = max([bits(end) for pair in this.points for end in pair], default=0)

    def windows(z: Number) -> Number:
        size = magnitude(z)
        _charge_comparison(size, bound, work)
        if size < bound:
            return inside(z)
        each = 2e-7
        if longest + bits(z) > SHORT_BITS:
            each += 2 * product_seconds(longest, bits(z))
        for low, high in this.points:
            work.spend(each)
            if low <= size <= high:
                return 0
        return z

    return windows


def _charge_comparison(first: Number, second: Number, work: Work) -> None:
    """Charge for the products that a comparison of fractions takes."""
    if bits(first) + bits(second) > SHORT_BITS:
        work.spend(2 * product_seconds(bits(first), bits(second)))


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
    "windows": _windows,
    **dict.fromkeys(_DIGITS, _digits),
}

#: Kinds that are written as a string.
_PLAIN = ("identity", "relu", "sign", "step", "abs", "square", "quarter_square", "floor", *_DIGITS)

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


def read_activation(value: Any, place: Place, work: Work, windows: bool = True) -> Activation:
    """An activation from its JSON form; without `windows`, any but these."""
    if isinstance(value, str) and value in _PLAIN:
        return Activation(value)
    if not isinstance(value, dict):
        raise fault(place, "the name of an activation or an object is expected")
    kind = value.get("kind")
    if kind == "windows":
        if not windows:
            raise fault(place, "windows may not be inside windows")
        return _read_windows(value, place, work)
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


def _read_windows(value: Any, place: Place, work: Work) -> Activation:
    record(value, place, ("kind", "inside", "bound", "zero"))
    bound = number(value["bound"], (place, "bound"), work)
    if bound < 0:
        raise fault((place, "bound"), "a number >= 0 is expected")
    pairs = _read_pairs(value["zero"], (place, "zero"), work)
    for i, (low, high) in enumerate(pairs):
        if low > high:
            raise fault(((place, "zero"), i), "low is greater than high")
    inside = read_activation(value["inside"], (place, "inside"), work, windows=False)
    return Activation("windows", (bound,), tuple(pairs), inside)


def _read_pairs(value: Any, place: Place, work: Work) -> list[tuple[Number, Number]]:
    pairs: list[tuple[Number, Number]] = []
    for i, item in enumerate(array(value, place)):
        pair = array(item, (place, i))
        if len(pair) != 2:
            raise fault((place, i), "a pair of numbers is expected")
        argument = number(pair[0], ((place, i), 0), work)
        pairs.append((argument, number(pair[1], ((place, i), 1), work)))
        work.spend(1e-6)
    return pairs


def _read_points(value: Any, place: Place, kind: str, work: Work) -> Points:
    pairs = _read_pairs(value, place, work)
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
