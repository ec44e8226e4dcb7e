"""The second goal by clauses: the sparsest or smallest parameters among those with a loss that is low enough.

A sum of the variables' costs is added to the clauses, each value of a variable at the price of its cheapest split into
slots; the sum's threshold falls from model to model until there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dnnt.clausal.encoded import form_for
from dnnt.clausal.solver import Solver
from dnnt.encodings.book import TooManyClauses
from dnnt.encodings.encoder import Encoding
from dnnt.encodings.quantities import Ledger, Quantity, VariableValue, runs
from dnnt.errors import InternalError
from dnnt.exact import Number, magnitude, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters, of_edges
from dnnt.running import Run, Stop
from dnnt.simplify.form import Address, Form
from dnnt.spaces import Finite, finite, preferred

SPARSEST = "sparsest"
SMALLEST = "smallest"
KINDS = (SPARSEST, SMALLEST)

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
    form = form_for(instance)
    prices = Prices(form, kind)
    best: tuple[Number, Parameters] | None = None
    if run.incumbent is not None and run.incumbent.loss <= threshold:
        chosen = form.values_of(run.incumbent.parameters)
        best = prices.cost(chosen), prices.parameters(chosen)
        found(*best)
    try:
        encoding = Encoding(form, threshold, True, run.poll, prices.same)
        encoding.forbid(threshold)
        costs = [PricedValue(encoding.ledger, k, of, prices.tables[k]) for k, of in enumerate(encoding.variables)]
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

    def __init__(self, ledger: Ledger, index: int, of: VariableValue, table: Mapping[Number, Number]) -> None:
        self.of = of
        self.table = table
        values = sorted(set(table.values()))
        super().__init__(ledger, ("x", index), values, values[0], values[-1], None)

    def write_lower(self, x: Number) -> None:
        """Intervals of the variable on which every value costs at least x."""
        goal = self.at_least(x)
        for a, b in runs(self.of.values, lambda v: self.table[v] >= x, lambda a, b: True):
            self.ledger.book.implied("d", (self.of.lower(a), self.of.upper(b)), goal)


class Prices:
    """What the values of a form's variables cost, with the cheapest ways of splitting them into slots.

    `tables` has for every variable the least cost of each value, `rest` is the cost of all slots of no variable.
    """

    def __init__(self, form: Form, kind: str) -> None:
        self.form = form
        self.kind = kind
        self._last = [len(edge.slots) - 1 for edge in form.network.edges]
        self._ways = [self._partial(variable.slots) for variable in form.variables]
        self.tables = [ways[0] for ways in self._ways]
        inside = {address for variable in form.variables for address in variable.slots}
        rest: Number = 0
        for e, edge in enumerate(form.network.edges):
            for i, of in enumerate(edge.weights):
                if (e, i) not in inside:
                    rest += self._price((e, i), preferred(finite(of)))
        self.rest = normal(rest)

    def same(self, a: int, b: int) -> bool:
        """Whether the values of two variables cost the same."""
        return self.tables[a] == self.tables[b]

    def cost(self, chosen: Sequence[Number]) -> Number:
        """The least cost of parameters with these values of the variables."""
        return normal(self.rest + sum([table[value] for table, value in zip(self.tables, chosen, strict=True)]))

    def parameters(self, chosen: Sequence[Number]) -> Parameters:
        """Parameters of that cost."""
        known: dict[Address, Number] = {}
        for variable, ways, value in zip(self.form.variables, self._ways, chosen, strict=True):
            left = value
            for address, below in zip(variable.slots, ways[1:], strict=True):
                options = [(w, normal(left - w)) for w in self._space(address)]
                _, _, w, left = min(
                    [
                        (self._price(address, w) + below[rest], magnitude(w), w, rest)
                        for w, rest in options
                        if rest in below
                    ]
                )
                known[address] = w
        edges = []
        for e, edge in enumerate(self.form.network.edges):
            slots = [known[e, i] if (e, i) in known else preferred(of) for i, of in enumerate(edge.slots)]
            edges.append((tuple(slots[:-1]), slots[-1]))
        return of_edges(edges)

    def _space(self, address: Address) -> Finite:
        return self.form.spaces[address]

    def _price(self, address: Address, w: Number) -> Number:
        edge, place = address
        if place == self._last[edge]:
            return 0
        return magnitude(w) if self.kind == SMALLEST else int(w != 0)

    def _partial(self, slots: Sequence[Address]) -> list[dict[Number, Number]]:
        """For every slot, and after the last, the sums of the slots from there on, each with its least cost."""
        made: list[dict[Number, Number]] = [{0: 0}]
        for address in reversed(slots):
            layer: dict[Number, Number] = {}
            priced = [(w, self._price(address, w)) for w in self._space(address)]
            for total, cost in made[-1].items():
                for w, price in priced:
                    key = normal(total + w)
                    if key not in layer or cost + price < layer[key]:
                        layer[key] = normal(cost + price)
            made.append(layer)
        return made[::-1]
