"""Losses: what a sample costs, and how the cost splits over the outputs.

Each loss is >= 0. For reachability proofs every loss also knows, for a single output, a lower bound that is monotone
between finitely many breaks: the loss itself where it is a sum over outputs (`separable`), a part of it elsewhere, and
0 for the loss of a reduced instance (`guarded`), of which a single output says nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, magnitude, multiply, ratio

if TYPE_CHECKING:
    from dnnt_check.guarded import Guarded

Vector = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of one sample: a function of the outputs f and the labels y.

    Attributes:
        kind: its name.
        value: the margin of a hinge, the value of a table for what it does not list.
        table: labels -> (outputs -> loss).
        allowed: of pairs, for every output the numbers that decode to an allowed pair, in increasing order.
        guarded: what a guarded loss checks.
    """

    kind: str
    value: Number = 0
    table: dict[Vector, dict[Vector, Number]] | None = None
    allowed: tuple[tuple[int, ...], ...] = ()
    guarded: Guarded | None = None

    @property
    def separable(self) -> bool:
        """Is the loss the sum over the outputs of `part`?"""
        return self.kind in ("squared", "absolute", "hinge")

    @property
    def part_of_one_is_all(self) -> bool:
        """Is `part` the loss itself where there is a single output?"""
        return self.kind != "guarded"

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
        if self.kind in ("pairs", "printed_pairs"):
            return self._pairs(work)
        if self.guarded is not None:
            return self.guarded.function(work)
        return {"zero_one": _zero_one, "misclassified": _misclassified, "positive": _positive}[self.kind]

    def _pairs(self, work: Work) -> Callable[[Vector, Vector], Number]:
        printed = self.kind == "printed_pairs"

        def pairs(outputs: Vector, labels: Vector) -> Number:
            work.spend(len(outputs) * 1e-6)
            if outputs == labels and not printed:
                return 0
            return 1 if all(map(listed, self.allowed, outputs)) else 2

        return pairs

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
        if kind == "positive":
            return lambda f, labels: 0 if f == labels[place] else 1 if f > 0 else 2
        if kind in ("pairs", "printed_pairs"):
            allowed, printed = self.allowed[place], kind == "printed_pairs"
            return lambda f, labels: 0 if f == labels[place] and not printed else 1 if listed(allowed, f) else 2
        if kind == "guarded":
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

    def breaks(self, place: int, samples: Sequence[tuple[Number, Vector]]) -> Iterable[Number]:
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
        if self.kind == "positive":
            return [0, *[labels[place] for _, labels in samples]]
        if self.kind == "pairs":
            return [*self.allowed[place], *[labels[place] for _, labels in samples]]
        if self.kind == "printed_pairs":
            return self.allowed[place]
        if self.kind == "guarded":
            return ()
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


def _positive(outputs: Vector, labels: Vector) -> Number:
    if outputs == labels:
        return 0
    return 1 if all(f > 0 for f in outputs) else 2


def listed(allowed: Sequence[int], value: Number) -> bool:
    """Is the value one of these increasing numbers?"""
    place = bisect_left(allowed, value)
    return place < len(allowed) and allowed[place] == value
