"""Packing: vectors on a grid to integers and back, and sums of keys as sums of vectors."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from hypothesis import given, settings, strategies as st

from dnnt.exact import Number, normal
from dnnt.reachable.packing import Axis, Packing, Vector, axis_of, axis_sum, packing_of, packing_sum

FEW = settings(max_examples=40)

NUMBERS = st.fractions(-9, 9, max_denominator=6).map(normal) | st.integers(-(10**30), 10**30)


def vectors(width: int, most: int = 6) -> st.SearchStrategy[list[Vector]]:
    """One or more vectors of one width."""
    return st.lists(st.tuples(*[NUMBERS] * width), min_size=1, max_size=most)


AXES = st.builds(Axis, NUMBERS, st.fractions(Fraction(1, 9), 9, max_denominator=9).map(normal), st.integers(2, 12))


@FEW
@given(st.lists(st.integers(1, 9) | st.integers(1, 10**25), min_size=1, max_size=120), st.data())
def test_digits_of_long_keys(counts: list[int], data: st.DataObject) -> None:
    """Taken by halves they are those that one division after the other gives; and lead back to the key."""
    packing = Packing(tuple([Axis(1, 0 if count == 1 else 2, count) for count in counts]))
    key = data.draw(st.integers(0, packing.span - 1))
    digits = [key // stride % count for stride, count in zip(packing.strides, counts, strict=True)]
    assert packing.unpacker()(key) == digits
    assert packing.decode(key) == tuple([1 + 2 * digit for digit in digits])
    assert packing.encode(packing.decode(key)) == key


@FEW
@given(st.integers(2, 10**12), st.integers(300, 800))
def test_what_strides_take_is_said_before(count: int, width: int) -> None:
    said: list[int] = []
    part = Packing((Axis(0, 1, count),) * width)
    packing = packing_sum([(part, 1)], width, lambda size, what: said.append(size))
    (size,) = said
    taken = sum(stride.bit_length() for stride in packing.strides) / 8
    assert taken <= size <= 2.2 * taken + 1000


@FEW
@given(st.lists(AXES | st.builds(Axis, NUMBERS, st.just(0), st.just(1)), max_size=4), st.data())
def test_every_key_is_a_vector(axes: list[Axis], data: st.DataObject) -> None:
    """Keys 0 to span - 1 and the vectors of the box are the same, one to one."""
    packing = Packing(tuple(axes))
    size = 1
    for axis in axes:
        size *= axis.count
    assert packing.span == size
    key = data.draw(st.integers(0, packing.span - 1))
    vector = packing.decode(key)
    assert packing.encode(vector) == key
    for value, axis in zip(vector, axes, strict=True):
        assert axis.low <= value <= axis.high
        assert value == normal(Fraction(value))


@FEW
@given(AXES, NUMBERS)
def test_off_the_grid(axis: Axis, value: Number) -> None:
    """A value has a digit exactly where it is on the grid."""
    grid = {axis.value(digit): digit for digit in range(axis.count)}
    assert axis.digit(value) == grid.get(value)
    assert Packing((axis,)).encode((value,)) == grid.get(value)
    assert axis.digit(normal(axis.high + Fraction(axis.step))) is None
    assert axis.digit(normal(axis.low - Fraction(axis.step))) is None
    assert axis.digit(normal(axis.low + Fraction(axis.step) / 2)) is None


def test_one_value() -> None:
    axis = axis_of([Fraction(1, 3)])
    assert (axis.low, axis.step, axis.count, axis.high) == (Fraction(1, 3), 0, 1, Fraction(1, 3))
    assert axis.digit(Fraction(1, 3)) == 0
    assert axis.digit(0) is None
    assert Packing(()).span == 1
    assert Packing(()).decode(0) == ()


@FEW
@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_coarsest_axis(values: list[Number]) -> None:
    axis = axis_of(values)
    digits = [axis.digit(value) for value in values]
    assert [axis.value(digit) for digit in digits if digit is not None] == values
    assert (axis.low, axis.high) == (min(values), max(values))
    assert gcd(*(digit for digit in digits if digit is not None)) in (0, 1)


@FEW
@given(st.integers(0, 3).flatmap(vectors))
def test_packing_of_vectors(given: list[Vector]) -> None:
    packing = packing_of(given, len(given[0]))
    keys = [packing.encode(vector) for vector in given]
    assert [packing.decode(key) for key in keys if key is not None] == given
    assert len(set(keys)) == len(set(given))


@FEW
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.tuples(vectors(width, 4), st.integers(1, 3)), min_size=1, max_size=3)
    ),
    st.data(),
)
def test_sums(parts: list[tuple[list[Vector], int]], data: st.DataObject) -> None:
    """Keys of the parts, translated step by step into the packing of the sum, add up to the key of the sum."""
    width = len(parts[0][0][0])
    own = [packing_of(given, width) for given, _ in parts]
    whole = packing_sum([(packing, count) for packing, (_, count) in zip(own, parts, strict=True)], width)
    total: list[Number] = [0] * width
    key = 0
    for packing, (choices, count) in zip(own, parts, strict=True):
        for _ in range(count):
            vector = data.draw(st.sampled_from(choices))
            total = [normal(a + b) for a, b in zip(total, vector, strict=True)]
            for value, axis, other, stride in zip(vector, packing.axes, whole.axes, whole.strides, strict=True):
                digit = axis.digit(value)
                assert digit is not None
                key += digit * int(Fraction(axis.step) / other.step) * stride if digit else 0
    assert whole.encode(tuple(total)) == key
    assert 0 <= key < whole.span


@FEW
@given(st.lists(st.tuples(AXES, st.integers(0, 4)), max_size=4))
def test_axis_of_a_sum_is_tight(parts: list[tuple[Axis, int]]) -> None:
    """Its ends are the sums of the ends, however often a part is used (not at all, too)."""
    axis = axis_sum(parts)
    assert axis.low == sum(a.low * count for a, count in parts)
    used = [(a, count) for a, count in parts if count]
    assert axis.high == sum(a.high * count for a, count in used)
