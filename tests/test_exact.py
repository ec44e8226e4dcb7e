"""Numbers: what is accepted, what exactly it means, the limits of length, and the way back to text."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction
from math import gcd
from time import monotonic
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dnnt import exact
from dnnt.errors import InvalidInput
from dnnt.exact import (
    MAX_DIGITS,
    Number,
    bits,
    brief,
    common_step,
    from_json_token,
    from_text,
    integer_text,
    magnitude,
    normal,
    number,
    numbers,
    text,
    to_int,
    to_json,
)
from dnnt.formats import json_text

rationals = st.fractions() | st.integers().map(Fraction) | st.integers(-(10**60), 10**60).map(Fraction)


def same(said: object, value: Fraction | int) -> bool:
    """Whether `said` is the number in normal form: an int where integral, else a Fraction."""
    wanted: type = int if Fraction(value).denominator == 1 else Fraction
    return type(said) is wanted and said == value


@given(rationals)
def test_normal_form(q: Fraction) -> None:
    assert same(normal(q), q)
    assert same(number(q), q)
    assert same(number(text(normal(q))), q)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5))
def test_decimals(d: Decimal) -> None:
    assert same(number(d), Fraction(d))
    assert same(number(format(d, "f")), Fraction(d))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("-0.0", 0),
        ("0.25", Fraction(1, 4)),
        ("-0.25", Fraction(-1, 4)),
        ("2.50", Fraction(5, 2)),
        ("6/4", Fraction(3, 2)),
        ("-6/3", -2),
        ("0/5", 0),
        ("12345678901234567890123", 12345678901234567890123),
        (np.int64(-7), -7),
        (np.uint8(200), 200),
        (Decimal("1E+3"), 1000),
        (Decimal("-0"), 0),
        (Fraction(8, 4), 2),
    ],
)
def test_forms(given: object, value: Number) -> None:
    assert same(number(given), value)


@pytest.mark.parametrize(
    "given",
    [
        "", " ", " 1", "1 ", "+1", "1e3", "1E3", ".5", "5.", "-", "--1", "1-", "1/-2", "1/", "/2", "1/2/3", "1.5/2",
        "1/2.5", "0x10", "1_000", "1,5", "nan", "inf", "-Infinity", "one", "1\n", "\N{ARABIC-INDIC DIGIT THREE}",
        "\N{FULLWIDTH DIGIT ONE}", "1\N{FRACTION SLASH}2", "\N{MINUS SIGN}1", "\N{VULGAR FRACTION ONE HALF}", "1/0",
        "0/0", True, False, None, [], [1], {}, b"1", object(), 1j, Decimal("NaN"), Decimal("Infinity"),
        0.5, 1.0, np.float64(2), np.float32(2), np.bool_(True), np.array([1]),
    ],
)  # fmt: skip
def test_refused(given: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        number(given)
    assert caught.value.fault
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_exact_floats(x: float) -> None:
    assert same(number(x, exact_floats=True), Fraction(x))
    assert same(number(np.float64(x), exact_floats=True), Fraction(x))


@pytest.mark.parametrize("x", [float("nan"), float("inf"), float("-inf"), np.float32("nan")])
def test_no_numbers_among_the_floats(x: float) -> None:
    with pytest.raises(InvalidInput, match="is not a number"):
        number(x, exact_floats=True)


NINES = "9" * MAX_DIGITS


@pytest.mark.parametrize("digits", [NINES, f"-{NINES}", f"{NINES}/{NINES[:-1]}7", "0." + NINES[1:], NINES[1:] + ".5"])
def test_the_longest_numbers_in_strings(digits: str) -> None:
    assert same(from_text(digits), Fraction(digits))


@pytest.mark.parametrize(
    "digits", [NINES + "9", f"-{NINES}9", f"1/{NINES}9", f"{NINES}9/2", "0." + NINES, NINES + ".5"]
)
def test_longer_numbers_in_strings(digits: str) -> None:
    with pytest.raises(InvalidInput, match="more than 100,000 digits"):
        from_text(digits)


@pytest.mark.parametrize(
    ("token", "value"),
    [
        (NINES, int(NINES)),
        ("-" + NINES, -int(NINES)),
        ("1e99999", 10**99_999),
        ("1E+99999", 10**99_999),
        ("12.5e99998", 125 * 10**99_997),
        ("1e-99999", Fraction(1, 10**99_999)),
        ("0.001e-99996", Fraction(1, 10**99_999)),
        ("0e5", 0),
        ("-0.0e-3", 0),
    ],
)
def test_the_longest_tokens(token: str, value: Number) -> None:
    assert same(from_json_token(token), value)
    assert same(json_text.parse(token.encode()), value)


@pytest.mark.parametrize(
    "token", [NINES + "9", "1e100000", "-1e100000", "1e-100000", "1e999999999999", "1e-99999999999999"]
)
def test_longer_tokens(token: str) -> None:
    started = monotonic()
    with pytest.raises(InvalidInput, match="more than 100,000 digits"):
        from_json_token(token)
    with pytest.raises(InvalidInput, match="more than 100,000 digits"):
        json_text.parse(token.encode())
    assert monotonic() - started < 10


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_tokens_mean_what_decimals_mean(token: str) -> None:
    value = Fraction(Decimal(token))
    assert same(from_json_token(token), value)
    assert same(json_text.parse(f"[{token}]".encode())[0], value)


@given(rationals)
def test_written_and_read_again(q: Fraction) -> None:
    """An integer, or lowest terms in a string; JSON keeps it, and reading gives the same number."""
    value = normal(q)
    form = to_json(value)
    assert type(form) is (int if q.denominator == 1 else str)
    if isinstance(form, str):
        match = re.fullmatch(r"(-?[1-9][0-9]*)/([1-9][0-9]*)", form)
        assert match is not None
        above, below = int(match.group(1)), int(match.group(2))
        assert gcd(above, below) == 1 < below
    assert same(number(json.loads(json_text.dumps(form))), q)
    assert same(number(json_text.parse(json_text.dumps([form]).encode())[0]), q)


@pytest.mark.parametrize("digits", [4_299, 4_301, 60_000, 70_000])
def test_long_integers_are_written_in_full(digits: int) -> None:
    """Past Python's own limit of 4,300 digits, and past the length from which another library converts."""
    value = 10**digits - 3
    written = "9" * (digits - 1) + "7"
    assert integer_text(value) == text(value) == written
    assert integer_text(-value) == "-" + written
    assert json_text.dumps({"a": [value, -value]}) == f'{{"a": [{written}, -{written}]}}'
    assert to_int(written) == value
    assert from_json_token("-" + written) == -value


def test_what_is_written_may_be_longer_than_what_is_read() -> None:
    assert len(json_text.dumps(10**150_000)) == 150_001


def test_long_text_in_a_string_stays_itself() -> None:
    """Long integers pass through a placeholder when written; strings that look like it are left alone."""
    body = {"a": "\0" + "0\0", "b": 10**70_000, "c": "0"}
    assert json.loads(json_text.dumps(body)) == body


@given(st.lists(rationals.map(normal), max_size=6))
def test_common_step(values: list[Number]) -> None:
    """The step divides every value, and the quotients have no common divisor: no larger step would do."""
    step = common_step(values)
    if not any(values):
        assert step == 0
        return
    quotients = [Fraction(value) / step for value in values]
    assert step > 0
    assert all(q.denominator == 1 for q in quotients)
    assert gcd(*(q.numerator for q in quotients)) == 1


@given(st.lists(st.integers(-(2**60), 2**60), max_size=5))
def test_lists_and_arrays(values: list[int]) -> None:
    wanted = tuple(values)
    forms: list[Any] = [values, wanted, iter(values), np.array(values, np.int64), list(map(str, values))]
    for form in forms:
        said = numbers(form)
        assert said == wanted
        assert all(type(value) is int for value in said)


@pytest.mark.parametrize("given", ["12", b"12", 5, None, {"a": 1}.get("b")])
def test_no_list_of_numbers(given: object) -> None:
    with pytest.raises(InvalidInput, match="is not a list of numbers"):
        numbers(given)


def test_the_place_of_a_bad_number() -> None:
    with pytest.raises(InvalidInput) as caught:
        numbers([1, 2, "three"])
    assert caught.value.place == "[2]"
    with pytest.raises(InvalidInput) as caught:
        numbers(np.array([0.5, 1.5]))
    assert caught.value.place == "[0]"
    assert "exact_floats" in str(caught.value)
    assert numbers(np.array([0.5, 1.5]), exact_floats=True) == (Fraction(1, 2), Fraction(3, 2))


@given(rationals)
def test_magnitude_bits_and_brief(q: Fraction) -> None:
    value = normal(q)
    assert same(magnitude(value), abs(q))
    assert bits(value) == q.numerator.bit_length() + (0 if q.denominator == 1 else q.denominator.bit_length())
    assert brief(value).startswith(text(value)) or len(text(value)) > 100


@pytest.mark.parametrize(
    "value", [10**5000, -(10**5000), Fraction(1, 10**5000), Fraction(10**9000, 3), Fraction(10**400, 10**401 + 1)]
)
def test_brief_fits_on_a_line(value: Number) -> None:
    said = brief(value)
    assert len(said) < 60
    assert said.startswith("about -" if value < 0 else "about 10^")


def test_limits_are_those_of_the_formats() -> None:
    assert exact.MAX_DIGITS == 100_000
