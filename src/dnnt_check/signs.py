"""Guides: losses of networks whose numbers cannot be written, proved again by intervals.

A guide says how many bits to use and which sums to write as polynomials (see circuit.py). Nothing in it is trusted: it
says where to look, and what is found there is computed here. The total loss comes out as an interval. An upper part
needs it to be one number, the claimed one; a lower part needs it to lie above the bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from dnnt_check.budget import Invalid, Work
from dnnt_check.circuit import Circuit, Hints, Plan
from dnnt_check.guides import Guide
from dnnt_check.instance import Instance
from dnnt_check.intervals import Ball, Intervals, Value
from dnnt_check.loss_bounds import LossBounds
from dnnt_check.numbers import Number, add, multiply
from dnnt_check.wiring import Wiring


class GuidedLoss:
    """Bounds on the total loss of a network with known parameters.

    Attributes:
        low: its least member is not above the total loss.
        high: its greatest member is not below it; None if nothing is known.
    """

    def __init__(self, instance: Instance, wiring: Wiring, guide: Guide, part: str, work: Work) -> None:
        """Evaluate the network at every distinct input with a sample of weight above 0."""
        self.work = work
        self.intervals = intervals = Intervals(guide.bits, work)
        hints = _by_input(guide, len(instance.points), len(wiring.activations), part, work)
        none = Hints({}, {})
        plan = Plan(wiring, work)
        loss = LossBounds(instance.loss, intervals, work)
        lows: list[tuple[Number, Value]] = []
        highs: list[tuple[Number, Value]] | None = []
        for i, (x, samples) in enumerate(zip(instance.points, instance.samples, strict=True)):
            outputs = Circuit(plan, x, f"{part}.signs: input {i}", hints.get(i, none), intervals, work).outputs()
            for weight, labels in samples:
                low, high = loss.bounds(outputs, labels)
                lows.append((weight, low))
                if high is None:
                    highs = None
                elif highs is not None:
                    highs.append((weight, high))
        self.low = self._total(lows)
        self.high = None if highs is None else self._total(highs)

    def _total(self, parts: Sequence[tuple[Number, Value]]) -> Value:
        """The weighted sum; exactly, if every part is, however long that makes it."""
        if any(isinstance(value, Ball) for _, value in parts):
            return self.intervals.linear(0, parts)
        total: Number = 0
        for weight, value in parts:
            assert not isinstance(value, Ball)
            total = add(total, multiply(weight, value, self.work), self.work)
        return total

    @property
    def exact(self) -> Number | None:
        """The total loss, if it is known exactly."""
        if self.high is None or isinstance(self.low, Ball) or isinstance(self.high, Ball):
            return None
        return self.low if self.low == self.high else None

    def at_least(self, bound: Number, strict: bool) -> bool:
        """Is the total loss proved to be at least the bound (with `strict`: greater)?"""
        if bound < 0 or (bound == 0 and not strict):
            return True
        sign = self.intervals.order(self.low, bound)[0]
        return sign > 0 or (sign == 0 and not strict)


def _by_input(guide: Guide, inputs: int, vertices: int, part: str, work: Work) -> dict[int, Hints]:
    """What a guide says of each input; all nodes that it names exist, and steps fit the differences that they use."""
    result: dict[int, Hints] = {}
    for place, (index, d, v, sign, u) in enumerate(guide.differences):
        here = f"{part}.signs.differences[{place}]"
        if index >= inputs:
            raise Invalid(f"{here}: there are only {inputs} distinct inputs")
        if d < 2 * vertices:
            raise Invalid(f"{here}: the name belongs to a vertex; names from {2 * vertices} on are free")
        result.setdefault(index, Hints({}, {})).differences[d] = (v, sign, u)
        work.spend(1e-6)
    none = Hints({}, {})

    def check(node: int, index: int, here: str) -> None:
        if node >= 2 * vertices and node not in result.get(index, none).differences:
            raise Invalid(f"{here}: there are only {vertices} vertices, and no such difference")

    for place, (index, _, v, _, u) in enumerate(guide.differences):
        for node in (v, u):
            check(node, index, f"{part}.signs.differences[{place}]")
        work.spend(2e-6)
    for place, (index, node, steps) in enumerate(guide.expand):
        here = f"{part}.signs.expand[{place}]"
        if index >= inputs:
            raise Invalid(f"{here}: there are only {inputs} distinct inputs")
        check(node, index, here)
        hints = result.setdefault(index, Hints({}, {}))
        for step in steps:
            if isinstance(step, int):
                check(step, index, here)
                continue
            replaced, d = step
            if d not in hints.differences or hints.differences[d][0] != replaced:
                raise Invalid(f"{here}: a pair needs a difference, and the node that this is taken from")
        hints.expansions[node] = steps
        work.spend(1e-6 + len(steps) * 5e-7)
    return result
