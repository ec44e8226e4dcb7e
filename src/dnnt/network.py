"""Networks: a directed acyclic multigraph (`Network`), or layers of equal units (`Layered`).

Both are frozen and valid at birth. The source `s` carries the input vector; every other vertex has an activation; an
edge from `s` has one weight an input coordinate, any other edge one weight, and every edge has a bias. A `Layered`
network is never written out unless somebody asks for its `graph()`: its layers may have 10^100 units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dnnt import spaces
from dnnt.activations import Activation, activation
from dnnt.errors import InvalidInput, InvalidInstance, TooLarge, at, shown
from dnnt.exact import count
from dnnt.spaces import Range, Real, Space, Values

SOURCE = "s"
"""The name of the vertex that carries the input."""

MAX_EDGES = 2_000_000
"""The most edges that a layered network is written out to."""

MAX_INPUTS = 10_000_000
"""The most inputs with which the edges of a layered network are written out."""

ZERO = Values((0,))

_SPACES = frozenset((Values, Range, Real))


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex other than the source: its name and its activation."""

    id: str
    activation: Activation

    def __post_init__(self) -> None:
        if not isinstance(self.id, str):
            raise InvalidInstance(f"{shown(self.id)} is not a string", "write a name", "id")
        if self.id == SOURCE:
            raise InvalidInstance('a vertex is named "s"', 'take another name; "s" is the source', "id")
        with at("activation"):
            object.__setattr__(self, "activation", activation(self.activation))


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge: tail and head by name, a space for each weight, a space for the bias."""

    source: str
    target: str
    weights: tuple[Space, ...]
    bias: Space = ZERO

    def __post_init__(self) -> None:
        if self.target == SOURCE:
            raise InvalidInstance("an edge leads into s", "the source has no incoming edge", "to")
        if type(self.weights) is tuple and type(self.bias) in _SPACES:
            for of in self.weights:
                if type(of) not in _SPACES:
                    break
            else:
                return  # What readers give, and there may be very many.
        if isinstance(self.weights, str) or not (isinstance(self.weights, Sequence) or hasattr(self.weights, "tolist")):
            raise InvalidInstance(f"{shown(self.weights)} is not a list", "write a list of spaces", "weights")
        given = []
        for index, of in enumerate(self.weights):
            with at(f"weights[{index}]"):
                given.append(spaces.space(of))
        object.__setattr__(self, "weights", tuple(given))
        with at("bias"):
            object.__setattr__(self, "bias", spaces.space(self.bias))

    @property
    def slots(self) -> tuple[Space, ...]:
        """The spaces of the edge's parameters: its weights in order, then its bias."""
        return (*self.weights, self.bias)


@dataclass(frozen=True, slots=True)
class Network:
    """A network with `inputs` input coordinates, vertices, ordered outputs (vertex names) and a list of edges."""

    inputs: int
    vertices: tuple[Vertex, ...] = ()
    outputs: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    position: dict[str, int] = field(init=False, compare=False, repr=False)
    incoming: tuple[tuple[int, ...], ...] = field(init=False, compare=False, repr=False)
    order: tuple[int, ...] = field(init=False, compare=False, repr=False)
    _shared: tuple[tuple[Space, int], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", _whole(self.inputs))
        _check_inputs(self.inputs)
        object.__setattr__(self, "vertices", tuple(_vertex(v, i) for i, v in enumerate(self.vertices)))
        object.__setattr__(self, "edges", tuple(_edge(e, i) for i, e in enumerate(self.edges)))
        object.__setattr__(self, "outputs", tuple(self.outputs))
        position: dict[str, int] = {}
        for index, vertex in enumerate(self.vertices):
            if position.setdefault(vertex.id, index) != index:
                raise InvalidInstance(
                    f"a second vertex named {shown(vertex.id)}",
                    "give each vertex its own name",
                    f"vertices[{index}].id",
                )
        object.__setattr__(self, "position", position)
        self._check_outputs()
        self._check_edges()
        incoming: list[list[int]] = [[] for _ in self.vertices]
        for index, edge in enumerate(self.edges):
            incoming[position[edge.target]].append(index)
        object.__setattr__(self, "incoming", tuple(map(tuple, incoming)))
        object.__setattr__(self, "order", self._topological_order())
        object.__setattr__(self, "_shared", self._counted_spaces())

    def _check_outputs(self) -> None:
        seen: set[str] = set()
        for index, name in enumerate(self.outputs):
            place = f"outputs[{index}]"
            if not isinstance(name, str):
                raise InvalidInstance(f"{shown(name)} is not a string", "name a vertex of the network", place)
            if name == SOURCE:
                raise InvalidInstance("the source s is an output", "name another vertex", place)
            if name not in self.position:
                raise InvalidInstance(f"unknown vertex {shown(name)}", "name a vertex of the network", place)
            if name in seen:
                raise InvalidInstance(f"{shown(name)} is listed twice", "list each output once", place)
            seen.add(name)

    def _check_edges(self) -> None:
        position, inputs = self.position, self.inputs
        for index, edge in enumerate(self.edges):
            if edge.target in position and (
                len(edge.weights) == inputs
                if edge.source == SOURCE
                else edge.source in position and len(edge.weights) == 1
            ):
                continue
            for key, name in (("from", edge.source), ("to", edge.target)):
                if name not in self.position and not (key == "from" and name == SOURCE):
                    raise InvalidInstance(
                        f"unknown vertex {shown(name)}",
                        "name a vertex of the network",
                        f"edges[{index}].{key}",
                    )
            needed = self.inputs if edge.source == SOURCE else 1
            if len(edge.weights) != needed:
                raise InvalidInstance(
                    f"{len(edge.weights)} weight spaces where {needed} belong",
                    "an edge from s has one for each input, any other edge has one",
                    f"edges[{index}].weights",
                )

    def _topological_order(self) -> tuple[int, ...]:
        missing = [0] * len(self.vertices)
        leaving: list[list[int]] = [[] for _ in self.vertices]
        for edge in self.edges:
            if edge.source != SOURCE:
                leaving[self.position[edge.source]].append(self.position[edge.target])
                missing[self.position[edge.target]] += 1
        order = [v for v in range(len(self.vertices)) if not missing[v]]
        for v in order:
            for head in leaving[v]:
                missing[head] -= 1
                if not missing[head]:
                    order.append(head)
        if len(order) < len(self.vertices):
            raise InvalidInstance(
                f"a cycle: {self._cycle(missing)}",
                "remove an edge of it: networks are acyclic",
                "edges",
            )
        return tuple(order)

    def _cycle(self, missing: list[int]) -> str:
        tail_of = {
            self.position[e.target]: self.position[e.source]
            for e in self.edges
            if e.source != SOURCE and missing[self.position[e.source]] and missing[self.position[e.target]]
        }
        v = next(iter(tail_of))
        seen: list[int] = []
        while v not in seen:
            seen.append(v)
            v = tail_of[v]
        names = [shown(self.vertices[u].id, 20) for u in [v, *reversed(seen[seen.index(v) :])]]
        return " -> ".join(names if len(names) < 9 else [*names[:7], "…", names[-1]])

    @property
    def output_count(self) -> int:
        """The number of outputs."""
        return len(self.outputs)

    @property
    def edge_count(self) -> int:
        """The number of edges, parallel ones each."""
        return len(self.edges)

    @property
    def unit_count(self) -> int:
        """The number of vertices without the source."""
        return len(self.vertices)

    def slot_groups(self) -> Iterator[tuple[Space, int, str]]:
        """Every parameter's space, how many parameters share this entry, and the place of it."""
        for index, edge in enumerate(self.edges):
            for slot, of in enumerate(edge.slots):
                name = "bias" if slot == len(edge.weights) else f"weights[{slot}]"
                yield of, 1, f"edges[{index}].{name}"

    def shared_spaces(self) -> tuple[tuple[Space, int], ...]:
        """The spaces, each object once, with the number of parameters that have it."""
        return self._shared

    def _counted_spaces(self) -> tuple[tuple[Space, int], ...]:
        listed: list[Space] = [edge.bias for edge in self.edges]
        for edge in self.edges:
            listed.extend(edge.weights)
        # By identity: readers give one value for equal spaces, and comparing them takes longer.
        counts = Counter(map(id, listed))
        by_id = dict(zip(map(id, listed), listed, strict=True))
        return tuple([(of, counts[key]) for key, of in by_id.items()])

    def graph(self) -> Network:
        """The network itself."""
        return self

    @property
    def live(self) -> tuple[bool, ...]:
        """For each vertex, whether some output can be reached from it (an output reaches itself)."""
        live = [False] * len(self.vertices)
        for name in self.outputs:
            live[self.position[name]] = True
        for v in reversed(self.order):
            if live[v]:
                for index in self.incoming[v]:
                    if self.edges[index].source != SOURCE:
                        live[self.position[self.edges[index].source]] = True
        return tuple(live)


@dataclass(frozen=True, slots=True)
class Layer:
    """`units` equal units: activation, the space of every weight, the space of a unit's bias (on its first edge)."""

    units: int
    activation: Activation
    weights: Space
    bias: Space = ZERO

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", _whole(self.units))
        if type(self.units) is not int:
            raise InvalidInstance(f"{shown(self.units)} is not an integer", "write a number of units", "units")
        if self.units < 1:
            raise InvalidInstance(f"{self.units} units", "a layer has at least 1", "units")
        with at("activation"):
            object.__setattr__(self, "activation", activation(self.activation))
        with at("weights"):
            object.__setattr__(self, "weights", spaces.space(self.weights))
        with at("bias"):
            object.__setattr__(self, "bias", spaces.space(self.bias))


@dataclass(frozen=True, slots=True)
class Layered:
    """Layers, each joined completely to the one before (the first to the source); the last layer's units are the
    outputs.
    """

    inputs: int
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", _whole(self.inputs))
        _check_inputs(self.inputs)
        made = []
        for index, given in enumerate(self.layers):
            with at(f"layers[{index}]"):
                made.append(given if isinstance(given, Layer) else layer(given))
        if not made:
            raise InvalidInstance("no layer", "give at least one layer", "layers")
        object.__setattr__(self, "layers", tuple(made))

    @property
    def output_count(self) -> int:
        """The number of outputs."""
        return self.layers[-1].units

    @property
    def edge_count(self) -> int:
        """The number of edges."""
        return sum(count for _, count in self.fans())

    @property
    def unit_count(self) -> int:
        """The number of vertices without the source."""
        return sum(layer.units for layer in self.layers)

    def fans(self) -> Iterator[tuple[int, int]]:
        """For each layer, the incoming edges of one unit and of all its units."""
        before = 1
        for each in self.layers:
            yield before, before * each.units
            before = each.units

    def slot_groups(self) -> Iterator[tuple[Space, int, str]]:
        """Every parameter's space, how many parameters share this entry, and the place of it."""
        for index, (each, (fan, edges)) in enumerate(zip(self.layers, self.fans(), strict=True)):
            weights = edges * self.inputs if index == 0 else edges
            if weights:
                yield each.weights, weights, f"layers[{index}].weights"
            yield each.bias, each.units, f"layers[{index}].bias"
            if fan > 1:
                yield ZERO, edges - each.units, f"layers[{index}].bias"

    def shared_spaces(self) -> tuple[tuple[Space, int], ...]:
        """The spaces, with the number of parameters that have each."""
        return tuple([(of, count) for of, count, _ in self.slot_groups()])

    def graph(self) -> Network:
        """The network written out. Raises `TooLarge` past `MAX_EDGES` edges."""
        if self.edge_count > MAX_EDGES:
            raise TooLarge(f"{count(self.edge_count)} edges are too many to write out (at most {MAX_EDGES:,})")
        if self.inputs > MAX_INPUTS:
            raise TooLarge(f"{count(self.inputs)} inputs are too many to write out (at most {MAX_INPUTS:,})")
        vertices, edges, before = [], [], [SOURCE]
        for index, each in enumerate(self.layers, start=1):
            names = [f"L{index}.{unit}" for unit in range(1, each.units + 1)]
            spaces_in = (each.weights,) * (self.inputs if index == 1 else 1)
            for name in names:
                vertices.append(Vertex(name, each.activation))
                for first, tail in enumerate(before):
                    edges.append(Edge(tail, name, spaces_in, ZERO if first else each.bias))
            before = names
        return Network(self.inputs, tuple(vertices), tuple(before), tuple(edges))


def layer(given: object) -> Layer:
    """A layer from a dictionary with the file's keys `units`, `activation`, `weights`, `bias`."""
    keys = ("units", "activation", "weights", "bias")
    if not isinstance(given, dict):
        raise InvalidInstance(f"{shown(given)} is not an object", f"write an object with {', '.join(keys)}")
    for key in given:
        if key not in keys:
            raise InvalidInstance(f"unknown key {shown(key)}", f"a layer has the keys {', '.join(keys)}")
    for key in keys:
        if key not in given:
            raise InvalidInstance(f'missing key "{key}"', f"a layer has the keys {', '.join(keys)}")
    return Layer(**given)


def _whole(value: Any) -> Any:
    """A NumPy integer as an int; anything else as it is."""
    return int(value) if hasattr(value, "__index__") and not isinstance(value, bool) else value


def _check_inputs(inputs: object) -> None:
    if type(inputs) is not int:
        raise InvalidInstance(f"{shown(inputs)} is not an integer", "write the number of input coordinates", "inputs")
    if inputs < 0:
        raise InvalidInstance(f"{inputs} inputs", "write 0 or more", "inputs")


def _vertex(given: Any, index: int) -> Vertex:
    if isinstance(given, Vertex):
        return given
    with at(f"vertices[{index}]"):
        if isinstance(given, dict) and set(given) == {"id", "activation"}:
            return Vertex(given["id"], given["activation"])
        if isinstance(given, tuple) and len(given) == 2:
            return Vertex(*given)
        raise InvalidInput(f"{shown(given)} is no vertex", "give a dnnt.Vertex or a pair (id, activation)")


def _edge(given: Any, index: int) -> Edge:
    if isinstance(given, Edge):
        return given
    with at(f"edges[{index}]"):
        if isinstance(given, dict) and set(given) == {"from", "to", "weights", "bias"}:
            return Edge(given["from"], given["to"], given["weights"], given["bias"])
        raise InvalidInput(f"{shown(given)} is no edge", "give a dnnt.Edge")
