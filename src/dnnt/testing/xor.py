"""Ternary two-layer networks for XOR, and how many of them compute it, counted unit by unit."""

from __future__ import annotations

from collections import Counter
from itertools import product

from dnnt.instance import Instance, layered

POINTS = [(a, b) for a in (0, 1) for b in (0, 1)]


def xor(hidden: int, bias: tuple[int, ...] = (0,)) -> Instance:
    """Ternary weights and biases, ReLU units, one identity output with a bias from the given ones."""
    return layered(
        2,
        [
            {"units": hidden, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
            {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": bias},
        ],
        [((a, b), (a ^ b,)) for a, b in POINTS],
    )


def networks_for_xor(hidden: int, bias: tuple[int, ...]) -> int:
    """The number of networks that compute XOR: one unit after the other, on vectors of outputs."""
    unit: Counter[tuple[int, ...]] = Counter()
    for u, v, b, out in product((-1, 0, 1), repeat=4):
        unit[tuple(out * max(0, u * x + v * y + b) for x, y in POINTS)] += 1
    reached: Counter[tuple[int, ...]] = Counter((b,) * 4 for b in bias)
    for _ in range(hidden):
        after: Counter[tuple[int, ...]] = Counter()
        for state, ways in reached.items():
            for added, more in unit.items():
                after[tuple(s + a for s, a in zip(state, added, strict=True))] += ways * more
        reached = after
    return reached[0, 1, 1, 0]
