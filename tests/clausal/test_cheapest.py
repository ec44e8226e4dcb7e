"""The second goal by clauses against all parameters."""

from __future__ import annotations

from random import Random

import pytest

import dnnt
from dnnt.clausal.cheapest import cheapest
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.methods import method
from dnnt.parameters import Parameters
from dnnt.running import Run, Stop
from dnnt.simplify.prices import KINDS, cost_of
from dnnt.testing import all_parameters, random_any, random_two_layer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(24))
def test_against_all_parameters(seed: int, kind: str) -> None:
    instance = (random_any if seed % 2 else random_two_layer)(Random(seed))
    if instance.has_empty_space or isinstance(method("sat").assess(instance), str):
        assert seed % 24 != 1
        return
    every = [(evaluate(instance, made).total, made) for made in all_parameters(instance)]
    losses = sorted({loss for loss, _ in every})
    for threshold in {losses[0], losses[len(losses) // 2]}:
        run = Run()
        if seed % 3:
            run.offer(*next((made, loss) for loss, made in every if loss <= threshold))
        told: list[Number] = []
        found = cheapest(instance, kind, threshold, run, lambda value, made, told=told: told.append(value))  # type: ignore[misc]
        assert found is not None
        value, made = found
        said = evaluate(instance, made)
        assert said.inside and said.total <= threshold
        assert value == cost_of(made, kind) == min(cost_of(p, kind) for loss, p in every if loss <= threshold)
        assert told == sorted(told, reverse=True) and told[-1] == value
    assert cheapest(instance, kind, losses[0] - 1, Run()) is None


def test_a_limit_leaves_the_best_so_far() -> None:
    rng = Random(1)
    samples = [(tuple(rng.randint(-9, 9) for _ in range(14)), (rng.choice((-1, 1)),)) for _ in range(60)]
    instance = dnnt.layered(
        14,
        [{"units": 5, "activation": "sign", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}, LAST],
        samples,
        loss="zero_one",
    )
    told: list[tuple[Number, Parameters]] = []
    with pytest.raises(Stop) as stop:
        cheapest(instance, "sparsest", 14, Run(time_limit=3), lambda *each: told.append(each))
    assert stop.value.kind == "time"
    for value, made in told:
        assert cost_of(made, "sparsest") == value and evaluate(instance, made).total <= 14


LAST = {"units": 1, "activation": "sign", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
