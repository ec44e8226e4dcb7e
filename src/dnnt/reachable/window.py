"""Are targets sums of many equal units and of some others: a window of one group's power, and all sums of the rest.

The largest group of k equal units is never summed up: of its k-fold sums only those are found that are a target less a
sum of all other summands (see `powers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnnt.reachable.assemble import Solution
from dnnt.reachable.clouds import Cloud
from dnnt.reachable.execute import Fold, fold_sum
from dnnt.reachable.found import Way
from dnnt.reachable.halves import Parts
from dnnt.reachable.powers import PowerWindow, digits_of, found_units, power_window, predicted_of
from dnnt.reachable.recover import recover_fold
from dnnt.running import Run

MOST_OTHERS = 20_000
"""The most sums of the other summands (as a product of their sizes)."""

MOST_VECTORS = 20_000
"""The most vectors of the group."""


@dataclass(frozen=True, slots=True)
class Window:
    """The plan: which group, the targets, and how many seconds it is predicted to take."""

    parts: Parts
    clouds: tuple[Cloud, ...]
    group: int
    targets: tuple[tuple[int, ...], ...]
    seconds: float

    @classmethod
    def planned(cls, parts: Parts, clouds: tuple[Cloud, ...], targets: Sequence[int]) -> Window | None:
        """A plan for these targets (keys); None where no group is large, or the others have too many sums."""
        found = group_of(parts, clouds, MOST_OTHERS)
        if found is None:
            return None
        group, others = found
        cloud = clouds[group]
        digits = tuple(digits_of(parts.packing, key) for key in targets)
        low = [min(column) for column in zip(*digits, strict=True)]
        high = tuple(max(column) for column in zip(*digits, strict=True))
        for g, other in enumerate(clouds):
            if g != group:
                low = [a - other.times * max(c) for a, c in zip(low, zip(*other.vectors, strict=True), strict=True)]
        seconds = predicted_of(cloud.vectors, cloud.times, tuple(low), high)
        return cls(parts, clouds, group, digits, seconds + 1e-6 * others * len(targets))

    def formed(self, run: Run) -> FormedWindow:
        """The window, and the sums of the others."""
        others = others_of(self.parts, self.group, run)
        rests = others.digits
        low = [min(t) - max(r) for t, r in zip(zip(*self.targets, strict=True), zip(*rests, strict=True), strict=True)]
        high = [max(t) - min(r) for t, r in zip(zip(*self.targets, strict=True), zip(*rests, strict=True), strict=True)]
        cloud = self.clouds[self.group]
        power = power_window(cloud.vectors, cloud.times, tuple(low), tuple(high), run)
        return FormedWindow(self.parts, self.group, power, others)


def group_of(parts: Parts, clouds: Sequence[Cloud], most_others: int) -> tuple[int, int] | None:
    """The largest group of equal units, and a bound on the sums of the other summands; None where no group is large, or
    these are too many.
    """
    if not parts.has_powers:
        return None
    group = max(range(len(parts.times)), key=parts.times.__getitem__)
    others = 1
    for g, cloud in enumerate(clouds):
        if g != group:
            if cloud.size > 1 and cloud.times > most_others:
                return None
            others *= cloud.size**cloud.times if cloud.size > 1 else 1
            if others > most_others:
                return None
    return (group, others) if clouds[group].size <= MOST_VECTORS else None


@dataclass(frozen=True, slots=True)
class Others:
    """All sums of the summands but one group, as digits; `fold` leads back to what they are made of."""

    fold: Fold
    digits: tuple[tuple[int, ...], ...]


def others_of(parts: Parts, group: int, run: Run) -> Others:
    """The sums of all summands but this group."""
    times = [0 if g == group else t for g, t in enumerate(parts.counts)]
    fold = fold_sum(parts.keys, times, parts.packing, run)
    return Others(fold, tuple(digits_of(parts.packing, key) for key in fold.result.listed()))


@dataclass(frozen=True, slots=True)
class FormedWindow:
    """The k-fold sums of a group that are needed, and all sums of the others."""

    parts: Parts
    group: int
    power: PowerWindow
    others: Others

    @property
    def size(self) -> int:
        """How many k-fold sums there are in the window."""
        return self.power.size

    @property
    def rest_size(self) -> int:
        """How many sums of the others there are."""
        return len(self.others.digits)

    def first(self, targets: Sequence[int], run: Run) -> tuple[int, Way] | None:
        """The first target that is reachable, with the way to it."""
        for index, key in enumerate(targets):
            run.poll()
            digits = digits_of(self.parts.packing, key)
            for rest in self.others.digits:
                vector = tuple([d - r for d, r in zip(digits, rest, strict=True)])
                if self.power.contains(vector):
                    return index, self.way(vector, rest)
        return None

    def way(self, vector: tuple[int, ...], rest: tuple[int, ...]) -> Way:
        """The way back from digits of a k-fold sum, and of a sum of the others."""
        parts = self.parts

        def way(run: Run) -> Solution:
            key = sum(d * s for d, s in zip(rest, parts.packing.strides, strict=True))
            others = recover_fold(parts.all, self.others.fold, key, run)
            units = list(others.parts[:-1])
            used = self.power.parts(vector, run)
            units[self.group] = found_units(parts.units[self.group], parts.packing, used, run)
            ((last, _),) = others.parts[-1]
            return Solution(tuple(units), last)

        return way
