"""The summands of the reachable states: the set of vectors of each group of units, and the multiples of the rest.

The sets are rebuilt from the instance: pre-activations as sums of slots, then the activation, then the weights to the
sums. All vectors are packed into keys of the smallest box around the reachable states, from the lowest corner of
their own box, so that adding keys adds vectors.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from dnnt_check.boxes import Axis, Extent, axes
from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.dense import BIT, Affine, map_seconds, map_set
from dnnt_check.images import VECTOR, Image, image_of
from dnnt_check.instance import Instance
from dnnt_check.keys import (
    ELEMENT_BYTES,
    MAXIMUM_DENSE,
    Keys,
    SizeExceeded,
    add_copies,
    add_progression,
    add_set,
    single,
)
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, common, magnitude, multiply, whole_ratio
from dnnt_check.reachable_grounds import Sizes, Thin
from dnnt_check.scalars import Term, bounds_of_sum, sum_of_spaces
from dnnt_check.spaces import Scaled
from dnnt_check.structure import Group, Slots, Structure
from dnnt_check.thin import Near, Outer, outer_of

#: Predicted seconds for a product of a vector and a weight.
CHOICE = 2.5e-7

#: A limit where none is declared.
ANY = 10**100


@dataclass(frozen=True, slots=True)
class Contribution:
    """A group's set of vectors, before it is packed: extents of its coordinates and the spaces to the sums.

    With `outer` it is not formed, but for the vectors near the face of a cut; `thin` says of which one.
    """

    group: Group
    image: Image
    spaces: tuple[tuple[int, Scaled], ...]
    extents: tuple[Extent, ...]
    outer: Outer | None = None
    thin: Thin | None = None


class RestTerm:
    """All multiples of one column, at one sum. The set of factors is formed when it is first asked for.

    Attributes:
        row: the sum.
        column: what is multiplied.
        low: the least factor.
        high: the greatest one.
        step: a number that divides all differences of factors.
    """

    __slots__ = ("_limit", "_name", "_space", "_terms", "_work", "column", "high", "low", "row", "step")

    def __init__(self, row: int, column: Vector, terms: Sequence[Term], limit: int, name: str, work: Work) -> None:
        """Bounds alone; the set may have `limit` elements, as `name` of the sizes says."""
        self.row, self.column = row, column
        self.low, self.high, self.step = bounds_of_sum(terms, work)
        self._terms, self._limit, self._name, self._work = terms, limit, name, work
        self._space: Scaled | None = None

    @property
    def space(self) -> Scaled:
        """The set of factors."""
        if self._space is None:
            self._space = sum_of_spaces(self._terms, self._limit, self._name, self._work)
        return self._space


class Summands:
    """The sets of vectors whose sum is the set of reachable states, in the smallest box around it.

    Attributes:
        points: how many distinct inputs there are.
        rows: how many state rows there are; the coordinate of input i and row r is axis i * rows + r.
        contributions: the groups of units.
        rest: the slots of the rest in the right half.
        rest_left: those in the left half.
        axes: the coordinates.
    """

    def __init__(
        self,
        instance: Instance,
        structure: Structure,
        sizes: Sizes,
        work: Work,
        capped: bool = False,
        thin: Sequence[Thin] = (),
        cases: Container[int] = (),
    ) -> None:
        """Rebuild the sets; if `capped`, not all of R is going to be formed, and not all of the `thin` units.

        Nor all of the units with a position in `cases`.
        """
        self.work = work
        self.sizes = sizes
        self.capped = capped
        self.points = len(instance.points)
        self.rows = len(structure.rows)
        self._images: dict[int, Image] = {}
        self._outers: dict[int, Outer] = {}
        known = {item.position: item for item in thin}
        self.contributions = [
            self._contribution(structure, group, known.get(group.first), group.first in cases)
            for group in structure.groups
        ]
        self.rest = self._rest_terms(structure.rest, sizes.right, "right")
        self.rest_left = self._rest_terms(structure.rest_left, sizes.left, "left")
        extents = [Extent() for _ in range(self.points * self.rows)]
        for item in self.contributions:
            copies = item.group.left + item.group.right
            for place, extent in enumerate(item.extents):
                extents[place] = extents[place].plus(extent, copies, work)
        for term in (*self.rest, *self.rest_left):
            for i, entry in enumerate(term.column):
                place = i * self.rows + term.row
                extents[place] = extents[place].plus(self._multiples(term, entry), 1, work)
        self.axes: tuple[Axis, ...] = axes(extents, work)

    @property
    def span(self) -> int:
        """How many keys the box has."""
        return self.axes[-1].stride * self.axes[-1].radix if self.axes else 1

    def halves(self, with_left: bool = True, limited: bool = True) -> tuple[Keys, Keys]:
        """The keys of L and of R, each from the lowest corner of its own box.

        Perhaps without forming L, or without the limits on what is formed of both.
        """
        left, right = single(), single()
        most_left, most_right = (self.sizes.left, self.sizes.right) if limited else (ANY, ANY)
        packed = [(item, self.packed(item)) for item in self.contributions if with_left or item.group.right]
        # The largest sets first: later sums are then few shifts of a large set.
        packed.sort(key=lambda pair: -pair[1].count)
        for item, keys in packed:
            group = item.group
            if with_left:
                left = add_copies(left, keys, group.left, most_left, "left", self.work)
            right = add_copies(right, keys, group.right, most_right, "right", self.work)
        for term in sorted(self.rest, key=lambda term: -term.space.count):
            right = self._add_rest(right, term, most_right, "right")
        for term in sorted(self.rest_left, key=lambda term: -term.space.count):
            left = self._add_rest(left, term, most_left, "left")
        if (with_left and left.count > most_left) or right.count > most_right:
            raise SizeExceeded("lower.grounds.sizes: left or right is declared smaller than it is")
        return left, right

    def lowest(self, term: RestTerm, strides: Sequence[int]) -> tuple[int, int]:
        """Of the multiples of a column: the key of the one with digit 0, and what a digit adds to it.

        Keys begin at the lowest corner of the set's own box.
        """
        factor = 0
        low = 0
        for i, entry in enumerate(term.column):
            place = i * self.rows + term.row
            difference = multiply(term.space.step, entry, self.work)
            weight = self._weigh(place, difference, strides)
            factor += weight
            if difference < 0:
                # Digits count from the end where the value is least.
                low -= weight * term.space.digits[-1]
        return low, factor

    def _weigh(self, place: int, difference: Number, strides: Sequence[int]) -> int:
        """What a difference of values in a coordinate adds to a key with these strides."""
        return whole_ratio(difference, self.axes[place].step) * strides[place] if difference else 0

    def _contribution(self, structure: Structure, group: Group, thin: Thin | None, from_afar: bool) -> Contribution:
        work = self.work
        place = group.source
        outer: Outer | None = None
        if thin is not None or from_afar:
            if group.row is not None:
                raise Invalid(f"lower.grounds.{'cases' if thin is None else 'thin'}: a unit that is an output")
            if place not in self._outers:
                self._outers[place] = outer_of(structure.sources[place], self.points, work)
            outer = self._outers[place]
            image = outer.image
        else:
            if place not in self._images:
                self._images[place] = image_of(structure.sources[place], self.points, self.sizes.pre, work)
            image = self._images[place]
        # If a unit's only vector is zero then its weights do not matter, however many there are.
        zero = not any(part.low or part.high for part in image.extents)
        spaces = tuple(
            [
                (row, Scaled(1) if zero else sum_of_spaces(terms, self.sizes.unit, "unit", work))
                for row, terms in group.edges
            ]
        )
        extents = [Extent() for _ in range(self.points * self.rows)]
        for i, part in enumerate(image.extents):
            for row, space in spaces:
                extents[i * self.rows + row] = _product_extent(part, image.divisors[i], space, work)
            if group.row is not None:
                extents[i * self.rows + group.row] = part
        return Contribution(group, image, spaces, tuple(extents), outer, thin)

    def _multiples(self, term: RestTerm, entry: Number) -> Extent:
        work = self.work
        ends = sorted((multiply(term.low, entry, work), multiply(term.high, entry, work)))
        return Extent(ends[0], ends[1], magnitude(multiply(term.step, entry, work)))

    def _rest_terms(self, rows: Sequence[Slots], limit: int, name: str) -> list[RestTerm]:
        most = ANY if self.capped else limit
        return [
            RestTerm(row, column, terms, most, name, self.work)
            for row, slots in enumerate(rows)
            for column, terms in slots
        ]

    def packed_near(self, item: Contribution, vectors: Sequence[Vector], strides: Sequence[int]) -> set[int]:
        """What some value vectors of a unit add to the states, as a linear function of the digits with these strides.

        Digits count from the lowest corner of the box around all vectors of the unit.
        """
        seen = [list(set(values)) for values in zip(*vectors, strict=True)]
        return self._collected(item, vectors, len(vectors), self._tables(item, seen, strides))

    def packed_thin(self, item: Contribution, cut: Sequence[int], slack: Number, strides: Sequence[int]) -> set[int]:
        """The same for the vectors of a thin unit that have so little slack for a cut.

        Raises:
            Invalid: the greatest value is not the one that the certificate says.
        """
        work = self.work
        assert item.outer is not None and item.thin is not None
        rows = [(tuple(cut[row * self.points : (row + 1) * self.points]), space) for row, space in item.spaces]
        near = Near(item.outer, rows, item.thin, self.sizes.pre, work)
        least = add(item.thin.most, -slack, work)
        greatest: Number | None = None
        keys: set[int] = set()
        for weights, vector, value in near.vectors(least):
            greatest = value if greatest is None or value > greatest else greatest
            key = 0
            for i, a in enumerate(vector):
                for (row, _), weight in zip(item.spaces, weights, strict=True):
                    place = i * self.rows + row
                    key += self._weigh(place, multiply(weight, a, work) - item.extents[place].low, strides)
                work.spend(3e-6)
            keys.add(key)
            if len(keys) > self.sizes.unit:
                raise SizeExceeded("lower.grounds.sizes.unit: fewer are declared than there are")
            work.hold(len(keys) * ELEMENT_BYTES, "the vectors of a unit")
        if greatest != item.thin.most:
            raise Invalid("lower.grounds.thin: the greatest value of a unit is another one")
        return keys

    def packed(self, item: Contribution) -> Keys:
        """The set of the group's vectors as keys, from the lowest corner of their own box."""
        top = sum([axis.weigh(extent.high - extent.low) for axis, extent in zip(self.axes, item.extents, strict=True)])
        dense = self._packed_dense(item, top)
        if dense is not None:
            return dense
        tables = self._tables(item, item.image.values, [axis.stride for axis in self.axes])
        return Keys(top, self._collected(item, item.image.vectors(self.work), item.image.count, tables))

    def _tables(
        self, item: Contribution, all_values: Sequence[Sequence[Number]], strides: Sequence[int]
    ) -> list[dict[Number, tuple[int, ...]]]:
        work = self.work
        spaces = item.spaces
        # For input i and each of its values: what it adds to a key, and for each sum what a digit adds.
        tables: list[dict[Number, tuple[int, ...]]] = []
        for i, values in enumerate(all_values):
            table: dict[Number, tuple[int, ...]] = {}
            for value in values:
                base = 0
                factors: list[int] = []
                for row, space in spaces:
                    place = i * self.rows + row
                    low = item.extents[place].low
                    base += self._weigh(place, multiply(space.low, value, work) - low, strides)
                    factors.append(self._weigh(place, multiply(space.step, value, work), strides))
                if item.group.row is not None:
                    place = i * self.rows + item.group.row
                    base += self._weigh(place, value - item.extents[place].low, strides)
                table[value] = (base, *factors)
                work.spend(2e-6 + len(spaces) * 2e-6)
            tables.append(table)
        return tables

    def _packed_dense(self, item: Contribution, top: int) -> Keys | None:
        """The same for a unit with one sum whose values are a dense set, if that is cheaper; else None."""
        image, work = item.image, self.work
        if image.keys is None or image.keys.dense is None or len(item.spaces) != 1:
            return None
        if item.group.row is not None or top >= MAXIMUM_DENSE:
            return None
        ((row, space),) = item.spaces
        radices = [axis.radix for axis in image.box]
        if space.count > 1000:
            return None
        all_maps = [self._multiple_maps(item, row, weight, radices) for weight in space.values()]
        seconds = sum([map_seconds(radices, maps) + top * BIT for maps in all_maps])
        if seconds > rough_seconds(image.count, VECTOR + space.count * CHOICE):
            return None
        work.require(seconds, "the vectors of a unit")
        result = 0
        for maps in all_maps:
            result |= map_set(image.keys.dense, radices, maps, work)
            work.spend(top * BIT)
        keys = Keys(top, dense=result)
        if keys.count > self.sizes.unit:
            raise SizeExceeded("lower.grounds.sizes.unit: fewer are declared than there are")
        return keys

    def _multiple_maps(
        self, item: Contribution, row: int, weight: Number, radices: list[int]
    ) -> list[tuple[Affine, ...]]:
        """How multiplication by a weight maps the digits of the image's box to keys."""
        work = self.work
        maps: list[tuple[Affine, ...]] = []
        for i, (source, radix) in enumerate(zip(item.image.box, radices, strict=True)):
            place = i * self.rows + row
            axis = self.axes[place]
            start = axis.weigh(multiply(weight, source.low, work) - item.extents[place].low)
            slope = axis.weigh(multiply(weight, source.step, work))
            maps.append((Affine(0, radix - 1, start, slope),))
        return maps

    def _collected(
        self,
        item: Contribution,
        vectors: Iterable[Vector],
        count: int,
        tables: list[dict[Number, tuple[int, ...]]],
    ) -> set[int]:
        work = self.work
        limit = self.sizes.unit
        counts = [space.count for _, space in item.spaces]
        digits = [space.digits for _, space in item.spaces]
        each = 1
        for size in counts:
            each *= size
        name = "the vectors of a unit"
        work.require(rough_seconds(count * each, CHOICE), name)
        keys: set[int] = set()
        for vector in vectors:
            parts = [table[value] for table, value in zip(tables, vector, strict=True)]
            totals = [sum(part) for part in zip(*parts, strict=True)] or [0] * (1 + len(digits))
            found = [totals[0]]
            for factor, these in zip(totals[1:], digits, strict=True):
                if factor:
                    offsets = [factor * digit for digit in these]
                    found = [key + offset for key in found for offset in offsets]
            keys.update(found)
            work.spend(1e-6 + len(parts) * 3e-7 + len(found) * 1.5e-7)
            if len(keys) > limit:
                raise SizeExceeded("lower.grounds.sizes.unit: fewer are declared than there are")
            work.hold(len(keys) * ELEMENT_BYTES, name)
        return keys

    def _add_rest(self, keys: Keys, term: RestTerm, limit: int, name: str) -> Keys:
        work = self.work
        low, factor = self.lowest(term, [axis.stride for axis in self.axes])
        digits = term.space.digits
        if isinstance(digits, range):
            count = term.space.count
            start = low if factor >= 0 else low + factor * (count - 1)
            summed = add_progression(keys, abs(factor), count, limit, name, work)
            return add_set(summed, single(start), limit, name, work)
        summand = {low + factor * digit for digit in digits}
        work.spend(len(summand) * 2e-7)
        return add_set(keys, Keys(max(summand), summand), limit, name, work)


def _product_extent(part: Extent, divisor: Number, space: Scaled, work: Work) -> Extent:
    """The extent of w * a over the elements w of a space and the values a of a coordinate.

    All differences are combinations of step(w) * a and of low(w) * (a - a'), and these are differences.
    """
    corners = [multiply(w, a, work) for w in (space.low, space.high) for a in (part.low, part.high)]
    step = common(multiply(space.step, divisor, work), multiply(space.low, part.step, work))
    return Extent(min(corners), max(corners), step)
