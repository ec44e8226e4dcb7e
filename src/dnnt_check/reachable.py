"""The grounds "reachable": the states of a two-layer network are rebuilt, as Theorem 1.6 (repaired) does.

States are sums of one vector from each unit and of the rest. The sets of the units are rebuilt from the instance:
pre-activations as sums of slots, then the activation, then the weights to the sums. All vectors are packed into keys
of the smallest box around the reachable states. Either all sums of the two halves are formed and their loss is
computed, or the states of the box whose loss is too small are listed and shown to be in no sum of the halves.
"""

from __future__ import annotations

from dataclasses import dataclass

from dnnt_check.boxes import Axis, Extent, axes
from dnnt_check.budget import Work, rough_seconds
from dnnt_check.certificate import Grounds, Sizes
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
from dnnt_check.network import Network
from dnnt_check.numbers import Number, common, magnitude, multiply
from dnnt_check.scalars import sum_of_spaces
from dnnt_check.spaces import Scaled
from dnnt_check.states import StateLoss
from dnnt_check.structure import Group, Structure, structure_of
from dnnt_check.targets import list_targets, meets

#: Predicted seconds for a product of a vector and a weight.
CHOICE = 2.5e-7


def check_reachable(
    instance: Instance,
    network: Network,
    grounds: Grounds,
    bound: Number,
    strict: bool,
    work: Work,
) -> None:
    """Prove that no reachable state has a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some state has, the grounds do not apply, a set is larger than declared, or it is too much work.
    """
    sizes = grounds.sizes
    assert sizes is not None
    _bound_work(sizes, grounds.last, work)
    structure = structure_of(instance, network, grounds.left, work)
    states = _States(instance, structure, sizes, work)
    loss = StateLoss(instance, structure, states.axes, bound, strict, work)
    if grounds.last == "targets":
        targets = list_targets(loss, sizes.last, work)
        if not targets:
            return
        left, right = states.halves()
        found = meets(left, right, targets, work)
        if found is not None:
            loss.check(found)
        return
    left, right = states.halves()
    points = add_set(left, right, sizes.last, "last", work)
    work.require(points.count * loss.cost, "the losses of all states")
    for key in points.elements(work):
        loss.check(key)


def _bound_work(sizes: Sizes, last: str, work: Work) -> None:
    """Refuse declared sizes that no representation could handle in time.

    A bit of a long integer takes about a tenth of a nanosecond, so this is a bound from below; every step is
    predicted again, with the sizes that are then known, before it begins.
    """
    seconds = 0.0
    for size in (sizes.pre, sizes.unit, sizes.left, sizes.right):
        seconds += rough_seconds(size, 1e-10)
    seconds += rough_seconds(sizes.last, 1e-7)
    work.require(seconds, "building sets of the declared sizes")


@dataclass(frozen=True, slots=True)
class _Contribution:
    """A group's set of vectors, before it is packed: extents of its coordinates and the spaces to the sums."""

    group: Group
    image: Image
    spaces: tuple[tuple[int, Scaled], ...]
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class _RestTerm:
    """All multiples of one column, at one sum."""

    row: int
    column: Vector
    space: Scaled


class _States:
    """The sets of vectors whose sum is the set of reachable states, in the smallest box around it."""

    def __init__(self, instance: Instance, structure: Structure, sizes: Sizes, work: Work) -> None:
        self.work = work
        self.sizes = sizes
        self.points = len(instance.points)
        self.rows = len(structure.rows)
        images = [image_of(source, self.points, sizes.pre, work) for source in structure.sources]
        self.contributions = [self._contribution(group, images[group.source]) for group in structure.groups]
        self.rest = self._rest_terms(structure)
        extents = [Extent() for _ in range(self.points * self.rows)]
        for item in self.contributions:
            copies = item.group.left + item.group.right
            for place, extent in enumerate(item.extents):
                extents[place] = extents[place].plus(extent, copies, work)
        for term in self.rest:
            for i, entry in enumerate(term.column):
                place = i * self.rows + term.row
                extents[place] = extents[place].plus(self._multiples(term.space, entry), 1, work)
        self.axes: tuple[Axis, ...] = axes(extents, work)

    def halves(self) -> tuple[Keys, Keys]:
        """The keys of L and of R, each from the lowest corner of its own box."""
        left, right = single(), single()
        packed = [(item, self._packed(item)) for item in self.contributions]
        # The largest sets first: later sums are then few shifts of a large set.
        packed.sort(key=lambda pair: -pair[1].count)
        for item, keys in packed:
            group = item.group
            left = add_copies(left, keys, group.left, self.sizes.left, "left", self.work)
            right = add_copies(right, keys, group.right, self.sizes.right, "right", self.work)
        for term in sorted(self.rest, key=lambda term: -term.space.count):
            right = self._add_rest(right, term)
        if left.count > self.sizes.left or right.count > self.sizes.right:
            raise SizeExceeded("lower.grounds.sizes: left or right is declared smaller than it is")
        return left, right

    def _contribution(self, group: Group, image: Image) -> _Contribution:
        work = self.work
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
        return _Contribution(group, image, spaces, tuple(extents))

    def _multiples(self, space: Scaled, entry: Number) -> Extent:
        work = self.work
        ends = sorted((multiply(space.low, entry, work), multiply(space.high, entry, work)))
        return Extent(ends[0], ends[1], magnitude(multiply(space.step, entry, work)))

    def _rest_terms(self, structure: Structure) -> list[_RestTerm]:
        result: list[_RestTerm] = []
        for row, slots in enumerate(structure.rest):
            for column, terms in slots:
                space = sum_of_spaces(terms, self.sizes.right, "right", self.work)
                result.append(_RestTerm(row, column, space))
        return result

    def _packed(self, item: _Contribution) -> Keys:
        """The set of the group's vectors as keys, from the lowest corner of their own box."""
        top = sum([axis.weigh(extent.high - extent.low) for axis, extent in zip(self.axes, item.extents, strict=True)])
        dense = self._packed_dense(item, top)
        if dense is not None:
            return dense
        work = self.work
        spaces = item.spaces
        # For input i and each of its values: what it adds to a key, and for each sum what a digit adds.
        tables: list[dict[Number, tuple[int, ...]]] = []
        for i, values in enumerate(item.image.values):
            table: dict[Number, tuple[int, ...]] = {}
            for value in values:
                base = 0
                factors: list[int] = []
                for row, space in spaces:
                    place = i * self.rows + row
                    axis = self.axes[place]
                    low = item.extents[place].low
                    base += axis.weigh(multiply(space.low, value, work) - low)
                    factors.append(axis.weigh(multiply(space.step, value, work)))
                if item.group.row is not None:
                    place = i * self.rows + item.group.row
                    base += self.axes[place].weigh(value - item.extents[place].low)
                table[value] = (base, *factors)
                work.spend(2e-6 + len(spaces) * 2e-6)
            tables.append(table)
        return self._collect(item, tables, top)

    def _packed_dense(self, item: _Contribution, top: int) -> Keys | None:
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
        self, item: _Contribution, row: int, weight: Number, radices: list[int]
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

    def _collect(self, item: _Contribution, tables: list[dict[Number, tuple[int, ...]]], top: int) -> Keys:
        work = self.work
        limit = self.sizes.unit
        counts = [space.count for _, space in item.spaces]
        digits = [space.digits for _, space in item.spaces]
        each = 1
        for count in counts:
            each *= count
        name = "the vectors of a unit"
        work.require(rough_seconds(item.image.count * each, CHOICE), name)
        keys: set[int] = set()
        for vector in item.image.vectors(work):
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
        return Keys(top, keys)

    def _add_rest(self, keys: Keys, term: _RestTerm) -> Keys:
        work = self.work
        factor = 0
        low = 0
        for i, entry in enumerate(term.column):
            axis = self.axes[i * self.rows + term.row]
            difference = multiply(term.space.step, entry, work)
            weight = axis.weigh(difference)
            factor += weight
            if difference < 0:
                # Digits count from the end where the value is least.
                low -= weight * term.space.digits[-1]
        limit, digits = self.sizes.right, term.space.digits
        if isinstance(digits, range):
            count = term.space.count
            start = low if factor >= 0 else low + factor * (count - 1)
            summed = add_progression(keys, abs(factor), count, limit, "right", work)
            return add_set(summed, single(start), limit, "right", work)
        summand = {low + factor * digit for digit in digits}
        work.spend(len(summand) * 2e-7)
        return add_set(keys, Keys(max(summand), summand), limit, "right", work)


def _product_extent(part: Extent, divisor: Number, space: Scaled, work: Work) -> Extent:
    """The extent of w * a over the elements w of a space and the values a of a coordinate.

    All differences are combinations of step(w) * a and of low(w) * (a - a'), and these are differences.
    """
    corners = [multiply(w, a, work) for w in (space.low, space.high) for a in (part.low, part.high)]
    step = common(multiply(space.step, divisor, work), multiply(space.low, part.step, work))
    return Extent(min(corners), max(corners), step)
