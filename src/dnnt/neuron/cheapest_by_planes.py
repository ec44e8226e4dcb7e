"""The cheapest values of a neuron with a convex loss of at most a threshold: boxes of least cost first.

A plane below the loss says how far the values of a box have to move from the cheapest ones until the loss can be low
enough; what that costs at least is a knapsack with fractions (G. B. Dantzig, Discrete-variable extremum problems,
1957).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from heapq import heappop, heappush
from itertools import pairwise

from dnnt.exact import Number, common_step, normal
from dnnt.neuron.best_first import Box, Tree
from dnnt.neuron.planes import Linear
from dnnt.neuron.relaxation import Floats
from dnnt.simplify.prices import Prices

Values = tuple[Number, ...]
Cheaper = Callable[[Number, Values], None]
AtLeast = Callable[[Number], None]


class Cheapest(Tree):
    """A search of boxes by what their values cost at least."""

    def __init__(self, linear: Linear, prices: Prices, threshold: Number) -> None:
        super().__init__(linear)
        self.prices = prices.of_values
        self.threshold = threshold
        self.limit = linear.most(threshold, False)
        self.unit = common_step([normal(p - of[0]) for of in self.prices for p in of]) or 1
        self.base = normal(sum([min(of) for of in self.prices]))

    def result(
        self, best: tuple[Number, Values] | None, cheaper: Cheaper, poll: Callable[[], object], at_least: AtLeast
    ) -> tuple[Number, Values] | None:
        """(cost, values) of the cheapest; `best` are such values that are known. None: no loss is low enough."""

        def no_cap() -> Number:
            poll()
            return self.threshold

        waiting: list[tuple[Number, int, int, Box]] = [(self._least(self.root), self.root.bound, 0, self.root)]
        while waiting and (best is None or waiting[0][0] < best[0]):
            least, _, _, box = heappop(waiting)
            self.nodes += 1
            at_least(least)
            where = self._relaxed(box, no_cap)
            if box.bound > self.limit:
                continue
            values, loss = self._improved(where, box, no_cap)
            if loss <= self.threshold:
                cost = self._cost(values)
                if best is None or cost < best[0]:
                    best = cost, values
                    cheaper(*best)
            for right, child in enumerate(self._halves(box, where)):
                cost = max(least, self._least(child))
                if child.bound <= self.limit and (best is None or cost < best[0]):
                    heappush(waiting, (cost, child.bound, -2 * self.nodes - right, child))
        return best

    def _halves(self, box: Box, where: Floats) -> tuple[Box, ...]:
        """Both halves of a box without what its plane rules out; none of a single choice, which has been looked at."""
        narrow = self._narrowed(box, self.limit)
        variable, cut = self._cut(narrow, where)
        if variable >= 0:
            return self._split(narrow, variable, cut)
        return () if narrow is box else (narrow,)

    def _cost(self, values: Values) -> Number:
        known = zip(self.linear.neuron.values, self.prices, values, strict=True)
        return normal(sum([prices[of.index(value)] for of, prices, value in known]))

    def _least(self, box: Box) -> Number:
        """What values in a box cost at least, if its plane is to be low enough."""
        plane = self.planes[box.plane]
        cost: Number = 0
        missing = plane.constant - self.limit
        moves: list[tuple[Fraction, int]] = []
        for of, grows, prices, first, last in zip(
            self.linear.steps, plane.growth, self.prices, box.low, box.high, strict=True
        ):
            # What the plane gets from a value, and what it costs: only the lower hull matters.
            hull: list[tuple[int, Number]] = []
            for low, price in sorted([(grows * of[v], prices[v]) for v in range(first, last + 1)]):
                if hull and low == hull[-1][0]:
                    continue  # The same, at no lower price.
                while len(hull) > 1 and _above(hull[-2], hull[-1], (low, price)):
                    hull.pop()
                hull.append((low, price))
            # From the cheapest values on: lower ones cost more.
            at = min(range(len(hull)), key=lambda i: (hull[i][1], hull[i][0]))
            cost += hull[at][1]
            missing += hull[at][0]
            for (lower, dearer), (higher, cheap) in pairwise(hull[: at + 1]):
                moves.append((Fraction(dearer - cheap) / (higher - lower), higher - lower))
        for rate, most in sorted(moves):
            if missing <= 0:
                break
            moved = min(missing, most)
            cost += rate * moved
            missing -= moved
        steps = Fraction(cost - self.base) / self.unit
        return normal(self.base + steps.__ceil__() * self.unit)


def _above(first: tuple[int, Number], middle: tuple[int, Number], last: tuple[int, Number]) -> bool:
    """Whether the middle point lies on or above the line between the others."""
    (a, p), (b, q), (c, r) = first, middle, last
    return (q - p) * (c - a) >= (r - p) * (b - a)
