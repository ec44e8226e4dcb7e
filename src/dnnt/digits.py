"""Digit codes: how the paper's Lemma 3.5 multiplies two numbers in one pre-activation, as printed and repaired.

The printed lemma puts a_j + a_k·10^-num(a_k) into one neuron and reads both back from the two sides of the decimal
point. It goes wrong on negative numbers and on trailing zeros. Repaired, the code ends with a digit for the sign (1 or
2), never with 0, so that its length is known. Every function here is total on the rationals.
"""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from typing import Any, NamedTuple

from dnnt.exact import LONG_BITS, Number, integer_text, normal


class _Coprime(NamedTuple):
    """A fraction in lowest terms, which `Fraction` takes over as it is."""

    numerator: int
    denominator: int


Rational.register(_Coprime)


def digit_code(a: Number) -> Number:
    """(10|a| + s)·10^-(num + 1) for a nonzero integer a of num digits, s = 1 if a > 0 and 2 if a < 0; elsewhere 0."""
    if a.denominator != 1 or a == 0:
        return 0
    size = abs(a.numerator)
    return _quotient(10 * size + (1 if a > 0 else 2), _power(10, _digits(size) + 1))


def digit_product(z: Number) -> Number:
    """The product that an integer plus a digit code stands for; 0 where z has no decimals, or no end of them."""
    whole, decimals = _parts(z)
    if not decimals:
        return 0
    coded, last = divmod(decimals, 10)
    return whole * coded if last == 1 else -whole * coded


def printed_code(a: Number) -> Number:
    """a·10^-num(a) as printed: num counts the digits before the decimal point (1 for 0)."""
    return normal(_quotient(a.numerator, a.denominator * _power(10, _digits(int(a)))))


def printed_product(z: Number) -> Number:
    """b·l·10^len(l) as printed, for z = b + l with b = floor(z); 0 where l has no end of decimals."""
    whole, decimals = _parts(z)
    return whole * decimals


def _parts(z: Number) -> tuple[int, int]:
    """floor(z), and the decimals of z behind the point as an integer (0 where they do not end)."""
    whole, rest = _divided(z.numerator, z.denominator)
    length = _decimals(z.denominator)
    if length is None:
        return whole, 0
    return whole, rest * _divided(_power(10, length), z.denominator)[0]


def _decimals(below: int) -> int | None:
    """The number of decimals of a fraction in lowest terms with this denominator; None where they do not end."""
    twos = (below & -below).bit_length() - 1
    odd = below >> twos
    # 5^k has floor(k·log2(5)) + 1 bits, so the bits leave one k, or the one beside it.
    near = int((odd.bit_length() - 1) / 2.321928094887362)
    for fives in (near, near + 1):
        if _power(5, fives) == odd:
            return max(twos, fives)
    return None


def _digits(a: int) -> int:
    return len(integer_text(abs(a)))


def _quotient(above: int, below: int) -> Fraction:
    """The fraction of two integers. Python's own common divisor takes minutes where both are long."""
    if below.bit_length() < LONG_BITS:
        return Fraction(above, below)
    from flint import fmpq

    made = fmpq(above, below)
    terms: Any = _Coprime(int(made.p), int(made.q))
    return Fraction(terms)


def _divided(above: int, below: int) -> tuple[int, int]:
    """Quotient (rounded down) and remainder."""
    if above.bit_length() < LONG_BITS:
        return divmod(above, below)
    from flint import fmpz

    quotient, remainder = divmod(fmpz(above), fmpz(below))
    return int(quotient), int(remainder)


def _power(base: int, exponent: int) -> int:
    if exponent * 4 < LONG_BITS:
        return int(base**exponent)
    from flint import fmpz

    return int(fmpz(base) ** exponent)
