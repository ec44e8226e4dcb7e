"""Method `restricted`: networks in which every parameter has one option, however long their numbers become.

There is one choice of parameters, so its loss is the least one. Short numbers are evaluated; of others, signs are
proved (`dnnt.signs`), which suffices for losses that ask no more. Lemma 3.5 makes every straight-line program such an
instance, so no method can be quick on all of them: what is not decided is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import Restricted as OneOption
from dnnt.errors import TooLarge
from dnnt.evaluation import evaluate, outputs
from dnnt.exact import several
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method
from dnnt.network import MAX_EDGES, Layered
from dnnt.parameters import first_choice
from dnnt.running import Run
from dnnt.spaces import Values

MAX_BITS = 10**6
"""Longer numbers are not written out."""

TRIED_BITS = 20_000
"""Numbers of so many bits are short enough to look at them before anything is chosen."""

LOOKED_AT = 3
"""Samples at which one looks."""

SHORT = "one choice, and its numbers are short"
"""The basis of the cost where evaluation does it."""


class Restricted(Method):
    """Evaluation where numbers are short, else proofs of signs."""

    name = "restricted"
    summary = "one option for every parameter: evaluates the only choice, by proved signs where numbers are too long"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes instances in which every parameter has one option; networks with long numbers are written out."""
        if not is_restricted(instance):
            return "some parameter has more than one option"
        edges = instance.network.edge_count
        inputs = len({sample.x for sample in instance.samples})
        if is_short(instance):
            # Layers are evaluated as they are written, not unit by unit.
            work = instance.network.inputs if isinstance(instance.network, Layered) else edges
            return Cost(1e-6 * inputs * (work + 1), 1.0, SHORT)
        if edges > MAX_EDGES:
            return f"more than {MAX_EDGES:,} edges"
        seconds = 1e-3 * inputs * (edges + 1)
        basis = f"one choice, {several(edges, 'edge')}, {several(inputs, 'distinct input')}, very long numbers"
        return Cost(seconds, 16.0 + edges * 0.02, basis)

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line: there is one choice."""
        return Plan("evaluation", "the only choice of parameters is evaluated, or the signs of its outputs are proved")

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Find the loss of the only choice, or bounds on it that answer the goal."""
        only = first_choice(instance.network)
        try:
            loss = evaluate(instance, only, MAX_BITS, run.poll).total
        except TooLarge:
            pass
        else:
            run.offer(only, loss)
            run.prove(loss, False, OneOption())
            return {"numbers": "short"}
        from dnnt.signs.from_network import total_bounds  # Only those with long numbers pay for it.

        bounds = total_bounds(instance, only, run.poll, goal.threshold)
        if bounds.exact is not None:
            run.offer(only, bounds.exact, bounds.signs)
            run.prove(bounds.exact, False, OneOption(bounds.signs))
        elif goal.threshold is not None and bounds.at_most(goal.threshold) is False:
            run.prove(goal.threshold, True, OneOption(bounds.signs))
        elif bounds.least() > 0:
            run.prove(bounds.least(), False, OneOption(bounds.signs))
        return {"numbers": "long", "bits": bounds.signs.bits, "expanded": len(bounds.signs.expand)}


def is_restricted(instance: Instance) -> bool:
    """Whether every parameter has exactly one option."""
    return all(isinstance(of, Values) and of.size == 1 for of, count in instance.network.shared_spaces() if count)


def is_short(instance: Instance) -> bool:
    """Whether the only choice can be evaluated with short numbers, by the looks of the first samples."""
    only = first_choice(instance.network)
    try:
        for sample in instance.samples[:LOOKED_AT]:
            outputs(instance.network, only, sample, TRIED_BITS)
    except TooLarge:
        return False
    return True


METHOD = Restricted()
