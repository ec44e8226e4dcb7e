"""Vectors of a unit near a face, where all its pre-activation vectors would be too many.

For weights w of the edges to sums a value vector a gives the value sum(g_i * a_i) to the cut, with coefficients g_i
that w decides. As a function of the pre-activations z it is a sum of functions of one coordinate each. The grid of a
coordinate is cut into intervals on which this function is concave, and on a product of intervals (a cell) it is
bounded with any slopes b by b . z plus the greatest differences from it, coordinate by coordinate. So partial
sums of slots are left out if this bound says that no completion in the cell has a value above what is asked for.
The slopes come from the certificate: they decide how much is left out, never what is true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from operator import mul

from dnnt_check.boxes import Axis, Extent, axes
from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.images import MAXIMUM_RADIX, Image, extents_of
from dnnt_check.keys import ELEMENT_BYTES, SizeExceeded
from dnnt_check.numbers import Number, add, magnitude, multiply, whole_ratio
from dnnt_check.reachable_grounds import Thin
from dnnt_check.scalars import sum_of_spaces
from dnnt_check.spaces import Scaled
from dnnt_check.structure import Source

#: Predicted seconds for a partial sum, and for each of its coordinates.
SUM = 1e-6
COORDINATE = 4e-7

#: Integers of cells have at most so many bits.
LONGEST = 100_000

Digits = tuple[int, ...]
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outer:
    """What is known of a source of units without forming its set.

    Attributes:
        box: the smallest box around the pre-activations.
        options: for each slot the digits of its multiples, from the lowest corner of their own box.
        values: for each distinct input the value of the activation for every digit of the box.
        image: extents and divisors of these values; it holds no vectors.
        tops: for each slot the greatest digit of its multiples in each coordinate.
    """

    box: tuple[Axis, ...]
    options: tuple[tuple[Digits, ...], ...]
    values: tuple[tuple[Number, ...], ...]
    image: Image
    tops: tuple[Digits, ...]


def outer_of(source: Source, points: int, work: Work) -> Outer:
    """The box, the multiples and the values of a source.

    Raises:
        TooMuchWork: they are too many.
    """
    terms = [(column, sum_of_spaces(spaces, MAXIMUM_RADIX, "pre", work)) for column, spaces in source.slots]
    extents = [Extent() for _ in range(points)]
    for column, space in terms:
        for i, entry in enumerate(column):
            ends = sorted((multiply(space.low, entry, work), multiply(space.high, entry, work)))
            part = Extent(ends[0], ends[1], magnitude(multiply(space.step, entry, work)))
            extents[i] = extents[i].plus(part, 1, work)
    box = axes(extents, work)
    if max([axis.radix for axis in box], default=1) > MAXIMUM_RADIX:
        raise Invalid("lower.grounds.thin: the pre-activations of the unit have too many values")
    work.require(rough_seconds(sum([space.count for _, space in terms]), 2e-6 * (1 + points)), "the slots of a unit")
    options = tuple([_multiples(column, space, box, work) for column, space in terms])
    activation = source.activation.function(work)
    values: list[tuple[Number, ...]] = []
    for axis in box:
        work.require(rough_seconds(axis.radix, 3e-6), "the values of a unit")
        these: list[Number] = []
        for digit in range(axis.radix):
            these.append(activation(add(axis.low, multiply(axis.step, digit, work), work)))
            work.spend(3e-6)
        values.append(tuple(these))
    distinct = tuple([tuple(set(these)) for these in values])
    tops = tuple([tuple([max(column) for column in zip(*these, strict=True)]) for these in options])
    return Outer(box, options, tuple(values), Image(*extents_of(distinct, work), distinct, None, None, ()), tops)


def _multiples(column: Sequence[Number], space: Scaled, box: tuple[Axis, ...], work: Work) -> tuple[Digits, ...]:
    factors = []
    for axis, entry in zip(box, column, strict=True):
        difference = multiply(space.step, entry, work)
        factors.append(whole_ratio(difference, axis.step) if difference else 0)
    last = space.digits[-1]
    work.spend(space.count * 2e-6)
    return tuple([tuple([f * digit if f >= 0 else -f * (last - digit) for f in factors]) for digit in space.digits])


class Near:
    """The vectors of a unit whose value for the cut is at least `least`.

    Args:
        outer: its source.
        rows: for each sum that the unit has edges to: the coefficients of the cut, and the elements of the weight.
        thin: what the certificate says of the unit.
        limit: how many partial sums may be kept after a slot.
        work: what is done is charged here.
    """

    def __init__(
        self,
        outer: Outer,
        rows: Sequence[tuple[Sequence[int], Scaled]],
        thin: Thin,
        limit: int,
        work: Work,
    ) -> None:
        self.outer = outer
        self.rows = rows
        self.thin = thin
        self.limit = limit
        self.work = work
        self.points = len(outer.box)

    def vectors(self, least: Number) -> Iterator[tuple[tuple[Number, ...], tuple[Number, ...], Number]]:
        """Weights, value vectors and their values for the cut; none of them twice for the same weights and cell.

        Raises:
            Invalid: the slopes do not fit.
        """
        count = 1
        for _, space in self.rows:
            count *= space.count
        self.work.require(rough_seconds(count, 1e-5), "the weights of a unit")
        slopes = iter(self.thin.slopes)
        some = tuple([values[0] for values in self.outer.values])
        for weights in product(*[space.values() for _, space in self.rows]):
            self.work.spend(1e-5)
            if not any(weights):
                if least <= 0:
                    yield weights, some, 0
                continue
            tables = self._tables(weights)
            for intervals in product(*[self._intervals(table) for table in tables]):
                given = next(slopes, None)
                if given is None or len(given) != self.points:
                    raise Invalid("lower.grounds.thin: there are more cells than slopes, or slopes of another length")
                for z, value in _Cell(self, tables, intervals, given, least).found():
                    yield weights, tuple([self.outer.values[i][d] for i, d in enumerate(z)]), value
        if next(slopes, None) is not None:
            raise Invalid("lower.grounds.thin: there are fewer cells than slopes")

    def _tables(self, weights: tuple[Number, ...]) -> list[list[Number]]:
        """For each input what every digit gives to the cut."""
        work = self.work
        tables = []
        for i, values in enumerate(self.outer.values):
            factor: Number = 0
            for weight, (part, _) in zip(weights, self.rows, strict=True):
                factor = add(factor, multiply(weight, part[i], work), work)
            tables.append([multiply(factor, value, work) for value in values])
            work.spend(len(values) * 5e-7)
        return tables

    def _intervals(self, table: list[Number]) -> list[Interval]:
        """The digits in intervals on which the table is concave, each as long as possible, from the lowest on."""
        result: list[Interval] = []
        first = 0
        for digit in range(2, len(table)):
            if digit >= first + 2 and table[digit] + table[digit - 2] > 2 * table[digit - 1]:
                result.append((first, digit - 1))
                first = digit
        self.work.spend(len(table) * 5e-7)
        result.append((first, len(table) - 1))
        return result


class _Cell:
    """The search in one cell."""

    def __init__(
        self,
        near: Near,
        tables: list[list[Number]],
        intervals: tuple[Interval, ...],
        slopes: Sequence[Number],
        least: Number,
    ) -> None:
        self.near = near
        self.work = near.work
        self.tables = tables
        self.intervals = intervals
        self.least = least
        work = near.work
        steps = [multiply(slope, axis.step, work) for slope, axis in zip(slopes, near.outer.box, strict=True)]
        # In whole numbers.
        scale = math.lcm(least.denominator, *[step.denominator for step in steps])
        for table in tables:
            for value in (table[0], table[-1], *table):
                if scale % value.denominator:
                    scale = math.lcm(scale, value.denominator)
                    work.spend(1e-6 + scale.bit_length() * 1e-8)
            work.spend(len(table) * 2e-7)
        if scale.bit_length() > LONGEST:
            raise Invalid("lower.grounds.thin: the numbers are too long")
        self.slopes = tuple([whole_ratio(step * scale, 1) for step in steps])
        self.goal = whole_ratio(least * scale, 1)
        self.above = [
            [whole_ratio(value * scale, 1) - slope * digit for digit, value in enumerate(table)]
            for table, slope in zip(tables, self.slopes, strict=True)
        ]
        work.spend(sum([len(table) for table in tables]) * 1e-6)
        self.peaks = []
        self.constant = []
        for above, values, (low, high) in zip(self.above, near.outer.values, intervals, strict=True):
            self.peaks.append(max(range(low, high + 1), key=above.__getitem__))
            # Where the values begin, and end, with equal ones, as far as that lies in the interval.
            start, end = 0, len(values) - 1
            while low == 0 and start < high and values[start + 1] == values[0]:
                start += 1
            while high == len(values) - 1 and end > low and values[end - 1] == values[-1]:
                end -= 1
            self.constant.append((start, end))
            work.spend((high - low + start + len(values) - end) * 1e-7)

    def found(self) -> Iterator[tuple[Digits, Number]]:
        """The pre-activations in the cell that reach the goal, and their values.

        Of those that differ only where the activation is constant there is one.
        """
        for z in self._sums():
            if all(low <= digit <= high for digit, (low, high) in zip(z, self.intervals, strict=True)):
                value: Number = 0
                for table, digit in zip(self.tables, z, strict=True):
                    value = add(value, table[digit], self.work)
                self.work.spend(2e-6)
                if value >= self.least:
                    yield z, value

    def _sums(self) -> set[Digits]:
        """All sums of slots that may reach the goal."""
        work, slopes = self.work, self.slopes
        slots = []
        room = [0] * len(slopes)
        rest = 0
        for options in self.near.outer.options:
            gains = [(sum(map(mul, slopes, option)), option) for option in options]
            best = max(gains)[0]
            reach = [max(column) for column in zip(*options, strict=True)]
            slots.append((best - min(gains)[0], best, reach, gains))
            rest += best
            room = [r + s for r, s in zip(room, reach, strict=True)]
            work.spend(len(options) * (SUM + len(slopes) * COORDINATE))
        sums = {(0,) * len(slopes)}
        # What all sums can still reach together: if that is too little there is nothing to do.
        if rest + sum([above[peak] for above, peak in zip(self.above, self.peaks, strict=True)]) < self.goal:
            return set()
        slots.sort(key=lambda slot: (-slot[0], slot[2]))
        each = SUM + len(slopes) * COORDINATE
        for _, best, reach, gains in slots:
            rest -= best
            room = [r - s for r, s in zip(room, reach, strict=True)]
            work.require(rough_seconds(len(sums) * len(gains), each), "the pre-activations of a unit")
            following: set[Digits] = set()
            for z in sums:
                work.spend(len(gains) * each)
                along = sum(map(mul, slopes, z)) + rest
                for gain, option in gains:
                    total = tuple(map(int.__add__, z, option))
                    if self._reaches(total, along + gain, room):
                        following.add(self._merged(total, room))
                if len(following) > self.near.limit:
                    raise SizeExceeded("lower.grounds.sizes.pre: fewer are declared than there are")
            work.hold(len(following) * (ELEMENT_BYTES + 8 * len(slopes)), "the pre-activations of a unit")
            sums = following
        return sums

    def _reaches(self, total: Digits, bound: int, room: list[int]) -> bool:
        """May a completion of this sum reach the goal, with at most so much room in each coordinate?"""
        for digit, r, above, peak, (low, high) in zip(total, room, self.above, self.peaks, self.intervals, strict=True):
            first, last = max(digit, low), min(digit + r, high)
            if first > last:
                return False
            # Concave on the interval, so the best digit is the one nearest to the peak.
            bound += above[min(max(peak, first), last)]
        return bound >= self.goal

    def _merged(self, total: Digits, room: list[int]) -> Digits:
        """One sum for all whose completions all lie where the values are constant."""
        return tuple(
            [
                start - r if digit + r < start else min(digit, end)
                for digit, r, (start, end) in zip(total, room, self.constant, strict=True)
            ]
        )
