"""First calls: each family of loops is called once on next to nothing, which loads it or compiles it."""

from __future__ import annotations

import numpy as np

from dnnt.kernels import bits, members, sorted_keys


def start_words() -> None:
    """Load the loops on bitsets."""
    keys = np.array([1, 2, 3], np.int64)
    words = members.scatter(keys, 100)
    bits.sumset(words, keys, 100)
    bits.progression(words, 1, 3, 100)
    members.extract(words)


def start_sorted() -> None:
    """Load the loops on sorted keys."""
    sorted_keys.sumset(np.array([1, 2], np.int64), np.array([1, 2], np.int64))
    sorted_keys.sumset(np.array([1, 1 << 40], np.int64), np.array([1, 2], np.int64))
