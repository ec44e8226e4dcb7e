"""Predicted times of adding up sets, from upper bounds on their sizes as logarithms to base 2.

Floats: they only steer.
"""

from __future__ import annotations

from math import ceil, exp2, inf, lgamma, log, log2

from dnnt.reachable import keysets

WIDEST = 100.0
"""The most cells of a box that are told apart at all (a logarithm)."""

LARGE, MANY = 60.0, 10**9
"""Sets above this (a logarithm) are formed by nobody, and with them multiplicities above this are all alike."""


def times_of(log: float, factor: float) -> float:
    """2^log · factor, or infinity."""
    return exp2(log) * factor if log < 900 else inf


def sumset_seconds(left: float, right: float, span: float) -> float:
    """The time of a sumset; sizes and span are logarithms."""
    if max(left, right) > 60:
        return times_of(left + right, 1e-7)
    return keysets.sumset_seconds(ceil(exp2(left)), ceil(exp2(right)), int(exp2(min(span, WIDEST))))


def fold_seconds(parts: list[tuple[float, int]], cells: float, span: float) -> float:
    """The time of adding up sets (logarithms of sizes, multiplicities), smallest first, as `execute.fold_sum` does."""
    seconds = total = 0.0
    for size, times in sorted(parts):
        chain = size
        for exponent in range(times.bit_length()):
            if size > 0 and times >> exponent & 1:
                seconds += sumset_seconds(total, chain, span) if total > 0 else 0.0
                total = min(total + chain, cells)
            if size > 0 and times >> exponent > 1:
                seconds += sumset_seconds(chain, chain, span)
                chain = min(multisets(size, 2 << exponent), cells)
    return seconds


def multisets(size: float, times: int) -> float:
    """An upper bound on the multisets of t elements of a set of N > 1, of which there are (N + t - 1 choose t)."""
    if size > LARGE:
        drawn = min(times, MANY)
        return drawn * size - _log2_factorial(drawn) + 1
    # As rounded logarithms have it, 3 may be a little more than 3.
    others = ceil(exp2(size) * (1 - 1e-12)) - 1
    fewer, more = sorted((times, others))
    # The product of more + 1, ..., more + fewer is at most that power of their mean.
    return fewer * (log2_of(2 * more + fewer + 1) - 1) - _log2_factorial(fewer)


def _log2_factorial(value: int) -> float:
    return lgamma(value + 1) / log(2)


def log2_of(value: int) -> float:
    """log2 of a positive integer of any size."""
    shift = max(0, value.bit_length() - 60)
    return log2(float(value >> shift)) + shift


def total_log(sizes: list[tuple[float, int]], cells: float) -> float:
    """An upper bound on the size of the sum of sets (logarithms of sizes, multiplicities)."""
    return min(sum(multisets(size, times) for size, times in sizes if size > 0 and times), cells)
