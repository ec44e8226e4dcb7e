"""Bounds on the loss of given parameters: against exact evaluation, and on numbers that cannot be written."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from dnnt.activations import KINDS
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.instance import Instance, graph
from dnnt.parameters import first_choice
from dnnt.signs import from_network
from dnnt.signs.from_network import TotalBounds, total_bounds

ACTIVATIONS: list[Any] = [
    "identity", "identity", "relu", "abs", "square", "quarter_square", "step", "sign", "floor", "digit_code",
    "digit_product",
    {"kind": "scale", "factor": "-2/3"},
    {"kind": "leaky_relu", "slope": "1/2"},
    {"kind": "constant", "value": 3},
    {"kind": "clip", "low": -2, "high": "7/2"},
    {"kind": "clip", "low": 1, "high": 1},
    {"kind": "piecewise_linear", "points": [[-3, 1], [0, 2], ["9/2", -1]], "left": 2, "right": -1},
    {"kind": "piecewise_linear", "points": [[1, 1]], "left": 0, "right": "1/3"},
    {"kind": "table", "values": [[0, 5], [4, -1]], "otherwise": 2},
]  # fmt: skip

LOSSES: list[Any] = [
    "squared", "absolute", "maximum", "zero_one", "positive",
    {"kind": "hinge", "margin": 3},
    {"kind": "table", "values": [{"f": [4, 2], "y": [0, 1], "loss": 5}, {"f": [1, 1], "y": [0, 1], "loss": 3}],
     "otherwise": 1},
    {"kind": "pairs", "size": 2, "allowed": [[[1, 1], [2, 2]], [[1, 2]]]},
    {"kind": "printed_pairs", "size": 2, "allowed": [[[1, 1], [2, 2]], [[1, 2]]]},
    "misclassified",
]  # fmt: skip


def random_restricted(random: Random) -> Instance:
    """A deep network without a choice, whose numbers grow."""
    count = random.randrange(2, 12)
    names = [f"v{i}" for i in range(count)]
    vertices = [{"id": name, "activation": random.choice(ACTIVATIONS)} for name in names]
    edges = []
    for i, name in enumerate(names):
        for _ in range(random.randrange(1, 4)):
            tail = random.choice(["s", *names[max(0, i - 4) : i]]) if i else "s"
            weights = [[random.choice([1, 1, -1, 2, "1/2", -3])] for _ in range(2 if tail == "s" else 1)]
            edges.append({"from": tail, "to": name, "weights": weights, "bias": [random.choice([0, 0, 1, "-1/3"])]})
    loss = random.choice(LOSSES)
    outputs = random.sample(names, 2)
    points = [[random.choice([0, 1, -2, 7, "5/2"]) for _ in range(2)] for _ in range(2)]
    samples = [
        {"x": random.choice(points), "y": random.choice([[0, 1], [1, 0]]), "weight": random.choice([1, 2, 0, "1/2"])}
        for _ in range(3)
    ]
    return graph(2, vertices, outputs, edges, samples, loss)


def holds(bounds: TotalBounds, total: Number) -> None:
    if bounds.exact is not None:
        assert bounds.exact == total
    assert bounds.least() <= total
    for q in (total, total - 1, total + 1, total - Fraction(1, 1000), 0, 10**30):
        assert bounds.at_most(q) in (total <= q, None)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("bits", [16, 40])
def test_against_evaluation(seed: int, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With numbers of so few bits, nearly everything is a ball."""
    monkeypatch.setattr(from_network, "LADDER", ((0, bits),))
    random = Random(seed)
    for _ in range(10):
        instance = random_restricted(random)
        chosen = first_choice(instance.network)
        holds(total_bounds(instance, chosen), evaluate(instance, chosen).total)


def test_every_activation_of_a_file_is_met() -> None:
    met = {each if isinstance(each, str) else each["kind"] for each in ACTIVATIONS}
    assert set(KINDS) - met <= {"printed_code", "printed_product", "windows"}


def squares(depth: int, x: Number, last: Any, loss: Any, y: Number) -> Instance:
    """The input squared so many times, then a vertex with an activation."""
    vertices = [(f"v{i}", "square") for i in range(depth)] + [("t", last)]
    names = ["s", *(name for name, _ in vertices)]
    edges = [{"from": tail, "to": head, "weights": [[1]], "bias": [0]} for tail, head in pairwise(names)]
    return graph(1, vertices, ["t"], edges, [([x], [y])], loss)


@pytest.mark.parametrize(
    ("last", "loss", "y", "total"),
    [
        ("relu", "zero_one", 1, 1),
        ("step", "absolute", 5, 4),
        ("sign", "squared", 1, 0),
        ({"kind": "clip", "low": 0, "high": 7}, "absolute", 5, 2),
        ({"kind": "scale", "factor": -1}, "positive", 1, 2),
        ({"kind": "piecewise_linear", "points": [[9, 4]], "left": 1, "right": 0}, "absolute", 1, 3),
        ({"kind": "constant", "value": 8}, "squared", 7, 1),
        ("identity", "misclassified", -1, 1),
        ("identity", {"kind": "hinge", "margin": 3}, 1, 0),
        ("identity", {"kind": "table", "values": [{"f": [2], "y": [1], "loss": 9}], "otherwise": 4}, 1, 4),
    ],
)
def test_numbers_that_cannot_be_written(last: Any, loss: Any, y: Number, total: Number) -> None:
    """3^(2^2000), and what is known of functions of it."""
    instance = squares(2000, 3, last, loss, y)
    bounds = total_bounds(instance, first_choice(instance.network))
    if loss == {"kind": "hinge", "margin": 3}:
        # A ball around 0 cannot be told from 0.
        assert bounds.at_most(1) is True
    else:
        assert bounds.exact == total


def test_losses_that_cannot_be_written() -> None:
    instance = squares(2000, 3, "identity", "squared", 1)
    bounds = total_bounds(instance, first_choice(instance.network))
    assert bounds.exact is None
    assert bounds.at_most(10**1000) is False
    assert bounds.least() == 2**256


def test_what_is_unknown_stays_so() -> None:
    instance = squares(2000, 3, "floor", "squared", 1)
    bounds = total_bounds(instance, first_choice(instance.network))
    assert (bounds.low, bounds.high, bounds.exact, bounds.at_most(5)) == (0, None, None, None)
