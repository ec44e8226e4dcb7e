"""How far a sum of functions can go on a sum of options: upper bounds on cells, by slopes.

F(z) = Σ_i φ_i(z_i), and z = Σ_j u_j with one option u_j of each set. The grid of each coordinate is cut into intervals
on which φ_i is concave; products of these are *cells*. On a cell, for any slopes b,

    F(z) <= Σ_i max (φ_i(d) - b_i d) + Σ_j max b · u_j,

which is least for the Lagrange multipliers of "z is the sum of the u_j" (Everett 1963).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

STEPS = 60
"""Steps of the search for slopes."""

FINE = 256
"""Slopes are multiples of 1/FINE."""

Digits = tuple[int, ...]
Interval = tuple[int, int]
Options = Sequence[Sequence[Digits]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A product of intervals, for one choice of weights, and slopes in it (times `FINE`)."""

    weights: int
    intervals: tuple[Interval, ...]
    slopes: Digits


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes (times `FINE`) with a low bound (times `FINE`), and the best vector that was seen on the way."""

    slopes: Digits
    bound: int
    most: int
    best: Digits | None
    """None where no vector is better than what was known."""


def concave_intervals(phi: Sequence[int]) -> list[Interval]:
    """The digits in intervals on which φ is concave, each as long as it can be, from the lowest on."""
    made: list[Interval] = []
    start = 0
    for d in range(2, len(phi)):
        if d - start >= 2 and phi[d] - phi[d - 1] > phi[d - 1] - phi[d - 2]:
            made.append((start, d - 1))
            start = d
    return [*made, (start, len(phi) - 1)]


def good_slopes(phi: Sequence[Sequence[int]], cell: Sequence[Interval], options: Options, most: int) -> Slopes:
    """Slopes with a low bound in a cell, by Polyak's subgradient steps towards the greatest value that is known."""
    corners = [_corners(p, interval) for p, interval in zip(phi, cell, strict=True)]
    b = [(each[-1][1] - each[0][1]) / max(1, each[-1][0] - each[0][0]) for each in corners]
    kept, least = b, float("inf")
    best: Digits | None = None
    for _ in range(STEPS):
        bound, wanted = 0.0, []
        for slope, each in zip(b, corners, strict=True):
            value, at = max([(f - slope * d, d) for d, f in each])
            bound += value
            wanted.append(at)
        z = [0] * len(phi)
        for some in options:
            gain, u = max([(sum(map(mul, b, u)), u) for u in some])
            bound += gain
            z = [p + q for p, q in zip(z, u, strict=True)]
        reached = sum(p[d] for p, d in zip(phi, z, strict=True))
        if reached > most:
            most, best = reached, tuple(z)
        if bound < least:
            kept, least = b, bound
        way = [p - q for p, q in zip(z, wanted, strict=True)]
        length = sum(v * v for v in way)
        if least <= most or not length:
            break
        part = (bound - most) / length
        b = [slope - part * v for slope, v in zip(b, way, strict=True)]
    slopes = tuple([round(slope * FINE) for slope in kept])
    return Slopes(slopes, _bound(corners, slopes, options), most, best)


def _bound(corners: Sequence[Sequence[tuple[int, int]]], slopes: Digits, options: Options) -> int:
    """The bound with these slopes, times `FINE`. The first part is greatest at a corner: the rest is linear."""
    bound = 0
    for each, slope in zip(corners, slopes, strict=True):
        bound += max(FINE * f - slope * d for d, f in each)
    for some in options:
        bound += max(sum(map(mul, slopes, u)) for u in some)
    return bound


def _corners(phi: Sequence[int], interval: Interval) -> list[tuple[int, int]]:
    """Where a concave function changes its slope, and its ends."""
    low, high = interval
    inner = [d for d in range(low + 1, high) if phi[d] - phi[d - 1] != phi[d + 1] - phi[d]]
    return [(d, phi[d]) for d in dict.fromkeys((low, *inner, high))]
