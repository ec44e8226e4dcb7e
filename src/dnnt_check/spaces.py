"""Spaces: the finite set of values that a weight or a bias may take, or all real numbers.

A finite space is kept as low + step * digit, where the digits are a `range` (which may be far too long to list) or an
increasing tuple of integers that begins with 0. In this form spaces can be scaled and added without fractions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, common, multiply, ratio, whole_ratio


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A set of numbers; two spaces are the same only if they are the same object (the reader shares equal ones).

    Attributes:
        count: how many elements there are; 0 for all real numbers.
        low: the least element; 0 if there is none.
        step: what digits are multiples of; 0 with at most one element.
        digits: (element - low) / step for every element, in increasing order.
        real: all real numbers.
    """

    count: int
    low: Number = 0
    step: Number = 0
    digits: range | tuple[int, ...] = range(1)
    real: bool = False

    @property
    def high(self) -> Number:
        """The greatest element."""
        if self.count <= 1:
            return self.low
        return self.low + self.step * self.digits[-1]

    def __contains__(self, value: Number) -> bool:
        """Is the number an element? Takes the same time for ranges of any length."""
        if self.real:
            return True
        if self.count <= 1:
            return self.count == 1 and value == self.low
        digit = ratio(value - self.low, self.step)
        if type(digit) is not int:
            return False
        if isinstance(self.digits, range):
            return 0 <= digit < self.count
        place = bisect_left(self.digits, digit)
        return place < self.count and self.digits[place] == digit

    def values(self) -> Iterator[Number]:
        """The elements in increasing order."""
        low, step = self.low, self.step
        for digit in self.digits if self.count else ():
            value = low + step * digit
            yield value.numerator if value.denominator == 1 else value


REAL = Space(0, real=True)
EMPTY = Space(0)


def progression(low: Number, step: Number, count: int) -> Space:
    """The space low, low + step, ..., of so many elements."""
    if count <= 1:
        return Space(1, low)
    return Space(count, low, step, range(count))


def listed(values: Iterable[Number], work: Work) -> Space:
    """The set of the values."""

    def compare(first: Number, second: Number) -> int:
        work.spend(1e-6)
        return -1 if first < second else int(first > second)

    # Comparing long fractions takes long enough to read the clock in between.
    ordered = sorted(set(values), key=None if work.scale == 1.0 else cmp_to_key(compare))
    work.spend(len(ordered) * 1e-6)
    if not ordered:
        return EMPTY
    low = ordered[0]
    step: Number = 0
    for value in ordered[1:]:
        step = common(step, add(value, multiply(low, -1, work), work))
        work.spend(2e-6)
    if step == 0:
        return Space(1, low)
    digits = tuple([whole_ratio(value - low, step) for value in ordered])
    work.spend(len(digits) * 2e-6)
    if digits[-1] == len(digits) - 1:
        return progression(low, step, len(digits))
    return Space(len(digits), low, step, digits)
