"""Solving: discrete instances by the pipeline; a continuous one only where it comes as a bundle of Theorem 1.2,
through its source.

The theorem (repaired) carries both ways: source parameters of loss L lift to real ones of loss L + n, and real
parameters within gamma + n hold source parameters within gamma; any others pay the penalty on some sample. So an
answer of the source is one of the target. The certificate is the source's; `dnnt_check` reads it beside the bundle, or
beside the source's own file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dnnt import pipeline
from dnnt._version import __version__
from dnnt.answer import CLAIMED, Answer
from dnnt.errors import InternalError, InvalidInput, MethodUnsuitable, TooLarge
from dnnt.evaluation import evaluate
from dnnt.exact import Number, normal
from dnnt.fixing import Entry, fix
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.losses.guarded import Member
from dnnt.methods.base import DECIDE
from dnnt.parameters import Parameters, first_choice, of_edges
from dnnt.profile import Profile, profile as instance_profile
from dnnt.reductions import bundle_file
from dnnt.reductions.base import SOURCE_SHA256
from dnnt.reductions.bundle import Bundle, is_digest
from dnnt.reductions.continuous_target import EMPTY
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
    then: str | None = None,
    fixed: Sequence[Entry] | None = None,
    hint: Parameters | None = None,
    checkpoint: str | Path | None = None,
) -> Answer:
    """Solve an instance, or the target of a bundle; arguments and errors are those of `pipeline.solve`."""
    run = run or Run()

    def directly() -> Answer:
        return pipeline.solve(instance, goal, method, run, check, file, then, fixed, hint, checkpoint)

    if bundle is None and not instance.is_continuous and not bundle_file.may_be_of(instance):
        return directly()
    if fixed is not None and instance.is_continuous and not fix(instance, fixed)[0].is_continuous:
        return directly()
    wanted = goal if goal is not None else DECIDE
    source = None
    try:
        with ticking(run.check_first):
            bundle = bundle or bundle_file.of(instance)
            if instance.is_continuous:
                source, bundle = source_of(instance, bundle)
            if bundle is not None and bundle.is_continuous:
                # The checker looks at the source: that has to mean what the target means, discrete or not.
                bundle.check()
    except Stop as stop:
        return _unknown(instance, wanted, run, stop, file)
    if source is None or bundle is None:
        return directly()
    for option, value in (("--then", then), ("--fix", fixed), ("--hint", hint)):
        if value is not None:
            raise MethodUnsuitable(f"{option} goes with discrete instances; solve the bundle's source with it")
    found = pipeline.solve(source, wanted, method, run, check, file, checkpoint=checkpoint)
    return _lifted(found, bundle, instance, run)


def profile(instance: Instance, run: Run | None = None, bundle: Bundle | None = None) -> Profile:
    """The profile of an instance; of a continuous one it says how `solve` takes it, or why not."""
    found = instance_profile(instance, run)
    if not instance.is_continuous or instance.has_empty_space:
        return found
    try:
        source_of(instance, bundle)
    except (InvalidInput, MethodUnsuitable) as error:
        return replace(found, reason=str(error))
    return replace(found, reason="the source of the bundle is solved in its place (Theorem 1.2)")


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
    if certificate is not None and is_digest(bundle.trace.get(SOURCE_SHA256)):
        certificate = replace(certificate, sha256=bundle.trace[SOURCE_SHA256])
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
    source = bundle.problem
    assert isinstance(source, Instance) and source.gamma is not None and target.gamma is not None, "made by the rule"
    if bundle.trace.get(EMPTY):  # A limit came before this was seen in the source.
        return replace(common, parameters=first_choice(target.network), loss=None, bound=None)
    offset = normal(target.gamma - source.gamma)
    parameters, loss = _parameters(found, bundle, target, offset, run)
    answer = replace(common, parameters=parameters, loss=loss, seconds=run.seconds)
    if found.bound is None:
        return answer
    bound, most = normal(found.bound + offset), _penalised(target)
    if most is None or bound <= most:
        return replace(answer, bound=bound)
    answer = replace(answer, bound=most)
    if found.goal == DECIDE or found.status != "optimal":
        return answer
    # The source's least loss is so far above gamma that other real parameters may do better in the target.
    spoiled = _spoiled(parameters, target)
    try:
        with ticking(run.check_first):
            total = evaluate(target, spoiled, max_bits=MAX_BITS).total
        if loss is None or total < loss:
            answer = replace(answer, parameters=spoiled, loss=total)
    except (TooLarge, Stop):
        pass  # The lifted parameters are known still.
    if answer.loss == most:
        return answer
    return replace(answer, status="feasible", stop="exhausted", bound_assurance=found.assurance)


def _unknown(target: Instance, goal: str, run: Run, stop: Stop, file: str | None) -> Answer:
    """A limit came before the bundle was seen to be what its rule makes."""
    return Answer(
        file=file,
        name=target.name,
        sha256=instance_file.sha256(target) if target.source is not None else "",
        goal=goal,
        answer="unknown" if target.gamma is not None else None,
        status="unknown",
        loss=None,
        bound=None,
        gamma=target.gamma,
        parameters=first_choice(target.network),
        assurance=CLAIMED,
        bound_assurance=None,
        method="none",
        reason="no method had been chosen yet",
        stop=stop.kind,
        seconds=run.seconds,
        version=__version__,
    )


def _penalised(target: Instance) -> Number | None:
    """The least loss of parameters that pay a penalty: one sample pays it, and all others at least 1. None where there
    is nothing to pay it for: a source without parameters to choose has the same values for all real ones.
    """
    arguments = dict(target.loss.arguments)
    if not any(isinstance(check, Member) for check in arguments["checks"]):
        return None
    return normal(arguments["penalty"] + len(target.samples) - 1)


def _spoiled(parameters: Parameters | None, target: Instance) -> Parameters:
    """Parameters that pay the penalty on every sample: a constant carrier has a value outside its space."""
    assert parameters is not None, "an optimal answer has parameters"
    member = next(check for check in dict(target.loss.arguments)["checks"] if isinstance(check, Member))
    network = target.network.graph()
    (edge,) = network.incoming[network.position[network.outputs[member.output]]]
    runs = [(run.weights, run.bias) for run in parameters.edges()]
    runs[edge] = (runs[edge][0], normal(member.space.high + 1))
    return of_edges(runs)


def _parameters(
    found: Answer, bundle: Bundle, target: Instance, offset: Number, run: Run
) -> tuple[Parameters | None, Number | None]:
    """The lifted parameters and their loss, evaluated again where numbers are short enough and time is left."""
    if found.parameters is None:
        return None, None
    lifted = bundle.reduction._lift(bundle.problem, target, found.parameters)
    loss = None if found.loss is None else normal(found.loss + offset)
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
