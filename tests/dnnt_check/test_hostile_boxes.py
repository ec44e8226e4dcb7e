"""Boxes of states that are meant to hurt: malformed, deep, wide, with long numbers; each gets one clear line."""

from __future__ import annotations

import copy
import tracemalloc
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from tests.dnnt_check.cases import reachable
from tests.dnnt_check.lower import FAR, line

Q = Fraction

MIXED: dict[str, Any] = {**FAR, "loss": "absolute", "samples": [{"x": [1], "y": [8]}, {"x": [3], "y": [-8]}]}
"""Four vectors ±(1, 1), ±(1, 3), ±(2, 4) or zero: 2 a - b is 4 at most, and should be 24, so the loss is 20 / 2."""

WINDOW: dict[str, Any] = {"window": [0, 1]}
CUT: dict[str, Any] = {"cut": [2, -1], "times": "1/2"}
GOOD = {**reachable([[0, 4]], "boxes"), "boxes": [WINDOW]}


def said_of(boxes: Any, bound: Fraction | int = 10, strict: bool = False, instance: Any = MIXED) -> str:
    """What is said of a tree."""
    return line(instance, Q(bound), strict, {**GOOD, "boxes": boxes})


def proved(least: int | Q) -> str:
    """The reason if only so much is proved in the first box."""
    return f"INVALID lower.grounds.boxes[0]: only losses of {least} or more are proved in this box"


# ---------------------------------------------------------------- by hand


def test_the_certificates_are_good() -> None:
    for boxes in ([WINDOW], [CUT], [[0, 3], CUT, WINDOW], [[1, "-7/2"], WINDOW, CUT]):
        assert said_of(boxes) == "VALID loss >= 10"
        assert said_of(boxes, 9, True) == "VALID loss > 9"
        assert said_of(boxes, Q(10) + Q(1, 10**40)).startswith("INVALID lower.grounds.boxes[")
        assert said_of(boxes, 10, True).startswith("INVALID lower.grounds.boxes[")
    assert said_of([{}]) == proved(0)
    assert said_of([WINDOW], 11) == "INVALID lower.grounds.boxes[0]: a sum in this box allows a loss of 10"
    assert said_of([{"window": [0]}]).startswith("INVALID lower.grounds.boxes[0]: a sum in this box allows a loss of ")


def test_bounds_are_raised_to_the_next_loss() -> None:
    """Losses are integers here: with 49/100 of the cut 98/10 is proved, and that is 10; just 9 is 9."""
    for times, least in (("49/100", 10), ("91/200", 10), ("9001/20000", 10), ("9/20", 9), ("8/20", 8), (0, 0)):
        entry = [{"cut": [2, -1], "times": times}]
        assert said_of(entry, least) == f"VALID loss >= {least}"
        assert said_of(entry, least - 1, True) == f"VALID loss > {least - 1}"
        assert said_of(entry, least, True) == said_of(entry, least + Q(1, 9)) == proved(least)


def test_weights_make_the_steps_finer() -> None:
    """With weights 1/2 and 1/3 losses are multiples of 1/6, from some loss on."""
    instance = copy.deepcopy(MIXED)
    instance["samples"][0]["weight"], instance["samples"][1]["weight"] = "1/2", "1/3"
    vectors = [(0, 0), *[(s * a, s * b) for s in (1, -1) for a, b in ((1, 1), (1, 3), (2, 4))]]
    sums = [[sum(column) for column in zip(*chosen, strict=True)] for chosen in product(vectors, repeat=4)]
    least = min(Q(abs(8 - a), 2) + Q(abs(-8 - b), 3) for a, b in sums)
    assert said_of([WINDOW], least, False, instance) == f"VALID loss >= {least}"
    for times in [Q(i, 97) for i in range(1, 40)]:
        entry = [{"cut": [2, -1], "times": str(times)}]
        shown = Q(said_of(entry, 100, False, instance).split(" or more")[0].rpartition(" ")[2])
        assert (shown * 6).denominator == 1
        assert shown <= least


def test_squares_are_not_raised() -> None:
    """A cut bounds each interval by the least over its values, and no loss is thought of as a multiple of some step."""
    instance = {**MIXED, "loss": "squared"}
    assert said_of([{}], 0, False, instance) == "VALID loss >= 0"
    assert said_of([{}], Q(1, 10**40), False, instance) == proved(0)
    # At (8, -8) it is 0 + 24/5 - 4/5; at 7 the square is 1, and the other term only 2/5 less.
    cut = [{"cut": [2, -1], "times": "1/5"}]
    assert said_of(cut, 4, False, instance) == "VALID loss >= 4"
    assert said_of(cut, 4, True, instance) == said_of(cut, Q(41, 10), False, instance) == proved(4)
    # Further away the least lies between the ends; here it is looked for everywhere.
    cut = [{"cut": [2, -1], "times": "3/2"}]
    best = min(Q((a - 8) ** 2 + (b + 8) ** 2) + Q(3, 2) * (2 * a - b - 4) for a in range(-8, 9) for b in range(-16, 17))
    assert said_of(cut, best, False, instance) == f"VALID loss >= {best}"
    assert said_of(cut, best, True, instance) == proved(best)
    split = [[0, 7], [0, -8], {}, {}, [0, 8], {}, {}]
    assert said_of(split, 0, False, instance) == "VALID loss >= 0"


def test_a_unit_that_is_an_output() -> None:
    """Its values, 0, 2 and 5, are a coordinate after the one of the sum, which is 0 always."""
    vertices = [{"id": "h", "activation": "abs"}, {"id": "t", "activation": "identity"}]
    edges = [{"from": "s", "to": "h", "weights": [[0, 2, -5]], "bias": [0]}]
    edges.append({"from": "h", "to": "t", "weights": [[0]], "bias": [0]})
    instance = {
        "format": "dnnt-instance", "version": 1, "inputs": 1, "vertices": vertices, "outputs": ["h", "t"],
        "edges": edges, "samples": [{"x": [1], "y": [3, 0]}], "loss": "absolute",
    }  # fmt: skip
    grounds = {**reachable([[0, 1]], "boxes"), "boxes": [{"window": [0, 1]}]}
    assert line(instance, Q(1), False, grounds) == "VALID loss >= 1"
    assert line(instance, Q(1), True, grounds).startswith("INVALID lower.grounds.boxes[0]: a sum in this box")
    # Below 0 and above 0 the sum has no values; of the unit only the value 3 of the grid would cost less than 1.
    for middle, least in (({"window": [1]}, 1), ({}, 0)):
        split = [[0, 0], [0, -1], {}, [1, 2], {}, [1, 3], middle, {}, {}]
        said = line(instance, Q(1), False, {**grounds, "boxes": split})
        assert said == ("VALID loss >= 1" if least else proved(0).replace("[0]", "[6]"))


def test_no_samples() -> None:
    instance = {**MIXED, "samples": []}
    assert said_of([{}], 0, False, instance) == "VALID loss >= 0"
    assert said_of([{}], Q(1, 9), False, instance) == proved(0)
    assert "a state has 0 coordinates" in said_of([WINDOW], 0, False, instance)
    assert "a state has 0 coordinates" in said_of([CUT], 0, False, instance)
    assert "a state has 0 coordinates" in said_of([[0, 0], {}, {}], 0, False, instance)


# ---------------------------------------------------------------- malformed

EMPTY_FIRST: list[Any] = [[0, -100], {}, [0, 100], WINDOW, {}]

TREES: list[tuple[Any, str]] = [
    (EMPTY_FIRST, "VALID loss >= 10"),
    ([[0, 1], WINDOW, [0, 1], {}, WINDOW], "VALID loss >= 10"),
    ([[0, 10**300], WINDOW, {}], "VALID loss >= 10"),
    ([[0, "-0xffffffffffffffffffffffff/0x7"], {}, WINDOW], "VALID loss >= 10"),
    ([[0, 2.5], WINDOW, CUT], "VALID loss >= 10"),
    ([], "boxes: at least one box"),
    ({}, "boxes: "),
    (None, "boxes: "),
    ("", "boxes: "),
    (True, "boxes: "),
    ([WINDOW, WINDOW], "boxes[1]: the boxes before are all"),
    ([*EMPTY_FIRST, {}], "boxes[5]: the boxes before are all"),
    (EMPTY_FIRST[:-1], "boxes: a box is missing"),
    ([[0, 0]], "boxes: a box is missing"),
    ([[0, 0], CUT], "boxes: a box is missing"),
    ([[2, 0], {}, {}], "boxes[0]: a state has 2 coordinates"),
    ([[10**4000, 0], {}, {}], "boxes[0]: a state has 2 coordinates"),
    ([[-1, 0], {}, {}], "boxes[0][0]: "),
    ([[0.5, 0], {}, {}], "boxes[0][0]: "),
    ([["0", 0], {}, {}], "boxes[0][0]: "),
    ([[True, 0], {}, {}], "boxes[0][0]: "),
    ([[0], {}, {}], "boxes[0]: a pair [coordinate, number]"),
    ([[], {}, {}], "boxes[0]: a pair [coordinate, number]"),
    ([[0, 0, 0], {}, {}], "boxes[0]: a pair [coordinate, number]"),
    ([[0, None], {}, {}], "boxes[0][1]: "),
    ([[0, True], {}, {}], "boxes[0][1]: "),
    ([[0, [0]], {}, {}], "boxes[0][1]: "),
    ([[0, "1/0"], {}, {}], "boxes[0][1]: "),
    ([[0, "x"], {}, {}], "boxes[0][1]: "),
    ([None], "boxes[0]: "),
    ([0], "boxes[0]: "),
    (["window"], "boxes[0]: "),
    ([{"windows": [0]}], "boxes[0]"),
    ([{**WINDOW, **CUT}], 'boxes[0]: no "cut" goes with a "window"'),
    ([{**WINDOW, "times": 1}], 'boxes[0]: no "cut" goes with a "window"'),
    ([{"cut": [2, -1]}], 'boxes[0]: "cut" and "times" go together'),
    ([{"times": 1}], 'boxes[0]: "cut" and "times" go together'),
    ([{**CUT, "times": -1}], "boxes[0].times: a number >= 0"),
    ([{**CUT, "times": "-1/10000000000000000"}], "boxes[0].times: a number >= 0"),
    ([{**CUT, "times": None}], "boxes[0].times: "),
    ([{**CUT, "times": [1]}], "boxes[0].times: "),
    ([{**CUT, "cut": [0, 0]}], "boxes[0].cut: a vector that is not zero"),
    ([{**CUT, "cut": []}], "boxes[0].cut: a vector that is not zero"),
    ([{**CUT, "cut": [2, "-1"]}], "boxes[0].cut[1]: an integer"),
    ([{**CUT, "cut": [2, -1.5]}], "boxes[0].cut[1]: an integer"),
    ([{**CUT, "cut": [True, 0]}], "boxes[0].cut[0]: an integer"),
    ([{**CUT, "cut": 2}], "boxes[0].cut: "),
    ([{**CUT, "cut": [2, -1, 0]}], "a state has 2 coordinates, a cut another number"),
    ([{**CUT, "cut": [2]}], "a state has 2 coordinates, a cut another number"),
    ([[0, -100], {**CUT, "cut": [2]}, WINDOW], "a state has 2 coordinates, a cut another number"),
    ([{**CUT, "cut": [2**10_001, -1]}], "at most 10000 bits"),
    ([{"window": []}], "boxes[0].window: at least one coordinate, in increasing order"),
    ([{"window": [1, 0]}], "boxes[0].window: at least one coordinate, in increasing order"),
    ([{"window": [0, 0]}], "boxes[0].window: at least one coordinate, in increasing order"),
    ([{"window": [0, 1, 1]}], "boxes[0].window: at least one coordinate, in increasing order"),
    ([{"window": [0, 2]}], "boxes[0]: a state has 2 coordinates"),
    ([{"window": [10**4000]}], "boxes[0]: a state has 2 coordinates"),
    ([{"window": [-1]}], "boxes[0].window[0]: "),
    ([{"window": ["0"]}], "boxes[0].window[0]: "),
    ([{"window": True}], "boxes[0].window: "),
    ([{"window": {}}], "boxes[0].window: "),
    ([{"window": None}], "boxes[0].window: "),
]


@pytest.mark.parametrize(("boxes", "reason"), TREES)
def test_trees(boxes: Any, reason: str) -> None:
    said = said_of(boxes)
    assert said.startswith("VALID" if reason.startswith("VALID") else "INVALID")
    assert reason in said
    assert "\n" not in said


KEYS: list[tuple[dict[str, Any], str]] = [
    ({"cuts": [[1, 1]]}, 'cuts: does not go with "boxes"'),
    ({"residues": [[[1, 1], 2]]}, 'residues: does not go with "boxes"'),
    ({"window": True}, 'window: does not go with "boxes"'),
    ({"slack": 1}, 'slack: does not go with "boxes"'),
    ({"thin": []}, 'thin: does not go with "boxes"'),
    ({"cases": []}, "does not go with"),
    ({"last": "points"}, 'boxes: goes with "last" = "boxes"'),
    ({"last": "targets"}, 'boxes: goes with "last" = "boxes"'),
    ({"last": "box"}, 'is "points", "targets", "ranges" or "boxes"'),
    ({"left": []}, "boxes[0]: the units of the left half are not equal, or there are none"),
    ({"left": [[4, 1]]}, "boxes[0]: the units of the left half are not equal, or there are none"),
    ({"left": [[0, 2], [1, 1]]}, "left: runs overlap"),
    ({"left": [[0, 10**30]]}, "left: a run goes beyond the list of vertices"),
    ({"left": [[1, 2]]}, "VALID loss >= 10"),
    ({"box": []}, "box"),
]


@pytest.mark.parametrize(("change", "reason"), KEYS)
def test_keys_that_do_not_go_together(change: dict[str, Any], reason: str) -> None:
    said = line(MIXED, Q(10), False, {**GOOD, **change})
    assert reason in said
    assert said.startswith("VALID" if reason.startswith("VALID") else "INVALID")


def test_boxes_and_last_go_together() -> None:
    without = {key: value for key, value in GOOD.items() if key != "boxes"}
    assert 'boxes: goes with "last" = "boxes", and it with "boxes"' in line(MIXED, Q(10), False, without)


def test_unequal_units() -> None:
    """A window needs equal units; other leaves do not."""
    instance = {key: value for key, value in MIXED.items() if key != "layers"}
    instance["vertices"] = [{"id": name, "activation": "relu"} for name in ("a", "b")]
    instance["vertices"].append({"id": "t", "activation": "identity"})
    instance["outputs"] = ["t"]
    instance["edges"] = [
        {"from": "s", "to": "a", "weights": [[-1, 0, 1]], "bias": [0, 1]},
        {"from": "s", "to": "b", "weights": [[-1, 0, 1]], "bias": [0, 2]},
        {"from": "a", "to": "t", "weights": [[-1, 1]], "bias": [0]},
        {"from": "b", "to": "t", "weights": [[-1, 1]], "bias": [0]},
    ]
    for runs in ([[0, 2]], []):
        grounds = {**GOOD, "left": runs}
        reason = "INVALID lower.grounds.boxes[0]: the units of the left half are not equal, or there are none"
        assert line(instance, Q(10), False, grounds) == reason
        assert line(instance, Q(10), False, {**grounds, "boxes": [CUT]}) == "VALID loss >= 10"
    assert line(instance, Q(10), False, {**GOOD, "left": [[0, 1]]}) == "VALID loss >= 10"


@pytest.mark.parametrize("key", ["pre", "unit", "left", "right", "last"])
def test_sizes_too_small(key: str) -> None:
    said = line(MIXED, Q(10), False, {**GOOD, "sizes": {**GOOD["sizes"], key: 0}})
    assert said.startswith("INVALID lower.grounds.sizes")
    for wrong in (-1, "5", 1.5, None, True):
        said = line(MIXED, Q(10), False, {**GOOD, "sizes": {**GOOD["sizes"], key: wrong}})
        assert said.startswith("INVALID certificate: lower.grounds.sizes"), said
    said = line(MIXED, Q(10), False, {**GOOD, "sizes": {**GOOD["sizes"], key: 10**1000}})
    assert said.startswith("INVALID too much work: building sets of the declared sizes")


GUARDED = {"kind": "guarded", "tag": 1, "penalty": "5/2", "outputs": [0], "loss": "absolute", "checks": [], "cases": []}

NO_SUMS: list[tuple[Any, int]] = [
    ("zero_one", 2),
    ("maximum", 2),
    ("misclassified", 2),
    ({"kind": "table", "values": [], "otherwise": 3}, 2),
    (GUARDED, 2),
    ({**GUARDED, "tag": 0}, 1),
]


@pytest.mark.parametrize(("loss", "outputs"), NO_SUMS)
def test_losses_that_are_no_sums(loss: Any, outputs: int) -> None:
    """Nothing is proved, not even what is true."""
    instance = copy.deepcopy(MIXED)
    instance["layers"][1]["units"] = outputs
    instance["loss"] = loss
    for sample in instance["samples"]:
        sample["y"] = [0, 1][:outputs]
    leaves: list[Any] = [{}, {"window": [0]}, {"cut": [1] * 2 * outputs, "times": 0}]
    for leaf in leaves:
        said = said_of([leaf], 0, False, instance)
        assert said == "INVALID lower.grounds.boxes: the loss is no sum over coordinates"


# ---------------------------------------------------------------- deep, wide, long


def test_deep_trees() -> None:
    """A hundred thousand splits are nothing, wherever the boxes are that have states, or are missing."""
    depth = 10**5
    assert said_of([[0, 100]] * depth + [WINDOW] + [{}] * depth) == "VALID loss >= 10"
    depth = 10**4
    assert said_of([[0, -100], {}] * depth + [WINDOW]) == "VALID loss >= 10"
    assert said_of([[0, 100]] * depth) == "INVALID lower.grounds.boxes: a box is missing"
    assert (
        said_of([[0, 100]] * depth + [WINDOW] + [{}] * (depth - 1)) == "INVALID lower.grounds.boxes: a box is missing"
    )
    said = said_of([[0, -100], {}] * depth + [WINDOW, {}])
    assert said == f"INVALID lower.grounds.boxes[{2 * depth + 1}]: the boxes before are all"


def wide(count: int) -> dict[str, Any]:
    """An instance with so many coordinates: a unit gives ± the multiples of the inputs above 0, or 0."""
    layers = [{"units": 4, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]}, MIXED["layers"][1]]
    return {**MIXED, "layers": layers, "samples": [{"x": [i], "y": [0]} for i in range(1, count + 1)]}


def test_deep_trees_of_wide_states() -> None:
    """A part that waits takes no room for each of its coordinates."""
    instance, depth = wide(1500), 15_000
    boxes: list[Any] = [[0, 10**6]] * depth + [{}] * (depth + 1)
    tracemalloc.start()
    try:
        assert said_of(boxes, 0, False, instance) == "VALID loss >= 0"
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()


def test_windows_of_wide_states() -> None:
    instance = wide(1500)
    everything = [{"window": list(range(1500))}]
    assert said_of(everything, 0, False, instance) == "VALID loss >= 0"
    said = said_of(everything, 1, False, instance)
    assert said == "INVALID lower.grounds.boxes[0]: a sum in this box allows a loss of 0"
    assert said_of([[0, -1], [0, -2], {}, {"cut": [1] * 1500, "times": 0}, {}], 0, False, instance) == "VALID loss >= 0"


LONG = 10**4000

MANY = [{**MIXED["layers"][0], "units": 10**1000}, MIXED["layers"][1]]

NUMBERS: list[tuple[dict[str, Any], list[Any], str]] = [
    ({}, [[0, LONG], WINDOW, {}], "VALID loss >= 1"),
    ({}, [[0, f"{LONG + 1}/{LONG - 1}"]] * 100 + [WINDOW] * 101, "VALID loss >= 1"),
    ({}, [{"cut": [2, -1], "times": f"{LONG + 1}/{2 * LONG - 1}"}], "VALID loss >= 1"),
    ({}, [{"cut": [2, -1], "times": LONG}], "INVALID lower.grounds.boxes[0]: only losses of a number of"),
    ({}, [{"cut": [2, -1], "times": "0x" + "f" * 10**5}], "INVALID lower.grounds.boxes[0]: only losses of a number of"),
    ({}, [{"cut": [2 * 10**3000, -(10**3000)], "times": f"1/{2 * 10**3000}"}], "VALID loss >= 1"),
    ({"samples": [{"x": [1], "y": [LONG]}, {"x": [3], "y": [1]}]}, [{}], "VALID loss >= 1"),
    ({"samples": [{"x": [1], "y": [f"1/{LONG + 1}"]}, {"x": [3], "y": [-8]}]}, [WINDOW], "VALID loss >= 1"),
    ({"samples": [{"x": [1], "y": [8], "weight": LONG}, {"x": [3], "y": [-8]}]}, [CUT], "VALID loss >= 1"),
    ({"samples": [{"x": [1], "y": [8], "weight": f"1/{LONG}"}, {"x": [3], "y": [-8]}]}, [WINDOW], "INVALID lower"),
    ({"layers": MANY}, [{}], "INVALID lower.grounds.boxes[0]"),
    ({"layers": MANY}, [WINDOW], "INVALID too much work"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "boxes", "reason"), NUMBERS)
def test_long_numbers(change: dict[str, Any], boxes: list[Any], reason: str) -> None:
    grounds = {**GOOD, "boxes": boxes, "left": [[0, change["layers"][0]["units"] if "layers" in change else 4]]}
    assert line({**MIXED, **change}, Q(1), False, grounds, 5.0).startswith(reason)
