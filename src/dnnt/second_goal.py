"""The second goal: of all parameters that reach the first one, those of least cost, and what is confirmed of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dnnt.annotations.cheapest import cheapest_parameters, cost_of
from dnnt.answer import CHECKED, Second
from dnnt.certificate import Upper
from dnnt.confirming import Checked, confirm_parameters
from dnnt.errors import InternalError, TooLarge
from dnnt.evaluation import evaluate
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, Goal
from dnnt.running import Incumbent, Run, Stop, ticking


@dataclass(frozen=True, slots=True)
class Then:
    """How the second goal ended, what is confirmed after it, and what is to be said of a limit."""

    second: Second
    checked: Checked
    detail: str = ""


def cheapest_among(
    instance: Instance, goal: Goal, kind: str, run: Run, checked: Checked, given: Instance | None
) -> Then:
    """Replace the parameters by those of least cost among all that reach the goal, once these are checked as well
    (in the instance as it was `given`; None: they are not to be checked); where a limit comes, keep the first ones and
    what was confirmed of them.
    """
    incumbent = run.incumbent
    reached = goal.reached(run)
    if not reached:
        return Then(Second(kind, None if incumbent is None else cost_of(incumbent.parameters, kind), False), checked)
    if incumbent is None or (goal.kind == DECIDE and not goal.satisfied(incumbent.loss)):
        return Then(Second(kind, None, True), checked)
    known = cost_of(incumbent.parameters, kind)
    if incumbent.signs is not None:  # Signs: there is one choice of parameters only.
        return Then(Second(kind, known, True), checked)
    unfinished = Second(kind, known, False)
    if checked.stop not in ("proved", "claimed"):
        return Then(unfinished, checked)
    threshold = goal.threshold if goal.threshold is not None else incumbent.loss
    run.progress(f"the {kind} parameters", 0.9)
    try:
        with ticking(run.check):
            found = cheapest_parameters(instance, kind, threshold, run)
    except Stop as stop:
        return Then(unfinished, replace(checked, stop=stop.kind), _of_second(kind, stop.detail))
    except TooLarge as error:
        return Then(unfinished, replace(checked, stop="memory"), _of_second(kind, str(error)))
    except MemoryError:
        return Then(unfinished, replace(checked, stop="memory"), _of_second(kind, "memory ran out"))
    if found is None:
        raise InternalError("no parameters reach the loss of known parameters; please report the instance file")
    value, chosen = found
    if value == known:
        return Then(Second(kind, known, True), checked)
    again = evaluate(instance, chosen)
    if again.total > threshold or not again.inside or cost_of(chosen, kind) != value:
        raise InternalError("parameters of least cost have another cost or loss; please report the instance file")
    if given is not None and checked.assurance == CHECKED:
        ended = confirm_parameters(given, Upper(chosen, again.total), run)
        if ended is not None:
            return Then(unfinished, replace(checked, stop=ended), _of_second(kind, "found, but not checked in time"))
    run.incumbent = Incumbent(chosen, again.total)
    return Then(Second(kind, value, True), checked)


def _of_second(kind: str, detail: str) -> str:
    return f"; {kind}: {detail}" if detail else ""
