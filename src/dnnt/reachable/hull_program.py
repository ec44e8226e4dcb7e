"""How small can a loss made of lines be on the hull of all states, within a box of digits: a linear program.

The point is a mixture of corners of the loss in every coordinate, and a mixture of vertices of the hull, which an
oracle finds summand by summand. The prices of the coordinates are a direction, and by duality the loss in the box is
nowhere below the least of loss + direction · digits, less what the direction is at most on all states: that is what a
certificate gives, and it is computed here without trusting the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm

from dnnt.exact import Number, normal
from dnnt.reachable.clouds import Cloud, Digits
from dnnt.reachable.lines import Corner, DigitBox, Lined, lower_hull
from dnnt.reachable.projection import Cut, Vertex, cut_in
from dnnt.reachable.simplex import Column, Prices, Solved, least

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Beyond:
    """Why the loss is large in a box: `times` the direction (over digits, integers); or nothing needs to be said."""

    direction: tuple[int, ...] | None = None
    times: Fraction = ZERO


@dataclass(frozen=True, slots=True)
class Bounded:
    """A lower bound on the loss in a box and why; where it is about reached, and the vertices mixed there.

    No point: no state lies in the box, and the bound is what was asked for.
    """

    bound: Number
    why: Beyond
    point: tuple[Fraction, ...] | None
    vertices: tuple[tuple[Vertex, Digits, Fraction], ...]


MOST_REFINED = 12
"""How often lines are added for one box."""


class HullProgram:
    """The programs of one instance; vertices that were found once are known to all of them."""

    def __init__(self, clouds: Sequence[Cloud], coordinates: Sequence[Lined], poll: Callable[[], None]) -> None:
        self.clouds, self.coordinates, self.poll = clouds, coordinates, poll
        self.width = len(clouds[0].packing.axes) if clouds else 0
        self.vertices: dict[Digits, Vertex] = {}
        self.cuts: dict[tuple[int, ...], Cut] = {}

    def bounded(self, box: DigitBox, wanted: Number | None) -> Bounded:
        """A lower bound on the loss in the box; the sharpest one, if it is below what is wanted."""
        found = self._bounded(box, wanted)
        for _ in range(MOST_REFINED):
            # Where the loss is curved, lines are added around the point that seemed best.
            if found.point is None or (wanted is not None and found.bound >= wanted):
                break
            if not sum(each.refined(at) for each, at in zip(self.coordinates, found.point, strict=True)):
                break
            found = self._bounded(box, wanted)
        return found

    def _bounded(self, box: DigitBox, wanted: Number | None) -> Bounded:
        corners = [each.corners(a, b) for each, a, b in zip(self.coordinates, box.low, box.high, strict=True)]
        plain = sum((min(v for _, v in each) for each in corners), start=ZERO)
        if wanted is not None and plain >= wanted:
            return Bounded(normal(plain), Beyond(), None, ())
        solved = self._solved(box, corners, None, None)
        direction, times = self._direction(solved.prices)
        if direction is None:
            return Bounded(normal(plain), Beyond(), self._point(solved, box), self._mixed(solved))
        cut = self.cuts.setdefault(direction, cut_in(direction, self.clouds))
        most = cut.most
        mine = [direction[each.axis] for each in self.coordinates]
        if not solved.feasible:
            gap = sum(min(c * d for d, _ in each) for c, each in zip(mine, corners, strict=True)) - most
            if gap > 0 and wanted is not None:
                times = Fraction(ceil((wanted - plain) / gap))
                return Bounded(wanted, Beyond(direction, times), None, ())
            return Bounded(normal(plain), Beyond(), self._middle(box), ())
        value = sum(
            (min(v + times * c * d for d, v in each) for c, each in zip(mine, corners, strict=True)), start=ZERO
        )
        value -= times * most
        found = Bounded(normal(value), Beyond(direction, times), self._point(solved, box), self._mixed(solved))
        return found if value > plain else Bounded(normal(plain), Beyond(), found.point, found.vertices)

    def extent(self, box: DigitBox, budget: Number) -> DigitBox | None:
        """The smallest box around what of the hull lies in the box and costs at most the budget, as far as is found;
        None where nothing does. It is empty where all of that lies between two digits of a coordinate.
        """
        corners = [each.corners(a, b) for each, a, b in zip(self.coordinates, box.low, box.high, strict=True)]
        low, high = [], []
        for i, base in enumerate(box.low):
            first, last = (self._solved(box, corners, Fraction(budget), (i, sign)) for sign in (1, -1))
            if not first.feasible or not last.feasible:
                return None
            low.append(base + ceil(first.cost))
            high.append(base + floor(-last.cost))
        return DigitBox(tuple(map(max, low, box.low)), tuple(map(min, high, box.high)))

    def centre(self, box: DigitBox, budget: Number) -> tuple[Fraction, ...] | None:
        """A point of the hull in the box that costs at most the budget, well inside what there is of them."""
        corners = [each.corners(a, b) for each, a, b in zip(self.coordinates, box.low, box.high, strict=True)]
        points = []
        for i in range(len(corners)):
            for sign in (1, -1):
                solved = self._solved(box, corners, Fraction(budget), (i, sign))
                if not solved.feasible:
                    return None
                points.append(self._point(solved, box))
        return tuple(sum(column, start=ZERO) / len(points) for column in zip(*points, strict=True))

    def near(self, box: DigitBox, group: int) -> list[tuple[int, ...]]:
        """Directions in which a box is so near to the face that some vectors of a group do not matter there; few."""
        left, chosen = set(range(self.clouds[group].size)), list[tuple[int, ...]]()
        while len(chosen) < len(self.coordinates):
            best: tuple[int, tuple[int, ...], set[int]] | None = None
            for direction, cut in self.cuts.items():
                slack = cut.most - sum(
                    min(direction[each.axis] * a, direction[each.axis] * b)
                    for each, a, b in zip(self.coordinates, box.low, box.high, strict=True)
                )
                values = self.clouds[group].values(direction)
                kept = {i for i in left if cut.greatest[group] - values[i] <= slack}
                if len(kept) < len(left) and (best is None or len(kept) < best[0]):
                    best = len(kept), direction, kept
            if best is None:
                break
            chosen.append(best[1])
            left = best[2]
        return chosen

    # ------------------------------------------------------------ one program

    def _solved(
        self,
        box: DigitBox,
        corners: list[list[Corner]],
        budget: Fraction | None = None,
        aim: tuple[int, int] | None = None,
    ) -> Solved:
        """Rows: for every coordinate where it is, that its corners are a mixture, that the vertices are, the budget."""
        size = len(corners)
        rows = 2 * size + 1 + (budget is not None)
        columns = []
        for i, each in enumerate(corners):
            for d, v in lower_hull(each):
                entries = [ZERO] * rows
                entries[i], entries[size + i] = Fraction(d - box.low[i]), ONE
                if budget is not None:
                    entries[-1] = Fraction(v)
                cost = Fraction(v) if aim is None else entries[i] * aim[1] if aim[0] == i else ZERO
                columns.append(Column(cost, tuple(entries), i))
        if budget is not None:
            columns.append(Column(ZERO, (*([ZERO] * (rows - 1)), ONE)))

        def of_vertex(digits: Digits) -> Column:
            entries = [ZERO] * rows
            for i, each in enumerate(self.coordinates):
                entries[i] = Fraction(box.low[i] - digits[each.axis])
            entries[2 * size] = ONE
            return Column(ZERO, tuple(entries), digits)

        def oracle(prices: Prices, costly: bool) -> Column | None:
            direction, _ = self._direction(prices)
            digits = self._vertex(direction if direction is not None else (0,) * self.width)
            column = of_vertex(digits)
            return column if sum(p * e for p, e in zip(prices, column.entries, strict=True)) > 0 else None

        columns += [of_vertex(digits) for digits in self.vertices]
        right = [ZERO] * size + [ONE] * (size + 1) + ([] if budget is None else [budget])
        return least(columns, right, oracle, self.poll)

    def _direction(self, prices: Prices) -> tuple[tuple[int, ...] | None, Fraction]:
        """The direction that prices mean, in coprime integers, and how much of it; None for no direction."""
        own = [-p for p in prices[: len(self.coordinates)]]
        if not any(own):
            return None, ZERO
        common = lcm(*(p.denominator for p in own))
        whole = [int(p * common) for p in own]
        divisor = gcd(*whole)
        direction = [0] * self.width
        for each, value in zip(self.coordinates, whole, strict=True):
            direction[each.axis] = value // divisor
        return tuple(direction), Fraction(divisor, common)

    def _vertex(self, direction: tuple[int, ...]) -> Digits:
        """A vertex of the hull that is greatest in a direction."""
        best = tuple(cloud.along(direction)[0] for cloud in self.clouds)
        columns = zip(
            *([cloud.times * d for d in cloud.digits(i)] for cloud, i in zip(self.clouds, best, strict=True)),
            strict=True,
        )
        digits = tuple(map(sum, columns))
        self.vertices.setdefault(digits, best)
        return digits

    def _point(self, solved: Solved, box: DigitBox) -> tuple[Fraction, ...]:
        point = [Fraction(a) for a in box.low]
        for column, amount in solved.values:
            if isinstance(column.tag, int):
                point[column.tag] += column.entries[column.tag] * amount
        return tuple(point)

    def _middle(self, box: DigitBox) -> tuple[Fraction, ...]:
        return tuple(Fraction(a + b, 2) for a, b in zip(box.low, box.high, strict=True))

    def _mixed(self, solved: Solved) -> tuple[tuple[Vertex, Digits, Fraction], ...]:
        return tuple(
            (self.vertices[column.tag], column.tag, amount)
            for column, amount in solved.values
            if isinstance(column.tag, tuple)
        )


class _Asked(HullProgram):
    """A program whose vertices come from a function."""

    def __init__(
        self,
        coordinates: Sequence[Lined],
        width: int,
        vertex: Callable[[Digits], Digits],
        poll: Callable[[], None],
    ) -> None:
        super().__init__((), coordinates, poll)
        self.width, self.vertex = width, vertex

    def _vertex(self, direction: tuple[int, ...]) -> Digits:
        digits = self.vertex(direction)
        self.vertices.setdefault(digits, ())
        return digits


def least_mixture(
    coordinates: Sequence[Lined],
    width: int,
    vertex: Callable[[Digits], Digits],
    poll: Callable[[], None],
) -> tuple[tuple[int, ...] | None, list[tuple[Digits, Fraction]]]:
    """A mixture of vertices where a loss made of lines is least, and the direction that shows it; no direction where
    the loss is nowhere less. `vertex` gives the vertex that is greatest in a direction.
    """
    program = _Asked(coordinates, width, vertex, poll)
    corners = [each.corners(0, each.count - 1) for each in coordinates]
    solved = program._solved(DigitBox((0,) * len(corners), tuple([each.count - 1 for each in coordinates])), corners)
    mixed = [(column.tag, amount) for column, amount in solved.values if isinstance(column.tag, tuple)]
    direction, _ = program._direction(solved.prices)
    plain = sum((min(v for _, v in each) for each in corners), start=ZERO)
    return (direction if solved.cost > plain else None), mixed
