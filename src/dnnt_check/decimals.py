"""Decimal digits of exact numbers: how many an integer has, which fractions terminate, and the four digit functions.

The kinds digit_code, digit_product, printed_code and printed_product read and write decimal digits of numbers that may
be very long. Nothing here makes a text: the number of digits comes from the number of bits, and one power of ten is
compared where that leaves two possibilities. Powers, quotients and common divisors are charged before they are formed.
"""

from __future__ import annotations

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, charge_quotient, magnitude, multiply, ratio

#: log10(2) and log5(2), rounded down, times 10^20.
_LOG_10_OF_2 = 30102999566398119521
_LOG_5_OF_2 = 43067655807339305067
_SCALE = 10**20

#: Powers with exponents up to this are formed directly.
_SMALL = 2000


def power(base: int, exponent: int, work: Work) -> int:
    """base^exponent for a small base, charged and refused like any product."""
    if exponent <= _SMALL:
        return int(base**exponent)
    half = power(base, exponent // 2, work)
    square = multiply(half, half, work)
    result = multiply(square, base, work) if exponent % 2 else square
    assert isinstance(result, int)
    return result


def digit_count(value: int, work: Work) -> int:
    """The number of decimal digits of |value|; 1 for 0."""
    value = abs(value)
    length = value.bit_length()
    if length == 0:
        return 1
    count = (length - 1) * _LOG_10_OF_2 // _SCALE + 1
    if length * (_LOG_10_OF_2 + 1) // _SCALE + 1 == count:
        return count
    # 2^(length - 1) <= value < 2^length, and a power of ten may lie between the two.
    return count + 1 if value >= power(10, count, work) else count


def decimal_places(denominator: int, work: Work) -> tuple[int, int] | None:
    """The exponents (i, j) of denominator = 2^i * 5^j, or None if it is not of this form."""
    twos = (denominator & -denominator).bit_length() - 1
    rest = denominator >> twos
    length = rest.bit_length()
    # At most one power of five has this length.
    fives = -(-(length - 1) * _LOG_5_OF_2 // _SCALE)
    return (twos, fives) if power(5, fives, work) == rest else None


def floor(value: Number, work: Work) -> int:
    """The greatest integer that is not above the value."""
    if type(value) is int:
        return value
    charge_quotient(value.numerator, value.denominator, work)
    return int(value.numerator // value.denominator)


def _split(value: Number, work: Work) -> tuple[int, int] | None:
    """(b, n): the floor of the value, and the digits behind the point as an integer; None if there is no such n."""
    if type(value) is int:
        return None
    whole = floor(value, work)
    places = decimal_places(value.denominator, work)
    if places is None:
        return None
    twos, fives = places
    numerator = value.numerator - whole * value.denominator
    # Times 10^max(twos, fives): the denominator cancels, and one of the two primes is left over.
    missing = 1 << (fives - twos) if fives > twos else power(5, twos - fives, work)
    digits = multiply(numerator, missing, work)
    assert isinstance(digits, int)
    return whole, digits


def _quotient(first: Number, second: int, work: Work) -> Number:
    # In lowest terms: a division with remainder and a greatest common divisor.
    charge_quotient(first, second, work)
    charge_quotient(first, second, work)
    return ratio(first, second)


def digit_code(z: Number, work: Work) -> Number:
    """An integer other than 0 as decimals: its digits, then 1 if it is positive, 2 if it is negative; else 0."""
    if type(z) is not int or z == 0:
        return 0
    count = digit_count(z, work)
    return _quotient(10 * abs(z) + (1 if z > 0 else 2), power(10, count + 1, work), work)


def digit_product(z: Number, work: Work) -> Number:
    """The floor times the integer whose digit code is behind the point."""
    found = _split(z, work)
    if found is None:
        return 0
    whole, digits = found
    quotient, last = divmod(digits, 10)
    return multiply(whole if last == 1 else -whole, quotient, work)


def printed_code(z: Number, work: Work) -> Number:
    """The number with its point moved to the left of all digits of its integral part."""
    size = magnitude(z)
    return _quotient(z, power(10, digit_count(floor(size, work), work), work), work)


def printed_product(z: Number, work: Work) -> Number:
    """The floor times the digits behind the point, as an integer; 0 if they do not end."""
    found = _split(z, work)
    return 0 if found is None else multiply(found[0], found[1], work)
