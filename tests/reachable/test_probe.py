"""What the probe returns are parameters whose outputs are the labels; where it has nothing it says nothing."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.evaluation import evaluate
from dnnt.instance import Instance, Sample
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.probe import probe, wanted_state
from dnnt.testing import random_near, random_two_layer


def probed(instance: Instance) -> bool:
    """Whether the probe finds something; it has to be right then."""
    found = probe(instance, program_of(instance), lambda: None)
    if found is None:
        return False
    said = evaluate(instance, found)
    assert said.inside
    assert all(tuple(at.output) == sample.y for at, sample in zip(said.samples, instance.samples, strict=True))
    return True


@pytest.mark.parametrize(("draw", "count"), [(random_near, 30), (random_two_layer, 60)])
def test_random_networks(draw: Callable[[Random], Instance], count: int) -> None:
    """Fractions, parallel edges, several outputs, skip edges, activations at outputs: nothing wrong is returned."""
    for seed in range(count):
        instance = draw(Random(f"probe {seed}"))
        try:
            program = program_of(instance)
        except (MethodUnsuitable, TooLarge):
            continue
        found = probe(instance, program, lambda: None)
        if found is not None:
            said = evaluate(instance, found)
            assert said.inside, seed
            assert said.total in (0, None) or _fixed(program), seed


def _fixed(program: Any) -> bool:
    """Whether an output has fixed values, or an activation: the probe looks at the others only."""
    return any(each.block is None or each.activation is not None for each in program.outputs)


def network(rng: Random, units: int, **options: Any) -> tuple[list[Any], list[Any]]:
    """Vertices and edges: equal or different units, biases on all edges, a parallel edge, a skip edge."""
    vertices: list[Any] = [(f"t{j}", "identity") for j in range(options.get("outputs", 1))]
    edges: list[Any] = []
    weights = options.get("weights", [-1, 0, 1])
    for i in range(units):
        own = [rng.sample([-2, -1, 0, 1, 2], 3) for _ in range(2)] if options.get("different") else [weights] * 2
        vertices.append((f"h{i}", rng.choice(("relu", "abs")) if options.get("different") else "relu"))
        edges.append({"from": "s", "to": f"h{i}", "weights": own, "bias": [-1, 0, 1]})
        for j in range(options.get("outputs", 1)):
            bias = [0, 1] if options.get("biases") else [0]
            edges.append({"from": f"h{i}", "to": f"t{j}", "weights": [[-1, 1]], "bias": bias})
    if options.get("parallel"):
        edges.append({"from": "h0", "to": "t0", "weights": [[-2, 0, 3]], "bias": [0, 5]})
        edges.append({"from": "s", "to": "h0", "weights": [[0, 1], [0]], "bias": [0]})
    if options.get("skip"):
        edges.append({"from": "s", "to": "t0", "weights": [[-1, 0, 1], [0, 2]], "bias": [-1, 0, 3]})
    return vertices, edges


SHAPES: dict[str, dict[str, Any]] = {
    "equal": {},
    "different": {"different": True},
    "two outputs": {"outputs": 2},
    "biases": {"biases": True, "different": True},
    "parallel": {"parallel": True},
    "skip": {"skip": True, "different": True},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_easy_is_found(shape: str) -> None:
    hits = 0
    for seed in range(6):
        rng = Random(f"{shape} {seed}")
        options = SHAPES[shape]
        vertices, edges = network(rng, 12, **options)
        outputs = [f"t{j}" for j in range(options.get("outputs", 1))]
        # Both outputs have weights of their own.
        samples = [([x, 2], [rng.randint(-5, 5) for _ in outputs]) for x in rng.sample(range(-3, 4), 2)]
        hits += probed(dnnt.graph(2, vertices, outputs, edges, samples))
    assert hits >= (1 if shape == "two outputs" else 4)


@pytest.mark.parametrize("units", [1, 2, 3, 4, 5, 1000, 10**6, 10**100, 10**400])
def test_counts_of_any_size(units: int) -> None:
    layers = [
        {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    instance = dnnt.layered(1, layers, [([1], [1]), ([2], [2])])
    assert probed(instance)
    beyond = dnnt.layered(1, layers, [([1], [2 * units + 1]), ([2], [2])])
    assert not probed(beyond)


def test_numbers_that_no_float_holds() -> None:
    for huge in (10**160, 10**400):
        layers = [
            {"units": 3, "activation": "relu", "weights": [-huge, 0, huge], "bias": [-1, 0, 1]},
            {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
        ]
        for y in (0, huge, -huge + 1, 3 * huge + 3, 4 * huge):
            probed(dnnt.layered(1, layers, [([1], [y])]))


def test_outputs_that_are_units() -> None:
    """The value of a unit that is an output is a coordinate of its own."""
    vertices, edges = network(Random(1), 6)
    instance = dnnt.graph(2, vertices, ["h0", "t0"], edges, [([1, 2], [3, 5]), ([2, 0], [2, 4])])
    probed(instance)


def test_no_wanted_state() -> None:
    """Fractions, labels that contradict each other, other losses, activations at outputs: nothing is looked for."""
    layers: list[Any] = [{"units": 3, "activation": "relu", "weights": [0, 1], "bias": [0]}]
    last = {"units": 1, "activation": "identity", "weights": [1], "bias": [0]}

    def wanted(samples: list[Any], loss: Any = "squared", activation: str = "identity") -> Any:
        instance = dnnt.layered(1, [*layers, {**last, "activation": activation}], samples, loss=loss)
        return wanted_state(instance, program_of(instance))

    assert wanted([([1], [2]), ([2], [4])]) == (2, 4)
    assert wanted([([1], [2]), ([1], [2])]) == (2,)
    assert wanted([([1], [2]), ([1], [3])]) is None
    assert wanted([([1], [Fraction(1, 2)])]) is None
    assert wanted([([1], [2])], {"kind": "hinge", "margin": 1}) is None
    assert wanted([([1], [2])], "squared", "relu") is None
    assert wanted([]) is None
    assert wanted([([i], [i]) for i in range(1, 10)]) is None


def wide(rng: Random, units: int, inputs: int, halves: bool = False) -> Instance:
    """Different units with these many inputs; the labels are the outputs of weights that were drawn."""
    one = Fraction(1, 2) if halves else 1
    vertices: list[Any] = [*[(f"h{i}", "relu") for i in range(units)], ("t", "identity")]
    edges: list[Any] = []
    points = [[rng.randint(-2, 2) for _ in range(inputs)] for _ in range(2)]
    labels: list[Any] = [0, 0]
    for i in range(units):
        spaces = [sorted(rng.sample(range(-3, 4), 3)) for _ in range(inputs + 1)]
        *weights, bias = [[one * value for value in space] for space in spaces]
        edges.append({"from": "s", "to": f"h{i}", "weights": weights, "bias": bias})
        edges.append({"from": f"h{i}", "to": "t", "weights": [[-2, 2]], "bias": [0]})
        chosen, at_one, sign = [rng.choice(of) for of in weights], rng.choice(bias), rng.choice((-2, 2))
        for s, x in enumerate(points):
            labels[s] += sign * max(0, at_one + sum(w * v for w, v in zip(chosen, x, strict=True)))
    samples = [(x, [int(y)]) for x, y in zip(points, labels, strict=True)]
    return dnnt.graph(inputs, vertices, ["t"], edges, samples)


@pytest.mark.parametrize(
    ("units", "inputs", "halves"), [(20, 3, False), (8, 12, False), (6, 3, True), (40, 9, True), (5, 2, False)]
)
def test_many_units_and_many_inputs(units: int, inputs: int, halves: bool) -> None:
    """Units that are set roughly, axes of several slots, and contributions of which some have fractions."""
    assert sum(probed(wide(Random(f"wide {seed}"), units, inputs, halves)) for seed in range(5)) >= 4


def test_the_same_is_found_again() -> None:
    instance = wide(Random("again"), 12, 4)
    program = program_of(instance)
    first = probe(instance, program, lambda: None)
    assert first is not None
    assert first == probe(instance, program, lambda: None)


def test_beyond_all_units() -> None:
    """A target that no parameters reach is seen from the bounds alone, after the first draws."""
    instance = wide(Random("beyond"), 12, 4)
    samples = tuple([Sample(sample.x, (10**6,)) for sample in instance.samples])
    assert not probed(Instance(instance.network, samples, instance.loss))
