"""Predicted cost of the reachable sets: upper bounds on their sizes, without forming them.

A sum of sets has at most the product of their sizes and at most the grid points of its box. Sizes are
logarithms to base 2 (floats: they only steer choices, nothing is decided by them).

What method `reachable` takes has two figures. Its units are always executed; for convex losses the hull of all states
then mostly ends the search, in a time that goes by the sizes of the units' sets. Where it does not, or is not open,
two halves of all sums are formed: at most that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import inf, log2

from dnnt.activations import Activation
from dnnt.analysis.folds import BYTES_PER_KEY, Folded, folded, sumset_bytes
from dnnt.exact import Number, common_step, magnitude, normal, several
from dnnt.instance import Instance
from dnnt.reachable.cheapest import TERM_SECONDS, WIDE_TERM_SECONDS
from dnnt.reachable.clouds import LARGEST_CLOUD, MOST_AXES
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread, Sum
from dnnt.reachable.folding_cost import WIDEST, fold_seconds, multisets, sumset_seconds, times_of
from dnnt.reachable.halves import split_of
from dnnt.reachable.keysets import SMALL_PAIRS
from dnnt.reachable.packing import strides_bytes
from dnnt.reachable.program import Program
from dnnt.reachable.terms import is_convex_sum
from dnnt.spaces import Range

STARTING = 0.001
"""Seconds that the smallest instance takes."""

DIGIT, DIGIT_WIDE = 5e-8, 3e-7
"""Seconds to map one coordinate of a key; in Python, where sets are small or keys too wide for NumPy."""

UNIT_SECONDS = 3e-4
"""What a group of units takes whatever its size."""

HULL_SECONDS, HULL_COORDINATE, HULL_FAR = 0.002, 4e-6, 5e-7
"""What the hull takes whatever the sizes, and mostly for a coordinate of a vector of a unit's set (see benchmarks):
for the first `HULL_NEAR` of them, and where arrays hold the others.
"""

HULL_NEAR = 20_000

CLOUD_BYTES, CLOUD_COORDINATE = 100.0, 40.0
"""What a vector of a unit's set takes where the hull is looked for, and a coordinate of it."""

STATE, STATE_WIDE = TERM_SECONDS, 2 * WIDE_TERM_SECONDS
"""Seconds to find what one coordinate of a state adds to the loss. In wide boxes targets are mostly tried in vain
before, for as long.
"""

MOST_UNKNOWN = 64.0
"""Bits of a coordinate of which nothing is known, and the most of any other that is looked at."""

MANY_COORDINATES, COORDINATE = 64, 8e-6
"""Coordinates up to which the figures above hold, and seconds for one more of each set that is formed."""

DIVIDED, WIDE_PACKINGS = 5e-12, 2.5
"""Seconds, for the square of its bits, to take a key of many coordinates apart; how many packings of all states there
are, besides one for each set.
"""

MOST_BITS = 900.0
"""Sizes above this (a logarithm) are all alike where halves are split."""

NARROW = 62.0
"""The most cells of a box whose keys NumPy can hold (a logarithm)."""

SMALL_LOG = log2(SMALL_PAIRS)

MIB = 1 << 20

_STEP_KEPT = ("identity", "relu", "abs")
_INTEGRAL = ("sign", "step", "floor")


@dataclass(frozen=True, slots=True)
class Interval:
    """The values low, low + step, …, high of a coordinate (step 0: one value; None: no grid is known)."""

    low: Number
    high: Number
    step: Number | None

    @property
    def log_count(self) -> float:
        """The logarithm of the number of grid points."""
        if self.step is None:
            return inf
        if not self.step:
            return 0.0
        width = self.high - self.low
        # Whole steps of integers need no fractions.
        steps = width // self.step if type(width) is type(self.step) is int else width / Fraction(self.step)
        return _log2(steps + 1)


class Box:
    """The interval of each coordinate of a set (None: nothing is known), computed where it is asked for.

    Instances may have very many coordinates, and a few mostly show that the box is larger than the choices are many.
    """

    def __init__(self, width: int, interval: Callable[[int], Interval | None]) -> None:
        self.width = width
        self._interval = cache(interval)

    def __getitem__(self, coordinate: int) -> Interval | None:
        return self._interval(coordinate)

    def log_count(self, enough: float) -> float:
        """The logarithm of the number of grid points, or any number from `enough` on where it is not smaller."""
        total = 0.0
        for c in range(self.width):
            if total >= enough:
                break
            one = self[c]
            total += inf if one is None else one.log_count
        return total

    def bits(self) -> float:
        """About how many bits a key has, by the looks of some coordinates."""
        looked_at = range(0, self.width, max(1, self.width // 32))
        logs = [MOST_UNKNOWN if (one := self[c]) is None else min(one.log_count, MOST_UNKNOWN) for c in looked_at]
        return self.width * sum(logs) / len(logs) if logs else 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper bound on a set's size (logarithm), its box, the seconds to build it, its largest part (a logarithm)."""

    size: float
    box: Box
    seconds: float
    peak: float


def _mapping(size: float, box: Box) -> float:
    """The time of mapping every key of a set into a box through a table for each coordinate."""
    slow = size <= SMALL_LOG or box.log_count(NARROW + 1) > NARROW
    many = max(0, box.width - MANY_COORDINATES) * COORDINATE
    return times_of(size, (DIGIT_WIDE if slow else DIGIT) * box.width) + many


def _log2(value: Number) -> float:
    """log2 of a positive number of any size."""
    if type(value) is int:
        return log2(value)
    shift = max(0, value.numerator.bit_length() - value.denominator.bit_length() - 60)
    return log2(float(value / (1 << shift))) + shift


def _plus(*logs: float) -> float:
    """log2 of a sum of powers of 2."""
    top = max(logs, default=-inf)
    return top if top in (-inf, inf) else top + log2(sum(2.0 ** (x - top) for x in logs))


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is usual: seconds, MiB, and the figures behind them; `most` are seconds and MiB where halves are needed
    after all (None where they are what is usual).
    """

    seconds: float
    mebibytes: float
    basis: str
    most: tuple[float, float] | None = None


def is_convex(instance: Instance, program: Program) -> bool:
    """Whether the loss is a sum of convex functions of single coordinates of the state."""
    if not is_convex_sum(instance):
        return False
    return all(o.block is None or o.activation is None or o.activation.kind == "identity" for o in program.outputs)


def predicted(program: Program, convex: bool = False) -> Predicted:
    """The cost of the cheapest state, for a loss that is convex in each coordinate or not."""
    at = bounds_of(program)
    basis = f"at most about 2^{at.whole.size:.0f} reachable states of {several(program.width, 'coordinate')}"
    seconds = STARTING + (len(at.sets) - 1) * UNIT_SECONDS + sum(e.seconds for e in at.sets)
    held = times_of(_plus(*(e.peak for e in at.sets)), BYTES_PER_KEY)
    if program.width > MANY_COORDINATES:
        bits = at.whole.box.bits()
        seconds += times_of(at.whole.size, DIVIDED * bits * bits)
        held += (len(at.sets) + WIDE_PACKINGS) * strides_bytes(program.width, int(bits))
    halves = at.halves
    if not (convex and has_hull(at.sets, at.whole)):
        return Predicted(seconds + halves.seconds, (held + halves.bytes) / MIB, basis)
    # The hull is always tried first: what is found and proved there is kept.
    hull_seconds, hull_bytes = hull_cost(at.sets, program.width)
    seconds, held = seconds + hull_seconds, held + hull_bytes
    return Predicted(seconds, held / MIB, basis, (seconds + halves.seconds, (held + halves.bytes) / MIB))


@dataclass(frozen=True, slots=True)
class HalvesCost:
    """Two halves: how many units of each group are on the left, both as folds, and seconds and bytes of the last
    step.
    """

    times: tuple[int, ...]
    left: Folded
    right: Folded
    seconds: float
    bytes: float


def halves_cost(units: list[tuple[Estimate, int]], rest: Estimate, whole: Estimate) -> HalvesCost:
    """An upper bound on what two halves, and all states or targets, take."""
    span, width = whole.box.log_count(WIDEST), whole.box.width
    times = tuple(t for _, t in units)
    bits = [int(min(e.size, MOST_BITS)) for e, _ in units]
    left = split_of(times, bits, min(rest.size, MOST_BITS) + 1, span + 1)
    halves = []
    for mine, more in ((left, []), ([t - c for t, c in zip(times, left, strict=True)], [(rest, 1)])):
        parts = [(e, t) for (e, _), t in zip(units, mine, strict=True) if t and e.size > 0] + more
        halves.append(folded([(e.size, t) for e, t in parts], total(parts, width).size, span))
    one, two = halves
    half = max(one.size, two.size)
    last = min(whole.size, half + 10.0)
    seconds = one.seconds + two.seconds + sumset_seconds(half, last - half, span)
    seconds += times_of(last, (STATE_WIDE if span > NARROW else STATE) * width)
    return HalvesCost(left, one, two, seconds, one.bytes + two.bytes + sumset_bytes(half, last - half, span))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The estimates of a program's groups and, last, of its rest; of all states; and what two halves take."""

    sets: tuple[Estimate, ...]
    whole: Estimate
    halves: HalvesCost


_latest: list[tuple[Program, Bounds]] = []


def bounds_of(program: Program) -> Bounds:
    """Upper bounds for a program. The latest ones are kept: choosing a method and planning ask for them."""
    for known, bounds in _latest:
        if known is program:
            return bounds
    units = [(estimate(unit.node), unit.count) for unit in program.units]
    rest = estimate(program.rest.node)
    whole = total([*units, (rest, 1)], program.width)
    bounds = Bounds((*(e for e, _ in units), rest), whole, halves_cost(units, rest, whole))
    _latest[:] = [(program, bounds)]
    return bounds


def has_hull(sets: Sequence[Estimate], whole: Estimate) -> bool:
    """Whether the states vary in few coordinates, and the sets below them are small enough to look at each vector."""
    # Instances with very many samples are not asked for all of their coordinates.
    width = whole.box.width
    if width > 8 * MOST_AXES or any(e.size > log2(LARGEST_CLOUD) for e in sets):
        return False
    return 0 < sum(1 for c in range(width) if (one := whole.box[c]) is None or one.log_count > 0) <= MOST_AXES


def hull_cost(sets: Sequence[Estimate], width: int) -> tuple[float, float]:
    """Seconds and bytes that the search by the hull of all states takes, mostly."""
    vectors = sum(2.0**e.size for e in sets)
    near = min(vectors * width, HULL_NEAR)
    seconds = HULL_SECONDS + near * HULL_COORDINATE + (vectors * width - near) * HULL_FAR
    return seconds, vectors * (CLOUD_BYTES + width * CLOUD_COORDINATE)


def estimate(node: Node) -> Estimate:
    """An upper bound on the set that a node denotes."""
    if isinstance(node, Choose):
        return _choose(node)
    if isinstance(node, Sum):
        return total([(estimate(part), times) for part, times in node.parts], node.width)
    if isinstance(node, Along):
        line, direction = estimate(node.line), node.direction
        box = Box(len(direction), lambda c: _scaled(line.box[0], direction[c]))
        return Estimate(line.size, box, line.seconds + _mapping(line.size, box), line.peak)
    if isinstance(node, Image):
        return _image(node)
    return _spread(node)


def _choose(node: Choose) -> Estimate:
    space = node.space
    step = space.step if isinstance(space, Range) else common_step([normal(w - space.low) for w in space.values])
    one = Interval(space.low, space.high, step)
    size = _log2(space.size) if any(node.column) else 0.0
    box = Box(len(node.column), lambda c: _scaled(one, node.column[c]))
    return Estimate(size, box, _mapping(size, box), size)


def _scaled(of: Interval | None, factor: Number) -> Interval | None:
    if of is None:
        return None
    ends = sorted((normal(of.low * factor), normal(of.high * factor)))
    return Interval(ends[0], ends[1], None if of.step is None else magnitude(normal(of.step * factor)))


def total(parts: list[tuple[Estimate, int]], width: int) -> Estimate:
    """An upper bound on the sums of `times` vectors of each of these (estimate, times)."""
    box = Box(width, lambda c: _interval_sum([(e.box[c], times) for e, times in parts]))
    product = sum(multisets(e.size, times) for e, times in parts if e.size > 0)
    size = min(product, box.log_count(product))
    seconds = sum(e.seconds for e, _ in parts)
    if size:
        seconds += fold_seconds([(e.size, times) for e, times in parts], size, box.log_count(WIDEST))
    return Estimate(size, box, seconds, _plus(size + 1, *(e.peak for e, _ in parts)))


def _interval_sum(parts: list[tuple[Interval | None, int]]) -> Interval | None:
    low: Number = 0
    high: Number = 0
    steps = []
    for one, times in parts:
        if one is None:
            return None
        low, high = low + one.low * times, high + one.high * times
        steps.append(one.step)
    known = [s for s in steps if s is not None]
    return Interval(normal(low), normal(high), common_step(known) if len(known) == len(steps) else None)


def _image(node: Image) -> Estimate:
    part = estimate(node.part)
    box = Box(node.part.width, lambda c: _activated(node.activation, part.box[c]))
    seconds = part.seconds + _mapping(part.size, box)
    return Estimate(min(part.size, box.log_count(part.size)), box, seconds, part.peak)


def _activated(activation: Activation, of: Interval | None) -> Interval | None:
    ends = None if of is None else activation.interval(of.low, of.high)
    if of is None or ends is None:
        return None
    step: Number | None = None
    if ends[0] == ends[1]:
        step = 0
    elif activation.kind in _STEP_KEPT and of.step is not None:
        step = common_step([of.step, of.low])
    elif activation.kind in _INTEGRAL:
        step = 2 if activation.kind == "sign" else 1
    return Interval(ends[0], ends[1], step)


def _spread(node: Spread) -> Estimate:
    part = estimate(node.part)
    lines = [None if block is None else estimate(block) for block in node.blocks]
    choices = sum(line.size for line in lines if line is not None)
    n = node.part.part.width

    def interval(c: int) -> Interval | None:
        b, index = divmod(c, n)
        line = lines[b]
        if b == node.own:
            return part.box[index]
        return Interval(0, 0, 0) if line is None else _product(line.box[0], part.box[index])

    box = Box(n * len(lines), interval)
    most = part.size + choices
    size = min(most, box.log_count(most))
    seconds = part.seconds + _mapping(most, box) + sum(line.seconds for line in lines if line is not None)
    return Estimate(size, box, seconds, _plus(part.peak, most))


def _product(weights: Interval | None, values: Interval | None) -> Interval | None:
    if weights is None or values is None:
        return None
    ends = [normal(w * a) for w in (weights.low, weights.high) for a in (values.low, values.high)]
    step: Number | None = None
    if weights.step is not None and values.step is not None:
        step = normal(common_step([weights.step, weights.low]) * common_step([values.step, values.low]))
    return Interval(min(ends), max(ends), step)
