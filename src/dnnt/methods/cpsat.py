"""Method `cpsat`: the normal form as a model for CP-SAT (ortools, an extra), whose search is not proved.

Its solutions are evaluated exactly before they count. Its bounds are kept apart, as claims: CP-SAT writes no proof
that could be checked, so what it says of the other side is what it says, and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from importlib.util import find_spec
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.encodings.constraints.cp_model import MOST_TERMS, Encoded, encode, terms, too_long
from dnnt.encodings.constraints.integer_model import cut
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number, normal, several, to_json
from dnnt.instance import Instance
from dnnt.kernels.threads import allowed
from dnnt.methods.base import CONTINUOUS, Cost, Goal, Method, one_step
from dnnt.network import MAX_EDGES
from dnnt.running import Run
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form

MISSING = "CP-SAT is not installed (install dnnt with the extra cpsat: pip install 'dnnt[cpsat]')"

BYTES = 2500
"""Bytes that a constraint of the model takes, with CP-SAT's copies of it."""

TRIED_TERMS = 100_000
"""The most terms of all sums together for which the model is made to see whether it can be; of larger ones the search
says it.
"""

BASE = 150.0
"""MiB that the library takes."""


class CpSat(Method):
    """CP-SAT on the encoding of `dnnt.encodings.constraints.cp_model`."""

    name = "cpsat"
    summary = "CP-SAT (ortools, an extra) on a tight encoding: parameters are exact, bounds are claimed and not proved"
    proves = False

    def assess(self, instance: Instance) -> Cost | str:
        """Takes instances whose numbers, over common denominators, stay in modest ranges. How long the search takes
        nobody can say; what is predicted is a guess by the number of choices.
        """
        if instance.is_continuous:
            return CONTINUOUS
        if not is_there():
            return MISSING
        if instance.network.edge_count > MAX_EDGES:
            return f"more than {MAX_EDGES:,} edges"
        try:
            form = form_of(instance)
            count = terms(form)
            if count <= TRIED_TERMS:
                count = len(encode(form).model.constraints)
        except (MethodUnsuitable, TooLarge) as error:
            return str(error)
        if count > MOST_TERMS:
            return too_long(count)
        choices = sum(len(variable.values).bit_length() for variable in form.variables)
        seconds = 0.5 + 1e-4 * count + 1e-3 * 2.0 ** min(choices, 1000) ** 0.5
        return Cost(
            seconds,
            BASE + count * BYTES / (1 << 20),
            f"about {several(count, 'constraint')}",
            note="a guess",
        )

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line: the search is the library's."""
        label = "a model of integer variables, searched by CP-SAT"
        return one_step("model", label, self.assess(instance), "the seconds are a guess")

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Search; every solution is evaluated exactly, every bound is a claim."""
        run.progress("building the model")
        form = form_of(instance)
        run.poll()
        run.need(terms(form) * BYTES // 4, "a model of CP-SAT")
        encoded = encode(form, run.poll)
        run.need(len(encoded.model.constraints) * BYTES, "a model of CP-SAT")
        return _Search(form, encoded, goal, run).result()


def is_there() -> bool:
    """Whether ortools is installed."""
    return find_spec("ortools") is not None


class _Search:
    """One search: takes events and reports them to the run."""

    def __init__(self, form: Form, encoded: Encoded, goal: Goal, run: Run) -> None:
        self.form = form
        self.encoded = encoded
        self.goal = goal
        self.run = run
        self.solutions = 0
        self.bound: Number | None = None

    def result(self) -> Mapping[str, Any]:
        """Search to the end; figures for the answer. May raise `Stop`."""
        from dnnt.encodings.constraints.cp_sat import Bound, Ended, Solution, Translation, search

        run, encoded = self.run, self.encoded
        most = self._most()
        total, model = encoded.total, encoded.model
        within = cut(((total.low, total.high),), total.low, most)
        if not within:  # The least that is possible at all is too much.
            return self._ended("infeasible", {})
        model.linear(total.expression, within)
        if self.goal.threshold is not None:
            model.objective = None
        run.progress("building the model")
        translation = Translation(model, run.poll)
        self._hint(translation)
        run.poll()
        run.progress("CP-SAT searches")
        with closing(search(translation, encoded.wanted, allowed(), run.seed, run.poll)) as events:
            for event in events:
                if isinstance(event, Solution):
                    self._offer(event.values)
                    if run.incumbent is not None and self.goal.satisfied(run.incumbent.loss):
                        return self._ended("feasible", {})
                elif isinstance(event, Bound):
                    self._claim(normal(total.scale * event.objective), False)
                elif isinstance(event, Ended):
                    return self._ended(event.status, event.figures)
        raise AssertionError("a search ends with its status")

    def _most(self) -> int:
        """The greatest total, in units of its scale, that is of interest."""
        limits = [self.encoded.total.greatest]
        if self.goal.threshold is not None:
            limits.append(self.goal.threshold)
        elif self.run.incumbent is not None:
            limits.append(self.run.incumbent.loss)
        return int(min(limits) // self.encoded.total.scale)

    def _hint(self, translation: Any) -> None:
        """Start from the best parameters that are known."""
        if self.run.incumbent is None:
            return
        values = self.form.values_of(self.run.incumbent.parameters)
        hints = {}
        for of, value in zip(self.encoded.variables, values, strict=True):
            place = of.place(value)
            for v, c in of.expression.terms:
                if place is not None:
                    hints[v] = (place - of.expression.constant) // c
        translation.hint(hints)

    def _offer(self, solution: Mapping[int, int]) -> None:
        chosen = self.encoded.values(solution)
        loss = self.form.total(chosen)
        self.solutions += 1
        if self.run.incumbent is None or loss < self.run.incumbent.loss:
            self.run.offer(self.form.parameters(chosen), loss)

    def _claim(self, bound: Number, strict: bool) -> None:
        if self.bound is None or bound > self.bound:
            self.bound = bound
        self.run.claim(bound, strict)

    def _ended(self, status: str, figures: Mapping[str, Any]) -> Mapping[str, Any]:
        """The figures of an answer; of a finished search the claim that belongs to it."""
        goal = self.goal
        if status == "infeasible" and goal.threshold is not None:
            self._claim(goal.threshold, True)
        optimal = status == "optimal" or (status == "infeasible" and goal.threshold is not None)
        return {
            "claimed_bound": None if self.bound is None else to_json(self.bound),
            "claimed_optimal": optimal,
            "cp_sat": status,
            "solutions": self.solutions,
            **figures,
        }


METHOD = CpSat()
