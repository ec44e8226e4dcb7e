"""Packing: vectors of exact numbers on a box of grid points <-> one integer key each.

Coordinate c of a vector is low + step · digit with 0 <= digit < count; low and step are exact rationals, so
denominators, common
divisors and translations vanish from the digits. Keys are mixed radix, hence adding keys adds vectors as long as
the sum stays in the box, and the key is also the index of the vector in a bitmap of the box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import prod

from dnnt.exact import Number, common_step, normal

Vector = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """The values low, low + step, …, low + step·(count - 1) of one coordinate; step is 0 where count is 1."""

    low: Number
    step: Number
    count: int

    def value(self, digit: int) -> Number:
        """The coordinate that a digit stands for."""
        return normal(self.low + self.step * digit) if digit else self.low

    def digit(self, value: Number) -> int | None:
        """The digit of a coordinate, or None where it is not on the grid."""
        if value == self.low:
            return 0
        if not self.step:
            return None
        digit, rest = divmod(value - self.low, self.step)
        return int(digit) if rest == 0 and 0 <= digit < self.count else None

    @property
    def high(self) -> Number:
        """The greatest value of the coordinate."""
        return self.value(self.count - 1)


@dataclass(frozen=True, slots=True)
class Packing:
    """A box of grid points. `strides[c]` is what one step of coordinate c adds to a key; `span` the number of keys."""

    axes: tuple[Axis, ...]
    strides: tuple[int, ...] = field(init=False)
    span: int = field(init=False)

    def __post_init__(self) -> None:
        strides, span = [], 1
        for axis in self.axes:
            strides.append(span)
            span *= axis.count
        object.__setattr__(self, "strides", tuple(strides))
        object.__setattr__(self, "span", span)

    def encode(self, vector: Vector) -> int | None:
        """The key of a vector, or None where it is outside the box or off the grid."""
        key = 0
        for value, axis, stride in zip(vector, self.axes, self.strides, strict=True):
            digit = axis.digit(value)
            if digit is None:
                return None
            key += digit * stride
        return key

    def decode(self, key: int) -> Vector:
        """The vector of a key."""
        if len(self.axes) > FEW:
            return tuple([axis.value(digit) for axis, digit in zip(self.axes, self.unpacker()(key), strict=True)])
        vector = []
        for axis in self.axes:
            key, digit = divmod(key, axis.count)
            vector.append(axis.value(digit))
        return tuple(vector)

    def unpacker(self) -> Callable[[int], list[int]]:
        """A function from keys to their digits. Of many coordinates keys are long, and are divided in halves: digit by
        digit, time would grow with the square of their number, and with a large factor.
        """
        counts = [axis.count for axis in self.axes]
        unpack = _unpacker(counts)

        def digits(key: int) -> list[int]:
            found: list[int] = []
            unpack(key, found)
            return found

        return digits


FEW = 24
"""Coordinates whose digits are taken one after the other."""


def _unpacker(counts: list[int]) -> Callable[[int, list[int]], None]:
    """A function that appends the digits of a key to a list."""
    if len(counts) <= FEW:

        def one_by_one(key: int, found: list[int]) -> None:
            for count in counts:
                key, digit = divmod(key, count)
                found.append(digit)

        return one_by_one
    half = len(counts) // 2
    divisor, low, high = prod(counts[:half]), _unpacker(counts[:half]), _unpacker(counts[half:])

    def by_halves(key: int, found: list[int]) -> None:
        above, below = divmod(key, divisor)
        low(below, found)
        high(above, found)

    return by_halves


def axis_of(values: Sequence[Number]) -> Axis:
    """The coarsest axis that holds the given values (at least one)."""
    low = min(values)
    step = common_step([normal(value - low) for value in values])
    return Axis(low, step, int((max(values) - low) // step) + 1 if step else 1)


def axis_sum(axes: Iterable[tuple[Axis, int]]) -> Axis:
    """The coarsest axis that holds every sum of `times` values of each of the given (axis, times)."""
    axes = list(axes)
    low = normal(sum(axis.low * times for axis, times in axes))
    step = common_step([axis.step for axis, _ in axes])
    if not step:
        return Axis(low, 0, 1)
    return Axis(low, step, 1 + sum(int(axis.step // step) * (axis.count - 1) * times for axis, times in axes))


def packing_sum(
    parts: Sequence[tuple[Packing, int]], width: int, need: Callable[[int, str], None] = lambda size, what: None
) -> Packing:
    """The packing that holds every sum of `times` vectors (of `width` coordinates) of each (packing, times).

    `need` is told the bytes of its strides before they are formed: of many coordinates they are long.
    """
    axes = tuple([axis_sum((p.axes[c], times) for p, times in parts) for c in range(width)])
    need(strides_bytes(width, sum([axis.count.bit_length() for axis in axes])), "the keys of vectors that long")
    return Packing(axes)


def strides_bytes(width: int, bits: int) -> int:
    """About how many bytes the strides of a packing take, whose keys have so many bits: half a key for each."""
    return width * bits // 16


def packing_of(vectors: Sequence[Vector], width: int) -> Packing:
    """The coarsest packing that holds the given vectors, each of `width` coordinates."""
    return Packing(tuple(axis_of([v[c] for v in vectors]) for c in range(width)))
