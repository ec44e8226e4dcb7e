"""Bellman's program on bits: the set of all sums up to the target as one long string of bits.

An item a turns the sums S into S or (S shifted up by a): 64 sums a step. Small problems are done with Python's long
integers, which need no compiler; larger ones with 64-bit words in place, block by block from the top. How the target
is made is read off *first-layer* numbers (for each sum the number of the part that first reached it), or, where these
would take much memory, found by divide and conquer (Hirschberg): the sums of either half of the parts meet in the
target, and each half is solved for its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dnnt.running import Run
from dnnt.sums.parts import Part, Picks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

LAYER_BYTES = 64 << 20
"""Up to this, first-layer numbers are kept."""

PYTHON_BYTES = 16 << 20
"""Up to this, the sums before every part are kept as Python integers."""

CHUNK_WORDS = 1 << 24
"""Words of a bitset times shifts that one call of a kernel goes through (about 10 ms)."""

FUSED_WORDS = 1 << 20
"""From so many words on (8 MB: more than the caches hold) two parts are added in one pass over memory."""

MOST_BITS = 1 << 38
"""Longer bitsets are not thought of."""


class Reached:
    """All sums of the given parts up to a limit, as words."""

    def __init__(self, limit: int, run: Run) -> None:
        import numpy as np

        self.limit = limit
        self.top = 0
        self._run = run
        run.need(limit // 8 + 64, "the sums as bits")
        self.words: Words = np.zeros(limit // 64 + 1, np.uint64)
        self.words[0] = 1

    def __contains__(self, value: int) -> bool:
        return 0 <= value <= self.limit and bool(int(self.words[value >> 6]) >> (value & 63) & 1)

    def add(self, parts: Sequence[Part]) -> None:
        """Add one element of each part. Sums past the limit are left out, or dropped with the last word."""
        import numpy as np

        from dnnt.sums.kernels import add_shifts

        shifts = sorted({sum(pair) for pair in _sums(parts) if 0 < sum(pair) <= self.limit})
        if not shifts:
            return
        self.top = min(self.top + sum(part[-1] for part in parts), self.limit)
        array = np.array(shifts, np.int64)
        words, step = self.top // 64 + 1, max(1, CHUNK_WORDS // len(shifts))
        for last in range(words, 0, -step):
            add_shifts(self.words, max(0, last - step), last, array)
            self._run.poll()

    def add_all(self, parts: Sequence[Part], until: int | None = None) -> int:
        """Add the parts in order; returns how many it took until `until` was reached (all, if it was not)."""
        index = 0
        while index < len(parts):
            together = 1
            if self.top // 64 >= FUSED_WORDS and index + 1 < len(parts):
                together = 2 if len(parts[index]) == len(parts[index + 1]) == 2 else 1
            self.add(parts[index : index + together])
            index += together
            if until is not None and until in self:
                break
        return index

    def below(self, value: int) -> int:
        """The greatest sum that is at most `value` (at most the limit)."""
        import numpy as np

        index = value >> 6
        word = int(self.words[index]) & ((2 << (value & 63)) - 1)
        while not word:
            # Blocks of growing length downwards; bit 0 is always set.
            low = max(0, index - 4096)
            filled = np.flatnonzero(self.words[low:index])
            if len(filled):
                index = low + int(filled[-1])
                word = int(self.words[index])
            else:
                index = low
        return 64 * index + word.bit_length() - 1

    def above(self, value: int) -> int:
        """The least sum from `value` on; the limit plus 1 where there is none up to the limit."""
        import numpy as np

        index = value >> 6
        word = int(self.words[index]) >> (value & 63) << (value & 63)
        while not word:
            index += 1
            if index == len(self.words):
                return self.limit + 1
            filled = np.flatnonzero(self.words[index : index + 4096])
            index = index + int(filled[0]) if len(filled) else min(index + 4095, len(self.words) - 1)
            word = int(self.words[index])
        return min(64 * index + (word & -word).bit_length() - 1, self.limit + 1)


def _sums(parts: Sequence[Part]) -> list[tuple[int, ...]]:
    made: list[tuple[int, ...]] = [()]
    for part in parts:
        made = [(*one, value) for one in made for value in part]
    return made


def python_bytes(parts: Sequence[Part], target: int) -> int:
    """What `by_integers` keeps."""
    return (len(parts) + 1) * (target // 8 + 40)


def by_integers(parts: Sequence[Part], target: int, run: Run) -> Picks | None:
    """One element of each part, adding up to the target, or None; with Python's long integers."""
    within = (2 << target) - 1
    before = [1]
    for part in parts:
        run.poll()
        sums = before[-1]
        if sums >> target & 1:
            break
        for value in part[1:]:
            if value <= target:
                sums |= before[-1] << value & within
        before.append(sums)
    if not before[-1] >> target & 1:
        return None
    picks = [0] * len(parts)
    for index in range(len(before) - 2, -1, -1):
        picks[index] = next(v for v in parts[index] if v <= target and before[index] >> target - v & 1)
        target -= picks[index]
    return picks


def by_words(parts: Sequence[Part], target: int, run: Run) -> Picks | None:
    """One element of each part, adding up to the target, or None; with compiled kernels. Parts in order of size are
    quickest.
    """
    if target == 0:
        return [0] * len(parts)
    if _few_layers(parts, target):
        return _layered(parts, target, run)
    reached = Reached(target, run)
    count = reached.add_all(parts, target)
    if target not in reached:
        return None
    del reached
    return _divided(parts[:count], target, run) + [0] * (len(parts) - count)


def _few_layers(parts: Sequence[Part], target: int) -> bool:
    """Whether first-layer numbers of 16 bits are kept."""
    return 2 * (target + 1) <= LAYER_BYTES and len(parts) < 1 << 16


def _layered(parts: Sequence[Part], target: int, run: Run) -> Picks | None:
    """By first-layer numbers: `layers[v]` is the number (from 1) of the part with which v was first reached."""
    import numpy as np

    from dnnt.sums.kernels import add_shifts_marked

    run.need(2 * (target + 1), "the first part that reaches each sum")
    layers = np.zeros(target + 1, np.uint16)
    reached = Reached(target, run)
    count = 0
    for index, part in enumerate(parts):
        shifts = np.array([v for v in part[1:] if v <= target], np.int64)
        if not len(shifts):
            continue
        reached.top = min(reached.top + part[-1], target)
        words, step = reached.top // 64 + 1, max(1, CHUNK_WORDS // 8 // len(shifts))
        for last in range(words, 0, -step):
            add_shifts_marked(reached.words, max(0, last - step), last, shifts, layers, index + 1)
            run.poll()
        count = index + 1
        if target in reached:
            break
    if target not in reached:
        return None
    picks = [0] * len(parts)
    layer = count + 1
    while target:
        before, layer = layer, int(layers[target])
        assert 0 < layer < before, "layers fall on the way back"
        # Each part has 0, so what was reached before a part stays reached: the rest is a sum of earlier parts.
        picks[layer - 1] = next(
            v for v in parts[layer - 1][1:] if v <= target and (v == target or 0 < layers[target - v] < layer)
        )
        target -= picks[layer - 1]
    return picks


def _divided(parts: Sequence[Part], target: int, run: Run) -> Picks:
    """How parts make a target that is known to be a sum of theirs."""
    if target == 0:
        return [0] * len(parts)
    if len(parts) == 1:
        return [target]
    if _few_layers(parts, target):
        found = _layered(parts, target, run)
        assert found is not None, "a sum that is none"
        return found
    from dnnt.sums.kernels import meeting

    half = len(parts) // 2
    left, right = Reached(target, run), Reached(target, run)
    left.add_all(parts[:half])
    right.add_all(parts[half:])
    share, step = -1, 1 << 20
    for first in range(0, len(left.words), step):
        run.poll()
        share = int(meeting(left.words, right.words, target, first, min(first + step, len(left.words))))
        if share >= 0:
            break
    assert share >= 0, "a sum without a share"
    del left, right
    return _divided(parts[:half], share, run) + _divided(parts[half:], target - share, run)
