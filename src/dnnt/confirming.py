"""What the checker says of an answer within the run's limits: it passes the certificate, or a limit comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

from dnnt.answer import CHECKED, CLAIMED
from dnnt.certificate import Certificate, Grounds, InParts, Lower, Nonnegative, OfForm, ReachableStates, Upper
from dnnt.check_cost import check_seconds, is_small
from dnnt.checking import Verdict, verdict
from dnnt.errors import InternalError, MethodUnsuitable, TooLarge
from dnnt.formats import certificate_file, instance_file
from dnnt.instance import Instance
from dnnt.methods.base import Goal
from dnnt.reachable.from_layers import program_of
from dnnt.running import Run, Stop
from dnnt.simplify.parts import part_of

GRACE = {"interrupt": 0.5, "memory": 2.0}
"""Seconds that the check of what is there may take after a stop; after that of time, what a method has reserved."""

SECONDS_PER_BYTE = 1.5e-7
"""What the checker takes to read an instance, which cannot be cut short."""

TOO_MUCH = "too much work"
"""What is said where the checker refuses a certificate for the work that it would be."""

UNCONFIRMED = "; its proof is more work than dnnt_check takes on, so nothing has confirmed it"

LONGEST = 1e9
"""A check that is predicted to take more seconds is one without end."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker has confirmed: assurance, assurance of the bound, how the run stopped, and words for the reason
    where there is more to say.
    """

    assurance: str
    bound_assurance: str | None
    stop: str
    detail: str = ""


def predicted_seconds(instance: Instance, certificate: Certificate | None) -> float | None:
    """About how many seconds the check of a certificate will take at most; None where it is short, or not known."""
    if certificate is None or certificate.lower is None:
        return None
    return _seconds(instance, certificate.lower.grounds)


def _seconds(instance: Instance, grounds: Grounds) -> float | None:
    if isinstance(grounds, OfForm):
        return grounds.seconds
    if isinstance(grounds, InParts):
        parts = [_seconds(part_of(instance, part.outputs), part.grounds) for part in grounds.parts]
        return sum(seconds or 0.0 for seconds in parts) if any(parts) else None
    if is_small(grounds):
        return None
    assert isinstance(grounds, ReachableStates), "only these are predicted"
    try:
        program = program_of(instance)
        return check_seconds(program, grounds, len(instance_file.to_bytes(instance)))
    except (MethodUnsuitable, TooLarge):
        return None


def confirm(
    instance: Instance,
    certificate: Certificate | None,
    goal: Goal,
    run: Run,
    ended: str,
    check: bool,
    predicted: float | None = None,
    by_name: bool = False,
) -> Checked:
    """What the checker says, and how the run stopped after it has spoken; `ended` is how the method stopped, `by_name`
    whether it was asked for (and not chosen).

    Where a proof is too much work for the checker and no limit is to blame, a method that was asked for by name claims
    its answer, and `auto`, which never rests on claims, has nothing left to try.
    """
    reached = goal.reached(run)
    stop = "proved" if reached else ended if ended != "proved" else "exhausted"
    bound_beside = not reached and run.proof is not None
    if certificate is None or not check:
        return Checked(CLAIMED, CLAIMED if bound_beside else None, "claimed" if reached else stop)
    allowed = GRACE.get("interrupt" if run.interrupted else stop, float("inf"))
    if run.time_limit is not None:
        allowed = (
            min(allowed, max(0.0, run.time_limit - run.seconds))
            if reached
            else max(0.05, min(allowed, run.time_limit - run.seconds))
        )
    if reached:
        limit = _passed(instance, certificate, allowed, run, run.memory_limit, predicted)
        if limit is None:
            return Checked(CHECKED, None, stop)
        blamed = _blamed(run) if limit == TOO_MUCH else limit
        if blamed is not None:
            return Checked(CLAIMED, None, blamed)
        return Checked(CLAIMED, None, "claimed" if by_name else "exhausted", UNCONFIRMED)
    # A limit came first: the parameters and the plain bound first, the bound that was reached if time is left for it.
    plain = replace(certificate, lower=Lower(0, False, Nonnegative()))
    started = monotonic()
    assurance = CHECKED if _passed(instance, plain, allowed, run, None) is None else CLAIMED
    if run.proof is None or isinstance(run.proof.grounds, Nonnegative):
        return Checked(assurance, assurance if bound_beside else None, stop)
    left = allowed - (monotonic() - started)
    best = _passed(instance, certificate, left, run, run.memory_limit, predicted) is None
    return Checked(assurance, CHECKED if best else CLAIMED, stop)


def _passed(
    instance: Instance,
    certificate: Certificate,
    allowed: float,
    run: Run,
    memory: float | None,
    predicted: float | None = None,
) -> str | None:
    """None if the checker passes the certificate within `allowed` seconds; else the limit that came first, or
    `TOO_MUCH`.
    """
    raw = instance_file.to_bytes(instance)
    if allowed <= len(raw) * SECONDS_PER_BYTE:
        return _blamed(run) or "time"
    about = "" if predicted is None or predicted >= LONGEST else f", about {predicted:.2g} s at most"
    run.progress(f"checking the certificate{about}", 1.0)
    watcher = Run(None if allowed == float("inf") else allowed, memory, run.observer)
    run.followed_by(watcher)
    budget = min(allowed, 1e9)
    try:
        said = verdict(
            raw,
            certificate_file.to_bytes(certificate),
            budget,
            None,
            watcher.poll,
        )
    except Stop as stop:
        return stop.kind if stop.kind != "time" else _blamed(run) or "time"
    except MemoryError:
        return "memory"
    if said.valid:
        _agrees(said, certificate)
        return None
    if said.too_much:
        return TOO_MUCH
    raise InternalError(
        f"dnnt_check rejects what was proved ({said.line}); please report it with the instance file and the command"
    )


def _blamed(run: Run) -> str | None:
    """The limit to blame where the time for a check was too short: None where it had all the time there is."""
    if run.interrupted:
        return "interrupt"
    return None if run.time_limit is None else "time"


def _agrees(said: Verdict, certificate: Certificate) -> None:
    upper, lower = certificate.upper, certificate.lower
    expected = (
        None if upper is None else upper.loss,
        None if lower is None else lower.bound,
        lower is not None and lower.strict,
    )
    if (said.upper, said.lower, said.strict) != expected:
        raise InternalError(f"dnnt_check passed another claim than ours ({said.line}); please report it")


def confirm_parameters(instance: Instance, upper: Upper, run: Run, stop: str | None = None) -> str | None:
    """None if the checker confirms parameters within the limits, else which came first; `stop` is the limit that has
    come already, if one has. The lower part, which is the same as that of the first goal, has been confirmed with it.
    """
    allowed = float("inf") if run.time_limit is None else max(0.0, run.time_limit - run.seconds)
    if run.interrupted:
        stop = "interrupt"
    if stop is not None:
        allowed = max(0.05, min(allowed, GRACE.get(stop, allowed)))
    certificate = Certificate(instance_file.sha256(instance), upper, None)
    limit = _passed(instance, certificate, allowed, run, run.memory_limit)
    return limit if limit != TOO_MUCH else stop or _blamed(run) or "exhausted"
