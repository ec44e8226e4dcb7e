"""Bitsets as arrays of 64-bit words: counting and listing their keys, and whether two of them have keys that add up.

Keys a of L and b of R with a + b = t meet where L and the reversed R, shifted, have a common bit: a word of 64
candidates costs one AND, and the search ends at the first word that is not 0.
"""

from __future__ import annotations

import numpy as np

from dnnt.kernels.loading import compiled
from dnnt.kernels.words import Keys, Poll, Words, clear_past, empty, lowest, mirrored, ones, words_for

CHUNK = 1 << 24
"""Words read between two polls: a few milliseconds."""

LISTED = 1 << 20
"""Keys listed between two polls."""


@compiled
def _count(words: Words) -> int:
    total = 0
    for word in words:
        total += ones(word)
    return total


def count(words: Words, poll: Poll | None = None) -> int:
    """The number of keys in a bitset."""
    total = 0
    for start in range(0, len(words), CHUNK):
        if poll is not None:
            poll()
        total += int(_count(words[start : start + CHUNK]))
    return total


@compiled
def _extract(words: Words, first: int, out: Keys) -> int:
    """Write the keys of `words`, which start at word number `first`, to `out`; how many they are."""
    made = 0
    one = np.uint64(1)
    for j in range(len(words)):
        word = words[j]
        base = (first + j) << 6
        while word:
            out[made] = base + lowest(word)
            made += 1
            word &= word - one
    return made


def extract(words: Words, poll: Poll | None = None) -> Keys:
    """The keys of a bitset in increasing order. 8 bytes a key."""
    out = np.empty(count(words, poll), np.int64)
    made = 0
    step = LISTED
    for start in range(0, len(words), step):
        if poll is not None:
            poll()
        made += _extract(words[start : start + step], start, out[made:])
    return out


@compiled
def _scatter(words: Words, keys: Keys) -> None:
    for key in keys:
        words[key >> 6] |= np.uint64(1) << np.uint64(key & 63)


def scatter(keys: Keys, span: int, poll: Poll | None = None) -> Words:
    """The bitset of these keys, in any order and repeated or not. 0 <= key < span for all of them."""
    words = empty(span)
    if len(keys):
        assert int(keys.min()) >= 0
        assert int(keys.max()) < span
    for start in range(0, len(keys), 4 * LISTED):
        if poll is not None:
            poll()
        _scatter(words, keys[start : start + 4 * LISTED])
    return words


def from_int(bits: int, span: int) -> Words:
    """The bitset of the bits 0 … span - 1 of an integer >= 0."""
    size = 8 * words_for(span)
    if bits.bit_length() > 8 * size:
        bits &= (1 << span) - 1
    words = np.frombuffer(bits.to_bytes(size, "little"), np.uint64).copy()
    clear_past(words, span)
    return words


def to_int(words: Words) -> int:
    """The integer with bit k set for key k."""
    return int.from_bytes(words.tobytes(), "little")


@compiled
def _reverse(words: Words, out: Words, pad: int) -> None:
    last = len(words) - 1
    down, up = np.uint64(pad), np.uint64(63 - pad)
    one = np.uint64(1)
    for j in range(last):
        out[j] = (mirrored(words[last - j]) >> down) | (mirrored(words[last - j - 1]) << one << up)
    if last >= 0:
        out[last] = mirrored(words[0]) >> down


def reverse(words: Words, span: int) -> Words:
    """The keys span - 1 - k for the keys k of a bitset of this span."""
    assert len(words) == words_for(span)
    out = np.empty(len(words), np.uint64)
    _reverse(words, out, 64 * len(words) - span)
    return out


@compiled
def _meets(left: Words, mirror: Words, shift: int, start: int, stop: int) -> int:
    """The least bit a of the words start … stop - 1 of `left` such that bit a + shift of `mirror` is set, or -1."""
    whole = shift >> 6
    down = np.uint64(shift & 63)
    one, up = np.uint64(1), np.uint64(63) - down
    count = len(mirror)
    begin, end = max(start, -whole), min(stop, count - whole - 1)
    # The word before the first that has both parts, and the word after the last.
    if start <= -whole - 1 < stop and count:
        word = left[-whole - 1] & (mirror[0] << one << up)
        if word:
            return int(((-whole - 1) << 6) + lowest(word))
    size = 16
    while begin < end:
        cut = min(begin + size, end)
        mine = left[begin:cut]
        same = mirror[begin + whole : cut + whole]
        above = mirror[begin + whole + 1 : cut + whole + 1]
        any_bit = np.uint64(0)
        for j in range(len(mine)):
            any_bit |= mine[j] & ((same[j] >> down) | (above[j] << one << up))
        if any_bit:
            for j in range(len(mine)):
                word = mine[j] & ((same[j] >> down) | (above[j] << one << up))
                if word:
                    return int(((begin + j) << 6) + lowest(word))
        begin = cut
        size = 512
    if start <= count - whole - 1 < stop and count:
        word = left[count - whole - 1] & (mirror[count - 1] >> down)
        if word:
            return int(((count - whole - 1) << 6) + lowest(word))
    return -1


def meets(left: Words, mirror: Words, span: int, key: int, poll: Poll | None = None) -> int:
    """The least key a of `left` such that key - a is in the set whose reversal (`reverse`) in `span` is `mirror`.

    -1 where there is none. |key| < 2^62, and the span lies below 2^62.
    """
    assert abs(key) < 1 << 62
    assert len(mirror) == words_for(span)
    shift = span - 1 - key
    # Only these words can meet.
    start = min(max(0, (-shift) >> 6), len(left))
    stop = min(len(left), max(0, words_for(span - shift)))
    for begin in range(start, stop, CHUNK // 2):
        if poll is not None:
            poll()
        found = int(_meets(left, mirror, shift, begin, min(begin + CHUNK // 2, stop)))
        if found >= 0:
            return found
    return -1


@compiled
def _meets_many(left: Words, mirror: Words, span: int, keys: Keys) -> tuple[int, int]:
    for index in range(len(keys)):
        found = _meets(left, mirror, span - 1 - keys[index], 0, len(left))
        if found >= 0:
            return index, found
    return -1, -1


def meets_many(left: Words, mirror: Words, span: int, keys: Keys, poll: Poll | None = None) -> tuple[int, int]:
    """(index, a) of the first of the keys, in their order, that is met, with the least a (see `meets`); or (-1, -1)."""
    assert len(mirror) == words_for(span)
    size = max(1, min(len(left), len(mirror)))
    if size > CHUNK:
        for index, key in enumerate(keys.tolist()):
            found = meets(left, mirror, span, key, poll)
            if found >= 0:
                return index, found
        return -1, -1
    step = max(1, CHUNK // size)
    for start in range(0, len(keys), step):
        if poll is not None:
            poll()
        index, found = _meets_many(left, mirror, span, keys[start : start + step])
        if index >= 0:
            return start + int(index), int(found)
    return -1, -1
