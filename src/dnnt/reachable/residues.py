"""The lattice that the differences of all states generate, and the residues that it forbids.

If every difference of two vectors of a summand lies in a sublattice, so does every difference of two states. A
sublattice of the box's grid shows in residues: c · (difference) is a multiple of m.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd

from dnnt.reachable.clouds import Cloud, Digits

Residue = tuple[tuple[int, ...], int]
"""(c, m): c · (v - v') is a multiple of m for any two states."""

MOST_VECTORS = 20_000
"""Differences looked at; the lattice is mostly the whole grid after a few."""


@dataclass(frozen=True, slots=True)
class Residues:
    """What residues allow, relative to one state."""

    origin: Digits
    pairs: tuple[Residue, ...]

    def allows(self, digits: Sequence[int]) -> bool:
        """Whether a state may have these digits."""
        return all(
            sum(ci * (d - o) for ci, d, o in zip(c, digits, self.origin, strict=True)) % m == 0 for c, m in self.pairs
        )


def residues_of(clouds: Sequence[Cloud], used: Sequence[int], poll: Callable[[], None]) -> Residues:
    """The lattice of the differences, in the coordinates `used` (those with more than one digit)."""
    width = len(clouds[0].packing.axes) if clouds else 0
    origin = (
        tuple(map(sum, zip(*([cloud.times * d for d in cloud.digits(0)] for cloud in clouds), strict=True)))
        if clouds
        else ()
    )
    basis = _Basis(len(used))
    seen = 0
    for cloud in clouds:
        if not cloud.times or cloud.size < 2:
            continue
        if cloud.size > MOST_VECTORS:
            return Residues(origin, ())  # So many vectors fill a grid; nothing is claimed.
        first = cloud.digits(0)
        for vector in cloud.vectors[1:]:
            basis.add([vector[i] - first[i] for i in used])
            seen += 1
            if seen % 500 == 0:
                poll()
            if basis.full:
                return Residues(origin, ())
    return Residues(origin, tuple(_residues(basis.rows, used, width)))


class _Basis:
    """A lattice by a triangular basis: row i begins at coordinate i, if it is there."""

    def __init__(self, size: int) -> None:
        self.rows: list[list[int] | None] = [None] * size
        self.size = size

    @property
    def full(self) -> bool:
        """Whether the lattice is the whole grid."""
        return all(row is not None and abs(row[i]) == 1 for i, row in enumerate(self.rows))

    def add(self, vector: list[int]) -> None:
        """Extend the lattice by a vector."""
        for i in range(self.size):
            if not vector[i]:
                continue
            row = self.rows[i]
            if row is None:
                self.rows[i] = vector
                return
            while vector[i]:
                times = row[i] // vector[i]
                row = [a - times * b for a, b in zip(row, vector, strict=True)]
                row, vector = vector, row
            self.rows[i] = row


def _residues(rows: Sequence[list[int] | None], used: Sequence[int], width: int) -> list[Residue]:
    """The residues of a lattice of full rank; none where the rank is lower (cuts see that)."""
    basis = [row for row in rows if row is not None]
    size = len(rows)
    if len(basis) < size:
        return []
    # v = x · B with whole x, so each column of the adjugate of B, modulo det B, is a residue. B is triangular.
    determinant = 1
    for i, row in enumerate(basis):
        determinant *= row[i]
    determinant = abs(determinant)
    made: dict[Residue, None] = {}
    for column in range(size):
        solved = _column_of_adjugate(basis, column, determinant)
        divisor = gcd(determinant, *solved)
        m = determinant // divisor
        if m > 1:
            direction = [0] * width
            for i, value in zip(used, solved, strict=True):
                direction[i] = value // divisor % m
            made[tuple(direction), m] = None
    return list(made)


def _column_of_adjugate(basis: Sequence[list[int]], column: int, determinant: int) -> list[int]:
    """The column c with B c = determinant · e_column, by substitution from below."""
    size = len(basis)
    solved = [0] * size
    for i in range(size - 1, -1, -1):
        right = (determinant if i == column else 0) - sum(basis[i][j] * solved[j] for j in range(i + 1, size))
        solved[i] = right // basis[i][i]
        assert solved[i] * basis[i][i] == right, "a column of an adjugate is whole"
    return solved
