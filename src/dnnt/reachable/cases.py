"""The cheapest state by cases: how many units of each kind there are, with a cut of its own for each case.

What units add is far from convex: kinds of opposite signs have nothing between them, so the hull of all states says
little where the nearest point of it mixes kinds in parts that no whole number of units can be. Branch and bound over
the numbers of units of each kind (intervals of them): for a case the greatest value in a direction is found greedily,
kind by kind, so Wolfe's method gives its nearest point, a lower bound and a cut. Where the numbers come out whole,
states between the bound and what is found are listed, few of them, and tested against sums of vectors near the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count as counting
from typing import Any

from dnnt.reachable.case_hull import CaseHull
from dnnt.reachable.case_proof import LITTLE, MUCH, CaseProof
from dnnt.reachable.case_tree import FIRST, Best, Node, Proved, Split, Tree
from dnnt.reachable.completion import Completed, Slot, complete
from dnnt.reachable.face_draws import near_face
from dnnt.reachable.kinds import Kinds
from dnnt.reachable.lines import Lined
from dnnt.reachable.listing import Costs
from dnnt.reachable.packing import Packing
from dnnt.reachable.thin_unit import Thick
from dnnt.running import Run

MOST_UNITS = 64
"""Units with more equals than this are not counted kind by kind."""

MOST_CASES = 4_000

MOST_INSIDE = 60
"""Cases for which the wanted state is looked for."""


FACE_AFTER = 4
"""Draws after which the state is looked for near a face."""

AGAIN = 40
"""Draws after a search that has no end."""

MOST_BESIDE = 3
"""Cases beside whose faces states are drawn."""

AWAY = (0, 1, 2, 4, 8)
"""Steps from the face of a case at which states are drawn."""

REPORTS = 3.0
"""Seconds after which a bound is proved of all cases so far, at least."""


@dataclass
class CaseSearch:
    """Branch and bound over the cases of one instance."""

    groups: list[Kinds]
    packing: Packing
    costs: Costs
    run: Run
    found: Callable[[int, list[list[tuple[Any, int]]]], None]
    """Told of every better state."""
    stop_at_first: bool = False
    """With a threshold any state at or below it is enough."""
    lines: Sequence[Lined] = ()
    """The loss as lines, where it is no sum of squares."""
    hull: CaseHull = field(init=False)

    def __post_init__(self) -> None:
        self.hull = CaseHull(self.groups, self.packing, self.costs, self.run, lines=self.lines)
        self.proof = CaseProof(self.hull)
        self.starts = self.hull.starts
        self.reported = 0

    def search(self, best: Best, top: int, excluded: Callable[[int, Tree], None]) -> Tree | None:
        """All cases, each with a proof that no state costs at most `top`, or less than `best` if that is smaller.

        Ends early with None where that does not come to an end; `best` and `found` know of the best state anyway, and
        `excluded` of the greatest bound that the cases so far prove.
        """
        self.tree: Tree | None = None
        ended = None
        try:
            ended = self._search(best, top, excluded)
            if ended is None and not (self.stop_at_first and best.cost <= top):
                ended = self._drawn_again(best)
                self._prove_open(best)
        finally:
            if ended is None:
                self._report(excluded)
        return ended

    def _report(self, excluded: Callable[[int, Tree], None]) -> None:
        """Tell of the greatest bound so far."""
        if self.tree is not None:
            bound = self.tree.proved_below()
            if bound > max(self.costs.least, self.reported):
                self.reported = bound
                excluded(bound, self.tree.pruned(bound))

    def _prove_open(self, best: Best) -> None:
        """Prove the least bound of the open cases of all of them."""
        if self.tree is None:
            return
        waiting = self.tree.open()
        least = min(best.cost, *(each.node.bound for each in waiting))
        for tree in waiting:
            if tree.proved_up_to >= least - 1 or tree.node.direction is None or least <= self.costs.least:
                continue
            try:
                ending = self.proof.settle(tree.node, least - 1, MUCH)
            except Thick:
                continue
            if isinstance(ending, Proved):
                tree.proved, tree.proved_up_to = ending, least - 1
                tree.node.proved = max(tree.node.proved, least)
            elif ending[0] < best.cost:
                best.cost, best.made = ending
                self.found(*ending)

    def _drawn_again(self, best: Best) -> Tree | None:
        """Draw near the open cases that have the wanted state in their hulls; a proof if there is none better."""
        if self.tree is None:
            return None
        waiting = [each.node for each in self.tree.open() if each.node.direction is None]
        for seed in range(AGAIN):
            node = waiting[seed % len(waiting)] if waiting else None
            if node is not None and self._drawn(node, best, MOST_INSIDE + seed):
                return self._least(self.tree)
        return None

    def _search(self, best: Best, top: int, excluded: Callable[[int, Tree], None]) -> Tree | None:
        self.hull.start()
        zero = tuple(0 for _ in range(self.starts[-1]))
        full = tuple(group.times for group in self.groups for _ in range(group.count))
        tree = self.tree = Tree(Node(zero, full, 0))
        self.hull.relax(tree.node)
        self._bounded(tree, excluded)
        next_report = self.run.seconds + REPORTS
        number = counting()
        waiting = [(tree.node.bound, next(number), tree)]
        ended: list[Tree] = []
        cases, inside = 1, 0
        while waiting or ended:
            if not waiting:
                again = self._finished(ended, best, top)
                if again is None:
                    return tree
                ended = [each for each in ended if each not in again]
                for each in again:
                    each.node.tried = True
                    heappush(waiting, (each.node.bound, next(number), each))
                continue
            if self.run.seconds > next_report:
                started = self.run.seconds
                self._prove_open(best)
                self._report(excluded)
                next_report = self.run.seconds + max(REPORTS, 8 * (self.run.seconds - started))
            bound, _, here = heappop(waiting)
            node = here.node
            if self.hull.stale(node):
                self.hull.relax(node)
                heappush(waiting, (node.bound, next(number), here))
                continue
            limit = min(top, best.cost - 1)
            self.run.progress("cases of the hidden units", 0.5)
            if node.direction is None and inside < MOST_INSIDE:
                inside += 1
                if inside == FACE_AFTER and self._kept(near_face(self.hull, tree.node), best):
                    return self._least(tree)
                if self._drawn(node, best, inside):
                    return self._least(tree)
                if best.cost <= top and self.stop_at_first:
                    return None
            if bound > limit and not node.tried:
                ended.append(here)
                continue
            if self.lines and node.direction is not None and bound < limit and inside < MOST_BESIDE:
                inside += 1
                self._drawn_beside(node, tree.node, best)
                if best.cost <= top and self.stop_at_first:
                    return None
                limit = min(top, best.cost - 1)
            whole = all(abs(n - round(n)) < 1e-6 for n in node.parts)
            budget = limit if node.tried or (not whole and node.step == FIRST) else min(limit, bound + node.step)
            try:
                ending = self.proof.settle(node, budget, MUCH if whole else LITTLE)
            except Thick:
                if budget > bound + node.step and not node.tried and not whole and node.step == FIRST:
                    node.step += 1
                    heappush(waiting, (bound, next(number), here))
                    continue
                split = self._split(node, whole)
                if split is None or cases > MOST_CASES:
                    return None
                cases += 2
                for each in self._divided(here, split):
                    self.hull.relax(each.node)
                    heappush(waiting, (each.node.bound, next(number), each))
                continue
            if isinstance(ending, Proved):
                node.tried = False
                here.proved, here.proved_up_to = ending, budget
                node.proved = max(node.proved, budget + 1)
                node.bound, node.step = max(node.bound, node.proved), node.step * 8
            else:
                cost, made = ending
                if cost < best.cost:
                    best.cost, best.made = cost, made
                    self.found(cost, made)
                node.bound = node.proved = max(node.proved, cost)
                if cost <= top and self.stop_at_first:
                    return None
            heappush(waiting, (node.bound, next(number), here))
        return tree

    def _drawn_beside(self, node: Node, root: Node, best: Best) -> None:
        """Look for better states near where a loss made of lines is least in a case, ever further from the face."""
        assert node.direction is not None
        pushed = max(range(self.hull.width), key=lambda i: abs(node.direction[i]) if node.direction else 0)
        inwards = -1 if node.direction[pushed] > 0 else 1
        near = [round(v) for v in node.point]
        for away in AWAY:
            wanted = list(near)
            wanted[pushed] += inwards * away
            cost = sum(at.cost(min(max(wanted[at.axis], 0), at.count - 1)) for at in self.costs.coordinates)
            if cost < best.cost:
                self._kept(near_face(self.hull, root, wanted), best)

    def _completed(self, node: Node, seed: int = 1) -> Completed | None:
        """A state near the mixture of a case that has the wanted state in its hull: that state, or one close to it."""
        whole: list[int] = []
        for g, group in enumerate(self.groups):
            parts = node.parts[self.starts[g] : self.starts[g + 1]]
            counts = [int(n + 1e-9) for n in parts]
            rest = sorted(range(len(parts)), key=lambda k: counts[k] - parts[k])
            for k in rest[: group.times - sum(counts)]:
                counts[k] += 1
            whole += counts
        fixed = Node(tuple(whole), tuple(whole), node.bound)
        self.hull.relax(fixed)
        units = [
            Slot(*self.hull.where(t), fixed.shares.get(t, {0: 1.0})) for t, n in enumerate(whole) for _ in range(n)
        ]
        wanted = [0] * self.hull.width
        for at in self.costs.coordinates:
            wanted[at.axis] = at.best
        return complete(self.groups, units, wanted, self.packing, self.run, seed)

    def _drawn(self, node: Node, best: Best, seed: int = 1) -> bool:
        """Look for a better state near the mixture of a case; whether there can be none better than the best now."""
        return self._kept(self._completed(node, seed), best)

    def _kept(self, made: Completed | None, best: Best) -> bool:
        if made is not None:
            cost = sum(at.cost(made.digits[at.axis]) for at in self.costs.coordinates)
            if cost < best.cost:
                best.cost, best.made = cost, made.made
                self.found(cost, made.made)
        return best.cost <= self.costs.least

    def _least(self, tree: Tree) -> Tree | None:
        """The proof that nothing costs less than the best state of the box: any cut will do."""
        used = self.costs.coordinates[0].axis
        node = tree.node
        for _ in range(AGAIN):
            # A proof that finds vectors beyond the cut forgets it, and succeeds when it knows them.
            node.direction, node.relaxed = tuple(int(i == used) for i in range(self.hull.width)), 0
            try:
                ending = self.proof.settle(node, self.costs.least - 1, MUCH)
            except Thick:
                continue
            assert isinstance(ending, Proved), "no state of the box costs less"
            return Tree(node, proved=ending)
        return None

    def least(self) -> Tree | None:
        """The same without a search."""
        self.hull.start()
        full = tuple(group.times for group in self.groups for _ in range(group.count))
        return self._least(Tree(Node((0,) * self.starts[-1], full, 0)))

    def _bounded(self, tree: Tree, excluded: Callable[[int, Tree], None]) -> None:
        """Tell of what the hull of all states excludes."""
        if tree.node.bound <= self.costs.least:
            return
        try:
            ending = self.proof.settle(tree.node, tree.node.bound - 1, MUCH)
        except Thick:
            return
        if isinstance(ending, Proved):
            tree.proved, tree.proved_up_to = ending, tree.node.bound - 1
            excluded(tree.node.bound, tree)

    def _finished(self, ended: list[Tree], best: Best, top: int) -> list[Tree] | None:
        """Prove all cases against the best state; those that resist, or None where all are proved."""
        again: list[Tree] = []
        for tree in ended:
            limit = min(top, best.cost - 1)
            if tree.proved is not None and limit <= tree.proved_up_to:
                continue
            try:
                ending = self.proof.settle(tree.node, limit, MUCH)
            except Thick:
                again.append(tree)
                continue
            if isinstance(ending, Proved):
                tree.proved, tree.proved_up_to = ending, limit
            else:
                cost, made = ending
                best.cost, best.made = cost, made
                self.found(cost, made)
                again.append(tree)
        return again or None

    def _split(self, node: Node, whole: bool) -> Split | None:
        """Where to divide a case: at the number that is least whole, or else at the kind with most freedom."""
        t = max(range(len(node.parts)), key=lambda t: abs(node.parts[t] - round(node.parts[t])))
        if not whole:
            return t, int(node.parts[t])
        room = [
            min(b, 1 << 30) - a if round(n) or a < b else 0
            for a, b, n in zip(node.low, node.high, node.parts, strict=True)
        ]
        used = [t for t, n in enumerate(node.parts) if round(n) and node.high[t] > node.low[t] and self._loose(node, t)]
        if not used:
            return None
        t = max(used, key=room.__getitem__)
        n = round(node.parts[t])
        return (t, n - 1) if n > node.low[t] else (t, n)

    def _loose(self, node: Node, t: int) -> bool:
        """Whether the number of units of a kind can vary at all."""
        g, _ = self.hull.where(t)
        first, end = self.starts[g], self.starts[g + 1]
        free = self.groups[g].times - sum(node.low[first:end])
        need = self.groups[g].times - sum(node.high[first:end]) + node.high[t]
        return min(node.high[t], node.low[t] + free) > max(node.low[t], need)

    def _divided(self, tree: Tree, split: Split) -> tuple[Tree, Tree]:
        node, (t, n) = tree.node, split
        one = Node(node.low, (*node.high[:t], n, *node.high[t + 1 :]), node.bound, proved=node.proved)
        two = Node((*node.low[:t], n + 1, *node.low[t + 1 :]), node.high, node.bound, proved=node.proved)
        tree.split, tree.below = split, (Tree(one), Tree(two))
        return tree.below
