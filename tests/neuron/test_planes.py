"""Planes below the loss of one neuron: against every choice, with forced searches, under limits, with long numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

import dnnt
import dnnt_check
from dnnt.exact import Number, magnitude, to_json
from dnnt.formats import instance_file
from dnnt.methods import method
from dnnt.methods.branch import METHOD
from dnnt.neuron import engines
from dnnt.neuron.best_first import Tree
from dnnt.neuron.engines import PlaneEngine
from dnnt.neuron.neuron import Neuron, neuron_of
from dnnt.neuron.planes import Linear, linear_of
from dnnt.simplify.building import form_of
from dnnt.testing import check_method, oracle, takers

LOSSES: tuple[Any, ...] = ("squared", "absolute", "maximum", {"kind": "hinge", "margin": "3/2"})


def convex(seed: int, times: int = 1) -> dnnt.Instance:
    """One neuron with a convex loss: rational inputs, weights of samples, gaps between values, repeated inputs."""
    rng = Random(seed)
    inputs = rng.randint(1, 4)

    def number() -> Number:
        return times * (rng.randint(-5, 5) if rng.random() < 0.5 else Fraction(rng.randint(-9, 9), rng.randint(1, 3)))

    xs = [tuple(number() for _ in range(inputs)) for _ in range(rng.randint(1, 6))]
    samples = [(rng.choice(xs), (number(),), rng.choice([1, 1, 2, Fraction(1, 3)])) for _ in range(rng.randint(1, 8))]
    weights: list[Any] = [rng.choice([[-1, 0, 1], [-2, 0, "1/2", 3], [0, 1], [5]]) for _ in range(inputs)]
    bias: Any = rng.choice([[0], [-1, 0, 1], {"from": -7, "to": 5}, {"from": "-1/2", "to": 20, "step": "1/2"}])
    activation: Any = rng.choice(["identity", "identity", {"kind": "scale", "factor": "-2/3"}])
    edges = [{"from": "s", "to": "t", "weights": weights, "bias": bias}]
    gamma = rng.choice([None, None, times * rng.randint(0, 20)])
    return dnnt.graph(inputs, [("t", activation)], ["t"], edges, samples, rng.choice(LOSSES), gamma)


def linear(instance: dnnt.Instance) -> Linear:
    neuron = neuron_of(form_of(instance))
    assert isinstance(neuron, Neuron)
    made = linear_of(neuron)
    assert made is not None
    return made


def planes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planes wherever they apply, whatever the other ways would take."""
    monkeypatch.setattr(engines, "_sphere", lambda neuron: None)
    monkeypatch.setattr(engines, "_boxed", lambda neuron: "not asked")
    monkeypatch.setattr(METHOD, "_last", None)


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planes alone."""
    planes_alone(monkeypatch)


@pytest.mark.parametrize("seed", range(40))
def test_planes_lie_below_the_loss(seed: int) -> None:
    instance = convex(seed, 10**12 if seed % 5 == 4 else 1)
    if "branch" not in takers(instance):
        assert len(form_of(instance).units) != 1
        return
    made = linear(instance)
    rng = np.random.default_rng(seed)
    unit = made.denominator * made.scale
    planes = [made.plane(made.rounded((rng.normal(size=len(made.base)) * 10 ** rng.integers(0, 4)).tolist()))]
    every = [range(len(of)) for of in made.steps]
    planes += [made.plane(made.tangent([of[-1] for of in every])), made.plane(np.zeros_like(made.base))]
    for indices in product(*every):
        loss = made.neuron.total(made.values(indices))
        assert made.grid.above(loss) == loss
        for plane in planes:
            assert made.bound(plane, indices, indices) <= loss * unit
        touching = made.bound(made.plane(made.tangent(indices)), indices, indices)
        assert loss * unit - touching < (made.grid.step or 1) * unit / 4
        assert touching <= loss * unit


@pytest.mark.usefixtures("forced")
@pytest.mark.parametrize("seed", range(90))
def test_forced(seed: int) -> None:
    instance = convex(seed)
    if "branch" not in takers(instance):
        assert len(form_of(instance).units) != 1
        return
    check_method(instance, "branch", oracle(instance))
    answer = dnnt.solve(instance, goal="minimize", method="branch")
    assert answer.loss == oracle(instance).least
    if answer.stats:
        assert answer.stats["way"] == "planes"


@pytest.mark.usefixtures("forced")
def test_long_numbers() -> None:
    for seed in range(6):
        instance = convex(seed, 10**30)
        check_method(instance, "branch", oracle(instance))
    too_long = neuron_of(form_of(convex(1, 10**300)))
    assert isinstance(too_long, Neuron)
    assert linear_of(too_long) is None


def noisy(inputs: int, samples: int, loss: Any, seed: int) -> dnnt.Instance:
    """A ternary neuron and targets that none explains."""
    rng = Random(seed)
    drawn = [(tuple(rng.randint(-9, 9) for _ in range(inputs)), (rng.randint(-40, 40),)) for _ in range(samples)]
    layer = {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0]}
    return dnnt.layered(inputs, [layer], drawn, loss)


@pytest.mark.parametrize("loss", ["absolute", "squared"])
def test_every_tree_proves_its_bound(loss: str) -> None:
    """After each box the tree is a certificate of the least bound of what is open."""
    instance = noisy(7, 14, loss, 3)
    made = linear(instance)
    engine = PlaneEngine(made, 10**6, ())
    least = engine.loss
    assert least == dnnt.solve(instance, method="brute-force").loss
    engine.tree = Tree(made)
    bounds = []
    while not engine.tree.advance(least, True, lambda values, loss: loss, lambda: least, 1):
        bounds.append(engine.least)
        grounds = json.loads(json.dumps(engine.grounds(0).to_json()))
        data = instance_file.to_bytes(instance)
        certificate = {
            "format": "dnnt-certificate",
            "version": 1,
            "sha256": sha256(data).hexdigest(),
            "lower": {"bound": to_json(engine.least), "strict": False, "grounds": grounds},
        }
        verdict = dnnt_check.check(data, json.dumps(certificate).encode())
        assert verdict.valid, verdict.line
    assert bounds == sorted(bounds)
    assert 0 < bounds[0] < bounds[-1] <= least


@pytest.mark.parametrize("loss", ["absolute", {"kind": "hinge", "margin": 5}])
def test_many_inputs(loss: Any) -> None:
    """Far too many choices to try, and too many nodes for other bounds."""
    answer = dnnt.solve(noisy(26, 50, loss, 1), method="branch")
    assert (answer.status, answer.assurance, answer.stats["way"]) == ("optimal", "checked", "planes")
    assert answer.loss is not None
    no = dnnt.solve(replace(noisy(26, 50, loss, 1), gamma=answer.loss - 1), method="branch")
    assert (no.status, no.assurance) == ("infeasible", "checked")


def test_many_inputs_of_long_numbers() -> None:
    """Programs in floats are scaled, so that numbers of 10^20 and more change little."""
    plain = noisy(14, 30, "absolute", 4)
    samples = [(tuple(10**24 * x for x in s.x), tuple(10**24 * y + 1 for y in s.y)) for s in plain.samples]
    layer = {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0]}
    answer = dnnt.solve(dnnt.layered(14, [layer], samples, "absolute"), method="branch")
    assert (answer.status, answer.assurance, answer.stats["way"]) == ("optimal", "checked", "planes")
    least = dnnt.solve(plain, method="branch").loss
    assert least is not None and answer.loss is not None
    assert magnitude(answer.loss - 10**24 * least) <= 30


def test_a_limit_leaves_a_bound() -> None:
    answer = dnnt.solve(noisy(90, 90, "absolute", 2), method="branch", time_limit=5)
    assert (answer.status, answer.stop, answer.assurance) == ("feasible", "time", "checked")
    assert answer.bound_assurance == "checked"
    assert answer.bound is not None and answer.loss is not None
    assert 0 < answer.bound < answer.loss


def test_which_costs_are_convex() -> None:
    """Of other losses and activations there are no planes."""
    assert method("branch").name == "branch"
    for activation, loss in (("relu", "squared"), ("identity", "zero_one"), ("abs", "absolute"), ("sign", "maximum")):
        layer = {"units": 1, "activation": activation, "weights": [-1, 0, 1], "bias": [0]}
        neuron = neuron_of(form_of(dnnt.layered(1, [layer], [((1,), (1,)), ((2,), (0,))], loss)))
        assert isinstance(neuron, Neuron)
        assert linear_of(neuron) is None
