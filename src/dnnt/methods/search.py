"""Method `search`: local search with restarts on the exact loss. It finds good parameters and proves nothing.

Simulated annealing over the values of the normal form's variables (`dnnt.local_search`): the loss of every state is
exact; where it has plains (units with two values, counted errors), how far wrong sums are from where they should be
steers the search as well. It ends where the goal needs no bound but 0 or the bound known, else, without a limit of
time, once a stated number of computed values is used up (some ten seconds); with one, it searches until then. The same
seed gives the same answer, as far as no limit of time comes between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.local_search.improving import Wish, search
from dnnt.methods.base import CONTINUOUS, DECIDE, Cost, Goal, Method, form_or_refusal
from dnnt.network import MAX_EDGES
from dnnt.running import Run
from dnnt.simplify.building import form_of

SECONDS = 15.0
"""About what the stated work takes where there is no limit of time."""


class Search(Method):
    """Local search on the normal form."""

    name = "search"
    summary = "local search with restarts: good parameters, no proof"
    proves = False

    def assess(self, instance: Instance) -> Cost | str:
        """Takes every discrete instance whose network can be written out."""
        if instance.is_continuous:
            return CONTINUOUS
        if instance.network.edge_count > MAX_EDGES:
            return f"more than {MAX_EDGES:,} edges"
        form = form_or_refusal(instance)
        if isinstance(form, str):
            return form
        edges = instance.network.edge_count
        samples = len(instance.samples)
        return Cost(
            SECONDS, 1.0 + 1e-4 * edges * (1 + samples), "local search; it ends without a proof", note="a guess"
        )

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line: there is nothing to plan."""
        says = "ends without a proof; the seconds are a guess"
        return Plan("local search", "annealing with restarts on the exact loss", says, seconds=SECONDS)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Search until the incumbent reaches the goal or the stated work is done."""
        form = form_of(instance)
        start = None if run.incumbent is None else form.values_of(run.incumbent.parameters)

        def better(values: tuple[Number, ...], loss: Number) -> None:
            if run.incumbent is None or loss < run.incumbent.loss:
                run.offer(form.parameters(values), loss)

        bound: Number = 0
        if goal.kind == DECIDE and goal.gamma is not None:
            bound = goal.gamma
        elif run.proof is not None and run.proof.bound is not None:
            bound = max(bound, run.proof.bound)
        wish = Wish(better, bound, lambda: goal.reached(run), None, run.time_limit is not None)
        found = search(form, start, run, wish, run.seed)
        return {"restarts": found.rounds, "moves": found.moves, "way": found.way}


METHOD = Search()
