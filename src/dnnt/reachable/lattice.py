"""Coordinates in which sums of k vectors of a finite set A lie densely: those of the lattice of differences.

Every sum of k vectors of A is k·a + u·B for the base a = min A, integers u and a basis B of the lattice that all
differences of vectors of A generate. B comes from Hermite's normal form. Of all bases, one is looked
for in which A and the box of sums that are asked for are narrow: the coordinates of u are functionals, and adding an
integer multiple of one to another (or of the sum or difference of two), as in Gauss's reduction of a form, is repeated
while their widths shrink. A narrower box of coordinates has fewer cells; that is all that depends on the basis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import ceil, floor
from operator import mul

Point = tuple[int, ...]

FEW_POINTS = 64
"""So many vectors are all looked at where widths are compared."""


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
    points = [p for v in vectors if (p := plain.coordinates(v, 1)) is not None]
    functionals = _functionals(plain.echelon, plain.pivots)
    sides = [high[p] - low[p] for p in plain.pivots]
    narrowing = _Narrowing(plain, functionals, sides, points if len(points) <= FEW_POINTS else _outer(points))
    narrowing.run_through()
    if len(points) > FEW_POINTS:
        # Where the coordinates were skew at first, other points turn out to be extreme.
        moved = {tuple(dot(row, p) for row in narrowing.change): p for p in points}
        narrowing.points += [moved[p] for p in _outer(list(moved))]
        narrowing.run_through()
    return Lattice(
        plain.base,
        plain.echelon,
        plain.pivots,
        tuple(map(tuple, narrowing.basis)),
        tuple(map(tuple, narrowing.change)),
    )


class _Narrowing:
    """Coordinates on the way to narrow ones: rows of `change`, and the basis that belongs to them."""

    def __init__(
        self, plain: Lattice, functionals: Sequence[Sequence[Fraction]], sides: Sequence[int], points: list[Point]
    ) -> None:
        self.functionals, self.sides, self.points = functionals, sides, points
        self.change = [list(row) for row in plain.change]
        self.basis = [list(row) for row in plain.basis]
        # Once without and once with a factor, as the windows have about 2 + rank times the width of A.
        self.share = plain.rank + 2

    def run_through(self) -> None:
        """Add multiples of coordinates, and of sums and differences of two, while that makes others narrower."""
        rank = len(self.change)
        improved = True
        while improved:
            improved = sum(self._shrunk(i, move) for i in range(rank) for move in moves(rank, i, 1)) > 0
            improved = improved or any(self._shrunk(i, move) for i in range(rank) for move in moves(rank, i, 2))

    def _width(self, row: Sequence[int]) -> Fraction:
        values = [dot(row, p) for p in self.points]
        functional = _combined(row, self.functionals)
        box = sum((abs(f) * side for f, side in zip(functional, self.sides, strict=True)), Fraction(0))
        return self.share * (max(values) - min(values)) + box

    def _shrunk(self, i: int, move: Sequence[int]) -> bool:
        """Whether adding multiples of others to coordinate i makes it narrower; that is done then."""
        added = [sum(m * row[c] for m, row in zip(move, self.change, strict=True)) for c in range(len(move))]
        times, done, best = 1, False, self._width(self.change[i])
        while True:
            row = [x + times * y for x, y in zip(self.change[i], added, strict=True)]
            if (found := self._width(row)) >= best:
                return done
            self.change[i], best, done = row, found, True
            for j, m in enumerate(move):
                if m:
                    self.basis[j] = [x - times * m * y for x, y in zip(self.basis[j], self.basis[i], strict=True)]
            times *= 2


def moves(rank: int, i: int, terms: int) -> Iterator[tuple[int, ...]]:
    """Factors 1 and -1 of so many coordinates other than the one of number i, and 0 of all others."""
    for chosen in combinations([j for j in range(rank) if j != i], terms):
        for signs in product((1, -1), repeat=terms):
            move = [0] * rank
            for j, sign in zip(chosen, signs, strict=True):
                move[j] = sign
            yield tuple(move)


def _outer(points: Sequence[Point]) -> list[Point]:
    """Points that are extreme in some direction of few entries: enough to guess widths."""
    rank = len(points[0])
    found: set[Point] = set()
    for row in product((0, 1, -1), repeat=rank) if rank <= 4 else ():
        if 1 <= sum(map(abs, row)) <= 2 and row > (0,) * rank:
            found.add(max(points, key=lambda p: dot(row, p)))
            found.add(min(points, key=lambda p: dot(row, p)))
    return list(found) or list(points)
