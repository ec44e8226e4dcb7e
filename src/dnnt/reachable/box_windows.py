"""Boxes of states listed: sums of very many equal units and of the others, in all coordinates or in some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from dnnt.exact import Number, normal
from dnnt.reachable.clouds import Cloud
from dnnt.reachable.found import Found
from dnnt.reachable.halves import Parts
from dnnt.reachable.lattice import Point, lattice_of
from dnnt.reachable.lines import DigitBox, Lines
from dnnt.reachable.powers import power_window, predicted_of
from dnnt.reachable.window import FormedWindow, others_of
from dnnt.running import Run

MOST_PAIRS = 10_000
"""States of a window that are looked at: points of a box, times sums of the other summands."""

STATES_PER_CELL = 4
"""How many times more states a window may turn out to hold."""

SPARSEST = 10**6
"""So many points of a box to one sum are looked into at most."""

MOST_OTHERS = 500
"""The most sums of the other summands."""

WINDOW_SECONDS = 2.0
"""Windows that are predicted to take longer are not formed: the checker takes much longer still."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the states of a window cost at least (without the constant; None: there are none), how many sums of equal
    units it holds, how many sums of these with others were looked at, and the best state, if all coordinates are there.
    """

    least: Number | None
    size: int
    pairs: int
    found: Found | None


class BoxWindows:
    """The windows of one search. `room`: how many points a box may have; `formed`: how many there were; `rests`:
    how many sums the other summands have.
    """

    def __init__(self, parts: Parts, cloud: Cloud, group: int, lines: Lines, run: Run) -> None:
        self.parts, self.cloud, self.group, self.lines, self.run = parts, cloud, group, lines, run
        self.coordinates = lines.coordinates
        self.others = others_of(parts, group, run)
        self.rests = len(self.others.digits)
        self.room = max(1, MOST_PAIRS // self.rests)
        self.formed = 0

    def fits(self, box: DigitBox, chosen: tuple[int, ...]) -> bool:
        """Whether few sums of equal units can lie in a box, by some coordinates: points of it, or of their lattice."""
        cells = prod(box.high[i] - box.low[i] + 1 for i in chosen)
        if cells <= self.room:
            return True
        if len(self.cloud.vectors) > MOST_OTHERS or cells > self.room * SPARSEST:
            return False
        low, high, vectors, _ = self._around(box, chosen)
        return _lattice_cells(vectors, low, high, self.cloud.times) <= self.room

    def _around(self, box: DigitBox, chosen: tuple[int, ...]) -> tuple[Point, Point, list[Point], set[Point]]:
        """Where sums of equal units lie whose sums with others lie in a box; their vectors, and sums of the others."""
        # The digits of coordinates with one value are 0.
        axes = self._axes(chosen)
        place = {self.coordinates[i].axis: i for i in chosen}
        low = [box.low[place[axis]] if axis in place else 0 for axis in axes]
        high = [box.high[place[axis]] if axis in place else 0 for axis in axes]
        vectors = sorted({tuple([v[axis] for axis in axes]) for v in self.cloud.vectors})
        rests = {tuple([r[axis] for axis in axes]) for r in self.others.digits}
        low = [a - max(column) for a, column in zip(low, zip(*rests, strict=True), strict=True)]
        high = [b - min(column) for b, column in zip(high, zip(*rests, strict=True), strict=True)]
        return tuple(low), tuple(high), vectors, rests

    def _axes(self, chosen: tuple[int, ...]) -> Sequence[int]:
        """All axes of the packing, where all coordinates are chosen."""
        if len(chosen) == len(self.coordinates):
            return range(len(self.parts.packing.axes))
        return [self.coordinates[i].axis for i in chosen]

    def least(self, box: DigitBox, chosen: tuple[int, ...]) -> Listed | None:
        """What the states in a box cost at least, by some coordinates; None where it would take long to say.

        With all coordinates these are states, and the best of them is told.
        """
        low, high, vectors, rests = self._around(box, chosen)
        if predicted_of(vectors, self.cloud.times, low, high) > WINDOW_SECONDS:
            return None
        self.formed += 1
        power = power_window(vectors, self.cloud.times, low, high, self.run)
        if power.size * len(rests) > STATES_PER_CELL * MOST_PAIRS:
            return None
        others = [i for i in range(len(self.coordinates)) if i not in chosen]
        beside = sum((self.coordinates[i].least(box.low[i], box.high[i]) for i in others), start=Fraction(0))
        axes = list(self._axes(chosen))
        at = [axes.index(self.coordinates[i].axis) for i in chosen]
        best: tuple[Number, tuple[int, ...], tuple[int, ...]] | None = None
        for vector in power.members():
            self.run.poll()
            for rest in rests:
                digits = [vector[a] + rest[a] for a in at]
                if all(box.low[i] <= d <= box.high[i] for i, d in zip(chosen, digits, strict=True)):
                    loss = sum((self.coordinates[i].at(d) for i, d in zip(chosen, digits, strict=True)), start=beside)
                    if best is None or loss < best[0]:
                        best = loss, vector, rest
        found: Found | None = None
        if best is not None and not others:
            formed = FormedWindow(self.parts, self.group, power, self.others)
            found = Found(normal(best[0] + self.lines.constant), formed.way(best[1], best[2]))
        return Listed(None if best is None else normal(best[0]), power.size, power.size * len(rests), found)


def _lattice_cells(vectors: list[Point], low: Point, high: Point, times: int) -> int:
    """Points of the lattice of sums of vectors in a box, at most."""
    first, last = lattice_of(vectors, low, high).bounds(low, high, times)
    return prod(max(b - a + 1, 0) for a, b in zip(first, last, strict=True))
