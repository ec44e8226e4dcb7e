"""Boxes of states: what the documentation says is proved passes, and nothing else does, on random small instances."""

from __future__ import annotations

import copy
import random
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from tests.dnnt_check.box_oracle import Builder, Losses, Tree, kind_of, least, random_boxed
from tests.dnnt_check.lower import line

Q = Fraction

TINY = Q(1, 10**30)


def drawn(seed: object) -> tuple[random.Random, Losses, Builder]:
    """A random instance with its losses, and what makes trees for it."""
    rng = random.Random(f"boxes {seed}")
    states = random_boxed(rng)
    losses = Losses(states)
    return rng, losses, Builder(losses, rng.randint(0, len(states.units)), rng)


def compare(file: dict[str, Any], grounds: dict[str, Any], tree: Tree, optimum: Fraction, met: Counter[str]) -> None:
    """Look at bounds around what a tree proves, at least `low` and at most `high`."""
    low, high = tree.low, tree.high
    if low is None or high is None:
        # No part has a state, as the tree has it: any bound is proved, but then there is no state at all.
        raise AssertionError("a tree without any state")
    assert high <= optimum, "the rules of the documentation would prove what is false"
    bounds = {low, high, low - TINY, high + TINY, optimum, optimum + TINY, optimum - Q(1, 7)}
    for bound in sorted(bounds):
        for strict in (False, True):
            said = line(file, bound, strict, grounds)
            if bound < low or (bound == low and not strict):
                assert said == f"VALID loss {'>' if strict else '>='} {bound}", (said, grounds)
                met["accepted"] += 1
            elif bound > high or (bound == high and strict):
                assert said.startswith("INVALID lower.grounds.boxes["), (said, bound, grounds)
                met["refused"] += 1
            else:
                assert said.startswith(("VALID", "INVALID lower.grounds.boxes["))
                met["between"] += 1


@pytest.mark.parametrize("group", range(12))
def test_random_trees(group: int) -> None:
    """The verdict is the one that the documentation gives, for bounds on both sides of what a tree proves."""
    met: Counter[str] = Counter()
    for seed in range(12):
        rng, losses, builder = drawn((group, seed))
        states, optimum = losses.states, least(losses)
        if "c" not in losses.kinds:
            assert all(losses.loss(v) == states.loss(v) for v in losses.everything)
        for _ in range(4):
            tree = builder.tree(rng.randint(0, 4))
            grounds = builder.grounds(tree)
            if tree.unequal:
                said = line(states.file(), Q(-(10**9)), False, grounds)
                assert "units of the left half are not equal, or there are none" in said
                met["unequal"] += 1
                continue
            compare(states.file(), grounds, tree, optimum, met)
            if tree.windows and tree.low is not None:
                smaller(states.file(), grounds, tree.low)
                met["windows"] += 1
            met["best"] += tree.high == optimum
    for key in ("accepted", "refused", "windows", "best"):
        assert met[key], key


def test_random_trees_are_of_all_kinds() -> None:
    """All losses occur, with activations and without, with sums and with units that are outputs, and known values."""
    met: Counter[str] = Counter()
    for seed in range(100):
        rng, losses, builder = drawn((seed % 12, seed // 12))
        instance = losses.states.instance
        met[kind_of(instance["loss"])] += 1
        met["sharp" if losses.sharp else "not sharp"] += 1
        met["known values"] += "c" in losses.kinds
        met["a unit is an output"] += any(name.startswith("h") for name in instance["rows"])
        met["weight 0"] += any(sample.get("weight") == 0 for sample in instance["samples"])
        met["an input twice"] += len(losses.states.inputs) < len(instance["samples"])
        tree = builder.tree(rng.randint(0, 4))
        met["unequal"] += tree.unequal
        met["empty"] += tree.empty
    kinds = ("absolute", "hinge", "squared", "zero_one", "misclassified", "table", "maximum")
    more = (
        "sharp",
        "not sharp",
        "known values",
        "a unit is an output",
        "weight 0",
        "an input twice",
        "unequal",
        "empty",
    )
    for key in (*kinds, *more):
        assert met[key], key


def smaller(file: dict[str, Any], grounds: dict[str, Any], bound: Fraction) -> None:
    """Sizes that are one less do not suffice: they are exactly what the documentation says."""
    for key in ("left", "right", "last"):
        if grounds["sizes"][key]:
            less = copy.deepcopy(grounds)
            less["sizes"][key] -= 1
            said = line(file, bound, False, less)
            assert said.startswith("INVALID lower.grounds.sizes"), (key, said, grounds)
