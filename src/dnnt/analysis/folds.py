"""Sums of many sets as `execute.fold_sum` will form them: the time, the memory, and how the largest step may be
done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp2, inf

from dnnt.reachable import keysets
from dnnt.reachable.folding_cost import WIDEST, multisets, sumset_seconds, times_of

BYTES_PER_KEY = 24.0

LARGEST_LOG = 60.0
"""Sets above this logarithm are formed by nobody."""

MOST_STEPS = 1000
"""Steps that are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A bound on the size (a logarithm), the steps, seconds, bytes at the peak, and the ways of the costliest step.

    A way is its name and its seconds; the cheapest comes first.
    """

    size: float
    steps: int
    seconds: float
    bytes: float
    ways: tuple[tuple[str, float], ...]


def folded(parts: Sequence[tuple[float, int]], cells: float, span: float) -> Folded:
    """Sets (logarithms of sizes, multiplicities) added up smallest first; `cells` bounds every sum, `span` is the
    box.
    """
    seconds = size = peak = 0.0
    costliest: tuple[float, float, float] | None = None
    steps = 0

    def add(left: float, right: float) -> float:
        nonlocal seconds, peak, costliest, steps
        steps += 1
        if left > 0 and right > 0 and steps <= MOST_STEPS:
            each = sumset_seconds(left, right, span)
            seconds += each
            peak = max(peak, sumset_bytes(left, right, span))
            if costliest is None or each > costliest[0]:
                costliest = each, left, right
        return min(left + right, cells)

    for one, times in sorted(parts):
        if one <= 0:
            continue
        chain, bits = one, times.bit_length()
        for exponent in range(bits):
            if times >> exponent & 1:
                size = add(size, chain) if size > 0 else min(chain, cells)
            if exponent + 1 < bits:
                add(chain, chain)
                chain = min(multisets(one, 2 << exponent), cells)
    if steps > MOST_STEPS:
        seconds *= steps / MOST_STEPS
    size = min(size, sum(multisets(one, times) for one, times in parts if one > 0 and times))
    return Folded(size, steps, seconds, peak or times_of(size, BYTES_PER_KEY), _ways(costliest, span))


def sumset_bytes(left: float, right: float, span: float) -> float:
    """The memory that a sumset of sets of these sizes (logarithms) takes at its peak."""
    if max(left, right) > LARGEST_LOG:
        return times_of(min(left + right, span if span < WIDEST else inf), BYTES_PER_KEY)
    return float(keysets.sumset_bytes(ceil(exp2(left)), ceil(exp2(right)), int(exp2(min(span, WIDEST)))))


def _ways(step: tuple[float, float, float] | None, span: float) -> tuple[tuple[str, float], ...]:
    if step is None or max(step[1:]) > LARGEST_LOG:
        return ()
    sizes = ceil(exp2(step[1])), ceil(exp2(step[2]))
    costs = keysets.ways_seconds(*sizes, int(exp2(min(span, WIDEST))))
    return tuple(sorted(costs.items(), key=lambda item: item[1]))
