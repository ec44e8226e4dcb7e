"""The values of single coordinates of the sets in a program, exactly, without forming the sets.

The values that a coordinate takes in a sum of sets are the sums of the values that it takes in each: a sumset of
numbers. So where they are few they are known at small cost, and with them the axis that executing the program would
find: its origin and its step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dnnt.exact import Number, magnitude, normal
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread
from dnnt.reachable.packing import Axis, axis_of, axis_sum
from dnnt.spaces import Range

MOST_VALUES = 4096
"""The most values of a coordinate, and the most products of values."""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """An axis as `execute` finds it, and its digits that there are, in increasing order (None: too many to tell)."""

    axis: Axis
    digits: tuple[int, ...] | None

    @property
    def values(self) -> list[Number] | None:
        """The values in increasing order, where they are known."""
        return None if self.digits is None else [self.axis.value(digit) for digit in self.digits]


ZERO = Coordinate(Axis(0, 0, 1), (0,))


def _of(values: list[Number]) -> Coordinate:
    axis = axis_of(values)
    return Coordinate(axis, tuple(sorted({int((v - axis.low) // axis.step) if axis.step else 0 for v in values})))


@dataclass(slots=True)
class Projections:
    """Coordinates of nodes, each computed once; None where the values are too many to tell."""

    _known: dict[tuple[int, int], Coordinate | None] = field(default_factory=dict)

    def axes(self, node: Node, width: int) -> tuple[Axis, ...] | None:
        """The axes of a node of this width; None where one of them is not known."""
        made = []
        for c in range(width):
            one = self.of(node, c)
            if one is None:
                return None
            made.append(one.axis)
        return tuple(made)

    def of(self, node: Node, c: int) -> Coordinate | None:
        """Coordinate c of a node. Nodes are known by their identity, as they live as long as their program."""
        at = id(node), c
        if at not in self._known:
            self._known[at] = self._found(node, c)
        return self._known[at]

    def _found(self, node: Node, c: int) -> Coordinate | None:
        if isinstance(node, Choose):
            return _chosen(node, c)
        if isinstance(node, Along):
            line = self.of(node.line, 0)
            return None if line is None else _scaled(line, node.direction[c])
        if isinstance(node, Image):
            part = self.of(node.part, c)
            values = None if part is None else part.values
            return None if values is None else _of([node.activation(z) for z in values])
        if isinstance(node, Spread):
            return self._spread(node, c)
        parts = [(self.of(part, c), times) for part, times in node.parts]
        return sum_of(parts)

    def _spread(self, node: Spread, c: int) -> Coordinate | None:
        b, index = divmod(c, node.part.part.width)
        if b == node.own:
            return self.of(node.part, index)
        block = node.blocks[b]
        if block is None:
            return ZERO
        values, line = self.of(node.part, index), self.of(block, 0)
        mine, weights = (None if one is None else one.values for one in (values, line))
        if mine is None or weights is None or len(mine) * len(weights) > MOST_VALUES:
            return None
        return _of([normal(w * a) for w in weights for a in mine])


def _chosen(node: Choose, c: int) -> Coordinate:
    x, space = node.column[c], node.space
    if x == 0:
        return ZERO
    if not isinstance(space, Range):
        return _of([normal(w * x) for w in space.values])
    axis = Axis(normal(min(space.low * x, space.high * x)), magnitude(normal(space.step * x)), space.size)
    return Coordinate(axis, tuple(range(space.size)) if space.size <= MOST_VALUES else None)


def _scaled(line: Coordinate, u: Number) -> Coordinate:
    axis, digits = line.axis, line.digits
    if u == 0 or axis.count == 1:
        return Coordinate(Axis(normal(axis.low * u), 0, 1), (0,))
    if u < 0 and digits is not None:
        digits = tuple(axis.count - 1 - digit for digit in reversed(digits))
    low = axis.low if u > 0 else axis.high
    return Coordinate(replace(axis, low=normal(low * u), step=magnitude(normal(axis.step * u))), digits)


def sum_of(parts: list[tuple[Coordinate | None, int]]) -> Coordinate | None:
    """The coordinate of a sum of `times` vectors of each part."""
    known = [(one, times) for one, times in parts if one is not None]
    if len(known) < len(parts):
        return None
    axis = axis_sum((one.axis, times) for one, times in known)
    sets: list[tuple[list[int], int]] = []
    for one, times in known:
        if one.digits is None or times * (len(one.digits) - 1) >= MOST_VALUES:
            return Coordinate(axis, None)
        if len(one.digits) > 1:
            ratio = int(one.axis.step // axis.step)
            sets.append(([digit * ratio for digit in one.digits], times))
    return Coordinate(axis, _by_bits(sets) if axis.count <= MOST_VALUES else _by_sets(sets))


def _by_bits(sets: list[tuple[list[int], int]]) -> tuple[int, ...]:
    total = 1
    for shifts, times in sets:
        for _ in range(times):
            before, total = total, 0
            for shift in shifts:
                total |= before << shift
    return tuple(digit for digit in range(total.bit_length()) if total >> digit & 1)


def _by_sets(sets: list[tuple[list[int], int]]) -> tuple[int, ...] | None:
    total = {0}
    for shifts, times in sets:
        for _ in range(times):
            if len(total) * len(shifts) > 4 * MOST_VALUES:
                return None
            total = {digit + shift for digit in total for shift in shifts}
    return tuple(sorted(total)) if len(total) <= MOST_VALUES else None
