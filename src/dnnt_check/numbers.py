"""Exact numbers: reading, writing, and arithmetic that knows its price.

A number is an `int` where it is integral and a `Fraction` in lowest terms elsewhere. Texts are read and written in
pieces of at most 512 digits, by divide and conquer, so that neither Python's limit on the conversion of long integers
nor its quadratic cost matters. Sums and products are checked before they are formed: a value of more than 10^8 bits
is refused, and the time of a long operation is predicted and charged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from dnnt_check.budget import Invalid, TooMuchWork, Work

Number = int | Fraction

#: A number may have this many digits where it is read as decimal digits.
MAXIMUM_DIGITS = 100_000

#: No value may have more bits than this, numerator and denominator together.
MAXIMUM_BITS = 10**8

#: Integers of at most this many bits have at most MAXIMUM_DIGITS digits.
DECIMAL_BITS = 332_192

#: Operands below this many bits in total need no price.
SHORT_BITS = 8192

#: Digits that are converted in one call; below every limit that Python can be set to.
PIECE = 512

#: Predicted seconds from which a product of integers is split, to be interruptible.
PRODUCT_STEP = 0.03

#: Predicted seconds of the longest operation on fractions; these cannot be split.
LONGEST_STEP = 3.0

RATIONAL = re.compile(r"(-?)([0-9]+)(?:/([0-9]+)|\.([0-9]+))?")
HEXADECIMAL = re.compile(r"(-?)0x([0-9a-fA-F]+)(?:/0x([0-9a-fA-F]+))?")
DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")

_POWERS: dict[int, int] = {}


def normal(value: Number) -> Number:
    """The same number, as an integer if it is one."""
    if type(value) is int:
        return value
    return value.numerator if value.denominator == 1 else value


def magnitude(value: Number) -> Number:
    """The absolute value."""
    return value if value >= 0 else -value


def quotient(numerator: int, denominator: int) -> Number:
    """The fraction as a number."""
    return normal(Fraction(numerator, denominator))


def bits(value: Number) -> int:
    """Bits of numerator and denominator."""
    if type(value) is int:
        return value.bit_length()
    return value.numerator.bit_length() + value.denominator.bit_length()


def common(first: Number, second: Number) -> Number:
    """The greatest common divisor of two rationals, >= 0: both are integer multiples of it."""
    if type(first) is int and type(second) is int:
        return math.gcd(first, second)
    a, b = first.numerator, first.denominator
    c, d = second.numerator, second.denominator
    return quotient(math.gcd(a * d, c * b), b * d)


def pitch_of(values: Iterable[Number]) -> Number:
    """The greatest number of which all differences of the values are multiples; 0 if there are none."""
    pitch: Number = 0
    for a, b in pairwise(values):
        pitch = common(pitch, b - a)
    return pitch


def common_denominator(values: Iterable[Number], most: int) -> int:
    """The least common denominator, or a number of more than `most` bits where that has more."""
    found = 1
    for value in values:
        if type(value) is not int and found % value.denominator:
            found = math.lcm(found, value.denominator)
            if found.bit_length() > most:
                break
    return found


def ratio(first: Number, second: Number) -> Number:
    """The quotient, exactly."""
    if type(first) is int and type(second) is int:
        whole, rest = divmod(first, second)
        return whole if rest == 0 else Fraction(first, second)
    return normal(Fraction(first) / second)


def whole_ratio(first: Number, second: Number) -> int:
    """The quotient where it is known to be an integer."""
    value = ratio(first, second)
    if type(value) is not int:
        raise AssertionError("a step does not divide a difference")
    return value


# ---------------------------------------------------------------- texts


def _power_of_ten(exponent: int) -> int:
    """10^exponent, remembered for the exponents PIECE * 2^i that conversions use."""
    power = _POWERS.get(exponent)
    if power is None:
        if exponent <= PIECE:
            power = int(10**exponent)
        else:
            half = _power_of_ten(exponent // 2)
            power = half * half * (10 if exponent % 2 else 1)
        if exponent % PIECE == 0:
            _POWERS[exponent] = power
    return power


def _half(length: int) -> int:
    """The largest PIECE * 2^i below a length above PIECE."""
    half = PIECE
    while 2 * half < length:
        half *= 2
    return half


def digits_to_integer(digits: str) -> int:
    """The integer that a string of decimal digits of any length denotes."""
    if len(digits) <= PIECE:
        return int(digits)
    half = _half(len(digits))
    return digits_to_integer(digits[:-half]) * _power_of_ten(half) + digits_to_integer(digits[-half:])


def integer_to_digits(value: int) -> str:
    """The decimal text of an integer of any length."""
    if value < 0:
        return "-" + integer_to_digits(-value)
    if value.bit_length() <= 1600:
        return str(value)
    length = value.bit_length() * 30103 // 100000 + 1
    return _padded_digits(value, length + 1).lstrip("0")


def _padded_digits(value: int, length: int) -> str:
    """The decimal text of 0 <= value < 10^length with leading zeros."""
    if length <= PIECE:
        return str(value).rjust(length, "0")
    half = _half(length)
    upper, lower = divmod(value, _power_of_ten(half))
    return _padded_digits(upper, length - half) + _padded_digits(lower, half)


def _charge_text(length: int, work: Work) -> None:
    """Charge for reading a number of so many digits."""
    if length > MAXIMUM_DIGITS:
        raise Invalid(f"a number has more than {MAXIMUM_DIGITS} digits")
    if length > 300:
        work.lengthen(length)
    work.spend(2e-7 + (length * 1e-8 + length * length * 3e-12 if length > 50 else 0.0))


def read_integer(text: str, work: Work) -> int:
    """A JSON integer of any size up to the limit."""
    length = len(text)
    if length < 18:
        work.spend(2e-7)
        return int(text)
    _charge_text(length - (text[0] == "-"), work)
    return -digits_to_integer(text[1:]) if text[0] == "-" else digits_to_integer(text)


def read_decimal(text: str, work: Work) -> Number:
    """A JSON number with a point or an exponent, exactly."""
    match = DECIMAL.fullmatch(text)
    if match is None:
        raise Invalid(f"{shown(text)} is not a number")
    sign, whole, fraction, exponent_text = match.groups(default="")
    mantissa = whole + fraction
    _charge_text(len(mantissa), work)
    value = digits_to_integer(mantissa)
    if value == 0:
        return 0
    exponent_sign = -1 if exponent_text.startswith("-") else 1
    exponent_digits = exponent_text.lstrip("+-").lstrip("0")
    if len(exponent_digits) > 9:
        raise Invalid(f"a number has more than {MAXIMUM_DIGITS} digits")
    exponent = exponent_sign * int(exponent_digits or "0") - len(fraction)
    significant = len(mantissa.lstrip("0"))
    # Written without an exponent: zeros behind the digits, or in front of them and one before the point.
    length = significant + exponent if exponent >= 0 else max(significant, 1 - exponent)
    _charge_text(length, work)
    if sign:
        value = -value
    if exponent >= 0:
        return value * _power_of_ten(exponent)
    return quotient(value, _power_of_ten(-exponent))


def read_string(text: str, hexadecimal: bool, work: Work) -> Number:
    """A number written as a string: "p", "p/q", "-0.25", and hexadecimal where that is allowed.

    Raises:
        Invalid: the text is no number, has a denominator of 0, or is too long.
    """
    match = RATIONAL.fullmatch(text)
    if match is not None:
        sign, whole, below, fraction = match.groups()
        _charge_text(len(whole) + len(fraction or ""), work)
        top = digits_to_integer(whole + (fraction or ""))
        if below is not None:
            _charge_text(len(below), work)
            bottom = digits_to_integer(below)
        else:
            bottom = _power_of_ten(len(fraction)) if fraction else 1
    else:
        match = HEXADECIMAL.fullmatch(text) if hexadecimal else None
        if match is None:
            raise Invalid(f"{shown(text)} is not a number")
        sign = match.group(1)
        work.spend(len(text) * 1e-8)
        work.lengthen(len(text))
        if 4 * len(text) > MAXIMUM_BITS + 64:
            raise TooMuchWork("too much work: a number has more than 10^8 bits")
        top = int(match.group(2), 16)
        bottom = int(match.group(3), 16) if match.group(3) else 1
    if bottom == 0:
        raise Invalid(f"{shown(text)} has the denominator 0")
    if sign:
        top = -top
    if bottom == 1:
        return top
    _charge_divisor(top.bit_length(), bottom.bit_length(), work)
    return quotient(top, bottom)


def shown(value: object) -> str:
    """A value from a file, short, on one line, in ASCII."""
    if isinstance(value, str):
        text = ascii(value[:80])
        return text if len(text) <= 60 else text[:57] + "..."
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, Fraction)):
        return brief(value)
    if isinstance(value, (list, tuple)):
        return "a list"
    return "an object"


def written(value: Number) -> str:
    """A number as text: integer or p/q; hexadecimal where it has more than 100,000 digits."""
    top, bottom = value.numerator, value.denominator
    if max(top.bit_length(), bottom.bit_length()) > DECIMAL_BITS:
        sign = "-" if top < 0 else ""
        return f"{sign}{abs(top):#x}" + (f"/{bottom:#x}" if bottom != 1 else "")
    text = integer_to_digits(top)
    return text if bottom == 1 else f"{text}/{integer_to_digits(bottom)}"


def brief(value: Number) -> str:
    """A number for a message: as text, or its length if it is long."""
    return written(value) if bits(value) <= 200 else f"a number of {bits(value)} bits"


# ---------------------------------------------------------------- arithmetic


def product_seconds(first: int, second: int) -> float:
    """Predicted time of the product of integers of so many bits."""
    small, large = min(first, second) / 30, max(first, second) / 30
    return 5e-8 + float(large / max(small, 1.0) * small**1.585) * 7e-9


def _charge(seconds: float, what: str, work: Work) -> None:
    """Charge for one operation of the interpreter that cannot be interrupted."""
    if seconds > LONGEST_STEP:
        raise TooMuchWork(f"too much work: {what} would take about {seconds:.0f} seconds")
    if seconds > PRODUCT_STEP:
        work.require(seconds, what)
    work.spend(seconds)


def charge_quotient(first: Number, second: Number, work: Work) -> None:
    """Charge for a quotient or a common divisor of two numbers."""
    if bits(first) + bits(second) > SHORT_BITS:
        _charge_divisor(bits(first), bits(second), work)


def _charge_divisor(first: int, second: int, work: Work) -> None:
    """Charge for the greatest common divisor of integers of so many bits."""
    _charge(first / 30 * (second / 30) * 3e-9, "a greatest common divisor", work)


def _long_product(first: int, second: int, work: Work) -> int:
    """The product of integers >= 0; what takes long is split so that the clock is read in between."""
    if first < second:
        first, second = second, first
    length = first.bit_length()
    seconds = product_seconds(length, second.bit_length())
    if seconds < PRODUCT_STEP:
        work.spend(seconds)
        return first * second
    half = length // 2
    mask = (1 << half) - 1
    high_1, low_1 = first >> half, first & mask
    if second.bit_length() <= half:
        high = _long_product(high_1, second, work)
        return (high << half) + _long_product(low_1, second, work)
    high_2, low_2 = second >> half, second & mask
    high = _long_product(high_1, high_2, work)
    low = _long_product(low_1, low_2, work)
    middle = _long_product(high_1 + low_1, high_2 + low_2, work) - high - low
    return (high << (2 * half)) + (middle << half) + low


def multiply(first: Number, second: Number, work: Work) -> Number:
    """First * second, refused before it is formed if it would be too large."""
    if type(first) is int and type(second) is int:
        length = first.bit_length() + second.bit_length()
        if length <= SHORT_BITS:
            return first * second
        if first == 0 or second == 0:
            return 0
        _check_length(length)
        seconds = product_seconds(first.bit_length(), second.bit_length())
        if seconds > PRODUCT_STEP:
            work.require(seconds, f"a product of {length} bits")
        value = _long_product(abs(first), abs(second), work)
        return -value if (first < 0) != (second < 0) else value
    length = bits(first) + bits(second)
    if length > SHORT_BITS:
        _check_length(length)
        # The interpreter divides each numerator and the other denominator by what they share.
        tops = first.numerator.bit_length(), second.numerator.bit_length()
        bottoms = first.denominator.bit_length(), second.denominator.bit_length()
        _charge_divisor(tops[0], bottoms[1], work)
        _charge_divisor(tops[1], bottoms[0], work)
        _charge(product_seconds(*tops) + product_seconds(*bottoms), "a product", work)
    return normal(first * second)


def add(first: Number, second: Number, work: Work) -> Number:
    """First + second, refused before it is formed if it would be too large."""
    if type(first) is int and type(second) is int:
        total = first + second
        if total.bit_length() > SHORT_BITS:
            _check_length(total.bit_length())
            work.spend(total.bit_length() * 1e-10)
        return total
    length = bits(first) + bits(second)
    if length > SHORT_BITS:
        _check_length(length)
        tops = first.numerator.bit_length(), second.numerator.bit_length()
        bottoms = first.denominator.bit_length(), second.denominator.bit_length()
        _charge_divisor(bottoms[0], bottoms[1], work)
        _charge_divisor(max(tops) + max(bottoms), min(bottoms), work)
        seconds = product_seconds(tops[0], bottoms[1]) + product_seconds(tops[1], bottoms[0])
        _charge(seconds, "a sum", work)
    return normal(first + second)


def _check_length(length: int) -> None:
    if length > MAXIMUM_BITS:
        raise TooMuchWork(f"too much work: a value would have {length} bits, more than 10^8")
