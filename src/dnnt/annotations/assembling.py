"""From a flat list of values, one a leaf, to parameters: every address of the network gets its value."""

from __future__ import annotations

from collections.abc import Sequence

from dnnt.annotations.free import Free
from dnnt.annotations.reading import Reading
from dnnt.errors import TooLarge
from dnnt.exact import Number, count
from dnnt.network import MAX_EDGES, Layered, Network
from dnnt.parameters import Parameters, Run as EdgeRun
from dnnt.reachable.program import Address, Program


def is_grouped(network: Network | Layered, program: Program) -> bool:
    """Whether the program took the layers as groups, without writing the network out (see `program_of_layers`)."""
    units = program.units
    return isinstance(network, Layered) and bool(units) and not any(unit.rename for unit in units)


def check_size(network: Network | Layered) -> None:
    """Raise `TooLarge` for networks whose parameters, all different, are too many to write down."""
    if network.edge_count > MAX_EDGES:
        raise TooLarge(f"parameters of {count(network.edge_count)} edges are too many to list (at most {MAX_EDGES:,})")


class Assembler:
    """Makes parameters of the values of a reading's leaves (those of `left`, then those of `right`) and free ones."""

    def __init__(self, network: Network | Layered, reading: Reading | None, free: Free) -> None:
        check_size(network)
        self._free = free
        self._grouped = reading is not None and is_grouped(network, reading.program)
        self._network = network
        self._addresses: list[Address] = []
        if reading is None:
            self._edges = [len(edge.slots) for edge in network.graph().edges]
        elif self._grouped:
            assert isinstance(network, Layered), "only layers are grouped"
            hidden, last = network.layers
            self._units, self._outputs = hidden.units, last.units
            self._unit, self._rest = reading.units[0], reading.rest
        else:
            self._edges = [len(edge.slots) for edge in network.graph().edges]
            self._addresses = _addresses(reading)

    def __call__(self, values: Sequence[Number], free: Sequence[Number]) -> Parameters:
        """The parameters with these values of leaves and of free parameters."""
        if self._grouped:
            return self._layered(values)
        slots: list[list[Number]] = [[0] * width for width in self._edges]
        for (edge, slot), value in zip(self._addresses, values, strict=True):
            slots[edge][slot] = value
        for (edge, slot), value in zip(self._free.addresses, free, strict=True):
            slots[edge][slot] = value
        return Parameters(tuple(EdgeRun(tuple(each[:-1]), each[-1]) for each in slots))

    def _layered(self, values: Sequence[Number]) -> Parameters:
        """Addresses as in `program_of_layers`: edge 0 leads into the unit, edge 1 + t from it to output t."""
        width = len(self._unit)
        inputs = self._network.inputs
        hidden: list[EdgeRun] = []
        outgoing: list[list[Number]] = [[] for _ in range(self._outputs)]
        for unit in range(self._units):
            of = dict(zip(self._unit, values[unit * width : (unit + 1) * width], strict=True))
            hidden.append(EdgeRun(tuple(of[0, j] for j in range(inputs)), of[0, inputs]))
            for t, weights in enumerate(outgoing):
                weights.append(of[1 + t, 0])
        rest = dict(zip(self._rest, values[self._units * width :], strict=True))
        runs = hidden
        for t, weights in enumerate(outgoing):
            runs.append(EdgeRun((weights[0],), rest[1 + t, 1]))
            runs.extend(EdgeRun((weight,), 0) for weight in weights[1:])
        return Parameters(tuple(runs))


def of_groups(
    network: Network | Layered,
    reading: Reading,
    units: Sequence[tuple[Sequence[Number], int]],
    rest: Sequence[Number],
) -> Parameters:
    """Parameters of grouped layers: so many units with these values of their leaves each, and the rest."""
    assert isinstance(network, Layered), "only layers are grouped"
    hidden: list[EdgeRun] = []
    outgoing: list[list[tuple[Number, int]]] = [[] for _ in range(network.layers[1].units)]
    for values, times in units:
        of = dict(zip(reading.units[0], values, strict=True))
        hidden.append(EdgeRun(tuple(of[0, j] for j in range(network.inputs)), of[0, network.inputs], times))
        for t, weights in enumerate(outgoing):
            weights.append((of[1 + t, 0], times))
    biases = dict(zip(reading.rest, rest, strict=True))
    runs = hidden
    for t, weights in enumerate(outgoing):
        (first, times), *others = weights
        runs.append(EdgeRun((first,), biases[1 + t, 1]))
        if times > 1:
            runs.append(EdgeRun((first,), 0, times - 1))
        runs.extend(EdgeRun((weight,), 0, repeat) for weight, repeat in others)
    return Parameters(tuple(runs))


def _addresses(reading: Reading) -> list[Address]:
    """The address of each leaf, in order."""
    made: list[Address] = []
    member = [0] * len(reading.units)
    for group, times in reading.layout():
        for _ in range(times):
            rename = reading.program.units[group].rename[member[group]]
            made.extend(rename[address] for address in reading.units[group])
            member[group] += 1
    made.extend(reading.rest)
    return made
