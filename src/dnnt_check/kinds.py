"""Kinds of vectors of a unit: one choice of the weights to the sums, and one affine piece of the activation each.

The grid of every coordinate of the pre-activations is cut into intervals on which the activation is affine. For given
weights and a product of intervals the value of a cut is an affine function of the pre-activations z, so with any slopes
b it is at most b . z, which is a sum over slots, plus what a corner gives to the difference. Partial sums of slots that
cannot reach a given value by this bound are left out. The slopes decide how much is left out, never what is true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from operator import mul

from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.keys import ELEMENT_BYTES, SizeExceeded
from dnnt_check.numbers import Number, add, multiply, whole_ratio
from dnnt_check.thin import COORDINATE, LONGEST, SUM, Outer

#: Kinds of one unit.
MOST_KINDS = 10_000

Digits = tuple[int, ...]
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """Weights of the edges to sums and, unless they are all zeros, an interval for each coordinate."""

    weights: tuple[Number, ...]
    intervals: tuple[Interval, ...] | None


def kinds_of(outer: Outer, spaces: Sequence[Iterator[Number]], work: Work) -> list[Kind]:
    """All kinds of a unit, in the order of docs/certificates.md."""
    pieces = [_pieces(values, work) for values in outer.values]
    each = math.prod([len(these) for these in pieces])
    result: list[Kind] = []
    for weights in product(*spaces):
        if not any(weights):
            result.append(Kind(weights, None))
            continue
        if len(result) + each > MOST_KINDS:
            raise Invalid("lower.grounds.cases: a unit has too many kinds of vectors")
        result.extend([Kind(weights, intervals) for intervals in product(*pieces)])
        work.spend(each * 1e-6)
    return result


def _pieces(values: Sequence[Number], work: Work) -> list[Interval]:
    """The digits in intervals on which the values are affine, from the lowest on, each as long as possible."""
    result: list[Interval] = []
    first = 0
    for digit in range(2, len(values)):
        if digit >= first + 2 and values[digit] - values[digit - 1] != values[first + 1] - values[first]:
            result.append((first, digit - 1))
            first = digit
    work.spend(len(values) * 1e-6)
    result.append((first, len(values) - 1))
    return result


class KindSearch:
    """The vectors of one kind whose value for a cut is large.

    Args:
        outer: its source.
        kind: the kind, with intervals.
        factors: for each coordinate the value of the cut for one unit of the activation's value.
        slopes: a slope for each coordinate.
        limit: how many partial sums may be kept after a slot.
        work: what is done is charged here.
    """

    def __init__(
        self,
        outer: Outer,
        kind: Kind,
        factors: Sequence[Number],
        slopes: Sequence[Number],
        limit: int,
        work: Work,
    ) -> None:
        assert kind.intervals is not None
        self.outer, self.limit, self.work = outer, limit, work
        self.intervals = kind.intervals
        # In each interval the value is base + rise * digit.
        rises: list[Number] = []
        bases: list[Number] = []
        for values, factor, (low, high) in zip(outer.values, factors, kind.intervals, strict=True):
            first = multiply(factor, values[low], work)
            rise = add(multiply(factor, values[low + 1], work), -first, work) if high > low else 0
            rises.append(rise)
            bases.append(add(first, -multiply(rise, low, work), work))
        steps = [multiply(slope, axis.step, work) for slope, axis in zip(slopes, outer.box, strict=True)]
        self.scale = math.lcm(*[number.denominator for number in (*rises, *bases, *steps)])
        if self.scale.bit_length() > LONGEST:
            raise Invalid("lower.grounds.cases: the numbers are too long")
        self.slopes = tuple([whole_ratio(step * self.scale, 1) for step in steps])
        self.rises = [whole_ratio(rise * self.scale, 1) for rise in rises]
        self.base = sum([whole_ratio(base * self.scale, 1) for base in bases])
        self.above = [rise - slope for rise, slope in zip(self.rises, self.slopes, strict=True)]
        self.constant: list[Interval] = []
        for values, rise, (low, high) in zip(outer.values, self.rises, kind.intervals, strict=True):
            # Where the activation is constant, from the start or up to the end of the grid, digits count as one.
            flat = values[low] == values[high] and not rise
            self.constant.append((high if flat and low == 0 else 0, low if flat and high == len(values) - 1 else high))
        work.spend(2e-5 + len(rises) * 2e-5)

    def vectors(self, least: Number) -> Iterator[tuple[Number, ...]]:
        """The value vectors whose value is at least this."""
        goal = least * self.scale
        whole = -(-goal.numerator // goal.denominator)
        values = self.outer.values
        for z in self._sums(whole):
            if all(low <= digit <= high for digit, (low, high) in zip(z, self.intervals, strict=True)):
                value = self.base + sum(map(mul, self.rises, z))
                self.work.spend(3e-6)
                if value >= whole:
                    yield tuple([values[i][digit] for i, digit in enumerate(z)])

    def _sums(self, goal: int) -> set[Digits]:
        """All sums of slots that may reach the goal."""
        work, slopes = self.work, self.slopes
        slots = []
        room = [0] * len(slopes)
        rest = self.base
        each = SUM + len(slopes) * COORDINATE
        for options, top in zip(self.outer.options, self.outer.tops, strict=True):
            gains = [sum(map(mul, slopes, option)) for option in options]
            best = max(gains)
            slots.append((best - min(gains), best, top, gains, options))
            rest += best
            room = list(map(int.__add__, room, top))
            work.spend(len(options) * each)
        ends = [max(a * low, a * high) for a, (low, high) in zip(self.above, self.intervals, strict=True)]
        if rest + sum(ends) < goal:
            return set()
        slots.sort(key=lambda slot: (-slot[0], slot[2]))
        sums = {(0,) * len(slopes)}
        for _, best, top, gains, options in slots:
            rest -= best
            room = [r - s for r, s in zip(room, top, strict=True)]
            work.require(rough_seconds(len(sums) * len(gains), each), "the pre-activations of a unit")
            following: set[Digits] = set()
            for z in sums:
                work.spend(len(gains) * each)
                along = sum(map(mul, slopes, z)) + rest
                for gain, option in zip(gains, options, strict=True):
                    total = tuple(map(int.__add__, z, option))
                    if self._reaches(total, along + gain, room, goal):
                        following.add(self._merged(total, room))
                if len(following) > self.limit:
                    raise SizeExceeded("lower.grounds.sizes.pre: fewer are declared than there are")
            work.hold(len(following) * (ELEMENT_BYTES + 8 * len(slopes)), "the pre-activations of a unit")
            sums = following
        return sums

    def _reaches(self, total: Digits, bound: int, room: list[int], goal: int) -> bool:
        """May a completion of this sum reach the goal, with at most so much room in each coordinate?"""
        for digit, r, above, (low, high) in zip(total, room, self.above, self.intervals, strict=True):
            first, last = max(digit, low), min(digit + r, high)
            if first > last:
                return False
            bound += above * (last if above > 0 else first)
        return bound >= goal

    def _merged(self, total: Digits, room: list[int]) -> Digits:
        """One sum for all whose completions all lie where the values are constant."""
        return tuple(
            [
                start - r if digit + r < start else min(digit, end)
                for digit, r, (start, end) in zip(total, room, self.constant, strict=True)
            ]
        )
