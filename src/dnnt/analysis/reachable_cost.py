"""Predicted cost of the reachable sets: upper bounds on their sizes, without forming them.

A sum of sets has at most the product of their sizes and at most the grid points of its box. Sizes are
logarithms to base 2 (floats: they only steer choices, nothing is decided by them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import inf, log2

from dnnt.activations import Activation
from dnnt.exact import Number, common_step, magnitude, normal
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread, Sum
from dnnt.reachable.program import Program
from dnnt.spaces import Range

SECONDS_PER_PAIR = 6e-8
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
    """An upper bound on a set's size (logarithm), its box, the pairs formed to build it, and its largest part."""

    size: float
    box: Box
    pairs: float
    peak: float


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
    # The last step works on two halves; where their sum is small it is formed as a whole.
    half = max(whole.size / 2, *(e.size for e, _ in units), rest.size) if units else whole.size
    last = min(whole.size, _plus(half, 10.0))
    pairs = _plus(*(e.pairs for e, _ in units), rest.pairs, half + 2, last)
    peak = _plus(half, last, *(e.peak for e, _ in units), rest.peak)
    seconds = 0.0005 + (2.0**pairs * SECONDS_PER_PAIR * (1 + program.width) if pairs < 1000 else inf)
    memory = 2.0**peak * BYTES_PER_KEY / (1 << 20) if peak < 1000 else inf
    return (
        seconds,
        memory,
        f"at most about 2^{whole.size:.0f} reachable states of {program.width} coordinates",
    )


def estimate(node: Node) -> Estimate:
    """An upper bound on the set that a node denotes."""
    if isinstance(node, Choose):
        return _choose(node)
    if isinstance(node, Sum):
        return _total([(estimate(part), times) for part, times in node.parts], node.width)
    if isinstance(node, Along):
        line, direction = estimate(node.line), node.direction
        box = Box(len(direction), lambda c: _scaled(line.box[0], direction[c]))
        return Estimate(line.size, box, _plus(line.pairs, line.size), line.peak)
    if isinstance(node, Image):
        return _image(node)
    return _spread(node)


def _choose(node: Choose) -> Estimate:
    space = node.space
    step = space.step if isinstance(space, Range) else common_step([normal(w - space.low) for w in space.values])
    one = Interval(space.low, space.high, step)
    size = _log2(space.size) if any(node.column) else 0.0
    return Estimate(size, Box(len(node.column), lambda c: _scaled(one, node.column[c])), size, size)


def _scaled(of: Interval | None, factor: Number) -> Interval | None:
    if of is None:
        return None
    ends = sorted((normal(of.low * factor), normal(of.high * factor)))
    return Interval(ends[0], ends[1], None if of.step is None else magnitude(normal(of.step * factor)))


def _total(parts: list[tuple[Estimate, int]], width: int) -> Estimate:
    box = Box(width, lambda c: _interval_sum([(e.box[c], times) for e, times in parts]))
    # Multisets of t elements of a set of N: at most N^t, and at most (t + 1)^N.
    product = sum(
        min(e.size * min(times, 10**9), 2.0 ** min(e.size, 60) * _log2(times + 1)) for e, times in parts if e.size > 0
    )
    size = min(product, box.log_count(product)) if parts else 0.0
    steps = [size + e.size + (log2(max(1.0, _log2(times)) * 2) if times > 1 else 0.0) for e, times in parts]
    pairs = _plus(*(e.pairs for e, _ in parts), *steps) if parts else 0.0
    return Estimate(size, box, pairs, _plus(size + 1, *(e.peak for e, _ in parts)))


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
    return Estimate(min(part.size, box.log_count(part.size)), box, _plus(part.pairs, part.size), part.peak)


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
    return Estimate(size, box, _plus(part.pairs, most + 2), _plus(part.peak, most))


def _product(weights: Interval | None, values: Interval | None) -> Interval | None:
    if weights is None or values is None:
        return None
    ends = [normal(w * a) for w in (weights.low, weights.high) for a in (values.low, values.high)]
    step: Number | None = None
    if weights.step is not None and values.step is not None:
        step = normal(common_step([weights.step, weights.low]) * common_step([values.step, values.low]))
    return Interval(min(ends), max(ends), step)
