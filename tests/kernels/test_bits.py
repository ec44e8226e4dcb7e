"""Bitsets of words against Python's integers and sets."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dnnt.kernels import bits, members
from dnnt.kernels.words import Words, words_for

FEW = settings(max_examples=60)

SPANS = st.one_of(st.integers(1, 400), st.sampled_from([64, 128, 192, 256, 1024]))


def words_of(keys: set[int], span: int) -> Words:
    """A bitset, by way of an integer."""
    return members.from_int(sum(1 << key for key in keys), span)


def listed(words: Words) -> list[int]:
    """The keys of a bitset, by way of an integer."""
    value = members.to_int(words)
    return [key for key in range(value.bit_length()) if value >> key & 1]


@st.composite
def sets(draw: st.DrawFn) -> tuple[set[int], int]:
    """A set and a span that it lies in."""
    span = draw(SPANS)
    return draw(st.sets(st.integers(0, span - 1), max_size=60)), span


@FEW
@given(sets(), st.sampled_from([0, 1, 63, 64, 65, 128, 700, 10**6, 2**61]) | st.integers(0, 300), sets())
def test_shift_or(source: tuple[set[int], int], shift: int, target: tuple[set[int], int]) -> None:
    into = words_of(*target)
    end = 64 * len(into)
    bits.shift_or(into, words_of(*source), shift)
    assert set(listed(into)) == target[0] | {key + shift for key in source[0] if key + shift < end}


SHIFTS = st.lists(st.integers(0, 200) | st.sampled_from([0, 1, 63, 64, 65, 127, 128, 10**7, 2**61]), max_size=12)


@FEW
@given(sets(), SHIFTS, SPANS, st.booleans(), st.sampled_from([1, 2, 3, 4096]), st.data())
def test_sumset(
    source: tuple[set[int], int], shifts: list[int], span: int, joined: bool, block: int, data: st.DataObject
) -> None:
    """With small blocks too, so that four shifts at a time are taken in the middle of short sets."""
    before = data.draw(st.sets(st.integers(0, span - 1), max_size=5)) if joined else set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bits, "BLOCK", block)
        patch.setattr(bits, "CHUNK", 3)
        said = bits.sumset(
            words_of(*source), np.array(shifts, np.int64), span, words_of(before, span) if joined else None
        )
    assert set(listed(said)) == before | {a + b for a in source[0] for b in shifts if a + b < span}


@pytest.mark.parametrize("span", [100_000, 2_000_003])
def test_large_sumsets(span: int) -> None:
    rng = Random(span)
    value = rng.getrandbits(span // 2) & rng.getrandbits(span // 2)
    shifts = [rng.randrange(span // 2) for _ in range(70)]
    wanted = 0
    for shift in shifts:
        wanted |= value << shift
    said = bits.sumset(members.from_int(value, span // 2), np.array(shifts, np.int64), span)
    assert members.to_int(said) == wanted
    into = members.from_int(value, span)
    bits.shift_or(into, members.from_int(value, span // 2), shifts[0])
    assert members.to_int(into) == value | value << shifts[0]


@FEW
@given(
    sets(),
    st.integers(0, 200),
    st.integers(1, 40),
    SPANS,
    st.sampled_from([1, 2, 4096]),
    st.sampled_from([0, 100, 1 << 16]),
)
def test_progressions(source: tuple[set[int], int], step: int, count: int, span: int, block: int, reach: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bits, "BLOCK", block)
        patch.setattr(bits, "NEAR", block)
        patch.setattr(bits, "REACH", reach)
        patch.setattr(bits, "CHUNK", 16)
        said = bits.progression(words_of(*source), step, count, span)
    assert set(listed(said)) == {a + step * i for a in source[0] for i in range(count) if a + step * i < span}


def test_long_progressions() -> None:
    rng = Random(5)
    span = 1_500_007
    for step, count in ((1, 4000), (7, 1000), (64, 900), (4097, 300), (400_000, 3), (2**40, 2**20)):
        value = 0
        for _ in range(60):
            value |= 1 << rng.randrange(span // 3)
        wanted, have = value, 1
        while have < count and step * have < span:
            more = min(have, count - have)
            wanted |= wanted << step * more
            have += more
        said = bits.progression(members.from_int(value, span // 3), step, count, span)
        assert members.to_int(said) == wanted & ((1 << span) - 1)


@given(sets())
def test_members(source: tuple[set[int], int]) -> None:
    inside, span = source
    words = words_of(inside, span)
    assert len(words) == words_for(span)
    assert listed(words) == sorted(inside)
    assert members.count(words) == len(inside)
    assert members.extract(words).tolist() == sorted(inside)
    assert members.extract(words).dtype == np.int64
    assert members.to_int(members.scatter(np.array([*inside, *inside], np.int64), span)) == members.to_int(words)
    mirror = members.reverse(words, span)
    assert listed(mirror) == sorted(span - 1 - key for key in inside)
    assert (members.reverse(mirror, span) == words).all()


def test_integers_are_cut_at_the_span() -> None:
    assert members.to_int(members.from_int((1 << 300) - 1, 70)) == (1 << 70) - 1
    assert members.to_int(members.from_int((1 << 90) - 1, 70)) == (1 << 70) - 1
    assert len(members.from_int(0, 0)) == 0


@pytest.mark.parametrize("chunk", [4, 1 << 24])
@FEW
@given(sets(), sets(), st.lists(st.integers(-70, 900) | st.sampled_from([-(2**61), 2**61]), max_size=12))
def test_meeting(chunk: int, left: tuple[set[int], int], right: tuple[set[int], int], keys: list[int]) -> None:
    mine, mirror = words_of(*left), members.reverse(words_of(*right), right[1])
    least = [min((a for a in left[0] if key - a in right[0]), default=-1) for key in keys]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(members, "CHUNK", chunk)
        assert [members.meets(mine, mirror, right[1], key) for key in keys] == least
        first = next((i for i, a in enumerate(least) if a >= 0), -1)
        wanted = (first, least[first]) if first >= 0 else (-1, -1)
        assert members.meets_many(mine, mirror, right[1], np.array(keys, np.int64)) == wanted


def test_meeting_far_inside() -> None:
    """One pair in a million bits, at every place of a word."""
    span = 1_000_000
    for a in (0, 63, 64, 499_999, 777_777, span - 1):
        for b in (0, 1, 63, 500_000, span - 1):
            mine, theirs = words_of({a}, span), words_of({b}, span)
            mirror = members.reverse(theirs, span)
            assert members.meets(mine, mirror, span, a + b) == a
            assert members.meets(mine, mirror, span, a + b + 1) == members.meets(mine, mirror, span, a + b - 1) == -1


def test_polls() -> None:
    """Long work asks between its parts; what the poll raises comes through."""

    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    words, keys = words_of({3}, 500), np.array([1, 2], np.int64)
    for call in (
        lambda: bits.sumset(words, keys, 900, poll=stop),
        lambda: bits.shift_or(words_of({1}, 500), words, 2, stop),
        lambda: bits.progression(words, 3, 9, 900, stop),
        lambda: members.extract(words, stop),
        lambda: members.scatter(keys, 900, stop),
        lambda: members.meets(words, members.reverse(words, 500), 500, 6, stop),
        lambda: members.meets_many(words, members.reverse(words, 500), 500, keys, stop),
    ):
        with pytest.raises(Stopped):
            call()
