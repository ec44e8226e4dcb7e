"""Bundle files: JSON <-> `Bundle`. Commands that take an instance read only a bundle's target (formats/instance_file)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dnnt.errors import InvalidInput, at, shown
from dnnt.formats import instance_file, json_text, parameters_file, problem_file
from dnnt.instance import Instance
from dnnt.problems.base import FORMAT as PROBLEM, Problem
from dnnt.reductions import RULES, reduction, variants
from dnnt.reductions.bundle import FORMAT, Bundle

MOST_LINKS = 20
"""The longest chain of bundles in bundles that is read."""


def read(path: str | Path) -> Bundle:
    """Read a bundle file. Raises `InvalidInput`: one line with file, place, fault and remedy."""
    found = document(path)
    if isinstance(found, Instance):
        raise InvalidInput("an instance, and no bundle", "make a bundle with dnnt reduce", file=str(path))
    return found


def document(path: str | Path) -> Instance | Bundle:
    """Read what a file holds: an instance or a bundle. Raises `InvalidInput`."""
    try:
        raw = json_text.read_bytes(path)
        body = json_text.parse(raw)
        if isinstance(body, dict) and body.get("format") == FORMAT:
            return _with(from_json(body), raw)
        return instance_file.parse(raw)
    except InvalidInput as error:
        error.file = error.file or str(path)
        raise


def of(target: Instance) -> Bundle | None:
    """The bundle that an instance is the target of, where it was read from a bundle's file."""
    if target.source is None:
        return None
    body = json_text.parse(target.source)
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        return None
    return _with(from_json(body), target.source)


def parse(raw: bytes) -> Bundle:
    """The bundle in the (decompressed) bytes of a bundle file."""
    return _with(from_json(json_text.parse(raw)), raw)


def from_json(body: Any, depth: int = 0) -> Bundle:
    """The bundle that a parsed JSON object means."""
    instance_file.check_bundle(body)
    if depth > MOST_LINKS:
        raise InvalidInput(f"more than {MOST_LINKS} bundles in bundles", "chain fewer rules", "source")
    rule, variant, trace = body["rule"], body["variant"], body["trace"]
    if rule not in RULES:
        raise InvalidInput(f"unknown rule {shown(rule)}", f"rules are {', '.join(RULES)}", "rule")
    if variant not in variants(rule):
        raise InvalidInput(f"unknown variant {shown(variant)}", f"{rule} has {', '.join(variants(rule))}", "variant")
    if not isinstance(trace, dict):
        raise InvalidInput(f"{shown(trace)} is not an object", "write an object", "trace")
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


def solution_in(bundle: Bundle, body: Any) -> Any:
    """The solution in a parsed solution file: the solution itself, or what an object has under `solution`."""
    from dnnt.problems.csp import CSP

    origin = bundle.origin
    if not isinstance(body, dict) or (isinstance(origin, CSP) and set(body) == set(origin.variables)):
        return body
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
