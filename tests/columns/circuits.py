"""The 2-bit multiplier as training: four inputs, four outputs, units of two values."""

from __future__ import annotations

from itertools import product
from typing import Any

import dnnt
from dnnt.instance import Instance


def multiplier(hidden: list[int], activation: str = "sign", loss: Any = "zero_one", gamma: Any = 0) -> Instance:
    """Hidden layers of these sizes; bits are -1 and 1 with `sign` units, 0 and 1 with `step` units."""
    low = -1 if activation == "sign" else 0
    samples = []
    for bits in product((0, 1), repeat=4):
        value = (2 * bits[0] + bits[1]) * (2 * bits[2] + bits[3])
        target = [value >> place & 1 for place in (3, 2, 1, 0)]
        samples.append(([bit or low for bit in bits], [bit or low for bit in target]))
    layers = [
        {"units": units, "activation": activation, "weights": [-1, 0, 1], "bias": {"from": -4, "to": 4}}
        for units in (*hidden, 4)
    ]
    return dnnt.layered(4, layers, samples, loss, gamma)
