"""Clauses on variables alone: where few combinations of values decide a cost, those that cost too much are forbidden.

Two shapes: an output that depends on three variables at most (a constraint of a colouring), and an output that is one
sum of variables with two values each and one step (an element of an exact cover).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations, product
from math import comb, prod

from dnnt.encodings.clauses.costs import Targets
from dnnt.encodings.clauses.quantities import Ledger, VariableValue
from dnnt.exact import Number, magnitude, normal
from dnnt.losses.coded import codes
from dnnt.simplify.form import Form

MOST_VARIABLES = 3
MOST_COMBINATIONS = 4096
MOST_SUBSETS = 700
"""Most clauses for one sum at one point."""


class Direct:
    """Which points are encoded directly, for costs that must stay below a threshold."""

    def __init__(
        self, form: Form, ledger: Ledger, variables: Sequence[VariableValue], targets: Sequence[Targets], strict: bool
    ) -> None:
        self.form = form
        self.ledger = ledger
        self.variables = variables
        self.targets = targets
        self.strict = strict
        self.support = _supports(form)
        self.sparse = {u: _sparse(form, u) for u in set(form.outputs) if type(u) is int and not form.units[u].products}
        self.forced: list[tuple[dict[int, Number], Number]] = []
        self.different: set[tuple[int, int]] = set()

    def encode(self, point: int, threshold: Number) -> bool:
        """Forbid all that costs at least the threshold (if strict: more) at a point; False where that takes more.

        Whatever costs less than the threshold there must cost 0, unless there is no other point.
        """
        bad = self._bad(point, lambda cost: cost > threshold if self.strict else cost >= threshold)
        if bad is None:
            return False
        clauses: list[list[int]] = []
        forced: list[tuple[dict[int, Number], Number]] = []
        different: set[tuple[int, int]] = set()
        for j, of in enumerate(self.form.outputs):
            if not isinstance(of, int):
                if bad(j, of[point]):
                    clauses.append([])
                continue
            made = self._table(of, j, point, bad, different)
            if made is None and of in self.sparse:
                made = self._count(of, j, point, bad, forced)
            if made is None:
                return False
            clauses += made
        for clause in clauses:
            self.ledger.book.clause(("e", point), clause)
        self.forced += forced
        self.different |= different
        return True

    def _bad(self, point: int, fatal: Callable[[Number], bool]) -> Callable[[int, Number], bool] | None:
        """Whether a value of an output alone costs the threshold; None where that does not decide everything."""
        form, targets = self.form, self.targets[point]
        loss, kind = form.loss.of_outputs(len(form.outputs)), form.loss.kind
        if len(form.outputs) == 1 or loss.separable:
            single = len(form.outputs) == 1 and len(form.points) == 1

            @cache
            def cost(j: int, f: Number) -> Number:
                return normal(sum(w * form.loss((f,), (y[j],)) for w, y in targets))

            return (
                None
                if not single and not self._all_or_nothing(point, cost, fatal)
                else (lambda j, f: fatal(cost(j, f)))
            )
        if len(targets) != 1:
            return None
        weight, y = targets[0]
        if kind == "zero_one":
            return (lambda j, f: f != y[j]) if fatal(weight) else None
        if kind in ("pairs", "printed_pairs") and len(form.points) == 1:
            arguments = dict(form.loss.arguments)
            listed = codes(arguments["size"], arguments["allowed"])
            if kind == "printed_pairs":
                return (lambda j, f: f not in listed[j]) if fatal(2 * weight) and not fatal(weight) else None
            if fatal(weight):
                return lambda j, f: f != y[j]
            if fatal(2 * weight) and all(b in of for b, of in zip(y, listed, strict=True)):
                return lambda j, f: f not in listed[j]
            lows = [self._least(of, point) for of in form.outputs]
            if fatal(2 * weight) and all(low is not None and low > b for low, b in zip(lows, y, strict=True)):
                return lambda j, f: f not in listed[j]
        return None

    def _least(self, of: int | Sequence[Number], point: int) -> Number | None:
        """A lower bound on an output that is linear in variables; None for others."""
        if not isinstance(of, int):
            return of[point]
        unit = self.form.units[of]
        if unit.products or unit.activation.kind != "identity":
            return None
        parts = [(column[point], self.variables[k].values) for k, column in unit.terms]
        return unit.constant[point] + sum(c * (values[0] if c > 0 else values[-1]) for c, values in parts)

    def _all_or_nothing(
        self, point: int, cost: Callable[[int, Number], Number], fatal: Callable[[Number], bool]
    ) -> bool:
        """Whether every output costs 0 or too much, whatever value it has."""
        kind = self.form.loss.kind
        weight = min((w for w, _ in self.targets[point]), default=0)
        if len(self.targets[point]) == 1 and kind in ("zero_one", "misclassified"):
            return fatal(weight)
        values: set[Number] = set()
        for j, of in enumerate(self.form.outputs):
            if not isinstance(of, int):
                values = {of[point]}
            else:
                found = self._values(of, point)
                if found is None:
                    return False
                values = found
            if any(cost(j, f) and not fatal(cost(j, f)) for f in values):
                return False
        return True

    def _values(self, u: int, point: int) -> set[Number] | None:
        """The values that a unit may have at a point, where they are easily told."""
        unit = self.form.units[u]
        if u in self.sparse:
            shape = self._steps(u, point)
            if shape is not None:
                base, delta, literals = shape
                return {unit.activation(normal(base + delta * n)) for n in range(len(literals) + 1)}
        table = self.values_table(u, point)
        return None if table is None else {f for _, f in table[1]}

    def values_table(self, u: int, point: int) -> tuple[list[int], list[tuple[tuple[Number, ...], Number]]] | None:
        """The variables of a unit at a point, and its value for each combination of theirs."""
        if u in self.sparse:
            constant, terms = self.sparse[u][point]
            used = [k for k, _ in terms]
        else:
            constant, terms, used = 0, [], sorted(self.support[u])
        if len(used) > MOST_VARIABLES:
            return None
        lists = [self.variables[k].values for k in used]
        if prod(map(len, lists)) > MOST_COMBINATIONS:
            return None
        choices = list(product(*lists))
        if u not in self.sparse:
            return used, [
                (chosen, self._evaluated(u, point, dict(zip(used, chosen, strict=True)))) for chosen in choices
            ]
        activation = self.form.units[u].activation
        added = product(*[[c * a for a in values] for (_, c), values in zip(terms, lists, strict=True)])
        return used, [
            (chosen, activation(normal(constant + sum(parts)))) for chosen, parts in zip(choices, added, strict=True)
        ]

    def _evaluated(self, u: int, point: int, chosen: dict[int, Number]) -> Number:
        unit = self.form.units[u]
        pre = unit.constant[point] + sum(chosen[k] * column[point] for k, column in unit.terms)
        for each in unit.products:
            factor = each.factor if each.variable is None else each.factor * chosen[each.variable]
            pre += factor * self._evaluated(each.source, point, chosen)
        return unit.activation(normal(pre))

    def _table(
        self, u: int, j: int, point: int, bad: Callable[[int, Number], bool], different: set[tuple[int, int]]
    ) -> list[list[int]] | None:
        table = self.values_table(u, point)
        if table is None:
            return None
        used, rows = table
        variables = [self.variables[k] for k in used]
        made = []
        equal = 0
        for chosen, f in rows:
            if bad(j, f):
                made.append([-of.exactly(a) for of, a in zip(variables, chosen, strict=True)])
                equal += len(chosen) == 2 and chosen[0] == chosen[1]
        if len(used) == 2 and equal == len(variables[0].values):
            different.add((used[0], used[1]))
        return made

    def _steps(self, u: int, point: int) -> tuple[Number, Number, list[int]] | None:
        """(base, delta, literals): the pre-activation is base + delta · (how many of the literals hold)."""
        base, terms = self.sparse[u][point]
        literals = []
        deltas: set[Number] = set()
        for k, c in terms:
            of = self.variables[k]
            if len(of.values) != 2:
                return None
            a, b = of.values
            deltas.add(magnitude(c) * (b - a))
            base += c * (a if c > 0 else b)
            literals.append(of.at_least(b) if c > 0 else of.at_most(a))
        return (base, deltas.pop(), literals) if len(deltas) == 1 else None

    def _count(
        self,
        u: int,
        j: int,
        point: int,
        bad: Callable[[int, Number], bool],
        forced: list[tuple[dict[int, Number], Number]],
    ) -> list[list[int]] | None:
        shape = self._steps(u, point)
        if shape is None:
            return None
        base, delta, literals = shape
        count = len(literals)
        apply = self.form.units[u].activation
        good = [n for n in range(count + 1) if not bad(j, apply(normal(base + delta * n)))]
        if not good:
            return [[]]
        if len(good) != good[-1] - good[0] + 1:
            return None
        subsets = (comb(count, good[-1] + 1) if good[-1] < count else 0) + (
            comb(count, count - good[0] + 1) if good[0] else 0
        )
        constant, terms = self.sparse[u][point]
        column = dict(terms)
        if subsets > MOST_SUBSETS:
            return [] if self._follows(column, normal(base + delta * good[0] - constant), good) else None
        if len(good) == 1:
            forced.append((column, normal(base + delta * good[0] - constant)))
        made = []
        if good[-1] < count:
            made += [[-each for each in some] for some in combinations(literals, good[-1] + 1)]
        if good[0]:
            made += [list(some) for some in combinations(literals, count - good[0] + 1)]
        return made

    def _follows(self, column: dict[int, Number], wanted: Number, good: Sequence[int]) -> bool:
        """Whether a sum is what it should be since it consists of sums that are forced already."""
        if len(good) != 1:
            return False
        left = dict(column)
        total: Number = 0
        for part, value in sorted(self.forced, key=lambda each: -len(each[0])):
            if all(left.get(k) == c for k, c in part.items()):
                total += value
                for k in part:
                    del left[k]
        return not left and total == wanted


def _supports(form: Form) -> list[frozenset[int]]:
    """The variables that each unit depends on; units of many have all the same set, which is not exact."""
    made: list[frozenset[int]] = []
    for unit in form.units:
        own = {k for k, _ in unit.terms} | {each.variable for each in unit.products if each.variable is not None}
        if len(own) <= MOST_VARIABLES:
            for each in unit.products:
                own |= made[each.source]
        made.append(frozenset(own))
    return made


def _sparse(form: Form, u: int) -> list[tuple[Number, list[tuple[int, Number]]]]:
    """For every point the constant and the terms that are not zero there, of a unit without products."""
    unit = form.units[u]
    rows: list[tuple[Number, list[tuple[int, Number]]]] = [(constant, []) for constant in unit.constant]
    for k, column in unit.terms:
        for i, c in enumerate(column):
            if c:
                rows[i][1].append((k, c))
    return rows
