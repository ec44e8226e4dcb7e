"""The JSON Schemas of problems and of reductions accept and reject what the readers do.

Problems are tried with single changes to good ones, against the schema and the reader at once.
"""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from dnnt.errors import InvalidProblem
from dnnt.formats import problem_file


def schema(name: str) -> Any:
    text = files("dnnt").joinpath("formats", "schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    body = json.loads(text)
    Draft202012Validator.check_schema(body)
    return body


SCHEMAS = {name: schema(name) for name in ("problem", "instance", "reduction")}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(body["$id"], Resource.from_contents(body)) for body in SCHEMAS.values()]
)
PROBLEM, REDUCTION = (Draft202012Validator(SCHEMAS[name], registry=REGISTRY) for name in ("problem", "reduction"))


def changed(value: Any, place: str, new: Any) -> Any:
    """A copy of `value` in which what is at `place` is `new`; with `...` it is removed."""
    result = copy.deepcopy(value)
    *path, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    inner = result
    for step in path:
        inner = inner[step]
    if new is ...:
        del inner[last]
    else:
        inner[last] = new
    return result


HEAD = {"format": "dnnt-problem", "version": 1}
GOOD: dict[str, dict[str, Any]] = {
    "subset-sum": {**HEAD, "kind": "subset-sum", "items": [3, 5, "7"], "target": -2},
    "csp": {
        **HEAD,
        "kind": "csp",
        "alphabet": [1, "1", 2],
        "variables": ["u", "v"],
        "constraints": [
            {"scope": ["u", "v"], "allowed": [[1, "1"], [2, 2], [2, 2]]},
            {"scope": ["u"], "allowed": [["1"]]},
            {"scope": ["v", "v"], "allowed": []},
        ],
    },
    "exact-cover": {**HEAD, "kind": "exact-cover", "universe": [1, "1"], "sets": [[1], ["1"], [1], []], "count": 3},
    "slp": {**HEAD, "kind": "slp", "steps": [["+", 0, 0], ["-", 1, 0], ["*", 2, 1]]},
}

ACCEPTED = [
    ("subset-sum", "items", []),
    ("subset-sum", "items.0", 10**50),
    ("subset-sum", "items.0", 3.0),
    ("subset-sum", "items.0", "-0"),
    ("subset-sum", "target", "-12"),
    ("csp", "alphabet.2", 2.0),
    ("csp", "constraints", []),
    ("csp", "constraints.0.scope", ["u", "u"]),
    ("exact-cover", "count", None),
    ("exact-cover", "count", 0),
    ("exact-cover", "sets", []),
    ("slp", "steps", []),
    ("slp", "steps.2", ["*", 0, 2]),
]

REJECTED = [
    ("slp", "format", ...),
    ("slp", "format", "dnnt-instance"),
    ("slp", "version", ...),
    ("slp", "version", 2),
    ("slp", "version", True),
    ("slp", "kind", ...),
    ("slp", "kind", "SLP"),
    ("slp", "kind", "csp"),
    ("slp", "name", "x"),
    ("slp", "items", []),
    ("slp", "steps", ...),
    ("slp", "steps", None),
    ("slp", "steps.0", "+"),
    ("slp", "steps.0", ["+", 0]),
    ("slp", "steps.0", ["+", 0, 0, 0]),
    ("slp", "steps.0.0", "/"),
    ("slp", "steps.0.1", -1),
    ("slp", "steps.0.1", "0"),
    ("slp", "steps.0.1", True),
    ("slp", "steps.0.1", 0.5),
    ("subset-sum", "items", ...),
    ("subset-sum", "target", ...),
    ("subset-sum", "items", "35"),
    ("subset-sum", "items.0", -1),
    ("subset-sum", "items.0", 0.5),
    ("subset-sum", "items.0", "-1"),
    ("subset-sum", "items.0", "1e2"),
    ("subset-sum", "items.0", True),
    ("subset-sum", "items.0", None),
    ("subset-sum", "target", None),
    ("subset-sum", "target", 0.5),
    ("subset-sum", "target", "x"),
    ("csp", "alphabet", ...),
    ("csp", "alphabet", {}),
    ("csp", "alphabet.0", 0.5),
    ("csp", "alphabet.0", True),
    ("csp", "alphabet.0", None),
    ("csp", "alphabet.0", "1"),
    ("csp", "alphabet.0", 2.0),
    ("csp", "variables", ...),
    ("csp", "variables.0", 1),
    ("csp", "variables.0", "v"),
    ("csp", "constraints", ...),
    ("csp", "constraints.0", [["u"], []]),
    ("csp", "constraints.0.scope", ...),
    ("csp", "constraints.0.scope", []),
    ("csp", "constraints.0.scope", ["u", "v", "u"]),
    ("csp", "constraints.0.scope", ["u"]),
    ("csp", "constraints.0.allowed", ...),
    ("csp", "constraints.0.allowed", [1]),
    ("csp", "constraints.0.allowed", [[]]),
    ("csp", "constraints.0.allowed", [[1]]),
    ("csp", "constraints.1.allowed", [[1, 1]]),
    ("csp", "constraints.0.allowed.0.0", None),
    ("csp", "constraints.0.weight", 1),
    ("exact-cover", "universe", ...),
    ("exact-cover", "universe.0", "1"),
    ("exact-cover", "universe.0", None),
    ("exact-cover", "sets", ...),
    ("exact-cover", "sets.0", 1),
    ("exact-cover", "sets.0", [1, 1]),
    ("exact-cover", "sets.0.0", True),
    ("exact-cover", "count", ...),
    ("exact-cover", "count", -1),
    ("exact-cover", "count", 0.5),
    ("exact-cover", "count", "3"),
]

BEYOND_A_SCHEMA = [
    ("subset-sum", "items.0", "1/2"),
    ("csp", "constraints.0.scope.0", "w"),
    ("csp", "constraints.0.allowed.0.0", 3),
    ("exact-cover", "sets.0.0", 2),
    ("slp", "steps.0.1", 1),
]


def readable(body: Any) -> bool:
    """Whether the reader takes it."""
    try:
        problem_file.parse(json.dumps(body).encode())
    except ValueError as error:
        assert isinstance(error, InvalidProblem) or hasattr(error, "fault")
        return False
    return True


@pytest.mark.parametrize("kind", GOOD)
def test_good_problem(kind: str) -> None:
    PROBLEM.validate(GOOD[kind])
    assert readable(GOOD[kind])
    PROBLEM.validate(json.loads(problem_file.to_bytes(problem_file.from_json(GOOD[kind]))))


@pytest.mark.parametrize(("kind", "place", "new"), ACCEPTED)
def test_accepted(kind: str, place: str, new: Any) -> None:
    body = changed(GOOD[kind], place, new)
    PROBLEM.validate(body)
    assert readable(body)


@pytest.mark.parametrize(("kind", "place", "new"), REJECTED)
def test_rejected(kind: str, place: str, new: Any) -> None:
    body = changed(GOOD[kind], place, new)
    assert not PROBLEM.is_valid(body)
    assert not readable(body)


@pytest.mark.parametrize(("kind", "place", "new"), BEYOND_A_SCHEMA)
def test_rejected_by_the_reader_alone(kind: str, place: str, new: Any) -> None:
    body = changed(GOOD[kind], place, new)
    assert PROBLEM.is_valid(body)
    assert not readable(body)


INSTANCE = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "layers": [{"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}],
    "samples": [],
    "loss": "squared",
}
BUNDLE: dict[str, Any] = {
    "format": "dnnt-reduction",
    "version": 1,
    "rule": "slp-to-dnnt",
    "variant": "digits",
    "source": GOOD["slp"],
    "target": INSTANCE,
    "trace": {"free": [1]},
}


@pytest.mark.parametrize(
    ("rule", "variant", "source"),
    [
        ("slp-to-dnnt", "repaired", GOOD["slp"]),
        ("subset-sum-to-dnnt", "repaired", GOOD["subset-sum"]),
        ("csp-to-dnnt", "printed", GOOD["csp"]),
        ("exact-cover-to-dnnt", "repaired", GOOD["exact-cover"]),
        ("dnnt-to-cnnt", "probes", INSTANCE),
        ("dnnt-to-cnnt", "repaired", BUNDLE),
    ],
)
def test_bundle_accepted(rule: str, variant: str, source: Any) -> None:
    REDUCTION.validate({**BUNDLE, "rule": rule, "variant": variant, "source": source})


@pytest.mark.parametrize(
    "change",
    [
        {"format": "dnnt-problem"},
        {"version": 2},
        {"rule": "sat-to-dnnt"},
        {"variant": "best"},
        {"variant": "probes"},
        {"source": GOOD["csp"]},
        {"source": INSTANCE},
        {"source": {**GOOD["slp"], "steps": 1}},
        {"target": GOOD["slp"]},
        {"target": {**INSTANCE, "inputs": -1}},
        {"trace": None},
        {"notes": {}},
        {"rule": "exact-cover-to-dnnt", "variant": "printed", "source": GOOD["exact-cover"]},
        {"rule": "dnnt-to-cnnt", "variant": "repaired"},
        {"rule": "dnnt-to-cnnt", "variant": "digits", "source": INSTANCE},
        {"rule": "dnnt-to-cnnt", "variant": "repaired", "source": {**BUNDLE, "trace": 1}},
    ],
)
def test_bundle_rejected(change: dict[str, Any]) -> None:
    assert not REDUCTION.is_valid({**BUNDLE, **change})


@pytest.mark.parametrize("key", BUNDLE)
def test_bundle_needs_every_key(key: str) -> None:
    assert not REDUCTION.is_valid({name: value for name, value in BUNDLE.items() if name != key})
