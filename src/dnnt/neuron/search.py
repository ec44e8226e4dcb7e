"""Branch and bound over levels with box bounds: descent for a first incumbent, then depth first, the best choice first.

How many nodes that takes is predicted by random dives (D. E. Knuth, Estimating the efficiency of backtrack programs,
1975).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from random import Random
from typing import Any

from dnnt.exact import Number, magnitude, normal
from dnnt.neuron.bounds import Bounds
from dnnt.neuron.levels import Level, values_of
from dnnt.neuron.neuron import Neuron

POLLED = 256
"""Nodes between two polls, at most; fewer where a node takes long."""

Poll = Callable[[], Number]
"""Gives the loss that is to be beaten (or met)."""
Found = Callable[[tuple[Number, ...], Number], Number]
"""Takes values and their loss; gives the loss that is to be beaten from now on."""


@dataclass(frozen=True, slots=True)
class Box:
    """A neuron with levels and bounds for them."""

    neuron: Neuron
    levels: tuple[Level, ...]
    bounds: Bounds

    def values(self, choices: Sequence[int]) -> tuple[Number, ...]:
        """The value of each variable for a choice at each level."""
        return values_of(self.levels, choices, len(self.neuron.values))

    @property
    def least(self) -> Number:
        """The bound that the root alone gives."""
        return normal(sum(min(point.at_ends) for point in self.neuron.points))

    def loss(self, choices: Sequence[int], state: Any) -> Number:
        """The exact loss of such choices."""
        if self.bounds.exact:
            bound = self.bounds.whole(state)
            return normal(bound if self.bounds.scale == 1 else Fraction(bound) / self.bounds.scale)
        return self.neuron.total(self.values(choices))


def descent(
    box: Box, starts: int, random: Random, enough: Number, poll: Callable[[], object] = int
) -> tuple[Number, tuple[int, ...]]:
    """The best of some local optima: no other choice at a single level has a smaller loss. Half of the starts are
    drawn, the others are the best so far with some levels drawn again. A loss of `enough` ends it.
    """
    bounds = box.bounds
    sizes = [len(level.offsets) for level in box.levels]
    best: tuple[Number, Number, tuple[int, ...]] | None = None
    for start in range(starts):
        if best is None:
            choices = [_smallest(level) for level in box.levels]
        elif start % 2:
            choices = [random.randrange(size) for size in sizes]
        else:
            choices = list(best[2])
            for depth in random.sample(range(len(sizes)), min(3, len(sizes))):
                choices[depth] = random.randrange(sizes[depth])
        cost = _descend(bounds, sizes, choices)
        if best is None or cost <= best[0]:
            loss = box.loss(choices, bounds.state_of(choices))
            if best is None or loss <= best[1]:
                best = cost, loss, tuple(choices)
                if loss <= enough:
                    break
        poll()
    assert best is not None, "there is at least one start"
    return best[1:]


def _descend(bounds: Bounds, sizes: Sequence[int], choices: list[int]) -> Number:
    """Change choices one by one as long as that helps; returns the bound that is left."""
    state = bounds.state_of(choices)
    cost = bounds.whole(state)
    still = depth = 0
    while still < len(sizes):
        still += 1
        for index in range(sizes[depth]):
            if index != choices[depth]:
                other = bounds.changed(state, depth, choices[depth], index)
                found = bounds.whole(other)
                if found < cost:
                    state, cost, choices[depth], still = other, found, index, 0
        depth = (depth + 1) % len(sizes)
    return cost


def _smallest(level: Level) -> int:
    """The choice closest to 0."""
    return min(range(len(level.offsets)), key=lambda i: magnitude(level.offsets[i]))


def predicted_nodes(box: Box, cap: Number, dives: int, random: Random) -> float:
    """About how many nodes there are whose parent's bound is at most `cap` (in unscaled numbers)."""
    bounds = box.bounds
    limit = cap * bounds.scale
    total = 0.0
    for _ in range(dives):
        state, times = bounds.root, 1.0
        for depth in range(len(box.levels)):
            children = bounds.expand(state, depth)
            total += times * len(children)
            kept = [child for bound, _, child in children if bound <= limit]
            if not kept or total == inf:
                break
            times *= len(kept)
            state = random.choice(kept)
    return total / dives


def explore(box: Box, cap: Number, strict: bool, found: Found, poll: Poll) -> int:
    """All choices with a loss of at most `cap` (with `strict`: below it); `found` may lower the cap at each of them.

    Returns the number of nodes.
    """
    bounds, scale, last = box.bounds, box.bounds.scale, len(box.levels) - 1
    limit = cap * scale
    every = max(1, min(POLLED, int(0.005 / bounds.seconds)))
    stack: list[tuple[Number, int, Any, Any]] = [(0, 0, bounds.root, None)]
    nodes = turn = 0
    while stack:
        bound, depth, state, path = stack.pop()
        if depth and (bound >= limit if strict else bound > limit):
            continue
        turn += 1
        if turn % every == 0:
            cap = min(cap, poll())
            limit = cap * scale
        children = bounds.expand(state, depth)
        nodes += len(children)
        children = [each for each in children if (each[0] < limit if strict else each[0] <= limit)]
        if depth < last:
            children.sort(key=_by_bound, reverse=True)
            depth += 1
            for bound, index, child in children:
                stack.append((bound, depth, child, (path, index)))
            continue
        for bound, index, child in sorted(children, key=_by_bound):
            if bound >= limit if strict else bound > limit:
                break
            choices = _choices((path, index))
            loss = box.loss(choices, child)
            if loss < cap if strict else loss <= cap:
                cap = found(box.values(choices), loss)
                limit = cap * scale
    return nodes


def _by_bound(child: tuple[Number, int, Any]) -> Number:
    return child[0]


def _choices(path: Any) -> list[int]:
    made = []
    while path is not None:
        path, index = path
        made.append(index)
    return made[::-1]
