"""Sums of k vectors in a box by windows: every one is found, no other is, and each comes back as k vectors."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import pytest

from dnnt.reachable import bitboxes
from dnnt.reachable.facets import facets
from dnnt.reachable.lattice import dot, lattice_of
from dnnt.reachable.windows import Windows, windows_of
from dnnt.running import Run, Stop

Point = tuple[int, ...]

REACH = {1: 12, 2: 5, 3: 2, 4: 1}
"""How far the random vectors of so many coordinates go, and …"""
MOST = {1: 14, 2: 9, 3: 7, 4: 5}
"""… how many of them are added up at most."""


def all_sums(vectors: list[Point], count: int) -> set[Point]:
    """All sums of `count` vectors, one vector after the other."""
    sums: set[Point] = {(0,) * len(vectors[0])}
    for _ in range(count):
        sums = {tuple(x + y for x, y in zip(s, v, strict=True)) for s in sums for v in vectors}
    return sums


def random_vectors(random: Random) -> list[Point]:
    """A few vectors: in general position, on a coarse grid, or in a plane or on a line."""
    n = random.choice([1, 1, 2, 2, 2, 3, 3, 4])
    reach, times = REACH[n], random.choice([1, 1, 2, 3])
    many = range(random.randint(1, 6))
    if random.random() < 0.3:
        first, second = ([random.randint(-2, 2) for _ in range(n)] for _ in range(2))
        pairs = [(random.randint(-3, 3), random.choice([0, 0, 1])) for _ in many]
        return [tuple(i * x + j * y for x, y in zip(first, second, strict=True)) for i, j in pairs]
    return [tuple(times * random.randint(-reach, reach) + random.choice([0, 0, 7]) for _ in range(n)) for _ in many]


def summed(used: Counter[Point]) -> Point:
    return tuple(
        sum(x * times for x, times in zip(column, used.values(), strict=True)) for column in zip(*used, strict=True)
    )


def check(windows: Windows, vectors: list[Point], right: set[Point], random: Random) -> None:
    """The windows hold what is right, and bring it back."""
    listed = list(windows.members())
    assert set(listed) == right
    assert len(listed) == len(right) == windows.size
    for vector in random.sample(sorted(right), min(3, len(right))):
        assert windows.contains(vector)
        used = windows.parts(vector, Run())
        assert set(used) <= set(vectors) and min(used.values()) > 0
        assert used.total() == windows.count and summed(used) == vector
    for _ in range(5):
        vector = tuple(random.randint(a - 1, b + 1) for a, b in zip(windows.low, windows.high, strict=True))
        assert windows.contains(vector) == (vector in right)
        if vector not in right:
            with pytest.raises(KeyError):
                windows.parts(vector, Run())


def compare(random: Random) -> None:
    vectors = random_vectors(random)
    n = len(vectors[0])
    count = random.randint(1, MOST[n])
    sums = all_sums(vectors, count)
    centre = random.choice(sorted(sums))
    if random.random() < 0.3:
        centre = tuple(random.randint(-REACH[n] * count - 3, REACH[n] * count + 3) for _ in range(n))
    reach = [random.choice([0, 1, 2, 5, 30]) for _ in range(n)]
    low = tuple(x - random.randint(0, r) for x, r in zip(centre, reach, strict=True))
    high = tuple(x + random.randint(0, r) for x, r in zip(centre, reach, strict=True))
    right = {s for s in sums if all(a <= x <= b for a, x, b in zip(low, s, high, strict=True))}
    check(windows_of(vectors, count, low, high, Run()), vectors, right, random)


@pytest.mark.parametrize("seed", range(10))
def test_against_all_sums(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        compare(random)


@pytest.mark.parametrize("way", ["shifts", "look", "transform"])
def test_each_way_to_form_sums(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, when one of the three ways is much cheaper than the others."""
    costs = {
        "shifts": {"TRANSFORM_SECONDS": 1e9, "SHIFT_SECONDS": 0.0},
        "look": {"TRANSFORM_SECONDS": 1e9, "LISTED": -1, "BATCH": 1},
        "transform": {"TRANSFORM_SECONDS": 0.0, "CELL_SECONDS": 0.0, "LONG_CELLS": 0, "NUMPY_CUTS": 0},
    }
    for name, value in costs[way].items():
        monkeypatch.setattr(bitboxes, name, value)
    random = Random(way)
    for _ in range(100):
        compare(random)


def test_whole_power() -> None:
    """A box that holds everything, so that windows are the hull's."""
    random = Random(3)
    for n, count in ((1, 40), (2, 11), (3, 6)):
        vectors = [tuple(random.randint(0, 6) for _ in range(n)) for _ in range(5)]
        windows = windows_of(vectors, count, (-5,) * n, (10 * count,) * n, Run())
        check(windows, vectors, all_sums(vectors, count), random)


def test_huge_counts() -> None:
    """Near the middle of 10^100 vectors that generate all integer vectors every vector is a sum."""
    random = Random(4)
    vectors: list[Point] = [(0, 0), (1, 0), (0, 1), (9, 2), (3, 8), (7, 7)]
    count = 10**100
    middle = tuple(count * sum(column) // len(vectors) for column in zip(*vectors, strict=True))
    low, high = (tuple(x + by for x in middle) for by in (-2, 2))
    windows = windows_of(vectors, count, low, high, Run())
    check(windows, vectors, set(product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))), random)


@pytest.mark.parametrize("seed", range(4))
def test_one_more_vector(seed: int) -> None:
    """For huge k too, inside and near faces: kA is what (k - 1)A and one vector more make, whatever the box is."""
    random = Random(seed)
    for _ in range(12):
        n = random.choice([1, 2, 2, 3])
        width = {1: 40, 2: 12, 3: 5}[n]
        vectors = list({tuple(random.randint(0, width) for _ in range(n)) for _ in range(random.randint(2, 9))})
        count = random.choice([random.randint(10, 300), 10**6 + random.randint(0, 99), 10**30 + random.randint(0, 999)])
        shares = [random.choice([0, 0, 1, 5, random.randint(1, count)]) for _ in vectors]
        total = sum(shares) or 1
        middle = [sum(s * v[c] for s, v in zip(shares, vectors, strict=True)) * count // total for c in range(n)]
        reach = random.randint(0, 4)
        low, high = (tuple(x + random.randint(-3, 3) + by for x in middle) for by in (-reach, reach))
        if any(a > b for a, b in zip(low, high, strict=True)):
            continue
        windows = windows_of(vectors, count, low, high, Run())
        before = windows_of(vectors, count - 1, tuple(x - width for x in low), high, Run())
        made = {tuple(x + y for x, y in zip(p, v, strict=True)) for p in before.members() for v in vectors}
        right = {p for p in made if all(a <= x <= b for a, x, b in zip(low, p, high, strict=True))}
        check(windows, vectors, right, random)


@pytest.mark.parametrize("count", [10**6, 10**100 + 7])
def test_faces_are_cheap(count: int) -> None:
    """At a corner of the hull one vector matters, on an edge those on it: next to nothing is held."""
    random = Random(5)
    vectors = [tuple(random.randint(0, 20) for _ in range(3)) for _ in range(150)] + [(30, 29, 28), (30, 0, 0)]
    corner = tuple(count * x for x in (30, 29, 28))
    at_corner = windows_of(vectors, count, corner, corner, Run())
    assert at_corner.size == 1 and at_corner.cells < 3000
    assert at_corner.parts(corner, Run()) == Counter({(30, 29, 28): count})
    share = count // 3
    edge = tuple(share * x + (count - share) * y for x, y in zip((30, 29, 28), (30, 0, 0), strict=True))
    on_edge = windows_of(vectors, count, edge, edge, Run())
    assert on_edge.size == 1 and on_edge.cells < 3000
    assert on_edge.parts(edge, Run()) == Counter({(30, 29, 28): share, (30, 0, 0): count - share})
    off = tuple(x + 1 for x in corner)
    assert windows_of(vectors, count, off, off, Run()).size == 0


def test_residues() -> None:
    """Vectors of a coarse, skew lattice: what is off the lattice is no sum, and no window holds it."""
    vectors: list[Point] = [(0, 0), (200, 300), (100, 400), (300, 200)]
    count = 10**6
    low, high = (10**8, 4 * 10**8 - 50), (10**8 + 100, 4 * 10**8 + 50)
    windows = windows_of(vectors, count, low, high, Run())
    assert {tuple(x % 100 for x in v) for v in windows.members()} == {(0, 0)}
    assert windows.cells < 20_000


def test_facets() -> None:
    """Facets hold all points, and enough of them sharply; what is no lattice point of the hull breaks one."""
    random = Random(6)
    for n in (1, 2, 3, 4):
        for _ in range(24 // n**2 + 1):
            points = list({tuple(random.randint(-3, 3) for _ in range(n)) for _ in range(random.randint(2 * n, 30))})
            if lattice_of(points, points[0], points[0]).rank < n:
                continue
            for f, m in facets(points, lambda: None):
                values = [dot(f, p) for p in points]
                assert max(values) == m
                sharp = [p for p, value in zip(points, values, strict=True) if value == m]
                assert lattice_of(sharp, sharp[0], sharp[0]).rank == n - 1
    corners = list(product((0, 5), repeat=3))
    assert len(facets([*corners, (2, 3, 1), (0, 2, 0)], lambda: None)) == 6


def test_limits_end_it() -> None:
    random = Random(7)
    vectors = [tuple(random.randint(0, 60) for _ in range(3)) for _ in range(40)]
    low = tuple(10**6 * 20 for _ in range(3))
    with pytest.raises(Stop):
        windows_of(vectors, 10**6, low, low, Run(time_limit=0.05))
    with pytest.raises(Stop, match="memory"):
        windows_of(vectors, 10**6, (0, 0, 0), (10**7,) * 3, Run())
