"""Listed columns of a unit with their prices, against all values of its variables."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import pytest

from dnnt.activations import activation
from dnnt.columns import listing as module
from dnnt.columns.listing import listing
from dnnt.columns.problem import Link, Term, Unit
from dnnt.exact import Number, magnitude
from dnnt.running import Run

POINTS = 5


def drawn(seed: int) -> Unit:
    """A unit of up to five terms, with prices of both kinds and values that cost nothing."""
    rng = Random(seed)
    terms = []
    for k in range(rng.randint(1, 5)):
        some: list[Number] = [-2, -1, 0, 1, 2, Fraction(1, 2)]
        values = tuple(sorted(rng.sample(some, rng.randint(1, 4))))
        entries: list[Number] = [-3, -1, 0, 1, 2, Fraction(2, 3)]
        column = tuple([rng.choice(entries) for _ in range(POINTS)])
        prices: list[list[Number]] = [
            [int(v != 0) for v in values],
            [magnitude(v) for v in values],
            [0 for _ in values],
        ]
        terms.append(Term(10 + k, values, column, tuple(rng.choice(prices))))
    constant = tuple([rng.randint(-2, 2) for _ in range(POINTS)])
    return Unit(0, activation(rng.choice(["sign", "step"])), constant, tuple(terms), ())


def every(unit: Unit) -> dict[int, Number]:
    """Each column with its least price."""
    found: dict[int, Number] = {}
    for places in product(*[range(len(term.values)) for term in unit.terms]):
        price = sum([term.prices[at] for term, at in zip(unit.terms, places, strict=True)])
        mask = mask_of(unit, [term.values[at] for term, at in zip(unit.terms, places, strict=True)])
        found[mask] = min(price, found.get(mask, price))
    return found


def mask_of(unit: Unit, values: list[Number]) -> int:
    sums = [
        unit.constant[i] + sum([value * term.column[i] for term, value in zip(unit.terms, values, strict=True)])
        for i in range(POINTS)
    ]
    return sum([1 << i for i, z in enumerate(sums) if z >= 0])


LIMITS = {"all": {}, "few sums": {"MOST_SUMS": 60}, "few kept": {"MOST_KEPT": 15}, "few columns": {"MOST_COLUMNS": 4}}


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("seed", range(40))
def test_prices(monkeypatch: pytest.MonkeyPatch, seed: int, limits: str) -> None:
    for name, value in LIMITS[limits].items():
        monkeypatch.setattr(module, name, value)
    unit = drawn(seed)
    right = every(unit)
    made = listing(unit, POINTS, Run())
    assert made is not None and made.columns
    if limits == "all":
        assert made.exact and {each.mask: each.price for each in made.columns} == right
    for each in made.columns:
        assert each.price <= right[each.mask]
        values = dict(each.values)
        assert mask_of(unit, [values[term.variable] for term in unit.terms]) == each.mask
        assert each.paid == sum([term.prices[term.values.index(values[term.variable])] for term in unit.terms])
    left = set(right) - {each.mask for each in made.columns}
    assert not left or (made.beyond is not None and all(made.beyond <= right[mask] for mask in left))
    assert made.exact == (made.beyond is None and all(each.paid == right[each.mask] for each in made.columns))


def test_what_is_not_listed() -> None:
    """Other activations, other sources, sums past long integers, too many free values."""
    term = Term(0, (0, 1), (1,) * POINTS, (0, 1))
    sign = activation("sign")
    zero = (0,) * POINTS
    assert listing(Unit(0, activation("relu"), zero, (term,), ()), POINTS, Run()) is None
    assert listing(Unit(1, sign, zero, (term,), (Link(0, None, (1,)),)), POINTS, Run()) is None
    assert listing(Unit(0, sign, (1 << 62,) * POINTS, (term,), ()), POINTS, Run()) is None
    free = tuple([Term(k, (0, 1), (1,) * POINTS, (0, 0)) for k in range(9)])
    assert listing(Unit(0, sign, zero, free, ()), POINTS, Run()) is None
    assert listing(Unit(0, sign, (0,) * 63, (Term(0, (0, 1), (1,) * 63, (0, 1)),), ()), 63, Run()) is None
