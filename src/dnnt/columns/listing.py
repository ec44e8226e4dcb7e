"""The columns of a unit that reads inputs alone, each with the least price of parameters that give it.

Variables are at their cheapest values but for a few: rounds of one, two, three... changes list columns, until the next
round would take too long. What has not been listed by then costs at least as much as the cheapest changes of so many
variables, so the list says something of every column.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from dnnt.activations import TWO_VALUED
from dnnt.columns.problem import Unit
from dnnt.exact import Number, common_denominator, magnitude, normal
from dnnt.running import Run

Ints = npt.NDArray[np.int64]

MOST_POINTS = 62
"""A column is the bits of a long integer."""

MOST_FREE = 500
"""Combinations of values that are no changes."""

MOST_KEPT = 1 << 22
"""Sums at points that are kept of a round, to go on from."""

MOST_SUMS = 100_000_000
"""Sums at points of a round: about two seconds."""

MOST_COLUMNS = 3000
"""Columns that are listed; with more the rounds end."""

CHUNK = 1 << 18
"""Sums at points that are formed at once."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A column as the mask of the points at which it has the higher of its two values; what it costs at least; values
    by variable that give it, and what these cost (None: none have been found).
    """

    mask: int
    price: Number
    paid: Number | None
    values: tuple[tuple[int, Number], ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Columns by increasing price, and what any other column costs at least (None: there is no other)."""

    columns: tuple[Listed, ...]
    beyond: Number | None

    @property
    def exact(self) -> bool:
        """Whether every column is listed, at the price of its values."""
        return self.beyond is None and all(each.price == each.paid for each in self.columns)


def listing(unit: Unit, points: int, run: Run) -> Listing | None:
    """The columns of a unit of two values, whose terms have prices; None where it has another activation or other
    sources, or numbers are too long or too many.
    """
    if unit.links or unit.activation.kind not in TWO_VALUED or not 0 < points <= MOST_POINTS:
        return None
    lister = _Lister(unit, points, run)
    return lister.listing() if lister.fits else None


@dataclass(frozen=True, slots=True)
class _Round:
    """Sums with so many changes: one row each, ordered by the last place that is changed (`last`), with what they cost
    more than the least, and the row and the change that they are made of.
    """

    sums: Ints
    extra: Ints
    last: Ints
    parent: Ints
    change: Ints


class _Lister:
    """The rounds. Sums and prices are integers: both are multiplied by a common denominator."""

    def __init__(self, unit: Unit, points: int, run: Run) -> None:
        self.unit = unit
        self.points = points
        self.run = run
        terms = unit.terms
        self.scale = common_denominator([*unit.constant, *[c * v for t in terms for c in t.column for v in t.values]])
        self.price_scale = common_denominator([price for term in terms for price in term.prices])
        self.least = [min(term.prices) for term in terms]
        self.base = [term.values[term.prices.index(low)] for term, low in zip(terms, self.least, strict=True)]
        self.free = [k for k, term in enumerate(terms) if term.prices.count(self.least[k]) > 1]
        self.changes = [
            (k, value, int((price - self.least[k]) * self.price_scale))
            for k, term in enumerate(terms)
            if k not in self.free
            for value, price in zip(term.values, term.prices, strict=True)
            if value != self.base[k]
        ]
        reach = [
            magnitude(unit.constant[i])
            + 2 * sum([max([magnitude(v) for v in t.values]) * magnitude(t.column[i]) for t in terms])
            for i in range(points)
        ]
        whole = sum([max(term.prices) for term in terms]) * self.price_scale
        self.fits = (
            max(reach) * self.scale < 1 << 62
            and whole < 1 << 62
            and prod([len(terms[k].values) for k in self.free]) <= MOST_FREE
        )
        self.starts: list[tuple[Number, ...]] = []
        self.rounds: list[_Round] = []
        self.found: dict[int, tuple[int, int, int, int]] = {}  # Mask: extra, round, row before it, change.

    def listing(self) -> Listing:
        """Rounds, as long as they are short."""
        self._start()
        cheapest: dict[int, int] = {}
        for k, _, extra in self.changes:
            cheapest[k] = min(extra, cheapest.get(k, extra))
        ahead = sorted(cheapest.values())
        complete = True
        done = 0
        while done < len(ahead):
            last = self.rounds[-1].last
            counts = [int(np.searchsorted(last, k)) for k, _, _ in self.changes]
            made = sum(counts) * self.points
            if made > MOST_SUMS:
                complete = False
                break
            keep = made <= MOST_KEPT
            known = dict(self.found)
            self._round(counts, keep)
            if len(self.found) > MOST_COLUMNS:
                self.found = known
                complete = False
                break
            done += 1
            if not keep:
                complete = done == len(ahead)
                break
        least = sum(self.least)
        beyond = None if complete else normal(least + Fraction(sum(ahead[: done + 1]), self.price_scale))
        listed = []
        for mask, (extra, *way) in self.found.items():
            paid = normal(least + Fraction(extra, self.price_scale))
            price = paid if beyond is None else min(paid, beyond)
            listed.append(Listed(mask, price, paid, self._values(*way)))
        listed.sort(key=lambda each: (each.price, each.mask))
        return Listing(tuple(listed), None if len(listed) == 1 << self.points else beyond)

    def _start(self) -> None:
        """The sums without changes: one for each combination of the free values."""
        unit, terms = self.unit, self.unit.terms
        sums, extra = [], []
        for values in product(*[terms[k].values for k in self.free]):
            chosen = list(self.base)
            price: Number = 0
            for k, value in zip(self.free, values, strict=True):
                chosen[k] = value
                price += terms[k].prices[terms[k].values.index(value)] - self.least[k]
            self.starts.append(tuple(chosen))
            row = list(unit.constant)
            for term, value in zip(terms, chosen, strict=True):
                if value:
                    row = [a + value * c for a, c in zip(row, term.column, strict=True)]
            sums.append([int(a * self.scale) for a in row])
            extra.append(int(price * self.price_scale))
        none = np.full(len(sums), -1, np.int64)
        first = _Round(np.array(sums, np.int64), np.array(extra, np.int64), none, none, none)
        self.rounds.append(first)
        self._record(first.sums, first.extra, -1, 0)

    def _round(self, counts: list[int], keep: bool) -> None:
        """One change more: each change after the ones there are."""
        before = self.rounds[-1]
        made: list[_Round] = []
        size = max(1, CHUNK // self.points)
        for c, ((k, value, more), count) in enumerate(zip(self.changes, counts, strict=True)):
            column = self.unit.terms[k].column
            adds = np.array([int((value - self.base[k]) * a * self.scale) for a in column], np.int64)
            for start in range(0, count, size):
                self.run.poll()
                end = min(count, start + size)
                sums = before.sums[start:end] + adds
                extra = before.extra[start:end] + more
                self._record(sums, extra, c, start)
                if keep:
                    parent = np.arange(start, end)
                    made.append(_Round(sums, extra, np.full(end - start, k), parent, np.full(end - start, c)))
        if keep:
            joined = [np.concatenate([getattr(each, name) for each in made]) for name in _Round.__slots__]
            self.rounds.append(_Round(*joined))

    def _record(self, sums: Ints, extra: Ints, change: int, start: int) -> None:
        """Keep the columns of these sums, where they are cheaper than before."""
        masks = (sums >= 0) @ (np.int64(1) << np.arange(self.points, dtype=np.int64))
        order = np.lexsort((extra, masks))
        masks = masks[order]
        first = np.ones(len(masks), bool)
        first[1:] = masks[1:] != masks[:-1]
        rows = order[first]
        number = len(self.rounds) - 1
        for mask, price, row in zip(masks[first].tolist(), extra[rows].tolist(), rows.tolist(), strict=True):
            known = self.found.get(mask)
            if known is None or price < known[0]:
                self.found[mask] = (price, number, row + start, change)

    def _values(self, number: int, row: int, change: int) -> tuple[tuple[int, Number], ...]:
        """The values of the variables of a sum: that of a row, with another change."""
        terms = self.unit.terms
        changed: dict[int, Number] = {}
        while change >= 0:
            k, value, _ = self.changes[change]
            changed[k] = value
            here = self.rounds[number]
            if number:
                change, row = int(here.change[row]), int(here.parent[row])
                number -= 1
            else:
                change = -1
        start = self.starts[row]
        return tuple([(term.variable, changed.get(k, start[k])) for k, term in enumerate(terms)])
