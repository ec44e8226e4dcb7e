"""All columns that a unit can have, for given columns of the units that it reads.

A vector of integers is one long integer with a field for each point; the sums of one multiple of each summand are a set
of such integers, and the top bit of a field, once half of its range is added, tells whether the sum is negative there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm

from dnnt_check.activations import Activation
from dnnt_check.budget import TooMuchWork, Work
from dnnt_check.column_units import MOST_BITS, Adder, parts_of
from dnnt_check.columns import ones, pack, unpack
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, common_denominator, quotient

#: Sums that are formed in one go.
CHUNK = 20_000

#: Columns that are remembered.
REMEMBERED = 200_000

#: Values of the units that look at the sign alone: below 0, and from 0 on.
SIGNS: Mapping[str, tuple[Number, Number]] = {"sign": (-1, 1), "step": (0, 1)}


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A column: its values, and the masks of points of equal values. Equal columns are one object."""

    values: Vector
    parts: tuple[int, ...]


#: A column with its factors.
Row = tuple[Vector, tuple[Number, ...]]

#: Activation, constant and rows, in order.
Key = tuple[Activation, Vector, tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class _Packed:
    """The constant (with half of the range of every field added), the multiples of each row, the shortest list first,
    and how they are packed: that half, the width of a field in bytes, and the common denominator.
    """

    start: int
    steps: tuple[list[int], ...]
    half: int
    width: int
    common: int


class ColumnSets:
    """Makes the sets, and remembers them."""

    def __init__(self, points: int, work: Work) -> None:
        self.points = points
        self.work = work
        self.shapes: dict[Vector, Shape] = {}
        self.masks: dict[tuple[str, int], Shape] = {}
        self.known: dict[Key, tuple[Shape, ...]] = {}
        self.recent: tuple[Key, set[int], int] | None = None
        self.spread: dict[tuple[int, int], int] = {}
        self.stored = 0
        self.functions: dict[Activation, Callable[[Number], Number]] = {}

    def of(self, adder: Adder, columns: Mapping[int, Shape]) -> tuple[Shape, ...]:
        """All columns that the unit can have."""
        key = self._key(adder, columns)
        found = self.known.get(key)
        if found is None:
            found = self._made(*key)
            if self.stored > REMEMBERED:
                self.known.clear()
                self.shapes.clear()
                self.masks.clear()
                self.stored = 0
            self.known[key] = found
            self.stored += len(found) + 1
        return found

    def has(self, adder: Adder, columns: Mapping[int, Shape], wanted: int) -> bool:
        """Can the unit, which looks at the sign alone, have its upper value at these points and at no others?"""
        key = self._key(adder, columns)
        if self.recent is None or self.recent[0] != key:
            packed = self._packed(key[1], key[2])
            self.recent = key, self._signs(packed), packed.width
        _, masks, width = self.recent
        spread = self.spread.get((wanted, width))
        if spread is None:
            top = b"".join([bytes(width - 1) + bytes([wanted >> p << 7 & 128]) for p in range(self.points)])
            spread = self.spread[wanted, width] = int.from_bytes(top, "little")
            self.work.spend(self.points * 3e-7)
        return spread in masks

    def _key(self, adder: Adder, columns: Mapping[int, Shape]) -> Key:
        """What the columns depend on; in order, so that units that add up the same are one case."""
        rows = [(columns[what].values if isinstance(what, int) else what, factors) for what, factors in adder.summands]
        self.work.spend(3e-6 + len(rows) * self.points * 1e-7)
        return adder.activation, adder.constant, tuple(sorted(rows))

    def _packed(self, constant: Vector, rows: Sequence[Row]) -> _Packed:
        """What is added up, with fields that are wide enough."""
        work, points = self.work, self.points
        below = [common_denominator(factors, MOST_BITS) for _, factors in rows]
        common = common_denominator(constant, MOST_BITS)
        for (row, _), denominator in zip(rows, below, strict=True):
            common = lcm(common, denominator * common_denominator(row, MOST_BITS))
            if common.bit_length() > MOST_BITS:
                break
        if common.bit_length() > MOST_BITS:
            raise TooMuchWork(f"too much work: columns with numbers of more than {MOST_BITS} bits")
        reach = max(max(constant), -min(constant))
        for row, factors in rows:
            reach += max(max(row), -min(row)) * max(-factors[0], factors[-1])
        length = int(reach * common).bit_length() + 1
        if length > 2 * MOST_BITS:
            raise TooMuchWork(f"too much work: columns with numbers of more than {MOST_BITS} bits")
        width = length // 8 + 1
        half = ones(points, width) << 8 * width - 1
        start = half + pack(tuple([int(value * common) for value in constant]), width)
        steps = []
        for (row, factors), denominator in zip(rows, below, strict=True):
            base = pack(tuple([int(value * (common // denominator)) for value in row]), width)
            steps.append([int(factor * denominator) * base for factor in factors])
            work.spend(points * 1e-6 + len(factors) * 5e-7)
        return _Packed(start, tuple(sorted(steps, key=len)), half, width, common)

    def _made(self, activation: Activation, constant: Vector, rows: Sequence[Row]) -> tuple[Shape, ...]:
        packed = self._packed(constant, rows)
        if activation.kind in SIGNS:
            return tuple([self._two(activation.kind, mask, packed.width) for mask in self._signs(packed)])
        sums = {packed.start}
        for multiples in packed.steps:
            sums = self._added(sums, multiples, packed.width, None)
        return self._images(activation, sums, packed.half, packed.width, packed.common)

    def _signs(self, packed: _Packed) -> set[int]:
        """The top bits of the fields of all sums."""
        sums = {packed.start}
        for multiples in packed.steps[:-1]:
            sums = self._added(sums, multiples, packed.width, None)
        last = packed.steps[-1] if packed.steps else [0]
        return self._added(sums, last, packed.width, packed.half)

    def _added(self, sums: set[int], multiples: Sequence[int], width: int, mask: int | None) -> set[int]:
        """The sums of one of each, or their parts under a mask."""
        work = self.work
        size = 80 + self.points * width
        work.hold(len(sums) * len(multiples) * size, "the columns of a unit")
        members = list(sums)
        work.require(len(members) * len(multiples) * 1e-7, "the columns of a unit")
        found: set[int] = set()
        for start in range(0, len(members), CHUNK):
            chunk = members[start : start + CHUNK]
            for more in multiples:
                if mask is None:
                    found.update([total + more for total in chunk])
                else:
                    found.update([total + more & mask for total in chunk])
                work.spend(len(chunk) * (1e-7 + size * 3e-10) + 5e-7)
        return found

    def _two(self, kind: str, mask: int, width: int) -> Shape:
        """The column of a unit that has its upper value where the top bit of the field is set."""
        top = mask.to_bytes(self.points * width, "little")[width - 1 :: width]
        dense = int.from_bytes(top, "little")
        shape = self.masks.get((kind, dense))
        self.work.spend(1e-6 + self.points * width * 1e-9)
        if shape is None:
            low, high = SIGNS[kind]
            shape = self.masks[kind, dense] = self._shape(tuple([high if byte else low for byte in top]))
        return shape

    def _shape(self, values: Vector) -> Shape:
        shape = self.shapes.get(values)
        if shape is None:
            shape = self.shapes[values] = Shape(values, parts_of(values))
        self.work.spend(1e-6 + self.points * 2e-7)
        return shape

    def _images(self, activation: Activation, sums: set[int], half: int, width: int, common: int) -> tuple[Shape, ...]:
        """The activation applied to every field."""
        work, points = self.work, self.points
        function = self.functions.setdefault(activation, activation.function(work))
        values: dict[int, Number] = {}
        found: dict[Vector, Shape] = {}
        for total in sums:
            fields = unpack(total - half, points, width)
            for field in fields:
                if field not in values:
                    values[field] = function(quotient(field, common) if common > 1 else field)
                    work.spend(2e-6)
            image = tuple([values[field] for field in fields])
            if image not in found:
                found[image] = self._shape(image)
            work.spend(2e-6 + points * 3e-7)
        return tuple(found.values())
