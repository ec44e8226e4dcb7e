"""Method `subset-sum` against the oracle, on every kind of network that it takes, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.losses import loss as known
from dnnt.methods import method
from dnnt.problems.subset_sum import SubsetSum
from dnnt.reachable import from_layers
from dnnt.reachable.program import Program
from dnnt.reductions import reduction
from dnnt.spaces import finite
from dnnt.sums import subsets
from dnnt.testing import check_method, random_two_layer, takers


def random_line(rng: Random) -> dnnt.Instance:
    """A network with one distinct input and one output: units of all kinds, biases, skip edges, several samples."""

    def number() -> Any:
        return rng.choice([rng.randint(-9, 9), rng.randint(-9, 9), Fraction(rng.randint(-9, 9), rng.choice([2, 3]))])

    def space() -> Any:
        kind = rng.random()
        if kind < 0.4:
            return sorted({0, number()})
        if kind < 0.6:
            return {"from": rng.randint(-3, 0), "to": rng.randint(0, 3)}
        return [number() for _ in range(rng.randint(1, 3))]

    inputs = rng.randint(1, 2)
    x = tuple(number() for _ in range(inputs))
    units = rng.randint(0, 4)
    activations = ["identity", "relu", "sign", "abs", {"kind": "scale", "factor": "1/2"}]
    vertices = [(f"h{i}", rng.choice(activations)) for i in range(units)] + [
        ("t", rng.choice(["identity", "identity", "relu"]))
    ]
    edges = []
    for i in range(units):
        edges.append(dnnt.Edge("s", f"h{i}", tuple(space() for _ in range(inputs)), rng.choice([[0], space()])))
        for _ in range(rng.choice([1, 1, 2])):
            edges.append(dnnt.Edge(f"h{i}", "t", (rng.choice([[1], [2], space()]),), rng.choice([[0], [0], space()])))
    if rng.random() < 0.5 or not units:
        edges.append(dnnt.Edge("s", "t", tuple(space() for _ in range(inputs)), space()))
    loss = rng.choice(["squared", "squared", "absolute", "zero_one", "maximum"])
    samples = [(x, (number(),), rng.choice([1, 1, 0, Fraction(1, 2)])) for _ in range(rng.randint(1, 2))]
    return dnnt.graph(inputs, vertices, ("t",), edges, samples, loss, rng.choice([None, 0, 1, 30]))


def choices(instance: dnnt.Instance) -> int:
    """How many choices of parameters the oracle would try."""
    return prod(finite(of).size ** count for of, count, _ in instance.network.slot_groups())


@pytest.mark.parametrize("start", range(0, 80, 20))
def test_random_lines(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0
    for seed in range(start, start + 20):
        instance = random_line(Random(seed))
        if choices(instance) <= 2000 and "subset-sum" in takers(instance):
            monkeypatch.setattr(subsets, "QUICK", -1.0 if seed % 2 else 0.02)
            check_method(instance, "subset-sum")
            taken += 1
    assert taken >= 4


@pytest.mark.parametrize("start", range(0, 100, 50))
def test_two_layer(start: int) -> None:
    for seed in range(start, start + 50):
        instance = random_two_layer(Random(seed))
        if not instance.has_empty_space and "subset-sum" in takers(instance):
            check_method(instance, "subset-sum")


@pytest.mark.parametrize("jump", [True, False])
def test_the_nearest_sums(jump: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sparse sums: the nearest ones are looked for at once, or one output is tried after the other."""
    from dnnt.methods import subset_sum

    monkeypatch.setattr(subset_sum, "SLOW_TARGET", -1.0 if jump else 1e9)
    monkeypatch.setattr(subset_sum, "MANY_TARGETS", 10**9)
    for seed in range(6):
        rng = Random(seed)
        items = tuple(rng.randint(1, 300) for _ in range(5))
        made = reduction("subset-sum-to-dnnt").reduce(SubsetSum(items, rng.randint(-30, sum(items) + 30))).target
        for loss in ("squared", "absolute"):
            gamma = rng.choice([None, 4, 90, 4000])
            check_method(dnnt.Instance(made.network, made.samples, known(loss), gamma), "subset-sum")


@pytest.mark.parametrize("items", [(), (0,), (0, 0, 5), (7, 7, 7), (1,), (2**80, 2**80 + 1, 3)])
def test_edges_of_subset_sum(items: tuple[int, ...]) -> None:
    for target in {0, 7, 14, -1, sum(items), sum(items) + 1}:
        instance = reduction("subset-sum-to-dnnt").reduce(SubsetSum(items, target)).target
        if "subset-sum" in takers(instance):
            check_method(instance, "subset-sum")
        check_method(instance, "auto")


def test_a_layer_of_very_many_units() -> None:
    """10^40 equal units, each with the values 0, 1 and 2; parameters are written as repeats."""
    many = 10**40
    instance = dnnt.layered(
        1,
        [
            {"units": many, "activation": "identity", "weights": [0, 1, 2], "bias": [0]},
            {"units": 1, "activation": "identity", "weights": [1], "bias": [0]},
        ],
        [((1,), (many + 12345,))],
    )
    answer = dnnt.solve(instance, method="subset-sum", time_limit=20)
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", 0, "checked")


def test_a_large_no_is_checked() -> None:
    """Multiples of 3 and one other item: that no sum is 2 modulo 3 is seen without forming sums."""
    rng = Random(4)
    items = (*(3 * rng.randint(1, 1000) for _ in range(200)), 3001)
    target = sum(items) // 2
    target += (2 - target) % 3
    assert target % 3 == 2 and 3001 % 3 == 1
    instance = reduction("subset-sum-to-dnnt").reduce(SubsetSum(items, target)).target
    answer = dnnt.solve(instance)
    assert (answer.answer, answer.assurance, answer.method) == ("no", "checked", "subset-sum")
    least = dnnt.solve(instance, goal="minimize")
    assert (least.status, least.loss, least.assurance) == ("optimal", 1, "checked")


def test_lists_for_long_numbers() -> None:
    rng = Random(5)
    items = (*(2 * rng.randint(2**298, 2**299) for _ in range(26)), 1)
    yes = sum(items[:26:2])
    for target, answer in ((yes, "yes"), (yes + 2, "no")):
        instance = reduction("subset-sum-to-dnnt").reduce(SubsetSum(items, target)).target
        said = dnnt.solve(instance)
        assert (said.answer, said.assurance, said.method) == (answer, "checked", "subset-sum")


def test_refusals() -> None:
    def refusal(instance: dnnt.Instance) -> str:
        said = method("subset-sum").assess(instance)
        assert isinstance(said, str)
        return said

    layers = [
        {"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [1], "bias": [0]},
    ]
    assert "one distinct input" in refusal(dnnt.layered(1, layers, [((1,), (0,)), ((2,), (0,))]))
    assert "one distinct input" in refusal(dnnt.layered(1, layers, []))
    two = [layers[0], {**layers[1], "units": 2}]
    assert "vectors of 2 numbers" in refusal(dnnt.layered(1, two, [((1,), (0, 0))]))
    assert "two layers" in refusal(dnnt.layered(1, [layers[0], *layers], [((1,), (0,))]))
    wide = [{**layers[0], "weights": {"from": 0, "to": 10**6}, "units": 3}, layers[1]]
    assert "many values" in refusal(dnnt.layered(1, wide, [((1,), (0,))]))
    long = [{**layers[0], "weights": [0, 1, 10**6]}, {**layers[1], "activation": "sign"}]
    assert "convex" in refusal(dnnt.layered(1, long, [((1,), (0,))]))
    assert method("subset-sum").assess(dnnt.layered(1, layers, [((1,), (0,))]))


def test_what_was_read_is_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`assess` keeps what it read for `solve`, and only for the same instance."""
    from dnnt.methods import subset_sum

    calls: list[int] = []

    def counted(given: dnnt.Instance) -> Program:
        calls.append(1)
        return from_layers.program_of(given)

    monkeypatch.setattr(subset_sum, "program_of", counted)
    instance = reduction("subset-sum-to-dnnt").reduce(SubsetSum((3, 5, 9), 12)).target
    dnnt.solve(instance, method="subset-sum")
    assert len(calls) == 1
    dnnt.solve(instance, method="subset-sum")
    assert len(calls) == 2
