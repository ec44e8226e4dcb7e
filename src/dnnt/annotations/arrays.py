"""Sums of annotated sets as NumPy arrays of 64-bit integers. The caller has proved that nothing wraps: keys, and the
bound on annotations, are below 2^62.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dnnt.annotations.semirings import Semiring
    from dnnt.annotations.tables import Columns

    Array = NDArray[np.int64]

CHUNK_PAIRS = 2_000_000

NEVER = np.iinfo(np.int64).max
"""The cost of what cannot be made."""


def by_map(left: Columns, right: Columns, span: int, counts: bool, poll: Callable[[], None]) -> tuple[Array, Array]:
    """Keys and annotations of all sums, by an array with a cell for each key. `left` is the larger set."""
    cells = np.full(span, 0 if counts else NEVER, np.int64)
    for shift, factor in zip(right.numbers.tolist(), right.values.tolist(), strict=True):
        poll()
        places = left.numbers + shift
        # The keys of one set differ, so no cell is named twice.
        if counts:
            cells[places] += left.values * factor
        else:
            cells[places] = np.minimum(cells[places], left.values + factor)
    found = (cells.nonzero()[0] if counts else (cells != NEVER).nonzero()[0]).astype(np.int64, copy=False)
    return found, cells[found]


def by_sort(left: Columns, right: Columns, span: int, counts: bool, poll: Callable[[], None]) -> tuple[Array, Array]:
    """Keys and annotations of all sums, by sorting pairs. `left` is the larger set."""
    rows = max(1, CHUNK_PAIRS // len(left.numbers))
    keys = values = np.empty(0, np.int64)
    waiting: list[tuple[Array, Array]] = []
    size = 0
    for start in range(0, len(right.numbers), rows):
        poll()
        some, factors = right.numbers[start : start + rows, None], right.values[start : start + rows, None]
        pairs = (left.numbers[None, :] + some).ravel()
        annotated = (left.values[None, :] * factors if counts else left.values[None, :] + factors).ravel()
        waiting.append(merged(pairs, annotated, counts))
        size += len(waiting[-1][0])
        if size > len(keys):
            keys, values = joined([(keys, values), *waiting], counts)
            waiting, size = [], 0
    return joined([(keys, values), *waiting], counts) if waiting else (keys, values)


def joined(parts: list[tuple[Array, Array]], counts: bool) -> tuple[Array, Array]:
    """`merged` for several pairs of keys and annotations."""
    return merged(np.concatenate([k for k, _ in parts]), np.concatenate([v for _, v in parts]), counts)


def merged(keys: Array, values: Array, counts: bool) -> tuple[Array, Array]:
    """Sorted distinct keys, with the annotations of equal ones added."""
    if not len(keys):
        return keys, values
    order = keys.argsort(kind="stable")
    keys, values = keys[order], values[order]
    starts = np.concatenate([[0], (keys[1:] != keys[:-1]).nonzero()[0] + 1])
    joined = np.add.reduceat(values, starts) if counts else np.minimum.reduceat(values, starts)
    return keys[starts], joined


def _met(left: Columns, right: Columns, key: int) -> tuple[Array, Array]:
    """Positions in both sets of the pairs with this sum, by increasing left key."""
    if len(left.numbers) <= len(right.numbers):
        rest = key - left.numbers
        at = right.numbers.searchsorted(rest)
        at[at == len(right.numbers)] = 0
        mine = (right.numbers[at] == rest).nonzero()[0]
        return mine, at[mine]
    theirs, mine = _met(right, left, key)
    return mine[::-1], theirs[::-1]


def at(left: Columns, right: Columns, key: int, semiring: Semiring) -> int | None:
    """The annotation of one key of the sum; None where it is not in it."""
    if not 0 <= key < 1 << 62:
        return None
    mine, theirs = _met(left, right, key)
    if not len(mine):
        return None
    if not semiring.counts:
        return int((left.values[mine] + right.values[theirs]).min())
    if left.bound * right.bound < 1 << 62:
        return int((left.values[mine] * right.values[theirs]).sum())
    pairs = zip(left.values[mine].tolist(), right.values[theirs].tolist(), strict=True)
    return sum(int(a) * int(b) for a, b in pairs)


def ways(left: Columns, right: Columns, key: int) -> list[tuple[int, int]]:
    """All pairs of keys with this sum, by increasing left key."""
    mine, _ = _met(left, right, key)
    return [(int(a), key - int(a)) for a in left.numbers[mine].tolist()]
