"""The path of a solve: instance -> method -> proof -> certificate -> check -> answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnnt._version import __version__
from dnnt.answer import CHECKED, CLAIMED, Answer, Second
from dnnt.attempt import Finished, attempt
from dnnt.certificate import Certificate, Lower, Nonnegative, Upper
from dnnt.collecting import undisturbed
from dnnt.confirming import LONGEST, Checked, confirm, predicted_seconds
from dnnt.errors import InternalError, InvalidInput, InvalidParameters, MethodUnsuitable, TooLarge, at
from dnnt.evaluation import evaluate
from dnnt.exact import number, to_json
from dnnt.fixing import Entry, Fixed, fix
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, MINIMIZE, Goal
from dnnt.parameters import Parameters, check_shape, first_choice, inside
from dnnt.running import Incumbent, Proof, Run
from dnnt.simplify.prices import KINDS

if TYPE_CHECKING:
    from dnnt.checkpoint import Wanted


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be solved: the instance as given, the values that are fixed in it, and the instance that leaves."""

    given: Instance
    fixed: Fixed | None
    instance: Instance


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    goal: Goal
    method: str
    then: str | None
    check: bool
    file: str | None


def solve(
    instance: Instance,
    goal: str | None = None,
    method: str = "auto",
    run: Run | None = None,
    check: bool = True,
    file: str | None = None,
    then: str | None = None,
    fixed: Sequence[Entry] | None = None,
    hint: Parameters | None = None,
    checkpoint: str | Path | None = None,
) -> Answer:
    """Solve an instance under the limits of a `Run`; `goal` is `decide`, `minimize` or None (decide where there is
    a gamma). `then` is `sparsest` or `smallest`: of all parameters that reach the goal, those with the fewest nonzero
    weights, or the least sum of absolute weights. Of parameters in `fixed` only those values are looked at; `hint` are
    parameters to begin with. `checkpoint` is a directory in which what is found is kept, to go on from later.

    Raises `MethodUnsuitable` for a method (or goal) that does not take the instance, `InvalidParameters` for values
    that do not fit it, `InternalError` where the checker rejects what was proved.
    """
    run = run or Run()
    wanted = _goal(instance, goal)
    if then is not None and then not in KINDS:
        raise MethodUnsuitable(f'there is no second goal "{then}"; take {" or ".join(KINDS)}')
    with undisturbed():
        task = _task(instance, fixed)
        start = None if hint is None else _start(task, hint)
        request = Request(wanted, method, then, check, file)
        if checkpoint is None:
            return _solved(task, request, run, start)
        from dnnt.checkpoint import Checkpoint  # Only those who ask for it pay for it.

        with Checkpoint(checkpoint, _kept_as(task, request, run, hint)) as kept:
            kept.restore(instance, task.instance, run)
            kept.keep(run, () if task.fixed is None else task.fixed.values)
            answer = _solved(task, request, run, start, kept.found, kept.finished)
            kept.save(run, at_once=True)
            if answer.exit_code == 0 or answer.stop == "exhausted":
                kept.finish(answer)
        return replace(answer, reason=f"{answer.reason}; {kept.trouble}") if kept.trouble else answer


def _solved(
    task: Task,
    request: Request,
    run: Run,
    start: Parameters | None,
    known: bool = False,
    done: Mapping[str, Any] | None = None,
) -> Answer:
    """Solve, certify, check; `known` says that the run holds what an earlier one has found, `done` what there is to say
    of one that was finished.
    """
    goal, check = request.goal, request.check
    if done is None:
        finished = attempt(task.instance, goal, request.method, run, check, start, known, task.given)
    else:
        finished = Finished(done["method"], done["reason"], done["stop"], done["stats"])
    _close(goal, run)
    certificate = _certificate(task, goal, run)
    predicted = predicted_seconds(task.instance, certificate) if check else None
    checked = confirm(
        task.given, certificate, goal, run, finished.stop, check, predicted, by_name=request.method != "auto"
    )
    if certificate is None or certificate.upper is None or checked.assurance != CHECKED:
        _confirm(task.instance, run)
    if checked.detail and done is None:
        finished = replace(finished, reason=finished.reason + checked.detail)
    if predicted is not None:
        finished = _with_prediction(finished, predicted, checked, goal.reached(run))
    if request.then is None:
        return _answer(task, goal, run, finished, certificate, checked, request.file)
    if done is not None:
        second = _second(done)
        return _answer(task, goal, run, finished, certificate, checked, request.file, second)
    from dnnt.second_goal import cheapest_among  # Only those who ask for it pay for it.

    # Only now, so that no limit in the second search takes away what the check of the first has confirmed.
    ended = cheapest_among(
        task.instance, goal, request.then, run, checked, task.given if check else None, _seen(goal, run).reached
    )
    certificate = _certificate(task, goal, run)
    bound = ended.second.bound
    stats = {**finished.stats, "then_bound": None if bound is None else to_json(bound)}
    finished = replace(finished, reason=finished.reason + ended.detail, stats=stats)
    return _answer(task, goal, run, finished, certificate, ended.checked, request.file, ended.second)


def _second(done: Mapping[str, Any]) -> Second:
    """How the second goal of a finished run ended."""
    then, bound = done["then"], done["stats"].get("then_bound")
    return Second(
        then["kind"],
        number(then["value"]),
        then["proved"],
        then["assurance"],
        None if bound is None else number(bound),
    )


def _kept_as(task: Task, request: Request, run: Run, hint: Parameters | None) -> Wanted:
    """What a checkpoint of this run goes with."""
    from dnnt.checkpoint import Wanted, digest

    fixed = None if task.fixed is None else [[edge, slot, to_json(value)] for edge, slot, value in task.fixed.values]
    return Wanted(
        instance_file.sha256(task.given),
        request.goal.kind,
        request.method,
        request.then,
        run.seed,
        digest(fixed),
        None if hint is None else digest(hint.to_json()),
    )


def _task(instance: Instance, fixed: Sequence[Entry] | None) -> Task:
    if fixed is None:
        return Task(instance, None, instance)
    with at("fix"):
        left, values = fix(instance, fixed)
    return Task(instance, values, left)


def _start(task: Task, hint: Parameters) -> Parameters:
    """The parameters to begin with, with the fixed values in their places. Raises `InvalidParameters`."""
    with at("hint"):
        check_shape(task.given.network, hint)
    start = hint if task.fixed is None else task.fixed.within(hint)
    if not inside(task.instance.network, start):
        raise InvalidParameters("a value lies outside its space", "give values that the spaces allow", "hint.edges")
    return start


def _goal(instance: Instance, goal: str | None) -> Goal:
    if goal is None:
        goal = MINIMIZE if instance.gamma is None else DECIDE
    if goal not in (DECIDE, MINIMIZE):
        raise MethodUnsuitable(f'there is no goal "{goal}"; goals are {DECIDE} and {MINIMIZE}')
    if goal == DECIDE and instance.gamma is None:
        raise MethodUnsuitable("the goal decide needs a gamma, and the instance has none; add one, or minimize")
    return Goal(goal, instance.gamma)


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


def _certificate(task: Task, goal: Goal, run: Run) -> Certificate | None:
    """What the answer claims: of a decision only the side that decides it. None for what no file can hold."""
    try:
        sha256 = instance_file.sha256(task.given)
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
    return Certificate(sha256, upper, lower, () if task.fixed is None else task.fixed.values)


def _with_prediction(finished: Finished, predicted: float, checked: Checked, reached: bool) -> Finished:
    """What the check was predicted to take, among the figures; and in the reason, where it did not fit into a limit."""
    reason = finished.reason
    if reached and checked.assurance != CHECKED and checked.stop == "time":
        reason += f"; its check, of about {predicted:.2g} s at most, did not fit into the time that was left"
    figure = round(predicted, 3) if predicted < LONGEST else None
    return replace(finished, reason=reason, stats={**finished.stats, "check_seconds": figure})


def _answer(
    task: Task,
    goal: Goal,
    run: Run,
    finished: Finished,
    certificate: Certificate | None,
    checked: Checked,
    file: str | None,
    then: Second | None = None,
) -> Answer:
    instance, incumbent, proof = task.instance, run.incumbent, run.proof
    reached = goal.reached(run)
    seen = _seen(goal, run)
    if seen.claimed:
        proof, reached = seen.proof, seen.reached
        checked = Checked(
            CLAIMED if reached else checked.assurance,
            None if reached else CLAIMED,
            # What was found out in an earlier run keeps the word that it ended with.
            "claimed" if reached and finished.stop != "exhausted" else checked.stop,
        )
    bound = None if proof is None else proof.bound
    if reached and goal.kind == DECIDE and incumbent is not None and goal.satisfied(incumbent.loss):
        bound = None
    return Answer(
        file=file,
        name=instance.name,
        sha256=certificate.sha256 if certificate is not None else "",
        goal=goal.kind,
        answer=_yes_or_no(instance, incumbent, proof),
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
        fixed=None if task.fixed is None else len(task.fixed.values),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """The best lower bound, proved or claimed by a library, and whether it answers the goal."""

    proof: Proof | None
    reached: bool
    claimed: bool


def _seen(goal: Goal, run: Run) -> Seen:
    """What is proved, or claimed where that is more."""
    proof, said = run.proof, run.claimed
    if goal.reached(run) or said is None or (proof is not None and proof.bound is None):
        return Seen(proof, goal.reached(run), False)
    if proof is not None and proof.bound is not None and (said.bound, said.strict) <= (proof.bound, proof.strict):
        return Seen(proof, False, False)
    # For the words of the answer; no certificate has it.
    return Seen(
        Proof(said.bound, said.strict, Nonnegative()), goal.closed(run.incumbent, said.bound, said.strict), True
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


def _yes_or_no(instance: Instance, incumbent: Incumbent | None, proof: Proof | None) -> str | None:
    """Whether total loss <= gamma is possible, as far as the run shows it (for `minimize` too)."""
    if instance.gamma is None:
        return None
    decision = Goal(DECIDE, instance.gamma)
    if incumbent is not None and decision.satisfied(incumbent.loss):
        return "yes"
    if proof is None:
        return "unknown"
    return "no" if proof.bound is None or decision.closed(incumbent, proof.bound, proof.strict) else "unknown"


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
