"""Grounds of the kind "clauses": refutations of random instances, by hand and by corrupted certificates."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dnnt_check
from dnnt.certificate import FORM_KINDS
from dnnt.exact import Number
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.simplify.building import form_of
from dnnt.testing import oracle, random_any, random_two_layer
from dnnt_check.budget import Invalid, Work
from dnnt_check.hints import check_derivation
from tests.dnnt_check.cases import certificate, encode
from tests.dnnt_check.clause_maker import Maker, TooLong, refutation
from tests.dnnt_check.clause_oracle import Meaning
from tests.dnnt_check.lower import line

Q = Fraction

NEURON: dict[str, Any] = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 2,
    "layers": [{"units": 1, "activation": "sign", "weights": [-1, 0, 1], "bias": [0, "1/2"]}],
    "samples": [
        {"x": [1, 0], "y": [1]},
        {"x": [0, 1], "y": [1]},
        {"x": [-1, -1], "y": [1]},
        {"x": [1, 1], "y": [-1], "weight": "1/2"},
    ],
    "loss": "misclassified",
}
"""No weight may be below -1/2, nor their sum above 1/2: they are 0, and the last sample is lost, for 1/2."""


def verdict(instance: Instance, bound: Number, strict: bool, body: dict[str, Any]) -> str:
    """What the checker says."""
    data = instance_file.to_bytes(instance)
    return dnnt_check.check(data, encode(certificate(data, None, (Q(bound), strict, body))), budget=30).line


def small(seed: int, most: int = 60) -> tuple[Instance, Number] | None:
    """A random instance of few choices, and its least loss."""
    rng = random.Random(seed)
    instance = replace(random_any(rng) if seed % 3 else random_two_layer(rng), gamma=None)
    least = oracle(instance).least
    if least is None or not 1 < form_of(instance).choices <= most:
        return None
    return instance, least


@pytest.mark.parametrize("start", range(0, 150, 30))
def test_plain_clauses_prove_the_least_loss(start: int) -> None:
    proved = 0
    for seed in range(start, start + 30):
        found = small(seed)
        if found is None:
            continue
        instance, least = found
        bound, strict = (least, False) if seed % 4 else (least - Q(1, 7), True)
        try:
            body = Maker(Meaning(instance), bound, strict).body()
        except TooLong:
            continue
        said = verdict(instance, bound, strict, body)
        if said.startswith("INVALID lower: "):
            assert said.endswith(("clauses do not apply", "a guarded loss of several outputs"))
            continue
        assert said == f"VALID loss {'>' if strict else '>='} {bound}"
        proved += 1
        # The same clauses prove nothing more, whatever they are taken for.
        for more, beyond in ((least, True), (least + Q(1, 10**9), False)):
            assert verdict(instance, more, beyond, body).startswith("INVALID lower")
    assert proved >= 6


def neuron() -> tuple[Instance, dict[str, Any]]:
    """The neuron, and grounds for its least loss of 1/2."""
    instance = instance_file.parse(encode(NEURON))
    return instance, Maker(Meaning(instance), Q(1, 2), False).body()


def test_the_neuron() -> None:
    instance, body = neuron()
    assert oracle(instance).least == Q(1, 2)
    assert verdict(instance, Q(1, 2), False, body) == "VALID loss >= 1/2"
    assert verdict(instance, Q(1, 2), True, body).startswith("INVALID lower.grounds.clauses[")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside a JSON value."""
    found = [path] if path else []
    for key, inside in enumerate(value) if isinstance(value, list) else ():
        found += leaves(inside, (*path, key))
    return found


@pytest.mark.parametrize("part", ["sums", "literals", "relations", "clauses", "proof"])
def test_spoiled_grounds_never_prove_what_is_false(part: str) -> None:
    """The claim is false by the smallest amounts; each entry is changed, dropped or doubled."""
    instance, _ = neuron()
    rng = random.Random(part)
    good = Maker(Meaning(instance), Q(1, 2), False).body()
    places = leaves(good[part])
    for path in rng.sample(places, min(len(places), 25)):
        for spoil in range(3):
            body = copy.deepcopy(good)
            inside = body[part]
            for key in path[:-1]:
                inside = inside[key]
            old = inside[path[-1]]
            if spoil == 0:
                other = rng.choice((0, 1, "d", "t", None))
                inside[path[-1]] = old + rng.choice((-1, 1)) if isinstance(old, int) else other
            elif spoil == 1:
                del inside[path[-1]]
            else:
                inside.insert(path[-1], copy.deepcopy(old))
            assert verdict(instance, Q(1, 2), True, body).startswith("INVALID ")
            said = verdict(instance, Q(1, 2), False, body)
            assert said.startswith("INVALID ") or said == "VALID loss >= 1/2"


def test_a_bound_that_the_least_costs_prove_needs_nothing() -> None:
    empty = {"kind": "clauses", "sums": [], "literals": [], "relations": [], "clauses": [], "proof": []}
    assert line(NEURON, Q(0), False, empty) == "VALID loss >= 0"
    assert line(NEURON, Q(-1), True, empty) == "VALID loss > -1"
    assert line(NEURON, Q(0), True, empty) == "INVALID lower.grounds.proof: the last line is not the empty clause"
    without = {**NEURON, "samples": []}
    assert line(without, Q(0), False, empty) == "VALID loss >= 0"
    assert line(without, Q(0), True, empty).startswith("INVALID lower.grounds.proof")


def test_the_example_of_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "certificates.md").read_text()
    start = text.index('{"kind": "clauses",\n')
    body = json.loads(text[start : text.index("```", start)])
    layer = {"units": 1, "activation": "sign", "weights": [-1, 1], "bias": [0]}
    samples = [{"x": [1], "y": [1]}, {"x": [-1], "y": [1]}]
    instance = {**NEURON, "inputs": 1, "layers": [layer], "samples": samples}
    assert line(instance, Q(1), False, body) == "VALID loss >= 1"
    assert line(instance, Q(1), True, body) == "INVALID lower.grounds.clauses[3]: it does not hold for this reason"


def test_fixed_values_count() -> None:
    """With the first weight fixed to -1 and the bias to 0 the first sample is lost, for 1."""
    data = encode(NEURON)
    fixed = [[0, 0, -1], [0, 2, 0]]
    narrow = copy.deepcopy(NEURON)
    narrow["vertices"] = [{"id": "u", "activation": "sign"}]
    narrow["edges"] = [{"from": "s", "to": "u", "weights": [[-1], [-1, 0, 1]], "bias": [0]}]
    narrow["outputs"] = ["u"]
    del narrow["layers"]
    body = Maker(Meaning(instance_file.parse(encode(narrow))), 1, False).body()
    claim = certificate(data, None, (Q(1), False, body), fixed)
    assert dnnt_check.check(data, encode(claim)).line == "VALID loss >= 1 with 2 values fixed"
    assert dnnt_check.check(data, encode(certificate(data, None, (Q(1), False, body)))).line.startswith("INVALID lower")


# ---------------------------------------------------------------- the derivation


def follow(given: Sequence[tuple[int, ...]], proof: list[int], literals: int = 3) -> str:
    """What is said of a derivation."""
    try:
        check_derivation(given, proof, literals, Work())
    except Invalid as error:
        return str(error).removeprefix("lower.grounds.proof: ")
    return "good"


def test_derivations() -> None:
    given = [(1, 2), (1, -2), (-1, 3), (-1, -3)]
    assert follow(given, [1, 0, 1, 2, 0, 0, 5, 3, 4, 0]) == "good"
    assert follow(given, [1, 0, 2, 1, 0, 0, 5, 4, 3, 0]) == "good"
    assert follow(given, [1, 0, 1, 2, 3, 0, 0, 5, 3, 4, 1, 0]) == "good", "hints behind the contradiction"
    assert follow(given, [0, 1, 2, 0]) == "line 1: clause 1 is neither unit nor empty"
    assert follow(given, [1, 0, 1, 0, 0, 5, 3, 4, 0]) == "line 1: the hints do not contradict"
    assert follow(given, [1, 0, 0]) == "line 1: the hints do not contradict"
    assert follow(given, [1, 0, 1, 2, 0]) == "the last line is not the empty clause"
    assert follow(given, []) == "the last line is not the empty clause"
    assert follow([*given, ()], []) == "good"
    assert follow([*given, ()], [0, 5, 0]) == "good"
    for proof in ([1], [1, 0], [1, 0, 1], [0, 1, 2], [1, 0, 1, 2, 0, 0]):
        assert follow(given, proof).endswith(": it is cut off")
    for hint in (0 - 1, 5, 6, -5, 10**30):
        assert follow(given, [1, 0, hint, 0]) == "line 1: a hint is no earlier clause"
    for literal in (4, -4, 10**30, -(10**30)):
        assert follow(given, [literal, 0, 1, 0]) == "line 1: there is no such literal"
    assert follow(given, [1, -1, 0, 1, 2, 0, 0, 5, 0]) == "line 2: clause 5 is neither unit nor empty", "a tautology"


def test_only_what_follows_is_derived() -> None:
    """Random clauses: what can be satisfied is never refuted, by no random hints; what cannot be is."""
    rng = random.Random(5)
    refuted = 0
    for _ in range(300):
        given = [tuple(rng.choice((-1, 1)) * k for k in rng.sample(range(1, 5), rng.randint(1, 3))) for _ in range(9)]
        proof = refutation(given)
        if proof is not None:
            refuted += 1
            assert follow(given, proof, 4) == "good"
            continue
        for _ in range(20):
            made: list[int] = []
            for count in range(3):
                derived = [rng.choice((-1, 1)) * rng.randint(1, 4) for _ in range(2 - count)]
                hints = [rng.randint(1, 9 + count) for _ in range(rng.randint(1, 6))]
                made += [*derived, 0, *hints, 0]
            assert follow(given, made, 4) != "good"
    assert refuted > 50


def test_it_is_in_the_public_list() -> None:
    assert "clauses" in FORM_KINDS
