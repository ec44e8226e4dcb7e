"""Rational quantities over common denominators; models refuse what a 64-bit solver would wrap."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from dnnt.encodings.constraints.integer_model import MOST, Affine, Model, cut, domain_of, without
from dnnt.encodings.constraints.quantities import Quantity, choice, common, known, listed, total, two
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number


def values(model: Model, of: Quantity) -> set[Number]:
    """All values of a quantity, over all values of the variables."""
    free = [v for v, _ in of.expression.terms]
    domains = [[x for a, b in model.domains[v] for x in range(a, b + 1)] for v in free]
    found = set()
    for chosen in product(*domains):
        sums = sum(c * x for (_, c), x in zip(of.expression.terms, chosen, strict=True))
        found.add(of.scale * (of.expression.constant + sums))
    return found


def test_common() -> None:
    assert common([4, 6]) == 2
    assert common([Fraction(1, 2), Fraction(1, 3), 0]) == Fraction(1, 6)
    assert common([0]) == common([]) == 1


def test_sums_are_exact() -> None:
    model = Model()
    a = choice(model, (Fraction(-1, 2), 0, Fraction(3, 4)))
    b = choice(model, (-7, 10))
    parts: list[tuple[Number, Quantity]] = [(2, a), (Fraction(-1, 3), b), (5, known(Fraction(1, 7)))]
    found = total(model, parts, Fraction(1, 5))
    right = {2 * x - Fraction(y, 3) + Fraction(5, 7) + Fraction(1, 5) for x in values(model, a) for y in (-7, 10)}
    assert values(model, found) == right
    assert (found.least, found.greatest) == (min(right), max(right))
    assert {found.scale * place for place in listed(model, found)} == right


def test_two_values() -> None:
    model = Model()
    literal = model.literal()
    of = two(model, literal, 3, Fraction(-1, 2))
    assert values(model, of) == {3, Fraction(-1, 2)}
    assert of.literal == -literal
    assert [of.place(3), of.place(1)] == [of.high, 2]


def test_domains() -> None:
    assert domain_of([3, 1, 2, 7]) == ((1, 3), (7, 7))
    assert cut(((1, 3), (7, 7)), 2, 5) == ((2, 3),)
    assert without(1, 1, 3) == ((2, 3),)
    assert without(2, 1, 3) == ((1, 1), (3, 3))


@pytest.mark.parametrize("factor", [MOST, -MOST, MOST // 2])
def test_large_sums_are_refused(factor: int) -> None:
    model = Model()
    v, w = model.variable(((0, 1),)), model.variable(((-1, 0),))
    with pytest.raises(MethodUnsuitable, match="64 bits"):
        model.linear(Affine(((v, factor), (w, factor))), ((0, 0),))


def test_long_tables_are_refused() -> None:
    model = Model()
    v = Quantity(Affine(((model.variable(((0, 10**6),)), 1),)), 1, 0, 10**6)
    with pytest.raises(MethodUnsuitable, match="table"):
        listed(model, v)
