"""Sparse polynomials in the nodes of a circuit, with exact coefficients, as far as expansions need them.

A monomial is a tuple of (node, exponent), later nodes first; exponents may have thousands of digits. Everything that
may grow is bounded: `None` means that the result would have too many terms or too long coefficients.
"""

from __future__ import annotations

from dnnt.exact import Number, bits, normal

Monomial = tuple[tuple[int, int], ...]
Polynomial = dict[Monomial, Number]

LONGEST = 20_000
"""The most bits of a coefficient."""


def times(m: Monomial, n: Monomial) -> Monomial:
    """The product of two monomials."""
    if not m:
        return n
    if not n:
        return m
    if m[-1][0] > n[0][0]:
        return m + n
    if n[-1][0] > m[0][0]:
        return n + m
    exponents = dict(m)
    for node, exponent in n:
        exponents[node] = exponents.get(node, 0) + exponent
    return tuple(sorted(exponents.items(), reverse=True))


def degree(m: Monomial) -> int:
    """The sum of the exponents."""
    return sum(exponent for _, exponent in m)


def raised(m: Monomial, exponent: int) -> Monomial:
    """A power of a monomial."""
    return m if exponent == 1 else tuple((node, exponent * e) for node, e in m)


def number_power(base: Number, exponent: int) -> Number | None:
    """A power of a number, unless it is too long."""
    if exponent == 1 or base in (0, 1):
        return base
    if base == -1:
        return -1 if exponent & 1 else 1
    return None if bits(base) * exponent > LONGEST else normal(base**exponent)


def product(p: Polynomial, q: Polynomial, most: int) -> Polynomial | None:
    """The product, unless it has more than `most` terms."""
    result: Polynomial = {}
    for m, a in p.items():
        for n, b in q.items():
            key = times(m, n)
            value = result.get(key, 0) + a * b
            if value:
                result[key] = normal(value)
            else:
                result.pop(key, None)
        if len(result) > most:
            return None
    return result


def power(p: Polynomial, exponent: int, most: int) -> Polynomial | None:
    """A power, unless it has more than `most` terms or too long coefficients."""
    if exponent == 1 or not p:
        return p
    if len(p) == 1:
        ((m, a),) = p.items()
        value = number_power(a, exponent)
        return None if value is None else {raised(m, exponent): value}
    if exponent >= most or exponent * max(map(bits, p.values())) > LONGEST:
        return None
    half = power(p, exponent // 2, most)
    if half is None:
        return None
    square = product(half, half, most)
    return product(square, p, most) if square is not None and exponent & 1 else square
