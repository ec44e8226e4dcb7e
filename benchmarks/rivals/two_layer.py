"""What the rivals read: a two-layer network with integers only, one output and ReLU units, and squared loss."""

from __future__ import annotations

from dataclasses import dataclass

from dnnt.instance import Instance
from dnnt.network import SOURCE, Edge
from dnnt.spaces import Real, Space

Spaces = tuple[tuple[int, ...], ...]
MAX_SPACE = 10_000


class Unsuitable(Exception):
    """The instance is none that the rivals take; the text says why."""


@dataclass(frozen=True, slots=True)
class Neuron:
    """A hidden ReLU unit: the spaces of its d weights, of its bias, and of its weight in the second layer."""

    weights: Spaces
    bias: tuple[int, ...]
    second: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TwoLayer:
    """`inputs`: n vectors of d integers; `targets` and `costs`: the target of each and the factor of its squared error;
    `neurons`: equal ones side by side; `rest`: the spaces of the output's biases.
    """

    inputs: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]
    costs: tuple[int, ...]
    neurons: tuple[Neuron, ...]
    rest: Spaces

    @property
    def groups(self) -> list[tuple[Neuron, int]]:
        """Equal neurons, each kind with its number."""
        count: dict[Neuron, int] = {}
        for neuron in self.neurons:
            count[neuron] = count.get(neuron, 0) + 1
        return list(count.items())


def two_layer(instance: Instance) -> TwoLayer:
    """The instance as the rivals see it. Raises `Unsuitable`."""
    network = instance.network.graph()
    if instance.loss.kind != "squared":
        raise Unsuitable("a loss other than squared")
    if len(network.outputs) != 1:
        raise Unsuitable("not one output")
    t = network.outputs[0]
    into: dict[str, list[Edge]] = {vertex.id: [] for vertex in network.vertices}
    for edge in network.edges:
        into[edge.target].append(edge)
    kinds = {vertex.id: vertex.activation.kind for vertex in network.vertices}
    if kinds[t] != "identity":
        raise Unsuitable("an activation at the output")
    neurons, rest = [], []
    feeding = [edge.source for edge in into[t]]
    if sorted(feeding) != sorted(name for name in kinds if name != t):
        raise Unsuitable("the hidden units are not joined to the output by one edge each")
    for edge in into[t]:
        incoming = into[edge.source]
        if len(incoming) != 1 or incoming[0].source != SOURCE or kinds[edge.source] != "relu":
            raise Unsuitable("a hidden vertex that is no ReLU unit fed by the inputs alone")
        (first,) = incoming
        neurons.append(Neuron(tuple(map(_integers, first.weights)), _integers(first.bias), _integers(edge.weights[0])))
        rest.append(_integers(edge.bias))
    samples = [
        (tuple(map(_integer, sample.x)), _integer(sample.y[0]), _integer(sample.weight)) for sample in instance.samples
    ]
    return TwoLayer(
        tuple(x for x, _, _ in samples),
        tuple(y for _, y, _ in samples),
        tuple(weight for _, _, weight in samples),
        tuple(neurons),
        tuple(of for of in rest if of != (0,)),
    )


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise Unsuitable(f"{value} is no integer")
    return value


def _integers(space: Space) -> tuple[int, ...]:
    if isinstance(space, Real) or not 0 < space.size <= MAX_SPACE:
        raise Unsuitable("a space that is empty, long or continuous")
    return tuple(map(_integer, space))
