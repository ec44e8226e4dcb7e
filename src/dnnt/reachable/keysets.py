"""Finite sets of packed keys: Python sets where small or wide, sorted NumPy arrays where large.

Both kinds answer the same few questions, so the algebra above them is one program. NumPy is imported only once a set is
worth it; keys beyond 62 bits stay Python integers of any size. int64 arithmetic never wraps: a caller's keys lie
below the span of its packing, and spans beyond `NUMPY_SPAN` never reach NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dnnt.exact import Number, normal
from dnnt.reachable.packing import Packing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]

NUMPY_SPAN = 1 << 62
"""Keys of packings with a larger span are Python integers."""

SMALL_PAIRS = 60_000
"""Up to this many pairs a sumset is formed in Python; importing NumPy costs as much."""

CHUNK_PAIRS = 4_000_000
"""Pairs formed between two polls."""

BITMAP_SPAN = 1 << 30
"""The largest box for which a byte a cell is held."""

PYTHON_BYTES = 110
"""What a key takes in a Python set, for predictions."""

Poll = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Linear(Mapping[int, int]):
    """The table digit -> slope · digit + offset of the digits 0 … count - 1 (never listed)."""

    slope: int
    offset: int
    count: int

    def __getitem__(self, digit: int) -> int:
        return self.slope * digit + self.offset

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.count))

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, slots=True)
class PythonKeys:
    """A set of keys as a Python frozenset."""

    keys: frozenset[int]

    @property
    def size(self) -> int:
        """The number of keys."""
        return len(self.keys)

    def __contains__(self, key: int) -> bool:
        return key in self.keys

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return sorted(self.keys)

    def digits(self, packing: Packing, axis: int) -> list[int]:
        """The distinct digits of one coordinate."""
        stride, count = packing.strides[axis], packing.axes[axis].count
        return sorted({key // stride % count for key in self.keys})

    def mapped(self, packing: Packing, tables: Sequence[Mapping[int, int]]) -> list[int]:
        """For each key, in increasing order, the sum of what the tables give for its digits."""
        axes = [(s, a.count, t) for s, a, t in zip(packing.strides, packing.axes, tables, strict=True) if a.count > 1]
        base = sum(t[0] for a, t in zip(packing.axes, tables, strict=True) if a.count == 1)
        return [base + sum([t[key // s % c] for s, c, t in axes]) for key in self.listed()]

    def split(self, other: PythonKeys | NumpyKeys, key: int) -> tuple[int, int] | None:
        """The least own key a, and b of `other`, with a + b = key; None where there are none."""
        if self.size <= other.size:
            found = [a for a in self.keys if key - a in other]
            return (min(found), key - min(found)) if found else None
        rest = [b for b in other.listed() if key - b in self.keys]
        return (key - max(rest), max(rest)) if rest else None


@dataclass(frozen=True, slots=True)
class NumpyKeys:
    """A set of keys as a sorted int64 array without repeats."""

    keys: Array

    @property
    def size(self) -> int:
        """The number of keys."""
        return len(self.keys)

    def __contains__(self, key: int) -> bool:
        if not 0 <= key < NUMPY_SPAN:
            return False
        at = int(self.keys.searchsorted(key))
        return at < len(self.keys) and int(self.keys[at]) == key

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return [int(key) for key in self.keys.tolist()]

    def digits(self, packing: Packing, axis: int) -> list[int]:
        """The distinct digits of one coordinate."""
        return [int(d) for d in _unique(self._digit(packing, axis)).tolist()]

    def _digit(self, packing: Packing, axis: int) -> Array:
        digits: Array = self.keys // packing.strides[axis] % packing.axes[axis].count
        return digits

    def mapped(self, packing: Packing, tables: Sequence[Mapping[int, int]]) -> Array:
        """For each key, in increasing order, the sum of what the tables give for its digits."""
        import numpy as np

        total = np.zeros(len(self.keys), np.int64)
        for axis, table in enumerate(tables):
            if packing.axes[axis].count == 1:
                total += table[0]
                continue
            if isinstance(table, Linear):
                total += table.slope * self._digit(packing, axis) + table.offset
                continue
            known = np.fromiter(table.keys(), np.int64, len(table))
            given = np.fromiter(table.values(), np.int64, len(table))
            order = known.argsort()
            total += given[order][known[order].searchsorted(self._digit(packing, axis))]
        return total

    def split(self, other: PythonKeys | NumpyKeys, key: int) -> tuple[int, int] | None:
        """The least own key a, and b of `other`, with a + b = key; None where there are none."""
        theirs = as_numpy(other).keys
        rest = key - theirs[theirs <= key][::-1]
        at = self.keys.searchsorted(rest)
        at[at == len(self.keys)] = 0
        hits = (self.keys[at] == rest).nonzero()[0]
        return (int(rest[hits[0]]), key - int(rest[hits[0]])) if len(hits) else None


def _unique(values: Array) -> Array:
    """Sorted distinct values (np.unique is slow on integers since NumPy 2.3)."""
    import numpy as np

    values = np.sort(values)
    keep = np.ones(len(values), bool)
    keep[1:] = values[1:] != values[:-1]
    return values[keep]


def as_numpy(keys: PythonKeys | NumpyKeys) -> NumpyKeys:
    """The same set as a sorted array. Its keys must lie below `NUMPY_SPAN`."""
    if isinstance(keys, NumpyKeys):
        return keys
    import numpy as np

    return NumpyKeys(np.array(sorted(keys.keys), np.int64))


def of(values: Any) -> PythonKeys | NumpyKeys:
    """The set of the given keys: an array, or any iterable of integers."""
    if hasattr(values, "dtype"):
        return NumpyKeys(_unique(values))
    return PythonKeys(frozenset(values))


def bytes_of(count: int, span: int) -> int:
    """What a set of that many keys of a packing of that span will take in memory."""
    if span > NUMPY_SPAN:
        return count * (PYTHON_BYTES + span.bit_length() // 8)
    return count * (8 if count > SMALL_PAIRS else PYTHON_BYTES)


def union(parts: Iterable[Any], span: int) -> PythonKeys | NumpyKeys:
    """The union of arrays or lists of keys of one packing."""
    parts = list(parts)
    if any(hasattr(part, "dtype") for part in parts):
        import numpy as np

        return NumpyKeys(_unique(np.concatenate([np.asarray(part, np.int64) for part in parts])))
    keys: set[int] = set()
    keys.update(*parts)
    found = PythonKeys(frozenset(keys))
    return as_numpy(found) if found.size > SMALL_PAIRS and span <= NUMPY_SPAN else found


def sumset_bytes(left: int, right: int, span: int) -> int:
    """The memory that forming a sumset of sets of these sizes takes at its peak."""
    pairs = left * right
    if span > NUMPY_SPAN or pairs <= SMALL_PAIRS:
        return bytes_of(min(pairs, span), span)
    if _by_bitmap(pairs, span):
        return span + 8 * min(pairs, span) + 16 * left
    return 24 * (min(pairs, CHUNK_PAIRS) + min(pairs, span))


def _by_bitmap(pairs: int, span: int) -> bool:
    # A byte a cell costs about 2 ns a pair and 1 ns a cell, sorting about 80 ns a pair.
    return span <= BITMAP_SPAN and span < 60 * pairs


def sumset(
    left: PythonKeys | NumpyKeys, right: PythonKeys | NumpyKeys, span: int, poll: Poll
) -> PythonKeys | NumpyKeys:
    """All sums of a key of `left` and a key of `right`, keys of a packing with this span."""
    if left.size < right.size:
        left, right = right, left
    pairs = left.size * right.size
    if span > NUMPY_SPAN or pairs <= SMALL_PAIRS:
        return _python_sumset(left, right, poll)
    mine, theirs = as_numpy(left).keys, as_numpy(right).keys
    if _by_bitmap(pairs, span):
        return _bitmap_sumset(mine, theirs, span, poll)
    return _sorted_sumset(mine, theirs, poll)


def _python_sumset(left: PythonKeys | NumpyKeys, right: PythonKeys | NumpyKeys, poll: Poll) -> PythonKeys:
    mine = left.keys if isinstance(left, PythonKeys) else left.listed()
    made: set[int] = set()
    since = 0
    for b in right.listed():
        made.update([a + b for a in mine])
        since += left.size
        if since > 100_000:
            poll()
            since = 0
    return PythonKeys(frozenset(made))


def _bitmap_sumset(mine: Array, theirs: Array, span: int, poll: Poll) -> NumpyKeys:
    import numpy as np

    cells = np.zeros(span, bool)
    for b in theirs.tolist():
        cells[mine + b] = True
        poll()
    return NumpyKeys(cells.nonzero()[0].astype(np.int64, copy=False))


def _sorted_sumset(mine: Array, theirs: Array, poll: Poll) -> NumpyKeys:
    import numpy as np

    rows = max(1, CHUNK_PAIRS // len(mine))
    made: Array = np.empty(0, np.int64)
    pending: list[Array] = []
    waiting = 0
    for start in range(0, len(theirs), rows):
        poll()
        pending.append(_unique((mine[None, :] + theirs[start : start + rows, None]).ravel()))
        waiting += len(pending[-1])
        if waiting > len(made):
            made, pending, waiting = _unique(np.concatenate([made, *pending])), [], 0
    return NumpyKeys(_unique(np.concatenate([made, *pending])) if pending else made)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a total loss: the coordinates it depends on, and its value for their digits."""

    axes: tuple[int, ...]
    cost: Callable[[tuple[int, ...]], Number]


def cheapest(keys: PythonKeys | NumpyKeys, packing: Packing, terms: Sequence[Term], poll: Poll) -> tuple[Number, int]:
    """The least total of the terms over a non-empty set, and the least key that has it."""
    if isinstance(keys, NumpyKeys):
        from dnnt.reachable.costs_numpy import cheapest_of_array

        return cheapest_of_array(keys.keys, packing, terms, poll)
    readers = [([(packing.strides[a], packing.axes[a].count) for a in term.axes], term.cost) for term in terms]
    listed = sorted(keys.keys)
    # A few states spread over all first: the loss of the best of them cuts most sums short.
    best = min((_total(key, readers), key) for key in listed[:: max(1, len(listed) // 64)])
    for index, key in enumerate(listed):
        if index % 256 == 0:
            poll()
        total: Number = 0
        for axes, cost in readers:
            total += cost(tuple([key // s % c for s, c in axes]))
            if total > best[0]:
                break
        else:
            best = min(best, (total, key))
    return normal(best[0]), best[1]


_Readers = list[tuple[list[tuple[int, int]], Callable[[tuple[int, ...]], Number]]]


def _total(key: int, readers: _Readers) -> Number:
    return sum((cost(tuple([key // s % c for s, c in axes])) for axes, cost in readers), start=0)
