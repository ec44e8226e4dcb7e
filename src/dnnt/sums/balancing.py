"""Pisinger's balancing: subset sum in O(n · w) steps for n items up to w, whatever the target.

D. Pisinger, *Linear time algorithms for knapsack problems with bounded weights*, Journal of Algorithms 33 (1999).
Fill greedily until the target is passed. Every subset can be reached from this filling through *balanced* fillings
only: an item is added where the sum is at or below the target, and one is removed where it is above, so that sums stay
within w of the target. Of all fillings with one sum the one that removed least of the greedy filling is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from dnnt.running import Run
from dnnt.sums.parts import Part, Picks

BUDGET = 20_000_000
"""Steps of one call of the kernel (about 20 ms)."""

MOST_NODES = 1 << 24
"""The most states (8 bytes each) that are remembered for the way back."""


def by_balancing(parts: Sequence[Part], target: int, run: Run, most: int = MOST_NODES) -> Picks | None:
    """Which items (parts of two elements) add up to the target, or None. 0 < target <= the sum of all items.

    The moves that made the states are remembered while they are few. Where they are not, and the target is reached,
    the item that reached it is taken (it is in every solution among the items so far), and the rest is solved anew.
    """
    import numpy as np

    from dnnt.sums.kernels import balanced

    picks = [0] * len(parts)
    weights = [part[1] for part in parts]
    count = len(weights)
    while target:
        greatest = max(weights[:count])
        total = greedy = 0
        while greedy < count and total + weights[greedy] <= target:
            total += weights[greedy]
            greedy += 1
        if total == target:
            picks[:greedy] = weights[:greedy]
            break
        if greedy == count:
            return None
        run.need(24 * greatest + 8 * most, "the states of balanced fillings")
        array = np.array(weights[:count], np.int64)
        state, done = np.zeros(2 * greatest, np.int32), np.zeros(2 * greatest, np.int32)
        state[greatest:] = done[greatest:] = 1
        centre = greatest - 1
        state[centre + total - target] = greedy + 1
        nodes = np.zeros(2 * greatest, np.int32)
        parents, moves = np.zeros(most, np.int32), np.zeros(most, np.int32)
        item, used, recording = greedy, 1, True
        while item < count and not state[centre]:
            item, after, _ = balanced(
                array, target, greatest, item, BUDGET, state, done, nodes, parents, moves, max(used, 0), recording
            )
            run.poll()
            # Once there is no room for more moves, only whether the target is reached is looked at.
            recording, used = recording and after >= 0, after
        if not state[centre]:
            assert not any(picks), "an item of every solution that is in none"
            return None
        if recording:
            picks[:greedy] = weights[:greedy]
            node = int(nodes[centre])
            while node:
                move = int(moves[node])
                picks[abs(move) - 1] = weights[move - 1] if move > 0 else 0
                node = int(parents[node])
            break
        picks[item] = weights[item]
        target -= weights[item]
        count = item
    return picks
