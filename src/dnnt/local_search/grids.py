"""Units on grids: every value of a unit as an integer over a common denominator, with bounds that show what fits.

Intervals along the normal form, over all points; a unit's *reach* bounds every partial sum of its pre-activation, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from dnnt.activations import TWO_VALUED, Activation
from dnnt.exact import Number, common_denominator, magnitude
from dnnt.kernels.annealing_arrays import CLIP, DENSE, FLOOR, LINES, PIECES, SPARSE, SQUARE, TWO
from dnnt.simplify.form import Form, Unit

LARGEST = 1 << 60
"""Integers of the compiled loops stay below this: sums and differences of two of them do not wrap."""

MOST_LISTED = 4096
"""Pre-activations up to which an activation becomes a table of all its values."""


class Unfit(Exception):
    """Why compiled loops do not take a normal form."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A unit on grids: pre-activations are multiples of 1/`pre`, values of 1/`value`.

    `low` and `high` bound the value, `reach` every partial sum of the pre-activation, all as integers on these grids.
    `kind`, `a`, `b` and `table` are the activation between them (see `dnnt.kernels.annealing`); `step` is what a usual
    move changes the pre-activation by.
    """

    pre: int
    value: int
    low: int
    high: int
    reach: int
    kind: int
    a: int
    b: int
    table: tuple[tuple[int, int, int], ...]
    step: float


def whole(value: Number) -> int:
    """The integer that a number is known to be."""
    assert value.denominator == 1, "a number off its grid"
    return int(value)


def grids(form: Form) -> tuple[tuple[int, ...], tuple[Grid, ...]]:
    """(the common denominator of each variable's values, the grid of each unit). Raises `Unfit`."""
    variables = tuple([common_denominator(variable.values) for variable in form.variables])
    made: list[Grid] = []
    for unit in form.units:
        made.append(_grid(form, unit, variables, made))
    return variables, tuple(made)


def _grid(form: Form, unit: Unit, variables: Sequence[int], known: Sequence[Grid]) -> Grid:
    pre = common_denominator(unit.constant)
    for k, column in unit.terms:
        pre = lcm(pre, common_denominator(column) * variables[k])
    for product in unit.products:
        own = 1 if product.variable is None else variables[product.variable]
        pre = lcm(pre, product.factor.denominator * own * known[product.source].value)
    pre = lcm(pre, _denominator(unit.activation))
    if pre > LARGEST:
        raise Unfit("denominators are too large")
    low: Number = min(unit.constant, default=0)
    high: Number = max(unit.constant, default=0)
    reach: Number = max(magnitude(low), magnitude(high))
    steps: list[float] = []
    for k, column in unit.terms:
        values = form.variables[k].values
        ends: list[Number] = (
            [v * x for v in (values[0], values[-1]) for x in (min(column), max(column))] if column else [0]
        )
        low, high, reach = low + min(ends), high + max(ends), reach + max(map(magnitude, ends))
        if len(values) > 1 and column:
            mean = sum(map(magnitude, column)) / Fraction(sum(map(bool, column)))
            steps.append(_size((values[-1] - values[0]) / Fraction(len(values) - 1) * mean * pre))
    for product in unit.products:
        source = known[product.source]
        values = (1,) if product.variable is None else form.variables[product.variable].values
        zs = (Fraction(source.low, source.value), Fraction(source.high, source.value))
        far: list[Number] = [product.factor * v * z for v in (values[0], values[-1]) for z in zs]
        low, high, reach = low + min(far), high + max(far), reach + max(map(magnitude, far))
        each = (values[-1] - values[0]) / Fraction(len(values) - 1) if len(values) > 1 else Fraction(values[0])
        steps.append(_size(each * (zs[1] - zs[0]) / 2 * product.factor * pre))
    if reach * pre >= LARGEST:
        raise Unfit("pre-activations are too large")
    step = max(1.0, sum(steps) / max(1, len(steps)))
    return _activated(unit.activation, pre, (low * pre, high * pre), whole(reach * pre), step)


def _size(value: Number) -> float:
    return float(magnitude(value)) if magnitude(value) < LARGEST else float(LARGEST)


def _denominator(activation: Activation) -> int:
    """What the grid of pre-activations must be fine enough for."""
    arguments = dict(activation.arguments)
    if activation.kind == "clip":
        return common_denominator((arguments["low"], arguments["high"]))
    if activation.kind == "piecewise_linear":
        return common_denominator([z for z, _ in arguments["points"]])
    return 1


def _activated(activation: Activation, pre: int, between: tuple[Number, Number], reach: int, step: float) -> Grid:
    low, high = map(whole, between)
    kind, arguments = activation.kind, dict(activation.arguments)

    def made(value: int, of: int, a: int = 0, b: int = 0, table: tuple[tuple[int, int, int], ...] = ()) -> Grid:
        ends = activation.interval(Fraction(low, pre), Fraction(high, pre))
        if of == DENSE:
            least, greatest = min(row[0] for row in table), max(row[0] for row in table)
        elif ends is None:
            raise Unfit(f"nothing is known of the range of activation {kind}")
        else:
            least, greatest = whole(ends[0] * value), whole(ends[1] * value)
        if max(abs(least), abs(greatest), abs(a), abs(b)) >= LARGEST or value > LARGEST:
            raise Unfit("values of units are too large")
        return Grid(pre, value, least, greatest, reach, of, a, b, table, step)

    slopes = _slopes(activation)
    if slopes is not None:
        below, above = slopes
        by = common_denominator(slopes)
        return made(pre * by, LINES, whole(below * by), whole(above * by))
    if kind in TWO_VALUED:
        below, above = TWO_VALUED[kind]
        return made(1, TWO, below, above)
    if kind == "square":
        return made(pre * pre, SQUARE)
    if kind == "quarter_square":
        return made(4 * pre * pre, SQUARE)
    if kind == "clip":
        return made(pre, CLIP, whole(arguments["low"] * pre), whole(arguments["high"] * pre))
    if kind == "floor":
        return made(1, FLOOR, pre)
    if activation.is_custom:
        raise Unfit("an activation is a function given from Python")
    if high - low < MOST_LISTED:
        values = [activation(Fraction(z, pre)) for z in range(low, high + 1)]
        value = common_denominator(values)
        return made(value, DENSE, low, 0, tuple([(whole(q * value), 0, 0) for q in values]))
    if kind == "table":
        entries = {z * pre: q for z, q in arguments["values"] if (z * pre).denominator == 1}
        value = common_denominator([*entries.values(), arguments["otherwise"]])
        rows = [(whole(z), whole(entries[z] * value), 0) for z in sorted(entries) if low <= z <= high]
        other = whole(arguments["otherwise"] * value)
        return made(value, SPARSE, other, 0, ((low - 1, other, 0), *rows))
    if kind == "piecewise_linear":
        return _pieces(activation, pre, low, high, made)
    raise Unfit(f"activation {kind} has too many values")


def _pieces(activation: Activation, pre: int, low: int, high: int, made: Any) -> Grid:
    """Lines from `low` on, and from each knot up to `high`."""
    starts = [low, *[whole(z * pre) for z in activation.turns if low < z * pre <= high]]
    points = [activation(Fraction(start, pre)) for start in starts]
    slopes = []
    for index, start in enumerate(starts):
        # A knot lies on the grid, so that a line goes on at least to the next place of the grid.
        slopes.append(activation(Fraction(start + 1, pre)) - points[index])
    value = common_denominator([*points, *slopes])
    rows = [(z, whole(q * value), whole(slope * value)) for z, q, slope in zip(starts, points, slopes, strict=True)]
    grid: Grid = made(value, PIECES, 0, 0, tuple(rows))
    return grid


def _slopes(activation: Activation) -> tuple[Number, Number] | None:
    """The slopes below and above 0 of an activation that is made of two lines through the origin."""
    if activation.kind == "scale":
        factor = dict(activation.arguments)["factor"]
        return factor, factor
    if activation.kind == "leaky_relu":
        return dict(activation.arguments)["slope"], 1
    return {"identity": (1, 1), "relu": (0, 1), "abs": (-1, 1)}.get(activation.kind)
