"""Predicted cost of the reachable sets: upper bounds on their sizes, without forming them.

A sum of sets has at most the product of their sizes and at most the grid points of its box. Sizes are
logarithms to base 2 (floats: they only steer choices, nothing is decided by them).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, log2

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


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper bound on a set's size (logarithm), its box, the pairs formed to build it, and its largest part."""

    size: float
    box: tuple[Interval, ...] | None
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
        line = estimate(node.line)
        box = None
        if line.box is not None:
            one = line.box[0]
            box = tuple(_scaled(one, u) for u in node.direction)
        return Estimate(line.size, box, _plus(line.pairs, line.size), line.peak)
    if isinstance(node, Image):
        return _image(node)
    return _spread(node)


def _choose(node: Choose) -> Estimate:
    space = node.space
    step = space.step if isinstance(space, Range) else common_step([normal(w - space.low) for w in space.values])
    one = Interval(space.low, space.high, step)
    size = _log2(space.size) if any(node.column) else 0.0
    return Estimate(size, tuple(_scaled(one, x) for x in node.column), size, size)


def _scaled(of: Interval, factor: Number) -> Interval:
    ends = sorted((normal(of.low * factor), normal(of.high * factor)))
    return Interval(ends[0], ends[1], None if of.step is None else magnitude(normal(of.step * factor)))


def _total(parts: list[tuple[Estimate, int]], width: int) -> Estimate:
    box: tuple[Interval, ...] | None = None
    if all(e.box is not None for e, _ in parts):
        box = tuple(_interval_sum([(e.box[c], times) for e, times in parts if e.box is not None]) for c in range(width))
    # Multisets of t elements of a set of N: at most N^t, and at most (t + 1)^N.
    product = sum(
        min(e.size * min(times, 10**9), 2.0 ** min(e.size, 60) * _log2(times + 1)) for e, times in parts if e.size > 0
    )
    cells = inf if box is None else sum(i.log_count for i in box)
    size = min(product, cells) if parts else 0.0
    steps = [size + e.size + (log2(max(1.0, _log2(times)) * 2) if times > 1 else 0.0) for e, times in parts]
    pairs = _plus(*(e.pairs for e, _ in parts), *steps) if parts else 0.0
    return Estimate(size, box, pairs, _plus(size + 1, *(e.peak for e, _ in parts)))


def _interval_sum(parts: list[tuple[Interval, int]]) -> Interval:
    low = normal(sum(i.low * times for i, times in parts))
    high = normal(sum(i.high * times for i, times in parts))
    steps = [i.step for i, _ in parts]
    known = [s for s in steps if s is not None]
    return Interval(low, high, common_step(known) if len(known) == len(steps) else None)


def _image(node: Image) -> Estimate:
    part = estimate(node.part)
    box = None
    if part.box is not None:
        made: list[Interval] = []
        for i in part.box:
            ends = node.activation.interval(i.low, i.high)
            if ends is None:
                made = []
                break
            step: Number | None = None
            if ends[0] == ends[1]:
                step = 0
            elif node.activation.kind in _STEP_KEPT and i.step is not None:
                step = common_step([i.step, i.low])
            elif node.activation.kind in _INTEGRAL:
                step = 2 if node.activation.kind == "sign" else 1
            made.append(Interval(ends[0], ends[1], step))
        box = tuple(made) if len(made) == len(part.box) else None
    cells = inf if box is None else sum(i.log_count for i in box)
    return Estimate(min(part.size, cells), box, _plus(part.pairs, part.size), part.peak)


def _spread(node: Spread) -> Estimate:
    part = estimate(node.part)
    lines = [None if block is None else estimate(block) for block in node.blocks]
    choices = sum(line.size for line in lines if line is not None)
    box: tuple[Interval, ...] | None = None
    if part.box is not None:
        made: list[Interval] = []
        for b, line in enumerate(lines):
            if b == node.own:
                made.extend(part.box)
            elif line is None or line.box is None:
                made.extend(Interval(0, 0, 0) for _ in part.box)
            else:
                made.extend(_product(line.box[0], a) for a in part.box)
        box = tuple(made)
    cells = inf if box is None else sum(i.log_count for i in box)
    size = min(part.size + choices, cells)
    return Estimate(size, box, _plus(part.pairs, part.size + choices + 2), _plus(part.peak, part.size + choices))


def _product(weights: Interval, values: Interval) -> Interval:
    ends = [normal(w * a) for w in (weights.low, weights.high) for a in (values.low, values.high)]
    step: Number | None = None
    if weights.step is not None and values.step is not None:
        step = normal(common_step([weights.step, weights.low]) * common_step([values.step, values.low]))
    return Interval(min(ends), max(ends), step)
