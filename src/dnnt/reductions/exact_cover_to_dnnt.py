"""Theorem 1.5: exact cover as training of a single neuron, one sample an element, one input a set.

Weight j is 1 where set j is chosen. Sample i holds 1 for the sets that contain element i, and asks for 1; one sample
more, of ones, asks for K where exactly K sets are to be chosen. Sets are chosen by index. (Read as "at most K sets",
or with sets that may be repeated, the printed construction is wrong: see docs/printed.md.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.problems.exact_cover import ExactCover
from dnnt.reductions.base import Contract, Reduction
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, exactly
from dnnt.spaces import listed


class ExactCoverToDnnt(Reduction):
    """Edge 0 leads from the source to the neuron and has a weight for each set; edge 1 leads to the output."""

    rule = "exact-cover-to-dnnt"
    source_kind = "exact-cover"
    contract = Contract(
        "Theorem 1.5",
        "any sets, equal and empty ones too; exactly K of them by index, or any number",
        "an exact cover exists if and only if a total loss of 0 is possible",
    )
    letters_meaning = "n elements, m sets, b = 1 where K is given (else 0)"
    declared = Sizes(
        inputs=exactly("m"),
        units=exactly("2"),
        edges=exactly("2"),
        outputs=exactly("1"),
        samples=exactly("n + b"),
    )

    def letters(self, problem: ExactCover) -> Mapping[str, int]:
        """N elements, m sets, b = 1 where the number of sets is given."""
        return {"n": len(problem.universe), "m": len(problem.sets), "b": 0 if problem.count is None else 1}

    def _refusal(self, problem: ExactCover) -> str | None:
        return None

    def _target(self, problem: ExactCover) -> tuple[Instance, Mapping[str, Any]]:
        count = len(problem.sets)
        binary = listed((0, 1))
        network = Network(
            count,
            (vertex("h", "identity"), vertex("t", "identity")),
            ("t",),
            (Edge(SOURCE, "h", (binary,) * count), Edge("h", "t", (listed((1,)),))),
        )
        containing: dict[Any, list[int]] = {element: [] for element in problem.universe}
        for index, members in enumerate(problem.sets):
            for element in members:
                containing[element].append(index)
        samples = [] if problem.count is None else [Sample((1,) * count, (problem.count,))]
        for element in problem.universe:
            x = [0] * count
            for index in containing[element]:
                x[index] = 1
            samples.append(Sample(tuple(x), (1,)))
        trace = {"set_weights": {"edge": 0, "from": 0, "count": count}}
        return Instance(network, tuple(samples), loss("squared"), 0), trace

    def _lift(self, problem: ExactCover, target: Instance, solution: Any) -> Parameters:
        chosen = set(solution)
        return of_edges([(tuple(int(j in chosen) for j in range(len(problem.sets))), 0), ((1,), 0)])

    def _extract(self, problem: ExactCover, target: Instance, parameters: Parameters) -> Any:
        return tuple(j for j, w in enumerate(next(parameters.edges()).weights) if w == 1)


REDUCTION = ExactCoverToDnnt()
