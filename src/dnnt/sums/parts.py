"""What every algorithm works on: parts, one element of each of which is to be taken.

A part is an increasing tuple of integers that begins with 0; {0, a} is an item of the usual subset sum. Items with a
number of copies become few parts: of more than two copies of a, pairs are carried up as items 2a, so that at most two
are left of each value (Kellerer, Pferschy, Pisinger, *Knapsack Problems*, section 4.1: no sum is lost or won), and n
copies cost about log n parts, however large n is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

Part = tuple[int, ...]
"""Integers in increasing order, the first of them 0."""

Picks = list[int]
"""One element of each part."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a sum is made: the number of copies of each item, and the element of each choice."""

    copies: tuple[int, ...]
    picks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Atoms:
    """Items with copies as parts {0, a}: `values` in increasing order, each at most twice.

    `bought[v]` is the number of copies of value v that were there to begin with (without those carried from v / 2).
    """

    values: tuple[int, ...]
    bought: dict[int, int]

    def copies_of(self, taken: Sequence[int]) -> dict[int, int]:
        """How many copies of each value make the sum of the atoms `taken` (values, repeated where taken twice)."""
        used: dict[int, int] = {}
        for value in taken:
            used[value] = used.get(value, 0) + 1
        spent: dict[int, int] = {}
        # From the greatest value down: what exceeds a value's own copies was carried, in pairs of its half.
        pending = dict(used)
        for value in sorted(self._chain(used), reverse=True):
            wanted = pending.get(value, 0)
            if not wanted:
                continue
            own = min(wanted, self.bought.get(value, 0))
            if own:
                spent[value] = own
            if wanted > own:
                pending[value // 2] = pending.get(value // 2, 0) + 2 * (wanted - own)
        return spent

    def _chain(self, used: dict[int, int]) -> set[int]:
        """The values of `used`, and whatever they may have been carried from."""
        found: set[int] = set()
        for value in used:
            while value not in found:
                found.add(value)
                if value % 2:
                    break
                value //= 2
        return found


def atoms_of(copies: dict[int, int]) -> Atoms:
    """At most two atoms of each value, with the same sums as `copies[v]` copies of each value v > 0."""
    values: list[int] = []
    pending = {value: count for value, count in copies.items() if count > 0}
    for start in sorted(pending):
        value, count = start, pending.pop(start, 0)
        # A value that only carries make is dealt with at once; one that is still to come gets its carry then.
        while count:
            keep = count if count <= 2 else 2 - count % 2
            values.extend([value] * keep)
            carry, value = (count - keep) // 2, 2 * value
            if value in pending:
                pending[value] += carry
                break
            count = carry
    values.sort()
    return Atoms(tuple(values), copies)


def common_divisor(parts: Sequence[Part]) -> int:
    """The greatest number that divides every element of every part (0 where all are 0)."""
    divisor = 0
    for part in parts:
        divisor = gcd(divisor, *part)
        if divisor == 1:
            break
    return divisor


def total_of(parts: Sequence[Part]) -> int:
    """The greatest sum."""
    return sum(part[-1] for part in parts)
