"""Theorem 1.4 as printed: inc(e) is a set, so that a constraint on (u, u) has one edge, and the loss is never 0.

The one edge of (u, u) is given two weight spaces, {1} and {2n}; the first is kept, and no reading makes it right: the
output then decodes to no pair of letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.problems.csp import CSP
from dnnt.reductions.base import PRINTED, Contract, Reduction
from dnnt.reductions.csp_to_dnnt import allowed_codes, codes, pairs_refusal
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, at_most, exactly
from dnnt.spaces import listed, preferred, progression


class CspToDnntPrinted(Reduction):
    """As the repaired rule, with a unit for every variable and without its repairs."""

    rule = "csp-to-dnnt"
    variant = PRINTED
    source_kind = "csp"
    contract = Contract(
        "Theorem 1.4",
        "constraints on two variables",
        "wrong for a constraint on (u, u), which has one edge where two are needed; its loss is 1 where f = y",
        holds=False,
    )
    letters_meaning = "v variables, k constraints"
    declared = Sizes(
        inputs=exactly("1"),
        units=exactly("v + k"),
        edges=at_most("v + 2*k"),
        outputs=exactly("k"),
        samples=exactly("1"),
    )

    def letters(self, problem: CSP) -> Mapping[str, int]:
        """V variables, k constraints."""
        return {"v": len(problem.variables), "k": len(problem.constraints)}

    def _refusal(self, problem: CSP) -> str | None:
        if any(len(constraint.scope) == 1 for constraint in problem.constraints):
            return "the printed construction has constraints on two variables only; take --variant repaired"
        return pairs_refusal(problem)

    def _target(self, problem: CSP) -> tuple[Instance, Mapping[str, Any]]:
        size = len(problem.alphabet)
        letters = progression(1, size) if size else listed(())
        unit = {variable: f"h{i}" for i, variable in enumerate(problem.variables)}
        outputs = tuple(f"t{i}" for i in range(len(problem.constraints)))
        edges = [Edge(SOURCE, name, (letters,)) for name in unit.values()]
        for name, constraint in zip(outputs, problem.constraints, strict=True):
            for variable, weight in zip(dict.fromkeys(constraint.scope), (1, 2 * size), strict=False):
                edges.append(Edge(unit[variable], name, (listed((weight,)),)))
        network = Network(
            1, (*(vertex(name, "identity") for name in (*unit.values(), *outputs)),), outputs, tuple(edges)
        )
        decoded = loss({"kind": "printed_pairs", "size": size, "allowed": allowed_codes(problem)})
        target = Instance(network, (Sample((1,), (1,) * len(outputs)),), decoded, 1)
        return target, {"variables": list(problem.variables)}

    def _lift(self, problem: CSP, target: Instance, solution: Any) -> Parameters:
        code = codes(problem)
        edges = target.network.graph().edges[len(problem.variables) :]
        fixed = [((preferred(edge.weights[0]),), 0) for edge in edges]
        return of_edges([*(((code[solution[variable]],), 0) for variable in problem.variables), *fixed])

    def _extract(self, problem: CSP, target: Instance, parameters: Parameters) -> Any:
        edges = parameters.edges()
        return {variable: problem.alphabet[int(next(edges).weights[0]) - 1] for variable in problem.variables}


REDUCTION = CspToDnntPrinted()
