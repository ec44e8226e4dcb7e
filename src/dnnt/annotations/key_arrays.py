"""Maps of keys and their digits as NumPy arrays of 64-bit integers; all numbers are below 2^62."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dnnt.annotations.arrays import joined, merged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.int64]

__all__ = ["digits", "joined", "mapped", "merged"]


def mapped(keys: Array, offset: int, given: Sequence[tuple[int, int, int | Mapping[int, int]]]) -> Array:
    """`KeyMap` on all keys at once."""
    total = np.full(len(keys), offset, np.int64)
    for stride, count, table in given:
        digit = keys // stride % count
        if isinstance(table, int):
            total += table * digit
        else:
            known = np.fromiter(table.keys(), np.int64, len(table))
            values = np.fromiter(table.values(), np.int64, len(table))
            order = known.argsort()
            total += values[order][known[order].searchsorted(digit)]
    return total


def digits(keys: Array, stride: int, count: int) -> list[int]:
    """The distinct digits of one axis."""
    if count == 1:
        return [0]
    found = np.sort(keys // stride % count)
    keep = np.ones(len(found), bool)
    keep[1:] = found[1:] != found[:-1]
    return [int(digit) for digit in found[keep].tolist()]
