"""Method `search`: what it says is exact and never worse than where it began; it finds the optimum nearly always."""

from __future__ import annotations

from random import Random
from threading import Timer

import pytest

import dnnt
from dnnt import pipeline
from dnnt.answer import Answer
from dnnt.evaluation import evaluate
from dnnt.instance import Instance
from dnnt.local_search import improving
from dnnt.local_search.improving import improve
from dnnt.methods import method
from dnnt.parameters import first_choice
from dnnt.running import Incumbent, Run
from dnnt.simplify.building import form_of
from dnnt.testing import oracle, random_any, random_two_layer

TERNARY = [-1, 0, 1]


def bits(number: int, count: int) -> tuple[int, ...]:
    return tuple(2 * (number >> i & 1) - 1 for i in range(count))


def adder(loss: str = "zero_one") -> Instance:
    """The sum of two numbers of two bits by sign units: 16 samples; nets of 6 hidden units are many."""
    samples = [(bits(a, 2) + bits(b, 2), bits(a + b, 3)) for a in range(4) for b in range(4)]
    layers = [
        {"units": units, "activation": "sign", "weights": TERNARY, "bias": list(range(-2, 3))} for units in (6, 3)
    ]
    return dnnt.layered(4, layers, samples, loss=loss, gamma=0)


def hold(instance: Instance, answer: Answer) -> None:
    """What every answer must keep to."""
    if instance.has_empty_space:
        assert answer.status == "infeasible"
        return
    assert answer.parameters is not None
    assert answer.loss is not None
    said = evaluate(instance, answer.parameters)
    assert (said.total, said.inside, answer.assurance) == (answer.loss, True, "checked")
    assert answer.loss <= evaluate(instance, first_choice(instance.network)).total
    # Contradictory targets, and parts without a choice, are proved without the method.
    bound = answer.bound or 0
    if answer.goal == "minimize":
        assert answer.status == ("optimal" if answer.loss == bound else "feasible")
        return
    assert answer.gamma is not None
    if answer.loss <= answer.gamma:
        assert answer.status == "feasible"
    elif answer.status == "infeasible":
        assert answer.bound is not None and answer.bound >= answer.gamma
    else:
        assert answer.status == "unknown"


@pytest.mark.parametrize("way", ["every choice", "plain", "compiled"])
@pytest.mark.parametrize("generator", [random_any, random_two_layer])
def test_random_instances(generator: object, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each of its ways the optimum is found for nearly all, and nothing false is said."""
    if way != "every choice":
        monkeypatch.setattr(improving, "FEW", 0)
        monkeypatch.setattr(improving, "PLAIN_SECONDS", 0.0 if way == "compiled" else 0.05)
    monkeypatch.setattr(improving, "PLAIN_WORK", 0.05)
    met, ways = 0, set()
    for seed in range(35):
        instance = generator(Random(seed))  # type: ignore[operator]
        goal = "minimize" if seed % 2 or instance.gamma is None else "decide"
        answer = pipeline.solve(instance, goal=goal, method="search")
        hold(instance, answer)
        ways.add(answer.stats.get("way"))
        least = oracle(instance).least
        gamma = instance.gamma if goal == "decide" else None
        met += answer.loss == least or (
            gamma is not None
            and answer.loss is not None
            and least is not None
            and (answer.loss <= gamma or least > gamma)
        )
    assert met >= 34
    assert way in ways


@pytest.mark.parametrize("loss", ["zero_one", "squared", "absolute"])
def test_deep_nets_that_exist_are_found(loss: str) -> None:
    answer = pipeline.solve(adder(loss), method="search", run=Run(seed=1))
    assert (answer.status, answer.loss, answer.stop, answer.stats["way"]) == ("feasible", 0, "proved", "compiled")
    hold(adder(loss), answer)


def test_the_same_seed_gives_the_same_answer() -> None:
    def solved(seed: int) -> Answer:
        return pipeline.solve(adder(), method="search", run=Run(seed=seed))

    first, again, other = solved(3), solved(3), solved(4)
    assert (first.parameters, first.stats["moves"]) == (again.parameters, again.stats["moves"])
    assert first.parameters != other.parameters


def test_it_ends_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here no loss is 0, and the stated work is what ends it."""
    monkeypatch.setattr(improving, "WORK", 2_000_000)
    samples = [((i, i * i % 7, i % 3), (i % 5,)) for i in range(12)]
    layers = [{"units": units, "activation": "relu", "weights": TERNARY, "bias": TERNARY} for units in (4, 1)]
    instance = dnnt.layered(3, layers, samples)
    answer = pipeline.solve(instance, goal="minimize", method="search")
    assert answer.status == "feasible"
    hold(instance, answer)


def test_limits_and_interrupts_keep_the_best() -> None:
    instance = dnnt.layered(
        3,
        [{"units": 5, "activation": "relu", "weights": TERNARY, "bias": TERNARY}] * 2,
        [((i, i * i % 7, i % 3), (i % 5, 1, 2, i % 4, 7)) for i in range(12)],
    )
    answer = pipeline.solve(instance, goal="minimize", method="search", run=Run(time_limit=1.0))
    assert answer.stop == "time"
    hold(instance, answer)
    run = Run()
    timer = Timer(0.5, run.interrupt)
    timer.start()
    answer = pipeline.solve(instance, goal="minimize", method="search", run=run)
    timer.join()
    assert answer.stop == "interrupt"
    assert answer.loss is not None
    assert answer.loss < evaluate(instance, first_choice(instance.network)).total
    assert evaluate(instance, answer.parameters).total == answer.loss


def test_one_neuron_by_least_squares() -> None:
    """As good as going through all pairs of coordinates for as long as that helps, from many starts."""
    random = Random(5)
    samples = [(tuple(random.randint(-9, 9) for _ in range(12)), (random.randint(-40, 40),)) for _ in range(12)]
    layer = {"units": 1, "activation": "identity", "weights": TERNARY, "bias": [0]}
    instance = dnnt.layered(12, [layer], samples)
    form = form_of(instance)
    found = improve(form, (0,) * 12, Run(), 5.0, seed=1)
    assert found.loss == form.total(found.values)

    def cost(w: list[int]) -> int:
        return sum((sum(a * b for a, b in zip(w, x, strict=True)) - y) ** 2 for x, (y,) in samples)

    best = None
    for _ in range(8):
        w = [random.choice(TERNARY) for _ in range(12)]
        now, better = cost(w), True
        while better:
            better = False
            for i in range(12):
                for j in range(i):
                    for a in TERNARY:
                        for b in TERNARY:
                            tried = list(w)
                            tried[i], tried[j] = a, b
                            if cost(tried) < now:
                                w, now, better = tried, cost(tried), True
        best = now if best is None else min(best, now)
    assert best is not None
    assert found.loss <= best


def test_it_begins_at_the_incumbent() -> None:
    """A hint that is good enough is what comes out; without one, improvement begins where the caller says."""
    instance = adder()
    known = pipeline.solve(instance, method="search").parameters
    assert known is not None
    form = form_of(instance)
    values = form.values_of(known)
    found = improve(form, values, Run(), 5.0)
    assert (found.values, found.loss) == (values, 0)
    run = Run()
    run.incumbent = Incumbent(known, 0)
    assert pipeline.solve(instance, method="search", run=run).parameters == known


def test_who_is_refused() -> None:
    said = method("search").assess(
        dnnt.layered(1, [{"units": 1, "weights": "real", "bias": [0], "activation": "relu"}], [])
    )
    assert said == "a parameter may be any real number"
    wide = dnnt.layered(1, [{"units": 10**9, "weights": [0, 1], "bias": [0], "activation": "relu"}], [])
    assert "edges" in str(method("search").assess(wide))
