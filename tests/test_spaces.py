"""Spaces are sets: lists, ranges and their elements, however they are written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dnnt.errors import InvalidInput, MethodUnsuitable
from dnnt.exact import Number, magnitude, normal
from dnnt.spaces import Range, Real, Values, finite, listed, preferred, progression, space

SMALL = st.fractions(-5, 5, max_denominator=4).map(normal)


@given(st.lists(SMALL, max_size=8))
def test_a_list_is_a_set(values: list[Number]) -> None:
    of = space(values)
    assert isinstance(of, Values | Range)
    assert list(of) == sorted(set(values))
    assert of.size == len(set(values))
    assert space([*values, *values[::-1]]) == of
    for value in [*values, Fraction(1, 7), 100, -100]:
        assert (value in of) == (value in values)
    if values:
        assert (of.low, of.high) == (min(values), max(values))
        assert preferred(of) == min(sorted(set(values)), key=magnitude)


@given(SMALL, SMALL, st.fractions(Fraction(1, 5), 3, max_denominator=5).map(normal))
def test_a_range_is_its_list(a: Number, b: Number, step: Number) -> None:
    low, high = min(a, b), max(a, b)
    elements: list[Number] = []
    value = Fraction(low)
    while value <= high:
        elements.append(normal(value))
        value += step
    of = space({"from": low, "to": high, "step": step})
    assert of == listed(tuple(elements)) == space(elements)
    assert isinstance(of, Values | Range)
    assert list(of) == elements
    assert all(type(v) is int or v.denominator > 1 for v in of)
    assert (of.low, of.high, of.size) == (elements[0], elements[-1], len(elements))
    assert magnitude(preferred(of)) == min(map(magnitude, elements))
    assert preferred(of) in elements
    for probe in [
        *elements,
        normal(low - Fraction(step)),
        normal(elements[-1] + Fraction(step)),
        low + Fraction(step) / 2,
    ]:
        assert (probe in of) == (probe in elements)


def test_long_ranges_stay_ranges() -> None:
    of = space({"from": -(10**40), "to": 10**40, "step": "1/3"})
    assert isinstance(of, Range)
    assert of.size == 6 * 10**40 + 1
    assert of.high == 10**40
    assert Fraction(1, 3) in of
    assert Fraction(1, 2) not in of
    assert 10**40 + 1 not in of
    assert preferred(of) == 0
    assert next(iter(of)) == -(10**40)
    assert preferred(space({"from": 10**30, "to": 10**31})) == 10**30
    assert preferred(space({"from": -(10**31), "to": -(10**30)})) == -(10**30)
    assert preferred(space({"from": -4, "to": 10**31, "step": 3})) == -1


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (range(3), [0, 1, 2]),
        (range(5, 0, -2), [1, 3, 5]),
        (range(0), []),
        ([], []),
        ({1, -1}, [-1, 1]),
        (np.array([2, 1, 2]), [1, 2]),
        (("1/2", Fraction(1, 2), "0.5"), [Fraction(1, 2)]),
        ({"from": 1, "to": 1}, [1]),
        ({"from": 0, "to": "7/2", "step": 2}, [0, 2]),
    ],
)
def test_from_python(given: Any, right: list[Number]) -> None:
    of = space(given)
    assert isinstance(of, Values | Range)
    assert list(of) == right


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"from": 1, "to": 0}, ""),
        ({"from": 0, "to": 1, "step": 0}, ""),
        ({"from": 0, "to": 1, "step": -1}, ""),
        ({"from": 0}, ""),
        ({"to": 0}, ""),
        ({"from": 0, "to": 1, "by": 1}, ""),
        ({"from": "x", "to": 1}, "from"),
        ([1, None], "[1]"),
        ([0.5], "[0]"),
        ("ternary", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_no_space(given: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        space(given)
    assert caught.value.place == place
    assert caught.value.remedy


def test_floats_where_asked_for() -> None:
    assert list(finite(space([0.5, 0.1], exact_floats=True))) == [Fraction(0.1), Fraction(1, 2)]
    assert space({"from": 0.0, "to": 1.0, "step": 0.5}, exact_floats=True) == progression(0, 1, Fraction(1, 2))


def test_real() -> None:
    of = space("real")
    assert of == Real()
    assert 5 in of
    assert Fraction(1, 3) in of
    assert preferred(of) == 0
    with pytest.raises(MethodUnsuitable, match="real"):
        finite(of)


def test_built_directly() -> None:
    assert space(Values((1, 2))) == Values((1, 2))
    with pytest.raises(InvalidInput):
        Values((2, 1))
    with pytest.raises(InvalidInput):
        Values((1, 1))
    with pytest.raises(InvalidInput):
        Range(0, 0, 3)
    with pytest.raises(InvalidInput):
        Range(0, 1, 2)
