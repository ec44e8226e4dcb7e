"""What columns cost: the least price of a choice of a unit's variables that gives them."""

from __future__ import annotations

from dnnt.columns.making import Column, Maker, Sums, parts_of
from dnnt.columns.problem import PriceRow, Problem, Unit
from dnnt.exact import Number, normal
from dnnt.simplify.prices import Prices

KEPT = 200_000
"""Prices that are remembered."""


class Priced:
    """Columns of units with their prices."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.shapes: dict[int, object] = {}
        self.known: dict[object, dict[Column, Number]] = {}
        self.kept = 0

    def of(self, unit: Unit, sources: dict[int, Column]) -> dict[Column, Number]:
        """All columns that the unit may have, the cheapest ones first."""
        shape = self.shapes.get(unit.index)
        if shape is None:
            terms = sorted((term.column, term.values, term.prices) for term in unit.terms)
            shape = self.shapes[unit.index] = (unit.activation, unit.constant, tuple(terms))
        key = shape, tuple(sorted((sources[link.source].number, link.values, link.prices) for link in unit.links))
        found = self.known.get(key)
        if found is None:
            found = self._of(unit, sources)
            if self.kept > KEPT:
                self.known.clear()
                self.kept = 0
            self.known[key] = found
            self.kept += len(found) + 1
        return found

    def _of(self, unit: Unit, sources: dict[int, Column]) -> dict[Column, Number]:
        sums = Sums(self.maker, parts_of(unit, sources))
        column_of = sums.column_of(unit.activation)
        found: dict[Column, Number] = {}
        for count, (total, price) in enumerate(self._layers(sums, unit)[-1].items()):
            column = column_of(total)
            if column not in found or price < found[column]:
                found[column] = price
            if count % 256 == 0:
                self.maker.run.poll()
        return dict(sorted(found.items(), key=lambda each: each[1]))

    def _layers(self, sums: Sums, unit: Unit) -> list[dict[int, Number]]:
        """Before the first part and after each one: packed sum -> its least price."""
        run = self.maker.run
        layers: list[dict[int, Number]] = [{sums.middle: 0}]
        for steps, prices in zip(sums.parts, _prices(unit), strict=True):
            run.need(len(layers[-1]) * len(steps) * 250, "the prices of sums of a unit")
            layer: dict[int, Number] = {}
            for step, price in zip(steps, prices, strict=True):
                run.poll()
                for total, paid in layers[-1].items():
                    key, cost = total + step, paid + price
                    if key not in layer or cost < layer[key]:
                        layer[key] = cost
            layers.append(layer)
        return layers

    def choice(self, unit: Unit, sources: dict[int, Column], wanted: Column) -> dict[int, Number]:
        """The cheapest values of the unit's variables that give it the column."""
        sums = Sums(self.maker, parts_of(unit, sources))
        column_of = sums.column_of(unit.activation)
        layers = self._layers(sums, unit)
        total, paid = min(
            ((total, price) for total, price in layers[-1].items() if column_of(total) is wanted),
            key=lambda each: each[1],
        )
        parts = list(zip(sums.parts, _prices(unit), layers[:-1], strict=True))
        picked = []
        for steps, prices, below in reversed(parts):
            for place, (step, price) in enumerate(zip(steps, prices, strict=True)):
                if below.get(total - step) == paid - price:
                    picked.append(place)
                    total, paid = total - step, below[total - step]
                    break
        places = picked[:0:-1]
        found = {term.variable: term.values[place] for term, place in zip(unit.terms, places, strict=False)}
        for link, place in zip(unit.links, places[len(unit.terms) :], strict=True):
            if link.variable is not None:
                found[link.variable] = link.choices[place]
        return found


def _prices(unit: Unit) -> list[PriceRow]:
    """The prices of all parts, as `parts_of` lists these."""
    terms = [term.prices or (0,) * len(term.values) for term in unit.terms]
    return [*terms, *[link.prices or (0,) * len(link.values) for link in unit.links], (0,)]


def least_price(unit: Unit) -> Number:
    """What a unit costs at least."""
    return normal(sum(min(prices) for prices in _prices(unit)))


def outside(problem: Problem, prices: Prices) -> Number:
    """What everything costs that is no choice in a problem: fixed variables, and what belongs to no unit of it."""
    used: set[int | None] = set()
    for unit in problem.units.values():
        used.update([term.variable for term in unit.terms], [link.variable for link in unit.links])
    total = prices.rest
    for v, variable in enumerate(prices.form.variables):
        if v in problem.fixed:
            total += prices.of_values[v][variable.place(problem.fixed[v])]
        elif v not in used:
            total += min(prices.of_values[v])
    return normal(total)
