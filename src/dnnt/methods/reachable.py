"""Method `reachable`: Theorem 1.6, repaired and generalised, as sets of reachable states (docs/methods.md).

Takes networks whose free vertices form at most two layers: negative and rational values, weights and biases in
the second layer, skip and parallel edges, several outputs, activations at outputs, any loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.analysis.reachable_cost import bounds_of, is_convex, predicted
from dnnt.certificate import ReachableStates
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.methods.base import CONTINUOUS, Cost, Goal, Method
from dnnt.reachable.assemble import parameters_of
from dnnt.reachable.found import Found, Grounds
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.halves import Parts, parts_of
from dnnt.reachable.program import Program, joined
from dnnt.reachable.search import search
from dnnt.reachable.terms import terms_of
from dnnt.reachable.thin import ThinSearch, by_thin_units
from dnnt.running import Run, Stop

OFFERING = 0.1
"""The part of the time that may be spent on parameters that are not the last ones."""

OVERESTIMATE = 10_000.0
"""By how much a prediction may exceed what sets take."""

WIDEST = 900.0
"""Larger sizes (a logarithm) are all alike."""


class Reachable(Method):
    """The dynamic program over reachable states of a two-layer network."""

    name = "reachable"
    summary = "dynamic program over the reachable states of a two-layer network (Theorem 1.6, repaired)"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes networks of at most two layers of free units. The cost is predicted from upper bounds on the sizes of
        all sets (products of choices, and grid points of boxes): for convex losses what the hull mostly takes, and at
        most what two halves take.
        """
        if instance.is_continuous:
            return CONTINUOUS
        try:
            program = program_of(instance)
        except (MethodUnsuitable, TooLarge) as error:
            return str(error)
        found = predicted(program, is_convex(instance, program))
        return Cost(found.seconds, found.mebibytes, found.basis, found.most)

    def plan(self, instance: Instance, run: Run) -> Plan:
        """The states as a tree of sums, and the ladder of the last step."""
        from dnnt.analysis.plan.of_program import plan_of_program  # Only those who look at plans pay for it.

        return plan_of_program(instance, program_of(instance), run.room)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Form the sets of the units, find the cheapest state, recover its parameters, and name the grounds of the
        bound.
        """
        program = program_of(instance)
        search_from_afar = by_thin_units(instance, program, goal.threshold, run)
        if search_from_afar is not None:
            stats = _from_afar(instance, program, search_from_afar, goal, run)
            if stats is not None:
                return stats
            _need_sets(instance, program, run)
        parts = parts_of(program, run)
        terms = terms_of(instance, program, parts.packing)
        best: list[Found] = []
        excluded: list[tuple[Number, Grounds]] = []

        def improved(found: Found) -> None:
            if not best or found.loss < best[0].loss:
                best[:] = [found]

        def prove(loss: Number, grounds: Grounds) -> None:
            excluded[:] = [(loss, grounds)]

        try:
            ended = search(parts, terms, goal.threshold, run, improved, prove)
        except Stop as stop:
            if excluded:
                run.prove(excluded[0][0], False, _grounds(program, parts, excluded[0][1]))
            if best:
                _offer(instance, program, best[0], run)
            if excluded or best:
                raise Stop(stop.kind, stop.detail) from None  # It was not refused: something has been found.
            raise
        if ended.found is not None:
            _offer(instance, program, ended.found, run)
            if goal.threshold is None or ended.found.loss > goal.threshold:  # Any state at or below it ends the search.
                run.prove(ended.found.loss, False, _grounds(program, parts, ended.grounds))
        elif goal.threshold is not None:
            run.prove(goal.threshold, True, _grounds(program, parts, ended.grounds))
        if best:
            _offer(instance, program, best[0], run)
        grounds = ended.grounds
        return {
            "left": grounds.left_size,
            "right": grounds.right_size,
            "last": grounds.last,
            grounds.last: grounds.count,
        }


def _need_sets(instance: Instance, program: Program, run: Run) -> None:
    """Raise `Stop` where the sets of units that are large, and of their sums, are predicted not to fit: what is found
    and proved from afar stands.
    """
    most = predicted(program, is_convex(instance, program))
    seconds = most.seconds if most.most is None else most.most[0]
    # The prediction bounds all sizes from above: it may be far too large, but not that far.
    if run.time_limit is not None and seconds > OVERESTIMATE * (run.time_limit - run.seconds):
        raise Stop("time", f"all reachable states would take up to {seconds:.1g} seconds")
    halves = bounds_of(program).halves
    try:
        run.need(int(2.0 ** min(max(halves.left.size, halves.right.size) - 3, WIDEST)), "the sets of reachable states")
    except Stop as stop:
        raise Stop(stop.kind, stop.detail) from None  # It was not refused: much has been found.


def _from_afar(
    instance: Instance, program: Program, search: ThinSearch, goal: Goal, run: Run
) -> Mapping[str, Any] | None:
    """Targets of units that are too large to form; None where that does not lead to the end."""
    best: list[Found] = []
    excluded: list[tuple[Number, ReachableStates]] = []

    spent = 0.0

    def improved(found: Found) -> None:
        nonlocal spent
        best[:] = [found]
        # The way back may take a while; a limit may come before the end.
        if spent <= OFFERING * run.seconds:
            started = run.seconds
            _offer(instance, program, found, run)
            spent += run.seconds - started

    def prove(loss: Number, grounds: ReachableStates) -> None:
        if not excluded or loss > excluded[0][0]:
            excluded[:] = [(loss, grounds)]

    try:
        ended = search.search(improved, prove)
    finally:
        # First what takes no time: the way back may be stopped once more.
        if excluded:
            run.prove(excluded[0][0], False, excluded[0][1])
        if best:
            _offer(instance, program, best[-1], run)
    if ended is None:
        return None
    found, grounds, stats = ended
    if found is not None:
        _offer(instance, program, found, run)
    if grounds is None:
        return stats
    if found is not None:
        if goal.threshold is None or found.loss > goal.threshold:
            run.prove(found.loss, False, grounds)
    elif goal.threshold is not None:
        run.prove(goal.threshold, True, grounds)
    return stats


def _offer(instance: Instance, program: Program, found: Found, run: Run) -> None:
    """Keep a state's parameters, if it is better than what is known."""
    if run.incumbent is None or found.loss < run.incumbent.loss:
        run.offer(parameters_of(instance.network, program, found.way(run)), found.loss)


def _grounds(program: Program, parts: Parts, grounds: Grounds) -> ReachableStates:
    """The grounds of a bound: how the checker is to rebuild the halves, and how large its sets will be."""
    left: list[tuple[int, int]] = []
    for unit, taken in zip(program.units, grounds.left, strict=True):
        take = taken
        for first, members in unit.members:
            used = min(take, members)
            take -= used
            if used:
                left.append((first, used))
    sizes = {
        "pre": max((part.parts[0].parts[0].keys.size for part in parts.units), default=1),
        "unit": max((part.keys.size for part in parts.units), default=1),
        "left": grounds.left_size,
        # The checker adds up the spaces behind the rest before it leaves anything out.
        "right": max(grounds.right_size, parts.rest.keys.size),
        "last": grounds.count,
    }
    return ReachableStates(
        joined(left),
        grounds.last,
        tuple(sizes.items()),
        grounds.cuts,
        grounds.residues,
        grounds.window,
        grounds.slack,
        boxes=grounds.boxes,
    )


METHOD = Reachable()
