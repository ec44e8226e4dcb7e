"""Rational quantities as integer expressions: value = scale · expression, with exact common denominators.

A sum of quantities is over the greatest common divisor of what it adds up, so integers stay as small as they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dnnt.encodings.constraints.integer_model import BOOLEAN, Affine, Literal, Model, added, domain_of, size_of
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, common_step, normal

MOST_LISTED = 4096
"""The most values of a quantity that are listed."""

MOST_PAIRS = 100_000
"""The most sums that are formed in one step to list them."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """scale · expression, where low <= expression <= high and scale > 0.

    `literal`: with two values, the literal that is true at the greater of them.
    """

    expression: Affine
    scale: Number
    low: int
    high: int
    literal: Literal | None = None

    @property
    def fixed(self) -> bool:
        """Whether there is one value."""
        return self.low == self.high

    @property
    def least(self) -> Number:
        """The least value."""
        return normal(self.scale * self.low)

    @property
    def greatest(self) -> Number:
        """The greatest value."""
        return normal(self.scale * self.high)

    def place(self, value: Number) -> int | None:
        """What the expression is where the quantity has this value; None where it never has."""
        place = normal(Fraction(value) / self.scale)
        return place if isinstance(place, int) and self.low <= place <= self.high else None


def known(value: Number) -> Quantity:
    """A constant."""
    if not value:
        return Quantity(Affine(()), 1, 0, 0)
    sign = 1 if value > 0 else -1
    return Quantity(Affine((), sign), sign * value, sign, sign)


def common(numbers: Iterable[Number]) -> Number:
    """The greatest number of which all of these are integer multiples; 1 if all are 0."""
    return common_step(list(numbers)) or 1


def total(model: Model, parts: Sequence[tuple[Number, Quantity]], constant: Number = 0) -> Quantity:
    """The constant plus the sum of factor · quantity."""
    if len(parts) == 1 and not constant and parts[0][0] == 1:
        return parts[0][1]
    constant += sum(factor * part.least for factor, part in parts if part.fixed)
    sizes = [normal(factor * part.scale) for factor, part in parts if not part.fixed]
    free = [part for _, part in parts if not part.fixed]
    if not free:
        return known(normal(constant))
    scale = common([*sizes, constant])
    expression = added(
        [(whole(size, scale), part.expression) for size, part in zip(sizes, free, strict=True)],
        whole(constant, scale),
    )
    return made(model, expression, scale)


def made(model: Model, expression: Affine, scale: Number) -> Quantity:
    """The quantity scale · expression (scale above 0), with the bounds of its variables."""
    low, high = model.bounds(expression)
    literal = None
    if len(expression.terms) == 1:
        v, c = expression.terms[0]
        if model.domains[v] == BOOLEAN:
            literal = v + 1 if c > 0 else -v - 1
    return Quantity(expression, scale, low, high, literal)


def whole(number: Number, scale: Number) -> int:
    """A number over a scale that divides it."""
    return int(Fraction(number) / scale)


def choice(model: Model, values: Sequence[Number]) -> Quantity:
    """A new variable with the given values, increasing."""
    if len(values) == 1:
        return known(values[0])
    if len(values) == 2:
        return two(model, model.literal(), *values)
    scale = common(values)
    domain = domain_of([whole(value, scale) for value in values])
    v = model.variable(domain)
    return Quantity(Affine(((v, 1),)), scale, domain[0][0], domain[-1][1])


def two(model: Model, literal: Literal, low: Number, high: Number) -> Quantity:
    """What has value `high` where the literal is true, else `low`; which of them is the greater does not matter."""
    if low == high:
        return known(low)
    scale = common([low, high])
    a, b = whole(low, scale), whole(high, scale)
    expression = model.boolean(literal).times(b - a).plus(a)
    return Quantity(expression, scale, min(a, b), max(a, b), literal if a < b else -literal)


def listed(model: Model, of: Quantity) -> list[int]:
    """Integers, increasing, among which all are that the expression can be. Raises `MethodUnsuitable` for too many."""
    sums = {of.expression.constant}
    for v, c in of.expression.terms:
        domain = model.domains[v]
        if size_of(domain) * len(sums) > MOST_PAIRS:
            sums = set()
            break
        values = [c * value for a, b in domain for value in range(a, b + 1)]
        sums = {total + value for total in sums for value in values}
    if sums and len(sums) <= MOST_LISTED:
        return sorted(sums)
    if of.high - of.low < MOST_LISTED:
        return list(range(of.low, of.high + 1))
    raise MethodUnsuitable(f"a table of more than {MOST_LISTED:,} values would be needed")
