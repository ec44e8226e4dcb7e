"""Which algorithm decides a target, by predicted seconds and bytes.

The constants were measured with benchmarks/subset_sums.py on one core; only their ratios matter. Predictions are
floats: they steer the choice, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log2

from dnnt.running import Run
from dnnt.sums.balancing import MOST_NODES, by_balancing
from dnnt.sums.bits import LAYER_BYTES, MOST_BITS, by_integers, by_words, python_bytes
from dnnt.sums.joining import by_joining, pairs
from dnnt.sums.lattice import MOST_ITEMS, by_lattice
from dnnt.sums.parts import Part, Picks

INTEGER_BYTE = 8e-10
"""Seconds for a byte of a Python integer that is shifted and joined."""

WORD, FAR_WORD = 3e-10, 6e-10
"""Seconds for a word of a bitset and a shift: within the caches, and in memory."""

NEAR_BYTES = 16 << 20

STEP, FAR_STEP = 8e-10, 3e-9
"""Seconds for a step of balancing: with states within the caches, and in memory."""

NEAR_STATES = 1 << 18

PAIR = 2e-8
"""Seconds for a sum of two quarters."""

LATTICE = 4e-9
"""Seconds of a reduction, for the fourth power of the items and 100 bits."""

COMPILED = 0.3
"""Seconds that loading compiled kernels takes, which the quickest work is spared."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What an algorithm would cost on some parts and a target."""

    name: str
    seconds: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A row of the table: the algorithm, what it predicts (None: it does not take the parts), and what it is for."""

    name: str
    solve: Callable[[Sequence[Part], int, Run], Picks | None]
    predict: Callable[[Sequence[Part], int], Prediction | None]
    reason: str


def _integers(parts: Sequence[Part], target: int) -> Prediction | None:
    if target > 1 << 32:
        return None
    size = python_bytes(parts, target)
    return Prediction("integers", 1e-6 * len(parts) + size * INTEGER_BYTE, size)


def _words(parts: Sequence[Part], target: int) -> Prediction | None:
    if target > MOST_BITS:
        return None
    shifted = sum(min(top, target) * (len(part) - 1) for top, part in zip(_tops(parts), parts, strict=True))
    layered = (target + 1) * 2 <= LAYER_BYTES
    each = WORD if target // 8 <= NEAR_BYTES else FAR_WORD
    size = target / 8 + (target * 2 if layered else target / 8) + 1e5
    return Prediction("words", COMPILED + len(parts) * 1e-5 + shifted / 64 * each * 2, size)


def _tops(parts: Sequence[Part]) -> list[int]:
    return list(accumulate(part[-1] for part in parts))


def _balancing(parts: Sequence[Part], target: int) -> Prediction | None:
    greatest = max((part[-1] for part in parts), default=0)
    if greatest > 1 << 28 or any(len(part) != 2 for part in parts):
        return None
    each = STEP if greatest <= NEAR_STATES else FAR_STEP
    return Prediction("balancing", COMPILED + len(parts) * greatest * each, 32.0 * greatest + 8 * MOST_NODES)


def _joining(parts: Sequence[Part], target: int) -> Prediction | None:
    if len(parts) > 400:
        return None
    looked_at = pairs(parts)
    if looked_at > 1e200:
        return None
    return Prediction("joining", COMPILED + looked_at * PAIR, 64 << 20)


def lattice_prediction(parts: Sequence[Part]) -> Prediction | None:
    """What lattice reduction would cost; None where it is not worth a try: too many items, or too few bits."""
    count = len(parts)
    if not 4 <= count <= MOST_ITEMS or any(len(part) != 2 for part in parts):
        return None
    bits = max(part[1].bit_length() for part in parts)
    if count / max(1, bits) > 0.95:
        return None
    return Prediction("lattice", 0.01 + count**4 * LATTICE * bits / 100, 1e6)


ALGORITHMS = (
    Algorithm("integers", by_integers, _integers, "small targets: Bellman's program on one long integer"),
    Algorithm("words", by_words, _words, "targets of moderate length: Bellman's program, 64 sums a step"),
    Algorithm("balancing", by_balancing, _balancing, "many small items and a large target: Pisinger, O(n · w)"),
    Algorithm("joining", by_joining, _joining, "few items of any length: quarters joined by residues"),
)

LATTICE_ROW = Algorithm(
    "lattice", by_lattice, lambda parts, target: lattice_prediction(parts), "few items of many bits: LLL, proves yes"
)


def predictions(parts: Sequence[Part], target: int) -> list[tuple[Prediction, Algorithm]]:
    """What the algorithms that decide the target would cost, cheapest first."""
    made = []
    for row in ALGORITHMS:
        prediction = row.predict(parts, target)
        if prediction is not None:
            made.append((prediction, row))
    return sorted(made, key=lambda pair: pair[0].seconds)


def choose(parts: Sequence[Part], target: int, room: int) -> tuple[Prediction, Algorithm] | None:
    """The cheapest algorithm that decides the target within the memory that is left; else the one that needs least
    memory, and None where none takes the parts.
    """
    made = predictions(parts, target)
    fitting = [pair for pair in made if pair[0].bytes <= room]
    return fitting[0] if fitting else min(made, key=lambda pair: pair[0].bytes, default=None)


def log_choices(parts: Sequence[Part]) -> float:
    """The logarithm (base 2) of the number of choices."""
    return sum(log2(len(part)) for part in parts)
