"""Outputs that share no free parameter are solved each by itself, and what is put together is proved of the whole."""

from __future__ import annotations

import json
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.evaluation import evaluate
from dnnt.exact import text
from dnnt.formats import certificate_file, instance_file
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, Goal
from dnnt.parameters import first_choice
from dnnt.running import Run
from dnnt.simplify.parts import parts_of
from dnnt.testing import check_method, oracle
from dnnt_check import check
from tests.dnnt_check.cases import certificate

LOSSES: tuple[Any, ...] = ("squared", "absolute", {"kind": "hinge", "margin": 1}, "zero_one", "maximum")


def drawn(seed: int, known: bool = False) -> Instance:
    """Two or three outputs, each with a neuron or two layers of its own; `known`: one more that has no choice."""
    rng = Random(seed)
    outputs = rng.choice((2, 2, 3))
    vertices: list[tuple[str, Any]] = []
    edges: list[dict[str, Any]] = []
    names: list[str] = []
    for k in range(outputs):
        tail = "s"
        if rng.random() < 0.4:
            tail = f"h{k}"
            vertices.append((tail, rng.choice(("relu", "sign", "step", "abs"))))
            weights = [rng.sample((-1, 0, 1, 2), 2) for _ in range(2)]
            edges.append({"from": "s", "to": tail, "weights": weights, "bias": [0]})
        vertices.append((f"t{k}", rng.choice(("identity", "sign", "relu"))))
        spaces = [rng.sample((-2, -1, 0, 1), 2) for _ in range(2 if tail == "s" else 1)]
        edges.append({"from": tail, "to": f"t{k}", "weights": spaces, "bias": rng.choice(([0], [0, 1], [-1]))})
        names.append(f"t{k}")
    if known:
        vertices.append(("c", {"kind": "constant", "value": 1}))
        names.append("c")
    samples = [
        ([rng.randint(-2, 2) for _ in range(2)], [rng.randint(-2, 2) for _ in names], rng.choice((1, 1, 2)))
        for _ in range(rng.randint(1, 4))
    ]
    gamma = rng.choice((None, 0, 1, 3, 8))
    return dnnt.graph(2, vertices, names, edges, samples, rng.choice(LOSSES), gamma)


@pytest.mark.parametrize("seed", range(80))
def test_parts_answer_as_the_whole(seed: int) -> None:
    instance = drawn(seed, seed % 4 == 0)
    assert parts_of(instance) is not None
    check_method(instance, "auto", oracle(instance))
    if instance.loss.separable:
        check_method(instance, "reachable", oracle(instance))


def test_outputs_that_share_a_parameter_are_one_part() -> None:
    edges = [
        {"from": "s", "to": "h", "weights": [[0, 1]], "bias": [0]},
        {"from": "h", "to": "a", "weights": [[1]], "bias": [0]},
        {"from": "h", "to": "b", "weights": [[2]], "bias": [0]},
    ]
    together = dnnt.graph(1, [("h", "relu"), ("a", "relu"), ("b", "relu")], ["a", "b"], edges, [((2,), (0, 0))])
    assert parts_of(together) is None
    edges[0]["weights"] = [[1]]
    edges[1]["weights"] = [[1, 2]]
    edges[2]["weights"] = [[1, 2]]
    apart = dnnt.graph(1, [("h", "relu"), ("a", "relu"), ("b", "relu")], ["a", "b"], edges, [((2,), (0, 0))])
    parts = parts_of(apart)
    assert parts is not None
    assert [part.outputs for part in parts.parts] == [(0,), (1,)]
    assert [sorted(part.slots) for part in parts.parts] == [[(1, 0)], [(2, 0)]]


def test_parameters_come_from_their_parts() -> None:
    instance = drawn(3)
    parts = parts_of(instance)
    assert parts is not None
    base = first_choice(instance.network)
    assert parts.assembled(base, [base] * len(parts.parts)) == base


def body(instance: Instance) -> tuple[bytes, dict[str, Any]]:
    """The bytes of an instance and the certificate of its least loss, which is above 0, in parts."""
    answer = dnnt.solve(instance, goal="minimize")
    assert answer.certificate is not None
    made = json.loads(certificate_file.to_bytes(answer.certificate))
    assert made["lower"]["grounds"]["kind"] == "parts"
    return instance_file.to_bytes(instance), made


def spoilt(seed: int) -> Instance:
    """An instance whose least loss is above 0 in at least two parts."""
    while True:
        instance = drawn(seed)
        parts = parts_of(instance)
        assert parts is not None
        if instance.loss.separable and sum((oracle(part.instance).least or 0) > 0 for part in parts.parts) > 1:
            return instance
        seed += 1000


@pytest.mark.parametrize("seed", range(10))
def test_false_claims_of_parts_are_refused(seed: int) -> None:
    raw, made = body(spoilt(seed))
    grounds, bound = made["lower"]["grounds"], made["lower"]["bound"]

    def said(changed: Any, total: Any = bound, strict: bool = False) -> str:
        lower = {"bound": total, "strict": strict, "grounds": {"kind": "parts", "parts": changed}}
        return check(raw, json.dumps({**made, "lower": lower}).encode()).line

    parts = grounds["parts"]
    assert said(parts).startswith("VALID optimal")
    assert said(parts, strict=True).startswith("INVALID")
    for index, (outputs, least, _, proof) in enumerate(parts):
        rest = parts[:index] + parts[index + 1 :]
        assert said(rest).startswith("INVALID")
        assert said([*rest, [outputs, least, True, proof]]).startswith("INVALID")
        higher = text(dnnt.exact.number(least) + 1)
        assert said([*rest, [outputs, higher, False, proof]]).startswith("INVALID")
        assert said([*parts, [outputs, least, False, proof]]) == (
            f"INVALID certificate: lower.grounds.parts[{len(parts)}][0]: an output belongs to two parts"
        )


@pytest.mark.parametrize(
    "parts",
    [
        5,
        [5],
        [[[0], 1, False]],
        [[[], 1, False, {"kind": "enumeration"}]],
        [[[0, 0], 1, False, {"kind": "enumeration"}]],
        [[[-1], 1, False, {"kind": "enumeration"}]],
        [[[99], 1, False, {"kind": "enumeration"}]],
        [[[0], None, False, {"kind": "enumeration"}]],
        [[[0], 1, 0, {"kind": "enumeration"}]],
        [[[0], 1, False, {"kind": "parts", "parts": []}]],
        [[[0], 1, False, {"kind": "empty"}]],
        [[[0], 1, False, {"kind": "nonnegative"}]],
        [[[0], 1, False, {}]],
        [],
    ],
)
def test_malformed_parts_get_one_line(parts: Any) -> None:
    data = instance_file.to_bytes(spoilt(1))
    claim = certificate(data, None, (Fraction(1, 3), False, {"kind": "parts", "parts": parts}))
    line = check(data, json.dumps(claim).encode()).line
    assert line.startswith("INVALID")
    assert "\n" not in line


def test_parts_do_not_go_with_other_losses() -> None:
    edges = [{"from": "s", "to": name, "weights": [[-1, 1]], "bias": [0]} for name in "ab"]
    instance = dnnt.graph(
        1, [("a", "identity"), ("b", "identity")], ["a", "b"], edges, [((1,), (1, 0))], "misclassified"
    )
    assert parts_of(instance) is None
    data = instance_file.to_bytes(instance)
    grounds = {"kind": "parts", "parts": [[[0], 1, False, {"kind": "enumeration"}]]}
    claim = certificate(data, None, (Fraction(1), False, grounds))
    assert check(data, json.dumps(claim).encode()).line.startswith("INVALID")


def test_a_limit_keeps_what_parts_have_found() -> None:
    """Some parts are solved before the limit, so the loss is below that of the first choice."""
    wide = {"from": -40, "to": 40}
    edges = [{"from": "s", "to": f"t{k}", "weights": [wide] * (1 if k < 3 else 12), "bias": [0]} for k in range(4)]
    for edge in edges[:3]:
        edge["weights"] = [wide, *[[0]] * 11]
    vertices = [(f"t{k}", "identity") for k in range(4)]
    rng = Random(1)
    samples = [([rng.randint(1, 50) for _ in range(12)], [rng.randint(-99, 99) for _ in range(4)]) for _ in range(30)]
    instance = dnnt.graph(12, vertices, [f"t{k}" for k in range(4)], edges, samples, "absolute")
    answer = dnnt.solve(instance, time_limit=1.0)
    first = evaluate(instance, first_choice(instance.network)).total
    assert answer.loss is not None and answer.loss < first
    assert answer.parameters is not None and evaluate(instance, answer.parameters).total == answer.loss
    assert answer.bound is not None and answer.bound > 0


def test_a_goal_for_parts_of_a_run() -> None:
    """Interrupts reach the part that is worked on."""
    run = Run()
    part = run.part(run.observer)
    run.follow(part)
    run.interrupt()
    assert part.interrupted
    assert not Goal(DECIDE, 0).reached(part)
