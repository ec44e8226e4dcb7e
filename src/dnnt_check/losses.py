"""Losses: what a sample costs, and how the cost splits over the outputs.

Each loss is >= 0. For reachability proofs every loss also knows, for a single output, a lower bound that is monotone
between finitely many breaks: the loss itself where it is a sum over outputs (`separable`), a part of it elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, magnitude, multiply, ratio, shown
from dnnt_check.reading import Place, array, fault, number, numbers, record

Vector = tuple[Number, ...]

_PLAIN = ("squared", "absolute", "maximum", "zero_one", "misclassified")


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of one sample: a function of the outputs f and the labels y.

    Attributes:
        kind: its name.
        value: the margin of a hinge, the value of a table for what it does not list.
        table: labels -> (outputs -> loss).
    """

    kind: str
    value: Number = 0
    table: dict[Vector, dict[Vector, Number]] | None = None

    @property
    def separable(self) -> bool:
        """Is the loss the sum over the outputs of `part`?"""
        return self.kind in ("squared", "absolute", "hinge")

    def function(self, work: Work) -> Callable[[Vector, Vector], Number]:
        """The loss as a function of (outputs, labels)."""
        if self.separable:
            part = self.part(0, 1, work)

            def total(outputs: Vector, labels: Vector) -> Number:
                result: Number = 0
                for f, y in zip(outputs, labels, strict=True):
                    result = add(result, part(f, (y,)), work)
                return result

            return total
        if self.kind == "table":
            table, otherwise = self.table or {}, self.value
            return lambda outputs, labels: table.get(labels, {}).get(outputs, otherwise)
        if self.kind == "maximum":
            return lambda outputs, labels: _maximum(outputs, labels, work)
        return {"zero_one": _zero_one, "misclassified": _misclassified}[self.kind]

    def part(self, place: int, outputs: int, work: Work) -> Callable[[Number, Vector], Number]:
        """A lower bound on the loss as a function of (output number `place` alone, all labels)."""
        kind, value = self.kind, self.value
        if kind == "squared":

            def squared(f: Number, labels: Vector) -> Number:
                distance = add(f, -labels[place], work)
                return multiply(distance, distance, work)

            return squared
        if kind in ("absolute", "maximum"):
            return lambda f, labels: magnitude(add(f, -labels[place], work))
        if kind == "hinge":

            def hinge(f: Number, labels: Vector) -> Number:
                gap = add(value, -multiply(labels[place], f, work), work)
                return gap if gap > 0 else 0

            return hinge
        if kind == "zero_one":
            return lambda f, labels: 0 if f == labels[place] else 1
        if kind == "misclassified":
            if outputs == 1:
                return lambda f, labels: 0 if f * labels[0] > 0 else 1
            return lambda f, labels: 0
        return self._table_part(place)

    def _table_part(self, place: int) -> Callable[[Number, Vector], Number]:
        least: dict[tuple[Number, Vector], Number] = {}
        for labels, entries in (self.table or {}).items():
            for outputs, loss in entries.items():
                key = (outputs[place], labels)
                if len(outputs) == 1:
                    least[key] = loss
                else:
                    least[key] = min(loss, least.get(key, self.value))
        return lambda f, labels: least.get((f, labels), self.value)

    def breaks(self, place: int, samples: Sequence[tuple[Number, Vector]]) -> set[Number]:
        """Values of output `place` between which the weighted sum of `part` over the samples is monotone."""
        if self.kind == "squared":
            weight = sum(weight for weight, _ in samples)
            mean = sum(weight * labels[place] for weight, labels in samples)
            return {ratio(mean, weight)} if weight else set()
        if self.kind in ("absolute", "maximum", "zero_one"):
            return {labels[place] for _, labels in samples}
        if self.kind == "hinge":
            return {ratio(self.value, labels[place]) for _, labels in samples if labels[place]}
        if self.kind == "misclassified":
            return {0}
        return {outputs[place] for _, labels in samples for outputs in (self.table or {}).get(labels, {})}


def _maximum(outputs: Vector, labels: Vector, work: Work) -> Number:
    return max([magnitude(add(f, -y, work)) for f, y in zip(outputs, labels, strict=True)], default=0)


def _zero_one(outputs: Vector, labels: Vector) -> Number:
    return 0 if outputs == labels else 1


def _misclassified(outputs: Vector, labels: Vector) -> Number:
    if len(outputs) == 1:
        return 0 if outputs[0] * labels[0] > 0 else 1
    best = max(outputs)
    return 0 if outputs[labels.index(1)] == best and outputs.count(best) == 1 else 1


def read_loss(value: Any, outputs: int, place: Place, work: Work) -> Loss:
    """A loss from its JSON form, for so many outputs."""
    if isinstance(value, str) and value in _PLAIN:
        if value == "misclassified" and outputs == 0:
            raise fault(place, "misclassified needs an output")
        return Loss(value)
    if not isinstance(value, dict):
        raise fault(place, "the name of a loss or an object is expected")
    if value.get("kind") == "hinge":
        record(value, place, ("kind", "margin"))
        return Loss("hinge", number(value["margin"], (place, "margin"), work))
    if value.get("kind") != "table":
        raise fault(place, "unknown kind of loss")
    record(value, place, ("kind", "values", "otherwise"))
    otherwise = _loss_value(value["otherwise"], (place, "otherwise"), work)
    table: dict[Vector, dict[Vector, Number]] = {}
    for i, item in enumerate(array(value["values"], (place, "values"))):
        here = ((place, "values"), i)
        record(item, here, ("f", "y", "loss"))
        f = numbers(item["f"], (here, "f"), work)
        y = numbers(item["y"], (here, "y"), work)
        if len(f) != outputs or len(y) != outputs:
            raise fault(here, f"f and y need a number for each of the {shown(outputs)} outputs")
        loss = _loss_value(item["loss"], (here, "loss"), work)
        if table.setdefault(y, {}).setdefault(f, loss) != loss:
            raise fault(here, "contradicts an earlier entry")
    return Loss("table", otherwise, table)


def _loss_value(value: Any, place: Place, work: Work) -> Number:
    result = number(value, place, work)
    if result < 0:
        raise fault(place, "a loss may not be negative")
    return result


def check_labels(loss: Loss, labels: Vector, place: Place) -> None:
    """Refuse labels that `misclassified` does not allow."""
    if loss.kind != "misclassified":
        return
    if len(labels) == 1:
        if labels[0] not in (-1, 1):
            raise fault(place, "misclassified needs a label of -1 or 1")
    elif labels.count(1) != 1 or labels.count(0) != len(labels) - 1:
        raise fault(place, "misclassified needs a one-hot label: a single 1, else 0")
