"""A network whose parameters are known, written out vertex by vertex: from a list of runs, or as the only choice.

The grounds "restricted" and guides speak of such networks. Without a guide the only choice is evaluated here, on all
distinct inputs at once and with groups of equal units, as the upper part evaluates its parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dnnt_check.activations import Activation
from dnnt_check.budget import Invalid, TooMuchWork, Work, describe
from dnnt_check.certificate import Run
from dnnt_check.columns import Column, Combiner
from dnnt_check.evaluation import Incoming, check_count, incoming_values, loss_of
from dnnt_check.instance import Instance
from dnnt_check.network import (
    BYTES_PER_WEIGHT,
    MAXIMUM_LINKS,
    SOURCE,
    ZERO,
    Edge,
    Graph,
    Layers,
    Network,
)
from dnnt_check.numbers import Number, add, multiply


@dataclass(frozen=True, slots=True)
class Wiring:
    """A network with values for all parameters; vertices are positions in the list of vertices."""

    activations: tuple[Activation, ...]
    outputs: tuple[int, ...]
    order: tuple[int, ...]
    incoming: list[list[Incoming]]


def given_wiring(instance: Instance, runs: tuple[Run, ...], work: Work) -> Wiring:
    """The network with the parameters of an upper part.

    Raises:
        Invalid: they do not fit the network, or a value lies outside its space.
    """
    check_count(instance, runs)
    structure = instance.structure
    if isinstance(structure, Graph):
        incoming = incoming_values(len(structure.activations), iter(structure.edges), runs, work)
        return Wiring(structure.activations, structure.outputs, structure.order, incoming)
    count = check_size(structure, work)
    activations = [layer.activation for layer in structure.layers for _ in range(layer.units)]
    incoming = incoming_values(count, _layer_edges(structure), runs, work)
    last = structure.layers[-1].units
    return Wiring(tuple(activations), tuple(range(count - last, count)), tuple(range(count)), incoming)


def only_wiring(network: Network, work: Work) -> Wiring:
    """A network without groups with the only choice of its parameters."""
    incoming: list[list[Incoming]] = []
    for vertex in network.vertices:
        assert vertex.count == 1
        links: list[Incoming] = []
        for link in vertex.incoming:
            links.append((link.source, tuple([space.low for space in link.weights]), link.bias.low))
            work.spend(2e-6 + len(link.weights) * 2e-7)
        incoming.append(links)
    activations = tuple([vertex.activation for vertex in network.vertices])
    return Wiring(activations, network.outputs, network.order, incoming)


def check_size(network: Layers, work: Work) -> int:
    """Refuse to write out very large layers; the number of vertices."""
    edges = sum(network.edge_counts())
    if edges > MAXIMUM_LINKS:
        raise TooMuchWork(f"too much work: a guide for signs in a layered network of {describe(edges)} edges")
    work.hold(BYTES_PER_WEIGHT * network.inputs, "the list of the weights into the first layer")
    return sum([layer.units for layer in network.layers])


def _layer_edges(network: Layers) -> Iterator[Edge]:
    """The edges of layers in their order."""
    first = 0
    before = range(-1, 0)
    for depth, layer in enumerate(network.layers):
        weights = (layer.weights,) * (network.inputs if depth == 0 else 1)
        here = range(first, first + layer.units)
        for unit in here:
            for place, source in enumerate(before):
                yield Edge(SOURCE if depth == 0 else source, unit, weights, layer.bias if place == 0 else ZERO)
        first += layer.units
        before = here


def check_restricted(network: Network, work: Work) -> None:
    """Refuse a network in which some space has more than one element."""
    for vertex in network.vertices:
        for link in vertex.incoming:
            work.spend(1e-6 + len(link.weights) * 1e-7)
            for space in (*link.weights, link.bias):
                if space.count != 1:
                    raise Invalid(
                        "lower: restricted does not apply: a parameter of an edge into vertex "
                        f"{vertex.first} may have {describe(space.count)} values"
                    )


def only_loss(instance: Instance, network: Network, work: Work) -> Number:
    """The total loss of the only choice of parameters, evaluated exactly."""
    combiner = Combiner(len(instance.points), work)
    inputs = [combiner.column(column) for column in zip(*instance.points, strict=True)]
    alive = network.live()
    values: dict[int, Column] = {}
    for index in network.order:
        if not alive[index]:
            continue
        vertex = network.vertices[index]
        constant: Number = 0
        terms: list[tuple[Number, Column]] = []
        for link in vertex.incoming:
            constant = add(constant, multiply(link.times, link.bias.low, work), work)
            if link.source == SOURCE:
                factors = [multiply(link.times, space.low, work) for space in link.weights]
                terms.extend(zip(factors, inputs, strict=True) if instance.points else ())
            else:
                terms.append((multiply(link.times, link.weights[0].low, work), values[link.source]))
            work.spend(2e-6)
        activation = vertex.activation.function(work)
        values[index] = combiner.column(tuple([activation(z) for z in combiner.combine(terms, constant)]))
        work.spend(1e-6 + len(instance.points) * 3e-7)
    return loss_of(instance, [values[output].values for output in network.outputs], work)
