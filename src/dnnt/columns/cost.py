"""How long a search over columns will take, from the numbers of columns and units.

The search of a level takes about the multisets of columns to the power 0.6 (measured on small circuits: separation
leaves few of them), levels multiply, and each end of a search forms the columns of the last units.
"""

from __future__ import annotations

from collections import Counter
from math import exp, lgamma, log

from dnnt.columns.making import TWO_VALUED
from dnnt.columns.problem import shared_variables
from dnnt.simplify.form import Form, Unit

SEPARATED = 0.6
"""The power of the number of multisets that is searched."""

NODE, SUM, POINT = 4e-5, 2e-7, 1e-7
"""Seconds for a node, for a sum, and for a point of a sum if the unit has many values."""

HOPELESS = 300.0
"""A logarithm of seconds above which all are alike."""


def cost_of(form: Form) -> tuple[float, float, str]:
    """The seconds and MiB that a search will take, and from what that was predicted."""
    points = len(form.points)
    read = {each.source for unit in form.units for each in unit.products}
    combinations = sum(log(len(form.variables[v].values)) for v in shared_variables(form))
    groups: Counter[tuple[str, float, tuple[int, ...]]] = Counter()
    widest, ends, columns = 0.0, 0.0, 0.0
    slow = False
    for index, unit in enumerate(form.units):
        choices = _choices(form, unit)
        slow = slow or unit.activation.kind not in TWO_VALUED
        if index in read:
            widest = max(widest, choices)
            size = _columns(unit, choices, points)
            columns = max(columns, size)
            groups[unit.activation.kind, size, tuple(sorted({each.source for each in unit.products}))] += 1
        else:
            ends = max(ends, choices)
    nodes = 0.0
    for (_, size, _), count in groups.items():
        nodes += SEPARATED * _multisets(size, count)
    each = SUM + (points * POINT if slow else 0.0)
    logs = [combinations, nodes, widest, ends]
    if sum(logs) > HOPELESS:
        return float("inf"), float("inf"), f"e^{sum(logs):.0f} choices of columns"
    search = exp(nodes) * NODE
    # Equal codes have equal ends, so sums are formed far less often than nodes are visited.
    sums = (exp(widest) + exp(ends)) * each * (1 + 0.02 * exp(nodes))
    seconds = 0.001 + exp(combinations) * (search + sums + points * points * 3e-6)
    mebibytes = 2.0 + exp(max(widest, ends)) * (100 + points) / 2**20
    most = f"{exp(columns):,.0f}" if columns < 30 else f"e^{columns:.0f}"
    return seconds, mebibytes, f"{most} columns of a unit on {points} points, {exp(nodes):,.0f} nodes"


def _choices(form: Form, unit: Unit) -> float:
    """The logarithm of the number of choices of a unit's variables."""
    variables = [v for v, _ in unit.terms] + [each.variable for each in unit.products if each.variable is not None]
    return sum(log(len(form.variables[v].values)) for v in variables)


def _columns(unit: Unit, choices: float, points: int) -> float:
    """The logarithm of the number of columns, about."""
    if unit.activation.kind not in TWO_VALUED:
        return choices
    # At most twice the number of ways in which planes in so many dimensions divide points (Cover).
    dimension = min(len(unit.terms) + len(unit.products), points)
    planes = dimension * log(max(2.0, 2.7 * points / max(1, dimension)))
    return min(0.8 * choices, planes, points * log(2.0))


def _multisets(size: float, count: int) -> float:
    """The logarithm of the number of multisets of `count` of e^size elements."""
    if size > 30:
        return count * size - lgamma(count + 1)
    elements = exp(size)
    return max(0.0, lgamma(elements + count) - lgamma(elements) - lgamma(count + 1))
