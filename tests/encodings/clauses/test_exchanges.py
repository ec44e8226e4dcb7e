"""Exchanges of units: found where there are some, verified by the checker, and of use."""

from __future__ import annotations

import json
from itertools import product
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.encodings.clauses.exchanges import swaps
from dnnt.formats import certificate_file, json_text
from dnnt.simplify.building import form_of
from dnnt.testing import check_method, oracle


def layers(seed: int, hidden: tuple[int, ...], loss: object = "squared") -> dnnt.Instance:
    rng = Random(seed)
    inputs = rng.randint(1, 2)
    kind = rng.choice(("relu", "sign", "step", "abs"))
    samples = [([rng.randint(-2, 2) for _ in range(inputs)], [rng.choice((-1, 1))]) for _ in range(4)]
    deep = len(hidden) > 1
    space = rng.choice(([-1, 1], [0, 1]) if deep or hidden[0] > 2 else ([-1, 0, 1], [0, 1]))
    made = [
        {"units": h, "activation": kind, "weights": space, "bias": [0] if deep or h > 2 else [0, 1]} for h in hidden
    ]
    return dnnt.layered(
        inputs, [*made, {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]}], samples, loss=loss
    )


@pytest.mark.parametrize("seed", range(9))
def test_layers_of_equal_units(seed: int) -> None:
    instance = layers(seed, ((3,), (2, 2), (2,))[seed % 3], ("squared", "absolute", "misclassified")[seed % 3])
    check_method(instance, "sat", oracle(instance))


def everyone(a: int, b: int) -> bool:
    return True


def test_neighbours_are_exchanged_with_all_their_variables() -> None:
    form = form_of(layers(0, (3,)))
    inputs = len(form.units[0].terms)
    found = swaps(form, everyone)
    assert len(found) == 2 and all(len(swap) == inputs + 1 for swap in found)
    for swap in found:
        for chosen in list(product(*[variable.values for variable in form.variables]))[::7]:
            moved = list(chosen)
            for a, b in swap:
                moved[a], moved[b] = chosen[b], chosen[a]
            assert form.total(moved) == form.total(chosen)
    assert swaps(form, lambda a, b: False) == []


def test_units_that_differ_are_not_exchanged() -> None:
    edges = [
        ("s", "a", [[0, 1]], [0]),
        ("s", "b", [[0, 1, 2]], [0]),
        ("a", "t", [[1, 2]], [0]),
        ("b", "t", [[1, 2]], [0]),
    ]
    body = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "vertices": [{"id": name, "activation": "relu"} for name in "abt"],
        "outputs": ["t"],
        "edges": [{"from": a, "to": b, "weights": w, "bias": c} for a, b, w, c in edges],
        "samples": [{"x": [1], "y": [3]}],
        "loss": "squared",
    }
    from dnnt.formats import instance_file

    assert swaps(form_of(instance_file.parse(json.dumps(body).encode())), everyone) == []


def hard() -> dnnt.Instance:
    """Two equal units that cannot do it."""
    rng = Random(2)
    samples = [([rng.randint(-2, 2) for _ in range(2)], [rng.randint(-3, 3)]) for _ in range(4)]
    layer = {"activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    return dnnt.layered(
        2, [{"units": 2, **layer}, {"units": 1, **layer, "activation": "identity"}], samples, loss="squared"
    )


def refutation() -> tuple[dnnt.Instance, dict[str, Any]]:
    instance = hard()
    answer = dnnt.solve(instance, method="sat")
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    assert answer.certificate is not None
    body: dict[str, Any] = json.loads(certificate_file.to_bytes(answer.certificate))
    assert body["lower"]["grounds"]["kind"] == "clauses" and body["lower"]["grounds"]["swaps"]
    return instance, body


def verdict(instance: dnnt.Instance, body: dict[str, Any]) -> str:
    from dnnt.checking import verdict as said
    from dnnt.formats import instance_file

    return said(instance_file.to_bytes(instance), json_text.dumps(body).encode(), 60, None, lambda: None).line


def test_spoilt_exchanges_are_invalid() -> None:
    instance, body = refutation()
    assert verdict(instance, body).startswith("VALID optimal")
    grounds = body["lower"]["grounds"]
    right = grounds["swaps"]
    a, b = right[0][0]
    count = len(form_of(instance).variables)
    other = next(k for k in range(count) if k not in {m for pair in right[0] for m in pair})
    spoilt: list[Any] = [
        [right[0][1:], *right[1:]],
        [[[a, other], *right[0][1:]], *right[1:]],
        [[[a, count], *right[0][1:]], *right[1:]],
        [[[a, a], *right[0][1:]], *right[1:]],
        [[[a], *right[0][1:]], *right[1:]],
        [[[a, b, b], *right[0][1:]], *right[1:]],
        [[*right[0], [a, b]], *right[1:]],
        [[[a, -1]]],
        [[["x", b]]],
        [],
        right[0],
        7,
        None,
    ]
    for each in spoilt:
        said = verdict(instance, {**body, "lower": {**body["lower"], "grounds": {**grounds, "swaps": each}}})
        assert said.startswith("INVALID"), (each, said)
        assert "\n" not in said
    both = {**grounds, "order": [[0], [-1, 0, 1]]}
    assert "do not go together" in verdict(instance, {**body, "lower": {**body["lower"], "grounds": both}})


def test_clauses_of_exchanges_are_judged() -> None:
    instance, body = refutation()
    grounds = body["lower"]["grounds"]
    places = [k for k, clause in enumerate(grounds["clauses"]) if clause[0] == ["u", 0]]
    assert places
    for place in places:
        clause = grounds["clauses"][place]
        for wrong in (
            [["u", 0], *[-literal for literal in clause[1:]]],
            [["u", 0], clause[1]],
            [["u", 99], *clause[1:]],
        ):
            clauses = [*grounds["clauses"]]
            clauses[place] = wrong
            said = verdict(instance, {**body, "lower": {**body["lower"], "grounds": {**grounds, "clauses": clauses}}})
            assert said.startswith("INVALID")
    upper = body["upper"]["loss"]
    higher = {"sha256": body["sha256"], "format": body["format"], "version": 1}
    said = verdict(instance, {**higher, "lower": {**body["lower"], "bound": upper + 1}})
    assert said.startswith("INVALID")


def test_values_of_different_price_are_not_exchanged() -> None:
    form = form_of(hard())
    encoding = Encoding(form, 3, False, lambda: None, lambda a, b: False)
    assert not encoding.book.swaps
    assert Encoding(form, 3, False, lambda: None).book.swaps
