"""Exchanges of two units of the normal form, together with their variables: which go together, and whether the form
stays as it is. Nothing is assumed: an exchange counts once all units that it touches have been compared.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnnt.simplify.form import Form

Swap = tuple[tuple[int, int], ...]
"""Pairs of variables that change places, by increasing lesser member, which comes first."""


def swap_of(form: Form, pairs: Iterable[tuple[int | None, int | None]]) -> Swap | None:
    """The exchange in which the two of each pair (variables, or None both) change places; None where there is none,
    since some variable would have two places, or another set of values.
    """
    made: set[tuple[int, int]] = set()
    for first, second in pairs:
        if (first is None) != (second is None):
            return None
        if first is not None and second is not None and first != second:
            made.add((min(first, second), max(first, second)))
    if len({member for pair in made for member in pair}) != 2 * len(made):
        return None
    if any(form.variables[a].values != form.variables[b].values for a, b in made):
        return None
    return tuple(sorted(made))


def is_symmetry(form: Form, u: int, v: int, swap: Swap) -> bool:
    """Whether exchanging the units u and v and these variables gives the same form."""
    other = {**dict(swap), **{b: a for a, b in swap}}
    place = {u: v, v: u}
    for index, unit in enumerate(form.units):
        if index not in place and not any(each.source in place for each in unit.products):
            used = [k for k, _ in unit.terms] + [each.variable for each in unit.products if each.variable is not None]
            if not any(k in other for k in used):
                continue
        there = form.units[place.get(index, index)]
        terms = sorted([(other.get(k, k), column) for k, column in unit.terms])
        products = sorted(
            [
                (
                    place.get(each.source, each.source),
                    -1 if each.variable is None else other.get(each.variable, each.variable),
                    each.factor,
                )
                for each in unit.products
            ]
        )
        right = sorted([(p.source, -1 if p.variable is None else p.variable, p.factor) for p in there.products])
        if (unit.activation, unit.constant) != (there.activation, there.constant):
            return False
        if terms != sorted(there.terms) or products != right:
            return False
    return True
