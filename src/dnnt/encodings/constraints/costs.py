"""Losses in a model: the cost of each point as quantities to be added up.

Every cost is at least the loss of its outputs, and the loss itself in some solution with the same parameters; so the
least sum is the least loss, and half of most equivalences can be left out. Convex costs of one output (squared,
absolute, hinge) are bounded from below by their chords between neighbouring integers, which is exact on integers and
far quicker than a product. Losses that are low where the outputs meet one of some conditions have a literal for each
condition; any other loss is a table over what the outputs can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod

from dnnt.encodings.constraints.integer_model import Affine, Domain, Literal, Model, added, domain_of, size_of
from dnnt.encodings.constraints.quantities import Quantity, common, known, listed, made, total, two, whole
from dnnt.encodings.constraints.unit_values import square, table
from dnnt.errors import InvalidInput, MethodUnsuitable
from dnnt.exact import Number, normal
from dnnt.losses import Loss

MOST_CHORDS = 512
"""The most chords that bound a convex cost; with more, a squared one is a product."""

MOST_PAIRS = 2500
"""The most pairs of values of two variables of which the wrong ones are forbidden by clauses."""

FEW = 4
"""Chords for which a sum is not worth a variable of its own."""

MOST_ROWS = 20_000
"""The most rows of a table of losses."""

Vector = tuple[Number, ...]
Samples = Sequence[tuple[Number, Vector]]


@dataclass(frozen=True, slots=True)
class Output:
    """An output at a point. `halved`: the pre-activation of a sign or step that nothing else reads, with its two
    values; then `value` is made only where both are needed.
    """

    value: Callable[[], Quantity]
    halved: tuple[Quantity, Number, Number] | None = None

    @property
    def ends(self) -> tuple[Number, Number]:
        """The least and the greatest value."""
        if self.halved is not None:
            return self.halved[1:]
        return self.value().least, self.value().greatest


class Costs:
    """Adds costs to a model; `parts` are (factor, quantity)."""

    def __init__(self, model: Model, loss: Loss) -> None:
        self.model = model
        self.loss = loss
        self.parts: list[tuple[Number, Quantity]] = []

    def add(self, outputs: Sequence[Output], samples: Samples) -> None:
        """Add the weighted losses of a point's samples. Raises `MethodUnsuitable`."""
        if not samples:
            return
        weights: dict[Vector, Number] = {}
        for weight, y in samples:
            weights[y] = weights.get(y, 0) + weight
        samples = [(weight, y) for y, weight in weights.items()]
        kind = self.loss.of_outputs(len(outputs)).kind
        if kind in CONVEX and (self.loss.separable or len(outputs) == 1):
            for j, output in enumerate(outputs):
                self._convex(output, kind, [(weight, y[j]) for weight, y in samples])
        elif len(outputs) == 1 and outputs[0].halved is not None:
            self._two(outputs[0], lambda f: _sum(weight * self._loss((f,), y) for weight, y in samples))
        elif kind == "misclassified" and len(outputs) > 1:
            self._hottest(outputs, samples)
        elif kind == "maximum":
            self._maximum(outputs, samples)
        else:
            conditions = CONDITIONS.get(kind)
            met = None if conditions is None else [conditions(self.loss, y, len(outputs)) for _, y in samples]
            if met is None or None in met:
                self._table(outputs, samples)
            else:
                self._conditions(outputs, samples, [each for each in met if each is not None])

    def _loss(self, f: Vector, y: Vector) -> Number:
        try:
            return self.loss(f, y)
        except InvalidInput as error:  # A function from Python, of outputs that it may never meet.
            raise MethodUnsuitable(f"the loss cannot be listed ({error})") from None

    def _two(self, output: Output, cost: Callable[[Number], Number]) -> None:
        """A cost of an output with two values: only the better one has to be earned."""
        low, high = output.ends
        at_low, at_high = cost(low), cost(high)
        if at_low == at_high:
            self.parts.append((1, known(at_low)))
            return
        literal = self.model.literal()
        ask(self.model, output, (high if at_high < at_low else low,), literal)
        self.parts.append((1, two(self.model, literal, max(at_low, at_high), min(at_low, at_high))))

    def _convex(self, output: Output, kind: str, targets: Sequence[tuple[Number, Number]]) -> None:
        def cost(f: Number) -> Number:
            return _sum(weight * self._loss((f,), (y,)) for weight, y in targets)

        if output.halved is not None:
            self._two(output, cost)
            return
        of = output.value()
        if of.fixed or of.literal is not None:
            # With two values both costs are known.
            literal = of.literal if of.literal is not None else 1
            at = cost(of.least)
            self.parts.append((1, known(at) if of.fixed else two(self.model, literal, at, cost(of.greatest))))
            return
        if kind == "squared" and of.high - of.low > MOST_CHORDS:
            self._product(of, targets)
            return
        if kind == "squared":
            self._squared(of, cost, targets)
        else:
            turns = [y if kind == "absolute" else Fraction(dict(self.loss.arguments)["margin"]) / y
                     for _, y in targets if kind == "absolute" or y]  # fmt: skip
            exact = [Fraction(turn) / of.scale for turn in turns]
            near = {int(turn // 1) + step for turn in exact for step in (0, 1)}
            places = sorted({of.low, of.high, *(place for place in near if of.low < place < of.high)})
            self._chords(of, places, [cost(normal(of.scale * place)) for place in places])

    def _squared(
        self, of: Quantity, cost: Callable[[Number], Number], targets: Sequence[tuple[Number, Number]]
    ) -> None:
        """Chords over the distance from the mean target, where that is an integer: half as many do."""
        middle = normal(Fraction(_sum(w * y for w, y in targets)) / _sum(w for w, _ in targets) / of.scale)
        if not isinstance(middle, int) or not of.low < middle < of.high:
            places = range(of.low, of.high + 1)
            self._chords(of, places, [cost(normal(of.scale * place)) for place in places])
            return
        most = max(of.high - middle, middle - of.low)
        distance = Affine(((self.model.variable(((0, most),)), 1),))
        for sign in (1, -1):
            above = added([(1, distance), (sign, of.expression)], -sign * middle)
            self.model.linear(above, ((0, max(0, self.model.bounds(above)[1])),))
        places = range(most + 1)
        self._chords(
            Quantity(distance, of.scale, 0, most),
            places,
            [cost(normal(of.scale * (middle + place))) for place in places],
        )

    def _chords(self, of: Quantity, places: Sequence[int], costs: Sequence[Number]) -> None:
        """A quantity that is above the chords through neighbouring points, and as low as they allow."""
        lines: list[tuple[Number, Number]] = []
        for (a, at_a), (b, at_b) in pairwise(zip(places, costs, strict=True)):
            slope = normal(Fraction(at_b - at_a) / (b - a))
            if not lines or lines[-1][0] != slope:
                lines.append((slope, normal(at_a - slope * a)))
        if len(lines) == 1:
            self.parts.append((1, total(self.model, [(normal(lines[0][0] / Fraction(of.scale)), of)], lines[0][1])))
            return
        if len(lines) > FEW:
            of = Quantity(Affine(((self.model.named(of.expression), 1),)), of.scale, of.low, of.high)
        scale = common([number for line in lines for number in line])
        least, most = min(costs), max(costs)
        v = self.model.variable(((-int(-Fraction(least) / scale // 1), int(Fraction(most) / scale // 1)),))
        for slope, constant in lines:
            line = added([(1, Affine(((v, 1),))), (-whole(slope, scale), of.expression)], -whole(constant, scale))
            self.model.linear(line, ((0, max(0, self.model.bounds(line)[1])),))
        self.parts.append((1, made(self.model, Affine(((v, 1),)), scale)))

    def _product(self, of: Quantity, targets: Sequence[tuple[Number, Number]]) -> None:
        """Squares around an integer near the mean target, since smaller numbers are easier to multiply."""
        weight = _sum(w for w, _ in targets)
        moment = _sum(w * y for w, y in targets)
        middle = min(max(round(Fraction(moment) / weight / of.scale), of.low), of.high)
        moved = made(self.model, of.expression.plus(-middle), of.scale)
        centre = of.scale * middle
        # The sum of w · (g + centre - y)², with g what has been moved.
        constant = _sum(w * (centre - y) ** 2 for w, y in targets)
        slope = normal(2 * (weight * centre - moment))
        self.parts += [(weight, square(self.model, moved)), (slope, moved), (1, known(constant))]

    def _hottest(self, outputs: Sequence[Output], samples: Samples) -> None:
        """One literal a class: its output is above all others."""
        values = [output.value() for output in outputs]
        weights: dict[int, Number] = {}
        for weight, y in samples:
            weights[y.index(1)] = weights.get(y.index(1), 0) + weight
        literals = []
        for hot, weight in weights.items():
            literals.append(self.model.literal())
            for i, value in enumerate(values):
                if i != hot:
                    above = total(self.model, [(1, values[hot]), (-1, value)])
                    self.model.linear(above.expression, ((1, max(1, above.high)),), literals[-1])
            self.parts.append((1, two(self.model, literals[-1], weight, 0)))
        self.model.at_most_one(literals)

    def _maximum(self, outputs: Sequence[Output], samples: Samples) -> None:
        """For each sample what is no less than any distance."""
        values = [output.value() for output in outputs]
        for weight, y in samples:
            distances = [
                total(self.model, [(sign, value)], -sign * target)
                for value, target in zip(values, y, strict=True)
                for sign in (1, -1)
            ]
            most = max((each.greatest for each in distances), default=0)
            least = max((each.least for each in distances), default=0)
            if least == most or not distances:
                self.parts.append((weight, known(max(0, most))))
                continue
            scale = common([*(each.scale for each in distances), least, most])
            v = self.model.variable(((whole(max(least, 0), scale), whole(most, scale)),))
            for each in distances:
                above = added([(1, Affine(((v, 1),))), (-whole(each.scale, scale), each.expression)])
                self.model.linear(above, ((0, max(0, self.model.bounds(above)[1])),))
            self.parts.append((weight, made(self.model, Affine(((v, 1),)), scale)))

    def _conditions(
        self, outputs: Sequence[Output], samples: Samples, conditions: Sequence[tuple[Number, Sequence[Condition]]]
    ) -> None:
        """For each sample a literal for each condition that its outputs may meet: the loss is that of the one that is
        claimed, or `otherwise`.
        """
        alone = self.loss.kind in ("zero_one", "misclassified")  # What meets one sample's target meets no other's.
        every: list[Literal] = []
        for (weight, _), (otherwise, options) in zip(samples, conditions, strict=True):
            literals = []
            parts = []
            for option in options:
                literal = self.model.literal()
                literals.append(literal)
                for output, wanted in zip(outputs, option.wanted, strict=True):
                    ask(self.model, output, wanted, literal)
                parts.append((1, two(self.model, literal, 0, normal(option.loss - otherwise))))
            self.model.at_most_one(literals)
            every += literals
            self.parts += [(weight, known(otherwise)), *((weight, part) for _, part in parts)]
        if alone:
            self.model.at_most_one(every)

    def _table(self, outputs: Sequence[Output], samples: Samples) -> None:
        """Any loss, by a row for each value that the outputs can have together."""
        values = [output.value() for output in outputs]
        places = [[value.low] if value.fixed else listed(self.model, value) for value in values]
        if prod(map(len, places)) > MOST_ROWS:
            raise MethodUnsuitable(f"the loss would be a table of more than {MOST_ROWS:,} rows")
        rows = list(product(*places))
        costs = []
        for row in rows:
            f = tuple([normal(value.scale * place) for value, place in zip(values, row, strict=True)])
            costs.append(_sum(weight * self._loss(f, y) for weight, y in samples))
        # Mixed radix: one number for all outputs together.
        code = Affine(())
        numbers = [0] * len(rows)
        for value, listing, column in zip(values, places, zip(*rows, strict=True), strict=True):
            width = listing[-1] - listing[0] + 1
            code = added([(width, code), (1, value.expression)], -listing[0])
            numbers = [width * number + place - listing[0] for number, place in zip(numbers, column, strict=True)]
        whole_code = made(self.model, code, 1)
        self.parts.append((1, table(self.model, whole_code, numbers, costs) if code.terms else known(costs[0])))


@dataclass(frozen=True, slots=True)
class Condition:
    """A loss, and for each output what it asks of it: values, or a side of 0."""

    loss: Number
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """Above 0, or below it."""

    positive: bool


Wanted = tuple[Number, ...] | Side


def ask(model: Model, output: Output, wanted: Wanted, literal: Literal) -> None:
    """Ask that the output is as wanted where the literal is true."""
    if output.halved is not None:
        pre, *values = output.halved
        sides: list[Domain] = [((pre.low, -1),), ((0, pre.high),)]
        left = [side for side, value in zip(sides, values, strict=True) if _fits(value, wanted)]
        if len(left) < 2:
            model.linear(pre.expression, left[0] if left else (), literal)
        return
    of = output.value()
    if isinstance(wanted, Side):
        domain: Domain = ((1, max(1, of.high)),) if wanted.positive else ((min(-1, of.low), -1),)
    else:
        places = [place for place in map(of.place, wanted) if place is not None]
        domain = domain_of(places) if places else ()
    if len(domain) == 1 or not _by_pairs(model, of.expression, domain, literal):
        model.linear(of.expression, domain, literal)


def _by_pairs(model: Model, expression: Affine, domain: Domain, literal: Literal) -> bool:
    """Ask the same by a clause for each pair of values of two variables that is not allowed, where these are few: a
    solver sees nothing in a sum of two letters in a code, and all in the letters.
    """
    if len(expression.terms) != 2:
        return False
    (v, a), (w, b) = expression.terms
    if size_of(model.domains[v]) * size_of(model.domains[w]) > MOST_PAIRS:
        return False
    allowed = {place for low, high in domain for place in range(low, high + 1)}
    for x, at_x in model.cases(v).items():
        for y, at_y in model.cases(w).items():
            if a * x + b * y + expression.constant not in allowed:
                model.clause(-literal, -at_x, -at_y)
    return True


def _fits(value: Number, wanted: Wanted) -> bool:
    if isinstance(wanted, Side):
        return value > 0 if wanted.positive else value < 0
    return value in wanted


def _hit(y: Vector) -> Condition:
    return Condition(0, tuple([(target,) for target in y]))


def _equal(loss: Loss, y: Vector, outputs: int) -> tuple[Number, Sequence[Condition]] | None:
    return 1, [_hit(y)]


def _right_sign(loss: Loss, y: Vector, outputs: int) -> tuple[Number, Sequence[Condition]] | None:
    return 1, [Condition(0, (Side(y[0] > 0),))]


def _positive(loss: Loss, y: Vector, outputs: int) -> tuple[Number, Sequence[Condition]] | None:
    return 2, [_hit(y), Condition(1, (Side(True),) * outputs)]


def _pairs(loss: Loss, y: Vector, outputs: int) -> tuple[Number, Sequence[Condition]] | None:
    given = dict(loss.arguments)
    double = 2 * given["size"]
    codes: dict[int, Wanted] = {}
    for allowed in given["allowed"]:
        if id(allowed) not in codes:  # The outputs of a graph's edges share one list.
            codes[id(allowed)] = tuple([low + double * high for low, high in allowed])
    decoded = Condition(1, tuple([codes[id(allowed)] for allowed in given["allowed"]]))
    return 2, [decoded] if loss.kind == "printed_pairs" else [_hit(y), decoded]


def _entries(loss: Loss, y: Vector, outputs: int) -> tuple[Number, Sequence[Condition]] | None:
    given = dict(loss.arguments)
    met = {f: cost for f, target, cost in given["values"] if target == y and cost != given["otherwise"]}
    if any(cost > given["otherwise"] for cost in met.values()):
        return None
    return given["otherwise"], [Condition(cost, tuple([(value,) for value in f])) for f, cost in met.items()]


CONVEX = frozenset(("squared", "absolute", "hinge"))
"""Losses that are a sum over outputs of convex functions of one number."""

CONDITIONS: Mapping[str, Callable[[Loss, Vector, int], tuple[Number, Sequence[Condition]] | None]] = {
    "zero_one": _equal,
    "misclassified": _right_sign,
    "positive": _positive,
    "pairs": _pairs,
    "printed_pairs": _pairs,
    "table": _entries,
}
"""Losses by conditions: what is paid where none is met, and the conditions; None where that is no way to say it."""


def _sum(numbers: Iterable[Number]) -> Number:
    return normal(sum(numbers))
