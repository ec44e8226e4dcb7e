"""Method `paper-dp`: Algorithm 1 of Doron-Arad (AAAI 2025) with DimDP and FinalDP as printed.

For teaching and as a baseline. It fills the two tables over all vectors m in {0, …, M}^n (n samples) literally, and
takes only the instances on which the printed program is right: natural numbers throughout, d >= 1, one output without
an activation, and every hidden unit joined to it by one edge of weight 1 and bias 0. Method `reachable` is the repaired
and general program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import log10
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import ReachableStates
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.methods.base import CONTINUOUS, Cost, Goal, Method
from dnnt.network import SOURCE, Edge, Network
from dnnt.parameters import Parameters, Run as EdgeRun
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.program import joined
from dnnt.running import Run
from dnnt.spaces import Real, Space, Values, finite

Vector = tuple[int, ...]
BYTES_PER_ENTRY = 180

ONE = Values((1,))
ZERO = Values((0,))
MAX_EDGES = 10_000
"""Networks of more edges are refused before they are looked at."""

MAX_PREACTIVATION = 1_000_000
"""Activations are checked to stay natural on every pre-activation up to this; above it the table is out of reach
anyway."""


@dataclass(frozen=True, slots=True)
class Domain:
    """An instance as the paper has it: edges s -> h_q, their spaces (bias last), activations, and M."""

    edges: tuple[int, ...]
    spaces: tuple[tuple[tuple[int, ...], ...], ...]
    activations: tuple[tuple[int, ...], ...]
    inputs: tuple[Vector, ...]
    largest: int


class PaperDP(Method):
    """Algorithm 1 as printed, on the domain where it is right."""

    name = "paper-dp"
    summary = "Algorithm 1 as printed (DimDP and FinalDP), on natural numbers"

    def assess(self, instance: Instance) -> Cost | str:
        """Why the printed program would be wrong here, or the entries of both tables times the work of one entry of
        FinalDP.
        """
        if instance.is_continuous:
            return CONTINUOUS
        found = _domain(instance)
        return found if isinstance(found, str) else _cost(found)

    def plan(self, instance: Instance, run: Run) -> Plan:
        """The two tables."""
        domain = _domain(instance)
        assert not isinstance(domain, str), "a plan is asked only of instances that the method takes"
        cost = _cost(domain)
        return Plan("tables", "the tables DimDP and FinalDP, filled as printed", cost.basis, seconds=cost.seconds)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Fill DimDP and FinalDP, take the best entry of FinalDP, and recover its parameters."""
        domain = _domain(instance)
        assert not isinstance(domain, str), "solve is asked only of instances that the method takes"
        run.need(int(_cost(domain).mebibytes * (1 << 20)), "the tables of Algorithm 1")
        box = list(product(range(domain.largest + 1), repeat=len(domain.inputs)))
        dim = [_dim_tables(domain, q, box, run) for q in range(len(domain.edges))]
        final = _final_tables(domain, dim, box, run)
        best: tuple[Number, Vector] | None = None
        for m in box:
            run.poll()
            if m in final[-1]:
                loss: Number = 0
                for sample, value in zip(instance.samples, m, strict=True):
                    loss = normal(loss + sample.weight * instance.loss((value,), sample.y))
                if best is None or loss < best[0]:
                    best = (loss, m)
        assert best is not None, "FinalDP has an entry for every choice of parameters"
        run.offer(_recovered(instance.network.graph(), domain, dim, final, best[1]), best[0])
        run.prove(best[0], False, _grounds(instance, len(box)))
        return {"largest": domain.largest, "entries": len(box) * (sum(map(len, dim)) + len(final))}


def _cost(domain: Domain) -> Cost:
    n, k = len(domain.inputs), len(domain.edges)
    cells = n * log10(domain.largest + 1)
    dimensions = sum(len(spaces) for spaces in domain.spaces)
    entries = 10**cells if cells < 150 else float("inf")
    seconds = entries * (dimensions * 1e-6 * (1 + n) + k * min(entries, 1e150) * 2e-7 * (1 + n))
    basis = f"tables over {{0, …, {domain.largest}}}^{n}, {dimensions + k + 1} of them"
    return Cost(seconds, 1 + entries * (dimensions + k + 1) * BYTES_PER_ENTRY / (1 << 20), basis)


Table = dict[Vector, tuple[int, Vector]]
"""The true entries of a DimDP or FinalDP table, each with the choice that made it and the entry before."""


def _dim_tables(domain: Domain, q: int, box: list[Vector], run: Run) -> list[Table]:
    """DimDP[., q, j] for j = 1, …, d + 1: the vectors that the first j dimensions of unit q can add up to."""
    tables: list[Table] = []
    n = len(domain.inputs)
    for j, space in enumerate(domain.spaces[q]):
        table: Table = {}
        for m in box:
            run.poll()
            for w in space:
                added = tuple(w * (x[j] if j < len(x) else 1) for x in domain.inputs)
                before = tuple(a - b for a, b in zip(m, added, strict=True))
                if before == (0,) * n if j == 0 else before in tables[j - 1]:
                    table[m] = (w, before)
                    break
        tables.append(table)
    return tables


def _final_tables(domain: Domain, dim: list[list[Table]], box: list[Vector], run: Run) -> list[Table]:
    """FinalDP[., q] for q = 0, …, k: the vectors that the first q units can send to the output.

    An entry keeps the pre-activation vector of unit q (coded as its index in the box) and the entry before.
    """
    n = len(domain.inputs)
    tables: list[Table] = [{(0,) * n: (0, (0,) * n)}]
    for q in range(len(domain.edges)):
        table: Table = {}
        images = [(tuple(domain.activations[q][z] for z in m), index) for index, m in enumerate(box) if m in dim[q][-1]]
        for m in box:
            run.poll()
            for image, index in images:
                before = tuple(a - b for a, b in zip(m, image, strict=True))
                if before in tables[q]:
                    table[m] = (index, before)
                    break
        tables.append(table)
    return tables


def _recovered(network: Network, domain: Domain, dim: list[list[Table]], final: list[Table], m: Vector) -> Parameters:
    """Walk FinalDP backwards, and DimDP for each unit's pre-activations."""
    box = list(product(range(domain.largest + 1), repeat=len(domain.inputs)))
    runs = [EdgeRun((1,), 0) for _ in network.edges]
    for q in reversed(range(len(domain.edges))):
        index, m = final[q + 1][m]
        pre = box[index]
        chosen: list[int] = []
        for table in reversed(dim[q]):
            w, pre = table[pre]
            chosen.append(w)
        bias, *weights = chosen
        runs[domain.edges[q]] = EdgeRun(tuple(reversed(weights)), bias)
    return Parameters(tuple(runs))


def _grounds(instance: Instance, cells: int) -> ReachableStates:
    """FinalDP has looked at every reachable state: all units on the left; the tables bound every set."""
    members = joined(run for unit in program_of(instance).units for run in unit.members)
    sizes = tuple((key, cells) for key in ("pre", "unit", "left", "right", "last"))
    return ReachableStates(members, "points", sizes)


def _domain(instance: Instance) -> Domain | str:
    """The instance as the paper has it, or why it is none of those on which the printed program is right."""
    if instance.network.edge_count > MAX_EDGES:
        return f"it fills one table an edge; more than {MAX_EDGES:,} edges are out of reach"
    network = instance.network.graph()
    if network.inputs < 1:
        return "the printed program needs an input dimension d >= 1"
    if len(network.outputs) != 1:
        return f"the printed program needs one output; there are {len(network.outputs)}"
    t = network.outputs[0]
    if network.vertices[network.position[t]].activation.kind != "identity":
        return "the printed program has no activation at the output"
    hidden = [v.id for v in network.vertices if v.id != t]
    into: dict[str, list[int]] = {name: [] for name in [*hidden, t]}
    for e, edge in enumerate(network.edges):
        into[edge.target].append(e)
    joined = [network.edges[e].source for e in into[t]]
    if sorted(joined) != sorted(hidden):
        return "the printed program needs every hidden unit joined to the output by one edge, and no other edge there"
    for e in into[t]:
        if network.edges[e].weights != (ONE,) or network.edges[e].bias != ZERO:
            return (
                f"edge {e} into the output must have weight 1 and bias 0 only: the printed program chooses none there"
            )
    for name in hidden:
        if len(into[name]) != 1 or network.edges[into[name][0]].source != SOURCE:
            return f"hidden unit {name} must have exactly one incoming edge, from s"
    return _natural_domain(instance, network, [network.edges[into[name][0]] for name in hidden], hidden, into)


def _natural(value: Number) -> bool:
    return isinstance(value, int) and value >= 0


def _naturals(of: Space) -> bool:
    """Whether a (finite) space holds natural numbers only, few enough to list."""
    return not isinstance(of, Real) and of.size <= MAX_PREACTIVATION and all(_natural(w) for w in of)


def _natural_domain(
    instance: Instance,
    network: Network,
    edges: list[Edge],
    hidden: list[str],
    into: dict[str, list[int]],
) -> Domain | str:
    for index, sample in enumerate(instance.samples):
        if not all(_natural(x) for x in sample.x):
            return f"sample {index} has an input that is no natural number; the printed program is wrong there"
    inputs = tuple(tuple(int(x) for x in sample.x) for sample in instance.samples)
    spaces, activations = [], []
    largest, sums = 0, [0] * len(inputs)
    for edge, name in zip(edges, hidden, strict=True):
        if not all(_naturals(of) for of in edge.slots):
            return f"an edge into {name} allows a value that is no natural number; the printed program is wrong there"
        pre = [sum(int(finite(of).high) * x for of, x in zip(edge.slots, (*i, 1), strict=True)) for i in inputs]
        if max(pre, default=0) > MAX_PREACTIVATION:
            return f"numbers up to {max(pre)} occur; tables of that size are out of reach"
        activation = network.vertices[network.position[name]].activation
        values = [activation(z) for z in range(max(pre, default=0) + 1)]
        if not all(_natural(value) for value in values):
            return f"the activation of {name} leaves the natural numbers; the printed program is wrong there"
        spaces.append(tuple(tuple(int(w) for w in finite(of)) for of in edge.slots))
        activations.append(tuple(int(value) for value in values))
        sums = [total + int(max(values[: z + 1])) for total, z in zip(sums, pre, strict=True)]
        largest = max(largest, *pre, 0)
    largest = max([largest, *sums])
    return Domain(tuple(into[name][0] for name in hidden), tuple(spaces), tuple(activations), inputs, largest)


METHOD = PaperDP()
