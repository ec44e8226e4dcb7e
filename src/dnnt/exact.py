"""Exact numbers: Python integers where integral, `fractions.Fraction` elsewhere.

Every number in dnnt is an `int` or a `Fraction` in lowest terms with denominator above 1 ("normal form"), so equal
numbers are equal values of equal type and integer arithmetic stays fast.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import gcd, isfinite, lcm
from typing import Any

from dnnt.errors import InvalidInput, shown

Number = int | Fraction

MAX_DIGITS = 100_000
"""The most decimal digits that a number may have where it is read."""

WRITTEN = 9.0
"""Logarithms of numbers of things up to which these are written out."""

LONG_BITS = 200_000
"""Integers longer than this are written and read by python-flint, whose conversions are not quadratic."""

# Python's own limit (4,300 digits) guards against quadratic conversions; the limits here do that instead.
sys.set_int_max_str_digits(0)

_NUMERIC = frozenset("biufOU")
"""Kinds of NumPy's types that may hold numbers: booleans (refused one by one), integers, floats, objects, texts."""

_INT = frozenset((int,))

_TEXT = re.compile(r"(-?)([0-9]+)(?:/([0-9]+)|\.([0-9]+))?\Z")
_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?\Z")


def normal(value: Number) -> Number:
    """The same number in normal form."""
    if type(value) is int or value.denominator != 1:
        return value
    return value.numerator


def number(value: object, exact_floats: bool = False) -> Number:
    """The exact number that a Python value means.

    Takes integers (not booleans), `Fraction`, `Decimal`, strings `"p/q"` or `"-0.25"`, NumPy scalars of these
    kinds, and
    floats only where `exact_floats` says that each is meant as the rational number that it is. Raises `InvalidInput`.
    """
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        return normal(value)
    if isinstance(value, str):
        return from_text(value)
    if isinstance(value, bool):
        raise InvalidInput(f"{shown(value)} is a boolean, not a number", "write 0 or 1")
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite():
        return from_json_token(str(value))
    if isinstance(value, float):
        if not isfinite(value):
            raise InvalidInput(f"{value!r} is not a number", "give a finite number")
        if not exact_floats:
            raise InvalidInput(
                f"{value!r} is a float",
                "give an integer, a Fraction or a string, or say exact_floats=True to mean each float as the "
                "rational it is",
            )
        return normal(Fraction(value))
    if _kind(value) in _NUMERIC and hasattr(value, "item") and not hasattr(value, "__len__"):
        plain = value.item()
        return _long_double(plain, exact_floats) if type(plain) is type(value) else number(plain, exact_floats)
    raise InvalidInput(f"{shown(value)} is not a number", 'write an integer, a decimal or a string "p/q"')


def _long_double(value: Any, exact_floats: bool) -> Number:
    """The number in a NumPy long double, for which Python has no type."""
    if not exact_floats or not isfinite(value):
        return number(float(value))
    return normal(Fraction(*value.as_integer_ratio()))


def is_float(value: object) -> bool:
    """Whether a Python value is a float, one of NumPy's too."""
    return isinstance(value, float) or _kind(value) == "f"


def _kind(value: object) -> str | None:
    """The letter of the kind of a NumPy value's type; None for other values."""
    return getattr(getattr(value, "dtype", None), "kind", None)


def from_text(text: str) -> Number:
    """The number that a string `"p/q"`, `"12"` or `"-0.25"` means (ASCII digits, no exponent)."""
    match = _TEXT.match(text) if len(text) <= 2 * MAX_DIGITS + 4 else None
    if match is None:
        if len(text) > MAX_DIGITS and set(text) <= set("-./0123456789"):
            raise InvalidInput(f"a number of more than {MAX_DIGITS:,} digits", "write a shorter number")
        raise InvalidInput(
            f"{shown(text)} is not a number",
            'write "p/q" or "-0.25", in ASCII digits and without exponent',
        )
    sign, whole, denominator, decimals = match.groups()
    if max(len(whole) + len(decimals or ""), len(denominator or "")) > MAX_DIGITS:
        raise InvalidInput(f"a number of more than {MAX_DIGITS:,} digits", "write a shorter number")
    if denominator is not None:
        below = to_int(denominator)
        if below == 0:
            raise InvalidInput(f"{shown(text)} has denominator 0", "write a denominator above 0")
        value = normal(Fraction(to_int(whole), below))
    elif decimals is not None:
        value = normal(Fraction(to_int(whole + decimals), 10 ** len(decimals)))
    else:
        value = to_int(whole)
    return -value if sign == "-" else value


def from_json_token(token: str) -> Number:
    """The exact number that a JSON number token means. Raises `InvalidInput` past `MAX_DIGITS` digits."""
    match = _DECIMAL.match(token)
    if match is None:
        raise InvalidInput(f"{shown(token)} is not a number", "write an integer, a decimal or a string")
    sign, whole, decimals, exponent_text = (
        match.group(1),
        match.group(2),
        match.group(3) or "",
        match.group(4) or "0",
    )
    exponent = int(exponent_text) if len(exponent_text) < 12 else MAX_DIGITS + 1
    digits = max(1, len(whole) + exponent) + max(0, len(decimals) - exponent)
    if digits > MAX_DIGITS or abs(exponent) > MAX_DIGITS:
        raise InvalidInput(f"a number of more than {MAX_DIGITS:,} digits", "write a shorter number")
    mantissa = to_int(whole + decimals)
    shift = exponent - len(decimals)
    value = normal(mantissa * 10**shift if shift >= 0 else Fraction(mantissa, 10**-shift))
    return -value if sign else value


def to_int(digits: str) -> int:
    """`int(digits)` for ASCII digits, in less than quadratic time where they are many."""
    if len(digits) < 20_000:
        return int(digits)
    from flint import fmpz

    return int(fmpz(digits))


def text(value: Number) -> str:
    """The decimal text of a number: an integer, or `p/q` in lowest terms."""
    if isinstance(value, Fraction):
        return f"{integer_text(value.numerator)}/{integer_text(value.denominator)}"
    return integer_text(value)


def integer_text(value: int) -> str:
    """`str(value)`, in less than quadratic time where it is long."""
    if value.bit_length() < LONG_BITS:
        return str(value)
    from flint import fmpz

    return str(fmpz(value))


def brief(value: Number) -> str:
    """Like `text`, but shortened to what fits on a line for a person."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 400:
        digits = int(value.numerator.bit_length() * 0.30103) + 1
        return f"about {'-' if value < 0 else ''}10^{digits - 1 - int(value.denominator.bit_length() * 0.30103)}"
    if isinstance(value, Fraction) and value.denominator > 1000:
        return f"{text(value)} (about {float(value):.6g})"
    return text(value)


def count(value: int) -> str:
    """A number of things for a person, however large it is."""
    return f"{value:,}" if value < 10**15 else f"about 10^{int(value.bit_length() * 0.30103)}"


def several(value: int, one: str, more: str = "") -> str:
    """A number of things with their name, such as "1 value" and "3 values"."""
    return f"{count(value)} {one if value == 1 else more or f'{one}s'}"


def power(log10: float, one: str, more: str = "") -> str:
    """As `several`, of a number whose logarithm is known; rough where it is large."""
    return several(round(10**log10), one, more) if log10 < WRITTEN else f"about 10^{log10:.1f} {more or f'{one}s'}"


def to_json(value: Number) -> int | str:
    """The contract's way of writing a number: a JSON integer where integral, else `"p/q"`."""
    return value if isinstance(value, int) else text(value)


def bits(value: Number) -> int:
    """The bits of numerator and denominator together: what the number takes in memory."""
    if type(value) is int:
        return value.bit_length()
    return value.numerator.bit_length() + value.denominator.bit_length()


def all_whole(values: Sequence[Number]) -> bool:
    """Whether all are of type int: then nothing has to be brought into normal form."""
    return set(map(type, values)) <= _INT


def most_bits(values: Sequence[Number]) -> int:
    """The bits of the longest of some numbers."""
    if values and all_whole(values):
        return max(max(values).bit_length(), min(values).bit_length())  # type: ignore[union-attr]  # They are integers.
    return max(map(bits, values), default=0)


def magnitude(value: Number) -> Number:
    """|value|."""
    return value if value >= 0 else -value


def common_denominator(values: Iterable[Number]) -> int:
    """The least number that makes all the given ones whole if they are multiplied by it."""
    return lcm(*{value.denominator for value in values})


def common_step(values: Sequence[Number]) -> Number:
    """The largest rational that divides all the given numbers (0 if all are 0)."""
    if all(type(v) is int for v in values):
        return gcd(*values)  # type: ignore[arg-type]  # They are integers, as has just been seen.
    # For numbers in lowest terms; the fraction is in lowest terms too.
    return normal(Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values))))


def numbers(values: object, exact_floats: bool = False) -> tuple[Number, ...]:
    """A tuple of exact numbers from any sequence (a list, a tuple, an array of one dimension)."""
    if hasattr(values, "tolist"):
        if hasattr(values, "dtype") and _kind(values) not in _NUMERIC:
            raise InvalidInput(f"an array of {values.dtype}", "give an array of numbers")
        values = values.tolist()
    if isinstance(values, (list, tuple)) and all_whole(values):  # Most lists, and many numbers.
        return tuple(values)
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
        raise InvalidInput(f"{shown(values)} is not a list of numbers", "write a list")
    result = []
    for index, value in enumerate(values):
        try:
            result.append(value if type(value) is int else number(value, exact_floats))
        except InvalidInput as error:
            raise error.within(f"[{index}]") from None
    return tuple(result)
