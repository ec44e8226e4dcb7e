"""Reading an instance file into checked values.

Accepts what docs/formats.md calls legal and names what it does not. Equal inputs of several samples are merged: what a
network computes depends on the input alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dnnt_check.activations import Activation, read_activation
from dnnt_check.budget import Invalid, Work
from dnnt_check.bundles import subject_of
from dnnt_check.loss_reading import check_labels, read_loss
from dnnt_check.losses import Loss, Vector
from dnnt_check.network import SOURCE, ZERO, Edge, Graph, Layer, Layers, topological
from dnnt_check.numbers import Number, shown
from dnnt_check.reading import (
    Place,
    array,
    fault,
    header,
    integer,
    number,
    numbers,
    parse,
    record,
    text,
)
from dnnt_check.space_reading import read_finite_space
from dnnt_check.spaces import REAL, Space

_NOTHING: frozenset[str] = frozenset()

#: The keys of an edge.
_EDGE = ("from", "to", "weights", "bias")

#: The samples that share an input: (weight, labels) of each.
Samples = tuple[tuple[Number, Vector], ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance.

    Attributes:
        inputs: dimension of the inputs.
        structure: the network as it is written.
        points: the distinct inputs x^1 ... x^n of the samples of weight above 0, in order of first appearance.
        samples: for every distinct input the samples that have it.
        loss: the loss of one sample.
        spaces: every space that occurs, once.
    """

    inputs: int
    structure: Graph | Layers
    points: tuple[Vector, ...]
    samples: tuple[Samples, ...]
    loss: Loss
    spaces: tuple[Space, ...]

    @property
    def edge_count(self) -> int:
        """How many edges the network has."""
        if isinstance(self.structure, Graph):
            return len(self.structure.edges)
        return sum(self.structure.edge_counts())

    @property
    def has_empty_space(self) -> bool:
        """Are there no parameters at all?"""
        return any(space.count == 0 and not space.real for space in self.spaces)


class _Spaces:
    """Reads spaces; equal ones become one object."""

    def __init__(self, named: Any, base: Place, work: Work) -> None:
        self.work = work
        self.known: dict[tuple[object, ...], Space] = {(1, 0, 0, _NOTHING): ZERO}
        self.used: dict[int, Space] = {}
        self.names: dict[str, Space] = {}
        # Short lists of integers, which are most of what there is, by their text.
        self.short: dict[str, Space] = {}
        if not isinstance(named, dict):
            raise fault(base, "an object is expected")
        for name, value in named.items():
            text(name, (base, name))
            if name == "real":
                raise fault((base, name), "this name is taken: it means all real numbers")
            if isinstance(value, str) and value != "real":
                raise fault((base, name), "an entry may not be a name itself")
            self.names[name] = self._read(value, (base, name))

    def read(self, value: Any, place: Place) -> Space:
        """A space that a weight or a bias has."""
        space = self._read(value, place)
        self.used[id(space)] = space
        return space

    def again(self, value: Any) -> Space | None:
        """The space of a short list that has been read before; None for everything else, to be read with care."""
        space = self.short.get(repr(value)) if type(value) is list and len(value) <= 8 else None
        if space is not None:
            self.used[id(space)] = space
        return space

    def _read(self, value: Any, place: Place) -> Space:
        self.work.spend(1e-6)
        if type(value) is list and len(value) <= 8:
            # By text: it is hashed with a secret, and true is no 1 in it.
            written = repr(value)
            if len(written) < 100:
                if written not in self.short:
                    self.short[written] = self._shared(read_finite_space(value, place, self.work))
                return self.short[written]
        if isinstance(value, str):
            if value == "real":
                return REAL
            if value not in self.names:
                raise fault(place, f"there is no space named {shown(value)}")
            return self.names[value]
        if not isinstance(value, (list, dict)):
            raise fault(place, 'a space is a list, a range, a name or "real"')
        return self._shared(read_finite_space(value, place, self.work))

    def _shared(self, space: Space) -> Space:
        key = (space.count, space.low, space.step, frozenset(space.members) if space.members else _NOTHING)
        return self.known.setdefault(key, space)


def read_instance(data: bytes, digest: str, work: Work) -> tuple[Instance, frozenset[str]]:
    """The instance that claims about the bytes of a file are about, and the digests that certificates may name.

    Raises:
        Invalid: the bytes are no legal instance or bundle; the text begins with "instance".
    """
    try:
        subject = subject_of(parse(data, "the file", work), digest)
        return _read(subject.value, subject.place, work), subject.digests
    except Invalid as error:
        if work.interrupted or type(error) is not Invalid:
            raise
        raise Invalid(f"instance: {error}") from None


def _read(value: Any, place: Place, work: Work) -> Instance:
    header(value, place or "the file", "dnnt-instance")
    if "layers" in value:
        shape: tuple[str, ...] = ("layers",)
    else:
        shape = ("vertices", "outputs", "edges")
    record(
        value,
        place or "the file",
        ("format", "version", "inputs", *shape, "samples", "loss"),
        ("name", "spaces", "gamma", "notes"),
    )
    if "name" in value:
        text(value["name"], (place, "name"))
    if "notes" in value and not isinstance(value["notes"], dict):
        raise fault((place, "notes"), "an object is expected")
    if "gamma" in value:
        number(value["gamma"], (place, "gamma"), work)
    inputs = integer(value["inputs"], (place, "inputs"), 0)
    spaces = _Spaces(value.get("spaces", {}), (place, "spaces"), work)
    structure: Graph | Layers
    if "layers" in value:
        structure = _read_layers(value["layers"], (place, "layers"), inputs, spaces, work)
        outputs = structure.layers[-1].units
    else:
        structure = _read_graph(value, place, inputs, spaces, work)
        outputs = len(structure.outputs)
    loss = read_loss(value["loss"], outputs, (place, "loss"), work)
    points, samples = _read_samples(value["samples"], (place, "samples"), inputs, outputs, loss, work)
    used = dict(spaces.used)
    return Instance(inputs, structure, points, samples, loss, tuple(used.values()))


def _read_layers(value: Any, base: Place, inputs: int, spaces: _Spaces, work: Work) -> Layers:
    layers: list[Layer] = []
    for i, item in enumerate(array(value, base)):
        place: Place = (base, i)
        record(item, place, ("units", "activation", "weights", "bias"))
        layers.append(
            Layer(
                integer(item["units"], (place, "units"), 1),
                read_activation(item["activation"], (place, "activation"), work),
                spaces.read(item["weights"], (place, "weights")),
                spaces.read(item["bias"], (place, "bias")),
            )
        )
    if not layers:
        raise fault(base, "there is no layer")
    if inputs == 0:
        # The first layer has no weights, so its weight space constrains nothing.
        needed = {id(layer.weights) for layer in layers[1:]} | {id(layer.bias) for layer in layers}
        for key in [key for key in spaces.used if key not in needed]:
            del spaces.used[key]
    return Layers(inputs, tuple(layers))


def _read_graph(value: Any, base: Place, inputs: int, spaces: _Spaces, work: Work) -> Graph:
    positions: dict[str, int] = {"s": SOURCE}
    activations: list[Activation] = []
    plain: dict[str, Activation] = {}
    for i, item in enumerate(array(value["vertices"], (base, "vertices"))):
        place: Place = ((base, "vertices"), i)
        record(item, place, ("id", "activation"))
        name = text(item["id"], (place, "id"))
        if name == "s":
            raise fault((place, "id"), "s is the source and cannot be listed")
        if name in positions:
            raise fault((place, "id"), f"the id {shown(name)} is repeated")
        positions[name] = i
        named = item["activation"]
        if not isinstance(named, str):
            activations.append(read_activation(named, (place, "activation"), work))
        else:
            if named not in plain:
                plain[named] = read_activation(named, (place, "activation"), work)
            activations.append(plain[named])
        work.spend(3e-6)
    outputs: list[int] = []
    for i, item in enumerate(array(value["outputs"], (base, "outputs"))):
        position = _position(item, positions, ((base, "outputs"), i))
        if position == SOURCE:
            raise fault(((base, "outputs"), i), "s cannot be an output")
        outputs.append(position)
    if len(set(outputs)) != len(outputs):
        raise fault((base, "outputs"), "an output is repeated")
    edges: list[Edge] = []
    known: dict[tuple[Space, ...], tuple[Space, ...]] = {}
    for i, item in enumerate(array(value["edges"], (base, "edges"))):
        place = ((base, "edges"), i)
        usual = _plain_edge(item, place, inputs, positions, spaces)
        if usual is not None:
            edges.append(Edge(usual[0], usual[1], known.setdefault(usual[2], usual[2]), usual[3]))
            work.spend(6e-6 + len(usual[2]) * 1e-6)
            continue
        record(item, place, _EDGE)
        source = _position(item["from"], positions, (place, "from"))
        target = _position(item["to"], positions, (place, "to"))
        if target == SOURCE:
            raise fault((place, "to"), "no edge may end in s")
        weights = array(item["weights"], (place, "weights"))
        expected = inputs if source == SOURCE else 1
        if len(weights) != expected:
            raise fault((place, "weights"), f"the length is {len(weights)}, not {shown(expected)}")
        read = tuple([spaces.read(space, ((place, "weights"), j)) for j, space in enumerate(weights)])
        bias = spaces.read(item["bias"], (place, "bias"))
        edges.append(Edge(source, target, known.setdefault(read, read), bias))
        work.spend(3e-6)
    order = topological(len(activations), [(edge.source, edge.target) for edge in edges])
    if order is None:
        raise fault((base, "edges"), "there is a cycle")
    return Graph(tuple(activations), tuple(outputs), tuple(edges), order)


def _plain_edge(
    item: Any, place: Place, inputs: int, positions: dict[str, int], spaces: _Spaces
) -> tuple[int, int, tuple[Space, ...], Space] | None:
    """An edge with known ends and as many weights as it needs, as most are; None for all others, which are read with
    more care.
    """
    if type(item) is not dict or tuple(item) != _EDGE:
        return None
    tail, head, weights, bias = item.values()
    if type(tail) is not str or type(head) is not str or type(weights) is not list:
        return None
    source, target = positions.get(tail), positions.get(head)
    if source is None or target is None or target == SOURCE or len(weights) != (inputs if source == SOURCE else 1):
        return None
    read = [spaces.again(space) or spaces.read(space, ((place, "weights"), slot)) for slot, space in enumerate(weights)]
    return source, target, tuple(read), spaces.again(bias) or spaces.read(bias, (place, "bias"))


def _position(value: Any, positions: dict[str, int], place: Place) -> int:
    name = text(value, place)
    if name not in positions:
        raise fault(place, f"there is no vertex {shown(name)}")
    return positions[name]


def _read_samples(
    value: Any, base: Place, inputs: int, outputs: int, loss: Loss, work: Work
) -> tuple[tuple[Vector, ...], tuple[Samples, ...]]:
    merged: dict[Vector, list[tuple[Number, Vector]]] = {}
    for i, item in enumerate(array(value, base)):
        place: Place = (base, i)
        record(item, place, ("x", "y"), ("weight",))
        x = numbers(item["x"], (place, "x"), work)
        y = numbers(item["y"], (place, "y"), work)
        if len(x) != inputs:
            raise fault((place, "x"), f"the length is {len(x)}, not {shown(inputs)}")
        if len(y) != outputs:
            raise fault((place, "y"), f"the length is {len(y)}, not {shown(outputs)}")
        check_labels(loss, y, (place, "y"))
        weight: Number = 1
        if "weight" in item:
            weight = number(item["weight"], (place, "weight"), work)
            if weight < 0:
                raise fault((place, "weight"), "a weight may not be negative")
        if weight:
            merged.setdefault(x, []).append((weight, y))
        work.spend(3e-6)
    return tuple(merged), tuple([tuple(samples) for samples in merged.values()])
