"""The checker's own reader of instances: what is legal, what is not, and where the fault is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import dnnt_check
from tests.dnnt_check.cases import certificate, encode
from tests.dnnt_check.test_corruptions import INSTANCE, at

LAYERED = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "layers": [
        {"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [0, 1], "bias": {"from": 0, "to": 1}},
    ],
    "samples": [{"x": [1], "y": [1]}],
    "loss": "squared",
}


def line(data: bytes) -> str:
    """The verdict with a claim that holds for every instance."""
    claim = certificate(data)
    claim["lower"] = {"bound": 0, "strict": False, "grounds": {"kind": "nonnegative"}}
    return dnnt_check.check(data, encode(claim)).line


def changed(instance: dict[str, Any], change: Callable[[Any, Any], object], value: Any) -> str:
    instance = copy.deepcopy(instance)
    change(instance, value)
    return line(encode(instance))


def test_they_are_legal() -> None:
    assert line(encode(INSTANCE)) == line(encode(LAYERED)) == "VALID loss >= 0"


FIRST = ("vertices", 0, "activation")
EDGE = ("edges", 0)
TABLE = {"kind": "table", "values": [], "otherwise": 1}
ENTRY = {"f": [1], "y": [1], "loss": 1}
LEGAL: list[tuple[Callable[[Any, Any], object], Any]] = [
    (at("name"), "a name"),
    (at("notes"), {"any": [{"thing": None}, True, 1.5]}),
    (at("gamma"), "-7/2"),
    (at("inputs"), 2.0),
    (at(*EDGE, "bias"), "real"),
    (at("spaces", "ternary"), "real"),
    (at("spaces", "unused"), []),
    (at(*EDGE, "bias"), []),
    (at(*EDGE, "bias"), {"from": "1/3", "to": "1/3", "step": 10**50}),
    (at(*EDGE, "bias"), {"from": -(10**90), "to": 10**90}),
    (at(*FIRST), {"kind": "clip", "low": 1, "high": 1}),
    (at(*FIRST), TABLE),
    (at(*FIRST), {**TABLE, "values": [[1, 2], ["2/2", "4/2"]]}),
    (at(*FIRST), {"kind": "piecewise_linear", "points": [[0, 0]], "left": 1, "right": -1}),
    (at("loss"), {"kind": "hinge", "margin": -1}),
    (at("loss"), {"kind": "table", "values": [ENTRY, ENTRY], "otherwise": 0}),
    (at("samples"), []),
    (at("samples", 0, "weight"), 0),
    (at("outputs"), ["t", "a"]),
    (at("edges"), []),
]


@pytest.mark.parametrize(("change", "value"), LEGAL)
def test_legal(change: Callable[[Any, Any], object], value: Any) -> None:
    found = changed(INSTANCE, change, value)
    if value == ["t", "a"]:
        assert "samples[0].y: the length is 1, not 2" in found
    else:
        assert found == "VALID loss >= 0"


ILLEGAL: list[tuple[Callable[[Any, Any], object], Any, str]] = [
    (at("format"), "dnnt", 'instance: the file: "format"'),
    (at("version"), "1", 'instance: the file: "version"'),
    (at("colour"), 1, "unknown key 'colour'"),
    (at("name"), 5, "instance: name: a string"),
    (at("notes"), [], "instance: notes: an object"),
    (at("gamma"), None, "instance: gamma: a number"),
    (at("inputs"), -1, "instance: inputs: an integer >= 0"),
    (at("inputs"), "2", "instance: inputs: an integer"),
    (at("inputs"), 3, "instance: edges[0].weights: the length is 2, not 3"),
    (at("layers"), LAYERED["layers"], "unknown key 'vertices'"),
    (at("spaces"), [], "instance: spaces: an object"),
    (at("spaces", "twice"), "ternary", "spaces.twice: an entry may not be a name"),
    (at("spaces", "real"), [1], "spaces.real: this name is taken"),
    (at("vertices", 0, "id"), "s", "vertices[0].id: s is the source"),
    (at("vertices", 1, "id"), "a", "vertices[1].id: the id 'a' is repeated"),
    (at("vertices", 0, "size"), 1, "vertices[0]: unknown key 'size'"),
    (at("outputs"), ["t", "t"], "outputs: an output is repeated"),
    (at("outputs"), ["s"], "outputs[0]: s cannot be an output"),
    (at("outputs"), ["u"], "outputs[0]: there is no vertex 'u'"),
    (at(*EDGE, "to"), "s", "edges[0].to: no edge may end in s"),
    (at(*EDGE, "from"), "z", "edges[0].from: there is no vertex 'z'"),
    (at("edges", 2, "from"), "t", "edges: there is a cycle"),
    (at("edges", 2, "weights"), [], "edges[2].weights: the length is 0, not 1"),
    (at(*EDGE, "weights"), "ternary", "edges[0].weights: a list is expected"),
    (at(*EDGE, "bias"), 3, "edges[0].bias: a space is"),
    (at(*EDGE, "bias"), "quaternary", "edges[0].bias: there is no space named 'quaternary'"),
    (at(*EDGE, "bias"), {"from": 1, "to": 0}, "edges[0].bias: from is greater than to"),
    (at(*EDGE, "bias"), {"from": 0, "to": 1, "step": 0}, "edges[0].bias: the step"),
    (at(*EDGE, "bias"), {"from": 0}, "edges[0].bias: the key 'to' is missing"),
    (at(*EDGE, "bias"), [True], "edges[0].bias[0]: a number is expected, not true"),
    (at(*EDGE, "bias"), ["1e3"], "edges[0].bias[0]: '1e3' is not a number"),
    (at(*FIRST), "tanh", "vertices[0].activation: the name of an activation"),
    (at(*FIRST), {"kind": "relu"}, "vertices[0].activation: unknown kind"),
    (at(*FIRST), {"kind": "clip", "low": 2, "high": 1}, "low is greater than high"),
    (at(*FIRST), {"kind": "scale"}, "the key 'factor' is missing"),
    (at(*FIRST), {"kind": "scale", "factor": 1, "shift": 2}, "unknown key 'shift'"),
    (at(*FIRST), {**TABLE, "values": [[1, 2], [1, 3]]}, "values[1]: contradicts"),
    (at(*FIRST), {**TABLE, "values": [[1]]}, "values[0]: a pair"),
    (
        at(*FIRST),
        {"kind": "piecewise_linear", "points": [], "left": 1, "right": 1},
        "points: at least one point",
    ),
    (
        at(*FIRST),
        {"kind": "piecewise_linear", "points": [[1, 0], [1, 0]], "left": 1, "right": 1},
        "points[1]: the points have to be in increasing order",
    ),
    (at("samples", 0, "x"), [1], "samples[0].x: the length is 1, not 2"),
    (at("samples", 0, "y"), [], "samples[0].y: the length is 0, not 1"),
    (at("samples", 0, "weight"), -1, "samples[0].weight: a weight may not be negative"),
    (at("samples", 0, "label"), 1, "samples[0]: unknown key 'label'"),
    (at("loss"), "cubic", "instance: loss: the name of a loss"),
    (at("loss"), {"kind": "squared"}, "instance: loss: unknown kind"),
    (at("loss"), "misclassified", "samples[0].y: misclassified needs a label of -1 or 1"),
    (at("loss"), {**TABLE, "otherwise": -1}, "loss.otherwise: a loss may not be negative"),
    (at("loss"), {**TABLE, "values": [{**ENTRY, "loss": "-1/2"}]}, "loss.values[0].loss: a loss may not be negative"),
    (at("loss"), {**TABLE, "values": [{**ENTRY, "f": [1, 1]}]}, "loss.values[0]: f and y need"),
    (at("loss"), {**TABLE, "values": [ENTRY, {**ENTRY, "loss": 2}]}, "loss.values[1]: contradicts"),
]


@pytest.mark.parametrize(("change", "value", "reason"), ILLEGAL)
def test_illegal(change: Callable[[Any, Any], object], value: Any, reason: str) -> None:
    found = changed(INSTANCE, change, value)
    assert found.startswith("INVALID instance: ")
    assert reason in found


LAYERS: list[tuple[Callable[[Any, Any], object], Any, str]] = [
    (at("layers"), [], "layers: there is no layer"),
    (at("layers"), {}, "layers: a list is expected"),
    (at("layers", 0, "units"), 0, "layers[0].units: an integer >= 1"),
    (at("layers", 0, "units"), "2", "layers[0].units: an integer is expected"),
    (at("layers", 0, "weights"), [[0]], "layers[0].weights[0]: a number is expected, not a list"),
    (at("layers", 0, "dropout"), 1, "layers[0]: unknown key 'dropout'"),
    (at("layers", 1, "units"), 10**100, "samples[0].y: the length is 1, not a number of 333 bits"),
    (at("outputs"), ["t"], "unknown key 'outputs'"),
    (at("loss"), "misclassified", "VALID"),
]


@pytest.mark.parametrize(("change", "value", "reason"), LAYERS)
def test_layers(change: Callable[[Any, Any], object], value: Any, reason: str) -> None:
    assert reason in changed(LAYERED, change, value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"inputs": 1', b'"inputs": 1, "inputs": 1', "the key 'inputs' is repeated"),
        (b'"units": 2', b'"units": 2, "units": 2', "the key 'units' is repeated"),
        (b'"x": [1]', b'"x": [NaN]', "NaN is not a number"),
        (b'"x": [1]', b'"x": [1e100000]', "more than 100000 digits"),
        (b'"x": [1]', b'"x": [1]]', "not JSON at line 1, column"),
        (b'"x": [1]', b'"x": ["\xff"]', "not UTF-8"),
        (b'"x": [1]', b'"x": ' + b"[" * 5000, "nested too deeply"),
    ],
)
def test_texts(old: bytes, new: bytes, reason: str) -> None:
    data = encode(LAYERED)
    assert data.count(old) == 1
    found = line(data.replace(old, new))
    assert found.startswith("INVALID instance: the file: ")
    assert reason in found


@pytest.mark.parametrize("text", [b"1.0", b"1e0", b'"1"', b'"2/2"', b"10e-1", b'"1.00"', b"100000e-5"])
def test_exact_decimals(text: bytes) -> None:
    assert line(encode(LAYERED).replace(b'"x": [1]', b'"x": [' + text + b"]")) == "VALID loss >= 0"
