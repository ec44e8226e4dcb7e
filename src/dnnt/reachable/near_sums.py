"""Sums of vectors near a cut, kind by kind: is a state one of them, and of which?

A vector is held as its key plus its slack times the number of keys, so sums need no care and those of too much slack
are cut off at the end of a sorted list (as `dnnt_check` does too, with code of its own).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from operator import mul
from typing import Any

from dnnt.reachable.clouds import Digits
from dnnt.reachable.packing import Packing
from dnnt.reachable.thin_unit import Thick
from dnnt.running import Run

MOST_COUNTS = 2_000
"""Combinations of numbers of units."""


@dataclass(frozen=True, slots=True)
class Item:
    """A kind (number `kind` of a group) with its greatest value, its least and greatest number, its near vectors."""

    group: int
    kind: int
    value: int
    low: int
    high: int
    near: dict[Digits, Any]


@dataclass(slots=True)
class _Class:
    """Kinds that need not be told apart: what one unit can be, and sums of several."""

    group: int
    value: int
    low: int
    high: int
    made: dict[int, tuple[int, Any]]
    powers: list[list[int]]


class NearSums:
    """Sums of little slack in one direction."""

    def __init__(self, packing: Packing, direction: Digits, slack: int, most: int, run: Run) -> None:
        self.packing, self.direction, self.slack, self.most, self.run = packing, direction, slack, most, run
        self.span = packing.span
        self.end = (slack + 1) * self.span
        self.largest = 1
        self.vectors = 1
        self.half = 0

    def _code(self, digits: Digits, value: int) -> int:
        slack: int = value - sum(map(mul, self.direction, digits))
        key: int = sum(map(mul, digits, self.packing.strides))
        return key + slack * self.span

    def _classes(self, items: Sequence[Item], times: Sequence[int]) -> list[_Class]:
        least = [sum(item.low for item in items if item.group == g) for g in range(len(times))]
        classes: list[_Class] = []
        for g, count in enumerate(times):
            free = [item for item in items if item.group == g and not item.low and item.high >= count - least[g]]
            others = [item for item in items if item.group == g and item not in free]
            for some in [*([item] for item in others), free]:
                if not some:
                    continue
                value = max(item.value for item in some)
                made: dict[int, tuple[int, Any]] = {}
                for item in some:
                    for digits, way in item.near.items():
                        code = self._code(digits, value)
                        if code < self.end:
                            made.setdefault(code, (item.kind, way))
                self.vectors = max(self.vectors, *(len(item.near) for item in some), len(made))
                low = some[0].low if some is not free else 0
                high = min(some[0].high if some is not free else count, count)
                classes.append(_Class(g, value, low, high, made, [[0], sorted(made)]))
        return classes

    def first(
        self,
        items: Sequence[Item],
        times: Sequence[int],
        most: int,
        targets: Sequence[tuple[int, int]],
        slacks: Sequence[int],
    ) -> tuple[int, list[list[tuple[Any, int]]]] | None:
        """The first of the targets (cost, key) that is a sum, with the vectors that make it, for each group."""
        classes = self._classes(items, times)
        # The rest, which is the last group, is no unit.
        self.half = sum(times[:-1]) // 2
        best: tuple[int, int, list[tuple[_Class, int]]] | None = None
        for counts in self._counts(classes, times, most):
            short = most - sum(n * each.value for n, each in zip(counts, classes, strict=True))
            used = [(each, n) for each, n in zip(classes, counts, strict=True) if n]
            left, right = _halved(used, self.half)
            ones, twos = self._fold(left), self._fold(right)
            small, large = (ones, twos) if len(ones) <= len(twos) else (twos, ones)
            members = set(large)
            for index, ((_, key), slack) in enumerate(zip(targets, slacks, strict=True)):
                if best is not None and index >= best[0]:
                    break
                code = key + (slack - short) * self.span
                self.run.poll()
                if code >= 0 and not members.isdisjoint(map(code.__sub__, small)):
                    best = index, code, used
                    break
        if best is None:
            return None
        index, code, used = best
        return targets[index][0], self._made(code, used, len(times))

    def _counts(self, classes: Sequence[_Class], times: Sequence[int], most: int) -> list[list[int]]:
        """All numbers of units of each class whose greatest values leave little enough slack."""
        by_group: list[list[list[int]]] = []
        shorts: list[list[int]] = []
        tops: list[int] = []
        for g, count in enumerate(times):
            own = [each for each in classes if each.group == g]
            options: list[list[int]] = []
            for some in _compositions(count, [(each.low, each.high) for each in own]):
                options.append(some)
                if len(options) > MOST_COUNTS:
                    raise Thick
            values = [sum(n * each.value for n, each in zip(some, own, strict=True)) for some in options]
            top = max(values, default=-(1 << 200))
            kept = [(some, top - v) for some, v in zip(options, values, strict=True) if top - v <= self.slack]
            by_group.append([some for some, _ in kept])
            shorts.append([short for _, short in kept])
            tops.append(top)
        made: list[list[int]] = []
        for chosen in product(*(range(len(options)) for options in by_group)):
            if sum(shorts[g][i] for g, i in enumerate(chosen)) + most - sum(tops) <= self.slack:
                made.append([n for g, i in enumerate(chosen) for n in by_group[g][i]])
                if len(made) > MOST_COUNTS:
                    raise Thick
        return made

    def _power(self, each: _Class, count: int) -> list[int]:
        while len(each.powers) <= count:
            each.powers.append(self._sum(each.powers[-1], each.powers[1]))
        return each.powers[count]

    def _sum(self, first: list[int], second: list[int]) -> list[int]:
        if len(first) < len(second):
            first, second = second, first
        made: set[int] = set()
        for offset in second:
            self.run.poll()
            made.update([offset + one for one in first[: bisect_left(first, self.end - offset)]])
            if len(made) > self.most:
                raise Thick
        self.largest = max(self.largest, len(made))
        return sorted(made)

    def _fold(self, used: Sequence[tuple[_Class, int]]) -> list[int]:
        sums = [0]
        for each, count in used:
            sums = self._sum(sums, self._power(each, count))
        return sums

    def _made(self, code: int, used: Sequence[tuple[_Class, int]], groups: int) -> list[list[tuple[Any, int]]]:
        """The vectors of a sum."""
        left, right = _halved(used, self.half)
        ones, twos = self._fold(left), set(self._fold(right))
        one = next(one for one in ones if code - one in twos)
        made: list[list[tuple[Any, int]]] = [[] for _ in range(groups)]
        for half, rest in ((left, one), (right, code - one)):
            steps = [(each, n) for each, count in half for n in [count]]
            before: list[list[int]] = [[0]]
            for each, n in steps:
                before.append(self._sum(before[-1], self._power(each, n)))
            for place in range(len(steps) - 1, -1, -1):
                each, n = steps[place]
                members = set(before[place])
                power = next(p for p in self._power(each, n) if rest - p in members)
                rest -= power
                while n:
                    fewer = set(self._power(each, n - 1))
                    vector = next(v for v in each.powers[1] if power - v in fewer)
                    made[each.group].append((each.made[vector], 1))
                    power -= vector
                    n -= 1
        return made


def _halved(used: Sequence[tuple[_Class, int]], room: int) -> tuple[list[tuple[_Class, int]], list[tuple[_Class, int]]]:
    """The first so many units, and the others."""
    left: list[tuple[_Class, int]] = []
    right: list[tuple[_Class, int]] = []
    for each, n in used:
        take = min(n, room)
        room -= take
        if take:
            left.append((each, take))
        if n > take:
            right.append((each, n - take))
    return left, right


def _compositions(total: int, ranges: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """All lists of numbers in these ranges with this sum."""
    if not ranges:
        if not total:
            yield []
        return
    (low, high), rest = ranges[0], ranges[1:]
    least, most = sum(a for a, _ in rest), sum(b for _, b in rest)
    for n in range(max(low, total - most), min(high, total - least) + 1):
        for more in _compositions(total - n, rest):
            yield [n, *more]
