"""The losses of many states at once: tabulated per distinct digits, added as exact integers in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from dnnt.annotations.semirings import Semiring
from dnnt.annotations.tables import Columns, Table
from dnnt.exact import Number, common_denominator, normal
from dnnt.reachable.packing import Packing
from dnnt.reachable.terms import Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.int64]

CHUNK = 500_000
"""States looked at between two polls."""


@dataclass(frozen=True, slots=True)
class ManyFormed:
    """Keys in increasing order, losses times `scale` (64-bit or Python integers), and annotations (the same)."""

    keys: Array
    losses: NDArray[Any]
    scale: int
    annotations: NDArray[Any]

    def _loss(self, scaled: int) -> Number:
        return normal(Fraction(int(scaled), self.scale))

    def ascending(self, above: Number | None) -> Iterator[tuple[Number, int, int]]:
        """See `Formed`."""
        order = self.losses.argsort(kind="stable")
        if above is not None:
            order = order[int(self.losses[order].searchsorted(int(above * self.scale), side="right")) :]
        for start in range(0, len(order), 1000):
            some = order[start : start + 1000]
            rows = zip(
                self.losses[some].tolist(), self.keys[some].tolist(), self.annotations[some].tolist(), strict=True
            )
            for scaled, key, annotation in rows:
                yield self._loss(scaled), int(key), int(annotation)

    def histogram(self, semiring: Semiring) -> dict[Number, int]:
        """See `Formed`."""
        order = self.losses.argsort(kind="stable")
        losses, annotations = self.losses[order], self.annotations[order]
        starts = np.concatenate([[0], (losses[1:] != losses[:-1]).nonzero()[0] + 1])
        joined = np.add.reduceat(annotations, starts) if semiring.counts else np.minimum.reduceat(annotations, starts)
        pairs = zip(losses[starts].tolist(), joined.tolist(), strict=True)
        return {self._loss(scaled): int(annotation) for scaled, annotation in pairs}


def formed(table: Table, packing: Packing, terms: list[Term], poll: Callable[[], None]) -> ManyFormed:
    """The losses of all states of a set; the packing's span is below 2^62."""
    keys: Array
    annotations: NDArray[Any]
    if isinstance(table, Columns):
        # Sums of annotations stay below the bound, which is below 2^62.
        keys, annotations = table.numbers, table.values
    else:
        items = list(table.items())
        keys = np.array([key for key, _ in items], np.int64)
        kind: type = np.int64 if table.bound < 1 << 62 else object
        annotations = np.array([annotation for _, annotation in items], kind)
    columns = [_column(keys, packing, term, poll) for term in terms]
    scale = common_denominator(cost for _, costs in columns for cost in costs)
    bound = sum(max((_scaled(cost, scale) for cost in costs), default=0) for _, costs in columns)
    # Exact either way: int64 where the largest total provably fits, Python integers elsewhere (losses are >= 0).
    losses: NDArray[Any] = np.zeros(len(keys), np.int64 if bound < 1 << 62 else object)
    for inverse, costs in columns:
        poll()
        losses += np.array([_scaled(cost, scale) for cost in costs], losses.dtype)[inverse]
    return ManyFormed(keys, losses, scale, annotations)


def _scaled(cost: Number, scale: int) -> int:
    return cost.numerator * (scale // cost.denominator)


def _column(keys: Array, packing: Packing, term: Term, poll: Callable[[], None]) -> tuple[Array, list[Number]]:
    """For each state the index of its digits among those that occur, and what each of these adds to the loss."""
    joint = np.zeros(len(keys), np.int64)
    for axis in term.axes:
        poll()
        count = packing.axes[axis].count
        joint = joint * count + keys // packing.strides[axis] % count
    distinct, inverse = _distinct(joint)
    costs = []
    for index, code in enumerate(distinct.tolist()):
        if index % 500 == 0:
            poll()
        digits, rest = [], int(code)
        for axis in reversed(term.axes):
            rest, digit = divmod(rest, packing.axes[axis].count)
            digits.append(digit)
        costs.append(term.cost(tuple(reversed(digits))))
    return inverse, costs


def _distinct(codes: Array) -> tuple[Array, Array]:
    """Sorted distinct codes, and for each code its index among them."""
    if not len(codes):
        return codes, codes
    high = int(codes.max())
    if high < 8 * len(codes) + 1_000_000:
        index = np.zeros(high + 1, np.int64)
        index[codes] = 1
        distinct = index.nonzero()[0].astype(np.int64, copy=False)
        index[distinct] = np.arange(len(distinct))
        return distinct, index[codes]
    ordered = np.sort(codes)
    keep = np.ones(len(ordered), bool)
    keep[1:] = ordered[1:] != ordered[:-1]
    distinct = ordered[keep]
    return distinct, distinct.searchsorted(codes).astype(np.int64, copy=False)
