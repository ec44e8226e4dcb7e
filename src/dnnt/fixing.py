"""Fixed values: an instance in which some parameters have one value, given in the shape of a parameters file.

An entry that is null is free: a single weight or bias, all weights of an edge, or a whole edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dnnt.errors import InvalidParameters, MethodUnsuitable, TooLarge, at, shown
from dnnt.exact import Number, number, several
from dnnt.instance import Instance
from dnnt.network import MAX_EDGES, SOURCE, Edge, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.spaces import Space, Values


@dataclass(frozen=True, slots=True)
class Entry:
    """`repeat` consecutive edges: for each of the weights a value or None (free), or None for all of them, and a bias
    likewise.
    """

    weights: tuple[Number | None, ...] | None
    bias: Number | None
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Fixed:
    """Which parameters have one value: (edge, slot, value), slots being the weights in order and then the bias."""

    values: tuple[tuple[int, int, Number], ...] = ()

    def within(self, given: Parameters) -> Parameters:
        """The given parameters, with the fixed values in their places."""
        if not self.values:
            return given
        edges = [list(run.slots) for run in given.edges()]
        for edge, slot, value in self.values:
            edges[edge][slot] = value
        return of_edges([(tuple(slots[:-1]), slots[-1]) for slots in edges])


def entries(given: Any) -> tuple[Entry, ...]:
    """Entries from an `edges` list as in a parameters file in which values may be null, from a dictionary with such a
    list under `edges`, or from `Parameters`. Raises `InvalidParameters`.
    """
    if isinstance(given, Parameters):
        return tuple([Entry(run.weights, run.bias, run.repeat) for run in given.runs])
    if isinstance(given, dict) and "edges" in given:
        given = given["edges"]
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise InvalidParameters(f"{shown(given)} is not a list of edges", 'write [{"weights": [..], "bias": q}, ..]')
    made = []
    for index, entry in enumerate(given):
        with at(f"edges[{index}]"):
            made.append(_entry(entry))
    return tuple(made)


def _entry(given: Any) -> Entry:
    if given is None:
        return Entry(None, None)
    if not isinstance(given, dict):
        raise InvalidParameters(f"{shown(given)} is not an object", 'write {"weights": [..], "bias": q}, or null')
    for key in given:
        if key not in ("weights", "bias", "repeat"):
            raise InvalidParameters(f"unknown key {shown(key)}", "an entry has weights, bias and perhaps repeat")
    for key in ("weights", "bias"):
        if key not in given:
            raise InvalidParameters(f'missing key "{key}"', "write null where it is free")
    repeat = given.get("repeat", 1)
    if type(repeat) is not int or repeat < 1:
        raise InvalidParameters(f"repeat {shown(repeat)}", "write an integer, 1 or more", "repeat")
    weights = given["weights"]
    if weights is not None:
        if isinstance(weights, (str, bytes)) or not isinstance(weights, Sequence):
            raise InvalidParameters(f"{shown(weights)} is not a list", "write a list of values and nulls", "weights")
        made: list[Number | None] = []
        for slot, value in enumerate(weights):
            with at(f"weights[{slot}]"):
                made.append(None if value is None else number(value))
        weights = tuple(made)
    with at("bias"):
        return Entry(weights, None if given["bias"] is None else number(given["bias"]), repeat)


def fix(instance: Instance, given: Sequence[Entry]) -> tuple[Instance, Fixed]:
    """The instance in which the given values are fixed, and the list of them. Where all are free it is the instance
    itself.

    Raises `InvalidParameters` for another shape than the network's or a value outside its space, `MethodUnsuitable` for
    networks too large to write out.
    """
    network = instance.network
    count = sum(entry.repeat for entry in given)
    if count != network.edge_count:
        raise InvalidParameters(
            f"{several(count, 'entry', 'entries')} for {several(network.edge_count, 'edge')}",
            "give one entry for each edge (null if free)",
            "edges",
        )
    if all(entry.bias is None and not _known(entry) for entry in given):
        _check_lengths(given, network.inputs)
        return instance, Fixed()
    try:
        graph = network.graph()
    except TooLarge as error:
        raise MethodUnsuitable(f"values can be fixed in networks of at most {MAX_EDGES:,} edges: {error}") from None
    edges: list[Edge] = []
    values: list[tuple[int, int, Number]] = []
    for index, entry in enumerate(given):
        for _ in range(entry.repeat):
            with at(f"edges[{index}]"):
                edges.append(_fixed_edge(graph.edges[len(edges)], entry, len(edges), values))
    made = Network(graph.inputs, graph.vertices, graph.outputs, tuple(edges))
    return replace(instance, network=made), Fixed(tuple(values))


def _known(entry: Entry) -> bool:
    return entry.weights is not None and any(value is not None for value in entry.weights)


def _check_lengths(given: Sequence[Entry], inputs: int) -> None:
    for index, entry in enumerate(given):
        if entry.weights is not None and len(entry.weights) not in (1, inputs):
            raise InvalidParameters(
                several(len(entry.weights), "weight"), "give as many as the edge has", f"edges[{index}].weights"
            )


def _fixed_edge(edge: Edge, entry: Entry, index: int, values: list[tuple[int, int, Number]]) -> Edge:
    """The edge with the entry's values for spaces; they are added to `values`."""
    given = (None,) * len(edge.weights) if entry.weights is None else entry.weights
    if len(given) != len(edge.weights):
        whose = "an edge from s has one for each input" if edge.source == SOURCE else "an edge from a vertex has one"
        raise InvalidParameters(f"{several(len(given), 'weight')} where {len(edge.weights)} belong", whose, "weights")
    spaces: list[Space] = []
    for slot, (value, of) in enumerate(zip((*given, entry.bias), edge.slots, strict=True)):
        if value is not None:
            if value not in of:
                place = "bias" if slot == len(given) else f"weights[{slot}]"
                raise InvalidParameters(f"{shown(value)} lies outside its space", "give one of its values", place)
            values.append((index, slot, value))
            of = Values((value,))
        spaces.append(of)
    return Edge(edge.source, edge.target, tuple(spaces[:-1]), spaces[-1])
