"""Sumsets of sorted keys, in order and without repeats, with no memory but the output.

The larger set is read once for every key b of the smaller, from a pointer of its own, window by window of the output:
all pairs whose sum lies in the window are collected, and written out in order, before the next window. How they are
collected depends on how full the output is. *Dense*: as bits of a window that stays in the cache, read off in order.
*Sparse*: as numbers in a buffer that stays in the cache, sorted there by their digits; the window is made as wide as
the buffer allows.

Keys are int64 in increasing order. The caller proves that 0 <= a + b < 2^62 for all pairs; nothing wraps then.
"""

from __future__ import annotations

from math import expm1

import numpy as np

from dnnt.kernels.loading import compiled
from dnnt.kernels.words import Keys, Poll, Words, lowest, ones

LIMIT = 1 << 62
"""Sums lie below this."""

PAIRS = 1 << 21
"""Pairs formed between two polls: about ten milliseconds."""

LEAST_WINDOW, LARGEST_WINDOW = 1 << 17, 1 << 22
"""The spans of windows of bits: 16 KB to 512 KB."""

VISIT = 16
"""Pairs that a visit of a pointer should find in a window, where the window can be made that wide."""

BUFFER = 1 << 15
"""Pairs that a buffer of sums holds: 256 KB, and as much again for sorting."""

DENSE = 50
"""Where there is less than one pair in so many cells, sums are sorted: too much of a window of bits is read in vain."""


@compiled
def _by_bits(
    large: Keys, small: Keys, at: Keys, low: int, window: Words, out: Keys, pairs: int
) -> tuple[int, int, int]:
    """(keys written, next window's low end or -1 at the end, 1 if `out` was too short for the window in hand).

    `at` has a pointer into `large` for each key of `small`; both it and `window` are left as the next call needs them.
    """
    span = len(window) << 6
    made = 0
    done = 0
    one = np.uint64(1)
    while low >= 0 and done < pairs:
        following = -1
        for j in range(len(small)):
            base = small[j] - low
            k = at[j]
            begin = k
            if k < len(large):
                end = span - base
                # Unsigned indices: numba would look for negative ones each time.
                while k < len(large) and large[np.uintp(k)] < end:
                    place = large[np.uintp(k)] + base
                    window[np.uintp(place >> 6)] |= one << np.uint64(place & 63)
                    k += 1
                at[j] = k
                done += k - begin
                if k < len(large) and (following < 0 or large[k] + small[j] < following):
                    following = large[k] + small[j]
        found = 0
        for word in window:
            found += ones(word)
        if made + found > len(out):
            # Undo: the pointers go back to where this window begins.
            for j in range(len(small)):
                while at[j] > 0 and large[at[j] - 1] + small[j] >= low:
                    at[j] -= 1
            for i in range(len(window)):
                window[i] = 0
            return made, low, 1
        for i in range(len(window)):
            word = window[i]
            if word:
                window[i] = 0
                base = low + (i << 6)
                while word:
                    out[np.uintp(made)] = base + lowest(word)
                    made += 1
                    word &= word - one
        low = following
    return made, low, 0


@compiled
def _sort_by_digits(values: Keys, spare: Keys, counts: Keys, count: int, span: int) -> bool:
    """Sort values[:count], all in 0 … span, by digits of 11 bits from the lowest; True: the result is in `spare`."""
    down = 0
    swapped = False
    here, there = values, spare
    while span >> down > 0:
        for digit in range(2048):
            counts[digit] = 0
        for i in range(count):
            counts[np.uintp(here[i] >> down & 2047)] += 1
        total = 0
        for digit in range(2048):
            mine = counts[digit]
            counts[digit] = total
            total += mine
        for i in range(count):
            place = np.uintp(here[i] >> down & 2047)
            there[np.uintp(counts[place])] = here[i]
            counts[place] += 1
        here, there = there, here
        swapped = not swapped
        down += 11
    return swapped


@compiled
def _by_sorting(
    large: Keys, small: Keys, at: Keys, low: int, width: int, buffers: Keys, out: Keys, pairs: int
) -> tuple[int, int, int, int]:
    """(keys written, next low end or -1 at the end, the width of the next window, 1 if `out` was too short).

    `buffers` has two rows, each at least as long as `small`, so that a window of a single key always fits.
    """
    size = buffers.shape[1]
    counts = np.empty(2048, np.int64)
    made = 0
    done = 0
    while low >= 0 and done < pairs:
        if made + size > len(out):
            return made, low, width, 1
        following = -1
        found = 0
        j = 0
        end = min(low + width, 1 << 62)
        while j < len(small):
            k = at[j]
            b = small[j]
            most = end - b
            room = min(len(large), k + size - found)
            while k < room and large[np.uintp(k)] < most:
                buffers[0, np.uintp(found)] = large[np.uintp(k)] + b - low
                found += 1
                k += 1
            if k < len(large):
                if large[k] < most:
                    # No room: undo this window, and take half of it.
                    break
                if following < 0 or large[k] + b < following:
                    following = large[k] + b
            at[j] = k
            j += 1
        if j < len(small):
            for i in range(j):
                while at[i] > 0 and large[at[i] - 1] + small[i] >= low:
                    at[i] -= 1
            width = max(1, width >> 1)
            done += found
            continue
        row = 1 if _sort_by_digits(buffers[0], buffers[1], counts, found, width - 1) else 0
        last = -1
        for i in range(found):
            key = buffers[row, i]
            if key != last:
                out[made] = low + key
                made += 1
                last = key
        done += found + len(small)
        if 2 * found < size and width < 1 << 60:
            width = width * 2 if 4 * found >= size else width * 4
        low = following
    return made, low, width, 0


def sumset(left: Keys, right: Keys, poll: Poll | None = None, room: int = LIMIT) -> Keys:
    """The keys a + b in increasing order. Raises `MemoryError` where they are more than `room`.

    Both sets are increasing; the caller proves 0 <= a + b < 2^62. Memory: the output, at most 1.5 times for a moment.
    """
    if len(left) < len(right):
        left, right = right, left
    if not len(right):
        return np.empty(0, np.int64)
    span = int(left[-1]) + int(right[-1]) - int(left[0]) - int(right[0]) + 1
    assert int(left[0]) + int(right[0]) >= 0
    assert int(left[-1]) + int(right[-1]) < LIMIT
    pairs = len(left) * len(right)
    large, small = np.ascontiguousarray(left), np.ascontiguousarray(right)
    if dense(pairs, span):
        return _collect_bits(large, small, span, poll, room)
    return _collect_sorted(large, small, span, poll, room)


def dense(pairs: int, span: int) -> bool:
    """Whether the sums of so many pairs in such a span are collected as bits."""
    return pairs * DENSE >= span


class _Output:
    """An array that grows. Its pages are taken as they are written to, so room that is not used costs nothing."""

    def __init__(self, size: int, most: int, room: int) -> None:
        self.keys = np.empty(max(1, min(size, most)), np.int64)
        self.used = 0
        self._most = most
        self._room = room

    def rest(self) -> Keys:
        """What is not written to yet."""
        return self.keys[self.used :]

    def add(self, count: int) -> None:
        """So many keys were written to the rest."""
        self.used += count
        if self.used > self._room:
            raise MemoryError

    def grow(self, least: int) -> None:
        """Make the rest at least `least` long."""
        size = self.used + max(least, self.used // 2)
        # NumPy grows in place where the system can move pages.
        self.keys.resize(size, refcheck=False)

    def cut(self) -> Keys:
        """What was written."""
        self.keys.resize(self.used, refcheck=False)
        return self.keys


def _collect_bits(large: Keys, small: Keys, span: int, poll: Poll | None, room: int) -> Keys:
    # The mean of what a pointer finds in a window is len(large) · window / span.
    wanted = max(LEAST_WINDOW, min(LARGEST_WINDOW, VISIT * span // len(large)))
    # Where very many keys are added, a window that wide would keep the poll waiting.
    wanted = max(64, min(wanted, 4 * PAIRS * span // (len(large) * len(small)), span + 63))
    window = np.zeros(wanted >> 6, np.uint64)
    at = np.zeros(len(small), np.int64)
    low = int(large[0]) + int(small[0])
    most = min(span, len(large) * len(small))
    # What random sets would give. No page is taken before it is written to.
    likely = int(-1.1 * span * expm1(-len(large) * len(small) / span))
    out = _Output(likely + 64 * len(window), most, room)
    while low >= 0:
        if poll is not None:
            poll()
        made, low, short = _by_bits(large, small, at, low, window, out.rest(), PAIRS)
        out.add(made)
        if short:
            out.grow(64 * len(window))
    return out.cut()


def _collect_sorted(large: Keys, small: Keys, span: int, poll: Poll | None, room: int) -> Keys:
    pairs = len(large) * len(small)
    size = max(min(BUFFER, pairs), 2 * len(small))
    buffers = np.empty((2, size), np.int64)
    width = max(1, span * size // (2 * pairs))
    at = np.zeros(len(small), np.int64)
    low = int(large[0]) + int(small[0])
    likely = int(-1.1 * span * expm1(-pairs / span))
    out = _Output(likely + 2 * size, pairs + size, room)
    while low >= 0:
        if poll is not None:
            poll()
        made, low, width, short = _by_sorting(large, small, at, low, width, buffers, out.rest(), PAIRS)
        out.add(made)
        if short:
            out.grow(2 * size)
    return out.cut()
