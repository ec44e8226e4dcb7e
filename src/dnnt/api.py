"""The Python interface: read, solve, check and describe instances (docs/python.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from dnnt.annotations.results import Chosen, Count
from dnnt.answer import Answer
from dnnt.certificate import Certificate
from dnnt.checking import Verdict, verdict
from dnnt.collecting import undisturbed
from dnnt.continuous import profile, solve as solve_instance
from dnnt.errors import InvalidInput, InvalidProblem, TooLarge, at, shown as shown_value
from dnnt.evaluation import MAX_BITS, Evaluation, evaluate as evaluate_instance
from dnnt.exact import Number, number
from dnnt.fixing import entries
from dnnt.formats import certificate_file, instance_file, json_text, parameters_file, problem_file
from dnnt.instance import Instance
from dnnt.interrupts import latched
from dnnt.kernels.threads import at_most
from dnnt.parameters import Parameters, parameters
from dnnt.problems.base import Problem
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.profile import Profile
from dnnt.reductions import bundle_file, reduction
from dnnt.reductions.base import DNNT, REPAIRED
from dnnt.reductions.bundle import Bundle
from dnnt.running import Observer, Run, Stop
from dnnt.signs.decide import SignVerdict, decide_within


def read(path: str | Path) -> Instance:
    """Read an instance file (`-` is standard input); of a bundle, its target.

    Raises `InvalidInstance` with file, place, fault and remedy.
    """
    return instance_file.read(_path(path, "path"))


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle file, as `dnnt reduce` writes it. Raises `InvalidInput`."""
    return bundle_file.read(_path(path, "path"))


def read_problem(path: str | Path, format: str | None = None, colors: int | None = None) -> Problem:
    """Read a problem file: JSON, or `.kp`, `.col` (with the number of colors), `.dlx`, `.slp`. Raises
    `InvalidProblem`.
    """
    return problem_file.read(_path(path, "path"), format, colors)


def reduce(rule: str, source: Problem | Instance | Bundle | str | Path, variant: str = REPAIRED) -> Bundle:
    """Apply a rule, such as "subset-sum-to-dnnt", to a source (a value or a file).

    The bundle's `target` is an instance; `bundle.lift(solution)` and `bundle.extract(answer)` carry solutions both
    ways. Raises `MethodUnsuitable` where the rule does not take the source.
    """
    arrow = reduction(rule, variant)
    if isinstance(source, (str, Path)):
        source = bundle_file.document(source) if arrow.source_kind == DNNT else problem_file.read(source)
    return arrow.reduce(source)


def parse(text: str | bytes) -> Instance:
    """The instance that the text of an instance file means. Raises `InvalidInput`."""
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else json_text.decompressed(text)
    return instance_file.parse(raw)


def read_parameters(path: str | Path) -> Parameters:
    """Read a parameters file. Raises `InvalidParameters`."""
    return parameters_file.read(_path(path, "path"))


def evaluate(instance: Instance | Bundle | str | Path, parameters: Any, max_bits: int = MAX_BITS) -> Evaluation:
    """The exact outputs and losses of parameters (a `Parameters`, a file's `edges` list, or an answer).

    Raises `InvalidParameters` for a wrong shape, `TooLarge` where a number would have more than `max_bits` bits.
    """
    return evaluate_instance(_instance(instance), parameters, max_bits)


def write(value: Instance | Parameters | Certificate | Bundle | Problem, path: str | Path) -> None:
    """Write a value to a file of its format (gzipped where the name ends in .gz)."""
    if isinstance(value, Certificate):
        raw = certificate_file.to_bytes(value)
    elif isinstance(value, Parameters):
        raw = parameters_file.to_text(value).encode()
    elif isinstance(value, Instance):
        raw = instance_file.to_bytes(value)
    elif isinstance(value, Bundle):
        raw = value.to_bytes()
    elif isinstance(value, Problem):
        raw = problem_file.to_bytes(value)
    else:
        kinds = "an instance, parameters, a certificate, a bundle or a problem"
        raise InvalidInput(f"{shown_value(value)} cannot be written", f"give {kinds}", "value")
    json_text.write_bytes(_path(path, "path"), raw)


@undisturbed()
def solve(
    instance: Instance | Bundle | str | Path,
    goal: str | None = None,
    method: str = "auto",
    time_limit: float | None = None,
    memory_limit: float | None = None,
    progress: bool = False,
    check: bool = True,
    then: str | None = None,
    fix: Any = None,
    hint: Any = None,
    checkpoint: str | Path | None = None,
    seed: int = 0,
    threads: int = 2,
) -> Answer:
    """Decide or minimise an instance exactly; the answer's claims are checked before it returns.

    `goal`: "decide" (the default where there is a gamma) or "minimize"; `time_limit` in seconds, `memory_limit` in MiB;
    `then` is "sparsest" (of all parameters that reach the goal those with the fewest nonzero weights) or "smallest"
    (the least sum of absolute weights); `fix` is an `edges` list in which None is free: other values are fixed, and
    every claim is about the instance that this leaves; `hint` are parameters to begin with; `checkpoint` is a
    directory from which the same call goes on after it was killed; `seed` is that of all random choices; `threads` is
    how many threads or processes work at most; `progress` shows a line on standard error. Limits and Ctrl-C give the
    best parameters and bound so far. Raises `InvalidInstance`, `InvalidParameters` and `MethodUnsuitable`.
    """
    started = monotonic()
    _check_limits(time_limit, memory_limit)
    file = None if isinstance(instance, (Instance, Bundle)) else str(instance)
    bundle = instance if isinstance(instance, Bundle) else None
    given = _instance(instance)
    seed = _whole(seed, "seed")
    with at("fix"):
        fixed = None if fix is None else entries(fix)
    with at("hint"):
        start = None if hint is None else parameters(hint)

    def within(observer: Observer | None) -> Answer:
        run = Run(time_limit, memory_limit, observer, started, seed=seed)
        with latched() as latch, at_most(threads):
            latch.forward(run.interrupt)
            return solve_instance(given, goal, method, run, check, file, bundle, then, fixed, start, checkpoint)

    if not progress:
        return within(None)
    from dnnt.progress import shown

    with shown(given.name or file or "instance") as observer:
        return within(observer)


def check(instance: Instance | Bundle | str | Path, certificate: Any, budget: float = 600.0) -> Verdict:
    """Run the independent checker on an instance and a certificate (values or files). `budget` in seconds."""
    if isinstance(instance, Instance):
        raw = instance_file.to_bytes(instance)
    elif isinstance(instance, Bundle):
        raw = instance.to_bytes()
    else:
        raw = json_text.read_bytes(_path(instance, "instance", " or a dnnt.Instance"))
    if isinstance(certificate, Certificate):
        claim = certificate_file.to_bytes(certificate)
    else:
        claim = json_text.read_bytes(_path(certificate, "certificate", " or answer.certificate"))
    return verdict(raw, claim, budget)


def info(instance: Instance | Bundle | str | Path) -> Profile:
    """Sizes, ranges, regime, what theorems say, and the predicted cost of each method."""
    return profile(_instance(instance), None, instance if isinstance(instance, Bundle) else None)


def count(
    instance: Instance | Bundle | str | Path,
    gamma: Any = None,
    histogram: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Count:
    """How many choices of parameters have a total loss of at most gamma, exactly; with `histogram` for every loss.

    `gamma` takes the place of the instance's own; without either, those of the least loss are counted. Limits and
    Ctrl-C give a `Count` without a count. Raises `InvalidInstance` and, for continuous instances, `MethodUnsuitable`.
    """
    started = monotonic()
    _check_limits(time_limit, memory_limit)
    file = None if isinstance(instance, (Instance, Bundle)) else str(instance)
    given = _instance(instance)
    threshold = _gamma(given, gamma)
    with latched() as latch:
        from dnnt.annotations.questions import count_within  # Those who solve do not pay for it.

        run = Run(time_limit, memory_limit, None, started)
        latch.forward(run.interrupt)
        return count_within(given, run, threshold, histogram, file)


def sample(
    instance: Instance | Bundle | str | Path,
    draws: int = 1,
    seed: int = 0,
    gamma: Any = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> list[Chosen]:
    """Independent uniform draws among the parameters with a total loss of at most gamma (see `count`).

    The same for the same seed; an empty list where there are no such parameters. Raises `MethodUnsuitable`, `TooLarge`
    where sets would not fit or parameters are too many to list, `TimeoutError` and `MemoryError` at a limit.
    """
    return list(_chosen(instance, gamma, time_limit, memory_limit, _whole(draws, "draws"), _whole(seed, "seed")))


def enumerate_(
    instance: Instance | Bundle | str | Path,
    gamma: Any = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Iterator[Chosen]:
    """Every choice of parameters with a total loss of at most gamma (see `count`), by increasing loss.

    Always in the same order, and made as they are asked for: the first of 10^50 come at once. Raises as `sample`.
    """
    return _chosen(instance, gamma, time_limit, memory_limit, None, 0)


def _chosen(
    instance: Instance | Bundle | str | Path,
    gamma: Any,
    time_limit: float | None,
    memory_limit: float | None,
    draws: int | None,
    seed: int,
) -> Iterator[Chosen]:
    from dnnt.annotations.questions import enumerate_within, sample_within

    started = monotonic()
    _check_limits(time_limit, memory_limit)
    given = _instance(instance)
    run = Run(time_limit, memory_limit, None, started)
    threshold = _gamma(given, gamma)
    found = (
        enumerate_within(given, run, threshold) if draws is None else sample_within(given, draws, seed, run, threshold)
    )
    return _unstopped(found)


def _unstopped(found: Iterator[Chosen]) -> Iterator[Chosen]:
    try:
        yield from found
    except Stop as stop:
        if stop.predicted:
            raise TooLarge(stop.detail) from None
        raise (TimeoutError if stop.kind == "time" else MemoryError)(stop.detail or f"the {stop.kind} limit") from None


def _gamma(instance: Instance, given: Any) -> Number | None:
    if given is None:
        return instance.gamma
    with at("gamma"):
        return number(given)


def _whole(given: Any, place: str) -> int:
    if isinstance(given, bool) or not hasattr(given, "__index__") or int(given) < 0:
        raise InvalidInput(f"{shown_value(given)} is no such number", "give an integer, 0 or more", place)
    return int(given)


def slp(
    program: StraightLineProgram | str | Path | Sequence[tuple[str, int, int]],
    time_limit: float | None = None,
    memory_limit: float | None = None,
    seed: int | None = None,
) -> SignVerdict:
    """The sign of the integer that a straight-line program (a value, its steps, or a file) computes.

    The integer may be far too long to write. `seed` repeats the random primes. Limits and Ctrl-C give what is known.
    Raises `InvalidProblem`.
    """
    _check_limits(time_limit, memory_limit)
    run = Run(time_limit, memory_limit)
    given: object = problem_file.read(program) if isinstance(program, (str, Path)) else program
    if isinstance(given, Problem) and not isinstance(given, StraightLineProgram):
        raise InvalidProblem(f'kind "{given.kind}"', "give a straight-line program (slp)", "program")
    steps = (given if isinstance(given, StraightLineProgram) else StraightLineProgram(given)).steps  # type: ignore[arg-type]  # It converts what it is given.
    with latched() as latch:
        latch.forward(run.interrupt)
        return decide_within(steps, run, seed)


def _check_limits(time_limit: float | None, memory_limit: float | None) -> None:
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None and (not isinstance(limit, (int, float)) or not limit >= 0):
            raise InvalidInput(f"{shown_value(limit)} is no limit", "give a number, 0 or more, or None", name)


def _instance(given: object) -> Instance:
    if isinstance(given, Bundle):
        return given.instance()
    return given if isinstance(given, Instance) else read(_path(given, "instance", " or a dnnt.Instance"))


def _path(given: object, place: str, alternative: str = "") -> str | Path:
    """The argument, where it is a path. Raises `InvalidInput` for anything else."""
    if not isinstance(given, (str, Path)):
        raise InvalidInput(f"{shown_value(given)} is no path", f"give the path of a file{alternative}", place)
    return given
