"""Instances too large for the oracle: both goals and all ways of method `reachable` must agree, and the checker too.

An optimum L that the checker has passed settles every decision: yes at L, no below it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.testing import forced

LOSSES: dict[str, Any] = {
    "squared": "squared",
    "absolute": "absolute",
    "maximum": "maximum",
    "zero_one": "zero_one",
    "hinge": {"kind": "hinge", "margin": 5},
    "table": {"kind": "table", "values": [{"f": [7], "y": [0], "loss": 1}], "otherwise": 3},
}


def medium(seed: int, loss: Any, last: str = "identity") -> dnnt.Instance:
    """Two to four ReLU units, two samples, one output: up to some 10^9 choices of parameters."""
    rng = Random(seed)
    hidden = [
        {
            "units": rng.randint(2, 4),
            "activation": rng.choice(("relu", "abs", "identity", {"kind": "clip", "low": -3, "high": 9})),
            "weights": {"from": -2, "to": 2},
            "bias": rng.choice(([0], [-1, 0, 1], ["1/2", 3])),
        },
        {"units": 1, "activation": last, "weights": rng.choice(([-1, 1], [-2, 0, 3])), "bias": [0, 1]},
    ]
    size = rng.randint(2, 3)
    samples = [
        (
            tuple(rng.randint(-6, 6) for _ in range(size)),
            (rng.choice((0, 20, -30, 55, Fraction(7, 2))),),
            rng.choice((1, 3, Fraction(2, 9))),
        )
        for _ in range(2)
    ]
    return dnnt.layered(size, hidden, samples, loss=loss)


def settled(instance: dnnt.Instance, method: str = "reachable") -> dnnt.Answer:
    """The checked optimum; decisions at it and below it must agree with it."""
    best = dnnt.solve(instance, goal="minimize", method=method)
    assert (best.status, best.assurance) == ("optimal", "checked")
    assert best.loss is not None
    assert dnnt.evaluate(instance, best).total == best.loss
    for gamma, answer in ((best.loss, "yes"), (best.loss + 1, "yes"), (best.loss - Fraction(1, 7), "no")):
        said = dnnt.solve(replace(instance, gamma=gamma), goal="decide", method=method)
        assert (said.answer, said.assurance, said.stop) == (answer, "checked", "proved")
        if answer == "yes":
            assert said.loss is not None
            assert said.loss <= gamma
            assert dnnt.evaluate(instance, said).total == said.loss
    return best


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(4))
def test_ways_agree(seed: int, loss: str) -> None:
    instance = medium(seed, LOSSES[loss], "relu" if seed == 3 else "identity")
    plain = settled(instance)
    for targets, way in (
        (True, None),
        (True, "sort"),
        (True, "tiles"),
        (False, "bits"),
        (False, "map"),
        (False, "windows"),
    ):
        with forced(targets=targets, way=way):
            assert settled(instance).loss == plain.loss


def test_targets_on_real_data() -> None:
    """Two digit images: large enough that targets are listed without being forced."""
    instance = dnnt.parse((files("dnnt") / "examples" / "digits.dnnt.json").read_bytes())
    best = settled(instance)
    assert best.stats["last"] == "targets"
    assert best.loss is not None
    assert best.loss > 0
