"""The cheapest of many states at once: losses tabulated per distinct digits, added as exact integers in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from dnnt.exact import Number, common_denominator, normal
from dnnt.reachable.key_kinds import WordKeys, as_numpy
from dnnt.reachable.packing import Packing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dnnt.reachable.key_kinds import Keys
    from dnnt.reachable.terms import Term

CHUNK = 500_000

MOST_ENTRIES = 1_000_000
"""The most entries of all tables together."""


def cheapest_of_array(
    keys: NDArray[np.int64], packing: Packing, terms: Sequence[Term], poll: Callable[[], None]
) -> tuple[Number, int]:
    """The least total of the terms over a non-empty array of keys, and the first key that has it."""
    best: tuple[Number, int] | None = None
    known: list[dict[int, Number]] = [{} for _ in terms]
    for start in range(0, len(keys), CHUNK):
        total, key = _cheapest_of_chunk(keys[start : start + CHUNK], packing, terms, known, poll)
        if best is None or total < best[0]:
            best = (total, key)
    assert best is not None, "an empty array of states has no cheapest one"
    return best


def cheapest_by_tables(
    keys: Keys, packing: Packing, terms: Sequence[Term], poll: Callable[[], None]
) -> tuple[Number, int] | None:
    """The same by compiled loops over a table for each coordinate; None where a term depends on several of them."""
    if any(len(term.axes) > 1 for term in terms) or sum(axis.count for axis in packing.axes) > MOST_ENTRIES:
        return None
    tables: list[list[Number]] = [[0] * axis.count for axis in packing.axes]
    constant: Number = 0
    for term in terms:
        poll()
        if not term.axes:
            constant += term.cost(())
            continue
        (axis,) = term.axes
        tables[axis] = [known + term.cost((d,)) for d, known in enumerate(tables[axis])]
    scale = common_denominator(cost for table in tables for cost in table)
    if sum(max(table) for table in tables) * scale >= 1 << 61:
        return None
    from dnnt.kernels import losses

    counts = [axis.count for axis in packing.axes]
    arrays = [np.array([int(cost * scale) for cost in table], np.int64) for table in tables]
    if isinstance(keys, WordKeys):
        least, key = losses.least_of_bits(keys.words, counts, arrays, poll=poll)
    else:
        least, key = losses.least_of_keys(as_numpy(keys).keys, counts, arrays, poll=poll)
    return normal(Fraction(least, scale) + constant), key


def _cheapest_of_chunk(
    keys: NDArray[np.int64],
    packing: Packing,
    terms: Sequence[Term],
    known: list[dict[int, Number]],
    poll: Callable[[], None],
) -> tuple[Number, int]:
    columns: list[tuple[NDArray[np.int64], list[Number]]] = []
    for term, memo in zip(terms, known, strict=True):
        poll()
        joint = np.zeros(len(keys), np.int64)
        for axis in term.axes:
            count = packing.axes[axis].count
            joint = joint * count + keys // packing.strides[axis] % count
        distinct, inverse = _distinct(joint)
        columns.append((inverse, [_cost(int(code), term, packing, memo, poll) for code in distinct.tolist()]))
    return _least(keys, columns)


def _distinct(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sorted distinct codes, and for each code its index among them."""
    high = int(codes.max())
    if high < 8 * len(codes) + 1_000_000:
        present = np.zeros(high + 1, bool)
        present[codes] = True
        distinct = present.nonzero()[0]
        index = np.zeros(high + 1, np.int64)
        index[distinct] = np.arange(len(distinct))
        return distinct, index[codes]
    ordered = np.sort(codes)
    keep = np.ones(len(ordered), bool)
    keep[1:] = ordered[1:] != ordered[:-1]
    distinct = ordered[keep]
    return distinct, distinct.searchsorted(codes)


def _cost(code: int, term: Term, packing: Packing, memo: dict[int, Number], poll: Callable[[], None]) -> Number:
    cost = memo.get(code)
    if cost is None:
        if len(memo) % 1000 == 0:
            poll()
        digits, rest = [], code
        for axis in reversed(term.axes):
            rest, digit = divmod(rest, packing.axes[axis].count)
            digits.append(digit)
        cost = memo[code] = term.cost(tuple(reversed(digits)))
    return cost


def _least(keys: NDArray[np.int64], columns: list[tuple[NDArray[np.int64], list[Number]]]) -> tuple[Number, int]:
    scale = common_denominator(cost for _, costs in columns for cost in costs)
    bound = sum(max(abs(cost.numerator) * (scale // cost.denominator) for cost in costs) for _, costs in columns)
    # Exact either way: int64 where the largest total provably fits, Python integers elsewhere.
    kind: type = np.int64 if bound < 1 << 62 else object
    total: NDArray[Any] = np.zeros(len(keys), kind)
    for inverse, costs in columns:
        scaled: NDArray[Any] = np.array([cost.numerator * (scale // cost.denominator) for cost in costs], kind)
        total += scaled[inverse]
    at = int(total.argmin())
    return normal(Fraction(int(total[at]), scale)), int(keys[at])
