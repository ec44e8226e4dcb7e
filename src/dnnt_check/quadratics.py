"""Targets where the loss is a sum of parabolas: squared losses of outputs that are affine in their sums.

In whole numbers: the total loss, times a common denominator, is the sum over coordinates j of a_j d_j^2 + b_j d_j
plus a constant, in the digits d_j of a key, and targets are the keys of the box for which it is at most some limit
and that satisfy all cuts and congruences. Digits are chosen coordinate by coordinate. Given the choices so far, the
digits of the next coordinate that can still lead to a target lie in one interval, found by solving inequalities:

- the loss so far, of this digit, and the least losses of the coordinates left must not exceed the limit;
- for a cut g . d <= H with H reduced by the choices, this digit and the least values left must satisfy it;
- and if this digit leaves an excess e > 0 of the unrestricted minima of the coordinates left over what the cut allows,
  they cost at least e^2 / sum(g_j^2 / a_j) more, the distance of a point from a half-space (Cauchy and Schwarz).

For the last coordinate these conditions are exact, so every key that is reached is a target.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from dnnt_check.budget import Work
from dnnt_check.directions import Conditions, Congruence, HalfSpace
from dnnt_check.keys import CHUNK, too_many_targets
from dnnt_check.numbers import Number, add, bits, multiply
from dnnt_check.states import StateLoss

#: Predicted seconds for a choice of digits that is extended, for each cut there, and for a choice that is made.
NODE = 2.5e-6
CUT = 4e-6
CHOICE = 3e-7

#: Longer numbers are left to the general way.
LONGEST = 2000

#: Bytes for a choice that waits.
NODE_BYTES = 250


@dataclass(frozen=True, slots=True)
class Parabola:
    """The loss of a coordinate in its digit d: a d^2 + b d, with a >= 0."""

    a: int
    b: int
    place: int
    radix: int
    stride: int

    def least(self) -> int:
        """The least value over the digits of the box."""
        if not self.a:
            return 0
        digit = min(max((self.a - self.b) // (2 * self.a), 0), self.radix - 1)
        return (self.a * digit + self.b) * digit


def below(a: int, b: int, c: int, digits: tuple[int, int]) -> tuple[int, int]:
    """The integers d of an interval with a d^2 + b d + c <= 0, for a >= 0: an interval, (0, -1) if there are none."""
    low, high = digits
    if a:
        under = b * b - 4 * a * c
        if under < 0:
            return 0, -1
        root = isqrt(under)
        return max(low, -((b + root) // (2 * a))), min(high, (root - b) // (2 * a))
    if b > 0:
        return low, min(high, -c // b)
    if b < 0:
        return max(low, -(-c // -b)), high
    return digits if c <= 0 else (0, -1)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A cut at one coordinate, given choices for those before it that leave the limit H for this and the rest.

    Attributes:
        g: the weight of this coordinate.
        least: the least value of the rest.
        square: whether the distance from the half-space says something; the other attributes are its inequality.
    """

    g: int
    least: int
    square: bool = False
    factor: int = 1
    second: int = 0
    first: int = 0
    cross: int = 0
    constant: int = 0
    weight: int = 0
    below: int = 1
    centre: int = 0

    def narrow(self, digits: tuple[int, int], over: int, allowed: int) -> tuple[int, int]:
        """Those digits of an interval that the distance from the half-space leaves.

        Args:
            digits: the interval.
            over: the loss of the choices so far minus the limit.
            allowed: H.
        """
        low, high = digits
        g = self.g
        # The excess, times `below`, is u + below * g * d.
        u = self.centre - self.below * allowed
        step = self.below * g
        if (u + step * low <= 0) and (u + step * high <= 0):
            return low, high
        a, b = self.second, self.first + self.cross * u
        c = self.factor * over + self.constant + self.weight * u * u
        inside = below(a, b, c, (low, high))
        if not g:
            return inside
        # Where there is no excess every digit stays: on one side of the interval, or nowhere in it.
        free = -u // step if g > 0 else -(u // step)
        if not low <= free <= high:
            return inside
        if inside[0] > inside[1]:
            return (low, free) if g > 0 else (free, high)
        return (low, max(inside[1], free)) if g > 0 else (min(inside[0], free), high)


@dataclass(frozen=True, slots=True)
class _Level:
    """One coordinate, in the order of choice: its loss, the least loss of the rest, its stride, and the cuts."""

    part: Parabola
    least: int
    stride: int
    cuts: tuple[_Cut, ...]


@dataclass(slots=True)
class Parabolas:
    """The parabolas of the coordinates that have a choice, the loss without them, and the greatest loss of a target."""

    parts: list[Parabola]
    constant: int
    limit: int


def list_by_parabolas(
    loss: StateLoss, constant: Number, conditions: Conditions, limit: int, work: Work
) -> list[int] | None:
    """The keys of all targets, with their slacks; None if the loss is not of this form.

    Raises:
        SizeExceeded: there are more than `limit`.
    """
    problem = parabolas_of(loss, constant, work)
    if problem is None or any(_long(cut.weights) for cut in conditions.cuts):
        return None
    return _Listing(problem, conditions, limit, work).run()


def _long(numbers: Sequence[Number]) -> bool:
    return max([bits(number) for number in numbers], default=0) > LONGEST


def parabolas_of(loss: StateLoss, constant: Number, work: Work) -> Parabolas | None:
    """The total loss in whole numbers; None if it is not of this form."""
    structure = loss.structure
    if loss.instance.loss.kind != "squared":
        return None
    if any(item is not None and item.kind not in ("identity", "scale") for item in structure.rows):
        return None
    place_of = {row: place for place, row in enumerate(structure.outputs) if isinstance(row, int)}
    found: list[tuple[Number, Number, int]] = []
    for i, samples in enumerate(loss.samples):
        for row in range(loss.rows):
            place = i * loss.rows + row
            start = loss.output(i, row, 0)
            slope = add(loss.output(i, row, 1), -start, work) if loss.axes[place].radix > 1 else 0
            if _long((start, slope)):
                return None
            second: Number = 0
            first: Number = 0
            for weight, labels in samples:
                gap = start - labels[place_of[row]]
                if _long((weight, gap)):
                    return None
                constant = add(constant, multiply(weight, gap * gap, work), work)
                first = add(first, multiply(weight, 2 * slope * gap, work), work)
                second = add(second, multiply(weight, slope * slope, work), work)
                work.spend(4e-6)
            if loss.axes[place].radix > 1:
                found.append((second, first, place))
    numbers = [number for second, first, _ in found for number in (second, first)]
    scale = 1
    for number in (*numbers, constant):
        scale = math.lcm(scale, number.denominator)
        if scale.bit_length() > LONGEST:
            return None
        work.spend(1e-6)
    parts = [
        Parabola(int(second * scale), int(first * scale), place, loss.axes[place].radix, loss.axes[place].stride)
        for second, first, place in found
    ]
    bound = loss.bound * scale
    if _long((constant * scale, bound, *[part.b for part in parts])):
        return None
    limit = math.floor(bound) if loss.strict else math.ceil(bound) - 1
    return Parabolas(parts, int(constant * scale), limit)


class _Listing:
    """One search."""

    def __init__(self, problem: Parabolas, conditions: Conditions, limit: int, work: Work) -> None:
        self.problem = problem
        self.conditions = conditions
        self.limit = limit
        self.work = work
        self.span = conditions.span
        self.parts = sorted(problem.parts, key=lambda part: part.radix)
        if self.span:
            # In a thin cap the digits of a small weight are those that most often lie between its two sides.
            weights = conditions.cuts[0].weights
            self.parts.sort(key=lambda part: -abs(weights[part.place]) or -part.radix)
        # What a digit adds to a key, with the slack that it takes away.
        self.strides = [
            part.stride - (conditions.cuts[0].weights[part.place] * self.span if self.span else 0)
            for part in self.parts
        ]
        least = [part.least() for part in self.parts]
        room = problem.limit - problem.constant - sum(least)
        # Digits that no choice of the others can save are gone at once.
        self.digits = [
            below(part.a, part.b, -room - mine, (0, part.radix - 1))
            for part, mine in zip(self.parts, least, strict=True)
        ]
        self.possible = room >= 0 and all(low <= high for low, high in self.digits)
        self.rests = [sum(least[place + 1 :]) for place in range(len(least))]

    def run(self) -> list[int]:
        """The keys."""
        if not self.possible:
            return []
        allowed = [cut.limit for cut in self.conditions.cuts]
        if not self.parts:
            # The only state of the box is reachable, so no cut excludes it.
            return [0]
        levels = self._levels()
        self.work.spend(1e-5 + len(levels) * (2e-6 + len(allowed) * 2e-5))
        # A choice: its loss minus the limit, its key, and what it leaves of every cut.
        nodes = [(self.problem.constant - self.problem.limit, allowed[0] * self.span if self.span else 0, allowed)]
        free = not allowed and not self.conditions.congruences
        for level, digits in zip(levels[:-1], self.digits, strict=False):
            nodes = self._extended(nodes, level, digits)
            if free and len(nodes) > self.limit:
                # Every one of them can be completed by the digits of the least losses.
                raise too_many_targets(self.limit)
            if not nodes:
                return []
        return self._finished(nodes, levels[-1], self.digits[-1])

    def _levels(self) -> list[_Level]:
        result = []
        for place, part in enumerate(self.parts):
            cuts = [self._cut(cut, place) for cut in self.conditions.cuts]
            result.append(_Level(part, self.rests[place], self.strides[place], tuple(cuts)))
        return result

    def _cut(self, cut: HalfSpace, place: int) -> _Cut:
        part = self.parts[place]
        g = cut.weights[part.place]
        rest = [(item, cut.weights[item.place]) for item in self.parts[place + 1 :]]
        least = 0
        for (_, weight), (low, high) in zip(rest, self.digits[place + 1 :], strict=True):
            least += weight * (low if weight > 0 else high)
        used = [(item, weight) for item, weight in rest if weight]
        if not used or not all(item.a for item, _ in used):
            return _Cut(g, least)
        # Unrestricted minima: their sum, their value of the cut, and the sum of g^2 / a.
        bottom = sum([Fraction(-item.b * item.b, 4 * item.a) for item, _ in rest if item.a], Fraction(0))
        centre = sum([Fraction(-weight * item.b, 2 * item.a) for item, weight in used], Fraction(0))
        spread = sum([Fraction(weight * weight, item.a) for item, weight in used], Fraction(0))
        below_ = centre.denominator
        factor = math.lcm(bottom.denominator, below_ * below_ * spread.numerator)
        weight = factor // (below_ * below_ * spread.numerator) * spread.denominator
        return _Cut(
            g,
            least,
            True,
            factor,
            factor * part.a + weight * (below_ * g) ** 2,
            factor * part.b,
            2 * weight * below_ * g,
            int(bottom * factor),
            weight,
            below_,
            centre.numerator,
        )

    def _extended(
        self, nodes: list[tuple[int, int, list[int]]], level: _Level, digits: tuple[int, int]
    ) -> list[tuple[int, int, list[int]]]:
        """All choices with one more digit."""
        result: list[tuple[int, int, list[int]]] = []
        part, cuts, work = level.part, level.cuts, self.work
        a, b, stride = part.a, part.b, level.stride
        weights = [cut.g for cut in cuts]
        first = weights[0] if weights else 0
        for over, key, allowed in nodes:
            low, high = self._interval(level, digits, over, allowed)
            work.hold((len(result) + high - low) * NODE_BYTES, "the list of targets")
            if len(weights) == 1:
                (room,) = allowed
                for start in range(low, high + 1, CHUNK):
                    for digit in range(start, min(high + 1, start + CHUNK)):
                        result.append((over + (a * digit + b) * digit, key + digit * stride, [room - first * digit]))
                    work.spend(CHUNK * CHOICE if high - start >= CHUNK else 0.0)
            else:
                for digit in range(low, high + 1):
                    left = [room - g * digit for room, g in zip(allowed, weights, strict=True)] if cuts else allowed
                    result.append((over + (a * digit + b) * digit, key + digit * stride, left))
                    work.spend((len(cuts) + 1) * CHOICE)
            work.spend(NODE + len(cuts) * CUT + max(high - low + 1, 0) % CHUNK * CHOICE)
        return result

    def _interval(self, level: _Level, digits: tuple[int, int], over: int, allowed: list[int]) -> tuple[int, int]:
        """The digits that the conditions leave, given a choice of those before."""
        low, high = digits
        for cut, room in zip(level.cuts, allowed, strict=True):
            if cut.g > 0:
                high = min(high, (room - cut.least) // cut.g)
            elif cut.g < 0:
                low = max(low, -((room - cut.least) // -cut.g))
            elif room < cut.least:
                return 0, -1
        if low > high:
            return 0, -1
        part = level.part
        a, b, c = part.a, part.b, over + level.least
        if a:
            best = min(max((a - b) // (2 * a), low), high)
            if (a * best + b) * best + c > 0:
                return 0, -1
        low, high = below(a, b, c, (low, high))
        for cut, room in zip(level.cuts, allowed, strict=True):
            if low > high:
                break
            if cut.square:
                low, high = cut.narrow((low, high), over, room)
        return low, high

    def _finished(self, nodes: list[tuple[int, int, list[int]]], level: _Level, digits: tuple[int, int]) -> list[int]:
        """All choices with the last digit, which are the targets."""
        work = self.work
        part, stride = level.part, level.stride
        congruences = self.conditions.congruences
        result: list[int] = []
        for over, key, allowed in nodes:
            low, high = self._interval(level, digits, over, allowed)
            work.spend(NODE + len(allowed) * CUT)
            step = 1
            if congruences and low <= high:
                low, step = self._first(key, congruences[0], part, low)
            if low > high:
                continue
            count = len(result) + (high - low) // step + 1
            if len(congruences) <= 1 and count > self.limit:
                raise too_many_targets(self.limit)
            work.hold(count * NODE_BYTES, "the list of targets")
            chosen: Sequence[int] = range(low, high + 1, step)
            if len(congruences) > 1:
                chosen = [digit for digit in chosen if self._fits(key + digit * stride, congruences[1:])]
                if not chosen:
                    continue
            if len(result) + len(chosen) > self.limit:
                raise too_many_targets(self.limit)
            for start in range(0, len(chosen), CHUNK):
                result.extend([key + digit * stride for digit in chosen[start : start + CHUNK]])
                work.spend(min(len(chosen), CHUNK) * CHOICE)
        return result

    def _first(self, key: int, congruence: Congruence, part: Parabola, low: int) -> tuple[int, int]:
        """The least digit from `low` on for which the congruence holds, and the distance of such digits."""
        weight, modulus = congruence.weights[part.place], congruence.modulus
        missing = congruence.residue - self._value(key, congruence)
        shared = math.gcd(weight, modulus)
        self.work.spend(2e-6)
        if missing % shared:
            return part.radix, 1
        modulus //= shared
        digit = missing // shared * pow(weight // shared, -1, modulus) % modulus if modulus > 1 else 0
        return low + (digit - low) % modulus, modulus

    def _fits(self, key: int, congruences: Sequence[Congruence]) -> bool:
        return all((self._value(key, item) - item.residue) % item.modulus == 0 for item in congruences)

    def _value(self, key: int, congruence: Congruence) -> int:
        """The weighted sum of the digits of a key."""
        self.work.spend(len(self.parts) * 4e-7)
        return sum([congruence.weights[p.place] * (key // p.stride % p.radix) for p in self.parts])
