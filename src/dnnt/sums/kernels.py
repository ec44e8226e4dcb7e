"""Compiled loops over bitsets: bit k of an array of 64-bit words says whether k is a sum. Arrays in, arrays out.

Nothing here checks its arguments: callers have proved that bit numbers fit (they are below 2^40), that arrays are long
enough, and that one call lasts a few hundredths of a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dnnt.sums.compiled import compiled

BLOCK = 1024
"""Words of a bitset that are worked on at a time: 8 KB, so that they stay in the first cache."""


@compiled
def gather(source: Any, low: int, high: int, shift: int, block: Any) -> None:
    """`or` the words low … high - 1 of the bitset shifted up by `shift` bits into `block`."""
    words, bits = shift >> 6, np.uint64(shift & 63)
    start = max(low, words)
    if start >= high:
        return
    # Loops over slices that are cut before: arithmetic of indices inside them would cost more than the work.
    count, place, base = high - start, start - low, start - words
    if bits == 0:
        into, lower = block[place : place + count], source[base : base + count]
        for i in range(count):
            into[i] |= lower[i]
        return
    back = np.uint64(64) - bits
    block[place] |= source[base] << bits
    if base > 0:
        block[place] |= source[base - 1] >> back
    rest = block[place + 1 : place + count]
    upper = source[base + 1 : base + count]
    below = source[base : base + count - 1]
    for i in range(len(rest)):
        rest[i] = rest[i] | (upper[i] << bits) | (below[i] >> back)


@compiled
def gather_all(bits: Any, low: int, high: int, shifts: Any, block: Any) -> None:
    """The words low … high - 1 of the bitset and of all its shifts, in `block`."""
    here = bits[low:high]
    for i in range(len(here)):
        block[i] = here[i]
    for k in range(len(shifts)):
        gather(bits, low, high, shifts[k], block)


@compiled
def add_shifts(bits: Any, first: int, last: int, shifts: Any) -> None:
    """In place, `or` the shifts of the bitset into its words first … last - 1.

    From the top down, so that what is read has not been written yet: a call does a part of a pass, and the next one
    goes on below. Words past those that hold sums may be given; shifts are above 0.
    """
    block = np.empty(BLOCK, np.uint64)
    high = last
    while high > first:
        low = max(first, high - BLOCK)
        here = bits[low:high]
        gather_all(bits, low, high, shifts, block)
        for i in range(len(here)):
            here[i] = block[i]
        high = low


@compiled
def add_shifts_marked(bits: Any, first: int, last: int, shifts: Any, layers: Any, layer: int) -> None:
    """The same, with `layer` written to `layers[k]` for every bit k that is new."""
    block = np.empty(BLOCK, np.uint64)
    high = last
    length = len(layers)
    while high > first:
        low = max(first, high - BLOCK)
        here = bits[low:high]
        gather_all(bits, low, high, shifts, block)
        for i in range(len(here)):
            new = block[i] & ~here[i]
            if new:
                place = (low + i) * 64
                while new:
                    if new & np.uint64(0xFF):
                        for k in range(8):
                            if (new >> np.uint64(k)) & np.uint64(1) and place + k < length:
                                layers[place + k] = layer
                    new = new >> np.uint64(8)
                    place += 8
            here[i] = block[i]
        high = low


@compiled
def meeting(left: Any, right: Any, target: int, first: int, last: int) -> int:
    """The least k in words first … last - 1 of `left` such that target - k is in `right`; -1 if there is none."""
    one = np.uint64(1)
    for i in range(first, last):
        word = left[i]
        k = i * 64
        while word:
            if word & one:
                other = target - k
                if other < 0:
                    return -1
                if other < 64 * len(right) and (right[other >> 6] >> np.uint64(other & 63)) & one:
                    return k
            word = word >> one
            k += 1
    return -1


@compiled
def balanced(
    weights: Any,
    capacity: int,
    greatest: int,
    item: int,
    budget: int,
    state: Any,
    done: Any,
    nodes: Any,
    parents: Any,
    moves: Any,
    used: int,
    recording: bool,
) -> tuple[int, int, int]:
    """Pisinger's balancing from `item` on, until the capacity is reached, items end, or `budget` steps are spent.

    State m stands for the sum capacity - greatest + 1 + m. `state[m]` is the greatest s such that this sum is
    reached by a filling in which the items before s are as in the greedy filling (1-based; 0: not reached); `done[m]`
    is how far the removal of items from a sum above the capacity has been looked at. Where `recording`, `nodes[m]`
    leads to the moves that made the state. Returns the next item (the item that reached the capacity, if
    `state[greatest - 1]` is set), the nodes used (-1: there is no room for more), and the steps spent.
    """
    centre = greatest - 1
    steps = 0
    count = len(weights)
    while item < count and steps < budget:
        weight = weights[item]
        recording = recording and used + greatest < len(parents)
        # Upwards: the item joins a filling at or below the capacity. From above, so that it joins only once.
        below = state[: centre + 1]
        above = state[weight : centre + 1 + weight]
        for m in range(centre, -1, -1):
            here = below[m]
            if here > above[m]:
                above[m] = here
                if recording:
                    parents[used] = nodes[m]
                    moves[used] = item + 1
                    nodes[m + weight] = used
                    used += 1
        steps += centre + 1
        # Downwards: items of the greedy filling leave a filling above the capacity.
        for m in range(centre + weight, centre, -1):
            here, before = state[m], done[m]
            if here > before:
                recording = recording and used + here - before < len(parents)
                for s in range(here - 1, before - 1, -1):
                    to = m - weights[s - 1]
                    if state[to] < s:
                        state[to] = s
                        if recording:
                            parents[used] = nodes[m]
                            moves[used] = -s
                            nodes[to] = used
                            used += 1
                steps += here - before
                done[m] = here
        if state[centre]:
            break
        item += 1
    if not recording:
        used = -1
    return item, used, steps
