"""Keys of a few lists that sum to a target, met in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

FEW_SUMS, PARTS = 1000, 4
"""Sums of two keys from which on a part of them is tried first, and which."""


def keys_of(columns: Sequence[Sequence[int]], width: int) -> list[int]:
    """Vectors, which are given by their columns, as numbers with so many bits for each coordinate."""
    keys = list(columns[0])
    for i, column in enumerate(columns[1:], start=1):
        keys = [key + (value << width * i) for key, value in zip(keys, column, strict=True)]
    return keys


def split(left: list[list[int]], right: list[list[int]], target: int) -> tuple[int, ...] | None:
    """Indices of one key in each list (one or two a side, or none on the left) such that the keys sum to the target."""
    *first, last = right
    for known in _sums(left):
        for key in first[0] if first else (0,):
            wanted = target - key
            if not known.isdisjoint([wanted - other for other in last]):
                other = next(each for each in last if wanted - each in known)
                ends = _indices(left, wanted - other)
                return (*ends, *([first[0].index(key)] if first else []), last.index(other))
    return None


def _sums(lists: list[list[int]]) -> Iterator[set[int]]:
    """The sums of one key of each list. Of two different lists at first some, and then the others: to form sums takes
    longer than to look them up. Equal units have few different sums, of which mostly all are looked up.
    """
    if len(lists) < 2:
        yield set(lists[0]) if lists else {0}
        return
    one, two = lists
    if one is two:
        yield {a + b for i, a in enumerate(one) for b in one[i:]}
        return
    some = len(one) // PARTS if len(one) * len(two) > FEW_SUMS else 0
    if some:
        yield {a + b for a in one[:some] for b in two}
    yield {a + b for a in one[some:] for b in two}


def _indices(lists: list[list[int]], total: int) -> tuple[int, ...]:
    """Indices of keys, one of each list, with this sum."""
    if not lists:
        return ()
    *first, last = lists
    for key in first[0] if first else (0,):
        if total - key in last:
            return (*([first[0].index(key)] if first else []), last.index(total - key))
    raise AssertionError("the sum was made of these keys")
