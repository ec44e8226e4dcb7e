"""Solving: discrete instances by the pipeline; a continuous one only where it comes as a bundle of Theorem 1.2,
through its source.

The theorem (repaired) carries both ways: source parameters of loss L lift to real ones of loss L + n, and real
parameters within gamma + n hold source parameters within gamma; any others pay the penalty on some sample. So an
answer of the source is one of the target. The certificate is the source's; `dnnt_check` reads it beside the bundle, or
beside the source's own file.
"""

from __future__ import annotations

from dataclasses import replace

from dnnt import pipeline
from dnnt.answer import Answer
from dnnt.errors import InternalError, MethodUnsuitable, TooLarge
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE
from dnnt.parameters import Parameters, first_choice
from dnnt.reductions import bundle_file
from dnnt.reductions.bundle import Bundle
from dnnt.running import Run, Stop, ticking

NONE = (
    "a parameter may be any real number (continuous training): no method takes it, unless it comes as a bundle that "
    "dnnt reduce dnnt-to-cnnt made"
)

MAX_BITS = 10**6
"""Longer numbers are not evaluated in the target: there the theorem alone speaks."""


def solve(
    instance: Instance,
    goal: str | None = None,
    method: str = "auto",
    run: Run | None = None,
    check: bool = True,
    file: str | None = None,
    bundle: Bundle | None = None,
) -> Answer:
    """Solve an instance, or the target of a bundle; arguments and errors are those of `pipeline.solve`."""
    run = run or Run()
    if not instance.is_continuous:
        return pipeline.solve(instance, goal, method, run, check, file)
    source, bundle = source_of(instance, bundle)
    wanted = goal if goal is not None else DECIDE
    with ticking(run.check_first):
        bundle.check()
    found = pipeline.solve(source, wanted, method, run, check, file)
    return _lifted(found, bundle, instance, run)


def source_of(instance: Instance, bundle: Bundle | None = None) -> tuple[Instance, Bundle]:
    """The discrete instance through which a continuous one is solved, and the bundle that holds both.

    Raises `MethodUnsuitable` where there is none, or where the bundle's construction is the printed one, which is
    wrong.
    """
    bundle = bundle or bundle_file.of(instance)
    if bundle is None or not isinstance(bundle.problem, Instance):
        raise MethodUnsuitable(NONE)
    if not bundle.contract.holds:
        raise MethodUnsuitable(
            f"the {bundle.variant} construction of {bundle.rule} is wrong, so its source does not answer for it; make "
            "the bundle with --variant repaired"
        )
    problem = bundle.problem
    source = Instance(problem.network, problem.samples, problem.loss, problem.gamma, problem.name, problem.notes)
    return (source if instance.source is None else source.read_from(instance.source)), bundle


def _lifted(found: Answer, bundle: Bundle, target: Instance, run: Run) -> Answer:
    """The source's answer as one of the target."""
    gamma = target.gamma
    assert gamma is not None, "targets of reductions have a gamma"
    reason = f"Theorem 1.2: real parameters within gamma exist exactly where the source has some ({found.reason})"
    certificate = found.certificate
    if certificate is not None and isinstance(bundle.trace.get("source_sha256"), str):
        certificate = replace(certificate, sha256=bundle.trace["source_sha256"])
    common = replace(
        found,
        name=target.name,
        gamma=gamma,
        sha256=instance_file.sha256(target) if target.source is not None else found.sha256,
        reason=reason,
        certificate=certificate,
    )
    if found.status == "infeasible" and found.bound is None:
        return _without_parameters(common, target, found.goal)
    offset, most = _amounts(bundle, target)
    bound = None if found.bound is None else min(found.bound + offset, most)
    parameters, loss = _parameters(found, bundle, target, offset, run)
    answer = replace(common, parameters=parameters, loss=loss, bound=bound, seconds=run.seconds)
    if found.status == "optimal" and found.bound is not None and found.bound + offset > most:
        # The source's least loss is so far above gamma that other real parameters may do better in the target.
        return replace(answer, status="feasible", stop="exhausted", bound_assurance=found.assurance)
    return answer


def _amounts(bundle: Bundle, target: Instance) -> tuple[Number, Number]:
    """What the target's loss exceeds the source's by, and the least loss of parameters that pay a penalty."""
    source = bundle.problem
    assert isinstance(source, Instance) and source.gamma is not None and target.gamma is not None, "made by the rule"
    penalty = dict(target.loss.arguments)["penalty"]
    return target.gamma - source.gamma, penalty + len(target.samples) - 1


def _parameters(
    found: Answer, bundle: Bundle, target: Instance, offset: Number, run: Run
) -> tuple[Parameters | None, Number | None]:
    """The lifted parameters and their loss, evaluated again where numbers are short enough and time is left."""
    if found.parameters is None:
        return None, None
    lifted = bundle.reduction._lift(bundle.problem, target, found.parameters)
    loss = None if found.loss is None else found.loss + offset
    try:
        with ticking(run.check_first):
            total = evaluate(target, lifted, max_bits=MAX_BITS).total
    except (TooLarge, Stop):
        return lifted, loss
    if loss is not None and total != loss:
        raise InternalError("lifted parameters have another loss than Theorem 1.2 says; please report the bundle")
    return lifted, total


def _without_parameters(answer: Answer, target: Instance, goal: str) -> Answer:
    """The source has no parameters at all; the target's losses are above its gamma, and 0 is the least of them."""
    parameters = first_choice(target.network)
    loss = evaluate(target, parameters).total
    if goal == DECIDE:
        return replace(answer, answer="no", status="infeasible", parameters=parameters, loss=loss, bound=0)
    return replace(answer, answer="no", status="optimal", parameters=parameters, loss=loss, bound=0)
