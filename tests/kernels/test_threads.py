"""Pieces beside each other: the same results in the same order as one after the other, on one thread or two."""

from __future__ import annotations

import threading
from random import Random
from time import sleep

import numpy as np
import pytest

from dnnt.kernels import bits, losses, members, threads
from dnnt.kernels.threads import allowed, at_most, beside_each_other

PIECES = [(start, start + 10) for start in range(0, 70, 10)]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads, also on a machine that has one processor."""
    monkeypatch.setattr(threads, "allowed", lambda: 2)


@pytest.mark.usefixtures("two")
def test_results_come_in_order() -> None:
    seen: set[int] = set()

    def work(start: int, stop: int) -> int:
        seen.add(threading.get_ident())
        sleep(0.002 if start % 20 else 0.0)
        return sum(range(start, stop))

    assert list(beside_each_other(work, PIECES, None)) == [sum(range(*piece)) for piece in PIECES]
    assert len(seen) == 2


def test_the_limit_holds() -> None:
    with at_most(1):
        assert allowed() == 1
        here = set(beside_each_other(lambda start, stop: threading.get_ident(), PIECES, None))
        assert here == {threading.get_ident()}
    with at_most(100):
        assert 1 <= allowed() <= threads.MOST


@pytest.mark.usefixtures("two")
def test_a_poll_ends_it() -> None:
    done: list[int] = []
    left = [3]

    def poll() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(beside_each_other(lambda start, stop: done.append(start), PIECES, poll))
    assert sorted(done) == [0, 10, 20, 30, 40, 50]


@pytest.mark.usefixtures("two")
def test_what_a_piece_raises_comes_through() -> None:
    def work(start: int, stop: int) -> None:
        if start == 30:
            raise MemoryError

    with pytest.raises(MemoryError):
        list(beside_each_other(work, PIECES, None))


@pytest.mark.parametrize("count", [1, 2])
def test_loops_give_the_same(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums and least losses over many small pieces, against Python's own sets."""
    monkeypatch.setattr(threads, "allowed", lambda: count)
    monkeypatch.setattr(bits, "BLOCK", 2)
    monkeypatch.setattr(bits, "CHUNK", 8)
    monkeypatch.setattr(losses, "KEYS", 7)
    rng = Random(5)
    for _ in range(20):
        span = 6000
        left, right = rng.sample(range(3000), 200), rng.sample(range(3000), rng.randint(1, 9))
        words = members.scatter(np.array(sorted(left), np.int64), 3000)
        made = bits.sumset(words, np.array(right, np.int64), span)
        sums = sorted({a + b for a in left for b in right})
        assert members.extract(made).tolist() == sums
        tables = [np.array([rng.randint(0, 5) for _ in range(60)], np.int64) for _ in range(2)]
        keys = [key for key in sums if key < 3600]
        wanted = min((int(tables[0][key % 60] + tables[1][key // 60]), key) for key in keys)
        assert losses.least_of_keys(np.array(keys, np.int64), [60, 60], tables) == wanted
