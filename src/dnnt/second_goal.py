"""The second goal: of all parameters that reach the first one, those of least cost, and what is confirmed of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dnnt.answer import CHECKED, Second
from dnnt.certificate import Upper
from dnnt.cheapest import cheapest
from dnnt.confirming import Checked, confirm_parameters
from dnnt.errors import InternalError, MethodUnsuitable, TooLarge
from dnnt.evaluation import evaluate
from dnnt.exact import Number, brief, normal
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, MINIMIZE, Goal
from dnnt.parameters import Parameters, first_choice
from dnnt.running import Incumbent, Observer, Run, Stop, ticking
from dnnt.simplify.prices import cost_of


@dataclass(frozen=True, slots=True)
class Then:
    """How the second goal ended, what is confirmed after it, and what is to be said of a limit."""

    second: Second
    checked: Checked
    detail: str = ""


def cheapest_among(
    instance: Instance, goal: Goal, kind: str, run: Run, checked: Checked, given: Instance | None, reached: bool
) -> Then:
    """Replace the parameters by those of least cost among all that reach the goal, once these are checked as well
    (in the instance as it was `given`; None: they are not to be checked); where a limit comes, keep the first ones and
    what was confirmed of them. `reached` says whether the goal is, by what is proved or by what a library claims.
    """
    incumbent = run.incumbent
    if not reached:
        # Of a decision, parameters above gamma are none among which to choose.
        none = incumbent is None or (goal.kind == DECIDE and not goal.satisfied(incumbent.loss))
        known = None if none or incumbent is None else cost_of(incumbent.parameters, kind)
        return Then(Second(kind, known, False), checked)
    if incumbent is None or (goal.kind == DECIDE and not goal.satisfied(incumbent.loss)):
        return Then(Second(kind, None, True), checked)
    known = cost_of(incumbent.parameters, kind)
    if incumbent.signs is not None:  # Signs: there is one choice of parameters only.
        return Then(Second(kind, known, True, bound=known), checked)
    if goal.reached(run) and checked.stop not in ("proved", "claimed"):
        return Then(Second(kind, known, False), checked)
    threshold = goal.threshold if goal.threshold is not None else incumbent.loss
    search = _Search(instance, kind, threshold, run, Upper(incumbent.parameters, incumbent.loss), known)
    ended = search.ended(goal.kind == MINIMIZE or threshold == 0)
    bound = search.bound
    detail = _of_second(kind, ended.detail)
    if search.value < known:
        if given is not None and checked.assurance == CHECKED:
            limit = confirm_parameters(given, search.best, run, ended.stop)
            if limit is not None:
                detail += _of_second(kind, f"{search.value} was found, but not checked in time")
                return Then(Second(kind, known, False, bound=bound), replace(checked, stop=limit), detail)
        run.incumbent = Incumbent(search.best.parameters, search.best.loss)
    second = Second(kind, search.value, ended.stop is None, bound=bound)
    return Then(second, checked if ended.stop is None else replace(checked, stop=ended.stop), detail)


@dataclass(frozen=True, slots=True)
class Ended:
    """Which limit ended the search for the cheapest parameters (None: nothing is left to try), and what there is to say
    of it.
    """

    stop: str | None
    detail: str = ""


class _Search:
    """The search for the cheapest parameters: `best` are those so far, with their cost `value`, and `bound` is what all
    of them cost at least, as far as it is known.
    """

    def __init__(self, instance: Instance, kind: str, threshold: Number, run: Run, best: Upper, value: Number) -> None:
        self.instance = instance
        self.kind = kind
        self.threshold = threshold
        self.run = run
        self.best = best
        self.value = value
        self.bound: Number | None = None

    def ended(self, tight: bool) -> Ended:
        """Search until nothing cheaper is left or a limit comes."""
        ended = self._ended(tight)
        # A bound may have closed the gap before the limit came.
        return Ended(None) if self.bound == self.value else ended

    def _ended(self, tight: bool) -> Ended:
        run = self.run
        shown = Observer(run.observer.message, self._show)
        inner = run.part(shown)
        run.follow(inner)
        inner.incumbent = run.incumbent
        try:
            with ticking(run.check):
                self._at_least(cost_of(first_choice(self.instance.network), self.kind))
                found = cheapest(self.instance, self.kind, self.threshold, tight, inner, self._better, self._at_least)
        except Stop as stop:
            return Ended(stop.kind, stop.detail)
        except TooLarge as error:
            return Ended("memory", str(error))
        except MemoryError:
            return Ended("memory", "memory ran out")
        except MethodUnsuitable as error:
            return Ended("exhausted", str(error))
        if found is None:
            raise InternalError("no parameters reach the loss of known parameters; please report the instance file")
        self._better(*found)
        if self.value != found[0]:
            raise InternalError("cheaper parameters than the cheapest were found; please report the instance file")
        self._at_least(self.value)
        return Ended(None)

    def _better(self, value: Number, chosen: Parameters) -> None:
        """Keep cheaper parameters, once they are evaluated."""
        if value >= self.value:
            return
        again = evaluate(self.instance, chosen)
        if again.total > self.threshold or not again.inside or cost_of(chosen, self.kind) != value:
            raise InternalError("parameters of least cost have another cost or loss; please report the instance file")
        self.best, self.value = Upper(chosen, again.total), value
        self._told()

    def _at_least(self, bound: Number) -> None:
        """Keep a higher bound."""
        if self.bound is None or bound > self.bound:
            self.bound = bound
            self._told()

    def _told(self) -> None:
        if self.bound is not None and self.bound > self.value:
            raise InternalError("parameters cost less than a bound says; please report the instance file")
        self.run.progress(self._said, 0.0)

    @property
    def _said(self) -> str:
        """The cost, the bound and the gap, for the progress line."""
        said = f"{self.kind}: {brief(self.value)}"
        if self.bound is None or self.bound == self.value:
            return said
        return f"{said}, at least {brief(self.bound)}, gap {brief(normal(self.value - self.bound))}"

    def _show(self, inner: Run) -> None:
        """What the search does, after how far it is."""
        self.run.progress(f"{self._said} · {inner.doing}" if inner.doing else self._said, inner.work)


def _of_second(kind: str, detail: str) -> str:
    return f"; {kind}: {detail}" if detail else ""
