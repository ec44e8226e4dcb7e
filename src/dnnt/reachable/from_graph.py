"""The program of an instance whose network is a graph: Theorem 1.6, generalised.

A vertex whose values do not depend on any parameter is *fixed*; a live vertex that is not fixed is a *unit* if it feeds
a live vertex, else a *sum*. The theorem applies if units are fed by s and fixed vertices only, and sums by s, fixed
vertices and units. Equal units are one group, equal and proportional columns one part of a sum.
"""

from __future__ import annotations

from typing import Any

from dnnt.errors import MethodUnsuitable
from dnnt.evaluation import activated
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.network import SOURCE, ZERO, Network
from dnnt.reachable.expression import Image, Spread, Sum
from dnnt.reachable.packing import Vector
from dnnt.reachable.program import Output, Primitive, Program, Slots, Total, Unit, distinct_inputs, joined, total_of
from dnnt.spaces import Space, Values, finite

MAX_BITS = 10**6
"""Fixed values longer than this are refused: chains of squares double their length at each vertex."""


def fixed_values(network: Network, inputs: tuple[Vector, ...], live: tuple[bool, ...]) -> dict[int, Vector]:
    """The live vertices whose values no parameter changes, with their values over the inputs."""
    fixed: dict[int, Vector] = {}
    of_inputs = _columns(network.inputs, inputs)
    ones = (1,) * len(inputs)
    for v in network.order:
        if not live[v]:
            continue
        activation = network.vertices[v].activation
        edges = [network.edges[e] for e in network.incoming[v]]
        if activation.is_constant:
            fixed[v] = tuple(activation(0) for _ in inputs)
            continue
        pre: list[Number] = [0] * len(inputs)
        for edge in edges:
            u = None if edge.source == SOURCE else network.position[edge.source]
            if u is not None and u not in fixed:
                break
            if not _is_single(edge.bias):
                break
            columns = of_inputs if u is None else (fixed[u],)
            pairs = [*zip(edge.weights, columns, strict=True), (edge.bias, ones)]
            if not all(_is_single(of) or not any(column) for of, column in pairs):
                break
            for of, column in pairs:
                if any(column) and isinstance(of, Values):
                    pre = [normal(p + of.values[0] * x) for p, x in zip(pre, column, strict=True)]
        else:
            fixed[v] = tuple(activated(activation, p, MAX_BITS) for p in pre)
    return fixed


def _is_single(of: Space) -> bool:
    return isinstance(of, Values) and len(of.values) == 1


def _columns(dimension: int, inputs: tuple[Vector, ...]) -> tuple[Vector, ...]:
    return tuple([tuple([x[j] for x in inputs]) for j in range(dimension)])


def program_of_graph(instance: Instance, network: Network) -> Program:
    """The program of an instance whose network is a graph."""
    inputs = distinct_inputs(instance)
    live = network.live
    fixed = fixed_values(network, inputs, live)
    feeds = [False] * len(network.vertices)
    for edge in network.edges:
        if edge.source != SOURCE and live[network.position[edge.target]]:
            feeds[network.position[edge.source]] = True
    units = [v for v in range(len(feeds)) if live[v] and v not in fixed and feeds[v]]
    sums = [v for v in range(len(feeds)) if live[v] and v not in fixed and not feeds[v]]
    _check_two_layers(network, fixed, set(units), sums)
    names = set(network.outputs)
    direct = [v for v in units if network.vertices[v].id in names]
    block = {v: index for index, v in enumerate([*sums, *direct])}
    width = len(inputs) * len(block)
    columns = _columns(network.inputs, inputs)
    incoming = {v: _slots_into(network, v, inputs, columns, fixed) for v in [*units, *sums]}
    grouped = _grouped(network, units, sums, block, incoming, inputs)
    rest: list[Slots] = []
    for v in sums:
        for each in incoming[v]:
            rest.append(Slots(each.space, _padded(each.column, block[v], width), each.count, each.addresses))
    outputs = []
    for name in network.outputs:
        v = network.position[name]
        if v in fixed:
            outputs.append(Output(None, None, fixed[v]))
        else:
            outputs.append(Output(block[v], None if v in direct else network.vertices[v].activation, ()))
    return Program(inputs, tuple(grouped), total_of(rest, width), tuple(outputs), len(block))


def _padded(column: Vector, block: int, width: int) -> Vector:
    before = block * len(column)
    return (0,) * before + column + (0,) * (width - before - len(column))


def _check_two_layers(network: Network, fixed: dict[int, Vector], units: set[int], sums: list[int]) -> None:
    for v in [*units, *sums]:
        for e in network.incoming[v]:
            if network.edges[e].source == SOURCE:
                continue
            u = network.position[network.edges[e].source]
            if u in fixed or (v not in units and u in units):
                continue
            raise MethodUnsuitable(
                f"the network is deeper than two layers of free units (edge {e} from {network.vertices[u].id} to "
                f"{network.vertices[v].id}); method brute-force takes it"
            )


def _slots_into(
    network: Network,
    v: int,
    inputs: tuple[Vector, ...],
    columns: tuple[Vector, ...],
    fixed: dict[int, Vector],
) -> list[Slots]:
    """The slots that vertex v adds up without units: weights on s and on fixed vertices, and all biases but those that
    can only be 0, which most edges have.
    """
    slots = []
    ones = (1,) * len(inputs)
    for e in network.incoming[v]:
        edge = network.edges[e]
        if edge.source == SOURCE:
            pairs = list(zip(edge.weights, columns, strict=True))
        else:
            u = network.position[edge.source]
            pairs = [(edge.weights[0], fixed[u])] if u in fixed else []
        for slot, (of, column) in enumerate(pairs):
            slots.append(Slots(finite(of), column, 1, ((e, slot),)))
        bias = finite(edge.bias)
        if bias != ZERO:
            slots.append(Slots(bias, ones, 1, ((e, len(edge.weights)),)))
    return slots


def _grouped(
    network: Network,
    units: list[int],
    sums: list[int],
    block: dict[int, int],
    incoming: dict[int, list[Slots]],
    inputs: tuple[Vector, ...],
) -> list[Unit]:
    """Units with equal activations, incoming slots and outgoing spaces, as groups."""
    identity: dict[object, int] = {}

    def number(of: object) -> int:
        return identity.setdefault(of, len(identity))

    groups: dict[tuple[Any, ...], list[tuple[int, list[Slots], list[list[Slots]]]]] = {}
    leaving: dict[int, list[tuple[int, int]]] = {v: [] for v in units}
    for e, edge in enumerate(network.edges):
        u = network.position.get(edge.source, -1)
        if u in leaving and network.position[edge.target] in block:
            leaving[u].append((block[network.position[edge.target]], e))
    for v in units:
        numbered = sorted([(number((each.space, each.column)), i) for i, each in enumerate(incoming[v])])
        into = [incoming[v][i] for _, i in numbered]
        out: list[list[Slots]] = [[] for _ in sums]
        for b, e in leaving[v]:
            out[b].append(Slots(finite(network.edges[e].weights[0]), (1,), 1, ((e, 0),)))
        for slots in out:
            if len(slots) > 1:
                slots.sort(key=lambda s: number(s.space))
        key = (
            network.vertices[v].activation,
            block.get(v),
            tuple([index for index, _ in numbered]),
            tuple([tuple([number(s.space) for s in slots]) for slots in out]),
        )
        groups.setdefault(key, []).append((v, into, out))
    known: Primitive = {}
    shared: dict[object, Sum] = {}
    return [_unit(network, group, block, len(inputs), known, shared, key[-1]) for key, group in groups.items()]


def _unit(
    network: Network,
    group: list[tuple[int, list[Slots], list[list[Slots]]]],
    block: dict[int, int],
    n: int,
    known: Primitive,
    shared: dict[object, Sum],
    leaving: tuple[tuple[int, ...], ...],
) -> Unit:
    """The unit of a group. Outgoing sums with the same numbers in `leaving` are one node: many units differ in what
    comes in only, and a node is evaluated once.
    """
    first, into, out = group[0]
    incoming = total_of(into, n, known)
    totals = []
    for slots, numbers in zip(out, leaving, strict=True):
        total = total_of(slots, 1, known)
        totals.append(Total(shared.setdefault(numbers, total.node), total.slots))
    outgoing = tuple(totals)
    own = block.get(first)
    blocks: list[Sum | None] = [total.node if slots else None for total, slots in zip(outgoing, out, strict=True)]
    blocks += [None] * (len(block) - len(blocks))
    rename = []
    for _, other_into, other_out in group:
        pairs = zip([*into, *_flat(out)], [*other_into, *_flat(other_out)], strict=True)
        rename.append({mine.addresses[0]: theirs.addresses[0] for mine, theirs in pairs})
    node = Spread(Image(incoming.node, network.vertices[first].activation), tuple(blocks), own)
    outgoing = tuple(total for total, slots in zip(outgoing, out, strict=True) if slots)
    return Unit(node, incoming, outgoing, len(group), joined((v, 1) for v, _, _ in group), tuple(rename))


def _flat(lists: list[list[Slots]]) -> list[Slots]:
    return [slots for each in lists for slots in each]
