"""Fewer nonzero weights, or a smaller sum of absolute weights, at a loss up to a threshold: annealing of both at once.

The search minimises guide + price · cost, where the guide is the loss, or how far it is from less (see
`dnnt.kernels.annealing`). The price follows the search: it rises while rounds end within the threshold, and falls while
they end above it. What is kept is exact: the least cost of all that was within the threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from time import monotonic

from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.kernels.loading import beside
from dnnt.local_search.improving import FEW, loaded
from dnnt.local_search.plain import every_choice
from dnnt.parameters import Parameters
from dnnt.running import Run
from dnnt.simplify.building import form_of
from dnnt.simplify.prices import Prices, prices_of


def sparsify(
    instance: Instance, kind: str, threshold: Number, run: Run, seconds: float
) -> tuple[Number, Parameters] | None:
    """(cost, parameters) of low cost ("sparsest": nonzero weights, "smallest": the sum of absolute weights; biases do
    not count) and a loss of at most `threshold`, starting from the run's incumbent if it has such a loss; None if no
    such parameters are found. An upper bound, nothing proved. May raise `Stop`.
    """
    form = form_of(instance)
    prices = prices_of(form, kind)
    best: tuple[Number, ...] | None = None
    if run.incumbent is not None and run.incumbent.loss <= threshold:
        best = form.values_of(run.incumbent.parameters)
    if form.choices <= FEW:
        within = [values for values, loss in every_choice(form, run.poll) if loss <= threshold]
        found = min(within, key=prices.cost, default=None)
    else:
        found = _searched(prices, threshold, best, run, monotonic() + seconds)
    if found is not None and (best is None or prices.cost(found) < prices.cost(best)):
        best = found
    return None if best is None else (prices.cost(best), prices.parameters(best))


def _searched(
    prices: Prices, threshold: Number, start: Sequence[Number] | None, run: Run, until: float
) -> tuple[Number, ...] | None:
    """Values of variables of low cost within the threshold, or None: where loops do not take the form, too."""
    from dnnt.local_search.arrays import compiled
    from dnnt.local_search.grids import Unfit

    rows = prices.of_values
    try:
        made = compiled(prices.form, rows)
    except Unfit:
        return None
    search = beside(lambda: loaded(made, run.seed, run.poll), run.poll)
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
