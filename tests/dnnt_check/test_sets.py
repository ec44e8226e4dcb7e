"""The sets of keys and the maps of long integers, against sets of Python."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dnnt_check import keys as keys_module
from dnnt_check.budget import TooMuchWork, Work
from dnnt_check.columns import Combiner
from dnnt_check.dense import affine_pieces, map_set, occurring, split
from dnnt_check.keys import (
    Keys,
    SizeExceeded,
    add_copies,
    add_progression,
    add_set,
    positions,
    reverse,
    runs,
    shift,
    to_dense,
)
from dnnt_check.meeting import meets
from dnnt_check.network import SOURCE, topological
from dnnt_check.numbers import normal
from dnnt_check.scalars import sum_of_spaces
from dnnt_check.spaces import Space, listed, ranged

small_sets = st.sets(st.integers(0, 60), min_size=1, max_size=12)
numbers = st.fractions(min_value=-4, max_value=4, max_denominator=3)


def both(elements: set[int]) -> list[Keys]:
    """The set in its two forms."""
    top = max(elements)
    return [Keys(top, set(elements)), Keys(top, dense=sum(1 << element for element in elements))]


def members(found: Keys) -> set[int]:
    listed_ = list(found.elements(Work()))
    assert len(set(listed_)) == len(listed_) == found.count
    assert max(listed_, default=0) <= found.top
    return set(listed_)


@pytest.mark.parametrize("prefer", ["BYTE", "ELEMENT"])
@given(first=small_sets, second=small_sets, move=st.integers(0, 50), count=st.integers(1, 20), step=st.integers(1, 9))
def test_sums(prefer: str, first: set[int], second: set[int], move: int, count: int, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys_module, prefer, 1e-3)
        work = Work()
        expected = {a + b for a in first for b in second}
        for a in both(first):
            assert members(shift(a, move, work)) == {x + move for x in first}
            added = add_progression(a, step, count, 10**6, "left", work)
            assert members(added) == {x + step * i for x in first for i in range(count)}
            for b in both(second):
                assert members(add_set(a, b, len(expected), "left", work)) == expected
                with pytest.raises(SizeExceeded):
                    add_set(a, b, len(expected) - 1, "left", work)


@pytest.mark.parametrize("prefer", ["BYTE", "ELEMENT"])
@given(first=small_sets, second=st.sets(st.integers(0, 9), min_size=1, max_size=4), copies=st.integers(0, 11))
def test_copies(prefer: str, first: set[int], second: set[int], copies: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys_module, prefer, 1e-3)
        expected = set(first)
        for _ in range(copies):
            expected = {a + b for a in expected for b in second}
        for a, b in itertools.product(both(first), both(second)):
            assert members(add_copies(a, b, copies, 10**6, "left", Work())) == expected


def test_a_count_that_is_too_large_ends_at_once() -> None:
    work = Work()
    with pytest.raises(SizeExceeded):
        add_copies(Keys(0, {0}), Keys(1, {0, 1}), 10**100, 10**50, "left", work)
    with pytest.raises(SizeExceeded):
        add_progression(Keys(0, {0}), 1, 10**100, 10**50, "left", work)
    assert members(add_copies(Keys(0, {0}), Keys(3, {3}), 10**100, 1, "left", work)) == {3 * 10**100}


@given(small_sets)
def test_long_integers(elements: set[int]) -> None:
    work = Work()
    dense = to_dense(Keys(max(elements), set(elements)), work)
    assert set(positions(dense, work)) == elements
    size = max(elements) // 8 + 1
    assert set(positions(reverse(dense, size), work)) == {8 * size - 1 - x for x in elements}
    found = runs(elements)
    assert {start + i for length, starts in found.items() for start in starts for i in range(length)} == elements
    assert sum(len(starts) for starts in found.values()) == len([x for x in elements if x - 1 not in elements])


@given(first=small_sets, second=small_sets, targets=st.lists(st.integers(0, 130), max_size=5))
@pytest.mark.parametrize("prefer", ["dense", "sparse"])
def test_meets(prefer: str, first: set[int], second: set[int], targets: list[int]) -> None:
    from dnnt_check import meeting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meeting, "DIFFERENCE", 1.0 if prefer == "dense" else 0.0)
        sums = {a + b for a in first for b in second}
        for a, b in itertools.product(both(first), both(second)):
            found = meets(a, b, targets, Work())
            if found is None:
                assert not sums & set(targets)
            else:
                assert found in sums
                assert found in targets


@given(
    radices=st.lists(st.integers(1, 5), min_size=0, max_size=3),
    chosen=st.sets(st.integers(0, 124), min_size=1),
    tables=st.lists(st.lists(st.integers(0, 6), min_size=5, max_size=5), min_size=3, max_size=3),
)
def test_maps_of_long_integers(radices: list[int], chosen: set[int], tables: list[list[int]]) -> None:
    work = Work()
    size = 1
    for radix in radices:
        size *= radix
    elements = {key % size for key in chosen}
    vectors = []
    for key in elements:
        vector = []
        for radix in radices:
            key, digit = divmod(key, radix)
            vector.append(digit)
        vectors.append(vector)
    bits = sum(1 << key for key in elements)
    strides = [1, 7, 49]
    maps = []
    for level in range(len(radices)):
        digits = sorted({vector[level] for vector in vectors})
        assert occurring(bits, radices, level, work) == digits
        maps.append(affine_pieces({digit: tables[level][digit] * strides[level] for digit in digits}))
    expected = {sum(tables[i][d] * strides[i] for i, d in enumerate(vector)) for vector in vectors}
    assert set(positions(map_set(bits, radices, maps, work), work)) == expected


@given(st.dictionaries(st.integers(0, 30), st.integers(-20, 20), min_size=1))
def test_affine_pieces(mapped: dict[int, int]) -> None:
    pieces = affine_pieces(mapped)
    for digit, value in mapped.items():
        (piece,) = [piece for piece in pieces if piece.first <= digit <= piece.last]
        assert piece.start + piece.slope * (digit - piece.first) == value


def test_affine_pieces_are_few() -> None:
    relu = {digit: max(digit - 100, 0) for digit in range(201)}
    assert len(affine_pieces(relu)) == 2
    assert len(affine_pieces({digit: abs(digit - 100) for digit in range(0, 201, 2)})) == 2


@given(st.integers(0, 2**60), st.integers(1, 7), st.integers(1, 9))
def test_split(bits: int, stride: int, count: int) -> None:
    bits %= 1 << stride * count
    assert split(bits, stride, count, Work()) == [(bits >> stride * i) & ((1 << stride) - 1) for i in range(count)]


@given(
    count=st.integers(1, 4),
    columns=st.lists(st.lists(st.fractions(), min_size=4, max_size=4), max_size=4),
    coefficients=st.lists(st.fractions() | st.integers(-(10**30), 10**30), min_size=4, max_size=4),
    constant=st.fractions(max_denominator=100),
    long=st.sampled_from([1, 10**20, 3**400, 2**2000, Fraction(1, 7**300)]),
)
def test_linear_combinations(
    count: int, columns: list[list[Fraction]], coefficients: list[Fraction], constant: Fraction, long: Fraction
) -> None:
    """Exact whatever the size of the numbers, and integers where they are integral."""
    work = Work()
    combiner = Combiner(count, work)
    vectors = [tuple([normal(value * long) for value in column[:count]]) for column in columns]
    terms = [(normal(c), combiner.column(v)) for c, v in zip(coefficients, vectors, strict=False)]
    found = combiner.combine(terms, normal(constant))
    expected = [constant + sum([Fraction(c) * column.values[i] for c, column in terms]) for i in range(count)]
    assert found == expected
    assert all(type(value) is int or value.denominator > 1 for value in found)


# ---------------------------------------------------------------- spaces


def space_of(values: list[Fraction]) -> Space:
    return listed([v.numerator if v.denominator == 1 else v for v in values])


@given(st.lists(numbers, max_size=6), numbers)
def test_membership(values: list[Fraction], value: Fraction) -> None:
    space = space_of(values)
    assert sorted(space.values()) == sorted(set(values))
    assert space.count == len(set(values))
    assert (value in space) == (value in values)
    assert all(v in space for v in values)
    if values:
        scaled = space.scaled(Work())
        assert list(scaled.values()) == sorted(set(values))
        assert (scaled.low, scaled.high, scaled.count) == (min(values), max(values), space.count)


@given(numbers, numbers.filter(lambda step: step > 0), st.integers(1, 200), numbers)
def test_ranges(low: Fraction, step: Fraction, count: int, value: Fraction) -> None:
    expected = [low + step * i for i in range(count)]
    space = ranged(low, step, count)
    assert sorted(space.values()) == expected
    assert (value in space) == (value in expected)
    assert expected[-1] in space
    assert list(space.scaled(Work()).values()) == expected


def test_ranges_are_not_listed() -> None:
    space = ranged(Fraction(-1, 2), Fraction(1, 3), 10**50)
    assert Fraction(-1, 2) + Fraction(10**50 - 1, 3) in space
    assert Fraction(-1, 2) + Fraction(10**50, 3) not in space
    assert 0 not in space
    assert space.scaled(Work()).high == Fraction(-1, 2) + Fraction(10**50 - 1, 3)


terms = st.tuples(st.lists(numbers, min_size=1, max_size=4).map(space_of), numbers.filter(bool), st.integers(1, 2))


@given(st.lists(terms, max_size=4))
def test_sum_of_spaces(chosen: list[tuple[Space, Fraction, int]]) -> None:
    expected = {Fraction(0)}
    for space, factor, times in chosen:
        for _ in range(times):
            expected = {total + factor * value for total in expected for value in space.values()}
    found = sum_of_spaces(chosen, 10**6, "unit", Work())
    assert set(found.values()) == expected
    assert (found.low, found.high, found.count) == (min(expected), max(expected), len(expected))
    if len(expected) > 1:
        with pytest.raises(SizeExceeded):
            sum_of_spaces(chosen, len(expected) - 1, "unit", Work())


def test_sums_of_ranges_stay_ranges() -> None:
    ternary = ranged(-1, 1, 3)
    found = sum_of_spaces([(ternary, factor, 1) for factor in (1, 3, 9, -27)], 10**6, "unit", Work())
    assert (found.low, found.step, found.digits) == (-40, 1, range(81))
    long = ranged(0, 1, 10**60)
    assert (
        sum_of_spaces([(long, 2, 10**9), (ternary, 1, 1)], 10**90, "unit", Work()).count
        == 2 * ((10**60 - 1) * 10**9) + 3
    )
    with pytest.raises(SizeExceeded):
        sum_of_spaces([(long, 2, 1)], 10**6, "unit", Work())


def test_topological_order() -> None:
    assert topological(3, [(2, 0), (0, 1), (SOURCE, 2)]) == (2, 0, 1)
    assert topological(2, [(0, 1), (1, 0)]) is None
    assert topological(1, [(0, 0)]) is None


def test_work_is_refused_before_it_starts() -> None:
    work = Work(budget=10)
    with pytest.raises(TooMuchWork, match="the sums of left needs about"):
        add_set(Keys(10**12, set(range(0, 10**6, 7))), Keys(10**15, {3**i for i in range(5000)}), 10**9, "left", work)
