"""Vectors of integers in coordinates of the lattice that their differences generate, with small widths.

The differences of a finite set of vectors generate a lattice. Its basis in echelon form is found by the Euclidean
algorithm, coordinate by coordinate, so that a vector's lattice coordinates are found one after another. Then multiples
of one lattice coordinate are added to others as long as this makes the set narrower. In these coordinates sums of many
vectors of the set lie dense, however sparse they lie in the box of the original coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dnnt_check.budget import Work, rough_seconds

Point = tuple[int, ...]


class Lattice:
    """Lattice coordinates of sums of vectors of a set.

    Attributes:
        origin: a vector of the set.
        basis: for each lattice coordinate the vector that it counts.
        members: the vectors of the set in lattice coordinates, moved so that the least value of each is 0.
        widths: the greatest value of each.
        rank: how many lattice coordinates there are.
    """

    def __init__(self, vectors: Sequence[Point], work: Work) -> None:
        """Find the basis; there is at least one vector, and each is there once."""
        self.origin = vectors[0]
        size = len(self.origin)
        self._pivots: list[int] = []
        self.basis: list[list[int]] = []
        for vector in vectors:
            self._insert([a - b for a, b in zip(vector, self.origin, strict=True)], work)
            work.spend(1e-6 + size * 3e-7)
        self.rank = len(self.basis)
        work.require(rough_seconds(self.rank**2 * size, 4e-6), "the lattice of a window")
        self._functions = self._inverse(size, work)
        found = [self.coordinates([a - b for a, b in zip(vector, self.origin, strict=True)]) for vector in vectors]
        work.spend(len(found) * (1e-6 + self.rank * size * 6e-7))
        rows = [list(column) for column in zip(*found, strict=True)] if self.rank else []
        self._shear(rows, work)
        self.low = [min(row) for row in rows]
        self.widths = [max(row) - low for row, low in zip(rows, self.low, strict=True)]
        moved = [[value - low for value in row] for row, low in zip(rows, self.low, strict=True)]
        self.members: list[Point] = list(zip(*moved, strict=True)) if self.rank else [()]

    def _insert(self, vector: list[int], work: Work) -> None:
        """Reduce a vector by the basis; what is left of it becomes a part of the basis."""
        for place in range(len(vector)):
            if not vector[place]:
                continue
            if place not in self._pivots:
                position = len([pivot for pivot in self._pivots if pivot < place])
                self._pivots.insert(position, place)
                self.basis.insert(position, vector)
                return
            position = self._pivots.index(place)
            known = self.basis[position]
            while vector[place]:
                # Neither has entries before the pivot, so the Euclidean algorithm keeps the echelon form.
                times = known[place] // vector[place]
                known, vector = vector, [a - times * b for a, b in zip(known, vector, strict=True)]
                work.spend(1e-6 + len(vector) * 1e-7)
            self.basis[position] = known

    def _inverse(self, size: int, work: Work) -> list[list[Fraction]]:
        """For each lattice coordinate the linear function of differences that it is."""
        functions: list[list[Fraction]] = []
        for position, pivot in enumerate(self._pivots):
            function = [Fraction(0)] * size
            function[pivot] = Fraction(1)
            for earlier, vector in zip(functions, self.basis[:position], strict=True):
                function = [a - vector[pivot] * b for a, b in zip(function, earlier, strict=True)]
                work.spend(size * 4e-6)
            functions.append([value / self.basis[position][pivot] for value in function])
        return functions

    def coordinates(self, difference: Sequence[int]) -> Point:
        """The lattice coordinates of a vector of the lattice."""
        return tuple(
            [
                int(sum([a * b for a, b in zip(function, difference, strict=True) if b], Fraction(0)))
                for function in self._functions
            ]
        )

    def _shear(self, rows: list[list[int]], work: Work) -> None:
        """Add multiples of one lattice coordinate to another while that makes the set narrower."""
        changed = True
        while changed:
            changed = False
            for i in range(self.rank):
                for j in range(self.rank):
                    for sign in (1, -1) if i != j else ():
                        times = sign
                        while self._narrowed(rows, i, j, times, work):
                            # The width is a convex function of the multiple: ever longer steps, then short ones again.
                            times *= 2
                            changed = True

    def _narrowed(self, rows: list[list[int]], i: int, j: int, times: int, work: Work) -> bool:
        """Add so many times the coordinate j to the coordinate i, if that makes the set narrower."""
        row = [a + times * b for a, b in zip(rows[i], rows[j], strict=True)]
        work.spend(1e-6 + len(row) * 1.5e-7)
        if max(row) - min(row) >= max(rows[i]) - min(rows[i]):
            return False
        rows[i] = row
        self._functions[i] = [a + times * b for a, b in zip(self._functions[i], self._functions[j], strict=True)]
        self.basis[j] = [a - times * b for a, b in zip(self.basis[j], self.basis[i], strict=True)]
        return True

    def box(self, low: Sequence[int], high: Sequence[int], count: int) -> list[tuple[int, int]]:
        """A box of moved lattice coordinates around all sums of `count` vectors that lie in a box."""
        result: list[tuple[int, int]] = []
        for function, least in zip(self._functions, self.low, strict=True):
            start = end = Fraction(-count * least)
            for factor, a, b, centre in zip(function, low, high, self.origin, strict=True):
                ends = sorted((factor * (a - count * centre), factor * (b - count * centre)))
                start += ends[0]
                end += ends[1]
            result.append((-((-start.numerator) // start.denominator), end.numerator // end.denominator))
        return result

    def vector(self, moved: Sequence[int], count: int) -> list[int]:
        """The sum of `count` vectors that has these moved lattice coordinates."""
        result = [count * value for value in self.origin]
        for value, least, vector in zip(moved, self.low, self.basis, strict=True):
            times = value + count * least
            result = [a + times * b for a, b in zip(result, vector, strict=True)]
        return result
