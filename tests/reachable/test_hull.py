"""The last step for convex losses against brute force, by every way that it may end, for both goals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

import dnnt
from dnnt.evaluation import evaluate
from dnnt.formats import certificate_file, json_text
from dnnt.reachable import hull
from dnnt.reachable.assemble import parameters_of
from dnnt.reachable.found import Found, Grounds
from dnnt.running import Run
from dnnt.testing import Oracle, check_method, forced
from dnnt.testing.contract import HULL_WAYS
from dnnt.testing.near_instances import random_near_known
from tests.reachable.hulls import Case, case_of

WAYS = (None, *HULL_WAYS, "none")


@contextmanager
def end(way: str | None) -> Iterator[None]:
    """The last step ends that way, as far as it is open."""
    with forced(last=way):
        yield


@cache
def known(seed: int) -> tuple[dnnt.Instance, Oracle, Case]:
    """A random instance with its losses and its parts."""
    instance, truth = random_near_known(Random(f"alone {seed}"), 150)
    return instance, truth, case_of(instance)


@pytest.mark.parametrize("way", WAYS)
def test_answers_and_certificates(way: str | None) -> None:
    """The whole path of a solve, with the checker's verdict."""
    for seed in range(8):
        instance, truth = random_near_known(Random(f"hull {way} {seed}"), 300)
        with end(way):
            check_method(instance, "reachable", truth)


@pytest.mark.parametrize("way", [None, *HULL_WAYS])
def test_by_hull_alone(way: str | None) -> None:
    """Thresholds below, at and above the least loss, and none: what is found, excluded on the way, and how it ends."""
    ended: Counter[str] = Counter()
    for seed in range(40):
        instance, truth, case = known(seed)
        least = truth.losses[0]
        half = Fraction(least) / 2 - 1
        for threshold in (None, least, least - Fraction(1, 3), half, least + Fraction(2, 7), truth.losses[-1]):
            found: list[Found] = []
            told: list[Any] = []

            def excluded(loss: Any, grounds: Grounds, told: list[Any] = told) -> None:
                told.append(loss)

            with end(way):
                said = hull.by_hull(case.parts, case.terms, threshold, Run(), found.append, excluded)
            assert all(loss <= least for loss in told), "an excluded loss that is reached"
            assert all(each.loss in truth.losses for each in found)
            if said is None:
                ended["left open"] += 1
                continue
            ended[said.grounds.last + (", slack" if said.grounds.slack is not None else "")] += 1
            ended["window"] += said.grounds.window
            if threshold is not None and least > threshold:
                assert said.found is None
                continue
            assert said.found is not None
            assert said.found.loss == least if threshold is None else said.found.loss <= threshold
            chosen = parameters_of(instance.network, case.program, said.found.way(Run()))
            judged = evaluate(instance, chosen)
            assert judged.inside
            assert judged.total == said.found.loss
    mostly = {None: "points, slack", "face": "points, slack", "box": "boxes"}
    assert ended[mostly.get(way, "targets")] > 20, ended


def layered(units: int, weights: Any, out: Any, points: Any, loss: str = "squared", activation: Any = "relu") -> Any:
    layers = [
        {"units": units, "activation": activation, "weights": weights, "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": out, "bias": [0]},
    ]
    return dnnt.layered(1, layers, points, loss=loss)


@pytest.mark.parametrize("units", [1, 2, 5, 12, 40, 10**3, 10**6, 10**30, 10**100])
def test_counts_of_any_size(units: int) -> None:
    """Far outside every unit is at its best: -1 with relu gives nothing; 1 and a bias of 1 gives 2 and 4."""
    far = layered(units, [-1, 0, 1], [1], [([1], [3 * units + 7]), ([3], [5 * units + 9])])
    answer = dnnt.solve(far, method="reachable")
    assert (answer.loss, answer.assurance) == ((units + 7) ** 2 + (units + 9) ** 2, "checked")
    below = layered(units, [-1, 0, 1], [1], [([1], [-Fraction(7, 2)]), ([3], [-2])])
    answer = dnnt.solve(below, method="reachable")
    assert (answer.loss, answer.assurance) == (Fraction(49, 4) + 4, "checked")


def test_free_coordinates_and_fixed_outputs() -> None:
    """A sample of weight 0 leaves its coordinate free; an output of fixed values costs the same always."""
    edges: list[Any] = []
    for i in range(4):
        edges.append({"from": "s", "to": f"h{i}", "weights": [[-1, 0, 2]], "bias": [0, 1]})
        edges.append({"from": f"h{i}", "to": "t", "weights": [[1, 3]], "bias": [0]})
    vertices = [(f"h{i}", "relu") for i in range(4)] + [("t", "identity"), ("c", {"kind": "constant", "value": 3})]
    for y in (30, 5, -7, Fraction(9, 2)):
        points: list[Any] = [([2], [y, 5]), {"x": [1], "y": [100, 0], "weight": 0}]
        instance = dnnt.graph(1, vertices, ["t", "c"], edges, points, loss="squared")
        single = [w * a for w in (1, 3) for a in (0, 1, 4, 5)]
        total = {0}
        for _ in range(4):
            total = {a + b for a in total for b in single}
        for way in WAYS:
            with end(way):
                answer = dnnt.solve(instance, method="reachable")
            assert (answer.loss, answer.assurance) == (min((a - y) ** 2 for a in total) + 4, "checked")


def test_windows_of_gaps() -> None:
    """Sums of 0, 3 and 5: what lies in between is in no window; one other unit adds 0 or 11."""
    for units in (3, 8, 30):
        edges: list[Any] = [{"from": "s", "to": "g", "weights": [[0, 11]], "bias": [0]}]
        edges.append({"from": "g", "to": "t", "weights": [[1]], "bias": [0]})
        for i in range(units):
            edges.append({"from": "s", "to": f"h{i}", "weights": [[0, 3, 5]], "bias": [0]})
            edges.append({"from": f"h{i}", "to": "t", "weights": [[1]], "bias": [0]})
        vertices = [("t", "identity"), ("g", "relu"), *((f"h{i}", "relu") for i in range(units))]
        total = {0, 11}
        for _ in range(units):
            total = {a + b for a in total for b in (0, 3, 5)}
        for y in (1, 2, 4, 7, 5 * units + 10, 5 * units + 8, Fraction(5 * units + 2)):
            instance = dnnt.graph(1, vertices, ["t"], edges, [([1], [y])], loss="squared")
            for way in HULL_WAYS:
                with end(way):
                    answer = dnnt.solve(instance, method="reachable")
                assert (answer.loss, answer.assurance) == (min((a - y) ** 2 for a in total), "checked")


def test_large_and_long_numbers() -> None:
    """Numbers that no float holds."""
    for huge in (10**29 + 7, 10**400 + 3, Fraction(1, 10**400 + 3)):
        instance = layered(3, [0, huge], [1], [([1], [10 * huge]), ([-2], [-huge])])
        answer = dnnt.solve(instance, method="reachable")
        options = {(max(w + b, 0), max(b - 2 * w, 0)) for w in (0, huge) for b in (0, 1)}
        pairs: set[Any] = {(0, 0)}
        for _ in range(3):
            pairs = {(a + c, b + d) for a, b in pairs for c, d in options}
        assert answer.loss == min((a - 10 * huge) ** 2 + (b + huge) ** 2 for a, b in pairs)
        assert answer.assurance == "checked"


def test_a_slack_is_written_and_read() -> None:
    """The certificate's file is that of its values, and back."""
    answer = dnnt.solve(layered(5, [-1, 0, 1], [1], [([1], [40]), ([3], [Fraction(99, 2)])]), method="reachable")
    assert answer.certificate is not None
    raw = certificate_file.to_bytes(answer.certificate)
    assert b'"slack"' in raw
    assert certificate_file.from_json(json_text.parse(raw)) == answer.certificate


def test_a_limit_keeps_what_is_proved() -> None:
    """Bounds rise, and never above the least loss."""
    instance, truth = random_near_known(Random("limit 3"), 300)
    case = case_of(replace(instance, gamma=None))
    told: list[Any] = []
    with patch.object(hull, "MOST_NEAR", -1.0):
        hull.by_hull(case.parts, case.terms, None, Run(), lambda found: None, lambda loss, grounds: told.append(loss))
    assert told == sorted(told)
    assert all(loss <= truth.losses[0] for loss in told)
