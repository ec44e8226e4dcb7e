"""The JSON Schemas of bundles, and of the activations and losses that reductions need.

Bundles of every rule in every variant pass, also chains; instances with those kinds are tried with single changes,
against the schema and the reader at once.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import dnnt
from dnnt.catalogue import EXAMPLES
from dnnt.errors import InvalidInput, MethodUnsuitable
from dnnt.formats import instance_file, json_text, problem_file
from dnnt.instance import Instance
from dnnt.problems.base import Problem
from dnnt.reductions import all_reductions, reduction
from dnnt.reductions.base import Reduction
from tests.formats.test_problem_schemas import REDUCTION, REGISTRY, SCHEMAS, changed

INSTANCE = type(REDUCTION)(SCHEMAS["instance"], registry=REGISTRY)
RULES = all_reductions()


def plain(body: Any) -> Any:
    """A value as any other program reads it from the file that is written."""
    return json.loads(json_text.dumps(body))


MORE: dict[str, dict[str, Any]] = {
    "slp": {"kind": "slp", "steps": [["-", 0, 0], ["*", 1, 0], ["+", 2, 1]]},
    "subset-sum": {"kind": "subset-sum", "items": [0, 10**30, 10**30], "target": 2 * 10**30},
    "csp": {
        "kind": "csp",
        "alphabet": [1, "1"],
        "variables": ["u", "v"],
        "constraints": [{"scope": ["u", "u"], "allowed": [[1, "1"], [1, 1]]}, {"scope": ["v"], "allowed": []}],
    },
    "exact-cover": {"kind": "exact-cover", "universe": [1, "1"], "sets": [[1, "1"], []], "count": None},
}


def sources(rule: Reduction) -> list[Problem | Instance]:
    """The catalogue's example, and a few more that have other features."""
    found: list[Problem | Instance] = [EXAMPLES[rule.source_kind][1]()]
    if rule.source_kind in MORE:
        found.append(problem_file.from_json({"format": "dnnt-problem", "version": 1, **MORE[rule.source_kind]}))
    else:
        edges = [
            {"from": "s", "to": "h", "weights": [{"from": -9, "to": 9}], "bias": [0]},
            {"from": "h", "to": "t", "weights": [[-1, 1]], "bias": [0]},
            {"from": "s", "to": "t", "weights": [[0, 2]], "bias": [0, 1]},
        ]
        samples = [([1], [1], 2), ([-2], [-1])]
        vertices = [("h", {"kind": "clip", "low": -1, "high": 4}), ("t", "identity")]
        for loss in ("misclassified", {"kind": "hinge", "margin": 1}, "absolute"):
            found.append(dnnt.graph(1, vertices, ["t"], edges, samples, loss, 2))
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.rule}-{rule.variant}")
def test_every_rule(rule: Reduction) -> None:
    taken = [source for source in sources(rule) if rule.accepts(source) is None]
    assert taken
    for source in taken:
        body = plain(rule.reduce(source).to_json())
        REDUCTION.validate(body)
        INSTANCE.validate(body["target"])
        for key in body:
            assert not REDUCTION.is_valid({name: value for name, value in body.items() if name != key})
        assert not REDUCTION.is_valid(changed(body, "target.loss", "mse"))
        assert not REDUCTION.is_valid(changed(body, "target.vertices.0.activation", "tanh"))
        assert not REDUCTION.is_valid({**body, "comment": ""})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.rule}-{rule.variant}")
def test_other_rules_and_variants_are_refused(rule: Reduction) -> None:
    """Where there is no such rule in such a variant from such a source, the schema says so too."""
    source = EXAMPLES[rule.source_kind][1]()
    body = plain(rule.reduce(source).to_json())
    for other in RULES:
        fits = other.source_kind == rule.source_kind
        assert REDUCTION.is_valid({**body, "rule": other.rule, "variant": other.variant}) == fits
    for variant in ("repaired", "printed", "digits", "probes", "best"):
        try:
            reduction(rule.rule, variant)
            there = True
        except MethodUnsuitable:
            there = False
        assert REDUCTION.is_valid({**body, "variant": variant}) == there


@pytest.mark.parametrize("first", [rule for rule in RULES if rule.target_kind == "dnnt"], ids=lambda rule: rule.rule)
def test_chains(first: Reduction) -> None:
    bundle = (first >> reduction("dnnt-to-cnnt")).reduce(EXAMPLES[first.source_kind][1]())
    REDUCTION.validate(plain(bundle.to_json()))


WINDOWS = {"kind": "windows", "inside": "relu", "bound": "3/2", "zero": [[2, 3], [5, 5]]}
CHECK = {"output": 1, "activation": WINDOWS, "terms": [["1/2", [0, 0], [1]], [1, [], []]]}
GUARDED = {
    "kind": "guarded",
    "tag": 1,
    "penalty": 9,
    "outputs": [0],
    "loss": "squared",
    "checks": [{"output": 0, "in": {"from": 0, "to": 4}}],
    "cases": [{"base": 0, "weight": "1/2", "x": [1, "2/3"], "checks": [CHECK, {"output": 1, "in": []}]}],
}
GOOD: dict[str, Any] = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 0,
    "vertices": [{"id": "a", "activation": WINDOWS}, {"id": "b", "activation": "digit_code"}],
    "outputs": ["a", "b"],
    "edges": [],
    "samples": [{"x": [], "y": [1, 1]}],
    "loss": GUARDED,
}
PAIRS = {"kind": "pairs", "size": 2, "allowed": [[[1, 2]], []]}


def readable(body: Any) -> bool:
    """Whether the reader takes it."""
    try:
        instance_file.parse(json.dumps(body).encode())
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("loss", "positive"),
        ("loss", PAIRS),
        ("loss", {**PAIRS, "kind": "printed_pairs", "size": 2.0}),
        ("loss.loss", "zero_one"),
        ("loss.loss", {**PAIRS, "allowed": [[]]}),
        ("loss.outputs", []),
        ("loss.cases", []),
        ("loss.tag", 1.0),
        ("loss.checks.0.in", [0, "1/2"]),
        ("loss.cases.0.base", "0.5"),
        ("loss.cases.0.checks.0.activation", "printed_product"),
        ("vertices.0.activation", "digit_product"),
        ("vertices.0.activation", "printed_code"),
        ("vertices.0.activation.inside", {"kind": "scale", "factor": 2}),
        ("vertices.0.activation.zero", []),
        ("vertices.0.activation.bound", 0),
    ],
)
def test_accepted(place: str, new: Any) -> None:
    body = changed(GOOD, place, new)
    assert readable(body)
    INSTANCE.validate(body)


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("vertices.0.activation", "windows"),
        ("vertices.0.activation", {"kind": "digit_code"}),
        ("vertices.0.activation.inside", WINDOWS),
        ("vertices.0.activation.inside", None),
        ("vertices.0.activation.inside", "tanh"),
        ("vertices.0.activation.inside", ...),
        ("vertices.0.activation.bound", -1),
        ("vertices.0.activation.bound", "-1/2"),
        ("vertices.0.activation.bound", ...),
        ("vertices.0.activation.zero", ...),
        ("vertices.0.activation.zero", [[1, 2, 3]]),
        ("vertices.0.activation.zero", [1, 2]),
        ("vertices.0.activation.zero.0.1", None),
        ("vertices.0.activation.factor", 1),
        ("loss", {"kind": "positive"}),
        ("loss", {**PAIRS, "size": -1}),
        ("loss", {**PAIRS, "size": "2"}),
        ("loss", {**PAIRS, "size": True}),
        ("loss", {"kind": "pairs", "size": 2}),
        ("loss", {**PAIRS, "allowed": [[[1, 2, 2]], []]}),
        ("loss", {**PAIRS, "allowed": [[[0, 1]], []]}),
        ("loss", {**PAIRS, "allowed": [[["1", 1]], []]}),
        ("loss", {**PAIRS, "allowed": [[1, 2], []]}),
        ("loss", {**PAIRS, "otherwise": 2}),
        ("loss.loss", GUARDED),
        ("loss.loss", ...),
        ("loss.tag", -1),
        ("loss.tag", "1"),
        ("loss.penalty", -1),
        ("loss.penalty", ...),
        ("loss.outputs", [0, 0]),
        ("loss.outputs.0", 0.5),
        ("loss.checks", {}),
        ("loss.checks.0.in", "real"),
        ("loss.checks.0.in", 3),
        ("loss.checks.0.in.step", 0),
        ("loss.checks.0.output", ...),
        ("loss.checks.0.output", None),
        ("loss.checks.0.terms", []),
        ("loss.checks.0", {"output": 0}),
        ("loss.cases.0", ...),
        ("loss.cases.0.base", -1),
        ("loss.cases.0.weight", "x"),
        ("loss.cases.0.x", 3),
        ("loss.cases.0.x", ...),
        ("loss.cases.0.y", []),
        ("loss.cases.0.checks", ...),
        ("loss.cases.0.checks.0.activation", "tanh"),
        ("loss.cases.0.checks.0.terms.0", [1, [0]]),
        ("loss.cases.0.checks.0.terms.0", [1, [0], [], []]),
        ("loss.cases.0.checks.0.terms.0.0", True),
        ("loss.cases.0.checks.0.terms.0.1", 0),
        ("loss.cases.0.checks.0.terms.0.1.0", -1),
        ("loss.cases.0.checks.0.terms.0.2.0", "0"),
    ],
)
def test_rejected(place: str, new: Any) -> None:
    body = changed(GOOD, place, new)
    if (place, new) == ("loss.cases.0", ...):
        body["loss"]["cases"] = [3]
    assert not INSTANCE.is_valid(body)
    assert not readable(body)


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("vertices.0.activation.zero.0", [3, 2]),
        ("loss", {**PAIRS, "size": 1}),
        ("loss", {**PAIRS, "allowed": [[]]}),
        ("loss.tag", 2),
        ("loss.outputs", [2]),
        ("loss.checks.0.output", 2),
        ("loss.cases.0.checks.0.terms.0.1", [2]),
        ("loss.cases.0.checks.0.terms.0.2", [2]),
        ("loss.loss", {**PAIRS, "allowed": []}),
        ("samples.0.y", [1]),
    ],
)
def test_rejected_by_the_reader_alone(place: str, new: Any) -> None:
    body = changed(GOOD, place, new)
    assert INSTANCE.is_valid(body)
    assert not readable(body)


def test_good() -> None:
    INSTANCE.validate(GOOD)
    INSTANCE.validate(plain(instance_file.to_json_object(instance_file.parse(json.dumps(GOOD).encode()))))
