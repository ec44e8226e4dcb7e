"""Every activation against a second definition, and the range that it says it has."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dnnt.activations import KINDS, activation
from dnnt.errors import InvalidInput
from dnnt.exact import Number, normal

Z = st.fractions(-6, 6, max_denominator=6).map(normal)

POINTS = [[-2, 1], ["-1/2", -1], [0, 4], [3, 4]]


def pieces(z: Number) -> Number:
    """The broken line through `POINTS`, slope 2 on the left and -1/3 on the right."""
    if z < -2:
        return 1 + 2 * (z + 2)
    if z < Fraction(-1, 2):
        return 1 - Fraction(4, 3) * (z + 2)
    if z < 0:
        return -1 + 10 * (z + Fraction(1, 2))
    return 4 if z < 3 else 4 - Fraction(1, 3) * (z - 3)


SECOND: dict[str, tuple[Any, Callable[[Number], Number]]] = {
    "identity": ("identity", lambda z: z),
    "relu": ("relu", lambda z: sorted((z, 0))[1]),
    "sign": ("sign", lambda z: -1 if z < 0 else 1),
    "step": ("step", lambda z: int(not z < 0)),
    "abs": ("abs", lambda z: max(z, -z)),
    "square": ("square", lambda z: Fraction(z) ** 2),
    "quarter_square": ("quarter_square", lambda z: Fraction(z, 2) ** 2),
    "floor": ("floor", lambda z: math.floor(Fraction(z))),
    "clip": ({"kind": "clip", "low": -1, "high": "5/2"}, lambda z: sorted((-1, z, Fraction(5, 2)))[1]),
    "scale": ({"kind": "scale", "factor": "-2/3"}, lambda z: Fraction(-2 * z, 3)),
    "leaky_relu": ({"kind": "leaky_relu", "slope": "-1/4"}, lambda z: z if z > 0 else Fraction(-z, 4)),
    "constant": ({"kind": "constant", "value": "7/2"}, lambda z: Fraction(7, 2)),
    "table": (
        {"kind": "table", "values": [[0, 5], ["1/2", -1], [3, 0]], "otherwise": 2},
        lambda z: {Fraction(0): 5, Fraction(1, 2): -1, Fraction(3): 0}.get(Fraction(z), 2),
    ),
    "piecewise_linear": ({"kind": "piecewise_linear", "points": POINTS, "left": 2, "right": "-1/3"}, pieces),
}


def test_every_kind_is_here() -> None:
    assert set(SECOND) == set(KINDS)


@pytest.mark.parametrize("kind", SECOND)
@given(z=Z)
def test_value(kind: str, z: Number) -> None:
    written, second = SECOND[kind]
    value = activation(written)(z)
    assert value == second(z)
    assert type(value) is int or value.denominator > 1


@pytest.mark.parametrize("kind", SECOND)
@given(ends=st.tuples(Z, Z).map(sorted), inner=st.lists(st.fractions(0, 1, max_denominator=12), max_size=8))
def test_interval(kind: str, ends: list[Number], inner: list[Fraction]) -> None:
    low, high = ends
    function = activation(SECOND[kind][0])
    found = function.interval(low, high)
    assert found is not None
    width = high - low
    turns: list[Number] = [-2, Fraction(-1, 2), 0, Fraction(1, 2), 3]
    probes = [low, high, *(low + part * width for part in inner), *(z for z in turns if low <= z <= high)]
    values = [function(normal(z)) for z in probes]
    assert found[0] <= min(values)
    assert max(values) <= found[1]
    if kind not in ("table", "piecewise_linear", "floor"):
        assert found == (min(values), max(values))


def test_interval_is_tight_where_it_turns() -> None:
    line = activation(SECOND["piecewise_linear"][0])
    assert line.interval(-2, 3) == (-1, 4)
    assert line.interval(-3, 0) == (-1, 4)
    assert activation("square").interval(-2, 1) == (0, 4)
    assert activation({"kind": "leaky_relu", "slope": -1}).interval(-3, 2) == (0, 3)
    assert activation(SECOND["table"][0]).interval(1, 4) == (0, 2)


@pytest.mark.parametrize("kind", SECOND)
def test_written_and_read(kind: str) -> None:
    first = activation(SECOND[kind][0])
    again = activation(json.loads(json.dumps(first.to_json())))
    assert again == first
    assert hash(again) == hash(first)
    assert first.is_constant == (kind == "constant")


def test_from_python() -> None:
    cube = activation(lambda z: z**3)
    assert cube(Fraction(1, 2)) == Fraction(1, 8)
    assert cube.interval(0, 1) is None
    with pytest.raises(InvalidInput, match="Python function"):
        cube.to_json()
    with pytest.raises(InvalidInput, match="float"):
        activation(lambda z: float(z))(1)
    assert activation(cube) is cube


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("tanh", ""),
        ("ReLU", ""),
        (None, ""),
        (5, ""),
        ({"kind": "relu"}, ""),
        ({"low": 1}, ""),
        ({"kind": "clip", "low": 2, "high": 1}, ""),
        ({"kind": "clip", "low": 2}, ""),
        ({"kind": "clip", "low": 2, "high": 3, "slope": 1}, ""),
        ({"kind": "scale", "factor": True}, "factor"),
        ({"kind": "scale", "factor": 0.5}, "factor"),
        ({"kind": "table", "values": [[0, 1], [0, 2]], "otherwise": 0}, "values[1]"),
        ({"kind": "table", "values": [[0]], "otherwise": 0}, "values[0]"),
        ({"kind": "table", "values": {}, "otherwise": 0}, "values"),
        ({"kind": "piecewise_linear", "points": [], "left": 0, "right": 0}, "points"),
        ({"kind": "piecewise_linear", "points": [[1, 0], [1, 2]], "left": 0, "right": 0}, "points[1]"),
    ],
)
def test_no_activation(given: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        activation(given)
    assert caught.value.place == place
    assert caught.value.remedy


def test_repeated_table_entry_of_one_value() -> None:
    assert activation({"kind": "table", "values": [[0, 1], ["0/1", 1]], "otherwise": 0})(0) == 1
