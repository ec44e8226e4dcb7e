"""Interchangeable values: where every variable has the same values and exchanging two of them changes nothing.

Then values may be renamed in the order in which they first appear along any list of variables, so that the i-th of
the list takes one of the first i values. A list that begins with variables of which no two are equal says most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dnnt.encodings.clauses.direct import Direct
from dnnt.encodings.clauses.quantities import VariableValue
from dnnt.exact import Number
from dnnt.losses.coded import codes
from dnnt.simplify.form import Form

MOST_ROWS = 3_000_000
"""Most combinations of values that are looked at."""


def interchangeable(form: Form, direct: Direct) -> bool:
    """Whether all variables have the same values, and exchanging two neighbouring ones never changes what an output
    costs.
    """
    if len(form.variables) < 2:
        return False
    values = form.variables[0].values
    if len(values) < 3 or any(variable.values != values for variable in form.variables):
        return False
    units = [u for u in form.outputs if type(u) is int]
    if len(units) * len(form.points) * len(values) ** 2 > MOST_ROWS:
        return False
    known: dict[object, bool] = {}
    for i in range(len(form.points)):
        status = _status(form, i)
        if status is None:
            return False
        for j, of in enumerate(form.outputs):
            if type(of) is int and not _invariant(form, direct, of, i, j, status, known):
                return False
    return True


Status = tuple[Callable[[int, Number], object], Callable[[int], object]]


def _status(form: Form, point: int) -> Status | None:
    """What has to stay the same of an output, as a function of (output, value), and a name for it as a function of the
    output; None where outputs cannot be judged alone.
    """
    loss, targets = form.loss, form.samples[point]
    if loss.kind in ("pairs", "printed_pairs"):
        arguments = dict(loss.arguments)
        listed = codes(arguments["size"], arguments["allowed"])
        keys = [id(pairs) for pairs in arguments["allowed"]]
        return (
            lambda j, f: (f in listed[j], *[f == y[j] for _, y in targets]),
            lambda j: (keys[j], *[y[j] for _, y in targets]),
        )
    if loss.kind == "zero_one":
        return (lambda j, f: tuple([f == y[j] for _, y in targets])), lambda j: tuple([y[j] for _, y in targets])
    if len(form.outputs) == 1 or loss.separable:
        return (
            (lambda j, f: sum(w * loss((f,), (y[j],)) for w, y in targets)),
            lambda j: tuple([(w, y[j]) for w, y in targets]),
        )
    return None


def _invariant(form: Form, direct: Direct, u: int, i: int, j: int, status: Status, known: dict[object, bool]) -> bool:
    judge, name = status
    key: object = None
    if u in direct.sparse:
        constant, terms = direct.sparse[u][i]
        key = (constant, tuple([c for _, c in terms]), form.units[u].activation, name(j))
        if key in known:
            return known[key]
    table = direct.values_table(u, i)
    if table is None:
        return False
    # Exchanges turn combinations into each other that are equal in the same places, and only those.
    said: dict[tuple[int, ...], object] = {}
    same = True
    for chosen, f in table[1]:
        now = judge(j, f)
        if said.setdefault(tuple(map(chosen.index, chosen)), now) != now:
            same = False
            break
    if key is not None:
        known[key] = same
    return same


def add_order(form: Form, direct: Direct, variables: Sequence[VariableValue]) -> None:
    """Write the clauses that let the i-th variable of a list have the first i values only."""
    values: tuple[Number, ...] = form.variables[0].values
    chosen = _clique(len(variables), direct.different)
    chosen = chosen[: len(values) - 1]
    book = variables[0].ledger.book
    for i, k in enumerate(chosen):
        for a in values[i + 1 :]:
            book.clause("y", (-variables[k].exactly(a),))
    book.order = (tuple(chosen), tuple(values))


def _clique(count: int, different: set[tuple[int, int]]) -> list[int]:
    """A large clique, grown greedily from each vertex, and then other vertices with many neighbours among those
    chosen.
    """
    near: list[set[int]] = [set() for _ in range(count)]
    for a, b in different:
        near[a].add(b)
        near[b].add(a)
    best: list[int] = []
    for start in range(count):
        clique, left = [start], set(near[start])
        while left:
            pick = max(left, key=lambda v: (len(near[v] & left), -v))
            clique.append(pick)
            left &= near[pick]
        if len(clique) > len(best):
            best = clique
    rest = set(range(count)) - set(best)
    while rest and len(best) < 60:
        pick = max(rest, key=lambda v: (len(near[v].intersection(best)), len(near[v]), -v))
        best.append(pick)
        rest.discard(pick)
    return best
