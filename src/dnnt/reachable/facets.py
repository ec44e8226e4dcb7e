"""The facets of the convex hull of a finite set of integer points, by the double description method.

The pairs (f, m) with f·p <= m for all points p form a cone; its extreme rays, but (0, 1), are the facets of the hull
(Motzkin, Raiffa, Thompson and Thrall 1953). Points are put in one after the other: rays that violate the new
inequality go, and each pair of adjacent rays on either side of it gives a new one between them. Integers throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd

from dnnt.reachable.lattice import Point, dot

MAX_RAYS = 600
"""With more facets than this (on the way) they are not computed."""

Facet = tuple[Point, int]
"""(f, m): f·p <= m for all points p, with equality on a facet."""


def facets(points: Sequence[Point], poll: Callable[[], None]) -> tuple[Facet, ...]:
    """All facets of the hull of points that span their space; none where that would be too many.

    The points (at least one) must not lie in a hyperplane. The one point of no coordinates has no facet.
    """
    rank = len(points[0])
    centre = [sum(p[i] for p in points) for i in range(rank)]
    # Far points first: most of the others are then inside, and change nothing.
    order = sorted(points, key=lambda p: -sum((len(points) * x - c) ** 2 for x, c in zip(p, centre, strict=True)))
    rows = [(*(-x for x in p), 1) for p in order]
    first = _independent(rows, rank + 1)
    rays = [(_primitive(ray), ((1 << (rank + 1)) - 1) ^ (1 << i)) for i, ray in enumerate(_inverse(first))]
    chosen = set(first)
    number = rank + 1
    for row in rows:
        if row in chosen:
            continue
        rays = _cut(rays, row, number, rank + 1, poll)
        number += 1
        if len(rays) > MAX_RAYS:
            return ()
    return tuple((ray[:-1], ray[-1]) for ray, _ in rays if any(ray[:-1]))


def _cut(
    rays: list[tuple[Point, int]], row: Point, number: int, size: int, poll: Callable[[], None]
) -> list[tuple[Point, int]]:
    """The rays of the cone with one more inequality row·ray >= 0; each has the set of inequalities it meets sharply."""
    values = [dot(row, ray) for ray, _ in rays]
    if min(values) >= 0:
        return [(ray, sharp | (not value) << number) for (ray, sharp), value in zip(rays, values, strict=True)]
    kept = [
        (ray, sharp | (not value) << number) for (ray, sharp), value in zip(rays, values, strict=True) if value >= 0
    ]
    above = [(ray, sharp, value) for (ray, sharp), value in zip(rays, values, strict=True) if value > 0]
    below = [(ray, sharp, value) for (ray, sharp), value in zip(rays, values, strict=True) if value < 0]
    for up, up_sharp, positive in above:
        poll()
        for down, down_sharp, negative in below:
            common = up_sharp & down_sharp
            if common.bit_count() < size - 2 or sum(common & sharp == common for _, sharp in rays) > 2:
                continue
            ray = _primitive([positive * x - negative * y for x, y in zip(down, up, strict=True)])
            kept.append((ray, common | 1 << number))
    return kept


def _primitive(ray: Sequence[int]) -> Point:
    common = gcd(*ray)
    return tuple(x // common for x in ray)


def _independent(rows: Sequence[Point], size: int) -> list[Point]:
    """The first `size` independent rows."""
    chosen: list[Point] = []
    reduced: list[tuple[int, list[int]]] = []
    for row in rows:
        rest = list(row)
        for pivot, other in reduced:
            if rest[pivot]:
                rest = [other[pivot] * x - rest[pivot] * y for x, y in zip(rest, other, strict=True)]
        if any(rest):
            chosen.append(row)
            reduced.append((next(i for i, x in enumerate(rest) if x), rest))
            if len(chosen) == size:
                return chosen
    raise AssertionError("points in a hyperplane")


def _inverse(rows: Sequence[Point]) -> list[list[int]]:
    """For each row a vector that it gives a positive number, and all other rows 0 (Gauss and Jordan, in integers)."""
    size = len(rows)
    table = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(rows)]
    for c in range(size):
        pivot = next(i for i in range(c, size) if table[i][c])
        table[c], table[pivot] = table[pivot], table[c]
        if table[c][c] < 0:
            table[c] = [-x for x in table[c]]
        for i in range(size):
            if i != c and table[i][c]:
                a, b = table[c][c], table[i][c]
                table[i] = list(_primitive([a * x - b * y for x, y in zip(table[i], table[c], strict=True)]))
    common = 1
    for c in range(size):
        common *= table[c][c] // gcd(common, table[c][c])
    # Row c of the table says that coordinate c is the sum of (right-hand part / diagonal entry) times the values.
    return [[table[c][size + i] * (common // table[c][c]) for c in range(size)] for i in range(size)]
