"""Grounds "restricted" without a guide, and with one that is not needed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.dnnt_check.cases import Naive, certificate, encode, text
from tests.dnnt_check.circuits import both, claims, guide, line
from tests.dnnt_check.test_lower_parts import edge, network

Q = Fraction


@pytest.mark.parametrize(("x", "loss"), [(1, 0), (2, 4), (5, 1)])
def test_restricted_without_a_guide(x: int, loss: int) -> None:
    instance = network({"h": "relu", "t": "identity"}, ["t"], [edge("s", "h", [[2]], [-4])], [([x], [0])])
    instance["edges"].append(edge("h", "t", [[-1]], ["1/2"]))
    value = abs(Q(1, 2) - max(2 * x - 4, 0))
    assert both(instance, text(value)) == {"valid"}
    for wrong in (value + 1, value + Q(1, 7)):
        assert line(instance, claims(instance, wrong, None, "lower")) == (
            f"INVALID lower: the only parameters have the loss {text(value)}"
        )
    assert line(instance, claims(instance, value, None, "lower", True)).startswith("INVALID lower")
    assert line(instance, claims(instance, value - 1, None, "lower", True)) == f"VALID loss > {text(value - 1)}"
    with_guide = claims(instance, value, guide(16), "lower")
    assert line(instance, with_guide) == f"VALID loss >= {text(value)}"


def test_restricted_needs_one_choice() -> None:
    instance = network({"t": "identity"}, ["t"], [edge("s", "t", [[2, 3]], [0])], [([1], [0])])
    for signs in (None, guide(16)):
        found = line(instance, claims(instance, 2, signs, "lower"))
        assert (
            found == "INVALID lower: restricted does not apply: a parameter of an edge into vertex 0 may have 2 values"
        )
        fixed = {**claims(instance, 2, signs, "lower"), "fixed": [[0, 0, 3]]}
        fixed["lower"]["bound"] = 3
        assert line(instance, fixed) == "VALID loss >= 3 with 1 values fixed"
        fixed["lower"]["bound"] = 4
        assert line(instance, fixed).startswith("INVALID lower")
    unused = network({"t": "identity", "u": "relu"}, ["t"], [edge("s", "t", [[2]], [0])], [([1], [0])])
    unused["edges"].append(edge("s", "u", [[1, 2]], [0]))
    assert "does not apply" in line(unused, claims(unused, 2, None, "lower"))
    real = network({"t": "identity"}, ["t"], [edge("s", "t", ["real"], [0])], [([1], [0])])
    assert "may take any real value" in line(
        real, certificate(encode(real), None, (Q(2), False, {"kind": "restricted"}))
    )
    empty = network({"t": "identity"}, ["t"], [edge("s", "t", [[]], [0])], [([1], [0])])
    assert line(empty, certificate(encode(empty), None, (Q(2), True, {"kind": "restricted"}))) == "VALID loss > 2"


def test_restricted_without_samples() -> None:
    instance = network({"t": "identity"}, ["t"], [edge("s", "t", [[2]], [0])], [])
    for signs in (None, guide(16)):
        assert both(instance, 0, signs) == {"valid"}
        assert line(instance, claims(instance, 0, signs, "lower", True)).startswith("INVALID lower")


@pytest.mark.parametrize("units", [1, 3, 300, 10**100])
def test_restricted_layers(units: int) -> None:
    layers = [{"units": units, "activation": "relu", "weights": [2], "bias": [1]}]
    layers.append({"units": units, "activation": "identity", "weights": ["1/2"], "bias": [3]})
    layers.append({"units": 1, "activation": "identity", "weights": [1], "bias": ["1/3"]})
    instance = {"format": "dnnt-instance", "version": 1, "inputs": 1, "layers": layers, "loss": "absolute"}
    instance["samples"] = [{"x": [5], "y": [0]}, {"x": [-1], "y": [0], "weight": 2}]
    loss = 3 * Q(1, 3) + (units * (units * Q(11, 2) + 3)) + 2 * (3 * units)
    data = encode(instance)

    def found(signs: Any) -> str:
        grounds = {"kind": "restricted"} if signs is None else {"kind": "restricted", "signs": signs}
        return line(instance, certificate(data, None, (loss, False, grounds)))

    assert found(None) == f"VALID loss >= {text(loss)}"
    if units < 500:
        assert found(guide(16)) == f"VALID loss >= {text(loss)}"
    else:
        assert found(guide(16)).startswith("INVALID too much work: a guide for signs in a layered network")


def test_guided_layers_with_parameters() -> None:
    layers = [{"units": 2, "activation": "square", "weights": [2, 3], "bias": [1]}]
    layers.append({"units": 2, "activation": "identity", "weights": ["1/2", 5], "bias": [3]})
    instance = {"format": "dnnt-instance", "version": 1, "inputs": 1, "layers": layers, "loss": "squared"}
    instance["samples"] = [{"x": [5], "y": [0, 1]}, {"x": [-1], "y": [0, 7], "weight": 2}]
    chosen = [[Q(2), Q(1)], [Q(3), Q(1)], [Q(1, 2), Q(3)], [Q(5), Q(0)], [Q(5), Q(3)], [Q(5), Q(0)]]
    loss = Naive(instance).loss(chosen)
    claim = certificate(encode(instance), (chosen, loss))
    claim["upper"]["signs"] = guide(16)
    assert line(instance, claim) == f"VALID loss <= {text(loss)}"
    claim["upper"]["parameters"][0]["bias"] = 0
    assert "the bias of edge 0 is 0, outside its space" in line(instance, claim)
