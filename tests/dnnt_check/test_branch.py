"""Grounds "branch" under attack: nothing but true claims passes, whatever is done to the certificate."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

import pytest

import dnnt
import dnnt_check
from dnnt.exact import Number, from_text, to_json
from dnnt.formats import certificate_file, instance_file
from dnnt.testing import oracle
from tests.methods.test_branch import drawn, errors, least_squares, neuron

Body = dict[str, Any]


def said(instance: dnnt.Instance, certificate: Body, budget: float = 20.0) -> tuple[bool, str]:
    """What the checker says: valid or not, and its line."""
    verdict = dnnt_check.check(instance_file.to_bytes(instance), json.dumps(certificate).encode(), budget=budget)
    assert "\n" not in verdict.line
    return verdict.valid, verdict.line


@cache
def cases() -> tuple[tuple[dnnt.Instance, Body, Number], ...]:
    """Instances with a certificate of a lower bound above 0, and their least loss; grounds of both kinds."""
    made: list[tuple[dnnt.Instance, Body, Number]] = []
    kinds = set()
    for seed in range(200):
        if len(made) == 24:
            break
        instance = least_squares(3, 4, seed) if seed % 4 == 0 else (neuron if seed % 2 else drawn)(seed)
        if instance.has_empty_space:
            continue
        try:
            answer = dnnt.solve(instance, goal="minimize", method="branch")
        except dnnt.MethodUnsuitable:
            continue
        if not answer.loss or answer.certificate is None or answer.certificate.lower is None:
            continue
        body = json.loads(certificate_file.to_bytes(answer.certificate))
        if body["lower"]["grounds"]["kind"] == "branch":
            kinds.add("factor" in body["lower"]["grounds"])
            made.append((instance, body, answer.loss))
    assert kinds == {True, False}
    return tuple(made)


def numbers_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all integers."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from numbers_in(value[key], (*path, key))
    elif isinstance(value, int):
        yield path


def changed(body: Body, path: tuple[Any, ...], value: Any) -> Body:
    made: Any = copy.deepcopy(body)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return made  # type: ignore[no-any-return]


def at(body: Body, path: tuple[Any, ...]) -> Any:
    found: Any = body
    for key in path:
        found = found[key]
    return found


def true_if_valid(instance: dnnt.Instance, body: Body, least: Number) -> bool:
    """Hold a certificate to this: if it passes, its claim is true. Says whether it passes."""
    valid, line = said(instance, body)
    if valid:
        bound = from_text(str(body["lower"]["bound"]))
        assert bound <= least and not (body["lower"]["strict"] and bound == least), line
    else:
        assert line.startswith("INVALID "), line
    return valid


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_changed_numbers(start: int) -> None:
    for instance, body, least in cases()[start : start + 8]:
        assert said(instance, body)[0]
        grounds = body["lower"]["grounds"]
        for path in numbers_in(grounds):
            old = at(grounds, path)
            for new in (old + 1, old - 1, -old, 0, 2 * old, 10**30, 10**400, "1", None, [old], True, 0.5):
                if new != old or type(new) is not type(old):
                    made = changed(body, ("lower", "grounds", *path), new)
                    passed = true_if_valid(instance, made, least)
                    assert not (passed and type(new) is not int), "a malformed number is taken"


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_false_bounds(start: int) -> None:
    """The bound a little too high, or strict: refused for its loss."""
    for instance, body, least in cases()[start : start + 8]:
        body = {key: value for key, value in body.items() if key != "upper"}
        little = Fraction(1, 10**6)
        for bound, strict in ((least + little, False), (least, True), (least * 2, True), (10**50, False)):
            made = changed(changed(body, ("lower", "bound"), to_json(bound)), ("lower", "strict"), strict)
            made["lower"]["grounds"]["nodes"] = 10**5
            valid, line = said(instance, made)
            assert not valid
            assert "there are parameters with the loss" in line, line
        for bound, strict in ((least - little, True), (least, False), (0, False)):
            made = changed(changed(body, ("lower", "bound"), to_json(bound)), ("lower", "strict"), strict)
            assert said(instance, made)[0]


def test_dropped_and_added_parts() -> None:
    rng = Random(1)
    for instance, body, least in cases()[:20]:
        grounds = body["lower"]["grounds"]
        for key in grounds:
            left = {k: v for k, v in grounds.items() if k != key}
            assert not true_if_valid(instance, changed(body, ("lower", "grounds"), left), least)
        assert not true_if_valid(instance, changed(body, ("lower", "grounds"), {**grounds, "more": 1}), least)
        for key in ("levels", "order", "factor"):
            if key not in grounds:
                continue
            items = grounds[key]
            for i in range(len(items)):
                made = changed(body, ("lower", "grounds", key), items[:i] + items[i + 1 :])
                passed = true_if_valid(instance, made, least)
                assert not passed or key == "levels", "a part is missing"  # Levels may be coarser.
                made = changed(body, ("lower", "grounds", key), [*items, items[i]])
                assert not true_if_valid(instance, made, least), "a part is there twice"
            mixed = rng.sample(items, len(items))
            true_if_valid(instance, changed(body, ("lower", "grounds", key), mixed), least)
            wrongs: tuple[Any, ...] = (None, {}, "x", [None], [[]], [[1]], [[0, 1, 1]], 3)
            for wrong in wrongs:
                assert not true_if_valid(instance, changed(body, ("lower", "grounds", key), wrong), least)


def test_levels_may_come_in_any_order() -> None:
    """The order of levels is the certificate's choice, as long as those of a variable become finer."""
    instance = errors(4, 40, 1)
    answer = dnnt.solve(instance, goal="minimize", method="branch")
    assert answer.certificate is not None and answer.loss
    body = json.loads(certificate_file.to_bytes(answer.certificate))
    grounds = body["lower"]["grounds"]
    grounds["nodes"] = 10**6
    for levels in (
        sorted(grounds["levels"], key=lambda level: (level[0], -level[1])),
        sorted(grounds["levels"], key=lambda level: (-level[0], -level[1])),
        [*[[j, 1] for j in range(4)], [4, 1]],
        [[4, 40], [4, 39], [4, 1], *[[j, 1] for j in range(4)]],
    ):
        assert said(instance, changed(body, ("lower", "grounds", "levels"), levels))[0]
    for levels in (
        [*[[j, 1] for j in range(4)]],
        [*[[j, 1] for j in range(4)], [4, 20]],
        [*[[j, 1] for j in range(4)], [4, 20], [4, 20], [4, 1]],
        [*[[j, 1] for j in range(4)], [4, 41], [4, 1]],
        [*[[j, 1] for j in range(4)], [4, 1], [4, 1]],
        [*[[j, 1] for j in range(6)]],
    ):
        assert not said(instance, changed(body, ("lower", "grounds", "levels"), levels))[0]


def test_a_poor_factor_proves_less() -> None:
    """A factor of zeros bounds nothing: all choices are looked at, and the bound still holds."""
    instance = least_squares(3, 4, 0)
    answer = dnnt.solve(instance, goal="minimize", method="branch")
    assert answer.certificate is not None and answer.loss
    body = json.loads(certificate_file.to_bytes(answer.certificate))
    grounds = body["lower"]["grounds"]
    grounds["factor"] = [[0] * len(row) for row in grounds["factor"]]
    assert said(instance, body)[0]
    body["lower"] |= {"bound": to_json(answer.loss), "strict": True}
    del body["upper"]
    assert "there are parameters" in said(instance, body)[1]


def test_too_few_nodes_are_refused() -> None:
    instance = errors(6, 100, 1)
    answer = dnnt.solve(instance, goal="minimize", method="branch")
    assert answer.certificate is not None
    body = json.loads(certificate_file.to_bytes(answer.certificate))
    body["lower"]["grounds"]["nodes"] = 100
    assert "more nodes than 100" in said(instance, body)[1]
    body["lower"]["grounds"]["nodes"] = 10**15
    assert "too much work" in said(instance, body)[1]


def test_other_instances_are_refused() -> None:
    _, body, _ = next(case for case in cases() if "levels" in case[1]["lower"]["grounds"])
    two = dnnt.layered(1, [{"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]}], [((1,), (1, 3))])
    nothing = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [0]}], [])
    for other in (two, nothing):
        made = {**body, "sha256": instance_file.sha256(other)}
        del made["upper"]
        assert "one unit" in said(other, made)[1]
    relu = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [0]}], [((1,), (3,))])
    factor = {"kind": "branch", "order": [0], "bits": 4, "factor": [[1], [1, 1]], "nodes": 100}
    made = {**body, "sha256": instance_file.sha256(relu), "lower": {"bound": 4, "strict": False, "grounds": factor}}
    del made["upper"]
    assert "linear" in said(relu, made)[1]


def test_long_numbers_end() -> None:
    """Factors of long numbers are refused, or taken for what they are worth."""
    instance = least_squares(3, 4, 0)
    answer = dnnt.solve(instance, goal="minimize", method="branch")
    body = json.loads(certificate_file.to_bytes(answer.certificate))  # type: ignore[arg-type]
    for value in (10**4000, -(10**4000)):
        made = changed(body, ("lower", "grounds", "factor", 3, 0), int(value))
        assert answer.loss is not None
        true_if_valid(instance, made, answer.loss)  # The slack is so large that all choices are looked at.
    made = changed(body, ("lower", "grounds", "bits"), 20_001)
    assert "20000" in said(instance, made)[1]


def test_the_oracle_agrees() -> None:
    for instance, _, least in cases()[:10]:
        assert oracle(instance).least == least


def long_denominators(loss: str, activation: str, count: int, digits: int) -> dnnt.Instance:
    """Samples whose weights have long denominators, no two of them with a common divisor to speak of."""
    rng = Random(1)
    samples = [
        dnnt.Sample(
            (rng.randint(-9, 9), rng.randint(-9, 9)), (rng.choice((-1, 1)),), Fraction(1, rng.getrandbits(digits) | 1)
        )
        for _ in range(count)
    ]
    layer = {"units": 1, "activation": activation, "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    return dnnt.layered(2, [layer], samples, loss=loss)


@pytest.mark.parametrize(
    "grounds",
    [
        {"kind": "branch", "levels": [[1, 1], [0, 1], [2, 1]], "nodes": 1000},
        {
            "kind": "branch",
            "order": [0, 1, 2],
            "bits": 0,
            "factor": [[1], [0, 1], [0, 0, 1], [0, 0, 0, 1]],
            "nodes": 1000,
        },
    ],
)
def test_long_sums_of_fractions_are_refused(grounds: Body) -> None:
    """Where the common denominator of all losses would have hundreds of thousands of bits."""
    instance = long_denominators("squared", "identity", 200, 1200)
    data = instance_file.to_bytes(instance)
    certificate = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": sha256(data).hexdigest(),
        "lower": {"bound": "1/99999", "strict": False, "grounds": grounds},
    }
    valid, line = said(instance, certificate)
    assert not valid and "too much work" in line and "bits" in line


def test_fractions_of_modest_length_are_checked() -> None:
    instance = long_denominators("zero_one", "sign", 20, 100)
    answer = dnnt.solve(instance, goal="minimize", method="branch")
    assert (answer.status, answer.assurance) == ("optimal", "checked")
