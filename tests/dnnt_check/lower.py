"""What the checker says of a lower bound on given grounds, and a small instance whose labels are far outside."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import dnnt_check
from tests.dnnt_check.cases import certificate, encode

FAR: dict[str, Any] = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "layers": [
        {"units": 4, "activation": "relu", "weights": [-1, 0, 1], "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ],
    "samples": [{"x": [1], "y": [20]}, {"x": [3], "y": [20]}],
    "loss": "squared",
}
"""A unit gives (±) one of (0, 0), (1, 1), (1, 3), (2, 4): at best (8, 16), with a loss of 144 + 16 = 160."""


def line(instance: Any, bound: Fraction, strict: bool, grounds: dict[str, Any], budget: float = 20.0) -> str:
    """The verdict on a certificate that holds nothing but this lower part."""
    data = encode(instance)
    claim = certificate(data, None, (bound, strict, grounds))
    return dnnt_check.check(data, encode(claim), budget=budget).line
