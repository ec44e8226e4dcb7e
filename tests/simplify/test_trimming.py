"""Wide variables: what goes is never missed, the way back loses nothing, and the checker keeps the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.activations import activation as known
from dnnt.errors import MethodUnsuitable
from dnnt.evaluation import evaluate
from dnnt.formats import instance_file
from dnnt.parameters import of_edges
from dnnt.simplify import building
from dnnt.simplify.form import Form
from dnnt.simplify.prices import KINDS, cost_of, prices_of
from dnnt.spaces import finite, space
from dnnt.testing import random_any
from dnnt_check import forming
from dnnt_check.budget import TooMuchWork, Work
from dnnt_check.checking import _network
from dnnt_check.instance import read_instance

BITS_32 = {"from": -(2**31), "to": 2**31 - 1}
LOSSES = ("squared", "absolute", "maximum", "zero_one", {"kind": "hinge", "margin": "3/2"}, "misclassified")


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every space of three elements is wide, so that all choices can be tried."""
    monkeypatch.setattr(building, "WIDE", 2)
    monkeypatch.setattr(forming, "WIDE", 2)


def of(instance: dnnt.Instance) -> Form:
    """The form, built anew."""
    return building._Building(instance).form()


def checked_form(instance: dnnt.Instance) -> Any:
    work = Work()
    read, _ = read_instance(instance_file.to_bytes(instance), "", work)
    return forming.form_of(read, _network(read, {}, work, written_out=True), work)


def biased(seed: int) -> dnnt.Instance:
    """A small network with few weights and long ranges of biases, sometimes with skip edges."""
    rng = Random(seed)
    loss = rng.choice(LOSSES)
    targets = (-1, 1) if loss == "misclassified" else range(-4, 5)
    hidden = rng.choice(["relu", "relu", "relu", "sign", "step", {"kind": "clip", "low": -2, "high": 3}, "abs"])
    last = rng.choice(["identity", "identity", "relu", "sign"])

    def bias(longest: int) -> dict[str, Any]:
        low, high = (rng.randint(longest // 3, longest) for _ in "ab")
        return {"from": -low, "to": high, "step": rng.choice([1, 1, 1, 1, 1, 2, "3/2"])}

    weights = [[-1, 1], [0, 1], [1], [-1, 2], [2]]
    vertices = {"h1": hidden, "h2": rng.choice(["relu", hidden])}
    edges: list[dict[str, Any]] = [{"from": "s", "to": "h1", "weights": [rng.choice(weights)], "bias": bias(6)}]
    deep = rng.random() < 0.5
    source = "h1" if deep else "s"
    edges.append({"from": source, "to": "h2", "weights": [rng.choice(weights)], "bias": bias(9 if deep else 6)})
    outputs = ["o"]
    edges.append({"from": "h2", "to": "o", "weights": [rng.choice(weights)], "bias": bias(30)})
    if not deep or rng.random() < 0.3:
        edges.append({"from": "h1", "to": "o", "weights": [rng.choice(weights)], "bias": [0]})
    if rng.random() < 0.2:
        outputs.append("h2")
    body = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "vertices": [{"id": name, "activation": kind} for name, kind in {**vertices, "o": last}.items()],
        "edges": edges,
        "outputs": outputs,
        "samples": [
            {"x": [rng.randint(-2, 2)], "y": _targets(rng, targets, len(outputs), loss)}
            for _ in range(rng.randint(1, 4))
        ],
        "loss": loss,
    }
    return instance_file.from_json(body)


def anything(seed: int) -> dnnt.Instance:
    """A random instance of any kind that has a normal form."""
    rng = Random(seed)
    while True:
        instance = random_any(rng)
        if not instance.has_empty_space and not instance.is_continuous:
            return instance


def _targets(rng: Random, targets: Any, outputs: int, loss: object) -> list[int]:
    if loss == "misclassified" and outputs > 1:
        return rng.choice([[0, 1], [1, 0]])
    return [rng.choice(targets) for _ in range(outputs)]


def least(instance: dnnt.Instance) -> Any:
    answer = dnnt.solve(instance, goal="minimize", method="brute-force", check=False)
    assert answer.status == "optimal"
    return answer.loss


def draw(instance: dnnt.Instance, rng: Random) -> dnnt.Parameters:
    edges = []
    for edge in instance.network.graph().edges:
        slots = [rng.choice(list(finite(each))) for each in edge.slots]
        edges.append((tuple(slots[:-1]), slots[-1]))
    return of_edges(edges)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("make", [biased, anything])
@pytest.mark.parametrize("seed", range(80))
def test_nothing_is_lost(seed: int, make: Callable[[int], dnnt.Instance]) -> None:
    instance = make(seed)
    form = of(instance)
    losses = {chosen: form.total(chosen) for chosen in product(*[variable.values for variable in form.variables])}
    assert min(losses.values()) == least(instance)
    rng = Random(seed)
    prices = {kind: prices_of(form, kind) for kind in KINDS}
    for chosen in rng.sample(sorted(losses), min(len(losses), 5)):
        said = evaluate(instance, form.parameters(chosen))
        assert said.inside and said.total == losses[chosen]
        assert form.values_of(form.parameters(chosen)) == chosen
    for _ in range(30):
        given = draw(instance, rng)
        chosen = form.values_of(given)
        assert losses[chosen] <= evaluate(instance, given).total
        for kind in KINDS:
            assert prices[kind].cost(chosen) <= cost_of(given, kind)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("make", [biased, anything])
@pytest.mark.parametrize("seed", range(60))
def test_same_in_the_checker(seed: int, make: Callable[[int], dnnt.Instance]) -> None:
    instance = make(seed + 1000)
    form, known = of(instance), checked_form(instance)
    assert known.names == tuple([variable.id for variable in form.variables])
    assert known.values == tuple([variable.values for variable in form.variables])


@pytest.mark.usefixtures("narrow")
def test_every_way_occurs() -> None:
    """Of the random networks many are trimmed, and many by giving to the biases that follow."""
    forms = [of(biased(seed)) for seed in range(100)]
    assert sum(bool(form.trims) for form in forms) > 80
    assert sum(any(trim.gifts for trim in form.trims) for form in forms) > 20


def net(units: int, activation: str, last: str, loss: str, bias: object) -> dnnt.Instance:
    """A network with 2 inputs and 5 samples; no hidden layer where there are 0 units."""
    rng = Random(units)
    targets = (-1, 1) if last == "sign" else range(-30, 31)
    hidden = [dnnt.Layer(units, known(activation), space([-1, 0, 1]), space(bias))] if units else []
    return dnnt.layered(
        2,
        [*hidden, dnnt.Layer(1, known(last), space([-1, 0, 1]), space(bias))],
        [([rng.randint(-9, 9), rng.randint(-9, 9)], [rng.choice(targets)]) for _ in range(5)],
        loss,
    )


@pytest.mark.parametrize(
    ("units", "activation", "last", "loss"),
    [
        (0, "relu", "identity", "squared"),
        (0, "relu", "identity", "absolute"),
        (0, "relu", "sign", "zero_one"),
        (0, "relu", "relu", "squared"),
        (2, "sign", "sign", "zero_one"),
        (2, "sign", "identity", "absolute"),
        (1, "relu", "identity", "absolute"),
    ],
)
def test_biases_of_32_bits(units: int, activation: str, last: str, loss: str) -> None:
    """They have the answers of biases of 8 bits, which suffice here, and as much proof."""
    answer = dnnt.solve(net(units, activation, last, loss, BITS_32), goal="minimize")
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    narrower = dnnt.solve(net(units, activation, last, loss, {"from": -100, "to": 100}), goal="minimize")
    assert (narrower.status, narrower.loss) == ("optimal", answer.loss)


def test_what_stays_wide_is_refused() -> None:
    """Weights of 32 bits behind hidden units have no normal form."""
    instance = dnnt.layered(
        1,
        [
            dnnt.Layer(1, known("relu"), space([1, 2]), space([0])),
            dnnt.Layer(1, known("identity"), space(BITS_32), space([0])),
        ],
        [([3], [7])],
        "squared",
    )
    with pytest.raises(MethodUnsuitable, match="more than 1,000,000 values"):
        of(instance)
    with pytest.raises(TooMuchWork, match="more than 1000000 values"):
        checked_form(instance)
