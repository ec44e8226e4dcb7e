"""States of a box in order of increasing total loss, listed only as far as they are asked for.

The total loss is a sum of terms, one a sample. Each term's own states come in increasing order (convex terms are walked
outwards from their minimum, others are tabulated and sorted), and a best-first walk over index vectors merges them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import product

from dnnt.exact import Number, normal
from dnnt.reachable.packing import Packing
from dnnt.reachable.terms import Term

Entry = tuple[Number, int]
"""A loss, and the key of the digits that have it."""


class Ascending:
    """The entries of one term in increasing order, drawn from an iterator and kept."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._drawn: list[Entry] = []

    def at(self, index: int) -> Entry | None:
        """Entry number `index`, or None past the last one."""
        while len(self._drawn) <= index:
            entry = next(self._entries, None)
            if entry is None:
                return None
            self._drawn.append(entry)
        return self._drawn[index]


def ascending(term: Term, packing: Packing, poll: Callable[[], None]) -> Ascending:
    """A term's entries in increasing order."""
    if term.convex:
        return Ascending(_outwards(term, packing))
    entries = []
    strides = [packing.strides[axis] for axis in term.axes]
    for digits in product(*(range(packing.axes[axis].count) for axis in term.axes)):
        poll()
        entries.append((term.cost(digits), sum(d * s for d, s in zip(digits, strides, strict=True))))
    entries.sort()
    return Ascending(iter(entries))


def _outwards(term: Term, packing: Packing) -> Iterator[Entry]:
    """The entries of a convex term, from a digit of least cost outwards on both sides."""
    (axis,) = term.axes
    stride, count = packing.strides[axis], packing.axes[axis].count
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        if term.cost((middle,)) <= term.cost((middle + 1,)):
            high = middle
        else:
            low = middle + 1
    down, up = low - 1, low
    while down >= 0 or up < count:
        below = term.cost((down,)) if down >= 0 else None
        above = term.cost((up,)) if up < count else None
        if above is None or (below is not None and below < above):
            assert below is not None, "one side is left"
            yield below, down * stride
            down -= 1
        else:
            yield above, up * stride
            up += 1


def increasing(terms: list[Ascending]) -> Iterator[Entry]:
    """All states of the box as (total loss, key), by increasing loss.

    Terms are taken by the gap between their first two entries. A queued state is known by the last term that is past
    its first entry. After it come the state with the next entry of that term, the one with the second entry of the next
    term, and the one where that replaces a second entry: each state has one predecessor, of no greater loss.
    """
    loss: Number = 0
    key = 0
    for first in (term.at(0) for term in terms):
        assert first is not None, "a box has at least one state"
        loss, key = loss + first[0], key + first[1]
    yield normal(loss), key
    gaps = sorted(((*gap, i) for i, term in enumerate(terms) if (gap := _gap(term, 0)) is not None))
    queue = [(loss + gaps[0][0], key + gaps[0][1], 0, 1)] if gaps else []
    while queue:
        loss, key, last, index = heappop(queue)
        yield normal(loss), key
        more, step, i = gaps[last]
        following = _gap(terms[i], index)
        if following is not None:
            heappush(queue, (loss + following[0], key + following[1], last, index + 1))
        if last + 1 < len(gaps):
            next_more, next_step, _ = gaps[last + 1]
            heappush(queue, (loss + next_more, key + next_step, last + 1, 1))
            if index == 1:
                heappush(queue, (loss - more + next_more, key - step + next_step, last + 1, 1))


def _gap(term: Ascending, index: int) -> Entry | None:
    """What entry number index + 1 has more than entry number `index`, in loss and in key; None past the last one."""
    here, there = term.at(index), term.at(index + 1)
    return None if here is None or there is None else (there[0] - here[0], there[1] - here[1])
