"""Compiled loops over lists of sums: merging, meeting from both ends, and joining by residues.

Nothing here checks its arguments: callers have proved that all numbers are below 2^62, so that a sum of two does not
wrap, and that one call lasts a few hundredths of a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dnnt.sums.compiled import compiled


@compiled
def merged(source: Any, count: int, part: Any, limit: int, result: Any) -> int:
    """The sums, up to the limit, of the first `count` numbers of `source` (increasing) and an element of `part`.

    Written to `result` in increasing order and each once; returns how many there are. `part` begins with 0.
    """
    width = len(part)
    places = np.zeros(width, np.int64)
    made = 0
    while True:
        least = limit + 1
        for k in range(width):
            if places[k] < count:
                value = source[places[k]] + part[k]
                if value < least:
                    least = value
        if least > limit:
            return made
        result[made] = least
        made += 1
        for k in range(width):
            if places[k] < count and source[places[k]] + part[k] == least:
                places[k] += 1


@compiled
def merged_two(source: Any, count: int, item: int, limit: int, result: Any) -> int:
    """The same for a part {0, item}."""
    made = i = j = 0
    while j < count:
        late = source[j] + item
        if late > limit:
            break
        if i < count and source[i] <= late:
            early = source[i]
            i += 1
            if early == late:
                j += 1
            result[made] = early
        else:
            result[made] = late
            j += 1
        made += 1
    while i < count:
        result[made] = source[i]
        made += 1
        i += 1
    return made


@compiled
def nearest(left: Any, right: Any, target: int, low: int, high: int, best: int, steps: int) -> tuple[int, int, int]:
    """From both ends: the greatest left + right up to the target, `best` being known, and where to go on."""
    while low < len(left) and high >= 0 and steps > 0:
        total = left[low] + right[high]
        if total > target:
            high -= 1
        else:
            if total > best:
                best = total
                if total == target:
                    break
            low += 1
        steps -= 1
    return low, high, best


@compiled
def joined(
    first: Any,
    first_rest: Any,
    second: Any,
    second_start: Any,
    third: Any,
    third_rest: Any,
    fourth: Any,
    fourth_start: Any,
    prime: int,
    modulus: int,
    target: int,
    residue: int,
    last: int,
    keys: Any,
    stamps: Any,
    found: Any,
) -> tuple[int, int]:
    """Sums of an element of each list that are the target modulo `modulus`, a multiple of `prime`.

    For each residue from `residue` to `last` - 1: the sums of `first` and `second` with this residue modulo the prime
    go into a table (`keys`, of which those stamped with the residue count), and those of `third` and `fourth` with the
    complementary residue are looked up. `second_start[r]` is where the elements with residue r begin. Returns the
    residue at which it stopped, and how many sums of the first two lists that meet were written to `found` there (a sum
    perhaps more than once); -1: the table is too small.
    """
    mask = len(keys) - 1
    rest_of_target = target % prime
    rows = 0
    for m in range(residue, last):
        held = 0
        stamp = m + 1
        for i in range(len(first)):
            r = m - first_rest[i]
            if r < 0:
                r += prime
            for j in range(second_start[r], second_start[r + 1]):
                key = first[i] + second[j]
                if key >= modulus:
                    key -= modulus
                if 2 * held >= mask:
                    return m, -1
                place = ((key * -7046029254386353131) >> 20) & mask
                while stamps[place] == stamp and keys[place] != key:
                    place = (place + 1) & mask
                if stamps[place] != stamp:
                    stamps[place] = stamp
                    keys[place] = key
                    held += 1
        if held == 0:
            continue
        other = rest_of_target - m
        if other < 0:
            other += prime
        for i in range(len(third)):
            r = other - third_rest[i]
            if r < 0:
                r += prime
            begin, end = fourth_start[r], fourth_start[r + 1]
            if begin == end:
                continue
            wanted = target - third[i]
            for j in range(begin, end):
                key = wanted - fourth[j]
                while key < 0:
                    key += modulus
                place = ((key * -7046029254386353131) >> 20) & mask
                while stamps[place] == stamp:
                    if keys[place] == key and rows < len(found):
                        found[rows] = key
                        rows += 1
                    place = (place + 1) & mask
        if rows:
            return m, rows
    return last, 0
