"""Sparse polynomials in the nodes of a circuit, with exact rational coefficients.

Where a sum cancels, intervals lose what the definitions still know: (a + 1) * (a - 1) - a * a is -1 whatever a is. So a
sum is written as a polynomial in earlier nodes, and nodes are replaced by their definitions until it is short again. A
monomial is a tuple of (node, exponent) by increasing node; exponents are integers of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dnnt_check.budget import Invalid, Work
from dnnt_check.intervals import Ball, Intervals, Value
from dnnt_check.numbers import Number, add, bits, multiply

Monomial = tuple[tuple[int, int], ...]

#: A polynomial may have this many terms, a coefficient this many bits, and all of it this many bits of memory.
MAXIMUM_TERMS = 200_000
MAXIMUM_COEFFICIENT_BITS = 10**8
MAXIMUM_LOAD = 2 * 10**9

#: Bits of memory that a term takes, and every node in its monomial.
TERM_BITS, NODE_BITS = 1600, 600

#: A sum of several terms may be raised to this power.
MAXIMUM_POWER = 1000

#: Predicted seconds for a term that is made or looked at.
TERM = 1.5e-6


class Polynomial:
    """A polynomial that grows by substitution; nodes that are known exactly never occur in it."""

    def __init__(self, exact: Callable[[int], Number | None], work: Work) -> None:
        """Begin with zero; `exact` gives the value of nodes that are known exactly."""
        self.exact = exact
        self.work = work
        self.terms: dict[Monomial, Number] = {}
        self.variables: set[int] = set()
        self.load = 0
        self.most = min(MAXIMUM_LOAD, 4 * work.memory)

    @property
    def constant(self) -> Number | None:
        """The value, if no node is left."""
        return None if self.variables else self.terms.get((), 0)

    def start(self, constant: Number, terms: Sequence[tuple[Number, int]]) -> None:
        """Make it a sum."""
        self.terms, self.load = {}, 0
        for monomial, coefficient in self._linear(constant, terms):
            self._add(self.terms, monomial, coefficient)
        self._finish(self.terms)

    def substitute_sum(self, node: int, constant: Number, terms: Sequence[tuple[Number, int]]) -> None:
        """Replace a node by a sum, by Horner's rule."""
        parts = self._by_power(node)
        summands = self._linear(constant, terms)
        self.load = 0
        if len(summands) <= 1:
            self._finish(self._with_one_summand(parts, summands))
            return
        powers = sorted(parts, reverse=True)
        if powers[0] > MAXIMUM_POWER:
            raise Invalid(f"a sum of several terms would be raised to a power above {MAXIMUM_POWER}")
        result: dict[Monomial, Number] = {}
        for exponent, following in zip(powers, [*powers[1:], 0], strict=True):
            for monomial, coefficient in parts[exponent].items():
                self._add(result, monomial, coefficient)
            for _ in range(exponent - following):
                result = self._times(result, summands)
        self._finish(result)

    def substitute_product(self, node: int, factor: Number, first: int, second: int) -> None:
        """Replace a node by factor * first * second."""
        scale = factor
        nodes: list[int] = []
        for item in (first, second):
            value = self.exact(item)
            if value is None:
                nodes.append(item)
            else:
                scale = multiply(scale, value, self.work)
        monomial: Monomial = ()
        for item in nodes:
            monomial = self._joined(monomial, ((item, 1),))
        parts = self._by_power(node)
        self.load = 0
        self._finish(self._with_one_summand(parts, [(monomial, scale)] if scale else []))

    def evaluate(self, value: Callable[[int], Value], intervals: Intervals) -> Value:
        """An enclosure of the value, from enclosures of the nodes."""
        constant = self.constant
        if constant is not None:
            return intervals.kept(constant)
        powers: dict[tuple[int, int], Ball] = {}
        balls: list[Ball] = []
        for monomial, coefficient in self.terms.items():
            self.work.spend(TERM)
            product: Ball | None = None
            for item in monomial:
                known = powers.get(item)
                if known is None:
                    node, exponent = item
                    known = powers[item] = intervals.power(intervals.ball(value(node)), exponent)
                    self.work.hold(len(powers) * (intervals.precision // 8 + 200), "powers of nodes")
                product = known if product is None else intervals.multiply(product, known)
            balls.append(intervals.ball(coefficient) if product is None else intervals.scale(product, coefficient))
            self.work.hold(len(balls) * (intervals.precision // 8 + 200), "the terms of a polynomial")
        return intervals.settled(intervals.total(balls))

    # ------------------------------------------------------------ parts

    def _linear(self, constant: Number, terms: Sequence[tuple[Number, int]]) -> list[tuple[Monomial, Number]]:
        """The summands of a sum; exact nodes go to the constant."""
        result: list[tuple[Monomial, Number]] = []
        for coefficient, node in terms:
            self.work.spend(TERM)
            value = self.exact(node)
            if value is None:
                result.append((((node, 1),), coefficient))
            else:
                constant = add(constant, multiply(coefficient, value, self.work), self.work)
        if constant:
            result.append(((), constant))
        return result

    def _by_power(self, node: int) -> dict[int, Mapping[Monomial, Number]]:
        """The polynomial as one in a single node: exponent -> coefficient."""
        result: dict[int, dict[Monomial, Number]] = {}
        for monomial, coefficient in self.terms.items():
            exponent = 0
            rest = monomial
            for place, (item, power) in enumerate(monomial):
                if item == node:
                    exponent = power
                    rest = monomial[:place] + monomial[place + 1 :]
            result.setdefault(exponent, {})[rest] = coefficient
            self.work.spend(TERM + len(monomial) * 2e-7)
        return dict(result)

    def _with_one_summand(
        self, parts: Mapping[int, Mapping[Monomial, Number]], summands: Sequence[tuple[Monomial, Number]]
    ) -> dict[Monomial, Number]:
        """The polynomial with a node replaced by one summand, or by 0 if there is none."""
        result: dict[Monomial, Number] = {}
        for exponent, part in parts.items():
            if exponent and not summands:
                continue
            monomial: Monomial = ()
            scale: Number = 1
            if exponent:
                ((inner, coefficient),) = summands
                monomial = tuple([(node, power * exponent) for node, power in inner])
                scale = self._power(coefficient, exponent)
                self.work.spend(exponent.bit_length() * 1e-8)
            for rest, coefficient in part.items():
                self._add(result, self._joined(rest, monomial), multiply(coefficient, scale, self.work))
        return result

    def _power(self, base: Number, exponent: int) -> Number:
        if base in (1, -1):
            return base if exponent % 2 else 1
        if (exponent - 1) * max(bits(base) - 2, 1) > MAXIMUM_COEFFICIENT_BITS:
            raise Invalid("a coefficient of a polynomial would be too long")
        result = base
        for bit in f"{exponent:b}"[1:]:
            result = multiply(result, result, self.work)
            if bit == "1":
                result = multiply(result, base, self.work)
        return result

    def _times(
        self, polynomial: Mapping[Monomial, Number], summands: Sequence[tuple[Monomial, Number]]
    ) -> dict[Monomial, Number]:
        result: dict[Monomial, Number] = {}
        for inner, factor in summands:
            for monomial, coefficient in polynomial.items():
                self._add(result, self._joined(monomial, inner), multiply(coefficient, factor, self.work))
        return result

    def _joined(self, first: Monomial, second: Monomial) -> Monomial:
        """The product of two monomials."""
        if not first or not second:
            return first or second
        result = dict(first)
        for node, exponent in second:
            result[node] = result.get(node, 0) + exponent
        self.work.spend(TERM + len(result) * 3e-7)
        return tuple(sorted(result.items()))

    def _add(self, terms: dict[Monomial, Number], monomial: Monomial, coefficient: Number) -> None:
        """Add a term, within the limits of size."""
        self.work.spend(TERM)
        known = terms.get(monomial)
        if known is not None:
            coefficient = add(known, coefficient, self.work)
            if not coefficient:
                del terms[monomial]
                return
        terms[monomial] = coefficient
        self.load += _load(monomial, coefficient)
        if len(terms) > MAXIMUM_TERMS:
            raise Invalid(f"a polynomial has more than {MAXIMUM_TERMS} terms")
        if self.load > self.most:
            # What was replaced meanwhile has been counted too.
            self.work.spend(len(terms) * TERM)
            self.load = sum([_load(item, known) for item, known in terms.items()])
            if self.load > self.most // 2:
                raise Invalid("a polynomial takes too much memory")

    def _finish(self, terms: dict[Monomial, Number]) -> None:
        """Take over what was made."""
        self.terms = terms
        self.variables = {node for monomial in terms for node, _ in monomial}
        self.work.spend(len(terms) * TERM)


def _load(monomial: Monomial, coefficient: Number) -> int:
    """Bits of memory that a term takes."""
    return TERM_BITS + bits(coefficient) + sum([NODE_BITS + exponent.bit_length() for _, exponent in monomial])
