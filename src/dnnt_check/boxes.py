"""Boxes: the integer coordinates in which sets of vectors of rationals become sets of keys.

A coordinate of a set of vectors takes the values low + step * digit. Adding sets adds their lows; one step that divides
all differences of all summands serves them all. With mixed radix digits one integer holds a vector, and adding
these integers adds vectors, since no sum of digits can reach the radix.
"""

from __future__ import annotations

from dataclasses import dataclass

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, common, multiply, whole_ratio


@dataclass(slots=True)
class Extent:
    """What is known of one coordinate of a set: least and greatest value, and a divisor of all differences."""

    low: Number = 0
    high: Number = 0
    step: Number = 0

    def plus(self, other: Extent, times: int, work: Work) -> Extent:
        """The extent of the sums with so many elements of another set."""
        work.spend(2e-6)
        return Extent(
            add(self.low, multiply(times, other.low, work), work),
            add(self.high, multiply(times, other.high, work), work),
            common(self.step, other.step) if times else self.step,
        )


@dataclass(frozen=True, slots=True)
class Axis:
    """One coordinate of a box: value = low + step * digit with 0 <= digit < radix; digits weigh `stride` in keys."""

    low: Number
    step: Number
    radix: int
    stride: int

    def weigh(self, difference: Number) -> int:
        """What a difference of values, a multiple of the step, adds to a key."""
        return whole_ratio(difference, self.step) * self.stride if difference else 0


def axes(extents: list[Extent], work: Work) -> tuple[Axis, ...]:
    """The axes of the smallest box around a set; the first coordinate has stride 1."""
    result: list[Axis] = []
    stride = 1
    for extent in extents:
        radix = 1
        if extent.step:
            radix = whole_ratio(extent.high - extent.low, extent.step) + 1
        result.append(Axis(extent.low, extent.step, radix, stride))
        stride *= radix
        work.spend(2e-6 + stride.bit_length() * 1e-10)
    return tuple(result)
