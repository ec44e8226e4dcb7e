"""Walking back from a key to parameters: one at random, all of them in order, or a cheapest one.

Each walk needs only the ways of a node (`nodes`). A choice is a flat list of values, one a leaf, in the order of the
leaves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from random import Random

from dnnt.annotations import tables
from dnnt.annotations.nodes import Leaf, Node, Way
from dnnt.annotations.semirings import Costs, Semiring
from dnnt.exact import Number, normal
from dnnt.running import Run
from dnnt.spaces import Finite, Values

KEPT_WAYS = 2_000_000
"""The most ways that a sampler keeps."""


def nth(of: Finite, index: int) -> Number:
    """Value number `index` of a space, in increasing order."""
    return of.values[index] if isinstance(of, Values) else normal(of.start + of.step * index)


def _weight(node: Node, way: Way, semiring: Semiring) -> int:
    total = semiring.one
    for child, key in zip(node.children, way, strict=True):
        annotation = child.table.get(key)
        assert annotation is not None, "a way through keys that are there"
        total = semiring.times(total, annotation)
    return total


class Root(Node):
    """The sum of two halves whose set is not formed: it has ways all the same."""

    def __init__(self, left: Node, right: Node) -> None:
        self.packing, self.children, self.leaves = left.packing, (left, right), left.leaves + right.leaves

    def ways(self, key: int) -> Sequence[Way]:
        """The keys of both halves."""
        return tables.ways(self.children[0].table, self.children[1].table, key)


class Sampler:
    """Uniform draws among all choices that make a key; the same for the same state of the generator."""

    def __init__(self, semiring: Semiring, rng: Random, run: Run) -> None:
        self._semiring, self._rng, self._run = semiring, rng, run
        self._known: dict[tuple[int, int], tuple[Sequence[Way], list[int]]] = {}
        self._kept = 0

    def draw(self, *goals: tuple[Node, int]) -> list[Number]:
        """One choice that makes the given key of each given node."""
        values: list[Number] = []
        open_goals = list(reversed(goals))
        while open_goals:
            self._run.poll()
            node, key = open_goals.pop()
            if isinstance(node, Leaf):
                values.append(
                    nth(node.space, self._rng.randrange(node.space.size)) if node.is_free else node.value(key)
                )
                continue
            way = self._way(node, key)
            open_goals.extend(zip(reversed(node.children), reversed(way), strict=True))
        return values

    def _way(self, node: Node, key: int) -> Way:
        known = self._known.get((id(node), key))
        if known is None:
            ways = node.ways(key)
            total, sums = 0, []
            for way in ways:
                total += _weight(node, way, self._semiring)
                sums.append(total)
            if self._kept > KEPT_WAYS:
                self._known.clear()
                self._kept = 0
            self._kept += len(ways)
            known = self._known[id(node), key] = (ways, sums)
        ways, sums = known
        return ways[0] if len(ways) == 1 else ways[bisect_right(sums, self._rng.randrange(sums[-1]))]


_Goals = tuple[tuple[Node, int], "_Goals"] | None


def listed(goals: Sequence[tuple[Node, int]], run: Run) -> Iterator[list[Number]]:
    """Every choice that makes the given key of each given node, once, always in the same order.

    The list is the same object each time. Nothing is kept but the way to the present choice.
    """
    values: list[Number] = []
    frames: list[tuple[Node, Iterator[Way] | Iterator[Number], _Goals, int]] = []
    left: _Goals = None
    for goal in reversed(goals):
        left = (goal, left)
    while True:
        while left is not None:
            run.poll()
            (node, key), rest = left
            options = _options(node, key)
            frames.append((node, options, rest, len(values)))
            left = _taken(node, next(options), rest, values)
        yield values
        while frames:
            node, options, rest, length = frames[-1]
            step = next(options, None)
            if step is None:
                frames.pop()
                continue
            del values[length:]
            left = _taken(node, step, rest, values)
            break
        else:
            return


def _options(node: Node, key: int) -> Iterator[Way] | Iterator[Number]:
    if not isinstance(node, Leaf):
        return iter(node.ways(key))
    return iter(node.space) if node.is_free else iter((node.value(key),))


def _taken(node: Node, step: Way | Number, rest: _Goals, values: list[Number]) -> _Goals:
    """The goals that are left after a step at a node; the step of a leaf is a value."""
    if not isinstance(step, tuple):
        values.append(step)
        return rest
    for child, key in zip(reversed(node.children), reversed(step), strict=True):
        rest = ((child, key), rest)
    return rest


def cheapest_way(node: Node, key: int, cost: int | None, semiring: Semiring) -> Way:
    """The first way to make a key at its least cost, which is given."""
    return next(way for way in node.ways(key) if _weight(node, way, semiring) == cost)


def cheapest(top: Node, key: int, semiring: Costs, run: Run) -> list[Number]:
    """A choice that makes a key of a node at its least cost."""
    values: list[Number] = []
    open_goals: list[tuple[Node, int]] = [(top, key)]
    known: dict[tuple[int, int], Way] = {}
    while open_goals:
        run.poll()
        node, key = open_goals.pop()
        if isinstance(node, Leaf):
            values.append(semiring.cheapest(node.space, node.weight) if node.is_free else node.value(key))
            continue
        way = known.get((id(node), key))
        if way is None:
            way = known[id(node), key] = cheapest_way(node, key, node.table.get(key), semiring)
        open_goals.extend(zip(reversed(node.children), reversed(way), strict=True))
    return values
