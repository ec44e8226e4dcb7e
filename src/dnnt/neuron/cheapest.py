"""Of all values of a neuron's variables with a loss that is low enough, the cheapest: sparsest or smallest weights.

Where every point has to be at its least cost (no errors, say), each point is a row: an inequality that its sum has to
meet. Costs are tried in increasing order. As long as a row is short of something, one of the changes that are still
paid for adds its share to it; the search branches on the row for which fewest changes do that, and forbids those that
it has tried. Convex losses are searched by planes (`cheapest_by_planes`). In all other cases the search is that for the
least loss, with the cost as a second bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, brief, common_step, normal
from dnnt.instance import Instance
from dnnt.neuron.bounds import bounds_of
from dnnt.neuron.levels import levels_of
from dnnt.neuron.neuron import Neuron, Point, neuron_of
from dnnt.neuron.search import Box
from dnnt.parameters import Parameters
from dnnt.running import Run
from dnnt.simplify.building import form_of
from dnnt.simplify.prices import Prices, prices_of

if TYPE_CHECKING:
    from dnnt.neuron.planes import Linear

MOST_FREE = 20_000
"""Combinations of values that cost the same and are tried one by one."""

MOST_COSTS = 20_000
"""Costs that are tried one after the other."""

FEW_CHOICES = 2_000
"""So many choices of values are soon tried without planes."""

Better = Callable[[Number, Parameters], None]
AtLeast = Callable[[Number], None]


@dataclass(frozen=True, slots=True)
class Row:
    """sign · k of a point has to be at least `need`."""

    point: int
    sign: int
    need: int


def cheapest(
    instance: Instance,
    kind: str,
    threshold: Number,
    run: Run,
    better: Better = lambda value, parameters: None,
    at_least: AtLeast = lambda cost: None,
) -> tuple[Number, Parameters] | None:
    """The least cost (`sparsest` or `smallest`) of parameters with a loss of at most `threshold`, and such parameters;
    None where there are none. `better` hears of cheaper ones on the way, `at_least` of bounds. Raises
    `MethodUnsuitable`, `Stop`.
    """
    neuron = neuron_of(form_of(instance))
    if isinstance(neuron, str):
        raise MethodUnsuitable(neuron)
    prices = prices_of(neuron.form, kind)
    rows = rows_of(neuron, threshold)
    deepening = None
    if rows is not None and _free(prices) <= MOST_FREE:
        if sum([min(point.at_ends) for point in neuron.points]) > threshold:
            return None
        deepening = _Deepening(neuron, prices, rows, run)
    if deepening is not None and deepening.most <= MOST_COSTS:
        found = deepening.result(at_least)
    elif prod(map(len, neuron.values)) > FEW_CHOICES and (linear := _linear(neuron)) is not None:
        found = _by_planes(linear, prices, threshold, run, better, at_least)
    else:
        found = _by_levels(neuron, prices, threshold, run, better)
    return None if found is None else (prices.cost(found), prices.parameters(found))


def _free(prices: Prices) -> int:
    return prod([len(of) for of in prices.of_values if of.count(min(of)) > 1])


# ---------------------------------------------------------------- rows


def rows_of(neuron: Neuron, threshold: Number) -> tuple[Row, ...] | None:
    """The inequalities that say that every point is at its least cost; None where less will do, or where the values of
    least cost are no interval.
    """
    least = sum([min(point.at_ends) for point in neuron.points])
    rows: list[Row] = []
    for i, point in enumerate(neuron.points):
        found = _interval(point)
        if found is None:
            return None
        first, last, next_cost = found
        if next_cost is not None and least + next_cost <= threshold:
            return None
        if first > 0:
            rows.append(Row(i, 1, first))
        if last < point.top:
            rows.append(Row(i, -1, -last))
    return tuple(rows)


def _interval(point: Point) -> tuple[int, int, Number | None] | None:
    """The first and the last k of least cost, and how much more any other costs; None if they are no interval."""
    least = min(point.at_ends)
    best = [e for e, cost in enumerate(point.at_ends) if cost == least]
    if best[-1] - best[0] + 1 != len(best):
        return None
    first, last = point.ends[best[0]], point.ends[best[-1]]
    if best[0] > 0:
        first = _edge(point, point.ends[best[0] - 1], first, least)
    if best[-1] + 1 < len(point.ends):
        last = _edge(point, point.ends[best[-1] + 1], last, least)
    others = [cost for cost in point.at_ends if cost != least]
    others += [point.cost(k) for k in (first - 1, last + 1) if 0 <= k <= point.top]
    return first, last, normal(min(others) - least) if others else None


def _edge(point: Point, outside: int, inside: int, least: Number) -> int:
    """The place of least cost next to the others, on a monotone stretch."""
    while abs(outside - inside) > 1:
        middle = (outside + inside) // 2
        if point.cost(middle) == least:
            inside = middle
        else:
            outside = middle
    return inside


class _Deepening:
    """Changes of single variables from their cheapest values, each with its price and what it adds to the rows.

    A state is a long integer with a field for each row, whose highest bit says that the row is met. Sets of changes are
    integers too.
    """

    def __init__(self, neuron: Neuron, prices: Prices, rows: Sequence[Row], run: Run) -> None:
        self.neuron = neuron
        self.prices = prices
        self.rows = rows
        self.run = run
        of_values = prices.of_values
        free = [j for j, of in enumerate(of_values) if of.count(min(of)) > 1]
        self.base = [values[of.index(min(of))] for values, of in zip(neuron.values, of_values, strict=True)]
        lows = [[column[r.point] * (v[0] if column[r.point] >= 0 else v[-1]) for r in rows]
                for column, v in zip(neuron.columns, neuron.values, strict=True)]  # fmt: skip
        self.lows = lows
        extra = [normal(c - min(of)) for j, of in enumerate(of_values) for c in of]
        self.unit = common_step([c for c in extra if c]) or 1
        width = 3 + max([neuron.points[row.point].top for row in rows], default=0).bit_length()
        self.width, self.half = width, 1 << (width - 1)
        self.met = sum([self.half << (width * r) for r in range(len(rows))])
        self.moves: list[tuple[int, int, int]] = []
        self.adds: list[list[int]] = []
        self.changes: list[tuple[int, Number]] = []
        self.of_variable = [0] * len(neuron.values)
        for j, values in enumerate(neuron.values):
            if j in free:
                continue
            for value, cost in zip(values, of_values[j], strict=True):
                if value != self.base[j]:
                    adds = [a - b for a, b in zip(self._row(j, value), self._row(j, self.base[j]), strict=True)]
                    if not any(a > 0 for a in adds):
                        continue  # It costs something and helps no row.
                    price = int((cost - min(of_values[j])) // self.unit)
                    self.moves.append((_packed(adds, width), price, j))
                    self.adds.append(adds)
                    self.changes.append((j, value))
                    self.of_variable[j] |= 1 << (len(self.moves) - 1)
        self.least_price = min([price for _, price, _ in self.moves], default=1)
        self.starts = self._starts(free)
        self.most = max([price for price, _, _ in self.starts]) + sum(
            [max([self.moves[m][1] for m in _members(of)], default=0) for of in self.of_variable]
        )
        self.known: dict[tuple[int, int, int], int] = {}
        self.chosen: list[int] = []

    def _row(self, j: int, value: Number) -> list[int]:
        """What a value of a variable adds to the rows, from the least that it can add to the points."""
        column = self.neuron.columns[j]
        made = []
        for row, low in zip(self.rows, self.lows[j], strict=True):
            gain = (column[row.point] * value - low) // self.neuron.points[row.point].unit
            made.append(row.sign * int(gain))
        return made

    def _starts(self, free: Sequence[int]) -> list[tuple[int, int, list[Number]]]:
        """(price, state, values) of all combinations of the free variables' values, the others at their cheapest."""
        made = []
        for combination in product(*[range(len(self.neuron.values[j])) for j in free]):
            values = list(self.base)
            price: Number = 0
            for j, index in zip(free, combination, strict=True):
                values[j] = self.neuron.values[j][index]
                price += self.prices.of_values[j][index] - min(self.prices.of_values[j])
            total = [-row.need for row in self.rows]
            for j, value in enumerate(values):
                total = [a + b for a, b in zip(total, self._row(j, value), strict=True)]
            state = sum([(self.half + a) << (self.width * r) for r, a in enumerate(total)])
            made.append((int(price // self.unit), state, values))
            self.run.poll()
        return made

    def result(self, at_least: AtLeast) -> tuple[Number, ...] | None:
        """Costs in increasing order, until one will do or no more can be paid."""
        cheapest = self.prices.rest + sum([min(of) for of in self.prices.of_values])
        for cost in range(self.most + 1):
            at_least(normal(cheapest + cost * self.unit))
            self.run.progress(f"cost {brief(cost * self.unit)}", 0.0)
            reach = self._reach(cost)
            for price, state, values in self.starts:
                if price <= cost and (state + reach) & self.met == self.met:
                    self.chosen.clear()
                    if self._search(state, cost - price, (1 << len(self.moves)) - 1):
                        for m in self.chosen:
                            j, value = self.changes[m]
                            values[j] = value
                        return tuple(values)
        return None

    def _reach(self, budget: int) -> int:
        """The most that changes of so much cost can add to each row, packed: the best prices per step first."""
        made = []
        for r in range(len(self.rows)):
            best: dict[int, tuple[Number, int]] = {}
            for (_, price, j), adds in zip(self.moves, self.adds, strict=True):
                if adds[r] > 0:
                    ratio, most = best.get(j, (0, 0))
                    best[j] = max(ratio, adds[r] if price == 1 else Fraction(adds[r], price)), max(most, adds[r])
            left: Number = budget
            total: Number = 0
            for ratio, most in sorted(best.values(), reverse=True):
                share = min(left * ratio, most)
                total += share
                left -= share if ratio == 1 else Fraction(share) / ratio
                if left <= 0:
                    break
            made.append(min(int(total), self.half >> 1))  # No row is short of more.
        return _packed(made, self.width)

    def _helpful(self, row: int, short: int, budget: int) -> int:
        """The changes that add at least their share to a row that is short of something, as a set."""
        key = row, short, budget
        found = self.known.get(key)
        if found is None:
            found = 0
            for m, ((_, price, _), adds) in enumerate(zip(self.moves, self.adds, strict=True)):
                if price <= budget and adds[row] > 0 and adds[row] * budget >= short * price:
                    found |= 1 << m
            if len(self.known) > 200_000:
                self.known.clear()
            self.known[key] = found
        return found

    def _search(self, state: int, budget: int, allowed: int) -> bool:
        """Whether all rows can be met; `chosen` says how."""
        missing = ~state & self.met
        if not missing:
            return True
        if budget < self.least_price:
            return False
        self.run.poll()
        width, half = self.width, self.half
        mask = half - 1
        once = budget < 2 * self.least_price
        best, fewest = allowed, len(self.moves) + 1
        while missing:
            low = missing & -missing
            missing ^= low
            row = (low.bit_length() - 1) // width
            # The field is below half by what the row is short of.
            short = half - ((state >> (width * row)) & mask)
            helpful = self._helpful(row, short, budget) & allowed
            if not helpful:
                return False
            if once:
                allowed = best = helpful  # One change has to meet all of them.
                continue
            count = helpful.bit_count()
            if count < fewest:
                best, fewest = helpful, count
        while best:
            bit = best & -best
            best ^= bit
            allowed &= ~bit
            m = bit.bit_length() - 1
            move, price, j = self.moves[m]
            if price <= budget:
                self.chosen.append(m)
                if self._search(state + move, budget - price, allowed & ~self.of_variable[j]):
                    return True
                self.chosen.pop()
        return False


def _members(of: int) -> list[int]:
    return [m for m in range(of.bit_length()) if of >> m & 1]


def _packed(values: Sequence[int], width: int) -> int:
    return sum([value << (width * i) for i, value in enumerate(values)])


# ---------------------------------------------------------------- planes


def _linear(neuron: Neuron) -> Linear | None:
    from dnnt.neuron.planes import linear_of  # Loads NumPy.

    return linear_of(neuron)


def _by_planes(
    linear: Linear, prices: Prices, threshold: Number, run: Run, better: Better, at_least: AtLeast
) -> tuple[Number, ...] | None:
    """Boxes of least cost first."""
    from dnnt.neuron.cheapest_by_planes import Cheapest

    def cheaper(cost: Number, values: tuple[Number, ...]) -> None:
        better(prices.cost(values), prices.parameters(values))

    def shown(cost: Number) -> None:
        at_least(normal(cost + prices.rest))

    known = _known(linear.neuron, prices, threshold, run)
    found = Cheapest(linear, prices, threshold).result(known, cheaper, run.poll, shown)
    return None if found is None else found[1]


# ---------------------------------------------------------------- levels


def _known(neuron: Neuron, prices: Prices, threshold: Number, run: Run) -> tuple[Number, tuple[Number, ...]] | None:
    """What the incumbent's values cost at least, if its loss will do."""
    if run.incumbent is None or run.incumbent.loss > threshold:
        return None
    values = neuron.form.values_of(run.incumbent.parameters)
    return normal(prices.cost(values) - prices.rest), values


def _by_levels(
    neuron: Neuron, prices: Prices, threshold: Number, run: Run, better: Better
) -> tuple[Number, ...] | None:
    """Depth first through all choices with a loss that is low enough; what is no cheaper than the best is passed
    over.
    """
    levels = levels_of(neuron)
    box = Box(neuron, levels, bounds_of(neuron, levels))
    bounds = box.bounds
    limit = threshold * bounds.scale
    # What the values of a variable cost is known where its last part is decided.
    final = {level.variable: depth for depth, level in enumerate(levels)}
    tables = [dict(zip(v, of, strict=True)) for v, of in zip(neuron.values, prices.of_values, strict=True)]
    later: list[Number] = [0]
    for depth in reversed(range(len(levels))):
        j = levels[depth].variable
        later.append(later[-1] + (min(prices.of_values[j]) if final[j] == depth else 0))
    later.reverse()
    best = _known(neuron, prices, threshold, run)
    start: tuple[Number, ...] = (0,) * len(neuron.values)
    stack: list[tuple[int, Any, Number, tuple[Number, ...]]] = [(0, bounds.root, 0, start)]
    while stack:
        depth, state, cost, values = stack.pop()
        if best is not None and cost + later[depth] >= best[0]:
            continue
        run.poll()
        level = levels[depth]
        kept = []
        for bound, index, child in bounds.expand(state, depth):
            if bound > limit:
                continue
            j = level.variable
            value = normal(values[j] + level.offsets[index])
            chosen = (*values[:j], value, *values[j + 1 :])
            paid = cost + tables[j][value] if final[j] == depth else cost
            if best is not None and paid + later[depth + 1] >= best[0]:
                continue
            if depth + 1 < len(levels):
                kept.append((paid, bound, index, child, chosen))
            elif bounds.exact or neuron.total(chosen) <= threshold:
                best = paid, chosen
                better(prices.cost(chosen), prices.parameters(chosen))
        kept.sort(key=lambda each: (-each[0], -each[1], each[2]))
        for paid, _, _, child, chosen in kept:
            stack.append((depth + 1, child, paid, chosen))
    return None if best is None else best[1]
