"""From found summands to parameters: every slot of the network gets the value that was recovered for it.

Parameters that change nothing (dead vertices, columns of zeros) get the value of their space that is closest to 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dnnt.exact import Number
from dnnt.network import Layered, Network
from dnnt.parameters import Parameters, Run, of_edges
from dnnt.reachable.expression import Choose
from dnnt.reachable.program import Address, Program, Slots, Total, Unit
from dnnt.reachable.recover import Counted, Found, leaves
from dnnt.spaces import Space, preferred


@dataclass(frozen=True, slots=True)
class Solution:
    """For each group of units the vectors used (with multiplicity), and what was found for the rest."""

    units: tuple[Counted, ...]
    rest: Found


Assigned = tuple[Address, Number]
"""A value of a slot of the first member of a group (or of the rest)."""

Members = Sequence[tuple[Sequence[Assigned], int]]
"""What the units of a group get, with multiplicities."""


def parameters_of(network: Network | Layered, program: Program, solution: Solution) -> Parameters:
    """The parameters that a solution stands for."""
    units = [
        [(tuple(_unit_values(unit, found)), count) for found, count in counted]
        for unit, counted in zip(program.units, solution.units, strict=True)
    ]
    return parameters_of_values(network, program, units, tuple(_assigned(program.rest, solution.rest)))


def parameters_of_values(
    network: Network | Layered, program: Program, units: Sequence[Members], rest: Sequence[Assigned]
) -> Parameters:
    """The parameters in which the units and the rest have these values."""
    if isinstance(network, Layered) and not any(unit.rename for unit in program.units) and program.units:
        return _layered(network, program, units, rest)
    return _graph(network.graph(), program, units, rest)


def _graph(network: Network, program: Program, units: Sequence[Members], rest: Sequence[Assigned]) -> Parameters:
    known: dict[int, Number] = {}  # By identity: readers give one value for equal spaces.
    values = [[*[_preferred(of, known) for of in edge.weights], _preferred(edge.bias, known)] for edge in network.edges]
    for (edge, slot), value in rest:
        values[edge][slot] = value
    for unit, counted in zip(program.units, units, strict=True):
        member = 0
        for assigned, count in counted:
            for _ in range(count):
                rename = unit.rename[member]
                for address, value in assigned:
                    edge, slot = rename[address]
                    values[edge][slot] = value
                member += 1
    return of_edges((tuple(slots[:-1]), slots[-1]) for slots in values)


def _preferred(of: Space, known: dict[int, Number]) -> Number:
    value = known.get(id(of))
    if value is None:
        value = known[id(of)] = preferred(of)
    return value


def _unit_values(unit: Unit, found: Found) -> Iterator[Assigned]:
    """The values of one unit's incoming and outgoing slots."""
    ((inner, _),), *outer = found.parts
    yield from _assigned(unit.incoming, inner)
    for total, ((chosen, _),) in zip(unit.outgoing, outer, strict=True):
        yield from _assigned(total, chosen)


def _assigned(total: Total, found: Found) -> Iterable[Assigned]:
    if len(total.slots) == 1 and len(total.slots[0].addresses) == 1 and type(total.node.parts[0][0]) is Choose:
        (((only, _),),) = found.parts  # One parameter: what many units have.
        assert only.value is not None, "a choice without a value"
        return ((total.slots[0].addresses[0], only.value),)
    return _assigned_all(total, found)


def _assigned_all(total: Total, found: Found) -> Iterator[Assigned]:
    for slots, values in zip(total.slots, leaves(found, total.node), strict=True):
        yield from zip(slots.addresses, _repeated(slots, values), strict=True)


def _repeated(slots: Slots, values: Iterable[tuple[Number, int]]) -> Iterator[Number]:
    for value, count in values:
        for _ in range(count):
            yield value


def _layered(network: Layered, program: Program, units: Sequence[Members], rest: Sequence[Assigned]) -> Parameters:
    """One group of hidden units (layer 1), one sum an output (layer 2); addresses as in `layered`."""
    (unit,), (counted,) = program.units, units
    hidden: list[Run] = []
    outgoing: list[list[tuple[Number, int]]] = [[] for _ in unit.outgoing]
    for assigned, count in counted:
        values = dict(assigned)
        weights = tuple(values[0, j] for j in range(network.inputs))
        hidden.append(Run(weights, values[0, network.inputs], count))
        for t, edges in enumerate(outgoing):
            edges.append((values[1 + t, 0], count))
    biases = dict(rest)
    runs = hidden
    for t, edges in enumerate(outgoing):
        (first, count), *others = edges
        runs.append(Run((first,), biases[1 + t, 1]))
        if count > 1:
            runs.append(Run((first,), 0, count - 1))
        runs.extend(Run((weight,), 0, repeat) for weight, repeat in others)
    return Parameters(tuple(runs))
