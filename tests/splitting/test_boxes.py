"""Method `boxes`: against brute force, on networks that no other method takes, and under limits."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.instance import Instance
from dnnt.kernels.annealing_arrays import JOINT, MATCH
from dnnt.methods import boxes as method_boxes, method
from dnnt.methods.base import Cost, Goal
from dnnt.running import Run, Stop
from dnnt.simplify.building import form_of
from dnnt.splitting import boxes as splitting
from dnnt.splitting.boxes import Boxes
from dnnt.testing import check_method, oracle, random_any, random_two_layer
from tests.columns.drawing import random_deep

BOXES = method("boxes")
BITS_4 = {"from": -8, "to": 7}
BITS_3 = {"from": -4, "to": 3}


def net(
    widths: list[int], space: Any, samples: int, loss: Any, seed: int, last: str = "identity", **more: Any
) -> Instance:
    """A random ReLU net with one output on random samples."""
    rng = Random(seed)
    inputs, *units = widths
    made = [
        {"units": u, "activation": last if i + 1 == len(units) else "relu", "weights": space, "bias": space}
        for i, u in enumerate(units)
    ]
    targets = [-1, 1] if loss == "misclassified" else range(-50, 51)
    drawn = [([rng.randint(-20, 20) for _ in range(inputs)], [rng.choice(targets)]) for _ in range(samples)]
    return dnnt.layered(inputs, made, drawn, loss, **more)


@pytest.mark.parametrize("few", [0, 30_000])
@pytest.mark.parametrize("start", range(0, 160, 20))
def test_any_instance(start: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By compiled loops wherever they can, and with single choices as boxes where there are few."""
    monkeypatch.setattr(method_boxes, "FEW", few)
    taken = 0
    for seed in range(start, start + 20):
        for draw in (random_any, random_deep, random_two_layer):
            instance = draw(Random(90_000 + seed))
            if not instance.has_empty_space and isinstance(BOXES.assess(instance), Cost):
                check_method(instance, "boxes", oracle(instance))
                taken += 1
    assert taken > 5


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("loss", ["squared", "absolute", "maximum", {"kind": "hinge", "margin": 2}, "misclassified"])
def test_wide_trees(loss: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees in several pieces, with bounds on the way."""
    monkeypatch.setattr(splitting, "ENTRIES", 50)
    monkeypatch.setattr(method_boxes, "SHORT", 0.0)
    monkeypatch.setattr(method_boxes, "FEW", 0)
    monkeypatch.setattr(splitting, "TRIAL", 0.0)
    instance = net([1, 2, 1], [-2, 0, 1] if seed % 2 else [-1, "1/2", 3], 3, loss, seed)
    check_method(instance, "boxes", oracle(instance))


@pytest.mark.parametrize("kind", ["abs", "square", "floor", {"kind": "clip", "low": -2, "high": "3/2"}, "step"])
def test_activations(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method_boxes, "FEW", 0)
    layers = [
        {"units": 2, "activation": kind, "weights": [-2, "1/2", 1], "bias": [-1, 2]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0, "1/3"]},
    ]
    instance = dnnt.layered(1, layers, [([1], [2]), ([-3], [0]), ([2], [-1])], "absolute", gamma=1)
    check_method(instance, "boxes", oracle(instance))


def test_listed_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are between their least and greatest entry, and what they are otherwise."""
    monkeypatch.setattr(method_boxes, "FEW", 0)
    kinds = [
        {"kind": "table", "values": [[0, 3], [1, -2], [5, 7]], "otherwise": "1/2"},
        {"kind": "piecewise_linear", "points": [[-1, 0], [1, 4], [2, 3]], "left": 1, "right": -2},
    ]
    for kind in kinds:
        made = [
            {"units": 2, "activation": kind, "weights": [-2, 0, 1], "bias": [-1, 2]},
            {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
        ]
        instance = dnnt.layered(1, made, [([1], [2]), ([-3], [0]), ([2], [-1])], "squared")
        check_method(instance, "boxes", oracle(instance))


def test_several_samples_at_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method_boxes, "FEW", 0)
    made = [
        {"units": 2, "activation": "sign", "weights": [-1, 1], "bias": [-1, 2]},
        {"units": 2, "activation": "identity", "weights": [-1, 1], "bias": [0, 1]},
    ]
    drawn = [([1], [1, 2]), ([1], [0, 1]), ([-3], [0, 0]), ([1], [1, 2])]
    for loss in ("zero_one", "squared", "maximum"):
        instance = dnnt.layered(1, made, drawn, loss)
        check_method(instance, "boxes", oracle(instance))
    program = Boxes(form_of(dnnt.layered(1, made, drawn, "zero_one"))).compiled.program
    assert (program.mode[0], program.part[0]) == (JOINT, MATCH)


def test_nets_of_four_bits() -> None:
    """A million million choices, by method auto, proved and checked."""
    instance = net([2, 2, 1], BITS_4, 4, "absolute", 3)
    answer = dnnt.solve(instance, goal="minimize")
    assert (answer.status, answer.assurance, answer.method) == ("optimal", "checked", "boxes")
    assert answer.parameters is not None and answer.loss is not None
    assert dnnt.evaluate(instance, answer.parameters).total == answer.loss == answer.bound
    for gamma, said in ((answer.loss - 1, "no"), (answer.loss, "yes")):
        decided = dnnt.solve(net([2, 2, 1], BITS_4, 4, "absolute", 3, gamma=gamma), goal="decide")
        assert (decided.answer, decided.assurance) == (said, "checked")


def test_equal_units_are_ordered() -> None:
    assert len(Boxes(form_of(net([2, 3, 1], [-1, 0, 1], 5, "squared", 4))).swaps) == 2
    instance = net([2, 2, 1], [-1, 0, 1], 5, "squared", 4)
    assert len(Boxes(form_of(instance)).swaps) == 1
    check_method(instance, "boxes")


def test_a_limit_leaves_a_bound() -> None:
    answer = dnnt.solve(net([3, 3, 1], BITS_3, 12, "absolute", 5), goal="minimize", method="boxes", time_limit=4)
    assert (answer.stop, answer.status, answer.assurance) == ("time", "feasible", "checked")
    assert answer.loss is not None and answer.bound is not None and 0 < answer.bound < answer.loss


def test_a_tree_that_is_too_long_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = net([2, 2, 1], BITS_4, 5, "squared", 6)
    sure = dnnt.solve(instance, goal="minimize", method="boxes")
    assert (sure.status, sure.assurance) == ("optimal", "checked")
    monkeypatch.setattr(method_boxes, "MOST_ENTRIES", 10)
    claimed = dnnt.solve(instance, goal="minimize", method="boxes")
    assert (claimed.status, claimed.loss, claimed.stop) == ("optimal", sure.loss, "claimed")
    assert claimed.assurance == "claimed"


def test_an_interrupt_is_heard() -> None:
    run = Run()
    run.interrupt()
    with pytest.raises(Stop):
        BOXES.solve(net([3, 3, 1], BITS_4, 12, "absolute", 5), Goal("minimize", None), run)
    assert run.incumbent is not None


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        (net([1, 3, 1], [0, 1, 10**30], 2, "squared", 0), "too large"),
        (net([1, 1, 1], [0, 1], 2, {"kind": "table", "values": [], "otherwise": 1}, 0), "loss table"),
        (net([50, 20, 1], [-1, 0, 1], 90, "squared", 0), "are too many"),
        (
            dnnt.layered(
                1,
                [{"units": 1, "activation": "digit_code", "weights": {"from": 1, "to": 60000}, "bias": [0, 1]}],
                [([1], [1]), ([2], [3])],
                "squared",
            ),
            "too many values",
        ),
    ],
)
def test_refused(instance: Instance, why: str) -> None:
    said = BOXES.assess(instance)
    assert isinstance(said, str) and why in said
