"""Which of some states is reachable first: keys tested against two halves, in a way chosen by predicted cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dnnt.kernels import loading
from dnnt.reachable import keysets
from dnnt.reachable.halves import Halves
from dnnt.reachable.key_kinds import NUMPY_SPAN, NumpyKeys, as_bits, as_numpy, as_words, meeting, split
from dnnt.running import Run

if TYPE_CHECKING:
    from dnnt.reachable.key_kinds import Array

First = Callable[[Sequence[int]], int | None]
"""The index of the first of the keys that is in L + R, or None."""

COMPILED_WORD, COMPILED_STEP = 5e-11, 3e-9
"""Seconds for a grid point of a compiled test by bits, and for a key of one that walks along both halves."""


def membership(halves: Halves, run: Run, many: int) -> tuple[First, float]:
    """A test of keys against L + R, and the predicted seconds for one key, if about so `many` are to be tested."""
    left, right, span = halves.left_fold.result, halves.right_fold.result, halves.packing.span
    small, large = sorted((left, right), key=lambda keys: keys.size)
    # A test takes about span / 20 ns by bits, and 30 ns for each key of the smaller half by a map.
    if span <= keysets.BITSET_SPAN and span < 600 * small.size:
        run.need(span, "the bits of both halves")
        each = 1e-6 + span * 1e-10
        if span > 1 << 20 and (loading.loaded() or loading.worth(many * each / 2)):
            from dnnt.kernels import members

            words, mirror = as_words(small, span).words, members.reverse(as_words(large, span).words, span)
            return (
                lambda keys: _index(members.meets_many(words, mirror, span, _array(keys), run.poll)),
                1e-6 + span * COMPILED_WORD,
            )
        bits, (mirrored, length) = as_bits(small).bits, as_bits(large).reversed()
        return _each(lambda key: bool(meeting(bits, mirrored, length, key)), run), each
    walk = (small.size + large.size) * COMPILED_STEP
    if span <= NUMPY_SPAN and small.size > keysets.SMALL_PAIRS and (loading.loaded() or loading.worth(many * walk)):
        from dnnt.kernels import joins

        one, two = as_numpy(small).keys, as_numpy(large).keys
        return (lambda keys: _index(joins.join_many(one, two, _array(keys), run.poll))), 1e-6 + walk
    if small.size > keysets.SMALL_PAIRS and span <= keysets.BITMAP_SPAN:
        run.need(span, "a map of one half")
        return _each(_by_map(as_numpy(small), as_numpy(large), span), run), 1e-5 + small.size * 1e-8
    return _each(lambda key: split(small, large, key) is not None, run), 2e-5 + small.size * 1e-7


def _array(keys: Sequence[int]) -> Array:
    import numpy as np

    return np.array(keys, np.int64)


def _index(found: tuple[int, int]) -> int | None:
    return found[0] if found[0] >= 0 else None


def _each(member: Callable[[int], bool], run: Run) -> First:
    def first(keys: Sequence[int]) -> int | None:
        for index, key in enumerate(keys):
            run.poll()
            if member(key):
                return index
        return None

    return first


def _by_map(small: NumpyKeys, large: NumpyKeys, span: int) -> Callable[[int], bool]:
    import numpy as np

    cells = np.zeros(span, bool)
    cells[large.keys] = True

    def member(key: int) -> bool:
        rest = key - small.keys
        return bool(cells[rest[rest >= 0]].any())

    return member
