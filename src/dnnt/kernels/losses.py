"""The least separable loss over a set of keys of a box: the loss is a sum of one table entry a coordinate.

A key is mixed radix: key = Σ digit_c · stride_c with stride_c = count_0 · … · count_{c-1}. Keys that agree in all
digits but the first are neighbours (a row). What the later digits of a row cost, plus the least that the first digit
can add, is a lower bound for the whole row: a row whose bound is not below the best loss so far is passed over, and so
is a block of rows that agree in all but the first two digits.

The caller proves that every sum of one entry from each table, and every partial sum, stays below 2^62 in absolute
value. Ties go to the least key.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from operator import mul

import numpy as np

from dnnt.kernels.loading import compiled
from dnnt.kernels.threads import beside_each_other
from dnnt.kernels.words import Keys, Poll, Words, lowest, words_for

NONE = 1 << 62
"""The loss of no key."""

KEYS = 1 << 21
"""Keys looked at between two polls: about ten milliseconds."""

WORK = 1 << 20
"""Words and rows looked at between two polls."""


def flat(tables: Sequence[Keys]) -> tuple[Keys, Keys, Keys]:
    """(all entries, the place of each table in them, the least sum of entries of the tables up to each)."""
    starts = np.array([0, *accumulate(len(table) for table in tables)], np.int64)
    entries = np.concatenate([np.empty(0, np.int64), *(np.asarray(table, np.int64) for table in tables)])
    least = np.array(list(accumulate(int(table.min()) for table in tables)), np.int64)
    return entries, starts, least


@compiled
def _of_keys(
    keys: Keys, strides: Keys, entries: Keys, starts: Keys, least: Keys, best: int, best_key: int
) -> tuple[int, int]:
    """`strides` has one entry more than there are coordinates: the number of keys of the box."""
    axes = len(strides) - 1
    i = 0
    while i < len(keys):
        # The outer coordinates first; `total` is what those past c cost, `rest` the key without them.
        rest = keys[i]
        block = rest
        total = 0
        c = axes - 1
        while c >= 1 and total + least[c] < best:
            digit = rest // strides[c]
            rest -= digit * strides[c]
            total += entries[starts[c] + digit]
            c -= 1
        block -= rest
        end = block + strides[c + 1]
        if total + least[c] < best:
            while i < len(keys) and keys[i] < end:
                loss = total + entries[keys[i] - block]
                if loss < best:
                    best, best_key = loss, keys[i]
                i += 1
            continue
        # None of the block will do: to the first key past it, by steps that double, then by halves.
        step = 1
        while i + step < len(keys) and keys[i + step] < end:
            i += step
            step *= 2
        while step > 0:
            if i + step < len(keys) and keys[i + step] < end:
                i += step
            step >>= 1
        i += 1
    return best, best_key


def least_of_keys(
    keys: Keys, counts: Sequence[int], tables: Sequence[Keys], below: int = NONE, poll: Poll | None = None
) -> tuple[int, int]:
    """(loss, key) of the key with the least loss, if that is less than `below`; else (below, -1).

    `keys` increases strictly, with 0 <= key < the product of `counts`; `tables[c]` has `counts[c]` entries.
    """
    if not len(counts):
        return (0, 0) if len(keys) and below > 0 else (below, -1)
    entries, starts, least = flat(tables)
    best, best_key = below, -1
    strides = np.array([1, *accumulate(counts, mul)], np.int64)

    def search(start: int, stop: int) -> tuple[int, int]:
        return _of_keys(keys[start:stop], strides, entries, starts, least, best, best_key)

    pieces = [(start, start + KEYS) for start in range(0, len(keys), KEYS)]
    for loss, key in beside_each_other(search, pieces, poll):
        # Pieces come in the order of their keys, so that the least key is kept where losses are equal.
        if loss < best:
            best, best_key = loss, key
    return int(best), int(best_key)


@compiled
def _of_bits(
    words: Words, counts: Keys, entries: Keys, starts: Keys, least: Keys, state: Keys, digits: Keys, work: int
) -> bool:
    """True at the end. state = (next row, best loss, its key); digits[c] for c >= 1 are those of the next row."""
    width = counts[0]
    axes = len(counts)
    row, best, best_key = state[0], state[1], state[2]
    rows = 1
    for c in range(1, axes):
        rows *= counts[c]
    one = np.uint64(1)
    while row < rows and work > 0:
        work -= 1
        # The outer coordinates first: if they alone cost too much, more rows are passed over at once.
        total = 0
        passed = -1
        c = axes - 1
        while c >= 1:
            # `total` is what coordinates c + 1 and later cost: a bound of all that agree in them.
            if total + least[c] >= best:
                passed = c
                break
            total += entries[starts[c] + digits[c]]
            c -= 1
        if passed < 0 and total + least[0] >= best:
            passed = 0
        if passed < 0:
            first = row * width
            last = first + width - 1
            for i in range(first >> 6, (last >> 6) + 1):
                word = words[i]
                if i == first >> 6:
                    word = (word >> np.uint64(first & 63)) << np.uint64(first & 63)
                if i == last >> 6:
                    up = np.uint64(63 - (last & 63))
                    word = (word << up) >> up
                while word:
                    key = (i << 6) + lowest(word)
                    loss = total + entries[key - first]
                    if loss < best:
                        best, best_key = loss, key
                    word &= word - one
            work -= (last >> 6) - (first >> 6)
            passed = 0
        # To the next row that differs from this one in a coordinate past `passed`.
        size = 1
        for c in range(1, passed + 1):
            row -= digits[c] * size
            size *= counts[c]
            digits[c] = 0
        row += size
        c = passed + 1
        while c < axes:
            digits[c] += 1
            if digits[c] < counts[c]:
                break
            digits[c] = 0
            c += 1
    state[0], state[1], state[2] = row, best, best_key
    return bool(row >= rows)


def least_of_bits(
    words: Words, counts: Sequence[int], tables: Sequence[Keys], below: int = NONE, poll: Poll | None = None
) -> tuple[int, int]:
    """(loss, key) of the key of a bitset with the least loss, if that is less than `below`; else (below, -1).

    The bitset's span is at most the product of `counts`, below 2^62; `tables[c]` has `counts[c]` entries.
    """
    if not len(counts):
        return (0, 0) if len(words) and bool(words[0] & np.uint64(1)) and below > 0 else (below, -1)
    missing = words_for(prod(counts)) - len(words)
    if missing > 0:  # Loops read to the end of the box.
        words = np.concatenate([words, np.zeros(missing, np.uint64)])
    entries, starts, least = flat(tables)
    state = np.array([0, below, -1], np.int64)
    digits = np.zeros(len(counts), np.int64)
    of = np.array(counts, np.int64)
    while True:
        if poll is not None:
            poll()
        if _of_bits(words, of, entries, starts, least, state, digits, WORK):
            return int(state[1]), int(state[2])
