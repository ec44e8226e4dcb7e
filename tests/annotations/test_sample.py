"""Draws are uniform and independent: chi-square tests with fixed seeds, so that each result is the same every time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import sqrt

import pytest

import dnnt
from dnnt.instance import Instance
from dnnt.testing import check_annotations

EQUAL_UNITS = dnnt.graph(
    2,
    [("h", "relu"), ("g", "relu"), ("dead", "abs"), ("t", "identity")],
    ["t"],
    [
        *({"from": "s", "to": name, "weights": [[0, 1], [0, 1]], "bias": [0]} for name in "hg"),
        *({"from": name, "to": "t", "weights": [[-1, 0, 1]], "bias": [0]} for name in "hg"),
        {"from": "h", "to": "dead", "weights": [[3, 4, 7]], "bias": [0]},
    ],
    [((1, 1), (1,)), ((2, 2), (2,))],
)
"""Two equal units, two equal columns each, and a dead vertex with three options."""

DEEP = dnnt.layered(
    1,
    [{"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]} for units in (1, 2, 1)],
    [((1,), (1,))],
)

NO_SAMPLES = dnnt.layered(1, [{"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [0, 1]}])


def chi_square(observed: Counter[object], cells: int) -> float:
    """Pearson's statistic against equal probabilities of so many cells."""
    expected = sum(observed.values()) / cells
    return sum((observed[cell] - expected) ** 2 / expected for cell in observed) + (cells - len(observed)) * expected


def critical(degrees: int, deviations: float = 3.0902) -> float:
    """The value that chi-square exceeds with probability 0.001 (Wilson and Hilferty's approximation)."""
    spread = 2 / (9 * degrees)
    return degrees * (1 - spread + deviations * sqrt(spread)) ** 3


def test_the_critical_value() -> None:
    """Tables say 29.588 for 10 and 149.449 for 100 degrees of freedom."""
    for degrees, value in ((10, 29.588), (100, 149.449)):
        assert critical(degrees) == pytest.approx(value, rel=0.02)


def test_the_instances_against_brute_force() -> None:
    for instance in (EQUAL_UNITS, DEEP, NO_SAMPLES):
        check_annotations(instance)


@pytest.mark.parametrize(
    ("instance", "gamma", "cells"),
    [(EQUAL_UNITS, None, 84), (EQUAL_UNITS, 5, 270), (DEEP, 0, 14), (NO_SAMPLES, None, 36)],
)
def test_uniform(instance: Instance, gamma: int | None, cells: int) -> None:
    """Every good choice is drawn about equally often."""
    good = {each.parameters for each in dnnt.enumerate_(instance, gamma=gamma)}
    assert len(good) == cells == dnnt.count(instance, gamma=gamma).count
    drawn = Counter[object](each.parameters for each in dnnt.sample(instance, 40 * cells, seed=11, gamma=gamma))
    assert set(drawn) <= good
    assert chi_square(drawn, cells) < critical(cells - 1)


def test_draws_are_independent() -> None:
    """Pairs of a draw and the next one are about equally frequent too."""
    drawn = [each.parameters for each in dnnt.sample(DEEP, 8000, seed=3, gamma=0)]
    pairs = Counter[object](pairwise(drawn))
    assert chi_square(pairs, 14 * 14) < critical(14 * 14 - 1)


def test_a_biased_sampler_would_be_seen() -> None:
    """Half of the choices a quarter too rare, the other half a quarter too frequent: the test has the power to tell."""
    halves = Counter[object]({cell: 30 if cell < 45 else 50 for cell in range(90)})
    assert chi_square(halves, 90) > critical(89)


def test_seeds() -> None:
    assert dnnt.sample(EQUAL_UNITS, 20, seed=1) == dnnt.sample(EQUAL_UNITS, 20, seed=1)
    assert dnnt.sample(EQUAL_UNITS, 20, seed=1) != dnnt.sample(EQUAL_UNITS, 20, seed=2)
