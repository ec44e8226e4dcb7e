"""Few items of many bits: a solution as a short vector of a lattice.

The basis of Coster, Joux, LaMacchia, Odlyzko, Schnorr and Stern (*Improved low-density subset sum algorithms*, 1992):
rows e_i with N · a_i in one more column, and (1/2, …, 1/2, N · t). The vector x - 1/2 of a solution x is among the
shortest where the density n / log2(a) is below 0.94, and LLL (Lenstra, Lenstra, Lovász 1982) finds it where that is
small. What it finds is verified; where it finds nothing, nothing follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from dnnt.running import Run
from dnnt.sums.parts import Part, Picks

MOST_ITEMS = 130
"""Larger bases take minutes."""


def by_lattice(parts: Sequence[Part], target: int, run: Run, tries: int = 3) -> Picks | None:
    """Which items (parts of two elements) add up to the target, if LLL finds them. The basis is shuffled (seeded) and
    reduced again `tries` times; no call of LLL can be cut short.
    """
    from flint import fmpz_mat

    weights = [part[1] for part in parts]
    count = len(weights)
    scale = count + 1
    random = Random(count)
    for _ in range(tries):
        run.poll()
        order = random.sample(range(count), count)
        # Everything twice, so that 1/2 is whole.
        rows = [[2 * (i == j) for j in range(count)] + [2 * scale * weights[order[i]]] for i in range(count)]
        rows.append([1] * count + [2 * scale * target])
        for row in fmpz_mat(rows).lll().tolist():
            if row[count] or any(abs(entry) != 1 for entry in row[:count]):
                continue
            for sign in (1, -1):
                picks = [0] * count
                for position, entry in zip(order, row[:count], strict=True):
                    picks[position] = weights[position] if entry == sign else 0
                if sum(picks) == target:
                    return picks
    return None
