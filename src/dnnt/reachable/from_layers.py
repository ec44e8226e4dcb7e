"""The program of a layered network of one or two layers, without writing its units out.

All units of the hidden layer are one group; each output is a sum of its own. Deeper layered networks are written out
(they may still have fixed layers).
"""

from __future__ import annotations

from dnnt.errors import TooLarge
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.network import Layered
from dnnt.reachable.expression import Image, Spread
from dnnt.reachable.from_graph import program_of_graph
from dnnt.reachable.packing import Vector
from dnnt.reachable.program import (
    Output,
    Program,
    Slots,
    Unit,
    distinct_inputs,
    total_of,
)
from dnnt.spaces import Space, Values, finite

MAX_OUTPUTS = 4096
"""The most outputs of a layered network that this method looks at."""


MANY_UNITS = 256
"""Hidden layers of more units than this are one group even where no parameter changes them (docs/certificates.md)."""


def is_grouped(network: Layered, inputs: tuple[Vector, ...]) -> bool:
    """Whether the network is taken as groups: two layers, the hidden one free or wide."""
    if len(network.layers) != 2:
        return False
    hidden, last = network.layers
    if last.activation.is_constant:
        return False
    # Where all inputs are 0 hidden weights change nothing.
    weighed = any(any(x) for x in inputs) and not _is_single(hidden.weights)
    free = not hidden.activation.is_constant and (weighed or not _is_single(hidden.bias))
    return free or hidden.units > MANY_UNITS


def _is_single(space: Space) -> bool:
    return isinstance(space, Values) and space.size == 1


def program_of_layers(instance: Instance, network: Layered) -> Program:
    """The program of an instance with a layered network."""
    inputs = distinct_inputs(instance)
    if not is_grouped(network, inputs):
        return program_of_graph(instance, network.graph())
    hidden, last = network.layers
    if last.units > MAX_OUTPUTS:
        raise TooLarge(f"{last.units} outputs are too many for this method (at most {MAX_OUTPUTS:,})")
    n, outputs = len(inputs), last.units
    ones: tuple[Number, ...] = (1,) * n
    columns = [*[tuple(x[j] for x in inputs) for j in range(network.inputs)], ones]
    if hidden.activation.is_constant:
        columns = [(0,) * n] * len(columns)  # What comes in changes nothing.
    spaces = [finite(hidden.weights)] * network.inputs + [finite(hidden.bias)]
    slots = [Slots(space, column, 1, ((0, j),)) for j, (space, column) in enumerate(zip(spaces, columns, strict=True))]
    incoming = total_of(slots, n)
    outgoing = tuple(total_of([Slots(finite(last.weights), (1,), 1, ((1 + t, 0),))], 1) for t in range(outputs))
    node = Spread(Image(incoming.node, hidden.activation), tuple(total.node for total in outgoing), None)
    unit = Unit(node, incoming, outgoing, hidden.units, ((0, hidden.units),))
    width = n * outputs
    rest = []
    for t in range(outputs):
        column = (0,) * (t * n) + ones + (0,) * (width - (t + 1) * n)
        rest.append(Slots(finite(last.bias), tuple(normal(x) for x in column), 1, ((1 + t, 1),)))
    return Program(
        inputs,
        (unit,),
        total_of(rest, width),
        tuple(Output(t, last.activation, ()) for t in range(outputs)),
        outputs,
    )


_latest: list[tuple[Instance, Program]] = []


def program_of(instance: Instance) -> Program:
    """The program of any two-layer instance. The latest one is kept: several steps ask for it.

    Raises `MethodUnsuitable` for other networks, `TooLarge` for networks that cannot be held.
    """
    for known, program in _latest:
        if known is instance:
            return program
    program = _program_of(instance)
    _latest[:] = [(instance, program)]
    return program


def _program_of(instance: Instance) -> Program:
    if isinstance(instance.network, Layered):
        return program_of_layers(instance, instance.network)
    return program_of_graph(instance, instance.network)
