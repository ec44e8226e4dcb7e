"""A tree of cases: how many units of each kind a case has, how it was divided, and how its proof ends.

A case is a box of numbers of units; the sum of so many units that is greatest in a direction is found greedily.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dnnt.reachable.clouds import Digits
from dnnt.reachable.completion import Shares
from dnnt.reachable.kinds import Top

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
    point: tuple[float, ...] = ()
    """The nearest point, of a loss made of lines: where it is least."""
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

    def proved_below(self) -> int:
        """All states cost at least this, by the proofs of cases and of those they were divided from."""
        below = min((each.proved_below() for each in self.below), default=0) if self.below else 0
        return max(below, self.proved_up_to + 1)

    def pruned(self, cost: int) -> Tree:
        """As little of the tree as proves that all states cost at least this, which is `proved_below` at most."""
        if self.proved_up_to + 1 >= cost or self.below is None:
            return Tree(self.node, proved=self.proved, proved_up_to=self.proved_up_to)
        one, two = (each.pruned(cost) for each in self.below)
        return Tree(self.node, self.split, (one, two))

    def open(self) -> list[Tree]:
        """The cases that were not divided."""
        return [each for each in self.preorder() if each.below is None]


@dataclass(slots=True)
class Best:
    """The cheapest state so far; `made` has for each group what its units are."""

    cost: int
    made: list[list[tuple[Any, int]]] | None = None


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
