"""The Python interface: read, solve, check and describe instances (docs/python.md)."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from dnnt.answer import Answer
from dnnt.certificate import Certificate
from dnnt.checking import Verdict, verdict
from dnnt.errors import InvalidInput, shown as shown_value
from dnnt.formats import certificate_file, instance_file, json_text, parameters_file
from dnnt.instance import Instance
from dnnt.interrupts import latched
from dnnt.parameters import Parameters
from dnnt.pipeline import solve as solve_instance
from dnnt.profile import Profile, profile
from dnnt.running import Run


def read(path: str | Path) -> Instance:
    """Read an instance file (`-` is standard input). Raises `InvalidInstance` with file, place, fault and remedy."""
    return instance_file.read(_path(path, "path"))


def parse(text: str | bytes) -> Instance:
    """The instance that the text of an instance file means. Raises `InvalidInput`."""
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else json_text.decompressed(text)
    return instance_file.parse(raw)


def read_parameters(path: str | Path) -> Parameters:
    """Read a parameters file. Raises `InvalidParameters`."""
    return parameters_file.read(_path(path, "path"))


def write(value: Instance | Parameters | Certificate, path: str | Path) -> None:
    """Write an instance, parameters or a certificate to a file of its format (gzipped where the name ends in .gz)."""
    if isinstance(value, Certificate):
        raw = certificate_file.to_bytes(value)
    elif isinstance(value, Parameters):
        raw = parameters_file.to_text(value).encode()
    elif isinstance(value, Instance):
        raw = instance_file.to_bytes(value)
    else:
        kinds = "an instance, parameters or a certificate"
        raise InvalidInput(f"{shown_value(value)} cannot be written", f"give {kinds}", "value")
    json_text.write_bytes(_path(path, "path"), raw)


def solve(
    instance: Instance | str | Path,
    goal: str | None = None,
    method: str = "auto",
    time_limit: float | None = None,
    memory_limit: float | None = None,
    progress: bool = False,
    check: bool = True,
) -> Answer:
    """Decide or minimise an instance exactly; the answer's claims are checked before it returns.

    `goal`: "decide" (the default where there is a gamma) or "minimize"; `time_limit` in seconds, `memory_limit` in MiB;
    `progress` shows a line on standard error. Limits and Ctrl-C give the best parameters and bound so far. Raises
    `InvalidInstance` and `MethodUnsuitable`.
    """
    started = monotonic()
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None and (not isinstance(limit, (int, float)) or not limit >= 0):
            raise InvalidInput(f"{shown_value(limit)} is no limit", "give a number, 0 or more, or None", name)
    file = None if isinstance(instance, Instance) else str(instance)
    given = _instance(instance)
    if not progress:
        return _solve(given, goal, method, check, file, Run(time_limit, memory_limit, None, started))
    from dnnt.progress import shown

    with shown(given.name or file or "instance") as observer:
        return _solve(given, goal, method, check, file, Run(time_limit, memory_limit, observer, started))


def _solve(given: Instance, goal: str | None, method: str, check: bool, file: str | None, run: Run) -> Answer:
    with latched() as latch:
        latch.forward(run.interrupt)
        return solve_instance(given, goal, method, run, check, file)


def check(instance: Instance | str | Path, certificate: Any, budget: float = 600.0) -> Verdict:
    """Run the independent checker on an instance and a certificate (values or files). `budget` in seconds."""
    if isinstance(instance, Instance):
        raw = instance_file.to_bytes(instance)
    else:
        raw = json_text.read_bytes(_path(instance, "instance", " or a dnnt.Instance"))
    if isinstance(certificate, Certificate):
        claim = certificate_file.to_bytes(certificate)
    else:
        claim = json_text.read_bytes(_path(certificate, "certificate", " or answer.certificate"))
    return verdict(raw, claim, budget)


def info(instance: Instance | str | Path) -> Profile:
    """Sizes, ranges, regime, what theorems say, and the predicted cost of each method."""
    return profile(_instance(instance))


def _instance(given: object) -> Instance:
    return given if isinstance(given, Instance) else read(_path(given, "instance", " or a dnnt.Instance"))


def _path(given: object, place: str, alternative: str = "") -> str | Path:
    """The argument, where it is a path. Raises `InvalidInput` for anything else."""
    if not isinstance(given, (str, Path)):
        raise InvalidInput(f"{shown_value(given)} is no path", f"give the path of a file{alternative}", place)
    return given
