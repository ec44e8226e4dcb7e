"""Interchangeable units: exchanges of variables that leave the normal form as it is, and clauses that order the units.

Neighbours among units that are alike may be exchanged together with all their variables. Of all parameters with a low
loss those with the lexicographically greatest values are kept: no exchange makes them greater, which clauses on the
first few variables of each pair of units say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from dnnt.encodings.clauses.quantities import VariableValue
from dnnt.exact import Number
from dnnt.simplify.exchanges import Swap, is_symmetry, swap_of
from dnnt.simplify.form import Form, Unit

MOST_CLAUSES = 60
"""Most clauses for one exchange."""


def swaps(form: Form, same: Callable[[int, int], bool]) -> list[Swap]:
    """Exchanges of neighbouring like units, as pairs of variables by increasing lesser member; `same` says whether two
    variables may take each other's place.
    """
    groups: dict[object, list[int]] = {}
    feeds: list[dict[tuple[int, Number], list[int | None]]] = [{} for _ in form.units]
    for w, unit in enumerate(form.units):
        for each in unit.products:
            feeds[each.source].setdefault((w, each.factor), []).append(each.variable)
    outputs = {of for of in form.outputs if isinstance(of, int)}
    for u, unit in enumerate(form.units):
        if u not in outputs:
            groups.setdefault(_likeness(form, unit, feeds[u]), []).append(u)
    made = []
    for alike in groups.values():
        for u, v in pairwise(alike):
            # Certificates speak of variables alone: units that have none do not follow from them.
            swap = _swap(form, u, v, feeds) if _has_variables(form.units[u]) else None
            if swap is not None and all(same(a, b) for a, b in swap) and is_symmetry(form, u, v, swap):
                made.append(swap)
    return made


def _has_variables(unit: Unit) -> bool:
    return bool(unit.terms) or any(each.variable is not None for each in unit.products)


def _likeness(form: Form, unit: Unit, feeds: Mapping[tuple[int, Number], Sequence[int | None]]) -> object:
    terms = sorted([(column, form.variables[k].values) for k, column in unit.terms])
    products = [(each.source, each.factor, _values(form, each.variable)) for each in unit.products]
    after = sorted(feeds)
    return unit.activation, unit.constant, tuple(terms), tuple(products), tuple(after)


def _values(form: Form, variable: int | None) -> tuple[Number, ...]:
    return () if variable is None else form.variables[variable].values


def _swap(
    form: Form, u: int, v: int, feeds: Sequence[Mapping[tuple[int, Number], Sequence[int | None]]]
) -> Swap | None:
    """The pairs of variables of two like units; None where it is not plain which go together."""
    one, other = form.units[u], form.units[v]
    pairs: list[tuple[int | None, int | None]] = []
    pairs += [(a, b) for (_, a), (_, b) in zip(_by_column(one.terms), _by_column(other.terms), strict=True)]
    pairs += [(a.variable, b.variable) for a, b in zip(one.products, other.products, strict=True)]
    for key, variables in feeds[u].items():
        there = feeds[v][key]
        if len(there) != len(variables):
            return None
        pairs += zip(variables, there, strict=True)
    return swap_of(form, pairs) or None


def _by_column(terms: Sequence[tuple[int, tuple[Number, ...]]]) -> list[tuple[tuple[Number, ...], int]]:
    return sorted([(column, k) for k, column in terms])


def order(variables: Sequence[VariableValue], swap: Swap, index: int) -> None:
    """Write clauses: along the pairs of an exchange, as far as it takes few clauses, values are not smaller first."""
    book = variables[0].ledger.book
    written = 0
    prefixes: list[list[int]] = [[]]  # Ways in which all pairs so far are equal, given that they are in order.
    for a, b in swap:
        first, second = variables[a], variables[b]
        size = len(first.values)
        if written and written + len(prefixes) * (size - 1) > MOST_CLAUSES:
            return
        for prefix in prefixes:
            for value in first.values[1:]:
                book.clause(("u", index), [*prefix, -second.at_least(value), first.at_least(value)])
                written += 1
        prefixes = [
            [*prefix, -first.at_most(value), -second.at_least(value)] for prefix in prefixes for value in first.values
        ]
        if len(prefixes) > MOST_CLAUSES:
            return
