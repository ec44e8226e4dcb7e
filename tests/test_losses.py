"""Every loss against a second definition."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dnnt.errors import InvalidInput
from dnnt.exact import Number, normal
from dnnt.losses import KINDS, loss
from tests.test_guarded_loss import GUARDED

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


def positive(f: Vector, y: Vector) -> Number:
    """0, or 1, or 2 if something is not above 0."""
    if list(f) == list(y):
        return 0
    return 2 if any(not value > 0 for value in f) else 1


SECOND: dict[str, tuple[Any, Callable[[Vector, Vector], Number]]] = {
    "squared": ("squared", lambda f, y: sum(a * a - 2 * a * b + b * b for a, b in zip(f, y, strict=True))),
    "absolute": ("absolute", lambda f, y: sum(max(a, b) - min(a, b) for a, b in zip(f, y, strict=True))),
    "maximum": ("maximum", lambda f, y: max([0, *(max(a, b) - min(a, b) for a, b in zip(f, y, strict=True))])),
    "zero_one": ("zero_one", lambda f, y: int(any(a != b for a, b in zip(f, y, strict=True)))),
    "hinge": ({"kind": "hinge", "margin": "3/2"}, hinge),
    "positive": ("positive", positive),
}

PAIRS: Any = {"kind": "pairs", "size": 3, "allowed": [[[1, 2], [3, 3], [1, 2]], [[2, 1]]]}
PRINTED: Any = {**PAIRS, "kind": "printed_pairs"}
OTHERS: dict[str, Any] = {
    "misclassified": "misclassified",
    "table": TABLE,
    "pairs": PAIRS,
    "printed_pairs": PRINTED,
    "guarded": GUARDED,
}
"""Kinds that only go with certain numbers of outputs or targets."""


def test_every_kind_is_here() -> None:
    assert {*SECOND, *OTHERS} == set(KINDS)


@pytest.mark.parametrize("kind", SECOND)
@given(pair=pairs())
def test_value(kind: str, pair: tuple[Vector, Vector]) -> None:
    written, second = SECOND[kind]
    value = loss(written)(*pair)
    assert value == second(*pair)
    assert value >= 0
    assert type(value) is int or value.denominator > 1


@pytest.mark.parametrize("kind", SECOND)
@given(pair=pairs())
def test_sums_over_outputs(kind: str, pair: tuple[Vector, Vector]) -> None:
    """Under another name a loss is the same function, and only the largest of one distance has one."""
    given_, outputs = loss(SECOND[kind][0]), len(pair[0])
    same = given_.of_outputs(outputs)
    assert same(*pair) == given_(*pair)
    assert same.separable >= given_.separable
    assert same.kind == ("absolute" if (kind, outputs) == ("maximum", 1) else kind)


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


def paired(f: Vector, y: Vector, size: int, allowed: Any, printed: bool) -> int:
    """Theorem 1.4's loss by reading l and m off every output, as the digits to base 2·size."""
    if f == y and not printed:
        return 0
    for value, pairs_of in zip(f, allowed, strict=True):
        if Fraction(value).denominator > 1 or not size:
            return 2
        high, low = divmod(int(value), 2 * size)
        if [low, high] not in pairs_of or not (1 <= low <= size and 1 <= high <= size):
            return 2
    return 1


@given(
    f=st.tuples(*[st.one_of(st.integers(-3, 30), st.sampled_from((13, 21, 8)), NUMBER)] * 2),
    y=st.tuples(*[st.sampled_from((13, 21, 8, 0))] * 2),
)
def test_pairs(f: Vector, y: Vector) -> None:
    for written in (PAIRS, PRINTED):
        value = loss(written)(f, y)
        assert value == paired(f, y, 3, written["allowed"], written is PRINTED)
        assert type(value) is int


def test_pairs_by_hand() -> None:
    repaired, printed = loss(PAIRS), loss(PRINTED)
    # 13 = 1 + 6·2, 21 = 3 + 6·3, 8 = 2 + 6·1.
    table: list[tuple[Vector, int]] = [
        ((13, 8), 1),
        ((21, 8), 1),
        ((13, 13), 2),
        ((8, 8), 2),
        ((14, 8), 2),
        ((13, Fraction(17, 2)), 2),
    ]
    assert [(f, repaired(f, (0, 0))) for f, _ in table] == table
    assert [(f, printed(f, (0, 0))) for f, _ in table] == table
    assert (repaired((13, 8), (13, 8)), printed((13, 8), (13, 8))) == (0, 1)
    assert (repaired((5, 5), (5, 5)), printed((5, 5), (5, 5))) == (0, 2)
    assert loss({"kind": "pairs", "size": 0, "allowed": [[]]})((0,), (1,)) == 2
    nothing: Any = {"size": 4, "allowed": []}
    assert loss({"kind": "pairs", **nothing})((), ()) == 0
    assert loss({"kind": "printed_pairs", **nothing})((), ()) == 1
    long = 10**60
    assert loss({"kind": "pairs", "size": long, "allowed": [[[1, long]]]})((1 + 2 * long * long,), (0,)) == 1


@pytest.mark.parametrize(
    ("written", "outputs", "place"),
    [
        (PAIRS, 1, "allowed"),
        (PAIRS, 3, "allowed"),
        (PRINTED, 0, "allowed"),
    ],
)
def test_outputs_that_do_not_fit(written: Any, outputs: int, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        loss(written).check_outputs(outputs)
    assert caught.value.place == place
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1


def test_outputs_that_fit() -> None:
    loss(PAIRS).check_outputs(2)


@pytest.mark.parametrize("kind", [*SECOND, *OTHERS])
def test_written_and_read(kind: str) -> None:
    first = loss(OTHERS[kind] if kind in OTHERS else SECOND[kind][0])
    written = first.to_json()
    again = loss(json.loads(json.dumps(written)))
    assert again == first
    assert hash(again) == hash(first)
    assert again.to_json() == written
    kept = pickle.loads(pickle.dumps(first))
    assert kept == first
    if kind in ("guarded", "positive"):
        f, y = (0, 0, 0, 0), (1, 0, 0, 2)
        assert kept(f, y) == first(f, y) == again(f, y)
    assert not first.separable or kind in ("squared", "absolute", "hinge")


def test_from_arrays() -> None:
    assert loss({**PAIRS, "allowed": [np.array([[1, 2], [3, 3], [1, 2]]), [np.array([2, 1])]]}) == loss(PAIRS)


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
        ({"kind": "positive"}, ""),
        ("pairs", ""),
        ({"kind": "pairs", "size": 3}, ""),
        ({**PAIRS, "size": -1}, "size"),
        ({**PAIRS, "size": "3"}, "size"),
        ({**PAIRS, "size": Fraction(1, 2)}, "size"),
        ({**PAIRS, "size": 2}, "allowed[0][1]"),
        ({**PAIRS, "allowed": None}, "allowed"),
        ({**PAIRS, "allowed": [[], 3]}, "allowed[1]"),
        ({**PAIRS, "allowed": [[[1, 1], [1]]]}, "allowed[0][1]"),
        ({**PAIRS, "allowed": [[[1, 1, 1]]]}, "allowed[0][0]"),
        ({**PAIRS, "allowed": [[[0, 1]]]}, "allowed[0][0]"),
        ({**PAIRS, "allowed": [[[1, 4]]]}, "allowed[0][0]"),
        ({**PAIRS, "allowed": [[[1, "1"]]]}, "allowed[0][0]"),
        ({**PRINTED, "allowed": [[], [[1, True]]]}, "allowed[1][0]"),
    ],
)
def test_no_loss(given: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        loss(given)
    assert caught.value.place == place
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1
