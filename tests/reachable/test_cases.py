"""Cases of units of each kind: against brute force, against the other methods, and images of real size."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.formats import instance_file
from dnnt.reachable import by_cases, cases, probe, thin, thin_size
from dnnt.reachable.case_tree import filled, worth

ACTIVATIONS: list[Any] = [
    *("relu", "relu", "relu", "abs", "sign", "step", "identity"),
    {"kind": "clip", "low": 0, "high": 9},
    {"kind": "leaky_relu", "slope": "1/2"},
]


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every unit counts as large, and nothing ends near the face; how often the cases were begun, ended, divided."""
    counts = [0, 0, 0]
    search: Callable[..., Any] = by_cases.ByCases.search
    least: Callable[..., Any] = by_cases.ByCases.least

    def counted(*given: Any) -> Any:
        ended = search(*given)
        counts[0] += 1
        if ended is not None:
            counts[1] += 1
            counts[2] += ended[1] is not None and len(ended[1].cases) > 1
        return ended

    def counted_least(*given: Any) -> Any:
        grounds = least(*given)
        counts[1] += grounds is not None
        return grounds

    monkeypatch.setattr(thin_size, "FEW", -1.0)
    monkeypatch.setattr(thin.ThinSearch, "_near_face", lambda *_: None)
    monkeypatch.setattr(probe, "_others", lambda *_: [])
    monkeypatch.setattr(by_cases.ByCases, "search", counted)
    monkeypatch.setattr(by_cases.ByCases, "least", counted_least)
    return counts


def near_the_hull(rng: Random) -> dict[str, Any]:
    """Few inputs with values up to 16, targets inside and outside of what can be reached."""
    samples, inputs = rng.choice((1, 2, 3, 3)), rng.choice((2, 3))
    units = rng.choice((1, 2, 2, 3) if inputs == 2 else (1, 2))
    most = rng.choice((2, 6, 16))
    top = units * most * inputs
    body: dict[str, Any] = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "layers": [
            {
                "units": units,
                "activation": rng.choice(ACTIVATIONS),
                "weights": [-1, 0, 1],
                "bias": rng.choice(([-1, 0, 1], [0], [0, 1], [-5, 3])),
            },
            {
                "units": 1,
                "activation": "identity",
                "weights": rng.choice(([-1, 0, 1], [-1, 1], [0, 1], [1], [-2, 1], [-1, 0, 2])),
                "bias": rng.choice(([0], [0], [-1, 1])),
            },
        ],
        "samples": [
            {"x": [rng.randint(0, most) for _ in range(inputs)], "y": [rng.randint(-top, top) * rng.choice((1, 1, 2))]}
            for _ in range(samples)
        ],
        "loss": "squared",
    }
    if rng.random() < 0.25:
        body["gamma"] = rng.choice((0, 1, 5, 30, 100, 1000))
    return body


@pytest.mark.parametrize("seed", range(4))
def test_against_brute_force(seed: int, forced: list[int]) -> None:
    rng = Random(seed)
    for _ in range(20):
        instance = dnnt.parse(json.dumps(near_the_hull(rng)).encode())
        if (dnnt.info(instance).parameter_choices or 0) > 10_000:
            continue
        mine = dnnt.solve(instance, method="reachable")
        truth = dnnt.solve(instance, method="brute-force", check=False)
        assert (mine.status, mine.answer, mine.assurance) == (truth.status, truth.answer, "checked")
        if instance.gamma is None:
            assert mine.loss == truth.loss
    assert forced[1] > 4
    assert forced[0] - forced[1] < 3, "the cases come to an end nearly always"


def test_against_whole_sets(forced: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """More units than brute force can try."""
    rng = Random(11)
    for _ in range(12):
        body = near_the_hull(rng)
        body["layers"][0]["units"] = rng.choice((4, 5, 8))
        body.pop("gamma", None)
        instance = dnnt.parse(json.dumps(body).encode())
        mine = dnnt.solve(instance, method="reachable")
        with monkeypatch.context() as patch:
            patch.setattr(thin_size, "FEW", 99.0)
            truth = dnnt.solve(instance, method="reachable", check=False)
        assert (mine.status, mine.loss, mine.assurance) == ("optimal", truth.loss, "checked")
    assert forced[1] > 4


def images(targets: tuple[int, int, int], second: list[int], bias: Any, seed: int = 7) -> dnnt.Instance:
    """Three images of 64 pixels from 0 to 16 that are much alike, as digits are; eight units."""
    rng = Random(seed)
    ink = [rng.choice((0, 0, 8, 16)) for _ in range(64)]
    pixels = [[min(16, max(0, p + rng.choice((-8, -4, 0, 0, 0, 4)))) for p in ink] for _ in targets]
    body = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 64,
        "layers": [
            {"units": 8, "activation": "relu", "weights": [-1, 0, 1], "bias": bias},
            {"units": 1, "activation": "identity", "weights": second, "bias": [0]},
        ],
        "samples": [{"x": x, "y": [y]} for x, y in zip(pixels, targets, strict=True)],
        "loss": "squared",
    }
    return instance_file.from_json(body)


@pytest.mark.parametrize(
    ("targets", "second", "bias"),
    [
        ((3000, 2000, 3000), [-1, 0, 1], [-1, 0, 1]),
        ((1500, -1300, -1400), [-1, 0, 1], [-1, 0, 1]),
        ((1500, -200, -900), [-1, 1], [0]),
        ((-750, -714, -550), [-1, 0, 1], {"from": -20, "to": 20}),
    ],
)
def test_targets_near_the_hull(targets: tuple[int, int, int], second: list[int], bias: Any) -> None:
    answer = dnnt.solve(images(targets, second, bias), time_limit=60)
    assert (answer.status, answer.assurance) == ("optimal", "checked")


def test_limits_keep_the_best() -> None:
    answer = dnnt.solve(images((1500, -1300, -1400), [-1, 0, 1], [-1, 0, 1]), time_limit=0.5)
    assert answer.parameters is not None
    assert answer.bound is not None


def test_greedy_is_greatest() -> None:
    """`worth` against all numbers of units within the intervals."""
    rng = Random(3)
    for _ in range(200):
        kinds, times = rng.randint(1, 4), rng.randint(0, 5)
        low = [rng.choice((0, 0, 1)) for _ in range(kinds)]
        high = [a + rng.randint(0, 4) for a in low]
        values = [rng.randint(-9, 9) for _ in range(kinds)]
        sums = [
            sum(n * v for n, v in zip(counts, values, strict=True))
            for counts in product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))
            if sum(counts) == times
        ]
        if not sums:
            assert worth(values, low, high, times) < -(10**20)
            continue
        assert worth(values, low, high, times) == max(sums)
        chosen = filled(values, low, high, times)
        assert sum(n * v for n, v in zip(chosen, values, strict=True)) == max(sums)


@pytest.mark.parametrize("targets", [(400, -300, -300), (300, -250, -300)])
def test_targets_inside_the_hull(targets: tuple[int, int, int]) -> None:
    """Some network gives exactly these outputs."""
    answer = dnnt.solve(images(targets, [-1, 0, 1], [-1, 0, 1]), time_limit=60)
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", 0, "checked")


def test_open_cases_leave_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that has no end: the best found, and what is proved of all cases together."""
    monkeypatch.setattr(cases, "MOST_CASES", 0)
    answer = dnnt.solve(images((1500, -1300, -1400), [-1, 0, 1], [-1, 0, 1]), time_limit=60)
    assert (answer.status, answer.stop, answer.assurance) == ("feasible", "time", "checked")
    assert answer.bound is not None and answer.loss is not None
    assert 2_700_000 < answer.bound < answer.loss < 2_800_000
