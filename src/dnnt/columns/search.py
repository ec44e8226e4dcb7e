"""Branch and bound over the columns of units, level by level, and then over those of the last units.

In a level every unit gets a column, as a multiset for interchangeable units. The entries to branch on are those that
separate what has to be separated (`dnnt.columns.separating`); an entry is forbidden in all that comes after its branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, product

from dnnt.columns.block import Block, block_of, excess_of
from dnnt.columns.costs import Costs, bits
from dnnt.columns.ends import Ends
from dnnt.columns.making import Column, Maker
from dnnt.columns.problem import Problem
from dnnt.columns.separating import Reached, Separation, State, Target
from dnnt.exact import Number, normal
from dnnt.running import Run
from dnnt.simplify.form import Form

Found = Callable[[Problem, dict[int, Column], Number], None]
"""Told of columns of all units with their total loss."""


class Search:
    """The search in one problem for a target; `found` is told of whatever is better than all before."""

    def __init__(self, form: Form, problem: Problem, maker: Maker, target: Target, run: Run, found: Found) -> None:
        self.problem = problem
        self.maker = maker
        self.target = target
        self.run = run
        self.found = found
        self.costs = Costs(form, problem)
        self.separation = Separation(self.costs, target)
        self.excess = excess_of(self.costs)
        self.chosen: dict[int, Column] = {}
        self.place = {of: k for k, of in enumerate(o for o in form.outputs if isinstance(o, int))}
        self.ends = Ends(problem, self.costs, maker, target, self.place)
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
        block = block_of(self.problem, depth, self.chosen, self.maker.columns, self.costs, self.excess)
        self._node(block, self.separation.start(block))

    def _node(self, block: Block, state: State) -> None:
        """Choose entries for what is left."""
        self._tick()
        separation = self.separation
        if not any(state.left):
            if not self.target.missed(normal(separation.bound(state))):
                self._expand(block, state.chosen)
            return
        allowed = separation.allowed(block, state)
        if not allowed:
            return
        branches: Sequence[int] = list(bits(separation.branches(block, state, allowed)))
        if block.pairs:
            branches = sorted(branches, key=lambda e: -(block.pairs[e] & state.together).bit_count())
        for e in branches:
            self._node(block, separation.after(block, state, e, allowed))
            allowed &= ~(1 << e)

    # ------------------------------------------------------------ from entries to columns

    def _expand(self, block: Block, chosen: Sequence[int]) -> None:
        """Every way of taking columns of the entries for the units of the level."""
        order, ways = ways_of(block, chosen)
        for columns in ways:
            self.chosen.update(zip(order, columns, strict=True))
            self._level(block.depth + 1)

    def _last(self) -> None:
        """The last units: each output by itself, or all of them together."""
        self._tick()
        if not self.ends.possible(self.chosen):
            return
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


def ways_of(block: Block, chosen: Sequence[int]) -> tuple[list[int], Iterator[tuple[Column, ...]]]:
    """The units of the level in an order, and every way of taking columns of the chosen entries for them."""
    options: list[Iterator[tuple[Column, ...]]] = []
    order: list[int] = []
    for place, kind in enumerate(block.kinds):
        order += kind.members
        mine = [e for e in chosen if block.entries[e].kind == place]
        for e in dict.fromkeys(mine):
            options.append(combinations_with_replacement(block.entries[e].columns, mine.count(e)))
    return order, (tuple([column for group in groups for column in group]) for groups in product(*options))
