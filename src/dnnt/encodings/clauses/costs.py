"""Costs as quantities: of an output at a point where the loss is a sum over outputs, else of a point.

Only the lower side is needed: a cost is forced to be at least so much wherever values of units are bad enough. Boxes
of values are chosen such that the least loss on them is plain to see, sample by sample.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import prod

from dnnt.encodings.clauses.book import FALSE, TRUE, TooManyClauses
from dnnt.encodings.clauses.quantities import Ledger, Quantity, runs
from dnnt.exact import Number, magnitude, normal
from dnnt.losses import Loss
from dnnt.losses.coded import codes

Vector = tuple[Number, ...]

Targets = Sequence[tuple[Number, Vector]]
"""The distinct targets at a point, with their weights."""

MOST_CELLS = 20_000
"""Most combinations of outputs of a point that are listed."""

CONVEX = frozenset(("squared", "absolute", "maximum", "hinge"))


class Known:
    """An output whose values are known, in the place of a unit's value."""

    __slots__ = ("high", "low", "values")

    def __init__(self, value: Number) -> None:
        self.values = (value,)
        self.low = self.high = value

    def lower(self, x: Number) -> int:
        """Whether the value is at least x."""
        return TRUE if self.low >= x else FALSE

    def upper(self, y: Number) -> int:
        """Whether the value is at most y."""
        return TRUE if self.low <= y else FALSE


Output = Quantity | Known


class OutputCost(Quantity):
    """The cost of one output at a point: a sum over targets of the loss of this output alone."""

    __slots__ = ("cost", "output", "sound")

    def __init__(self, ledger: Ledger, place: tuple[int, int], loss: Loss, targets: Targets, output: Output) -> None:
        j, i = place
        wanted = [(weight, y[j]) for weight, y in targets]
        self.output = output

        def cost(f: Number) -> Number:
            return normal(sum([weight * loss((f,), (y,)) for weight, y in wanted]))

        self.cost = cost
        self.sound = _sound(loss, [y for _, y in wanted], output, cost)
        super().__init__(ledger, ("o", j, i), sorted({cost(f) for f in output.values}), 0, None, None)

    def write_lower(self, x: Number) -> None:
        """Intervals of the output on which the cost is at least x."""
        goal = self.at_least(x)
        for a, b in runs(self.output.values, lambda f: self.cost(f) >= x, self.sound):
            self.ledger.book.implied("o", (self.output.lower(a), self.output.upper(b)), goal)


def _sound(
    loss: Loss, targets: Sequence[Number], output: Output, cost: Callable[[Number], Number]
) -> Callable[[Number, Number], bool]:
    """Whether the least cost on an interval between values is plainly that at one of the values in it."""
    kind = loss.kind
    if kind in CONVEX:
        least = min(output.values, key=cost, default=0)
        return lambda a, b: b < least or a > least
    if kind == "zero_one":
        return lambda a, b: not any(a <= y <= b for y in targets)
    if kind == "misclassified":
        one_sided = len(set(targets)) == 1 and targets[0]
        return lambda a, b: a > 0 or b < 0 or (one_sided == 1 and b <= 0) or (one_sided == -1 and a >= 0)
    return lambda a, b: False


def in_cells(loss: Loss, targets: int) -> bool:
    """Whether all combinations of outputs are listed for a loss of several outputs and so many distinct targets."""
    return targets != 1 or loss.kind not in ("zero_one", "misclassified", "maximum", "pairs", "printed_pairs")


class PointCost(Quantity):
    """The cost of a point, for losses of several outputs that are no sums over them."""

    __slots__ = ("cells", "loss", "outputs", "targets")

    def __init__(self, ledger: Ledger, point: int, loss: Loss, targets: Targets, outputs: Sequence[Output]) -> None:
        self.loss = loss
        self.targets = targets
        self.outputs = outputs
        self.cells: list[tuple[Vector, Number]] | None = None
        values = self._values()
        super().__init__(ledger, ("c", point), values, 0, None, None)

    def _values(self) -> list[Number]:
        if not in_cells(self.loss, len(self.targets)):
            weight, y = self.targets[0]
            if self.loss.kind == "maximum":
                far = [magnitude(f - b) for output, b in zip(self.outputs, y, strict=True) for f in output.values]
                return sorted({0, *[normal(weight * q) for q in far]})
            return [0, weight] if self.loss.kind in ("zero_one", "misclassified") else [0, weight, 2 * weight]
        if prod(len(output.values) for output in self.outputs) > MOST_CELLS:
            raise TooManyClauses(f"more than {MOST_CELLS:,} combinations of outputs of a sample")
        self.cells = []
        for f in product(*[output.values for output in self.outputs]):
            self.cells.append((f, normal(sum(weight * self.loss(f, y) for weight, y in self.targets))))
        return sorted({cost for _, cost in self.cells})

    def write_lower(self, x: Number) -> None:
        """Boxes of the outputs on which the cost is at least x."""
        goal, book = self.at_least(x), self.ledger.book
        if self.cells is not None:
            for f, cost in self.cells:
                if cost >= x:
                    sides = [(output.lower(q), output.upper(q)) for output, q in zip(self.outputs, f, strict=True)]
                    book.implied("o", [side for pair in sides for side in pair], goal)
            return
        for premises in self._boxes(x):
            if FALSE not in premises:
                book.implied("o", premises, goal)

    def _boxes(self, x: Number) -> list[tuple[int, ...]]:
        """Premises under each of which the one target costs at least x."""
        weight, y = self.targets[0]
        kind = self.loss.kind
        if kind == "maximum":
            distance = normal(Fraction(x) / weight)
            made: list[tuple[int, ...]] = []
            for output, b in zip(self.outputs, y, strict=True):
                made += [(output.lower(normal(b + distance)),), (output.upper(normal(b - distance)),)]
            return made
        if kind == "misclassified":
            return self._not_hottest(y.index(1))
        if kind == "zero_one":
            return self._off(y)
        if kind == "printed_pairs" and x <= weight:
            return [()]
        if x <= weight:
            return self._off(y)
        return self._unlisted(y)

    def _off(self, y: Vector) -> list[tuple[int, ...]]:
        """The outputs are not all as wanted."""
        made: list[tuple[int, ...]] = []
        for output, b in zip(self.outputs, y, strict=True):
            below, above = bisect_left(output.values, b), bisect_right(output.values, b)
            if below:
                made.append((output.upper(output.values[below - 1]),))
            if above < len(output.values):
                made.append((output.lower(output.values[above]),))
        return made

    def _not_hottest(self, hot: int) -> list[tuple[int, ...]]:
        """Another output is at least as large as the hot one."""
        made: list[tuple[int, ...]] = []
        best = self.outputs[hot]
        for place, output in enumerate(self.outputs):
            if place != hot:
                last = -1
                for value in output.values:
                    at = bisect_right(best.values, value) - 1
                    if at > last:
                        last = at
                        made.append((output.lower(value), best.upper(best.values[at])))
        return made

    def _unlisted(self, y: Vector) -> list[tuple[int, ...]]:
        """Some output is no pair that is allowed, and not all are as wanted."""
        arguments = dict(self.loss.arguments)
        codes_of = codes(arguments["size"], arguments["allowed"])
        printed = self.loss.kind == "printed_pairs"
        made: list[tuple[int, ...]] = []
        for j, output in enumerate(self.outputs):
            listed = codes_of[j]
            stops = sorted(listed if printed else listed | {y[j]})

            def sound(a: Number, b: Number, stops: list[int | Number] = stops) -> bool:
                return bisect_left(stops, a) == bisect_right(stops, b)

            for a, b in runs(output.values, lambda f, stops=stops: f not in stops, sound):  # type: ignore[misc]
                made.append((output.lower(a), output.upper(b)))
            if not printed and y[j] not in listed and y[j] in output.values:
                here = (output.lower(y[j]), output.upper(y[j]))
                made += [(*here, *off) for off in self._off(y)]
        return made
