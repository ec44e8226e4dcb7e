"""Grounds `splits`: true claims pass, no tree proves a false one, and nothing hostile gets far."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
import dnnt_check
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.methods import boxes as method_boxes, method
from dnnt.methods.base import Cost
from dnnt.simplify.building import form_of
from dnnt.testing import oracle, random_any
from tests.columns.drawing import random_deep
from tests.dnnt_check.cases import text


def line(instance: Instance, bound: Any, strict: bool, **body: Any) -> str:
    """The verdict on a certificate that claims this on these grounds."""
    raw = instance_file.to_bytes(instance)
    grounds = {key: value for key, value in {"kind": "splits", **body}.items() if value != "left out"}
    claim = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "lower": {"bound": text(Fraction(bound)), "strict": strict, "grounds": grounds},
    }
    return dnnt_check.check(raw, json.dumps(claim).encode(), budget=20.0).line


def full_tree(instance: Instance, rng: Random) -> list[int]:
    """A tree down to single choices, in a random order."""
    places = [[(0, len(variable.values) - 1) for variable in form_of(instance).variables]]
    tree = []
    while places:
        box = places.pop()
        wide = [k for k, (first, last) in enumerate(box) if first < last]
        if not wide:
            tree.append(-1)
            continue
        k, greater = rng.choice(wide), rng.randrange(2)
        first, last = box[k]
        middle = (first + last) // 2
        halves = [[*box[:k], ends, *box[k + 1 :]] for ends in ((first, middle), (middle + 1, last))]
        places += halves if greater else halves[::-1]
        tree.append(2 * k + greater)
    return tree


def suited(seed: int) -> Instance | None:
    """A random instance that method `boxes` takes, with few choices; None if there is none of this seed."""
    instance = (random_any if seed % 2 else random_deep)(Random(seed))
    if instance.has_empty_space or not isinstance(method("boxes").assess(instance), Cost):
        return None
    return instance if form_of(instance).choices < 3000 else None


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_true_claims_alone(start: int) -> None:
    """With a tree that leaves nothing open, bounds at, just above and just below the least losses."""
    little = Fraction(1, 10**9)
    passed = 0
    for seed in range(start, start + 50):
        instance = suited(70_000 + seed)
        if instance is None:
            continue
        tree = full_tree(instance, Random(seed))
        losses = oracle(instance).losses
        for loss in losses[:3]:
            for bound in (loss, loss + little, loss - little):
                for strict in (False, True):
                    said = line(instance, bound, strict, tree=tree)
                    true = losses[0] > bound or (losses[0] == bound and not strict)
                    right = (
                        f"VALID loss {'>' if strict else '>='} " if true else "INVALID lower.grounds.tree: a box may"
                    )
                    assert said.startswith(right), (seed, bound, strict, said)
                    passed += true
    assert passed > 10


NET = dnnt.layered(
    1,
    [
        {"units": 2, "activation": "relu", "weights": [-1, 0, 2], "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ],
    [([1], [3]), ([2], [-5]), ([4], [2])],
    "squared",
)


def proof() -> tuple[Fraction, dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(method_boxes, "FEW", 0)
        answer = dnnt.solve(NET, goal="minimize", method="boxes")
    assert answer.certificate is not None and answer.certificate.lower is not None
    body = answer.certificate.lower.grounds.to_json()
    assert body["kind"] == "splits" and body["swaps"]
    return Fraction(answer.loss or 0), body


def test_what_is_spoiled() -> None:
    """No entry less or more, no other variable, no other exchange."""
    least, body = proof()
    tree = [int(entry) for piece in body["tree"] for entry in piece.split(",")]
    body = {**body, "tree": tree}
    assert line(NET, least, False, **body).startswith("VALID")
    assert line(NET, least, True, **body).startswith("INVALID lower.grounds.tree: a box may")
    for spoiled, said in (
        ({"tree": tree[:-1]}, "it ends before the last box"),
        ({"tree": [*tree, -1]}, "there are entries after the last box"),
        ({"tree": []}, "it ends before the last box"),
        ({"tree": [2000, -1, -1]}, "there is no such variable"),
        ({"tree": [0, 0, 0, 0, -1]}, "one value cannot be split"),
        ({"tree": [-1]}, "a box may hold"),
        ({"tree": [-2]}, "entries are -1 or more"),
        ({"tree": ["1,x"]}, "integers with commas"),
        ({"tree": [1.5]}, "integers are expected"),
        ({"tree": "1"}, "tree"),
        ({"tree": "left out"}, "tree"),
        ({"swaps": [[[0, 1]]]}, "swaps"),
        ({"swaps": [[[0, 99]]]}, "there is no variable"),
        ({"swaps": [[[0, 0]]]}, "a variable is repeated"),
        ({"swaps": "left out"}, "a box may hold"),
        ({"more": 1}, "more"),
    ):
        verdict = line(NET, least, False, **{**body, **spoiled})
        assert verdict.startswith("INVALID") and said in verdict, (spoiled, verdict)


def test_random_trees_prove_nothing_false() -> None:
    least, body = proof()
    tree = [int(entry) for piece in body["tree"] for entry in piece.split(",")]
    rng = Random(1)
    for _ in range(300):
        spoiled = list(tree)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(spoiled))
            spoiled[at : at + rng.randint(0, 2)] = [rng.randint(-1, 15) for _ in range(rng.randint(0, 2))]
        assert line(NET, least + Fraction(1, 7), False, **{**body, "tree": spoiled}).startswith("INVALID")


def test_other_losses_and_activations() -> None:
    for activation, loss, said in (
        ("digit_code", "squared", "nothing is known of the activation"),
        ("relu", {"kind": "table", "values": [], "otherwise": 1}, "not for the loss"),
    ):
        layers = [{"units": 1, "activation": activation, "weights": [1, 2], "bias": [0]}]
        instance = dnnt.layered(1, layers, [([1], [1])], loss)
        assert said in line(instance, 0, False, tree=[-1])
