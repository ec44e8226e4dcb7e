"""With one output the largest distance is the sum of one distance: whatever is known of `absolute` holds for it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.losses import loss
from dnnt.testing import check_method, forced, oracle
from dnnt.testing.contract import HULL_WAYS


def small(seed: int) -> dnnt.Instance:
    """Few units with unlike weights, labels near and far, and samples that share an input."""
    rng = Random(seed)
    numbers: list[Any] = [-2, -1, 0, 1, 2, 3, Fraction(1, 2)]
    layers = [
        {
            "units": rng.randint(1, 2),
            "activation": rng.choice(["relu", "abs", "identity", "step"]),
            "weights": rng.sample(numbers, 2),
            "bias": rng.sample(numbers, rng.randint(1, 2)),
        },
        {
            "units": 1,
            "activation": rng.choice(["identity", "identity", "identity", "relu"]),
            "weights": rng.sample(numbers, 2),
            "bias": rng.sample(numbers, rng.randint(1, 2)),
        },
    ]
    points = [(rng.randint(-3, 3), rng.randint(-3, 3)) for _ in range(2)]
    samples = [
        (rng.choice(points), (rng.choice([*numbers, 9, -30, Fraction(77, 2)]),), rng.choice([1, 1, 2, Fraction(1, 3)]))
        for _ in range(rng.randint(1, 4))
    ]
    return dnnt.layered(2, layers, samples, loss="maximum")


def many(labels: tuple[Any, Any], name: str = "maximum") -> dnnt.Instance:
    """10^6 equal units: at the two inputs one gives (±) a sum of a few of (1, 3), (2, -1) and (1, 1), or nothing."""
    layers = [
        {"units": 10**6, "activation": "relu", "weights": [-1, 0, 1, 2], "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    return dnnt.layered(2, layers, [((1, 2), (labels[0],)), ((3, -1), (labels[1],))], loss=name)


@pytest.mark.parametrize("way", [None, *HULL_WAYS])
def test_against_brute_force(way: str | None) -> None:
    for seed in range(30):
        instance = small(seed)
        truth = oracle(instance)
        with forced(last=way):
            check_method(instance, "reachable", truth)
            best = dnnt.solve(instance, method="reachable")
        assert (best.status, best.loss, best.assurance) == ("optimal", truth.least, "checked"), seed


@pytest.mark.parametrize("seed", range(0, 80, 8))
def test_it_is_proved_as_absolute_is(seed: int) -> None:
    """The grounds are the same, and the instance is written with the loss that was given."""
    instance = small(seed)
    first, second = (
        dnnt.solve(replace(instance, loss=loss(name)), method="reachable") for name in ("maximum", "absolute")
    )
    assert first.certificate is not None
    assert second.certificate is not None
    assert first.certificate.lower == second.certificate.lower
    assert instance.loss.to_json() == "maximum"


@pytest.mark.parametrize(
    ("labels", "least"),
    [
        ((Fraction(1001, 2), -400), Fraction(1, 2)),
        ((Fraction(1001, 2), Fraction(-801, 2)), 1),
        ((10**8, 10**8), 188_000_000),
        ((10**8, -(10**8)), 193_000_000),
    ],
)
def test_very_many_equal_units(labels: tuple[Any, Any], least: Any) -> None:
    """Labels half a unit from a state that is reached, and labels far outside."""
    answer = dnnt.solve(many(labels), time_limit=60)
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", least, "checked")
    assert answer.loss == dnnt.solve(many(labels, "absolute"), time_limit=60).loss
