"""From an instance to its reachable states: units, sums and the rest (docs/certificates.md has the definitions).

A vertex whose values do not depend on any parameter is *fixed*; a live vertex that is not fixed is a *unit* if it feeds
a live vertex, else a *sum*. Theorem 1.6, generalised, applies if units are fed by s and fixed vertices only, and
sums by
s, fixed vertices and units. Equal units are one group, and equal columns one part of a sum; a layered network of 10^100
units is never written out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dnnt.activations import Activation
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, common_step, normal
from dnnt.instance import Instance
from dnnt.network import SOURCE, Layered, Network
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread, Sum
from dnnt.reachable.packing import Vector
from dnnt.spaces import Finite, Space, Values, finite

Address = tuple[int, int]
"""A parameter: (edge, slot), slots being the weights in order and then the bias."""


@dataclass(frozen=True, slots=True)
class Slots:
    """`count` parameters with the same space and the same column; `addresses` lists them where they are few."""

    space: Finite
    column: Vector
    count: int
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over slots as an expression, and for each `Choose` below it, in order, the slots it stands for."""

    node: Sum
    slots: tuple[Slots, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """`count` equal hidden units: expression, incoming slots, and for each block the slots of its outgoing weights.

    `members` are positions of vertices: runs (first, count). For each member beyond the first, `addresses` of slots are
    given by `rename`: address of the first member -> address of this one.
    """

    node: Spread
    incoming: Total
    outgoing: tuple[Total, ...]
    count: int
    members: tuple[tuple[int, int], ...]
    rename: tuple[dict[Address, Address], ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """Where an output's value comes from: a block of the state (with an activation, if it is a sum), or fixed
    values.
    """

    block: int | None
    activation: Activation | None
    values: Vector


@dataclass(frozen=True, slots=True)
class Program:
    """The reachable states of an instance: groups of units, the rest, and how a state becomes outputs.

    `inputs` are the distinct inputs of the samples in order of first appearance, `blocks` the number of blocks of
    len(inputs) coordinates in a state.
    """

    inputs: tuple[Vector, ...]
    units: tuple[Unit, ...]
    rest: Total
    outputs: tuple[Output, ...]
    blocks: int

    @property
    def width(self) -> int:
        """The number of coordinates of a state."""
        return self.blocks * len(self.inputs)


def distinct_inputs(instance: Instance) -> tuple[Vector, ...]:
    """The distinct inputs of the samples, in order of first appearance."""
    return tuple(dict.fromkeys(sample.x for sample in instance.samples))


def fixed_values(network: Network, inputs: tuple[Vector, ...], live: tuple[bool, ...]) -> dict[int, Vector]:
    """The live vertices whose values no parameter changes, with their values over the inputs."""
    fixed: dict[int, Vector] = {}
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
            columns = _columns(network.inputs, inputs) if u is None else (fixed[u],)
            pairs = [*zip(edge.weights, columns, strict=True), (edge.bias, (1,) * len(inputs))]
            if not all(_is_single(of) or not any(column) for of, column in pairs[:-1]) or not _is_single(edge.bias):
                break
            for of, column in pairs:
                if any(column) and isinstance(of, Values):
                    pre = [normal(p + of.values[0] * x) for p, x in zip(pre, column, strict=True)]
        else:
            fixed[v] = tuple(activation(p) for p in pre)
    return fixed


def _is_single(of: Space) -> bool:
    return isinstance(of, Values) and len(of.values) == 1


def _columns(dimension: int, inputs: tuple[Vector, ...]) -> tuple[Vector, ...]:
    return tuple(tuple(x[j] for x in inputs) for j in range(dimension))


def program_of(instance: Instance) -> Program:
    """The program of a two-layer instance. Raises `MethodUnsuitable` for other networks, `TooLarge` for wide
    outputs.
    """
    if isinstance(instance.network, Layered):
        from dnnt.reachable.layered import program_of_layers

        return program_of_layers(instance, instance.network)
    return program_of_graph(instance, instance.network)


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
    """The slots that vertex v adds up without units: weights on s and on fixed vertices, and all biases."""
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
        slots.append(Slots(finite(edge.bias), ones, 1, ((e, len(edge.weights)),)))
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

    groups: dict[object, list[tuple[int, list[Slots], list[list[Slots]]]]] = {}
    leaving: dict[int, list[tuple[int, int]]] = {v: [] for v in units}
    for e, edge in enumerate(network.edges):
        u = network.position.get(edge.source, -1)
        if u in leaving and network.position[edge.target] in block:
            leaving[u].append((block[network.position[edge.target]], e))
    for v in units:
        into = sorted(incoming[v], key=lambda s: number((s.space, s.column)))
        out: list[list[Slots]] = [[] for _ in sums]
        for b, e in leaving[v]:
            out[b].append(Slots(finite(network.edges[e].weights[0]), (1,), 1, ((e, 0),)))
        for slots in out:
            slots.sort(key=lambda s: number(s.space))
        key = (
            network.vertices[v].activation,
            block.get(v),
            tuple(number((s.space, s.column)) for s in into),
            tuple(tuple(number(s.space) for s in slots) for slots in out),
        )
        groups.setdefault(key, []).append((v, into, out))
    return [_unit(network, group, block, len(inputs)) for group in groups.values()]


def _unit(
    network: Network,
    group: list[tuple[int, list[Slots], list[list[Slots]]]],
    block: dict[int, int],
    n: int,
) -> Unit:
    first, into, out = group[0]
    incoming = total_of(into, n)
    outgoing = tuple(total_of(slots, 1) for slots in out)
    own = block.get(first)
    blocks: list[Sum | None] = [total.node if slots else None for total, slots in zip(outgoing, out, strict=True)]
    blocks += [None] * (len(block) - len(blocks))
    rename = []
    for _, other_into, other_out in group:
        pairs = zip([*into, *_flat(out)], [*other_into, *_flat(other_out)], strict=True)
        rename.append({mine.addresses[0]: theirs.addresses[0] for mine, theirs in pairs})
    node = Spread(Image(incoming.node, network.vertices[first].activation), tuple(blocks), own)
    outgoing = tuple(total for total, slots in zip(outgoing, out, strict=True) if slots)
    return Unit(node, incoming, outgoing, len(group), runs_of(v for v, _, _ in group), tuple(rename))


def _flat(lists: list[list[Slots]]) -> list[Slots]:
    return [slots for each in lists for slots in each]


def runs_of(positions: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Increasing positions as runs (first, count)."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and sum(runs[-1]) == position:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((position, 1))
    return tuple(runs)


def total_of(slots: list[Slots], width: int) -> Total:
    """The sum over slots: equal columns and proportional ones are added up as numbers first, along their direction."""
    lines: dict[Vector, dict[tuple[Finite, Number], list[Slots]]] = {}
    for each in slots:
        direction, factor = _primitive(each.column)
        lines.setdefault(direction, {}).setdefault((each.space, factor), []).append(each)
    parts: list[tuple[Node, int]] = []
    ordered: list[Slots] = []
    for direction, equal in lines.items():
        merged = [
            Slots(
                space,
                tuple(normal(factor * u) for u in direction),
                sum(s.count for s in same),
                _addresses(same),
            )
            for (space, factor), same in equal.items()
        ]
        ordered.extend(merged)
        if not any(direction) or (len(merged) == 1 and merged[0].count == 1):
            parts.extend((Choose(s.space, s.column), s.count) for s in merged)
        else:
            line = Sum(
                tuple((Choose(s.space, (f,)), s.count) for s, (_, f) in zip(merged, equal, strict=True)),
                1,
            )
            parts.append((Along(line, direction), 1))
    return Total(Sum(tuple(parts), width), tuple(ordered))


def _addresses(same: list[Slots]) -> tuple[Address, ...]:
    return tuple(address for s in same for address in s.addresses)


def _primitive(column: Vector) -> tuple[Vector, Number]:
    """The direction of a column (coprime integers, the first nonzero one positive) and the factor along it."""
    step = common_step(list(column))
    if not step:
        return (0,) * len(column), 0
    factor = step if next(x for x in column if x) > 0 else -step
    return tuple(int(x // factor) for x in column), factor
