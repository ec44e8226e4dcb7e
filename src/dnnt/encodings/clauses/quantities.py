"""Quantities in order encoding: variables, products, values of units, sums; each with the thresholds asked for.

A quantity has the values that it may have (a superset of them), and what the checker knows of it by itself: an
interval and a grid. `lower(x)` is a literal that is forced wherever the quantity is at least x, `upper(y)` one that is
forced wherever it is at most y; whoever asks for one makes the quantity write the clauses that force it, later on. So
only the thresholds that matter are there, and only the side that matters. (Where the values fill the grid the two sides
share one literal.)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from dnnt.activations import TWO_VALUED, Activation
from dnnt.encodings.clauses.book import FALSE, TRUE, Book, Key, TooManyClauses
from dnnt.exact import Number, common_step, normal

Grid = tuple[Number, Number] | None
"""(offset, step): all values are offset + step · integer; step 0: one value; None: nothing is known."""

MOST_VALUES = 20_000
"""The most values that a quantity may have."""

RISING = frozenset(("identity", "relu", "sign", "step", "floor", "clip"))
"""Activations that never fall."""


class Ledger:
    """The book, and which thresholds are still to be written."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.waiting: list[tuple[Quantity, bool, Number]] = []
        self.ordered: dict[Key, set[Number]] = {}
        self.changed: set[Key] = set()

    def write(self, poll: Callable[[], None]) -> None:
        """Write the clauses of all thresholds that were asked for, and of those that they ask for."""
        count = 0
        while self.waiting:
            quantity, is_lower, x = self.waiting.pop()
            (quantity.write_lower if is_lower else quantity.write_upper)(x)
            count += 1
            if not count % 64:
                poll()
        for key in self.changed:
            lows = sorted(self.ordered[key])
            for a, b in pairwise(lows):
                self.book.clause("d", (self.book.literal(key, a, None), -self.book.literal(key, b, None)))
        self.changed.clear()


class Quantity:
    """A quantity; `values` increase, `low`, `high` and `grid` are what the checker knows."""

    __slots__ = ("asked", "grid", "high", "key", "ledger", "low", "values")

    def __init__(
        self, ledger: Ledger, key: Key, values: Sequence[Number], low: Number, high: Number | None, grid: Grid
    ) -> None:
        if len(values) > MOST_VALUES:
            raise TooManyClauses(f"a quantity of more than {MOST_VALUES:,} values")
        self.ledger = ledger
        self.key = key
        self.values = values
        self.low = low
        self.high = high
        self.grid = grid
        self.asked: set[tuple[bool, Number]] = set()

    def at_least(self, x: Number) -> int:
        """The literal that says q >= x."""
        if x <= self.low:
            return TRUE
        if self.high is not None and x > self.high:
            return FALSE
        ordered = self.ledger.ordered.setdefault(self.key, set())
        if x not in ordered:
            ordered.add(x)
            self.ledger.changed.add(self.key)
        return self.ledger.book.literal(self.key, x, None)

    def at_most(self, y: Number) -> int:
        """The literal that says q <= y."""
        if self.high is not None and y >= self.high:
            return TRUE
        if y < self.low:
            return FALSE
        if self.grid is None or not self.grid[1]:
            return self.ledger.book.literal(self.key, None, y)
        offset, step = self.grid
        return -self.at_least(normal(offset + step * ((y - offset) // step + 1)))

    def lower(self, x: Number) -> int:
        """A literal forced where q >= x; FALSE where that cannot be."""
        place = bisect_left(self.values, x)
        if place == len(self.values):
            return FALSE
        x = self.values[place]
        literal = self.at_least(x)
        if literal != TRUE and (True, x) not in self.asked:
            self.asked.add((True, x))
            self.ledger.waiting.append((self, True, x))
        return literal

    def upper(self, y: Number) -> int:
        """A literal forced where q <= y; FALSE where that cannot be."""
        place = bisect_right(self.values, y)
        if not place:
            return FALSE
        y = self.values[place - 1]
        literal = self.at_most(y)
        if literal != TRUE and (False, y) not in self.asked:
            self.asked.add((False, y))
            self.ledger.waiting.append((self, False, y))
        return literal

    def write_lower(self, x: Number) -> None:
        """Write clauses that force q >= x; x is one of the values."""
        raise NotImplementedError

    def write_upper(self, y: Number) -> None:
        """Write clauses that force q <= y; y is one of the values."""
        raise NotImplementedError


class VariableValue(Quantity):
    """The value of a variable: nothing forces it."""

    __slots__ = ("_exactly", "_tied")

    def __init__(self, ledger: Ledger, index: int, values: Sequence[Number]) -> None:
        step = common_step([b - values[0] for b in values[1:]])
        super().__init__(ledger, ("v", index), values, values[0], values[-1], (values[0], step))
        self._exactly = False
        self._tied = 0

    def at_most(self, y: Number) -> int:
        """The literal that says v <= y: the checker knows the list of values."""
        place = bisect_right(self.values, y)
        return TRUE if place == len(self.values) else -self.at_least(self.values[place])

    def write_lower(self, x: Number) -> None:
        """Nothing forces it."""

    def write_upper(self, y: Number) -> None:
        """Nothing forces it."""

    def exactly(self, a: Number) -> int:
        """The literal that says v = a, which is one of the values."""
        if len(self.values) == 2:
            return self.at_least(a) if a == self.values[1] else self.at_most(a)
        book = self.ledger.book
        if not self._exactly:
            self._exactly = True
            literals = [book.literal(self.key, value, value) for value in self.values]
            book.clause("d", literals)
            for i, one in enumerate(literals):
                for other in literals[:i]:
                    book.clause("d", (-one, -other))
        return book.literal(self.key, a, a)

    def join(self) -> None:
        """Tie the literals v = a, if there are some, to all thresholds."""
        tied = len(self.ledger.ordered.get(self.key, ()))
        if self._exactly and tied > self._tied:
            self._tied = len(self.values)  # All thresholds are made here.
            book = self.ledger.book
            for a in self.values:
                exact = book.literal(self.key, a, a)
                book.clause("d", (-exact, self.at_least(a)))
                book.clause("d", (-exact, self.at_most(a)))
                book.clause("d", (exact, -self.at_least(a), -self.at_most(a)))


class ProductValue(Quantity):
    """A variable times the value of a unit."""

    __slots__ = ("of", "unit")

    def __init__(self, ledger: Ledger, key: Key, of: VariableValue, unit: Quantity) -> None:
        assert unit.high is not None, "values of units are bounded"
        self.of = of
        self.unit = unit
        values = sorted({normal(a * b) for a in of.values for b in unit.values})
        low, high = _product(of.values[0], of.values[-1], unit.low, unit.high)
        grid: Grid = None
        if unit.grid is not None and of.grid is not None:
            (a, s), (b, r) = of.grid, unit.grid
            grid = normal(a * b), common_step([a * r, b * s, s * r])
        super().__init__(ledger, key, values, low, high, grid)

    def write_lower(self, x: Number) -> None:
        """Boxes of the variable and the unit on which the product is at least x."""
        self._write(x, self.at_least(x), True)

    def write_upper(self, y: Number) -> None:
        """Boxes of the variable and the unit on which the product is at most y."""
        self._write(y, self.at_most(y), False)

    def _write(self, x: Number, goal: int, is_lower: bool) -> None:
        unit, values = self.unit, self.of.values
        low, high = unit.low, unit.high
        assert high is not None, "values of units are bounded"
        seen = set()
        for place, a in enumerate(values):
            if not a:
                if (x > 0) if is_lower else (x < 0):
                    continue
                ends = (low, high)
            else:
                rising = (a > 0) == is_lower  # The unit has to be large.
                at = normal(Fraction(x) / a)
                spot = bisect_left(unit.values, at) if rising else bisect_right(unit.values, at) - 1
                if not 0 <= spot < len(unit.values):
                    continue
                ends = (max(low, unit.values[spot]), high) if rising else (low, min(high, unit.values[spot]))
            first = last = place
            while first and self._holds(values[first - 1], ends, x, is_lower):
                first -= 1
            while last + 1 < len(values) and self._holds(values[last + 1], ends, x, is_lower):
                last += 1
            if (first, last, ends) in seen:
                continue
            seen.add((first, last, ends))
            premises = [self.of.lower(values[first]), self.of.upper(values[last])]
            premises.append(TRUE if ends[0] <= low else unit.lower(ends[0]))
            premises.append(TRUE if ends[1] >= high else unit.upper(ends[1]))
            self.ledger.book.implied("m", premises, goal)

    @staticmethod
    def _holds(a: Number, ends: tuple[Number, Number], x: Number, is_lower: bool) -> bool:
        if is_lower:
            return min(a * ends[0], a * ends[1]) >= x
        return max(a * ends[0], a * ends[1]) <= x


def _product(a: Number, b: Number, c: Number, d: Number) -> tuple[Number, Number]:
    corners = [normal(q) for q in (a * c, a * d, b * c, b * d)]
    return min(corners), max(corners)


class UnitValue(Quantity):
    """The value of a unit: its activation of its pre-activation."""

    __slots__ = ("activation", "pre")

    def __init__(self, ledger: Ledger, key: Key, activation: Activation, pre: Quantity) -> None:
        assert pre.high is not None, "pre-activations are bounded"
        self.activation = activation
        self.pre = pre
        ends = activation.interval(pre.low, pre.high)
        assert ends is not None, "irregular activations are refused"
        values = sorted({activation(z) for z in pre.values})
        super().__init__(ledger, key, values, ends[0], ends[1], _image_grid(activation, pre))

    def write_lower(self, x: Number) -> None:
        """Intervals of the pre-activation on which the value is at least x."""
        self._write(self.at_least(x), lambda q: q >= x, True)

    def write_upper(self, y: Number) -> None:
        """Intervals of the pre-activation on which the value is at most y."""
        self._write(self.at_most(y), lambda q: q <= y, False)

    def _write(self, goal: int, good: Callable[[Number], bool], is_lower: bool) -> None:
        pre, apply = self.pre, self.activation
        book = self.ledger.book
        if apply.kind in RISING:
            values = pre.values
            if is_lower:
                book.implied("z", (pre.lower(values[bisect_left(values, True, key=lambda q: good(apply(q)))]),), goal)
            else:
                spot = bisect_left(values, True, key=lambda q: not good(apply(q))) - 1
                book.implied("z", (pre.upper(values[spot]),), goal)
            return

        def sound(a: Number, b: Number) -> bool:
            ends = apply.interval(a, b)
            return ends is not None and good(ends[0] if is_lower else ends[1])

        for a, b in runs(pre.values, lambda q: good(apply(q)), sound):
            book.implied("z", (pre.lower(a), pre.upper(b)), goal)


def runs(
    values: Sequence[Number], good: Callable[[Number], bool], sound: Callable[[Number, Number], bool]
) -> list[tuple[Number, Number]]:
    """Runs of neighbouring values that are good, such that each longer one is sound as an interval."""
    made: list[tuple[Number, Number]] = []
    open_ = False
    for value in values:
        if not good(value):
            open_ = False
        elif open_ and sound(made[-1][0], value):
            made[-1] = (made[-1][0], value)
        else:
            made.append((value, value))
            open_ = True
    return made


def _image_grid(activation: Activation, pre: Quantity) -> Grid:
    kind = activation.kind
    if kind in TWO_VALUED:
        low, high = TWO_VALUED[kind]
        return low, high - low
    if kind == "identity":
        return pre.grid
    given = [q for _, q in activation.arguments]
    whole = pre.grid is not None and all(type(q) is int for q in pre.grid)
    if kind == "floor" or (whole and kind in ("relu", "abs", "square")):
        return 0, 1
    if whole and kind in ("clip", "scale", "leaky_relu") and all(type(q) is int for q in given):
        return 0, 1
    if kind == "table" and all(type(q) is int for q in [given[1], *[value for _, value in given[0]]]):
        return 0, 1
    return None
