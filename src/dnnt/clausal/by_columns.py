"""The second goal by clauses in which the units that read inputs alone have a list of columns with prices.

A unit of the first level is a choice of a column, not of weights: its weights are left out, and it costs what its
column costs. Columns that are not listed are one choice, at the least price of those. So what has no model gives a
bound on the second goal, and a model of listed columns at the prices found is a choice of parameters. Interchangeable
units are ordered by their columns; of a column and its negative, where either does, the cheaper one is left.

The columns that an output needs are a class of their own, whose price counts towards that output: either its unit
copies such a column, or it has more weights. So a bound on each output says much of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from dnnt.activations import TWO_VALUED
from dnnt.clausal.between import Model
from dnnt.clausal.pricing import cost_in, grouped, literals_of
from dnnt.columns.listing import MOST_POINTS, Listed, Listing, listing
from dnnt.columns.problem import Problem, Term, problems_of, shared_variables
from dnnt.encodings.clauses.book import TRUE
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.encodings.clauses.exchanges import order, swaps
from dnnt.encodings.clauses.quantities import Ledger, Quantity
from dnnt.exact import Number, normal
from dnnt.parameters import Parameters
from dnnt.running import Run
from dnnt.simplify.form import Form
from dnnt.simplify.prices import Prices

MOST_CHOICES = 2_000_000
"""Columns times points times units of a first level."""

OTHER = -1
"""The class of columns that no output needs."""


class Chosen(Quantity):
    """The value of a unit of the first level at a point: nothing but its column forces it."""

    __slots__ = ()

    def __init__(self, ledger: Ledger, unit: int, point: int, kind: str) -> None:
        low, high = TWO_VALUED[kind]
        super().__init__(ledger, ("z", unit, point), [low, high], low, high, (low, high - low))

    @property
    def is_high(self) -> int:
        """The literal that says that it has the higher value."""
        return self.at_least(self.values[1])

    def write_lower(self, x: Number) -> None:
        """It is equivalent to the value."""

    def write_upper(self, y: Number) -> None:
        """It is equivalent to the value."""


class ColumnPrice(Quantity):
    """What the column of a unit of the first level costs more than its cheapest one, as far as it is of a class."""

    __slots__ = ("choices",)

    def __init__(self, ledger: Ledger, unit: int, of: int, choices: Sequence[tuple[int, Number]]) -> None:
        self.choices = choices
        values = sorted({0, *[price for _, price in choices]})
        super().__init__(ledger, ("x", -1 - unit, of), values, 0, values[-1], None)

    def write_lower(self, x: Number) -> None:
        """Columns that cost at least x more."""
        goal = self.at_least(x)
        for literal, price in self.choices:
            if price >= x:
                self.ledger.book.implied("d", (literal,), goal)


class FirstLevel:
    """Interchangeable units of the first level, and lists by unit; `classes`: columns by the output that needs them."""

    def __init__(
        self,
        problem: Problem,
        kinds: Sequence[tuple[int, ...]],
        lists: Mapping[int, Listing],
        classes: Mapping[int, int],
        points: int,
    ) -> None:
        self.problem = problem
        self.kinds = kinds
        self.lists = lists
        self.classes = classes
        self.points = points
        self.values: dict[int, list[Chosen]] = {}
        self.choices: dict[int, list[tuple[int, Listed]]] = {}
        self.others: dict[int, int] = {}

    @property
    def exact(self) -> bool:
        """Whether every column is listed at the price of parameters that give it."""
        return all(of.exact for of in self.lists.values())

    @property
    def variables(self) -> frozenset[int]:
        """The variables that make no difference but to columns."""
        return frozenset([term.variable for unit in self.lists for term in self.problem.units[unit].terms])

    def given(self, ledger: Ledger) -> Mapping[int, Sequence[Quantity]]:
        """Literals and clauses of the columns; the values of the units at all points."""
        for members in self.kinds:
            for unit in members:
                self._write(ledger, unit)
            for u, v in pairwise(members):
                self._in_order(ledger, u, v)
        return self.values

    def _write(self, ledger: Ledger, unit: int) -> None:
        """One of the columns; each of them has its values."""
        book = ledger.book
        of = self.lists[unit]
        kind = self.problem.units[unit].activation.kind
        values = self.values[unit] = [Chosen(ledger, unit, i, kind) for i in range(self.points)]
        choices = self.choices[unit] = [
            (book.literal(("q", unit, n), 1, None), each) for n, each in enumerate(of.columns)
        ]
        other = []
        if of.beyond is not None:
            self.others[unit] = book.literal(("q", unit, len(choices)), 1, None)
            other = [self.others[unit]]
        book.clause("d", [*[literal for literal, _ in choices], *other])
        for i, value in enumerate(values):
            for high in (True, False):
                bit = value.is_high if high else -value.is_high
                against = [literal for literal, each in choices if bool(each.mask >> i & 1) != high]
                for literal in against:
                    book.implied("d", (literal,), -bit)
                # The value follows once no column with the other one is left.
                book.clause("d", [bit, *against, *other])

    def _in_order(self, ledger: Ledger, u: int, v: int) -> None:
        """The values of u, read as a number, are not below those of v."""
        book = ledger.book
        equal = TRUE
        for i, (one, other) in enumerate(zip(self.values[u], self.values[v], strict=True)):
            a, b = one.is_high, other.is_high
            book.implied("d", (equal, b), a)
            following = book.literal(("q", u, -1 - i), 1, None)
            book.implied("d", (equal, a, b), following)
            book.implied("d", (equal, -a, -b), following)
            equal = following

    def prices(self, ledger: Ledger) -> tuple[Number, dict[int, list[Quantity]]]:
        """What the columns cost at least together, and for each class what its columns cost more, unit by unit."""
        base: Number = 0
        by_class: dict[int, list[Quantity]] = {}
        for unit, choices in self.choices.items():
            of = self.lists[unit]
            every = [(literal, each.price, self.classes.get(each.mask, OTHER)) for literal, each in choices]
            if of.beyond is not None:
                every.append((self.others[unit], of.beyond, OTHER))
            least = min(price for _, price, _ in every)
            base += least
            for output in sorted({output for _, _, output in every}):
                mine = [
                    (literal, normal(price - least)) for literal, price, at in every if at == output and price > least
                ]
                if mine:
                    by_class.setdefault(output, []).append(ColumnPrice(ledger, unit, output, mine))
        return base, by_class

    def costs(self, form: Form, prices: Prices, chosen: Sequence[Number]) -> dict[int, Number]:
        """What the columns of each class cost in a choice, more than the least."""
        made: dict[int, Number] = {}
        columns = form.columns(chosen)
        for unit, of in self.lists.items():
            high = TWO_VALUED[form.units[unit].activation.kind][1]
            mask = sum([1 << i for i, value in enumerate(columns[unit]) if value == high])
            output = self.classes.get(mask, OTHER)
            paid = cost_in(prices, chosen, [term.variable for term in self.problem.units[unit].terms])
            made[output] = normal(made.get(output, 0) + paid - min([each.price for each in of.columns]))
        return made

    def chosen(self, holds: frozenset[int]) -> dict[int, Number] | None:
        """The values of variables that give the units the columns of a model; None where none are known."""
        values: dict[int, Number] = {}
        for members in self.kinds:
            for unit in members:
                found = [each for literal, each in self.choices[unit] if literal in holds and each.paid is not None]
                if not found:
                    return None
                of_first = dict(found[0].values)
                for one, other in zip(self._terms(members[0]), self._terms(unit), strict=True):
                    values[other.variable] = of_first[one.variable]
        return values

    def _terms(self, unit: int) -> list[Term]:
        """The terms of a unit in an order in which those of interchangeable units match."""
        return sorted(self.problem.units[unit].terms, key=lambda term: (term.column, term.values, term.prices))


def listable(form: Form) -> frozenset[int]:
    """The units of the first level whose columns may be listed, as far as can be told without listing them."""
    if not 0 < len(form.points) <= MOST_POINTS or shared_variables(form):
        return frozenset()
    read = {each.source for unit in form.units for each in unit.products}
    return frozenset([u for u in read if not form.units[u].products and form.units[u].activation.kind in TWO_VALUED])


def first_level(prices: Prices, run: Run) -> FirstLevel | None:
    """The lists of the first level; None where there are none, or they are too long."""
    form = prices.form
    may = listable(form)
    if not may:
        return None
    problem = next(problems_of(form, prices.of_values))
    kinds = [kind for kind in problem.levels[0].kinds if kind.members[0] in may] if problem.levels else []
    points = len(form.points)
    full = (1 << points) - 1
    classes: dict[int, int] = {}
    for output, mask in _needed(form, problem):
        for each in (mask, full ^ mask):
            classes.setdefault(each, output)
    lists: dict[int, Listing] = {}
    size = 0
    for kind in kinds:
        unit = problem.units[kind.members[0]]
        made = listing(unit, points, run)
        if made is None:
            continue
        made = _with(made, classes)
        if kind.negatable and unit.activation.kind == "sign":
            made = _without_negatives(made, full)
        size += len(made.columns) * points * len(kind.members)
        lists.update(dict.fromkeys(kind.members, made))
    if not lists or size > MOST_CHOICES:
        return None
    kept = tuple([kind.members for kind in kinds if kind.members[0] in lists])
    return FirstLevel(problem, kept, lists, classes, points)


def _needed(form: Form, problem: Problem) -> list[tuple[int, int]]:
    """Outputs of two values that read the first level, with the points at which all samples ask for the higher one."""
    first = {unit for kind in problem.levels[0].kinds for unit in kind.members}
    made = []
    for j, of in enumerate(form.outputs):
        if not isinstance(of, int) or of in first or form.units[of].activation.kind not in TWO_VALUED:
            continue
        if not any(each.source in first for each in form.units[of].products):
            continue
        high = TWO_VALUED[form.units[of].activation.kind][1]
        mask = sum([1 << i for i, samples in enumerate(form.samples) if all(y[j] == high for _, y in samples)])
        made.append((j, mask))
    return made


def _with(of: Listing, masks: Mapping[int, int]) -> Listing:
    """The list with some more columns, at the least price of those that are not listed."""
    if of.beyond is None:
        return of
    there = {each.mask for each in of.columns}
    return Listing((*of.columns, *[Listed(mask, of.beyond, None) for mask in masks if mask not in there]), of.beyond)


def _without_negatives(of: Listing, full: int) -> Listing:
    """Of a column and its negative the cheaper one."""
    kept: set[int] = set()
    for each in of.columns:
        if full ^ each.mask not in kept:
            kept.add(each.mask)
    return replace(of, columns=tuple([each for each in of.columns if each.mask in kept]))


def model_of(first: FirstLevel, prices: Prices, threshold: Number, cut: Number | None, run: Run) -> Model:
    """The clauses; costs above the cut do not matter."""
    form = prices.form
    encoding = Encoding(form, threshold, True, run.poll, prices.same, first.given)
    encoding.forbid(threshold)
    _order_others(encoding, first, prices)
    inner = first.variables
    rest = grouped(encoding, prices, inner, cut)
    least, by_class = first.prices(encoding.ledger)
    base = normal(rest.base + least)
    top = None if cut is None else normal(cut - base)
    of_unit = dict(rest.of_unit)
    groups: list[Quantity] = []
    members: list[tuple[int | None, int | None]] = []  # The unit whose weights count, and the class of columns.
    others = by_class.pop(OTHER, [])
    for output, columns in by_class.items():
        unit = form.outputs[output]
        assert isinstance(unit, int), "outputs that need columns have units"
        weights = [of_unit.pop(unit)] if unit in of_unit else []
        groups.append(encoding.sum_of([*weights, encoding.sum_of(columns, top)], top))
        members.append((unit, output))
    for unit, weights_of in of_unit.items():
        groups.append(weights_of)
        members.append((unit, None))
    if others:
        groups.append(encoding.sum_of(others, top))
        members.append((None, OTHER))

    def choice(model: Sequence[int]) -> tuple[Number, Parameters] | None:
        holds = literals_of(model)
        columns = first.chosen(holds)
        if columns is None:
            return None
        chosen = [columns.get(k, value) for k, value in enumerate(encoding.values(holds.__contains__))]
        assert form.total(chosen) <= threshold, "a model has a loss that is low enough"
        return prices.cost(chosen), prices.parameters(chosen)

    def parts(parameters: Parameters) -> Sequence[Number]:
        chosen = form.values_of(parameters)
        of_class = first.costs(form, prices, chosen)
        return [
            cost_in(prices, chosen, rest.variables.get(unit, ()) if unit is not None else ())
            + (of_class.get(output, 0) if output is not None else 0)
            for unit, output in members
        ]

    total = encoding.sum_of(groups, top) if groups else None
    return Model(encoding, base, total, tuple(groups), choice, parts, first.exact)


def _order_others(encoding: Encoding, first: FirstLevel, prices: Prices) -> None:
    """The order of interchangeable units of later levels, which leaves all columns of the first level as they are."""
    inner = first.variables
    encoding.book.swaps = [
        swap for swap in swaps(prices.form, prices.same) if not inner.intersection([k for pair in swap for k in pair])
    ]
    for index, swap in enumerate(encoding.book.swaps):
        order(encoding.variables, swap, index)
