"""Linear programs with few rows and columns that are made when they are wanted, in fractions.

Least cost · x for x >= 0 with A x = b. The rows are a handful, so the inverse of the basis is kept (revised simplex
method); columns that nobody has listed come from an oracle, asked with the prices of the rows (Dantzig and Wolfe 1960).
Whatever the oracle misses, prices give a lower bound to whoever evaluates them exactly; optimal ones a sharp one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MOST_STEPS = 400
"""Exchanges of a column after which the search stops where it is."""

PATIENCE = 40
"""So many exchanges take the column that saves most for one of it; then the first that saves, so that none comes back
for ever."""


@dataclass(frozen=True, slots=True)
class Column:
    """A variable: its cost and its entries in the rows; `tag` is what its owner knows it by."""

    cost: Fraction
    entries: tuple[Fraction, ...]
    tag: Any = None


Prices = tuple[Fraction, ...]
Oracle = Callable[[Prices, bool], Column | None]
"""A column for these prices whose cost (taken for 0 if the flag is not set) is less than they pay for it, or None."""


@dataclass(frozen=True, slots=True)
class Solved:
    """How a program ended: prices of the rows, and the variables that are not 0 with their columns.

    If not `feasible`, no x satisfies the rows, and the prices pay nothing for any column but something for b.
    """

    feasible: bool
    cost: Fraction
    prices: Prices
    values: tuple[tuple[Column, Fraction], ...]


def least(columns: Sequence[Column], right: Sequence[Fraction], oracle: Oracle, poll: Callable[[], None]) -> Solved:
    """The least cost over these columns and those of the oracle; `right` is b."""
    return _Program(list(columns), right, oracle, poll).solved()


class _Program:
    def __init__(
        self, columns: list[Column], right: Sequence[Fraction], oracle: Oracle, poll: Callable[[], None]
    ) -> None:
        size = len(right)
        self.columns, self.oracle, self.poll = columns, oracle, poll
        signs = [Fraction(1 if b >= 0 else -1) for b in right]
        self.inverse = [[signs[i] if i == j else Fraction(0) for j in range(size)] for i in range(size)]
        self.amounts = [abs(b) for b in right]
        # Artificial variables to begin with: they cost 1 each, then nothing, and never come back.
        self.basis: list[Column | None] = [None] * size

    def solved(self) -> Solved:
        self._run(False)
        missing = sum((a for column, a in zip(self.basis, self.amounts, strict=True) if column is None), Fraction(0))
        if missing:
            return Solved(False, missing, self._prices(False), ())
        self._run(True)
        values = [(c, a) for c, a in zip(self.basis, self.amounts, strict=True) if c is not None and a]
        return Solved(True, sum((c.cost * a for c, a in values), Fraction(0)), self._prices(True), tuple(values))

    def _run(self, costly: bool) -> None:
        """Exchange columns while that saves anything; not `costly`: only artificial variables cost anything."""
        for step in range(MOST_STEPS):
            self.poll()
            prices = self._prices(costly)
            entering = self._entering(prices, costly, step < PATIENCE)
            if entering is None or not self._exchange(entering):
                return

    def _prices(self, costly: bool) -> Prices:
        costs = [
            (Fraction(0) if costly else Fraction(1)) if column is None else (column.cost if costly else Fraction(0))
            for column in self.basis
        ]
        used = [(c, row) for c, row in zip(costs, self.inverse, strict=True) if c]
        return tuple(sum((c * row[j] for c, row in used), Fraction(0)) for j in range(len(costs)))

    def _entering(self, prices: Prices, costly: bool, greedy: bool) -> Column | None:
        best: tuple[Fraction, Column] | None = None
        for column in self.columns:
            paid = _dot(prices, column.entries) - (column.cost if costly else 0)
            if paid > 0 and (best is None or paid > best[0]):
                best = paid, column
                if not greedy:
                    break
        if best is not None:
            return best[1]
        made = self.oracle(prices, costly)
        if made is not None:
            self.columns.append(made)
        return made

    def _exchange(self, column: Column) -> bool:
        """Bring a column into the basis; False where that changes nothing for the better (it cannot, by rounding)."""
        moved = [_dot(row, column.entries) for row in self.inverse]
        places = [i for i, m in enumerate(moved) if m > 0]
        # Artificial variables that are 0 leave at any rate: they must not grow again.
        stuck = [i for i, m in enumerate(moved) if m < 0 and self.basis[i] is None and not self.amounts[i]]
        if stuck:
            leaving = stuck[0]
        elif places:
            leaving = min(places, key=lambda i: (self.amounts[i] / moved[i], self.basis[i] is not None))
        else:
            return False
        pivot = moved[leaving]
        row = [v / pivot for v in self.inverse[leaving]]
        amount = self.amounts[leaving] / pivot
        for i, m in enumerate(moved):
            if i != leaving and m:
                self.inverse[i] = [v - m * r for v, r in zip(self.inverse[i], row, strict=True)]
                self.amounts[i] -= m * amount
        self.inverse[leaving], self.amounts[leaving], self.basis[leaving] = row, amount, column
        return True


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))
