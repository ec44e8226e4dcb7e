"""All reachable states, and none with a loss that is too small.

Where the set is one long integer it is taken apart input by input, from the last. The parts of the loss of the inputs
seen so far and the least parts of the others decide whether a slice can hold such a state; at the first input the
digits whose part is small enough are a mask, so a whole row of states costs one `and`. Other sets are looked at state
by state, with a table of the parts of the loss for every input, or computing each part when it is needed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from dnnt_check.budget import Work, rough_seconds
from dnnt_check.dense import BIT, split
from dnnt_check.keys import CHUNK, MARK, MAXIMUM_DENSE, Keys, to_dense
from dnnt_check.numbers import Number, add, normal
from dnnt_check.states import StateLoss

#: Predicted seconds for a slice, and for the loss of a block of digits.
SLICE = 2e-6
BLOCK = 6e-6

#: Predicted seconds for the part of the loss of one state and one input, where it is in a table.
LOOK_UP = 1.7e-7

#: Blocks with more values, and states of more inputs, are not taken apart.
MOST_BLOCKS = 20_000
MOST_INPUTS = 40

#: Masks of so many bits together are remembered.
REMEMBERED = 2**29


def check_points(loss: StateLoss, points: Keys, work: Work) -> None:
    """Refuse the proof if the loss of one of these states is too small."""
    sizes = loss.blocks
    one_by_one = rough_seconds(points.count, loss.cost)
    if not sizes or len(sizes) > MOST_INPUTS or max(sizes) > MOST_BLOCKS:
        work.require(one_by_one, "the losses of all states")
        for key in points.elements(work):
            loss.check(key)
        return
    tables = sum(sizes) * BLOCK
    listed = tables + rough_seconds(points.count, len(sizes) * LOOK_UP)
    rows = min(points.count, points.top // sizes[0] + 1)
    sliced = tables + rows * SLICE * 2 + points.top * BIT * 3 * len(sizes)
    sliced += points.count * MARK if points.dense is None else 0.0
    if points.top >= MAXIMUM_DENSE or sliced > listed:
        sliced = float("inf")
    work.require(min(one_by_one, listed, sliced), "the losses of all states")
    if one_by_one <= min(listed, sliced):
        for key in points.elements(work):
            loss.check(key)
    elif listed < sliced:
        _Search(loss, work).look_up(points.elements(work))
    else:
        _Search(loss, work).run(to_dense(points, work))


class _Search:
    """One search through a long integer."""

    def __init__(self, loss: StateLoss, work: Work) -> None:
        self.loss = loss
        self.work = work
        self.parts: list[list[Number]] = []
        self.strides: list[int] = []
        # The least loss of the inputs before each one.
        self.before: list[Number] = []
        stride = 1
        total: Number = 0
        for i, size in enumerate(loss.blocks):
            parts = [loss.block_loss(i, block) for block in range(size)]
            work.spend(size * BLOCK)
            self.parts.append(parts)
            self.strides.append(stride)
            self.before.append(total)
            total = add(total, min(parts), work)
            stride *= size
        self.order = sorted(range(loss.blocks[0]), key=self.parts[0].__getitem__)
        self.sorted = [self.parts[0][block] for block in self.order]
        self.masks: dict[int, int] = {}
        self.room = REMEMBERED

    def look_up(self, keys: Iterator[int]) -> None:
        """Look at states one by one."""
        sizes = self.loss.blocks
        while piece := list(islice(keys, CHUNK)):
            totals: list[Number] = [0] * len(piece)
            for parts, stride, size in zip(self.parts, self.strides, sizes, strict=True):
                totals = [total + parts[key // stride % size] for total, key in zip(totals, piece, strict=True)]
                self.work.spend(len(piece) * LOOK_UP)
            best = min(totals)
            if self.loss.too_small(best):
                self.loss.check(piece[totals.index(best)])

    def run(self, bits: int) -> None:
        """Look at all states of a long integer."""
        self._descend(bits, len(self.parts) - 1, 0, 0)

    def _descend(self, bits: int, level: int, base: Number, key: int) -> None:
        """The states of a slice: given the loss and the digits of the inputs after `level`."""
        loss, work = self.loss, self.work
        if level == 0:
            self._row(bits, base, key)
            return
        parts, stride = self.parts[level], self.strides[level]
        least = add(base, self.before[level], work)
        small = [loss.too_small(least + part) for part in parts]
        work.spend(len(parts) * 2e-7)
        if not any(small):
            return
        for block, part in enumerate(split(bits, stride, len(parts), work)):
            if part and small[block]:
                self._descend(part, level - 1, normal(base + parts[block]), key + block * stride)
                work.spend(SLICE)

    def _row(self, bits: int, base: Number, key: int) -> None:
        room = self.loss.bound - base
        count = (bisect_right if self.loss.strict else bisect_left)(self.sorted, room)
        self.work.spend(SLICE)
        if count:
            found = bits & self._mask(count)
            if found:
                self.loss.check(key + (found & -found).bit_length() - 1)

    def _mask(self, count: int) -> int:
        """The first blocks by loss, as bits."""
        known = self.masks.get(count)
        if known is None:
            known = _marked(self.order[:count])
            self.work.spend(count * 1e-7 + 1e-6)
            self.room -= known.bit_length()
            if self.room > 0:
                self.masks[count] = known
        return known


def _marked(places: Sequence[int]) -> int:
    """The integer with these bits."""
    data = bytearray(max(places) // 8 + 1)
    for place in places:
        data[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(data, "little")
