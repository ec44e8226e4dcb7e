"""Wide variables of the normal form: which of their very many values are left (docs/certificates.md, "Wide variables").

Every value that goes has another one that stays and costs no more, whatever the other variables are, or costs no more
once what is taken from the bias of a ReLU that is active everywhere is added to the biases that follow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dnnt_check.activations import Activation
from dnnt_check.budget import Work
from dnnt_check.form import Unit
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, charge_quotient, multiply, normal, ratio
from dnnt_check.spaces import Scaled

#: A space of more elements than this makes a variable wide.
WIDE = 1_000

#: The least and the greatest of some numbers.
Interval = tuple[Number, Number]

#: For each point a number, or None where every number will do; None for all points where perhaps none will.
Limits = list[Number | None] | None


@dataclass(frozen=True, slots=True)
class Wide:
    """The values of a wide variable.

    Attributes:
        of: the elements of the slot that has a choice.
        others: what all other slots add to them.
        bias: is that slot a bias?
    """

    of: Scaled
    others: Number
    bias: bool

    @property
    def interval(self) -> Interval:
        """The least and the greatest value."""
        return self.value(0), self.value(-1)

    @property
    def is_progression(self) -> bool:
        """Are the values equally spaced?"""
        return isinstance(self.of.digits, range)

    def below(self, limit: Number, work: Work) -> int:
        """How many values are below the limit."""
        digit = self._digit(limit, work)
        return (
            self._clamped(-(-digit // 1)) if isinstance(self.of.digits, range) else bisect_left(self.of.digits, digit)
        )

    def up_to(self, limit: Number, work: Work) -> int:
        """How many values are at most the limit."""
        digit = self._digit(limit, work)
        return (
            self._clamped(digit // 1 + 1) if isinstance(self.of.digits, range) else bisect_right(self.of.digits, digit)
        )

    def _digit(self, value: Number, work: Work) -> Number:
        distance = add(add(value, -self.others, work), -self.of.low, work)
        charge_quotient(distance, self.of.step, work)
        return ratio(distance, self.of.step)

    def _clamped(self, index: Number) -> int:
        return int(min(max(index, 0), self.of.count))

    def value(self, index: int) -> Number:
        """The value of an index."""
        return normal(self.of.low + self.of.step * self.of.digits[index] + self.others)

    def values(self, work: Work) -> tuple[Number, ...]:
        """All values in increasing order."""
        work.spend(self.of.count * 1e-6)
        return tuple([normal(value + self.others) for value in self.of.values()])

    def part(self, first: int, last: int) -> Wide:
        """The values from one index to another."""
        of = self.of
        return Wide(Scaled(last - first + 1, of.low, of.step, of.digits[first : last + 1]), self.others, self.bias)


Options = tuple[Number, ...] | Wide


def trimmed(
    units: Sequence[Unit], outputs: Sequence[int | Vector], options: Sequence[Options], instance: Instance, work: Work
) -> list[Options]:
    """What is left of the values of every variable."""
    if not instance.points or not any(isinstance(each, Wide) for each in options):
        return list(options)
    trimming = _Trimming(units, outputs, options, instance, work)
    loose = trimming.loose_units()
    left = trimming.left(loose) if loose else None
    if left is None:
        left = trimming.left(set())
    assert left is not None
    return left


class _Trimming:
    def __init__(
        self,
        units: Sequence[Unit],
        outputs: Sequence[int | Vector],
        options: Sequence[Options],
        instance: Instance,
        work: Work,
    ) -> None:
        self.units = units
        self.options = options
        self.instance = instance
        self.work = work
        self.places = {u: [j for j, output in enumerate(outputs) if output == u] for u in range(len(units))}
        self.fed: dict[int, set[int]] = {u: set() for u in range(len(units))}
        places: dict[int, list[int]] = {}
        for u, unit in enumerate(units):
            for variable, _ in unit.terms:
                places.setdefault(variable, []).append(u)
            for product in unit.products:
                self.fed[product.source].add(u)
                if product.variable is not None:
                    places.setdefault(product.variable, []).append(-1)
            work.spend((len(unit.terms) + len(unit.products)) * 1e-6)
        # Wide variables with a single place, which is a term.
        self.single = {k for k, of in places.items() if len(of) == 1 and of[0] >= 0 and isinstance(options[k], Wide)}
        self.bias = {u: self._bias_of(unit) for u, unit in enumerate(units)}
        self.limits = {u: self._limits_of(u) for u in range(len(units))}

    def _bias_of(self, unit: Unit) -> int | None:
        """The first wide variable of a unit that is a bias of equal steps."""
        for variable, column in unit.terms:
            of = self.options[variable]
            if variable not in self.single or not isinstance(of, Wide):
                continue
            if of.bias and of.is_progression and all(x == 1 for x in column):
                return variable
        return None

    def _limits_of(self, u: int) -> tuple[Limits, Limits]:
        """Pre-activations below which, and above which, nothing gets better any more."""
        activation, instance = self.units[u].activation, self.instance
        low, high = _flat_ends(activation)
        count = len(instance.points)
        below: Limits = None if low is None else [low] * count
        above: Limits = None if high is None else [high] * count
        if activation.kind in ("identity", "relu") and len(self.places[u]) == 1 and not self.fed[u]:
            place = self.places[u][0]
            ends = [_cost_ends(instance, i, place, self.work) for i in range(count)]
            known = [end for end in ends if end is not None]
            if len(known) == count:
                above = [most for _, most in known]
                if activation.kind == "identity":
                    below = [least for least, _ in known]
        return below, above

    def loose_units(self) -> set[int]:
        """Units whose bias may be of any size, because other biases can make up for it."""
        loose: set[int] = set()
        for u in range(len(self.units) - 1, -1, -1):
            inner = self.units[u].activation.kind == "relu" and not self.places[u]
            if inner and all(self._makes_up(u, t, loose) for t in self.fed[u]):
                loose.add(u)
        return loose

    def _makes_up(self, u: int, t: int, loose: set[int]) -> bool:
        """Can the bias of unit t make up for any number of steps of the bias of unit u?"""
        from_, to = self.bias[u], self.bias[t]
        below, above = self.limits[t]
        if from_ is None or to is None or (t not in loose and (below is None or above is None)):
            return False
        given, taken = self.options[from_], self.options[to]
        assert isinstance(given, Wide) and isinstance(taken, Wide)
        for product in self.units[t].products:
            if product.source == u:
                for weight in self._generators(product.variable):
                    change = multiply(multiply(product.factor, weight, self.work), given.of.step, self.work)
                    charge_quotient(change, taken.of.step, self.work)
                    if type(ratio(change, taken.of.step)) is not int:
                        return False
        return True

    def _generators(self, variable: int | None) -> Iterable[Number]:
        """Numbers of which all values of a variable are sums of multiples (and all are, if the values are)."""
        if variable is None:
            return (1,)
        of = self.options[variable]
        if not isinstance(of, Wide):
            return of
        return (of.value(0), of.of.step)

    def left(self, loose: set[int]) -> list[Options] | None:
        """What is left of every variable; None if a bias may not be able to make up for the biases of loose units."""
        left = list(self.options)
        needed = loose.union(*[self.fed[u] for u in loose])
        values: list[list[Interval] | None] = []
        for u, unit in enumerate(self.units):
            below, above = self.limits[u]
            main_first = sorted(unit.terms, key=lambda term: term[0] != self.bias[u])
            for variable, column in main_first:
                of = left[variable]
                if variable not in self.single or not isinstance(of, Wide):
                    continue
                main = variable == self.bias[u]
                rest = self._pre(unit, left, values, variable)
                high: Limits = [0] * len(column) if main and u in loose else above
                first = last = None
                if rest is not None:
                    first, last = self._ends(of, column, rest, below, high)
                if main and u in needed and (first is None or last is None):
                    return None
                left[variable] = _between(of, first, last)
            pre = self._pre(unit, left, values, None)
            values.append(None if pre is None else self._values(unit.activation, pre))
        return left

    def _ends(
        self, of: Wide, column: Vector, rest: list[Interval], below: Limits, above: Limits
    ) -> tuple[int | None, int | None]:
        """The index from which it is no use to go down, and that from which it is no use to go up; None: not there."""
        size, work = of.of.count, self.work
        first = last = None
        floor = self._turns(column, rest, above, below, -1)
        if floor is not None:
            if not of.bias:
                floor.append(of.others)
            found = of.up_to(min(floor), work) - 1 if floor else size - 1
            first = found if found >= 0 else None
        ceiling = self._turns(column, rest, below, above, 1)
        if ceiling is not None:
            if not of.bias:
                ceiling.append(of.others)
            found = of.below(max(ceiling), work) if ceiling else 0
            last = found if found < size else None
        return first, last

    def _turns(
        self, column: Vector, rest: list[Interval], falling: Limits, rising: Limits, way: int
    ) -> list[Number] | None:
        """For each point the value of a variable with this column from which on its pre-activation stays past its
        limit, where the variable goes up (way 1) or down (way -1): past `rising` where the column is above 0, past
        `falling` where it is below.
        """
        turns: list[Number] = []
        for i, x in enumerate(column):
            if not x:
                continue
            limits = rising if x > 0 else falling
            if limits is None:
                return None
            limit = limits[i]
            if limit is not None:
                # Where the pre-activation goes up it is the least rest that counts, else the greatest.
                worst = rest[i][0] if (x > 0) == (way > 0) else rest[i][1]
                charge_quotient(limit, x, self.work)
                turns.append(ratio(add(limit, -worst, self.work), x))
            self.work.spend(2e-6)
        return turns

    def _pre(
        self, unit: Unit, left: list[Options], values: list[list[Interval] | None], without: int | None
    ) -> list[Interval] | None:
        """The interval of a unit's pre-activation at every point, without one variable."""
        work = self.work
        found = [(x, x) for x in unit.constant]
        for variable, column in unit.terms:
            if variable != without:
                ends = _interval(left[variable])
                self._add(found, ends, [(x, x) for x in column])
        for product in unit.products:
            source = values[product.source]
            if source is None:
                return None
            ends = (1, 1) if product.variable is None else _interval(left[product.variable])
            low, high = (multiply(product.factor, end, work) for end in ends)
            self._add(found, (min(low, high), max(low, high)), source)
        return found

    def _add(self, total: list[Interval], factor: Interval, column: list[Interval]) -> None:
        """Add a column times a factor, all of them intervals."""
        work = self.work
        for i, ends in enumerate(column):
            products = [multiply(a, b, work) for a in factor for b in ends]
            low, high = total[i]
            total[i] = add(low, min(products), work), add(high, max(products), work)
            work.spend(3e-6)

    def _values(self, activation: Activation, pre: list[Interval]) -> list[Interval] | None:
        """The interval of a unit's value at every point, if anything is known of it."""
        if not activation.has_breaks:
            return None
        function = activation.function(self.work)
        found = []
        for low, high in pre:
            ends = [function(low), function(high)]
            ends.extend([function(z) for z in activation.breaks() if low < z < high])
            if activation.kind == "table":
                ends.append(activation.values[0])
            found.append((min(ends), max(ends)))
            self.work.spend(2e-6)
        return found


def _interval(of: Options) -> Interval:
    return of.interval if isinstance(of, Wide) else (of[0], of[-1])


def _between(of: Wide, first: int | None, last: int | None) -> Wide:
    """The values between two indices, two of them at least; if they are the wrong way round, the last one counts."""
    end = of.of.count - 1 if last is None else last
    start = min(first or 0, end)
    if start == end:
        start, end = (0, 1) if end == 0 else (end - 1, end)
    return of.part(start, end)


def _flat_ends(activation: Activation) -> tuple[Number | None, Number | None]:
    """Numbers up to which, and from which on, an activation is constant."""
    kind, values, points = activation.kind, activation.values, activation.points
    if kind in ("sign", "step"):
        return -1, 0
    if kind == "relu":
        return 0, None
    if kind == "clip":
        return values[0], values[1]
    if kind == "table" and points:
        return points[0][0] - 1, points[-1][0] + 1
    if kind == "piecewise_linear":
        return None if values[0] else points[0][0], None if values[1] else points[-1][0]
    return None, None


def _cost_ends(instance: Instance, point: int, place: int, work: Work) -> tuple[Number | None, Number | None] | None:
    """Values of an output below which, and above which, its cost at a point falls no more on the way out. A number of
    None: it falls nowhere. None: nothing is known.
    """
    loss = instance.loss
    labels = [y for _, y in instance.samples[point]]
    own = [y[place] for y in labels]
    work.spend(len(own) * 1e-6)
    if loss.kind in ("squared", "absolute", "maximum"):
        return min(own), max(own)
    if loss.kind == "zero_one":
        return min(own) - 1, max(own) + 1
    if loss.kind == "misclassified" and len(labels[0]) == 1:
        return -1, 1
    if loss.kind == "hinge":
        return (
            min([ratio(loss.value, y) for y in own if y < 0], default=None),
            max([ratio(loss.value, y) for y in own if y > 0], default=None),
        )
    return None
