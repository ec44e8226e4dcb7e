"""Two sorted sets of keys: which pair of a left and a right key adds up to a target, or comes closest to it.

Two pointers run towards each other (Horowitz and Sahni 1974); where one set is much smaller, each of its keys is looked
up in the other by bisection. Keys are int64; the caller proves that |a + b| and |a + b - target| stay below 2^62.
"""

from __future__ import annotations

import numpy as np

from dnnt.kernels.loading import compiled
from dnnt.kernels.words import Keys, Poll

STEPS = 1 << 22
"""Moves of a pointer between two polls: about ten milliseconds."""

UNEVEN = 16
"""A set this many times as large as the other is not walked through."""


@compiled
def _walk(left: Keys, right: Keys, target: int, state: Keys, steps: int) -> int:
    """1 at a pair, 0 at the end, 2 where the steps are used up; state = (place in left, place in right)."""
    i, j = state[0], state[1]
    while i < len(left) and j >= 0:
        if steps == 0:
            state[0], state[1] = i, j
            return 2
        steps -= 1
        total = left[np.uintp(i)] + right[np.uintp(j)]
        if total == target:
            state[0], state[1] = i, j
            return 1
        # Both moves by arithmetic: a branch would be mispredicted half of the time.
        below = 1 if total < target else 0
        i += below
        j -= 1 - below
    return 0


@compiled
def _place(keys: Keys, key: int) -> int:
    """The place of the first key that is not below `key`."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _looked_up(left: Keys, right: Keys, target: int) -> int:
    """The place in `left` of the least a with target - a in `right`, or -1, by bisection in the larger set."""
    if len(left) <= len(right):
        for i in range(len(left)):
            j = _place(right, target - left[i])
            if j < len(right) and right[j] == target - left[i]:
                return i
        return -1
    for j in range(len(right) - 1, -1, -1):
        i = _place(left, target - right[j])
        if i < len(left) and left[i] == target - right[j]:
            return i
    return -1


@compiled
def _first_met(left: Keys, right: Keys, targets: Keys, bisect: bool, state: Keys) -> tuple[int, int]:
    for index in range(len(targets)):
        if bisect:
            found = _looked_up(left, right, targets[index])
            if found >= 0:
                return index, found
        else:
            state[0], state[1] = 0, len(right) - 1
            if _walk(left, right, targets[index], state, -1) == 1:
                return index, state[0]
    return -1, -1


def _uneven(left: Keys, right: Keys) -> bool:
    return UNEVEN * min(len(left), len(right)) < max(len(left), len(right))


def join(left: Keys, right: Keys, target: int, poll: Poll | None = None) -> int:
    """The least key a of `left` with target - a in `right`, or -1. Both increase, and keys are not negative."""
    if not len(left) or not len(right):
        return -1
    if _uneven(left, right) and min(len(left), len(right)) <= STEPS // 64:
        place = int(_looked_up(left, right, target))
        return int(left[place]) if place >= 0 else -1
    state = np.array([0, len(right) - 1], np.int64)
    while True:
        if poll is not None:
            poll()
        ended = _walk(left, right, target, state, STEPS)
        if ended != 2:
            return int(left[state[0]]) if ended else -1


def join_many(left: Keys, right: Keys, targets: Keys, poll: Poll | None = None) -> tuple[int, int]:
    """(index, a) of the first target, in the order given, that is a sum, with the least a (see `join`); or (-1, -1)."""
    if not len(left) or not len(right):
        return -1, -1
    bisect = _uneven(left, right)
    small, large = sorted((len(left), len(right)))
    each = small * large.bit_length() if bisect else small + large
    if each > STEPS:
        for index, target in enumerate(targets.tolist()):
            found = join(left, right, target, poll)
            if found >= 0:
                return index, found
        return -1, -1
    step = max(1, STEPS // each)
    state = np.zeros(2, np.int64)
    for start in range(0, len(targets), step):
        if poll is not None:
            poll()
        index, place = _first_met(left, right, targets[start : start + step], bisect, state)
        if index >= 0:
            return start + int(index), int(left[place])
    return -1, -1
