"""Hidden units that nothing tells apart, so that they may be ordered.

Exchanging two units is exchanging their variables too: those that lead into them, and those that they are multiplied
with. The exchange is verified on the form itself: it must give back the same units, with the same variables. Where
every neighbouring pair of some units can be exchanged, all orders of them can be had, so one may ask that their keys
do not decrease. A key is made of the variables that lead into a unit: an exchange in a later layer leaves them alone,
so layers can be ordered one after the other, and all orders hold at once. Where the units that it feeds are in no
order, the variables behind a unit come first in its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from dnnt.simplify.exchanges import is_symmetry, swap_of
from dnnt.simplify.form import Form

Orders = list[list[list[int]]]
"""For each group of units and for each of its units its key: variables, whose order is the same for all of a group."""


def orders(form: Form) -> Orders:
    """The groups of interchangeable units, of two or more each."""
    alike: dict[object, list[int]] = {}
    taken = {of for of in form.outputs if isinstance(of, int)}
    feeds = _feeds(form)
    for u in range(len(form.units)):
        if u not in taken:
            alike.setdefault((_into(form, u), _behind(form, u, feeds)), []).append(u)
    groups = [group for units in alike.values() for group in _groups(form, units, feeds)]
    ordered = {u for group in groups for u in group}
    made = []
    for group in groups:
        free = all(head not in ordered for head, _ in feeds[group[0]])
        made.append([_key(form, u, feeds, free) for u in group])
    return made


Feeds = Mapping[int, Sequence[tuple[int, int | None]]]
"""For each unit those that it feeds, and the variable that it is multiplied with there."""


def _feeds(form: Form) -> Feeds:
    found: dict[int, list[tuple[int, int | None]]] = {u: [] for u in range(len(form.units))}
    for head, unit in enumerate(form.units):
        for product in unit.products:
            found[product.source].append((head, product.variable))
    return found


def _into(form: Form, u: int) -> object:
    """What units that can be exchanged have in common on the side of their inputs."""
    unit = form.units[u]
    terms = tuple([(column, form.variables[k].values) for k, column in _terms(form, u)])
    products = tuple(
        [(p.source, p.factor, None if p.variable is None else form.variables[p.variable].values) for p in unit.products]
    )
    return unit.activation, unit.constant, terms, products


def _terms(form: Form, u: int) -> list[tuple[int, tuple[object, ...]]]:
    return sorted(form.units[u].terms, key=lambda term: (term[1], form.variables[term[0]].values))


def _behind(form: Form, u: int, feeds: Feeds) -> object:
    return tuple([(head, None if k is None else form.variables[k].values) for head, k in feeds[u]])


def _groups(form: Form, units: Sequence[int], feeds: Feeds) -> list[list[int]]:
    """Runs of units in which every neighbouring pair can be exchanged."""
    groups: list[list[int]] = [[u] for u in units[:1]]
    for before, after in pairwise(units):
        if _exchangeable(form, before, after, feeds):
            groups[-1].append(after)
        else:
            groups.append([after])
    return [group for group in groups if len(group) > 1]


def _key(form: Form, u: int, feeds: Feeds, free: bool) -> list[int]:
    into = [k for k, _ in _terms(form, u)] + [p.variable for p in form.units[u].products if p.variable is not None]
    behind = [k for _, k in feeds[u] if k is not None]
    return list(dict.fromkeys([*behind, *into] if free else into))


def _exchangeable(form: Form, a: int, b: int, feeds: Feeds) -> bool:
    """Whether exchanging a and b, with their variables, gives back the form."""
    keys = _key(form, a, feeds, True), _key(form, b, feeds, True)
    if len(keys[0]) != len(keys[1]):
        return False
    swap = swap_of(form, zip(*keys, strict=True))
    return swap is not None and is_symmetry(form, a, b, swap)
