"""Units that are looked at from afar: against brute force, and far targets of real size."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.formats import instance_file
from dnnt.reachable import thin, thin_size
from dnnt.reachable.thin_cells import concave_intervals
from dnnt.reachable.thin_unit import Thick

ACTIVATIONS: list[Any] = [
    *("relu", "abs", "identity", "sign", "step", "square", "floor"),
    {"kind": "clip", "low": -1, "high": 2},
    {"kind": "leaky_relu", "slope": "1/2"},
    {"kind": "scale", "factor": "-2/3"},
]


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every unit counts as large; how often the search from afar was begun and led to the end."""
    counts = [0, 0]
    search: Callable[..., Any] = thin.ThinSearch.search

    def counted(*given: Any) -> Any:
        ended = search(*given)
        counts[0] += 1
        counts[1] += ended is not None
        return ended

    monkeypatch.setattr(thin_size, "FEW", -1.0)
    monkeypatch.setattr(thin.ThinSearch, "search", counted)
    return counts


LOSSES: list[Any] = ["absolute", "maximum", "hinge", "zero_one", "misclassified", "table", "squared"]


def _instance(rng: Random) -> dict[str, Any]:
    samples, units = rng.choice((1, 2, 2, 3)), rng.choice((1, 2, 2, 3))
    outputs = rng.choice((1, 1, 2)) if samples < 3 else 1
    fractions = rng.random() < 0.3

    def number(reach: int) -> Any:
        value = rng.randint(-reach, reach)
        return f"{value}/{rng.choice((2, 3))}" if fractions and rng.random() < 0.4 else value

    def space(size: int) -> list[Any]:
        return [number(2) for _ in range(size)]

    inputs = rng.choice((1, 2, 3)) if units < 3 else 1
    hidden = {"units": units, "activation": rng.choice(ACTIVATIONS), "weights": space(2), "bias": space(2)}
    out = rng.choice(([0, 1], space(1), space(2), space(3) if units < 3 else [-1, 1]))
    last = {"units": outputs, "activation": "identity", "weights": out, "bias": space(rng.choice((1, 2)))}
    body: dict[str, Any] = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "layers": [hidden, last],
        "samples": [
            {
                "x": [number(2) for _ in range(inputs)],
                "y": [number(60) if rng.random() < 0.8 else number(4) for _ in range(outputs)],
                "weight": rng.choice((1, 1, 2, "1/2")),
            }
            for _ in range(samples)
        ],
        "loss": "squared",
    }
    if rng.random() < 0.3:
        body["gamma"] = rng.choice((0, 5, 100, 1000, 3000))
    return body


@pytest.mark.parametrize("seed", range(4))
def test_layers_against_brute_force(seed: int, used: list[int]) -> None:
    rng = Random(seed)
    for _ in range(25):
        _agrees(dnnt.parse(json.dumps(_instance(rng)).encode()))
    assert used[1] > 5, "most of these instances have targets out of reach"


def _graph(rng: Random) -> dict[str, Any]:
    """Units with spaces of their own, parallel edges, one that feeds a second output, a skip edge."""
    body = _instance(rng)
    inputs, outputs = body["inputs"], ["t", "q"][: len(body["samples"][0]["y"])]

    def space() -> list[int]:
        return [rng.randint(-2, 2) for _ in range(2)]

    edges: list[dict[str, Any]] = []
    for unit in ("h", "g"):
        edges.append({"from": "s", "to": unit, "weights": [space() for _ in range(inputs)], "bias": space()})
        edges += [{"from": unit, "to": t, "weights": [space()], "bias": [rng.randint(-1, 1)]} for t in outputs]
    edges.append({"from": "h", "to": "t", "weights": [[0, 1]], "bias": [0]})
    edges.append({"from": "s", "to": "t", "weights": [space() for _ in range(inputs)], "bias": [0]})
    body["vertices"] = [{"id": unit, "activation": rng.choice(ACTIVATIONS)} for unit in ("h", "g")]
    body["vertices"] += [{"id": t, "activation": "identity"} for t in outputs]
    body["outputs"], body["edges"] = outputs, edges
    del body["layers"]
    return body


def test_graphs_against_brute_force(used: list[int]) -> None:
    rng = Random(1)
    for _ in range(25):
        _agrees(dnnt.parse(json.dumps(_graph(rng)).encode()))
    assert used[1] > 8


def _agrees(instance: dnnt.Instance) -> None:
    if (dnnt.info(instance).parameter_choices or 0) > 10_000:
        return
    mine = dnnt.solve(instance, method="reachable")
    truth = dnnt.solve(instance, method="brute-force", check=False)
    assert (mine.status, mine.answer, mine.assurance) == (truth.status, truth.answer, "checked")
    if instance.gamma is None:
        assert mine.loss == truth.loss


def _with_loss(rng: Random, body: dict[str, Any], kind: str) -> dict[str, Any]:
    """The same with another loss, labels that go with it, and perhaps an activation at the outputs."""
    reach = rng.choice((3, 8, 40))
    if kind == "hinge":
        body["loss"] = {"kind": "hinge", "margin": rng.choice((1, "5/2", 20))}
    elif kind == "table":
        entry = [{"f": [f], "y": [y], "loss": rng.choice((0, 1, "1/2"))} for y in (-1, 1) for f in (y, 2 * y)]
        body["loss"] = {"kind": "table", "values": entry, "otherwise": 3}
    else:
        body["loss"] = kind
    for sample in body["samples"]:
        if kind in ("table", "misclassified"):
            sample["y"] = [rng.choice((-1, 1))]
        elif kind == "hinge":
            sample["y"] = [rng.choice((-1, 1, 2)) for _ in sample["y"]]
        else:
            half = rng.choice(("", "/2"))
            sample["y"] = [f"{rng.randint(-reach, reach)}{half}" for _ in sample["y"]]
    last = body["layers"][-1]
    if kind in ("table", "misclassified"):
        last["units"] = 1
    if rng.random() < 0.4:
        last["activation"] = rng.choice(("sign", "relu", "abs", "step", {"kind": "scale", "factor": "-1/2"}))
    return body


@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss_against_brute_force(kind: str, used: list[int]) -> None:
    rng = Random(kind)
    for _ in range(30):
        _agrees(dnnt.parse(json.dumps(_with_loss(rng, _instance(rng), kind)).encode()))


def test_concave_intervals() -> None:
    relu = [max(0, d - 3) for d in range(8)]
    assert concave_intervals(relu) == [(0, 3), (4, 7)]
    assert concave_intervals([-v for v in relu]) == [(0, 7)]
    assert concave_intervals([5]) == [(0, 0)]
    assert concave_intervals([d * d for d in range(5)]) == [(0, 1), (2, 3), (4, 4)]


def _digits(
    targets: tuple[Any, Any, Any],
    activation: Any = "relu",
    weights: Any = (-1, 0, 1),
    loss: Any = "squared",
    outer: str = "identity",
) -> dnnt.Instance:
    """Three images of 64 pixels from 0 to 16, many of them 0, eight units."""
    rng = Random(7)
    dark = [rng.random() < 0.4 for _ in range(64)]
    images = [[0 if dark[j] else rng.randint(0, 16) for j in range(64)] for _ in targets]
    body = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 64,
        "layers": [
            {"units": 8, "activation": activation, "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
            {"units": 1, "activation": outer, "weights": list(weights), "bias": [0]},
        ],
        "samples": [{"x": x, "y": [y]} for x, y in zip(images, targets, strict=True)],
        "loss": loss,
    }
    return instance_file.from_json(body)


@pytest.mark.parametrize(
    "targets", [(30000, 20000, 30000), (30000, -20000, 30000), (-30000, -20000, 30000), (-9000, -9000, -9000)]
)
def test_far_targets_of_large_units(targets: tuple[int, int, int]) -> None:
    answer = dnnt.solve(_digits(targets), time_limit=20)
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    assert answer.seconds < 5


@pytest.mark.parametrize("activation", ["identity", "abs"])
def test_other_activations(activation: Any) -> None:
    answer = dnnt.solve(_digits((30000, -20000, 30000), activation), time_limit=20)
    assert (answer.status, answer.assurance) == ("optimal", "checked")


@pytest.mark.parametrize(
    ("targets", "loss", "outer", "least"),
    [
        (("103/2", "49/2", "97/2"), "absolute", "identity", "3/2"),
        (("103/2", "-49/3", 7), "squared", "identity", "13/36"),
        ((30000, -20000, 30000), "maximum", "identity", None),
        ((30000, -20000, 30000), "absolute", "identity", None),
        ((1, -1, 1), "misclassified", "identity", 0),
        ((1, -1, 1), {"kind": "hinge", "margin": "5/2"}, "identity", 0),
        ((1, 1, 1), {"kind": "hinge", "margin": 30000}, "identity", None),
        ((100, -50, 7), "zero_one", "identity", 0),
        ((10**6, -50, "1/2"), "zero_one", "identity", 2),
        ((1, -1, 1), "zero_one", "sign", 0),
        ((-3, 12, "101/2"), "squared", "relu", "37/4"),
    ],
)
def test_other_losses_of_large_units(targets: Any, loss: Any, outer: str, least: Any) -> None:
    answer = dnnt.solve(_digits(targets, loss=loss, outer=outer), time_limit=20)
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    assert least is None or answer.loss == Fraction(least)
    assert answer.seconds < 8


@pytest.mark.parametrize("loss", ["absolute", "zero_one"])
def test_a_way_back_that_takes_too_much(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the search begins with what is known."""

    def thick(*given: Any) -> Any:
        raise Thick

    monkeypatch.setattr(thin.ThinSearch, "_recovered", thick)
    answer = dnnt.solve(_digits((30000, -20000, 30000), loss=loss), time_limit=20)
    assert (answer.status, answer.assurance) == ("optimal", "checked")
