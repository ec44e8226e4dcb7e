"""The guarded loss, of which Theorem 1.2 (repaired) is made, against a second definition."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dnnt.activations import activation
from dnnt.errors import InvalidInput
from dnnt.exact import Number, magnitude, normal
from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import Network, Vertex

Vector = tuple[Number, ...]
NUMBER = st.fractions(-4, 4, max_denominator=3).map(normal)

GUARDED: Any = {
    "kind": "guarded",
    "tag": 3,
    "penalty": 100,
    "outputs": [1, 0],
    "loss": "squared",
    "checks": [{"output": 2, "in": [0, "1/2", 1]}],
    "cases": [
        {"base": 1, "weight": "1/2", "x": [3, -1], "checks": []},
        {
            "base": 0,
            "weight": 1,
            "x": [2],
            "checks": [
                {"output": 0, "activation": "relu", "terms": [[2, [2, 2], [0]], ["-1/2", [], []], [1, [1], [0, 0]]]},
                {"output": 1, "in": {"from": -4, "to": 4, "step": "1/2"}},
            ],
        },
        {"base": 7, "weight": 0, "x": [], "checks": []},
    ],
}


def guarded(f: Vector, y: Vector) -> Number:
    """`GUARDED` written out."""
    if f == y:
        return 0
    if y[3] == 1:
        squares = (f[0] - y[0]) ** 2 + (f[1] - y[1]) ** 2
        return 1 + Fraction(squares, 2) if f[2] in (0, Fraction(1, 2), 1) else 100
    if y[3] == 2:
        sum_of_terms = 2 * f[2] ** 2 * 2 - Fraction(1, 2) + 4 * f[1]
        right = f[0] == max(sum_of_terms, 0) and -4 <= f[1] <= 4 and Fraction(2 * f[1]).denominator == 1
        return (f[0] - y[0]) ** 2 + (f[1] - y[1]) ** 2 if right and 2 * f[2] in (0, 1, 2) else 100
    if y[3] == 3:
        return 7 if f[2] in (0, Fraction(1, 2), 1) else 100
    return 100


def accepted() -> st.SearchStrategy[Vector]:
    """Outputs that pass the checks of the second case, and some that nearly do."""

    def made(step: int, half: int, beside: Number) -> Vector:
        f1, f2 = normal(Fraction(step, 2)), normal(Fraction(half, 2))
        pre = normal(4 * f2 * f2 - Fraction(1, 2) + 4 * f1)
        return normal(max(pre, 0) + beside), f1, f2, 0

    return st.builds(made, st.integers(-9, 9), st.integers(0, 3), st.sampled_from((0, 0, 0, Fraction(1, 7))))


TAG = st.sampled_from((1, 2, 2, 2, 3, 4, 0, -1, Fraction(3, 2)))


@given(f=st.one_of(accepted(), st.tuples(*[NUMBER] * 4)), y=st.tuples(NUMBER, NUMBER, NUMBER, TAG), same=st.booleans())
def test_guarded(f: Vector, y: Vector, same: bool) -> None:
    outputs = y if same and not sum(v.numerator for v in f) % 3 else f
    value = loss(GUARDED)(outputs, y)
    assert value == guarded(outputs, y)
    assert type(value) is int or value.denominator > 1


@pytest.mark.parametrize(
    ("f", "y", "value"),
    [
        ((5, 5, 5, 1), (5, 5, 5, 1), 0),  # f = y before anything else,
        ((5, 5, 5, 9), (5, 5, 5, 9), 0),  # with a tag that is no case too
        ((3, 2, 0, 0), (1, 1, 9, 1), Fraction(7, 2)),
        ((3, 2, "1/2", 0), (1, 1, 9, 1), Fraction(7, 2)),
        ((3, 2, "1/3", 0), (1, 1, 9, 1), 100),
        ((3, 2, 0, 0), (1, 1, 9, 0), 100),
        ((3, 2, 0, 0), (1, 1, 9, 4), 100),
        ((3, 2, 0, 0), (1, 1, 9, -1), 100),
        ((3, 2, 0, 0), (1, 1, 9, "3/2"), 100),
        ((0, 0, 0, 0), (1, 0, 0, 2), 1),  # relu(-1/2) = 0
        (("15/2", 1, 1, 0), (1, 1, 1, 2), Fraction(169, 4)),  # 4·1 - 1/2 + 4·1
        ((8, 1, 1, 0), (1, 1, 1, 2), 100),
        (("1/2", "1/4", 0, 0), (0, 0, 0, 2), 100),  # the equation holds, and 1/4 is no half
        ((9, 9, 1, 0), (1, 1, 1, 3), 7),
        ((9, 9, 2, 0), (1, 1, 1, 3), 100),
    ],
)
def test_guarded_by_hand(f: Any, y: Any, value: Number) -> None:
    def exact(vector: Any) -> Vector:
        return tuple(normal(Fraction(v)) for v in vector)

    assert loss(GUARDED)(exact(f), exact(y)) == value
    assert loss(GUARDED)(tuple(Fraction(v) for v in f), tuple(Fraction(v) for v in y)) == value


def test_guarded_without_cases_or_outputs() -> None:
    none = loss({**GUARDED, "tag": 0, "outputs": [], "cases": []})
    assert none((1, 1, 1), (2, 1, 1)) == 100
    assert none((2, 1, 1), (2, 1, 1)) == 0
    # With no case a common check may refer to any x: it is never made.
    never = {"output": 0, "activation": "relu", "terms": [[1, [0], [5]]]}
    assert loss({**GUARDED, "checks": [never], "cases": []})((1,) * 4, (2,) * 4) == 100
    empty = {"base": 3, "weight": 2, "x": [], "checks": [{"output": 0, "activation": "step", "terms": []}]}
    only = loss({**GUARDED, "tag": 0, "outputs": [], "loss": "zero_one", "checks": [], "cases": [empty]})
    assert (only((1,), (1,)), only((1, 0), (1, 1)), only((2, 0), (1, 1))) == (0, 3, 100)


def test_guarded_by_a_function_of_digits() -> None:
    """A check may name any activation, also one that reads decimals; x is multiplied into its term."""
    check = {"output": 0, "activation": "digit_product", "terms": [[1, [1], [0]], ["0.71", [], [1]]]}
    case = {"base": 5, "weight": 0, "x": [10, 1], "checks": [check]}
    of = loss({**GUARDED, "tag": 2, "outputs": [0], "checks": [], "cases": [case]})
    assert of((210, 3, 0), (0, 0, 1)) == 5  # 30.71
    assert of((211, 3, 0), (0, 0, 1)) == 100


def test_a_loss_of_weight_0_is_not_asked() -> None:
    def refuses(f: Vector, y: Vector) -> Number:
        raise AssertionError("asked")

    case = {"base": 4, "weight": 0, "x": [], "checks": []}
    of = loss({**GUARDED, "loss": refuses, "checks": [], "cases": [case, {**case, "weight": 1}]})
    assert of((1, 1, 1, 1), (0, 0, 0, 1)) == 4
    with pytest.raises(AssertionError, match="asked"):
        of((1, 1, 1, 1), (0, 0, 0, 2))


def test_labels_where_the_loss_is_paid() -> None:
    """Targets must suit misclassified where the tag names a case with a weight, and nowhere else."""
    of = loss({**GUARDED, "outputs": [2], "loss": "misclassified"})
    for tag, label, allowed in ((1, 0, False), (1, 1, True), (2, 5, False), (3, 0, True), (4, 0, True), (0, 9, True)):
        y = (0, 0, label, tag)
        if allowed:
            of.check_targets(4, y)
        else:
            with pytest.raises(InvalidInput, match="label"):
                of.check_targets(4, y)
    assert of((1, 1, 1, 0), (0, 0, -1, 1)) == Fraction(3, 2)
    network = Network(0, tuple(Vertex(name, activation("identity")) for name in "abcd"), tuple("abcd"), ())
    with pytest.raises(InvalidInput) as caught:
        Instance(network, (Sample((), (0, 0, 1, 1)), Sample((), (0, 0, 0, 1))), of)
    assert caught.value.place.startswith("samples[1].y")


PAIR = {"kind": "pairs", "size": 3, "allowed": [[[1, 2]], []]}
ONE = {"kind": "table", "values": [{"f": [1], "y": [0], "loss": 1}], "otherwise": 0}


@pytest.mark.parametrize(
    ("written", "outputs", "place"),
    [
        (GUARDED, 3, ""),
        ({**GUARDED, "tag": 0, "outputs": [4]}, 4, ""),
        ({**GUARDED, "checks": [{"output": 7, "in": [0]}]}, 5, ""),
        ({**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": [[1, [0, 9], []]]}]}, 9, ""),
        ({**GUARDED, "loss": ONE}, 4, "loss.values[0].f"),
        ({**GUARDED, "outputs": [], "loss": "misclassified"}, 4, "loss"),
        ({**GUARDED, "loss": {**PAIR, "allowed": [[]]}}, 4, "loss.allowed"),
    ],
)
def test_outputs_that_do_not_fit(written: Any, outputs: int, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        loss(written).check_outputs(outputs)
    assert caught.value.place == place
    assert caught.value.remedy


def test_outputs_that_fit() -> None:
    loss(GUARDED).check_outputs(4)
    loss({**GUARDED, "loss": PAIR}).check_outputs(9)


def far(f: Vector, y: Vector) -> Number:
    """A loss that can be pickled by its name."""
    return 10 * max(magnitude(f[0] - y[0]), Fraction(1))


def test_guarded_around_a_function() -> None:
    of = loss({**GUARDED, "loss": far})
    with pytest.raises(InvalidInput, match="Python function"):
        of.to_json()
    again = pickle.loads(pickle.dumps(of))
    assert again == of
    assert again((0, 3, 0, 0), (0, 0, 0, 1)) == of((0, 3, 0, 0), (0, 0, 0, 1)) == 16


def test_from_arrays() -> None:
    assert loss({**GUARDED, "outputs": np.array([1, 0])}) == loss(GUARDED)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"kind": "guarded"}, ""),
        ({**GUARDED, "tag": -1}, "tag"),
        ({**GUARDED, "tag": "0"}, "tag"),
        ({**GUARDED, "penalty": "-1/2"}, "penalty"),
        ({**GUARDED, "outputs": [0, 1, 0]}, "outputs"),
        ({**GUARDED, "outputs": [0, -1]}, "outputs[1]"),
        ({**GUARDED, "outputs": 0}, "outputs"),
        ({**GUARDED, "loss": GUARDED}, "loss"),
        ({**GUARDED, "loss": loss(GUARDED)}, "loss"),
        ({**GUARDED, "loss": "mse"}, "loss"),
        ({**GUARDED, "loss": {"kind": "hinge", "margin": None}}, "loss.margin"),
        ({**GUARDED, "checks": {}}, "checks"),
        ({**GUARDED, "checks": [[0, [1]]]}, "checks[0]"),
        ({**GUARDED, "checks": [{"output": 0}]}, "checks[0]"),
        ({**GUARDED, "checks": [{"output": 0, "in": [0], "activation": "relu"}]}, "checks[0]"),
        ({**GUARDED, "checks": [{"output": 0, "in": "real"}]}, "checks[0].in"),
        ({**GUARDED, "checks": [{"output": 0, "in": "ternary"}]}, "checks[0].in"),
        ({**GUARDED, "checks": [{"output": 0, "in": {"from": 1, "to": 0}}]}, "checks[0].in"),
        ({**GUARDED, "checks": [{"output": 0, "in": [0, None]}]}, "checks[0].in[1]"),
        ({**GUARDED, "checks": [{"output": 0, "activation": "tanh", "terms": []}]}, "checks[0].activation"),
        ({**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": 1}]}, "checks[0].terms"),
        ({**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": [[1, []]]}]}, "checks[0].terms[0]"),
        (
            {**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": [["x", [], []]]}]},
            "checks[0].terms[0][0]",
        ),
        (
            {**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": [[1, [0, -1], []]]}]},
            "checks[0].terms[0][1][1]",
        ),
        (
            {**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": [[1, [], [0.5]]]}]},
            "checks[0].terms[0][2][0]",
        ),
        ({**GUARDED, "checks": [{"output": 0, "activation": "relu", "terms": [[1, [], [0]]]}]}, "cases[2]"),
        ({**GUARDED, "cases": None}, "cases"),
        ({**GUARDED, "cases": [3]}, "cases[0]"),
        ({**GUARDED, "cases": [{"base": 0, "weight": 1, "x": []}]}, "cases[0]"),
        ({**GUARDED, "cases": [{"base": 0, "weight": 1, "x": [], "checks": [], "y": []}]}, "cases[0]"),
        ({**GUARDED, "cases": [{"base": -1, "weight": 1, "x": [], "checks": []}]}, "cases[0].base"),
        ({**GUARDED, "cases": [{"base": 0, "weight": "-1/9", "x": [], "checks": []}]}, "cases[0].weight"),
        ({**GUARDED, "cases": [{"base": 0, "weight": 0, "x": [0, "y"], "checks": []}]}, "cases[0].x[1]"),
        (
            {**GUARDED, "cases": [{"base": 0, "weight": 0, "x": [], "checks": [{"output": -1, "in": []}]}]},
            "cases[0].checks[0].output",
        ),
        (
            {
                **GUARDED,
                "checks": [],
                "cases": [
                    {
                        "base": 0,
                        "weight": 0,
                        "x": [1],
                        "checks": [{"output": 0, "activation": "relu", "terms": [[1, [], [0, 1]]]}],
                    }
                ],
            },
            "cases[0]",
        ),
    ],
)
def test_no_loss(given: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        loss(given)
    assert caught.value.place == place
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1
