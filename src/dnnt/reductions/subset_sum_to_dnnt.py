"""Theorem 1.3: subset sum as training of one hidden layer of identities on one sample.

Hidden unit i has the weight 0 or a_i, so the output is the sum of the chosen items; the squared loss is 0 where it is
the target. Items are told apart by their index: the printed set of values would lose equal items.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.problems.subset_sum import SubsetSum
from dnnt.reductions.base import Contract, Reduction
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, exactly
from dnnt.spaces import listed


class SubsetSumToDnnt(Reduction):
    """Edge i (from 0) carries item i; the edges after them join the hidden units to the output."""

    rule = "subset-sum-to-dnnt"
    source_kind = "subset-sum"
    contract = Contract(
        "Theorem 1.3",
        "items are integers >= 0, the target is any integer",
        "a subset sums to the target if and only if a total loss of 0 is possible",
    )
    letters_meaning = "n items"
    declared = Sizes(
        inputs=exactly("1"),
        units=exactly("n + 1"),
        edges=exactly("2*n"),
        outputs=exactly("1"),
        samples=exactly("1"),
    )

    def letters(self, problem: SubsetSum) -> Mapping[str, int]:
        """n: the number of items."""
        return {"n": len(problem.items)}

    def _refusal(self, problem: SubsetSum) -> str | None:
        return None

    def _target(self, problem: SubsetSum) -> tuple[Instance, Mapping[str, Any]]:
        hidden = [f"h{i}" for i in range(len(problem.items))]
        one = listed((1,))
        spaces = {a: listed((0, a)) for a in problem.items}  # Equal items share one.
        network = Network(
            1,
            (*(vertex(name, "identity") for name in hidden), vertex("t", "identity")),
            ("t",),
            (
                *(Edge(SOURCE, name, (spaces[a],)) for name, a in zip(hidden, problem.items, strict=True)),
                *(Edge(name, "t", (one,)) for name in hidden),
            ),
        )
        target = Instance(network, (Sample((1,), (problem.target,)),), loss("squared"), 0)
        return target, {"item_edges": {"from": 0, "count": len(problem.items)}}

    def _lift(self, problem: SubsetSum, target: Instance, solution: Any) -> Parameters:
        chosen = set(solution)
        items = [((a if i in chosen else 0,), 0) for i, a in enumerate(problem.items)]
        return of_edges([*items, *(((1,), 0) for _ in problem.items)])

    def _extract(self, problem: SubsetSum, target: Instance, parameters: Parameters) -> Any:
        edges = parameters.edges()
        return tuple(i for i in range(len(problem.items)) if next(edges).weights[0] != 0)


REDUCTION = SubsetSumToDnnt()
