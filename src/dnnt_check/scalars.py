"""Sums of spaces: the set of all sums of one multiple of an element from each of several spaces.

Slots that multiply equal or proportional columns act as one slot whose space is such a sum. Ranges stay ranges as
long as their sum is one, so 64 ternary weights on equal columns are one range of 129 elements.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnnt_check.budget import Work
from dnnt_check.keys import (
    Keys,
    SizeExceeded,
    add_copies,
    add_progression,
    single,
)
from dnnt_check.numbers import Number, add, charge_quotient, common, magnitude, multiply, ratio, whole_ratio
from dnnt_check.spaces import Scaled, Space, progression

#: A space, what its elements are multiplied by (not 0), and how many independent times it is taken.
Term = tuple[Space, Number, int]


def sum_of_spaces(terms: Iterable[Term], limit: int, name: str, work: Work) -> Scaled:
    """The set of sums; no space may be empty.

    Raises:
        SizeExceeded: it has more than `limit` elements; `name` says whose limit this is.
    """
    low: Number = 0
    step: Number = 0
    moving: list[tuple[Number, Scaled, bool, int]] = []
    for unscaled, factor, times in terms:
        space = unscaled.scaled(work)
        extreme = space.low if factor > 0 else space.high
        low = add(low, multiply(times, multiply(factor, extreme, work), work), work)
        work.spend(1e-6)
        if space.count > 1:
            this = magnitude(multiply(factor, space.step, work))
            charge_quotient(step, this, work)
            step = common(step, this)
            moving.append((this, space, factor < 0, times))
    if not moving:
        return Scaled(1, low)
    progressions: list[tuple[int, int]] = []
    others: list[tuple[int, Scaled, bool, int]] = []
    for this, space, reversed_, times in moving:
        charge_quotient(this, step, work)
        factor_ = whole_ratio(this, step)
        if isinstance(space.digits, range):
            progressions.append((factor_, (space.count - 1) * times))
        else:
            others.append((factor_, space, reversed_, times))
    progressions.sort()
    # While steps are not larger than what is covered so far, the sum of ranges is a range.
    reach = 0
    place = 0
    while place < len(progressions) and progressions[place][0] <= reach + 1:
        reach += progressions[place][0] * progressions[place][1]
        place += 1
    if reach + 1 > limit:
        raise SizeExceeded(f"lower.grounds.sizes.{name}: fewer are declared than there are")
    if place == len(progressions) and not others:
        return progression(low, step, reach + 1)
    keys = add_progression(single(), 1, reach + 1, limit, name, work)
    for factor_, length in progressions[place:]:
        keys = add_progression(keys, factor_, length + 1, limit, name, work)
    for factor_, space, reversed_, times in others:
        top = space.digits[-1]
        digits = [(top - digit if reversed_ else digit) * factor_ for digit in space.digits]
        work.spend(len(digits) * 2e-7)
        keys = add_copies(keys, Keys(top * factor_, set(digits)), times, limit, name, work)
    return _space(low, step, keys, work)


def bounds_of_sum(terms: Iterable[Term], work: Work) -> tuple[Number, Number, Number]:
    """The least and the greatest sum, and a number that divides all differences, without forming the set."""
    low: Number = 0
    high: Number = 0
    step: Number = 0
    for unscaled, factor, times in terms:
        space = unscaled.scaled(work)
        ends = (space.low, space.high) if factor > 0 else (space.high, space.low)
        low = add(low, multiply(times, multiply(factor, ends[0], work), work), work)
        high = add(high, multiply(times, multiply(factor, ends[1], work), work), work)
        work.spend(1e-6)
        if space.count > 1:
            this = magnitude(multiply(factor, space.step, work))
            charge_quotient(step, this, work)
            step = common(step, this)
    return low, high, step


def _space(low: Number, step: Number, keys: Keys, work: Work) -> Scaled:
    count = keys.count
    if count == keys.top + 1:
        return progression(low, step, count)
    digits = tuple(sorted(keys.elements(work)))
    work.spend(count * 3e-7)
    return Scaled(count, low, step, digits)


def direction(column: tuple[Number, ...]) -> tuple[tuple[Number, ...], Number] | None:
    """A column as a multiple of one whose first entry that is not 0 is 1; None for a column of zeros."""
    factor = next((entry for entry in column if entry), None)
    if factor is None:
        return None
    if factor == 1:
        return column, 1
    return tuple([ratio(entry, factor) for entry in column]), factor
