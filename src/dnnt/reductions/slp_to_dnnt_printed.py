"""Lemma 3.5 as printed, with the edges as a set.

Wrong on parallel edges (a step with j = k and + or - has one edge, whose first weight space {1} is kept), on negative
factors, and on factors that end in 0. A program without steps is refused: its output would be the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import Network
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions.base import PRINTED, Contract
from dnnt.reductions.size import Sizes, at_most, exactly
from dnnt.reductions.slp_network import Builder, SlpToDnnt, value_name


class SlpToDnntPrinted(SlpToDnnt):
    """Value i is the vertex h{i}, and e{i} its h'."""

    variant = PRINTED
    contract = Contract(
        "Lemma 3.5 (Theorem 1.1)",
        "straight-line programs with a step",
        "wrong: a0 - a0 is taken for 1, 2·(-1) for 9, 7·10 for 7",
        holds=False,
    )
    letters_meaning = "l steps"
    declared = Sizes(
        inputs=exactly("1"),
        units=exactly("2*l + 1"),
        edges=at_most("3*l + 1"),
        outputs=exactly("1"),
        samples=exactly("1"),
    )

    def _refusal(self, problem: StraightLineProgram) -> str | None:
        return None if problem.steps else "without steps the printed output is the source; take --variant repaired"

    def _multiply(self, builder: Builder, i: int, j: int, k: int) -> None:
        builder.vertex(f"h{i}", "printed_product", (value_name(j), 1), (f"e{k}", 1))

    def _target(self, problem: StraightLineProgram) -> tuple[Instance, Mapping[str, Any]]:
        builder = Builder()
        builder.once("e0", "printed_code", value_name(0))
        for i, (operation, j, k) in enumerate(problem.steps, start=1):
            if operation == "*":
                self._multiply(builder, i, j, k)
            else:
                tails = [(value_name(j), 1)]
                if k != j:
                    tails.append((value_name(k), 1 if operation == "+" else -1))
                builder.vertex(f"h{i}", "identity", *tails)
            builder.once(f"e{i}", "printed_code", f"h{i}")
        output = f"h{len(problem.steps)}"
        network = Network(1, tuple(builder.vertices), (output,), tuple(builder.edges))
        return Instance(network, (Sample((1,), (1,)),), loss("positive"), 1), {"value": output}


REDUCTION = SlpToDnntPrinted()
