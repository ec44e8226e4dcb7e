"""Sets of keys: the three kinds answer every question alike, and every way to form a sum gives the same set."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dnnt.exact import Number
from dnnt.reachable import cheapest as cheapest_module, key_kinds, keysets
from dnnt.reachable.cheapest import cheapest
from dnnt.reachable.key_kinds import (
    NUMPY_SPAN,
    BitKeys,
    Keys,
    NumpyKeys,
    PythonKeys,
    as_bits,
    as_numpy,
    as_words,
    meeting,
    split,
    unique,
)  # fmt: skip
from dnnt.reachable.keysets import WAYS
from dnnt.reachable.packing import Axis, Packing
from dnnt.reachable.tables import Linear
from dnnt.reachable.terms import Term

KINDS: dict[str, Callable[[set[int]], Keys]] = {
    "python": lambda keys: PythonKeys(frozenset(keys)),
    "bits": lambda keys: BitKeys(sum(1 << key for key in keys)),
    "numpy": lambda keys: NumpyKeys(np.array(sorted(keys), np.int64)),
    "words": lambda keys: as_words(BitKeys(sum(1 << key for key in keys)), max(keys, default=0) + 1),
}

FEW = settings(max_examples=25)
"""For tests that have many cases by parameters already."""

keys = st.sets(st.integers(0, 400), min_size=1, max_size=60)


def calm() -> None:
    """A poll that stops nothing."""


def box(*counts: int) -> Packing:
    """A packing with so many digits on each axis."""
    return Packing(tuple(Axis(0, 1 if count > 1 else 0, count) for count in counts))


@pytest.mark.parametrize("kind", KINDS)
@given(inside=st.sets(st.integers(0, 3000), max_size=80))
def test_elements(kind: str, inside: set[int]) -> None:
    of = KINDS[kind](inside)
    assert of.size == len(inside)
    assert of.listed() == sorted(inside)
    assert all(type(key) is int for key in of.listed())
    for key in (*inside, -1, -64, 0, 7, 3001, 10**6, NUMPY_SPAN, 1 << 80):
        assert (key in of) == (key in inside)


@pytest.mark.parametrize("kind", KINDS)
@given(inside=keys)
def test_changes_of_kind(kind: str, inside: set[int]) -> None:
    of = KINDS[kind](inside)
    assert as_numpy(of).listed() == as_bits(of).listed() == sorted(inside)
    assert as_numpy(of).keys.dtype == np.int64
    bits, length = as_bits(of).reversed()
    assert {length - 1 - position for position in range(length) if bits >> position & 1} == inside


def test_a_large_array_as_bits() -> None:
    inside = sorted(Random(3).sample(range(10**6), 5000))
    assert as_bits(NumpyKeys(np.array(inside, np.int64))).listed() == inside


@pytest.mark.parametrize("listed", [0, 10**6])
@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(counts=st.lists(st.integers(1, 7), min_size=1, max_size=4), data=st.data())
def test_digits_and_maps(kind: str, listed: int, counts: list[int], data: st.DataObject) -> None:
    """Digits of a coordinate, and sums of table entries: for tables that are written out, and for straight ones."""
    packing = box(*counts)
    inside = data.draw(st.sets(st.integers(0, packing.span - 1), min_size=1, max_size=40))
    of = KINDS[kind](inside)
    vectors = {key: packing.decode(key) for key in inside}
    tables: list[Any] = []
    for axis, count in enumerate(counts):
        if data.draw(st.booleans()):
            tables.append(Linear(data.draw(st.integers(-50, 50)), data.draw(st.integers(-9, 9)), count))
        else:
            present = {int(vector[axis]) for vector in vectors.values()} | ({0} if count == 1 else set())
            shuffled = data.draw(st.permutations(sorted(present)))
            tables.append({digit: data.draw(st.integers(0, 1000)) for digit in shuffled})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_kinds, "LISTED_CELLS", listed)
        for axis in range(len(counts)):
            assert of.digits(packing, axis) == sorted({vector[axis] for vector in vectors.values()})
        said = [int(value) for value in of.mapped(packing, tables)]
    assert said == [sum(t[int(d)] for t, d in zip(tables, vectors[key], strict=True)) for key in sorted(inside)]


def test_straight_tables() -> None:
    table = Linear(3, -1, 4)
    assert dict(table) == {0: -1, 1: 2, 2: 5, 3: 8}
    assert len(Linear(1, 0, 10**50 % 10**18)) == 10**50 % 10**18


@given(st.lists(st.integers(-(2**60), 2**60), max_size=50))
def test_unique(values: list[int]) -> None:
    assert unique(np.array(values, np.int64)).tolist() == sorted(set(values))


@pytest.mark.parametrize("by_key", [0, 256])
@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
@FEW
@given(mine=keys, theirs=keys, key=st.integers(-3, 810))
def test_split(left: str, right: str, by_key: int, mine: set[int], theirs: set[int], key: int) -> None:
    """The pair with the least key on the left, the same whatever the kinds."""
    least = min((a for a in mine if key - a in theirs), default=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_kinds, "SPLIT_BY_KEY", by_key)
        said = split(KINDS[left](mine), KINDS[right](theirs), key)
    assert said == (None if least is None else (least, key - least))
    assert said is None or all(type(part) is int for part in said)


@given(keys, keys, st.integers(0, 810))
def test_meeting(mine: set[int], theirs: set[int], key: int) -> None:
    """Shifted and reversed bits meet where a key of the one and a key of the other add up."""
    said = meeting(as_bits(KINDS["python"](mine)).bits, *as_bits(KINDS["python"](theirs)).reversed(), key)
    assert {a for a in mine if said >> a & 1} == {a for a in mine if key - a in theirs}
    assert said.bit_count() == len({a for a in mine if key - a in theirs})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
@FEW
@given(mine=keys, theirs=keys | st.builds(lambda a, n, d: set(range(a, a + n * d, d)), *[st.integers(1, 20)] * 3))
def test_sums(way: str, left: str, right: str, mine: set[int], theirs: set[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keysets, "way", lambda left, right, span: way)
        patch.setattr(keysets, "CHUNK_PAIRS", 97)
        said = keysets.sumset(KINDS[left](mine), KINDS[right](theirs), 900, calm)
    assert said.listed() == sorted({a + b for a in mine for b in theirs})
    assert said.size == len(said.listed())


@pytest.mark.parametrize(
    ("span", "ways"), [(1 << 23, WAYS), (1 << 40, ("sort", "frozenset", "windows")), (1 << 61, ("sort", "windows"))]
)
def test_large_sums(span: int, ways: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """600,000 pairs: the ways agree with each other and with plain Python, also close to the end of 64 bits."""
    rng = Random(span)
    mine, theirs = ({rng.randrange(span // 2) for _ in range(n)} for n in (3000, 200))
    wanted = sorted({a + b for a in mine for b in theirs})
    for way in (None, *ways):
        if way is not None:
            monkeypatch.setattr(keysets, "way", lambda left, right, span, way=way: way)
        said = keysets.sumset(KINDS["python"](mine), KINDS["numpy"](theirs), span, calm)
        assert said.listed() == wanted


@pytest.mark.parametrize("first", [0, 5])
@pytest.mark.parametrize("many", [3, 500])
def test_progressions_by_words(first: int, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A progression on either side is added by doubling."""
    monkeypatch.setattr(keysets, "way", lambda left, right, span: "tiles")
    rng = Random(many)
    line = set(range(first, first + 7 * 2000, 7))
    others = {rng.randrange(5000) for _ in range(many)}
    wanted = sorted({a + b for a in line for b in others})
    for one, two in ((line, others), (others, line)):
        assert keysets.sumset(KINDS["numpy"](one), KINDS["python"](two), 20_000, calm).listed() == wanted


def test_wide_sums_stay_python_integers() -> None:
    mine, theirs = {1 << 90, 5}, {1 << 89, 0}
    said = keysets.sumset(KINDS["python"](mine), KINDS["python"](theirs), 1 << 91, calm)
    assert said == PythonKeys(frozenset(a + b for a in mine for b in theirs))


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(0, 200).map(lambda b: (1 << b) + 1))
def test_ways_that_the_box_allows(left: int, right: int, span: int) -> None:
    """No array holds keys past 62 bits, no map more than a gigabyte; what is predicted is finite."""
    way = keysets.way(left, right, span)
    assert way in WAYS
    assert way != "bits" or span <= keysets.BITSET_SPAN
    assert way != "map" or span <= keysets.BITMAP_SPAN
    assert way not in ("sort", "windows") or span <= NUMPY_SPAN
    assert way != "tiles" or span <= keysets.WORDS_SPAN
    assert keysets.sumset_bytes(left, right, span) > 0
    if left * right <= keysets.SMALL_PAIRS:
        assert way in ("bits", "frozenset", *keysets.COMPILED)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_polls(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit bites inside a sum."""

    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    monkeypatch.setattr(keysets, "way", lambda left, right, span: way)
    rng = Random(1)
    mine, theirs = ({rng.randrange(10**6) for _ in range(2000)} for _ in range(2))
    with pytest.raises(Stopped):
        keysets.sumset(KINDS["python"](mine), KINDS["python"](theirs), 2 * 10**6, stop)


@given(st.lists(st.lists(st.integers(0, 99), max_size=9), min_size=1, max_size=5), st.booleans())
def test_unions(parts: list[list[int]], arrays: bool) -> None:
    made: list[Any] = [np.array(p, np.int64) if arrays and index % 2 == 0 else p for index, p in enumerate(parts)]
    said = keysets.union(made, calm)
    assert said.listed() == sorted({key for part in parts for key in part})
    assert isinstance(said, NumpyKeys if arrays else PythonKeys)
    assert keysets.of(made[0], calm).listed() == sorted(set(parts[0]))


def test_long_sorts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays that are sorted beside the polls come out the same."""
    monkeypatch.setattr(keysets, "CHUNK_PAIRS", 50_000)
    values = np.random.default_rng(7).integers(0, 10**5, 60_000)
    polls: list[int] = []
    said = keysets.of(values, lambda: polls.append(1))
    assert said.listed() == sorted(set(values.tolist()))
    assert polls


NUMBERS = st.integers(0, 50) | st.fractions(0, 5, max_denominator=7) | st.integers(0, 2**70)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("small", [0, 10**6])
@FEW
@given(data=st.data())
def test_cheapest(kind: str, small: int, data: st.DataObject) -> None:
    """The least total, and the least key that has it: in Python and with arrays, and for totals past 64 bits."""
    packing = box(5, 4, 6)
    inside = data.draw(st.sets(st.integers(0, packing.span - 1), min_size=1, max_size=60))
    terms, tables = [], []
    for axes in ((0,), (1, 2), (2,))[: data.draw(st.integers(0, 3))]:
        table: dict[tuple[int, ...], Number] = {}
        costs = st.lists(NUMBERS, min_size=30, max_size=30)
        flat = iter(data.draw(costs))
        for digits in np.ndindex(*(packing.axes[axis].count for axis in axes)):
            table[digits] = next(flat)
        tables.append((axes, table))
        terms.append(Term(axes, table.__getitem__))

    def total(key: int) -> Number:
        vector = packing.decode(key)
        return sum((Fraction(t[tuple(int(vector[a]) for a in axes)]) for axes, t in tables), Fraction(0))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cheapest_module, "SMALL_PAIRS", small)
        said = cheapest(KINDS[kind](inside), packing, terms, calm)
    assert said == min((total(key), key) for key in inside)
    assert type(said[0]) is int or said[0].denominator > 1
