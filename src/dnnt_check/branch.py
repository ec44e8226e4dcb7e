"""The grounds "branch": a complete search over the values of a single unit's variables.

By levels with bounds of boxes (`neuron_box`), or for a squared loss of a linear unit by the factor of a quadratic form
(`neuron_factor`).
"""

from __future__ import annotations

from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.form import Form
from dnnt_check.instance import Instance
from dnnt_check.neuron_box import BoxGrounds, check_box
from dnnt_check.neuron_factor import MOST_BITS, MOST_VARIABLES, FactorGrounds, check_factor
from dnnt_check.numbers import Number
from dnnt_check.reading import Place, array, fault, integer, record

#: Longer lists are refused.
MOST_LEVELS = 100_000

#: No entry of a factor is below this.
_LEAST = -(1 << MOST_BITS)


def read_branch(value: Any, place: Place, work: Work) -> BoxGrounds | FactorGrounds:
    """The grounds from their JSON object."""
    if isinstance(value, dict) and "factor" in value:
        return _read_factor(value, place, work)
    record(value, place, ("kind", "levels", "nodes"))
    items = array(value["levels"], (place, "levels"))
    if len(items) > MOST_LEVELS:
        raise fault((place, "levels"), f"more than {MOST_LEVELS} levels")
    levels = []
    for i, item in enumerate(items):
        here: Place = ((place, "levels"), i)
        pair = array(item, here)
        if len(pair) != 2:
            raise fault(here, "a pair [variable, size] is expected")
        levels.append((integer(pair[0], (here, 0), 0), integer(pair[1], (here, 1), 1)))
        work.spend(2e-6)
    return BoxGrounds(tuple(levels), integer(value["nodes"], (place, "nodes"), 1))


def _read_factor(value: Any, place: Place, work: Work) -> FactorGrounds:
    record(value, place, ("kind", "order", "bits", "factor", "nodes"))
    order = _integers(value["order"], (place, "order"), 0, work)
    scale = integer(value["bits"], (place, "bits"), 0)
    if scale > MOST_BITS:
        raise fault((place, "bits"), f"more than {MOST_BITS}")
    items = array(value["factor"], (place, "factor"))
    if len(items) > MOST_VARIABLES + 1:
        raise fault((place, "factor"), f"more than {MOST_VARIABLES} variables")
    rows = tuple([_integers(item, ((place, "factor"), i), _LEAST, work) for i, item in enumerate(items)])
    if not all(rows):
        raise fault((place, "factor"), "a row is empty")
    return FactorGrounds(order, scale, rows, integer(value["nodes"], (place, "nodes"), 1))


def _integers(value: Any, place: Place, least: int, work: Work) -> tuple[int, ...]:
    items = array(value, place)
    work.spend(len(items) * 4e-7)
    return tuple([integer(item, (place, i), least) for i, item in enumerate(items)])


def check_branch(instance: Instance, form: Form, body: Any, bound: Number, strict: bool, work: Work) -> None:
    """Prove the bound or raise."""
    if not instance.points:
        raise Invalid('lower: the grounds "branch" are for a normal form of one unit')
    if isinstance(body, FactorGrounds):
        check_factor(instance, form, body, bound, strict, work)
    else:
        check_box(instance, form, body, bound, strict, work)
