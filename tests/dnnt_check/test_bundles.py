"""Bundles where an instance may stand: the target, or the source of a continuous target, and nothing malformed."""

from __future__ import annotations

import copy
import gzip
import hashlib
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from tests.dnnt_check.cases import certificate, encode
from tests.dnnt_check.test_corruptions import GOOD, INSTANCE as TYPED, LOSS, at

INSTANCE: dict[str, Any] = dict(TYPED)
RULES = ["slp-to-dnnt", "subset-sum-to-dnnt", "csp-to-dnnt", "exact-cover-to-dnnt"]
CONTINUOUS = {**INSTANCE, "edges": [{**edge, "bias": "real"} for edge in INSTANCE["edges"]]}


def bundle(rule: str, source: Any, target: Any, **more: Any) -> dict[str, Any]:
    return {
        "format": "dnnt-reduction",
        "version": 1,
        "rule": rule,
        "variant": "repaired",
        "source": source,
        "target": target,
        "trace": {"anything": [1, None]},
        **more,
    }


def claim(digest_of: bytes) -> bytes:
    """The good certificate about INSTANCE, with another digest."""
    return encode({**GOOD, "sha256": hashlib.sha256(digest_of).hexdigest()})


def line(data: bytes, digest_of: bytes | None = None) -> str:
    return dnnt_check.check(data, claim(data if digest_of is None else digest_of)).line


OPTIMAL = f"VALID optimal {LOSS}"
FOREIGN = "INVALID certificate: sha256: the certificate belongs to another instance file"


@pytest.mark.parametrize("rule", RULES)
def test_claims_are_about_the_target(rule: str) -> None:
    data = encode(bundle(rule, {"format": "dnnt-problem", "nobody": "looks"}, INSTANCE))
    assert line(data) == OPTIMAL
    assert line(gzip.compress(data), data) == OPTIMAL
    assert line(b"\xef\xbb\xbf" + data) == OPTIMAL
    assert line(data, encode(INSTANCE)) == FOREIGN
    other = encode(bundle(rule, INSTANCE, {**INSTANCE, "samples": []}))
    assert line(other).startswith("INVALID certificate: upper.loss")


def test_a_trace_names_no_digest_for_other_rules() -> None:
    trace = {"source_sha256": hashlib.sha256(encode(INSTANCE)).hexdigest()}
    data = encode(bundle("slp-to-dnnt", {}, INSTANCE, trace=trace))
    assert line(data) == OPTIMAL
    assert line(data, encode(INSTANCE)) == FOREIGN


def test_claims_are_about_the_source_of_a_continuous_target() -> None:
    data = encode(bundle("dnnt-to-cnnt", INSTANCE, CONTINUOUS))
    assert line(data) == OPTIMAL
    # Without the digest of the source in the trace only the bundle's own will do.
    assert line(data, encode(INSTANCE)) == FOREIGN
    file = b"  " + encode(INSTANCE)
    trace = {"source_sha256": hashlib.sha256(file).hexdigest(), "more": 1}
    data = encode(bundle("dnnt-to-cnnt", INSTANCE, CONTINUOUS, trace=trace))
    assert line(data) == OPTIMAL
    assert line(data, file) == OPTIMAL
    assert line(data, encode(INSTANCE)) == FOREIGN
    upper = bundle("dnnt-to-cnnt", INSTANCE, CONTINUOUS, trace={"source_sha256": str(trace["source_sha256"]).upper()})
    assert line(encode(upper), file) == OPTIMAL


def test_a_named_digest_proves_nothing() -> None:
    """The claim is proved about the source in the bundle, whatever file is named."""
    easier = copy.deepcopy(INSTANCE)
    easier["samples"] = easier["samples"][:1]
    trace = {"source_sha256": hashlib.sha256(encode(INSTANCE)).hexdigest()}
    data = encode(bundle("dnnt-to-cnnt", easier, CONTINUOUS, trace=trace))
    assert line(data, encode(INSTANCE)).startswith("INVALID certificate: upper.loss")


def test_the_target_of_a_continuous_bundle_does_not_matter() -> None:
    assert line(encode(bundle("dnnt-to-cnnt", INSTANCE, {}))) == OPTIMAL
    only_target = encode(bundle("dnnt-to-cnnt", CONTINUOUS, INSTANCE))
    assert not dnnt_check.check(only_target, claim(only_target)).valid


def test_bundles_of_bundles() -> None:
    inner = bundle("csp-to-dnnt", {}, INSTANCE)
    trace = {"source_sha256": hashlib.sha256(encode(inner)).hexdigest()}
    outer = bundle("dnnt-to-cnnt", inner, CONTINUOUS, trace=trace)
    data = encode(outer)
    assert line(data) == line(data, encode(inner)) == OPTIMAL
    assert line(data, encode(INSTANCE)) == FOREIGN
    again = encode(bundle("dnnt-to-cnnt", outer, CONTINUOUS))
    assert line(again) == line(again, encode(inner)) == OPTIMAL
    assert line(again, data) == FOREIGN
    # The source of a bundle of another rule is not looked at, and its target is no bundle.
    nested = encode(bundle("slp-to-dnnt", {}, inner))
    assert line(nested) == 'INVALID instance: target: "format" has to be "dnnt-instance"'


def test_layers_in_a_bundle() -> None:
    layers = [{"units": 2, "activation": "relu", "weights": [1], "bias": [0]}]
    layers.append({"units": 1, "activation": "identity", "weights": [1], "bias": [0]})
    target = {"format": "dnnt-instance", "version": 1, "inputs": 1, "layers": layers, "loss": "squared"}
    target["samples"] = [{"x": [3], "y": [5]}]
    data = encode(bundle("slp-to-dnnt", {}, target))
    parameters = [[Fraction(1), Fraction(0)]] * 4
    found = dnnt_check.check(data, encode(certificate(data, (parameters, Fraction(1)))))
    assert found.line == "VALID loss <= 1"


MALFORMED: list[tuple[Any, Any, str]] = [
    (at("version"), 2, 'the file: "version" has to be 1'),
    (at("version"), True, 'the file: "version" has to be 1'),
    (at("format"), "dnnt-reductions", 'the file: "format" has to be "dnnt-instance"'),
    (at("more"), 1, "the file: unknown key 'more'"),
    (at("rule"), 3, "rule: a string is expected, not 3"),
    (at("rule"), "dnnt-to-dnnt", "rule: unknown rule"),
    (at("variant"), None, "variant: a string is expected, not null"),
    (at("source"), [], "source: an object is expected"),
    (at("target"), "file.json", "target: an object is expected"),
    (at("trace"), 1, "trace: an object is expected"),
    (lambda value, _: value.pop("trace"), None, "the file: the key 'trace' is missing"),
    (lambda value, _: value.pop("variant"), None, "the file: the key 'variant' is missing"),
    (at("target", "version"), 3, 'target: "version" has to be 1'),
    (at("target", "extra"), 3, "target: unknown key 'extra'"),
    (at("target", "inputs"), -1, "target.inputs: an integer >= 0 is expected"),
    (at("target", "spaces"), [], "target.spaces: an object is expected"),
    (at("target", "spaces", "long"), "ternary", "target.spaces.long: an entry may not be a name itself"),
    (at("target", "vertices", 1, "activation"), "rlu", "target.vertices[1].activation: the name of an activation"),
    (at("target", "vertices", 1, "id"), "s", "target.vertices[1].id: s is the source"),
    (at("target", "outputs"), ["t", "t"], "target.outputs: an output is repeated"),
    (at("target", "edges", 3, "bias"), "nothing", "target.edges[3].bias: there is no space named"),
    (at("target", "edges", 3, "from"), "t", "target.edges: there is a cycle"),
    (at("target", "samples", 1, "y"), [], "target.samples[1].y: the length is 0, not 1"),
    (at("target", "loss"), "cubed", "target.loss: the name of a loss"),
    (at("target", "gamma"), "x", "target.gamma: 'x' is not a number"),
    (at("target", "notes"), 1, "target.notes: an object is expected"),
    (at("target", "name"), 1, "target.name: a string is expected"),
]


@pytest.mark.parametrize(("change", "value", "reason"), MALFORMED)
def test_malformed_bundles(change: Any, value: Any, reason: str) -> None:
    found = copy.deepcopy(bundle("slp-to-dnnt", {}, INSTANCE))
    change(found, value)
    assert line(encode(found)).startswith(f"INVALID instance: {reason}")


@pytest.mark.parametrize(
    ("change", "value", "reason"),
    [
        (at("trace", "source_sha256"), 5, "trace.source_sha256: a string is expected, not 5"),
        (at("trace", "source_sha256"), "ab", "trace.source_sha256: 64 hexadecimal digits are expected"),
        (at("source", "edges", 0, "to"), "x", "source.edges[0].to: there is no vertex 'x'"),
        (at("source"), {}, 'source: "format" has to be "dnnt-instance"'),
        (at("source", "format"), "dnnt-problem", 'source: "format" has to be "dnnt-instance"'),
        (at("source"), bundle("csp-to-dnnt", {}, {}), 'source.target: "format" has to be "dnnt-instance"'),
        (at("source"), bundle("csp", {}, {}), "source.rule: unknown rule"),
        (at("source"), {**bundle("csp-to-dnnt", {}, {}), "version": 2}, 'source: "version" has to be 1'),
    ],
)
def test_malformed_sources(change: Any, value: Any, reason: str) -> None:
    found = copy.deepcopy(bundle("dnnt-to-cnnt", INSTANCE, CONTINUOUS))
    change(found, value)
    assert line(encode(found)).startswith(f"INVALID instance: {reason}")


def test_bundles_nested_without_end() -> None:
    inner: Any = INSTANCE
    for depth in range(250):
        inner = bundle("dnnt-to-cnnt", inner, {})
        if depth == 50:
            assert line(encode(inner)) == OPTIMAL
    assert "nested more than 100 deep" in line(encode(inner))


def test_limits_hold_for_the_whole_file() -> None:
    long = encode(bundle("slp-to-dnnt", {"value": 1}, INSTANCE)).replace(
        b'{"value": 1}', b'{"value": 1' + b"0" * 100_001 + b"}"
    )
    assert "a number has more than 100000 digits" in line(long)
    repeated = encode(bundle("slp-to-dnnt", {}, INSTANCE)).replace(b'"source": {}', b'"source": {"a": 1, "a": 1}')
    assert "the key 'a' is repeated" in line(repeated)


def test_an_empty_space_in_the_target() -> None:
    target = copy.deepcopy(INSTANCE)
    target["edges"][0]["bias"] = []
    data = encode(bundle("csp-to-dnnt", {}, target))
    found = dnnt_check.check(data, encode(certificate(data, None, (None, False, {"kind": "empty"}))))
    assert found.line == "VALID infeasible"
