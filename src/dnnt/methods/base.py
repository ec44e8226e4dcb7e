"""The interface of a method: what it takes, what it predicts, and how it solves.

A method reports through the `Run`: incumbents by `offer`, lower bounds with their grounds by `prove`. It returns when
the goal is reached (see `Goal.reached`) or its search is exhausted; limits unwind it by `Stop`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.running import Incumbent, Run
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form

DECIDE = "decide"
MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class Goal:
    """`decide` (is total loss <= gamma possible) or `minimize`; gamma is None only for `minimize`."""

    kind: str
    gamma: Number | None

    @property
    def threshold(self) -> Number | None:
        """The loss at which any parameters will do: gamma for `decide`, None for `minimize`."""
        return self.gamma if self.kind == DECIDE else None

    def satisfied(self, loss: Number) -> bool:
        """Whether parameters of this loss reach the goal without any lower bound but 0."""
        return loss <= self.gamma if self.kind == DECIDE and self.gamma is not None else loss == 0

    def reached(self, run: Run) -> bool:
        """Whether the run's incumbent and bound answer the goal."""
        incumbent, proof = run.incumbent, run.proof
        if proof is not None and proof.bound is None:
            return True
        if incumbent is not None and self.satisfied(incumbent.loss):
            return True
        return proof is not None and proof.bound is not None and self.closed(incumbent, proof.bound, proof.strict)

    def closed(self, incumbent: Incumbent | None, bound: Number, strict: bool) -> bool:
        """Whether such a lower bound answers the goal, together with an incumbent."""
        if self.kind == DECIDE and self.gamma is not None:
            return bound > self.gamma or (strict and bound == self.gamma)
        return incumbent is not None and incumbent.loss <= bound


@dataclass(frozen=True, slots=True)
class Cost:
    """A prediction: seconds and MiB (floats; infinite where past all measure), and what it was computed from.

    `most` has the same two where the method falls back on something slower, if what is usual does not end its search
    (infinite: nothing can be said of the end). `note` says of the seconds what they are where they are no prediction of
    the whole: a guess, or the time of one step.
    `unwieldy`: a bound may take a certificate that is too long to check.
    """

    seconds: float
    mebibytes: float
    basis: str
    most: tuple[float, float] | None = None
    unwieldy: bool = False
    note: str = ""


CONTINUOUS = "a parameter may be any real number"
"""Why no method takes an instance with real parameters."""


def form_or_refusal(instance: Instance) -> Form | str:
    """The normal form that a method works on, or why there is none."""
    if instance.is_continuous:
        return CONTINUOUS
    try:
        return form_of(instance)
    except (MethodUnsuitable, TooLarge) as error:
        return str(error)


def one_step(kind: str, label: str, cost: Cost | str, remark: str = "") -> Plan:
    """The plan of a method that has a single step, from what it says of an instance that it takes."""
    assert isinstance(cost, Cost), "a plan is asked only of instances that the method takes"
    return Plan(kind, label, f"{cost.basis}; {remark}" if remark else cost.basis, seconds=cost.seconds)


class Method(ABC):
    """One way of solving. Final classes implement `assess`, `plan` and `solve`."""

    name: str
    summary: str
    proves: bool = True
    """Whether it ends every search with a proof that is checked (else with claims, or with nothing)."""

    @abstractmethod
    def assess(self, instance: Instance) -> Cost | str:
        """The predicted cost on an instance, or why the method does not take it. No space may be empty."""

    @abstractmethod
    def plan(self, instance: Instance, run: Run) -> Plan:
        """What it is going to do with an instance that it takes, before it does it. May raise `Stop`."""

    @abstractmethod
    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Work until the goal is reached or all is tried; returns free-form figures. May raise `Stop`."""
