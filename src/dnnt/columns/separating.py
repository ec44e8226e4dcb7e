"""Which entries a level has to choose from next, so that its classes cost little enough.

As long as a class of points with the same codes costs too much, it has to be divided: a pair (or disjoint pairs) that
cannot stay together is picked, and one of the entries that separate it must be chosen. There is nothing to look for
where what is left cannot separate enough: by the number of parts, or by how many pairs an entry separates at most.
Source: the search for a small hitting set (branch on the set with the fewest members left).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from dnnt.columns.block import Block, Entry
from dnnt.columns.costs import Costs, bits
from dnnt.exact import Number, normal

MOST_LOOKED_AT = 400
"""Pairs among which the one to branch on is looked for."""


class Reached(Exception):
    """The goal is reached."""


class Target:
    """What is looked for: a loss of at most `limit`, with `below` less than that.

    `next` is the least bound of what was cut off, `decides` says that any such loss ends the search.
    """

    def __init__(self, limit: Number, below: bool, decides: bool) -> None:
        self.limit = limit
        self.below = below
        self.decides = decides
        self.next: Number | None = None
        self.nodes = 0

    def exceeded(self, bound: Number) -> bool:
        """Whether a loss of at least this is no use."""
        return bound > self.limit or (bound == self.limit and self.below)

    def missed(self, bound: Number) -> bool:
        """The same, and if so it is noted."""
        if not self.exceeded(bound):
            return False
        if self.next is None or bound < self.next:
            self.next = bound
        return True

    def lower(self, loss: Number) -> None:
        """A loss was found: from now on only less will do."""
        self.limit, self.below = loss, True


@dataclass(frozen=True, slots=True)
class State:
    """Where the choice for a level is: classes of several points and what all other points cost, the pairs in question
    that are together, the entries that are allowed, how many units of each kind are left, and the entries chosen.
    """

    classes: tuple[int, ...]
    cost: Number
    together: int
    allowed: int
    left: tuple[int, ...]
    chosen: tuple[int, ...] = ()


class Separation:
    """The rules of separation for a target."""

    def __init__(self, costs: Costs, target: Target) -> None:
        self.costs = costs
        self.target = target

    def start(self, block: Block) -> State:
        """Nothing is chosen."""
        classes, cost = self._shrunk(block.classes, 0)
        left = tuple([len(kind.members) for kind in block.kinds])
        return State(classes, cost, block.together, (1 << len(block.entries)) - 1, left)

    def after(self, block: Block, state: State, e: int, allowed: int) -> State:
        """The entry is chosen as well; those of `allowed` may still be."""
        entry = block.entries[e]
        divided = [mask & part for mask in state.classes for part in entry.parts]
        classes, cost = self._shrunk(divided, state.cost)
        left = tuple([count - (kind == entry.kind) for kind, count in enumerate(state.left)])
        together = state.together & ~block.pairs[e] if block.pairs else 0
        return State(classes, cost, together, allowed, left, (*state.chosen, e))

    def _shrunk(self, masks: Sequence[int], cost: Number) -> tuple[tuple[int, ...], Number]:
        """The masks of several points, and what the others cost."""
        several = []
        for mask in masks:
            if mask & (mask - 1):
                several.append(mask)
            elif mask:
                cost += self.costs.single[mask.bit_length() - 1]
        return tuple(several), cost

    def bound(self, state: State) -> Number:
        """What points cost at least if nothing more is separated."""
        return state.cost + sum([self.costs.least(mask) for mask in state.classes])

    def allowed(self, block: Block, state: State) -> int:
        """The entries that may be chosen; 0 if some unit has none."""
        allowed = 0
        for kind, count in enumerate(state.left):
            if count:
                mine = state.allowed & block.of_kind[kind]
                if not mine:
                    return 0
                allowed |= mine
        return allowed

    def branches(self, block: Block, state: State, allowed: int) -> int:
        """Entries of which one has to be chosen (0: there is nothing to look for)."""
        if not self.target.exceeded(self.bound(state)):
            kind = next(kind for kind, count in enumerate(state.left) if count)
            return allowed & block.of_kind[kind]
        parts = prod([block.most[kind] ** count for kind, count in enumerate(state.left)])
        spread = sum([self.costs.spread(mask, parts) for mask in state.classes])
        if self.target.missed(normal(state.cost + spread)):
            return 0
        if not state.together:
            return self._any(block, state, allowed)
        base = self.costs.base  # If all that is together came apart.
        if self.target.exceeded(base + block.extremes[0]):
            must = state.together
        else:
            must = 0
            if self.target.exceeded(base + block.extremes[1]):
                for pair in bits(state.together):
                    if self.target.exceeded(base + block.excess[pair]):
                        must |= 1 << pair
        if must:
            return self._must(block, state, must, allowed, base)
        return self._disjoint(block, state, allowed, base)

    def _disjoint(self, block: Block, state: State, allowed: int, base: Number) -> int:
        """Entries that separate one of some disjoint pairs that cannot all stay together."""
        points = self.costs.points
        counts = sorted([((block.splitters[pair] & allowed).bit_count(), pair) for pair in bits(state.together)])
        used, chosen, gained = 0, 0, base
        for _, pair in counts:
            ends = 1 << pair // points | 1 << pair % points
            if ends & used:
                continue
            used |= ends
            chosen |= block.splitters[pair]
            gained += block.excess[pair]
            if self.target.missed(normal(gained)):
                return chosen & allowed
        return self._any(block, state, allowed)

    def _any(self, block: Block, state: State, allowed: int) -> int:
        """Entries that divide some class: without one of them all stays as it is."""
        self.target.missed(normal(self.bound(state)))
        return sum([1 << e for e in bits(allowed) if _divides(block.entries[e], state.classes)])

    def _must(self, block: Block, state: State, must: int, allowed: int, base: Number) -> int:
        """Entries that separate a pair that has to be separated, the one with the fewest."""
        self.target.missed(normal(base + min([block.excess[pair] for pair in bits(must)])))
        splitters = block.splitters
        if sum(state.left) == 1:
            for pair in bits(must):
                allowed &= splitters[pair]
                if not allowed:
                    break
            return allowed
        fewest, best = -1, 0
        for looked, pair in enumerate(bits(must)):
            found = splitters[pair] & allowed
            count = found.bit_count()
            if fewest < 0 or count < fewest:
                fewest, best = count, found
            if not count or looked >= MOST_LOOKED_AT:
                break
        if not fewest:
            return 0
        most = 0
        for kind, count in enumerate(state.left):
            if count:
                mine = bits(allowed & block.of_kind[kind])
                most += count * max([(block.pairs[e] & must).bit_count() for e in mine])
        return 0 if most < must.bit_count() else best


def _divides(entry: Entry, classes: Sequence[int]) -> bool:
    return any(mask & part not in (0, mask) for mask in classes for part in entry.parts)
