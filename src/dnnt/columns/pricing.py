"""What columns cost: the least price of a choice of a unit's variables, and of parameters that add up to values.

A price is that of weights, biases cost nothing: 1 for a weight other than 0 (`sparsest`), or its absolute value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dnnt.columns.making import Column, Maker, Sums, parts_of
from dnnt.columns.problem import Prices, Problem, Unit
from dnnt.exact import Number, magnitude, normal
from dnnt.parameters import Parameters, of_edges
from dnnt.simplify.form import Address, Form
from dnnt.spaces import preferred

SPARSEST = "sparsest"
"""The number of weights other than 0; with any other word it is the sum of the absolute values of all weights."""

KEPT = 200_000
"""Prices that are remembered."""


class Purse:
    """What parameters cost: prices of variables, and the cheapest slots for their values.

    `rest` is what all slots cost at least that belong to no variable.
    """

    def __init__(self, form: Form, kind: str) -> None:
        self.form = form
        self.kind = kind
        self.sums = [self._sums(variable.slots) for variable in form.variables]
        self.prices: list[Prices] = [
            tuple([sums[-1][value] for value in variable.values])
            for sums, variable in zip(self.sums, form.variables, strict=True)
        ]
        inside = {address for variable in form.variables for address in variable.slots}
        rest: Number = 0
        for e, edge in enumerate(form.network.edges):
            for i, of in enumerate(edge.slots):
                if (e, i) not in inside:
                    rest += self._price((e, i), preferred(of))
        self.rest = normal(rest)

    def _price(self, address: Address, value: Number) -> Number:
        e, i = address
        if i == len(self.form.network.edges[e].weights) or not value:
            return 0
        return 1 if self.kind == SPARSEST else magnitude(value)

    def _sums(self, slots: Sequence[Address]) -> list[dict[Number, Number]]:
        """Before the first slot and after each one: sum -> the least price of slots that add up to it."""
        layers: list[dict[Number, Number]] = [{0: 0}]
        for address in slots:
            layer: dict[Number, Number] = {}
            for total, price in layers[-1].items():
                for w in self.form.spaces[address]:
                    key, paid = normal(total + w), normal(price + self._price(address, w))
                    if key not in layer or paid < layer[key]:
                        layer[key] = paid
            layers.append(layer)
        return layers

    def cheapest_value(self, variable: int) -> Number:
        """The value of a variable that costs least."""
        prices = self.prices[variable]
        return self.form.variables[variable].values[prices.index(min(prices))]

    def parameters(self, values: Mapping[int, Number]) -> Parameters:
        """The cheapest parameters in which variables have these values, and others whatever costs least."""
        known: dict[Address, Number] = {}
        for v, variable in enumerate(self.form.variables):
            left = values[v] if v in values else self.cheapest_value(v)
            layers = self.sums[v]
            for place in range(len(variable.slots) - 1, -1, -1):
                address, below, paid = variable.slots[place], layers[place], layers[place + 1][left]
                for w in self.form.spaces[address]:
                    before = below.get(normal(left - w))
                    if before is not None and before + self._price(address, w) == paid:
                        known[address], left = w, normal(left - w)
                        break
        edges = []
        for e, edge in enumerate(self.form.network.edges):
            slots = [known[e, i] if (e, i) in known else preferred(of) for i, of in enumerate(edge.slots)]
            edges.append((tuple(slots[:-1]), slots[-1]))
        return of_edges(edges)

    def price_of(self, parameters: Parameters) -> Number:
        """What parameters cost."""
        weights = [w for run in parameters.edges() for w in run.weights if w]
        return len(weights) if self.kind == SPARSEST else normal(sum(map(magnitude, weights)))


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


def _prices(unit: Unit) -> list[Prices]:
    """The prices of all parts, as `parts_of` lists these."""
    terms = [term.prices or (0,) * len(term.values) for term in unit.terms]
    return [*terms, *[link.prices or (0,) * len(link.values) for link in unit.links], (0,)]


def least_price(unit: Unit) -> Number:
    """What a unit costs at least."""
    return normal(sum(min(prices) for prices in _prices(unit)))


def outside(form: Form, problem: Problem, purse: Purse) -> Number:
    """What everything costs that is no choice in a problem: fixed variables, and what belongs to no unit of it."""
    used: set[int | None] = set()
    for unit in problem.units.values():
        used.update([term.variable for term in unit.terms], [link.variable for link in unit.links])
    total = purse.rest
    for v, variable in enumerate(form.variables):
        if v in problem.fixed:
            total += purse.prices[v][variable.values.index(problem.fixed[v])]
        elif v not in used:
            total += min(purse.prices[v])
    return normal(total)
