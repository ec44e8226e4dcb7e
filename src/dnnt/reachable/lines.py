"""Losses that are lines between breaks, coordinate by coordinate: distances, hinges, errors counted, tables.

Over an interval of digits such a loss has few *corners*, the ends of its lines; the lower hull of these is the largest
convex function below it, which is what a linear program can be told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from dnnt.exact import Number, common_step, normal
from dnnt.reachable.packing import Axis, Packing
from dnnt.reachable.terms import Term

Corner = tuple[Number, Number]
"""A digit and the loss there; or a place between digits, and a number that the loss is not below around it."""


@dataclass(frozen=True, slots=True)
class DigitBox:
    """The digits between `low` and `high`, both included, of the coordinates that the loss depends on."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def cells(self) -> int:
        """The number of points."""
        cells = 1
        for a, b in zip(self.low, self.high, strict=True):
            cells *= b - a + 1
        return cells

    @property
    def gap(self) -> int | None:
        """A coordinate that has no digit, if there is one."""
        return next((i for i, (a, b) in enumerate(zip(self.low, self.high, strict=True)) if a > b), None)

    def below(self, i: int, digit: int) -> DigitBox:
        """The part whose coordinate i is at most a digit."""
        return DigitBox(self.low, (*self.high[:i], min(digit, self.high[i]), *self.high[i + 1 :]))

    def above(self, i: int, digit: int) -> DigitBox:
        """The part whose coordinate i is more than a digit."""
        return DigitBox((*self.low[:i], max(digit + 1, self.low[i]), *self.low[i + 1 :]), self.high)


@dataclass(frozen=True, slots=True)
class Lined:
    """The part of the loss of one coordinate: `breaks` are digits at which lines begin."""

    axis: int
    term: Term
    breaks: tuple[int, ...]
    count: int

    def at(self, digit: int) -> Number:
        """The loss at a digit."""
        return self.term.cost((digit,))

    def corners(self, low: int, high: int) -> list[Corner]:
        """The ends of all lines between two digits, both included, by digit."""
        digits = {low, high}
        for start in self.breaks:
            digits.update(d for d in (start - 1, start) if low <= d <= high)
        return [(d, self.at(d)) for d in sorted(digits)]

    def least(self, low: int, high: int) -> Number:
        """The least loss between two digits."""
        return min(value for _, value in self.corners(low, high))

    def refined(self, at: Fraction) -> bool:
        """Whether corners have been added around a place: none need be."""
        return False

    def steps(self, low: int, high: int) -> list[Number] | None:
        """Numbers whose sums of multiples are all differences of its values between two digits; None: not known."""
        corners = self.corners(low, high)
        return [normal(Fraction(v - u, b - a)) for (a, u), (b, v) in pairwise(corners)]

    def bends(self, low: int, high: int) -> list[int]:
        """The digits at which lines begin between two digits, if the loss is not convex there."""
        corners = self.corners(low, high)
        hull = dict(lower_hull(corners))
        slopes = [(v - u) * Fraction(1, b - a) for (a, u), (b, v) in pairwise(corners)]
        if all(d in hull for d, _ in corners) or slopes == sorted(slopes):
            return []
        return [d for d in self.breaks if low < d <= high]


@dataclass(frozen=True)
class Lines:
    """A total loss as lines over single coordinates, by axis, and a constant."""

    coordinates: tuple[Lined, ...]
    constant: Number

    def raised(self, bound: Number, box: DigitBox) -> Number:
        """The least loss (without the constant) that there can be in a box from a bound on."""
        base, step = self._grain(box)
        if not step:
            return bound
        return normal(base + step * ceil((bound - base) / Fraction(step)))

    def below(self, bound: Number, box: DigitBox) -> Number:
        """The greatest loss (without the constant) that there can be in a box below a bound."""
        base, step = self._grain(box)
        return normal(base + step * (ceil((bound - base) / Fraction(step)) - 1)) if step else bound

    def _grain(self, box: DigitBox) -> tuple[Number, Number]:
        """A loss in a box (without the constant), and what others in it differ by multiples of; 0: not known."""
        steps: list[Number] = []
        base: Number = 0
        for each, low, high in zip(self.coordinates, box.low, box.high, strict=True):
            more = each.steps(low, high)
            if more is None:
                return 0, 0
            steps += more
            base = normal(base + each.at(low))
        return base, common_step(steps)

    def loss(self, digits: Sequence[int]) -> Number:
        """The total loss at the digits of these coordinates."""
        parts = (each.at(d) for each, d in zip(self.coordinates, digits, strict=True))
        return normal(sum(parts, start=self.constant))


def lower_hull(corners: Sequence[Corner]) -> list[Corner]:
    """The corners of the largest convex function that is nowhere above these, by digit."""
    kept: list[Corner] = []
    for d, v in corners:
        while len(kept) >= 2:
            (a, va), (b, vb) = kept[-2:]
            if (vb - va) * (d - a) < (v - va) * (b - a):
                break
            kept.pop()
        kept.append((d, v))
    return kept


def lined(terms: Sequence[Term], packing: Packing) -> Lines | None:
    """The total loss as lines; None where it is not, or does not depend on some coordinate."""
    constant: Number = 0
    found: list[Lined] = []
    for term in terms:
        if all(packing.axes[a].count == 1 for a in term.axes):
            constant = normal(constant + term.cost((0,) * len(term.axes)))
        else:
            made = _lined(term, packing)
            if made is None:
                return None
            found.append(made)
    found.sort(key=lambda each: each.axis)
    used = [i for i, axis in enumerate(packing.axes) if axis.count > 1]
    return Lines(tuple(found), constant) if [each.axis for each in found] == used else None


def _lined(term: Term, packing: Packing) -> Lined | None:
    from dnnt.reachable.curves import Curved  # It is made of what is defined here.

    breaks = term.breaks if term.breaks is not None else term.bends
    if breaks is None or len(term.axes) != 1:
        return None
    (axis,) = term.axes
    kind = Lined if term.breaks is not None else Curved
    return kind(axis, term, _starts(breaks, packing.axes[axis]), packing.axes[axis].count)


def _starts(breaks: Sequence[Number], axis: Axis) -> tuple[int, ...]:
    """The digits at which lines begin: up from a break, and just above it."""
    starts: set[int] = set()
    for value in breaks:
        place = Fraction(value - axis.low) / axis.step
        up = -(-place.numerator // place.denominator)
        starts.update(d for d in ((up, up + 1) if place.denominator == 1 else (up,)) if 0 < d < axis.count)
    return tuple(sorted(starts))
