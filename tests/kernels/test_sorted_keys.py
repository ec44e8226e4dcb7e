"""Sumsets and joins of sorted keys against Python's sets."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dnnt.kernels import joins, sorted_keys
from dnnt.kernels.words import Keys

FEW = settings(max_examples=60)

KEYS = st.integers(0, 300) | st.integers(0, 2**60) | st.sampled_from([0, 1, 2**60, 2**40])
SETS = st.sets(KEYS, max_size=40)


def array(keys: set[int]) -> Keys:
    """The keys in increasing order."""
    return np.array(sorted(keys), np.int64)


@pytest.mark.parametrize("dense", [None, True, False])
@FEW
@given(left=SETS, right=SETS, small=st.booleans())
def test_sumset(dense: bool | None, left: set[int], right: set[int], small: bool) -> None:
    """Dense or sparse, with pieces so small that every call is continued, undone and grown."""
    wanted = sorted({a + b for a in left for b in right})
    if dense and wanted and wanted[-1] - wanted[0] > 10**5:
        left, right = {a % 1000 for a in left}, {b % 1000 for b in right}
        wanted = sorted({a + b for a in left for b in right})
    with pytest.MonkeyPatch.context() as patch:
        if dense is not None:
            patch.setattr(sorted_keys, "dense", lambda pairs, span: dense)
        if small:
            patch.setattr(sorted_keys, "PAIRS", 3)
            patch.setattr(sorted_keys, "LEAST_WINDOW", 64)
            patch.setattr(sorted_keys, "VISIT", 1)
            patch.setattr(sorted_keys, "BUFFER", 4)
            patch.setattr(sorted_keys, "expm1", lambda x: 0.0)
        said = sorted_keys.sumset(array(left), array(right))
    assert said.tolist() == wanted
    assert said.dtype == np.int64


@pytest.mark.parametrize("span", [20_000, 10**6, 10**9, 2**60])
def test_large_sumsets(span: int) -> None:
    rng = Random(span)
    left, right = ({rng.randrange(span) for _ in range(count)} for count in (3000, 150))
    said = sorted_keys.sumset(array(left), array(right))
    assert said.tolist() == sorted({a + b for a in left for b in right})


def test_many_pairs_with_one_sum() -> None:
    """Far more pairs than a buffer holds fall on single keys, between keys that lie far apart."""
    left = {i << 40 for i in range(2000)}
    right = {i << 40 for i in range(900)} | {2**59}
    said = sorted_keys._collect_sorted(array(left), array(right), 2**60, None, 1 << 62)
    assert said.tolist() == sorted({a + b for a in left for b in right})


def test_room() -> None:
    left, right = np.arange(0, 10**6, 1000), np.arange(1000)
    assert len(sorted_keys.sumset(left, right, room=10**6)) == 10**6
    with pytest.raises(MemoryError):
        sorted_keys.sumset(left, right, room=1000)
    with pytest.raises(MemoryError):
        sorted_keys.sumset(left << 30, right, room=1000)


def test_sums_past_62_bits_are_refused() -> None:
    with pytest.raises(AssertionError):
        sorted_keys.sumset(np.array([2**61]), np.array([2**61]))


JOINED = (
    lambda left, right, target: joins.join(left, right, target),
    lambda left, right, target: joins.join_many(left, right, np.array([target], np.int64))[1],
)


@pytest.mark.parametrize("joined", JOINED)
@pytest.mark.parametrize("uneven", [0, 1, 16])
@pytest.mark.parametrize("steps", [1, 64, 1 << 22])
@settings(max_examples=30)
@given(left=SETS, right=SETS, other=KEYS, data=st.data())
def test_join(
    joined: Callable[[Keys, Keys, int], int],
    uneven: int,
    steps: int,
    left: set[int],
    right: set[int],
    other: int,
    data: st.DataObject,
) -> None:
    sums = sorted({a + b for a in left for b in right})
    target = data.draw(st.sampled_from([other, *sums]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joins, "UNEVEN", uneven)
        patch.setattr(joins, "STEPS", steps)
        said = joined(array(left), array(right), target)
    assert said == min((a for a in left if target - a in right), default=-1)


@FEW
@given(SETS, SETS, st.lists(KEYS, max_size=6), st.sampled_from([1, 100, 1 << 22]))
def test_join_many(left: set[int], right: set[int], targets: list[int], steps: int) -> None:
    first = next((i for i, t in enumerate(targets) if any(t - a in right for a in left)), -1)
    least = min(a for a in left if targets[first] - a in right) if first >= 0 else -1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joins, "STEPS", steps)
        assert joins.join_many(array(left), array(right), np.array(targets, np.int64)) == (first, least)
