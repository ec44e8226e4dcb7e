"""Predicted cost: sizes and boxes are upper bounds, and instances with very many samples are assessed quickly."""

from __future__ import annotations

from math import inf, log2
from random import Random

import pytest

import dnnt
from dnnt.analysis.reachable_cost import Box, Estimate, Interval, estimate, predicted
from dnnt.errors import MethodUnsuitable
from dnnt.exact import several
from dnnt.reachable.execute import Executed, execute
from dnnt.reachable.expression import Node
from dnnt.reachable.from_layers import program_of
from dnnt.running import MIB, Run, Stop
from dnnt.running.run import resident_bytes
from dnnt.testing import random_two_layer


def holds(said: Estimate, made: Executed) -> None:
    """The set is no larger than said, and lies in the box."""
    assert log2(made.keys.size) <= said.size + 1e-9
    for c, axis in enumerate(made.packing.axes):
        of = said.box[c]
        if of is not None:
            assert of.low <= axis.low
            assert axis.high <= of.high
            assert of.step is None or of.log_count + 1e-9 >= log2(axis.count)


@pytest.mark.parametrize("seed", range(150))
def test_upper_bounds(seed: int) -> None:
    """On instances that use every feature: each part of the expression, and so what is predicted for the whole."""
    instance = random_two_layer(Random(seed))
    if instance.has_empty_space:
        return
    program = program_of(instance)
    nodes: list[Node] = [*(unit.node for unit in program.units), program.rest.node]
    for node in nodes:
        made = execute(node, Run())
        holds(estimate(node), made)
        for part in made.parts:
            holds(estimate(part.node), part)
    for convex in (False, True):
        said = predicted(program, convex)
        assert 0 < said.seconds < 60
        assert 0 <= said.mebibytes < 1000
        assert several(program.width, "coordinate") in said.basis
        assert said.most is None or (convex and said.most[0] > said.seconds)


def test_boxes_are_looked_at_no_further_than_needed() -> None:
    """A few coordinates mostly show that the box is larger than the choices are many."""
    asked = []

    def interval(c: int) -> Interval | None:
        asked.append(c)
        return Interval(0, 7, 1) if c < 5 else None

    box = Box(10**9, interval)
    assert box.log_count(8.0) == 9.0
    assert box.log_count(15.0) == 15.0
    assert asked == [0, 1, 2, 3, 4]
    assert box.log_count(16.0) == inf


def test_predictions_have_no_end() -> None:
    """Layers of 10^100 units, and more states than a float counts, are predicted as well."""
    for units in (1, 10**100):
        layers = [
            {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [0, 1]},
            {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
        ]
        samples = [([x, x * x], [x]) for x in range(2000)]
        said = predicted(program_of(dnnt.layered(2, layers, samples)), True)
        assert (said.seconds > 1e30) == (said.mebibytes > 1e30) == (units > 1)


def test_deeper_networks_have_no_program() -> None:
    layers = [{"units": 1, "activation": "relu", "weights": [-1, 1], "bias": [0]}] * 3
    with pytest.raises(MethodUnsuitable, match="deeper"):
        program_of(dnnt.layered(1, layers, [([1], [1])]))


def unit_of_few_choices(samples: int) -> dnnt.Instance:
    """Four choices, whose outputs on very many samples are vectors of that many large numbers."""
    rng = Random(samples)
    xs = [tuple(rng.randint(-(10**6), 10**6) for _ in range(3)) for _ in range(samples)]
    edges = [{"from": "s", "to": "t", "weights": [[1], [2, 3], [-1, 5]], "bias": [0]}]
    return dnnt.graph(3, [("t", "abs")], ["t"], edges, [(x, (rng.randint(0, 10**6),)) for x in xs])


def test_many_samples_and_few_choices() -> None:
    """One neuron is branched on: keys of so many coordinates take long, and much memory, which is said."""
    small, large = unit_of_few_choices(800), unit_of_few_choices(4000)
    few, many = predicted(program_of(small)), predicted(program_of(large))
    assert many.mebibytes > 15 * few.mebibytes > 5
    assert many.seconds > 4 * few.seconds > 0.01
    for instance in (small, large):
        answer = dnnt.solve(instance)
        assert (answer.method, answer.status, answer.assurance) == ("branch", "optimal", "checked")
    assert dnnt.solve(small, method="reachable").loss == dnnt.solve(small).loss


def test_keys_that_do_not_fit_are_refused_before_they_are_formed() -> None:
    program = program_of(unit_of_few_choices(8000))
    with pytest.raises(Stop, match="memory") as stopped:
        execute(program.rest.node, Run(memory_limit=resident_bytes() / MIB + 50))
    assert stopped.value.predicted
    assert "for the keys of vectors that long" in stopped.value.detail
