"""The path of a solve: instance -> method -> proof -> certificate -> check -> answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from dnnt._version import __version__
from dnnt.annotations.semirings import KINDS
from dnnt.answer import CHECKED, Answer, Second
from dnnt.certificate import Certificate, Empty, Lower, Nonnegative, Upper
from dnnt.checking import load
from dnnt.choice import choose, instead
from dnnt.collecting import undisturbed
from dnnt.confirming import LONGEST, Checked, confirm, predicted_seconds
from dnnt.errors import InternalError, InvalidInput, MethodUnsuitable, TooLarge
from dnnt.evaluation import evaluate, loss_of
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, MINIMIZE, Goal
from dnnt.parameters import Parameters, first_choice
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.probe import probe
from dnnt.running import Incumbent, Proof, Run, Stop, ticking

MOST_PROBED = 16
"""Samples up to which outputs are likely to be met by chance."""

SETTLED = "the first parameters tried (all closest to 0) and the fact that no loss is negative settle it"

PROBED = "parameters drawn at random and completed exactly, and the fact that no loss is negative, settle it"


@dataclass(frozen=True, slots=True)
class Finished:
    """How a method ended: which one and why, how it stopped, its figures, and whether it was refused for its memory."""

    method: str
    reason: str
    stop: str
    stats: Mapping[str, Any]
    refused: bool = False


def solve(
    instance: Instance,
    goal: str | None = None,
    method: str = "auto",
    run: Run | None = None,
    check: bool = True,
    file: str | None = None,
    then: str | None = None,
) -> Answer:
    """Solve an instance under the limits of a `Run`; `goal` is `decide`, `minimize` or None (decide where there is
    a gamma). `then` is `sparsest` or `smallest`: of all parameters that reach the goal, those with the fewest nonzero
    weights, or the least sum of absolute weights.

    Raises `MethodUnsuitable` for a method (or goal) that does not take the instance, `InternalError` where the checker
    rejects what was proved.
    """
    run = run or Run()
    wanted = _goal(instance, goal)
    if then is not None and then not in KINDS:
        raise MethodUnsuitable(f'there is no second goal "{then}"; take {" or ".join(KINDS)}')
    with undisturbed():
        finished = _proved(instance, wanted, method, run, check)
        _close(wanted, run)
        certificate = _certificate(instance, wanted, run)
        predicted = predicted_seconds(instance, certificate) if check else None
        checked = confirm(instance, certificate, wanted, run, finished.stop, check, predicted)
        if certificate is None or certificate.upper is None or checked.assurance != CHECKED:
            _confirm(instance, run)
        if predicted is not None:
            finished = _with_prediction(finished, predicted, checked, wanted.reached(run))
        if then is None:
            return _answer(instance, wanted, run, finished, certificate, checked, file)
        from dnnt.second_goal import cheapest_among  # Only those who ask for it pay for it.

        # Only now, so that no limit in the second search takes away what the check of the first has confirmed.
        ended = cheapest_among(instance, wanted, then, run, checked, check)
        certificate = _certificate(instance, wanted, run)
        finished = replace(finished, reason=finished.reason + ended.detail)
        return _answer(instance, wanted, run, finished, certificate, ended.checked, file, ended.second)


def _goal(instance: Instance, goal: str | None) -> Goal:
    if goal is None:
        goal = MINIMIZE if instance.gamma is None else DECIDE
    if goal not in (DECIDE, MINIMIZE):
        raise MethodUnsuitable(f'there is no goal "{goal}"; goals are {DECIDE} and {MINIMIZE}')
    if goal == DECIDE and instance.gamma is None:
        raise MethodUnsuitable("the goal decide needs a gamma, and the instance has none; add one, or minimize")
    return Goal(goal, instance.gamma)


def _proved(instance: Instance, goal: Goal, wanted: str, run: Run, check: bool) -> Finished:
    """Run a method until the goal is reached or a limit comes; what it found and proved is in the run."""
    if instance.has_empty_space:
        run.prove(None, False, Empty())
        return Finished(
            "none" if wanted == "auto" else wanted,
            "a space is empty: there are no parameters",
            "proved",
            {},
        )
    if instance.is_continuous:
        raise MethodUnsuitable("a parameter may be any real number (continuous training): no method takes it")
    name, reason = wanted, "no method had been chosen yet" if wanted == "auto" else "asked for by name"
    try:
        _first(instance, run)
        if check:
            load()
        if wanted == "auto" and goal.reached(run):
            return Finished("evaluate", SETTLED, "proved", {})
        if wanted in ("auto", "reachable"):
            with ticking(run.check):
                _probe(instance, run)
            if goal.reached(run):
                return Finished("reachable", PROBED, "proved", {"last": "probe"})
        with ticking(run.check):
            choice = choose(instance, wanted, run.room)
            name, reason = choice.method.name, choice.reason
            stats = choice.method.solve(instance, goal, run)
    except Stop as stop:
        detail = f"{reason}; {stop.detail}" if stop.detail else reason
        if stop.predicted:
            detail += _instead(instance, name, run)
        return Finished(name, detail, stop.kind, {}, stop.predicted)
    except TooLarge as error:
        return Finished(name, f"{reason}; {error}", "memory", {})
    except MemoryError:
        return Finished(name, f"{reason}; memory ran out", "memory", {})
    return Finished(name, reason, "proved", stats)


def _instead(instance: Instance, name: str, run: Run) -> str:
    """What to do where a method was refused for its memory, as far as the time allows to say it."""
    try:
        with ticking(run.check):
            return f"; {instead(instance, name, run.room)}"
    except Stop:
        return ""


def _first(instance: Instance, run: Run) -> None:
    """Evaluate one choice of parameters before anything else, so that a limit always has something to report."""
    run.prove(0, False, Nonnegative())
    started = monotonic()
    chosen = first_choice(instance.network)
    try:
        loss = loss_of(instance, chosen, max_bits=10**6, poll=run.check_first)
    except TooLarge:
        # Numbers too long to look at: the method may do better, and if not, it says so.
        return
    finally:
        spent = monotonic() - started
        if run.time_limit is not None:
            run.reserve = min(0.5 * run.time_limit, 0.3 + 5 * spent)
    run.offer(chosen, loss)
    run.first = run.incumbent


def _probe(instance: Instance, run: Run) -> None:
    """A quick look for parameters with the wanted outputs, where two layers of few samples make that likely."""
    if len(instance.samples) > MOST_PROBED:
        return
    try:
        found = probe(instance, program_of(instance), run.poll)
    except (MethodUnsuitable, TooLarge):
        return
    if found is not None:
        run.offer(found, loss_of(instance, found))
        run.first = run.incumbent


def _confirm(instance: Instance, run: Run) -> None:
    """Evaluate the best parameters of a method again, which no check has done."""
    # Where signs were proved, numbers are too long for that; the check has its own arithmetic for them.
    if run.incumbent is not None and run.incumbent is not run.first and run.incumbent.signs is None:
        found = evaluate(instance, run.incumbent.parameters)
        if found.total != run.incumbent.loss or not found.inside:
            raise InternalError("a method returned parameters whose loss is another; please report the instance file")


def _close(goal: Goal, run: Run) -> None:
    """A loss of 0 needs no other proof than that no loss is negative."""
    if run.incumbent is not None and run.incumbent.loss == 0 and goal.kind == MINIMIZE:
        run.proof = Proof(0, False, Nonnegative())


def _certificate(instance: Instance, goal: Goal, run: Run) -> Certificate | None:
    """What the answer claims: of a decision only the side that decides it. None for what no file can hold."""
    try:
        sha256 = instance_file.sha256(instance)
    except InvalidInput:
        return None
    incumbent, proof = run.incumbent, run.proof
    upper = None if incumbent is None else Upper(incumbent.parameters, incumbent.loss, incumbent.signs)
    lower = None if proof is None else Lower(proof.bound, proof.strict, proof.grounds)
    if goal.kind == DECIDE and goal.reached(run):
        if incumbent is not None and goal.satisfied(incumbent.loss):
            lower = None
        else:
            upper = None
    if lower is not None and lower.bound is None:
        upper = None
    return Certificate(sha256, upper, lower)


def _with_prediction(finished: Finished, predicted: float, checked: Checked, reached: bool) -> Finished:
    """What the check was predicted to take, among the figures; and in the reason, where it did not fit into a limit."""
    reason = finished.reason
    if reached and checked.assurance != CHECKED and checked.stop == "time":
        reason += f"; its check, of about {predicted:.2g} s at most, did not fit into the time that was left"
    figure = round(predicted, 3) if predicted < LONGEST else None
    return replace(finished, reason=reason, stats={**finished.stats, "check_seconds": figure})


def _answer(
    instance: Instance,
    goal: Goal,
    run: Run,
    finished: Finished,
    certificate: Certificate | None,
    checked: Checked,
    file: str | None,
    then: Second | None = None,
) -> Answer:
    incumbent, proof = run.incumbent, run.proof
    reached = goal.reached(run)
    bound = None if proof is None else proof.bound
    if reached and goal.kind == DECIDE and incumbent is not None and goal.satisfied(incumbent.loss):
        bound = None
    return Answer(
        file=file,
        name=instance.name,
        sha256=certificate.sha256 if certificate is not None else "",
        goal=goal.kind,
        answer=_yes_or_no(instance, goal, run),
        status="unknown" if finished.refused and not reached else _status(goal, incumbent, proof, reached),
        loss=None if incumbent is None else incumbent.loss,
        bound=bound,
        gamma=instance.gamma,
        parameters=_parameters(instance, incumbent),
        assurance=checked.assurance,
        bound_assurance=checked.bound_assurance,
        method=finished.method,
        reason=finished.reason,
        stop=checked.stop,
        seconds=run.seconds,
        version=__version__,
        stats=finished.stats,
        certificate=certificate,
        then=then,
    )


def _parameters(instance: Instance, incumbent: Incumbent | None) -> Parameters | None:
    """The best parameters; where a limit came before the first loss, the first choice, whose loss is not known."""
    if incumbent is not None:
        return incumbent.parameters
    if instance.has_empty_space:
        return None
    try:
        return first_choice(instance.network)
    except TooLarge:
        return None


def _yes_or_no(instance: Instance, goal: Goal, run: Run) -> str | None:
    """Whether total loss <= gamma is possible, as far as the run shows it (for `minimize` too)."""
    if instance.gamma is None:
        return None
    decision = Goal(DECIDE, instance.gamma)
    if run.incumbent is not None and decision.satisfied(run.incumbent.loss):
        return "yes"
    return "no" if decision.reached(run) else "unknown"


def _status(goal: Goal, incumbent: Incumbent | None, proof: Proof | None, reached: bool) -> str:
    if proof is not None and proof.bound is None:
        return "infeasible"
    if goal.kind == DECIDE:
        if not reached:
            return "unknown"
        return "feasible" if incumbent is not None and goal.satisfied(incumbent.loss) else "infeasible"
    if reached:
        return "optimal"
    return "unknown" if incumbent is None else "feasible"
