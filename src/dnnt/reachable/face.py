"""States near a face of the hull: those that fall little short of the greatest possible in the direction of a cut.

What a state falls short, its *slack*, is the sum of the slacks of the vectors that make it. So all states of small
slack are sums of vectors of small slack, and there are few of them, however many states there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isqrt, log2

from dnnt.reachable.clouds import Cloud
from dnnt.reachable.key_kinds import NUMPY_SPAN, Keys, NumpyKeys, PythonKeys, as_numpy
from dnnt.reachable.listing import Costs
from dnnt.reachable.packing import Packing
from dnnt.reachable.projection import Cut
from dnnt.reachable.tables import Linear, looked_up


@dataclass(frozen=True, slots=True)
class Slack:
    """Keep only sums that fall at most `most` short of the greatest possible in the direction of a cut."""

    cut: Cut
    most: int
    packing: Packing

    def near(self, keys: Keys, counts: Sequence[int]) -> Keys:
        """The keys of sums of `counts[p]` vectors of each part p that have no more slack."""
        axes = [
            (c, s, a.count)
            for c, s, a in zip(self.cut.direction, self.packing.strides, self.packing.axes, strict=True)
            if c and a.count > 1
        ]
        least = sum(n * g for n, g in zip(counts, self.cut.greatest, strict=False)) - self.most
        bound = sum(abs(c) * count for c, _, count in axes)
        if not isinstance(keys, PythonKeys) and self.packing.span <= NUMPY_SPAN and bound < 1 << 62:
            held = as_numpy(keys).keys
            total = held * 0
            for c, stride, count in axes:
                total += held // stride % count * c
            kept = held[total >= least] if least > -(1 << 62) else held
            return NumpyKeys(kept) if len(kept) > SMALL else PythonKeys(frozenset(int(k) for k in kept.tolist()))
        listed = keys.listed()
        totals = looked_up(listed, [(s, count, Linear(c, 0, count)) for c, s, count in axes])
        return PythonKeys(frozenset([key for key, total in zip(listed, totals, strict=True) if total >= least]))


SMALL = 3000
"""Sets up to this size are held in Python."""


@dataclass(frozen=True, slots=True)
class Excess:
    """How far the wanted point lies beyond a cut: q · (c · y - most), and the Σ c²/w that turns it into a loss."""

    value: int
    q: int
    inverse: Fraction

    def slack(self, cost: int) -> int:
        """The least slack from which on all states cost at least this: the square of their distance tells."""
        product = max(cost, 0) * self.inverse
        root = isqrt(-(-product.numerator // product.denominator))
        least = max(0, -((self.value - root) // self.q))
        while self.value + self.q * least < 0 or (self.value + self.q * least) ** 2 < product:
            least += 1
        return least


LONGEST = 1_500
"""Bits of the numbers in a loss above which the checker may find them too long for slacks."""


def excess_of(costs: Costs, cut: Cut) -> Excess | None:
    """The excess of the wanted point; None where the loss is no sum of squares of all outputs, or has long
    numbers.
    """
    value, inverse, q = 0, Fraction(0), 1
    if not costs.plain or max(costs.scale.bit_length(), costs.constant.bit_length()) > LONGEST:
        return None
    for at in costs.coordinates:
        if at.square is None:
            return None
        w, q, y = at.square
        if w.bit_length() + 2 * max(q.bit_length(), y.bit_length()) > LONGEST:
            return None
        c = cut.direction[at.axis]
        value += c * y
        inverse += Fraction(c * c, w)
    return Excess(value - q * cut.most, q, inverse) if inverse else None


def slacks_of(clouds: Sequence[Cloud], cut: Cut) -> list[list[int]]:
    """For each summand the slack of each of its vectors."""
    return [
        [greatest - value for value in cloud.values(cut.direction)]
        for cloud, greatest in zip(clouds, cut.greatest, strict=True)
    ]


BUCKETS = 24


def log_count(clouds: Sequence[Cloud], slacks: Sequence[Sequence[int]], most: int) -> float:
    """An upper bound (a logarithm to base 2) on the ways to make a sum of slack at most `most`, units being unordered.

    Slacks are rounded down to buckets.
    """
    width = max(1, -(-(most + 1) // BUCKETS))
    size = most // width + 1
    ways = [0.0] * size
    ways[0] = 1.0
    for cloud, values in zip(clouds, slacks, strict=True):
        buckets = [0] * size
        for value in values:
            if value <= most:
                buckets[value // width] += 1
        if cloud.times == 1:
            ways = [sum([ways[i - j] * buckets[j] for j in range(i + 1)]) for i in range(size)]
            continue
        flat = (buckets[0] - 1) * log2(min(cloud.times + 1, 1 << 900)) if cloud.times else 0.0
        if flat > 60:
            return inf
        ways = [w * 2.0**flat for w in ways]
        for j in range(1, size):
            for _ in range(min(buckets[j], 60)):
                for i in range(j, size):
                    ways[i] += ways[i - j]
            if buckets[j] > 60:
                return inf
        if sum(ways) > 1e15:
            return inf
    return log2(sum(ways)) if sum(ways) > 0 else 0.0
