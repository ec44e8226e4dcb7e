"""The point of the hull of all states that is nearest to where the loss wants them.

By Wolfe's method for the point of least norm.

The hull of a sum of sets is the sum of their hulls, so a vertex in a direction is found summand by summand, and nothing
large is ever formed. If the wanted point y lies outside, the direction from the nearest point x to y is a cut: no state
goes further in it. (P. Wolfe, Finding the nearest point in a polytope, 1976.) The search for x uses floats, or
fractions where numbers are too large for them; a cut is exact whatever its direction, since how far states go in it is
computed exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from dnnt.reachable.clouds import Cloud, Digits

MOST_STEPS = 60
"""Vertices after which the search stops where it is."""

LARGEST_FLOAT = 10**5
"""Multiplicities, digits, wanted values and ratios of weights above this need fractions: floats would miss units."""

SHORT = 40
"""Bits that a coordinate of a direction may have whatever the sizes; else enough that the distance to a cut, squared,
is right to less than 1.
"""

Vertex = tuple[int, ...]
"""For each summand the index of one of its vectors."""


Share = float | Fraction
"""The weight of a vertex in a mixture: of very many units, floats would miss too many."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest point as a mixture of vertices (with their digits and weights), and the direction from it to y.

    The direction is None where y lies in the hull (as far as floats can tell).
    """

    vertices: tuple[tuple[Vertex, Digits, Share], ...]
    direction: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Cut:
    """direction · state <= most, for the digits of every state; `greatest` has the most of each summand."""

    direction: tuple[int, ...]
    most: int
    greatest: tuple[int, ...]


def cut_in(direction: tuple[int, ...], clouds: Sequence[Cloud]) -> Cut:
    """How far states go in a direction."""
    greatest = tuple(cloud.greatest(direction) for cloud in clouds)
    return Cut(direction, sum(cloud.times * most for cloud, most in zip(clouds, greatest, strict=True)), greatest)


def nearest(
    clouds: Sequence[Cloud], wanted: Sequence[Fraction], weights: Sequence[Fraction], poll: Callable[[], None]
) -> Nearest:
    """The point of the hull nearest to `wanted` (digits, not necessarily whole) in a weighted Euclidean distance.

    Coordinates of weight 0 do not count.
    """
    top = max(weights, default=Fraction(1)) or Fraction(1)
    scaled = [Fraction(v) / top for v in weights]
    large = _large(clouds, wanted, scaled)
    kind: Callable[[Any], Any] = Fraction if large else float
    y, w = [kind(v) for v in wanted], [kind(v) for v in scaled]
    start = _vertex(clouds, [wi * yi for wi, yi in zip(w, y, strict=True)])
    corral = [_entry(clouds, start, y, kind)]
    mixture = [kind(1)]
    for _ in range(MOST_STEPS):
        poll()
        x = _mixed(mixture, [point for _, _, point in corral])
        square = _product(w, x, x)
        found = _vertex(clouds, [-wi * xi for wi, xi in zip(w, x, strict=True)])
        entry = _entry(clouds, found, y, kind)
        reach = _product(w, x, entry[2])
        if square - reach <= (0 if large else 1e-10 * (square + abs(reach)) + 1e-12) or any(
            e[0] == found for e in corral
        ):
            break
        corral.append(entry)
        mixture.append(kind(0))
        corral, mixture = _settled(corral, mixture, w)
    vertices = tuple((at, digits, m) for (at, digits, _), m in zip(corral, mixture, strict=True))
    x = _mixed(mixture, [point for _, _, point in corral])
    outside = _product(w, x, x) > (
        0 if large else 1e-18 * sum(wi * yi * yi for wi, yi in zip(w, y, strict=True)) + 1e-12
    )
    return Nearest(
        vertices, direction_to([digits for _, digits, _ in corral], list(wanted), list(weights)) if outside else None
    )


def _large(clouds: Sequence[Cloud], wanted: Sequence[Fraction], weights: Sequence[Fraction]) -> bool:
    """Whether squares of the numbers, or their sums, may be too large or too small for floats."""
    sizes = [cloud.times for cloud in clouds] + [int(abs(v)) for v in wanted] + [int(1 / w) for w in weights if w]
    sizes += [axis.count for cloud in clouds[:1] for axis in cloud.packing.axes]
    return max(sizes, default=1) > LARGEST_FLOAT


_Entry = tuple[Vertex, Digits, list[Any]]


def _vertex(clouds: Sequence[Cloud], direction: Sequence[Any]) -> Vertex:
    return tuple(cloud.along(direction)[0] for cloud in clouds)


def _entry(clouds: Sequence[Cloud], at: Vertex, y: Sequence[Any], kind: Callable[[Any], Any]) -> _Entry:
    """A vertex, its digits, and the way from y to it."""
    columns = zip(
        *([cloud.times * d for d in cloud.digits(i)] for cloud, i in zip(clouds, at, strict=True)), strict=True
    )
    digits = tuple(map(sum, columns))
    return at, digits, [kind(d) - yi for d, yi in zip(digits, y, strict=True)]


def _product(w: Sequence[Any], a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum(wi * ai * bi for wi, ai, bi in zip(w, a, b, strict=True))


def _mixed(mixture: Sequence[Any], points: Sequence[Sequence[Any]]) -> list[Any]:
    return [sum(m * p for m, p in zip(mixture, column, strict=True)) for column in zip(*points, strict=True)]


def _settled(corral: list[_Entry], mixture: list[Any], w: Sequence[Any]) -> tuple[list[_Entry], list[Any]]:
    """Wolfe's inner loop: the nearest point of the corral's hull, and the vertices that it needs."""
    while True:
        best = _affine([point for _, _, point in corral], w)
        if best is None:  # Dependent vertices: the latest one adds nothing.
            return corral[:-1], mixture[:-1]
        if all(m > 1e-11 for m in best):
            return corral, best
        shares = [a / (a - b) for a, b in zip(mixture, best, strict=True) if b <= 1e-11 and a > b]
        theta = min(shares, default=0)
        mixture = [theta * b + (1 - theta) * a for a, b in zip(mixture, best, strict=True)]
        lowest = min(range(len(mixture)), key=lambda i: mixture[i] if best[i] <= 1e-11 else 2)
        kept = [i for i in range(len(corral)) if i != lowest and mixture[i] > 1e-13]
        if not kept:
            kept = [max(range(len(corral)), key=mixture.__getitem__)]
        corral, mixture = [corral[i] for i in kept], [mixture[i] for i in kept]
        total = sum(mixture)
        mixture = [m / total for m in mixture]


def _affine(points: Sequence[Sequence[Any]], w: Sequence[Any]) -> list[Any] | None:
    """Weights (of sum 1) of the point of least norm in the affine hull; None where the points are dependent."""
    size = len(points)
    if size == 1:
        return [1]
    # Relative to the first point: Gram matrix of differences, and their products with it.
    first = points[0]
    rows = [[a - b for a, b in zip(p, first, strict=True)] for p in points[1:]]
    matrix = [[_product(w, a, b) for b in rows] + [-_product(w, a, first)] for a in rows]
    solved = _solved(matrix)
    return None if solved is None else [1 - sum(solved), *solved]


def _solved(matrix: list[list[Any]]) -> list[Any] | None:
    """The solution of a square system given with its right side, by elimination; None where it is singular."""
    size = len(matrix)
    scale = max((abs(matrix[i][i]) for i in range(size)), default=1) or 1
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: abs(matrix[r][column]))
        if abs(matrix[pivot][column]) <= (0 if isinstance(scale, Fraction) else 1e-13 * scale):
            return None
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        head = matrix[column]
        for row in range(size):
            if row != column and matrix[row][column]:
                factor = matrix[row][column] / head[column]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], head, strict=True)]
    return [matrix[i][size] / matrix[i][i] for i in range(size)]


def direction_to(
    corral: Sequence[Sequence[int]], wanted: list[Fraction], weights: list[Fraction]
) -> tuple[int, ...] | None:
    """The direction from the nearest point of the corral's affine hull to y, in coprime integers, computed exactly."""
    points = [[Fraction(d) - y for d, y in zip(digits, wanted, strict=True)] for digits in corral]
    mixture = _affine(points, weights)
    if mixture is None:
        return None
    x = _mixed(mixture, points)
    size = max(int(abs(v)).bit_length() for point in points for v in point)
    return whole([-w * v for w, v in zip(weights, x, strict=True)], max(SHORT, 2 * size + 20))


def whole(direction: Sequence[Fraction], bits: int) -> tuple[int, ...] | None:
    """Coprime integers in proportion, rounded where they would have more bits; None for zeros."""
    if not any(direction):
        return None
    common = lcm(*(v.denominator for v in direction))
    made = [v.numerator * (common // v.denominator) for v in direction]
    divisor = gcd(*made)
    made = [v // divisor for v in made]
    excess = max(abs(v) for v in made).bit_length() - bits
    if excess > 0:
        made = [(v + (1 << (excess - 1))) >> excess for v in made]
    return tuple(made) if any(made) else None
