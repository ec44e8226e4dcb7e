"""Orders of interchangeable units lose no loss; what is not interchangeable is in no order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from random import Random

import pytest

import dnnt
from dnnt.encodings.constraints.interchangeable import Orders, orders
from dnnt.exact import Number
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form
from dnnt.testing import random_any, random_two_layer


def in_order(form: Form, groups: Orders, chosen: Sequence[Number]) -> bool:
    """Whether the keys of every group do not decrease, where each key is the values of its variables."""
    values = [[tuple(chosen[k] for k in key) for key in keys] for keys in groups]
    return all(before <= after for keys in values for before, after in pairwise(keys))


def check(form: Form, groups: Orders) -> None:
    losses: dict[bool, set[object]] = {True: set(), False: set()}
    for chosen in product(*(variable.values for variable in form.variables)):
        losses[in_order(form, groups, chosen)].add(form.total(chosen))
    assert losses[False] <= losses[True]


def alike(units: Sequence[int], spaces: Sequence[list[int]], seed: int) -> dnnt.Instance:
    """Layers of equal units on two random samples."""
    rng = Random(seed)
    layers = [
        {"units": count, "activation": rng.choice(["sign", "relu", "step", "abs"]), "weights": of, "bias": [0]}
        for count, of in zip(units, spaces, strict=True)
    ]
    samples = [([rng.randint(-2, 2)], [rng.randint(-2, 2)] * units[-1]) for _ in range(2)]
    return dnnt.layered(1, layers, samples, "absolute")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("units", "spaces", "groups"),
    [
        ((3, 1), ([-1, 0, 1], [-1, 1]), 1),
        ((2, 2, 1), ([-1, 1], [-1, 1], [-1, 1]), 2),
        ((3, 2, 1), ([-1, 2], [0, 1], [1]), 2),
    ],
)
def test_layers(units: tuple[int, ...], spaces: tuple[list[int], ...], groups: int, seed: int) -> None:
    form = form_of(alike(units, spaces, seed))
    found = orders(form)
    if all(unit.products or unit.terms for unit in form.units) and len(form.units) == sum(units):
        assert len(found) == groups
    check(form, found)


@pytest.mark.parametrize("seed", range(60))
def test_random_instances(seed: int) -> None:
    instance = (random_any if seed % 2 else random_two_layer)(Random(seed))
    if not instance.has_empty_space:
        form = form_of(instance)
        if form.choices <= 500:
            check(form, orders(form))


def test_outputs_are_told_apart() -> None:
    layers = [{"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]}]
    assert orders(form_of(dnnt.layered(1, layers, [((1,), (0, 1))]))) == []


def test_spaces_tell_apart() -> None:
    vertices = [{"id": "a", "activation": "relu"}, {"id": "b", "activation": "relu"}, {"id": "t", "activation": "relu"}]
    edges = [
        {"from": "s", "to": "a", "weights": [[-1, 1]], "bias": [0]},
        {"from": "s", "to": "b", "weights": [[-1, 1]], "bias": [0]},
        {"from": "a", "to": "t", "weights": [[-1, 1]], "bias": [0]},
        {"from": "b", "to": "t", "weights": [[-1, 2]], "bias": [0]},
    ]
    samples = [((1,), (1,)), ((-1,), (3,))]
    assert orders(form_of(dnnt.graph(1, vertices, ["t"], edges, samples))) == []
    edges[3]["weights"] = [[-1, 1]]
    assert len(orders(form_of(dnnt.graph(1, vertices, ["t"], edges, samples)))) == 1
