"""The cheapest state of a set against the minimum taken literally, in Python and in NumPy."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from random import Random

import pytest

from dnnt.exact import Number, normal
from dnnt.reachable import cheapest as module, costs_numpy
from dnnt.reachable.cheapest import cheapest
from dnnt.reachable.key_kinds import BitKeys, Keys, NumpyKeys, PythonKeys, as_numpy
from dnnt.reachable.packing import Axis, Packing
from dnnt.reachable.terms import Term


def terms_of(rng: Random, packing: Packing) -> list[Term]:
    """One to three terms over some of the axes; their costs differ by little, and some are huge."""
    scale = rng.choice((1, Fraction(1, 10**9), Fraction(10**40, 7)))
    made = []
    for _ in range(rng.randint(1, 3)):
        axes = tuple(rng.sample(range(len(packing.axes)), rng.randint(1, len(packing.axes))))
        seed = rng.random()

        def cost(digits: tuple[int, ...], seed: float = seed) -> Number:
            return normal(Random(f"{seed} {digits}").randint(0, 10**6) * scale)

        made.append(Term(axes, cost))
    return made


def literal(keys: list[int], packing: Packing, terms: list[Term]) -> tuple[Number, int]:
    """The least total, and the least key that has it."""
    best: tuple[Number, int] | None = None
    for key in keys:
        digits = []
        rest = key
        for axis in packing.axes:
            rest, digit = divmod(rest, axis.count)
            digits.append(digit)
        total = normal(sum((term.cost(tuple(digits[a] for a in term.axes)) for term in terms), start=Fraction(0)))
        if best is None or total < best[0]:
            best = (total, key)
    assert best is not None
    return best


@pytest.mark.parametrize("chunk", [7, 500_000])
@pytest.mark.parametrize("seed", range(15))
def test_cheapest(seed: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(seed)
    packing = Packing(tuple(Axis(0, 1, rng.randint(2, 30)) for _ in range(rng.randint(1, 3))))
    span = prod(axis.count for axis in packing.axes)
    keys = sorted(rng.sample(range(span), rng.randint(1, min(span, 2000))))
    terms = terms_of(rng, packing)
    right = literal(keys, packing, terms)
    monkeypatch.setattr(costs_numpy, "CHUNK", chunk)
    kinds: list[Keys] = [PythonKeys(frozenset(keys)), BitKeys(sum(1 << key for key in keys))]
    kinds.append(as_numpy(kinds[0]))
    assert isinstance(kinds[-1], NumpyKeys)
    for small in (0, 10**9):
        monkeypatch.setattr(module, "SMALL_PAIRS", small)
        for kind in kinds:
            assert cheapest(kind, packing, terms, lambda: None) == right


@pytest.mark.parametrize("seed", range(15))
def test_long_keys(seed: int) -> None:
    """Of many coordinates, and of a few long ones."""
    rng = Random(seed)
    counts = [rng.randint(1, 9) for _ in range(80)] if seed % 2 else [rng.randint(1, 10**20) for _ in range(4)]
    packing = Packing(tuple(Axis(0, 1, count) for count in counts))
    keys = sorted({rng.randrange(packing.span) for _ in range(300)})
    terms = terms_of(rng, packing)
    assert cheapest(PythonKeys(frozenset(keys)), packing, terms, lambda: None) == literal(keys, packing, terms)
