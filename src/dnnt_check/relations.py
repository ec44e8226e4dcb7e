"""Linear relations between quantities, as the reason of clauses.

A sum of multiples of quantities that is constant, whatever the parameters are, is a relation. On the digits of the
quantities it is an equation of integers: if the intervals of the digits, or their residues, do not allow it, the digits
contradict.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dnnt_check.budget import Invalid, Work
from dnnt_check.numbers import Number, add, multiply
from dnnt_check.quantities import Key, Model, Quantity

#: Bits of the common denominator of a relation.
MOST_SCALE = 65_536

#: The digits of a quantity from the first to the last one of its box.
Boxes = Mapping[int, tuple[int, int]]


def between(first: int, last: int, holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges that holes leave of a box."""
    found = []
    for low, high in sorted(holes):
        if low > last:
            break
        if low > first:
            found.append((first, low - 1))
        first = max(first, high + 1)
    if first <= last:
        found.append((first, last))
    return found


def tight(first: int, last: int, holes: list[tuple[int, int]]) -> tuple[int, int]:
    """The ends of a box moved inwards until they lie in no hole."""
    if len(holes) > 1:
        holes.sort()
    for low, high in holes:
        if low <= first <= high:
            first = high + 1
    for low, high in sorted(holes, key=_end, reverse=True) if len(holes) > 1 else holes:
        if low <= last <= high:
            last = low - 1
    return first, last


def _end(hole: tuple[int, int]) -> int:
    return hole[1]


@dataclass(frozen=True, slots=True)
class Relation:
    """The sum of factors times digits on grids is `target`; the sum lies between `low` and `high`.

    Factors go by index of the quantity, with the top digit and what digits stand for where they are gaps.
    """

    factors: dict[int, tuple[int, int, list[int] | None]]
    low: int
    high: int
    target: int

    def refutes(self, boxes: Boxes, holes: Mapping[int, list[tuple[int, int]]]) -> bool:
        """Can the digits not satisfy the relation?"""
        low, high, target = self.low, self.high, self.target
        factors = self.factors
        for index, (first, last) in boxes.items():
            found = factors.get(index)
            if found is not None:
                factor, top, places = found
                if places is not None:
                    first, last = places[first], places[last]
                if factor > 0:
                    low += factor * first
                    high -= factor * (top - last)
                else:
                    low -= factor * (top - last)
                    high += factor * first
        if low > target or high < target or self._leaves_rest(boxes):
            return True
        return any(index in factors and self._in_holes(index, boxes[index], holes[index], low, high) for index in holes)

    def _in_holes(self, index: int, box: tuple[int, int], holes: list[tuple[int, int]], low: int, high: int) -> bool:
        """Are all digits of a quantity in holes that the others leave, if the whole sum lies between these ends?"""
        factor, _, places = self.factors[index]
        first, last = box
        ends = (first, last) if places is None else (places[first], places[last])
        own = factor * ends[0], factor * ends[1]
        # The own part is the target without the others, between these.
        least, most = self.target - high + max(own), self.target - low + min(own)
        if factor < 0:
            least, most = -most, -least
        size = abs(factor)
        start, end = -(-least // size), most // size
        if places is not None:
            start, end = bisect_left(places, start), bisect_right(places, end) - 1
        first, last = tight(max(first, start), min(last, end), holes)
        return first > last

    def _leaves_rest(self, boxes: Boxes) -> bool:
        """Is the equation wrong modulo the factors of all quantities that are not known?"""
        divisor = 0
        rest = self.target
        for index, (factor, top, places) in self.factors.items():
            box = boxes.get(index)
            if box is None:
                if factor in (1, -1) and top:
                    return False
                divisor = math.gcd(divisor, factor)
            else:
                first, last = box
                if places is None:
                    rest -= factor * first
                    if first < last:
                        divisor = math.gcd(divisor, factor)
                else:
                    rest -= factor * places[first]
                    for place in places[first + 1 : last + 1]:
                        divisor = math.gcd(divisor, factor * (place - places[first]))
            if divisor == 1:
                return False
        return rest % divisor != 0 if divisor else rest != 0


def relation_of(
    parts: Sequence[tuple[Number, Key]], place: int, model: Model, known: Mapping[Key, Quantity], work: Work
) -> Relation:
    """A relation ready for use; quantities that no literal speaks of go with their whole grids.

    Raises:
        Invalid: the sum is not constant.
    """
    for _, key in parts:
        model.check(key)
    constant, left = model.combined(parts)
    if any(left.values()):
        raise Invalid(f"lower.grounds.relations[{place}]: the sum is not constant")
    total: dict[Key, Number] = {}
    for coefficient, key in parts:
        total[key] = add(total.get(key, 0), coefficient, work)
    # The sum of coefficient * (low + step * digit) is the constant.
    rest = constant
    steps: list[tuple[Number, Key]] = []
    tops: list[int] = []
    for key, coefficient in total.items():
        grid = model.grid_of(key)
        rest = add(rest, -multiply(coefficient, grid.low, work), work)
        if coefficient and grid.step:
            steps.append((multiply(coefficient, grid.step, work), key))
            tops.append(grid.top)
        work.spend(1e-5)
    scale = rest.denominator
    for step, _ in steps:
        scale = math.lcm(scale, step.denominator)
        if scale.bit_length() > MOST_SCALE:
            raise Invalid(f"lower.grounds.relations[{place}]: the common denominator is too long")
    factors: dict[int, tuple[int, int, list[int] | None]] = {}
    low = high = 0
    for number, ((step, key), top) in enumerate(zip(steps, tops, strict=True)):
        factor = int(step * scale)
        if factor < 0:
            low += factor * top
        else:
            high += factor * top
        quantity = known.get(key)
        # Quantities without literals are counted by negative numbers, which no box has.
        factors[-1 - number if quantity is None else quantity.index] = (
            factor,
            top,
            None if quantity is None else quantity.places,
        )
    return Relation(factors, low, high, int(rest * scale))
