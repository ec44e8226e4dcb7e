"""The JSON Schemas accept and reject what the readers do.

Every valid corpus file passes both. Every malformed one fails both, except for the kinds of fault
in `BEYOND_A_SCHEMA`, which the reader alone can see; that list is kept exact. Parameters,
certificates and answers are tried with single changes to good ones.
"""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import dnnt
from dnnt.formats import certificate_file, parameters_file
from tests.formats.test_problem_schemas import REDUCTION

CORPUS = Path(__file__).parents[1] / "corpus"
VALID = sorted(path.name for path in (CORPUS / "valid").iterdir())
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "malformed" / "expected.json").read_text(encoding="utf-8"))

BEYOND_A_SCHEMA = {
    "a name must be defined elsewhere in the file, once": (
        "edge-from-unknown edge-to-unknown outputs-unknown vertex-id-twice "
        "vertex-id-twice-by-escape vertex-id-very-long space-unknown-name "
        "space-unknown-name-bias space-real-capitals layer-space-unknown"
    ),
    "a position must be that of an output": (
        "guarded-check-output-unknown guarded-output-unknown guarded-tag-unknown guarded-term-output-unknown"
    ),
    "the edges must not form a cycle": "cycle cycle-apart edge-loop",
    "the length of one list depends on another value": (
        "weights-none weights-too-few weights-too-many sample-x-too-long sample-x-too-short "
        "sample-y-empty sample-y-too-long bundle-target-edge guarded-case-x-missing guarded-loss-table "
        "guarded-term-x-missing pairs-too-few-lists pairs-too-many-lists"
    ),
    "two numbers must be in order": (
        "clip-low-above-high piecewise-linear-decreasing piecewise-linear-repeated "
        "range-backwards range-backwards-fractions guarded-check-range-backwards pairs-letter-above-size "
        "windows-zero-backwards"
    ),
    "two entries must not contradict each other": ("table-contradiction loss-table-contradiction"),
    "the loss must suit outputs and labels": (
        "misclassified-label-fraction misclassified-label-zero misclassified-no-outputs "
        "misclassified-no-outputs-no-samples misclassified-none-hot misclassified-signs "
        "misclassified-two-hot guarded-misclassified-label guarded-misclassified-no-outputs"
    ),
    "a number has too many digits": (
        "number-of-100001-digits number-string-of-100001-digits "
        "number-denominator-of-100001-digits number-decimal-of-100001-digits "
        "layer-units-of-100001-digits number-exponent-just-too-large number-huge-exponent "
        "number-huge-exponent-digits number-tiny-exponent"
    ),
    "json.loads lets it through": (
        "duplicate-key duplicate-key-in-edge duplicate-key-in-notes duplicate-key-in-sample "
        "duplicate-key-same-value duplicate-space-name number-infinity number-minus-infinity "
        "number-nan"
    ),
}
UNSEEN = {f"{name}.dnnt.json" for names in BEYOND_A_SCHEMA.values() for name in names.split()}


def validator(name: str) -> Draft202012Validator:
    """The validator of one schema of the package."""
    text = files("dnnt").joinpath("formats", "schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


INSTANCE, PARAMETERS = validator("instance"), validator("parameters")
CERTIFICATE, ANSWER = validator("certificate"), validator("answer")


def parsed(path: Path) -> Any:
    """The file's JSON as any program reads it, floats for decimals."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    return json.loads(raw.decode("utf-8-sig"))


def schema_of(value: Any) -> Draft202012Validator:
    """The schema of what may stand where an instance is read."""
    return REDUCTION if isinstance(value, dict) and value.get("format") == "dnnt-reduction" else INSTANCE


def changed(value: Any, place: str, new: Any) -> Any:
    """A copy of `value` in which what is at `place` (keys and positions joined by dots) is `new`.

    With `...` for `new` it is removed.
    """
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


@pytest.mark.parametrize("name", VALID)
def test_valid_file_is_accepted_by_schema_and_reader(name: str) -> None:
    path = CORPUS / "valid" / name
    dnnt.read(path)
    value = parsed(path)
    schema_of(value).validate(value)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_malformed_file_is_rejected_by_schema_and_reader(name: str) -> None:
    path = CORPUS / "malformed" / name
    with pytest.raises(dnnt.InvalidInstance):
        dnnt.read(path)
    try:
        value = parsed(path)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError):
        assert name not in UNSEEN
        return
    assert schema_of(value).is_valid(value) == (name in UNSEEN)


def test_list_of_unseen_faults_names_corpus_files() -> None:
    assert set(EXPECTED) >= UNSEEN


GOOD_PARAMETERS = {
    "format": "dnnt-parameters",
    "version": 1,
    "edges": [
        {"weights": [1, "-1/2"], "bias": 0},
        {"weights": [], "bias": 0.25, "repeat": 10**30},
        {"weights": ["007"], "bias": "0.50", "repeat": 1},
    ],
}


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("edges", []),
        ("edges.0", {"weights": [10**100], "bias": "-3"}),
        ("edges.1.repeat", ...),
        ("edges.0.weights.0", 1e2),
        ("version", 1.0),
    ],
)
def test_parameters_accepted(tmp_path: Path, place: str, new: Any) -> None:
    value = changed(GOOD_PARAMETERS, place, new)
    PARAMETERS.validate(value)
    (tmp_path / "p.json").write_text(json.dumps(value), encoding="utf-8")
    parameters_file.read(tmp_path / "p.json")


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("format", ...),
        ("format", "dnnt-instance"),
        ("version", 2),
        ("version", True),
        ("edges", ...),
        ("edges", {}),
        ("loss", 3),
        ("edges.0", [1, 2]),
        ("edges.0.weights", ...),
        ("edges.0.bias", ...),
        ("edges.0.weights", 1),
        ("edges.0.weights", "1"),
        ("edges.0.weights.0", None),
        ("edges.0.weights.0", True),
        ("edges.0.weights.0", [1]),
        ("edges.0.weights.0", "1e2"),
        ("edges.0.bias", "1/0"),
        ("edges.0.bias", "1/2\n"),
        ("edges.0.bias", "\u0663"),
        ("edges.0.name", "e"),
        ("edges.1.repeat", 0),
        ("edges.1.repeat", -1),
        ("edges.1.repeat", 1.5),
        ("edges.1.repeat", "2"),
        ("edges.1.repeat", True),
    ],
)
def test_parameters_rejected(tmp_path: Path, place: str, new: Any) -> None:
    value = changed(GOOD_PARAMETERS, place, new)
    assert not PARAMETERS.is_valid(value)
    (tmp_path / "p.json").write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(dnnt.InvalidParameters):
        parameters_file.read(tmp_path / "p.json")


REACHABLE = {
    "kind": "reachable",
    "left": [[0, 2], [5, 10**40]],
    "last": "targets",
    "sizes": {"pre": 120, "unit": 60, "left": 3540, "right": 61, "last": 14},
}
NEAR = {**REACHABLE, "last": "points", "cuts": [[3, 1, 2]], "slack": 17}
GOOD_CERTIFICATE = {
    "format": "dnnt-certificate",
    "version": 1,
    "sha256": "0123456789abcdef" * 4,
    "upper": {"parameters": [{"weights": [1], "bias": "1/3", "repeat": 3}], "loss": "7/2"},
    "lower": {"bound": "7/2", "strict": False, "grounds": REACHABLE},
    "fixed": [[0, 1, "1/2"]],
}


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("upper", ...),
        ("lower", ...),
        ("fixed", ...),
        ("fixed", []),
        ("upper.loss", "0x1f"),
        ("upper.loss", "-0x1f/0x3"),
        ("lower.grounds", {"kind": "enumeration"}),
        ("lower.grounds", {"kind": "nonnegative"}),
        ("lower", {"bound": None, "strict": False, "grounds": {"kind": "empty"}}),
        ("lower.grounds.left", []),
        ("lower.grounds.last", "points"),
        ("lower.grounds.cuts", [[3, 1, 2], [0, 0, -1]]),
        ("lower.grounds.residues", [[[1, 1, 0], 2]]),
        ("lower.grounds.window", True),
        ("lower.grounds", NEAR),
        ("lower.grounds", {**NEAR, "slack": 0}),
        ("lower.grounds", {**NEAR, "slack": "5/3"}),
    ],
)
def test_certificates_accepted(place: str, new: Any) -> None:
    CERTIFICATE.validate(changed(GOOD_CERTIFICATE, place, new))


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("format", "dnnt-instance"),
        ("version", "1"),
        ("sha256", ...),
        ("sha256", "0123456789ABCDEF" * 4),
        ("sha256", "0" * 63),
        ("sha256", "0" * 64 + "\n"),
        ("comment", ""),
        ("upper", []),
        ("upper.loss", ...),
        ("upper.loss", None),
        ("upper.loss", "0x"),
        ("upper.loss", "0x1F"),
        ("upper.loss", "1/0x3"),
        ("upper.loss", "0x1/0x0"),
        ("upper.parameters", None),
        ("upper.parameters.0.repeat", 0),
        ("upper.bound", 0),
        ("lower.bound", ...),
        ("lower.bound", None),
        ("lower.bound", True),
        ("lower.strict", 0),
        ("lower.strict", ...),
        ("lower.grounds", ...),
        ("lower.grounds", "enumeration"),
        ("lower.grounds", {"kind": "faith"}),
        ("lower.grounds", {"kind": "empty"}),
        ("lower.grounds", {"kind": "enumeration", "choices": 3}),
        ("lower.grounds.last", "all"),
        ("lower.grounds.left", ...),
        ("lower.grounds.left.0", [0]),
        ("lower.grounds.left.0", [0, 1, 2]),
        ("lower.grounds.left.0", [-1, 1]),
        ("lower.grounds.left.0", [0, 0]),
        ("lower.grounds.sizes.pre", ...),
        ("lower.grounds.sizes.pre", -1),
        ("lower.grounds.sizes.pre", "120"),
        ("lower.grounds.sizes.total", 1),
        ("lower.grounds.cuts", []),
        ("lower.grounds.cuts", [[0, 0]]),
        ("lower.grounds.cuts", [[1, 0.5]]),
        ("lower.grounds.cuts", [[1, True]]),
        ("lower.grounds.residues", []),
        ("lower.grounds.residues", [[[1, 1], 1]]),
        ("lower.grounds.residues", [[[0, 0], 2]]),
        ("lower.grounds.residues", [[[1, 1], 2, 3]]),
        ("lower.grounds.window", False),
        ("lower.grounds.window", 1),
        ("lower.grounds", {**REACHABLE, "last": "points", "cuts": [[1]]}),
        ("lower.grounds", {**REACHABLE, "last": "points", "window": True}),
        ("lower.grounds", {**NEAR, "slack": -1}),
        ("lower.grounds", {**NEAR, "slack": None}),
        ("lower.grounds", {**NEAR, "slack": "-1/2"}),
        ("lower.grounds", {**NEAR, "slack": True}),
        ("lower.grounds", {**NEAR, "last": "targets"}),
        ("lower.grounds", {**NEAR, "cuts": [[1], [2]]}),
        ("lower.grounds", {key: value for key, value in NEAR.items() if key != "cuts"}),
        ("lower.grounds", {**NEAR, "window": True}),
        ("fixed.0", [0, 1]),
        ("fixed.0", [0, 1, 2, 3]),
        ("fixed.0", [-1, 1, 2]),
        ("fixed.0", [0, "bias", 2]),
    ],
)
def test_certificates_rejected(place: str, new: Any) -> None:
    assert not CERTIFICATE.is_valid(changed(GOOD_CERTIFICATE, place, new))


def test_certificate_without_claim_rejected() -> None:
    assert not CERTIFICATE.is_valid(changed(changed(GOOD_CERTIFICATE, "upper", ...), "lower", ...))


GOOD_ANSWER: dict[str, Any] = {
    "file": "a.dnnt.json",
    "name": None,
    "sha256": "0" * 64,
    "goal": "minimize",
    "answer": "no",
    "status": "optimal",
    "loss": "7/2",
    "bound": "7/2",
    "gamma": 3,
    "parameters": [{"weights": [1, "-1/2"], "bias": 0, "repeat": 2}],
    "assurance": "checked",
    "bound_assurance": None,
    "method": "reachable",
    "reason": "two-layer",
    "stop": "proved",
    "seconds": 0.25,
    "stats": {},
    "version": "0.1.0",
}
NOTHING_KNOWN = {
    "status": "unknown",
    "loss": None,
    "bound": None,
    "parameters": None,
    "assurance": "claimed",
    "stop": "time",
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gamma": None, "answer": None},
        {"goal": "decide", "status": "feasible", "answer": "yes", "bound": None},
        {"goal": "decide", "status": "infeasible", "answer": "no"},
        {"goal": "decide", "answer": "unknown", "status": "unknown", "bound": 0, "stop": "time"},
        {"answer": "unknown", **NOTHING_KNOWN},
        {"then": {"kind": "sparsest", "value": 3, "proved": True, "assurance": "claimed"}},
        {"fixed": 2},
    ],
)
def test_answers_accepted(changes: dict[str, Any]) -> None:
    ANSWER.validate(GOOD_ANSWER | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"goal": "decide"},
        {"goal": "decide", "status": "feasible", "gamma": None, "answer": None},
        {"answer": None},
        {"gamma": None},
        {"answer": "maybe"},
        {"parameters": None},
        {"loss": None},
        {"bound": None},
        {"loss": 3.5},
        {"loss": "3.5"},
        {"loss": "4/0"},
        {"status": "infeasible"},
        {"assurance": "sure"},
        {"stop": "tired"},
        {"seconds": -1},
        {"seconds": "1"},
        {"extra": 1},
        {"fixed": -1},
        {"then": {"kind": "sparsest"}},
        {"error": "both"},
    ],
)
def test_answers_rejected(changes: dict[str, Any]) -> None:
    assert not ANSWER.is_valid(GOOD_ANSWER | changes)


def test_refusals() -> None:
    ANSWER.validate({"file": "a.dnnt.json", "error": 'missing key "loss"; add "loss"'})
    assert not ANSWER.is_valid({"file": "a.dnnt.json", "error": "two\nlines"})
    assert not ANSWER.is_valid({"file": "a.dnnt.json", "error": ""})
    assert not ANSWER.is_valid({"error": "no file"})


@pytest.mark.parametrize(
    "name",
    ["layered-parity", "loss-maximum", "edges-parallel", "spaces-empty-weight", "nothing-at-all"],
)
@pytest.mark.parametrize("goal", ["decide", "minimize"])
def test_what_is_written_passes_its_schema(name: str, goal: str) -> None:
    instance = dnnt.read(CORPUS / "valid" / f"{name}.dnnt.json")
    if instance.gamma is None and goal == "decide":
        instance = dnnt.Instance(instance.network, instance.samples, instance.loss, 1)
    answer = dnnt.solve(instance, goal=goal)
    ANSWER.validate(json.loads(json.dumps(answer.to_json())))
    assert answer.certificate is not None
    CERTIFICATE.validate(json.loads(certificate_file.to_bytes(answer.certificate)))
    if answer.parameters is not None:
        PARAMETERS.validate(json.loads(parameters_file.to_text(answer.parameters)))
