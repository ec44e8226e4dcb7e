"""Samples with one input and different targets: whatever the parameters, some of them are missed, and that costs.

The bound holds for any values of the outputs, so it needs no search. It is computed where the loss is a sum over
outputs, or there is one output; elsewhere it is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from dnnt.certificate import OfForm
from dnnt.exact import Number, magnitude, normal, to_json
from dnnt.instance import Instance
from dnnt.losses import Loss

Targets = Mapping[Number, Number]
"""The targets of one output at one input, with their weights."""


def conflict_bound(instance: Instance) -> Number:
    """The least total loss that any function of the inputs could have, as far as it is known; 0 without conflicts."""
    least = _LEAST.get(instance.loss.of_outputs(instance.network.output_count).kind)
    outputs = instance.network.output_count
    if least is None or (outputs > 1 and not instance.loss.separable):
        return 0
    merged: dict[tuple[Number, ...], list[tuple[Number, tuple[Number, ...]]]] = {}
    for sample in instance.samples:
        merged.setdefault(sample.x, []).append((sample.weight, sample.y))
    total: Number = 0
    for samples in merged.values():
        if len(samples) == 1:
            continue
        for output in range(outputs):
            targets: dict[Number, Number] = {}
            for weight, y in samples:
                if weight:
                    targets[y[output]] = targets.get(y[output], 0) + weight
            if len(targets) > 1:
                total += least(targets, instance.loss)
    return normal(total)


def grounds(bound: Number) -> OfForm:
    """The grounds of that bound: the sum of the least costs of all points is as large (docs/certificates.md)."""
    body: dict[str, Any] = {
        "sums": [],
        "literals": [[["t"], to_json(bound), None]],
        "relations": [],
        "clauses": [["d", 1], ["t", -1]],
        "proof": [0, 1, 2, 0],
    }
    return OfForm("clauses", body)


def _squared(targets: Targets, loss: Loss) -> Number:
    weight = sum(targets.values())
    mean = Fraction(sum(w * y for y, w in targets.items())) / weight
    return sum(w * (y - mean) ** 2 for y, w in targets.items())


def _at_targets(cost: Callable[[Number, Number], Number]) -> Callable[[Targets, Loss], Number]:
    """The least weighted cost where it is at one of the targets."""
    return lambda targets, loss: min(sum(w * cost(f, y) for y, w in targets.items()) for f in targets)


def _hinge(targets: Targets, loss: Loss) -> Number:
    margin = dict(loss.arguments)["margin"]
    # A convex function made of lines, whose ends do not fall: it is least where two lines meet.
    breaks = [Fraction(margin) / y for y in targets if y]
    costs: list[Number] = [sum(w * max(0, margin - y * f) for y, w in targets.items()) for f in breaks]
    return min(costs)


def _misclassified(targets: Targets, loss: Loss) -> Number:
    return min(targets.values())  # There are two targets, -1 and 1, and no output has both signs.


_LEAST: Mapping[str, Callable[[Targets, Loss], Number]] = {
    "squared": _squared,
    "absolute": _at_targets(lambda f, y: magnitude(f - y)),
    "zero_one": _at_targets(lambda f, y: 0 if f == y else 1),
    "hinge": _hinge,
    "misclassified": _misclassified,
}
