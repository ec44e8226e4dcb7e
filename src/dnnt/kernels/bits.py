"""Bitsets as arrays of 64-bit words: sums of a set and some shifts, and which keys are in.

A sumset of a bitset and many shifts is formed block by block of the output, each block small enough for the first
cache, so that memory is passed once and not once for every shift; four shifts at a time are combined in registers.
Loops run over slices that are cut beforehand, since index arithmetic inside keeps the compiler from using vector
instructions. Bits that would be shifted past the end are dropped; nothing else is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dnnt.kernels.loading import compiled
from dnnt.kernels.threads import beside_each_other
from dnnt.kernels.words import Keys, Poll, Words, clear_past, empty, words_for

BLOCK = 8192
"""Words of a block of output that stays in the cache while all shifts are added to it."""

CHUNK = 1 << 25
"""Words read, times shifts, between two polls: about ten milliseconds."""

NEAR = 4096
"""Words of a block to which the short doublings of a progression are applied one after the other: two fit the second
cache."""

REACH = 1 << 18
"""Doublings of a progression that move a bit no further than this in all are done in one pass over memory."""


@compiled
def _combine(target: Words, source: Words, first: int, shift: int) -> None:
    """target[j] |= word number first + j of `source` shifted up by `shift` >= 0 bits."""
    count = len(source)
    begin = first - (shift >> 6)
    up = np.uint64(shift & 63)
    down = np.uint64(64) - up
    if count == 0:
        return
    if shift & 63 == 0:
        low = max(0, -begin)
        high = min(len(target), count - begin)
        if high > low:
            into = target[low:high]
            same = source[begin + low : begin + high]
            for j in range(len(into)):
                into[j] |= same[j]
        return
    # The lowest word has no word below it to carry from, and the highest carries into one that has no other part.
    if 0 <= -begin < len(target):
        target[-begin] |= source[0] << up
    if 0 <= count - begin < len(target):
        target[count - begin] |= source[count - 1] >> down
    low = max(0, 1 - begin)
    high = min(len(target), count - begin)
    if high > low:
        into = target[low:high]
        same = source[begin + low : begin + high]
        below = source[begin + low - 1 : begin + high - 1]
        for j in range(len(into)):
            into[j] |= (same[j] << up) | (below[j] >> down)


@compiled
def _combine_four(target: Words, source: Words, first: int, shifts: Keys) -> None:
    """The same for four shifts, each of which reads words 0 to len(source) - 1 only."""
    count = len(target)
    one, last = np.uint64(1), np.uint64(63)
    a, b, c, d = first - (shifts[0] >> 6), first - (shifts[1] >> 6), first - (shifts[2] >> 6), first - (shifts[3] >> 6)
    a_up, b_up = np.uint64(shifts[0] & 63), np.uint64(shifts[1] & 63)
    c_up, d_up = np.uint64(shifts[2] & 63), np.uint64(shifts[3] & 63)
    # Down by one and by 63 - up: 64 - up in one step would be no shift at all for up = 0.
    a_down, b_down, c_down, d_down = last - a_up, last - b_up, last - c_up, last - d_up
    a_same, a_below = source[a : a + count], source[a - 1 : a + count - 1]
    b_same, b_below = source[b : b + count], source[b - 1 : b + count - 1]
    c_same, c_below = source[c : c + count], source[c - 1 : c + count - 1]
    d_same, d_below = source[d : d + count], source[d - 1 : d + count - 1]
    for j in range(count):
        target[j] |= (
            (a_same[j] << a_up)
            | (a_below[j] >> one >> a_down)
            | (b_same[j] << b_up)
            | (b_below[j] >> one >> b_down)
            | (c_same[j] << c_up)
            | (c_below[j] >> one >> c_down)
            | (d_same[j] << d_up)
            | (d_below[j] >> one >> d_down)
        )


@compiled
def _shift_or(target: Words, source: Words, shift: int, start: int, stop: int) -> None:
    _combine(target[start:stop], source, start, shift)


@compiled
def _combine_all(target: Words, source: Words, first: int, shifts: Keys) -> None:
    """The same as `_combine` for shifts in increasing order."""
    k = 0
    while k < len(shifts):
        if (
            k + 4 <= len(shifts)
            and first - (shifts[k + 3] >> 6) >= 1
            and first + len(target) - (shifts[k] >> 6) <= len(source)
        ):
            _combine_four(target, source, first, shifts[k : k + 4])
            k += 4
        else:
            _combine(target, source, first, shifts[k])
            k += 1


@compiled
def _sumset(target: Words, source: Words, shifts: Keys, start: int, stop: int, block: int) -> None:
    for first in range(start, stop, block):
        _combine_all(target[first : min(first + block, stop)], source, first, shifts)


def shift_or(target: Words, source: Words, shift: int, poll: Poll | None = None) -> None:
    """Join source << shift to the target, in one pass over memory; bits past the last word of the target are dropped.

    The arrays must not overlap, and 0 <= shift < 2^62.
    """
    assert 0 <= shift < 1 << 62
    stop = min(len(target), len(source) + words_for(shift))
    for start in range(min(shift >> 6, stop), stop, CHUNK):
        if poll is not None:
            poll()
        _shift_or(target, source, shift, start, min(start + CHUNK, stop))


def sumset(words: Words, shifts: Keys, span: int, out: Words | None = None, poll: Poll | None = None) -> Words:
    """The keys a + b < span with a in `words` and b among `shifts`, joined to those in `out` if that is given.

    Shifts lie in 0 … 2^62 - 1, in any order; `out` is a bitset of the span that does not overlap `words`.
    """
    made = empty(span) if out is None else out
    assert len(made) == words_for(span)
    assert span < 1 << 62
    if not len(shifts) or not len(made) or not len(words):
        return made
    shifts = np.sort(shifts)
    assert shifts[0] >= 0
    begin = min(int(shifts[0]) >> 6, len(made))
    end = min(len(words) + words_for(int(shifts[-1])), len(made))
    step = max(BLOCK, CHUNK // len(shifts) // BLOCK * BLOCK)
    pieces = [(start, min(start + step, end)) for start in range(begin, end, step)]
    for _ in beside_each_other(lambda start, stop: _sumset(made, words, shifts, start, stop, BLOCK), pieces, poll):
        pass
    clear_past(made, span)
    return made


@compiled
def _copy(into: Words, source: Words) -> None:
    """Much quicker to compile than the assignment of a slice."""
    for j in range(len(source)):
        into[j] = source[j]


@compiled
def _double_far(words: Words, shift: int, start: int, stop: int, block: int) -> None:
    """Join words << shift to the words, for the words start … stop - 1; words below `start` are as they were."""
    whole = shift >> 6
    copy = np.empty(block + 1, np.uint64)
    last = stop
    while last > start:
        first = max(start, last - block)
        # The words of the source that this block needs, and one more below.
        low, high = max(first - whole - 1, 0), last - whole
        if high > low:
            _copy(copy, words[low:high])
            _combine(words[first:last], copy[: high - low], first - low, shift)
        last = first


@compiled
def _doubled(into: Words, source: Words, shift: int) -> None:
    """Write source | source << shift to `into`, for a shift > 0."""
    whole = shift >> 6
    count = len(source)
    up = np.uint64(shift & 63)
    one, down = np.uint64(1), np.uint64(63) - up
    _copy(into, source[: min(whole + 1, count)])
    if whole < count:
        into[whole] |= source[0] << up
    if whole + 1 < count:
        made = into[whole + 1 :]
        here = source[whole + 1 :]
        same = source[1 : count - whole]
        below = source[: count - whole - 1]
        for j in range(len(made)):
            made[j] = here[j] | (same[j] << up) | (below[j] >> one >> down)


@compiled
def _double_near(words: Words, shifts: Keys, reach: int, start: int, stop: int, block: int) -> None:
    """All of words |= words << shift, one after the other, where the shifts add up to at most 64 · (reach - 1) bits."""
    here, there = np.empty(block + reach, np.uint64), np.empty(block + reach, np.uint64)
    last = stop
    while last > start:
        first = max(start, last - block)
        low = max(first - reach, 0)
        count = last - low
        _copy(here, words[low:last])
        for shift in shifts:
            _doubled(there[:count], here[:count], shift)
            here, there = there, here
        # What is carried in from below `low` is missing in the lowest words only; they are not taken.
        _copy(words[first:last], here[first - low : count])
        last = first


def progression(words: Words, step: int, count: int, span: int, poll: Poll | None = None) -> Words:
    """The keys a + step · i < span with a in `words`, for i = 0 … count - 1, by doubling in place.

    step >= 0, count >= 1, and step · count < 2^62.
    """
    assert step >= 0
    assert count >= 1
    assert step * count < 1 << 62
    made = empty(span)
    most = min(len(made), len(words))
    made[:most] = words[:most]
    clear_past(made, span)
    shifts, have = [], 1
    while have < count and step:
        more = min(have, count - have)
        shifts.append(step * more)
        have += more
    near = 0
    while near < len(shifts) and sum(shifts[: near + 1]) <= REACH:
        near += 1
    filled = most
    if near:
        together = np.array(shifts[:near], np.int64)
        reach = words_for(sum(shifts[:near])) + 1
        filled = min(len(made), filled + reach)
        for start, stop in _downwards(filled, CHUNK // (2 * near), poll):
            _double_near(made, together, reach, start, stop, max(NEAR, 4 * reach))
    for shift in shifts[near:]:
        if shift >= span:
            break
        filled = min(len(made), filled + words_for(shift))
        for start, stop in _downwards(filled, CHUNK // 2, poll):
            _double_far(made, shift, start, stop, BLOCK)
    clear_past(made, span)
    return made


def _downwards(end: int, step: int, poll: Poll | None) -> Iterator[tuple[int, int]]:
    """The ranges that 0 … end - 1 is cut into, from the last to the first."""
    while end > 0:
        if poll is not None:
            poll()
        yield max(0, end - step), end
        end -= step
