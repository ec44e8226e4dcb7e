"""Method `columns`: search over what units compute, level by level; the deep counterpart of the dynamic program.

All that later units see of a unit is its column, the vector of its values over the points, and units with few values
have few columns. The search chooses columns, not parameters (`dnnt.columns`), and finds parameters for them at the end.
For `minimize` it asks for losses of at most a threshold that grows from a lower bound of everything, so that each round
proves a bound and the last one the optimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import Nonnegative, OfForm
from dnnt.columns.cost import cost_of
from dnnt.columns.making import Column, Maker, parameters_of
from dnnt.columns.problem import MOST_UNITS, Problem, problems_of
from dnnt.columns.search import Search
from dnnt.columns.separating import Reached, Target
from dnnt.exact import Number, brief, magnitude, normal
from dnnt.instance import Instance
from dnnt.methods.base import CONTINUOUS, DECIDE, Cost, Goal, Method, form_or_refusal, one_step
from dnnt.running import Run
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form

MOST_WRITTEN = 3_000_000
"""Slots times samples up to which the normal form is made for a prediction."""

FEW_ROUNDS = 4
"""Rounds that raise the threshold to the next loss that there may be; further ones double the step."""

SPARE_TIMES, SPARE_NODES = 20, 20_000
"""What a certificate allows the checker: so many times the nodes that the search took, and some more. It judges joint
losses in another way, and what it spends is bounded by time as well."""


class Columns(Method):
    """Branch and bound over columns of units."""

    name = "columns"
    summary = "searches what units compute on the samples, level by level"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes every discrete instance that can be written out; predicts from numbers of columns and of units."""
        if instance.is_continuous:
            return CONTINUOUS
        if instance.network.edge_count * max(1, len(instance.samples)) > MOST_WRITTEN:
            return Cost(float("inf"), float("inf"), "too large to look at columns")
        form = form_or_refusal(instance)
        if isinstance(form, str):
            return form
        if len(form.units) > MOST_UNITS:
            return f"{len(form.units):,} units have a choice, more than {MOST_UNITS}"
        return Cost(*cost_of(form, instance.gamma))

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line: how many columns a unit may have at most."""
        return one_step("columns", "columns of units, level by level", self.assess(instance))

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
        self.target = Target(0, False, False)

    def solve(self) -> Mapping[str, Any]:
        """Reach the goal or try everything."""
        rounds = 0
        try:
            if not self.form.units or not self.form.points:
                self._only()
            elif self.goal.threshold is not None:
                rounds = 1
                started = monotonic()
                self._round(self.goal.threshold, False)
                self._prove(self.goal.threshold, True, monotonic() - started)
            else:
                rounds = self._minimize()
        except Reached:
            pass
        return {"nodes": self.nodes + self.target.nodes, "rounds": rounds}

    def _only(self) -> None:
        """Parameters make no difference."""
        loss = self._offered({})
        self.target.nodes = 1
        self._prove(loss, False)

    def _offered(self, chosen: Mapping[int, Number]) -> Number:
        """Offer parameters with these values of variables, and of all others those closest to 0; their loss."""
        values = [chosen.get(v, _closest(variable.values)) for v, variable in enumerate(self.form.variables)]
        loss = self.form.total(values)
        self.run.offer(self.form.parameters(values), loss)
        return loss

    def _minimize(self) -> int:
        """Thresholds from below, until none is left below the incumbent."""
        self._offered({})
        threshold: Number = 0
        step: Number = 0
        rounds = 0
        while True:
            rounds += 1
            started = monotonic()
            final = threshold >= self._best
            self._round(self._best if final else threshold, final)
            seconds = monotonic() - started
            if final or self._best <= threshold:
                self._prove(self._best, False, seconds)
                return rounds
            self._prove(threshold, True, seconds)
            following = self._best if self.target.next is None else min(self.target.next, self._best)
            if rounds > FEW_ROUNDS:
                # Losses may be dense: fewer rounds, each with a step twice as long.
                step = max(2 * step, following - threshold)
                following = min(self._best, max(following, threshold + step))
            threshold = normal(following)

    @property
    def _best(self) -> Number:
        assert self.run.incumbent is not None, "something was offered"
        return self.run.incumbent.loss

    def _round(self, limit: Number, below: bool) -> None:
        """Search everything for a loss of at most `limit`."""
        self.nodes += self.target.nodes
        self.target = Target(limit, below, self.goal.kind == DECIDE)
        if self.run.incumbent is not None and self.run.incumbent.loss <= limit:
            if self.target.decides:
                raise Reached
            self.target.lower(self.run.incumbent.loss)
        self.run.progress(f"columns: is there a loss {'below' if below else 'of at most'} {brief(limit)}?")
        for problem in problems_of(self.form):
            self.run.poll()
            Search(self.form, problem, self.maker, self.target, self.run, self._found).search()

    def _found(self, problem: Problem, columns: dict[int, Column], loss: Number) -> None:
        """Offer parameters with these columns."""
        offered = self._offered(parameters_of(problem, self.maker, columns))
        assert offered == loss, "columns and parameters must agree"
        if self.goal.satisfied(loss):
            if self.goal.kind != DECIDE:
                self.run.prove(0, False, Nonnegative())
            raise Reached
        if not self.target.decides and loss <= self.target.limit:
            self.target.lower(loss)

    def _prove(self, bound: Number, strict: bool, seconds: float = 0.0) -> None:
        most = SPARE_TIMES * self.target.nodes + SPARE_NODES
        predicted = 0.1 + 2 * seconds if seconds > 0.3 else None
        self.run.prove(bound, strict, OfForm("columns", {"nodes": most}, predicted))


def _closest(values: Sequence[Number]) -> Number:
    """The value closest to 0."""
    return min(values, key=magnitude)


METHOD = Columns()
