"""Predicted cost of the reachable sets: upper bounds on their sizes, without forming them.

A sum of sets has at most the product of their sizes and at most the grid points of its box. Sizes are
logarithms to base 2 (floats: they only steer choices, nothing is decided by them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil, exp2, inf, log2

from dnnt.activations import Activation
from dnnt.exact import Number, common_step, magnitude, normal
from dnnt.reachable import keysets
from dnnt.reachable.cheapest import TERM_SECONDS, WIDE_TERM_SECONDS
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread, Sum
from dnnt.reachable.program import Program
from dnnt.spaces import Range

STARTING = 0.001
"""Seconds that the smallest instance takes."""

DIGIT, DIGIT_WIDE = 5e-8, 3e-7
"""Seconds to map one coordinate of a key; of one that is too wide for NumPy."""

STATE, STATE_WIDE = TERM_SECONDS, 2 * WIDE_TERM_SECONDS
"""Seconds to find what one coordinate of a state adds to the loss. In wide boxes targets are mostly tried in vain
before, for as long.
"""

NARROW, WIDEST = 62.0, 100.0
"""The most cells of a box whose keys NumPy can hold, and that are told apart at all (logarithms)."""

BYTES_PER_KEY = 24.0

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
        return _log2((self.high - self.low) / Fraction(self.step) + 1) if self.step else 0.0


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


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper bound on a set's size (logarithm), its box, the seconds to build it, its largest part (a logarithm)."""

    size: float
    box: Box
    seconds: float
    peak: float


def _mapping(size: float, box: Box) -> float:
    """The time of mapping every key of a set into a box through a table for each coordinate."""
    return _times(size, (DIGIT_WIDE if box.log_count(NARROW + 1) > NARROW else DIGIT) * box.width)


def _log2(value: Number) -> float:
    """log2 of a positive number of any size."""
    shift = max(0, value.numerator.bit_length() - value.denominator.bit_length() - 60)
    return log2(float(value / (1 << shift))) + shift


def _plus(*logs: float) -> float:
    """log2 of a sum of powers of 2."""
    top = max(logs, default=-inf)
    return top if top in (-inf, inf) else top + log2(sum(2.0 ** (x - top) for x in logs))


def predicted(program: Program) -> tuple[float, float, str]:
    """Seconds, MiB, and the figures behind them."""
    units = [(estimate(unit.node), unit.count) for unit in program.units]
    rest = estimate(program.rest.node)
    whole = _total([*units, (rest, 1)], program.width)
    span = whole.box.log_count(WIDEST)
    # The last step works on two halves; where their sum is small it is formed as a whole.
    largest = max((e.size for e, _ in units), default=0.0)
    half = min(whole.size, max(whole.size / 2, largest, rest.size))
    last = min(whole.size, half + 10.0)
    seconds = STARTING + sum(e.seconds for e, _ in units) + rest.seconds
    seconds += 2 * _fold_seconds([(half - largest, 1), (largest, 1)], inf, span)
    seconds += _sumset_seconds(half, last - half, span) + _times(
        last, (STATE_WIDE if span > NARROW else STATE) * program.width
    )
    peak = _plus(half, last, *(e.peak for e, _ in units), rest.peak)
    return (
        seconds,
        _times(peak, BYTES_PER_KEY / (1 << 20)),
        f"at most about 2^{whole.size:.0f} reachable states of {program.width} coordinates",
    )


def _times(log: float, factor: float) -> float:
    """2^log · factor, or infinity."""
    return exp2(log) * factor if log < 900 else inf


def _sumset_seconds(left: float, right: float, span: float) -> float:
    """The time of a sumset; sizes and span are logarithms."""
    if max(left, right) > 60:
        return _times(left + right, 1e-7)
    return keysets.sumset_seconds(ceil(exp2(left)), ceil(exp2(right)), int(exp2(min(span, WIDEST))))


def _fold_seconds(parts: list[tuple[float, int]], cells: float, span: float) -> float:
    """The time of adding up sets (logarithms of sizes, multiplicities), smallest first, as `execute.fold_sum` does."""
    seconds = total = 0.0
    for size, times in sorted(parts):
        chain = size
        for exponent in range(times.bit_length()):
            if size > 0 and times >> exponent & 1:
                seconds += _sumset_seconds(total, chain, span) if total > 0 else 0.0
                total = min(total + chain, cells)
            if size > 0 and times >> exponent > 1:
                seconds += _sumset_seconds(chain, chain, span)
                chain = min(_multisets(size, 2 << exponent), cells)
    return seconds


def _multisets(size: float, times: int) -> float:
    """An upper bound on the multisets of t elements of a set of N: at most N^t, and at most (t + 1)^N."""
    return min(size * min(times, 10**9), exp2(min(size, 60)) * _log2(times + 1))


def estimate(node: Node) -> Estimate:
    """An upper bound on the set that a node denotes."""
    if isinstance(node, Choose):
        return _choose(node)
    if isinstance(node, Sum):
        return _total([(estimate(part), times) for part, times in node.parts], node.width)
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


def _total(parts: list[tuple[Estimate, int]], width: int) -> Estimate:
    box = Box(width, lambda c: _interval_sum([(e.box[c], times) for e, times in parts]))
    product = sum(_multisets(e.size, times) for e, times in parts if e.size > 0)
    size = min(product, box.log_count(product))
    seconds = sum(e.seconds for e, _ in parts)
    if size:
        seconds += _fold_seconds([(e.size, times) for e, times in parts], size, box.log_count(WIDEST))
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
