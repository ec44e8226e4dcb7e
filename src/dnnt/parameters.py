"""Parameters: one weight vector and one bias for every edge, run-length encoded.

`Parameters.runs` lists the edges in the instance's order; a run stands for `repeat` equal consecutive edges, so a layer
of 10^100 equal units stays short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dnnt import spaces
from dnnt.errors import InvalidParameters, TooLarge, at, shown
from dnnt.exact import Number, count, number as exact_number, numbers, several, to_json
from dnnt.network import MAX_INPUTS, SOURCE, Layered, Network
from dnnt.spaces import Range, Real, Space, Values


@dataclass(frozen=True, slots=True)
class Run:
    """`repeat` consecutive edges with these weights and this bias."""

    weights: tuple[Number, ...]
    bias: Number
    repeat: int = 1

    def __post_init__(self) -> None:
        if type(self.repeat) is not int:
            raise InvalidParameters(f"{shown(self.repeat)} is not an integer", "write 1 or more", "repeat")
        if self.repeat < 1:
            raise InvalidParameters(f"repeat {shown(self.repeat)}", "write 1 or more", "repeat")
        if type(self.weights) is tuple and type(self.bias) is int:
            for weight in self.weights:
                if type(weight) is not int:
                    break
            else:
                return  # What most runs are, and there may be very many.
        with at("weights"):
            object.__setattr__(self, "weights", numbers(self.weights))
        with at("bias"):
            object.__setattr__(self, "bias", exact_number(self.bias))

    @property
    def slots(self) -> tuple[Number, ...]:
        """The values in order: weights, then bias."""
        return (*self.weights, self.bias)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A choice of all weights and biases. Equal neighbours are merged into one run, so equal choices are equal
    values.
    """

    runs: tuple[Run, ...] = ()

    def __post_init__(self) -> None:
        merged: list[Run] = []
        repeat = 0  # Of the last run so far.
        for run in self.runs:
            if merged and merged[-1].weights == run.weights and merged[-1].bias == run.bias:
                repeat += run.repeat
                continue
            if merged and repeat != merged[-1].repeat:
                merged[-1] = Run(merged[-1].weights, merged[-1].bias, repeat)
            merged.append(run)
            repeat = run.repeat
        if merged and repeat != merged[-1].repeat:
            merged[-1] = Run(merged[-1].weights, merged[-1].bias, repeat)
        object.__setattr__(self, "runs", tuple(merged))

    @property
    def edge_count(self) -> int:
        """The number of edges that the runs stand for."""
        return sum(run.repeat for run in self.runs)

    def edges(self) -> Iterator[Run]:
        """The runs one edge at a time (as long as `edge_count`)."""
        for run in self.runs:
            if run.repeat == 1:
                yield run
                continue
            single = Run(run.weights, run.bias)
            index = 0
            while index < run.repeat:
                yield single
                index += 1

    def to_json(self) -> list[dict[str, Any]]:
        """The contract's `edges` list; `repeat` where it shortens it."""
        entries = []
        for run in self.runs:
            entry: dict[str, Any] = {
                "weights": [to_json(w) for w in run.weights],
                "bias": to_json(run.bias),
            }
            entries.append(entry if run.repeat == 1 else {**entry, "repeat": run.repeat})
        return entries


def parameters(given: Any) -> Parameters:
    """Parameters from a `Parameters`, an `edges` list as in a file, or anything with a `parameters` attribute."""
    if isinstance(given, Parameters):
        return given
    if hasattr(given, "parameters"):
        if given.parameters is None:
            raise InvalidParameters("there are no parameters in this answer", "solve for longer, or give others")
        return parameters(given.parameters)
    if isinstance(given, dict) and "edges" in given:
        given = given["edges"]
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise InvalidParameters(f"{shown(given)} is not a list of edges", 'write [{"weights": [..], "bias": q}, ..]')
    runs = []
    for index, entry in enumerate(given):
        with at(f"edges[{index}]"):
            runs.append(entry if isinstance(entry, Run) else _run(entry))
    return Parameters(tuple(runs))


def _run(entry: Any) -> Run:
    if not isinstance(entry, dict):
        raise InvalidParameters(f"{shown(entry)} is not an object", 'write {"weights": [..], "bias": q}')
    for key in entry:
        if key not in ("weights", "bias", "repeat"):
            raise InvalidParameters(f"unknown key {shown(key)}", "an entry has weights, bias and perhaps repeat")
    for key in ("weights", "bias"):
        if key not in entry:
            raise InvalidParameters(f'missing key "{key}"', "an entry has weights, bias and perhaps repeat")
    return Run(entry["weights"], entry["bias"], entry.get("repeat", 1))


def check_shape(network: Network | Layered, given: Parameters) -> None:
    """Raise `InvalidParameters` unless there is one entry an edge with the right number of weights."""
    if given.edge_count != network.edge_count:
        raise InvalidParameters(
            f"{several(given.edge_count, 'entry', 'entries')} for {several(network.edge_count, 'edge')}",
            "give one entry for each edge",
            "edges",
        )
    for index, run, weight_count in _counted(network, given):
        if len(run.weights) != weight_count:
            raise InvalidParameters(
                f"{several(len(run.weights), 'weight')} where {weight_count} belong",
                "give as many as the edge has",
                f"edges[{index}]",
            )


def inside(network: Network | Layered, given: Parameters) -> bool:
    """Whether every value lies in its space. The shape must be right."""
    if isinstance(network, Network):
        for edge, run in zip(network.edges, given.edges(), strict=True):
            if run.bias not in edge.bias:
                return False
            for value, of in zip(run.weights, edge.weights, strict=True):
                if value not in of:
                    return False
        return True
    return all(inside_layer for _, _, inside_layer, _ in _aligned(network, given))


def _counted(network: Network | Layered, given: Parameters) -> Iterator[tuple[int, Run, int]]:
    """Entries with their number and how many weights belong there."""
    if isinstance(network, Network):
        for index, (edge, run) in enumerate(zip(network.edges, given.edges(), strict=True)):
            yield index, run, network.inputs if edge.source == SOURCE else 1
    else:
        for index, run, _, needed in _aligned(network, given):
            yield index, run, needed


def _aligned(network: Layered, given: Parameters) -> Iterator[tuple[int, Run, bool, int]]:
    """Runs cut at the borders of layers: entry, run, whether inside its spaces, weights needed."""
    cursor = Cursor(given)
    for index, (layer, (fan, edges)) in enumerate(zip(network.layers, network.fans(), strict=True)):
        taken = 0
        while taken < edges:
            entry = cursor.entry
            run = cursor.take(edges - taken)
            good = all(w in layer.weights for w in run.weights) and _biases_inside(run, taken, fan, layer.bias)
            yield entry, run, good, network.inputs if index == 0 else 1
            taken += run.repeat


def _biases_inside(run: Run, start: int, fan: int, bias: Values | Range | Real) -> bool:
    """Whether a run of edges from number `start` of a layer has its biases inside: every `fan`-th edge has the
    space.
    """
    has_first = -start % fan < run.repeat
    has_other = fan > 1 and not (run.repeat == 1 and has_first)
    return (not has_first or run.bias in bias) and (not has_other or run.bias == 0)


class Cursor:
    """Walks through the runs of parameters, cutting them where asked."""

    def __init__(self, given: Parameters) -> None:
        self._runs = given.runs
        self._index = 0
        self._used = 0

    @property
    def entry(self) -> int:
        """The index of the run that the next piece comes from."""
        return self._index

    def take(self, most: int) -> Run:
        """The next piece of at most `most` edges."""
        run = self._runs[self._index]
        count = min(most, run.repeat - self._used)
        self._used += count
        if self._used == run.repeat:
            self._index, self._used = self._index + 1, 0
        if count == run.repeat:
            return run
        return Run(run.weights, run.bias, count)

    def left(self) -> int:
        """How many edges of the present run are left."""
        return self._runs[self._index].repeat - self._used


def first_choice(network: Network | Layered) -> Parameters:
    """One choice of parameters to begin with: every value as close to 0 as its space allows. No space may be empty."""
    if isinstance(network, Network):
        known: dict[int, Number] = {}  # By identity: readers give one value for equal spaces.

        def first(of: Space) -> Number:
            if id(of) not in known:
                known[id(of)] = spaces.preferred(of)
            return known[id(of)]

        return of_edges((tuple([first(of) for of in e.weights]), first(e.bias)) for e in network.edges)
    if network.inputs > MAX_INPUTS:
        raise TooLarge(f"an edge with {count(network.inputs)} weights is too long to write down")
    runs = []
    for index, (layer, (fan, _)) in enumerate(zip(network.layers, network.fans(), strict=True)):
        width = network.inputs if index == 0 else 1
        weights = (spaces.preferred(layer.weights),) * width if width else ()
        bias = spaces.preferred(layer.bias)
        if fan == 1 or bias == 0:
            runs.append(Run(weights, bias, fan * layer.units))
        else:
            if layer.units > 1_000_000:
                raise TooLarge(f"{layer.units} units with a bias of their own are too many to write down")
            runs.extend([Run(weights, bias), Run(weights, 0, fan - 1)] * layer.units)
    return Parameters(tuple(runs))


def of_edges(values: Iterable[tuple[tuple[Number, ...], Number]]) -> Parameters:
    """Parameters from one (weights, bias) pair an edge."""
    runs: list[Run] = []
    for (weights, bias), same in groupby(values):
        repeat = len(list(same))
        runs.append(Run(weights, bias) if repeat == 1 else Run(weights, bias, repeat))
    return Parameters(tuple(runs))
