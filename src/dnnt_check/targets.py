"""States whose loss is too small, listed without visiting the box.

The loss is a sum over cells: single coordinates where it is a sum over outputs, else the coordinates of one distinct
input together. Each coordinate's part of the loss is monotone on few intervals of digits, because activations and
losses are monotone between breaks; so the digits whose part is small enough are a few intervals, found by
bisection, however long the coordinate is. Where an activation has no breaks every digit is looked at. Cells are
combined in order, cut off by the least losses of the others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from dnnt_check.boxes import Axis
from dnnt_check.budget import Invalid, Work, describe, rough_seconds
from dnnt_check.cut_targets import CutListing
from dnnt_check.directions import Conditions
from dnnt_check.duality import least_within
from dnnt_check.keys import too_many_targets
from dnnt_check.numbers import Number, add, multiply, ratio
from dnnt_check.quadratics import list_by_parabolas
from dnnt_check.states import StateLoss

Interval = tuple[int, int]

#: A list of (loss, part of the key), by increasing loss.
Listing = list[tuple[Number, int]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Digits first..last between which the part of the loss is monotone, with its values at the ends."""

    first: int
    last: int
    at_first: Number
    at_last: Number


class Coordinate:
    """A coordinate's part of the loss as a function of its digit."""

    def __init__(self, loss: StateLoss, i: int, row: int) -> None:
        self.loss = loss
        self.i = i
        self.row = row
        self.work = loss.work
        self.axis = loss.axes[i * loss.rows + row]
        self.samples = loss.samples[i]
        outputs = loss.structure.outputs
        place = next(k for k, item in enumerate(outputs) if item == row and isinstance(item, int))
        this = loss.instance.loss
        self.part = this.part(place, len(outputs), self.work)
        activation = loss.structure.rows[row]
        if activation is None:
            intervals = _between(self.axis, ())
        elif activation.has_breaks:
            intervals = _between(self.axis, activation.breaks())
        else:
            intervals = self._one_by_one(activation.kind)
        self.pieces = list(self._pieces(intervals, sorted(this.breaks(place, self.samples))))
        self.least = min(min(piece.at_first, piece.at_last) for piece in self.pieces)

    def output(self, digit: int) -> Number:
        """The output at a digit."""
        return self.loss.output(self.i, self.row, digit)

    def value(self, digit: int) -> Number:
        """The part of the loss at a digit."""
        work = self.work
        f = self.output(digit)
        total: Number = 0
        for weight, labels in self.samples:
            total = add(total, multiply(weight, self.part(f, labels), work), work)
        work.spend(2e-6 + len(self.samples) * 1e-6)
        return total

    def _one_by_one(self, kind: str) -> Iterator[Interval]:
        """Every digit by itself: what the activation does between two of them is not known."""
        count = self.axis.radix
        what = f"{describe(count)} digits of an output with the activation {kind}, which may not be bisected,"
        self.work.require(rough_seconds(count, 8e-6), what)
        self.work.hold(count * 200, what)
        for digit in range(count):
            yield digit, digit

    def _pieces(self, intervals: Iterable[Interval], values: list[Number]) -> Iterator[_Piece]:
        for first, last in intervals:
            for low, high in self._split(first, last, values):
                yield _Piece(low, high, self.value(low), self.value(high))

    def _split(self, first: int, last: int, values: list[Number]) -> Iterator[Interval]:
        """Cut an interval on which the output is monotone where it passes a break of the loss."""
        start, end = self.output(first), self.output(last)
        low, high = min(start, end), max(start, end)
        inside = values[bisect_left(values, low) : bisect_right(values, high)]
        rising = end >= start
        position = first
        for value in inside if rising else reversed(inside):
            for beyond in (False, True):
                cut = self._first_digit(position, last, value, rising, beyond)
                if cut > position:
                    yield position, cut - 1
                    position = cut
        if position <= last:
            yield position, last

    def _first_digit(self, first: int, last: int, value: Number, rising: bool, beyond: bool) -> int:
        """The first digit whose output has reached the value (or gone beyond it); last + 1 if none has."""
        output = self.output
        low, high = first, last + 1
        while low < high:
            middle = (low + high) // 2
            here = output(middle)
            self.work.spend(1e-6)
            reached = here == value and not beyond
            if reached or (here > value if rising else here < value):
                high = middle
            else:
                low = middle + 1
        return low

    def small(self, allowed: Callable[[Number], bool]) -> list[Interval]:
        """The digits whose part of the loss is allowed; `allowed` holds up to some loss and not beyond."""
        result: list[Interval] = []
        for piece in self.pieces:
            at_first, at_last = allowed(piece.at_first), allowed(piece.at_last)
            if at_first and at_last:
                result.append((piece.first, piece.last))
            elif at_first or at_last:
                low, high = piece.first, piece.last
                while high - low > 1:
                    middle = (low + high) // 2
                    if allowed(self.value(middle)) == at_first:
                        low = middle
                    else:
                        high = middle
                result.append((piece.first, low) if at_first else (high, piece.last))
        return result


def _between(axis: Axis, breaks: Iterable[Number]) -> Iterator[Interval]:
    """The digits of an axis as intervals that lie between two breaks or are one."""
    position = 0
    if axis.step:
        for value in breaks:
            place = ratio(value - axis.low, axis.step)
            floor = place.numerator // place.denominator
            before = min(floor - 1 if type(place) is int else floor, axis.radix - 1)
            if position <= before:
                yield position, before
                position = before + 1
            if type(place) is int and position == place < axis.radix:
                yield position, position
                position += 1
    if position < axis.radix:
        yield position, axis.radix - 1


@dataclass(slots=True)
class _Cell:
    """Coordinates whose losses are listed together: of distinct input i, these state rows."""

    i: int
    coordinates: tuple[Coordinate, ...]
    least: Number
    exact: bool


def list_targets(loss: StateLoss, conditions: Conditions, limit: int, work: Work) -> list[int]:
    """The keys of all states of the box whose loss is too small and that satisfy the conditions.

    To each key its slack is added, times the span of the conditions.

    Raises:
        SizeExceeded: there are more than `limit`.
    """
    constant = constant_part(loss, work)
    found = list_by_parabolas(loss, constant, conditions, limit, work)
    return _list_by_cells(loss, constant, conditions, limit, work) if found is None else found


def _list_by_cells(loss: StateLoss, constant: Number, conditions: Conditions, limit: int, work: Work) -> list[int]:
    cells = _cells(loss, work)
    free = not conditions.cuts and not conditions.congruences
    total = constant
    for cell in cells:
        total = add(total, cell.least, work)
    exact = free and all(cell.exact for cell in cells)
    if not loss.too_small(total) or _cut_off(loss, constant, cells, conditions, work):
        return []
    listings: list[Listing] = []
    for cell in cells:
        rest = add(total, -cell.least, work)
        listing = _listing(loss, cell, rest, limit if exact else None, work)
        if not listing:
            return []
        listings.append(listing)
    if free:
        return _combine(loss, listings, constant, limit, work)
    return CutListing(loss, listings, constant, conditions, limit, work).run()


def small_ranges(loss: StateLoss, work: Work) -> list[Interval]:
    """The digits of the only coordinate whose loss is too small, as ranges that do not touch, in increasing order.

    Raises:
        Invalid: there are more coordinates, or none, or their loss does not tell that of the state.
    """
    cells = _cells(loss, work) if len(loss.axes) == 1 else []
    if len(cells) != 1 or not cells[0].exact:
        raise Invalid("lower.grounds.last: ranges need a state of one coordinate that alone decides the loss")
    constant = constant_part(loss, work)
    found: list[Interval] = []
    for first, last in cells[0].coordinates[0].small(lambda part: loss.too_small(part + constant)):
        if found and found[-1][1] + 1 == first:
            first = found.pop()[0]
        found.append((first, last))
    return found


def is_made_of_lines(loss: StateLoss) -> bool:
    """Whether the part of the loss of every coordinate is a line between breaks."""
    return has_straight_outputs(loss) and loss.instance.loss.kind in ("absolute", "hinge")


def has_straight_outputs(loss: StateLoss) -> bool:
    """Whether every output is a line between breaks, as a function of its sum."""
    return all(row is None or row.is_made_of_lines for row in loss.structure.rows)


def _cut_off(loss: StateLoss, constant: Number, cells: list[_Cell], conditions: Conditions, work: Work) -> bool:
    """Whether some cut by itself leaves no state with too small a loss, for losses that are lines between breaks."""
    if not is_made_of_lines(loss):
        return False
    lines = [item.pieces for cell in cells for item in cell.coordinates]
    return any(not loss.too_small(add(constant, least_within(cut, lines, work), work)) for cut in conditions.cuts)


def _cells(loss: StateLoss, work: Work) -> list[_Cell]:
    cells: list[_Cell] = []
    separable = loss.instance.loss.separable
    for i in range(len(loss.samples)):
        coordinates = [Coordinate(loss, i, row) for row in range(loss.rows)]
        if separable:
            cells.extend([_Cell(i, (item,), item.least, True) for item in coordinates])
        elif len(coordinates) == 1 and len(loss.structure.outputs) == 1:
            exact = loss.instance.loss.part_of_one_is_all
            cells.append(_Cell(i, tuple(coordinates), coordinates[0].least, exact))
        else:
            least = max([item.least for item in coordinates], default=0)
            cells.append(_Cell(i, tuple(coordinates), least, False))
    return cells


def constant_part(loss: StateLoss, work: Work) -> Number:
    """What outputs with known values cost, if the loss is a sum over outputs."""
    total: Number = 0
    this = loss.instance.loss
    if this.separable:
        for place, item in enumerate(loss.structure.outputs):
            if not isinstance(item, int):
                part = this.part(place, len(loss.structure.outputs), work)
                for f, samples in zip(item, loss.samples, strict=True):
                    for weight, labels in samples:
                        total = add(total, multiply(weight, part(f, labels), work), work)
                        work.spend(2e-6)
    return total


def _listing(loss: StateLoss, cell: _Cell, rest: Number, limit: int | None, work: Work) -> Listing:
    """The values of a cell that can belong to a target, given the least loss of everything else."""

    def allowed(part: Number) -> bool:
        return loss.too_small(part + rest)

    intervals = [coordinate.small(allowed) for coordinate in cell.coordinates]
    count = 1
    for these in intervals:
        count *= sum(last - first + 1 for first, last in these)
    if limit is not None and count > limit:
        raise too_many_targets(limit)
    work.require(rough_seconds(count, 4e-6), f"a list of {describe(count)} values")
    work.hold(count * 150, f"a list of {describe(count)} values")
    result: Listing = []
    if len(cell.coordinates) == 1 and loss.instance.loss.separable:
        (coordinate,) = cell.coordinates
        stride = coordinate.axis.stride
        for first, last in intervals[0]:
            for digit in range(first, last + 1):
                result.append((coordinate.value(digit), digit * stride))
    else:
        tables = [
            [
                (coordinate.output(digit), digit * coordinate.axis.stride)
                for first, last in these
                for digit in range(first, last + 1)
            ]
            for coordinate, these in zip(cell.coordinates, intervals, strict=True)
        ]
        for choice in product(*tables):
            part = loss.loss_of_rows(cell.i, [value for value, _ in choice])
            if allowed(part):
                result.append((part, sum([key for _, key in choice])))
    result.sort(key=lambda item: item[0])
    return result


def _combine(loss: StateLoss, listings: list[Listing], constant: Number, limit: int, work: Work) -> list[int]:
    """All choices of one entry from every listing whose total is too small."""
    listings.sort(key=len)
    least = [listing[0][0] for listing in listings]
    rest: Number = 0
    for value in least:
        rest = add(rest, value, work)
    partial: Listing = [(constant, 0)]
    for listing, smallest in zip(listings, least, strict=True):
        rest = add(rest, -smallest, work)
        following: Listing = []
        for total, key in partial:
            base = total + rest
            for part, place in listing:
                if not loss.too_small(base + part):
                    break
                following.append((total + part, key + place))
            work.spend(1e-6)
            if len(following) > limit:
                # Every one of them can be completed by the least entries of the listings left.
                raise too_many_targets(limit)
        work.spend(len(following) * 5e-7)
        work.hold(len(following) * 200, "the list of targets")
        partial = following
    partial = [item for item in partial if loss.too_small(item[0])]
    if len(partial) > limit:
        raise too_many_targets(limit)
    return [key for _, key in partial]
