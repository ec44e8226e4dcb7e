"""What parameters cost for the second goal (`--then`): the number of weights other than 0, or the sum of their absolute
values. Biases cost nothing.

A variable of the normal form may be the sum of several slots. The least price of each of its values is that of the
cheapest way of splitting it, found slot by slot from the back. Slots that make no difference are as close to 0 as their
spaces allow, which is the cheapest for either kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, magnitude, normal
from dnnt.parameters import Parameters
from dnnt.simplify.form import Address, Form, Splits, splits_of
from dnnt.spaces import Finite, preferred

SPARSEST = "sparsest"
SMALLEST = "smallest"
KINDS = (SPARSEST, SMALLEST)
"""Kinds of cost: the number of weights other than 0, and the sum of the absolute values of weights."""


def check_kind(kind: str) -> None:
    """Raise `MethodUnsuitable` where there is no such kind of cost."""
    if kind not in KINDS:
        raise MethodUnsuitable(f'there is no second goal "{kind}"; take {" or ".join(KINDS)}')


def price_of(weight: Number, kind: str) -> Number:
    """What one weight costs."""
    return int(weight != 0) if kind == SPARSEST else magnitude(weight)


def cost_of(parameters: Parameters, kind: str) -> Number:
    """What parameters cost: the sum of the prices of their weights."""
    return normal(sum([run.repeat * price_of(w, kind) for run in parameters.runs for w in run.weights if w]))


@dataclass(frozen=True, slots=True)
class Prices:
    """What the values of a form's variables cost at least.

    `of_values` has for each variable the price of each of its values, in their order; `ways` the ways of splitting
    them; `rest` is what the slots of no variable cost.
    """

    form: Form
    kind: str
    of_values: tuple[tuple[Number, ...], ...]
    ways: tuple[Splits, ...]
    rest: Number

    def cost(self, chosen: Sequence[Number]) -> Number:
        """The least cost of parameters in which each variable has the value given for it."""
        known = zip(self.form.variables, self.of_values, chosen, strict=True)
        return normal(self.rest + sum([prices[variable.place(value)] for variable, prices, value in known]))

    def parameters(self, chosen: Sequence[Number]) -> Parameters:
        """Parameters of that cost; of ways of the same price those with values close to 0."""
        known: dict[Address, Number] = {}
        for variable, ways, value in zip(self.form.variables, self.ways, chosen, strict=True):
            variable.place(value)
            known.update(zip(variable.slots, ways.way(value), strict=True))
        return self.form.filled(known)

    def completed(self, known: Mapping[int, Number]) -> tuple[Number, ...]:
        """A value of each variable: the one that is known for its index, else the first that costs least."""
        cheapest = [
            variable.values[prices.index(min(prices))]
            for variable, prices in zip(self.form.variables, self.of_values, strict=True)
        ]
        return tuple([known.get(index, value) for index, value in enumerate(cheapest)])

    def same(self, first: int, second: int) -> bool:
        """Whether two variables have the same values at the same prices."""
        values = self.form.variables[first].values == self.form.variables[second].values
        return values and self.of_values[first] == self.of_values[second]


def prices_of(form: Form, kind: str) -> Prices:
    """The prices of a form's values. Raises `MethodUnsuitable` where there is no such kind."""
    check_kind(kind)
    edges = form.network.edges
    made: dict[tuple[tuple[Finite, bool], ...], tuple[tuple[Number, ...], Splits]] = {}
    both = []
    for variable in form.variables:
        # Variables of equal slots share their prices.
        slots = tuple([(form.spaces[e, i], i < len(edges[e].weights)) for e, i in variable.slots])
        found = made.get(slots)
        if found is None:
            ways = splits_of([[(w, price_of(w, kind) if weighs else 0) for w in of] for of, weighs in slots])
            found = made[slots] = tuple([ways.least[0][value] for value in variable.values]), ways
        both.append(found)
    rest = [
        price_of(preferred(of), kind)
        for e, edge in enumerate(edges)
        for i, of in enumerate(edge.weights)
        if (e, i) not in form.spaces
    ]
    return Prices(form, kind, tuple([row for row, _ in both]), tuple([ways for _, ways in both]), normal(sum(rest)))
