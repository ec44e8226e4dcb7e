"""A reduction done: source, target and trace, and the two ways between their solutions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dnnt.answer import Answer
from dnnt.errors import InternalError, InvalidInput, InvalidParameters, TooLarge, at, shown
from dnnt.evaluation import evaluate
from dnnt.exact import brief
from dnnt.formats import instance_file, json_text, parameters_file
from dnnt.instance import Instance
from dnnt.parameters import Parameters, check_shape, inside, parameters
from dnnt.problems.base import Problem
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions.base import CNNT, SOURCE_SHA256, Contract, Reduction, problem_of
from dnnt.reductions.continuous_target import EMPTY
from dnnt.reductions.size import measured

FORMAT = instance_file.BUNDLE
VERSION = 1


@dataclass(frozen=True, slots=True)
class Extraction:
    """What `extract` gives: the answer (`yes`, `no`, `unknown`), the source's solution, whether it was verified."""

    answer: str
    solution: Any
    verified: bool | None

    def to_json(self, problem: Problem | Instance) -> dict[str, Any]:
        """The object that `dnnt extract` prints; `problem` is the source at the beginning of the chain."""
        solution = None if self.solution is None else solution_json(problem, self.solution)
        return {"answer": self.answer, "solution": solution, "verified": self.verified}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A source (a problem, an instance, or a bundle in a chain), the rule that was applied, and its target.

    `trace` is JSON that says what in the target stands for what. Frozen; `dnnt.write` and `dnnt.read_bundle` keep it.
    """

    rule: str
    variant: str
    source: Problem | Instance | Bundle
    target: Instance
    trace: Mapping[str, Any]
    raw: bytes | None = field(init=False, default=None, compare=False, repr=False)

    @property
    def reduction(self) -> Reduction:
        """The rule in its variant."""
        from dnnt.reductions import reduction

        return reduction(self.rule, self.variant)

    @property
    def contract(self) -> Contract:
        """What the rule guarantees."""
        return self.reduction.contract

    @property
    def problem(self) -> Problem | Instance:
        """What the rule was applied to: the source, or the target of the bundle that is the source."""
        return problem_of(self.source)

    @property
    def origin(self) -> Problem | Instance:
        """The source at the beginning of the chain."""
        return self.source.origin if isinstance(self.source, Bundle) else self.source

    @property
    def is_continuous(self) -> bool:
        """Whether the target is continuous training, which is solved through the source."""
        return self.reduction.target_kind == CNNT

    @property
    def declared(self) -> Mapping[str, int]:
        """The declared sizes of the target (exact, or upper bounds: see `reduction.declared`)."""
        letters = self.reduction.letters(self.problem)
        return {name: formula.value(letters) for name, formula in self.reduction.declared.formulas().items()}

    @property
    def measured(self) -> Mapping[str, int]:
        """The sizes that the target has."""
        return measured(self.target)

    def instance(self) -> Instance:
        """The target as an instance whose file is the bundle's: what commands work on."""
        try:
            raw = self.to_bytes()
        except InvalidInput:  # Functions given from Python have no file form.
            return self.target
        target = self.target
        return target if target.source is raw else _copy(target).read_from(raw)

    def to_bytes(self) -> bytes:
        """The bytes of the file that the bundle was read from, or else of a file that means the same."""
        if self.raw is None:
            object.__setattr__(self, "raw", (json_text.dumps(self.to_json()) + "\n").encode())
        assert self.raw is not None, "just made"
        return self.raw

    @property
    def sha256(self) -> str:
        """The SHA-256 of `to_bytes`."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the bundle's file. Raises `InvalidInput` for functions given from Python."""
        source = self.source
        return {
            "format": FORMAT,
            "version": VERSION,
            "rule": self.rule,
            "variant": self.variant,
            "source": instance_file.to_json_object(source) if isinstance(source, Instance) else source.to_json(),
            "target": instance_file.to_json_object(self.target),
            "trace": dict(self.trace),
        }

    def lift(self, solution: Any) -> Parameters:
        """Parameters of the target within gamma, from a solution of the source at the beginning of the chain.

        Takes a solution as Python or JSON has it, or an `Extraction`. Raises `InvalidInput` for what is no solution.
        """
        given = solution.solution if isinstance(solution, Extraction) else solution
        if isinstance(self.source, Bundle):
            found: Any = self.source.lift(given)
        else:
            found = checked_solution(self.source, given)
        return self.reduction._lift(self.problem, self.target, found)

    def extract(self, result: Any) -> Extraction:
        """The source's solution behind a result: parameters of the target, an `Answer`, or the object of `solve
        --json`.

        Raises `InvalidParameters` where the parameters do not have a total loss of at most gamma.
        """
        answer, given = self._result(result)
        if answer != "yes":
            return Extraction(answer, None, None)
        self.check_parameters(given)
        found = self.reduction._extract(self.problem, self.target, given)
        if isinstance(self.source, Bundle):
            if not self.contract.holds and fault_of(self.problem, found) is not None:
                return Extraction("yes", None, False)
            return self.source.extract(found)
        fault = fault_of(self.source, found)
        if fault is not None and self.contract.holds:
            raise InternalError(f"{self.rule} gave back what is no solution ({fault}); please report the bundle")
        return Extraction("yes", found, fault is None)

    def check_parameters(self, given: Parameters) -> None:
        """Raise `InvalidParameters` unless the parameters lie in their spaces and have a loss of at most gamma."""
        within, fault = _judged(self.target, given)
        if within is None and self._is_lifted(given):
            return
        if not within:
            raise InvalidParameters(fault, "give parameters that lie in their spaces, with a loss of at most gamma")

    def _is_lifted(self, given: Parameters) -> bool:
        """Whether parameters whose loss is not known are what a solution of the source lifts to: then the theorem says
        that they are within gamma.
        """
        if not (self.is_continuous and self.contract.holds) or self.trace.get(EMPTY):
            return False
        found = self.reduction._extract(self.problem, self.target, given)
        return fault_of(self.problem, found) is None and self.reduction._lift(self.problem, self.target, found) == given

    def _result(self, result: Any) -> tuple[str, Parameters]:
        """The answer in a result, and its parameters where it is `yes`."""
        if isinstance(result, Answer):
            result = result.to_json()
        if not isinstance(result, dict) or not {"answer", "status", "error"} & set(result):
            return "yes", _given(result)
        if "error" in result:
            raise InvalidInput(f"no answer, but an error: {shown(result['error'])}", "give an answer or parameters")
        for key in ("answer", "sha256" if result.get("answer") == "no" else "parameters"):
            if key not in result:
                raise InvalidInput(f'missing key "{key}"', "give the object that solve --json prints, or parameters")
        answer = result["answer"]
        if answer not in ("yes", "no", "unknown"):
            raise InvalidInput(f"{shown(answer)} is no answer", "an answer is yes, no or unknown", "answer")
        if answer == "yes":
            with at("parameters"):
                return answer, parameters(result["parameters"])
        if answer == "no" and result["sha256"] not in self._digests():
            raise InvalidInput("the answer belongs to another file", "give the answer to this bundle", "sha256")
        if answer == "no" and result.get("parameters") is not None:
            with at("parameters"):
                within, _ = _judged(self.target, parameters(result["parameters"]))
            if within:
                raise InvalidInput("the answer is no, and its parameters are within gamma", "solve again", "answer")
        return answer, Parameters()

    def _digests(self) -> tuple[str, ...]:
        """How an answer may name the target: by the bundle's file, or by a file of its own. Functions given from Python
        have no file, and no digest.
        """
        try:
            return self.sha256, instance_file.sha256(self.target)
        except InvalidInput:
            return ("",)

    def check(self) -> None:
        """Raise `InvalidInput` unless the target is what the rule makes of the source."""
        if isinstance(self.source, Bundle):
            self.source.check()
        refusal = self.reduction.accepts(self.source)
        if refusal is not None:
            raise InvalidInput(refusal, "make the bundle with dnnt reduce", "source")
        target, trace = self.reduction._target(self.problem)
        if target != self.target:
            raise InvalidInput("not what the rule makes of the source", "make the bundle again: dnnt reduce", "target")
        given = dict(self.trace)
        known = isinstance(self.source, Problem) or SOURCE_SHA256 not in given
        if (not known and not is_digest(given.pop(SOURCE_SHA256))) or given != trace:
            raise InvalidInput("not what the rule says of the target", "make the bundle again: dnnt reduce", "trace")


def _given(result: Any) -> Parameters:
    """The parameters in a result that is no answer: a parameters file, or its list of edges."""
    if isinstance(result, dict) and "format" in result:
        return parameters_file.from_json(result)
    return parameters(result)


def is_digest(value: object) -> bool:
    """Whether a value of a trace has the form of a SHA-256."""
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _copy(of: Instance) -> Instance:
    return Instance(of.network, of.samples, of.loss, of.gamma, of.name, of.notes)


def checked_solution(problem: Problem | Instance, given: Any) -> Any:
    """A solution in its Python form. Raises `InvalidInput` where it does not solve the problem."""
    found = parameters(given) if isinstance(problem, Instance) else problem.solution_from_json(given)
    fault = fault_of(problem, found)
    if fault is not None:
        raise InvalidInput(f"no solution of the source: {fault}", "give a solution", "solution")
    return found


def fault_of(problem: Problem | Instance, solution: Any) -> str | None:
    """Why something does not solve a problem; None where it does. For an instance: parameters within gamma."""
    if isinstance(problem, Instance):
        return _parameters_fault(problem, solution)
    if isinstance(problem, StraightLineProgram):
        from dnnt.signs.decide import decide

        return problem.fault(solution, lambda program: decide(program.steps).sign)
    return problem.fault(solution)


def solution_json(problem: Problem | Instance, solution: Any) -> Any:
    """A solution as JSON."""
    return solution.to_json() if isinstance(problem, Instance) else problem.solution_json(solution)


def _parameters_fault(instance: Instance, given: Parameters) -> str | None:
    within, fault = _judged(instance, given)
    return None if within else fault


def _judged(instance: Instance, given: Parameters) -> tuple[bool | None, str]:
    """Whether parameters are within gamma (None: not known), and if not, why not."""
    check_shape(instance.network, given)
    if not inside(instance.network, given):
        return False, "a value lies outside its space"
    gamma = instance.gamma
    assert gamma is not None, "reductions deal with decisions"
    try:
        total = evaluate(instance, given, max_bits=10**6).total
    except TooLarge:
        from dnnt.signs.from_network import total_bounds

        bounds = total_bounds(instance, given)
        if bounds.exact is None:
            within = bounds.at_most(gamma)
            said = "not known (its numbers are too long)" if within is None else "above it"
            return within, f"gamma is {brief(gamma)}, and the total loss is {said}"
        total = bounds.exact
    return total <= gamma, f"the total loss is {brief(total)}, and gamma is {brief(gamma)}"
