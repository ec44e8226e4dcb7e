"""Slots of the rest in the left half, and ranges of targets: true claims, false ones, and malformed keys."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import pytest

from tests.dnnt_check import lower
from tests.dnnt_check.cases import reachable
from tests.dnnt_check.lower import FAR
from tests.dnnt_check.states import States, random_states

Q = Fraction

line = partial(lower.line, budget=1e9)


def small(rng: random.Random) -> tuple[States, list[Fraction]]:
    """Random states that are few, and their losses in increasing order."""
    while True:
        states = random_states(rng, rng.randint(1, 3))
        size = 1
        for summand in [*states.units, *states.rest]:
            size *= len(summand)
        if size <= 400:
            return states, sorted({states.loss(v) for v in states.sums([*states.units, *states.rest])})


def halved(states: States, rest: int, ending: str) -> dict[str, Any]:
    """Grounds whose halves have the sizes of the definitions: the first unit and so many slots are the left one."""
    left = [states.units[0], *states.rest[:rest]]
    right = [*states.units[1:], *states.rest[rest:]]
    sizes = {"left": len(states.sums(left)), "right": len(states.sums(right))}
    position = [v["id"] for v in states.instance["vertices"]].index("h0")
    grounds = reachable([[position, 1]], ending, pre=states.pre, unit=max(map(len, states.units)), **sizes)
    return {**grounds, "rest": rest} if rest else grounds


def agree(instance: dict[str, Any], least: Fraction, grounds: dict[str, Any]) -> None:
    """The least loss is proved, and nothing beyond it."""
    assert line(instance, least, False, grounds).startswith("VALID loss >= ")
    assert line(instance, least - Q(1, 9), True, grounds).startswith("VALID loss > ")
    for bound, strict in ((least, True), (least + Q(1, 1000), False), (least + 1, True)):
        assert line(instance, bound, strict, grounds).startswith("INVALID lower: a state with the loss")


@pytest.mark.parametrize("seed", range(40))
def test_the_rest_agrees_with_all_sums(seed: int) -> None:
    states, losses = small(random.Random(seed))
    for rest in range(len(states.rest) + 1):
        for ending in ("points", "targets"):
            agree(states.file(), losses[0], halved(states, rest, ending))
    beyond = {**halved(states, 0, "points"), "rest": len(states.rest) + 1}
    assert "rest: more slots than the rest has" in line(states.file(), losses[0], False, beyond)


@pytest.mark.parametrize("seed", range(20))
def test_slots_are_taken_in_order(seed: int) -> None:
    """Exact sizes are enough for these slots, and one less is too little where both halves are formed."""
    states, losses = small(random.Random(seed))
    for rest in range(1, len(states.rest) + 1):
        grounds = halved(states, rest, "points")
        for half in ("left", "right"):
            sizes = {**grounds["sizes"], half: grounds["sizes"][half] - 1}
            assert "sizes" in line(states.file(), losses[0], False, {**grounds, "sizes": sizes})


@pytest.mark.parametrize("seed", range(40))
def test_ranges_agree_with_all_sums(seed: int) -> None:
    rng = random.Random(seed)
    states, losses = small(rng)
    grounds = halved(states, rng.randint(0, len(states.rest)), "ranges")
    if states.width > 1:
        said = line(states.file(), losses[0], False, grounds)
        assert said == "INVALID lower.grounds.last: ranges need a state of one coordinate that alone decides the loss"
        return
    agree(states.file(), losses[0], grounds)
    none = {**grounds, "sizes": {**grounds["sizes"], "last": 0}}
    too_few = line(states.file(), losses[0] + 1, False, none)
    assert "at most 0 ranges are declared, there are more" in too_few


def parallel(items: list[int], label: int, loss: str) -> dict[str, Any]:
    """Items as parallel edges into the output, whose biases count as slots too."""
    edges = [{"from": "s", "to": "t", "weights": [[0, item]], "bias": [0]} for item in items]
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "vertices": [{"id": "t", "activation": "identity"}],
        "outputs": ["t"],
        "edges": edges,
        "samples": [{"x": [1], "y": [label]}],
        "loss": loss,
    }


@pytest.mark.parametrize("loss", ["absolute", "squared", "maximum"])
@pytest.mark.parametrize("bits", [10, 60, 170])
def test_ranges_of_any_length(loss: str, bits: int) -> None:
    """The nearest sum of few long numbers: nearly all of a long axis is one range."""
    rng = random.Random(bits)
    items = [rng.getrandbits(bits) for _ in range(10)]
    label = sum(items) // 2 + 1
    gap = min(abs(sum(chosen) - label) for chosen in product(*((0, item) for item in items)))
    least = Q(gap * gap if loss == "squared" else gap)
    for rest in (1, 2, 9, 10, 11, 20):
        grounds = {**reachable([], "ranges", last=1), "rest": rest}
        agree(parallel(items, label, loss), least, grounds)


def test_layers_in_one() -> None:
    """The output of a single layer has all its weights and then its bias in the rest."""
    layer = {"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0, 100]}
    instance = {**FAR, "inputs": 3, "layers": [layer], "samples": [{"x": [3, 7, 20], "y": [15]}], "loss": "absolute"}
    for rest, left in ((1, 2), (2, 4), (3, 8), (4, 16)):
        grounds = {**reachable([], "ranges", left=left, right=16 // left, last=1), "rest": rest}
        agree(instance, Q(5), grounds)
        assert "sizes" in line(instance, Q(5), False, {**grounds, "sizes": {**grounds["sizes"], "left": left - 1}})
    assert "more slots" in line(instance, Q(5), False, {**reachable([], "ranges"), "rest": 5})


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "1", None, [], [1], {}])
def test_no_number_of_slots(value: Any) -> None:
    said = line(parallel([3, 5], 4, "absolute"), Q(1), False, {**reachable([], "targets"), "rest": value})
    assert said.startswith("INVALID certificate: lower.grounds.rest")


KEYS: list[tuple[str, dict[str, Any], str]] = [
    ("targets", {"cuts": [[1]]}, 'rest: does not go with "cuts"'),
    ("targets", {"residues": [[[1], 2]]}, 'rest: does not go with "residues"'),
    ("targets", {"window": True}, 'rest: does not go with "window"'),
    ("points", {"cuts": [[1]], "slack": 1}, 'rest: does not go with "cuts"'),
    ("targets", {"cases": [{"cut": [1], "kinds": []}]}, 'rest: does not go with "cases"'),
    ("boxes", {"boxes": [{}]}, 'rest: does not go with "boxes"'),
    ("ranges", {"cuts": [[1]]}, 'cuts: goes with "last" = "targets"'),
    ("ranges", {"slack": 1}, 'slack: goes with "last" = '),
    ("ranges", {"window": True}, 'window: goes with "last" = "targets"'),
    ("ranges", {"boxes": [{}]}, "boxes: "),
    ("ranges", {"cases": [{"cut": [1], "kinds": []}]}, "cases"),
]


@pytest.mark.parametrize(("ending", "more", "reason"), KEYS)
def test_keys_that_do_not_go_together(ending: str, more: dict[str, Any], reason: str) -> None:
    said = line(parallel([3, 5], 4, "absolute"), Q(1), False, {**reachable([], ending), "rest": 1, **more})
    assert said.startswith("INVALID certificate: lower.grounds")
    assert reason in said
