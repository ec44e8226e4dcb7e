"""Fixed values and hints: claims are about the instance that is left, and hold for the file as it was given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.checking import verdict
from dnnt.evaluation import evaluate
from dnnt.exact import text
from dnnt.fixing import entries, fix
from dnnt.formats import certificate_file, instance_file
from dnnt.instance import Instance
from dnnt.spaces import Real
from dnnt.testing import oracle, random_any, random_two_layer
from tests.cli.commands import XOR, run, write

Edges = list[dict[str, Any] | None]


def drawn(rng: Random) -> tuple[Instance, Edges]:
    """A random instance, and values for some of its slots."""
    while True:
        instance = (random_any if rng.random() < 0.5 else random_two_layer)(rng)
        if not instance.has_empty_space and not instance.is_continuous:
            break
    made: Edges = []
    share = rng.random()
    for edge in instance.network.graph().edges:
        slots = [_value(rng, of) if rng.random() < share else None for of in edge.slots]
        if slots[:-1] and all(slot is None for slot in slots):
            made.append(None)
        elif all(slot is None for slot in slots[:-1]):
            made.append({"weights": None, "bias": slots[-1]})
        else:
            made.append({"weights": slots[:-1], "bias": slots[-1]})
    return instance, made


def _value(rng: Random, of: Any) -> str:
    assert not isinstance(of, Real)
    return text(rng.choice(list(of)))


@pytest.mark.parametrize("seed", range(60))
def test_claims_are_about_what_is_left(seed: int, tmp_path: Path) -> None:
    instance, given = drawn(Random(seed))
    left, fixed = fix(instance, entries(given))
    least = oracle(left).least
    answer = dnnt.solve(instance, goal="minimize", fix=given)
    assert (answer.loss, answer.bound, answer.status, answer.assurance) == (least, least, "optimal", "checked")
    assert answer.fixed == len(fixed.values)
    assert answer.parameters is not None and evaluate(left, answer.parameters).inside
    assert answer.certificate is not None
    said = verdict(instance_file.to_bytes(instance), certificate_file.to_bytes(answer.certificate))
    tail = f" with {answer.fixed} values fixed" if answer.fixed else ""
    assert least is not None and said.line == f"VALID optimal {text(least)}{tail}"
    if answer.fixed and least != oracle(instance).least:
        without = replace(answer.certificate, fixed=())
        assert not verdict(instance_file.to_bytes(instance), certificate_file.to_bytes(without)).valid


def test_from_the_command_line(tmp_path: Path) -> None:
    file = write(tmp_path / "xor.dnnt.json", XOR)
    edges = [{"weights": [1, None], "bias": None}, None, {"weights": [1], "bias": 0}, {"weights": None, "bias": 0}]
    fixed = write(tmp_path / "fixed.json", {"format": "dnnt-parameters", "version": 1, "edges": edges})
    ended = run("solve", file, "--fix", fixed, "--json", "--certificate", tmp_path / "c.json", "--goal", "minimize")
    (said,) = ended.objects
    assert (ended.status, said["fixed"], said["assurance"]) == (0, 4, "checked")
    checked = run("check", file, tmp_path / "c.json", "--json")
    assert json.loads(checked.out)["fixed"] == 4
    assert json.loads(checked.out)["claim"] == f"optimal {said['loss']} with 4 values fixed"
    assert "4 values" in run("solve", file, "--fix", fixed).out


@pytest.mark.parametrize(
    ("edges", "fault"),
    [
        ([None], "1 entry for 4 edges"),
        ([None, None, None, {"weights": [7], "bias": 0}], "7 lies outside its space"),
        ([None, None, None, {"weights": [0], "bias": 3}], "edges[3].bias: 3 lies outside its space"),
        ([{"weights": [1], "bias": 0}, None, None, None], "1 weight where 2 belong"),
        ([None, None, None, {"weights": [0]}], 'missing key "bias"'),
        ([None, None, None, 5], "not an object"),
        ([{"weights": None, "bias": None, "repeat": 0}], "repeat 0"),
        ([{"weights": ["x"], "bias": None}, None, None, None], "edges[0].weights[0]"),
        ("edges", "not a list"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(edges: Any, fault: str, tmp_path: Path) -> None:
    file = write(tmp_path / "xor.dnnt.json", XOR)
    fixed = write(tmp_path / "fixed.json", {"format": "dnnt-parameters", "version": 1, "edges": edges})
    ended = run("solve", file, "--fix", fixed)
    assert ended.status == 1
    assert fault in ended.err
    assert "fixed.json" in ended.err and "fix." not in ended.err
    assert ended.err.count("\n") == 1


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "xor.dnnt.json", XOR)
    for option in ("--fix", "--hint"):
        ended = run("solve", file, option, tmp_path / "nowhere.json")
        assert (ended.status, ended.err.count("\n")) == (1, 1)
        assert "nowhere.json" in ended.err


def test_nothing_fixed_claims_the_instance_itself() -> None:
    instance = dnnt.parse(json.dumps(XOR))
    answer = dnnt.solve(instance, goal="minimize", fix=[None] * 4)
    assert answer.fixed == 0
    assert answer.certificate is not None and answer.certificate.fixed == ()
    repeated = dnnt.solve(instance, goal="minimize", fix=[{"weights": None, "bias": None, "repeat": 4}])
    assert (repeated.fixed, repeated.loss) == (0, answer.loss)


def test_a_real_space_may_be_fixed() -> None:
    """What is left is discrete, so it is solved."""
    edges = [{"from": "s", "to": "t", "weights": ["real"], "bias": [0, 1]}]
    instance = dnnt.graph(1, [("t", "identity")], ["t"], edges, [((2,), (3,))])
    with pytest.raises(dnnt.MethodUnsuitable):
        dnnt.solve(instance)
    answer = dnnt.solve(instance, fix=[{"weights": ["1/2"], "bias": None}])
    assert (answer.loss, answer.status, answer.assurance) == (1, "optimal", "checked")


@pytest.mark.parametrize("seed", range(20))
def test_a_hint_is_where_it_begins(seed: int) -> None:
    """With no time left the hint's loss, or a better one, is what there is."""
    rng = Random(seed)
    instance, given = drawn(rng)
    best = dnnt.solve(instance, goal="minimize")
    answer = dnnt.solve(instance, goal="minimize", hint=best.parameters, time_limit=0)
    assert answer.loss == best.loss
    left, _ = fix(instance, entries(given))
    both = dnnt.solve(instance, goal="minimize", fix=given, hint=best.parameters)
    assert both.loss == oracle(left).least
    assert both.parameters is not None and evaluate(left, both.parameters).inside


def test_a_hint_must_fit() -> None:
    instance = dnnt.parse(json.dumps(XOR))
    with pytest.raises(dnnt.InvalidInput, match="outside its space"):
        dnnt.solve(instance, hint=[{"weights": [5, 5], "bias": 0}] * 2 + [{"weights": [0], "bias": 0}] * 2)
    with pytest.raises(dnnt.InvalidInput, match="1 entry for 4 edges"):
        dnnt.solve(instance, hint=[{"weights": [1, 1], "bias": 0}])
