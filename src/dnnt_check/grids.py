"""Grids: finite progressions of numbers, as what is known of where a value lies.

A value that lies on a grid is low + step * digit for a digit from 0 to `top`. Sums, products and images under
activations of values on grids lie on grids again: least and greatest values by interval arithmetic, steps as greatest
common divisors of all differences that can occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dnnt_check.activations import Activation
from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, bits, common, magnitude, multiply, normal

#: Numbers of more bits than this are refused in the instance and in the certificate; and longer sums and products.
MOST_BITS = 4096
LONGEST_BITS = 8 * MOST_BITS

#: Functions of which nothing is known between two arguments are tried on at most so many.
MOST_LISTED = 1000

#: Images that are remembered for each activation.
REMEMBERED = 2_000

#: Functions are tried on all of so few arguments even where more is known of them.
FEW = 8


@dataclass(frozen=True, slots=True)
class Grid:
    """The numbers low, low + step, ..., high; step 0 if there is one."""

    low: Number
    high: Number
    step: Number
    top: int

    def values(self) -> Iterable[Number]:
        """All of them, in increasing order."""
        return (normal(self.low + self.step * digit) for digit in range(self.top + 1))

    def part(self, first: int, last: int) -> Grid:
        """Those of these digits."""
        if first == 0 and last == self.top:
            return self
        low = normal(self.low + self.step * first)
        if first == last:
            return Grid(low, low, 0, 0)
        return Grid(low, normal(self.low + self.step * last), self.step, last - first)

    def times(self, factor: Number, work: Work) -> Grid:
        """Where multiples lie."""
        if factor == 1:
            return self
        ends = multiply(factor, self.low, work), multiply(factor, self.high, work)
        return grid(min(ends), max(ends), magnitude(multiply(factor, self.step, work)))

    def by(self, other: Grid, work: Work) -> Grid:
        """Where products lie: (a + s k)(b + t l) = ab + at l + bs k + st kl."""
        ends = [multiply(a, b, work) for a in (self.low, self.high) for b in (other.low, other.high)]
        step = common(multiply(self.low, other.step, work), multiply(other.low, self.step, work))
        return grid(min(ends), max(ends), common(step, multiply(self.step, other.step, work)))


def grid(low: Number, high: Number, step: Number) -> Grid:
    """The grid between two of its numbers."""
    if low == high:
        return single(low)
    if bits(low) + bits(high) + bits(step) > LONGEST_BITS:
        raise TooMuchWork(f"too much work: clauses about numbers of more than {LONGEST_BITS} bits")
    return Grid(low, high, step, int((high - low) // step))


def total(constant: Number, parts: Iterable[tuple[Number, Grid]]) -> Grid:
    """Where a constant plus a sum of multiples lies."""
    low = high = constant
    step: Number = 0
    for factor, of in parts:
        first, last, each = factor * of.low, factor * of.high, factor * of.step
        if first > last:
            first, last = last, first
        low += first
        high += last
        step = common(step, each)
        if type(low) is not int and bits(low) > LONGEST_BITS:
            raise TooMuchWork(f"too much work: clauses about numbers of more than {LONGEST_BITS} bits")
    return grid(normal(low), normal(high), step)


def single(value: Number) -> Grid:
    """The grid of one number."""
    return Grid(value, value, 0, 0)


def around(values: Iterable[Number]) -> Grid:
    """The smallest grid that has all these numbers; there has to be one."""
    step: Number = 0
    first: Number | None = None
    low: Number = 0
    high: Number = 0
    for value in values:
        if first is None:
            first = low = high = value
        elif value != first:
            step = common(step, value - first)
            if value < low:
                low = value
            elif value > high:
                high = value
    assert first is not None
    return grid(low, high, step)


def check_bits(values: Iterable[Number]) -> None:
    """Refuse long numbers."""
    for value in values:
        if bits(value) > MOST_BITS:
            raise TooMuchWork(f"too much work: clauses about numbers of more than {MOST_BITS} bits")


def digit_of(value: Number, of: Grid) -> int | None:
    """The digit of a number, None if it does not lie on the grid."""
    if not of.low <= value <= of.high:
        return None
    if not of.step:
        return 0
    digit, rest = divmod(value - of.low, of.step)
    return None if rest else int(digit)


def starts(breaks: Sequence[Number], of: Grid) -> tuple[int, ...]:
    """The first digits of the pieces into which these numbers, in increasing order, cut a grid; each of them that lies
    on the grid is a piece by itself.
    """
    found = [0]
    for value in breaks:
        if of.low <= value <= of.high and of.step:
            digit, rest = divmod(value - of.low, of.step)
            if not rest and digit > found[-1]:
                found.append(int(digit))
            if digit < of.top and digit + 1 > found[-1]:
                found.append(int(digit) + 1)
    return tuple(found)


class Images:
    """Images of grids under one activation."""

    __slots__ = ("activation", "breaks", "function", "known", "work")

    def __init__(self, activation: Activation, work: Work) -> None:
        self.activation = activation
        self.function = activation.function(work)
        self.breaks: Vector | None = activation.breaks() if activation.has_breaks else None
        self.known: dict[tuple[Number, Number, int], Grid] = {}
        self.work = work

    def pieces(self, of: Grid) -> tuple[int, ...]:
        """The first digits of pieces on each of which the function is monotone."""
        if self.breaks is None:
            if of.top >= MOST_LISTED:
                raise Invalid(
                    f"lower: {self.activation.kind} of more than {MOST_LISTED} different numbers: clauses do not apply"
                )
            return tuple(range(of.top + 1))
        self.work.spend(len(self.breaks) * 3e-7)
        return starts(self.breaks, of)

    def image(self, of: Grid) -> Grid:
        """A grid that has the values of the function on this one, from the least to the greatest of them."""
        kind = self.activation.kind
        if kind == "identity":
            return of
        key = of.low, of.step, of.top
        found = self.known.get(key)
        if found is None:
            if kind == "scale":
                found = of.times(self.activation.values[0], self.work)
            elif of.top < FEW or self.breaks is None:
                self.pieces(of)
                self.work.spend((of.top + 1) * 2e-6)
                found = around([self.function(value) for value in of.values()])
            else:
                found = self._image(of, kind)
            if len(self.known) < REMEMBERED:
                self.known[key] = found
        self.work.spend(5e-6)
        return found

    def _image(self, of: Grid, kind: str) -> Grid:
        """The same, where the function is monotone on pieces."""
        function = self.function
        first = self.pieces(of)
        last = [*[start - 1 for start in first[1:]], of.top]
        self.work.spend(len(first) * 5e-6)
        values = [function(normal(of.low + of.step * digit)) for digit in sorted({*first, *last})]
        low, high = min(values), max(values)
        if kind == "floor":
            # Whole steps stay what they are; others become some integers.
            return grid(low, high, of.step if type(of.step) is int else 1)
        step: Number = 0
        for value in values:
            step = common(step, value - values[0])
        if self.activation.is_made_of_lines:
            # On a line each step adds the same.
            for x, y in zip(first, last, strict=True):
                if x < y:
                    value, following = normal(of.low + of.step * x), normal(of.low + of.step * (x + 1))
                    step = common(step, function(following) - function(value))
        else:
            # Differences of squares: the first one, and by how much each is more than the one before.
            square = [function(normal(of.low + of.step * digit)) for digit in range(3)]
            step = common(common(step, square[1] - square[0]), square[2] - 2 * square[1] + square[0])
        return grid(low, high, step)


def sum_is_long(value: Number | Fraction) -> bool:
    """Has a partial sum become too long?"""
    return type(value) is not int and bits(value) > LONGEST_BITS
