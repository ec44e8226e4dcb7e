"""The cheapest parameters of a second goal, by every search that suits, against every choice."""

from __future__ import annotations

from operator import mul
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt import cheapest as table
from dnnt.cheapest import ENGINES, Better, Engine, cheapest
from dnnt.evaluation import evaluate, loss_of
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.parameters import Parameters, first_choice
from dnnt.running import Run, Stop
from dnnt.simplify.parts import parts_of
from dnnt.simplify.prices import cost_of
from dnnt.testing import all_parameters, random_any, random_two_layer
from tests.simplify.test_parts import drawn as apart


def drawn(seed: int) -> Instance:
    """A random instance with parameters."""
    rng = Random(seed)
    while True:
        instance = (random_any if seed % 2 else random_two_layer)(rng)
        if not instance.has_empty_space and not instance.is_continuous:
            return instance


def least(instance: Instance, kind: str, threshold: Number) -> Number | None:
    """The least cost of all choices that reach the threshold."""
    reached = [p for p in all_parameters(instance) if evaluate(instance, p).total <= threshold]
    return min([cost_of(p, kind) for p in reached], default=None)


def started(instance: Instance, threshold: Number) -> Run:
    """A run that holds some parameters that reach the threshold, if there are any: not the cheapest first."""
    run = Run()
    for chosen in all_parameters(instance):
        loss = loss_of(instance, chosen)
        if loss <= threshold:
            run.offer(chosen, loss)
            break
    return run


def _telling(told: list[tuple[Number, Parameters]]) -> Better:
    return lambda value, parameters: told.append((value, parameters))


@pytest.mark.parametrize("kind", ["sparsest", "smallest"])
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("seed", range(25))
def test_every_search_finds_the_least_cost(seed: int, engine: Engine, kind: str) -> None:
    instance = drawn(seed)
    if not engine.suits(instance):
        pytest.skip(f"{engine.name} does not take it")
    losses = sorted({evaluate(instance, p).total for p in all_parameters(instance)})
    for threshold in {losses[0], losses[len(losses) // 3], losses[0] - 1}:
        told: list[tuple[Number, Parameters]] = []
        run = started(instance, threshold)
        bounds: list[Number] = []
        found = engine.search(instance, kind, threshold, run, _telling(told), bounds.append)
        right = least(instance, kind, threshold)
        assert bounds == sorted(bounds) and (right is None or all(bound <= right for bound in bounds))
        assert (None if found is None else found[0]) == right
        for value, chosen in [*told, *([] if found is None else [found])]:
            said = evaluate(instance, chosen)
            assert said.inside and said.total <= threshold
            assert cost_of(chosen, kind) == value
            assert right is not None and value >= right


@pytest.mark.parametrize("seed", range(40))
def test_part_by_part(seed: int) -> None:
    instance = apart(seed, seed % 5 == 0)
    parts = parts_of(instance)
    assert parts is not None
    threshold = min(evaluate(instance, p).total for p in all_parameters(instance))
    for kind in ("sparsest", "smallest"):
        bounds: list[Number] = []
        run = started(instance, threshold)
        found = cheapest(instance, kind, threshold, True, run, lambda *each: None, bounds.append)
        assert found is not None and bounds == sorted(bounds) and bounds[-1:] in ([], [found[0]])
        said = evaluate(instance, found[1])
        assert said.inside and said.total <= threshold
        assert found[0] == cost_of(found[1], kind) == least(instance, kind, threshold)


def test_parts_are_used_where_each_is_at_its_least(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def search(instance: Instance, kind: str, threshold: Number, run: Run, better: Any, at_least: Any) -> Any:
        seen.append(instance.network.output_count)
        return 0, first_choice(instance.network)

    monkeypatch.setattr(table, "ENGINES", (Engine("none", lambda instance: True, search),))
    instance = dnnt.graph(
        1,
        [("a", "relu"), ("b", "relu")],
        ["a", "b"],
        [{"from": "s", "to": name, "weights": [[0, 1]], "bias": [0]} for name in "ab"],
        [((1,), (0, 1))],
    )
    for tight, expected in ((True, [1, 1]), (False, [2])):
        seen.clear()
        cheapest(instance, "sparsest", 0, tight, started(instance, 0), lambda *each: None, lambda bound: None)
        assert seen == expected


def test_a_part_that_takes_long_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a time limit each part has its share; bounds of parts add up, those of parts that are not done too."""
    shares: list[float | None] = []

    def search(instance: Instance, kind: str, threshold: Number, run: Run, better: Any, at_least: Any) -> Any:
        shares.append(run.time_limit)
        at_least(1)
        if len(shares) == 1:
            raise Stop("time")
        return 1, next(p for p in all_parameters(instance) if not loss_of(instance, p) and cost_of(p, kind) == 1)

    monkeypatch.setattr(table, "ENGINES", (Engine("none", lambda instance: True, search),))
    instance = dnnt.graph(
        1,
        [("a", "relu"), ("b", "relu")],
        ["a", "b"],
        [{"from": "s", "to": name, "weights": [[0, 1, 2]], "bias": [0, -1]} for name in "ab"],
        [((1,), (1, 1))],
    )
    run = Run(time_limit=1000)
    chosen = next(p for p in all_parameters(instance) if not loss_of(instance, p))
    run.offer(chosen, 0)
    bounds: list[Number] = []
    found = cheapest(instance, "sparsest", 0, True, run, lambda *each: None, bounds.append)
    assert found is not None and found[0] == cost_of(found[1], "sparsest") == 2 and not loss_of(instance, found[1])
    assert bounds == [1, 2] and len(shares) == 3
    assert shares[0] is not None and shares[0] < 1000 and shares[2] == 1000


def test_a_limit_keeps_the_cheapest_so_far() -> None:
    """Of a search that tells of cheaper parameters on the way; they are checked, and said to be unproved."""
    rng = Random(2)
    teacher = [rng.choice((-1, 0, 1)) for _ in range(40)]
    inputs = [[rng.randint(-9, 9) for _ in teacher] for _ in range(25)]
    samples = [(x, [1 if sum(map(mul, teacher, x)) >= 0 else -1]) for x in inputs]
    layer = {"units": 1, "activation": "sign", "weights": [-1, 0, 1], "bias": [0]}
    instance = dnnt.layered(40, [layer], samples, "zero_one", 0)
    answer = dnnt.solve(instance, then="sparsest", time_limit=4)
    assert answer.status == "feasible" and answer.assurance == "checked" and answer.then is not None
    assert answer.parameters is not None and answer.then.value == cost_of(answer.parameters, "sparsest")
    assert evaluate(instance, answer.parameters).total == 0
    assert answer.exit_code == (0 if answer.then.proved else 3)
