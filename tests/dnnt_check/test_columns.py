"""Grounds `columns`: every claim is passed if and only if it is true, and nothing hostile gets far."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
import dnnt_check
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.testing import oracle, random_any
from tests.columns.circuits import multiplier
from tests.columns.drawing import random_deep
from tests.dnnt_check.cases import text


def line(instance: Instance, bound: Any, strict: bool, budget: float = 20.0, **body: Any) -> str:
    """The verdict on a certificate that claims this on these grounds."""
    raw = instance_file.to_bytes(instance)
    given: dict[str, Any] = {"kind": "columns", "nodes": 10**6}
    grounds = {key: value for key, value in {**given, **body}.items() if value != "left out"}
    claim = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "lower": {"bound": text(Fraction(bound)), "strict": strict, "grounds": grounds},
    }
    return dnnt_check.check(raw, json.dumps(claim).encode(), budget=budget).line


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_true_claims_alone(start: int) -> None:
    """Bounds at, just above and just below each of the smallest losses."""
    little = Fraction(1, 10**9)
    passed = 0
    for seed in range(start, start + 10):
        for draw in (random_deep, random_any):
            instance = draw(Random(60_000 + seed))
            losses = oracle(instance).losses
            if instance.has_empty_space:
                continue
            for loss in losses[:3]:
                for bound in (loss, loss + little, loss - little):
                    for strict in (False, True):
                        said = line(instance, bound, strict)
                        true = losses[0] > bound or (losses[0] == bound and not strict)
                        right = (
                            f"VALID loss {'>' if strict else '>='} " if true else "INVALID lower: there are parameters"
                        )
                        assert said.startswith(right), (seed, bound, strict, said, instance_file.to_bytes(instance))
                        passed += true
    assert passed > 20


def test_claims_about_the_multiplier() -> None:
    assert line(multiplier([3]), 3, False) == "VALID loss >= 3"
    assert line(multiplier([3]), 2, True) == "VALID loss > 2"
    assert line(multiplier([3]), 3, True).startswith("INVALID lower: there are parameters with the loss 3")
    assert line(multiplier([2], "step", "squared"), Fraction(21, 2), False).startswith(
        ("VALID", "INVALID lower: there")
    )


def test_the_number_of_steps_counts() -> None:
    assert line(multiplier([4]), 0, True, nodes=20_000) == "VALID loss > 0"
    assert "more steps than the certificate says" in line(multiplier([4]), 0, True, nodes=100)
    assert "too much work" in line(multiplier([4]), 0, True, nodes=10**30)
    assert "too much work" in line(multiplier([7, 7]), 3, True, budget=1.0)


@pytest.mark.parametrize(
    "body",
    [
        {"nodes": "left out"},
        {"nodes": 0},
        {"nodes": -5},
        {"nodes": 1.5},
        {"nodes": "9"},
        {"nodes": None},
        {"nodes": [3]},
        {"nodes": True},
        {"more": 1},
    ],
)
def test_malformed_bodies(body: dict[str, Any]) -> None:
    said = line(multiplier([2]), 1, False, **body)
    assert said.startswith("INVALID certificate: lower.grounds"), said


def test_too_much_for_these_grounds() -> None:
    """Many units, long numbers and large sets are refused at once."""
    row = {"activation": "sign", "weights": [-1, 1], "bias": [0]}
    deep = dnnt.layered(1, [{"units": 1, **row}] * 300, [([1], [1]), ([-1], [1])], "zero_one")
    assert "more than 150 units" in line(deep, 1, False)
    long = dnnt.layered(1, [{"units": 1, **row, "weights": [10**2000, 1]}], [([1], [1]), ([-1], [1])], "zero_one")
    assert "too much work" in line(long, 1, False)
    wide = dnnt.layered(25, [{"units": 1, **row, "weights": list(range(0, 99, 7))}], [([3**i for i in range(25)], [1])])
    assert "too much work" in line(wide, 1, False, budget=2.0)
    squares = [{"units": 1, **row, "activation": "square", "weights": [1, 2**900]}] * 5
    assert "too much work" in line(dnnt.layered(1, squares, [([1], [1]), ([3], [2])]), 10**9, False)


def test_the_deepest_search() -> None:
    """A false claim about as many levels as are allowed leads through all of them."""
    row = {"units": 1, "activation": "sign", "weights": [-1, 1], "bias": [0]}
    deep = dnnt.layered(1, [row] * 150, [([1], [1]), ([-1], [-1])], "zero_one")
    assert line(deep, 1, False).startswith("INVALID lower: there are parameters with the loss 0")


def test_fixed_values_are_counted_in() -> None:
    """With a value fixed, the form has fewer variables, and the bound is about these."""
    made = [{"units": 2, "activation": "sign", "weights": [-1, 1], "bias": [0]}] * 2
    instance = dnnt.layered(1, made, [([1], [1, 1]), ([-1], [1, -1])], "squared")
    least = oracle(instance).least
    assert least is not None
    raw = instance_file.to_bytes(instance)
    claim = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "fixed": [[0, 0, 1]],
        "lower": {"bound": text(Fraction(least)), "strict": False, "grounds": {"kind": "columns", "nodes": 500}},
    }
    assert dnnt_check.check(raw, json.dumps(claim).encode()).line == f"VALID loss >= {least} with 1 values fixed"
