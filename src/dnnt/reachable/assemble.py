"""From found summands to parameters: every slot of the network gets the value that was recovered for it.

Parameters that change nothing (dead vertices, columns of zeros) get the value of their space that is closest to 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dnnt.exact import Number
from dnnt.network import Layered, Network
from dnnt.parameters import Parameters, Run
from dnnt.reachable.program import Address, Program, Slots, Total, Unit
from dnnt.reachable.recover import Counted, Found, leaves
from dnnt.spaces import preferred


@dataclass(frozen=True, slots=True)
class Solution:
    """For each group of units the vectors used (with multiplicity), and what was found for the rest."""

    units: tuple[Counted, ...]
    rest: Found


def parameters_of(network: Network | Layered, program: Program, solution: Solution) -> Parameters:
    """The parameters that a solution stands for."""
    if isinstance(network, Layered) and not any(unit.rename for unit in program.units) and program.units:
        return _layered(network, program, solution)
    return _graph(network.graph(), program, solution)


def _graph(network: Network, program: Program, solution: Solution) -> Parameters:
    values = [[preferred(of) for of in edge.slots] for edge in network.edges]
    for (edge, slot), value in _assigned(program.rest, solution.rest):
        values[edge][slot] = value
    for unit, counted in zip(program.units, solution.units, strict=True):
        member = 0
        for found, count in counted:
            for _ in range(count):
                rename = unit.rename[member]
                for address, value in _unit_values(unit, found):
                    edge, slot = rename[address]
                    values[edge][slot] = value
                member += 1
    return Parameters(tuple(Run(tuple(slots[:-1]), slots[-1]) for slots in values))


def _unit_values(unit: Unit, found: Found) -> Iterator[tuple[Address, Number]]:
    """The values of one unit's incoming and outgoing slots."""
    ((inner, _),), *outer = found.parts
    yield from _assigned(unit.incoming, inner)
    for total, ((chosen, _),) in zip(unit.outgoing, outer, strict=True):
        yield from _assigned(total, chosen)


def _assigned(total: Total, found: Found) -> Iterator[tuple[Address, Number]]:
    for slots, values in zip(total.slots, leaves(found, total.node), strict=True):
        yield from zip(slots.addresses, _repeated(slots, values), strict=True)


def _repeated(slots: Slots, values: Iterable[tuple[Number, int]]) -> Iterator[Number]:
    for value, count in values:
        for _ in range(count):
            yield value


def _layered(network: Layered, program: Program, solution: Solution) -> Parameters:
    """One group of hidden units (layer 1), one sum an output (layer 2); addresses as in `layered`."""
    (unit,), (counted,) = program.units, solution.units
    hidden: list[Run] = []
    outgoing: list[list[tuple[Number, int]]] = [[] for _ in unit.outgoing]
    for found, count in counted:
        values = dict(_unit_values(unit, found))
        weights = tuple(values[0, j] for j in range(network.inputs))
        hidden.append(Run(weights, values[0, network.inputs], count))
        for t, edges in enumerate(outgoing):
            edges.append((values[1 + t, 0], count))
    biases = dict(_assigned(program.rest, solution.rest))
    runs = hidden
    for t, edges in enumerate(outgoing):
        (first, count), *others = edges
        runs.append(Run((first,), biases[1 + t, 1]))
        if count > 1:
            runs.append(Run((first,), 0, count - 1))
        runs.extend(Run((weight,), 0, repeat) for weight, repeat in others)
    return Parameters(tuple(runs))
