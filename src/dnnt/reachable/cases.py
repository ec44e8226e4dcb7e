"""The cheapest state by cases: how many units of each kind there are, with a cut of its own for each case.

What units add is far from convex: kinds of opposite signs have nothing between them, so the hull of all states says
little where the nearest point of it mixes kinds in parts that no whole number of units can be. Branch and bound over
the numbers of units of each kind (intervals of them): for a case the greatest value in a direction is found greedily,
kind by kind, so Wolfe's method gives its nearest point, a lower bound and a cut. Where the numbers come out whole,
states between the bound and what is found are listed, few of them, and tested against sums of vectors near the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count as counting, pairwise
from operator import mul
from typing import TYPE_CHECKING, Any

from dnnt.reachable.clouds import Digits
from dnnt.reachable.completion import Shares, Slot, complete
from dnnt.reachable.cut_bounds import lower_bound, wanted_point
from dnnt.reachable.kinds import Kinds, Top, UnitKinds
from dnnt.reachable.listing import Costs, first_where, listed
from dnnt.reachable.near_sums import Item, NearSums
from dnnt.reachable.packing import Packing
from dnnt.reachable.projection import Cut, direction_to
from dnnt.reachable.residues import Residues
from dnnt.reachable.thin_unit import Thick
from dnnt.running import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_UNITS = 64
"""Units with more equals than this are not counted kind by kind."""

MOST_CASES = 4_000

MOST_INSIDE = 60
"""Cases for which the wanted state is looked for."""

ROUNDS = 40
"""How often new vectors may change the nearest point of a case."""

WOLFE_STEPS = 200

NOTHING = Residues((), ())

STARTS = 24
"""Directions in which vectors are looked for at first."""


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


NONE = -(1 << 200)
"""Less than any value: there are no such numbers of units."""

FIRST = 16
"""By how much a budget exceeds the bound of a case at first; it grows."""


@dataclass(slots=True)
class Node:
    """A case: between `low[t]` and `high[t]` units of kind t."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    bound: int
    step: int = FIRST
    direction: Digits | None = None
    parts: tuple[float, ...] = ()
    """How many units of each kind the nearest point has."""
    relaxed: int = 0
    """The bound by the cut alone."""
    proved: int = 0
    """No state of it costs less, for certain; `bound` may be too large while vectors are missing."""
    tried: bool = False
    shares: dict[int, Shares] = field(default_factory=dict)
    """For each kind how many units are at each vector of its pool, in the nearest point."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A case with its cut and bounds on all kinds; `sizes`: the numbers of partial sums, vectors, sums, and targets."""

    node: Node
    direction: Digits
    tops: tuple[Top | None, ...]
    sizes: tuple[int, int, int, int]


Split = tuple[int, int]
"""A kind, and the greatest number of units of it in the first of two cases."""


@dataclass(slots=True)
class Tree:
    """A case, or how it was divided in two."""

    node: Node
    split: Split | None = None
    below: tuple[Tree, Tree] | None = None
    proved: Proved | None = None
    proved_up_to: int = -1

    def preorder(self) -> Iterator[Tree]:
        """This one and all below it, the first branch first."""
        waiting = [self]
        while waiting:
            tree = waiting.pop()
            yield tree
            if tree.below is not None:
                waiting += [tree.below[1], tree.below[0]]


@dataclass(slots=True)
class Best:
    """The cheapest state so far; `made` has for each group what its units are."""

    cost: int
    made: list[list[tuple[Any, int]]] | None = None


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
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        import numpy as np

        self.starts = [0]
        for group in self.groups:
            self.starts.append(self.starts[-1] + group.count)
        self.width = len(self.packing.axes)
        self.axis_counts = [axis.count for axis in self.packing.axes]
        self.wanted, self.weights = wanted_point(self.costs, self.width)
        self._y = np.array([float(v) for v in self.wanted])
        top = max(self.weights)
        self._w = np.array([float(v / top) for v in self.weights])
        self._scale = float(top)
        self._held: list[NDArray[np.float64] | None] = [None] * self.starts[-1]

    # ------------------------------------------------------------ the hull of one case

    def _pool(self, t: int) -> NDArray[np.float64]:
        """The known vectors of a kind."""
        import numpy as np

        g, k = self.where(t)
        pool, held = self.groups[g].pools[k], self._held[t]
        if held is None or len(held) != len(pool):
            held = self._held[t] = np.array(list(pool), np.float64).reshape(len(pool), self.width)
        return held

    def where(self, t: int) -> tuple[int, int]:
        """The group of a kind, and its number there."""
        g = next(g for g in range(len(self.groups)) if t < self.starts[g + 1])
        return g, t - self.starts[g]

    def _vertex(self, node: Node, c: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int], list[int]]:
        """The state of a case that is greatest in a direction, about, its counts, and the vector of each kind."""
        import numpy as np

        total = np.zeros(self.width)
        counts: list[int] = []
        places: list[int] = []
        for g, group in enumerate(self.groups):
            first, end = self.starts[g], self.starts[g + 1]
            at: list[int] = []
            most: list[float] = []
            for t in range(first, end):
                pool = self._pool(t)
                values = pool @ c
                at.append(int(values.argmax()) if len(pool) else -1)
                most.append(float(values[at[-1]]) if len(pool) else -np.inf)
            chosen = filled(most, node.low[first:end], node.high[first:end], group.times)
            for t, n in zip(range(first, end), chosen, strict=True):
                if n:
                    total += n * self._pool(t)[at[t - first]]
            counts += chosen
            places += at
        return total, counts, places

    def relax(self, node: Node) -> None:
        """The nearest point of a case's hull: its direction, its counts, and the bound, as far as vectors are known."""
        import numpy as np

        w, y = self._w, self._y
        root = np.sqrt(w)
        for _ in range(ROUNDS):
            self.run.poll()
            p, counts, at = self._vertex(node, w * y)
            points, numbers, mixture = [p], [(counts, at)], np.ones(1)
            x = p
            for _ in range(WOLFE_STEPS):
                way = w * (y - x)
                p, counts, at = self._vertex(node, way)
                gain = float(way @ (p - x))
                square = float(way @ (y - x))
                if gain <= 1e-10 * (square + abs(float(way @ x))) + 1e-12 or any(np.array_equal(p, q) for q in points):
                    break
                points.append(p)
                numbers.append((counts, at))
                mixture = np.append(mixture, 0.0)
                points, numbers, mixture = _settled(points, numbers, mixture, y, root)
                x = mixture @ np.array(points)
            node.parts = tuple(map(float, mixture @ np.array([counts for counts, _ in numbers])))
            node.shares = {}
            for m, (counts, places) in zip(mixture.tolist(), numbers, strict=True):
                for t, (n, place) in enumerate(zip(counts, places, strict=True)):
                    if n and m > 0:
                        shares = node.shares.setdefault(t, {})
                        shares[place] = shares.get(place, 0.0) + m * n
            exact = [tuple(map(int, point)) for point in points]
            distance = float((w * (y - x)) @ (y - x))
            outside = distance > 1e-12 * float((w * y) @ y) + 1e-9
            node.direction = direction_to(exact, self.wanted, self.weights) if outside else None
            if node.direction is None or not self._explored(node, node.direction):
                break
        node.bound, node.relaxed = max(node.proved, self.costs.least), 0
        if node.direction is not None:
            most = self._greatest(node, node.direction)
            node.relaxed = lower_bound(self.costs, Cut(node.direction, most, ())) or 0
            node.bound = max(node.bound, node.relaxed)

    def _explored(self, node: Node, direction: Digits) -> bool:
        """Look for vectors that change the greatest value of a case; whether some are new."""
        new = False
        for g, group in enumerate(self.groups):
            levels = self._levels(node, g, direction)
            new = group.explore(direction, [-1e300 if v is None else float(v) for v in levels]) or new
        return new

    def _values(self, t: int, direction: Digits) -> int | None:
        """The greatest value of a kind's known vectors, exactly."""
        import numpy as np

        pool = self._pool(t)
        if not len(pool):
            return None
        if max(map(abs, direction)) * max(self.axis_counts) * self.width < 1 << 62:
            return int((pool.astype(np.int64) @ np.array(direction, np.int64)).max())
        g, k = self.where(t)
        values: list[int] = [sum(map(mul, direction, v)) for v in self.groups[g].pools[k]]
        return max(values)

    def _levels(self, node: Node, g: int, direction: Digits) -> list[int | None]:
        """For each kind of a group what its values must not exceed, or None where none of it can be there."""
        group, first, end = self.groups[g], self.starts[g], self.starts[g + 1]
        values = [self._values(t, direction) for t in range(first, end)]
        low, high = node.low[first:end], node.high[first:end]
        chosen = filled([float("-inf") if v is None else v for v in values], low, high, group.times)
        spare = [v for v, n, least in zip(values, chosen, low, strict=True) if n > least and v is not None]
        price = min(spare, default=None)
        free = group.times - sum(low)
        made: list[int | None] = []
        for value, n, most in zip(values, chosen, high, strict=True):
            made.append(value if n else (price if free and most else None))
        return made

    def _greatest(self, node: Node, direction: Digits) -> int:
        total = 0
        for g, group in enumerate(self.groups):
            values = self._levels(node, g, direction)
            low, high = (v[self.starts[g] : self.starts[g + 1]] for v in (node.low, node.high))
            total += worth(values, low, high, group.times)
        return total

    # ------------------------------------------------------------ proofs

    def _spare(self, node: Node, direction: Digits, budget: int) -> int:
        """By how much what each unit may add can be overestimated while the cut alone excludes the budget."""
        most = self._greatest(node, direction)

        def enough(extra: int) -> bool:
            return (lower_bound(self.costs, Cut(direction, most + extra, ())) or 0) > budget

        units = sum(group.times for group in self.groups if isinstance(group, UnitKinds))
        if not units or not enough(units):
            return 0
        return (first_where(1, 1 << 80, lambda spare: not enough(spare * units)) - 1) * 9 // 10

    def _tops(self, node: Node, direction: Digits, budget: int) -> list[Top | None] | None:
        """Bounds on all kinds; None where a vector beyond them was found."""
        tops: list[Top | None] = []
        spare = self._spare(node, direction, budget)
        for g, group in enumerate(self.groups):
            levels = self._levels(node, g, direction)
            group.explore(direction, [-1e300 if v is None else float(v + spare) for v in levels])
            levels_ = self._levels(node, g, direction)
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

    def _stale(self, node: Node) -> bool:
        """Whether vectors were found since that reach beyond the cut of a case."""
        if node.direction is None:
            return False
        cut = Cut(node.direction, self._greatest(node, node.direction), ())
        return (lower_bound(self.costs, cut) or 0) < node.relaxed

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
            if self._stale(node):
                self.relax(node)
                continue
            # There will not be fewer states when all vectors are known.
            self._targets(Cut(node.direction, self._greatest(node, node.direction), ()), budget, effort)
            tops = self._tops(node, node.direction, budget)
            wanted = min(node.relaxed, budget + 1)
            if tops is not None and (lower_bound(self.costs, self._cut(node, tops)) or 0) >= wanted:
                break
            self.relax(node)
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

    # ------------------------------------------------------------ the search

    def search(self, best: Best, top: int, excluded: Callable[[int, Tree], None]) -> Tree | None:
        """All cases, each with a proof that no state costs at most `top`, or less than `best` if that is smaller.

        Ends early with None where that does not come to an end; `best` and `found` know of the best state anyway.
        """
        self._started()
        zero = tuple(0 for _ in range(self.starts[-1]))
        full = tuple(group.times for group in self.groups for _ in range(group.count))
        tree = Tree(Node(zero, full, 0))
        self.relax(tree.node)
        self._bounded(tree, excluded)
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
            bound, _, here = heappop(waiting)
            node = here.node
            if self._stale(node):
                self.relax(node)
                heappush(waiting, (node.bound, next(number), here))
                continue
            limit = min(top, best.cost - 1)
            self.run.progress("cases of the hidden units", 0.5)
            if node.direction is None and inside < MOST_INSIDE:
                inside += 1
                made = self._completed(node)
                if made is not None:
                    best.cost, best.made = self.costs.least, made
                    self.found(best.cost, made)
                    return self._least(tree)
            if bound > limit and not node.tried:
                ended.append(here)
                continue
            whole = all(abs(n - round(n)) < 1e-6 for n in node.parts)
            budget = limit if node.tried or (not whole and node.step == FIRST) else min(limit, bound + node.step)
            try:
                ending = self.settle(node, budget, MUCH if whole else LITTLE)
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
                    self.relax(each.node)
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

    def _completed(self, node: Node) -> list[list[tuple[Any, int]]] | None:
        """The wanted state, if it is found near the mixture of a case whose hull it lies in."""
        whole: list[int] = []
        for g, group in enumerate(self.groups):
            parts = node.parts[self.starts[g] : self.starts[g + 1]]
            counts = [int(n + 1e-9) for n in parts]
            rest = sorted(range(len(parts)), key=lambda k: counts[k] - parts[k])
            for k in rest[: group.times - sum(counts)]:
                counts[k] += 1
            whole += counts
        fixed = Node(tuple(whole), tuple(whole), node.bound)
        self.relax(fixed)
        if fixed.direction is not None:
            return None
        units = [Slot(*self.where(t), fixed.shares.get(t, {0: 1.0})) for t, n in enumerate(whole) for _ in range(n)]
        wanted = [0] * self.width
        for at in self.costs.coordinates:
            wanted[at.axis] = at.best
        return complete(self.groups, units, wanted, self.packing, self.run)

    def _least(self, tree: Tree) -> Tree | None:
        """The proof that nothing costs less than the best state of the box: any cut will do."""
        used = self.costs.coordinates[0].axis
        node = tree.node
        node.direction = tuple(int(i == used) for i in range(self.width))
        try:
            ending = self.settle(node, self.costs.least - 1, MUCH)
        except Thick:
            return None
        assert isinstance(ending, Proved), "no state of the box costs less"
        return Tree(node, proved=ending)

    def _bounded(self, tree: Tree, excluded: Callable[[int, Tree], None]) -> None:
        """Tell of what the hull of all states excludes."""
        if tree.node.bound <= self.costs.least:
            return
        try:
            ending = self.settle(tree.node, tree.node.bound - 1, MUCH)
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
                ending = self.settle(tree.node, limit, MUCH)
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

    def _started(self) -> None:
        """Look for vectors in some directions."""
        from random import Random

        rng = Random(1)
        whole = [max(1, axis.count) for axis in self.packing.axes]
        towards = [float(w * v) for w, v in zip(self._w, self._y, strict=True)]
        for start in range(STARTS):
            c = towards if start == 0 else [rng.gauss(0.0, 1.0) / size for size in whole]
            largest = max(map(abs, c)) or 1.0
            direction = tuple(int(v / largest * (1 << 20)) for v in c)
            if any(direction):
                for group in self.groups:
                    group.explore(direction, [-1e300] * group.count)

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
        g, _ = self.where(t)
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


def filled(values: Sequence[float], low: Sequence[int], high: Sequence[int], times: int) -> list[int]:
    """So many units of each kind that the sum is greatest; kinds that nothing is known of stay at their least."""
    chosen = list(low)
    left = times - sum(low)
    for k in sorted(range(len(values)), key=lambda k: -values[k]):
        if values[k] == float("-inf"):
            continue
        take = min(left, high[k] - chosen[k])
        chosen[k] += take
        left -= take
    return chosen


def worth(values: Sequence[int | None], low: Sequence[int], high: Sequence[int], times: int) -> int:
    """The greatest sum of so many units within these numbers."""
    known = [float("-inf") if v is None else v for v in values]
    order = sorted((k for k, v in enumerate(values) if v is not None), key=lambda k: -known[k])
    total, left = sum(n * v for n, v in zip(low, values, strict=True) if v is not None), times - sum(low)
    if left < 0:
        return NONE
    for k in order:
        take = min(left, high[k] - low[k])
        total += take * (values[k] or 0)
        left -= take
    return total if not left else NONE


def raised(low: Sequence[int], k: int) -> tuple[int, ...]:
    """With at least one unit of kind k."""
    return tuple(max(n, 1) if i == k else n for i, n in enumerate(low))


def _settled(
    points: list[Any],
    numbers: list[Any],
    mixture: NDArray[np.float64],
    y: NDArray[np.float64],
    root: NDArray[np.float64],
) -> tuple[list[Any], list[Any], NDArray[np.float64]]:
    """Wolfe's inner loop."""
    import numpy as np

    while True:
        d = (np.array(points) - y) * root
        size = len(points)
        gram = d @ d.T
        scale = float(np.abs(gram).max()) or 1.0
        matrix = np.ones((size + 1, size + 1))
        matrix[:size, :size] = gram / scale
        matrix[size, size] = 0
        best = np.linalg.lstsq(matrix, np.append(np.zeros(size), 1.0), rcond=None)[0][:size]
        if (best > 1e-10).all():
            return points, numbers, best / best.sum()
        falling = (best <= 1e-10) & (mixture > best)
        shares = np.where(falling, mixture / np.where(falling, mixture - best, 1.0), np.inf)
        theta = min(float(shares.min()), 1.0)
        mixture = theta * best + (1 - theta) * mixture
        keep = [i for i in range(size) if mixture[i] > 1e-10]
        if len(keep) == size:
            keep.remove(int(np.where(falling, mixture, np.inf).argmin()))
        points, numbers = [points[i] for i in keep], [numbers[i] for i in keep]
        mixture = mixture[keep] / mixture[keep].sum()
