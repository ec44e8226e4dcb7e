"""Spaces: the finite set of values that a weight or a bias may take, or all real numbers.

A range is kept as first value, step and count, since it may be far too long to list; other sets as their members. For
sums of sets a space is also available as low + step * digit with integer digits, without fractions; this form is
found only where it is needed, because numbers without a short common denominator make it long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cmp_to_key

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, charge_quotient, common, multiply, normal, ratio, whole_ratio

#: Ranges of at most so many elements are treated like lists.
SHORT_RANGE = 64

#: So many elements are compared one by one.
FEW = 8


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A finite set that is not empty: low + step * digit.

    Attributes:
        count: how many elements there are.
        low: the least element.
        step: what digits are multiples of; 0 with one element.
        digits: (element - low) / step for every element, in increasing order; a range if there are no gaps.
    """

    count: int
    low: Number = 0
    step: Number = 0
    digits: range | tuple[int, ...] = range(1)

    @property
    def high(self) -> Number:
        """The greatest element."""
        return self.low if self.count == 1 else normal(self.low + self.step * self.digits[-1])

    def values(self) -> Iterator[Number]:
        """The elements in increasing order."""
        for digit in self.digits:
            yield normal(self.low + self.step * digit)


class Space:
    """A set of numbers; two spaces are the same only if they are the same object (the reader shares equal ones).

    Attributes:
        count: how many elements there are; 0 for all real numbers.
        low: the least element of a range or of a space of one element, else 0.
        step: the step of a range, else 0.
        members: the elements of other spaces, by their names (see `name_of`).
        few: the same as a tuple where there are few.
        real: all real numbers.
    """

    __slots__ = ("_scaled", "count", "few", "low", "members", "real", "step")

    def __init__(
        self,
        count: int,
        low: Number = 0,
        step: Number = 0,
        members: Mapping[str, Number] | None = None,
        real: bool = False,
    ) -> None:
        self.count = count
        self.low = low
        self.step = step
        self.members = members
        self.few = tuple(members.values()) if members is not None and count <= FEW else None
        self.real = real
        self._scaled: Scaled | None = None

    def __contains__(self, value: Number) -> bool:
        """Is the number an element? Takes the same time for ranges of any length."""
        if self.real:
            return True
        if self.few is not None:
            return value in self.few
        if self.members is not None:
            return name_of(value) in self.members
        if self.count <= 1:
            return self.count == 1 and value == self.low
        digit = ratio(value - self.low, self.step)
        return type(digit) is int and 0 <= digit < self.count

    def values(self) -> Iterable[Number]:
        """The elements, in any order."""
        if self.members is not None:
            return self.members.values()
        return Scaled(self.count, self.low, self.step, range(self.count)).values() if self.count else ()

    def scaled(self, work: Work) -> Scaled:
        """The space in the form for sums; it must have elements."""
        assert self.count
        if self._scaled is None:
            if self.members is None:
                self._scaled = progression(self.low, self.step, self.count)
            else:
                self._scaled = _scaled(self.members.values(), work)
        return self._scaled


REAL = Space(0, real=True)


def listed(values: Iterable[Number]) -> Space:
    """The set of the values."""
    members = {name_of(value): value for value in values}
    if len(members) <= 1:
        return Space(len(members), next(iter(members.values()), 0))
    return Space(len(members), members=members)


def name_of(value: Number) -> str:
    """A text for the number. Texts are hashed with a secret; a file may hold very many numbers that hash alike."""
    return f"{value:x}/1" if type(value) is int else f"{value.numerator:x}/{value.denominator:x}"


def ranged(low: Number, step: Number, count: int) -> Space:
    """The space low, low + step, ..., of so many elements."""
    if count <= SHORT_RANGE:
        return listed(Scaled(count, low, step, range(count)).values())
    return Space(count, low, step)


def progression(low: Number, step: Number, count: int) -> Scaled:
    """The set low, low + step, ..., of so many elements."""
    return Scaled(count, low, step, range(count)) if count > 1 else Scaled(1, low)


def _scaled(members: Iterable[Number], work: Work) -> Scaled:
    def compare(first: Number, second: Number) -> int:
        work.spend(1e-6)
        return -1 if first < second else int(first > second)

    # Comparing long fractions takes long enough to read the clock in between.
    ordered = sorted(members, key=None if work.scale == 1.0 else cmp_to_key(compare))
    work.spend(len(ordered) * 1e-6)
    low = ordered[0]
    step: Number = 0
    minus = multiply(low, -1, work)
    differences = [add(value, minus, work) for value in ordered]
    for difference in differences:
        charge_quotient(step, difference, work)
        step = common(step, difference)
        work.spend(2e-6)
    digits: list[int] = []
    for difference in differences:
        charge_quotient(difference, step, work)
        digits.append(whole_ratio(difference, step))
        work.spend(2e-6)
    if digits[-1] == len(digits) - 1:
        return progression(low, step, len(digits))
    return Scaled(len(digits), low, step, tuple(digits))
