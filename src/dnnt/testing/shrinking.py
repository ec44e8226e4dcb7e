"""Making a source smaller while something stays wrong with it: greedy, kind by kind, as far as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dnnt.errors import DnntError
from dnnt.exact import Number, magnitude
from dnnt.instance import Instance, Sample
from dnnt.network import Edge, Network
from dnnt.problems.base import Problem
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from dnnt.spaces import Finite, listed

Source = Problem | Instance


def shrunk(source: Source, wrong: Callable[[Source], bool], steps: int = 2000) -> Source:
    """A source that is still wrong, and of which no candidate of `smaller` is (or `steps` candidates were tried)."""
    best, left = source, steps
    improved = True
    while improved and left > 0:
        improved = False
        for candidate in smaller(best):
            left -= 1
            if wrong(candidate):
                best, improved = candidate, True
                break
            if left <= 0:
                break
    return best


def smaller(source: Source) -> Iterator[Source]:
    """Sources a little smaller than this one, the greatest steps first."""
    for build, arguments in _PLANS[type(source)](source):
        try:
            candidate = build(*arguments)
        except DnntError:  # Not every smaller thing is a source.
            continue
        if candidate != source:
            yield candidate


Plan = tuple[Callable[..., Source], tuple[Any, ...]]
"""How to build a candidate: a function and its arguments."""


def _without(values: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    return values[:index] + values[index + 1 :]


def _with(values: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    return (*values[:index], value, *values[index + 1 :])


def _nearer(value: Number) -> list[Number]:
    """Numbers nearer to 0, or at least simpler."""
    whole = int(value)
    made: list[Number] = [0, 1, whole, whole // 2, whole - 1 if whole > 0 else whole + 1]
    return [each for each in made if magnitude(each) < magnitude(value) or (each == whole != value)]


def _subset_sum(source: SubsetSum) -> Iterator[Plan]:
    items, target = source.items, source.target
    for i in range(len(items)):
        yield SubsetSum, (_without(items, i), target)
    for i, item in enumerate(items):
        for less in _nearer(item):
            yield SubsetSum, (_with(items, i, less), target)
    for less in _nearer(target):
        yield SubsetSum, (items, less)


def _csp(source: CSP) -> Iterator[Plan]:
    alphabet, variables, constraints = source.alphabet, source.variables, source.constraints
    for i in range(len(constraints)):
        yield CSP, (alphabet, variables, _without(constraints, i))
    for i in range(len(variables)):
        yield CSP, (alphabet, _without(variables, i), constraints)
    for i, letter in enumerate(alphabet):
        rest = (Constraint(c.scope, tuple(pair for pair in c.allowed if letter not in pair)) for c in constraints)
        yield CSP, (_without(alphabet, i), variables, tuple(rest))
    for i, c in enumerate(constraints):
        for j in range(len(c.allowed)):
            less = Constraint(c.scope, _without(tuple(c.allowed), j))
            yield CSP, (alphabet, variables, _with(constraints, i, less))


def _exact_cover(source: ExactCover) -> Iterator[Plan]:
    universe, sets, count = source.universe, source.sets, source.count
    for i in range(len(sets)):
        yield ExactCover, (universe, _without(sets, i), count)
    for i, element in enumerate(universe):
        rest = tuple(tuple(e for e in members if e != element) for members in sets)
        yield ExactCover, (_without(universe, i), rest, count)
    for i, members in enumerate(sets):
        for j in range(len(members)):
            yield ExactCover, (universe, _with(sets, i, _without(tuple(members), j)), count)
    if count:
        yield ExactCover, (universe, sets, count - 1)


def _straight_line(source: StraightLineProgram) -> Iterator[Plan]:
    steps = source.steps
    for i in range(len(steps), 0, -1):
        for stand_in in sorted({steps[i - 1][1], steps[i - 1][2], 0}):
            yield _without_step, (steps, i, stand_in)
    other: tuple[str, int, int]
    for i, (operation, j, k) in enumerate(steps):
        for other in ((operation, 0, k), (operation, j, 0), ("+", j, k), (operation, max(j - 1, 0), k)):
            yield StraightLineProgram, (_with(steps, i, other),)


def _without_step(steps: tuple[Any, ...], i: int, stand_in: int) -> Source:
    """The program without step i (from 1); what used its value uses `stand_in`."""
    left = []
    for at, (operation, *operands) in enumerate(steps, start=1):
        if at != i:
            left.append((operation, *(stand_in if k == i else k - (k > i) for k in operands)))
    return StraightLineProgram(tuple(left))


def _instance(source: Instance) -> Iterator[Plan]:
    network = source.network.graph()
    for i in range(len(source.samples)):
        yield _with_samples, (source, _without(source.samples, i))
    for i in range(len(network.edges)):
        yield _with_network, (source, network.vertices, _without(network.edges, i))
    for i, vertex in enumerate(network.vertices):
        if vertex.id not in network.outputs:
            edges = tuple(e for e in network.edges if vertex.id not in (e.source, e.target))
            yield _with_network, (source, _without(network.vertices, i), edges)
    for i, edge in enumerate(network.edges):
        for slot, of in enumerate(edge.slots):
            for space in _smaller_spaces(of):
                *weights, bias = _with(edge.slots, slot, space)
                made = Edge(edge.source, edge.target, tuple(weights), bias)
                yield _with_network, (source, network.vertices, _with(network.edges, i, made))
    for i, sample in enumerate(source.samples):
        for j, value in enumerate(sample.x):
            for less in _nearer(value):
                changed = Sample(_with(sample.x, j, less), sample.y, sample.weight)
                yield _with_samples, (source, _with(source.samples, i, changed))
        for j, value in enumerate(sample.y):
            for less in _nearer(value):
                changed = Sample(sample.x, _with(sample.y, j, less), sample.weight)
                yield _with_samples, (source, _with(source.samples, i, changed))
    for less in _nearer(source.gamma or 0):
        yield Instance, (source.network, source.samples, source.loss, less)


def _with_samples(source: Instance, samples: tuple[Sample, ...]) -> Source:
    return Instance(source.network, samples, source.loss, source.gamma)


def _with_network(source: Instance, vertices: tuple[Any, ...], edges: tuple[Edge, ...]) -> Source:
    outputs = source.network.graph().outputs
    network = Network(source.network.inputs, vertices, outputs, edges)
    return Instance(network, source.samples, source.loss, source.gamma)


def _smaller_spaces(of: Any) -> Iterator[Finite]:
    values = tuple(of)
    if len(values) > 1:
        yield from (listed(_without(values, i)) for i in range(len(values)))
    elif values:
        yield from (listed((less,)) for less in _nearer(values[0]))


_PLANS: dict[type[Any], Callable[[Any], Iterator[Plan]]] = {
    SubsetSum: _subset_sum,
    CSP: _csp,
    ExactCover: _exact_cover,
    StraightLineProgram: _straight_line,
    Instance: _instance,
}
