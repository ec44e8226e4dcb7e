"""Fewer nonzero weights, or a smaller sum of absolute weights, at a loss up to a threshold: annealing of both at once.

The search minimises guide + price · cost, where the guide is the loss, or how far it is from less (see
`dnnt.kernels.annealing`). The price follows the search: it rises while rounds end within the threshold, and falls while
they end above it. What is kept is exact: the least cost of all that was within the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from time import monotonic
from typing import Any

from dnnt.exact import Number, magnitude, normal
from dnnt.instance import Instance
from dnnt.kernels.loading import beside
from dnnt.local_search.improving import FEW, loaded
from dnnt.local_search.plain import every_choice
from dnnt.parameters import Parameters, of_edges
from dnnt.running import Run
from dnnt.simplify.form import Address, Form, form_of
from dnnt.spaces import preferred

SPARSEST, SMALLEST = "sparsest", "smallest"

Paid = Mapping[Number, tuple[Number, tuple[Number, ...]]]


def weight_cost(weight: Number, kind: str) -> Number:
    """What one weight costs."""
    return int(weight != 0) if kind == SPARSEST else magnitude(weight)


def cheapest_splits(form: Form, variable: int, kind: str) -> Paid:
    """For every value of a variable the least cost of elements of its slots' spaces that add up to it, and these."""
    slots = form.variables[variable].slots
    sums: dict[Number, tuple[Number, tuple[Number, ...]]] = {0: (0, ())}
    for edge, place in slots:
        weighs = place < len(form.network.edges[edge].weights)
        layer: dict[Number, tuple[Number, tuple[Number, ...]]] = {}
        for total, (cost, chosen) in sums.items():
            for w in form.spaces[edge, place]:
                key = normal(total + w)
                paid = cost + (weight_cost(w, kind) if weighs else 0)
                if key not in layer or paid < layer[key][0]:
                    layer[key] = (paid, (*chosen, w))
        sums = layer
    return sums


class Costs:
    """The second cost of values of the variables, and cheapest parameters for them."""

    def __init__(self, form: Form, kind: str) -> None:
        self.form = form
        self.splits = [cheapest_splits(form, k, kind) for k in range(len(form.variables))]
        free = {slot for variable in form.variables for slot in variable.slots}
        self.rest: Number = 0  # What the slots cost that make no difference, or have one value.
        for e, edge in enumerate(form.network.edges):
            for i, of in enumerate(edge.weights):
                if (e, i) not in free:
                    self.rest += weight_cost(preferred(of), kind)

    def rows(self) -> list[list[Number]]:
        """The cost of every value of every variable."""
        return [
            [split[value][0] for value in variable.values]
            for variable, split in zip(self.form.variables, self.splits, strict=True)
        ]

    def total(self, values: Sequence[Number]) -> Number:
        """The least cost of parameters with these values of the variables."""
        return normal(self.rest + sum(split[v][0] for split, v in zip(self.splits, values, strict=True)))

    def parameters(self, values: Sequence[Number]) -> Parameters:
        """Parameters of that cost."""
        known: dict[Address, Number] = {}
        for variable, split, value in zip(self.form.variables, self.splits, values, strict=True):
            known.update(zip(variable.slots, split[value][1], strict=True))
        edges = []
        for e, edge in enumerate(self.form.network.edges):
            slots = [known[e, i] if (e, i) in known else preferred(of) for i, of in enumerate(edge.slots)]
            edges.append((tuple(slots[:-1]), slots[-1]))
        return of_edges(edges)


def sparsify(
    instance: Instance, kind: str, threshold: Number, run: Run, seconds: float
) -> tuple[Number, Parameters] | None:
    """(cost, parameters) of low cost ("sparsest": nonzero weights, "smallest": the sum of absolute weights; biases do
    not count) and a loss of at most `threshold`, starting from the run's incumbent if it has such a loss; None if no
    such parameters are found. An upper bound, nothing proved. May raise `Stop`.
    """
    form = form_of(instance)
    costs = Costs(form, kind)
    best: tuple[Number, ...] | None = None
    if run.incumbent is not None and run.incumbent.loss <= threshold:
        best = form.values_of(run.incumbent.parameters)
    if form.choices <= FEW:
        within = [values for values, loss in every_choice(form, run.poll) if loss <= threshold]
        found = min(within, key=costs.total, default=None)
    else:
        found = _searched(form, costs, threshold, best, run, monotonic() + seconds)
    if found is not None and (best is None or costs.total(found) < costs.total(best)):
        best = found
    return None if best is None else (costs.total(best), costs.parameters(best))


def _searched(
    form: Form, costs: Costs, threshold: Number, start: Sequence[Number] | None, run: Run, until: float
) -> tuple[Number, ...] | None:
    """Values of variables of low cost within the threshold, or None: where loops do not take the form, too."""
    from dnnt.local_search.arrays import compiled
    from dnnt.local_search.grids import Unfit

    rows = costs.rows()
    try:
        made = compiled(form, rows)
    except Unfit:
        return None
    searches: list[Any] = []
    beside(lambda: searches.append(loaded(made, run.seed, run.poll)), run.poll)
    [search] = searches
    least = floor(threshold * Fraction(made.denominator))
    unit = _step(rows) * made.cost_denominator
    found: tuple[Number, ...] | None = search.cheapest(
        None if start is None else made.index(start), least, unit, lambda: monotonic() >= until
    )
    return found


def _step(rows: Sequence[Sequence[Number]]) -> Number:
    """A usual step in cost."""
    spans = [(max(row) - min(row)) / Fraction(max(1, len(set(row)) - 1)) for row in rows if len(set(row)) > 1]
    return sum(spans, Fraction(0)) / len(spans) if spans else 1
