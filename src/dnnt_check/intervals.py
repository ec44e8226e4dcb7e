"""Interval arithmetic on integers: numbers that are too long to write, enclosed by short ones.

A ball is the interval [(mid - radius) * 2^exponent, (mid + radius) * 2^exponent]. The mid has about as many bits as
the certificate asks for, the radius at most 32, and the exponent is an integer of any size, so 3^(2^4000) is as easy as
3. Every operation encloses all results of the operation on the members of its balls: what a shift loses is added to
the radius, and radii are rounded up. Where accuracy is lost the mid becomes shorter by itself, since the radius stays
short.

Numbers stay exact rationals as long as they are short: a value is a number or a ball.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, bits, charge_quotient, multiply

#: Bits that a radius may have.
RADIUS_BITS = 32

#: Bits with which balls are computed beyond what is asked for, and exact numbers may have beyond it.
GUARD = 64

#: Numbers of at most so many bits are exact whatever is asked for.
ALWAYS_EXACT = 4096

#: Bits that fractions may have which are computed exactly: greatest common divisors take quadratic time.
FRACTION_BITS = 100_000

#: Predicted seconds for an operation, and for a bit that it moves.
OPERATION = 1.5e-6
BIT = 2e-10


@dataclass(frozen=True, slots=True)
class Ball:
    """The numbers x with |x - mid * 2^exponent| <= radius * 2^exponent."""

    mid: int
    radius: int
    exponent: int


#: A number, exactly, or something that encloses it.
Value = Number | Ball

ZERO = Ball(0, 0, 0)


def compare_dyadic(mantissa: int, exponent: int, number: Number, work: Work) -> int:
    """The sign of mantissa * 2^exponent - number, for exponents of any size."""
    top, bottom = number.numerator, number.denominator
    signs = (mantissa > 0) - (mantissa < 0), (top > 0) - (top < 0)
    if signs[0] != signs[1]:
        return 1 if signs[0] > signs[1] else -1
    if signs[0] == 0:
        return 0
    # The left side, times the denominator, lies in [2^(length - 2), 2^length).
    length = mantissa.bit_length() + bottom.bit_length() + exponent
    if length - 2 >= top.bit_length():
        return signs[0]
    if length < top.bit_length():
        return -signs[0]
    # Here the shift is about as long as the numbers.
    left = multiply(mantissa, bottom, work)
    assert isinstance(left, int)
    if exponent >= 0:
        left <<= exponent
    else:
        top <<= -exponent
    work.spend(OPERATION + top.bit_length() * BIT)
    return (left > top) - (left < top)


def compare_dyadics(first: int, first_exponent: int, second: int, second_exponent: int, work: Work) -> int:
    """The sign of first * 2^first_exponent - second * 2^second_exponent."""
    return compare_dyadic(first, first_exponent - second_exponent, second, work)


class Intervals:
    """Arithmetic with balls of about so many bits, and with exact numbers as long as they are short."""

    def __init__(self, precision: int, work: Work) -> None:
        """Take over the precision that a guide asks for."""
        self.precision = precision + GUARD
        self.limit = max(precision, ALWAYS_EXACT) + GUARD
        self.work = work

    # ------------------------------------------------------------ balls

    def rounded(self, mid: int, radius: int, exponent: int) -> Ball:
        """A short ball around the given one."""
        excess = max(mid.bit_length() - self.precision, radius.bit_length() - RADIUS_BITS)
        self.work.spend(OPERATION + mid.bit_length() * BIT)
        if excess > 0:
            kept = mid >> excess
            radius = -(-radius >> excess) + (kept << excess != mid)
            mid = kept
            exponent += excess
        if radius == 0:
            if mid == 0:
                return ZERO
            zeros = (mid & -mid).bit_length() - 1
            if zeros:
                mid >>= zeros
                exponent += zeros
        return Ball(mid, radius, exponent)

    def ball(self, value: Value) -> Ball:
        """A ball that holds the value."""
        if isinstance(value, Ball):
            return value
        top, bottom = value.numerator, value.denominator
        twos = (bottom & -bottom).bit_length() - 1
        bottom >>= twos
        if bottom == 1:
            return self.rounded(top, 0, -twos)
        shift = max(self.precision + bottom.bit_length() - top.bit_length() + 1, 0)
        return self._quotient(top, 0, -twos, bottom, shift)

    def _quotient(self, mid: int, radius: int, exponent: int, divisor: int, shift: int) -> Ball:
        """A ball divided by a positive integer, after moving the point by so many bits."""
        mid <<= shift
        charge_quotient(mid, divisor, self.work)
        radius = -(-(radius << shift) // divisor) + 1
        return self.rounded(mid // divisor, radius, exponent - shift)

    def scale(self, value: Ball, factor: Number) -> Ball:
        """A ball times an exact number."""
        top, bottom = factor.numerator, factor.denominator
        if abs(top) == 1:
            mid, radius = value.mid * top, value.radius
        else:
            mid, radius = self._product(value.mid, top), value.radius * abs(top)
        if bottom == 1:
            return value if top == 1 else self.rounded(mid, radius, value.exponent)
        twos = (bottom & -bottom).bit_length() - 1
        bottom >>= twos
        exponent = value.exponent - twos
        if bottom == 1:
            return self.rounded(mid, radius, exponent)
        if radius:
            shift = RADIUS_BITS + bottom.bit_length() - radius.bit_length()
        else:
            shift = self.precision + bottom.bit_length() - mid.bit_length() + 1
        return self._quotient(mid, radius, exponent, bottom, max(shift, 0))

    def add(self, first: Ball, second: Ball) -> Ball:
        """A ball that holds all sums."""
        if first.exponent < second.exponent:
            first, second = second, first
        if second == ZERO:
            return first
        if first == ZERO:
            return second
        gap = first.exponent - second.exponent
        width = self.precision + GUARD
        # All members of a ball are below 2^(width - 1) units in absolute value.
        if first.radius and gap > width:
            return self.rounded(first.mid, first.radius + 1, first.exponent)
        if gap > 2 * width:
            return self.rounded(first.mid << width, 1, first.exponent - width)
        mid = (first.mid << gap) + second.mid
        return self.rounded(mid, (first.radius << gap) + second.radius, second.exponent)

    def total(self, balls: Iterable[Ball]) -> Ball:
        """A ball that holds all sums; the largest exponents come first, so that exact summands may cancel."""
        result = ZERO
        for ball in sorted(balls, key=lambda ball: -ball.exponent):
            result = self.add(result, ball)
        return result

    def multiply(self, first: Ball, second: Ball) -> Ball:
        """A ball that holds all products."""
        if first is second:
            return self.square(first)
        first, second = self._trimmed(first, second), self._trimmed(second, first)
        radius = abs(first.mid) * second.radius + abs(second.mid) * first.radius + first.radius * second.radius
        mid = self._product(first.mid, second.mid)
        return self.rounded(mid, radius, first.exponent + second.exponent)

    def square(self, value: Ball) -> Ball:
        """A ball that holds all squares."""
        mid = abs(value.mid)
        radius = (2 * mid + value.radius) * value.radius
        return self.rounded(self._product(mid, mid), radius, 2 * value.exponent)

    def power(self, value: Ball, exponent: int) -> Ball:
        """A ball that holds all powers, for an exponent >= 1."""
        result = value
        for bit in f"{exponent:b}"[1:]:
            result = self.square(result)
            if bit == "1":
                result = self.multiply(result, value)
        return result

    def _product(self, first: int, second: int) -> int:
        result = multiply(first, second, self.work)
        assert isinstance(result, int)
        return result

    def _trimmed(self, value: Ball, other: Ball) -> Ball:
        """The value with no more bits than the accuracy of the other factor makes sensible."""
        if not other.radius:
            return value
        sensible = max(other.mid.bit_length() - other.radius.bit_length(), 0) + GUARD + RADIUS_BITS
        excess = value.mid.bit_length() - sensible
        if excess <= GUARD:
            return value
        return Ball(value.mid >> excess, -(-value.radius >> excess) + 1, value.exponent + excess)

    # ------------------------------------------------------------ numbers and balls

    def is_short(self, value: Number) -> bool:
        """Is a number short enough to be kept exactly?"""
        longest = max(value.numerator.bit_length(), value.denominator.bit_length())
        return longest <= (self.limit if type(value) is int else min(self.limit, FRACTION_BITS))

    def kept(self, value: Number) -> Value:
        """The number, or a ball around it if it is not short."""
        return value if self.is_short(value) else self.ball(value)

    def settled(self, ball: Ball) -> Value:
        """The ball, or the number that is its only member, if that is short."""
        if ball.radius:
            return ball
        mid, exponent = ball.mid, ball.exponent
        longest = min(self.limit, FRACTION_BITS)
        if exponent >= 0 and mid.bit_length() + exponent <= self.limit:
            return mid << exponent
        if 0 < -exponent <= longest - 1 and mid.bit_length() <= longest:
            return Fraction(mid, 1 << -exponent)
        return ball

    def _feasible(self, first: Number, second: Number) -> bool:
        """May a sum or a product be formed exactly?"""
        length = bits(first) + bits(second)
        if type(first) is int and type(second) is int:
            return length <= 4 * self.limit
        return length <= min(4 * self.limit, 2 * FRACTION_BITS)

    def exact_product(self, first: Number, second: Number) -> Number | None:
        """The product, or None if it may be long."""
        return multiply(first, second, self.work) if self._feasible(first, second) else None

    def linear(self, constant: Number, terms: Iterable[tuple[Number, Value]]) -> Value:
        """The constant plus the sum of coefficient * value; coefficients are not 0."""
        exact = constant
        balls: list[Ball] = []
        for coefficient, value in terms:
            self.work.spend(OPERATION)
            if not isinstance(value, Ball):
                product = self.exact_product(coefficient, value)
                if product is not None and self._feasible(exact, product):
                    exact = add(exact, product, self.work)
                    continue
            balls.append(self.scale(self.ball(value), coefficient))
        if not balls:
            return self.kept(exact)
        if exact:
            balls.append(self.ball(exact))
        return self.settled(self.total(balls))

    def product(self, factor: Number, first: Value, second: Value) -> Value:
        """The product factor * first * second; the factor is not 0."""
        if first == 0 or second == 0:
            return 0
        if not isinstance(first, Ball) and not isinstance(second, Ball):
            exact = self.exact_product(first, second)
            if exact is not None:
                exact = self.exact_product(exact, factor)
            if exact is not None:
                return self.kept(exact)
        left = self.ball(first)
        right = left if first is second else self.ball(second)
        return self.settled(self.scale(self.multiply(left, right), factor))

    def order(self, value: Value, number: Number) -> tuple[int, int]:
        """The signs of the least and of the greatest member minus a number."""
        if not isinstance(value, Ball):
            sign = (value > number) - (value < number)
            return sign, sign
        low = compare_dyadic(value.mid - value.radius, value.exponent, number, self.work)
        if value.radius == 0:
            return low, low
        return low, compare_dyadic(value.mid + value.radius, value.exponent, number, self.work)

    def better(self, first: Value, second: Value) -> Value:
        """The more accurate one of two enclosures of one number."""
        if not isinstance(first, Ball):
            return first
        if not isinstance(second, Ball):
            return second
        sign = compare_dyadics(first.radius, first.exponent, second.radius, second.exponent, self.work)
        return first if sign <= 0 else second
