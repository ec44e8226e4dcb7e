"""Method `columns`: search over what units compute, level by level; the deep counterpart of the dynamic program.

All that later units see of a unit is its column, the vector of its values over the points, and units with few values
have few columns. The search chooses columns, not parameters (`dnnt.columns`), and finds parameters for them at the end.
For `minimize` it asks for losses of at most a threshold that grows from a lower bound of everything, so that each round
proves a bound and the last one the optimum.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, log2
from time import monotonic
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import Nonnegative, OfForm
from dnnt.columns.making import TWO_VALUED, Column, Maker, parameters_of
from dnnt.columns.problem import Problem, problems_of, shared_variables
from dnnt.columns.search import Search, Target
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, Cost, Goal, Method
from dnnt.running import Run
from dnnt.simplify.form import Form, form_of

MOST_WRITTEN = 3_000_000
"""Slots times samples up to which the normal form is made for a prediction."""

SPARE_NODES = 1000
"""What a certificate allows the checker beside twice the nodes that the search took."""


class _Done(Exception):
    """The goal is reached."""


class Columns(Method):
    """Branch and bound over columns of units."""

    name = "columns"
    summary = "searches what units compute on the samples, level by level"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes every discrete instance that can be written out; predicts from numbers of columns and of units."""
        if instance.is_continuous:
            return "a parameter may be any real number"
        if instance.network.edge_count * max(1, len(instance.samples)) > MOST_WRITTEN:
            return Cost(float("inf"), float("inf"), "too large to look at columns")
        try:
            form = form_of(instance)
        except (MethodUnsuitable, TooLarge) as error:
            return str(error)
        return _cost(form)

    def plan(self, instance: Instance, run: Run) -> Plan:
        """The levels and how many columns each unit may have at most."""
        cost = self.assess(instance)
        assert isinstance(cost, Cost), "a plan is asked only of instances that the method takes"
        return Plan("columns", "columns of units, level by level", cost.basis, seconds=cost.seconds)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Search; every round of `minimize` proves a bound."""
        return _Solving(form_of(instance), goal, run).solve()


class _Solving:
    def __init__(self, form: Form, goal: Goal, run: Run) -> None:
        self.form = form
        self.goal = goal
        self.run = run
        self.maker = Maker(len(form.points), run)
        self.nodes = 0
        self.proved: Number = 0
        self.target = Target(0, False, False)

    def solve(self) -> Mapping[str, Any]:
        """Reach the goal or try everything."""
        rounds = 0
        try:
            if not self.form.units or not self.form.points:
                self._only()
            elif self.goal.threshold is not None:
                rounds = 1
                if self._round(self.goal.threshold, False):
                    self._prove(self.goal.threshold, True)
            else:
                rounds = self._minimize()
        except _Done:
            pass
        return {"nodes": self.nodes + self.target.nodes, "rounds": rounds}

    def _only(self) -> None:
        """Parameters make no difference."""
        values = [min(variable.values, key=abs) for variable in self.form.variables]
        loss = self.form.total(values)
        self.run.offer(self.form.parameters(values), loss)
        self.target.nodes = 1
        self._prove(loss, False)

    def _minimize(self) -> int:
        """Thresholds from below, until none is left below the incumbent."""
        if self.run.incumbent is None:
            values = [min(variable.values, key=abs) for variable in self.form.variables]
            self.run.offer(self.form.parameters(values), self.form.total(values))
        threshold: Number = 0
        rounds = 0
        while True:
            rounds += 1
            started = monotonic()
            best = self.run.incumbent
            assert best is not None, "something was offered"
            final = threshold >= best.loss
            self._round(best.loss if final else threshold, final)
            seconds = monotonic() - started
            best = self.run.incumbent
            if final or best.loss <= threshold:
                self._prove(best.loss, False, seconds)
                return rounds
            self._prove(threshold, True, seconds)
            self.proved = threshold
            following = best.loss if self.target.next is None else min(self.target.next, best.loss)
            if seconds > 0.05 and rounds > 5:
                following = max(following, normal(threshold + (best.loss - threshold) / 8))
            threshold = following

    def _round(self, limit: Number, below: bool) -> bool:
        """Search everything for a loss of at most `limit`."""
        self.nodes += self.target.nodes
        self.target = Target(limit, below, self.goal.kind == DECIDE)
        if self.run.incumbent is not None and self.run.incumbent.loss <= limit:
            if self.target.decides:
                raise _Done
            self.target.lower(self.run.incumbent.loss)
        self.run.progress(f"columns: no loss up to {limit}?")
        for problem in problems_of(self.form):
            Search(self.form, problem, self.maker, self.target, self.run, self._found).search()
        return True

    def _found(self, problem: Problem, columns: dict[int, Column], loss: Number) -> None:
        """Offer parameters with these columns."""
        chosen = parameters_of(problem, self.maker, columns)
        values = [chosen.get(v, min(variable.values, key=abs)) for v, variable in enumerate(self.form.variables)]
        assert self.form.total(values) == loss, "columns and parameters must agree"
        self.run.offer(self.form.parameters(values), loss)
        if self.goal.satisfied(loss):
            if self.goal.kind != DECIDE:
                self.run.prove(0, False, Nonnegative())
            raise _Done
        if not self.target.decides and loss <= self.target.limit:
            self.target.lower(loss)

    def _prove(self, bound: Number, strict: bool, seconds: float = 0.0) -> None:
        most = 2 * self.target.nodes + SPARE_NODES
        self.run.prove(bound, strict, OfForm("columns", {"nodes": most}, 3 * seconds + 0.1 if seconds > 0.3 else None))


def _cost(form: Form) -> Cost:
    """Seconds from the numbers of columns: those of a level as multisets, with an exponent that separation leaves."""
    points = max(1, len(form.points))
    read = {each.source for unit in form.units for each in unit.products}
    combos = 0.0
    for v in shared_variables(form):
        combos += log(len(form.variables[v].values))
    nodes, columns, last, text = 0.0, 0.0, 0.0, []
    groups: dict[object, int] = {}
    for index, unit in enumerate(form.units):
        values = [form.variables[v].values for v, _ in unit.terms]
        values += [form.variables[each.variable].values for each in unit.products if each.variable is not None]
        choices = sum(log(len(of)) for of in values)
        if index not in read:
            last = max(last, choices)
            continue
        columns = max(columns, choices)
        size = choices
        if unit.activation.kind in TWO_VALUED:
            # Cover's count of the ways in which a plane divides points.
            dimension = len(unit.terms) + len(unit.products)
            size = min(size, dimension * log2(points + 1) * 0.7, points * log(2.0))
        groups_key = (unit.activation.kind, tuple(sorted(map(len, values))), frozenset(each.source for each in unit.products))
        groups[groups_key] = groups.get(groups_key, 0) + 1
        nodes += max(0.0, size - log(groups[groups_key])) * 0.6
        text.append(size)
    each = 2e-7 if all(unit.activation.kind in TWO_VALUED for unit in form.units) else 1e-6 + points * 1e-7
    if combos + nodes + max(columns, last) > 600:
        return Cost(float("inf"), float("inf"), "too many columns")
    seconds = 2.0**0 * _exp(combos) * (_exp(columns) * each * 4 + _exp(nodes) * (5e-5 + _exp(last) * each * 0.05) + _exp(last) * each)
    mebibytes = 2.0 + _exp(max(columns, last)) * (100 + points) / 2**20
    most = f"e^{max(text):.1f}" if text else "no"
    return Cost(0.001 + seconds, mebibytes, f"{most} columns a unit, {points} points, about {_exp(nodes):.2g} nodes")


def _exp(value: float) -> float:
    from math import exp

    return exp(value)


METHOD = Columns()
