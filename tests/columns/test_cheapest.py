"""The cheapest parameters by columns, against every choice."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

import dnnt
from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.columns.cheapest import cheapest
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.running import Run, Stop
from dnnt.simplify.prices import KINDS, cost_of
from dnnt.testing import oracle, random_any
from tests.columns.circuits import multiplier
from tests.columns.drawing import random_deep


def agrees(instance: Instance, kind: str, threshold: Number) -> bool:
    """Compare with every choice; whether there are parameters."""
    found, right = cheapest(instance, kind, threshold, Run()), cheapest_parameters(instance, kind, threshold, Run())
    if right is None:
        assert found is None
        return False
    assert found is not None
    value, chosen = found
    said = dnnt.evaluate(instance, chosen)
    assert said.inside and said.total <= threshold
    assert value == cost_of(chosen, kind) == right[0]
    return True


@pytest.mark.parametrize("start", range(0, 40, 8))
def test_random_instances(start: int) -> None:
    some = 0
    for seed in range(start, start + 8):
        for draw in (random_deep, random_any):
            instance = draw(Random(80_000 + seed))
            if instance.has_empty_space:
                continue
            losses = oracle(instance).losses
            for threshold in {losses[0], losses[len(losses) // 2], losses[0] - Fraction(1, 9)}:
                some += agrees(instance, KINDS[seed % 2], threshold)
    assert some > 10


def test_prices_keep_units_apart() -> None:
    """Two units with equal sums of values, one a weight and one a bias: only one of them costs something."""
    edges = [
        {"from": "s", "to": "a", "weights": [[-1, 1]], "bias": [0]},
        {"from": "s", "to": "b", "weights": [[0]], "bias": [-1, 1]},
        {"from": "a", "to": "t", "weights": [[-1, 0, 1]], "bias": [0]},
        {"from": "b", "to": "t", "weights": [[-1, 0, 1]], "bias": [0]},
    ]
    vertices = [{"id": name, "activation": "sign"} for name in "ab"] + [{"id": "t", "activation": "identity"}]
    for target in (1, 2, -2):
        instance = dnnt.graph(1, vertices, ["t"], edges, [([1], [target])], "absolute")
        for kind in KINDS:
            assert agrees(instance, kind, 0)


def test_a_multiplier_with_one_error() -> None:
    found = cheapest(multiplier([4]), "sparsest", 1, Run())
    assert found is not None and found[0] == 12
    assert dnnt.evaluate(multiplier([4]), found[1]).total == 1
    assert cheapest(multiplier([3]), "sparsest", 2, Run()) is None


def test_an_incumbent_is_kept() -> None:
    instance = multiplier([2])
    first = cheapest(instance, "smallest", 4, Run())
    assert first is not None
    run = Run()
    run.offer(first[1], dnnt.evaluate(instance, first[1]).total)
    assert cheapest(instance, "smallest", 4, run) == first


def test_a_limit_stops_it() -> None:
    run = Run()
    run.interrupt()
    with pytest.raises(Stop):
        cheapest(multiplier([5]), "sparsest", 0, run)
