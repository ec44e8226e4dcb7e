"""Expansion of a sum that cancels: as a polynomial in earlier nodes, until what cancels has gone.

The latest node among the monomials that are large enough to be seen is replaced by its definition, again and again.
Equal numbers become equal monomials and vanish exactly; what is left is zero (proved), a number, or accurate.
Replacing a node changes no value, so the polynomial is evaluated again only where monomials have met.

With `pairs`, where two monomials cancel whose factors are close one by one, a factor v is replaced by ±u + d instead:
u is the factor close to it and d = v ∓ u a node of its own, which is settled first. Powers of nearly equal numbers,
which definitions would blow up, cancel term by term so: where something was computed in two ways, the differences of
what both have met on the way come out one after the other, as in a proof by induction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from dnnt.exact import Number, bits, normal
from dnnt.signs.circuit import Product
from dnnt.signs.polynomial import LONGEST, Monomial, Polynomial, degree, power, times

if TYPE_CHECKING:
    from dnnt.signs.engine import Engine

CLOSE = 12
"""Numbers whose difference is below 2^-CLOSE of them are close."""

MORE = 16
"""How many times the terms that are kept may be there before small ones are dropped."""

PAIRED = 40
"""The most monomials among which pairs are looked for."""


Replacement = int | tuple[int, int]
"""A node v that was replaced by what it is made of; or (v, d): by ±u + d, where d is the node v ∓ u."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most terms and the most work (terms made) of one expansion.

    `pairs`: it may use them; `factored`: factors that all terms have in common are left alone; `dropping`: small terms
    may become part of the error.
    """

    terms: int
    work: int
    pairs: bool = False
    factored: bool = False
    dropping: bool = False


@dataclass(frozen=True, slots=True)
class Expanded:
    """An exact value or a better ball, the polynomial that it is (if no term was dropped), and what was substituted."""

    value: Number | None
    ball: Any
    polynomial: Polynomial | None
    substituted: tuple[Replacement, ...]


class Failed(Exception):
    """The expansion would grow past its limits, after so much work."""

    def __init__(self, work: int = 0) -> None:
        super().__init__(work)
        self.work = work


class Wanted(Exception):
    """The expansion waits for a node to be settled."""

    def __init__(self, node: int) -> None:
        super().__init__(node)
        self.node = node


class Expansion:
    """One expansion: the polynomial as it is, with the balls of its monomials."""

    def __init__(self, engine: Engine, n: int, limits: Limits) -> None:
        self.engine = engine
        self.n = n
        self.limits = limits
        self.left = limits.work
        self.terms = definition(engine, n)
        self.substituted: list[Replacement] = []
        self.balls: dict[Monomial, Any] = {}
        self.powers: dict[tuple[int, int], Any] = {}
        self.dropped: Any = None
        self.total: Any = None
        # Whether the total is to be evaluated again, and whether it belongs to the present terms.
        self.stale, self.fresh = True, False

    def run(self) -> Expanded:
        """Substitute until the value is exact or accurate.

        Raises `Failed`; and `Wanted`, after which it goes on when it is called again.
        """
        try:
            return self._run()
        except Failed:
            raise Failed(self.limits.work - self.left) from None

    def _run(self) -> Expanded:
        from dnnt.signs.engine import is_good

        while True:
            self.engine.poll()
            value = constant(self.terms)
            if value is not None and self.dropped is None:
                return Expanded(value, None, self.terms, tuple(self.substituted))
            if self.stale:
                self.stale = False
                self.total = self._ball()
                if is_good(self.total, self.engine.needs[self.n]):
                    whole = self.terms if self.dropped is None else None
                    return Expanded(None, self.total, whole, tuple(self.substituted))
                self.fresh = True
            chosen = self._next(self.total)
            if chosen is None:
                if self.fresh:
                    raise Failed
                self.stale = True
                continue
            v, by, difference = chosen
            self.stale = self._substitute(v, by) or v in self.engine.derived
            self.fresh = False
            self.substituted.append(v if difference is None else (v, difference))

    def _ball(self) -> Any:
        from flint import arb

        total = arb(0) if self.dropped is None else self.dropped
        for m, c in self.terms.items():
            total = total + _times(self._monomial(m), c)
        return total

    def _drop(self) -> None:
        """Keep the larger half of the terms; the others become part of the error."""
        from flint import arb

        sizes = {m: size_of(_times(self._monomial(m), c)) for m, c in self.terms.items()}
        kept = sorted(sizes, key=lambda m: sizes[m], reverse=True)[: self.limits.terms // 2]
        total = arb(0) if self.dropped is None else self.dropped
        for m in set(self.terms).difference(kept):
            total = total + _times(self._monomial(m), self.terms[m])
        self.dropped = total
        self.terms = {m: self.terms[m] for m in kept}

    def _monomial(self, m: Monomial) -> Any:
        ball = self.balls.get(m)
        if ball is None:
            from flint import arb, fmpz

            ball = arb(1)
            for node, e in m:
                x = self.engine.balls[node]
                if e > 1:
                    key = (node, e)
                    if key not in self.powers:
                        self.powers[key] = x ** fmpz(e)
                    x = self.powers[key]
                ball = ball * x
            self.balls[m] = ball
        return ball

    def _next(self, total: Any) -> tuple[int, Polynomial, int | None] | None:
        """What to substitute: the latest node in the monomials that are not lost in the error of the total, if any.

        Returns the node, what it is replaced by, and the difference that is used, if one is.
        """
        rank = self.engine.rank
        radius = total.rad()
        seen: list[tuple[Monomial, Any]] = []
        for m, c in self.terms.items():
            if m:
                ball = _times(self._monomial(m), c)
                if not ball.abs_upper() * 4 < radius:
                    seen.append((m, ball))
        if not seen:
            return None
        if self.limits.pairs and len(seen) <= PAIRED:
            close = self._close_pair(seen)
            if close is not None:
                return close
        nodes = {node for m, _ in seen for node, _ in m}
        if self.limits.factored:
            nodes = differing([m for m, _ in seen])
        v = max(nodes, key=lambda node: rank[node])
        return v, definition(self.engine, v), None

    def _close_pair(self, seen: list[tuple[Monomial, Any]]) -> tuple[int, Polynomial, int] | None:
        """The latest node v that is close to another one, u, and ±u + d, where two monomials cancel and their factors
        are close one by one.
        """
        best: tuple[int, int, int, int] | None = None
        for (m, a), (n, b) in combinations(seen, 2):
            if degree(m) > 1 and degree(n) > 1 and (a + b).abs_upper() * (1 << CLOSE) < b.abs_lower():
                for v, u, sign in self._matched(m, n):
                    this = (self.engine.rank[v], v, u, sign)
                    best = this if best is None or this > best else best
        if best is None:
            return None
        _, v, u, sign = best
        engine = self.engine
        d = engine.difference(v, u, sign)
        if engine.rank[d] >= engine.rank[self.n]:
            return None
        if not engine.fine[d]:
            if engine.is_hopeless(d):
                return None
            raise Wanted(d)
        value = engine.numbers[d]
        rest: Polynomial = {((d, 1),): 1} if value is None else {(): value} if value else {}
        return v, {((u, 1),): sign, **rest}, d

    def _matched(self, m: Monomial, n: Monomial) -> list[tuple[int, int, int]]:
        """The factors in which the monomials differ as pairs (later node, earlier node, sign); empty if some has no
        close partner.
        """
        left, right = dict(m), dict(n)
        for node in set(left) & set(right):
            common = min(left[node], right[node])
            left[node] -= common
            right[node] -= common
        pairs = []
        for node, e in left.items():
            if e:
                partner = next((p for p in self._partners(node, right) if right[p[0]] == e), None)
                if partner is None:
                    return []
                other, sign = partner
                right[other] = 0
                later, earlier = (node, other) if self.engine.rank[node] > self.engine.rank[other] else (other, node)
                pairs.append((later, earlier, sign))
        return [] if any(right.values()) else pairs

    def _partners(self, v: int, others: Iterable[int]) -> Iterator[tuple[int, int]]:
        """The other nodes that are close to v or -v."""
        engine = self.engine
        if engine.fine[v] and engine.numbers[v] is None:
            for u in others:
                if engine.fine[u] and engine.numbers[u] is None:
                    x, y = engine.balls[v], engine.balls[u]
                    sign = 1 if (x > 0) == (y > 0) else -1
                    if (x - sign * y).abs_upper() * (1 << CLOSE) < y.abs_lower():
                        yield u, sign

    def _substitute(self, v: int, by: Polynomial) -> bool:
        """Replace node v everywhere; returns whether monomials met."""
        simple = len(by) == 1
        most = self.limits.terms * (MORE if self.limits.dropping else 1)
        result: Polynomial = {}
        powers: dict[int, Polynomial] = {}
        met = False
        for m, c in self.terms.items():
            e = next((e for node, e in m if node == v), 0)
            if not e:
                met |= _add(result, m, c)
                continue
            rest = tuple(pair for pair in m if pair[0] != v)
            if e not in powers:
                made = power(by, e, self.limits.terms)
                if made is None:
                    raise Failed
                powers[e] = made
            for n, b in powers[e].items():
                key = times(rest, n)
                if simple and b == 1 and m in self.balls:
                    self.balls.setdefault(key, self.balls[m])
                met |= _add(result, key, normal(c * b))
            self.left -= len(powers[e])
            if len(result) > most or self.left < 0:
                raise Failed
        self.terms = result
        if len(result) > self.limits.terms:
            self._drop()
        return met


def differing(monomials: Sequence[Monomial]) -> set[int]:
    """The nodes of the monomials without those that are a common factor: what cancels is in the others."""
    everywhere = set(monomials[0]).intersection(*monomials[1:])
    nodes = {node for m in monomials for node, _ in m}
    if len(monomials) > 1:
        # A node of different exponents is no common factor as a whole.
        nodes -= {node for node, _ in everywhere}
    return nodes


def _add(p: Polynomial, m: Monomial, c: Number) -> bool:
    """Add a term; returns whether there was one of its monomial."""
    old = p.get(m)
    if old is None:
        if bits(c) > LONGEST:
            raise Failed
        p[m] = c
        return False
    value = normal(old + c)
    if value:
        p[m] = value
    else:
        del p[m]
    return True


def size_of(ball: Any) -> int:
    """About the bits in front of the point of the largest number in a ball; very negative for 0."""
    upper = ball.abs_upper()
    if not upper.is_finite() or upper.is_zero():
        return -(1 << 62) if upper.is_zero() else 1 << 62
    mantissa, exponent = upper.man_exp()
    return int(exponent) + int(mantissa).bit_length()


def constant(p: Polynomial) -> Number | None:
    """The number that the polynomial is, if it has no node."""
    return 0 if not p else p[()] if len(p) == 1 and () in p else None


def definition(engine: Engine, n: int) -> Polynomial:
    """A node as a polynomial in earlier nodes; those that are known exactly are put in as numbers."""
    known = engine.numbers
    value = known[n]
    if value is not None:
        return {(): value} if value else {}
    if n in engine.derived:
        return engine.derived[n]
    node = engine.nodes[n]
    if isinstance(node, Product):
        factor, rest = node.factor, []
        for child in (node.j, node.k):
            value = known[child]
            if value is None:
                rest.append(child)
            else:
                factor = factor * value
        if not factor:
            return {}
        if len(rest) == 2 and rest[0] == rest[1]:
            return {((rest[0], 2),): normal(factor)}
        return {tuple((child, 1) for child in sorted(rest, reverse=True)): normal(factor)}
    result: Polynomial = {}
    total = node.constant
    for child, c in node.terms:
        value = known[child]
        if value is None:
            result[((child, 1),)] = c
        else:
            total = total + c * value
    if total:
        result[()] = normal(total)
    return result


def _times(ball: Any, c: Number) -> Any:
    from dnnt.signs.engine import as_ball

    return ball if c == 1 else -ball if c == -1 else ball * as_ball(c)
