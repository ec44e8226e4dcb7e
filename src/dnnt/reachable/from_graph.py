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
from dnnt.reachable.program import (
    Address,
    Output,
    Primitive,
    Program,
    Slots,
    Total,
    Unit,
    distinct_inputs,
    joined,
    total_of,
)
from dnnt.spaces import Finite, Space, Values, finite

MAX_BITS = 10**6
"""Fixed values longer than this are refused: chains of squares double their length at each vertex."""


def fixed_values(network: Network, inputs: tuple[Vector, ...], live: tuple[bool, ...]) -> dict[int, Vector]:
    """The live vertices whose values no parameter changes, with their values over the inputs."""
    fixed: dict[int, Vector] = {}
    columns = _columns(network.inputs, inputs)
    zero = [not any(column) for column in columns]
    for v in network.order:
        if not live[v]:
            continue
        activation = network.vertices[v].activation
        if activation.is_constant:
            fixed[v] = tuple(activation(0) for _ in inputs)
            continue
        pre: list[Number] = [0] * len(inputs)
        for e in network.incoming[v]:
            edge = network.edges[e]
            if edge.source == SOURCE:
                vectors, skipped = columns, zero
            else:
                u = network.position[edge.source]
                if u not in fixed:
                    break
                vectors, skipped = (fixed[u],), [not any(fixed[u])]
            if not _is_single(edge.bias):
                break
            if not all(skip or _is_single(of) for of, skip in zip(edge.weights, skipped, strict=True)):
                break
            for of, column in [*zip(edge.weights, vectors, strict=True), (edge.bias, (1,) * len(inputs))]:
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
    tails = [network.position.get(edge.source, -1) for edge in network.edges]
    heads = [network.position[edge.target] for edge in network.edges]
    feeds = [False] * len(network.vertices)
    for tail, head in zip(tails, heads, strict=True):
        if tail >= 0 and live[head]:
            feeds[tail] = True
    units = [v for v in range(len(feeds)) if live[v] and v not in fixed and feeds[v]]
    sums = [v for v in range(len(feeds)) if live[v] and v not in fixed and not feeds[v]]
    _check_two_layers(network, fixed, set(units), sums, tails)
    names = set(network.outputs)
    direct = [v for v in units if network.vertices[v].id in names]
    block = {v: index for index, v in enumerate([*sums, *direct])}
    width = len(inputs) * len(block)
    columns = _columns(network.inputs, inputs)
    ones = (1,) * len(inputs)
    leaving: dict[int, list[tuple[int, int]]] = {v: [] for v in units}
    for e, (tail, head) in enumerate(zip(tails, heads, strict=True)):
        if tail in leaving and head in block:
            leaving[tail].append((block[head], e))
    into = {v: _slots_into(network, v, columns, ones, fixed, tails) for v in units}
    grouped = _grouped(network, into, leaving, len(sums), block, len(inputs))
    rest: list[Slots] = []
    for v in sums:
        for space, column, address in _slots_into(network, v, columns, ones, fixed, tails):
            rest.append(Slots(space, _padded(column, block[v], width), 1, (address,)))
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


def _check_two_layers(
    network: Network, fixed: dict[int, Vector], units: set[int], sums: list[int], tails: list[int]
) -> None:
    for v in [*units, *sums]:
        for e in network.incoming[v]:
            u = tails[e]
            if u < 0 or u in fixed or (u in units and v not in units):
                continue
            raise MethodUnsuitable(
                f"the network is deeper than two layers of free units (edge {e} from {network.vertices[u].id} to "
                f"{network.vertices[v].id})"
            )


Slot = tuple[Finite, Vector, Address]
"""A parameter: its space, its column, its address."""


def _slots_into(
    network: Network,
    v: int,
    columns: tuple[Vector, ...],
    ones: Vector,
    fixed: dict[int, Vector],
    tails: list[int],
) -> list[Slot]:
    """The slots that vertex v adds up without units: weights on s and on fixed vertices, and all biases but those that
    can only be 0, which most edges have.
    """
    slots: list[Slot] = []
    for e in network.incoming[v]:
        edge, u = network.edges[e], tails[e]
        if u < 0:
            for slot, (of, column) in enumerate(zip(edge.weights, columns, strict=True)):
                slots.append((finite(of), column, (e, slot)))
        elif u in fixed:
            slots.append((finite(edge.weights[0]), fixed[u], (e, 0)))
        bias = edge.bias
        if bias is not ZERO and bias != ZERO:
            slots.append((finite(bias), ones, (e, len(edge.weights))))
    return slots


class _Numbers:
    """A number for each kind of slot, in the order in which they are met: equal ones have the same."""

    def __init__(self) -> None:
        # By identity first: readers give one value for equal spaces, and to hash it takes longer.
        self._parts: dict[int, int] = {}
        self._equal: dict[object, int] = {}
        self._pairs: dict[tuple[int, int], int] = {}

    def part(self, of: object) -> int:
        """The number of a space, a column or an activation, which lives as long as this."""
        number = self._parts.get(id(of))
        if number is None:
            number = self._parts[id(of)] = self._equal.setdefault(of, len(self._equal))
        return number

    def pair(self, space: Finite, column: Vector) -> int:
        """The number of a slot with this space and this column."""
        key = self.part(space), self.part(column)
        return self._pairs.setdefault(key, len(self._pairs))


ONE: Vector = (1,)
"""The column of an outgoing weight."""


def _grouped(
    network: Network,
    incoming: dict[int, list[Slot]],
    leaving: dict[int, list[tuple[int, int]]],
    sums: int,
    block: dict[int, int],
    n: int,
) -> list[Unit]:
    """Units with equal activations, incoming slots and outgoing spaces, as groups."""
    numbers = _Numbers()
    groups: dict[tuple[Any, ...], list[tuple[int, list[Slot], list[list[Slot]]]]] = {}
    for v, into in incoming.items():
        pairs = [numbers.pair(space, column) for space, column, _ in into]
        if len(into) > 1:
            order = sorted(range(len(into)), key=pairs.__getitem__)
            into, pairs = [into[i] for i in order], sorted(pairs)
        out: list[list[Slot]] = [[] for _ in range(sums)]
        for b, e in leaving[v]:
            out[b].append((finite(network.edges[e].weights[0]), ONE, (e, 0)))
        for slots in out:
            if len(slots) > 1:
                slots.sort(key=lambda slot: numbers.part(slot[0]))
        key = (
            numbers.part(network.vertices[v].activation),
            block.get(v),
            tuple(pairs),
            tuple([tuple([numbers.part(space) for space, _, _ in slots]) for slots in out]),
        )
        group = groups.get(key)
        if group is None:
            groups[key] = [(v, into, out)]
        else:
            group.append((v, into, out))
    known: Primitive = {}
    shared: dict[object, Sum] = {}
    return [_unit(network, group, block, n, known, shared, key[-1]) for key, group in groups.items()]


def _unit(
    network: Network,
    group: list[tuple[int, list[Slot], list[list[Slot]]]],
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
    incoming = total_of(_as_slots(into), n, known)
    outgoing: list[Total] = []
    blocks: list[Sum | None] = [None] * len(block)
    for b, (slots, numbers) in enumerate(zip(out, leaving, strict=True)):
        if not slots:
            continue
        node = shared.get(numbers)
        if node is not None and len(slots) == 1:
            total = Total(node, tuple(_as_slots(slots)))
        else:
            total = total_of(_as_slots(slots), 1, known)
            total = Total(shared.setdefault(numbers, total.node), total.slots)
        outgoing.append(total)
        blocks[b] = total.node
    mine = _addresses(into, out)
    rename = [dict(zip(mine, _addresses(others, leave), strict=True)) for _, others, leave in group]
    spread = Spread(Image(incoming.node, network.vertices[first].activation), tuple(blocks), block.get(first))
    members = joined([(v, 1) for v, _, _ in group])
    return Unit(spread, incoming, tuple(outgoing), len(group), members, tuple(rename))


def _as_slots(slots: list[Slot]) -> list[Slots]:
    return [Slots(space, column, 1, (address,)) for space, column, address in slots]


def _addresses(into: list[Slot], out: list[list[Slot]]) -> list[Address]:
    listed = [address for _, _, address in into]
    for slots in out:
        listed += [address for _, _, address in slots]
    return listed
