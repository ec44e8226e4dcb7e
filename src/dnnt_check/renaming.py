"""Symmetry: values that may be renamed, in all variables at once, without a change of the total loss.

If every variable has the same values, and what every output costs depends only on which of the variables that reach it
have equal values, then parameters stay as good as they are when values are permuted. Values can then be named in the
order in which they first appear along a list of variables: some parameters of least loss have the first value, or one
that comes right after the greatest one before, at each variable of the list.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.losses import Loss, Vector, listed
from dnnt_check.numbers import Number, add, magnitude, multiply
from dnnt_check.quantities import Key, Model, Quantity
from dnnt_check.relations import between

#: An output may depend on so many variables.
MOST_VARIABLES = 3

#: Place in the list of variables, and the rank of each of the variable's values among the values, from 1.
Rank = tuple[int, list[int]]


class Renaming:
    """The rule of symmetry for one list of variables and one list of values, which has been proved."""

    def __init__(self, model: Model, variables: tuple[int, ...], values: Vector, work: Work) -> None:
        """Prove that values may be renamed.

        Raises:
            Invalid: they may not, or it cannot be seen.
        """
        self.model = model
        self.variables = variables
        self.work = work
        self.rank = {value: rank for rank, value in enumerate(values, 1)}
        for variable in variables:
            if variable >= len(model.form.values):
                raise Invalid("lower.grounds.order: there is no such variable")
        self.values = tuple(sorted(values))
        for variable, own in enumerate(model.form.values):
            work.spend(1e-6 + len(values) * 1e-7)
            if own != self.values:
                raise Invalid(f"lower.grounds.order: variable {variable} has other values")
        proved: set[Any] = set()
        for output, of in enumerate(model.form.outputs):
            if isinstance(of, int):
                for point in range(model.points):
                    self._check_output(output, of, point, proved)

    def _check_output(self, output: int, unit: int, point: int, proved: set[Any]) -> None:
        """What an output costs at a point depends only on which variables are equal."""
        function = _Function(self.model, unit, point, self.work)
        count = len(function.variables)
        if count > MOST_VARIABLES:
            raise Invalid(f"lower.grounds.order: output {output} depends on {count} variables")
        samples = self.model.samples[point]
        allowed = self.model.loss.allowed[output] if self.model.loss.allowed else ()
        self.work.spend(len(allowed) * 1e-7)
        labels = tuple([(weight, y[output]) for weight, y in samples])
        # Outputs that compute, and pay for, the same need one look.
        key = (function.steps, labels, allowed)
        self.work.spend(1e-5 * len(function.steps) + len(labels) * 1e-6)
        if key in proved:
            return
        each = (len(function.steps) + len(labels) + 2) * 3e-6
        self.work.require(rough_seconds(len(self.values) ** count, each), "trying the values of all outputs")
        status = self._status(output, point)
        seen: dict[tuple[int, ...], Any] = {}
        for chosen in itertools.product(self.values, repeat=count):
            self.work.spend(each)
            names: dict[Number, int] = {}
            pattern = tuple([names.setdefault(value, len(names)) for value in chosen])
            found = status(function.value(chosen))
            if seen.setdefault(pattern, found) != found:
                raise Invalid(f"lower.grounds.order: what output {output} costs changes when values are exchanged")
        proved.add(key)

    def _status(self, output: int, point: int) -> Callable[[Number], Any]:
        """All that the cost of the point takes from a value of the output."""
        model = self.model
        loss: Loss = model.loss
        labels = [y[output] for _, y in model.samples[point]]
        if model.split:
            return model.output_costs[point][output].cost
        if loss.kind == "zero_one":
            return lambda f: [f == y for y in labels]
        if loss.kind == "pairs":
            return lambda f: (listed(loss.allowed[output], f), [f == y for y in labels])
        if loss.kind == "printed_pairs":
            return lambda f: listed(loss.allowed[output], f)
        if loss.kind == "positive":
            return lambda f: (f > 0, [f == y for y in labels])
        if loss.kind == "maximum":
            return lambda f: [magnitude(f - y) for y in labels]
        return lambda f: f

    def ranks(self, known: Mapping[Key, Quantity]) -> dict[int, Rank]:
        """For each quantity that is a variable of the list: its place, and the ranks of its values."""
        ranks = [self.rank[value] for value in self.values]
        found = {}
        for place, variable in enumerate(self.variables):
            quantity = known.get(("v", variable))
            if quantity is not None:
                found[quantity.index] = (place, ranks)
        return found

    def refutes(
        self,
        ranks: Mapping[int, Rank],
        boxes: Mapping[int, tuple[int, int]],
        holes: Mapping[int, list[tuple[int, int]]],
    ) -> bool:
        """Do no values in these boxes have the names that their first appearance gives?"""
        asked = sorted((ranks[index][0], index) for index in boxes if index in ranks)
        count = len(self.values)
        greatest = 0
        behind = 0
        for place, index in asked:
            # A variable that is not asked for may have one new value.
            greatest = min(greatest + place - behind, count)
            behind = place + 1
            first, last = boxes[index]
            gone = holes.get(index, [])
            self.work.spend(1e-6 + (last - first) * 5e-8 + len(gone) * 1e-6)
            left = [rank for a, b in between(first, last, gone) for rank in ranks[index][1][a : b + 1]]
            own = [rank for rank in left if rank <= greatest + 1]
            if not own:
                return True
            greatest = max(greatest, *own)
        return False


class _Function:
    """The value of a unit at a point as a function of the variables that it depends on there."""

    def __init__(self, model: Model, unit: int, point: int, work: Work) -> None:
        form = model.form
        self.work = work
        needed: set[int] = set()
        waiting = [unit]
        variables: set[int] = set()
        while waiting:
            index = waiting.pop()
            if index not in needed:
                needed.add(index)
                here = form.units[index]
                waiting.extend([product.source for product in here.products])
                variables.update([variable for variable, column in here.terms if column[point]])
                variables.update([product.variable for product in here.products if product.variable is not None])
                work.spend(1e-6 * (2 + len(here.terms) + len(here.products)))
        self.variables = sorted(variables)
        number = {variable: i for i, variable in enumerate(self.variables)}
        order = sorted(needed)
        place = {index: i for i, index in enumerate(order)}
        steps = []
        for index in order:
            here = form.units[index]
            steps.append(
                (
                    here.activation,
                    here.constant[point],
                    tuple([(number[variable], column[point]) for variable, column in here.terms if column[point]]),
                    tuple(
                        [
                            (
                                place[product.source],
                                None if product.variable is None else number[product.variable],
                                product.factor,
                            )
                            for product in here.products
                        ]
                    ),
                )
            )
        self.steps = tuple(steps)
        self.functions = [model.images[index].function for index in order]

    def value(self, chosen: Vector) -> Number:
        """The value of the unit for these values of the variables."""
        work = self.work
        known: list[Number] = []
        for (_, constant, terms, products), function in zip(self.steps, self.functions, strict=True):
            total = constant
            for variable, factor in terms:
                total = add(total, multiply(factor, chosen[variable], work), work)
            for source, multiplier, factor in products:
                product = multiply(factor, known[source], work)
                if multiplier is not None:
                    product = multiply(product, chosen[multiplier], work)
                total = add(total, product, work)
            known.append(function(total))
        return known[-1]
