"""The last step: the cheapest state of L + R, where L and R are two halves of the summands.

Two ways, chosen by predicted cost. `points` forms L + R and looks at every state: right for any loss. `targets` lists
the states of the box in order of increasing loss and asks for each whether it is in L + R: far less work where the
optimum is near what the box allows. Both are exact, and the certificate says which one the checker should follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import prod

from dnnt.exact import Number, normal
from dnnt.instance import Instance, mixed_order
from dnnt.reachable import keysets
from dnnt.reachable.cheapest import TERM_SECONDS, WIDE_TERM_SECONDS, cheapest
from dnnt.reachable.execute import Executed, Fold, execute, fold_sum
from dnnt.reachable.key_kinds import NUMPY_SPAN, BitKeys, Keys, NumpyKeys, as_bits, as_numpy, meeting, split
from dnnt.reachable.ordered import ascending, increasing
from dnnt.reachable.packing import Packing, packing_sum
from dnnt.reachable.program import Program
from dnnt.reachable.terms import Term
from dnnt.running import Run

POINT_PAIRS = 2_000_000
"""Up to this many pairs of halves they are not split, and up to a hundredth of it all states are looked at."""

MANY = 10**9
"""Multiplicities above this are treated as this one where work is predicted."""

CELL_SECONDS = 8e-6
"""The time that an entry of a sample's table of losses takes."""

LISTING_SECONDS = 4e-6
"""The time that it takes to list one more target."""

TABLE_CELLS = 2_000_000
"""The most entries of a sample's table of losses for `targets`."""


@dataclass(frozen=True, slots=True)
class Halves:
    """The two halves as folds in one packing; `left[g]` units of group g are on the left, all others on the right."""

    parts: tuple[Executed, ...]
    rest: Executed
    packing: Packing
    left: tuple[int, ...]
    left_fold: Fold
    right_fold: Fold

    @property
    def pairs(self) -> int:
        """The number of pairs of a left and a right sum."""
        return self.left_fold.result.size * self.right_fold.result.size


@dataclass(frozen=True, slots=True)
class Found:
    """A state as a key of each half, and its loss."""

    left: int
    right: int
    loss: Number


@dataclass(frozen=True, slots=True)
class Searched:
    """How the last step ended: `last` names the way, `count` its states or targets; `found` the cheapest state.

    With `found` None, no state has a loss at or below the threshold that was asked for.
    """

    last: str
    count: int
    found: Found | None


def halves_of(program: Program, run: Run) -> Halves:
    """Execute every group of units, and form the two halves."""
    parts = []
    for index, unit in enumerate(program.units):
        run.progress(f"hidden units, group {index + 1} of {len(program.units)}")
        parts.append(execute(unit.node, run))
    run.progress("output biases and skip edges")
    rest = execute(program.rest.node, run)
    times = [unit.count for unit in program.units]
    packing = packing_sum(
        [*((p.packing, t) for p, t in zip(parts, times, strict=True)), (rest.packing, 1)],
        program.width,
    )
    left = _split(parts, times, rest, packing)
    right = [t - c for t, c in zip(times, left, strict=True)]
    run.progress("left half")
    left_fold = fold_sum(parts, left, packing, run)
    run.progress("right half")
    right_fold = fold_sum([*parts, rest], [*right, 1], packing, run)
    return Halves(tuple(parts), rest, packing, tuple(left), left_fold, right_fold)


def _split(parts: list[Executed], times: list[int], rest: Executed, packing: Packing) -> list[int]:
    """How many units of each group go left: all, where that is cheap; else about half of the predicted choices.

    Choices are counted in bits: a group of t units with 2^b contributions each has about b·t.
    """
    bits = [float(max(part.keys.size, 1).bit_length() - 1) for part in parts]
    counts = [min(t, MANY) for t in times]
    of_units = sum(b * t for b, t in zip(bits, counts, strict=True))
    if min(of_units + rest.keys.size.bit_length(), packing.span.bit_length()) <= POINT_PAIRS.bit_length() - 1:
        return list(times)
    left, room = [], of_units / 2
    for b, count, t in zip(bits, counts, times, strict=True):
        if not b:
            take = t
        elif t > 1 and b * count > 2 * room:
            take = t // 2
        else:
            take = min(t, int(max(room, 0.0) / b + 0.5))
        left.append(take)
        room -= b * min(take, MANY)
    return left


def terms_of(instance: Instance, program: Program, packing: Packing) -> list[Term]:
    """The total loss as one term for each distinct input, memoised per distinct digits."""
    n = len(program.inputs)
    position = {x: i for i, x in enumerate(program.inputs)}
    targets: list[dict[tuple[Number, ...], Number]] = [{} for _ in program.inputs]
    for sample in instance.samples:
        at = targets[position[sample.x]]
        at[sample.y] = normal(at.get(sample.y, 0) + sample.weight)
    return [_term(instance, program, packing, i, n, targets[i]) for i in mixed_order(n)]


def _term(
    instance: Instance,
    program: Program,
    packing: Packing,
    i: int,
    n: int,
    targets: dict[tuple[Number, ...], Number],
) -> Term:
    axes = tuple(block * n + i for block in range(program.blocks))
    memo: dict[tuple[int, ...], Number] = {}

    def cost(digits: tuple[int, ...]) -> Number:
        known = memo.get(digits)
        if known is None:
            f = []
            for output in program.outputs:
                if output.block is None:
                    f.append(output.values[i])
                    continue
                z = packing.axes[axes[output.block]].value(digits[output.block])
                f.append(output.activation(z) if output.activation is not None else z)
            outputs = tuple(f)
            known = memo[digits] = normal(sum(w * instance.loss(outputs, y) for y, w in targets.items() if w))
        return known

    activations = [output.activation for output in program.outputs if output.block is not None]
    plain = len(axes) == 1 and all(a is None or a.kind == "identity" for a in activations)
    return Term(axes, cost, plain and instance.loss.kind in ("squared", "absolute", "hinge"))


def search(
    halves: Halves,
    terms: list[Term],
    threshold: Number | None,
    run: Run,
    improved: Callable[[Found], None],
    excluded: Callable[[Number, int], None],
) -> Searched:
    """The cheapest state of L + R; with a threshold, any state at or below it will do.

    `improved` is told of every better state on the way, `excluded` of every loss below which no state lies, with the
    number of targets tested so far.
    """
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


def _by_points(halves: Halves, terms: list[Term], run: Run) -> Searched:
    left, right, packing = halves.left_fold.result, halves.right_fold.result, halves.packing
    run.progress("all reachable states", 0.5)
    run.need(keysets.sumset_bytes(left.size, right.size, packing.span), "the set of all reachable states")
    states = keysets.sumset(left, right, packing.span, run.poll)
    run.progress(f"the cheapest of {states.size:,} states", 0.8)
    loss, key = cheapest(states, packing, terms, run.poll)
    return Searched("points", states.size, _located(halves, key, loss))


def _located(halves: Halves, key: int, loss: Number) -> Found:
    pair = split(halves.left_fold.result, halves.right_fold.result, key)
    assert pair is not None, "a state that is no sum of its halves"
    return Found(pair[0], pair[1], loss)


def _by_targets(
    halves: Halves,
    terms: list[Term],
    threshold: Number | None,
    run: Run,
    improved: Callable[[Found], None],
    excluded: Callable[[Number, int], None],
) -> Searched | None:
    """Targets in order of loss; None where that turns out dearer than looking at all states."""
    run.progress("losses of single samples")
    tables = [ascending(term, halves.packing, run.poll) for term in terms]
    sampled = _sample(halves, terms, run)
    improved(sampled)
    if threshold is not None and sampled.loss <= threshold:
        return Searched("targets", 0, sampled)
    member, each = _membership(halves, run)
    affordable = int(_points_seconds(halves, len(terms), run) / (each + LISTING_SECONDS))
    run.progress("states in order of loss")
    for tested, (loss, key) in enumerate(increasing(tables)):
        excluded(loss, tested)
        if threshold is not None and loss > threshold:
            return Searched("targets", tested, None)
        if tested > affordable:
            return None
        run.poll()
        if member(key):
            return Searched("targets", tested, _located(halves, key, loss))
    raise AssertionError("no state of the box is reachable")


def _points_seconds(halves: Halves, terms: int, run: Run) -> float:
    """Predicted time of looking at all states; infinite where they would not fit."""
    left, right, span = halves.left_fold.result.size, halves.right_fold.result.size, halves.packing.span
    if keysets.sumset_bytes(left, right, span) > run.room // 2:
        return 1e9
    each = TERM_SECONDS if span <= NUMPY_SPAN else WIDE_TERM_SECONDS
    return 0.01 + keysets.sumset_seconds(left, right, span) + each * terms * min(left * right, span)


def _membership(halves: Halves, run: Run) -> tuple[Callable[[int], bool], float]:
    """A test whether a key is in L + R, and the predicted seconds of one."""
    left, right, span = halves.left_fold.result, halves.right_fold.result, halves.packing.span
    small, large = sorted((left, right), key=lambda keys: keys.size)
    # A test takes about span / 20 ns by bits, and 30 ns for each key of the smaller half by a map.
    if span <= keysets.BITSET_SPAN and span < 600 * small.size:
        run.need(span, "the bits of both halves")
        bits, (mirror, length) = as_bits(small).bits, as_bits(large).reversed()
        return (lambda key: bool(meeting(bits, mirror, length, key))), 1e-6 + span * 1e-10
    if small.size > keysets.SMALL_PAIRS and span <= keysets.BITMAP_SPAN:
        run.need(span, "a map of one half")
        return _map_membership(as_numpy(small), as_numpy(large), span), 1e-5 + small.size * 1e-8
    return (lambda key: split(small, large, key) is not None), 2e-5 + small.size * 1e-7


def _map_membership(small: NumpyKeys, large: NumpyKeys, span: int) -> Callable[[int], bool]:
    import numpy as np

    cells = np.zeros(span, bool)
    cells[large.keys] = True

    def member(key: int) -> bool:
        rest = key - small.keys
        return bool(cells[rest[rest >= 0]].any())

    return member


def _sample(halves: Halves, terms: list[Term], run: Run) -> Found:
    """The best of some states spread over both halves, so that a limit finds more than the first choice."""
    best: Found | None = None
    lefts, rights = _spread(halves.left_fold.result, 40), _spread(halves.right_fold.result, 40)
    for left, right in product(lefts, rights):
        run.poll()
        key = left + right
        digits = [key // s % a.count for s, a in zip(halves.packing.strides, halves.packing.axes, strict=True)]
        loss = normal(sum(term.cost(tuple(digits[axis] for axis in term.axes)) for term in terms))
        if best is None or loss < best.loss:
            best = Found(left, right, loss)
    assert best is not None, "both halves have a sum"
    return best


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
