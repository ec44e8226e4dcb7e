"""The grounds "branch": a complete search over the values of a single unit's variables.

By levels with bounds of boxes (`neuron_box`); for a squared loss of a linear unit by the factor of a quadratic form
(`neuron_factor`); for convex losses of a linear unit by planes below the loss (`neuron_planes`).
"""

from __future__ import annotations

from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.form import Form
from dnnt_check.instance import Instance
from dnnt_check.neuron_box import BoxGrounds, check_box
from dnnt_check.neuron_factor import MOST_BITS, MOST_VARIABLES, FactorGrounds, check_factor
from dnnt_check.neuron_planes import PlaneGrounds, check_planes
from dnnt_check.numbers import Number
from dnnt_check.reading import Place, array, fault, integer, record

#: Longer lists are refused.
MOST_LEVELS = 100_000

#: Longer lists of slopes are refused.
MOST_PLANES = 2_000_000

#: Longer slopes are refused.
MOST_SLOPE = 5_000

#: No entry of a factor is below this, and no slope.
_LEAST = -(1 << MOST_BITS)


def read_branch(value: Any, place: Place, work: Work) -> BoxGrounds | FactorGrounds | PlaneGrounds:
    """The grounds from their JSON object."""
    if isinstance(value, dict) and "factor" in value:
        return _read_factor(value, place, work)
    if isinstance(value, dict) and "slopes" in value:
        return _read_planes(value, place, work)
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


def _read_planes(value: Any, place: Place, work: Work) -> PlaneGrounds:
    record(value, place, ("kind", "scale", "slopes", "tree"))
    scale = _short(integer(value["scale"], (place, "scale"), 1), (place, "scale"))
    items = array(value["slopes"], (place, "slopes"))
    if len(items) > MOST_PLANES:
        raise fault((place, "slopes"), f"more than {MOST_PLANES} planes")
    slopes = []
    for p, item in enumerate(items):
        here: Place = ((place, "slopes"), p)
        slopes.append(tuple([_short(slope, here) for slope in _integers(item, here, _LEAST, work)]))
    tree = _integers(value["tree"], (place, "tree"), _LEAST, work)
    return PlaneGrounds(scale, tuple(slopes), tree)


def _short(value: int, place: Place) -> int:
    if value.bit_length() > MOST_SLOPE:
        raise fault(place, f"an integer of more than {MOST_SLOPE} bits")
    return value


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
    elif isinstance(body, PlaneGrounds):
        check_planes(instance, form, body, bound, strict, work)
    else:
        check_box(instance, form, body, bound, strict, work)
