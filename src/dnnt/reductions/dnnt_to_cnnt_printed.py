"""Theorem 1.2 as printed: probes of huge size f(e, i) are to test every weight, and activations let only them through.

Wrong in both directions, on a single edge already (docs/printed.md). Where the text is silent, the kindest reading is
taken: integer spaces, x followed by two zeros, f(e, i) so far apart that the sets F(e, i) are disjoint, the end v of
an edge exempt from clause (ii). One more output, constantly 0, tells the samples apart, for the text leaves y(e, i)
open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dnnt.exact import Number, magnitude
from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.losses.guarded import Case, Member
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.reductions.base import CNNT, DNNT, PRINTED, Contract, Reduction
from dnnt.reductions.continuous_target import REAL, graph_of, length_refusal, names_beside, refusal_of
from dnnt.reductions.parts import vertex
from dnnt.reductions.size import Sizes, exactly
from dnnt.spaces import Finite, Values, finite, progression

MAX_MAGNITUDE = 500
"""The largest number of a source: a threshold has twice as many digits."""


class DnntToCnntPrinted(Reduction):
    """The source's network with d + 2 inputs, every vertex an output, and one vertex more to name the samples."""

    rule = "dnnt-to-cnnt"
    variant = PRINTED
    source_kind = DNNT
    target_kind = CNNT
    contract = Contract(
        "Theorem 1.2",
        "integer spaces and data, d >= 1, activations that map 0 to 0, every edge reachable from s",
        "wrong in both directions: a yes becomes a no on s -> t with W = {1}, and a no becomes a yes with W = {0}",
        holds=False,
    )
    letters_meaning = "d inputs, v units, e edges, n samples"
    declared = Sizes(
        inputs=exactly("d + 2"),
        units=exactly("v + 1"),
        edges=exactly("e"),
        outputs=exactly("v + 1"),
        samples=exactly("n + e*(d + 1)"),
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
        refusal = length_refusal(v + 1, sizes["n"] + e * (d + 1), e * (d + 3))
        if refusal is not None:
            return refusal
        source = graph_of(problem)
        assert problem.gamma is not None, "refused without"
        if problem.has_empty_space or not source.inputs:
            return "the printed construction needs an input, and a value in every space; take --variant repaired"
        if any(not isinstance(q, int) for q in _numbers(problem, source)):
            return "the printed construction takes integers only; take --variant repaired"
        if _largest(problem, source) > MAX_MAGNITUDE:
            return f"its thresholds are too long for numbers above {MAX_MAGNITUDE}; take --variant repaired"
        if any(v.activation.kind == "windows" or v.activation(0) != 0 for v in source.vertices):
            return "the printed construction needs activations that map 0 to 0; take --variant repaired"
        if any(_path(source, edge.source) is None for edge in source.edges):
            return "an edge cannot be reached from s, and the printed construction needs a path to it"
        if problem.gamma < -2:
            return "the printed penalty would be negative; take --variant repaired"
        return None

    def _target(self, problem: Instance) -> tuple[Instance, Mapping[str, Any]]:
        source = graph_of(problem)
        assert problem.gamma is not None, "accepted with a gamma"
        d, count = source.inputs, len(source.edges) * (source.inputs + 1)
        size = 2 * max(1, _largest(problem, source))
        probes = _probes(source, size)
        (tag,) = names_beside(source, ["sample"])
        vertices = [
            vertex(
                each.id,
                {
                    "kind": "windows",
                    "inside": each.activation,
                    "bound": 10**size,
                    "zero": [(f, size * f) for e, _, f in probes if each.id not in _on_path(source, e)],
                },
            )
            for each in source.vertices
        ]
        network = Network(
            d + 2,
            (*vertices, vertex(tag)),
            (*(each.id for each in source.vertices), tag),
            tuple(Edge(e.source, e.target, (REAL,) * (d + 2 if e.source == SOURCE else 1), REAL) for e in source.edges),
        )
        outputs = tuple(source.position[name] for name in source.outputs)
        cases = [Case(0, sample.weight) for sample in problem.samples]
        inputs = [(*sample.x, 0, 0) for sample in problem.samples]
        for e, i, f in probes:
            cases.append(Case(1, 0, (), tuple(_checks(source, e, i, f))))
            place = i if source.edges[e].source == SOURCE else d + 1
            inputs.append(tuple(f if j == place else 0 for j in range(d + 2)))
        wanted = [sample.y for sample in problem.samples] + [(0,) * len(outputs)] * len(probes)
        samples = []
        for index, (x, given) in enumerate(zip(inputs, wanted, strict=True), start=1):
            y: list[Number] = [0] * (len(vertices) + 1)
            for position, value in zip(outputs, given, strict=True):
                y[position] = value
            y[-1] = index
            samples.append(Sample(x, tuple(y)))
        penalty = (2 + problem.gamma) * (len(vertices) + 1) * count * len(problem.samples)
        guarded = loss(
            {
                "kind": "guarded",
                "tag": len(vertices),
                "penalty": penalty,
                "outputs": outputs,
                "loss": problem.loss,
                "checks": (),
                "cases": cases,
            }
        )
        target = Instance(network, tuple(samples), guarded, problem.gamma + count)
        return target, {"probes": [[e, i, f] for e, i, f in probes], "magnitude": size}

    def _lift(self, problem: Instance, target: Instance, solution: Parameters) -> Parameters:
        source = graph_of(problem)
        chosen = []
        for edge, run in zip(source.edges, solution.edges(), strict=True):
            weights = (*run.weights, run.bias, 1) if edge.source == SOURCE else run.weights
            chosen.append((weights, run.bias))
        return of_edges(chosen)

    def _extract(self, problem: Instance, target: Instance, parameters: Parameters) -> Parameters:
        source = graph_of(problem)
        chosen = []
        for edge, run in zip(source.edges, parameters.edges(), strict=True):
            weights = run.weights[: source.inputs] if edge.source == SOURCE else run.weights
            chosen.append((weights, run.bias))
        return of_edges(chosen)


def _numbers(problem: Instance, source: Network) -> Iterator[Number]:
    assert problem.gamma is not None, "refused without"
    yield problem.gamma
    for edge in source.edges:
        for of in edge.slots:
            yield finite(of).low
            yield finite(of).high
            if not isinstance(of, Values):
                yield finite(of).low + _step(of)
            else:
                yield from of.values
    for sample in problem.samples:
        yield from sample.x
        yield from sample.y
        yield sample.weight


def _step(of: Any) -> Number:
    step: Number = of.step
    return step


def _largest(problem: Instance, source: Network) -> int:
    return max(int(magnitude(q)) for q in _numbers(problem, source))


def _probes(source: Network, size: int) -> list[tuple[int, int, int]]:
    """(edge, coordinate from 0, f) for every edge and coordinate; each f is far above `size` times the one before."""
    made = []
    f = 10**size + 1
    for e in range(len(source.edges)):
        for i in range(source.inputs + 1):
            made.append((e, i, f))
            f = size * f + 10**size + 1
    return made


def _path(source: Network, u: str) -> tuple[str, ...] | None:
    """A shortest path from s to u: its vertices without s, in order; None if there is none."""
    before: dict[str, str] = {}
    front = [SOURCE]
    while front and u not in before and u != SOURCE:
        reached = []
        for edge in source.edges:
            if edge.source in front and edge.target not in before:
                before[edge.target] = edge.source
                reached.append(edge.target)
        front = reached
    if u != SOURCE and u not in before:
        return None
    path: list[str] = []
    while u != SOURCE:
        path.append(u)
        u = before[u]
    return tuple(reversed(path))


def _on_path(source: Network, e: int) -> tuple[str, ...]:
    return _path(source, source.edges[e].source) or ()


def _checks(source: Network, e: int, i: int, f: int) -> Iterator[Member]:
    """Clauses (i) to (iii) for the probe of coordinate i of edge e."""
    edge, path = source.edges[e], _on_path(source, e)
    before = _ancestors(source, edge.target)
    for v, each in enumerate(source.vertices):
        if each.id in path:
            yield Member(v, Values((f,)))
        elif each.id in before:
            yield Member(v, Values((0,)))
    yield Member(source.position[edge.target], _times(f, _slot(edge, i, source.inputs)))


def _slot(edge: Edge, i: int, d: int) -> Finite:
    """W_e[i]: the text gives an edge that does not leave s the space {0} in coordinates 2 to d."""
    if i == d:
        return finite(edge.bias)
    if edge.source == SOURCE or i == 0:
        return finite(edge.weights[i])
    return Values((0,))


def _times(f: int, of: Finite) -> Finite:
    if isinstance(of, Values):
        return Values(tuple(f * value for value in of.values))
    return progression(f * of.low, f * of.high, f * of.step)


def _ancestors(source: Network, v: str) -> set[str]:
    """The vertices, without v and s, with a path to v."""
    found: set[str] = set()
    front = {v}
    while front:
        front = {edge.source for edge in source.edges if edge.target in front} - found - {SOURCE}
        found |= front
    return found - {v}


REDUCTION = DnntToCnntPrinted()
