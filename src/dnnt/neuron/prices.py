"""What the values of a variable cost at least: nonzero weights, or absolute values of weights, of the slots behind it.

Biases cost nothing. A variable may be the sum of several slots; each of its values has a cheapest way of being split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dnnt.exact import Number, magnitude, normal
from dnnt.parameters import Parameters, of_edges
from dnnt.simplify.form import Address, Form
from dnnt.spaces import Finite, preferred

SPARSEST, SMALLEST = "sparsest", "smallest"


def price_of(kind: str) -> Callable[[Number], Number]:
    """What a weight costs."""
    return magnitude if kind == SMALLEST else lambda w: 1 if w else 0


class Prices:
    """The least costs of values, and the cheapest parameters for them."""

    def __init__(self, form: Form, kind: str) -> None:
        self.form = form
        self.price = price_of(kind)
        self.sums = [[self._sums(address) for address in _by_address(form, j)] for j in range(len(form.variables))]
        self.tables = [_tables(of) for of in self.sums]
        self.of_values = [
            tuple([self.tables[j][0][v] for v in variable.values]) for j, variable in enumerate(form.variables)
        ]

    def _sums(self, given: tuple[Address, Finite]) -> list[tuple[Number, Number]]:
        """(value, cost) of each element of a slot."""
        (e, i), of = given
        is_bias = i == len(self.form.network.edges[e].weights)
        return [(w, 0 if is_bias else self.price(w)) for w in of]

    def parameters(self, chosen: Sequence[Number]) -> Parameters:
        """The cheapest parameters in which each variable has the value given for it."""
        known: dict[Address, Number] = {}
        for j, variable in enumerate(self.form.variables):
            left = chosen[j]
            for s, address in enumerate(variable.slots):
                after = self.tables[j][s + 1]
                w, _ = min(
                    [(w, cost + after[normal(left - w)]) for w, cost in self.sums[j][s] if normal(left - w) in after],
                    key=lambda each: each[1],
                )
                known[address] = w
                left = normal(left - w)
        edges = []
        for e, edge in enumerate(self.form.network.edges):
            slots = [known[e, i] if (e, i) in known else preferred(of) for i, of in enumerate(edge.slots)]
            edges.append((tuple(slots[:-1]), slots[-1]))
        return of_edges(edges)

    def cost(self, given: Parameters) -> Number:
        """What parameters cost."""
        return normal(sum([self.price(w) for run in given.edges() for w in run.weights]))


def _by_address(form: Form, j: int) -> list[tuple[Address, Finite]]:
    return [(address, form.spaces[address]) for address in form.variables[j].slots]


def _tables(slots: Sequence[Sequence[tuple[Number, Number]]]) -> list[dict[Number, Number]]:
    """For each s the least cost of every sum of elements of the slots from s on."""
    tables: list[dict[Number, Number]] = [{0: 0}]
    for of in reversed(slots):
        table: dict[Number, Number] = {}
        for total, cost in tables[-1].items():
            for w, price in of:
                key, found = normal(total + w), cost + price
                if key not in table or found < table[key]:
                    table[key] = found
        tables.append(table)
    return tables[::-1]
