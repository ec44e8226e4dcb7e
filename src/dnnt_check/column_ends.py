"""The last step of the grounds "columns": for given columns of all other units those at the ends cost too much.

Where the loss is a sum over the outputs each of them takes its best column. Otherwise one gets a column after the
other, as long as what the points cost by then is too little. If one wrong value costs too much already, there is one
column that an end must have, and whether it can is asked before anything else.
"""

from __future__ import annotations

from collections.abc import Mapping

from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.column_prices import Prices
from dnnt_check.column_sets import SIGNS, ColumnSets, Shape
from dnnt_check.column_units import Net
from dnnt_check.form import Form
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, brief, magnitude, normal

#: Predicted seconds of a step, at the least.
STEP = 1e-5

#: Prices that are remembered.
REMEMBERED = 200_000


class Claim:
    """What is to be proved, and the steps that are left."""

    def __init__(self, bound: Number, strict: bool, nodes: int, work: Work) -> None:
        self.bound = bound
        self.strict = strict
        self.nodes = nodes
        self.work = work

    def holds(self, loss: Number) -> bool:
        """Is a loss of at least this not too small?"""
        return loss > self.bound or (loss == self.bound and not self.strict)

    def step(self, seconds: float) -> None:
        """Count a step."""
        self.nodes -= 1
        self.work.spend(seconds)
        if self.nodes < 0:
            raise TooMuchWork("too much work: columns: the search takes more steps than the certificate says")


class Ends:
    """The units at the ends of a net."""

    def __init__(self, form: Form, net: Net, prices: Prices, sets: ColumnSets, claim: Claim) -> None:
        self.net = net
        self.prices = prices
        self.sets = sets
        self.claim = claim
        self.work = claim.work
        self.count = prices.count
        self.outputs = [of for of in form.outputs if isinstance(of, int)]
        self.end_prices: dict[tuple[int, Shape], Number] = {}
        self.wanted = self._find_wanted()

    def check(self, columns: Mapping[int, Shape]) -> None:
        """The best columns of the units at the ends cost too much."""
        self.claim.step(STEP)
        for unit, mask in self.wanted:
            if not self.sets.has(self.net.adders[unit], columns, mask):
                return
        ends: list[tuple[int, list[tuple[Number, Shape]]]] = []
        total: Number = sum(self.prices.known) if self.prices.sums else 0
        for number, unit in enumerate(self.outputs):
            if unit not in self.net.ends:
                if self.prices.sums:
                    total += self._end_price(number, columns[unit])
                continue
            shapes = self.sets.of(self.net.adders[unit], columns)
            self.work.spend(len(shapes) * 3e-7)
            if self.prices.sums:
                total += min([self._end_price(number, shape) for shape in shapes])
                continue
            priced = [(self._end_price(number, shape), shape) for shape in shapes]
            ends.append((number, [(price, shape) for price, shape in priced if not self.claim.holds(price)]))
            if not ends[-1][1]:
                return
        if self.prices.sums:
            if not self.claim.holds(total):
                raise Invalid(f"lower: there are parameters with the loss {brief(normal(total))}")
            return
        ends.sort(key=lambda end: len(end[1]))
        given = [None if unit in self.net.ends else columns[unit].values for unit in self.outputs]
        self._combine(ends, given)

    def _find_wanted(self) -> list[tuple[int, int]]:
        """Ends of two values of which any column but one costs too much; with the points where that has the upper one.

        Of a loss that is a sum, all other outputs at the ends add at least the sum of their cheapest values.
        """
        prices: dict[int, list[tuple[Number, Number]]] = {}
        cheapest: dict[int, Number] = {}
        for number, unit in enumerate(self.outputs):
            if unit in self.net.ends and self.net.adders[unit].activation.kind in SIGNS:
                low, high = SIGNS[self.net.adders[unit].activation.kind]
                prices[unit] = [
                    (self._price_at(number, p, low), self._price_at(number, p, high)) for p in range(self.count)
                ]
                cheapest[unit] = sum([min(pair) for pair in prices[unit]])
        everything = sum(cheapest.values()) + sum(self.prices.known)
        found = []
        for unit, pairs in prices.items():
            base = everything if self.prices.sums else cheapest[unit]
            if self.claim.holds(base + min([magnitude(high - low) for low, high in pairs])):
                found.append((unit, sum([1 << point for point, (low, high) in enumerate(pairs) if high < low])))
        return found

    def _price_at(self, number: int, point: int, value: Number) -> Number:
        """What one value of an output costs at a point at least."""
        if self.prices.sums:
            return self.prices.part(number, point, value)
        before, after = (None,) * number, (None,) * (len(self.outputs) - number - 1)
        return self.prices.at_least(point, (*before, value, *after))

    def _end_price(self, number: int, shape: Shape) -> Number:
        """What an output costs by itself at least with this column."""
        key = (number, shape)
        found = self.end_prices.get(key)
        if found is None:
            costs = [self._price_at(number, point, value) for point, value in enumerate(shape.values)]
            self.work.spend(self.count * 1e-6)
            if len(self.end_prices) > REMEMBERED:
                self.end_prices.clear()
            found = self.end_prices[key] = normal(sum(costs))
        return found

    def _combine(self, ends: list[tuple[int, list[tuple[Number, Shape]]]], given: list[Vector | None]) -> None:
        """One column for each of the ends, in all ways that may cost too little together."""
        blank = (None,) * self.count
        rows = [blank if values is None else values for values in given]
        cost = sum([self.prices.at_least(point, partial) for point, partial in enumerate(zip(*rows, strict=True))])
        self.claim.step(STEP + self.count * 4e-7)
        if self.claim.holds(cost):
            return
        if not ends:
            raise Invalid(f"lower: there are parameters with the loss {brief(normal(cost))}")
        number, shapes = ends[0]
        for _, shape in shapes:
            self._combine(ends[1:], [*given[:number], shape.values, *given[number + 1 :]])
