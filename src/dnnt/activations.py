"""Activations: total, exact functions on the rationals.

One table, `KINDS`: name -> the keys that a file gives, how to build the exact function from them, and at which points
its slope or value may change (`turns`), from which its range over an interval follows. From Python any exact
function can be
given; a file holds only named ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dnnt.digits import digit_code, digit_product, printed_code, printed_product
from dnnt.errors import InvalidInput, at, shown
from dnnt.exact import Number, magnitude, normal, number, numbers, to_json
from dnnt.kinds import arguments_of, called

Function = Callable[[Number], Number]


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation: its kind, its arguments by key, and the exact function they define.

    Equal kind and arguments mean equal activations. `kind` is `custom` for a function given from Python; its argument
    is the function itself.
    """

    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()
    apply: Function = field(compare=False, repr=False, default=lambda z: z)
    turns: tuple[Number, ...] = field(compare=False, repr=False, default=())

    def __call__(self, z: Number) -> Number:
        """The value at the pre-activation z, in normal form."""
        return self.apply(z)

    def interval(self, low: Number, high: Number) -> tuple[Number, Number] | None:
        """The least and the greatest value on [low, high]; None where nothing is known of the function."""
        if self.kind == "custom" or not KINDS[self.kind].regular:
            return None
        if self.kind == "table":
            entries = dict(self.arguments)["values"]
            values = [value for z, value in entries if low <= z <= high] + [dict(self.arguments)["otherwise"]]
            return min(values), max(values)
        ends = [self.apply(z) for z in (low, high, *(t for t in self.turns if low < t < high))]
        return min(ends), max(ends)

    def __reduce__(self) -> tuple[Any, ...]:
        return (custom, (self.arguments[0][1],)) if self.kind == "custom" else (_rebuilt, (self.kind, self.arguments))

    @property
    def doubles(self) -> bool:
        """Whether a value may have about twice as many bits as its pre-activation."""
        return self.kind in KINDS and KINDS[self.kind].doubles

    def squares(self, z: Number) -> bool:
        """Whether the value at z is z², or a part of it: a number of twice the bits."""
        if self.kind != "windows":
            return self.kind in ("square", "quarter_square")
        arguments = dict(self.arguments)
        return bool(magnitude(z) < arguments["bound"] and arguments["inside"].squares(z))

    @property
    def is_custom(self) -> bool:
        """Whether a function given from Python has a say in its values."""
        return self.kind == "custom" or any(
            isinstance(value, Activation) and value.is_custom for _, value in self.arguments
        )

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same for every pre-activation."""
        return self.kind == "constant"

    def to_json(self) -> Any:
        """The contract's way of writing it. Raises `InvalidInput` for a function given from Python."""
        if self.kind == "custom":
            raise InvalidInput("a Python function cannot be written to a file", "use a named activation or a table")
        if not self.arguments:
            return self.kind
        return {"kind": self.kind, **{key: _json(value) for key, value in self.arguments}}


def _json(value: Any) -> Any:
    if isinstance(value, Activation):
        return value.to_json()
    return [_json(v) for v in value] if isinstance(value, tuple) else to_json(value)


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: the keys in a file, the builder (arguments -> function, turns), and a word on it.

    `doubles`: values may have twice the bits of their arguments; `regular`: monotone between the turns (or a table).
    """

    keys: tuple[str, ...]
    build: Callable[..., tuple[Function, tuple[Number, ...]]]
    meaning: str
    doubles: bool = False
    regular: bool = True


def _clip(low: Number, high: Number) -> tuple[Function, tuple[Number, ...]]:
    if low > high:
        raise InvalidInput(f"low {shown(low)} is above high {shown(high)}", 'swap "low" and "high"')
    return (lambda z: low if z < low else high if z > high else z), ()


def _table(values: tuple[tuple[Number, Number], ...], otherwise: Number) -> tuple[Function, tuple[Number, ...]]:
    entries: dict[Number, Number] = {}
    for index, (z, value) in enumerate(values):
        if entries.setdefault(z, value) != value:
            raise InvalidInput(
                f"two different values for {shown(z)}",
                "keep one entry for each argument",
                f"values[{index}]",
            )
    return (lambda z: entries.get(z, otherwise)), ()


def _piecewise_linear(
    points: tuple[tuple[Number, Number], ...], left: Number, right: Number
) -> tuple[Function, tuple[Number, ...]]:
    if not points:
        raise InvalidInput("no points", "give at least one [z, value]", "points")
    knots = [z for z, _ in points]
    for index in range(1, len(knots)):
        if knots[index] <= knots[index - 1]:
            raise InvalidInput(
                "the points do not have increasing z",
                "sort them and drop repeats",
                f"points[{index}]",
            )
    inner = [Fraction(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
    slopes: list[Number] = [left, *inner, right]

    def apply(z: Number) -> Number:
        piece = bisect_right(knots, z)
        z0, value = points[max(piece - 1, 0)]
        return normal(value + slopes[piece] * (z - z0))

    return apply, tuple(knots)


def _windows(
    inside: Activation, bound: Number, zero: tuple[tuple[Number, Number], ...]
) -> tuple[Function, tuple[Number, ...]]:
    if bound < 0:
        raise InvalidInput(f"bound {shown(bound)}", "write 0 or more", "bound")
    for index, (low, high) in enumerate(zero):
        if low > high:
            raise InvalidInput(f"{shown(low)} is above {shown(high)}", "write [low, high]", f"zero[{index}]")

    def apply(z: Number) -> Number:
        size = magnitude(z)
        if size < bound:
            return inside(z)
        return 0 if any(low <= size <= high for low, high in zero) else z

    return apply, ()


def _plain(function: Function, *turns: Number) -> Callable[[], tuple[Function, tuple[Number, ...]]]:
    return lambda: (function, turns)


def _quarter_square(z: Number) -> Number:
    return normal(Fraction(z * z, 4))


KINDS: Mapping[str, Kind] = {
    "identity": Kind((), _plain(lambda z: z), "z"),
    "relu": Kind((), _plain(lambda z: z if z > 0 else 0), "max(0, z)"),
    "sign": Kind((), _plain(lambda z: 1 if z >= 0 else -1), "1 if z >= 0, else -1"),
    "step": Kind((), _plain(lambda z: 1 if z >= 0 else 0), "1 if z >= 0, else 0"),
    "abs": Kind((), _plain(magnitude, 0), "|z|"),
    "square": Kind((), _plain(lambda z: z * z, 0), "z²", doubles=True),
    "quarter_square": Kind((), _plain(_quarter_square, 0), "z²/4", doubles=True),
    "floor": Kind((), _plain(lambda z: z // 1), "the greatest integer <= z"),
    "clip": Kind(("low", "high"), _clip, "z, but not below low and not above high"),
    "scale": Kind(("factor",), lambda factor: ((lambda z: normal(factor * z)), ()), "factor · z"),
    "leaky_relu": Kind(
        ("slope",),
        lambda slope: ((lambda z: z if z > 0 else normal(slope * z)), (0,)),
        "z if z > 0, else slope · z",
    ),
    "constant": Kind(("value",), lambda value: ((lambda z: value), ()), "value, whatever z"),
    "table": Kind(("values", "otherwise"), _table, "the listed value at the listed z, otherwise elsewhere"),
    "piecewise_linear": Kind(
        ("points", "left", "right"),
        _piecewise_linear,
        "linear between the points, with the slopes left and right outside",
    ),
    "digit_code": Kind(
        (), _plain(digit_code), "an integer's digits behind the decimal point, the last for its sign", True, False
    ),
    "digit_product": Kind((), _plain(digit_product), "a times b for z = a + digit_code(b)", True, False),
    "printed_code": Kind((), _plain(printed_code), "z·10^-num(z), num(z) digits before the decimal point", True, False),
    "printed_product": Kind((), _plain(printed_product), "b·l·10^len(l) for z = b + l, b = floor(z)", True, False),
    "windows": Kind(
        ("inside", "bound", "zero"),
        _windows,
        "inside(z) where |z| < bound; else 0 where |z| lies in one of the intervals zero, and z elsewhere",
        True,
        False,
    ),
}

TWO_VALUED: Mapping[str, tuple[int, int]] = {"sign": (-1, 1), "step": (0, 1)}
"""Activations that look at the sign alone: value below 0, value from 0 on."""

_PAIRS = {("table", "values"), ("piecewise_linear", "points"), ("windows", "zero")}


def activation(given: object, exact_floats: bool = False) -> Activation:
    """The activation that a value means: a name, a dictionary with `kind` (as in a file), a function, an
    `Activation`.
    """
    if isinstance(given, Activation):
        return given
    if callable(given):
        return custom(given)

    def convert(kind: str, key: str, value: object) -> Any:
        if (kind, key) == ("windows", "inside"):
            made = activation(value, exact_floats)
            if made.kind == "windows":
                raise InvalidInput("windows inside windows", "name another activation")
            return made
        return _pairs(value, exact_floats) if (kind, key) in _PAIRS else number(value, exact_floats)

    kind, arguments = arguments_of(given, KINDS, "activation", convert)
    return _rebuilt(kind, tuple(arguments.items()))


def _rebuilt(kind: str, arguments: tuple[tuple[str, Any], ...]) -> Activation:
    """The activation of that kind with arguments that were read before."""
    apply, turns = KINDS[kind].build(**dict(arguments))
    return Activation(kind, arguments, apply, turns)


def custom(function: Callable[[Any], Any]) -> Activation:
    """An activation from any exact Python function; its results must be exact numbers."""

    def apply(z: Number) -> Number:
        try:
            return number(function(z))
        except InvalidInput as error:
            raise error.within(f"activation {called(function)} of {shown(z)}") from None

    return Activation("custom", (("function", function),), apply)


def _pairs(given: object, exact_floats: bool) -> tuple[tuple[Number, Number], ...]:
    if hasattr(given, "tolist"):
        given = given.tolist()
    if not isinstance(given, (list, tuple)):
        raise InvalidInput(f"{shown(given)} is not a list", "write a list of pairs [z, value]")
    pairs = []
    for index, pair in enumerate(given):
        with at(f"[{index}]"):
            values = numbers(pair, exact_floats)
            if len(values) != 2:
                raise InvalidInput(f"{len(values)} numbers", "write a pair [z, value]")
            pairs.append((values[0], values[1]))
    return tuple(pairs)
