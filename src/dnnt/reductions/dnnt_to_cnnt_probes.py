"""Theorem 1.2, repaired in the paper's spirit: the network's own weights are tested on probe samples.

Two input coordinates are new. Every edge e = (u, v) of the source is drawn through a vertex p_e (its weights times the
value of u) and meets q_e (its bias, fed by the constant 0 vertex r); every u with outgoing edges has a copy û that the
two new coordinates can set. Probes: the zero input says that p_e has no bias; unit input j shows weight j of edges
from s; one probe sets all û to 0 and one to 1, which shows the weights of all other edges. On the data the loss checks
that û = z_u and that each vertex obeys its equation. The routing edges are free: only their effect on each sample is
checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dnnt.activations import activation
from dnnt.exact import Number, normal
from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.losses.guarded import Case, Check, Equation, Member, Term
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.reductions.base import CNNT, DNNT, Contract, Reduction
from dnnt.reductions.continuous_target import REAL, graph_of, impossible, length_refusal, names_beside, refusal_of
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, at_most
from dnnt.spaces import Values, finite

ZERO, ONE = Values((0,)), Values((1,))


@dataclass(frozen=True, slots=True)
class Plan:
    """The target's vertices by what they are: positions of r, p_e, q_e and û, and the network."""

    source: Network
    network: Network
    root: int
    weighted: tuple[int, ...]
    biased: tuple[int, ...]
    copies: Mapping[str, int]


def plan_of(source: Network) -> Plan:
    """The target's network. Edges: s to r; then for each e of the source (into p_e), (r, q_e), (p_e, v), (q_e, v);
    then for each copy (u, û), (s, û).
    """
    edges_of = range(len(source.edges))
    copied = list(dict.fromkeys(edge.source for edge in source.edges if edge.source != SOURCE))
    names = names_beside(
        source, ["r", *(f"p{e}" for e in edges_of), *(f"q{e}" for e in edges_of), *(f"^{u}" for u in copied)]
    )
    root, count = names[0], len(source.edges)
    weighted, biased, copies = names[1 : 1 + count], names[1 + count : 1 + 2 * count], names[1 + 2 * count :]
    copy_of = dict(zip(copied, copies, strict=True))
    dimension = source.inputs + 2
    vertices = (
        *source.vertices,
        vertex(root, {"kind": "constant", "value": 0}),
        *(vertex(name) for name in (*weighted, *biased, *copies)),
    )
    edges = [Edge(SOURCE, root, (REAL,) * dimension, REAL)]
    for edge, p, q in zip(source.edges, weighted, biased, strict=True):
        if edge.source == SOURCE:
            edges.append(Edge(SOURCE, p, (REAL,) * dimension, REAL))
        else:
            edges.append(Edge(copy_of[edge.source], p, (REAL,), REAL))
        edges.append(Edge(root, q, (REAL,), REAL))
        edges.extend(Edge(tail, edge.target, (REAL,), REAL) for tail in (p, q))
    for u, copy in copy_of.items():
        edges.append(Edge(u, copy, (REAL,), REAL))
        edges.append(Edge(SOURCE, copy, (REAL,) * dimension, REAL))
    network = Network(dimension, vertices, tuple(v.id for v in vertices), tuple(edges))
    first = len(source.vertices)
    return Plan(
        source,
        network,
        first,
        tuple(range(first + 1, first + 1 + count)),
        tuple(range(first + 1 + count, first + 1 + 2 * count)),
        {u: first + 1 + 2 * count + i for i, u in enumerate(copied)},
    )


class DnntToCnntProbes(Reduction):
    """See the head of the file; `plan_of` says which edge is which."""

    rule = "dnnt-to-cnnt"
    variant = "probes"
    source_kind = DNNT
    target_kind = CNNT
    contract = Contract(
        "Theorem 1.2",
        "discrete instances with a gamma: any activations, losses >= 0, parallel edges, any number of samples",
        "parameters within gamma exist if and only if real ones within gamma + n + d + 3 do, and the tested weights of "
        "any such real parameters are parameters of the source within gamma",
    )
    letters_meaning = "d inputs, v units, e edges, n samples"
    declared = Sizes(
        inputs=at_most("d + 2"),
        units=at_most("2*v + 2*e + 1"),
        edges=at_most("4*e + 2*v + 1"),
        outputs=at_most("2*v + 2*e + 1"),
        samples=at_most("n + d + 3"),
    )

    def letters(self, problem: Instance) -> Mapping[str, int]:
        """D inputs, v units, e edges, n samples."""
        network = problem.network
        return {"d": network.inputs, "v": network.unit_count, "e": network.edge_count, "n": len(problem.samples)}

    def _refusal(self, problem: Instance) -> str | None:
        refusal = refusal_of(problem)
        if refusal is not None:
            return refusal
        sizes = self.letters(problem)
        v, e, d = sizes["v"], sizes["e"], sizes["d"]
        return length_refusal(2 * v + 2 * e + 1, sizes["n"] + d + 3, (v + e + 1) * (d + 3) + 8 * e)

    def _target(self, problem: Instance) -> tuple[Instance, Mapping[str, Any]]:
        if problem.has_empty_space:
            return impossible(problem)
        plan = plan_of(graph_of(problem))
        source = plan.source
        probes = _probes(plan)
        data = [(*sample.x, 0, 0) for sample in problem.samples]
        count = len(data) + len(probes)
        outputs = tuple(source.position[name] for name in source.outputs)
        targets = [sample.y for sample in problem.samples] + [(0,) * len(outputs)] * len(probes)
        samples = []
        for index, (x, wanted) in enumerate(zip([*data, *(x for x, _ in probes)], targets, strict=True), start=1):
            y: list[Number] = [0] * len(plan.network.vertices)
            for place, value in zip(outputs, wanted, strict=True):
                y[place] = value
            y[plan.root] = index
            samples.append(Sample(x, tuple(y)))
        obeyed = _equations(plan)
        assert problem.gamma is not None, "accepted with a gamma"
        guarded = loss(
            {
                "kind": "guarded",
                "tag": plan.root,
                "penalty": max(problem.gamma, 0) + count + 2,
                "outputs": outputs,
                "loss": problem.loss,
                "checks": [Member(q, finite(e.bias)) for q, e in zip(plan.biased, source.edges, strict=True)],
                "cases": [
                    *(Case(1, sample.weight, (), obeyed) for sample in problem.samples),
                    *(Case(1, 0, (), checks) for _, checks in probes),
                ],
            }
        )
        target = Instance(plan.network, tuple(samples), guarded, problem.gamma + count)
        return target, {"probes": {"from_sample": len(data), "count": len(probes)}}

    def _lift(self, problem: Instance, target: Instance, solution: Parameters) -> Parameters:
        plan = plan_of(graph_of(problem))
        source, dimension = plan.source, plan.network.inputs
        runs = list(solution.edges())
        chosen: list[tuple[tuple[Number, ...], Number]] = [((0,) * dimension, 0)]
        for edge, run in zip(source.edges, runs, strict=True):
            chosen.append(((*run.weights, 0, 0) if edge.source == SOURCE else run.weights, 0))
            chosen.extend([((0,), run.bias), ((1,), 0), ((1,), 0)])
        for u in plan.copies:
            # With all copies at 0, and with all at 1, u has these values; the copy of u is to be 0 and 1 there.
            at_zero, at_one = _value(source, runs, u, 0), _value(source, runs, u, 1)
            chosen.append(((1,), 0))
            chosen.append(((0,) * source.inputs + (-at_zero, normal(1 - at_one)), 0))
        return of_edges(chosen)

    def _extract(self, problem: Instance, target: Instance, parameters: Parameters) -> Parameters:
        source = graph_of(problem)
        runs = list(parameters.edges())
        chosen = []
        for e, edge in enumerate(source.edges):
            into, bias = runs[1 + 4 * e], runs[2 + 4 * e].bias
            chosen.append((into.weights[: source.inputs] if edge.source == SOURCE else into.weights, bias))
        return of_edges(chosen)


def _value(source: Network, runs: list[Any], u: str, copies: int) -> Number:
    """The value of u where the source's input is 0 and every copy is 0 or 1."""
    v = source.position[u]
    pre: Number = 0
    for e in source.incoming[v]:
        pre += runs[e].bias
        if copies and source.edges[e].source != SOURCE:
            pre += runs[e].weights[0]
    return source.vertices[v].activation(normal(pre))


def _probes(plan: Plan) -> list[tuple[tuple[Number, ...], tuple[Check, ...]]]:
    """The probe inputs with their checks."""
    source, dimension = plan.source, plan.network.inputs
    edges = list(zip(source.edges, plan.weighted, strict=True))
    first = [(edge, p) for edge, p in edges if edge.source == SOURCE]
    later = [(edge, p) for edge, p in edges if edge.source != SOURCE]
    made: list[tuple[tuple[Number, ...], tuple[Check, ...]]] = [
        ((0,) * dimension, tuple(Member(p, ZERO) for _, p in first))
    ]
    for j in range(source.inputs):
        made.append((_unit(dimension, j), tuple(Member(p, finite(edge.weights[j])) for edge, p in first)))
    zero = (*(Member(c, ZERO) for c in plan.copies.values()), *(Member(p, ZERO) for _, p in later))
    one = (*(Member(c, ONE) for c in plan.copies.values()), *(Member(p, finite(e.weights[0])) for e, p in later))
    made.append((_unit(dimension, source.inputs), zero))
    made.append((_unit(dimension, source.inputs + 1), one))
    return made


def _unit(dimension: int, j: int) -> tuple[Number, ...]:
    return tuple(int(i == j) for i in range(dimension))


def _equations(plan: Plan) -> tuple[Check, ...]:
    """On data: every copy has its vertex's value, and every vertex of the source obeys its equation."""
    source = plan.source
    made: list[Check] = [
        Equation(copy, activation("identity"), (Term(1, (source.position[u],)),)) for u, copy in plan.copies.items()
    ]
    for v, each in enumerate(source.vertices):
        terms = [Term(1, (place,)) for e in source.incoming[v] for place in (plan.weighted[e], plan.biased[e])]
        made.append(Equation(v, each.activation, tuple(terms)))
    return tuple(made)


REDUCTION = DnntToCnntProbes()
