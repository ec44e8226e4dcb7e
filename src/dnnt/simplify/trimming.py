"""Values that a parameter with very many options can do without.

From some value on a bias, or a weight of a known column, makes no difference any more (a sign unit has one sign
throughout, a ReLU is dead), or only makes things worse (all outputs are past their targets); and where a ReLU is active
throughout, what its bias has too much can be given to the biases of the units that it feeds. So a bias of 32 bits has
as few options as one of ten. docs/certificates.md ("Wide variables") is the specification, with the proof.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dnnt.activations import Activation
from dnnt.exact import Number, normal
from dnnt.losses import Loss
from dnnt.simplify.form import Gift, Samples, Trim, Unit, Vector
from dnnt.spaces import Finite, Range, Values, progression

WIDE = 1_000
"""A variable is wide if the only one of its slots that has a choice has more options than this."""

Interval = tuple[Number, Number]

Tail = Mapping[int, Number] | None
"""The pre-activation at each point beyond which going on makes nothing better; points that are not listed are so
everywhere. None: perhaps there is no such pre-activation.
"""


@dataclass(frozen=True, slots=True)
class Wide:
    """The options of a wide variable: those of one slot, and what all others add. `bias`: the slot is a bias."""

    space: Finite
    others: Number
    bias: bool

    @property
    def ends(self) -> Interval:
        """The least and the greatest value."""
        return normal(self.space.low + self.others), normal(self.space.high + self.others)

    def below(self, value: Number) -> int:
        """How many values are below this one."""
        of, option = self.space, value - self.others
        if isinstance(of, Values):
            return bisect_left(of.values, option)
        return min(max(-int((of.start - option) // of.step), 0), of.size)

    def up_to(self, value: Number) -> int:
        """How many values are at most this one."""
        of, option = self.space, value - self.others
        if isinstance(of, Values):
            return bisect_right(of.values, option)
        return min(max(int((option - of.start) // of.step) + 1, 0), of.size)

    def part(self, first: int, last: int) -> Wide:
        """The values from index `first` to index `last`."""
        of = self.space
        if isinstance(of, Values):
            return Wide(Values(of.values[first : last + 1]), self.others, self.bias)
        low, high = (normal(of.start + of.step * index) for index in (first, last))
        return Wide(progression(low, high, of.step), self.others, self.bias)

    def values(self) -> tuple[Number, ...]:
        """All values in increasing order."""
        return tuple([normal(option + self.others) for option in self.space])


Options = tuple[Number, ...] | Wide
"""The values of a variable in increasing order, or those of a wide one."""


def trimmed(
    units: Sequence[Unit], outputs: Sequence[int | Vector], options: Sequence[Options], samples: Samples, loss: Loss
) -> tuple[Sequence[Options], tuple[Trim, ...]]:
    """What is left of the options of all variables, and how other values are taken back to these."""
    if not samples or not any(isinstance(of, Wide) for of in options):
        return options, ()
    work = _Trimming(units, outputs, options, samples, loss)
    giving = work.giving()
    found = work.result(giving) if giving else None
    return found or work.result(frozenset()) or (options, ())


class _Trimming:
    """Goes through the units in topological order."""

    def __init__(
        self,
        units: Sequence[Unit],
        outputs: Sequence[int | Vector],
        options: Sequence[Options],
        samples: Samples,
        loss: Loss,
    ) -> None:
        self.units = units
        self.points = len(samples)
        self.outputs = frozenset(output for output in outputs if isinstance(output, int))
        self.options = options
        self.readers: list[list[int]] = [[] for _ in units]
        uses = [0] * len(options)
        for u, unit in enumerate(units):
            for k in (*[k for k, _ in unit.terms], *[p.variable for p in unit.products if p.variable is not None]):
                uses[k] += 1
            for source in {product.source for product in unit.products}:
                self.readers[source].append(u)
        # The wide variables of each unit that nothing else depends on.
        self.own = [[k for k, _ in unit.terms if isinstance(options[k], Wide) and uses[k] == 1] for unit in units]
        self.biases = [self._bias(u) for u in range(len(units))]
        self.tails = [
            _of_costs(unit.activation, outputs.index(u), samples, loss)
            if not self.readers[u] and sum(output == u for output in outputs) == 1
            else _of_values(unit.activation, self.points)
            for u, unit in enumerate(units)
        ]

    def _bias(self, u: int) -> tuple[int, Number] | None:
        """The first wide bias of the unit that is a progression, and its step."""
        columns = dict(self.units[u].terms)
        for k in self.own[u]:
            of = self.options[k]
            if isinstance(of, Wide) and of.bias and isinstance(of.space, Range) and all(x == 1 for x in columns[k]):
                return k, of.space.step
        return None

    def giving(self) -> frozenset[int]:
        """The units that give what their bias has too much to the biases of those that they feed."""
        giving: set[int] = set()
        for u in reversed(range(len(self.units))):
            ready = self.units[u].activation.kind == "relu" and u not in self.outputs
            if ready and all((t in giving or None not in self.tails[t]) and self._takes(t, u) for t in self.readers[u]):
                giving.add(u)
        return frozenset(giving)

    def _takes(self, t: int, u: int) -> bool:
        """Whether the bias of unit t can make up for any number of steps of that of unit u."""
        taken, given = self.biases[t], self.biases[u]
        if taken is None or given is None:
            return False
        for product in self.units[t].products:
            if product.source == u:
                weights = (1,) if product.variable is None else _spanning(self.options[product.variable])
                if any(product.factor * w * given[1] % taken[1] for w in weights):
                    return False
        return True

    def result(self, giving: Collection[int]) -> tuple[Sequence[Options], tuple[Trim, ...]] | None:
        """What is left of the options; None if what `giving` units give may be too much for a bias."""
        left = list(self.options)
        taking = {t for u in giving for t in (u, *self.readers[u])}
        values: list[Sequence[Interval] | None] = []
        trims = []
        for u, unit in enumerate(self.units):
            bias = self.biases[u]
            columns = dict(unit.terms)
            # The bias comes first: while it holds what it has been given, it may be of any size.
            for k in sorted(self.own[u], key=lambda k: bias is None or k != bias[0]):
                of, column = left[k], columns[k]
                assert isinstance(of, Wide)
                is_bias = bias is not None and bias[0] == k
                gives = is_bias and u in giving
                low, high = self.tails[u]
                if gives:
                    high = dict.fromkeys(range(self.points), 0)
                rest = self._pre(unit, left, values, k)
                ends = _Ends(None, None) if rest is None else _ends(of, column, rest, low, high)
                if is_bias and u in taking and not ends.are_inside(of):
                    return None
                first, last = ends.kept(of)
                left[k] = kept = of.part(first, last)
                trims.append(Trim(k, *kept.ends, self._gifts(u) if gives else ()))
            pre = self._pre(unit, left, values, None)
            values.append(None if pre is None else _values(unit.activation, pre))
        return left, tuple(trims)

    def _gifts(self, u: int) -> tuple[Gift, ...]:
        gifts = []
        for t in self.readers[u]:
            bias = self.biases[t]
            assert bias is not None
            gifts.extend([Gift(p.factor, p.variable, bias[0]) for p in self.units[t].products if p.source == u])
        return tuple(gifts)

    def _pre(
        self, unit: Unit, left: Sequence[Options], values: Sequence[Sequence[Interval] | None], without: int | None
    ) -> Sequence[Interval] | None:
        """The ends of a unit's pre-activation at each point, without one variable; None if they are not known."""
        total: list[Interval] = [(x, x) for x in unit.constant]
        for k, column in unit.terms:
            if k != without:
                ends = _interval(left[k])
                total = [_sum(t, _product(ends, (c, c))) for t, c in zip(total, column, strict=True)]
        for product in unit.products:
            source = values[product.source]
            if source is None:
                return None
            low, high = (1, 1) if product.variable is None else _interval(left[product.variable])
            weight = _product((low, high), (product.factor, product.factor))
            total = [_sum(t, _product(weight, z)) for t, z in zip(total, source, strict=True)]
        return total


@dataclass(frozen=True, slots=True)
class _Ends:
    """Less than all numbers of `less` makes nothing better, and neither does more than all of `more`; None: this may be
    so nowhere.
    """

    less: Sequence[Number] | None
    more: Sequence[Number] | None

    def _indices(self, of: Wide) -> tuple[int, int]:
        """The last index from which less makes nothing better (-1 if there is none), and the first from which more does
        not (the number of values if there is none).
        """
        size = of.space.size
        less = -1 if self.less is None else of.up_to(min(self.less)) - 1 if self.less else size - 1
        more = size if self.more is None else of.below(max(self.more)) if self.more else 0
        return less, more

    def are_inside(self, of: Wide) -> bool:
        """Whether there are values on both sides."""
        less, more = self._indices(of)
        return less >= 0 and more < of.space.size

    def kept(self, of: Wide) -> tuple[int, int]:
        """The first and the last index of the values that are kept, two at least."""
        less, more = self._indices(of)
        last = min(more, of.space.size - 1)
        first = max(min(less, last), 0)
        if first < last:
            return first, last
        return max(last - 1, 0), max(last, 1)


def _ends(of: Wide, column: Vector, rest: Sequence[Interval], low: Tail, high: Tail) -> _Ends:
    # The second goal counts weights: what is kept of a weight is never farther from 0 than what goes.
    middle = () if of.bias else (of.others,)
    more = _past(column, rest, low, high)
    less = _past([-c for c in column], rest, low, high)
    return _Ends(
        None if less is None else (*[-bound for bound in less], *middle), None if more is None else (*more, *middle)
    )


def _past(column: Sequence[Number], rest: Sequence[Interval], low: Tail, high: Tail) -> list[Number] | None:
    """Past all these multiples of a column every pre-activation is in the tail that it goes to."""
    bounds = []
    for i, c in enumerate(column):
        tail = high if c > 0 else low
        if c and tail is None:
            return None
        if c and tail is not None and i in tail:
            bounds.append(normal(Fraction(tail[i] - rest[i][c < 0]) / c))
    return bounds


def _of_values(activation: Activation, points: int) -> tuple[Tail, Tail]:
    """Where the values of an activation do not change any more."""
    arguments = dict(activation.arguments)
    low: Number | None = None
    high: Number | None = None
    match activation.kind:
        case "sign" | "step":
            low, high = -1, 0
        case "relu":
            low = 0
        case "clip":
            low, high = arguments["low"], arguments["high"]
        case "table":
            listed = [z for z, _ in arguments["values"]]
            low, high = (min(listed) - 1, max(listed) + 1) if listed else (None, None)
        case "piecewise_linear":
            knots = [z for z, _ in arguments["points"]]
            low = None if arguments["left"] else knots[0]
            high = None if arguments["right"] else knots[-1]
    return _everywhere(low, points), _everywhere(high, points)


def _everywhere(end: Number | None, points: int) -> Tail:
    return None if end is None else dict.fromkeys(range(points), end)


def _of_costs(activation: Activation, output: int, samples: Samples, loss: Loss) -> tuple[Tail, Tail]:
    """Where the loss does not fall any more, if nothing else looks at the output."""
    low, high = _of_values(activation, len(samples))
    if activation.kind not in ("identity", "relu"):
        return low, high
    ends = [_of_loss(loss, output, [y for _, y in each]) for each in samples]
    if any(end is None for end in ends):
        return low, high
    known = [end for end in ends if end is not None]
    less = {i: min(below) for i, (below, _) in enumerate(known) if below}
    more = {i: max(above) for i, (_, above) in enumerate(known) if above}
    # A ReLU is at least its argument, and does not change below 0.
    return low if activation.kind == "relu" else less, more


def _of_loss(loss: Loss, output: int, targets: Sequence[Vector]) -> tuple[list[Number], list[Number]] | None:
    """Below all of the first and above all of the second values an output costs no less farther out."""
    wanted = [y[output] for y in targets]
    if loss.kind in ("squared", "absolute", "maximum"):
        return wanted, wanted
    if loss.kind == "zero_one":
        return [y - 1 for y in wanted], [y + 1 for y in wanted]
    if loss.kind == "misclassified" and len(targets[0]) == 1:
        return [-1], [1]
    if loss.kind == "hinge":
        margin = Fraction(dict(loss.arguments)["margin"])
        return [normal(margin / y) for y in wanted if y < 0], [normal(margin / y) for y in wanted if y > 0]
    return None


def _spanning(of: Options) -> tuple[Number, ...]:
    """Numbers of which all values are sums of multiples."""
    if not isinstance(of, Wide):
        return of
    if isinstance(of.space, Range):
        return of.ends[0], of.space.step
    return of.values()


def _interval(of: Options) -> Interval:
    return of.ends if isinstance(of, Wide) else (of[0], of[-1])


def _values(activation: Activation, pre: Sequence[Interval]) -> list[Interval] | None:
    """The least and greatest value at each point; None if they are not known."""
    found = [activation.interval(low, high) for low, high in pre]
    return None if None in found else [each for each in found if each is not None]


def _product(first: Interval, second: Interval) -> Interval:
    every = [normal(a * b) for a in first for b in second]
    return min(every), max(every)


def _sum(first: Interval, second: Interval) -> Interval:
    return normal(first[0] + second[0]), normal(first[1] + second[1])
