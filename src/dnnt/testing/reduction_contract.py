"""The contract of a reduction: what must hold between a source and its target, by oracles that try everything.

One function for all rules. Forward and backward: the source has a solution if and only if the target has parameters
within gamma. Every satisfying choice of the target is extracted, every solution of the source is lifted; what does not
satisfy is refused both ways. Sizes are as declared. All goes through files. A continuous target cannot be enumerated:
there every choice of the source is lifted, and hostile real parameters are tried; what is accepted has to give a
solution.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from dnnt import api
from dnnt.errors import InvalidInput
from dnnt.evaluation import evaluate
from dnnt.formats import instance_file, json_text, problem_file
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.problems.base import Problem
from dnnt.reductions import reduction
from dnnt.reductions.base import REPAIRED
from dnnt.reductions.bundle import Bundle, checked_solution, fault_of, solution_json
from dnnt.testing.hostile import hostile
from dnnt.testing.oracle import all_parameters
from dnnt.testing.shrinking import shrunk

MOST = 20_000
"""The most choices of a target, or solutions of a source, that are tried."""


def check_reduction(
    rule: str,
    source: Problem | Instance,
    variant: str = REPAIRED,
    attacks: int = 50,
    seed: int = 0,
    solve: bool = False,
    folder: Path | None = None,
) -> None:
    """Hold a rule to its contract on a small source that it accepts.

    `attacks`: how many hostile real parameters are tried on a continuous target. With `solve` the bundle's file is
    solved too, and its answer extracted. Raises an `AssertionError` with what is wrong and the JSON of a source that
    was shrunk as far as something stays wrong.
    """
    fault = counterexample(rule, source, variant, attacks, seed, solve, folder)
    if fault is None:
        return

    def wrong(smaller: Problem | Instance) -> bool:
        if reduction(rule, variant).accepts(smaller) is not None:
            return False
        return counterexample(rule, smaller, variant, attacks, seed, solve, folder) is not None

    least = shrunk(source, wrong)
    said = counterexample(rule, least, variant, attacks, seed, solve, folder) or fault
    raise AssertionError(f"{rule} ({variant}): {said}\n{written(least)}")


def counterexample(
    rule: str,
    source: Problem | Instance,
    variant: str = REPAIRED,
    attacks: int = 50,
    seed: int = 0,
    solve: bool = False,
    folder: Path | None = None,
) -> str | None:
    """The first clause of the contract that fails on a source that the rule accepts, in words; None if all hold."""
    try:
        with TemporaryDirectory(dir=folder) as made:
            made_bundle = reduction(rule, variant).reduce(source)
            bundle = _through_file(made_bundle, Path(made) / "bundle.json")
            _sizes(bundle)
            solvable = _forward(bundle)
            if bundle.is_continuous:
                _continuous(bundle, attacks, Random(seed))
            else:
                _discrete(bundle, solvable)
            _refusals(bundle)
            if solve and (bundle.contract.holds or not bundle.is_continuous):
                _solved(bundle, solvable, Path(made))
    except Violation as violation:
        return str(violation)
    except Exception as error:  # Whatever a rule raises is a fault of it, and is told as one.
        return f"{type(error).__name__}: {error}"
    return None


class Violation(Exception):
    """A clause of the contract that does not hold."""


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise Violation(what)


def written(source: Problem | Instance) -> str:
    """A source as the JSON of a file."""
    raw = instance_file.to_bytes(source) if isinstance(source, Instance) else problem_file.to_bytes(source)
    return raw.decode().strip()


def _through_file(bundle: Bundle, path: Path) -> Bundle:
    """The bundle written to a file and read back; both have to be equal, and so have the target's two readings."""
    api.write(bundle, path)
    again = api.read_bundle(path)
    _demand(again == bundle, "the bundle read back differs from the one written")
    _demand(api.read(path) == bundle.target, "the target read from the bundle's file differs")
    again.check()
    return again


def _sizes(bundle: Bundle) -> None:
    """Every measured size is as declared."""
    letters, measured = bundle.reduction.letters(bundle.problem), bundle.measured
    for name, formula in bundle.reduction.declared.formulas().items():
        _demand(
            formula.admits(measured[name], letters),
            f"{name}: {measured[name]} measured, {formula} = {formula.value(letters)} declared",
        )


def _solutions(source: Any) -> Iterator[Any]:
    """Every solution of a source, by trying everything."""
    if isinstance(source, Problem):
        yield from islice(source.solutions(), MOST)
        return
    for chosen in islice(all_parameters(source), MOST):
        if evaluate(source, chosen).total <= source.gamma:
            yield chosen


def _inside(target: Instance, chosen: Parameters) -> bool:
    """Whether parameters lie in their spaces and have a loss of at most gamma."""
    said = evaluate(target, chosen)
    assert target.gamma is not None, "targets have a gamma"
    return said.inside and said.total <= target.gamma


def _forward(bundle: Bundle) -> bool:
    """Every solution lifts to parameters within gamma that extract to a solution; returns whether there is any."""
    source = bundle.problem
    some = False
    for solution in _solutions(source):
        some = True
        shown = json.dumps(solution_json(source, solution))
        lifted = bundle.reduction._lift(source, bundle.target, solution)
        _demand(_inside(bundle.target, lifted), f"the solution {shown} lifts to parameters above gamma")
        _demand(bundle.lift(solution) == lifted, "lift gives other parameters the second time")
        back = bundle.extract(lifted)
        _demand(bool(back.verified), f"the solution {shown}, lifted and extracted, is none")
        if isinstance(source, Instance):
            _demand(back.solution == solution, f"the parameters {shown}, lifted and extracted, are others")
    return some


def _discrete(bundle: Bundle, solvable: bool) -> None:
    """Every choice of the target: within gamma it gives a solution, above it is refused."""
    found = False
    for chosen in islice(all_parameters(bundle.target), MOST):
        if _inside(bundle.target, chosen):
            found = True
            _extracts(bundle, chosen)
        else:
            _refused(bundle, chosen)
    _demand(found == solvable, f"the source {_has(solvable)} a solution, the target {_has(found)} choice within gamma")


def _has(some: bool) -> str:
    return "has a" if some else "has no"


def _extracts(bundle: Bundle, chosen: Parameters) -> None:
    said = bundle.extract(chosen)
    _demand(
        said.answer == "yes" and said.verified is True and fault_of(bundle.problem, said.solution) is None,
        f"the parameters {json_text.dumps(chosen.to_json())} are within gamma, and what is extracted is no solution",
    )


def _refused(bundle: Bundle, chosen: Parameters) -> None:
    try:
        bundle.extract(chosen)
    except InvalidInput:
        return
    raise Violation(f"the parameters {json_text.dumps(chosen.to_json())} are not within gamma, and extract takes them")


def _continuous(bundle: Bundle, attacks: int, rng: Random) -> None:
    """Choices of the source lift within gamma only if they are solutions, and accepted real parameters extract."""
    source = bundle.problem
    assert isinstance(source, Instance) and source.gamma is not None, "sources of continuous targets are instances"
    for chosen in islice(all_parameters(source), MOST):
        lifted = bundle.reduction._lift(source, bundle.target, chosen)
        right = evaluate(source, chosen).total <= source.gamma
        _demand(
            _inside(bundle.target, lifted) == right,
            f"the parameters {json_text.dumps(chosen.to_json())} are {'' if right else 'not '}within gamma, and lifted "
            f"they are {'not' if right else 'so'}",
        )
    for real in hostile(bundle, rng, attacks):
        if _inside(bundle.target, real):
            _extracts(bundle, real)


WRONG: tuple[Any, ...] = (None, 7, "x", [[]], {"sign": 5}, {}, [10**9], [{"weights": [], "bias": 0}])
"""What is no solution of almost any source."""


def _refusals(bundle: Bundle) -> None:
    """What is no solution is not lifted."""
    for wrong in WRONG:
        if _solves(bundle, wrong):
            continue
        try:
            bundle.lift(wrong)
        except InvalidInput:
            continue
        raise Violation(f"lift takes {wrong!r}")


def _solves(bundle: Bundle, value: Any) -> bool:
    """Whether a value happens to solve the source."""
    try:
        checked_solution(bundle.problem, value)
    except InvalidInput:
        return False
    return True


def _solved(bundle: Bundle, solvable: bool, folder: Path) -> None:
    """The bundle's file, solved through the public interface, has the right answer, which extracts."""
    path = folder / "solved.json"
    api.write(bundle, path)
    answer = api.solve(path)
    _demand(
        answer.answer == ("yes" if solvable else "no"), f"solve says {answer.answer}, the source {_has(solvable)} one"
    )
    _demand(answer.assurance == "checked", "the answer is not checked")
    said = bundle.extract(json.loads(json_text.dumps(answer.to_json())))
    _demand(said.answer == answer.answer and (not solvable or said.verified is True), "the answer does not extract")
    if answer.certificate is not None:
        _demand(api.check(path, answer.certificate).valid, "the certificate does not check against the bundle")
