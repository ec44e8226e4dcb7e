"""What a loss can be where outputs are known only as numbers or as balls.

The bounds are two values (`network_circuit.Value`): the loss is not below all of the first, nor above all of the second
(None: nothing is known above). They are the loss itself where every output is exact. Losses of few values are decided
by proved comparisons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from dnnt.exact import Number
from dnnt.losses import Loss
from dnnt.losses.coded import codes
from dnnt.signs.engine import as_ball
from dnnt.signs.network_circuit import Value

Bounds = tuple[Value, Value | None]


def loss_bounds(loss: Loss, outputs: Sequence[Value], y: tuple[Number, ...]) -> Bounds:
    """Bounds on the loss of outputs for targets y, with balls of the precision that flint is set to."""
    if all(is_number(f) for f in outputs):
        value = loss(tuple(outputs), y)
        return value, value
    kind, arguments = loss.kind, dict(loss.arguments)
    if kind in ("squared", "absolute", "maximum", "hinge"):
        return _distances(kind, arguments.get("margin", 0), [as_value(f) for f in outputs], y)
    if kind == "zero_one":
        return _hull(_outcomes(_equal(outputs, y), [0], [1]))
    if kind == "misclassified":
        return _hull(_outcomes(_right(outputs, y), [0], [1]))
    if kind == "positive":
        rest = _outcomes(_all(_above(f, 0) for f in outputs), [1], [2])
        return _hull(_outcomes(_equal(outputs, y), [0], rest))
    if kind in ("pairs", "printed_pairs"):
        listed = codes(arguments["size"], arguments["allowed"])
        rest = _outcomes(_all(_among(f, of) for f, of in zip(outputs, listed, strict=True)), [1], [2])
        return _hull(rest if kind == "printed_pairs" else _outcomes(_equal(outputs, y), [0], rest))
    if kind == "table":
        possible = [arguments["otherwise"]]
        for f, labels, cost in arguments["values"]:
            if labels == y and _equal(outputs, f) is not False:
                possible.append(cost)
        return _hull(possible)
    return 0, None


def is_number(value: Value) -> bool:
    """Whether a value is known exactly."""
    return hasattr(value, "numerator")


def as_value(value: Value) -> Value:
    """A value as a ball."""
    return as_ball(value) if is_number(value) else value


def above(low: Value, bound: Number) -> bool:
    """Whether all of a value is proved to lie above the number."""
    return bool(low > bound) if is_number(low) else bool(low > as_ball(bound))


def not_above(high: Value, bound: Number) -> bool:
    """Whether all of a value is proved to be at most the number."""
    return bool(high <= bound) if is_number(high) else bool(high <= as_ball(bound))


def _distances(kind: str, margin: Number, outputs: Sequence[Value], y: tuple[Number, ...]) -> Bounds:
    parts = []
    for f, label in zip(outputs, y, strict=True):
        if kind == "hinge":
            parts.append((as_ball(margin) - as_ball(label) * f).nonnegative_part())
        else:
            distance = abs(f - as_ball(label))
            parts.append(distance * distance if kind == "squared" else distance)
    total = parts[0]
    for part in parts[1:]:
        total = total.max(part) if kind == "maximum" else total + part
    if not total > 0:
        return 0, total
    return total, total


def _outcomes(answer: bool | None, yes: list[Number], no: list[Number]) -> list[Number]:
    """What is possible, by a proved answer or without one."""
    return yes if answer else no if answer is False else [*yes, *no]


def _hull(possible: list[Number]) -> Bounds:
    return min(possible), max(possible)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """True if all are, False if one is False, else None."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def _above(value: Value, number: Number) -> bool | None:
    """Whether the value is above the number, as far as that is proved."""
    return True if above(value, number) else False if not_above(value, number) else None


def _equals(value: Value, number: Number) -> bool | None:
    if is_number(value):
        return bool(value == number)
    ball = as_ball(number)
    return False if value > ball or value < ball else None


def _equal(outputs: Sequence[Value], y: Sequence[Number]) -> bool | None:
    return _all(_equals(f, label) for f, label in zip(outputs, y, strict=True))


def _among(value: Value, numbers: Set[Number]) -> bool | None:
    if is_number(value):
        return value in numbers
    return False if all(_equals(value, number) is False for number in numbers) else None


def _right(outputs: Sequence[Value], y: tuple[Number, ...]) -> bool | None:
    """Whether the label is the sign of the output, or the hot output is the largest."""
    if len(outputs) == 1:
        return _above(as_ball(y[0]) * as_value(outputs[0]), 0)
    hot = as_value(outputs[y.index(1)])
    return _all(_above(hot - as_value(f), 0) for t, f in enumerate(outputs) if not y[t])
