"""Expressions: the sets that they are evaluated to, the way back to a choice, and the order of losses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice, product
from random import Random

import pytest
from hypothesis import given, strategies as st

from dnnt.exact import Number
from dnnt.reachable import keysets
from dnnt.reachable.execute import execute
from dnnt.reachable.expression import Along, Choose, Image, Spread, Sum
from dnnt.reachable.ordered import ascending, increasing
from dnnt.reachable.packing import Axis, Packing
from dnnt.reachable.recover import recover
from dnnt.reachable.terms import Term
from dnnt.running import Run, Stop
from dnnt.spaces import finite, space
from dnnt.testing import forced
from tests.reachable.nodes import ACTIVATIONS, HUGE, decoded, rebuilt, some_states


def calm() -> None:
    """A poll that stops nothing."""


@pytest.mark.parametrize("way", [None, *keysets.WAYS])
@pytest.mark.parametrize("start", range(0, 60, 20))
def test_sets_are_what_they_mean(way: str | None, start: int) -> None:
    """Random expressions, however their sums are formed: no vector is lost and none is invented."""
    with forced(way=way):
        for seed in range(start, start + 20):
            node, right = some_states(seed)
            at = execute(node, Run())
            assert decoded(at) == right, seed
            assert at.keys.size == len(right), seed


@pytest.mark.parametrize("way", [None, "bits", "sort", "tiles"])
@pytest.mark.parametrize("start", range(0, 60, 20))
def test_every_vector_is_recovered(way: str | None, start: int) -> None:
    """Walking back from a vector gives values of the spaces that make it."""
    with forced(way=way):
        for seed in range(start, start + 20):
            node, right = some_states(seed, most=1000)
            at = execute(node, Run())
            for vector in Random(seed).sample(sorted(right), min(12, len(right))):
                assert rebuilt(node, recover(at, vector, Run())) == vector, seed


def test_many_equal_parts() -> None:
    """10^100 equal parts take a few hundred sums, and the way back counts them."""
    parts = Sum(((Choose(finite(space([2, 2 + 10**90])), (1, -1)), 10**100),), 2)
    one = Sum(((Choose(finite(space([5])), (1, 2)), 10**100),), 2)
    at = execute(one, Run())
    assert decoded(at) == {(5 * 10**100, 10 * 10**100)}
    found = recover(at, (5 * 10**100, 10 * 10**100), Run())
    assert [(each.value, count) for each, count in found.parts[0]] == [(5, 10**100)]
    with pytest.raises(Stop, match="memory"):
        execute(parts, Run(memory_limit=1000))


@pytest.mark.parametrize("times", [1, 2, 3, 7, 64, 1000, 1023])
def test_equal_parts_by_doubling(times: int) -> None:
    """Any number of equal parts: the set, and for each of its vectors parts that sum to it."""
    values = finite(space([0, 1, 5]))
    node = Sum(((Choose(values, (2,)), times),), 1)
    at = execute(node, Run())
    right = {2 * (b + 5 * c) for b in range(times + 1) for c in range(times + 1 - b)}
    assert decoded(at) == {(v,) for v in right}
    for v in (min(right), max(right), sorted(right)[len(right) // 3]):
        assert rebuilt(node, recover(at, (v,), Run())) == (v,)


def test_long_ranges() -> None:
    """Ranges of many values along one direction are added as numbers; an activation looks at each once."""
    choose = (Choose(finite(space(range(-10_000, 10_001))), (3,)), 1)
    line = Sum((choose, (Choose(finite(space(range(0, 6000, 3))), (1,)), 2)), 1)
    at = execute(Sum(((Along(line, (1, -2)), 1),), 2), Run())
    assert decoded(at) == {(v, -2 * v) for v in range(-30_000, 30_001 + 2 * 5997, 3)}
    column = Choose(finite(space(range(-10_000, 10_001))), (3, -6))
    relu = execute(Image(Sum(((column, 1),), 2), ACTIVATIONS[1]), Run())
    assert relu.keys.size == 20_001


def test_a_unit_that_is_an_output() -> None:
    """Its values stand in its own block, and blocks that it does not feed hold zeros."""
    part = Image(Sum(((Choose(finite(space([1, -3])), (1, 2)), 1),), 2), ACTIVATIONS[3])
    weight = Sum(((Choose(finite(space([-1, Fraction(1, 2)])), (1,)), 1),), 1)
    at = execute(Spread(part, (weight, None, None), 2), Run())
    wanted = set()
    for a in ((1, 2), (3, 6)):
        for w in (-1, Fraction(1, 2)):
            wanted.add((w * a[0], w * a[1], 0, 0, *a))
    assert decoded(at) == wanted


def test_limits_bite() -> None:
    """Time and memory end an evaluation."""
    wide = Choose(finite(space(range(0, 3000))), (1, 7919, HUGE))
    other = Choose(finite(space(range(0, 3000))), (104729, 1, 31))
    node = Sum(((wide, 3), (other, 3)), 3)
    with pytest.raises(Stop, match="time"):
        execute(node, Run(time_limit=0.3))
    with pytest.raises(Stop, match="memory"):
        execute(node, Run(memory_limit=1))


def test_predicted_memory() -> None:
    """What does not fit is refused before it is begun, with the figure."""
    run = Run(memory_limit=10**5)
    with pytest.raises(Stop) as caught:
        execute(Choose(finite(space({"from": 0, "to": 10**60})), (1,)), run)
    assert caught.value.kind == "memory"
    assert "MiB" in caught.value.detail


costs = st.integers(0, 6) | st.fractions(0, 4, max_denominator=3)


def convex(center: Fraction, slope: int) -> Callable[[tuple[int, ...]], Number]:
    """A convex function of one digit, steeper on the right."""
    return lambda digits: slope * abs(digits[0] - center) + max(0, digits[0] - 2)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[Packing, list[Term]]:
    """A box whose axes are shared out among the terms, some of them convex functions of one axis."""
    counts = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    packing = Packing(tuple(Axis(0, int(count > 1), count) for count in counts))
    terms, axis = [], 0
    while axis < len(counts):
        if draw(st.booleans()):
            center, slope = draw(st.fractions(-2, 6, max_denominator=4)), draw(st.integers(0, 3))
            terms.append(Term((axis,), convex(center, slope), convex=True))
            axis += 1
        else:
            axes = tuple(range(axis, min(axis + draw(st.integers(1, 2)), len(counts))))
            table: dict[tuple[int, ...], Number] = {
                digits: draw(costs) for digits in product(*(range(counts[a]) for a in axes))
            }
            terms.append(Term(axes, table.__getitem__))
            axis = axes[-1] + 1
    return packing, draw(st.permutations(terms))


def total(packing: Packing, terms: list[Term], key: int) -> Number:
    """The total of the terms for a key."""
    digits = [key // stride % axis.count for stride, axis in zip(packing.strides, packing.axes, strict=True)]
    return sum((Fraction(term.cost(tuple(digits[a] for a in term.axes))) for term in terms), Fraction(0))


@given(boxes())
def test_states_in_order_of_loss(box: tuple[Packing, list[Term]]) -> None:
    """Every state of the box once, by increasing loss, with its loss."""
    packing, terms = box
    said = list(increasing([ascending(term, packing, calm) for term in terms]))
    assert sorted(key for _, key in said) == list(range(packing.span))
    losses = [loss for loss, _ in said]
    assert losses == sorted(losses)
    assert all(loss == total(packing, terms, key) for loss, key in said)


@given(boxes())
def test_entries_of_one_term(box: tuple[Packing, list[Term]]) -> None:
    packing, terms = box
    for term in terms:
        entries = ascending(term, packing, calm)
        count = 1
        for axis in term.axes:
            count *= packing.axes[axis].count
        drawn = [entries.at(index) for index in range(count)]
        assert None not in drawn
        assert entries.at(count) is None
        assert entries.at(0) == drawn[0]
        values = [entry[0] for entry in drawn if entry is not None]
        assert values == sorted(values)
        assert len({entry[1] for entry in drawn if entry is not None}) == count


def test_few_are_listed_of_a_box_that_is_huge() -> None:
    """10^40 states a coordinate: the first ones come at once."""
    packing = Packing((Axis(0, 1, 10**40), Axis(0, 1, 10**40)))
    middle = 10**39
    terms = [Term((a,), lambda d: abs(d[0] - middle), convex=True) for a in (0, 1)]
    first = list(islice(increasing([ascending(term, packing, calm) for term in terms]), 13))
    assert [loss for loss, _ in first] == [0] + [1] * 4 + [2] * 8
    assert first[0][1] == middle + middle * 10**40


def test_no_terms() -> None:
    """Without samples every state costs nothing."""
    assert list(increasing([])) == [(0, 0)]


def test_ways_are_forced() -> None:
    """The tests above take the ways that they are meant to take."""
    kinds = set()
    for way in ("bits", "sort", "frozenset", "tiles"):
        with forced(way=way):
            assert keysets.way(5, 5, 100) == way
            kinds.add(type(execute(some_states(1)[0], Run()).keys).__name__)
    assert len(kinds) == 4
