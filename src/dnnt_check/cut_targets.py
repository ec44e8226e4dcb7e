"""Targets under cuts and residues for any loss: entries of lists of losses are combined, and pruned by what is left.

Every cell (a coordinate, or the coordinates of one input) has a list of its losses. Entries are chosen cell by cell. A
choice is dropped if its loss and the least losses left are too large; if the least values of a cut that are left are
too large; and if, for some cut g . d <= H and multiplier m >= 0, the loss so far and the least values of
loss + m g . d that are left exceed what is allowed plus m H: then no completion satisfies the cut with a small enough
loss (weak duality). For losses of distances the multipliers are slopes of the loss over weights of the cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnnt_check.budget import Work
from dnnt_check.directions import Conditions
from dnnt_check.keys import too_many_targets
from dnnt_check.numbers import Number, add, magnitude, multiply, ratio
from dnnt_check.states import StateLoss

#: Predicted seconds for a choice that is extended, for an entry that is tried, and for each cut or multiplier there.
NODE = 3e-6
ENTRY = 6e-7
CUT = 4e-7

#: Bytes for a choice that waits.
NODE_BYTES = 400

#: So many cuts get multipliers, and so many of them.
MOST_MULTIPLIERS = 8

#: A loss, a part of the key, and the values of the cuts.
Entry = tuple[Number, int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Bound:
    """Over completions: loss + multiplier * (value of the cut) >= least."""

    cut: int
    multiplier: Number
    least: Number


class CutListing:
    """One combination of lists of (loss, part of the key), each by increasing loss."""

    def __init__(
        self,
        loss: StateLoss,
        listings: list[list[tuple[Number, int]]],
        constant: Number,
        conditions: Conditions,
        limit: int,
        work: Work,
    ) -> None:
        self.loss = loss
        self.constant = constant
        self.conditions = conditions
        self.limit = limit
        self.work = work
        self.listings = [self._entries(listing) for listing in sorted(listings, key=len)]

    def _entries(self, listing: list[tuple[Number, int]]) -> list[Entry]:
        cuts = [cut.weights for cut in self.conditions.cuts]
        self.work.hold(len(listing) * (NODE_BYTES + 40 * len(cuts)), "the list of targets")
        return [(part, key, tuple([self._value(key, weights) for weights in cuts])) for part, key in listing]

    def _value(self, key: int, weights: Sequence[int]) -> int:
        """The weighted sum of the digits of a key."""
        axes = self.loss.axes
        self.work.spend(len(axes) * 4e-7)
        pairs = zip(weights, axes, strict=True)
        return sum([weight * (key // axis.stride % axis.radix) for weight, axis in pairs if weight])

    def run(self) -> list[int]:
        """The keys of the targets, with their slacks.

        Raises:
            SizeExceeded: there are more than the limit.
        """
        work, loss = self.work, self.loss
        limits = tuple([cut.limit for cut in self.conditions.cuts])
        nodes: list[Entry] = [(self.constant, 0, limits)]
        for place, listing in enumerate(self.listings):
            rest = self.listings[place + 1 :]
            least: Number = 0
            for other in rest:
                least = add(least, other[0][0], work)
            lowest = [sum([min([entry[2][c] for entry in other]) for other in rest]) for c in range(len(limits))]
            work.spend(sum([len(other) for other in rest]) * len(limits) * 1e-7)
            bounds = self._bounds(rest)
            each = ENTRY + CUT * (len(limits) + 2 * len(bounds))
            following: list[Entry] = []
            for total, key, rooms in nodes:
                base = add(total, least, work)
                tried = 0
                for part, more, values in listing:
                    if not loss.too_small(base + part):
                        break
                    tried += 1
                    left = tuple([room - value for room, value in zip(rooms, values, strict=True)])
                    if any(room < low for room, low in zip(left, lowest, strict=True)):
                        continue
                    if bounds and self._excluded(total + part, left, bounds):
                        continue
                    following.append((total + part, key + more, left))
                    if tried % 1000 == 0:
                        work.spend(1000 * each)
                work.spend(NODE + tried % 1000 * each)
                work.hold(len(following) * NODE_BYTES, "the list of targets")
            nodes = following
        return self._fitting([node for node in nodes if loss.too_small(node[0])])

    def _excluded(self, total: Number, left: tuple[int, ...], bounds: list[_Bound]) -> bool:
        """Does a choice have no completion, by one of the bounds?"""
        too_small = self.loss.too_small
        return any(not too_small(total + item.least - item.multiplier * left[item.cut]) for item in bounds)

    def _fitting(self, nodes: list[Entry]) -> list[int]:
        """Those that satisfy the congruences."""
        result: list[int] = []
        span = self.conditions.span
        for _, key, left in nodes:
            if all(
                (self._value(key, item.weights) - item.residue) % item.modulus == 0
                for item in self.conditions.congruences
            ):
                result.append(key + left[0] * span if span else key)
            if len(result) > self.limit:
                raise too_many_targets(self.limit)
        return result

    def _bounds(self, rest: list[list[Entry]]) -> list[_Bound]:
        """Bounds for the cells that are left."""
        kind = self.loss.instance.loss.kind
        rows = self.loss.structure.rows
        if not rest or kind != "absolute" or any(row is not None and row.kind != "identity" for row in rows):
            return []
        result: list[_Bound] = []
        for c, cut in enumerate(self.conditions.cuts[:MOST_MULTIPLIERS]):
            slopes: set[Number] = set()
            for place, (axis, weight) in enumerate(zip(self.loss.axes, cut.weights, strict=True)):
                if weight:
                    samples = self.loss.samples[place // self.loss.rows]
                    slope = multiply(axis.step, sum([item for item, _ in samples]), self.work)
                    slopes.add(magnitude(ratio(slope, weight)))
                    self.work.spend(3e-6)
            for multiplier in sorted(slopes)[:MOST_MULTIPLIERS]:
                if multiplier:
                    least: Number = 0
                    for listing in rest:
                        self.work.spend(len(listing) * 6e-7)
                        least = add(
                            least, min([part + multiplier * values[c] for part, _, values in listing]), self.work
                        )
                    result.append(_Bound(c, multiplier, least))
        return result
