"""Cuts, residues and windows: valid certificates with exact sizes, and false ones, against the definitions."""

from __future__ import annotations

import copy
import random
import time
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from dnnt_check import capped, quadratics
from tests.dnnt_check.cases import Naive, certificate, encode, reachable
from tests.dnnt_check.lower import FAR, line
from tests.dnnt_check.states import States, dot, grounds_of, random_cuts, random_states, true_residues


def small_states(rng: random.Random, equal: int = 1) -> States:
    """Random states, few enough to list."""
    while True:
        states = random_states(rng, rng.randint(1, 3), equal)
        size = 1
        for summand in [*states.units, *states.rest]:
            size *= len(summand)
        if size <= 1000 and states.width <= 4:
            everything = states.sums([*states.units, *states.rest])
            cells = 1
            for values in zip(*everything, strict=True):
                cells *= int(max(values) - min(values)) * 4 + 1
            if cells <= 5_000:
                return states


def checked(states: States, half: int, cuts: Any, residues: Any, window: bool) -> None:
    """The proof of the least loss passes with exact sizes; more is not passed, nor are smaller sizes."""
    least = min(map(states.loss, states.sums([*states.units, *states.rest])))
    file = states.file()
    grounds = grounds_of(states, half, least, False, cuts, residues, window)
    assert line(file, least, False, grounds).startswith("VALID")
    generous = copy.deepcopy(grounds)
    generous["sizes"] = reachable([], "targets")["sizes"]
    assert line(file, least, True, generous).startswith("INVALID lower: a state with the loss")
    assert line(file, least + Fraction(1, 10**9), False, generous).startswith("INVALID lower: a state with the loss")
    if grounds["sizes"]["last"]:
        for key in ("last", "left", "right"):
            small = copy.deepcopy(grounds)
            small["sizes"][key] -= 1
            assert f"sizes.{key}" in line(file, least, False, small) or "sizes: left or right" in line(
                file, least, False, small
            )


def test_the_definitions_agree_with_brute_force() -> None:
    seen = 0
    for seed in range(25):
        states = small_states(random.Random(f"states {seed}"))
        naive = Naive(states.file())
        if naive.choices() <= 600:
            seen += 1
            least = min(map(states.loss, states.sums([*states.units, *states.rest])))
            assert naive.best()[0] == least
    assert seen >= 5


@pytest.mark.parametrize("seed", range(50))
def test_random_cuts_and_residues(seed: int) -> None:
    rng = random.Random(f"cuts {seed}")
    states = small_states(rng)
    cuts = random_cuts(rng, states.width, rng.randint(0, 3))
    residues = true_residues(rng, states)[: rng.randint(0, 2)]
    checked(states, rng.randint(0, len(states.units)), cuts, residues, False)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("equal", [1, 2, 3, 5])
def test_random_windows(seed: int, equal: int) -> None:
    rng = random.Random(f"windows {seed} {equal}")
    states = small_states(rng, equal)
    cuts = random_cuts(rng, states.width, rng.choice([0, 0, 1, 2]))
    residues = true_residues(rng, states)[: rng.choice([0, 0, 1])]
    checked(states, equal, cuts, residues, True)


@pytest.mark.parametrize("seed", range(20))
def test_cuts_in_the_general_way(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way for any loss agrees with the one for squares."""
    monkeypatch.setattr(quadratics, "LONGEST", -1)
    rng = random.Random(f"cuts {seed}")
    states = small_states(rng)
    cuts = random_cuts(rng, states.width, rng.randint(0, 3))
    residues = true_residues(rng, states)[: rng.randint(0, 2)]
    checked(states, rng.randint(0, len(states.units)), cuts, residues, False)


@pytest.mark.parametrize("seed", range(10))
def test_a_residue_that_is_not_the_only_one(seed: int) -> None:
    rng = random.Random(f"residues {seed}")
    states = small_states(rng)
    while True:
        (vector,) = random_cuts(rng, states.width, 1)
        modulus = rng.choice([2, 3, 7])
        values = [dot(vector, v) for v in states.sums([*states.units, *states.rest])]
        if any(((value - values[0]) / modulus).denominator > 1 for value in values):
            break
    grounds = {**reachable([], "targets"), "residues": [[vector, modulus]]}
    assert "lower.grounds.residues[0]: the vectors of a summand" in line(states.file(), Fraction(0), True, grounds)


@pytest.mark.parametrize("loss", ["absolute", "maximum"])
def test_no_targets_beyond_a_cut(loss: str) -> None:
    """One output: the largest distance is the sum of one. The labels are a million beyond what 10^6 units reach."""
    instance = copy.deepcopy(FAR)
    instance["loss"], instance["layers"][0]["units"] = loss, 10**6
    instance["samples"] = [{"x": [1], "y": [3 * 10**6]}, {"x": [3], "y": [5 * 10**6]}]
    grounds = {**reachable([[0, 10**6]], "targets", left=1, right=1, last=0), "cuts": [[1, 1]]}
    assert line(instance, Fraction(2 * 10**6), False, grounds) == "VALID loss >= 2000000"
    assert not line(instance, Fraction(2 * 10**6), True, grounds).startswith("VALID")
    assert not line(instance, Fraction(2 * 10**6 + 1), False, grounds).startswith("VALID")


def test_the_largest_of_two_distances_is_no_sum() -> None:
    """Both outputs are at best (8, 16): the losses are 12 and 4, of which a sum would count every one twice."""
    instance = copy.deepcopy(FAR)
    instance["loss"], instance["layers"][1]["units"] = "maximum", 2
    instance["samples"] = [{"x": [x], "y": [20, 20]} for x in (1, 3)]
    grounds = {**reachable([[0, 2]], "targets"), "cuts": [[1, 1, 1, 1]]}
    assert line(instance, Fraction(16), False, grounds) == "VALID loss >= 16"
    for bound, strict in ((16, True), (17, False), (32, False)):
        assert line(instance, Fraction(bound), strict, grounds).startswith("INVALID lower: a state with the loss 16")


# ---------------------------------------------------------------- files that are none


GOOD = {**reachable([[0, 2]], "targets"), "cuts": [[1, 1]], "residues": [[[2, 0], 2]]}


def test_the_certificate_is_good() -> None:
    assert line(FAR, Fraction(160), False, GOOD) == "VALID loss >= 160"
    assert line(FAR, Fraction(160), False, {**GOOD, "window": True}) == "VALID loss >= 160"


MALFORMED: list[tuple[str, Any, str]] = [
    ("cuts", None, "cuts: a list is expected"),
    ("cuts", [], "cuts: 1 to 1000 entries"),
    ("cuts", [[1, 1]] * 1001, "cuts: 1 to 1000 entries"),
    ("cuts", [[0, 0]], "cuts[0]: a vector that is not zero"),
    ("cuts", [[]], "cuts[0]: a vector that is not zero"),
    ("cuts", [1, 1], "cuts[0]: a list is expected"),
    ("cuts", [[1, 1], [1]], "cuts[1]: 1 coordinates are given, a state has 2"),
    ("cuts", [[1, 1, 1]], "cuts[0]: 3 coordinates"),
    ("cuts", [[1, True]], "cuts[0][1]: an integer is expected, not true"),
    ("cuts", [[1, 0.5]], "cuts[0][1]: an integer is expected"),
    ("cuts", [[1, "1"]], "cuts[0][1]: an integer is expected"),
    ("cuts", [[1, None]], "cuts[0][1]: an integer is expected"),
    ("cuts", [[1, 10**4000]], "cuts[0][1]: an integer of at most 10000 bits"),
    ("residues", {}, "residues: a list is expected"),
    ("residues", [], "residues: 1 to 1000 entries"),
    ("residues", [[1, 2]], "residues[0][0]: a list is expected"),
    ("residues", [[[1, 1]]], "residues[0]: a pair"),
    ("residues", [[[1, 1], 2, 3]], "residues[0]: a pair"),
    ("residues", [[[0, 0], 2]], "residues[0][0]: a vector that is not zero"),
    ("residues", [[[1, 1], 1]], "residues[0][1]: an integer >= 2"),
    ("residues", [[[1, 1], -2]], "residues[0][1]: an integer >= 2"),
    ("residues", [[[1, 1], True]], "residues[0][1]: an integer is expected"),
    ("residues", [[[1, 1], 2.5]], "residues[0][1]: an integer is expected"),
    ("residues", [[[1, 1], 10**4000]], "residues[0][1]: an integer of at most 10000 bits"),
    ("residues", [[[1, 1, 1], 2]], "residues[0]: 3 coordinates"),
    ("window", False, "window: true is expected"),
    ("window", 1, "window: true is expected"),
    ("window", None, "window: true is expected"),
    ("windows", True, "unknown key 'windows'"),
    ("left", [[4, 1]], "VALID"),
]


@pytest.mark.parametrize(("key", "value", "reason"), MALFORMED)
def test_a_malformed_key(key: str, value: Any, reason: str) -> None:
    assert reason in line(FAR, Fraction(160), False, {**GOOD, key: value})


@pytest.mark.parametrize("key", ["cuts", "residues", "window"])
def test_the_keys_go_with_targets(key: str) -> None:
    grounds = {**reachable([[0, 2]], "points"), key: {**GOOD, "window": True}[key]}
    expected = f'INVALID certificate: lower.grounds.{key}: goes with "last" = "targets"'
    if key == "cuts":
        expected = (
            'INVALID certificate: lower.grounds.cuts: goes with a "slack", and it with one cut, if "last" = "points"'
        )
    assert line(FAR, Fraction(160), False, grounds) == expected


def test_a_window_needs_equal_units() -> None:
    instance = copy.deepcopy(FAR)
    for runs in ([], [[4, 1]]):
        assert "the units of the left half are not equal" in line(
            instance, Fraction(160), False, {**reachable(runs, "targets"), "window": True}
        )
    states = random_states(random.Random(3), 2)
    grounds = {**reachable([[0, 2]], "targets"), "window": True}
    assert "the units of the left half are not equal" in line(states.file(), Fraction(0), True, grounds)


# ---------------------------------------------------------------- large


def many(units: int, weights: list[Any], xs: list[int], ys: list[int], biases: list[int]) -> dict[str, Any]:
    """A layer of equal units with outgoing weight 1."""
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "layers": [
            {"units": units, "activation": "relu", "weights": weights, "bias": biases},
            {"units": 1, "activation": "identity", "weights": [1], "bias": [0]},
        ],
        "samples": [{"x": [x], "y": [y]} for x, y in zip(xs, ys, strict=True)],
        "loss": "squared",
    }


@pytest.mark.parametrize("units", [*range(1, 13), 10**6, 10**6 + 1, 10**100])
def test_equal_units_of_any_number(units: int) -> None:
    """A unit adds 0, 3 or 5: all up to 5 k is reached but 1, 2, 4, 7 and 5 k - 1, 5 k - 3."""
    sums = {0}
    for _ in range(min(units, 12)):
        sums = {a + b for a in sums for b in (0, 3, 5)}
    for y in (1, 4, 7, 8, 5 * units - 1, 5 * units - 3, 5 * units - 4, 5 * units // 2):
        gaps = (1, 2, 4, 7, 5 * units - 1, 5 * units - 3)
        least = min(abs(y - v) for v in sums) ** 2 if units <= 12 else int(y in gaps)
        instance = many(units, [0, 3, 5], [1], [y], [0])
        grounds = {**reachable([[0, units]], "targets", left=20, right=1), "window": True}
        assert line(instance, Fraction(least), False, grounds).startswith("VALID")
        if least < 100:
            assert line(instance, Fraction(least), True, grounds).startswith("INVALID lower: a state with the loss")


@pytest.mark.parametrize("units", [2, 5, 10**6, 10**100])
def test_equal_units_at_two_inputs(units: int) -> None:
    """At x = 1 and x = 2 a unit adds (w + b, 2 w + b): multiples of (1, 2) and (1, 1) within limits."""
    least = 2 if units > 2 else None
    instance = many(units, [0, 7, 11], [1, 2], [3 * units + 1, 6 * units + 1], [0, 4])
    grounds = {**reachable([[0, units]], "targets"), "window": True}
    if least is None:
        assert "VALID" in line(instance, Fraction(0), False, grounds)
        return
    started = time.process_time()
    first = line(instance, Fraction(0), True, grounds)
    assert first.startswith(("VALID", "INVALID lower: a state"))
    assert time.process_time() - started < 2


def test_a_cut_of_a_face_of_a_huge_set() -> None:
    """10^100 equal units: near a face only few sums are formed."""
    instance = many(10**100, [0, 3, 5], [1], [5 * 10**100 + 7], [0])
    grounds = {**reachable([[0, 10**99]], "targets", left=1, right=1, last=0), "cuts": [[1]]}
    assert line(instance, Fraction(49), False, grounds) == "VALID loss >= 49"
    grounds["sizes"] |= {"last": 1}
    assert line(instance, Fraction(49), True, grounds) == "INVALID lower: a state with the loss 49 is reachable"
    grounds["sizes"] |= {"last": 3}
    # Those of slack 1 and 3 are not reached, that of slack 2 is.
    assert "the loss 49 is reachable" in line(instance, Fraction(81), False, grounds)


def test_a_thin_cap_is_found_at_once() -> None:
    """Labels far outside: millions of grid points have a small enough loss, and the cut leaves few of them."""
    space = {"from": 0, "to": 400}
    edges = [{"from": "s", "to": "t", "weights": [space] * 4, "bias": [0]}]
    samples = [{"x": [int(i == j) for i in range(4)], "y": [500 + 100 * j]} for j in range(4)]
    instance = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 4,
        "vertices": [{"id": "t", "activation": "identity"}],
        "outputs": ["t"],
        "edges": edges,
        "samples": samples,
        "loss": "squared",
    }
    least = sum((100 + 100 * j) ** 2 for j in range(4))
    grounds = {**reachable([], "targets", last=1, right=2), "cuts": [[1, 2, 3, 4]]}
    started = time.process_time()
    assert line(instance, Fraction(least), False, grounds) == f"VALID loss >= {least}"
    assert line(instance, Fraction(least), True, grounds).endswith("is reachable")
    assert time.process_time() - started < 0.5


def test_too_much_work_is_refused_at_once() -> None:
    wide = {"from": 0, "to": 10**7}
    instance = many(10**100, [wide], [1], [3], [0])
    instance["layers"][0]["weights"] = wide
    instance["samples"] = [{"x": [1], "y": [10**105]}, {"x": [2], "y": [10**105]}]
    instance["layers"][0]["bias"] = {"from": 0, "to": 10**6}
    huge = dict.fromkeys(["pre", "unit", "left", "right", "last"], 10**60)
    for sizes in ({}, huge):
        grounds = {**reachable([[0, 10**100]], "targets", **sizes), "window": True, "cuts": [[1, 1]]}
        started = time.process_time()
        assert line(instance, Fraction(1), False, grounds, 5.0).startswith("INVALID")
        assert time.process_time() - started < 4


def test_the_time_is_predicted() -> None:
    """More of anything takes longer; what nothing could do takes for ever; what is quick is predicted to be."""
    sizes = {"pre": 100, "unit": 100, "left": 1000, "right": 1, "last": 50}
    few = dnnt_check.predicted_seconds(sizes, "targets", coordinates=2, span=10**6)
    assert 0.001 < few < 0.1
    for key in sizes:
        more = {**sizes, key: 10**6}
        assert dnnt_check.predicted_seconds(more, "targets", coordinates=2, span=10**6) > few
        endless = {**sizes, key: 10**400}
        assert dnnt_check.predicted_seconds(endless, "points", coordinates=2, span=10**500) == float("inf")
    window = dnnt_check.predicted_seconds(
        sizes, "targets", coordinates=2, span=10**200, copies=10**100, window=(30, 30), directions_count=1
    )
    assert 0.1 < window < 20
    small = dict.fromkeys(sizes, 10)
    near = dnnt_check.predicted_seconds(small, "targets", coordinates=3, span=10**40, groups=3, capped_by_cut=True)
    assert near < 0.01


def test_the_refusal_names_the_seconds() -> None:
    data = encode(FAR)
    grounds = reachable([[0, 2]], "targets", left=10**14)
    found = dnnt_check.check(data, encode(certificate(data, None, (Fraction(160), False, grounds))), budget=5)
    assert "building sets of the declared sizes needs about 1e+04 seconds, the budget is 5" in found.line


def test_a_coordinate_that_nobody_could_list() -> None:
    """More grid points than a length may say, all of them targets, where a cut lets R be small."""
    for residues in ([], [[[1], 2]], [[[6], 2], [[6], 3]]):
        grounds = {**reachable([], "targets", right=5, last=9), "cuts": [[1]]}
        grounds |= {"residues": residues} if residues else {}
        found = line(SUM_ALONE, Fraction(10**130), False, grounds, 5.0)
        assert found.startswith("INVALID")
        assert "residues[0]" in found or "sizes.last" in found or "too much work" in found


SUM_ALONE = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "vertices": [{"id": "t", "activation": "identity"}],
    "outputs": ["t"],
    "edges": [{"from": "s", "to": "t", "weights": [[0]], "bias": {"from": 0, "to": 10**40}}],
    "samples": [{"x": [1], "y": [10**60]}],
    "loss": "squared",
}


def test_sums_near_a_face_agree_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists of both halves in pieces of one element."""
    monkeypatch.setattr(capped, "CHUNK", 1)
    monkeypatch.setattr(capped, "MANY_PAIRS", 3)
    for seed in range(10):
        test_random_cuts_and_residues(seed)
