"""The total loss of given parameters where numbers are too long to write: exactly, or between bounds.

Every distinct input makes the network a circuit (`network_circuit.py`), which the engine evaluates; expansions are by
definitions and differences, and recorded, so that the guide lets `dnnt_check` prove every sign again with its own
arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from dnnt.certificate import Signs
from dnnt.exact import Number, normal
from dnnt.instance import Instance, Sample
from dnnt.parameters import Parameters, check_shape
from dnnt.signs.engine import as_ball
from dnnt.signs.expansion import Replacement
from dnnt.signs.loss_bounds import above, is_number, loss_bounds, not_above
from dnnt.signs.network_circuit import NetworkCircuit, Undecided, Value, Wiring, orders, wired

LADDER = ((2, 128), (4, 1024), (8, 8192))
"""Bits to try: so many for each product on the longest way, and so many besides."""


@dataclass(frozen=True, slots=True)
class TotalBounds:
    """The total loss lies between `low` and `high` (numbers, or balls; None: nothing is known above)."""

    low: Value
    high: Value | None
    signs: Signs

    @property
    def exact(self) -> Number | None:
        """The total loss, where it is known exactly."""
        if self.high is None or not is_number(self.low) or not is_number(self.high) or self.low != self.high:
            return None
        total: Number = self.low
        return total

    def at_most(self, bound: Number) -> bool | None:
        """Whether the total loss is at most the number; None where that is not proved."""
        if self.high is not None and not_above(self.high, bound):
            return True
        return False if above(self.low, bound) else None

    def least(self) -> Number:
        """A number that the total loss is not below: a short one."""
        if is_number(self.low):
            low: Number = self.low
            return low
        power = next((1 << k for k in range(256, -1, -1) if above(self.low, 1 << k)), 0)
        return power


def total_bounds(
    instance: Instance,
    parameters: Parameters,
    poll: Callable[[], None] = lambda: None,
    threshold: Number | None = None,
) -> TotalBounds:
    """Bounds on the total loss of parameters, as tight as they come: exact, or enough to compare with a threshold.

    `threshold` is the instance's gamma where it is not given. Raises `TooLarge` for a layered network that cannot be
    written out.
    """
    threshold = instance.gamma if threshold is None else threshold
    network = instance.network.graph()
    check_shape(network, parameters)
    wiring = wired(network, parameters)
    found = TotalBounds(0, None, Signs(16))
    for (each, spare), ordered in product(LADDER, orders(wiring)):
        found = _bounds(instance, ordered, each * wiring.height + spare, poll)
        if found.exact is not None or (threshold is not None and found.at_most(threshold) is not None):
            break
    return found


def _bounds(instance: Instance, wiring: Wiring, bits: int, poll: Callable[[], None]) -> TotalBounds:
    from flint import ctx

    expansions: list[tuple[int, int, tuple[Replacement, ...]]] = []
    differences: list[tuple[int, int, int, int, int]] = []
    low: Value = 0
    high: Value | None = 0
    groups: dict[tuple[Number, ...], list[Sample]] = {}
    for sample in instance.samples:
        if sample.weight:
            groups.setdefault(sample.x, []).append(sample)
    for i, (x, samples) in enumerate(groups.items()):
        try:
            circuit = NetworkCircuit(wiring, x, bits, poll)
            outputs = circuit.outputs()
        except Undecided:
            return TotalBounds(0, None, Signs(bits))
        more, expanded = circuit.guide()
        differences += [(i, *each) for each in more]
        expansions += [(i, *each) for each in expanded]
        with ctx.workprec(bits):
            for sample in samples:
                poll()
                least, most = loss_bounds(instance.loss, outputs, sample.y)
                low = _plus(low, sample.weight, least)
                high = None if high is None or most is None else _plus(high, sample.weight, most)
    return TotalBounds(low, high, Signs(bits, tuple(expansions), tuple(differences)))


def _plus(total: Value, weight: Number, value: Value) -> Value:
    """The total with another term, exactly where both are."""
    if is_number(total) and is_number(value):
        return normal(total + weight * value)
    total = as_ball(total) if is_number(total) else total
    value = as_ball(value) if is_number(value) else value
    return total + as_ball(weight) * value
