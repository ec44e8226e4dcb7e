"""Symmetry of units: exchanging variables in pairs, so that the normal form stays what it is.

If such an exchange maps units to units, then parameters and exchanged parameters have the same total loss. Of all
parameters that satisfy the assumption take those whose values, in the order of the variables, are lexicographically
greatest. No exchange makes them greater: at the first variable where the exchanged values differ, theirs is the greater
one. That variable is the lesser member of its pair, so along the pairs, in the order of their lesser members, the
first two values that differ are decreasing. This holds for all exchanges at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dnnt_check.budget import Invalid, Work
from dnnt_check.form import Form, Unit
from dnnt_check.numbers import shown

Pair = tuple[int, int]

#: Seconds for a number of a column, and for a term or product.
NUMBER = 2e-7
PART = 3e-6


class Exchanges:
    """Exchanges of variables that are symmetries of the normal form.

    Attributes:
        pairs: for each exchange its pairs (lesser, greater), by increasing lesser member.
    """

    def __init__(self, form: Form, points: int, swaps: Sequence[Sequence[Pair]], work: Work) -> None:
        """Verify them.

        Raises:
            Invalid: a variable is not there, or an exchange is no symmetry.
        """
        self.pairs: list[tuple[Pair, ...]] = []
        self.values = form.values
        users = _users(form, work)
        for place, swap in enumerate(swaps):
            where = f"lower.grounds.swaps[{place}]"
            other: dict[int, int] = {}
            for a, b in swap:
                if max(a, b) >= len(form.values):
                    raise Invalid(f"{where}: there is no variable {shown(max(a, b))}")
                if form.values[a] != form.values[b]:
                    raise Invalid(f"{where}: variables {a} and {b} have different values")
                work.spend(PART + len(form.values[a]) * NUMBER)
                other[a], other[b] = b, a
            if not _is_symmetry(form, points, users, other, work):
                raise Invalid(f"{where}: exchanging these variables changes the normal form")
            self.pairs.append(tuple(sorted([(min(pair), max(pair)) for pair in swap])))

    def refutes(self, swap: int, boxes: Mapping[int, tuple[int, int]]) -> bool:
        """Do boxes of variables, as first and last places in their lists of values, contradict the order?"""
        for a, b in self.pairs[swap]:
            most = boxes[a][1] if a in boxes else len(self.values[a]) - 1
            least = boxes[b][0] if b in boxes else 0
            if most < least:
                return True
            if most > least:
                return False
            # Not smaller, and not greater: the two values are the same.
        return False


def _users(form: Form, work: Work) -> tuple[dict[int, list[int]], list[list[int]]]:
    """The units in whose sums each variable occurs, and the units that each unit feeds."""
    of_variables: dict[int, list[int]] = {}
    of_units: list[list[int]] = [[] for _ in form.units]
    for index, unit in enumerate(form.units):
        used = {variable for variable, _ in unit.terms}
        used |= {product.variable for product in unit.products if product.variable is not None}
        for variable in used:
            of_variables.setdefault(variable, []).append(index)
        for source in {product.source for product in unit.products}:
            of_units[source].append(index)
        work.spend((len(unit.terms) + len(unit.products)) * PART)
    return of_variables, of_units


def _is_symmetry(
    form: Form, points: int, users: tuple[dict[int, list[int]], list[list[int]]], other: Mapping[int, int], work: Work
) -> bool:
    """Is there a permutation of the units that goes with an exchange of variables and leaves the outputs alone?

    Units that use none of these variables, and none of the units that are moved, stay where they are.
    """
    of_variables, of_units = users
    touched = {index for variable in other for index in of_variables.get(variable, ())}
    candidates = sorted(touched)
    image: dict[int, int] = {}
    while touched:
        # Units are in topological order, so the images of all sources of the least one are known.
        index = min(touched)
        touched.discard(index)
        unit = form.units[index]
        work.spend((len(unit.terms) * (points + 1)) * NUMBER + len(touched) * NUMBER)
        terms = sorted([(other.get(variable, variable), column) for variable, column in unit.terms])
        products = _parts(unit, other, image)
        found = None
        for candidate in (index, *candidates):
            there = form.units[candidate]
            work.spend(PART + (len(there.terms) + len(there.products)) * PART)
            if (
                len(there.terms) == len(terms)
                and _parts(there, {}, {}) == products
                and there.activation == unit.activation
                and there.constant == unit.constant
                and sorted(there.terms) == terms
            ):
                found = candidate
                break
        if found is None:
            return False
        if found != index:
            image[index] = found
            touched.update(of_units[index])
    if len(set(image.values())) != len(image) or set(image.values()) != set(image):
        return False
    return all(image.get(of, of) == of for of in form.outputs if isinstance(of, int))


def _parts(unit: Unit, other: Mapping[int, int], image: Mapping[int, int]) -> list[tuple[int, int, object]]:
    """The products, exchanged, in order: source, variable (-1: none) and factor."""
    made = []
    for product in unit.products:
        variable = -1 if product.variable is None else other.get(product.variable, product.variable)
        made.append((image.get(product.source, product.source), variable, product.factor))
    return sorted(made, key=lambda part: part[:2])
