"""Method `branch`: one neuron on many samples, by branch and bound over its weights.

The normal form has one unit, so that every point's cost is a function of one sum. Box bounds (`dnnt.neuron.bounds`)
take any activation and loss, sphere decoding (`dnnt.neuron.sphere`) the squared loss of a linear unit, planes
(`dnnt.neuron.planes`) any convex loss of one; what is predicted to be quickest is taken. Losses that are far below the
best one are ruled out first, or the box of least bound is always the next one, so that a limit leaves a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import OfForm
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, brief, normal, several
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method, form_or_refusal, one_step
from dnnt.neuron.engines import Engine, engine_of
from dnnt.neuron.neuron import neuron_of
from dnnt.running import MIB, Run
from dnnt.simplify.form import Form

SHORT = 0.2
"""A search that is predicted to take fewer seconds needs no bounds on the way."""

FRACTIONS = (Fraction(1, 8), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(7, 8))
"""Parts of the gap that are closed first in longer searches, as long as that is far less work than all."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What both the prediction and the search start from."""

    instance: Instance
    form: Form
    engine: Engine


class Branch(Method):
    """Branch and bound for one unit."""

    name = "branch"
    summary = "one neuron: over its weights, with the least that the samples can still cost"

    def __init__(self) -> None:
        self._last: Prepared | None = None

    def assess(self, instance: Instance) -> Cost | str:
        """Takes normal forms of one unit; the number of nodes is predicted by random dives."""
        prepared = self._prepared(instance)
        if isinstance(prepared, str):
            return prepared
        engine, form = prepared.engine, prepared.form
        return Cost(
            engine.seconds,
            1.0 + engine.bytes / MIB,
            f"{engine.name}, about {_count(engine.begun + engine.nodes)} nodes, "
            f"{several(len(form.variables), 'variable')}, {several(len(form.points), 'distinct input')}",
        )

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line."""
        return one_step("search", "boxes of weights of one neuron, by bounds on the loss", self.assess(instance))

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Search all choices whose bound is below the best loss (for `decide`: not above gamma)."""
        prepared = self._prepared(instance)
        if isinstance(prepared, str):
            raise MethodUnsuitable(prepared)
        return _Solving(prepared, goal, run).solve()

    def _prepared(self, instance: Instance) -> Prepared | str:
        """Prepared once for an instance: whoever asks for the cost often solves it next."""
        if self._last is None or self._last.instance is not instance:
            made = _prepare(instance)
            if isinstance(made, str):
                return made
            self._last = made
        return self._last


def _prepare(instance: Instance) -> Prepared | str:
    form = form_or_refusal(instance)
    if isinstance(form, str):
        return form
    neuron = neuron_of(form)
    if isinstance(neuron, str):
        return neuron
    engine = engine_of(neuron)
    return engine if isinstance(engine, str) else Prepared(instance, form, engine)


class _Solving:
    """One solve."""

    def __init__(self, prepared: Prepared, goal: Goal, run: Run) -> None:
        self.form = prepared.form
        self.engine = prepared.engine
        self.goal = goal
        self.run = run
        self.nodes = 0

    def solve(self) -> Mapping[str, Any]:
        """Offer what the descent has found, then prove bounds in rising order; the last one ends it."""
        engine, run, goal = self.engine, self.run, self.goal
        run.need(engine.bytes, "the search over one neuron's weights")
        self._found(engine.chosen, engine.loss)
        if not goal.reached(run):
            run.prove(engine.least, False, engine.grounds(0))
        if not goal.reached(run):
            engine.improve(engine.least if goal.threshold is None else goal.threshold, run.poll)
            self._found(engine.chosen, engine.loss)
        last = goal.threshold
        if last is None:
            last = self._best()
        if engine.staged and engine.seconds > SHORT:
            for part in FRACTIONS:
                bound = normal(engine.least + (last - engine.least) * part)
                if goal.reached(run) or bound <= engine.least:
                    continue
                if engine.predict(bound) <= engine.nodes / 3:
                    self._rule_out(min(bound, self._best()), True)
        if not goal.reached(run):
            self._rule_out(self._best() if goal.threshold is None else goal.threshold, goal.threshold is None)
        return {"nodes": engine.begun + self.nodes, "way": engine.name}

    def _best(self) -> Number:
        assert self.run.incumbent is not None, "the descent has offered one"
        return self.run.incumbent.loss

    def _rule_out(self, cap: Number, below: bool) -> None:
        """Search everything with a loss of at most `cap` (or below it); what is not found is ruled out."""
        engine, run = self.engine, self.run
        run.progress(f"losses {'below' if below else 'up to'} {brief(cap)}: {engine.name}")

        def found(chosen: tuple[Number, ...], loss: Number) -> Number:
            self._found(chosen, loss)
            return poll()

        def poll() -> Number:
            run.poll()
            best = self._best()
            if self.goal.threshold is not None and best <= self.goal.threshold:
                return -1  # Nothing else is of interest.
            return min(cap, best) if below else cap

        def proved(bound: Number, grounds: OfForm) -> None:
            if run.time_limit is not None:
                # A bound that cannot be checked in time is worth less than the last one that can.
                needed = grounds.seconds or 0.0
                if needed > run.time_limit / 2:
                    return
                run.reserve = max(run.reserve, needed)
            run.prove(bound, False, grounds)
            run.progress(
                f"losses {'below' if below else 'up to'} {brief(cap)}: at least {brief(bound)} by {engine.name}"
            )

        nodes = engine.explore(cap, below, found, poll, proved)
        self.nodes += nodes
        if not self.goal.reached(run):
            run.prove(min(cap, self._best()) if below else cap, not below, engine.grounds(nodes))

    def _found(self, chosen: tuple[Number, ...], loss: Number) -> None:
        if self.run.incumbent is None or loss < self.run.incumbent.loss:
            self.run.offer(self.form.parameters(chosen), loss)


def _count(nodes: float) -> str:
    return f"{nodes:,.0f}" if nodes < 1e6 else f"{nodes:.1e}"


METHOD = Branch()
