"""Targets by cases: how many units of each kind there are, with a cut of its own for every case.

A tree divides all choices: at a split a group has at most so many units of one kind, or more. In a case the numbers of
units of each kind lie in known intervals. The certificate says of each kind how large the values of the case's cut are
at most, which is proved (`kinds`); the greatest value of a state of the case is then found greedily, kinds with large
values first. States of the box with a loss that is too small and no greater value are listed, and each is shown to be
in no sum of vectors near the cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dnnt_check.budget import Invalid, Work
from dnnt_check.case_sums import CaseSums, Part, cut_off
from dnnt_check.directions import Conditions, HalfSpace
from dnnt_check.instance import Instance
from dnnt_check.keys import ELEMENT_BYTES, SizeExceeded
from dnnt_check.kinds import Kind, KindSearch, kinds_of
from dnnt_check.numbers import Number, add, charge_quotient, common, multiply, ratio, whole_ratio
from dnnt_check.reachable_grounds import Case, Grounds, KindTop, Sizes, Split
from dnnt_check.states import StateLoss
from dnnt_check.structure import Structure
from dnnt_check.summands import Contribution, Summands
from dnnt_check.targets import list_targets

#: Greater multiplicities are not looked at unit by unit.
MOST_UNITS = 10_000


@dataclass(slots=True)
class _Group:
    """A group of units: its kinds, and of how many units it is."""

    item: Contribution
    kinds: list[Kind]
    times: int


def check_cases(
    instance: Instance, structure: Structure, grounds: Grounds, sizes: Sizes, bound: Number, strict: bool, work: Work
) -> None:
    """Prove that no state has a loss that is too small, case by case.

    Raises:
        Invalid: a case is not proved, or the cases are not all.
    """
    positions = {position for case in grounds.cases if isinstance(case, Case) for position, _ in case.kinds}
    summands = Summands(instance, structure, sizes, work, True, cases=positions)
    loss = StateLoss(instance, structure, summands.axes, bound, strict, work)
    _Checking(summands, loss, sizes, work).check(grounds.cases)


class _Checking:
    """All cases of one certificate."""

    def __init__(self, summands: Summands, loss: StateLoss, sizes: Sizes, work: Work) -> None:
        self.summands, self.loss, self.sizes, self.work = summands, loss, sizes, work
        self.span = summands.span
        self.groups: list[_Group] = []
        self.number: dict[int, int] = {}
        for item in summands.contributions:
            kinds: list[Kind] = []
            if item.outer is not None:
                kinds = kinds_of(item.outer, [space.values() for _, space in item.spaces], work)
            self.number[item.group.first] = len(self.groups)
            self.groups.append(_Group(item, kinds, item.group.left + item.group.right))
            if self.groups[-1].times > MOST_UNITS:
                raise Invalid("lower.grounds.cases: a group has too many units")

    def check(self, entries: Sequence[Split | Case]) -> None:
        """Walk through the tree."""
        start = [[(0, group.times)] * max(1, len(group.kinds)) for group in self.groups]
        waiting = [start]
        for place, entry in enumerate(entries):
            self.work.spend(1e-5)
            if not waiting:
                raise Invalid(f"lower.grounds.cases[{place}]: the cases before are all")
            ranges = waiting.pop()
            if isinstance(entry, Split):
                g = self.number.get(entry.position)
                if g is None or entry.kind >= len(self.groups[g].kinds):
                    raise Invalid(f"lower.grounds.cases[{place}]: there is no such kind")
                low, high = ranges[g][entry.kind]
                for interval in ((max(low, entry.count + 1), high), (low, min(high, entry.count))):
                    waiting.append(
                        [
                            [interval if (a, k) == (g, entry.kind) else other for k, other in enumerate(these)]
                            for a, these in enumerate(ranges)
                        ]
                    )
                    self.work.spend(len(ranges[g]) * 1e-7)
            else:
                _Checked(self, ranges, entry, f"lower.grounds.cases[{place}]").check()
        if waiting:
            raise Invalid("lower.grounds.cases: some cases are missing")


class _Checked:
    """One case."""

    def __init__(self, checking: _Checking, ranges: list[list[tuple[int, int]]], case: Case, place: str) -> None:
        self.checking, self.ranges, self.case, self.place = checking, ranges, case, place
        self.work, self.summands, self.sizes = checking.work, checking.summands, checking.sizes
        self.span = checking.span

    def check(self) -> None:
        """Prove it.

        Raises:
            Invalid: a bound is wrong, or a state with a small loss cannot be excluded.
        """
        if any(
            any(low > high for low, high in these)
            or sum([low for low, _ in these]) > group.times
            or sum([high for _, high in these]) < group.times
            for these, group in zip(self.ranges, self.checking.groups, strict=True)
        ):
            return  # There is no such choice.
        self._read_cut()
        values = self._values()
        tops = [
            _greatest(group.times, these, limits)
            for group, these, limits in zip(self.checking.groups, values, self.ranges, strict=True)
        ]
        rest = [self.summands.lowest(term, self.weights) for term in self.summands.rest]
        spare = [
            low + max(0, factor * term.space.digits[-1])
            for (low, factor), term in zip(rest, self.summands.rest, strict=True)
        ]
        limit = sum(tops) + sum(spare)
        conditions = Conditions((HalfSpace(self.weights, limit, self.unit),), (), self.span)
        targets = list_targets(self.checking.loss, conditions, self.sizes.last, self.work)
        slack = max(targets) // self.span if targets else -1
        parts: list[Part] = []
        for g, (group, these) in enumerate(zip(self.checking.groups, values, strict=True)):
            parts += self._parts(g, group, these, tops[g], slack)
        if targets:
            times = [group.times for group in self.checking.groups]
            sums = CaseSums(self.summands, self.sizes, self.work, self.weights, self.strides, times, self.place)
            sums.check(targets, parts, tops, slack, self.checking.loss)

    def _read_cut(self) -> None:
        """The cut on digits."""
        work, summands = self.work, self.summands
        if len(self.case.cut) != summands.points * summands.rows:
            raise Invalid(f"{self.place}.cut: a state has {summands.points * summands.rows} coordinates")
        factors: list[Number] = []
        unit: Number = 0
        for place, axis in enumerate(summands.axes):
            i, row = divmod(place, summands.rows)
            factor = multiply(self.case.cut[row * summands.points + i], axis.step, work) if axis.radix > 1 else 0
            charge_quotient(unit, factor, work)
            unit = common(unit, factor)
            factors.append(factor)
            work.spend(4e-6)
        if not unit:
            raise Invalid(f"{self.place}.cut: all states have the same value")
        self.unit = unit
        self.weights = tuple([whole_ratio(factor, unit) for factor in factors])
        # Values of the cut count against the key: less of them is more slack.
        self.strides = [
            axis.stride - weight * self.span for axis, weight in zip(summands.axes, self.weights, strict=True)
        ]

    def _on_digits(self, item: Contribution, value: Number) -> int:
        """The greatest value on digits, from the lowest corner of the item's box, that this value of the cut allows."""
        base: Number = 0
        for place, extent in enumerate(item.extents):
            i, row = divmod(place, self.summands.rows)
            base = add(base, multiply(self.case.cut[row * self.summands.points + i], extent.low, self.work), self.work)
        above = ratio(add(value, -base, self.work), self.unit)
        self.work.spend(len(item.extents) * 2e-6)
        return above.numerator // above.denominator

    # ------------------------------------------------------------ what a unit gives to the cut

    def _values(self) -> list[list[int | None]]:
        """For each group and kind the greatest value on digits; None for kinds of which there can be none."""
        given = dict(self.case.kinds)
        result: list[list[int | None]] = []
        for group, these in zip(self.checking.groups, self.ranges, strict=True):
            if not group.kinds:
                result.append([self._formed(group.item)[1]])
                continue
            tops = given.get(group.item.group.first)
            if tops is None or len(tops) != len(group.kinds):
                raise Invalid(f"{self.place}.kinds: a group is missing, or has another number of kinds")
            free = group.times - sum([low for low, _ in these])
            values: list[int | None] = []
            for top, (low, high) in zip(tops, these, strict=True):
                if not low and (not free or not high):
                    values.append(None)
                elif top is None:
                    raise Invalid(f"{self.place}.kinds: no bound is given for a kind that there may be")
                else:
                    values.append(self._on_digits(group.item, top.most))
            result.append(values)
        return result

    def _formed(self, item: Contribution) -> tuple[list[int], int]:
        """All vectors of a group that is small, as keys and values of the cut, and the greatest of these values."""
        keys = sorted(self.summands.packed_near(item, list(item.image.vectors(self.work)), self.strides))
        if not keys:
            raise Invalid("lower.grounds.cases: a unit has no vectors")
        return keys, -(keys[0] // self.span)

    def _parts(self, g: int, group: _Group, values: list[int | None], top: int, slack: int) -> list[Part]:
        """Prove the greatest values, and form the vectors that matter with so little slack."""
        if not group.kinds:
            keys, most = self._formed(group.item)
            return [
                Part(
                    g,
                    most,
                    group.times,
                    group.times,
                    [[0], cut_off([key + most * self.span for key in keys], slack, self.span, self.work)],
                )
            ]
        limits = self.ranges[g]
        least = sum([low for low, _ in limits])
        tops = dict(self.case.kinds)[group.item.group.first]
        free: list[tuple[int, list[int]]] = []
        parts: list[Part] = []
        for k, value in enumerate(values):
            if value is None:
                continue
            low, high = limits[k]
            forced = [(max(a, 1), b) if i == k else (a, b) for i, (a, b) in enumerate(limits)]
            left = slack - (top - _greatest(group.times, values, forced)) if slack >= 0 else -1
            keys = self._near(group, group.kinds[k], tops[k], value, left)
            if not low and high >= group.times - least:
                free.append((value, keys))
            else:
                parts.append(
                    Part(g, value, low, min(high, group.times), [[0], cut_off(keys, slack, self.span, self.work)])
                )
        if free:
            best = max([value for value, _ in free])
            joined = {key + (best - value) * self.span for value, keys in free for key in keys}
            parts.append(Part(g, best, 0, group.times - least, [[0], cut_off(joined, slack, self.span, self.work)]))
        return parts

    def _near(self, group: _Group, kind: Kind, top: KindTop | None, value: int, slack: int) -> list[int]:
        """Prove that no vector of a kind has a greater value; those of so little slack, as keys with their slack."""
        work, item = self.work, group.item
        assert item.outer is not None and top is not None
        points, rows = self.summands.points, self.summands.rows
        if slack < -1:
            slack = -1
        # In values of the cut: what exceeds the greatest value by a unit or more is too much.
        from_value = add(self._value_of(item, value), multiply(-slack, self.unit, work), work)
        result: list[int] = []
        if kind.intervals is None:
            vectors: Iterator[tuple[Number, ...]] = iter([tuple([values[0] for values in item.outer.values])])
        else:
            if len(top.slopes) != points:
                raise Invalid(f"{self.place}.kinds: {points} slopes are expected")
            factors: list[Number] = []
            for i in range(points):
                factor: Number = 0
                for weight, (row, _) in zip(kind.weights, item.spaces, strict=True):
                    factor = add(factor, multiply(weight, self.case.cut[row * points + i], work), work)
                factors.append(factor)
            search = KindSearch(item.outer, kind, factors, top.slopes, self.sizes.pre, work)
            vectors = search.vectors(from_value)
        for vector in vectors:
            key = 0
            for i, a in enumerate(vector):
                for (row, _), weight in zip(item.spaces, kind.weights, strict=True):
                    place = i * rows + row
                    difference = multiply(weight, a, work) - item.extents[place].low
                    axis = self.summands.axes[place]
                    key += whole_ratio(difference, axis.step) * self.strides[place] if difference else 0
                work.spend(3e-6)
            key += value * self.span
            if key < 0:
                raise Invalid(f"{self.place}.kinds: a vector has a greater value than the greatest one")
            result.append(key)
            if len(result) > self.sizes.unit:
                raise SizeExceeded("lower.grounds.sizes.unit: fewer are declared than there are")
        work.hold(len(result) * ELEMENT_BYTES, "the vectors of a unit")
        return result

    def _value_of(self, item: Contribution, value: int) -> Number:
        """The value of the cut that a value on digits stands for."""
        total: Number = multiply(value, self.unit, self.work)
        for place, extent in enumerate(item.extents):
            i, row = divmod(place, self.summands.rows)
            entry = self.case.cut[row * self.summands.points + i]
            total = add(total, multiply(entry, extent.low, self.work), self.work)
        return total


def _greatest(times: int, values: Sequence[int | None], limits: Sequence[tuple[int, int]]) -> int:
    """The greatest sum of so many units' values, with so many of each kind.

    Kinds first of which there must be some; then those of the greatest values.
    """
    left = times - sum([low for low, _ in limits])
    if left < 0:
        return -(1 << 4000)
    total = sum([low * value for (low, _), value in zip(limits, values, strict=True) if value is not None])
    order = sorted([k for k, value in enumerate(values) if value is not None], key=lambda k: -(values[k] or 0))
    for k in order:
        low, high = limits[k]
        take = min(left, high - low)
        total += take * (values[k] or 0)
        left -= take
    return total if not left else -(1 << 4000)
