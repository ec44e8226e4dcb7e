"""Theorem 1.2, repaired by constant carriers: discrete training as continuous training.

A new vertex r is constantly 0. Every parameter slot of the source has a carrier, fed by r alone: its value is the real
bias of its one edge, on every sample. All vertices are outputs, so the loss can check, sample by sample, that each
carrier lies in its slot's space and that every vertex of the source has the value that the carriers' parameters give
it. Where both hold, the sample pays 1 plus its loss in the source, and else a penalty that gamma + n cannot bear. So
the carriers of any accepted real parameters are parameters of the source within gamma, whatever the other weights are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.exact import Number
from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.losses.guarded import Case, Equation, Member, Term
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.reductions.base import CNNT, DNNT, Contract, Reduction
from dnnt.reductions.continuous_target import REAL, graph_of, impossible, length_refusal, names_beside, refusal_of
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, at_most, exactly
from dnnt.spaces import finite


class DnntToCnnt(Reduction):
    """Edges: the source's in order; the one to r; one to each carrier, by edge, the weights and then the bias."""

    rule = "dnnt-to-cnnt"
    source_kind = DNNT
    target_kind = CNNT
    contract = Contract(
        "Theorem 1.2",
        "discrete instances with a gamma: any activations, losses >= 0, parallel edges, any number of samples",
        "parameters within gamma exist if and only if real ones within gamma + n do, and the carriers of any such real "
        "parameters are parameters of the source within gamma",
    )
    letters_meaning = "d inputs, v units, e edges, p parameters, n samples (1 if there are none)"
    declared = Sizes(
        inputs=exactly("d"),
        units=at_most("v + p + 1"),
        edges=at_most("e + p + 1"),
        outputs=at_most("v + p + 1"),
        samples=at_most("n"),
    )

    def letters(self, problem: Instance) -> Mapping[str, int]:
        """D inputs, v units, e edges, p parameters, n samples (1 if there are none)."""
        network = problem.network
        return {
            "d": network.inputs,
            "v": network.unit_count,
            "e": network.edge_count,
            "p": sum(count for _, count, _ in network.slot_groups()),
            "n": max(1, len(problem.samples)),
        }

    def _refusal(self, problem: Instance) -> str | None:
        refusal = refusal_of(problem)
        if refusal is not None:
            return refusal
        sizes = self.letters(problem)
        outputs = sizes["v"] + sizes["p"] + 1
        return length_refusal(outputs, sizes["n"], 3 * sizes["p"] + sizes["d"])

    def _target(self, problem: Instance) -> tuple[Instance, Mapping[str, Any]]:
        if problem.has_empty_space:
            return impossible(problem)
        source = graph_of(problem)
        slots = [(e, j) for e, edge in enumerate(source.edges) for j in range(len(edge.slots))]
        root, *carriers = names_beside(source, ["r", *(f"k{e}.{j}" for e, j in slots)])
        vertices = (
            *source.vertices,
            vertex(root, {"kind": "constant", "value": 0}),
            *(vertex(name, "identity") for name in carriers),
        )
        edges = (
            *(Edge(edge.source, edge.target, (REAL,) * len(edge.weights), REAL) for edge in source.edges),
            Edge(SOURCE, root, (REAL,) * source.inputs, REAL),
            *(Edge(root, name, (REAL,), REAL) for name in carriers),
        )
        network = Network(source.inputs, vertices, tuple(v.id for v in vertices), edges)
        position = {slot: len(source.vertices) + 1 + i for i, slot in enumerate(slots)}
        return self._instance(problem, source, network, position), {
            "carriers": {"from_edge": len(source.edges) + 1, "count": len(slots)}
        }

    def _instance(
        self, problem: Instance, source: Network, network: Network, position: dict[tuple[int, int], int]
    ) -> Instance:
        checks = (
            *(Member(place, finite(source.edges[e].slots[j])) for (e, j), place in position.items()),
            *(_equation(source, v, position) for v in range(len(source.vertices))),
        )
        samples = problem.samples or (Sample((0,) * source.inputs, (0,) * len(source.outputs), 0),)
        outputs = tuple(source.position[name] for name in source.outputs)
        tag = len(source.vertices)
        made = []
        for index, sample in enumerate(samples, start=1):
            y: list[Number] = [0] * len(network.vertices)
            for place, value in zip(outputs, sample.y, strict=True):
                y[place] = value
            y[tag] = index
            made.append(Sample(sample.x, tuple(y)))
        assert problem.gamma is not None, "accepted with a gamma"
        guarded = loss(
            {
                "kind": "guarded",
                "tag": tag,
                "penalty": max(problem.gamma, 0) + len(samples) + 2,
                "outputs": outputs,
                "loss": problem.loss,
                "checks": checks,
                "cases": [Case(1, sample.weight, sample.x) for sample in samples],
            }
        )
        return Instance(network, tuple(made), guarded, problem.gamma + len(samples))

    def _lift(self, problem: Instance, target: Instance, solution: Parameters) -> Parameters:
        runs = list(solution.edges())
        root = ((0,) * target.network.inputs, 0)
        carriers = [((0,), value) for run in runs for value in run.slots]
        return of_edges([*((run.weights, run.bias) for run in runs), root, *carriers])

    def _extract(self, problem: Instance, target: Instance, parameters: Parameters) -> Parameters:
        source = graph_of(problem)
        values = [run.bias for run in parameters.edges()][len(source.edges) + 1 :]
        left = iter(values)
        return of_edges([(tuple(next(left) for _ in edge.weights), next(left)) for edge in source.edges])


def _equation(source: Network, v: int, position: dict[tuple[int, int], int]) -> Equation:
    """Vertex v has the value that the carriers, as parameters, give it."""
    terms: list[Term] = []
    for e in source.incoming[v]:
        edge = source.edges[e]
        if edge.source == SOURCE:
            terms.extend(Term(1, (position[e, j],), (j,)) for j in range(len(edge.weights)))
        else:
            terms.append(Term(1, (position[e, 0], source.position[edge.source])))
        terms.append(Term(1, (position[e, len(edge.weights)],)))
    return Equation(v, source.vertices[v].activation, tuple(terms))


REDUCTION = DnntToCnnt()
