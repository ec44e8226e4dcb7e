"""All states of the box whose loss is small enough and that no cut and no residue forbids.

Depth first, coordinate by coordinate, with lower bounds on what is left: the least loss of each coordinate, and, for
squares, the least loss of the coordinates left on the near side of a cut: (c · y - rest)² / Σ c²/w, the distance from y
to the plane. Where y lies far outside, that leaves a thin cap of the ball around y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt, lcm

from dnnt.exact import Number, normal
from dnnt.reachable.packing import Packing
from dnnt.reachable.projection import Cut
from dnnt.reachable.residues import Residues
from dnnt.reachable.terms import Square, Term

Target = tuple[Number, int]
"""A loss, and the key of a state of the box that has it."""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One coordinate's part of the loss: a convex function of the digit, on integers after scaling."""

    axis: int
    count: int
    stride: int
    cost: Callable[[int], int]
    best: int
    square: tuple[int, int, int] | None
    """(w, q, y): the cost is w · (q · digit - y)²."""

    @property
    def is_free(self) -> bool:
        """Whether it costs the same at every digit: nothing would bound a list of states."""
        return self.square is None and self.cost(0) == self.cost(self.best) == self.cost(self.count - 1)

    def interval(self, budget: int) -> tuple[int, int]:
        """The digits whose cost is at most the budget, as first and last (empty: first > last)."""
        if budget < self.cost(self.best):
            return 1, 0
        if self.square is not None:
            w, q, y = self.square
            reach = isqrt(budget // w)
            return max(0, -((reach - y) // q)), min(self.count - 1, (y + reach) // q)
        first = first_where(0, self.best, lambda d: self.cost(d) <= budget)
        return first, first_where(self.best + 1, self.count, lambda d: self.cost(d) > budget) - 1


@dataclass(frozen=True, slots=True)
class Costs:
    """The total loss as coordinates, scaled to integers: loss · scale = sum of costs + constant."""

    coordinates: tuple[Coordinate, ...]
    scale: int
    constant: int
    plain: bool = True
    """Whether all outputs are sums as they are, also those that are constant in the box."""

    def loss(self, cost: int) -> Number:
        """The loss of scaled costs without the constant."""
        return normal(Fraction(cost + self.constant, self.scale))

    @property
    def least(self) -> int:
        """The least sum of costs in the box."""
        return sum(c.cost(c.best) for c in self.coordinates)

    def budget(self, loss: Number, inclusive: bool) -> int:
        """The greatest scaled sum of costs of a loss below this one (or at most this one)."""
        exact = Fraction(loss) * self.scale - self.constant
        return exact.numerator // exact.denominator if inclusive else -(-exact.numerator // exact.denominator) - 1


def costs_of(terms: Sequence[Term], packing: Packing) -> Costs | None:
    """The loss as a sum over coordinates; None where it is not one of convex functions of single coordinates."""
    constant: Number = 0
    single: list[Term] = []
    for term in terms:
        if not term.axes or all(packing.axes[a].count == 1 for a in term.axes):
            constant += term.cost((0,) * len(term.axes))
        elif not term.convex:
            return None
        else:
            single.append(term)
    squares = [_of_digits(term.square, packing, term.axes[0]) if term.square is not None else None for term in single]
    q = lcm(*(square[1].denominator for square in squares if square is not None))
    scale = lcm(
        constant.denominator,
        *(v.denominator for square in squares if square is not None for v in (square[0] / q**2, square[2])),
        *(term.denominator for term, square in zip(single, squares, strict=True) if square is None),
    )
    made = [_coordinate(term, packing, square, q, scale) for term, square in zip(single, squares, strict=True)]
    constant += sum(square[2] for square in squares if square is not None)
    plain = all(term.convex for term in terms if term.axes)
    return Costs(tuple(made), scale, int(constant * scale), plain)


def _of_digits(square: Square, packing: Packing, axis: int) -> tuple[Fraction, Fraction, Fraction]:
    at = packing.axes[axis]
    return Fraction(square.weight) * at.step**2, Fraction(square.center - at.low) / at.step, Fraction(square.least)


def _coordinate(
    term: Term, packing: Packing, square: tuple[Fraction, Fraction, Fraction] | None, q: int, scale: int
) -> Coordinate:
    (axis,) = term.axes
    count, stride = packing.axes[axis].count, packing.strides[axis]
    if square is not None:
        w, y = int(square[0] / q**2 * scale), int(square[1] * q)
        best = min(max((2 * y + q) // (2 * q), 0), count - 1)
        return Coordinate(axis, count, stride, lambda d: w * (q * d - y) ** 2, best, (w, q, y))

    def cost(digit: int) -> int:
        return int(term.cost((digit,)) * scale)

    return Coordinate(axis, count, stride, cost, first_where(0, count - 1, lambda d: cost(d) <= cost(d + 1)), None)


def moderate(costs: Costs) -> Costs:
    """The same costs; of equally good digits of a coordinate the one nearest to the middle is called the best."""
    return replace(costs, coordinates=tuple(map(_moderate, costs.coordinates)))


def _moderate(at: Coordinate) -> Coordinate:
    if at.square is not None:
        return at
    last = first_where(at.best, at.count - 1, lambda d: at.cost(d) < at.cost(d + 1))
    return replace(at, best=min(max(at.best, at.count // 2), last))


def first_where(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number from `low` on, below `high`, for which it holds (then for all that follow too); else `high`."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


MOST_TILTS = 6
"""Multipliers of one cut, those that say most first."""


def multipliers(coordinates: Sequence[Coordinate], direction: Sequence[int]) -> set[Fraction]:
    """Multipliers of a cut by which the cost of some coordinate is level at an end of it or beside its least."""
    found = set()
    for at in coordinates:
        c = abs(direction[at.axis])
        for digit in {0, at.count - 2, at.best - 1, at.best} if c else ():
            if 0 <= digit < at.count - 1:
                found.add(Fraction(abs(at.cost(digit + 1) - at.cost(digit)), c))
    return found


def least_sloping(at: Coordinate, slope: Fraction) -> Fraction:
    """The least of cost(digit) + slope · digit: that is convex."""

    def value(digit: int) -> Fraction:
        return at.cost(digit) + slope * digit

    return value(first_where(0, at.count - 1, lambda digit: value(digit) <= value(digit + 1)))


@dataclass(frozen=True, slots=True)
class _Tilt:
    """A multiplier of a cut, `times` / `below`: for the coordinates from i on the cost times `below`, plus `times` the
    cut's c · digits, is `least[i]` or more.
    """

    times: int
    below: int
    least: tuple[int, ...]


def _tilts(cut: Cut, coordinates: Sequence[Coordinate]) -> tuple[_Tilt, ...]:
    made: list[tuple[Fraction, _Tilt]] = []
    for m in multipliers(coordinates, cut.direction):
        least = [0]
        for at in reversed(coordinates):
            low = least_sloping(at, m * cut.direction[at.axis]) * m.denominator
            least.append(least[-1] + low.numerator)
        tilt = _Tilt(m.numerator, m.denominator, tuple(reversed(least)))
        made.append((Fraction(least[-1], m.denominator) - m * cut.most, tilt))
    made.sort(key=lambda pair: pair[0], reverse=True)
    return tuple([tilt for _, tilt in made[:MOST_TILTS]])


@dataclass(frozen=True, slots=True)
class _Plane:
    """A cut over the coordinates in their order: c · digits <= most.

    `nearest[i]`: c · y over the coordinates from i on (times q), `inverse[i]`: Σ c²/w over them; None where some
    coordinate is no square, then there are `tilts`. `least[i]`: the least of c · digit over the digits of the
    coordinates from i on.
    """

    c: tuple[int, ...]
    most: int
    least: tuple[int, ...]
    nearest: tuple[int, ...] | None
    inverse: tuple[Fraction, ...] | None
    tilts: tuple[_Tilt, ...]


def _plane(cut: Cut, costs: Costs, intervals: Sequence[tuple[int, int]]) -> _Plane:
    c = tuple(cut.direction[at.axis] for at in costs.coordinates)
    least = [0]
    for ci, (first, last) in zip(reversed(c), reversed(intervals), strict=True):
        least.append(least[-1] + min(ci * first, ci * last))
    squares = [at.square for at in costs.coordinates]
    nearest: list[int] | None = [0]
    inverse: list[Fraction] | None = [Fraction(0)]
    for ci, square in zip(reversed(c), reversed(squares), strict=True):
        if square is None or nearest is None or inverse is None:
            nearest = inverse = None
            break
        w, _, y = square
        nearest.append(nearest[-1] + ci * y)
        inverse.append(inverse[-1] + Fraction(ci * ci, w))
    return _Plane(
        c,
        cut.most,
        tuple(reversed(least)),
        None if nearest is None else tuple(reversed(nearest)),
        None if inverse is None else tuple(reversed(inverse)),
        () if inverse is not None else _tilts(cut, costs.coordinates),
    )


def listed(
    costs: Costs,
    packing: Packing,
    cuts: Sequence[Cut],
    residues: Residues,
    budget: int,
    most: int,
    poll: Callable[[], None],
) -> tuple[list[tuple[int, int]], bool]:
    """The (scaled cost, key) of all states of the box within the budget that cuts and residues allow, by cost and key.

    Beside them whether these are all: the search ends where there are more than `most`, or where it takes long.
    """
    coordinates = costs.coordinates
    size = len(coordinates)
    least = [at.cost(at.best) for at in coordinates]
    rest = [sum(least[i:]) for i in range(size + 1)]
    if rest[0] > budget:
        return [], True
    intervals = [at.interval(budget - rest[0] + low) for at, low in zip(coordinates, least, strict=True)]
    planes = [_plane(cut, costs, intervals) for cut in cuts]
    q = next((at.square[1] for at in coordinates if at.square is not None), 1)
    found: list[tuple[int, int]] = []
    visits = 0
    # (coordinate, cost so far, key so far, c · digits so far for each plane)
    stack: list[tuple[int, int, int, tuple[int, ...], tuple[int, ...]]] = [(0, 0, 0, (0,) * len(planes), ())]
    origin = {at.axis: i for i, at in enumerate(coordinates)}
    width = len(packing.axes)
    while stack:
        i, cost, key, sums, digits = stack.pop()
        if i == size:
            if residues.pairs and not residues.allows([digits[origin[a]] if a in origin else 0 for a in range(width)]):
                continue
            found.append((cost, key))
            if len(found) > most:
                return found, False
            continue
        at = coordinates[i]
        first, last = at.interval(budget - cost - rest[i + 1])
        for plane, total in zip(planes, sums, strict=True):
            # What c · digit may be at most, so that the least of the others still passes.
            ci, room = plane.c[i], plane.most - total - plane.least[i + 1]
            if ci > 0:
                last = min(last, room // ci)
            elif ci < 0:
                first = max(first, -(room // -ci))
            elif room < 0:
                last = first - 1
        for plane, total in zip(planes, sums, strict=True):
            if last - first > WIDE:
                first, last = _narrowed(at, plane, i, (cost, total), budget, q, (first, last))
        digits_here = max(last - first, -1) + 2
        visits += digits_here
        if visits > VISITS_PER_TARGET * most:
            return found, False
        if visits % 64 < digits_here:
            poll()
        for digit in range(first, last + 1):
            spent = cost + at.cost(digit)
            after = tuple([total + plane.c[i] * digit for plane, total in zip(planes, sums, strict=True)])
            if all(_within(plane, i + 1, total, budget - spent, q) for plane, total in zip(planes, after, strict=True)):
                stack.append((i + 1, spent, key + digit * at.stride, after, (*digits, digit)))
    found.sort()
    return found, True


VISITS_PER_TARGET = 20
"""Nodes of the search for each target that is allowed."""


WIDE = 16
"""Digits from which on the first and the last one that pass a plane are searched for."""


def _narrowed(
    at: Coordinate, plane: _Plane, i: int, so_far: tuple[int, int], budget: int, q: int, digits: tuple[int, int]
) -> tuple[int, int]:
    """The digits of coordinate i that pass `_within`: an interval, since what is compared there is convex.

    `so_far`: the cost and c · digits of the coordinates before.
    """
    cost, total = so_far
    for tilt in plane.tilts:
        digits = _tilted(at, plane, tilt, i, so_far, budget, digits)
    if plane.nearest is None or plane.inverse is None or not plane.inverse[i + 1]:
        return digits
    nearest, inverse = plane.nearest[i + 1], plane.inverse[i + 1]
    limit = budget * inverse.numerator

    def needed(digit: int) -> int:
        excess = max(0, nearest - q * (plane.most - total - plane.c[i] * digit))
        return (cost + at.cost(digit)) * inverse.numerator + excess * excess * inverse.denominator

    return _where_convex(needed, limit, digits)


def _where_convex(needed: Callable[[int], int], limit: int, digits: tuple[int, int]) -> tuple[int, int]:
    """The digits for which a convex function does not exceed a limit, as first and last (empty: first > last)."""
    first, last = digits
    if first > last:
        return digits
    least = first_where(first, last, lambda digit: needed(digit) <= needed(digit + 1))
    if needed(least) > limit:
        return first, first - 1
    beyond = first_where(0, last - least, lambda back: needed(last - back) <= limit)
    return first_where(first, least, lambda digit: needed(digit) <= limit), last - beyond


def _tilted(
    at: Coordinate,
    plane: _Plane,
    tilt: _Tilt,
    i: int,
    so_far: tuple[int, int],
    budget: int,
    digits: tuple[int, int],
) -> tuple[int, int]:
    """The digits of coordinate i from which the others can pass the plane within the budget (weak duality)."""
    cost, total = so_far
    slope = tilt.times * plane.c[i]
    limit = tilt.below * (budget - cost) + tilt.times * (plane.most - total) - tilt.least[i + 1]
    return _where_convex(lambda digit: tilt.below * at.cost(digit) + slope * digit, limit, digits)


def _within(plane: _Plane, i: int, total: int, budget: int, q: int) -> bool:
    """Whether the coordinates from i on can pass the plane within the budget, as far as the distance to it tells."""
    for tilt in plane.tilts:
        if tilt.least[i] > tilt.below * budget + tilt.times * (plane.most - total):
            return False
    if plane.nearest is None or plane.inverse is None:
        return True
    excess = plane.nearest[i] - q * (plane.most - total)
    if excess <= 0:
        return True
    inverse = plane.inverse[i]
    return excess * excess * inverse.denominator <= budget * inverse.numerator
