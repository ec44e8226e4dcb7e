"""Networks: as they are written (a list of edges, or layers) and as they are computed with (vertices and links).

A layered network may have 10^100 units. So a vertex of the computed form stands for `count` equal units, and a link
for `times` equal edges into each of them. Small networks, and small layers, have every count equal to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dnnt_check.activations import Activation
from dnnt_check.budget import TooMuchWork, Work, describe, rough_seconds
from dnnt_check.spaces import Space

#: The index that stands for the source s.
SOURCE = -1

#: Layers of at most this many units are made of single vertices.
SMALL_LAYER = 256

#: More edges than this are not written out one by one.
MAXIMUM_LINKS = 1_000_000

#: Bytes for a weight of the first layer in the lists of spaces, of columns, and of which columns are zero.
BYTES_PER_WEIGHT = 48

ZERO = Space(1, 0)

#: Values that a certificate fixes: edge -> (slot -> space of one element).
Fixed = Mapping[int, Mapping[int, Space]]


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of a written network; `source` and `target` are positions in the list of vertices."""

    source: int
    target: int
    weights: tuple[Space, ...]
    bias: Space


@dataclass(frozen=True, slots=True)
class Graph:
    """A network that is written as a list of edges."""

    activations: tuple[Activation, ...]
    outputs: tuple[int, ...]
    edges: tuple[Edge, ...]
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the shorthand."""

    units: int
    activation: Activation
    weights: Space
    bias: Space


@dataclass(frozen=True, slots=True)
class Layers:
    """A network that is written as layers."""

    inputs: int
    layers: tuple[Layer, ...]

    def edge_counts(self) -> tuple[int, ...]:
        """How many edges end in each layer."""
        before = (1, *[layer.units for layer in self.layers])
        return tuple([a * layer.units for a, layer in zip(before, self.layers, strict=False)])

    def slot(self, edge: int, slot: int) -> tuple[int, Space]:
        """How many weights an edge has, and the space of one of its slots."""
        width = 1
        for depth, layer in enumerate(self.layers):
            count = width * layer.units
            if edge < count:
                weights = self.inputs if depth == 0 else 1
                bias = layer.bias if edge % width == 0 else ZERO
                return weights, layer.weights if slot < weights else bias
            edge -= count
            width = layer.units
        raise AssertionError("the edge lies outside the network")

    def free_real_slots(self, fixed: Fixed) -> bool:
        """Is a slot of a real space not fixed? Counts slots instead of visiting them."""
        real = 0
        for depth, (layer, edges) in enumerate(zip(self.layers, self.edge_counts(), strict=True)):
            if layer.weights.real:
                real += edges * (self.inputs if depth == 0 else 1)
            if layer.bias.real:
                real += layer.units
        known = sum(1 for edge, slots in fixed.items() for slot in slots if self.slot(edge, slot)[1].real)
        return known < real


@dataclass(frozen=True, slots=True)
class Link:
    """`times` equal edges from `source` (SOURCE or an index of a vertex) to each unit of a vertex.

    If the source stands for several units, `times` counts the edges from all of them together.
    """

    source: int
    weights: tuple[Space, ...]
    bias: Space
    times: int = 1


@dataclass(frozen=True, slots=True)
class Vertex:
    """`count` equal units, at the positions first, first + 1, ... of the list of vertices."""

    activation: Activation
    incoming: tuple[Link, ...]
    first: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Network:
    """A network to compute with; outputs are indices of vertices of count 1, `order` is topological."""

    vertices: tuple[Vertex, ...]
    outputs: tuple[int, ...]
    order: tuple[int, ...]
    size: int

    def live(self, through_constants: bool = True) -> tuple[bool, ...]:
        """Can an output be reached from the vertex? Without `through_constants`: so that it matters."""
        alive = [False] * len(self.vertices)
        for index in self.outputs:
            alive[index] = True
        for index in reversed(self.order):
            vertex = self.vertices[index]
            if alive[index] and (through_constants or vertex.activation.kind != "constant"):
                for link in vertex.incoming:
                    if link.source != SOURCE:
                        alive[link.source] = True
        return tuple(alive)


def topological(count: int, arrows: Iterable[tuple[int, int]]) -> tuple[int, ...] | None:
    """An order in which every arrow (from, to) goes forward, or None if there is a cycle."""
    following: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for source, target in arrows:
        if source != SOURCE:
            following[source].append(target)
            missing[target] += 1
    ready = [index for index in range(count - 1, -1, -1) if missing[index] == 0]
    order: list[int] = []
    while ready:
        index = ready.pop()
        order.append(index)
        for target in reversed(following[index]):
            missing[target] -= 1
            if missing[target] == 0:
                ready.append(target)
    return tuple(order) if len(order) == count else None


def from_graph(graph: Graph, fixed: Fixed, work: Work) -> Network:
    """The computed form of a list of edges."""
    incoming: list[list[Link]] = [[] for _ in graph.activations]
    for index, edge in enumerate(graph.edges):
        link = Link(edge.source, edge.weights, edge.bias)
        if index in fixed:
            link = _with_fixed(link, fixed[index])
        incoming[edge.target].append(link)
        work.spend(1e-6)
    vertices = tuple(
        [
            Vertex(activation, tuple(links), position)
            for position, (activation, links) in enumerate(zip(graph.activations, incoming, strict=True))
        ]
    )
    return Network(vertices, graph.outputs, graph.order, len(vertices))


def _with_fixed(link: Link, slots: Mapping[int, Space]) -> Link:
    weights = list(link.weights)
    bias = link.bias
    for slot, space in slots.items():
        if slot < len(weights):
            weights[slot] = space
        else:
            bias = space
    return replace(link, weights=tuple(weights), bias=bias)


def from_layers(network: Layers, fixed: Fixed, work: Work, written_out: bool = False) -> Network:
    """The computed form of layers: small layers unit by unit, others as one vertex.

    With fixed values, or if it is asked for, every layer is written out, if it is not too large for that.
    """
    last = len(network.layers) - 1
    counts = network.edge_counts()
    if fixed and sum(counts) > MAXIMUM_LINKS:
        raise TooMuchWork(f"too much work: fixed values in a network of {describe(sum(counts))} edges")
    first = network.layers[0].units
    weights = network.inputs * (first if fixed or written_out or first <= SMALL_LAYER or not last else 1)
    work.hold(BYTES_PER_WEIGHT * weights, "the list of the weights into the first layer")
    work.require(rough_seconds(weights, 2e-7), "the list of the weights into the first layer")
    vertices: list[Vertex] = []
    before: list[int] = []
    position = 0
    edge = 0
    links_made = 0
    for depth, layer in enumerate(network.layers):
        single = bool(fixed) or written_out or layer.units <= SMALL_LAYER or depth == last
        links_made += (max(len(before), 1)) * (layer.units if single else 1)
        if links_made > MAXIMUM_LINKS:
            raise TooMuchWork(f"too much work: layer {depth + 1} has too many edges")
        here: list[int] = []
        for unit in range(layer.units if single else 1):
            links = _links(network, layer, depth, before, vertices, work)
            if fixed:
                links = tuple(
                    [_with_fixed(link, fixed[edge + i]) if edge + i in fixed else link for i, link in enumerate(links)]
                )
                edge += len(links)
            here.append(len(vertices))
            vertices.append(Vertex(layer.activation, links, position + unit, 1 if single else layer.units))
        position += layer.units
        before = here
    return Network(tuple(vertices), tuple(before), tuple(range(len(vertices))), position)


def _links(
    network: Layers, layer: Layer, depth: int, before: list[int], vertices: list[Vertex], work: Work
) -> tuple[Link, ...]:
    """The incoming links of one unit: the layer's bias space goes to the first edge."""
    if depth == 0:
        return (Link(SOURCE, (layer.weights,) * network.inputs, layer.bias),)
    links: list[Link] = []
    weights = (layer.weights,)
    bias = layer.bias
    for source in before:
        count = vertices[source].count
        links.append(Link(source, weights, bias))
        if count > 1 and bias is not ZERO:
            links.append(Link(source, weights, ZERO, count - 1))
        elif count > 1:
            links[-1] = Link(source, weights, ZERO, count)
        bias = ZERO
        work.spend(1e-6)
    return tuple(links)
