"""Method `branch`: one neuron on many samples, by branch and bound over its weights.

The normal form has one unit, so that every point's cost is a function of one sum. Box bounds (`dnnt.neuron.bounds`) take any
activation and loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import OfForm
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method
from dnnt.neuron.bounds import bounds_of
from dnnt.neuron.levels import levels_of
from dnnt.neuron.neuron import neuron_of
from dnnt.neuron.search import Box, descent, explore, predicted_nodes
from dnnt.running import MIB, Run
from dnnt.simplify.form import Form, form_of

STARTS = 8
DIVES = 20

ENTRIES = 30_000_000
"""Contributions of values to points that are kept at most."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What both the prediction and the search start from."""

    instance: Instance
    form: Form
    box: Box
    loss: Number
    chosen: tuple[Number, ...]
    nodes: float

    @property
    def seconds(self) -> float:
        """What the search is predicted to take."""
        return 0.002 + self.nodes * self.box.bounds.seconds


class Branch(Method):
    """Branch and bound for one unit."""

    name = "branch"
    summary = "one neuron: depth first over its weights, with the least that each sample can still cost"

    def __init__(self) -> None:
        self._last: Prepared | None = None

    def assess(self, instance: Instance) -> Cost | str:
        """Takes normal forms of one unit; the number of nodes is predicted by random dives."""
        prepared = self._prepared(instance)
        if isinstance(prepared, str):
            return prepared
        levels = prepared.box.levels
        size = sum(len(level.offsets) for level in levels) * len(prepared.form.points) * 60
        return Cost(
            prepared.seconds,
            1.0 + size / MIB,
            f"about {_count(prepared.nodes)} nodes, {len(levels)} levels, {len(prepared.form.points)} distinct inputs",
        )

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line."""
        cost = self.assess(instance)
        assert isinstance(cost, Cost), "a plan is asked only of instances that the method takes"
        return Plan("search", "depth first over the weights of one neuron", cost.basis, seconds=cost.seconds)

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
    if instance.is_continuous:
        return "a parameter may be any real number"
    try:
        form = form_of(instance)
    except (MethodUnsuitable, TooLarge) as error:
        return str(error)
    neuron = neuron_of(form)
    if isinstance(neuron, str):
        return neuron
    if sum(map(len, neuron.values)) * len(form.points) > ENTRIES:
        return f"more than {ENTRIES:,} contributions of values to samples would have to be kept"
    levels = levels_of(neuron)
    box = Box(neuron, levels, bounds_of(neuron, levels))
    random = Random(1)
    loss, choices = descent(box, STARTS, _nothing, random)
    nodes = predicted_nodes(box, loss, DIVES, random)
    return Prepared(instance, form, box, loss, box.values(choices), nodes)


class _Solving:
    """One solve."""

    def __init__(self, prepared: Prepared, goal: Goal, run: Run) -> None:
        self.prepared = prepared
        self.goal = goal
        self.run = run

    def solve(self) -> Mapping[str, Any]:
        prepared, goal, run = self.prepared, self.goal, self.run
        self._found(prepared.chosen, prepared.loss)
        if goal.reached(run):
            return {"nodes": 0}
        box, threshold = prepared.box, goal.threshold
        assert run.incumbent is not None, "the descent has found one"
        cap = run.incumbent.loss if threshold is None else threshold
        run.progress(f"about {_count(prepared.nodes)} nodes")
        nodes, _ = explore(box, cap, threshold is None, self._found, run.poll)
        if not goal.reached(run):
            bound = run.incumbent.loss if threshold is None else threshold
            run.prove(bound, threshold is not None, _grounds(box, nodes))
        return {"nodes": nodes}

    def _found(self, chosen: tuple[Number, ...], loss: Number) -> Number:
        """Offer what was found; gives the loss from which on choices are of interest no more."""
        run, goal = self.run, self.goal
        if run.incumbent is None or loss < run.incumbent.loss:
            run.offer(self.prepared.form.parameters(chosen), loss)
        assert run.incumbent is not None, "one has just been offered"
        best = run.incumbent.loss
        if goal.threshold is None:
            return best
        return goal.threshold if best > goal.threshold else -1


def _grounds(box: Box, nodes: int) -> OfForm:
    """Grounds for a search of so many nodes."""
    body = {"levels": [[level.variable, level.size] for level in box.levels], "nodes": 4 * nodes + 1000}
    points = len(box.neuron.points)
    setting = 1e-3 + points * (1e-4 + 2e-6 * sum(len(level.offsets) for level in box.levels))
    return OfForm("branch", body, setting + nodes * box.bounds.seconds * 1.5)


def _count(nodes: float) -> str:
    return f"{nodes:,.0f}" if nodes < 1e6 else f"{nodes:.1e}"


def _nothing() -> None:
    """Polls nobody: for predictions, which are short."""


METHOD = Branch()
