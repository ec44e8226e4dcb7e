"""Grids of contributions: a few values of each slot in all combinations, added up coordinate by coordinate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import mul
from typing import NamedTuple

from dnnt.exact import Number
from dnnt.reachable.assemble import Assigned
from dnnt.reachable.program import Address

MOST_AXES = 6
"""Slots with a choice up to which each is an axis of its own; more of them are dealt out to so many axes."""

Options = tuple[int, Callable[[int], Number]]
"""How many values a space has, and value number i, in increasing order."""


class Slot(NamedTuple):
    """One parameter: how many values it has, value number i, the column that it goes with, and where it is."""

    size: int
    value_of: Callable[[int], Number]
    column: Sequence[Number]
    address: Address


class Axis(NamedTuple):
    """Some slots, for each of them its values in each of a few ways, and for each coordinate what all add then."""

    addresses: tuple[Address, ...]
    ways: list[list[Number]]
    columns: list[list[Number]]


def spaced(slot: Slot, size: int, random: Callable[[], float]) -> Axis:
    """An axis of one slot, with so many values from all over its space: if there are as many, all of them."""
    count, value_of, column, address = slot
    if size == 1:
        value = value_of(int(random() * count))
        return Axis((address,), [[value]], [[value * x] for x in column])
    if size == count:
        values = list(map(value_of, range(count)))
    else:
        # No even steps, of which all sums would be even.
        values = [value_of((j * count + int(random() * count)) // size) for j in range(size)]
    return Axis((address,), [values], [[value * x for value in values] for x in column])


def bundled(slots: Sequence[Slot], size: int, random: Callable[[], float]) -> Axis:
    """An axis of several slots, all of them drawn anew for each way."""
    ways = [[value_of(int(random() * count)) for _ in range(size)] for count, value_of, _, _ in slots]
    rows = zip(*[slot.column for slot in slots], strict=True)
    columns = [[sum(map(mul, way, row)) for way in zip(*ways, strict=True)] for row in rows]
    return Axis(tuple([slot.address for slot in slots]), ways, columns)


class Grid:
    """All combinations of ways of the axes, and of the values of an outgoing weight, which vary slowest."""

    def __init__(self, axes: Sequence[Axis], weights: Axis) -> None:
        self.axes = axes
        self.weights = weights
        self.vectors: list[tuple[Number, ...]] = []  # What each combination makes, in order.

    def columns(self, width: int) -> list[list[Number]]:
        """What all combinations of the axes add up to, for each of so many coordinates."""
        columns = []
        for i in range(width):
            column: list[Number] = [0]
            for _, _, columns_of in self.axes:
                added = columns_of[i]
                column = [z + a for z in column for a in added]
            columns.append(column)
        return columns

    def values(self, vector: tuple[Number, ...]) -> tuple[Assigned, ...]:
        """The values of a combination that makes this vector."""
        made: list[Assigned] = []
        number = self.vectors.index(vector)
        for addresses, ways, _ in (*reversed(self.axes), self.weights):
            number, way = divmod(number, len(ways[0]))
            made.extend([(address, values[way]) for address, values in zip(addresses, ways, strict=True)])
        return tuple(made)
