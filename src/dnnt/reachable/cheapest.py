"""The cheapest state of a set: one by one in Python where there are few, all at once in NumPy where there are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dnnt.exact import Number, normal
from dnnt.kernels import loading
from dnnt.reachable.key_kinds import NUMPY_SPAN, Keys, as_numpy
from dnnt.reachable.keysets import SMALL_PAIRS, Poll
from dnnt.reachable.packing import Packing
from dnnt.reachable.terms import Term

TERM_SECONDS, WIDE_TERM_SECONDS = 2e-7, 5e-7
"""What adding one term to the total of a state takes, for predictions; with keys that are too wide for NumPy."""


def cheapest(keys: Keys, packing: Packing, terms: Sequence[Term], poll: Poll) -> tuple[Number, int]:
    """The least total of the terms over a non-empty set, and the least key that has it."""
    if packing.span <= NUMPY_SPAN and keys.size * max(1, len(terms)) > SMALL_PAIRS:
        from dnnt.reachable.costs_numpy import cheapest_by_tables, cheapest_of_array

        if loading.loaded() or loading.worth(keys.size * len(terms) * TERM_SECONDS):
            found = cheapest_by_tables(keys, packing, terms, poll)
            if found is not None:
                return found
        return cheapest_of_array(as_numpy(keys).keys, packing, terms, poll)
    total_of = _wide(packing, terms) if packing.span > NUMPY_SPAN else _narrow(packing, terms)
    listed = keys.listed()
    # A few states spread over all first: the loss of the best of them cuts most sums short.
    best = min((total_of(key, None), key) for key in listed[:: max(1, len(listed) // 64)])
    for index, key in enumerate(listed):
        if index % 256 == 0:
            poll()
        best = min(best, (total_of(key, best[0]), key))
    return normal(best[0]), best[1]


_Total = Callable[[int, "Number | None"], Number]
"""The total of a key; of one above a bound something above it will do."""


def _narrow(packing: Packing, terms: Sequence[Term]) -> _Total:
    readers = [([(packing.strides[a], packing.axes[a].count) for a in term.axes], term.cost) for term in terms]

    def total_of(key: int, most: Number | None) -> Number:
        total: Number = 0
        for axes, cost in readers:
            total += cost(tuple([key // s % c for s, c in axes]))
            if most is not None and total > most:
                break
        return total

    return total_of


def _wide(packing: Packing, terms: Sequence[Term]) -> _Total:
    """The same for long keys, whose digits are taken all at once."""
    digits_of = packing.unpacker()
    readers = [(term.axes, term.cost) for term in terms]

    def total_of(key: int, most: Number | None) -> Number:
        total: Number = 0
        digits = digits_of(key)
        for axes, cost in readers:
            total += cost(tuple([digits[a] for a in axes]))
            if most is not None and total > most:
                break
        return total

    return total_of
