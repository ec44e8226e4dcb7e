"""Coordinates in which sums of k vectors of a finite set A lie densely: those of the lattice of differences.

Every sum of k vectors of A is k·a + u·B for the base a = min A, integers u and a basis B of the lattice that all
differences of vectors of A generate. B comes from Hermite's normal form. Of all bases, one is looked
for in which A and the box of sums that are asked for are narrow: the coordinates of u are functionals, and adding an
integer multiple of one to another, as in Gauss's reduction of a form, is repeated while their widths shrink. A narrower
box of coordinates has fewer cells; that is all that depends on the basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor
from operator import mul

Point = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lattice:
    """The vectors base·count + u·basis, with u in Z^r.

    `echelon` has r independent rows whose first nonzero entries stand in the columns `pivots`; `basis` generates the
    same lattice, and `change` (r × r) turns coordinates with respect to `echelon` into those with respect to `basis`.
    """

    base: Point
    echelon: tuple[Point, ...]
    pivots: tuple[int, ...]
    basis: tuple[Point, ...]
    change: tuple[Point, ...]

    @property
    def rank(self) -> int:
        """The number r of coordinates."""
        return len(self.basis)

    def coordinates(self, vector: Sequence[int], count: int) -> Point | None:
        """The coordinates u of a vector as a sum of `count` vectors, or None where it is none of the lattice."""
        rest = [x - count * a for x, a in zip(vector, self.base, strict=True)]
        plain = []
        for row, pivot in zip(self.echelon, self.pivots, strict=True):
            u, remainder = divmod(rest[pivot], row[pivot])
            if remainder:
                return None
            if u:
                rest = [x - u * y for x, y in zip(rest, row, strict=True)]
            plain.append(u)
        return None if any(rest) else tuple(dot(row, plain) for row in self.change)

    def vector(self, coordinates: Sequence[int], count: int) -> Point:
        """The sum of `count` vectors with these coordinates."""
        total = [count * a for a in self.base]
        for u, row in zip(coordinates, self.basis, strict=True):
            total = [x + u * y for x, y in zip(total, row, strict=True)]
        return tuple(total)

    def bounds(self, low: Sequence[int], high: Sequence[int], count: int) -> tuple[Point, Point]:
        """A box of coordinates that holds those of every sum of `count` vectors between `low` and `high`."""
        least, most = [], []
        plain = _functionals(self.echelon, self.pivots)
        for functional in (_combined(row, plain) for row in self.change):
            down: Fraction | int = 0
            up: Fraction | int = 0
            for weight, pivot in zip(functional, self.pivots, strict=True):
                ends = [weight * (x[pivot] - count * self.base[pivot]) for x in (low, high)]
                down += min(ends)
                up += max(ends)
            least.append(ceil(down))
            most.append(floor(up))
        return tuple(least), tuple(most)


def dot(left: Sequence[int], right: Sequence[int]) -> int:
    """The sum of products."""
    return sum(map(mul, left, right))


def lattice_of(vectors: Sequence[Point], low: Point, high: Point) -> Lattice:
    """The lattice of sums of vectors (at least one), with a basis that suits the box from `low` to `high`."""
    base = min(vectors)
    rows: dict[int, list[int]] = {}
    for vector in vectors:
        _insert(rows, [x - a for x, a in zip(vector, base, strict=True)])
    pivots = tuple(sorted(rows))
    echelon = [tuple(row) for row in _hermite([rows[p] for p in pivots], pivots)]
    identity = tuple(tuple(int(i == j) for j in range(len(pivots))) for i in range(len(pivots)))
    plain = Lattice(base, tuple(echelon), pivots, tuple(echelon), identity)
    return _narrowed(plain, vectors, low, high) if len(pivots) > 1 else plain


def _insert(rows: dict[int, list[int]], vector: list[int]) -> None:
    """Add a vector to the lattice of the echelon rows (by the column of their first entry, which is positive)."""
    pivot = 0
    while pivot < len(vector):
        if not vector[pivot]:
            pivot += 1
            continue
        row = rows.get(pivot)
        if row is None:
            rows[pivot] = vector if vector[pivot] > 0 else [-x for x in vector]
            return
        while vector[pivot]:
            times = row[pivot] // vector[pivot]
            row, vector = vector, [x - times * y for x, y in zip(row, vector, strict=True)]
        rows[pivot] = row if row[pivot] > 0 else [-x for x in row]


def _hermite(rows: list[list[int]], pivots: Sequence[int]) -> list[list[int]]:
    """Hermite's normal form: in a pivot's column, no entry above it is as large as it is."""
    for i in range(len(rows) - 2, -1, -1):
        for j in range(i + 1, len(rows)):
            times = rows[i][pivots[j]] // rows[j][pivots[j]]
            if times:
                rows[i] = [x - times * y for x, y in zip(rows[i], rows[j], strict=True)]
    return rows


def _functionals(echelon: Sequence[Point], pivots: Sequence[int]) -> list[list[Fraction]]:
    """The coordinates for `echelon` as functionals of the entries in the columns `pivots` (less the base)."""
    rank = len(pivots)
    plain: list[list[Fraction]] = []
    # The entries x of a vector at the pivots are u·M for the triangular M; column i of its inverse gives u_i.
    for i in range(rank):
        row = [Fraction(0)] * rank
        row[i] = Fraction(1)
        for j in range(i):
            factor = Fraction(echelon[j][pivots[i]])
            if factor:
                row = [x - factor * y for x, y in zip(row, plain[j], strict=True)]
        plain.append([x / echelon[i][pivots[i]] for x in row])
    return plain


def _combined(row: Sequence[int], plain: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """The sum of the functionals, each as often as the row says."""
    return [
        sum((times * x for times, x in zip(row, column, strict=True)), Fraction(0))
        for column in zip(*plain, strict=True)
    ]


def _narrowed(plain: Lattice, vectors: Sequence[Point], low: Point, high: Point) -> Lattice:
    rank = plain.rank
    points = _outer([p for v in vectors if (p := plain.coordinates(v, 1)) is not None])
    functionals = _functionals(plain.echelon, plain.pivots)
    change = [list(row) for row in plain.change]
    basis = [list(row) for row in plain.basis]
    # Once without and once with a factor, as the windows have about 2 + rank times the width of A.
    share = rank + 2

    def width(row: Sequence[int]) -> Fraction:
        values = [dot(row, p) for p in points]
        functional = _combined(row, functionals)
        box = sum(
            (abs(f) * (high[p] - low[p]) for f, p in zip(functional, plain.pivots, strict=True)),
            Fraction(0),
        )
        return share * (max(values) - min(values)) + box

    widths = [width(row) for row in change]
    improved = True
    while improved:
        improved = False
        for i in range(rank):
            for j in range(rank):
                if i == j:
                    continue
                for sign in (1, -1):
                    times = sign
                    while True:
                        row = [x + times * y for x, y in zip(change[i], change[j], strict=True)]
                        if (found := width(row)) >= widths[i]:
                            break
                        change[i], widths[i], improved = row, found, True
                        basis[j] = [x - times * y for x, y in zip(basis[j], basis[i], strict=True)]
                        times *= 2
    return Lattice(
        plain.base,
        plain.echelon,
        plain.pivots,
        tuple(map(tuple, basis)),
        tuple(map(tuple, change)),
    )


def _outer(points: Sequence[Point]) -> list[Point]:
    """Points that are extreme in some direction of few entries: enough to guess widths."""
    rank = len(points[0])
    found: set[Point] = set()
    for row in product((0, 1, -1), repeat=rank) if rank <= 4 else ():
        if 1 <= sum(map(abs, row)) <= 2 and row > (0,) * rank:
            found.add(max(points, key=lambda p: dot(row, p)))
            found.add(min(points, key=lambda p: dot(row, p)))
    return list(found) or list(points)
