"""Walks through proofs with hints, as plain functions, which `proofs` compiles. Importing this loads no numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def trim(numbers: Ints, given: int, out: Ints, goal: int, extra: int, gaps: Ints) -> tuple[Ints, int]:
    """Which of the `given` clauses a proof uses, and how long the trimmed proof is that is written to `out`.

    `numbers` are those of a binary LRAT file (letters too), none above 2^62; `out` has as many places. The proof ends
    at the first step that derives the clause of one literal `goal` (as written in the file), or the empty clause
    if that is 0 or comes first; the length is -1 where there is none. `extra` numbers of clauses are left free. For
    each of the `gaps` (increasing), a number was skipped after so many given clauses.
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
            if numbers[at] == 0 or (numbers[at] == goal and numbers[at + 1] == 0):
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
    if empty < 0:
        return starts[:0], -1
    most = max(most, given + made + len(gaps)) + 1
    # What each number is: 0 a clause given, which is made later on to its rank.
    rank = np.zeros(most + 1, np.int64)
    for k in range(made):
        rank[names[k]] = -1
    count = 0
    passed = 0
    for name in range(1, most + 1):
        if rank[name] == 0 and count < given:
            if passed < len(gaps) and gaps[passed] <= count:
                passed += 1
                continue
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
    last = kept + extra
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


def follows(given: Ints, proof: Ints, extra: int) -> bool:
    """Whether every step of a trimmed proof follows from its hints by unit propagation.

    `given` are the clauses used, each ended by 0, with literals of less than 2^31; none of the `extra` numbers of
    clauses that were left free is used.
    """
    most = 0
    for literal in given:
        most = max(most, abs(literal))
    starts = np.zeros(len(given) + len(proof) + extra + 2, np.int64)
    count = 0
    at = 0
    while at < len(given):
        count += 1
        starts[count] = at
        while given[at]:
            at += 1
        at += 1
    first = count
    count += extra
    holds = np.zeros(2 * most + 1, np.int64)
    at = 0
    stamp = 0
    while at < len(proof):
        stamp += 1
        begin = at
        while proof[at]:
            literal = proof[at]
            if abs(literal) > most:
                return False
            holds[most - literal] = stamp
            at += 1
        at += 1
        closed = False
        while proof[at]:
            hint = proof[at]
            at += 1
            if closed:
                continue
            if hint > count or (first < hint <= first + extra) or hint < 1:
                return False
            source = given if hint <= first else proof
            place = starts[hint]
            free = 0
            while source[place]:
                literal = source[place]
                if holds[most - literal] != stamp:
                    if free:
                        return False
                    free = literal
                place += 1
            if free:
                holds[most + free] = stamp
            else:
                closed = True
        at += 1
        if not closed:
            return False
        count += 1
        starts[count] = begin
    return True
