"""Lemma 3.5, repaired by quarter squares: a straight-line program as a deep network with nothing to choose.

ab = ((a + b)² - (a - b)²) / 4, so multiplication needs the activations z and z²/4 alone. Right for all real numbers,
on a graph without parallel edges. The loss is at most 1 if and only if the program's integer is positive.
"""

from __future__ import annotations

from dnnt.reductions.base import Contract
from dnnt.reductions.size import Sizes, at_most, exactly
from dnnt.reductions.slp_network import Builder, SlpToDnnt, value_name


class SlpToDnntQuarterSquares(SlpToDnnt):
    """Value i is the vertex h{i}; a product has two vertices p{i} and q{i} before it."""

    contract = Contract(
        "Lemma 3.5 (Theorem 1.1)",
        "every straight-line program",
        "the integer is positive if and only if a total loss of at most 1 is possible; one sample, input and output of "
        "dimension 1, weights 1 and -1, one option for every parameter",
    )
    declared = Sizes(
        inputs=exactly("1"),
        units=at_most("4*l"),
        edges=at_most("7*l"),
        outputs=exactly("1"),
        samples=exactly("1"),
    )

    def _multiply(self, builder: Builder, i: int, j: int, k: int) -> None:
        copy = builder.copy(k)
        plus = builder.vertex(f"p{i}", "quarter_square", (value_name(j), 1), (copy, 1))
        minus = builder.vertex(f"q{i}", "quarter_square", (value_name(j), 1), (copy, -1))
        builder.vertex(f"h{i}", "identity", (plus, 1), (minus, -1))


REDUCTION = SlpToDnntQuarterSquares()
