"""Sums of two parts: a threshold of the sum asks for thresholds of the parts, wherever these add up to it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from dnnt.encodings.clauses.book import Key, TooManyClauses
from dnnt.encodings.clauses.quantities import MOST_VALUES, Grid, Ledger, Quantity
from dnnt.exact import Number, common_denominator, common_step, normal


class Part:
    """A multiple of a quantity, as a summand."""

    __slots__ = ("factor", "of", "values")

    def __init__(self, factor: Number, of: Quantity) -> None:
        self.factor = factor
        self.of = of
        if factor == 1:
            self.values = of.values
        else:
            self.values = [normal(factor * value) for value in of.values]
            if factor < 0:
                self.values.reverse()

    @property
    def low(self) -> Number:
        """The least value that the checker knows of."""
        if self.factor < 0:
            assert self.of.high is not None, "costs have positive factors"
            return normal(self.factor * self.of.high)
        return normal(self.factor * self.of.low)

    @property
    def high(self) -> Number | None:
        """The greatest value that the checker knows of."""
        if self.factor < 0:
            return normal(self.factor * self.of.low)
        return None if self.of.high is None else normal(self.factor * self.of.high)

    def lower(self, x: Number) -> int:
        """A literal forced where the multiple is at least x."""
        if self.factor == 1:
            return self.of.lower(x)
        at = normal(Fraction(x) / self.factor)
        return self.of.lower(at) if self.factor > 0 else self.of.upper(at)

    def upper(self, y: Number) -> int:
        """A literal forced where the multiple is at most y."""
        if self.factor == 1:
            return self.of.upper(y)
        at = normal(Fraction(y) / self.factor)
        return self.of.upper(at) if self.factor > 0 else self.of.lower(at)


class Linear(Quantity):
    """A constant and one or two parts. `cut`: values above it do not matter (for sums of costs)."""

    __slots__ = ("constant", "left", "relation", "right")

    def __init__(
        self,
        ledger: Ledger,
        key: Key,
        constant: Number,
        left: Part,
        right: Part | None,
        cut: Number | None = None,
        others: Sequence[Key] = (),
    ) -> None:
        self.constant = constant
        self.left = left
        self.right = right
        parts = [left] if right is None else [left, right]
        if len(left.values) * (1 if right is None else len(right.values)) > 100 * MOST_VALUES:
            raise TooManyClauses(f"sums of more than {MOST_VALUES:,} values")
        values = _sums(constant, left.values, [0] if right is None else right.values, cut)
        lows, highs = [part.low for part in parts], [part.high for part in parts]
        super().__init__(
            ledger,
            key,
            values,
            normal(constant + sum(lows)),
            None if None in highs else normal(constant + sum([q for q in highs if q is not None])),
            _sum_grid(constant, parts),
        )
        relation = [(1, key), *[(-part.factor, part.of.key) for part in parts], *[(-1, other) for other in others]]
        self.relation = ledger.book.relation(tuple(relation))

    def write_lower(self, x: Number) -> None:
        """Left >= a and right >= b give >= x where a + b reaches it."""
        book, goal, x = self.ledger.book, self.at_least(x), x - self.constant
        left, right = self.left, self.right
        if right is None:
            book.implied(self.relation, (left.lower(x),), goal)
            return
        values = left.values
        last = len(values)
        for b in right.values:
            place = bisect_left(values, x - b)
            if place < last:
                last = place
                book.implied(self.relation, (right.lower(b), left.lower(values[place])), goal)
                if not place:
                    return

    def write_upper(self, y: Number) -> None:
        """Left <= a and right <= b give <= y where a + b is not above it."""
        book, goal, y = self.ledger.book, self.at_most(y), y - self.constant
        left, right = self.left, self.right
        if right is None:
            book.implied(self.relation, (left.upper(y),), goal)
            return
        values = left.values
        last = -1
        for b in reversed(right.values):
            place = bisect_right(values, y - b) - 1
            if place > last:
                last = place
                book.implied(self.relation, (right.upper(b), left.upper(values[place])), goal)
                if place == len(values) - 1:
                    return


def _sums(constant: Number, left: Sequence[Number], right: Sequence[Number], cut: Number | None) -> list[Number]:
    """All sums of a constant and one of each, in increasing order: those up to `cut`, and the next one."""
    scale = common_denominator([constant, *left, *right])
    first, second = [int((constant + a) * scale) for a in left], [int(b * scale) for b in right]
    made = sorted({a + b for a in first for b in second})
    if cut is not None:
        made = made[: bisect_right(made, cut * scale) + 1]
    if len(made) > MOST_VALUES:
        raise TooManyClauses(f"a quantity of more than {MOST_VALUES:,} values")
    return list(made) if scale == 1 else [normal(Fraction(q, scale)) for q in made]


def _sum_grid(constant: Number, parts: Sequence[Part]) -> Grid:
    offset, steps = constant, []
    for part in parts:
        if part.of.grid is None:
            return None
        offset += part.factor * part.of.grid[0]
        steps.append(part.factor * part.of.grid[1])
    return normal(offset), common_step(steps)
