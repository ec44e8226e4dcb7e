"""The contract of a method: what it must say of an instance, compared with the oracle, `evaluate` and the checker."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from dnnt import api, attempt
from dnnt.answer import CHECKED, Answer
from dnnt.choice import prospects
from dnnt.evaluation import evaluate
from dnnt.exact import Number, text
from dnnt.formats import instance_file, json_text
from dnnt.instance import Instance
from dnnt.methods import NAMES, method as named
from dnnt.methods.base import DECIDE, MINIMIZE
from dnnt.parameters import parameters
from dnnt.reachable import cheapest, execute, halves, hull, key_kinds, keysets, mixtures, search
from dnnt.testing.oracle import Oracle, oracle

FIELDS = (
    "file", "name", "sha256", "goal", "answer", "status", "loss", "bound", "gamma", "parameters", "assurance",
    "bound_assurance", "method", "reason", "stop", "seconds", "stats", "version",
)  # fmt: skip
"""The fields of an answer's JSON object (docs/commands.md)."""


def takers(instance: Instance) -> tuple[str, ...]:
    """The proving methods that take an instance: all where a space is empty, since none has to be asked then."""
    proving = [name for name in NAMES if named(name).proves]
    if instance.has_empty_space:
        return tuple(proving)
    return tuple(each.name for each in prospects(instance, proving) if each.refusal is None)


def check_method(
    instance: Instance,
    method: str,
    known: Oracle | None = None,
    folder: Path | None = None,
    processes: bool = False,
) -> None:
    """Hold a method (or `auto`) to its contract on a small instance that it takes, for both goals.

    The instance is written to a file and solved through the public interface (with `processes` through the command
    line too, and the checker in a process of its own). Answer, status, loss and bound are compared with the oracle
    (`known`, or computed here), the parameters are evaluated, everything must be `checked`, and the written certificate
    must make the claim that the answer makes. Raises an `AssertionError` that ends with the instance's JSON.
    """
    with _Replayable(instance, method), TemporaryDirectory(dir=folder) as made:
        truth = oracle(instance) if known is None else known
        file = Path(made) / "instance.dnnt.json"
        api.write(instance, file)
        for goal in (MINIMIZE,) if instance.gamma is None else (MINIMIZE, DECIDE):
            answer = api.solve(file, goal=goal, method=method)
            _check_answer(instance, truth, answer, file, goal, method)
            _check_certificate(answer, file, Path(made) / "answer.dnnt.cert.json.gz", processes)
            if processes:
                _check_commands(answer, file, goal, method)


class _Replayable:
    """Whatever goes wrong inside becomes an `AssertionError` that ends with the instance."""

    def __init__(self, instance: Instance, method: str) -> None:
        self._instance = instance
        self._method = method

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            body = instance_file.to_bytes(self._instance).decode()
            said = str(error) or "an assertion"
            raise AssertionError(f"{self._method}: {type(error).__name__}: {said}\n{body}") from error


def _equal(what: str, said: object, right: object) -> None:
    assert said == right, f"{what} is {said!r}, and should be {right!r}"


def _check_answer(instance: Instance, truth: Oracle, answer: Answer, file: Path, goal: str, method: str) -> None:
    least, gamma = truth.least, instance.gamma
    possible = least is not None and gamma is not None and least <= gamma
    fixed = {
        "file": str(file),
        "name": instance.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "goal": goal,
        "gamma": gamma,
        "answer": None if gamma is None else "yes" if possible else "no",
        "assurance": CHECKED,
        "stop": "proved",
        "status": _status(goal, least, possible),
    }
    for name, right in fixed.items():
        _equal(name, getattr(answer, name), right)
    if method != "auto":
        _equal("method", answer.method, method)
    _check_numbers(answer, least, goal, possible)
    _equal("exit_code", answer.exit_code, 0)
    if answer.parameters is None:
        _equal("parameters None", least, None)
        _equal("loss", answer.loss, None)
    else:
        said = evaluate(instance, answer.parameters)
        assert said.inside, "a parameter lies outside its space"
        _equal("the loss of the parameters", said.total, answer.loss)
        assert said.total in truth.losses, "a loss that the oracle does not know"
        _equal("parameters read back", parameters(answer.parameters.to_json()), answer.parameters)
    body = answer.to_json()
    _equal("the fields", tuple(body), FIELDS)
    json_text.parse(json_text.dumps(body).encode())


def _status(goal: str, least: Number | None, possible: bool) -> str:
    if least is None:
        return "infeasible"
    if goal == MINIMIZE:
        return "optimal"
    return "feasible" if possible else "infeasible"


def _check_numbers(answer: Answer, least: Number | None, goal: str, possible: bool) -> None:
    if least is None:
        _equal("loss and bound", (answer.loss, answer.bound), (None, None))
    elif goal == MINIMIZE:
        _equal("loss and bound", (answer.loss, answer.bound), (least, least))
    else:
        assert answer.bound is None or answer.bound <= least, f"bound {answer.bound} above {least}"
        if possible:
            assert answer.loss is not None and answer.gamma is not None, "a yes without a loss"
            assert answer.loss <= answer.gamma, f"a yes with loss {answer.loss}"
        else:
            assert answer.bound is not None and answer.gamma is not None, "a no without a bound"
            assert answer.bound >= answer.gamma, f"a no with bound {answer.bound}"
    if answer.bound is None or goal == MINIMIZE or not possible:
        _equal("bound_assurance", answer.bound_assurance, None)


def claim_of(answer: Answer) -> str:
    """The claim that a checker of the answer's certificate must print."""
    if answer.status == "optimal":
        return f"optimal {text(answer.loss)}" if answer.loss is not None else "?"
    if answer.status == "infeasible" and answer.bound is None:
        return "infeasible"
    if answer.status == "infeasible" and answer.bound is not None:
        return f"loss {'>' if answer.bound == answer.gamma else '>='} {text(answer.bound)}"
    return f"loss <= {text(answer.loss)}" if answer.loss is not None else "?"


def _check_certificate(answer: Answer, file: Path, path: Path, processes: bool) -> None:
    claim = claim_of(answer)
    assert answer.certificate is not None, "an answer without a certificate"
    api.write(answer.certificate, path)
    said = api.check(file, path)
    _equal("the checker's line", said.line, f"VALID {claim}")
    upper = answer.loss if answer.status in ("optimal", "feasible") else None
    lower = answer.bound if answer.status in ("optimal", "infeasible") else None
    _equal(
        "the checker's numbers",
        (said.upper, said.lower, said.strict),
        (upper, lower, claim.startswith("loss > ")),
    )
    if processes:
        done = _run("dnnt_check", str(file), str(path))
        _equal("dnnt_check", (done.stdout, done.returncode), (f"VALID {claim}\n", 0))


def _check_commands(answer: Answer, file: Path, goal: str, method: str) -> None:
    """The same through `dnnt solve`, `dnnt check` and `dnnt evaluate`."""
    certificate, chosen = file.with_name("cli.dnnt.cert.json"), file.with_name("cli.json")
    outputs = ["--certificate", str(certificate), "--parameters", str(chosen)]
    done = _run("dnnt", "solve", str(file), "--json", "--goal", goal, "--method", method, *outputs)
    _equal("exit status", done.returncode, 0)
    said, right = json.loads(done.stdout), json.loads(json_text.dumps(answer.to_json()))
    for name in FIELDS:
        if name != "seconds":
            _equal(f"{name} of dnnt solve", said[name], right[name])
    _equal(
        "dnnt check",
        _run("dnnt", "check", str(file), str(certificate)).stdout,
        f"VALID {claim_of(answer)}\n",
    )
    if answer.parameters is not None:
        total = json.loads(_run("dnnt", "evaluate", str(file), str(chosen), "--json").stdout)
        _equal("dnnt evaluate", (total["total"], total["inside"]), (right["loss"], True))


def _run(module: str, *arguments: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


WAYS = keysets.WAYS
"""The ways of forming a sumset (`dnnt.reachable.keysets.way`)."""

_FORCED_SPAN = 1 << 20


HULL_WAYS = ("face", "near", "window", "halves", "box")
"""The ways of `dnnt.reachable.hull`: all states near a face, targets near one, in a window, against whole halves; all
states in a box.
"""

_NEVER = 1e15


def _hull_forces(last: str) -> list[tuple[Any, str, Any]]:
    """What to set so that the last step ends that way where it is open; without luck in finding states."""
    wanted: list[tuple[Any, str, Any]] = [(attempt, "_probe", lambda instance, run: None)]
    if last == "none":
        return [*wanted, (hull, "MOST_AXES", 0)]
    wanted.append((hull, "MOST_NEAR", 40.0 if last == "face" else -1.0))
    if last == "face":
        return wanted
    if last == "box":
        return [*wanted, (hull, "QUICKLY_NEAR", -1.0), (hull, "MOST_TARGETS", 0), (halves, "LEAST_TIMES", 1)]
    wanted += [(mixtures, "MOST_MEMBERS", -1), (halves, "LEAST_TIMES", 2)]
    wanted.append((hull, "STATE_SECONDS", 0.0 if last == "near" else _NEVER))
    wanted.append((hull, "WINDOW_CHECK", 0 if last == "window" else _NEVER))
    whole = 0.0 if last == "halves" else _NEVER / 2
    wanted.append((hull._Search, "_predicted", lambda self, sizes: whole))
    return wanted


@contextmanager
def forced(targets: bool = False, way: str | None = None, last: str | None = None) -> Iterator[None]:
    """Make method `reachable` take, on small instances, the ways that it takes on large ones.

    `targets` ends it by targets where they are few enough to list; `way`, one of `WAYS`, forms every sumset that way
    where the box allows it; `last`, one of `HULL_WAYS` or "none" (no hull is looked at), decides how the last step
    ends, as far as it is open. For tests: other threads see the change too.
    """
    wanted: list[tuple[Any, str, Any]] = [] if last is None else _hull_forces(last)
    if targets and last is None:
        wanted.append((hull, "MOST_AXES", 0))
    if targets:
        wanted += [(search, "POINT_PAIRS", 0), (search, "TABLE_CELLS", 3000)]
    if way is not None:
        wanted.append((keysets, "way", lambda left, right, span: _allowed(way, span)))
        wanted += [(execute, "KEPT_BYTES", 0), (execute, "LEAST_KEPT", 1)]
        wanted += [(keysets, "SMALL_PAIRS", 0), (keysets, "CHUNK_PAIRS", 7), (cheapest, "SMALL_PAIRS", 0)]
        wanted += [(key_kinds, "LISTED_CELLS", 0), (key_kinds, "SPLIT_BY_KEY", 0)]
    before = [(module, name, getattr(module, name)) for module, name, _ in wanted]
    try:
        for module, name, value in wanted:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _allowed(way: str, span: int) -> str:
    limit = key_kinds.NUMPY_SPAN if way in ("sort", "windows") else _FORCED_SPAN
    return way if span <= limit else "frozenset"
