"""The value vectors of a unit: sums of its slots, then the activation.

The pre-activations over the distinct inputs are sums of columns times elements of spaces. They are packed into keys
of their own box; proportional columns were merged before, so few sums remain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from dnnt_check.boxes import Axis, Extent, axes
from dnnt_check.budget import Work
from dnnt_check.dense import BIT, affine_pieces, map_seconds, map_set, occurring, split
from dnnt_check.keys import CHUNK, MAXIMUM_DENSE, Keys, SizeExceeded, add_progression, add_set, positions, single
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, common, magnitude, multiply, whole_ratio
from dnnt_check.scalars import sum_of_spaces
from dnnt_check.spaces import Scaled
from dnnt_check.structure import Source

#: Predicted seconds for a vector that is taken apart and put together.
VECTOR = 8e-7

#: Predicted seconds from which it is asked whether all vectors can be mapped at once.
DENSE_FROM = 1e-3

#: Coordinates with more digits than this are not mapped as a whole.
MAXIMUM_RADIX = 200_000


@dataclass(frozen=True, slots=True)
class Image:
    """A set of value vectors; `members` or `keys` holds them.

    Attributes:
        extents: for each distinct input the extent of the values that occur there.
        divisors: for each distinct input a number of which these values are integer multiples.
        values: for each distinct input the values that occur there.
        members: the vectors, or None.
        keys: the vectors as a dense set of keys of `box`, or None.
        box: the smallest box around the vectors.
    """

    extents: tuple[Extent, ...]
    divisors: tuple[Number, ...]
    values: tuple[tuple[Number, ...], ...]
    members: tuple[Vector, ...] | None
    keys: Keys | None
    box: tuple[Axis, ...]

    @property
    def count(self) -> int:
        """How many vectors there are."""
        if self.members is not None:
            return len(self.members)
        return self.keys.count if self.keys is not None else 0

    def vectors(self, work: Work) -> Iterator[Vector]:
        """The vectors."""
        if self.members is not None:
            yield from self.members
            return
        assert self.keys is not None
        tables = [
            {whole_ratio(value - axis.low, axis.step) if axis.step else 0: value for value in values}
            for axis, values in zip(self.box, self.values, strict=True)
        ]
        if not tables:
            yield from [()] * self.keys.count
            return
        assert self.keys.dense is not None
        rows: list[tuple[int, Vector]] = [(self.keys.dense, ())]
        for axis, table in zip(reversed(self.box[1:]), reversed(tables[1:]), strict=True):
            rows = [
                (part, (table[digit], *rest))
                for bits, rest in rows
                for digit, part in enumerate(split(bits, axis.stride, axis.radix, work))
                if part
            ]
            work.spend(len(rows) * 1e-6)
        first = tables[0]
        for bits, rest in rows:
            for digit in positions(bits, work):
                yield (first[digit], *rest)
            work.spend(2e-6)


def image_of(source: Source, points: int, limit: int, work: Work) -> Image:
    """The value vectors of the units with this source.

    Raises:
        SizeExceeded: there are more than `limit` pre-activation vectors.
    """
    terms = [(column, sum_of_spaces(spaces, limit, "pre", work)) for column, spaces in source.slots]
    extents = [Extent() for _ in range(points)]
    for column, space in terms:
        for i, entry in enumerate(column):
            ends = sorted((multiply(space.low, entry, work), multiply(space.high, entry, work)))
            part = Extent(ends[0], ends[1], magnitude(multiply(space.step, entry, work)))
            extents[i] = extents[i].plus(part, 1, work)
    box = axes(extents, work)
    keys = single()
    for column, space in sorted(terms, key=lambda term: -term[1].count):
        keys = _add_term(keys, column, space, box, limit, work)
    if keys.count > limit:
        raise SizeExceeded("lower.grounds.sizes.pre: fewer are declared than there are")
    return _apply(source, keys, box, work)


def _add_term(keys: Keys, column: Vector, space: Scaled, box: tuple[Axis, ...], limit: int, work: Work) -> Keys:
    """Add all multiples of a column, counted from the lowest corner of their own box."""
    factor = 0
    low = 0
    for axis, entry in zip(box, column, strict=True):
        difference = multiply(space.step, entry, work)
        weight = axis.weigh(difference)
        factor += weight
        if difference < 0:
            low -= weight * space.digits[-1]
    if isinstance(space.digits, range):
        start = low if factor >= 0 else low + factor * (space.count - 1)
        summed = add_progression(keys, abs(factor), space.count, limit, "pre", work)
        return add_set(summed, single(start), limit, "pre", work)
    summand = {low + factor * digit for digit in space.digits}
    work.spend(len(summand) * 2e-7)
    return add_set(keys, Keys(max(summand), summand), limit, "pre", work)


def _apply(source: Source, keys: Keys, box: tuple[Axis, ...], work: Work) -> Image:
    """The activation, coordinate by coordinate, each value of a coordinate once."""
    activation = source.activation.function(work)
    sparse_seconds = keys.count * (VECTOR + len(box) * VECTOR / 3)
    if keys.dense is not None and sparse_seconds > DENSE_FROM:
        image = _apply_dense(keys.dense, box, activation, sparse_seconds, work)
        if image is not None:
            return image
    work.require(sparse_seconds, "the activation of a unit")
    tables: list[dict[int, Number]] = [{} for _ in box]
    members: set[Vector] = set()
    elements = keys.elements(work)
    while piece := list(islice(elements, CHUNK)):
        columns = []
        for axis, table in zip(box, tables, strict=True):
            digits = [key // axis.stride % axis.radix for key in piece]
            for digit in set(digits).difference(table):
                table[digit] = activation(add(axis.low, multiply(axis.step, digit, work), work))
                work.spend(2e-6)
            columns.append([table[digit] for digit in digits])
        members.update(zip(*columns, strict=True) if columns else [()])
        work.spend(len(piece) * (4e-7 + len(box) * 2.5e-7))
        work.hold(len(members) * (160 + 8 * len(box)), "the vectors of a unit")
    values = tuple([tuple(set(table.values())) for table in tables])
    extents, divisors = extents_of(values, work)
    return Image(extents, divisors, values, tuple(members), None, ())


def extents_of(values: Sequence[Sequence[Number]], work: Work) -> tuple[tuple[Extent, ...], tuple[Number, ...]]:
    """Extents and divisors of the values of each coordinate."""
    extents: list[Extent] = []
    divisors: list[Number] = []
    for these in values:
        low, high = min(these), max(these)
        step: Number = 0
        divisor: Number = 0
        for value in these:
            step = common(step, value - low)
            divisor = common(divisor, value)
            work.spend(2e-6)
        extents.append(Extent(low, high, step))
        divisors.append(divisor)
    return tuple(extents), tuple(divisors)


def _apply_dense(
    bits: int,
    box: tuple[Axis, ...],
    activation: Callable[[Number], Number],
    sparse_seconds: float,
    work: Work,
) -> Image | None:
    """The activation of all vectors at once, if that is cheaper than one after another; else None."""
    radices = [axis.radix for axis in box]
    if max(radices, default=1) > MAXIMUM_RADIX:
        return None
    tables: list[dict[int, Number]] = []
    for level, axis in enumerate(box):
        table: dict[int, Number] = {}
        for digit in occurring(bits, radices, level, work):
            table[digit] = activation(add(axis.low, multiply(axis.step, digit, work), work))
            work.spend(3e-6)
        tables.append(table)
    values = tuple([tuple(set(table.values())) for table in tables])
    extents, divisors = extents_of(values, work)
    image_box = axes(list(extents), work)
    size = 1
    for axis in image_box:
        size *= axis.radix
    if size > MAXIMUM_DENSE:
        return None
    maps = []
    for axis, table, extent in zip(image_box, tables, extents, strict=True):
        mapped = {digit: axis.weigh(value - extent.low) for digit, value in table.items()}
        maps.append(affine_pieces(mapped))
        work.spend(len(mapped) * 2e-6)
    seconds = map_seconds(radices, maps) + size * BIT
    if seconds > sparse_seconds:
        return None
    work.require(seconds, "the activation of a unit")
    keys = Keys(size - 1, dense=map_set(bits, radices, maps, work))
    return Image(extents, divisors, values, None, keys, image_box)
