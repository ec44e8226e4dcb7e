"""The upper part: parameters are evaluated exactly, on all distinct inputs at once.

For a list of edges the runs are written out. For layers they are not: a run may stand for 10^100 edges, and units
that have equal incoming parameters have equal values, so a layer is a list of groups (how many units, their values).
A unit whose edges lie inside one run needs the sum of the layer before only; one that several runs cover needs the sum
of each segment, which prefix sums give. The time is proportional to the number of runs and groups.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice

from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.certificate import FixedValue, Run
from dnnt_check.columns import Column, Combiner
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE, ZERO, Edge, Graph, Layer, Layers
from dnnt_check.numbers import Number, add, brief, multiply
from dnnt_check.spaces import Space

#: More outputs than this are not written out.
MAXIMUM_OUTPUTS = 10**7

#: The values of an edge into a vertex: where it comes from, its weights, its bias.
Incoming = tuple[int, Vector, Number]


def total_loss(instance: Instance, runs: tuple[Run, ...], work: Work) -> Number:
    """The total loss of the parameters.

    Raises:
        Invalid: the parameters do not fit the network, or a value lies outside its space.
    """
    check_count(instance, runs)
    if isinstance(instance.structure, Graph):
        outputs = _graph_outputs(instance, instance.structure, runs, work)
    else:
        outputs = _LayeredEvaluation(instance, instance.structure, runs, work).outputs()
    return loss_of(instance, outputs, work)


def check_count(instance: Instance, runs: tuple[Run, ...]) -> None:
    """There has to be a value for every edge and no more."""
    expected = instance.edge_count
    given = sum(run.repeat for run in runs)
    if given != expected:
        raise Invalid(
            f"certificate: upper.parameters: {brief(given)} edges are given, the network has {brief(expected)}"
        )


def loss_of(instance: Instance, outputs: list[Vector], work: Work) -> Number:
    """The total loss of output values: for every output a vector over the distinct inputs."""
    loss = instance.loss.function(work)
    total: Number = 0
    for i, samples in enumerate(instance.samples):
        f = tuple([values[i] for values in outputs])
        for weight, labels in samples:
            work.spend(1e-6 + len(f) * 1e-6)
            total = add(total, multiply(weight, loss(f, labels), work), work)
    return total


def check_fixed(fixed: tuple[FixedValue, ...], runs: tuple[Run, ...], work: Work) -> None:
    """The parameters have to have the values that are fixed."""
    ends = list(accumulate(run.repeat for run in runs))
    for i, item in enumerate(fixed):
        run = runs[bisect_right(ends, item.edge)]
        value = run.bias if item.slot == len(run.weights) else run.weights[item.slot]
        if value != item.value:
            raise Invalid(f"certificate: fixed[{i}]: the parameters have another value there")
        work.spend(2e-6)


def _outside(run: int, slot: str, value: Number) -> Invalid:
    return Invalid(f"certificate: upper.parameters[{run}]: {slot} is {brief(value)}, outside its space")


def _graph_outputs(instance: Instance, graph: Graph, runs: tuple[Run, ...], work: Work) -> list[Vector]:
    points = instance.points
    incoming = incoming_values(len(graph.activations), iter(graph.edges), runs, work)
    needed = needed_vertices(graph.outputs, graph.order, incoming)
    combiner = Combiner(len(points), work)
    inputs = [combiner.column(column) for column in zip(*points, strict=True)]
    values: dict[int, Column] = {}
    for vertex in graph.order:
        if not needed[vertex]:
            continue
        terms: list[tuple[Number, Column]] = []
        constant: Number = 0
        for source, weights, bias in incoming[vertex]:
            constant = add(constant, bias, work)
            if source == SOURCE:
                terms.extend(zip(weights, inputs, strict=True) if points else ())
            else:
                terms.append((weights[0], values[source]))
        activation = graph.activations[vertex].function(work)
        values[vertex] = combiner.column(tuple([activation(z) for z in combiner.combine(terms, constant)]))
        work.spend(1e-6 + len(points) * 3e-7)
    return [values[output].values for output in graph.outputs]


def incoming_values(count: int, edges: Iterator[Edge], runs: tuple[Run, ...], work: Work) -> list[list[Incoming]]:
    """For each of so many vertices what comes in: the runs written out, and compared with the spaces of the edges."""
    incoming: list[list[Incoming]] = [[] for _ in range(count)]
    index = 0
    for number, run in enumerate(runs):
        weights, bias = run.weights, run.bias
        price = 2e-6 + len(weights) * 5e-7
        fitting: set[tuple[int, ...]] = set()
        for edge in islice(edges, run.repeat):
            # Equal edges of a run are compared with their spaces once.
            key = (id(edge.weights), id(edge.bias))
            if key not in fitting:
                _check_edge(edge, index, run, number)
                fitting.add(key)
            index += 1
            incoming[edge.target].append((edge.source, weights, bias))
            work.spend(price)
    return incoming


def needed_vertices(outputs: Sequence[int], order: Sequence[int], incoming: Sequence[Sequence[Incoming]]) -> list[bool]:
    """For each vertex: can an output be reached from it?"""
    needed = [False] * len(incoming)
    for output in outputs:
        needed[output] = True
    for vertex in reversed(order):
        if needed[vertex]:
            for source, _, _ in incoming[vertex]:
                if source != SOURCE:
                    needed[source] = True
    return needed


def _check_edge(edge: Edge, index: int, run: Run, number: int) -> None:
    """The values of a run have to fit an edge."""
    if len(run.weights) != len(edge.weights):
        raise Invalid(
            f"certificate: upper.parameters[{number}]: {len(run.weights)} weights, edge {index} has {len(edge.weights)}"
        )
    for slot, (value, space) in enumerate(zip(run.weights, edge.weights, strict=True)):
        if value not in space:
            raise _outside(number, f"weight {slot} of edge {index}", value)
    if run.bias not in edge.bias:
        raise _outside(number, f"the bias of edge {index}", run.bias)


class _Groups:
    """The units of a layer as consecutive groups of equal ones; the sums of all units before each group on demand."""

    def __init__(self, combiner: Combiner) -> None:
        self.combiner = combiner
        self.counts: list[int] = []
        self.values: list[Column] = []
        self.starts = [0]
        self.sums: list[Column] = []

    def append(self, count: int, values: Vector) -> None:
        """Add a group of so many units at the end."""
        self.counts.append(count)
        self.values.append(self.combiner.column(values))
        self.starts.append(self.starts[-1] + count)

    def segment(self, start: int, length: int, factor: Number, terms: list[tuple[Number, Column]], work: Work) -> None:
        """Add a multiple of the sum of `length` units from number `start` on to the terms."""
        group = bisect_right(self.starts, start) - 1
        if start + length <= self.starts[group + 1]:
            terms.append((multiply(factor, length, work), self.values[group]))
            return
        # The sum of those before its end without those before its start.
        self._before(start + length, factor, terms, work)
        self._before(start, -factor, terms, work)

    def _before(self, position: int, factor: Number, terms: list[tuple[Number, Column]], work: Work) -> None:
        """Add a multiple of the sum of the units before a position to the terms."""
        if not self.sums:
            self._add_up()
        group = bisect_right(self.starts, position) - 1
        terms.append((factor, self.sums[group]))
        rest = position - self.starts[group]
        if rest:
            terms.append((multiply(factor, rest, work), self.values[group]))

    def _add_up(self) -> None:
        self.sums.append(self.combiner.column((0,) * self.combiner.count))
        for count, column in zip(self.counts, self.values, strict=True):
            total = self.combiner.combine([(1, self.sums[-1]), (count, column)], 0)
            self.sums.append(self.combiner.column(tuple(total)))


class _LayeredEvaluation:
    """Walks once through the runs, layer by layer."""

    def __init__(self, instance: Instance, network: Layers, runs: tuple[Run, ...], work: Work) -> None:
        self.points = instance.points
        self.combiner = Combiner(len(instance.points), work)
        self.inputs = [self.combiner.column(column) for column in zip(*instance.points, strict=True)]
        self.network = network
        self.runs = runs
        self.work = work
        self.place = 0
        self.left = runs[0].repeat

    def outputs(self) -> list[Vector]:
        """For every output its values over the distinct inputs."""
        before: _Groups | None = None
        for depth, layer in enumerate(self.network.layers):
            here = _Groups(self.combiner)
            activation = layer.activation.function(self.work)
            if before is None:
                self._first_layer(layer, here, activation)
            else:
                self._layer(depth, layer, before, here, activation)
            before = here
        assert before is not None
        if not self.points:
            return []
        if before.starts[-1] > MAXIMUM_OUTPUTS:
            raise TooMuchWork("too much work: too many outputs")
        result: list[Vector] = []
        for count, values in zip(before.counts, before.values, strict=True):
            result.extend([values.values] * count)
        return result

    def _take(self, count: int) -> None:
        """Consume edges of the current run."""
        self.left -= count
        if self.left == 0 and self.place + 1 < len(self.runs):
            self.place += 1
            self.left = self.runs[self.place].repeat

    def _check(self, run: Run, number: int, weights: int, space: Space, place: str) -> None:
        if number == weights:
            for value in run.weights:
                if value not in space:
                    raise _outside(self.place, f"a weight in {place}", value)
            return
        raise Invalid(
            f"certificate: upper.parameters[{self.place}]: {number} weights, an edge of {place} has {brief(weights)}"
        )

    def _first_layer(self, layer: Layer, here: _Groups, activation: Callable[[Number], Number]) -> None:
        remaining = layer.units
        while remaining:
            run = self.runs[self.place]
            self._check(run, len(run.weights), self.network.inputs, layer.weights, "layer 1")
            if run.bias not in layer.bias:
                raise _outside(self.place, "a bias in layer 1", run.bias)
            count = min(remaining, self.left)
            terms = zip(run.weights, self.inputs, strict=True) if self.points else ()
            sums = self.combiner.combine(terms, run.bias)
            here.append(count, tuple([activation(z) for z in sums]))
            self._take(count)
            remaining -= count

    def _layer(
        self,
        depth: int,
        layer: Layer,
        before: _Groups,
        here: _Groups,
        activation: Callable[[Number], Number],
    ) -> None:
        width = before.starts[-1]
        remaining = layer.units
        while remaining:
            count = 1
            constant: Number = 0
            terms: list[tuple[Number, Column]] = []
            position = 0
            while position < width:
                run = self.runs[self.place]
                self._check(run, len(run.weights), 1, layer.weights, f"layer {depth + 1}")
                length = min(width - position, self.left)
                self._check_bias(run, position, length, layer.bias, depth)
                if length == width:
                    count = min(remaining, self.left // width)
                (weight,) = run.weights
                if weight:
                    before.segment(position, length, weight, terms, self.work)
                constant = add(constant, multiply(length, run.bias, self.work), self.work)
                self._take(length * count)
                position += length
                self.work.spend(4e-6)
            sums = self.combiner.combine(terms, constant)
            here.append(count, tuple([activation(z) for z in sums]))
            self.work.spend(3e-6 + len(sums) * 3e-7)
            remaining -= count

    def _check_bias(self, run: Run, position: int, length: int, space: Space, depth: int) -> None:
        """The first edge of a unit has the layer's bias space, the others [0]."""
        place = f"a bias in layer {depth + 1}"
        if position == 0 and run.bias not in space:
            raise _outside(self.place, place, run.bias)
        if position + length > 1 and (position > 0 or length > 1) and run.bias not in ZERO:
            raise _outside(self.place, place, run.bias)
