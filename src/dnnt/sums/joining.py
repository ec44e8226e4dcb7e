"""Lists that fit into the cache: four quarters of the parts, joined residue by residue.

Horowitz and Sahni (JACM 1974) make lists of the sums of either half, 2^(n/2) each for n items. Schroeppel and Shamir
(SIAM J. Comput. 1981) need only the lists of four quarters, 2^(n/4) each, from which they draw both lists in order by
heaps. Here the lists are cut up by residues instead, as by Howgrave-Graham and Joux (Eurocrypt 2010): with a prime p
of about 2^(n/4), and for every residue r, only the sums of the first two quarters that are r modulo p are formed,
and only those of the last two that are t - r; these are 2^(n/4) each too, and meet in a table within the cache.

All numbers are reduced modulo p · q < 2^62 first, so that items of any length cost the same. What is no sum modulo
p · q is no sum; what is one is verified with the exact numbers, and a random q makes false alarms rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from random import Random
from typing import Any

from dnnt.running import Run
from dnnt.sums.parts import Part, Picks

MOST_QUARTER = 1 << 17
"""The most sums of a quarter."""

CHUNK_PAIRS = 3_000_000
"""Sums that one call of the kernel looks at (about 30 ms)."""

MOST_ALARMS = 64
"""The most meetings in one residue that are told apart."""


def quarters(parts: Sequence[Part]) -> list[list[int]]:
    """The positions of the parts in four groups with about equally many sums each."""
    groups: list[list[int]] = [[], [], [], []]
    sizes = [0.0] * 4
    for position in sorted(range(len(parts)), key=lambda position: -len(parts[position])):
        g = sizes.index(min(sizes))
        groups[g].append(position)
        sizes[g] += log2(len(parts[position]))
    return groups


def pairs(parts: Sequence[Part]) -> float:
    """How many sums of two quarters are looked at, at most; infinite where a quarter has too many sums."""
    sizes = [sum(log2(len(parts[position])) for position in group) for group in quarters(parts)]
    return 2.0 ** (sizes[0] + sizes[1]) + 2.0 ** (sizes[2] + sizes[3]) if max(sizes) <= log2(MOST_QUARTER) else 1e300


def by_joining(parts: Sequence[Part], target: int, run: Run) -> Picks | None:
    """One element of each part, adding up to the target, or None. `pairs` must be finite."""
    groups = quarters(parts)
    lists = [_sums([parts[position] for position in group], target, run) for group in groups]
    seed, complete = 0, False
    while not complete:
        # Too many false alarms call for another modulus.
        seed += 1
        found, complete = _joined(lists, target, Random(seed), run)
        if found is not None:
            picks = [0] * len(parts)
            for group, sums, value in zip(groups, lists, found, strict=True):
                for position, pick in zip(group, sums[value], strict=True):
                    picks[position] = pick
            return picks
    return None


_Sums = dict[int, tuple[int, ...]]


def _sums(parts: Sequence[Part], target: int, run: Run) -> _Sums:
    """The sums of some parts up to the target, each with the elements that make it."""
    made: _Sums = {0: ()}
    for part in parts:
        run.poll()
        following: _Sums = {}
        for value in part:
            for total, picks in made.items():
                if total + value <= target:
                    following.setdefault(total + value, (*picks, value))
        made = following
    return made


def _joined(lists: Sequence[_Sums], target: int, random: Random, run: Run) -> tuple[tuple[int, ...] | None, bool]:
    """One sum of each list, together the target, or None; and whether all that met were looked at."""
    import numpy as np

    from dnnt.sums.list_kernels import joined

    prime = _prime(max(map(len, lists)) + 1)
    modulus = prime * (random.randrange(1 << 60, 1 << 61) // prime)
    arrays: list[Any] = []
    # The kernel is compiled: its types are those of the arrays.
    kernel: Any = joined
    for index, sums in enumerate(lists):
        values = np.array([value % modulus for value in sums], np.int64)
        rests = values % prime
        if index % 2:
            order = np.argsort(rests, kind="stable")
            starts = np.searchsorted(rests[order], np.arange(prime + 1)).astype(np.int64)
            arrays += [values[order], starts]
        else:
            arrays += [values, rests]
    each = max(len(lists[0]) * len(lists[1]), len(lists[2]) * len(lists[3])) // prime + 1
    step = max(1, CHUNK_PAIRS // (2 * each + len(lists[0]) + len(lists[2])))
    size = 16
    while size < 3 * each:
        size *= 2
    residue, met = 0, -1
    found = np.zeros(MOST_ALARMS, np.int64)
    while residue < prime:
        if met < 0:
            run.need(24 * size, "a table of sums")
            keys, stamps = np.zeros(size, np.int64), np.zeros(size, np.int32)
            size *= 2
        last = min(prime, residue + step)
        residue, met = kernel(*arrays, prime, modulus, target % modulus, residue, last, keys, stamps, found)
        run.poll()
        for key in set(found[: max(met, 0)].tolist()):
            chosen = _exactly(lists, key, modulus, target, run)
            if chosen is not None:
                return chosen, True
        if met == MOST_ALARMS:
            return None, False
        residue += met > 0
    return None, True


def _exactly(lists: Sequence[_Sums], key: int, modulus: int, target: int, run: Run) -> tuple[int, ...] | None:
    """One sum of each list, together the target, of which the first two are `key` modulo the modulus; or None."""
    later: dict[int, tuple[int, int]] = {}
    for c, d in _pairs(lists[2], lists[3], (target - key) % modulus, modulus):
        later[c + d] = (c, d)
    run.poll()
    for a, b in _pairs(lists[0], lists[1], key, modulus):
        if target - a - b in later:
            return (a, b, *later[target - a - b])
    return None


def _pairs(first: _Sums, second: _Sums, key: int, modulus: int) -> list[tuple[int, int]]:
    """The pairs of a sum of each list that add up to `key` modulo the modulus."""
    rests: dict[int, list[int]] = {}
    for b in second:
        rests.setdefault(b % modulus, []).append(b)
    return [(a, b) for a in first for b in rests.get((key - a) % modulus, ())]


def _prime(least: int) -> int:
    """The least prime from `least` on."""
    while any(least % divisor == 0 for divisor in range(2, int(least**0.5) + 1)):
        least += 1
    return least
