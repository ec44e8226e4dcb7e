"""What a cut says of the loss: where the loss is least without it, which way to cut, and a lower bound beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from dnnt.reachable.clouds import Cloud
from dnnt.reachable.listing import Costs, least_sloping, multipliers
from dnnt.reachable.packing import Packing
from dnnt.reachable.projection import Cut, Nearest


def wanted_point(costs: Costs, width: int) -> tuple[list[Fraction], list[Fraction]]:
    """Where the loss is least, as digits, and the weights of the coordinates."""
    wanted, weights = [Fraction(0)] * width, [Fraction(0)] * width
    for at in costs.coordinates:
        if at.square is not None:
            w, q, y = at.square
            wanted[at.axis], weights[at.axis] = Fraction(y, q), Fraction(w * q * q)
        else:
            wanted[at.axis], weights[at.axis] = Fraction(at.best), Fraction(1)
    return wanted, weights


def along_lines(clouds: Sequence[Cloud], costs: Costs, width: int) -> Nearest | None:
    """Where the loss is a line in every coordinate (as absolute values are, of targets beyond all outputs): the vertex
    that is best in that direction. None elsewhere.
    """
    direction = [0] * width
    for at in costs.coordinates:
        rise = at.cost(1) - at.cost(0)
        if at.square is not None or at.cost(at.count - 1) - at.cost(at.count - 2) != rise:
            return None
        direction[at.axis] = -rise  # Costs are convex: a line, as it rises alike at both ends.
    divisor = gcd(*direction)
    if not divisor:
        return None
    direction = [value // divisor for value in direction]
    best = tuple(cloud.along(direction)[0] for cloud in clouds)
    columns = zip(
        *([cloud.times * d for d in cloud.digits(i)] for cloud, i in zip(clouds, best, strict=True)), strict=True
    )
    return Nearest(((best, tuple(map(sum, columns)), 1.0),), tuple(direction))


def lower_bound(costs: Costs, cut: Cut) -> int | None:
    """A lower bound on the cost of all states, by the distance to the cut; None where the cut is not needed."""
    q = next((at.square[1] for at in costs.coordinates if at.square is not None), 1)
    near, inverse, plain = 0, Fraction(0), False
    for at in costs.coordinates:
        c = cut.direction[at.axis]
        if at.square is None:
            plain = plain or bool(c)
            near += c * q * at.best
        else:
            w, _, y = at.square
            near += c * y
            inverse += Fraction(c * c, w)
    excess = near - q * cut.most
    if excess <= 0:
        return None
    if plain or not inverse:
        return max(costs.least, _least_beside(costs, cut))
    square = Fraction(excess * excess) / inverse
    return -(-square.numerator // square.denominator)


def _least_beside(costs: Costs, cut: Cut) -> int:
    """A lower bound on the cost of all states by weak duality: for m >= 0 all that satisfy the cut c · d <= most cost
    at least the least of cost(d) + m c · d, minus m · most.
    """
    bounds = [costs.least]
    for m in multipliers(costs.coordinates, cut.direction):
        total = -m * cut.most
        for at in costs.coordinates:
            total += least_sloping(at, m * cut.direction[at.axis])
        bounds.append(-(-total.numerator // total.denominator))
    return max(bounds)
    """The least of cost(digit) + slope · digit: that is convex."""


def in_values(direction: tuple[int, ...], packing: Packing, modulus: int) -> tuple[tuple[int, ...], int]:
    """A direction over digits as one over values, in whole numbers, and a modulus scaled alike."""
    steps = [Fraction(axis.step) if axis.count > 1 else Fraction(1) for axis in packing.axes]
    factor = lcm(*(step.numerator for step in steps))
    return tuple(int(c * factor / step) for c, step in zip(direction, steps, strict=True)), modulus * factor
