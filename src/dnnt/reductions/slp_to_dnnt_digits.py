"""Lemma 3.5, repaired in the paper's spirit: a product is read off both sides of a decimal point.

The vertex e{k} holds the digit code of value k (dnnt/digits.py), which ends with a digit for its sign; a product's
vertex has the pre-activation value j + code of value k, and its activation multiplies the two.
"""

from __future__ import annotations

from dnnt.reductions.base import Contract
from dnnt.reductions.size import Sizes, at_most, exactly
from dnnt.reductions.slp_network import Builder, SlpToDnnt, value_name


class SlpToDnntDigits(SlpToDnnt):
    """Value i is the vertex h{i}."""

    variant = "digits"
    contract = Contract(
        "Lemma 3.5 (Theorem 1.1)",
        "every straight-line program",
        "the integer is positive if and only if a total loss of at most 1 is possible; the hardness sits in the "
        "activations",
    )
    declared = Sizes(
        inputs=exactly("1"),
        units=at_most("2*l"),
        edges=at_most("3*l"),
        outputs=exactly("1"),
        samples=exactly("1"),
    )

    def _multiply(self, builder: Builder, i: int, j: int, k: int) -> None:
        code = builder.once(f"e{k}", "digit_code", value_name(k))
        builder.vertex(f"h{i}", "digit_product", (value_name(j), 1), (code, 1))


REDUCTION = SlpToDnntDigits()
