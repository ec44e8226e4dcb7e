"""The second goal by clauses: the sparsest or smallest parameters among those with a loss that is low enough.

A sum of the variables' costs is added to the clauses, each value of a variable at the price of its cheapest split into
slots; the sum's threshold falls from model to model until there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dnnt.clausal.solver import Solver
from dnnt.encodings.clauses.book import TooManyClauses
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.encodings.clauses.quantities import Ledger, Quantity, VariableValue, runs
from dnnt.errors import InternalError
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.running import Run, Stop
from dnnt.simplify.form import form_of
from dnnt.simplify.prices import prices_of

Found = Callable[[Number, Parameters], None]


def cheapest(
    instance: Instance, kind: str, threshold: Number, run: Run, found: Found = lambda value, parameters: None
) -> tuple[Number, Parameters] | None:
    """Among all parameters of a total loss of at most `threshold` the least number of weights other than 0 (`kind`
    is `sparsest`), or the least sum of their absolute values (`smallest`), with such parameters; biases cost nothing.

    None where no parameters have such a loss. `found` is told of every better choice on the way. Takes what method
    `sat` takes. Raises `Stop` where a limit comes, or there would be too many clauses.
    """
    if threshold < 0:
        return None
    form = form_of(instance)
    prices = prices_of(form, kind)
    best: tuple[Number, Parameters] | None = None
    if run.incumbent is not None and run.incumbent.loss <= threshold:
        chosen = form.values_of(run.incumbent.parameters)
        best = prices.cost(chosen), prices.parameters(chosen)
        found(*best)
    try:
        encoding = Encoding(form, threshold, True, run.poll, prices.same)
        encoding.forbid(threshold)
        costs = [PricedValue(encoding.ledger, k, of, prices.of_values[k]) for k, of in enumerate(encoding.variables)]
        varying = [cost for cost in costs if len(cost.values) > 1]
        base = normal(prices.rest + sum([cost.values[0] for cost in costs if len(cost.values) == 1]))
        total = encoding.balanced(varying, ("x",), None if best is None else normal(best[0] - base))
        with Solver(run, proof=False) as solver:
            sent = 0
            while True:
                if best is not None:
                    if total is None or best[0] - base <= total.values[0]:
                        return best
                    encoding.forbid_above(total, normal(best[0] - base))
                run.progress(f"the {kind} parameters" + ("" if best is None else f": below {best[0]}"))
                solver.add(encoding.book.flat[sent:])
                sent = len(encoding.book.flat)
                model = solver.solve()
                if model is None:
                    return best
                holds = {literal for literal in model if literal > 0}
                chosen = tuple(encoding.values(holds.__contains__))
                if form.total(chosen) > threshold:
                    raise InternalError("a model of the clauses has another loss; please report the instance file")
                value = prices.cost(chosen)
                if best is not None and value >= best[0]:
                    raise InternalError("a model of the clauses has another cost; please report the instance file")
                best = value, prices.parameters(chosen)
                found(*best)
    except TooManyClauses as error:
        raise Stop("memory", str(error), predicted=True) from None


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
