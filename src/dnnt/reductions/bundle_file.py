"""Bundle files: JSON <-> `Bundle`. Commands that take an instance read a bundle's target alone (instance_file.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dnnt.errors import InvalidInput, at, shown
from dnnt.formats import instance_file, json_text, parameters_file, problem_file
from dnnt.instance import Instance
from dnnt.problems.base import FORMAT as PROBLEM, Problem
from dnnt.reductions import reduction
from dnnt.reductions.bundle import FORMAT, Bundle

_RULE = b"dnnt-to-cnnt"

MOST_LINKS = 20
"""The longest chain of bundles in bundles that is read."""


def read(path: str | Path) -> Bundle:
    """Read a bundle file. Raises `InvalidInput`: one line with file, place, fault and remedy."""
    raw = json_text.read_bytes(path)
    try:
        body = json_text.parse(raw)
        if isinstance(body, dict) and body.get("format") in (instance_file.FORMAT, PROBLEM):
            raise InvalidInput(f"{shown(body['format'])} is no bundle", "make one with dnnt reduce", "format")
        return _with(from_json(body), raw)
    except InvalidInput as error:
        error.file = error.file or str(path)
        raise


def read_checked(path: str | Path) -> Bundle:
    """Read a bundle whose target and trace are what its rule makes of its source. Raises `InvalidInput`."""
    made = read(path)
    try:
        made.check()
    except InvalidInput as error:
        error.file = error.file or str(path)
        raise
    return made


def document(path: str | Path) -> Instance | Bundle:
    """Read what a file holds: an instance or a bundle, whose target is then what its rule makes of its source. Raises
    `InvalidInput`.
    """
    raw = json_text.read_bytes(path)
    try:
        body = json_text.parse(raw)
        if isinstance(body, dict) and body.get("format") == FORMAT:
            made = _with(from_json(body), raw)
            made.check()
            return made
        if isinstance(body, dict) and body.get("format") == PROBLEM:
            raise InvalidInput(f"{shown(PROBLEM)} is no instance", "reduce it to one first", "format")
        return instance_file.parse(raw)
    except InvalidInput as error:
        error.file = error.file or str(path)
        raise


def of(target: Instance) -> Bundle | None:
    """The bundle of dnnt-to-cnnt that an instance is the target of, where it was read from a bundle's file.

    Raises `InvalidInput` for a bundle that is not well made.
    """
    raw = target.source
    if raw is None or not may_be_of(target):
        return None
    body = json_text.parse(raw)
    if not isinstance(body, dict) or body.get("format") != FORMAT or body.get("rule") != _RULE.decode():
        return None
    return _with(from_json(body), raw)


def may_be_of(target: Instance) -> bool:
    """Whether an instance may have such a bundle. Quick, for most files are none."""
    return target.source is not None and (_RULE in target.source or b"\\u" in target.source)


def parse(raw: bytes) -> Bundle:
    """The bundle in the (decompressed) bytes of a bundle file."""
    return _with(from_json(json_text.parse(raw)), raw)


def from_json(body: Any, depth: int = 0) -> Bundle:
    """The bundle that a parsed JSON object means."""
    instance_file.check_bundle(body)
    if depth > MOST_LINKS:
        raise InvalidInput(f"more than {MOST_LINKS} bundles in bundles", "chain fewer rules", "source")
    rule, variant, trace = body["rule"], body["variant"], body["trace"]
    with at("source"):
        source = _source(body["source"], depth)
    with at("target"):
        target = instance_file.from_json(body["target"])
    made = Bundle(rule, variant, source, target, trace)
    refusal = reduction(rule, variant).accepts(source)
    if refusal is not None:
        raise InvalidInput(refusal, "make the bundle with dnnt reduce", "source")
    return made


def _source(body: Any, depth: int) -> Problem | Instance | Bundle:
    kind = body.get("format") if isinstance(body, dict) else None
    if kind == FORMAT:
        return from_json(body, depth + 1)
    if kind == PROBLEM:
        return problem_file.from_json(body)
    return instance_file.from_json(body)


def _with(bundle: Bundle, raw: bytes) -> Bundle:
    object.__setattr__(bundle, "raw", raw)
    return bundle


def result_in(raw: bytes) -> Any:
    """What the bytes of a result hold: parameters, or the one object of solve --json."""
    try:
        return json_text.parse(raw)
    except InvalidInput as error:
        lines = [line for line in raw.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
            raise InvalidInput(f"{len(lines)} answers, one a line", "give the answer to this bundle alone") from None
        raise error


def solution_in(bundle: Bundle, body: Any) -> Any:
    """The solution in a parsed solution file: the solution itself, or what an object has under `solution`."""
    from dnnt.problems.csp import CSP

    origin = bundle.origin
    if not isinstance(body, dict):
        return body
    if isinstance(origin, CSP) and not isinstance(body.get("solution"), dict | None):
        return body  # A variable of this name: letters are no objects.
    if "error" in body and set(body) <= {"file", "error"} and not isinstance(origin, CSP):
        raise InvalidInput(f"no answer, but an error: {shown(body['error'])}", "give a solution", "error")
    if isinstance(origin, Instance):
        if body.get("format") == parameters_file.FORMAT:
            return parameters_file.from_json(body)
        key = next((key for key in ("solution", "parameters") if key in body), None)
    else:
        key = "solution" if "solution" in body else None
    if key is None:
        return body
    if body[key] is None:
        raise InvalidInput("null is no solution", "give the result of a yes", key)
    return body[key]
