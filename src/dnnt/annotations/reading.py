"""A program read with annotations: every group of units and the rest as nodes, and the parameters that they stand for.

A state is made by a left half (some units of each group) and a right half (all other units, and the rest). A choice of
parameters is a flat list of values, in the order of the leaves: `Reading.layout` says which parameter each one is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dnnt.annotations import windows
from dnnt.annotations.mapping import activated, along, repacking, spreading
from dnnt.annotations.nodes import Leaf, Mapped, Node, Nothing, Powers, Spread, combinations
from dnnt.annotations.semirings import Semiring
from dnnt.annotations.windows import Box
from dnnt.exact import Number
from dnnt.network import SOURCE, Layered, Network
from dnnt.reachable.expression import Along, Choose
from dnnt.reachable.halves import split
from dnnt.reachable.packing import Packing, Vector, packing_sum
from dnnt.reachable.program import Address, Program, Slots, Total, Unit
from dnnt.running import Run


@dataclass(frozen=True, slots=True)
class Placed:
    """A node and the parameters of its leaves, in order."""

    node: Node
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Both halves in one packing, and what their leaves are.

    The leaves of `left` are `left_times[g]` units of each group g in turn (groups in the order `order`), those of
    `right` the other units in the same way, and then the rest. `windowed`: the group (and one unit of it) whose
    sums `left` holds only near what is wanted.
    """

    program: Program
    semiring: Semiring
    packing: Packing
    left: Node
    right: Node
    units: tuple[tuple[Address, ...], ...]
    rest: tuple[Address, ...]
    order: tuple[int, ...]
    left_times: tuple[int, ...]
    windowed: tuple[int, Node] | None = None

    def layout(self) -> Iterator[tuple[int, int]]:
        """Runs (group, units) of the leaves in order; the rest comes last and is no part of this."""
        for times in (self.left_times, self._right_times()):
            for group in self.order:
                yield group, times[group]

    def _right_times(self) -> tuple[int, ...]:
        return tuple(unit.count - left for unit, left in zip(self.program.units, self.left_times, strict=True))


def read(
    program: Program,
    network: Network | Layered,
    semiring: Semiring,
    run: Run,
    wanted: Callable[[Packing], Box | None] | None = None,
) -> Reading:
    """Annotate the sets of a program. Raises `Stop` where a limit comes or a set would not fit.

    `wanted`: for costs, a box around all states that matter (see `windows`), or None where no state does.
    """
    builder = _Builder(program, network, semiring, run)
    units = []
    for index, unit in enumerate(program.units):
        run.progress(f"hidden units, group {index + 1} of {len(program.units)}")
        units.append(builder.unit(unit))
    run.progress("output biases and skip edges")
    rest = builder.total(program.rest)
    times = [unit.count for unit in program.units]
    packing = packing_sum(
        [*((p.node.packing, t) for p, t in zip(units, times, strict=True)), (rest.node.packing, 1)], program.width
    )
    nodes = [builder.repacked(p.node, packing) for p in units]
    order = sorted(range(len(nodes)), key=lambda g: (nodes[g].table.at_most, g))
    most = max(range(len(nodes)), key=times.__getitem__, default=0)
    windowed = wanted is not None and not semiring.counts and bool(nodes) and times[most] >= windows.MANY_UNITS
    left_times = (
        [t * (g == most) for g, t in enumerate(times)]
        if windowed
        else list(split(times, [node.table.at_most for node in nodes], rest.node.table.at_most, packing))
    )
    run.progress("right half")
    others = builder.sum([(nodes[g], times[g] - left_times[g]) for g in order], packing)
    last = builder.repacked(rest.node, packing)
    right = builder.powers.pair(others, last) if others.leaves else last
    run.progress("left half")
    if windowed and wanted is not None:
        box = wanted(packing) or ((1, 0),) * len(packing.axes)
        room = tuple((low - b, high - a) for (low, high), (a, b) in zip(box, windows.ranges(right), strict=True))
        left = windows.windowed_power(nodes[most], times[most], room, semiring, run)
    else:
        left = builder.sum([(nodes[g], left_times[g]) for g in order], packing)
    return Reading(
        program,
        semiring,
        packing,
        left,
        right,
        tuple(placed.addresses for placed in units),
        rest.addresses,
        tuple(order),
        tuple(left_times),
        (most, nodes[most]) if windowed else None,
    )


class _Builder:
    """Makes nodes of one program in one semiring."""

    def __init__(self, program: Program, network: Network | Layered, semiring: Semiring, run: Run) -> None:
        self.semiring, self.run, self.powers = semiring, run, Powers(semiring, run)
        self._program, self._network = program, network

    def _is_weight(self, address: Address) -> bool:
        """Whether an address is that of a weight; those of grouped layers are explained in `program_of_layers`."""
        edge, slot = address
        if isinstance(self._network, Layered):
            return slot < (self._network.inputs if edge == 0 else 1)
        given = self._network.edges[edge]
        return slot < (self._network.inputs if given.source == SOURCE else 1)

    def repacked(self, node: Node, packing: Packing) -> Node:
        """The node in a packing of a sum it is in."""
        if node.packing == packing:
            return node
        there, back = repacking(node.packing, packing)
        return Mapped(node, packing, there, self.semiring, self.run, back)

    def sum(self, parts: Sequence[tuple[Node, int]], packing: Packing) -> Node:
        """The sum of so many of each part, in this order; all are in the packing."""
        total: Node = Nothing(packing, self.semiring)
        for node, times in parts:
            if times:
                power = self.powers.of(node, times)
                total = self.powers.pair(total, power) if total.leaves or not isinstance(total, Nothing) else power
        return total

    def total(self, total: Total) -> Placed:
        """A sum over slots."""
        slots = iter(total.slots)
        parts: list[tuple[Node, int, tuple[Address, ...]]] = []
        for part, _ in total.node.parts:
            if isinstance(part, Along):
                line = self._sum([p for of, _ in part.line.parts for p in self._leaves(next(slots), _column(of))], 1)
                packing, there, back = along(line.node.packing.axes[0], part.direction)
                node = Mapped(line.node, packing, there, self.semiring, self.run, back)
                parts.append((node, 1, line.addresses))
            else:
                each = next(slots)
                parts.extend(self._leaves(each, each.column))
        return self._sum(parts, total.node.width)

    def _leaves(self, slots: Slots, column: Vector) -> Iterator[tuple[Node, int, tuple[Address, ...]]]:
        """Equal slots: the weights among them, and the biases."""
        assert len(slots.addresses) == slots.count, "every slot has its address"
        for weight in (True, False):
            same = tuple(address for address in slots.addresses if self._is_weight(address) == weight)
            if same:
                yield Leaf(slots.space, column, weight, self.semiring, self.run), len(same), same

    def _sum(self, parts: list[tuple[Node, int, tuple[Address, ...]]], width: int) -> Placed:
        packing = packing_sum([(node.packing, times) for node, times, _ in parts], width)
        nodes = [self.repacked(node, packing) for node, _, _ in parts]
        order = sorted(range(len(parts)), key=lambda p: (nodes[p].table.at_most, p))
        node = self.sum([(nodes[p], parts[p][1]) for p in order], packing)
        return Placed(node, tuple(address for p in order for address in parts[p][2]))

    def unit(self, unit: Unit) -> Placed:
        """What one unit of a group adds to the state."""
        inner = self.total(unit.incoming)
        packing, mapping = activated(inner.node.table, inner.node.packing, unit.node.part.activation, self.run)
        values = Mapped(inner.node, packing, mapping, self.semiring, self.run)
        lines = [self.total(outgoing) for outgoing in unit.outgoing]
        axes = [line.node.packing.axes[0] for line in lines]
        chosen = combinations([line.node for line in lines])
        rows = iter(zip(lines, axes, strict=True))
        factors: list[Sequence[Number]] = []
        for b, block in enumerate(unit.node.blocks):
            if b == unit.node.own:
                factors.append([1])
            elif block is None:
                factors.append([0])
            else:
                line, axis = next(rows)
                factors.append([axis.value(key) for key in line.node.table.listed()])
        whole, mapping_of = spreading(values.table, packing, factors, self.run)
        maps = {}
        for keys in chosen:
            self.run.poll()
            given = iter(axis.value(key) for axis, key in zip(axes, keys, strict=True))
            weights = [
                1 if b == unit.node.own else 0 if block is None else next(given)
                for b, block in enumerate(unit.node.blocks)
            ]
            maps[keys] = mapping_of(weights)
        node = Spread(values, [line.node for line in lines], whole, maps, self.semiring, self.run)
        return Placed(node, inner.addresses + tuple(address for line in lines for address in line.addresses))


def _column(part: object) -> Vector:
    assert isinstance(part, Choose), "lines are sums of choices"
    return part.column
