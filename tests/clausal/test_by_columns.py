"""Clauses with listed columns: costs and bounds against all parameters."""

from __future__ import annotations

from random import Random

import pytest

import dnnt
from dnnt.clausal import between, by_columns, cheapest as module
from dnnt.clausal.by_columns import first_level, listable
from dnnt.clausal.cheapest import cheapest, suits
from dnnt.columns import listing
from dnnt.errors import MethodUnsuitable
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.running import Run
from dnnt.simplify.building import form_of
from dnnt.simplify.prices import KINDS, cost_of, prices_of
from dnnt.testing import all_parameters


def drawn(seed: int) -> Instance:
    """Two or three layers of two-valued units, few samples."""
    rng = Random(seed)
    inputs = rng.randint(1, 2)
    kind = rng.choice(["sign", "step"])
    low = {"sign": -1, "step": 0}[kind]
    bias = rng.choice([[0], [-1, 0]])
    weights = [[-1, 0, 1], [-1, 1], [0, 1, 2]]
    layers = [{"units": 2, "activation": kind, "weights": rng.choice(weights), "bias": bias}]
    if seed % 4 == 3:
        layers.append({"units": 1, "activation": "relu", "weights": [0, 1], "bias": [0]})
    last = rng.choice([1, 2]) if len(layers) == 1 and bias == [0] else 1
    layers.append({"units": last, "activation": kind, "weights": rng.choice(weights), "bias": [-1]})
    samples = [
        (tuple([rng.randint(-2, 3) for _ in range(inputs)]), tuple([rng.choice([low, 1]) for _ in range(last)]))
        for _ in range(rng.randint(2, 5))
    ]
    return dnnt.layered(inputs, layers, samples, loss="zero_one", gamma=0)


LIMITS = {"listed": 3000, "few columns": 2}


@pytest.mark.parametrize("conflicts", [1, 10_000])
@pytest.mark.parametrize("columns", LIMITS)
@pytest.mark.parametrize("seed", range(24))
def test_against_all_parameters(monkeypatch: pytest.MonkeyPatch, seed: int, columns: str, conflicts: int) -> None:
    monkeypatch.setattr(listing, "MOST_COLUMNS", LIMITS[columns])
    monkeypatch.setattr(module, "CONFLICTS", float(conflicts))
    monkeypatch.setattr(between, "LEAST_GROUP", conflicts)
    instance = drawn(seed)
    assert suits(instance)
    every = [(evaluate(instance, made).total, made) for made in all_parameters(instance)]
    least = min(loss for loss, _ in every)
    for kind in KINDS:
        right = min(cost_of(made, kind) for loss, made in every if loss <= least)
        run = Run()
        if seed % 3:
            run.offer(*next((made, loss) for loss, made in every if loss <= least))
        bounds: list[Number] = []
        found = cheapest(instance, kind, least, run, at_least=bounds.append)
        assert found is not None and found[0] == right == cost_of(found[1], kind)
        assert evaluate(instance, found[1]).total <= least
        assert bounds == sorted(set(bounds)) and all(bound <= right for bound in bounds)
        assert not right or bounds[-1] == right
        assert least == 0 or cheapest(instance, kind, least - 1, Run()) is None


@pytest.mark.parametrize("seed", range(24))
def test_columns_alone(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Where weights are too many for clauses: what the columns say is a bound, and the end where all are listed."""
    monkeypatch.setattr(listing, "MOST_COLUMNS", LIMITS["few columns" if seed % 2 else "listed"])
    monkeypatch.setattr(module, "_modest", lambda form, given: bool(given))
    instance = drawn(seed)
    every = [(evaluate(instance, made).total, made) for made in all_parameters(instance)]
    least = min(loss for loss, _ in every)
    right = min(cost_of(made, "sparsest") for loss, made in every if loss <= least)
    run = Run()
    run.offer(*next((made, loss) for loss, made in every if loss <= least))
    bounds: list[Number] = []
    try:
        found = cheapest(instance, "sparsest", least, run, at_least=bounds.append)
    except MethodUnsuitable:
        assert seed % 2
        found = None
    assert all(bound <= right for bound in bounds)
    if found is not None:
        assert found[0] == right


def test_negatives_and_classes() -> None:
    """Of a column and its negative one is left, and the columns that outputs need have a class each."""
    layer = {"activation": "sign", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    samples = [((1, 0), (1, -1)), ((0, 1), (-1, 1)), ((2, 2), (-1, -1))]
    instance = dnnt.layered(2, [{"units": 3, **layer}, {"units": 2, **layer}], samples, loss="zero_one")
    form = form_of(instance)
    assert len(listable(form)) == 3
    made = first_level(prices_of(form, "sparsest"), Run())
    assert made is not None and made.exact and made.kinds == ((0, 1, 2),)
    masks = {each.mask for each in made.lists[0].columns}
    assert len(masks) == 4 and all(7 ^ mask not in masks for mask in masks)
    assert sorted(made.classes.values()) == [0, 0, 1, 1]


def test_what_has_no_lists() -> None:
    """Units that no other one reads, other activations, and shared variables."""
    layer = {"units": 1, "weights": [-1, 0, 1], "bias": [0]}
    for kinds in (["sign"], ["relu", "sign"]):
        instance = dnnt.layered(1, [{**layer, "activation": kind} for kind in kinds], [((1,), (1,)), ((-1,), (-1,))])
        assert first_level(prices_of(form_of(instance), "sparsest"), Run()) is None
    assert by_columns.listable(form_of(drawn(0)))
