"""A form of one unit as a problem on integers: what each point costs, as a function of how far its sum has come.

The pre-activation of point i is start_i + unit_i · k_i with an integer k_i between 0 and top_i, since the contribution
of each variable to the point is the least that it can be plus a multiple of unit_i. What the point costs, cost_i(k), is
known exactly, and so are some places (`ends`) between which it is monotone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm

from dnnt.activations import KINDS, Activation
from dnnt.exact import Number, bits, common_step, magnitude, normal
from dnnt.losses import Loss
from dnnt.simplify.form import Form, Unit, Vector

SHORT = 12
"""A point whose sum has so few values needs no search for the places where its cost turns."""

MOST_LISTED = 200_000
"""So many costs are listed where nothing is known of the function between two arguments."""

MOST_BITS = 4000
"""Numbers of more bits are too long for sums of thousands of them."""

MOST_SHARED = 5000
"""The checker takes no longer common denominators of losses."""


@dataclass(frozen=True, slots=True)
class Point:
    """Pre-activations start + unit · k for k = 0 … top, and the cost of each; it is monotone between `ends`."""

    start: Number
    unit: Number
    top: int
    cost: Callable[[int], Number]
    ends: tuple[int, ...]
    at_ends: tuple[Number, ...]

    def least(self, low: int, high: int) -> Number:
        """The least cost for k between low and high."""
        inside = self.at_ends[bisect_left(self.ends, low) : bisect_right(self.ends, high)]
        return min(self.cost(low), self.cost(high), *inside)


@dataclass(frozen=True, slots=True)
class Neuron:
    """`gains[j][t][i]`: what the t-th value of variable j adds to k_i, always >= 0 and 0 for one of them at least."""

    form: Form
    unit: Unit
    values: tuple[tuple[Number, ...], ...]
    columns: tuple[Vector, ...]
    points: tuple[Point, ...]

    def total(self, chosen: Sequence[Number]) -> Number:
        """The total loss for a value of each variable."""
        return self.form.total(chosen)


def neuron_of(form: Form) -> Neuron | str:
    """The neuron of a form of one unit, or why the form is none."""
    if len(form.units) != 1 or form.units[0].products:
        count = len(form.units)
        return (
            f"its normal form has {count} units, and the method is for one" if count != 1 else "its unit feeds itself"
        )
    unit = form.units[0]
    given = [*unit.constant, *(value for variable in form.variables for value in _ends(variable.values))]
    given += [entry for _, column in unit.terms for entry in column]
    given += [q for samples in form.samples for weight, y in samples for q in (weight, *y)]
    if max(map(bits, given), default=0) > MOST_BITS:
        return f"it has numbers of more than {MOST_BITS:,} bits"
    values = [variable.values for variable in form.variables]
    steps = [common_step([normal(v - of[0]) for v in of[1:]]) for of in values]
    spans = [normal(of[-1] - of[0]) for of in values]
    columns: list[Vector] = [column for _, column in unit.terms]
    place = form.outputs.index(0)
    points = []
    listed, shared = 0, 1
    for i, constant in enumerate(unit.constant):
        row = [(column[i], j) for j, column in enumerate(columns) if column[i]]
        start = constant + sum([a * values[j][0 if a > 0 else -1] for a, j in row])
        pitch = common_step([normal(a * steps[j]) for a, j in row])
        width = sum([magnitude(a) * spans[j] for a, j in row])
        top = int(width // pitch) if pitch else 0
        turns = _turns(form, unit.activation, place, i)
        if turns is None:
            listed += top
            if listed > MOST_LISTED:
                return (
                    "nothing is known of its activation or loss between two arguments, and there are too many of them"
                )
        points.append(_point(form, unit.activation, place, i, normal(start), pitch or 1, top, turns))
        shared = lcm(shared, *{cost.denominator for cost in points[-1].at_ends})
        if shared.bit_length() > MOST_SHARED:
            return f"its losses have a common denominator of more than {MOST_SHARED:,} bits"
    return Neuron(form, unit, tuple(values), tuple(columns), tuple(points))


def known_outputs(form: Form, i: int) -> list[tuple[int, Number]]:
    """(place, value) of the outputs at a point that are known."""
    return [(p, of[i]) for p, of in enumerate(form.outputs) if isinstance(of, tuple)]


def _ends(values: Sequence[Number]) -> tuple[Number, ...]:
    return values[0], values[-1], normal(values[1] - values[0]) if len(values) > 1 else 0


def _point(
    form: Form,
    activation: Activation,
    place: int,
    i: int,
    start: Number,
    unit: Number,
    top: int,
    turns: tuple[tuple[Number, ...], tuple[Number, ...]] | None,
) -> Point:
    known: list[Number] = [0] * len(form.outputs)
    for p, f in known_outputs(form, i):
        known[p] = f
    before, behind = tuple(known[:place]), tuple(known[place + 1 :])
    memory: dict[Number, Number] = {}
    costs: dict[int, Number] = {}

    def value(k: int) -> Number:
        return activation(normal(start + unit * k))

    def cost(k: int) -> Number:
        found = costs.get(k)
        if found is None:
            f = value(k)
            found = memory.get(f)
            if found is None:
                found = memory[f] = form.point_loss(i, (*before, f, *behind))
            costs[k] = found
        return found

    listed = turns is None or top <= SHORT
    ends = tuple(range(top + 1)) if listed or turns is None else tuple(_monotone(start, unit, top, value, *turns))
    return Point(start, unit, top, cost, ends, tuple([cost(k) for k in ends]))


def _turns(
    form: Form, activation: Activation, place: int, i: int
) -> tuple[tuple[Number, ...], tuple[Number, ...]] | None:
    """Arguments between which the activation is monotone, and outputs between which the cost is; None if not known."""
    if activation.is_custom or not KINDS[activation.kind].regular:
        return None
    arguments = activation.turns
    if activation.kind == "table":
        arguments = tuple([z for z, _ in dict(activation.arguments)["values"]])
    breaks = _breaks(form.loss, form, place, i)
    return None if breaks is None else (arguments, tuple(sorted(breaks)))


def _breaks(loss: Loss, form: Form, place: int, i: int) -> set[Number] | None:
    """The values of the output between which the weighted sum of the losses of a point's samples is monotone."""
    samples = form.samples[i]
    labels = [y[place] for _, y in samples]
    if loss.row is None:
        return None
    if loss.kind == "squared":
        return {normal(Fraction(sum(w * y[place] for w, y in samples)) / sum(w for w, _ in samples))}
    if loss.kind in ("absolute", "zero_one"):
        return set(labels)
    if loss.kind == "hinge":
        margin = dict(loss.arguments)["margin"]
        return {normal(Fraction(margin) / y) for y in labels if y}
    others = known_outputs(form, i)
    if loss.kind == "maximum":
        found = set(labels)
        for _, y in samples:
            other = max([magnitude(normal(f - y[p])) for p, f in others], default=0)
            found |= {normal(y[place] - other), normal(y[place] + other)}
        return found
    if loss.kind == "misclassified":
        return {0, *(f for _, f in others)}
    if loss.kind == "table":
        return {f[place] for f, _, _ in dict(loss.arguments)["values"]}
    if loss.kind == "positive":
        return {0, *labels}
    return None


def _monotone(
    start: Number,
    unit: Number,
    top: int,
    value: Callable[[int], Number],
    arguments: tuple[Number, ...],
    breaks: tuple[Number, ...],
) -> list[int]:
    """Places 0 … top between which the cost is monotone."""
    places = {0, top}
    for z in arguments:
        k = int((z - start) // unit)
        places.update(p for p in range(k - 1, k + 3) if 0 < p < top)
    for a, b in list(pairwise(sorted(places))):
        first, last = value(a), value(b)
        if first == last or b - a < 2:
            continue
        for y in breaks:
            if min(first, last) <= y <= max(first, last):
                for k in (_first_past(value, a, b, y, True), _first_past(value, a, b, y, False)):
                    places.update(p for p in range(k - 2, k + 2) if 0 < p < top)
    return sorted(places)


def _first_past(value: Callable[[int], Number], a: int, b: int, y: Number, or_at: bool) -> int:
    """The first place of a monotone stretch whose value is past y (`or_at`: or y), in the direction in which it
    goes.
    """
    rising = value(a) < value(b)
    while b - a > 1:
        middle = (a + b) // 2
        f = value(middle)
        if (f > y if rising else f < y) or (or_at and f == y):
            b = middle
        else:
            a = middle
    return b
