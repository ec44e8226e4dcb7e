"""The last step: the cheapest reachable state.

Four ways. `boxes`, for very many equal units and losses made of lines, and `hull`, for convex losses: bounds and near
misses from the hull of all states, then only the states between what is found and what is bounded (see `by_boxes` and
`hull`). `points` forms L + R, the sum of two halves, and looks at every state: right for any loss. `targets` lists the
states of the box in order of increasing loss and asks for each whether it is in L + R. All are exact, and the
certificate says which one the checker should follow.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, product
from math import log2, prod

from dnnt.exact import Number, normal
from dnnt.reachable import keysets
from dnnt.reachable.cheapest import TERM_SECONDS, WIDE_TERM_SECONDS, cheapest
from dnnt.reachable.found import Found, Grounds, Searched, way_of_halves
from dnnt.reachable.halves import POINT_PAIRS, Halves, Parts, halves_of
from dnnt.reachable.hull import by_hull
from dnnt.reachable.key_kinds import NUMPY_SPAN, BitKeys, Keys, split as split_key
from dnnt.reachable.membership import membership
from dnnt.reachable.ordered import ascending, increasing
from dnnt.reachable.terms import Term
from dnnt.running import Run

CELL_SECONDS = 8e-6
"""The time that an entry of a sample's table of losses takes."""

LISTING_SECONDS = 4e-6
"""The time that it takes to list one more target."""

BATCH = 256
"""Targets that are tested at once, at most."""

TABLE_CELLS = 2_000_000
"""The most entries of a sample's table of losses for `targets`."""

LEAST_TIMES, LEAST_SPAN = 16, 12.0
"""Boxes are for so many equal units and more, and for so many points (a logarithm) of the box of all states."""

Improved = Callable[[Found], None]
"""Told of every better state on the way."""

Excluded = Callable[[Number, Grounds], None]
"""Told of every loss below which no state lies, with the grounds."""


def has_many(times: int, span: float) -> bool:
    """Whether boxes are tried first: for so many equal units, and 2^span points of the box of all states."""
    return times >= LEAST_TIMES and span >= LEAST_SPAN


def search(
    parts: Parts, terms: list[Term], threshold: Number | None, run: Run, improved: Improved, excluded: Excluded
) -> Searched:
    """The cheapest state; with a threshold, any state at or below it will do."""
    if has_many(max(parts.times, default=0), log2(parts.packing.span)):
        from dnnt.reachable.by_boxes import by_boxes  # Few units do not pay for it.

        found = by_boxes(parts, terms, threshold, run, improved, excluded)
        if found is not None:
            return found
    found = by_hull(parts, terms, threshold, run, improved, excluded)
    if found is not None:
        return found
    left = parts.split([part.keys.size for part in parts.all])
    return by_halves(halves_of(parts, left, run), terms, threshold, run, improved, excluded)


def by_halves(
    halves: Halves, terms: list[Term], threshold: Number | None, run: Run, improved: Improved, excluded: Excluded
) -> Searched:
    """The cheapest state of L + R, by all states or by targets."""
    cells = sum(1 if term.convex else prod(halves.packing.axes[axis].count for axis in term.axes) for term in terms)
    by_points = (
        halves.pairs <= POINT_PAIRS // 100
        or cells > TABLE_CELLS
        or cells * CELL_SECONDS > _points_seconds(halves, len(terms), run)
    )
    if not by_points:
        found = _by_targets(halves, terms, threshold, run, improved, excluded)
        if found is not None:
            return found
    return _by_points(halves, terms, run)


def _grounds(halves: Halves, last: str, count: int) -> Grounds:
    return Grounds(last, halves.left, halves.left_fold.result.size, halves.right_fold.result.size, count)


def _by_points(halves: Halves, terms: list[Term], run: Run) -> Searched:
    left, right, packing = halves.left_fold.result, halves.right_fold.result, halves.packing
    run.progress("all reachable states", 0.5)
    run.need(keysets.sumset_bytes(left.size, right.size, packing.span), "the set of all reachable states")
    states = keysets.sumset(left, right, packing.span, run.poll)
    run.progress(f"the cheapest of {states.size:,} states", 0.8)
    loss, key = cheapest(states, packing, terms, run.poll)
    return Searched(_located(halves, key, loss), _grounds(halves, "points", states.size))


def _located(halves: Halves, key: int, loss: Number) -> Found:
    pair = split_key(halves.left_fold.result, halves.right_fold.result, key)
    assert pair is not None, "a state that is no sum of its halves"
    return Found(loss, way_of_halves(halves, *pair))


def _by_targets(
    halves: Halves,
    terms: list[Term],
    threshold: Number | None,
    run: Run,
    improved: Improved,
    excluded: Excluded,
) -> Searched | None:
    """Targets in order of loss; None where that turns out dearer than looking at all states."""
    run.progress("losses of single samples")
    tables = [ascending(term, halves.packing, run.poll) for term in terms]
    sampled = _sample(halves, terms, run)
    improved(sampled)
    if threshold is not None and sampled.loss <= threshold:
        return Searched(sampled, _grounds(halves, "targets", 0))
    first, each = membership(halves, run, 1000)
    affordable = int(_points_seconds(halves, len(terms), run) / (each + LISTING_SECONDS))
    run.progress("states in order of loss")
    tested = 0
    targets = increasing(tables)
    while tested <= affordable:
        some = list(islice(targets, min(BATCH, 1 + tested)))
        assert some, "no state of the box is reachable"
        excluded(some[0][0], _grounds(halves, "targets", tested))
        wanted = [key for loss, key in some if threshold is None or loss <= threshold]
        index = first(wanted)
        if index is not None:
            loss, key = some[index]
            return Searched(_located(halves, key, loss), _grounds(halves, "targets", tested + index))
        tested += len(wanted)
        if len(wanted) < len(some):
            return Searched(None, _grounds(halves, "targets", tested))
    return None


def _points_seconds(halves: Halves, terms: int, run: Run) -> float:
    """Predicted time of looking at all states; infinite where they would not fit."""
    left, right, span = halves.left_fold.result.size, halves.right_fold.result.size, halves.packing.span
    if keysets.sumset_bytes(left, right, span) > run.room // 2:
        return 1e9
    each = TERM_SECONDS if span <= NUMPY_SPAN else WIDE_TERM_SECONDS
    return 0.01 + keysets.sumset_seconds(left, right, span) + each * terms * min(left * right, span)


def _sample(halves: Halves, terms: list[Term], run: Run) -> Found:
    """The best of some states spread over both halves, so that a limit finds more than the first choice."""
    best: tuple[Number, int, int] | None = None
    lefts, rights = _spread(halves.left_fold.result, 40), _spread(halves.right_fold.result, 40)
    for left, right in product(lefts, rights):
        run.poll()
        key = left + right
        digits = [key // s % a.count for s, a in zip(halves.packing.strides, halves.packing.axes, strict=True)]
        loss = normal(sum(term.cost(tuple(digits[axis] for axis in term.axes)) for term in terms))
        if best is None or loss < best[0]:
            best = loss, left, right
    assert best is not None, "both halves have a sum"
    return Found(best[0], way_of_halves(halves, best[1], best[2]))


def _spread(keys: Keys, count: int) -> list[int]:
    """About `count` keys, spread over the set."""
    if isinstance(keys, BitKeys):
        length = keys.bits.bit_length()
        starts = range(0, length, max(1, length // count))
        return sorted({start + _lowest(keys.bits >> start) for start in starts})
    listed = keys.listed()
    return listed[:: max(1, len(listed) // count)]


def _lowest(bits: int) -> int:
    """The number of the lowest bit that is set."""
    return (bits & -bits).bit_length() - 1
