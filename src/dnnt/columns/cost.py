"""How long a search over columns will take, from the numbers of columns, of units and of pairs to be separated.

A model: the units of a level get multisets of N columns, and a column separates a pair by chance, with the probability
0.4. So of k columns a share of (1 - 0.6^k)^P separates P pairs; so many multisets go on to the next level. The search
of a level visits about the multisets to the power 0.45 (0.6 without a threshold), or all that separate if these are
more. On circuits of 16 inputs the model is right up to a factor of 5.
"""

from __future__ import annotations

from collections import Counter
from math import comb, exp, lgamma, log, log1p

from dnnt.activations import TWO_VALUED
from dnnt.columns.problem import shared_variables
from dnnt.exact import Number, power, several
from dnnt.simplify.form import Form, Unit

TOGETHER = 0.6
"""The probability that a column does not separate a pair."""

EXACT, LOOSE = 0.45, 0.6
"""The power of the number of multisets that is visited, with all pairs to be separated and without."""

NODE, SUM, POINT = 4e-5, 2e-7, 1e-7
"""Seconds for a node, for a sum, and for a point of a sum if the unit has many values."""

HOPELESS = 300.0
"""A logarithm of seconds above which all are alike."""


def cost_of(form: Form, gamma: Number | None) -> tuple[float, float, str]:
    """The seconds and MiB that a search will take for this threshold (None: for the least loss), and from what that was
    predicted.
    """
    points = len(form.points)
    read = {each.source for unit in form.units for each in unit.products}
    combinations = sum(log(len(form.variables[v].values)) for v in shared_variables(form))
    height: dict[int, int] = {}
    levels: dict[int, Counter[tuple[str, float, float]]] = {}
    ends, together, widest, columns = 0.0, 0.0, 0.0, 0.0
    slow = False
    for index, unit in enumerate(form.units):
        height[index] = max((height[each.source] + 1 for each in unit.products), default=0)
        choices = _choices(form, unit)
        slow = slow or unit.activation.kind not in TWO_VALUED
        if index not in read:
            ends = max(ends, choices)
            together += _columns(unit, choices, points)
            continue
        size = _columns(unit, choices, points)
        columns, widest = max(columns, size), max(widest, choices)
        levels.setdefault(height[index], Counter())[unit.activation.kind, size, choices] += 1
    share, pairs = (EXACT, _pairs(form)) if gamma == 0 else (LOOSE, _pairs(form) // 2)
    each = SUM + (points * POINT if slow else 0.0)
    going, seconds, nodes = combinations, points * points * 3e-6, 0.0
    for _, kinds in sorted(levels.items()):
        multisets = sum(_multisets(size, count) for (_, size, _), count in kinds.items())
        separate = max(0.0, multisets + pairs * log1p(-(TOGETHER ** sum(kinds.values()))))
        visited = max(share * multisets, separate)
        if going + max(visited, widest) > HOPELESS:
            return float("inf"), float("inf"), power((going + max(visited, widest)) / log(10), "choice") + " of columns"
        formed = sum(exp(choices) for _, _, choices in kinds)
        seconds += exp(going) * (formed * each + exp(visited) * NODE)
        nodes += exp(going + visited)
        going += separate
    # A loss of all outputs together is searched in all of them; if all must be right, each is looked at by itself.
    alone = form.loss.separable or len(form.outputs) < 2 or (form.loss.kind == "zero_one" and gamma == 0)
    last = 0.0 if alone else LOOSE * together
    if going + max(ends, last) > HOPELESS:
        return float("inf"), float("inf"), power((going + max(ends, last)) / log(10), "choice") + " of columns"
    seconds += exp(going) * (exp(ends) * each + exp(last) * NODE)
    nodes += 0.0 if alone else exp(going + last)
    mebibytes = 2.0 + exp(max(widest, ends)) * (100 + points) / 2**20
    on = f"on {several(points, 'point')}"
    if not levels:
        return 0.001 + seconds, mebibytes, f"units that are outputs alone, {power(ends / log(10), 'choice')} each {on}"
    return 0.001 + seconds, mebibytes, f"{power(columns / log(10), 'column')} of a unit {on}, {_nodes(nodes)}"


def _nodes(number: float) -> str:
    return several(round(number), "node") if number < 1e12 else f"about {number:.0e} nodes"


def _pairs(form: Form) -> int:
    """The pairs of points whose samples differ."""
    same = Counter(form.samples)
    return comb(len(form.points), 2) - sum(comb(count, 2) for count in same.values())


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
    return min(0.7 * choices, planes, points * log(2.0))


def _multisets(size: float, count: int) -> float:
    """The logarithm of the number of multisets of `count` of e^size elements."""
    if size > 30:
        return count * size - lgamma(count + 1)
    elements = exp(size)
    return max(0.0, lgamma(elements + count) - lgamma(elements) - lgamma(count + 1))
