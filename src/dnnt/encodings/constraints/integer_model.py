"""A model of integer variables as data: domains, constraints and an objective, for whichever solver reads it.

A literal is an integer: variable k (a boolean, from 0) is true for k + 1 and false for -(k + 1). A domain is a tuple of
intervals (low, high) in increasing order. Every expression stays below `MOST` in magnitude, whatever its variables
are, so a solver with 64-bit integers never wraps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dnnt.errors import MethodUnsuitable

MOST = 1 << 48
"""What no expression may reach: solvers multiply by coefficients and add rows up, and must not wrap at 2^63."""

Domain = tuple[tuple[int, int], ...]
Literal = int


@dataclass(frozen=True, slots=True)
class Affine:
    """constant + sum of coefficient · variable; `terms` are pairs (variable, coefficient), no variable twice."""

    terms: tuple[tuple[int, int], ...]
    constant: int = 0

    def times(self, factor: int) -> Affine:
        """The expression times an integer."""
        if factor == 1:
            return self
        terms = tuple([(v, factor * c) for v, c in self.terms]) if factor else ()
        return Affine(terms, factor * self.constant)

    def plus(self, constant: int) -> Affine:
        """The expression plus an integer."""
        return Affine(self.terms, self.constant + constant)


def added(parts: Iterable[tuple[int, Affine]], constant: int = 0) -> Affine:
    """The sum of factor · expression."""
    total: dict[int, int] = {}
    for factor, part in parts:
        constant += factor * part.constant
        for v, c in part.terms:
            total[v] = total.get(v, 0) + factor * c
    return Affine(tuple([(v, c) for v, c in total.items() if c]), constant)


@dataclass(frozen=True, slots=True)
class Linear:
    """The expression lies in the domain, if all the literals `when` are true."""

    expression: Affine
    domain: Domain
    when: tuple[Literal, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """At least one of the literals is true."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class AtMostOne:
    """At most one of the literals is true."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """Exactly one of the literals is true."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Largest:
    """The variable is the largest of the expressions."""

    variable: int
    expressions: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """The variable is the product of two variables."""

    variable: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Listed:
    """The variables take together one of the listed rows of values."""

    variables: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]


Constraint = Linear | Clause | AtMostOne | ExactlyOne | Largest | Product | Listed


@dataclass(slots=True)
class Model:
    """A model while it is built; `objective` is minimised, None where any solution will do."""

    domains: list[Domain] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    objective: Affine | None = None
    literals: dict[int, dict[int, Literal]] = field(default_factory=dict)

    def variable(self, domain: Domain) -> int:
        """A new variable. Raises `MethodUnsuitable` where its values are too large."""
        if max(abs(domain[0][0]), abs(domain[-1][1])) >= MOST:
            raise MethodUnsuitable(TOO_LARGE)
        self.domains.append(domain)
        return len(self.domains) - 1

    def literal(self) -> Literal:
        """A new boolean variable, as a literal."""
        self.domains.append(BOOLEAN)
        return len(self.domains)

    def cases(self, v: int) -> Mapping[int, Literal]:
        """For each value of a variable the literal that says that it has it."""
        if self.domains[v] == BOOLEAN:
            return {0: -v - 1, 1: v + 1}
        if v not in self.literals:
            values = [value for a, b in self.domains[v] for value in range(a, b + 1)]
            made = {value: self.literal() for value in values}
            for value, literal in made.items():
                self.linear(Affine(((v, 1),)), ((value, value),), literal)
                self.linear(Affine(((v, 1),)), without(value, values[0], values[-1]), -literal)
            self.exactly_one(list(made.values()))
            self.literals[v] = made
        return self.literals[v]

    def boolean(self, literal: Literal) -> Affine:
        """The literal as an expression: 1 if it is true."""
        return Affine(((literal - 1, 1),)) if literal > 0 else Affine(((-literal - 1, -1),), 1)

    def bounds(self, expression: Affine) -> tuple[int, int]:
        """The least and the greatest value over all values of the variables. Raises `MethodUnsuitable` where a
        partial sum may be too large.
        """
        low = high = expression.constant
        size = abs(expression.constant)
        for v, c in expression.terms:
            domain = self.domains[v]
            a, b = c * domain[0][0], c * domain[-1][1]
            if c < 0:
                a, b = b, a
            low += a
            high += b
            size += max(abs(a), abs(b))
        if size >= MOST:
            raise MethodUnsuitable(TOO_LARGE)
        return low, high

    def linear(self, expression: Affine, domain: Domain, *when: Literal) -> None:
        """Ask that the expression lies in the domain where all literals hold."""
        low, high = self.bounds(expression)
        within = cut(domain, low, high)
        if within == ((low, high),):
            return
        if within:
            self.constraints.append(Linear(expression, within, when))
        else:
            self.constraints.append(Clause(tuple([-literal for literal in when])))

    def clause(self, *literals: Literal) -> None:
        """Ask that one of the literals is true."""
        self.constraints.append(Clause(literals))

    def at_most_one(self, literals: Sequence[Literal]) -> None:
        """Ask that no two of the literals are true."""
        if len(literals) > 1:
            self.constraints.append(AtMostOne(tuple(literals)))

    def exactly_one(self, literals: Sequence[Literal]) -> None:
        """Ask that one of the literals is true, and no other."""
        self.constraints.append(ExactlyOne(tuple(literals)))

    def named(self, expression: Affine) -> int:
        """A variable that is equal to the expression."""
        if expression.constant == 0 and len(expression.terms) == 1 and expression.terms[0][1] == 1:
            return expression.terms[0][0]
        v = self.variable((self.bounds(expression),))
        self.linear(added([(1, expression), (-1, Affine(((v, 1),)))]), ((0, 0),))
        return v


BOOLEAN: Domain = ((0, 1),)

TOO_LARGE = f"its numbers, over a common denominator, reach {MOST:,}, and the solver calculates in 64 bits"


def cut(domain: Domain, low: int, high: int) -> Domain:
    """The part of the domain in [low, high]."""
    return tuple([(max(a, low), min(b, high)) for a, b in domain if a <= high and b >= low])


def domain_of(values: Iterable[int]) -> Domain:
    """The domain of the given values, of which there is one at least."""
    made: list[tuple[int, int]] = []
    for value in sorted(set(values)):
        if made and made[-1][1] == value - 1:
            made[-1] = (made[-1][0], value)
        else:
            made.append((value, value))
    return tuple(made)


def without(value: int, low: int, high: int) -> Domain:
    """The interval [low, high] without a value."""
    return tuple([(a, b) for a, b in ((low, value - 1), (value + 1, high)) if a <= b])


def size_of(domain: Domain) -> int:
    """The number of values."""
    return sum(b - a + 1 for a, b in domain)
