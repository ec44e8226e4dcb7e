"""What the values of variables cost, as quantities of an encoding, in groups by the unit that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnnt.encodings.clauses.encoder import Encoding
from dnnt.encodings.clauses.quantities import Ledger, Quantity, VariableValue, runs
from dnnt.exact import Number, normal
from dnnt.simplify.prices import Prices


class PricedValue(Quantity):
    """What the value of a variable costs."""

    __slots__ = ("of", "table")

    def __init__(self, ledger: Ledger, index: int, of: VariableValue, prices: Sequence[Number]) -> None:
        self.of = of
        self.table = dict(zip(of.values, prices, strict=True))
        values = sorted(set(prices))
        super().__init__(ledger, ("x", index), values, values[0], values[-1], None)

    def write_lower(self, x: Number) -> None:
        """Intervals of the variable on which every value costs at least x."""
        goal = self.at_least(x)
        for a, b in runs(self.of.values, lambda v: self.table[v] >= x, lambda a, b: True):
            self.ledger.book.implied("d", (self.of.lower(a), self.of.upper(b)), goal)


@dataclass(frozen=True, slots=True)
class Grouped:
    """What choices cost whatever they are (`base`), and by unit (its index) what the variables that it is the first
    to read cost, and which these are.
    """

    base: Number
    of_unit: dict[int, Quantity]
    variables: dict[int, tuple[int, ...]]


def grouped(encoding: Encoding, prices: Prices, left_out: frozenset[int], cut: Number | None) -> Grouped:
    """The prices of all variables but those that are left out; sums above the cut do not matter."""
    base = prices.rest
    quantities: dict[int, Quantity] = {}
    for k, of in enumerate(encoding.variables):
        made = PricedValue(encoding.ledger, k, of, prices.of_values[k])
        if k in left_out:
            continue
        if len(made.values) > 1:
            quantities[k] = made
        else:
            base += made.values[0]
    top = None if cut is None else normal(cut - base)
    of_unit: dict[int, Quantity] = {}
    variables: dict[int, tuple[int, ...]] = {}
    for u, unit in enumerate(prices.form.units):
        read = dict.fromkeys(
            [k for k, _ in unit.terms] + [each.variable for each in unit.products if each.variable is not None]
        )
        mine = tuple([k for k in read if k in quantities])
        if mine:
            variables[u] = mine
            of_unit[u] = encoding.sum_of([quantities.pop(k) for k in mine], top)
    assert not quantities, "every variable is read"
    return Grouped(normal(base), of_unit, variables)


def cost_in(prices: Prices, chosen: Sequence[Number], variables: Sequence[int]) -> Number:
    """What some of the variables cost in a choice."""
    form = prices.form
    return normal(sum([prices.of_values[k][form.variables[k].place(chosen[k])] for k in variables]))


def literals_of(model: Sequence[int]) -> frozenset[int]:
    """The literals that hold."""
    return frozenset([literal for literal in model if literal > 0])
