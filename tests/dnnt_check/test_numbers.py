"""Exact numbers: texts of any length, and arithmetic that refuses what is too large."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dnnt_check import numbers as numbers_module
from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.numbers import (
    add,
    brief,
    common,
    digits_to_integer,
    integer_to_digits,
    multiply,
    normal,
    read_decimal,
    read_integer,
    read_string,
    shown,
    written,
)


def name(value: object) -> str:
    """A short name of a test; the values may be too long to be one."""
    return shown(value)


rationals = st.fractions().map(normal)


@pytest.fixture
def unlimited() -> Iterator[None]:
    """The interpreter's own conversion, for comparison, without its limit."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    yield
    sys.set_int_max_str_digits(limit)


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("length", [1, 17, 18, 511, 512, 513, 1023, 1025, 4301, 20_000])
def test_texts_of_any_length(length: int) -> None:
    for text in ("9" * length, "1" + "0" * (length - 1), ("1234567890" * length)[:length]):
        value = int(text)
        assert digits_to_integer(text) == value
        assert integer_to_digits(value) == text
        assert integer_to_digits(-value) == "-" + text
        assert read_integer("-" + text, Work()) == -value


@given(st.integers())
def test_integers_there_and_back(value: int) -> None:
    assert integer_to_digits(value) == str(value)
    assert read_integer(str(value), Work()) == value


def test_the_limit_of_the_interpreter_is_left_alone() -> None:
    limit = sys.get_int_max_str_digits()
    assert len(integer_to_digits(10**20_000)) == 20_001
    assert sys.get_int_max_str_digits() == limit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("-2.50", Fraction(-5, 2)),
        ("1e3", 1000),
        ("1.5E+2", 150),
        ("12e-1", Fraction(6, 5)),
        ("0e999999999999999999999", 0),
        ("-0.0", 0),
        ("1e99999", 10**99_999),
        ("1e-99999", Fraction(1, 10**99_999)),
        ("100e-2", 1),
    ],
    ids=name,
)
def test_decimals(text: str, value: Fraction) -> None:
    found = read_decimal(text, Work())
    assert found == value
    assert type(found) is (int if value == int(value) else Fraction)


@pytest.mark.parametrize("text", ["1e100000", "1e-100000", "1e99999999999999999999", "1." + "0" * 100_000], ids=name)
def test_decimals_that_are_too_long(text: str) -> None:
    with pytest.raises(Invalid, match="more than 100000 digits"):
        read_decimal(text, Work())


@pytest.mark.parametrize(
    ("text", "value"),
    [("1/2", Fraction(1, 2)), ("-4/2", -2), ("-0.25", Fraction(-1, 4)), ("007", 7), ("0/5", 0), ("3.0", 3)],
)
def test_strings(text: str, value: Fraction) -> None:
    assert read_string(text, False, Work()) == value


@pytest.mark.parametrize(
    "text",
    ["", "-", "+1", " 1", "1 ", "1/0", "1/-2", "1.5/2", "1e3", ".5", "5.", "0x10", "１", "1_0", "1/2/3", "nan", "1\n"],
)
def test_strings_that_are_no_numbers(text: str) -> None:
    with pytest.raises(Invalid):
        read_string(text, False, Work())


def test_hexadecimal() -> None:
    work = Work()
    assert read_string("0x1f", True, work) == 31
    assert read_string("-0x1F/0x3", True, work) == Fraction(-31, 3)
    for text in ("0x", "1f", "0x1/3", "0x1/0x0", "0x1/-0x3", "0b1"):
        with pytest.raises(Invalid):
            read_string(text, True, work)


@given(rationals)
def test_written_numbers_are_read(value: Fraction) -> None:
    assert read_string(written(value), True, Work()) == value


def test_long_numbers_are_written_in_hexadecimal() -> None:
    value = 10**100_001
    assert written(-value) == f"-{value:#x}"
    assert written(Fraction(1, 3**300_000)) == f"0x1/{3**300_000:#x}"
    assert written(10**99_000) == "1" + "0" * 99_000
    assert brief(value) == f"a number of {value.bit_length()} bits"


@given(rationals, rationals)
def test_arithmetic(first: Fraction, second: Fraction) -> None:
    work = Work()
    for found, expected in (
        (add(first, second, work), first + second),
        (multiply(first, second, work), first * second),
    ):
        assert found == expected
        assert type(found) is (int if expected.denominator == 1 else Fraction)
    divisor = common(first, second)
    if divisor:
        assert (Fraction(first) / divisor).denominator == (Fraction(second) / divisor).denominator == 1
    else:
        assert first == second == 0


@pytest.mark.parametrize(("first", "second"), [(1000, 1000), (5000, 5000), (40_000, 300), (30_000, 29_000)])
def test_long_products_are_split(first: int, second: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers_module, "PRODUCT_STEP", 1e-6)
    monkeypatch.setattr(numbers_module, "SHORT_BITS", 100)
    a, b = 3**first, -(7**second)
    assert multiply(a, b, Work()) == a * b
    assert multiply(b, b, Work()) == b * b
    assert multiply(b, 0, Work()) == 0


def test_products_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers_module, "LONGEST_STEP", 1e-4)
    work = Work()
    with pytest.raises(TooMuchWork, match="more than 10\\^8"):
        multiply(1 << 60_000_000, 1 << 60_000_000, work)
    with pytest.raises(TooMuchWork):
        multiply(Fraction(1 << 20_000, 3**10_000), Fraction(5**9_000, 7**7_000), work)
    with pytest.raises(TooMuchWork):
        multiply(1 << 40_000_000, 1 << 40_000_000, Work(budget=0.5))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (10**5000, "a number of 16610 bits"),
        (Fraction(1, 2), "1/2"),
        ([1], "a list"),
        ({}, "an object"),
        ("a\nb", "'a\\nb'"),
        ("ü", "'\\xfc'"),
    ],
    ids=name,
)
def test_values_in_messages(value: object, text: str) -> None:
    assert shown(value) == text


def test_long_strings_in_messages() -> None:
    assert len(shown("x" * 10**6)) == 60
    assert "\n" not in shown("\u2028\n" * 100)
