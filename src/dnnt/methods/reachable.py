"""Method `reachable`: Theorem 1.6, repaired and generalised, as sets of reachable states (docs/methods.md).

Takes networks whose free vertices form at most two layers: negative and rational values, weights and biases in
the second layer, skip and parallel edges, several outputs, activations at outputs, any loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.analysis.reachable_cost import predicted
from dnnt.certificate import ReachableStates
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method
from dnnt.reachable.assemble import Solution, parameters_of
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.program import Program, joined
from dnnt.reachable.recover import recover_fold
from dnnt.reachable.search import Found, Halves, halves_of, search, terms_of
from dnnt.running import Run, Stop


class Reachable(Method):
    """The dynamic program over reachable states of a two-layer network."""

    name = "reachable"
    summary = "dynamic program over the reachable states of a two-layer network (Theorem 1.6, repaired)"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes networks of at most two layers of free units. The cost is predicted from upper bounds on the sizes of
        all sets: products of choices, and grid points of boxes.
        """
        if instance.is_continuous:
            return "a parameter may be any real number"
        try:
            program = program_of(instance)
        except (MethodUnsuitable, TooLarge) as error:
            return str(error)
        seconds, mebibytes, basis = predicted(program)
        return Cost(seconds, mebibytes, basis)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Form both halves, then find the cheapest state, recover its parameters, and name the grounds of the bound."""
        program = program_of(instance)
        halves = halves_of(program, run)
        terms = terms_of(instance, program, halves.packing)
        losses: list[tuple[Number, int]] = []

        def improved(found: Found) -> None:
            if run.incumbent is None or found.loss < run.incumbent.loss:
                run.offer(_parameters(instance, program, halves, found, run), found.loss)

        def excluded(loss: Number, count: int) -> None:
            losses[:] = [(loss, count)]

        try:
            ended = search(halves, terms, goal.threshold, run, improved, excluded)
        except Stop:
            if losses:
                run.prove(losses[0][0], False, _grounds(program, halves, "targets", losses[0][1]))
            raise
        if ended.found is not None:
            improved(ended.found)
            run.prove(ended.found.loss, False, _grounds(program, halves, ended.last, ended.count))
        elif goal.threshold is not None:
            run.prove(goal.threshold, True, _grounds(program, halves, ended.last, ended.count))
        return {
            "left": halves.left_fold.result.size,
            "right": halves.right_fold.result.size,
            "last": ended.last,
            ended.last: ended.count,
        }


def _parameters(instance: Instance, program: Program, halves: Halves, found: Found, run: Run) -> Any:
    """The parameters behind a state: both halves are walked back."""
    left = recover_fold(halves.parts, halves.left_fold, found.left, run)
    right = recover_fold((*halves.parts, halves.rest), halves.right_fold, found.right, run)
    units = tuple(a + b for a, b in zip(left.parts, right.parts[:-1], strict=True))
    ((rest, _),) = right.parts[-1]
    return parameters_of(instance.network, program, Solution(units, rest))


def _grounds(program: Program, halves: Halves, last: str, count: int) -> ReachableStates:
    """The grounds of a bound: how the checker is to rebuild the halves, and how large its sets will be."""
    left: list[tuple[int, int]] = []
    for unit, take in zip(program.units, halves.left, strict=True):
        for first, members in unit.members:
            used = min(take, members)
            take -= used
            if used:
                left.append((first, used))
    pre = max((part.parts[0].parts[0].keys.size for part in halves.parts), default=1)
    sizes = {
        "pre": pre,
        "unit": max((part.keys.size for part in halves.parts), default=1),
        "left": halves.left_fold.result.size,
        "right": halves.right_fold.result.size,
        "last": count,
    }
    return ReachableStates(joined(left), last, tuple(sizes.items()))


METHOD = Reachable()
