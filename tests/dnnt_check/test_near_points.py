"""States near a face with a slack: true certificates, false ones, and numbers that are meant to hurt."""

from __future__ import annotations

import copy
import random
import time
from fractions import Fraction
from typing import Any

import pytest

from tests.dnnt_check.cases import reachable
from tests.dnnt_check.lower import FAR, line
from tests.dnnt_check.states import States, Vector, counted, dot, greatest, random_cuts, random_states

Q = Fraction


# ---------------------------------------------------------------- random instances


def squares(states: States) -> tuple[list[Fraction], list[Fraction], Fraction]:
    """The weights w_i, the means m_i and the constant k of docs/certificates.md."""
    n = len(states.inputs)
    rows = states.instance["rows"]
    weights, sums, total = [Q(0)] * states.width, [Q(0)] * states.width, Q(0)
    seconds = [Q(0)] * states.width
    for sample in counted(states.instance):
        i = states.inputs.index(tuple(map(Q, sample["x"])))
        w = Q(sample.get("weight", 1))
        for name, y in zip(states.instance["outputs"], sample["y"], strict=True):
            place = rows.index(name) * n + i
            weights[place] += w
            sums[place] += w * Q(y)
            seconds[place] += w * Q(y) ** 2
    means = [s / w for w, s in zip(weights, sums, strict=True)]
    for w, m, s in zip(weights, means, seconds, strict=True):
        total += s - w * m * m
    return weights, means, total


def small(rng: random.Random) -> tuple[States, list[Vector]]:
    """Random states of squared losses without activations at outputs, and all sums; labels may be far away."""
    while True:
        states = random_states(rng, rng.randint(1, 3), rng.choice([1, 1, 2, 3]))
        kinds = {v["id"]: v["activation"] for v in states.instance["vertices"]}
        if states.instance["loss"] != "squared" or any(
            not name.startswith("h") and kinds[name] != "identity" for name in states.instance["outputs"]
        ):
            continue
        for sample in states.instance["samples"]:
            if rng.random() < 0.7:
                sample["y"] = [rng.choice([-40, 25, "77/2", 300, 7]) for _ in sample["y"]]
        size = 1
        for summand in [*states.units, *states.rest]:
            size *= len(summand)
        if size <= 300:
            return states, list(states.sums([*states.units, *states.rest]))


def bound_beyond(states: States, cut: list[int], slack: Fraction) -> Fraction | None:
    """What all states of more slack cost at least, as docs/certificates.md has it; None where nothing follows."""
    weights, means, constant = squares(states)
    excess = dot(cut, tuple(means)) - greatest([*states.units, *states.rest], cut) + slack
    spread = sum((c * c / w for c, w in zip(cut, weights, strict=True)), Q(0))
    return constant + excess * excess / spread if excess > 0 else None


def grounds_of(states: States, half: int, cut: list[int], slack: Fraction) -> dict[str, Any]:
    """Grounds with the sizes of the definitions."""
    left, right = states.units[:half], [*states.units[half:], *states.rest]

    def near(summands: list[set[Vector]]) -> set[Vector]:
        return {v for v in states.sums(summands) if greatest(summands, cut) - dot(cut, v) <= slack}

    position = {v["id"]: i for i, v in enumerate(states.instance["vertices"])}
    sizes = {"left": len(near(left)), "right": len(near(right)), "last": len(near([*left, *right]))}
    runs = [[position[f"h{i}"], 1] for i in range(half)]
    grounds = reachable(runs, "points", pre=states.pre, unit=max(map(len, states.units)), **sizes)
    return {**grounds, "cuts": [cut], "slack": slack.numerator if slack.denominator == 1 else str(slack)}


def good_cut(rng: random.Random, states: States) -> list[int]:
    """A cut towards the means, mostly."""
    weights, means, _ = squares(states)
    if rng.random() < 0.2:
        (cut,) = random_cuts(rng, states.width, 1)
        return cut
    point = [Q(0)] * states.width if rng.random() < 0.5 else list(rng.choice(sorted(states.units[0])))
    cut = [int(w * (m - p) * 6) for w, m, p in zip(weights, means, point, strict=True)]
    return cut if any(cut) else [1] * states.width


@pytest.mark.parametrize("seed", range(80))
def test_random_slacks(seed: int) -> None:
    """What follows from the definitions passes with exact sizes; nothing false passes, whatever the slack is."""
    rng = random.Random(f"slack {seed}")
    states, everything = small(rng)
    cut, half = good_cut(rng, states), rng.randint(0, len(states.units))
    losses = sorted({states.loss(v) for v in everything})
    least, most = losses[0], greatest([*states.units, *states.rest], cut)
    slacks = sorted({most - dot(cut, v) for v in everything})
    constant_cut = len(slacks) == 1
    file = states.file()
    for slack in {*rng.sample(slacks, min(3, len(slacks))), slacks[-1], Q(0), slacks[-1] / 3, slacks[-1] + Q(1, 7)}:
        grounds = grounds_of(states, half, cut, slack)
        beyond = bound_beyond(states, cut, slack)
        for bound, strict in ((least, False), (least - Q(1, 3), True), (least, True), (least + Q(1, 10**9), False)):
            true = bound < least or (bound == least and not strict)
            said = line(file, bound, strict, grounds)
            if not true:
                assert said.startswith("INVALID lower"), (slack, said)
            elif constant_cut:
                assert said.startswith("INVALID lower.grounds.cuts[0]: all states have the same value")
            elif beyond is not None and (beyond > bound if strict else beyond >= bound):
                assert said.startswith("VALID"), (slack, said)
            if said.startswith("VALID"):
                for key in ("left", "right", "last"):
                    less = copy.deepcopy(grounds)
                    less["sizes"][key] -= 1
                    assert f"sizes.{key}" in line(file, bound, strict, less)


def test_random_slacks_are_of_all_kinds() -> None:
    """The random instances above have slacks that suffice and slacks that do not."""
    enough = 0
    for seed in range(40):
        rng = random.Random(f"slack {seed}")
        states, everything = small(rng)
        cut = good_cut(rng, states)
        beyond = bound_beyond(states, cut, Q(0))
        enough += beyond is not None and beyond >= min(map(states.loss, everything))
    assert 0 < enough < 40


# ---------------------------------------------------------------- by hand

GOOD = {**reachable([[0, 4]], "points"), "cuts": [[3, 1]], "slack": 2}


def test_the_certificate_is_good() -> None:
    """The best state is worth 3 * 8 + 16 = 40 in the direction of the cut, y is worth 80, and 40^2 / 10 is 160."""
    assert line(FAR, Q(160), False, GOOD) == "VALID loss >= 160"
    assert line(FAR, Q(159), True, GOOD) == "VALID loss > 159"


@pytest.mark.parametrize("bound", ["160", "161", "160.0000001", "10000000"])
def test_a_bound_too_high(bound: str) -> None:
    for slack in (0, 2, 30, 1000):
        said = line(FAR, Q(bound), bound == "160", {**GOOD, "slack": slack})
        assert said in (
            "INVALID lower: a state with the loss 160 is reachable",
            "INVALID lower.grounds.slack: states of more slack may have a loss that is too small",
        )


def test_a_slack_too_small() -> None:
    """With the cut (3, 1) a slack of 0 is enough; (1, 1) needs more."""
    assert line(FAR, Q(160), False, {**GOOD, "slack": 0}) == "VALID loss >= 160"
    equal = {**GOOD, "cuts": [[1, 1]]}
    # y is worth 40, the best 24: (16 + s + 1)^2 / 2 >= 160 for s >= 1 (17.9 squared is 320).
    reason = "INVALID lower.grounds.slack: states of more slack may have a loss that is too small"
    assert line(FAR, Q(160), False, {**equal, "slack": 0}) == reason
    assert line(FAR, Q(160), False, {**equal, "slack": "99/100"}) == reason
    assert line(FAR, Q(160), False, {**equal, "slack": 1}) == "VALID loss >= 160"
    # Away from y nothing follows, whatever the slack, until all states are looked at and beyond.
    away = {**GOOD, "cuts": [[-1, -1]], "slack": 10}
    assert line(FAR, Q(160), False, away) == reason
    assert line(FAR, Q(160), False, {**away, "slack": 200}) == "VALID loss >= 160"


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"slack": -1}, "slack: a number >= 0 is expected"),
    ({"slack": "-1/2"}, "slack: a number >= 0 is expected"),
    ({"slack": True}, "slack: "),
    ({"slack": None}, "slack: "),
    ({"slack": "x"}, "slack: "),
    ({"slack": [1]}, "slack: "),
    ({"slack": 2.5}, "VALID loss >= 160"),
    ({"slack": "5/2"}, "VALID loss >= 160"),
    ({"slack": 10**4000}, "VALID loss >= 160"),
    ({"slack": "1/1" + "0" * 4000}, "VALID loss >= 160"),
    ({"cuts": [[3, 1], [1, 1]]}, "slack: goes with one cut"),
    ({"cuts": []}, "cuts: 1 to 1000 entries"),
    ({"cuts": [[0, 0]]}, "cuts[0]: a vector that is not zero"),
    ({"cuts": [[3, 1, 1]]}, "cuts[0]: 3 coordinates"),
    ({"last": "targets"}, 'slack: goes with "last" = "points"'),
    ({"window": True}, 'window: goes with "last" = "targets"'),
    ({"residues": [[[1, 1], 2]]}, 'residues: goes with "last" = "targets"'),
    ({"cuts": [[10**600, 1]]}, "INVALID lower.grounds.slack"),
    ({"cuts": [[10**3000, 1]]}, "INVALID lower.grounds.slack: the numbers are too long"),
]


@pytest.mark.parametrize(("change", "reason"), MALFORMED)
def test_keys_that_are_wrong(change: dict[str, Any], reason: str) -> None:
    assert reason in line(FAR, Q(160), False, {**GOOD, **change})


def test_a_slack_needs_a_cut() -> None:
    without = {key: value for key, value in GOOD.items() if key != "cuts"}
    assert 'goes with a "slack", and it with one cut' in line(FAR, Q(160), False, without)


@pytest.mark.parametrize("loss", ["absolute", "maximum", "zero_one", {"kind": "hinge", "margin": 1}])
def test_other_losses(loss: Any) -> None:
    reason = "INVALID lower.grounds.slack: goes with squared losses of outputs without activation"
    assert line({**FAR, "loss": loss}, Q(1, 100), False, GOOD) == reason


def test_outputs_with_activations() -> None:
    for activation in ("relu", "abs", "square", {"kind": "clip", "low": -5, "high": 5}):
        instance = copy.deepcopy(FAR)
        instance["layers"][1]["activation"] = activation
        assert "slack: goes with squared losses" in line(instance, Q(1, 100), False, GOOD)


def test_a_coordinate_without_weight() -> None:
    """It must not be in the cut: states may be anywhere in it at no cost. Samples of weight 0 have no coordinates."""
    instance = copy.deepcopy(FAR)
    instance["layers"][1]["activation"] = {"kind": "scale", "factor": 0}
    assert "cuts[0]: a coordinate without weight" in line(instance, Q(144), False, {**GOOD, "slack": 100})
    instance = copy.deepcopy(FAR)
    instance["samples"][1]["weight"] = 0
    assert "cuts[0]: 2 coordinates are given, a state has 1" in line(instance, Q(144), False, GOOD)
    alone = {**GOOD, "cuts": [[1]], "slack": 0}
    assert line(instance, Q(144), False, alone) == "VALID loss >= 144"
    assert "the loss 144 is reachable" in line(instance, Q(145), False, alone)


def test_a_coordinate_with_one_value() -> None:
    """At x = 0 without biases nothing changes: its part of the loss is a constant, its coefficient says nothing."""
    instance = copy.deepcopy(FAR)
    instance["layers"][0]["bias"] = [0]
    instance["samples"][1] = {"x": [0], "y": [2]}
    # Units give -1, 0 or 1 at x = 1: 16^2, and 2^2 for the constant.
    for other in (0, 5, -5):
        grounds = {**GOOD, "cuts": [[1, other]], "slack": 0}
        assert line(instance, Q(260), False, grounds) == "VALID loss >= 260"
        assert "the loss 260 is reachable" in line(instance, Q(260), True, grounds)
    assert "all states have the same value" in line(instance, Q(260), False, {**GOOD, "cuts": [[0, 1]]})


def test_outputs_with_known_values() -> None:
    """They add a constant, which counts against the bound."""
    vertices = [{"id": "t", "activation": "identity"}, {"id": "c", "activation": {"kind": "constant", "value": 3}}]
    vertices.append({"id": "h", "activation": "relu"})
    edges = [{"from": "s", "to": "h", "weights": [[0, 1, 5]], "bias": [0]}]
    edges.append({"from": "h", "to": "t", "weights": [[1, 2]], "bias": [0]})
    instance = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "vertices": vertices,
        "outputs": ["c", "t"],
        "edges": edges,
        "samples": [{"x": [1], "y": [5, 20]}, {"x": [1], "y": [5, 30], "weight": 2}],
        "loss": "squared",
    }
    # t is 10 at best: 12 for c, 100 + 2 * 400 for t.
    grounds = {**reachable([[2, 1]], "points"), "cuts": [[1]], "slack": 0}
    assert line(instance, Q(912), False, grounds) == "VALID loss >= 912"
    assert "the loss 912 is reachable" in line(instance, Q(913), False, grounds)
    assert "the loss 912 is reachable" in line(instance, Q(912), True, grounds)


def test_units_that_are_outputs() -> None:
    """Their values are coordinates after those of the sums."""
    vertices = [{"id": "h", "activation": "abs"}, {"id": "t", "activation": "identity"}]
    edges = [{"from": "s", "to": "h", "weights": [[0, 1, -3]], "bias": [0]}]
    edges.append({"from": "h", "to": "t", "weights": [[-1, 1]], "bias": [0]})
    instance = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "vertices": vertices,
        "outputs": ["h", "t"],
        "edges": edges,
        "samples": [{"x": [1], "y": [10, -20]}],
        "loss": "squared",
    }
    grounds = {**reachable([[0, 1]], "points"), "cuts": [[-17, 7]], "slack": 0}
    assert line(instance, Q(338), False, grounds) == "VALID loss >= 338"
    assert "slack" in line(instance, Q(338), False, {**grounds, "cuts": [[7, -17]]})
    assert "the loss 338 is reachable" in line(instance, Q(339), False, {**grounds, "slack": 1000})


def test_sizes_too_small() -> None:
    grounds = {**GOOD, "slack": 30}
    for key in ("pre", "unit", "left", "right", "last"):
        sizes = {**grounds["sizes"], key: 0}
        assert "sizes" in line(FAR, Q(160), False, {**grounds, "sizes": sizes}), key


# ---------------------------------------------------------------- large


@pytest.mark.parametrize("units", [10, 10**6, 10**100])
def test_any_number_of_units(units: int) -> None:
    """Far outside only the best vectors of all units are formed."""
    instance = copy.deepcopy(FAR)
    instance["layers"][0]["units"] = units
    instance["samples"] = [{"x": [1], "y": [2 * units + 3]}, {"x": [3], "y": [4 * units + 1]}]
    grounds = {**reachable([[0, units]], "points"), "cuts": [[3, 1]], "slack": 2}
    assert line(instance, Q(10), False, grounds) == "VALID loss >= 10"
    assert "the loss 10 is reachable" in line(instance, Q(11), False, grounds)


HOSTILE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"slack": 10**4200}),
    ({}, {"slack": "1" + "0" * 90_000}),
    ({}, {"slack": f"{10**4000 + 1}/{10**4000 - 1}"}),
    ({}, {"cuts": [[10**3000, -(10**2999)]], "slack": 10**3010}),
    ({"samples": [{"x": [1], "y": [10**4000]}, {"x": [3], "y": [1]}]}, {}),
    ({"samples": [{"x": [1], "y": [f"1/{10**4000 + 1}"]}, {"x": [3], "y": [1]}]}, {}),
    ({"samples": [{"x": [1], "y": [20], "weight": 10**4000}, {"x": [3], "y": [20]}]}, {}),
    ({"samples": [{"x": [10**4000], "y": [20]}, {"x": [3], "y": [20]}]}, {"slack": 10**4100}),
    ({"layers": [{**FAR["layers"][0], "units": 10**4000}, FAR["layers"][1]]}, {"slack": 10}),
    ({"layers": [{**FAR["layers"][0], "weights": {"from": -(10**4000), "to": 10**4000}}, FAR["layers"][1]]}, {}),
]


@pytest.mark.parametrize(("instance", "change"), HOSTILE)
def test_long_numbers_end_quickly(instance: dict[str, Any], change: dict[str, Any]) -> None:
    start = time.process_time()
    said = line({**FAR, **instance}, Q(1), False, {**GOOD, **change}, 2.0)
    assert time.process_time() - start < 4
    assert said.startswith(("VALID", "INVALID"))


def test_many_coordinates_with_long_weights() -> None:
    """Denominators that multiply from coordinate to coordinate are given up in time."""
    rng = random.Random(5)
    samples = [{"x": [i], "y": [10**6], "weight": rng.getrandbits(900) | 1} for i in range(1, 400)]
    instance = {**copy.deepcopy(FAR), "samples": samples}
    start = time.process_time()
    said = line(instance, Q(1), False, {**GOOD, "cuts": [[1] * 399], "slack": 0}, 20.0)
    assert time.process_time() - start < 8
    assert "too long" in said
