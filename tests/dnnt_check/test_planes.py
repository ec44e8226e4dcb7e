"""Grounds "branch" with slopes under attack: nothing but true claims passes, whatever is done to the certificate."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.exact import Number, to_json
from dnnt.formats import certificate_file, instance_file
from dnnt.testing import oracle, takers
from tests.dnnt_check.test_branch import Body, at, changed, numbers_in, said, true_if_valid
from tests.neuron.test_planes import convex, planes_alone

LITTLE = Fraction(1, 10**6)

WRONG: tuple[Any, ...] = (None, {}, "x", [None], [[]], 3)


@cache
def cases() -> tuple[tuple[dnnt.Instance, Body, Number], ...]:
    """Instances with a certificate by planes of a lower bound above 0, and their least loss."""
    made: list[tuple[dnnt.Instance, Body, Number]] = []
    with pytest.MonkeyPatch.context() as patched:
        planes_alone(patched)
        for seed in range(200):
            instance = convex(seed)
            if len(made) == 24 or "branch" not in takers(instance):
                continue
            answer = dnnt.solve(instance, goal="minimize", method="branch")
            if answer.loss and answer.certificate is not None and answer.certificate.lower is not None:
                body = json.loads(certificate_file.to_bytes(answer.certificate))
                if "slopes" in body["lower"]["grounds"]:
                    made.append((instance, body, answer.loss))
    trees = [body["lower"]["grounds"]["tree"] for _, body, _ in made]
    assert len(made) == 24 and min(map(len, trees)) == 1 and max(map(len, trees)) > 10
    return tuple(made)


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_changed_numbers(start: int) -> None:
    for instance, body, least in cases()[start : start + 8]:
        assert said(instance, body)[0]
        grounds = body["lower"]["grounds"]
        for path in list(numbers_in(grounds))[:60]:
            old = at(grounds, path)
            for new in (old + 1, old - 1, -old, 0, 2 * old, 10**30, -(10**400), "1", None, [old], True, 0.5):
                if new != old or type(new) is not type(old):
                    passed = true_if_valid(instance, changed(body, ("lower", "grounds", *path), new), least)
                    assert not (passed and type(new) is not int), "a malformed number is taken"


@pytest.mark.parametrize("start", range(0, 24, 8))
def test_false_bounds(start: int) -> None:
    for instance, body, least in cases()[start : start + 8]:
        body = {key: value for key, value in body.items() if key != "upper"}
        for bound, strict in ((least + LITTLE, False), (least, True), (least * 2, True), (10**50, False)):
            made = changed(changed(body, ("lower", "bound"), to_json(bound)), ("lower", "strict"), strict)
            valid, line = said(instance, made)
            assert not valid
            assert "does not rule out its box" in line, line
        for bound, strict in ((least - LITTLE, True), (least, False), (0, False)):
            made = changed(changed(body, ("lower", "bound"), to_json(bound)), ("lower", "strict"), strict)
            assert said(instance, made)[0]


def test_trees_that_are_none() -> None:
    rng = Random(1)
    for instance, body, least in cases()[:12]:
        grounds = body["lower"]["grounds"]
        tree = grounds["tree"]
        for key in grounds:
            left = {k: v for k, v in grounds.items() if k != key}
            assert not said(instance, changed(body, ("lower", "grounds"), left))[0]
        assert not said(instance, changed(body, ("lower", "grounds"), {**grounds, "more": 1}))[0]
        for i in range(len(tree)):
            place = ("lower", "grounds", "tree")
            assert not true_if_valid(instance, changed(body, place, tree[:i] + tree[i + 1 :]), least), (
                "a part is missing"
            )
            assert not said(instance, changed(body, place, [*tree, tree[i]]))[0], "a part too many"
            true_if_valid(instance, changed(body, place, rng.sample(tree, len(tree))), least)
        trees: tuple[Any, ...] = ([], [-1], [-1, 0, 0, 0], [-10, 1, 0, 0], [10**6])
        for wrong in (*WRONG, *trees):
            assert not true_if_valid(instance, changed(body, ("lower", "grounds", "tree"), wrong), least)
        for wrong in (*WRONG, [], [[0] * 9] * 30):
            assert not true_if_valid(instance, changed(body, ("lower", "grounds", "slopes"), wrong), least)


def test_slopes_of_zero_prove_what_every_point_costs_at_least() -> None:
    for instance, body, least in cases()[:12]:
        grounds = body["lower"]["grounds"]
        flat = [[0] * len(of) for of in grounds["slopes"][:1]]
        made = changed(body, ("lower", "grounds"), {**grounds, "slopes": flat, "tree": [0]})
        true_if_valid(instance, made, least)
        assert said(instance, changed(made, ("lower", "bound"), 0))[0] or made["lower"]["strict"]


def test_other_instances_are_refused() -> None:
    """Costs that are not convex have other grounds."""
    grounds = {"kind": "branch", "scale": 1, "slopes": [[0]], "tree": [0]}
    for activation, loss in (("relu", "squared"), ("identity", "zero_one"), ("sign", "absolute")):
        layer = {"units": 1, "activation": activation, "weights": [0, 1], "bias": [0]}
        instance = dnnt.layered(1, [layer], [((1,), (3,))], loss)
        body = {
            "format": "dnnt-certificate",
            "version": 1,
            "sha256": instance_file.sha256(instance),
            "lower": {"bound": 1, "strict": False, "grounds": grounds},
        }
        valid, line = said(instance, body)
        assert not valid and "of a unit that is linear" in line


def test_long_numbers_end() -> None:
    instance, body, least = cases()[0]
    grounds = body["lower"]["grounds"]
    for value in (2**5000 - 1, -(2**5000) + 1):
        slopes = [[value] * len(of) for of in grounds["slopes"]]
        true_if_valid(instance, changed(body, ("lower", "grounds", "slopes"), slopes), least)
    assert "5000 bits" in said(instance, changed(body, ("lower", "grounds", "slopes", 0, 0), 2**5000))[1]
    assert "5000 bits" in said(instance, changed(body, ("lower", "grounds", "scale"), 2**5001))[1]
    assert oracle(instance).least == least
