"""A correct certificate in which one thing is changed is not accepted, and the reason names the place."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from tests.dnnt_check.cases import certificate, encode, reachable

INSTANCE = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 2,
    "spaces": {"ternary": [-1, 0, 1], "long": {"from": 0, "to": "7/2", "step": "1/2"}},
    "vertices": [
        {"id": "a", "activation": "relu"},
        {"id": "b", "activation": "abs"},
        {"id": "t", "activation": "identity"},
    ],
    "outputs": ["t"],
    "edges": [
        {"from": "s", "to": "a", "weights": ["ternary", "ternary"], "bias": [0]},
        {"from": "s", "to": "b", "weights": ["ternary", [1]], "bias": [0]},
        {"from": "a", "to": "t", "weights": ["ternary"], "bias": "long"},
        {"from": "b", "to": "t", "weights": [[-2, 2]], "bias": [0]},
    ],
    "samples": [{"x": [1, 2], "y": [-2]}, {"x": [3, -1], "y": ["43/4"]}],
    "loss": "absolute",
}
DATA = encode(INSTANCE)
PARAMETERS = [[[1, 1], 0], [[-1, 1], 0], [[1], 0], [[2], 0]]


def parameters(values: list[Any]) -> list[list[Fraction]]:
    return [[*map(Fraction, weights), Fraction(bias)] for weights, bias in values]


def least_loss() -> tuple[Fraction, list[list[Fraction]]]:
    from tests.dnnt_check.cases import Naive

    loss, best = Naive(INSTANCE).best()
    assert loss is not None
    assert best is not None
    return loss, best


LOSS, BEST = least_loss()
GROUNDS = reachable([[0, 1]], "targets", pre=9, unit=50, left=50, right=200)
GOOD = certificate(DATA, (BEST, LOSS), (LOSS, False, GROUNDS))


def verdict(claim: Any) -> dnnt_check.Verdict:
    return dnnt_check.check(DATA, encode(claim))


def test_the_certificate_is_good() -> None:
    assert LOSS > 0
    assert verdict(GOOD).line == f"VALID optimal {LOSS}"
    assert verdict(certificate(DATA, (BEST, LOSS))).line == f"VALID loss <= {LOSS}"
    below = certificate(DATA, (BEST, LOSS), (LOSS - 1, False, {"kind": "enumeration"}))
    assert verdict(below).line == f"VALID {LOSS - 1} <= loss <= {LOSS}"
    below["lower"]["strict"] = True
    assert verdict(below).line == f"VALID {LOSS - 1} < loss <= {LOSS}"


def at(*path: Any) -> Callable[[Any, Any], None]:
    """A change of the value at a path."""

    def change(claim: Any, value: Any) -> None:
        for key in path[:-1]:
            claim = claim[key]
        claim[path[-1]] = value

    return change


SIZES = ("lower", "grounds", "sizes")
FIRST = ("upper", "parameters", 0)
CHANGES: list[tuple[str, Callable[[Any, Any], object], Any]] = [
    ("format", at("format"), "dnnt-instance"),
    ("version", at("version"), 2),
    ("version true", at("version"), True),
    ("unknown key", at("comment"), "hello"),
    ("sha256 of another file", at("sha256"), hashlib.sha256(b"").hexdigest()),
    ("sha256 too short", at("sha256"), "ab"),
    ("sha256 a number", at("sha256"), 7),
    ("sha256 no hexadecimal", at("sha256"), "g" * 64),
    ("upper null", at("upper"), None),
    ("upper a list", at("upper"), []),
    ("upper unknown key", at("upper", "note"), 1),
    ("loss smaller", at("upper", "loss"), 0),
    ("loss greater", at("upper", "loss"), str(LOSS + Fraction(1, 3))),
    ("loss a word", at("upper", "loss"), "two"),
    ("loss null", at("upper", "loss"), None),
    ("loss true", at("upper", "loss"), True),
    ("no parameters", at("upper", "parameters"), []),
    ("parameters an object", at("upper", "parameters"), {}),
    ("parameter outside", at(*FIRST, "weights"), [5, 0]),
    ("parameter between", at(*FIRST, "weights"), ["1/2", 0]),
    ("a weight too many", at(*FIRST, "weights"), [0, 0, 0]),
    ("a weight too few", at(*FIRST, "weights"), [0]),
    ("weights a number", at(*FIRST, "weights"), 0),
    ("bias outside", at(*FIRST, "bias"), 1),
    ("bias missing", lambda claim, _: claim["upper"]["parameters"][0].pop("bias"), None),
    ("repeat zero", at(*FIRST, "repeat"), 0),
    ("repeat negative", at(*FIRST, "repeat"), -1),
    ("repeat two", at(*FIRST, "repeat"), 2),
    ("repeat huge", at(*FIRST, "repeat"), 10**1000),
    ("repeat a fraction", at(*FIRST, "repeat"), 1.5),
    ("repeat a word", at(*FIRST, "repeat"), "1"),
    ("lower a number", at("lower"), 3),
    ("lower unknown key", at("lower", "why"), 3),
    ("bound too high", at("lower", "bound"), str(LOSS + Fraction(1, 9))),
    ("bound missing", lambda claim, _: claim["lower"].pop("bound"), None),
    ("strict at the optimum", at("lower", "strict"), True),
    ("strict a number", at("lower", "strict"), 1),
    ("strict missing", lambda claim, _: claim["lower"].pop("strict"), None),
    ("no bound", at("lower", "bound"), None),
    ("grounds a word", at("lower", "grounds"), "enumeration"),
    ("grounds unknown", at("lower", "grounds"), {"kind": "trust"}),
    ("grounds without kind", at("lower", "grounds"), {}),
    ("grounds kind a list", at("lower", "grounds"), {"kind": []}),
    ("nonnegative is too weak", at("lower", "grounds"), {"kind": "nonnegative"}),
    ("empty with a bound", at("lower", "grounds"), {"kind": "empty"}),
    ("enumeration with more", at("lower", "grounds"), {"kind": "enumeration", "left": []}),
    ("left missing", lambda claim, _: claim["lower"]["grounds"].pop("left"), None),
    ("left a number", at("lower", "grounds", "left"), 0),
    ("left a flat list", at("lower", "grounds", "left"), [0, 1]),
    ("left a triple", at("lower", "grounds", "left"), [[0, 1, 2]]),
    ("left before the list", at("lower", "grounds", "left"), [[-1, 1]]),
    ("left beyond the list", at("lower", "grounds", "left"), [[0, 4]]),
    ("left far beyond", at("lower", "grounds", "left"), [[10**1000, 1]]),
    ("left negative count", at("lower", "grounds", "left"), [[0, -1]]),
    ("left huge count", at("lower", "grounds", "left"), [[0, 10**1000]]),
    ("left overlaps", at("lower", "grounds", "left"), [[0, 2], [1, 1]]),
    ("left a fraction", at("lower", "grounds", "left"), [[0.5, 1]]),
    ("last unknown", at("lower", "grounds", "last"), "samples"),
    ("last null", at("lower", "grounds", "last"), None),
    ("sizes missing", lambda claim, _: claim["lower"]["grounds"].pop("sizes"), None),
    ("sizes one missing", lambda claim, _: claim["lower"]["grounds"]["sizes"].pop("unit"), None),
    ("sizes one more", at(*SIZES, "rest"), 3),
    ("sizes negative", at(*SIZES, "pre"), -1),
    ("sizes a word", at(*SIZES, "pre"), "120"),
    ("sizes huge", at(*SIZES, "pre"), 10**1000),
    ("sizes last huge", at(*SIZES, "last"), 10**1000),
    ("pre too small", at(*SIZES, "pre"), 5),
    ("unit too small", at(*SIZES, "unit"), 5),
    ("left too small", at(*SIZES, "left"), 3),
    ("right too small", at(*SIZES, "right"), 9),
    ("sizes zero", at("lower", "grounds", "sizes"), dict.fromkeys(["pre", "unit", "left", "right", "last"], 0)),
    ("fixed an object", at("fixed"), {}),
    ("fixed a pair", at("fixed"), [[0, 0]]),
    ("fixed no such edge", at("fixed"), [[4, 0, 0]]),
    ("fixed no such slot", at("fixed"), [[0, 3, 0]]),
    ("fixed negative", at("fixed"), [[-1, 0, 0]]),
    ("fixed outside", at("fixed"), [[0, 0, 2]]),
    ("fixed twice", at("fixed"), [[0, 2, 0], [0, 2, 0]]),
    ("fixed elsewhere", at("fixed"), [[3, 0, "-2"], [2, 1, "1/2"]]),
    ("nothing claimed", lambda claim, _: [claim.pop(key) for key in ("upper", "lower")], None),
    ("sha256 missing", lambda claim, _: claim.pop("sha256"), None),
]


@pytest.mark.parametrize(("change", "value"), [item[1:] for item in CHANGES], ids=[item[0] for item in CHANGES])
def test_a_change_is_noticed(change: Callable[[Any, Any], object], value: Any) -> None:
    claim = copy.deepcopy(GOOD)
    change(claim, value)
    found = verdict(claim)
    assert not found.valid
    assert found.line.startswith("INVALID ")
    assert len(found.line.splitlines()) == 1
    assert len(found.line) < 250
    assert found.claim is None
    assert (found.upper, found.lower, found.strict) == (None, None, False)
    assert found.reason


REASONS: list[tuple[Callable[[Any, Any], object], Any, str]] = [
    (at("lower", "grounds", "left"), [[0, 4]], "lower.grounds.left: a run goes beyond"),
    (at("lower", "grounds", "left"), [[0, 2], [1, 1]], "lower.grounds.left: runs overlap"),
    (at("lower", "strict"), True, "contradict each other"),
    (at("lower", "bound"), str(LOSS + 1), "contradict each other"),
    (at("sha256"), "0" * 64, "belongs to another instance"),
    (at("upper", "loss"), str(LOSS + 1), "upper.loss"),
    (at("lower", "grounds"), {"kind": "nonnegative"}, "does not prove the bound"),
    (at("lower", "grounds"), {"kind": "empty"}, "a bound of null goes with"),
    (at(*SIZES, "pre"), 8, "sizes.pre"),
    (at(*SIZES, "last"), 3, "sizes.last"),
    (at("lower", "grounds", "sizes"), dict.fromkeys(["pre", "unit", "left", "right", "last"], 10**20), "too much work"),
    (at("fixed"), [[0, 2, 0], [0, 2, 0]], "fixed[1]: this slot is fixed twice"),
    (at("fixed"), [[0, 0, 2]], "fixed[0]: the value lies outside"),
    (at(*FIRST, "repeat"), 2, "5 edges are given, the network has 4"),
    (at("comment"), 1, "unknown key 'comment'"),
    (at(*SIZES, "pre"), "120", "lower.grounds.sizes.pre: an integer is expected, not '120'"),
]


@pytest.mark.parametrize(("change", "value", "reason"), REASONS)
def test_the_reason_is_the_right_one(change: Callable[[Any, Any], object], value: Any, reason: str) -> None:
    claim = certificate(DATA, (BEST, LOSS), (LOSS, False, reachable([[0, 1]], "targets")))
    assert verdict(claim).valid
    change(claim, value)
    assert reason in verdict(claim).line


@pytest.mark.parametrize(("edge", "slot", "value"), [(0, 0, 2), (0, 2, 1), (2, 1, "1/4"), (2, 1, 4), (3, 0, 0)])
def test_values_outside_their_spaces(edge: int, slot: int, value: Any) -> None:
    """Even if the claimed loss is the loss of these values."""
    from tests.dnnt_check.cases import Naive

    wrong = [list(values) for values in BEST]
    wrong[edge][slot] = Fraction(value)
    loss = Naive(INSTANCE).loss(wrong)
    kind = "the bias" if slot == len(wrong[edge]) - 1 else f"weight {slot}"
    found = verdict(certificate(DATA, (wrong, loss))).line
    assert f"{kind} of edge {edge} is {value}, outside its space" in found


@pytest.mark.parametrize("last", ["points", "targets"])
def test_declared_sizes_are_exact_bounds(last: str) -> None:
    """Each size can be lowered to the true one, and not by one more."""
    sizes = {"pre": 100, "unit": 100, "left": 100, "right": 1000, "last": 2000}

    def accepted() -> bool:
        grounds = {"kind": "reachable", "left": [[0, 1]], "last": last, "sizes": sizes}
        return verdict(certificate(DATA, None, (LOSS, False, grounds))).valid

    assert accepted()
    for key in sizes:
        low, high = -1, sizes[key]
        while high - low > 1:
            sizes[key] = (low + high) // 2
            if accepted():
                high = sizes[key]
            else:
                low = sizes[key]
        sizes[key] = high
        assert accepted()
        if key != "last":
            assert high > 0
    assert sizes["pre"] == 9
    # a: relu of (m + 2n, 3m - n), times -1, 0, 1; b: |m + 2|, |3m - 1| times -2, 2.
    a = {(max(m + 2 * n, 0) * w, max(3 * m - n, 0) * w) for m in (-1, 0, 1) for n in (-1, 0, 1) for w in (-1, 0, 1)}
    b = {(abs(m + 2) * w, abs(3 * m - 1) * w) for m in (-1, 0, 1) for w in (-2, 2)}
    right = {(x + Fraction(i, 2), y + Fraction(i, 2)) for x, y in b for i in range(8)}
    assert sizes["unit"] == max(len(a), len(b))
    assert (sizes["left"], sizes["right"]) == (len(a), len(right))
    points = {(p + x, q + y) for p, q in a for x, y in right}
    if last == "points":
        assert sizes["last"] == len(points)
        return
    spans = [
        [Fraction(i, 2) for i in range(int(2 * min(p[k] for p in points)), int(2 * max(p[k] for p in points)) + 1)]
        for k in (0, 1)
    ]
    assert sizes["last"] > 0
    assert sizes["last"] == sum(abs(u + 2) + abs(v - Fraction(43, 4)) < LOSS for u in spans[0] for v in spans[1])


def test_fixed_values() -> None:
    """Claims with fixed values speak of the instance in which the spaces have one element."""
    import itertools

    from tests.dnnt_check.cases import Naive

    for slots in itertools.combinations([(0, 0, -1), (1, 0, 0), (2, 1, "3/2"), (3, 0, -2)], 2):
        fixed = [list(slot) for slot in slots]
        restricted = json.loads(DATA)
        for number, slot, value in slots:
            entry = restricted["edges"][number]
            if slot < len(entry["weights"]):
                entry["weights"][slot] = [value]
            else:
                entry["bias"] = [value]
        loss, best = Naive(restricted).best()
        assert loss is not None
        assert best is not None
        for grounds in ({"kind": "enumeration"}, reachable([[1, 1]], "targets"), reachable([], "points")):
            claim = certificate(DATA, (best, loss), (loss, False, grounds), fixed)
            assert verdict(claim).line == f"VALID optimal {loss} with 2 values fixed"
            claim = certificate(DATA, None, (loss, True, grounds), fixed)
            assert not verdict(claim).valid
        if best != BEST:
            claim = certificate(DATA, (BEST, LOSS), None, fixed)
            assert "fixed" in verdict(claim).line


def test_fixed_values_in_layers() -> None:
    """The same for layers, where an edge is found by counting."""
    from tests.dnnt_check.cases import Naive, expand

    layers = [
        {"units": 2, "activation": "relu", "weights": [-1, 1, 2], "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 2], "bias": [0, "1/2"]},
    ]
    samples = [{"x": [1], "y": [3]}, {"x": [-2], "y": ["9/4"]}]
    instance = {**INSTANCE, "inputs": 1, "layers": layers, "samples": samples}
    for key in ("vertices", "outputs", "edges"):
        del instance[key]
    data = encode(instance)
    for slots in ([(0, 0, 2), (2, 1, "1/2")], [(1, 0, -1)], [(3, 0, -1), (1, 1, 1)]):
        restricted = json.loads(json.dumps(expand(instance)))
        for number, slot, value in slots:
            entry = restricted["edges"][number]
            if slot == 0:
                entry["weights"][0] = [value]
            else:
                entry["bias"] = [value]
        loss, best = Naive(restricted).best()
        assert loss is not None
        assert best is not None
        fixed = [list(slot) for slot in slots]
        for grounds in ({"kind": "enumeration"}, reachable([[1, 1]], "targets"), reachable([], "points")):
            claim = certificate(data, (best, loss), (loss, False, grounds), fixed)
            assert dnnt_check.check(data, encode(claim)).line.endswith(f"optimal {loss} with {len(slots)} values fixed")
            claim = certificate(data, None, (loss, True, grounds), fixed)
            assert not dnnt_check.check(data, encode(claim)).valid
    claim = certificate(data, None, (Fraction(0), False, {"kind": "nonnegative"}), [[3, 1, "1/2"]])
    assert "outside its space" in dnnt_check.check(data, encode(claim)).line


def test_parts_that_contradict_each_other() -> None:
    above = certificate(DATA, (BEST, LOSS), (LOSS + 1, False, {"kind": "enumeration"}))
    assert "contradict" in verdict(above).line
    none = certificate(DATA, (BEST, LOSS), (None, False, {"kind": "empty"}))
    assert "contradict" in verdict(none).line
