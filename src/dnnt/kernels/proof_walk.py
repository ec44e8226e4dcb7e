"""The walk through a proof with hints, as a plain function, which `proofs` compiles. Importing this loads no numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def trim(numbers: Ints, given: int, out: Ints) -> tuple[Ints, int]:
    """Which of the `given` clauses a proof uses, and how long the trimmed proof is that is written to `out`.

    `numbers` are those of a binary LRAT file (letters too), none above 2^62, with a step that derives the empty clause;
    `out` has as many places.
    """
    starts = np.zeros(len(numbers) + 1, np.int64)
    names = np.zeros(len(numbers) + 1, np.int64)
    made = 0
    most = 0
    at = 0
    empty = -1
    while at < len(numbers):
        if numbers[at] == 97:
            name = numbers[at + 1] >> 1
            starts[made] = at + 2
            names[made] = name
            made += 1
            most = max(most, name)
            at += 2
            if numbers[at] == 0:
                empty = made - 1
            while numbers[at]:
                at += 1
            at += 1
            while numbers[at]:
                at += 1
            at += 1
            if empty >= 0:
                break
        else:
            at += 1
            while numbers[at]:
                at += 1
            at += 1
    most = max(most, given + made) + 1
    # What each number is: 0 a clause given, which is made later on to its rank.
    rank = np.zeros(most + 1, np.int64)
    for k in range(made):
        rank[names[k]] = -1
    count = 0
    for name in range(1, most + 1):
        if rank[name] == 0 and count < given:
            count += 1
            rank[name] = count
    needed = np.zeros(most + 1, np.int64)
    needed[names[empty]] = 1
    for k in range(empty, -1, -1):
        if needed[names[k]]:
            at = starts[k]
            while numbers[at]:
                at += 1
            at += 1
            while numbers[at]:
                needed[numbers[at] >> 1] = 1
                at += 1
    used = np.zeros(given, np.int64)
    kept = 0
    number = np.zeros(most + 1, np.int64)
    for name in range(1, most + 1):
        if needed[name] and rank[name] > 0:
            used[kept] = rank[name] - 1
            kept += 1
            number[name] = kept
    last = kept
    size = 0
    for k in range(empty + 1):
        if needed[names[k]]:
            last += 1
            number[names[k]] = last
            at = starts[k]
            while numbers[at]:
                value = numbers[at]
                out[size] = -(value >> 1) if value & 1 else value >> 1
                size += 1
                at += 1
            out[size] = 0
            size += 1
            at += 1
            while numbers[at]:
                out[size] = number[numbers[at] >> 1]
                size += 1
                at += 1
            out[size] = 0
            size += 1
    return used[:kept], size
