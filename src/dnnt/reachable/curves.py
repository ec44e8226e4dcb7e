"""Losses that are convex between breaks, coordinate by coordinate: squares of what an activation makes of a sum.

A linear program is told of lines only. On the digits a convex function is nowhere below the line through two
neighbours, so a few such lines are a lower bound, which is exact at the digits they go through. They lie close around
the least value and ever further apart; more are added where a program thinks that the loss is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import floor

from dnnt.exact import Number, normal
from dnnt.reachable.lines import Corner, Lined
from dnnt.reachable.listing import first_where

FACTOR = 4
"""Each line is that much further away from the least value than the one before."""


@dataclass(frozen=True, slots=True)
class Curved(Lined):
    """The part of the loss of one coordinate: convex on the digits from each of `breaks` up to the next.

    `known` are digits that lines go through, besides those that are there always.
    """

    known: set[int] = field(default_factory=set, compare=False)

    def corners(self, low: int, high: int) -> list[Corner]:
        """The ends of lines below the loss between two digits, by digit; some lie between digits."""
        found: list[Corner] = []
        for first, last in self._pieces(low, high):
            digits = sorted({first, last, *self._around(first, last), *(d for d in self.known if first < d < last)})
            for p, q in pairwise(digits):
                found.append((p, self.at(p)))
                if q > p + 1:
                    found += self._between(p, q)
            found.append((last, self.at(last)))
        return found

    def least(self, low: int, high: int) -> Number:
        """The least loss between two digits."""
        return min(self.at(self._lowest(first, last)) for first, last in self._pieces(low, high))

    def steps(self, low: int, high: int) -> list[Number] | None:
        """None: differences of squares are multiples of no number that is worth knowing."""
        return None

    def bends(self, low: int, high: int) -> list[int]:
        """The digits at which parts begin between two digits."""
        return [d for d in self.breaks if low < d <= high]

    def refined(self, at: Fraction) -> bool:
        """Have lines go through the digits next to a place; whether that is new."""
        digits = {d for d in (floor(at), floor(at) + 1) if 0 <= d < self.count}
        new = not digits <= self.known
        self.known.update(digits)
        return new

    def _pieces(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        for start, following in pairwise([low, *self.bends(low, high), high + 1]):
            yield start, following - 1

    def _lowest(self, first: int, last: int) -> int:
        return first_where(first, last, lambda d: self.at(d) <= self.at(d + 1))

    def _around(self, first: int, last: int) -> Iterator[int]:
        """Digits around the least value of a piece, and ever further away from it."""
        lowest, distance = self._lowest(first, last), 1
        yield lowest
        while distance <= max(last - lowest, lowest - first):
            yield from (d for d in (lowest - distance, lowest + distance) if first <= d <= last)
            distance *= FACTOR

    def _between(self, p: int, q: int) -> list[Corner]:
        """Where the lines through p and its neighbour, and through q and its neighbour, meet, if they do."""
        start, end = self.at(p), self.at(q)
        rise, fall = self.at(p + 1) - start, end - self.at(q - 1)
        if rise == fall:
            return []
        place = Fraction(end - start - fall * q + rise * p) / (rise - fall)
        return [(normal(place), normal(start + rise * (place - p)))]
