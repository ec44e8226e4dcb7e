"""Boxes of states: small ones against all states by all means, and very many equal units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.certificate import ReachableStates
from dnnt.instance import Instance
from dnnt.reachable import box_windows, by_boxes, halves, search
from dnnt.reachable.lines import lower_hull
from dnnt.testing.state_oracle import TooMany, state_oracle

LOSSES = ("absolute", "hinge", "maximum", "zero_one", "misclassified", "table", "squared")
OUTPUTS: tuple[Any, ...] = (
    "relu",
    "abs",
    "sign",
    "step",
    {"kind": "clip", "low": -3, "high": Fraction(9, 2)},
    {"kind": "leaky_relu", "slope": Fraction(-1, 2)},
    {"kind": "scale", "factor": Fraction(-3, 2)},
    {"kind": "table", "values": [[0, 3], [2, -1], [Fraction(7, 2), 5]], "otherwise": 1},
    {"kind": "piecewise_linear", "points": [[-2, 1], [0, 0], [3, 5]], "left": 0, "right": -1},
)
ACTIVATIONS = ("relu", "relu", "identity", "abs", "sign", "square")


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Boxes come first, however small; how often they were begun, and ended the search."""
    counts = [0, 0]
    begun: Callable[..., Any] = by_boxes.by_boxes

    def counted(*given: Any) -> Any:
        found = begun(*given)
        counts[0] += 1
        counts[1] += found is not None
        return found

    monkeypatch.setattr(search, "LEAST_TIMES", 0)
    monkeypatch.setattr(search, "LEAST_SPAN", 0.0)
    monkeypatch.setattr(halves, "LEAST_TIMES", 0)
    monkeypatch.setattr(by_boxes, "by_boxes", counted)
    return counts


def loss_of(rng: Random, kind: str, labels: list[Any]) -> Any:
    if kind == "hinge":
        return {"kind": "hinge", "margin": rng.choice((0, 1, Fraction(5, 2), 20))}
    if kind == "table":
        entries = [
            {"f": [f], "y": [y], "loss": rng.randint(0, 4)} for y in set(labels) for f in rng.sample(range(-9, 10), 4)
        ]
        return {"kind": "table", "values": entries, "otherwise": rng.randint(0, 5)}
    return kind


def labelled(rng: Random, kind: str, far: int) -> Any:
    if kind == "misclassified" or (kind == "hinge" and rng.random() < 0.6):
        return rng.choice((-1, 1))
    return rng.choice((rng.randint(-far, far), Fraction(rng.randint(-far, far), 2)))


def instance(rng: Random, units: int, samples: int, far: int, kind: str) -> Instance:
    """A layer of equal units and one output, at times with an activation; samples of weight 0, and two of one input,
    among the samples.
    """
    inputs = rng.randint(1, 2)
    points = [tuple(rng.randint(-3, 3) for _ in range(inputs)) for _ in range(samples)]
    if rng.random() < 0.3:
        points.append(points[0])
    labels = [labelled(rng, kind, far) for _ in points]
    weights = [rng.choice((1, 1, 1, 0, 2, Fraction(3, 2))) for _ in points]
    layers = [
        {
            "units": units,
            "activation": rng.choice(ACTIVATIONS),
            "weights": rng.sample(range(-3, 4), rng.randint(1, 3)),
            "bias": rng.sample(range(-3, 4), rng.randint(1, 2)),
        },
        {
            "units": 1,
            "activation": rng.choice(OUTPUTS) if kind == "squared" or rng.random() < 0.5 else "identity",
            "weights": rng.sample([-2, -1, 1, 2, Fraction(1, 2)], rng.randint(1, 3)),
            "bias": rng.choice(([0], [0, 1], [-2, 3])),
        },
    ]
    made = [(x, (y,), w) for x, y, w in zip(points, labels, weights, strict=True)]
    return dnnt.layered(inputs, layers, made, loss=loss_of(rng, kind, labels))


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("room", [10_000, 40])
def test_against_all_states(kind: str, room: int, forced: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The least loss, and thresholds at it, below and above; all are checked. With little room boxes are split more."""
    monkeypatch.setattr(box_windows, "MOST_PAIRS", room)
    rng = Random(f"{kind} {room}")
    compared = 0
    while compared < 12:
        one = instance(rng, rng.randint(1, 4), rng.randint(1, 3), rng.choice((3, 5, 30, 100)), kind)
        try:
            right = state_oracle(one).least
        except TooMany:
            continue
        assert right is not None
        found = dnnt.solve(one, method="reachable")
        assert (found.status, found.assurance, found.loss) == ("optimal", "checked", right)
        for gamma in (right, right - Fraction(1, 1000), right + Fraction(1, 3)):
            decided = dnnt.solve(replace(one, gamma=dnnt.exact.normal(gamma)), method="reachable")
            assert (decided.answer, decided.assurance) == ("yes" if gamma >= right else "no", "checked")
        compared += 1
    assert forced[1] > 0.4 * forced[0] > 0


@pytest.mark.parametrize("kind", LOSSES[:5])
@pytest.mark.parametrize("units", [10**3, 10**6, 10**100])
def test_very_many_units(kind: str, units: int) -> None:
    """Two samples, labels in reach, between two states, at the rim and far outside: optimal, and checked."""
    rng = Random(f"{kind} {units}")
    for _ in range(3):
        inputs = [(rng.randint(-3, 3),), (rng.randint(4, 6),)]
        reach = 10 * units
        if kind in ("hinge", "misclassified"):
            labels: list[Any] = [rng.choice((-1, 1)) for _ in inputs]
        else:
            labels = [
                rng.choice((rng.randint(-units, units), Fraction(2 * rng.randint(-units, units) + 1, 2), reach, -reach))
                for _ in inputs
            ]
        loss = {"kind": "hinge", "margin": rng.choice((1, units, 9 * reach))} if kind == "hinge" else kind
        layers = [
            {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 2]},
            {"units": 1, "activation": "identity", "weights": rng.choice(([-1, 1], [1], [-2, 3])), "bias": [0, 1]},
        ]
        one = dnnt.layered(1, layers, [(x, (y,)) for x, y in zip(inputs, labels, strict=True)], loss=loss)
        found = dnnt.solve(one)
        assert (found.status, found.assurance) == ("optimal", "checked")
        assert found.parameters is not None and dnnt.evaluate(one, found.parameters).total == found.loss


@pytest.mark.parametrize("kind", ["squared", "absolute", "zero_one"])
@pytest.mark.parametrize("activation", OUTPUTS, ids=lambda kind: kind if isinstance(kind, str) else kind["kind"])
def test_very_many_units_and_an_activation(activation: Any, kind: str) -> None:
    """Two samples; labels that the output may have or not: optimal, and checked."""
    rng = Random(f"{activation} {kind}")
    layers = [
        {"units": 10**20, "activation": "relu", "weights": [-1, 0, 2], "bias": [-1, 0]},
        {"units": 1, "activation": activation, "weights": [-1, 1], "bias": [0, 5]},
    ]
    labels = [rng.choice((rng.randint(-9, 9), rng.randint(-(10**20), 10**20), Fraction(19, 2))) for _ in range(2)]
    one = dnnt.layered(1, layers, [((1,), (labels[0],)), ((-2,), (labels[1],), 3)], loss=kind)
    found = dnnt.solve(one)
    assert (found.status, found.assurance) == ("optimal", "checked")


def test_a_label_that_residues_forbid() -> None:
    """All outputs on the first sample are even, so its label is missed, whatever the units do on the second."""
    layers = [
        {"units": 10**6, "activation": "identity", "weights": [-2, 0, 2], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [1], "bias": [0]},
    ]
    samples = [((1, 0), (7,), 3), ((1, 1), (10,), 1)]
    found = dnnt.solve(dnnt.layered(2, layers, samples, loss="zero_one"))
    assert (found.status, found.assurance, found.loss) == ("optimal", "checked", 3)
    assert found.certificate is not None and found.certificate.lower is not None
    grounds = found.certificate.lower.grounds
    assert isinstance(grounds, ReachableStates) and grounds.last == "boxes"


@pytest.mark.parametrize("units", [10**5, 10**20])
def test_losses_in_a_part_differ_by_more_than_elsewhere(units: int) -> None:
    """Below the label of the first sample losses end in 2/5, above it in 3/5: there the bound may be raised further."""
    layers = [
        {
            "units": units,
            "activation": {"kind": "clip", "low": -1, "high": 2},
            "weights": {"from": -3, "to": 3},
            "bias": [Fraction(1, 3)],
        },
        {"units": 1, "activation": "identity", "weights": [3], "bias": [3]},
    ]
    samples = [((-1,), (Fraction(2, 5),)), ((2,), (-1,), 2)]
    found = dnnt.solve(dnnt.layered(1, layers, samples, loss="absolute"))
    assert (found.status, found.assurance) == ("optimal", "checked")


@pytest.mark.parametrize("kind", ["squared", "absolute"])
def test_samples_of_weight_0_are_no_coordinates(kind: str) -> None:
    """The second sample costs nothing, however many units there are; the first is missed by a half."""
    layers = [
        {"units": 10**6, "activation": "relu", "weights": [-1, 1], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [-3, 0, 6], "bias": [Fraction(1, 2)]},
    ]
    samples = [((2,), (-2061162,)), ((-1,), (5,), 0)]
    found = dnnt.solve(dnnt.layered(1, layers, samples, loss=kind))
    right = Fraction(1, 4) if kind == "squared" else Fraction(1, 2)
    assert (found.status, found.assurance, found.loss) == ("optimal", "checked", right)


def test_limits_keep_what_is_proved() -> None:
    """A limit in the middle leaves parameters, a bound, and nothing false."""
    layers = [
        {"units": 10**100, "activation": "relu", "weights": [-3, 2, 3], "bias": [1, 6, 9]},
        {"units": 1, "activation": "identity", "weights": [-2, 3], "bias": [-1, 0, 1]},
    ]
    samples = [((-3, 1), (10**99,), 2), ((0, 2), (-(10**98),), 1), ((1, -1), (17,), 1)]
    one = dnnt.layered(2, layers, samples, loss="absolute")
    whole = dnnt.solve(one, time_limit=3)
    for limit in (0.2, 0.4, 0.8):
        found = dnnt.solve(one, time_limit=limit)
        assert found.parameters is not None and found.loss is not None and found.bound is not None
        assert found.bound <= found.loss
        assert whole.loss is None or whole.status != "optimal" or found.bound <= whole.loss <= found.loss


def test_lower_hull() -> None:
    """Corners above the line between others are left out."""
    assert lower_hull([(0, 1), (4, 1), (5, 0), (6, 1), (9, 1)]) == [(0, 1), (5, 0), (9, 1)]
    assert lower_hull([(0, 0), (1, 0), (2, 0)]) == [(0, 0), (2, 0)]
    assert lower_hull([(3, 7)]) == [(3, 7)]
