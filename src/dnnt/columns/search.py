"""Branch and bound over the columns of units, level by level, and then over those of the last units.

In a level every unit gets a column, as a multiset for interchangeable units. As long as a class of points with the same
codes costs too much, it has to be divided: the search picks a pair (or disjoint pairs) that cannot stay together,
branches on the entries that separate one of them, and forbids an entry in all that comes after its branch. A branch
ends where what is left cannot separate enough: by the number of parts, or by how many pairs an entry separates at most.
Source: the search for a small hitting set (branch on the set with the fewest members left).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, product
from math import prod

from dnnt.columns.block import Block, Entry, block_of, excess_of
from dnnt.columns.costs import Costs, bits
from dnnt.columns.making import Column, Maker
from dnnt.columns.problem import Problem
from dnnt.exact import Number, normal
from dnnt.running import Run
from dnnt.simplify.form import Form

Found = Callable[[Problem, dict[int, Column], Number], None]
"""Told of columns of all units with their total loss."""

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

    def missed(self, bound: Number) -> bool:
        """Whether a branch of this bound is of no use; it is noted then."""
        if bound < self.limit or (bound == self.limit and not self.below):
            return False
        if self.next is None or bound < self.next:
            self.next = bound
        return True

    def lower(self, loss: Number) -> None:
        """A loss was found: from now on only less will do."""
        self.limit, self.below = loss, True


class Search:
    """The search in one problem for a target; `found` is told of whatever is better than all before."""

    def __init__(self, form: Form, problem: Problem, maker: Maker, target: Target, run: Run, found: Found) -> None:
        self.problem = problem
        self.maker = maker
        self.target = target
        self.run = run
        self.found = found
        self.costs = Costs(form, problem)
        self.excess = excess_of(self.costs)
        self.chosen: dict[int, Column] = {}
        self.place = {of: k for k, of in enumerate(o for o in form.outputs if isinstance(o, int))}
        maker.begin()

    def search(self) -> None:
        """Go through everything that the target may be in."""
        self._level(0)

    def _tick(self) -> None:
        self.target.nodes += 1
        self.run.poll()
        incumbent, target = self.run.incumbent, self.target
        if incumbent is not None and incumbent.loss <= target.limit:
            # It may be that another process has found it.
            if target.decides:
                raise Reached
            target.lower(incumbent.loss)

    def _level(self, depth: int) -> None:
        if depth == len(self.problem.levels):
            self._last()
            return
        block = block_of(self.problem, depth, self.chosen, self.maker, self.costs, self.excess)
        left = tuple([len(kind.members) for kind in block.kinds])
        classes, cost = self._shrunk(block.classes)
        self._node(block, classes, cost, block.together, (1 << len(block.entries)) - 1, left, [])

    def _shrunk(self, masks: Sequence[int]) -> tuple[list[int], Number]:
        """The masks of several points, and what the others cost."""
        cost: Number = 0
        several = []
        for mask in masks:
            if mask & (mask - 1):
                several.append(mask)
            else:
                cost += self.costs.single[mask.bit_length() - 1]
        return several, cost

    def _node(
        self,
        block: Block,
        classes: list[int],
        cost: Number,
        together: int,
        allowed: int,
        left: tuple[int, ...],
        chosen: list[int],
    ) -> None:
        """Choose entries for what is left; `classes` and `cost` (of points alone), and the pairs that are together."""
        self._tick()
        costs, target = self.costs, self.target
        exact = cost + sum([costs.least(mask) for mask in classes])
        if not any(left):
            if not target.missed(exact):
                self._expand(block, chosen)
            return
        for kind, count in enumerate(left):
            if not count:
                allowed &= ~block.of_kind[kind]
            elif not allowed & block.of_kind[kind]:
                return
        limit = target.limit
        apart = exact > limit or (exact == limit and target.below)
        if not apart:
            kind = next(kind for kind, count in enumerate(left) if count)
            branches = allowed & block.of_kind[kind]
        else:
            parts = prod([block.most[kind] ** count for kind, count in enumerate(left)])
            if target.missed(normal(cost + sum([costs.spread(mask, parts) for mask in classes]))):
                return
            found = self._to_separate(block, classes, cost, together, allowed, left)
            if found is None:
                return
            branches = found
        order = (
            sorted(bits(branches), key=lambda e: -(block.pairs[e] & together).bit_count())
            if block.pairs
            else bits(branches)
        )
        for e in order:
            entry = block.entries[e]
            divided = [mask & part for mask in classes for part in entry.parts]
            several, more = self._shrunk([mask for mask in divided if mask])
            rest = tuple([count - (kind == entry.kind) for kind, count in enumerate(left)])
            still = together & ~block.pairs[e] if block.pairs else 0
            self._node(block, several, cost + more, still, allowed, rest, [*chosen, e])
            allowed &= ~(1 << e)

    def _to_separate(
        self, block: Block, classes: list[int], cost: Number, together: int, allowed: int, left: tuple[int, ...]
    ) -> int | None:
        """Entries of which one has to be chosen, None if that is of no use."""
        costs, target = self.costs, self.target
        limit = target.limit
        # If all that is together came apart.
        base = cost + sum([costs.single[p] for mask in classes for p in bits(mask)])
        slack = limit - base
        if not together:
            return self._any(block, classes, cost, allowed)
        counts: list[tuple[int, int]] = []
        must = 0
        for pair in bits(together):
            if block.excess[pair] > slack or (target.below and block.excess[pair] == slack):
                must |= 1 << pair
        if must:
            return self._must(block, must, allowed, left, base)
        for pair in bits(together):
            counts.append(((block.splitters[pair] & allowed).bit_count(), pair))
        counts.sort()
        used, chosen, gained = 0, 0, base
        for _, pair in counts:
            ends = 1 << pair // costs.points | 1 << pair % costs.points
            if ends & used:
                continue
            used |= ends
            chosen |= block.splitters[pair]
            gained += block.excess[pair]
            if gained > limit or (gained == limit and target.below):
                target.missed(gained)
                return chosen & allowed
        return self._any(block, classes, cost, allowed)

    def _any(self, block: Block, classes: list[int], cost: Number, allowed: int) -> int:
        """Entries that divide some class: without one of them all stays as it is."""
        self.target.missed(normal(cost + sum([self.costs.least(mask) for mask in classes])))
        return sum(1 << e for e in bits(allowed) if _divides(block.entries[e], classes))

    def _must(self, block: Block, must: int, allowed: int, left: tuple[int, ...], base: Number) -> int | None:
        """Entries that separate a pair that has to be separated, the one with the fewest."""
        self.target.missed(normal(base + min(block.excess[pair] for pair in bits(must))))
        splitters = block.splitters
        if sum(left) == 1:
            for pair in bits(must):
                allowed &= splitters[pair]
                if not allowed:
                    return None
            return allowed
        fewest, best = 0, None
        for looked, pair in enumerate(bits(must)):
            found = splitters[pair] & allowed
            count = found.bit_count()
            if best is None or count < fewest:
                fewest, best = count, found
                if not count:
                    return None
            if looked >= MOST_LOOKED_AT:
                break
        most = 0
        for kind, count in enumerate(left):
            if count:
                most += count * max((block.pairs[e] & must).bit_count() for e in bits(allowed & block.of_kind[kind]))
        return None if most < must.bit_count() else best

    # ------------------------------------------------------------ from entries to columns

    def _expand(self, block: Block, chosen: list[int]) -> None:
        """Every way of taking columns of the entries for the units of the level."""
        options: list[Iterator[tuple[Column, ...]]] = []
        order: list[int] = []
        for place, kind in enumerate(block.kinds):
            order += kind.members
            mine = [e for e in chosen if block.entries[e].kind == place]
            for e in dict.fromkeys(mine):
                options.append(combinations_with_replacement(block.entries[e].columns, mine.count(e)))
        for groups in product(*options):
            columns = [column for group in groups for column in group]
            self.chosen.update(zip(order, columns, strict=True))
            self._level(block.depth + 1)

    def _last(self) -> None:
        """The last units: each output by itself, or all of them together."""
        self._tick()
        if self.costs.separable:
            self._each()
            return
        options: list[list[tuple[Number, Column]]] = []
        for index in self.problem.last:
            found = []
            for column in self.maker.columns(self.problem.units[index], self.chosen):
                cost = self.costs.column_cost(self.place[index], column)
                if not self.target.missed(cost):
                    found.append((cost, column))
            if not found:
                return
            options.append(sorted(found, key=lambda each: each[0]))
        order = sorted(range(len(options)), key=lambda i: len(options[i]))
        self._joint(order, options, 0)

    def _each(self) -> None:
        """Where the loss is a sum over outputs: the best column of each."""
        costs = self.costs
        total: Number = sum(costs.known)
        for index, k in self.place.items():
            if index in self.chosen and index not in self.problem.last:
                total += costs.column_cost(k, self.chosen[index])
        best: dict[int, Column] = {}
        for index in self.problem.last:
            columns = self.maker.columns(self.problem.units[index], self.chosen)
            k = self.place[index]
            least, column = min(((costs.column_cost(k, c), c) for c in columns), key=lambda each: each[0])
            total += least
            best[index] = column
        total = normal(total)
        if not self.target.missed(total) or self._improves(total):
            self.found(self.problem, {**self.chosen, **best}, total)

    def _improves(self, total: Number) -> bool:
        return self.run.incumbent is None or total < self.run.incumbent.loss

    def _joint(self, order: Sequence[int], options: list[list[tuple[Number, Column]]], depth: int) -> None:
        """Columns for the last units one after another, with the least that each point costs by then."""
        given = [self.chosen.get(index) for index in self.place]
        total: Number = 0
        for point in range(self.costs.points):
            total += self.costs.ahead(point, tuple([None if c is None else c.values[point] for c in given]))
        if self.target.missed(normal(total)):
            return
        if depth == len(order):
            self.found(self.problem, dict(self.chosen), normal(total))
            return
        self.run.poll()
        index = self.problem.last[order[depth]]
        for cost, column in options[order[depth]]:
            if self.target.missed(cost):
                break
            self.chosen[index] = column
            self._joint(order, options, depth + 1)
        self.chosen.pop(index, None)


def _divides(entry: Entry, classes: Sequence[int]) -> bool:
    return any(mask & part not in (0, mask) for mask in classes for part in entry.parts)
