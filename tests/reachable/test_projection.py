"""The nearest point of the hull of a sum of sets against all its points; cuts hold for every state."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from dnnt.reachable.projection import cut_in, nearest, whole
from tests.reachable.hulls import distance, made_clouds, points_of, random_clouds


def nothing() -> None:
    """No poll."""


@pytest.mark.parametrize("start", range(0, 120, 30))
def test_cuts_and_mixtures(start: int) -> None:
    for seed in range(start, start + 30):
        rng = Random(seed)
        clouds = random_clouds(rng)
        points = points_of(clouds)
        width = len(points[0])
        reach = rng.choice((3, 12, 100))
        wanted = [Fraction(rng.randint(-reach, reach), rng.choice((1, 1, 2, 3))) for _ in range(width)]
        weights = [Fraction(rng.choice((0, 1, 1, 2, 5)), rng.choice((1, 3))) for _ in range(width)]
        near = nearest(clouds, wanted, weights, nothing)
        assert near.vertices
        assert sum(share for _, _, share in near.vertices) == pytest.approx(1)
        for at, digits, share in near.vertices:
            assert digits in points
            assert share > 0
            picked = zip(clouds, at, strict=True)
            columns = zip(*([cloud.times * d for d in cloud.digits(i)] for cloud, i in picked), strict=True)
            assert tuple(map(sum, columns)) == digits
        mixed = [sum(s * d[i] for _, d, s in near.vertices) for i in range(width)]
        square = float(sum(float(w) * (m - float(y)) ** 2 for w, m, y in zip(weights, mixed, wanted, strict=True)))
        assert square <= float(min(distance(p, wanted, weights) for p in points)) + 1e-6 * (1 + square)
        if near.direction is None:
            assert square < 1e-6 * (1 + reach * reach)
            continue
        assert not any(c and not w for c, w in zip(near.direction, weights, strict=True))
        cut = cut_in(near.direction, clouds)
        values = [sum(c * p for c, p in zip(cut.direction, point, strict=True)) for point in points]
        assert max(values) == cut.most
        # The distance to the cut is the distance to the hull.
        excess = sum((c * y for c, y in zip(cut.direction, wanted, strict=True)), Fraction(0)) - cut.most
        spread = sum((c * c / w for c, w in zip(cut.direction, weights, strict=True) if c), Fraction(0))
        assert excess > 0
        assert float(excess * excess / spread) == pytest.approx(square, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("times", [1, 10**6, 10**59, 10**61, 10**100, 10**400])
def test_any_number_of_equal_units(times: int) -> None:
    """A triangle, many times: the nearest point of an edge, a corner, and a point inside."""
    clouds = made_clouds([[(0, 0), (4, 0), (0, 2)]], [times])
    one = [Fraction(1), Fraction(1)]
    edge = nearest(clouds, [Fraction(5 * times), Fraction(4 * times)], one, nothing)
    assert edge.direction is not None
    cut = cut_in(edge.direction, clouds)
    # (5, 4) - t (1, 2) meets x + 2 y = 4 at t = 9/5, outside of the triangle in x: (16/5, 2/5) is inside.
    assert (cut.direction, cut.most) == ((1, 2), 4 * times)
    corner = nearest(clouds, [Fraction(9 * times), Fraction(-3 * times)], one, nothing)
    assert corner.direction is not None
    assert cut_in(corner.direction, clouds).direction == (5, -3)
    assert nearest(clouds, [Fraction(times), Fraction(times, 2)], one, nothing).direction is None


def test_numbers_that_no_float_holds() -> None:
    for huge in (10**29, 10**160, 10**400):
        clouds = made_clouds([[(0, 0), (huge, 1), (0, 3)]], [2])
        near = nearest(clouds, [Fraction(5 * huge), Fraction(7)], [Fraction(1), Fraction(huge)], nothing)
        assert near.direction is not None
        cut = cut_in(near.direction, clouds)
        assert all(sum(c * p for c, p in zip(cut.direction, q, strict=True)) <= cut.most for q in points_of(clouds))


def test_one_point_and_no_weight() -> None:
    clouds = made_clouds([[(0, 0)], [(0, 0)]], [3, 10**100])
    assert nearest(clouds, [Fraction(0), Fraction(0)], [Fraction(1)] * 2, nothing).direction is None
    free = made_clouds([[(0, 0), (3, 5)]], [2])
    assert nearest(free, [Fraction(50), Fraction(50)], [Fraction(0)] * 2, nothing).direction is None


def test_whole() -> None:
    assert whole([Fraction(1, 2), Fraction(-1, 3)], 40) == (3, -2)
    assert whole([Fraction(0), Fraction(0)], 40) is None
    long = whole([Fraction(10**100 + 1), Fraction(-(10**99)), Fraction(1)], 40)
    assert long is not None
    assert max(abs(v) for v in long).bit_length() <= 40 + 1
    assert long[2] == 0
    assert whole([Fraction(10**100 + 1), Fraction(1)], 400) == (10**100 + 1, 1)
