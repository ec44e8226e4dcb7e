"""Theorem 1.4: binary constraint satisfaction as training of one hidden layer of identities, one output a constraint.

Hidden unit h_u has a weight in 1..n, the letter of variable u; output e of a constraint on (u, v) is letter(u) +
2n·letter(v), which the loss decodes. Repaired: a constraint on (u, u) and one on a single variable has two parallel
edges from h_u; the loss is 0 where f = y; isolated variables get no unit, unless there are no letters at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.problems.csp import CSP
from dnnt.reductions.base import Contract, Reduction
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, exactly
from dnnt.spaces import listed, progression

MAX_PAIRS = 20_000_000
"""The most pairs of letters in a file: some hundred megabytes of JSON."""


class CspToDnnt(Reduction):
    """Edge i (from 0) carries the letter of the i-th variable with a unit; two edges for each constraint follow."""

    rule = "csp-to-dnnt"
    source_kind = "csp"
    contract = Contract(
        "Theorem 1.4",
        "constraints on one or two variables, repeated ones and (u, u) too; any alphabet",
        "an assignment satisfies all constraints if and only if a total loss of at most 1 is possible",
    )
    letters_meaning = "v variables in a constraint (all of them if there are no letters), k constraints"
    declared = Sizes(
        inputs=exactly("1"),
        units=exactly("v + k"),
        edges=exactly("v + 2*k"),
        outputs=exactly("k"),
        samples=exactly("1"),
    )

    def letters(self, problem: CSP) -> Mapping[str, int]:
        """V variables that need a unit, k constraints."""
        return {"v": len(self._variables(problem)), "k": len(problem.constraints)}

    def _refusal(self, problem: CSP) -> str | None:
        return pairs_refusal(problem)

    def _variables(self, problem: CSP) -> tuple[str, ...]:
        """The variables that get a unit."""
        if not problem.alphabet:
            return problem.variables
        used = {variable for constraint in problem.constraints for variable in constraint.scope}
        return tuple(variable for variable in problem.variables if variable in used)

    def _target(self, problem: CSP) -> tuple[Instance, Mapping[str, Any]]:
        variables = self._variables(problem)
        size = len(problem.alphabet)
        letters = progression(1, size) if size else listed(())
        unit = {variable: f"h{i}" for i, variable in enumerate(variables)}
        outputs = tuple(f"t{i}" for i in range(len(problem.constraints)))
        one, shift = listed((1,)), listed((2 * size,))
        edges = [Edge(SOURCE, unit[variable], (letters,)) for variable in variables]
        for name, constraint in zip(outputs, problem.constraints, strict=True):
            edges.append(Edge(unit[constraint.scope[0]], name, (one,)))
            edges.append(Edge(unit[constraint.scope[-1]], name, (shift,)))
        network = Network(
            1, (*(vertex(name, "identity") for name in (*unit.values(), *outputs)),), outputs, tuple(edges)
        )
        decoded = loss({"kind": "pairs", "size": size, "allowed": allowed_codes(problem)})
        target = Instance(network, (Sample((1,), (1,) * len(outputs)),), decoded, 1)
        return target, {"variables": list(variables)}

    def _lift(self, problem: CSP, target: Instance, solution: Any) -> Parameters:
        code = codes(problem)
        letters = [((code[solution[variable]],), 0) for variable in self._variables(problem)]
        fixed = [((1,), 0), ((2 * len(problem.alphabet),), 0)] * len(problem.constraints)
        return of_edges([*letters, *fixed])

    def _extract(self, problem: CSP, target: Instance, parameters: Parameters) -> Any:
        edges = parameters.edges()
        letter = {u: problem.alphabet[int(next(edges).weights[0]) - 1] for u in self._variables(problem)}
        # A variable in no constraint may have any letter.
        return {u: letter[u] if u in letter else problem.alphabet[0] for u in problem.variables}


def codes(problem: CSP) -> dict[Any, int]:
    """The number, from 1, of each letter."""
    return {letter: index for index, letter in enumerate(problem.alphabet, start=1)}


def allowed_codes(problem: CSP) -> list[list[list[int]]]:
    """For each constraint its allowed pairs of numbers of letters; a letter alone is a pair of equal ones."""
    code = codes(problem)
    made: dict[int, list[list[int]]] = {}
    for constraint in problem.constraints:
        # Constraints of one relation, as those of a graph, share one list.
        if id(constraint.allowed) not in made:
            made[id(constraint.allowed)] = [[code[pair[0]], code[pair[-1]]] for pair in constraint.allowed]
    return [made[id(constraint.allowed)] for constraint in problem.constraints]


def pairs_refusal(problem: CSP) -> str | None:
    """Why the loss would be too long: it lists the allowed pairs of every constraint."""
    pairs = sum(len(constraint.allowed) for constraint in problem.constraints)
    if pairs <= MAX_PAIRS:
        return None
    return f"{len(problem.constraints):,} constraints allow {pairs:,} pairs in all, and the most are {MAX_PAIRS:,}"


REDUCTION = CspToDnnt()
