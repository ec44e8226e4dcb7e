"""Every loss against a second definition."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dnnt.errors import InvalidInput
from dnnt.exact import Number, normal
from dnnt.losses import KINDS, loss

Vector = tuple[Number, ...]
NUMBER = st.fractions(-4, 4, max_denominator=3).map(normal)


def pairs() -> st.SearchStrategy[tuple[Vector, Vector]]:
    """Outputs and targets of one to three outputs, or of none, some of them equal."""

    def of(count: int) -> st.SearchStrategy[tuple[Vector, Vector]]:
        vector = st.tuples(*[NUMBER] * count)
        return st.one_of(st.tuples(vector, vector), vector.map(lambda f: (f, f)))

    return st.integers(0, 3).flatmap(of)


TABLE = {
    "kind": "table",
    "values": [
        {"f": [1], "y": [0], "loss": "1/2"},
        {"f": [0], "y": [0], "loss": 0},
        {"f": ["2/4"], "y": [1], "loss": 7},
    ],
    "otherwise": 3,
}


def hinge(f: Vector, y: Vector) -> Number:
    """The sum of how far y·f is below 3/2."""
    total = Fraction(0)
    for a, b in zip(f, y, strict=True):
        if a * b < Fraction(3, 2):
            total += Fraction(3, 2) - a * b
    return total


SECOND: dict[str, tuple[Any, Callable[[Vector, Vector], Number]]] = {
    "squared": ("squared", lambda f, y: sum(a * a - 2 * a * b + b * b for a, b in zip(f, y, strict=True))),
    "absolute": ("absolute", lambda f, y: sum(max(a, b) - min(a, b) for a, b in zip(f, y, strict=True))),
    "maximum": ("maximum", lambda f, y: max([0, *(max(a, b) - min(a, b) for a, b in zip(f, y, strict=True))])),
    "zero_one": ("zero_one", lambda f, y: int(any(a != b for a, b in zip(f, y, strict=True)))),
    "hinge": ({"kind": "hinge", "margin": "3/2"}, hinge),
}


def test_every_kind_is_here() -> None:
    assert {*SECOND, "misclassified", "table"} == set(KINDS)


@pytest.mark.parametrize("kind", SECOND)
@given(pair=pairs())
def test_value(kind: str, pair: tuple[Vector, Vector]) -> None:
    written, second = SECOND[kind]
    value = loss(written)(*pair)
    assert value == second(*pair)
    assert value >= 0
    assert type(value) is int or value.denominator > 1


@pytest.mark.parametrize(
    ("f", "y", "right"),
    [
        ((2,), (1,), 0),
        ((-2,), (1,), 1),
        ((0,), (1,), 1),
        ((0,), (-1,), 1),
        ((Fraction(-1, 9),), (-1,), 0),
        ((1, 2, 3), (0, 0, 1), 0),
        ((1, 3, 3), (0, 0, 1), 1),
        ((1, 3, 3), (0, 1, 0), 1),
        ((-1, -2), (1, 0), 0),
        ((0, 0), (0, 1), 1),
        ((5, 4), (0, 1), 1),
    ],
)
def test_misclassified(f: Vector, y: Vector, right: int) -> None:
    assert loss("misclassified")(f, y) == right


def test_table() -> None:
    table = loss(TABLE)
    assert table((1,), (0,)) == Fraction(1, 2)
    assert table((0,), (0,)) == 0
    assert table((Fraction(1, 2),), (1,)) == 7
    assert table((0,), (1,)) == 3


@pytest.mark.parametrize("kind", [*SECOND, "misclassified", "table"])
def test_written_and_read(kind: str) -> None:
    first = loss(TABLE if kind == "table" else SECOND[kind][0] if kind in SECOND else kind)
    assert loss(json.loads(json.dumps(first.to_json()))) == first


def test_targets_that_misclassified_does_not_allow() -> None:
    of = loss("misclassified")
    for outputs, y in ((1, (1,)), (1, (-1,)), (2, (0, 1)), (3, (1, 0, 0))):
        of.check_targets(outputs, y)
    wrong: list[tuple[int, Vector]] = [(1, (0,)), (1, (Fraction(1, 2),)), (2, (0, 0)), (2, (1, 1)), (2, (-1, 1))]
    for count, targets in [*wrong, (3, (2, 0, 0))]:
        with pytest.raises(InvalidInput):
            of.check_targets(count, targets)
    with pytest.raises(InvalidInput):
        of.check_outputs(0)
    loss("squared").check_targets(2, (5, -7))
    with pytest.raises(InvalidInput) as caught:
        loss(TABLE).check_outputs(2)
    assert caught.value.place == "values[0].f"


def test_from_python() -> None:
    of = loss(lambda f, y: abs(f[0] - y[0]) ** 3)
    assert of((3,), (1,)) == 8
    with pytest.raises(InvalidInput, match="Python function"):
        of.to_json()
    with pytest.raises(InvalidInput, match="0 or more"):
        loss(lambda f, y: -1)((1,), (1,))
    with pytest.raises(InvalidInput, match="float"):
        loss(lambda f, y: 0.5)((1,), (1,))


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("mse", ""),
        (None, ""),
        (0, ""),
        ({"kind": "squared"}, ""),
        ({"kind": "hinge"}, ""),
        ({"kind": "hinge", "margin": "x"}, "margin"),
        ({"kind": "hinge", "margin": 1, "low": 0}, ""),
        ({"kind": "table", "values": [], "otherwise": -1}, "otherwise"),
        ({"kind": "table", "values": [{"f": [1], "y": [1], "loss": -1}], "otherwise": 1}, "values[0].loss"),
        ({"kind": "table", "values": [{"f": [1], "y": [1]}], "otherwise": 1}, "values[0]"),
        ({"kind": "table", "values": [{"f": 1, "y": [1], "loss": 0}], "otherwise": 1}, "values[0].f"),
        ({"kind": "table", "values": [{"f": [1], "y": [1], "loss": 0, "z": 0}], "otherwise": 1}, "values[0]"),
        ({"kind": "table", "values": [[1, 1, 0]], "otherwise": 1}, "values[0]"),
        (
            {
                "kind": "table",
                "values": [{"f": [1], "y": [1], "loss": 0}, {"f": ["2/2"], "y": [1], "loss": 1}],
                "otherwise": 1,
            },
            "values[1]",
        ),
    ],
)
def test_no_loss(given: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        loss(given)
    assert caught.value.place == place
    assert caught.value.remedy
