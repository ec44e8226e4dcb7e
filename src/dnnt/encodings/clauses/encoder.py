"""The clauses of a whole instance: for every point its units and costs, and the total with a threshold.

The total is a sum of costs; forbidding a threshold makes everything below it write just the clauses that matter.
Thresholds may be lowered one after the other. Points whose cost is decided by few combinations of values are encoded
without units (`direct`), and where values are interchangeable, their order is fixed (`colours`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence

from dnnt.encodings.clauses.book import Book, Key
from dnnt.encodings.clauses.colours import add_order, interchangeable
from dnnt.encodings.clauses.costs import Known, Output, OutputCost, PointCost, Targets
from dnnt.encodings.clauses.direct import Direct
from dnnt.encodings.clauses.exchanges import order, swaps
from dnnt.encodings.clauses.quantities import Ledger, ProductValue, Quantity, UnitValue, VariableValue
from dnnt.encodings.clauses.sums import Linear, Part
from dnnt.exact import Number, magnitude, normal
from dnnt.simplify.form import Form

LONG = 40
"""Sums of more parts are built as balanced trees."""


class Encoding:
    """The clauses for total losses below a threshold (`strict`: at most it); `first` is the largest one to come.

    `same` says whether two variables with the same values may take each other's place (None: they may, and all values
    too). `given` makes the values at all points of units that are not to be computed from their variables;
    interchangeable units are then left in any order.
    """

    def __init__(
        self,
        form: Form,
        first: Number,
        strict: bool,
        poll: Callable[[], None],
        same: Callable[[int, int], bool] | None = None,
        given: Callable[[Ledger], Mapping[int, Sequence[Quantity]]] | None = None,
    ) -> None:
        self.form = form
        self.poll = poll
        self.strict = strict
        self.first = first
        self.book = Book()
        self.ledger = Ledger(self.book)
        self.variables = [VariableValue(self.ledger, k, each.values) for k, each in enumerate(form.variables)]
        self._sums: dict[tuple[object, ...], Linear] = {}
        self._products: dict[tuple[int, int, int], ProductValue] = {}
        self._spans = self._variable_spans()
        self.targets = [_merged(samples) for samples in form.samples]
        self.direct = Direct(form, self.ledger, self.variables, self.targets, strict)
        self.given = {} if given is None else given(self.ledger)
        self.direct_points = self._directly(first) if given is None else []
        if given is None:
            self._ordered(same)
        self.items: list[Quantity] = []
        self.others: list[Key] = []
        self._costs()
        self.total = self.balanced(self.items, ("t",), first, self.others)

    def forbid(self, threshold: Number) -> None:
        """Write that the total is below the threshold (if strict: at most it), which is not above the first one."""
        for i in self.direct_points if threshold < self.first else ():
            if not self.direct.encode(i, threshold):
                self.book.clause(("e", i), ())
        if self.total is not None:
            values = self.total.values
            place = (bisect_right if self.strict else bisect_left)(values, threshold)
            if place < len(values):
                self.book.clause("t", (-self.total.lower(values[place]),))
        self.finish()

    def forbid_above(self, sum_of: Linear, threshold: Number) -> None:
        """Write that another sum is below a threshold, which one of its values reaches."""
        self.book.clause("t", (-sum_of.lower(threshold),))
        self.finish()

    def finish(self) -> None:
        """Write all that has been asked for."""
        self.ledger.write(self.poll)
        for variable in self.variables:
            variable.join()
        self.ledger.write(self.poll)

    def values(self, model: Mapping[int, bool] | Callable[[int], bool]) -> list[Number]:
        """The value of every variable in a model; literals that are not there are false."""
        holds = model if callable(model) else model.__getitem__
        chosen: list[Number] = []
        index = self.book.known
        for variable in self.variables:
            key, values = variable.key, variable.values
            value = values[0]
            for a in values[1:]:
                literal = index(key, a, None)
                if literal and holds(literal):
                    value = a
            if len(values) > 2:
                for a in values:
                    literal = index(key, a, a)
                    if literal and holds(literal):
                        value = a
            chosen.append(value)
        return chosen

    def _ordered(self, same: Callable[[int, int], bool] | None) -> None:
        """Fix an order of values, or of units, that are interchangeable."""
        everywhere = bool(self.direct_points) and len(self.direct_points) == len(self.form.points)
        if same is None and everywhere and interchangeable(self.form, self.direct):
            add_order(self.form, self.direct, self.variables)
            return
        self.book.swaps = swaps(self.form, same or (lambda a, b: True))
        for index, swap in enumerate(self.book.swaps):
            order(self.variables, swap, index)

    def _directly(self, threshold: Number) -> list[int]:
        """The points that are encoded without units: long sums last, which may follow from short ones."""
        sizes = [0] * len(self.form.points)
        for rows in self.direct.sparse.values():
            for i, (_, terms) in enumerate(rows):
                sizes[i] += len(terms)
        order = sorted(range(len(sizes)), key=lambda i: sizes[i])
        made = []
        for i in order:
            self.poll()
            if self.direct.encode(i, threshold):
                made.append(i)
        return made

    def _costs(self) -> None:
        form = self.form
        done = set(self.direct_points)
        count = len(form.outputs)
        alone = count == 1 or form.loss.separable
        for i in range(len(form.points)):
            if i in done:
                self.others += [("o", j, i) for j in range(count)] if alone else [("c", i)]
                continue
            self.poll()
            outputs = self._outputs(i)
            made: list[Quantity] = []
            if alone:
                made += [
                    OutputCost(self.ledger, (j, i), form.loss, self.targets[i], of) for j, of in enumerate(outputs)
                ]
            else:
                made.append(PointCost(self.ledger, i, form.loss, self.targets[i], outputs))
            for cost in made:
                if cost.values == [0]:
                    self.others.append(cost.key)
                else:
                    self.items.append(cost)

    def _outputs(self, i: int) -> list[Output]:
        units: list[Quantity] = []
        for u, unit in enumerate(self.form.units):
            if u in self.given:
                units.append(self.given[u][i])
                continue
            parts = [Part(column[i], self.variables[k]) for k, column in unit.terms if column[i]]
            for each in unit.products:
                if each.variable is None:
                    parts.append(Part(each.factor, units[each.source]))
                    continue
                name = (each.variable, each.source, i)
                if name not in self._products:
                    of = self.variables[each.variable]
                    self._products[name] = ProductValue(self.ledger, ("m", *name), of, units[each.source])
                parts.append(Part(each.factor, self._products[name]))
            pre = self._linear(("p", u, i), unit.constant[i], parts)
            units.append(UnitValue(self.ledger, ("z", u, i), unit.activation, pre))
        return [units[of] if isinstance(of, int) else Known(of[i]) for of in self.form.outputs]

    def _variable_spans(self) -> list[Number]:
        """For each variable the most that it adds to any sum, so that sums at all points have one order."""
        largest: list[Number] = [0] * len(self.form.variables)
        for unit in self.form.units:
            for k, column in unit.terms:
                largest[k] = max(largest[k], max(column), -min(column))
        return [c * (each.values[-1] - each.values[0]) for c, each in zip(largest, self.form.variables, strict=True)]

    def _linear(self, key: Key, constant: Number, parts: list[Part]) -> Quantity:
        if not parts:
            return Constant(self.ledger, key, constant)

        def size(part: Part) -> tuple[Number, Key]:
            if part.of.key[0] == "v":
                return -self._spans[part.of.key[1]], part.of.key
            assert part.of.high is not None, "values of units are bounded"
            return -magnitude(part.factor) * (part.of.high - part.of.low), part.of.key

        ordered = sorted(parts, key=size)
        while len(ordered) > 2:
            if len(ordered) > LONG:
                pairs = [ordered[n : n + 2] for n in range(0, len(ordered), 2)]
                ordered = [Part(1, self._sum(pair[0], pair[1])) if len(pair) == 2 else pair[0] for pair in pairs]
            else:
                ordered = [Part(1, self._sum(ordered[0], ordered[1])), *ordered[2:]]
        return Linear(self.ledger, key, constant, ordered[0], ordered[1] if len(ordered) == 2 else None)

    def _sum(self, left: Part, right: Part, cut: Number | None = None) -> Linear:
        name = (left.factor, left.of.key, right.factor, right.of.key)
        found = self._sums.get(name)
        if found is None:
            atoms = (*self._atoms(left), *self._atoms(right))
            found = self._sums[name] = Linear(self.ledger, self.book.sum(atoms), 0, left, right, cut)
        return found

    def _atoms(self, part: Part) -> tuple[tuple[Number, Key], ...]:
        key = part.of.key
        if key[0] != "s":
            return ((part.factor, key),)
        return tuple([(normal(part.factor * c), atom) for c, atom in self.book.sums[key[1]]])

    def balanced(
        self, items: Sequence[Quantity], key: Key, cut: Number | None, others: Sequence[Key] = ()
    ) -> Linear | None:
        """The sum of quantities, as a balanced tree, those of few values first; values above the cut do not matter."""
        if not items:
            return None
        parts = [Part(1, item) for item in sorted(items, key=lambda item: (len(item.values), item.values[-1]))]
        parts = self._paired(parts, 2, cut)
        return Linear(self.ledger, key, 0, parts[0], parts[1] if len(parts) == 2 else None, cut, others)

    def sum_of(self, items: Sequence[Quantity], cut: Number | None) -> Quantity:
        """A part of a sum: that of some quantities, in their order."""
        return self._paired([Part(1, item) for item in items], 1, cut)[0].of

    def _paired(self, parts: list[Part], most: int, cut: Number | None) -> list[Part]:
        """Neighbours added up, until no more than so many are left."""
        while len(parts) > most:
            pairs = [parts[n : n + 2] for n in range(0, len(parts), 2)]
            parts = [Part(1, self._sum(pair[0], pair[1], cut)) if len(pair) == 2 else pair[0] for pair in pairs]
            self.poll()
        return parts


class Constant(Quantity):
    """A pre-activation that is the same for all parameters at this point."""

    __slots__ = ()

    def __init__(self, ledger: Ledger, key: Key, value: Number) -> None:
        super().__init__(ledger, key, [value], value, value, (value, 0))


def _merged(samples: tuple[tuple[Number, tuple[Number, ...]], ...]) -> Targets:
    weights: dict[tuple[Number, ...], Number] = {}
    for weight, y in samples:
        weights[y] = normal(weights.get(y, 0) + weight)
    return tuple([(weight, y) for y, weight in weights.items()])
