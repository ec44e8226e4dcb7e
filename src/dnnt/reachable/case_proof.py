"""The proof of one case: no state of it costs at most a budget, or else the cheapest state of it that does.

Bounds on all kinds in the direction of the case's cut make the cut certain. States of the box within the budget that
the cut allows are listed, few of them, and each is looked for among the sums of vectors near the cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dnnt.reachable.case_hull import ROUNDS, CaseHull
from dnnt.reachable.case_tree import Node, Proved, raised, worth
from dnnt.reachable.clouds import Digits
from dnnt.reachable.cut_bounds import lower_bound
from dnnt.reachable.kinds import Top, UnitKinds
from dnnt.reachable.listing import first_where, listed
from dnnt.reachable.near_sums import Item, NearSums
from dnnt.reachable.projection import Cut
from dnnt.reachable.residues import Residues
from dnnt.reachable.thin_unit import Thick

NOTHING = Residues((), ())


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be formed for a case: states that are listed, vectors near the cut, partial sums, sums."""

    targets: int
    vectors: int
    partial: int
    sums: int
    steps: int


LITTLE = Effort(300, 1_000, 4_000, 4_000, 100_000)
"""For a case that could be divided further."""

MUCH = Effort(4_000, 30_000, 20_000, 200_000, 800_000)
"""For a case whose nearest point has whole numbers."""


class CaseProof:
    """Proofs for the cases of one instance."""

    def __init__(self, hull: CaseHull) -> None:
        self.hull, self.groups, self.starts = hull, hull.groups, hull.starts
        self.costs, self.packing, self.run = hull.costs, hull.packing, hull.run

    def _spare(self, node: Node, direction: Digits, budget: int) -> int:
        """By how much what each unit may add can be overestimated while the cut alone excludes the budget."""
        most = self.hull.greatest(node, direction)

        def enough(extra: int) -> bool:
            return max(self.costs.least, lower_bound(self.costs, Cut(direction, most + extra, ())) or 0) > budget

        units = sum(group.times for group in self.groups if isinstance(group, UnitKinds))
        if not units or not enough(units):
            return 0
        return (first_where(1, 1 << 80, lambda spare: not enough(spare * units)) - 1) * 9 // 10

    def _tops(self, node: Node, direction: Digits, budget: int) -> list[Top | None] | None:
        """Bounds on all kinds; None where a vector beyond them was found."""
        tops: list[Top | None] = []
        spare = self._spare(node, direction, budget)
        for g, group in enumerate(self.groups):
            levels = self.hull.levels(node, g, direction)
            group.explore(direction, [-1e300 if v is None else float(v + spare) for v in levels])
            levels_ = self.hull.levels(node, g, direction)
            if levels_ != levels:
                return None
            for k, level in enumerate(levels):
                if level is None:
                    tops.append(None)
                    continue
                self.run.poll()
                top = group.top(k, direction, level + spare if isinstance(group, UnitKinds) else level)
                if top is None:
                    return None
                tops.append(top)
        return tops

    def _cut(self, node: Node, tops: Sequence[Top | None]) -> Cut:
        """The cut of a case by what is proved of its kinds."""
        assert node.direction is not None
        most = 0
        for (a, b), group in zip(pairwise(self.starts), self.groups, strict=True):
            values = [None if t is None else t.value for t in tops[a:b]]
            most += worth(values, node.low[a:b], node.high[a:b], group.times)
        return Cut(node.direction, most, ())

    def _partial(self) -> int:
        """The most partial sums that were kept."""
        return max([part.part.partial for part in self.groups if isinstance(part, UnitKinds)], default=1)

    def _targets(self, cut: Cut, budget: int, effort: Effort) -> list[tuple[int, int]]:
        """All states of the box within a budget that a cut allows."""
        targets, all_ = listed(self.costs, self.packing, (cut,), NOTHING, budget, effort.targets, self.run.poll)
        if not all_:
            raise Thick
        return targets

    def settle(self, node: Node, budget: int, effort: Effort) -> Proved | tuple[int, list[list[tuple[Any, int]]]]:
        """The cheapest state of a case within a budget, or the proof that there is none.

        Raises:
            Thick: that takes more than the effort.
        """
        for part in self.groups:
            if isinstance(part, UnitKinds):
                part.part.limit, part.part.steps = effort.partial, effort.steps
                part.part.partial = 1
        for _ in range(ROUNDS):
            if node.direction is None:
                raise Thick
            if self.hull.stale(node):
                self.hull.relax(node)
                continue
            # There will not be fewer states when all vectors are known.
            self._targets(Cut(node.direction, self.hull.greatest(node, node.direction), ()), budget, effort)
            tops = self._tops(node, node.direction, budget)
            wanted = min(node.relaxed, budget + 1)
            if tops is not None and (lower_bound(self.costs, self._cut(node, tops)) or 0) >= wanted:
                break
            self.hull.relax(node)
        else:
            raise Thick
        direction, most = node.direction, self._cut(node, tops).most
        ranges = [(node.low[a:b], node.high[a:b]) for a, b in pairwise(self.starts)]
        values = [[None if t is None else t.value for t in tops[a:b]] for a, b in pairwise(self.starts)]
        targets = self._targets(Cut(direction, most, ()), budget, effort)
        if not targets:
            return Proved(node, direction, tuple(tops), (self._partial(), 1, 1, 0))
        slacks = []
        for _, key in targets:
            slacks.append(
                most - sum(direction[at.axis] * (key // at.stride % at.count) for at in self.costs.coordinates)
            )
        sums = NearSums(self.packing, direction, max(slacks), effort.sums, self.run)
        items = []
        for g, group in enumerate(self.groups):
            low, high = ranges[g]
            here = worth(values[g], low, high, group.times)
            for k, value in enumerate(values[g]):
                if value is None:
                    continue
                forced = worth(values[g], raised(low, k), high, group.times)
                left = max(slacks) - (here - forced)
                near = group.near(k, direction, value - left, effort.vectors) if left >= 0 else {}
                items.append(Item(g, k, value, low[k], min(high[k], group.times), near))
        hit = sums.first(items, [group.times for group in self.groups], most, targets, slacks)
        if hit is not None:
            cost, made = hit
            return cost, made
        return Proved(node, direction, tuple(tops), (self._partial(), sums.vectors, sums.largest, len(targets)))
