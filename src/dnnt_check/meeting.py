"""Targets against the sums of two sets: none of them may be the sum of an element of each."""

from __future__ import annotations

from dnnt_check.budget import Work, rough_seconds
from dnnt_check.keys import BYTE, CHUNK, ELEMENT, MARK, MAXIMUM_DENSE, Keys, add_set, reverse, to_dense, to_sparse

#: Predicted seconds for one difference that is looked up.
DIFFERENCE = 7e-8

#: Predicted seconds for a bit that is looked up.
BIT_TEST = 1.2e-7


def meets(left: Keys, right: Keys, targets: list[int], work: Work) -> int | None:
    """A target that is the sum of an element of each set, or None."""
    if left.count > right.count:
        left, right = right, left
    sparse_seconds = rough_seconds(len(targets), left.count * DIFFERENCE + 1e-6)
    for keys in (left, right):
        if keys.sparse is None:
            sparse_seconds += keys.top * 1e-8 + keys.count * ELEMENT
    what = f"the test of {len(targets)} targets"
    size = max(left.top, right.top) // 8 + 1
    if left.top + right.top < MAXIMUM_DENSE:
        # For many targets: all sums at once, by at most one shift for each element of the smaller set.
        whole = (left.top + right.top) // 8 * BYTE + 3e-7
        sum_seconds = (left.count + 1) * whole + len(targets) * BIT_TEST
        sum_seconds += sum([keys.count * MARK for keys in (left, right) if keys.dense is None])
        if sum_seconds < min(sparse_seconds, len(targets) * size * 2.5e-9):
            work.require(sum_seconds, what)
            return _first_in(add_set(left, right, left.count * right.count, "last", work), targets, work)
    if 8 * size <= MAXIMUM_DENSE:
        each = size * 2.5e-9 + 1e-6
        dense_seconds = len(targets) * each + size * 1e-8
        dense_seconds += sum([keys.count * MARK for keys in (left, right) if keys.dense is None])
        if dense_seconds < sparse_seconds:
            work.require(dense_seconds, what)
            return _meets_dense(left, right, targets, each, work)
    work.require(sparse_seconds, what)
    small = list(to_sparse(left, work))
    large = to_sparse(right, work)
    for target in targets:
        for start in range(0, len(small), CHUNK):
            piece = small[start : start + CHUNK]
            work.spend(1e-6 + len(piece) * DIFFERENCE)
            if not large.isdisjoint(map(target.__sub__, piece)):
                return target
    return None


def _first_in(sums: Keys, targets: list[int], work: Work) -> int | None:
    """A target that is in a set, or None."""
    data = to_dense(sums, work).to_bytes(sums.top // 8 + 1, "little")
    for start in range(0, len(targets), CHUNK):
        piece = targets[start : start + CHUNK]
        work.spend(len(piece) * BIT_TEST)
        for target in piece:
            if target <= sums.top and data[target >> 3] >> (target & 7) & 1:
                return target
    return None


def _meets_dense(left: Keys, right: Keys, targets: list[int], each: float, work: Work) -> int | None:
    """Bit k of the mirror image of the right set is set if size - 1 - k is in it: a target is one `and`."""
    bits = to_dense(left, work)
    size = right.top // 8 + 1
    mirror = reverse(to_dense(right, work), size)
    work.spend(size * 3e-9)
    for target in targets:
        move = 8 * size - 1 - target
        work.spend(each)
        if (bits << move if move >= 0 else bits >> -move) & mirror:
            return target
    return None
