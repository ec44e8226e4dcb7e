"""The cheapest parameters of a loss that is low enough, by a search over columns.

A column of a unit costs what the cheapest choice of its variables that gives it costs, for the columns of its sources.
Levels are searched as for the loss alone, with what has been spent, and the least that all other units cost, as a
second bound. Units are exchanged, and columns negated, only if prices allow it; of two columns that are negatives of
each other the cheaper one is kept. Costs are tried in increasing order: a search in vain below a cost is a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from dnnt.columns.block import Block, block_of, excess_of
from dnnt.columns.costs import Costs, bits
from dnnt.columns.ends import Ends
from dnnt.columns.making import Column, Maker
from dnnt.columns.pricing import Priced, least_price, outside
from dnnt.columns.problem import Problem, problems_of, shared_variables
from dnnt.columns.search import ways_of
from dnnt.columns.separating import Separation, State, Target
from dnnt.exact import Number, brief, common_step, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.running import Run
from dnnt.simplify.building import form_of
from dnnt.simplify.prices import Prices, cost_of, prices_of

T = TypeVar("T")

Option = tuple[Number, Number, Column]
"""Price, loss and column of a last unit."""

Front = list[tuple[Number, Number, tuple[Column, ...]]]
"""Prices, increasing, and losses, decreasing, of columns of some last units."""


STEPS = 20
"""Parts of the gap by which costs that are tried rise."""


def cheapest(
    instance: Instance, kind: str, threshold: Number, run: Run, at_least: Callable[[Number], None] = lambda bound: None
) -> tuple[Number, Parameters] | None:
    """Among all parameters with a total loss of at most `threshold` the least cost, and a choice that has it.

    `kind` is `sparsest` (the number of weights other than 0) or `smallest` (the sum of the absolute values of all
    weights); biases cost nothing. None where no parameters have such a loss. The run's incumbent is a first bound; a
    better choice is not offered to the run. `at_least` is told of bounds. Raises `MethodUnsuitable` and `TooLarge` as
    the normal form does, and `Stop` where a limit comes.
    """
    form = form_of(instance)
    prices = prices_of(form, kind)
    if not form.units or not form.points:
        values = prices.completed({})
        return None if form.total(values) > threshold else (prices.cost(values), prices.parameters(values))
    best: tuple[Number, Parameters] | None = None
    if run.incumbent is not None and run.incumbent.loss <= threshold:
        values = form.values_of(run.incumbent.parameters)
        best = prices.cost(values), prices.parameters(values)
    for problem in problems_of(form, prices.of_values):
        run.poll()
        search = _Search(problem, prices, threshold, run, None if best is None else best[0])
        # With several problems a bound takes all of them.
        search.search(None if shared_variables(form) else at_least)
        if search.best is not None and search.found:
            chosen = prices.parameters(prices.completed(search.values()))
            assert cost_of(chosen, kind) == search.best, "prices and parameters must agree"
            best = search.best, chosen
    return best


class _Search:
    """The search in one problem; `best` is the least price so far, `found` the columns that have it, if it has any."""

    def __init__(self, problem: Problem, prices: Prices, threshold: Number, run: Run, best: Number | None) -> None:
        form = prices.form
        self.problem = problem
        self.run = run
        self.best = best
        self.found: dict[int, Column] = {}
        self.target = Target(threshold, False, False)
        self.costs = Costs(form, problem)
        self.separation = Separation(self.costs, self.target)
        self.excess = excess_of(self.costs)
        self.maker = Maker(len(form.points), run)
        self.priced = Priced(self.maker)
        self.chosen: dict[int, Column] = {}
        self.place = {of: k for k, of in enumerate(o for o in form.outputs if isinstance(o, int))}
        self.ends = Ends(problem, self.costs, self.maker, self.target, self.place)
        self.outside = outside(problem, prices)
        self.step = common_step([b - a for row in prices.of_values for a, b in pairwise(sorted(row))]) or 1
        self.last_least = [least_price(problem.units[index]) for index in problem.last]
        # What the units after each level cost at least.
        self.after = [normal(sum(self.last_least))]
        for level in reversed(problem.levels):
            units = [index for kind in level.kinds for index in kind.members]
            self.after.insert(0, normal(self.after[0] + sum(least_price(problem.units[index]) for index in units)))

    def search(self, at_least: Callable[[Number], None] | None) -> None:
        """Go through everything that may be cheaper; where bounds are wanted and a cost is known, cost by cost."""
        known = self.best
        if at_least is not None and known is not None:
            bound = normal(self.outside + self.after[0])
            while bound < known:
                at_least(bound)
                self.best = following = self._above(bound, known)
                self.run.progress(f"columns: below {brief(following)}")
                self._level(0, self.outside)
                if self.found:
                    return
                bound = following
            self.best = known
            return
        self._level(0, self.outside)

    def _above(self, bound: Number, known: Number) -> Number:
        """The next cost to be tried: some steps of prices further."""
        count = (known - bound) // self.step
        return min(known, normal(bound + self.step * max(1, count // STEPS)))

    def values(self) -> dict[int, Number]:
        """Values of variables that give the units the columns found, at that price."""
        values = dict(self.problem.fixed)
        for index, unit in self.problem.units.items():
            values.update(self.priced.choice(unit, self.found, self.found[index]))
        return values

    def _dear(self, price: Number) -> bool:
        return self.best is not None and price >= self.best

    def _columns(self, depth: int) -> list[dict[Column, Number]]:
        """The columns of each kind of a level with their prices."""
        units = [self.problem.units[kind.members[0]] for kind in self.problem.levels[depth].kinds]
        return [self.priced.of(unit, self.chosen) for unit in units]

    def _level(self, depth: int, spent: Number) -> None:
        if self._dear(spent + self.after[depth]):
            return
        if depth == len(self.problem.levels):
            self._last(spent)
            return
        made = block_of(
            self.problem,
            depth,
            self.chosen,
            lambda unit, sources: tuple(self.priced.of(unit, sources)),
            self.costs,
            self.excess,
        )
        prices = self._columns(depth)
        # The first column of an entry is its cheapest.
        least = [prices[entry.kind][entry.columns[0]] for entry in made.entries]
        self._node(made, self.separation.start(made), spent, least, prices)

    def _node(
        self, block: Block, state: State, spent: Number, least: list[Number], prices: list[dict[Column, Number]]
    ) -> None:
        """Choose entries for what is left; `spent` counts the cheapest columns of those that are chosen."""
        self.run.poll()
        separation = self.separation
        if not any(state.left):
            if not self.target.exceeded(separation.bound(state)):
                paid = spent - sum([least[e] for e in state.chosen])
                self._expand(block, state, normal(paid), prices)
            return
        allowed = separation.allowed(block, state)
        if not allowed:
            return
        ahead = self.after[block.depth + 1]
        for kind, count in enumerate(state.left):
            if count:
                ahead += count * min([least[e] for e in bits(allowed & block.of_kind[kind])])
        if self._dear(spent + ahead):
            return
        branches = list(bits(separation.branches(block, state, allowed)))
        pairs = block.pairs or (0,) * len(block.entries)
        branches.sort(key=lambda e: (least[e], -(pairs[e] & state.together).bit_count()))
        for e in branches:
            following = separation.after(block, state, e, allowed)
            self._node(block, following, normal(spent + least[e]), least, prices)
            allowed &= ~(1 << e)

    def _expand(self, block: Block, state: State, spent: Number, prices: list[dict[Column, Number]]) -> None:
        order, ways = ways_of(block, state.chosen)
        kinds = [place for place, kind in enumerate(block.kinds) for _ in kind.members]
        for columns in ways:
            self.chosen.update(zip(order, columns, strict=True))
            paid = sum([prices[kind][column] for kind, column in zip(kinds, columns, strict=True)])
            self._level(block.depth + 1, normal(spent + paid))

    # ------------------------------------------------------------ the last units

    def _last(self, spent: Number) -> None:
        if not self.ends.possible(self.chosen):
            return
        options: list[list[Option]] = []
        for index in self.problem.last:
            unit, k = self.problem.units[index], self.place[index]
            columns = self.maker.columns(unit, self.chosen)
            # Prices take longer, and are often not needed.
            fitting = {c for c in columns if not self.target.exceeded(self.costs.column_cost(k, c))}
            if not fitting:
                return
            options.append([])
            for column, price in self.priced.of(unit, self.chosen).items():
                if column in fitting:
                    options[-1].append((price, self.costs.column_cost(k, column), column))
        if self.costs.separable:
            self._each(spent, options)
        else:
            self._joint(spent, options, 0)

    def _each(self, spent: Number, options: list[list[Option]]) -> None:
        """Where the loss is a sum over outputs: prices against losses, output by output."""
        loss: Number = sum(self.costs.known)
        for index, k in self.place.items():
            if index not in self.problem.last:
                loss += self.costs.column_cost(k, self.chosen[index])
        front: Front = [(spent, loss, ())]
        for place, mine in enumerate(options):
            ahead = sum(self.last_least[place + 1 :])
            sums = [
                (paid + price, lost + more, (*columns, column))
                for paid, lost, columns in front
                for price, more, column in _front(mine)
                if not self.target.exceeded(lost + more) and not self._dear(paid + price + ahead)
            ]
            self.run.poll()
            front = _front(sums)
        if front:
            self._take(front[0][0], dict(zip(self.problem.last, front[0][2], strict=True)))

    def _joint(self, spent: Number, options: list[list[Option]], depth: int) -> None:
        """Columns for the last units one after another, with the least that points cost by then."""
        self.run.poll()
        given = [self.chosen.get(index) for index in self.place]
        total: Number = 0
        for point in range(self.costs.points):
            total += self.costs.ahead(point, tuple([None if c is None else c.values[point] for c in given]))
        if self.target.exceeded(total) or self._dear(spent + sum(mine[0][0] for mine in options[depth:])):
            return
        if depth == len(options):
            self._take(spent, {})
            return
        index = self.problem.last[depth]
        for price, _, column in options[depth]:
            if self._dear(spent + price):
                break
            self.chosen[index] = column
            self._joint(spent + price, options, depth + 1)
        self.chosen.pop(index, None)

    def _take(self, price: Number, columns: dict[int, Column]) -> None:
        if not self._dear(price):
            self.best = normal(price)
            self.found = {**self.chosen, **columns}
            self.run.progress(f"columns: parameters that cost {self.best}")


def _front(options: list[tuple[Number, Number, T]]) -> list[tuple[Number, Number, T]]:
    """Those that no other one beats in price and loss, by increasing price."""
    kept: list[tuple[Number, Number, T]] = []
    for each in sorted(options, key=lambda option: option[:2]):
        if not kept or each[1] < kept[-1][1]:
            kept.append(each)
    return kept
