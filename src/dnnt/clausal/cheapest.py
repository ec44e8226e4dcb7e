"""The second goal by clauses: the sparsest or smallest parameters among those with a loss that is low enough.

Clauses say what the parameters cost; the search goes on from both sides (`dnnt.clausal.between`), in two models in
turn: one of the columns that units of the first level may have, where these can be listed, and one of all variables.
If the first one is exact, there is no need for the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack

from dnnt.clausal import by_columns
from dnnt.clausal.between import AtLeast, Between, Found, Known, Model
from dnnt.clausal.pricing import cost_in, grouped, literals_of
from dnnt.clausal.solver import Solver
from dnnt.encodings.clauses import estimate
from dnnt.encodings.clauses.book import TooManyClauses
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.errors import InternalError, MethodUnsuitable, TooLarge
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.running import Run, Stop
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form
from dnnt.simplify.prices import Prices, prices_of

CONFLICTS, GROWTH = 10_000.0, 1.5
"""Conflicts of an attempt, and how they grow from turn to turn."""


def suits(instance: Instance) -> bool:
    """Whether one of the models is predicted to be of modest size."""
    try:
        form = form_of(instance)
    except (MethodUnsuitable, TooLarge):
        return False
    return estimate.refusal(form) is None and (_modest(form, ()) or _modest(form, by_columns.listable(form)))


def _modest(form: Form, given: Collection[int]) -> bool:
    return estimate.too_many(estimate.clauses(form, 0, given)) is None


def cheapest(
    instance: Instance,
    kind: str,
    threshold: Number,
    run: Run,
    found: Found = lambda value, parameters: None,
    at_least: AtLeast = lambda bound: None,
) -> tuple[Number, Parameters] | None:
    """Among all parameters of a total loss of at most `threshold` the least number of weights other than 0 (`kind`
    is `sparsest`), or the least sum of their absolute values (`smallest`), with such parameters; biases cost nothing.

    None where no parameters have such a loss. `found` is told of every better choice on the way, `at_least` of what
    every choice costs at least. Takes what method `sat` takes. Raises `Stop` where a limit comes, or there would be
    too many clauses.
    """
    if threshold < 0:
        return None
    form = form_of(instance)
    prices = prices_of(form, kind)
    known = Known(found, at_least)
    if run.incumbent is not None and run.incumbent.loss <= threshold:
        chosen = form.values_of(run.incumbent.parameters)
        known.better(prices.cost(chosen), prices.parameters(chosen))
    try:
        with ExitStack() as stack:
            searches = []
            first = by_columns.first_level(prices, run)
            if first is not None and _modest(form, first.lists):
                model = by_columns.model_of(first, prices, threshold, _cut(known), run)
                searches.append(Between(model, known, stack.enter_context(Solver(run, proof=False)), run, "columns"))
            if (first is None or not first.exact) and _modest(form, ()):
                model = _of_variables(prices, threshold, _cut(known), run)
                searches.append(Between(model, known, stack.enter_context(Solver(run, proof=False)), run, "weights"))
            conflicts = CONFLICTS
            while not known.closed:
                left = [search for search in searches if not search.done]
                if not left:
                    raise MethodUnsuitable("what the columns of the first units say has been used up")
                for search in left:
                    if not known.closed:
                        search.turn(int(conflicts))
                conflicts *= GROWTH
    except TooManyClauses as error:
        raise Stop("memory", str(error), predicted=True) from None
    return known.best


def _cut(known: Known) -> Number | None:
    return None if known.best is None else known.best[0]


def _of_variables(prices: Prices, threshold: Number, cut: Number | None, run: Run) -> Model:
    """The clauses of all variables."""
    form = prices.form
    encoding = Encoding(form, threshold, True, run.poll, prices.same)
    encoding.forbid(threshold)
    made = grouped(encoding, prices, frozenset(), cut)
    groups = tuple(made.of_unit.values())
    total = encoding.sum_of(groups, None if cut is None else normal(cut - made.base)) if groups else None

    def choice(model: Sequence[int]) -> tuple[Number, Parameters]:
        chosen = tuple(encoding.values(literals_of(model).__contains__))
        if form.total(chosen) > threshold:
            raise InternalError("a model of the clauses has another loss; please report the instance file")
        return prices.cost(chosen), prices.parameters(chosen)

    def parts(parameters: Parameters) -> Sequence[Number]:
        chosen = form.values_of(parameters)
        return [cost_in(prices, chosen, variables) for variables in made.variables.values()]

    return Model(encoding, made.base, total, groups, choice, parts, True)
