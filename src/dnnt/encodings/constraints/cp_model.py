"""The normal form of an instance as a model of integer variables, for constraint solvers.

A variable of the form is an integer with its values as domain. Pre-activations are linear where the inputs are known;
the product of a variable with a unit's value is taken apart by the two values of the unit, or by the few values of the
variable. Hidden units that nothing tells apart are ordered. All numbers are exact integers over common denominators;
an instance whose integers would be too large for the solver is refused. The least objective of the model is the least
total loss, and the parameters of any of its solutions have a total loss of at most what the solution says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from dnnt.activations import TWO_VALUED
from dnnt.encodings.constraints.costs import Costs, Output
from dnnt.encodings.constraints.integer_model import Affine, Literal, Model, Product as Times, added, domain_of
from dnnt.encodings.constraints.interchangeable import Orders, orders
from dnnt.encodings.constraints.quantities import Quantity, choice, common, known, made, total, two, whole
from dnnt.encodings.constraints.unit_values import times, value_of
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, normal
from dnnt.simplify.form import Form

MOST_CASES = 9
"""The most values of a variable that are told apart in a product with a unit of many values."""

MOST_TERMS = 4_000_000
"""The most terms of all pre-activations at all points together."""

LONGEST_KEY = 1 << 30
"""The most values of a key by which interchangeable units are ordered. Long keys make long numbers, which hinder the
search for solutions more than they shorten proofs: a layer of 16 units with 64 inputs was solved in 8 seconds of CPU
time without an order, and not in 18 with one.
"""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The model, the expression of each variable of the form with its scale, and the total loss."""

    model: Model
    variables: tuple[Quantity, ...]
    total: Quantity

    @property
    def wanted(self) -> tuple[int, ...]:
        """The variables of the model that say what the parameters are."""
        return tuple(dict.fromkeys(v for of in self.variables for v, _ in of.expression.terms))

    def values(self, solution: Mapping[int, int]) -> tuple[Number, ...]:
        """The value of each variable of the form, from the values of the variables that are wanted."""
        made = []
        for of in self.variables:
            number = of.expression.constant + sum(c * solution[v] for v, c in of.expression.terms)
            made.append(normal(of.scale * number))
        return tuple(made)


def terms(form: Form) -> int:
    """The number of terms of all pre-activations at all points together."""
    return len(form.points) * sum(len(unit.terms) + len(unit.products) + 1 for unit in form.units)


def too_long(count: int) -> str:
    """Why a form of so many terms is not made a model."""
    return f"its sums have {count:,} terms, more than {MOST_TERMS:,}"


def encode(form: Form, poll: Callable[[], None] = lambda: None, ordered: bool = True) -> Encoded:
    """The model of a form; `poll` is called often, `ordered`: with interchangeable units in order. Raises
    `MethodUnsuitable`.
    """
    if terms(form) > MOST_TERMS:
        raise MethodUnsuitable(too_long(terms(form)))
    return _Encoder(form, poll).encode(ordered)


class _Encoder:
    def __init__(self, form: Form, poll: Callable[[], None]) -> None:
        self.form = form
        self.poll = poll
        self.model = Model()
        self.variables = tuple([choice(self.model, variable.values) for variable in form.variables])
        self.read = {product.source for unit in form.units for product in unit.products}
        self.pre: dict[tuple[int, int], Quantity] = {}
        self.value: dict[tuple[int, int], Quantity] = {}
        self.products: dict[tuple[int, int, int], Quantity] = {}

    def encode(self, ordered: bool) -> Encoded:
        costs = Costs(self.model, self.form.loss)
        for point, samples in enumerate(self.form.samples):
            for unit in range(len(self.form.units)):  # In their order, so that no chain of units is a deep recursion.
                self.poll()
                self._pre(unit, point)
                if unit in self.read:
                    self._value(unit, point)
            costs.add([self._output(of, point) for of in self.form.outputs], samples)
        loss = total(self.model, costs.parts)
        if ordered:
            self._order(orders(self.form))
        self.model.bounds(loss.expression)
        self.model.objective = loss.expression
        return Encoded(self.model, self.variables, loss)

    def _output(self, of: int | Sequence[Number], point: int) -> Output:
        if not isinstance(of, int):
            return Output(partial(known, of[point]))
        pre = self._pre(of, point)
        values = TWO_VALUED.get(self.form.units[of].activation.kind)
        once = of not in self.read and list(self.form.outputs).count(of) == 1
        halved = (pre, *values) if values is not None and once and pre.low < 0 <= pre.high else None
        return Output(partial(self._value, of, point), halved)

    def _pre(self, unit: int, point: int) -> Quantity:
        found = self.pre.get((unit, point))
        if found is None:
            of = self.form.units[unit]
            parts = [(column[point], self.variables[k]) for k, column in of.terms if column[point]]
            for product in of.products:
                if product.variable is None:
                    parts.append((product.factor, self._value(product.source, point)))
                else:
                    parts.append((product.factor, self._product(product.variable, product.source, point)))
            found = self.pre[unit, point] = total(self.model, parts, of.constant[point])
        return found

    def _value(self, unit: int, point: int) -> Quantity:
        found = self.value.get((unit, point))
        if found is None:
            activation = self.form.units[unit].activation
            found = self.value[unit, point] = value_of(self.model, activation, self._pre(unit, point))
        return found

    def _product(self, variable: int, source: int, point: int) -> Quantity:
        key = (variable, source, point)
        if key not in self.products:
            self.products[key] = self._multiplied(variable, self._value(source, point))
        return self.products[key]

    def _multiplied(self, variable: int, value: Quantity) -> Quantity:
        model, weight = self.model, self.variables[variable]
        if value.fixed:
            return times(model, weight, value.least)
        if weight.fixed:
            return times(model, value, weight.least)
        values = self.form.variables[variable].values
        if weight.literal is not None and value.literal is not None:
            return _of_literals(model, weight, value)
        if value.literal is not None:
            return self._by_cases(weight, [(value.greatest, value.literal), (value.least, -value.literal)], values)
        if weight.literal is not None:
            return self._by_cases(value, [(weight.greatest, weight.literal), (weight.least, -weight.literal)])
        if len(values) <= MOST_CASES:
            return self._by_cases(value, self._cases(variable))
        left, right = model.named(weight.expression), model.named(value.expression)
        ends = [a * b for a in (weight.low, weight.high) for b in (value.low, value.high)]
        v = model.variable(((min(ends), max(ends)),))
        model.constraints.append(Times(v, left, right))
        return made(model, Affine(((v, 1),)), normal(weight.scale * value.scale))

    def _by_cases(
        self, of: Quantity, cases: Sequence[tuple[Number, Literal]], values: Sequence[Number] | None = None
    ) -> Quantity:
        """A quantity times the factor whose literal is true; `values`: all that it can be, where they are few."""
        model = self.model
        scale = common([normal(factor * of.scale) for factor, _ in cases])
        factors = [whole(normal(factor * of.scale), scale) for factor, _ in cases]
        if values is not None:
            v = model.variable(domain_of([f * of.place(value) for f in factors for value in values]))  # type: ignore[operator]
        else:
            ends = [f * end for f in factors for end in (of.low, of.high)]
            v = model.variable(((min(ends), max(ends)),))
        for factor, (_, literal) in zip(factors, cases, strict=True):
            model.linear(added([(1, Affine(((v, 1),))), (-factor, of.expression)]), ((0, 0),), literal)
        return made(model, Affine(((v, 1),)), scale)

    def _cases(self, variable: int) -> list[tuple[Number, Literal]]:
        """A literal for each value of a variable."""
        of = self.variables[variable]
        ((v, coefficient),) = of.expression.terms
        assert coefficient == 1 and not of.expression.constant, "three values or more are a variable of their own"
        return [(normal(of.scale * place), literal) for place, literal in self.model.cases(v).items()]

    def _order(self, groups: Orders) -> None:
        """Keys of interchangeable units, read as numbers, do not decrease."""
        for keys in groups:
            codes = [self._code(key) for key in keys]
            for before, after in pairwise(codes):
                if before is not None and after is not None:
                    difference = added([(1, after), (-1, before)])
                    self.model.linear(difference, ((0, max(0, self.model.bounds(difference)[1])),))

    def _code(self, key: Sequence[int]) -> Affine | None:
        """The key as a number in mixed radix; None where it is long."""
        code, size = Affine(()), 1
        for k in key:
            of = self.variables[k]
            if not of.fixed:
                width = of.high - of.low + 1
                code = added([(width, code), (1, of.expression)])
                size *= width
        return code if size <= LONGEST_KEY else None


def _of_literals(model: Model, weight: Quantity, value: Quantity) -> Quantity:
    """The product of two quantities of two values each."""
    x, z = weight.literal, value.literal
    assert x is not None and z is not None, "both have two values"
    a, b, c, d = weight.least, weight.greatest, value.least, value.greatest
    literal = model.literal()
    if a == -b and c == -d:  # Equal signs: the product is b·d, else the opposite.
        for equal in ((-literal, x, -z), (-literal, -x, z), (literal, x, z), (literal, -x, -z)):
            model.clause(*equal)
        return two(model, literal, normal(-b * d), normal(b * d))
    model.clause(-literal, x)
    model.clause(-literal, z)
    model.clause(literal, -x, -z)
    one, other, both = (two(model, each, 0, 1) for each in (x, z, literal))
    corner = (b - a) * (d - c)
    return total(model, [(c * (b - a), one), (a * (d - c), other), (corner, both)], a * c)
