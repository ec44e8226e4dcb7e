"""Which values a unit can have at any point, as long as they are few: sums of all values of what it adds up."""

from __future__ import annotations

from dnnt_check.budget import Work
from dnnt_check.column_sets import SIGNS
from dnnt_check.column_units import MOST_BITS, Net
from dnnt_check.numbers import Number, add, bits, multiply

#: Values of one unit that are listed.
MOST_VALUES = 64

#: Sums that are formed to find the values of units.
MOST_SUMS = 20_000


class Values:
    """All values that units can have at any point, or more, as long as they are few."""

    def __init__(self, net: Net, work: Work) -> None:
        self.net = net
        self.work = work
        self.left = MOST_SUMS
        self.known: dict[int, tuple[Number, ...] | None] = {}

    def of(self, unit: int) -> tuple[Number, ...] | None:
        """The values of a unit, in increasing order; None where they are many."""
        if unit not in self.known:
            self.known[unit] = self._of(unit)
        return self.known[unit]

    def _of(self, unit: int) -> tuple[Number, ...] | None:
        adder, work = self.net.adders[unit], self.work
        activation = adder.activation
        if activation.kind in SIGNS:
            return SIGNS[activation.kind]
        if activation.kind == "table":
            values = {value for _, value in activation.points} | set(activation.values)
            return tuple(sorted(values)) if len(values) <= MOST_VALUES else None
        function = activation.function(work)
        found: set[Number] = set()
        for point, start in enumerate(adder.constant):
            sums: set[Number] = {start}
            for what, factors in adder.summands:
                if isinstance(what, int):
                    heads = self.of(what)
                    if heads is None:
                        return None
                else:
                    heads = (what[point],)
                steps = {multiply(factor, head, work) for factor in factors for head in heads}
                self.left -= len(sums) * len(steps)
                if self.left < 0:
                    return None
                sums = {add(total, step, work) for total in sums for step in steps}
                work.spend(len(sums) * 5e-7 + 1e-6)
            found.update([function(total) for total in sums])
            work.spend(len(sums) * 1e-6)
            if len(found) > MOST_VALUES or any(bits(value) > MOST_BITS for value in found):
                return None
        return tuple(sorted(found))
