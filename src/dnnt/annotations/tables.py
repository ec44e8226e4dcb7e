"""Annotated sets: packed key -> annotation, and their sums (convolutions in the semiring).

Three ways to hold one: `Listed` (a dictionary: small, wide, or long annotations), `Columns` (sorted arrays of 64-bit
integers; only where every number provably fits) and `Dense` (counts as the coefficients of an integer polynomial: keys
are indices, so a sum of sets is a product of polynomials). Each sum is formed in the way that is predicted cheapest;
the costs below were measured on one machine, they steer the choice and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dnnt.annotations.semirings import Semiring
from dnnt.running import Run, Stop

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]

WORD = 1 << 62
"""Keys and annotations below this are held in 64 bits."""

SMALL_PAIRS = 60_000
"""Up to this many pairs NumPy and python-flint are not loaded."""

MAP_SPAN = 1 << 26
"""The largest box for which an array of all cells is made."""

DENSE_SPAN = 1 << 27
"""The largest box for polynomials."""

CHUNK_PAIRS = 2_000_000
"""Pairs formed between two polls."""

DICTIONARY, MAP, MAP_CELL, SORT = 2e-7, 6e-9, 6e-9, 1.5e-7
"""Seconds for a pair in a dictionary, a pair and a cell in a map, and a pair that is sorted."""

DENSE_CELL, DENSE_BIT = 3e-7, 2e-8
"""Seconds for a cell of a product of polynomials, and for each bit of a coefficient beside it."""

ENTRY_BYTES = 160
"""What an entry of a dictionary takes; long annotations take more."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A dictionary key -> annotation. `bound`: see `Semiring.bound`."""

    entries: dict[int, int]
    bound: int

    @property
    def at_most(self) -> int:
        """An upper bound on the number of keys."""
        return len(self.entries)

    def get(self, key: int) -> int | None:
        """The annotation of a key, or None where it is not in the set."""
        return self.entries.get(key)

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return sorted(self.entries)

    def items(self) -> Iterator[tuple[int, int]]:
        """Keys in increasing order, with their annotations."""
        return iter(sorted(self.entries.items()))


@dataclass(frozen=True, slots=True)
class Columns:
    """Sorted keys and their annotations as arrays; the bound is below `WORD`."""

    numbers: Array
    values: Array
    bound: int

    @property
    def at_most(self) -> int:
        """The number of keys."""
        return len(self.numbers)

    def get(self, key: int) -> int | None:
        """The annotation of a key, or None where it is not in the set."""
        if not 0 <= key < WORD:
            return None
        at = int(self.numbers.searchsorted(key))
        return int(self.values[at]) if at < len(self.numbers) and int(self.numbers[at]) == key else None

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return [int(key) for key in self.numbers.tolist()]

    def items(self) -> Iterator[tuple[int, int]]:
        """Keys in increasing order, with their annotations."""
        return zip(self.listed(), map(int, self.values.tolist()), strict=True)


@dataclass(frozen=True, slots=True)
class Dense:
    """Counts as coefficients of a polynomial of python-flint."""

    polynomial: Any
    bound: int

    @property
    def at_most(self) -> int:
        """An upper bound on the number of keys."""
        return int(self.polynomial.length())

    def get(self, key: int) -> int | None:
        """The count of a key, or None where it is not in the set."""
        return (int(self.polynomial[key]) or None) if key >= 0 else None

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return [key for key, count in enumerate(self.polynomial.coeffs()) if count]

    def items(self) -> Iterator[tuple[int, int]]:
        """Keys in increasing order, with their counts."""
        return ((key, int(count)) for key, count in enumerate(self.polynomial.coeffs()) if count)


Table = Listed | Columns | Dense


def single(annotation: int) -> Table:
    """The set of the key 0 alone."""
    return Listed({0: annotation}, annotation)


def _seconds(left: Table, right: Table, span: int, semiring: Semiring) -> dict[str, float]:
    """The predicted time of each way to form a sum, as far as the way is open."""
    large, small = max(left.at_most, right.at_most), min(left.at_most, right.at_most)
    pairs = large * small
    costs = {"dictionary": DICTIONARY * pairs}
    if pairs <= SMALL_PAIRS:
        return costs
    bound = semiring.bound_times(left.bound, right.bound)
    if span < WORD and bound < WORD:
        costs["sort"] = 1e-3 + SORT * pairs
        if span <= MAP_SPAN:
            costs["map"] = 1e-3 + MAP * pairs + MAP_CELL * span + 3e-6 * small
    if semiring.counts and span <= DENSE_SPAN:
        costs["dense"] = 1e-3 + span * (DENSE_CELL + DENSE_BIT * bound.bit_length() / 2)
    return costs


def sum_seconds(left: Table, right: Table, span: int, semiring: Semiring) -> float:
    """The predicted time of forming a sum."""
    return min(_seconds(left, right, span, semiring).values())


def _bytes(way: str, left: Table, right: Table, span: int, bound: int) -> int:
    pairs = left.at_most * right.at_most
    if way == "map":
        return 16 * span + 16 * (left.at_most + right.at_most)
    if way == "sort":
        return 40 * min(pairs, CHUNK_PAIRS) + 32 * min(pairs, span)
    if way == "dense":
        return 3 * span * (8 + (0 if bound < WORD else 16 + bound.bit_length() // 8))
    return min(pairs, span) * (ENTRY_BYTES + (span.bit_length() + bound.bit_length()) // 8)


def summed(left: Table, right: Table, span: int, semiring: Semiring, run: Run, what: str) -> Table:
    """All sums of a key of `left` and one of `right`, keys of a packing with this span, with their annotations.

    Raises `Stop` where they would not fit (`what` says what they are), or where a limit comes.
    """
    if left.at_most < right.at_most:
        left, right = right, left
    bound = semiring.bound_times(left.bound, right.bound)
    costs = _seconds(left, right, span, semiring)
    way = min(costs, key=lambda name: costs[name])
    run.need(_bytes(way, left, right, span, bound), what)
    run.poll()
    if way == "dictionary":
        return _by_dictionary(left, right, bound, semiring, run)
    if way == "dense":
        # One product is one call that nothing interrupts: it is not begun where it would outlast the limit.
        if costs[way] > 0.3 and run.time_limit is not None and run.seconds + costs[way] > run.time_limit + 0.3:
            raise Stop("time")
        return Dense(_polynomial(left) * _polynomial(right), bound)
    from dnnt.annotations import arrays

    form = arrays.by_map if way == "map" else arrays.by_sort
    return Columns(*form(as_columns(left), as_columns(right), span, semiring.counts, run.poll), bound)


def _by_dictionary(left: Table, right: Table, bound: int, semiring: Semiring, run: Run) -> Listed:
    mine, shifts = list(left.items()), list(right.items())
    if len(shifts) == 1:
        ((shift, factor),) = shifts
        return Listed({key + shift: semiring.times(value, factor) for key, value in mine}, bound)
    made: dict[int, int] = {}
    since = 0
    for shift, factor in shifts:
        if semiring.counts:
            for key, value in mine:
                made[key + shift] = made.get(key + shift, 0) + value * factor
        else:
            for key, value in mine:
                cost = value + factor
                if made.get(key + shift, cost) >= cost:
                    made[key + shift] = cost
        since += len(mine)
        if since > 20_000:
            run.poll()
            since = 0
    return Listed(made, bound)


def as_columns(table: Table) -> Columns:
    """The same set as arrays. Its keys and its bound must be below `WORD`."""
    if isinstance(table, Columns):
        return table
    import numpy as np

    items = list(table.items())
    keys, values = [key for key, _ in items], [value for _, value in items]
    return Columns(np.array(keys, np.int64), np.array(values, np.int64), table.bound)


def _polynomial(table: Table) -> Any:
    if isinstance(table, Dense):
        return table.polynomial
    from flint import fmpz_poly

    cells = [0] * (max(table.listed()) + 1)
    for key, count in table.items():
        cells[key] = count
    return fmpz_poly(cells)


def gathered(pairs: Iterator[tuple[int, int]], bound: int, semiring: Semiring) -> Listed:
    """The set of the given keys with annotations; those of equal keys are added."""
    made: dict[int, int] = {}
    for key, value in pairs:
        known = made.get(key)
        made[key] = value if known is None else semiring.add(known, value)
    return Listed(made, bound)


def at(left: Table, right: Table, key: int, semiring: Semiring) -> int | None:
    """The annotation of one key of the sum of two sets, without forming it; None where it is not in it."""
    if isinstance(left, Columns) and isinstance(right, Columns):
        from dnnt.annotations import arrays

        return arrays.at(left, right, key, semiring)
    small, large = (left, right) if left.at_most <= right.at_most else (right, left)
    found: int | None = None
    for mine, value in small.items():
        other = large.get(key - mine)
        if other is not None:
            both = semiring.times(value, other)
            found = both if found is None else semiring.add(found, both)
    return found


def ways(left: Table, right: Table, key: int) -> list[tuple[int, int]]:
    """All pairs of a key of `left` and one of `right` with this sum, by increasing left key."""
    if isinstance(left, Columns) and isinstance(right, Columns):
        from dnnt.annotations import arrays

        return arrays.ways(left, right, key)
    if left.at_most <= right.at_most:
        return [(mine, key - mine) for mine in left.listed() if right.get(key - mine) is not None]
    return [(key - other, other) for other in reversed(right.listed()) if left.get(key - other) is not None]
