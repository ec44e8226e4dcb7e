"""All sums of either half of the parts in increasing order (Horowitz and Sahni, JACM 1974).

The list of a half grows part by part: the list, and the list shifted by the part's element, are merged. Then one walk
from both ends finds the sums next to any target. Numbers below 2^62 are in arrays, longer ones in Python's lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log2, prod
from typing import Any

from dnnt.running import Run
from dnnt.sums.joining import quarters
from dnnt.sums.parts import Part, Picks, total_of

WIDEST = 1 << 61
"""Totals below this fit into 64 bits, also when two are added."""

STEPS = 10_000_000
"""Steps of one walk of the kernel (about 20 ms)."""


def half_sizes(parts: Sequence[Part]) -> tuple[float, float]:
    """Logarithms (base 2) of the numbers of choices in either half."""
    sizes = [sum(log2(len(parts[position])) for position in half) for half in _halves(parts)]
    return sizes[0], sizes[1]


def _halves(parts: Sequence[Part]) -> tuple[list[int], list[int]]:
    first, second, third, fourth = quarters(parts)
    return first + second, third + fourth


class SortedLists:
    """The sums of both halves of the parts, ready for any number of targets."""

    def __init__(self, parts: Sequence[Part], run: Run) -> None:
        self._parts = parts
        self._run = run
        self._positions = _halves(parts)
        self.total = total_of(parts)
        self._wide = self.total >= WIDEST
        # The last target of a walk through long numbers, and the sums next to it.
        self._ends = (-1, -1, 0)
        self._lists = [self._list([parts[position] for position in half]) for half in self._positions]

    def _list(self, parts: list[Part]) -> Any:
        size = prod(map(len, parts))
        self._run.need(size * (120 if self._wide else 12), "the sums of half the items")
        if self._wide:
            return _long_list(parts, self._run)
        import numpy as np

        from dnnt.sums.list_kernels import merged, merged_two

        one, other = np.zeros(size, np.int64), np.zeros(size // 2 + 1 if size > 1 else 1, np.int64)
        source, count = np.zeros(1, np.int64), 1
        for index, part in enumerate(parts):
            # The last merge, which is the longest, ends in the array that is long enough.
            into = one if (len(parts) - index) % 2 else other
            if len(into) < count * len(part):
                into = np.zeros(count * len(part), np.int64)
            if len(part) == 2:
                made = merged_two(source, count, part[1], self.total, into)
            else:
                made = merged(source, count, np.array(part, np.int64), self.total, into)
            source, count = into, int(made)
            self._run.poll()
        return source[:count]

    def below(self, target: int) -> int:
        """The greatest sum that is at most the target (at least 0)."""
        if self._wide:
            return self._long_ends(target)[0]
        return sum(self._pair_of(self._lists, target))

    def above(self, target: int) -> int:
        """The least sum from the target on (at most the greatest sum)."""
        if self._wide:
            best, least = self._long_ends(target)
            return target if best == target else least
        # The greatest of what is left out, mirrored.
        left, right = self._lists
        ends = left[-1] + right[-1]
        mirrors = [each[-1] - each[::-1] for each in (left, right)]
        return int(ends - sum(self._pair_of(mirrors, int(ends) - target)))

    def _pair_of(self, lists: list[Any], target: int) -> tuple[int, int]:
        """One of each list, together the greatest sum up to the target."""
        left, right = lists
        if self._wide:
            return self._long_pair(left, right, target)
        from dnnt.sums.list_kernels import nearest

        low, high, best = 0, len(right) - 1, -1
        target = min(target, self.total)
        while low < len(left) and high >= 0 and best < target:
            low, high, best = nearest(left, right, target, low, high, best, STEPS)
            self._run.poll()
        # Which pair: the walk again, to the number that is known now.
        low, high, found = 0, len(right) - 1, -1
        while found != best:
            low, high, found = nearest(left, right, best, low, high, -1, STEPS)
            self._run.poll()
        return int(left[low]), int(right[high])

    def _long_ends(self, target: int) -> tuple[int, int]:
        """The greatest sum up to the target, and the least one above it (the total plus 1 where there is none)."""
        if self._ends[0] == target:
            return self._ends[1:]
        left, right = self._lists
        high, best, least = len(right) - 1, -1, self.total + 1
        for start in range(0, len(left), 4096):
            self._run.poll()
            for value in left[start : start + 4096]:
                room = target - value
                while high >= 0 and right[high] > room:
                    high -= 1
                if high >= 0 and value + right[high] > best:
                    best = value + right[high]
                if high + 1 < len(right) and value + right[high + 1] < least:
                    least = value + right[high + 1]
        self._ends = target, best, least
        return best, least

    def _long_pair(self, left: list[int], right: list[int], target: int) -> tuple[int, int]:
        """One of each list, together a target that is a sum."""
        high = len(right) - 1
        for index, value in enumerate(left):
            if index % 4096 == 0:
                self._run.poll()
            while high >= 0 and value + right[high] > target:
                high -= 1
            if high >= 0 and value + right[high] == target:
                return value, right[high]
        raise AssertionError("a sum that is none")

    def picks(self, total: int) -> Picks:
        """How the parts make a sum."""
        picks = [0] * len(self._parts)
        for half, share in zip(self._positions, self._pair_of(self._lists, total), strict=True):
            for position, value in zip(half, _made([self._parts[p] for p in half], share, self._run), strict=True):
                picks[position] = value
        return picks


def _long_list(parts: Sequence[Part], run: Run) -> list[int]:
    sums = [0]
    for part in parts:
        run.poll()
        made = [value + element for element in part for value in sums]
        run.poll()
        # Increasing runs, which sorting merges.
        made.sort()
        sums = [made[0]]
        sums.extend([value for before, value in pairwise(made) if before != value])
    return sums


def _made(parts: Sequence[Part], total: int, run: Run) -> Picks:
    """How few parts make a sum: again by halves, in Python."""
    half = len(parts) // 2
    ways: list[dict[int, tuple[int, ...]]] = []
    for some in (parts[:half], parts[half:]):
        made: dict[int, tuple[int, ...]] = {0: ()}
        for part in some:
            run.poll()
            following: dict[int, tuple[int, ...]] = {}
            for value in part:
                for known, picks in made.items():
                    if known + value <= total:
                        following.setdefault(known + value, (*picks, value))
            made = following
        ways.append(made)
    for known, picks in ways[0].items():
        if total - known in ways[1]:
            return [*picks, *ways[1][total - known]]
    raise AssertionError("a sum that is none")
