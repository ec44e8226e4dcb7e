"""Activations in a model: the value of a unit from its pre-activation.

Signs and steps are a literal and two half-planes, relu and its relatives a maximum, curves a product, other functions
tables over the values that the pre-activation can have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dnnt.activations import TWO_VALUED, Activation, activation as of_name
from dnnt.encodings.constraints.integer_model import (
    Affine,
    Domain,
    Largest,
    Listed,
    Model,
    Product,
    added,
    domain_of,
    without,
)
from dnnt.encodings.constraints.quantities import Quantity, common, known, listed, made, total, two, whole
from dnnt.errors import InvalidInput, MethodUnsuitable
from dnnt.exact import Number, normal

MOST_LEVELS = 8
"""The most different values that are told apart by a literal each; more are a table."""

MOST_ENTRIES = 64
"""The most entries of a table in whose place literals are taken."""

Encoder = Callable[[Model, Quantity, Mapping[str, Any]], Quantity]


def value_of(model: Model, activation: Activation, pre: Quantity) -> Quantity:
    """The activation of a quantity. Raises `MethodUnsuitable` where that takes too large a table or numbers."""
    if pre.fixed:
        return known(_applied(activation, pre.least))
    row = _ROWS.get(activation.kind)
    return by_table(model, activation, pre) if row is None else row(model, pre, dict(activation.arguments))


def sides(pre: Quantity) -> tuple[Domain, Domain]:
    """Where a sign or step is at its lesser value, and where at its greater."""
    below: Domain = ((pre.low, min(pre.high, -1)),) if pre.low < 0 else ()
    above: Domain = ((max(pre.low, 0), pre.high),) if pre.high >= 0 else ()
    return below, above


def _sign(values: tuple[Number, Number]) -> Encoder:
    def encode(model: Model, pre: Quantity, _: Mapping[str, Any]) -> Quantity:
        below, above = sides(pre)
        if not below or not above:
            return known(values[0] if below else values[1])
        literal = model.literal()
        model.linear(pre.expression, above, literal)
        model.linear(pre.expression, below, -literal)
        return two(model, literal, *values)

    return encode


def largest(model: Model, of: Sequence[Quantity]) -> Quantity:
    """The largest of some quantities."""
    least = max(each.least for each in of)
    left = [each for each in of if each.greatest > least]
    if not left:
        return known(least)
    if not any(each.least == least for each in left):
        left.append(known(least))
    if len(left) == 1:
        return left[0]
    scale = common([each.scale for each in left])
    expressions = [each.expression.times(whole(each.scale, scale)) for each in left]
    high = max(model.bounds(each)[1] for each in expressions)
    v = model.variable(((whole(least, scale), high),))
    model.constraints.append(Largest(v, tuple(expressions)))
    return Quantity(Affine(((v, 1),)), scale, whole(least, scale), high)


def smallest(model: Model, of: Sequence[Quantity]) -> Quantity:
    """The smallest of some quantities."""
    return times(model, largest(model, [times(model, each, -1) for each in of]), -1)


def times(model: Model, of: Quantity, factor: Number) -> Quantity:
    """A multiple of a quantity."""
    return total(model, [(factor, of)])


def square(model: Model, of: Quantity) -> Quantity:
    """The square of a quantity."""
    if of.fixed:
        return known(normal(of.least * of.least))
    if of.high - of.low == 1 or of.literal is not None:
        literal = of.literal if of.literal is not None else model.named(of.expression.plus(-of.low)) + 1
        return two(model, literal, normal(of.least**2), normal(of.greatest**2))
    v = model.named(of.expression)
    ends = sorted((of.low**2, of.high**2))
    q = model.variable(((0 if of.low <= 0 <= of.high else ends[0], ends[1]),))
    model.constraints.append(Product(q, v, v))
    return made(model, Affine(((q, 1),)), normal(of.scale**2))


def _relu(model: Model, pre: Quantity, _: Mapping[str, Any]) -> Quantity:
    return largest(model, [pre, known(0)])


def _abs(model: Model, pre: Quantity, _: Mapping[str, Any]) -> Quantity:
    return largest(model, [pre, times(model, pre, -1)])


def _leaky(model: Model, pre: Quantity, given: Mapping[str, Any]) -> Quantity:
    slope = given["slope"]
    # Where the slope is at most 1, slope · z is above z just where z < 0.
    return (largest if slope <= 1 else smallest)(model, [pre, times(model, pre, slope)])


def _clip(model: Model, pre: Quantity, given: Mapping[str, Any]) -> Quantity:
    return smallest(model, [largest(model, [pre, known(given["low"])]), known(given["high"])])


def _floor(model: Model, pre: Quantity, _: Mapping[str, Any]) -> Quantity:
    above, below = normal(pre.scale).numerator, normal(pre.scale).denominator
    if below == 1:
        return pre
    low, high = above * pre.low // below, above * pre.high // below
    v = model.variable(((low, high),))
    model.linear(added([(above, pre.expression), (-below, Affine(((v, 1),)))]), ((0, below - 1),))
    return made(model, Affine(((v, 1),)), 1)


def _piecewise(model: Model, pre: Quantity, given: Mapping[str, Any]) -> Quantity:
    """One literal a piece; an integer on a border belongs to the piece before it."""
    points = given["points"]
    slopes = [given["left"]]
    for (z, value), (after, next_value) in pairwise(points):
        slopes.append(_quotient(next_value - value, after - z))
    slopes.append(given["right"])
    knots = [z for z, _ in points]
    anchors = [points[0], *points]
    ends = [_quotient(z, pre.scale) for z in knots]
    lows = [pre.low, *(int(end // 1) + 1 for end in ends)]
    highs = [*(int(end // 1) for end in ends), pre.high]
    pieces = []
    for low, high, slope, (z, value) in zip(lows, highs, slopes, anchors, strict=True):
        low, high = max(low, pre.low), min(high, pre.high)
        if low <= high:
            pieces.append((low, high, normal(slope * pre.scale), normal(value - slope * z)))
    if len(pieces) == 1:
        _, _, slope, constant = pieces[0]
        return total(model, [(_quotient(slope, pre.scale), pre)], constant)
    scale = common([number for _, _, slope, constant in pieces for number in (slope, constant)])
    parts = [(low, high, whole(slope, scale), whole(constant, scale)) for low, high, slope, constant in pieces]
    values = [slope * end + constant for low, high, slope, constant in parts for end in (low, high)]
    v = model.variable(((min(values), max(values)),))
    literals = []
    for low, high, slope, constant in parts:
        literals.append(model.literal())
        model.linear(pre.expression, ((low, high),), literals[-1])
        level = added([(1, Affine(((v, 1),))), (-slope, pre.expression)])
        model.linear(level, ((constant, constant),), literals[-1])
    model.exactly_one(literals)
    return made(model, Affine(((v, 1),)), scale)


def _quotient(above: Number, below: Number) -> Number:
    return normal(Fraction(above) / below)


def _entries(model: Model, pre: Quantity, given: Mapping[str, Any]) -> Quantity:
    """A table: a literal for each entry that can be met."""
    otherwise = given["otherwise"]
    found = {pre.place(z): value for z, value in given["values"] if value != otherwise}
    met = {place: value for place, value in found.items() if place is not None}
    if len(met) > MOST_ENTRIES:
        return by_table(model, of_name({"kind": "table", **given}), pre)
    parts = []
    for place, value in met.items():
        literal = model.literal()
        model.linear(pre.expression, ((place, place),), literal)
        model.linear(pre.expression, without(place, pre.low, pre.high), -literal)
        parts.append((literal, value))
    model.at_most_one([literal for literal, _ in parts])
    return total(model, [(1, two(model, literal, 0, normal(v - otherwise))) for literal, v in parts], otherwise)


def by_table(model: Model, activation: Activation, pre: Quantity) -> Quantity:
    """Any activation, as a table over the values that the pre-activation can have."""
    places = listed(model, pre)
    return table(model, pre, places, [_applied(activation, normal(pre.scale * place)) for place in places])


def table(model: Model, of: Quantity, places: Sequence[int], values: Sequence[Number]) -> Quantity:
    """The quantity that has values[i] where the expression is places[i] (it is nothing else)."""
    levels: dict[Number, list[int]] = {}
    for place, value in zip(places, values, strict=True):
        levels.setdefault(value, []).append(place)
    if len(levels) == 1:
        return known(values[0])
    if len(levels) <= MOST_LEVELS:
        return _by_levels(model, of, levels)
    scale = common(levels)
    rows = [(place, whole(value, scale)) for place, value in zip(places, values, strict=True)]
    v = model.variable(domain_of([value for _, value in rows]))
    model.constraints.append(Listed((model.named(of.expression), v), tuple(rows)))
    return made(model, Affine(((v, 1),)), scale)


def _by_levels(model: Model, of: Quantity, levels: Mapping[Number, Sequence[int]]) -> Quantity:
    if len(levels) == 2:
        (low, at_low), (high, at_high) = levels.items()
        literal = model.literal()
        model.linear(of.expression, domain_of(at_high), literal)
        model.linear(of.expression, domain_of(at_low), -literal)
        return two(model, literal, low, high)
    literals = []
    for places in levels.values():
        literals.append(model.literal())
        model.linear(of.expression, domain_of(places), literals[-1])
    model.exactly_one(literals)
    return total(model, [(1, two(model, literal, 0, v)) for literal, v in zip(literals, levels, strict=True)])


def _applied(activation: Activation, z: Number) -> Number:
    try:
        return activation(z)
    except InvalidInput as error:  # A function from Python, at an argument that it may never meet.
        raise MethodUnsuitable(f"an activation cannot be listed ({error})") from None


_ROWS: Mapping[str, Encoder] = {
    **{kind: _sign(values) for kind, values in TWO_VALUED.items()},
    "identity": lambda model, pre, given: pre,
    "scale": lambda model, pre, given: times(model, pre, given["factor"]),
    "relu": _relu,
    "abs": _abs,
    "leaky_relu": _leaky,
    "clip": _clip,
    "floor": _floor,
    "square": lambda model, pre, given: square(model, pre),
    "quarter_square": lambda model, pre, given: times(model, square(model, pre), _quotient(1, 4)),
    "piecewise_linear": _piecewise,
    "table": _entries,
}
