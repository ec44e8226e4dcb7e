"""Method `cpsat`: the optimum that it claims is the oracle's; what it reports survives limits; its absence is said."""

from __future__ import annotations

from importlib.util import find_spec
from random import Random
from threading import Timer

import pytest

import dnnt
from dnnt.encodings.constraints import costs, cp_model, unit_values
from dnnt.errors import MethodUnsuitable
from dnnt.exact import number
from dnnt.methods import cpsat, method
from dnnt.methods.base import DECIDE, MINIMIZE, Cost, Goal
from dnnt.running import Run, Stop
from dnnt.testing import oracle, random_any, random_two_layer

needs_ortools = pytest.mark.skipif(find_spec("ortools") is None, reason="ortools is an extra")


def hard(kind: str = "squared") -> dnnt.Instance:
    """A neuron that nobody solves in some seconds."""
    rng = Random(1)
    layers = [{"units": 1, "activation": "identity", "weights": list(range(-8, 9)), "bias": [0]}]
    samples = [([rng.randint(-50, 50) for _ in range(40)], [rng.randint(-99, 99)]) for _ in range(60)]
    return dnnt.layered(40, layers, samples, kind)


def hold(instance: dnnt.Instance) -> bool:
    """Compare both goals with the oracle, where the method takes the instance; whether it does."""
    if instance.has_empty_space or isinstance(cpsat.METHOD.assess(instance), str):
        return False
    truth = oracle(instance).least
    assert truth is not None
    run = Run()
    stats = cpsat.METHOD.solve(instance, Goal(MINIMIZE, instance.gamma), run)
    assert run.incumbent is not None
    assert run.incumbent.loss == truth == dnnt.evaluate(instance, run.incumbent.parameters).total
    assert dnnt.evaluate(instance, run.incumbent.parameters).inside
    if truth:
        assert run.claimed is not None
        assert (run.claimed.bound, run.claimed.strict) == (truth, False)
        assert stats["claimed_optimal"]
        assert number(stats["claimed_bound"]) == truth
    if instance.gamma is not None:
        run = Run()
        cpsat.METHOD.solve(instance, Goal(DECIDE, instance.gamma), run)
        if truth <= instance.gamma:
            assert run.incumbent is not None
            assert run.incumbent.loss <= instance.gamma
        else:
            assert run.claimed is not None
            assert (run.claimed.bound, run.claimed.strict) == (instance.gamma, True)
    assert run.proof is None
    return True


@needs_ortools
@pytest.mark.parametrize("start", range(0, 110, 10))
def test_random_instances(start: int) -> None:
    taken = [hold((random_any if seed % 2 else random_two_layer)(Random(seed))) for seed in range(start, start + 10)]
    assert any(taken)


WAYS = {
    "products": [(costs, "MOST_CHORDS", 0), (cp_model, "MOST_CASES", 1)],
    "tables": [(unit_values, "MOST_LEVELS", 1), (unit_values, "MOST_ENTRIES", 0)],
    "plain sums": [(costs, "FEW", 0), (costs, "MOST_PAIRS", 0), (cp_model, "LONGEST_KEY", 1)],
}
"""What large instances meet, and small ones only where they are made to."""


@needs_ortools
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", range(1000, 1030, 10))
def test_what_large_instances_take(way: str, start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in WAYS[way]:
        monkeypatch.setattr(module, name, value)
    taken = [hold((random_any if seed % 2 else random_two_layer)(Random(seed))) for seed in range(start, start + 10)]
    assert any(taken)


@needs_ortools
def test_functions_from_python() -> None:
    def activation(z: int) -> int:
        return z * z % 7

    def loss(f: tuple[int, ...], y: tuple[int, ...]) -> int:
        return abs(f[0] - y[0]) % 5

    layers = [{"units": 2, "activation": activation, "weights": [-2, 0, 1, 3], "bias": [1]},
              {"units": 1, "activation": "identity", "weights": [-1, 2], "bias": [0]}]  # fmt: skip
    samples = [((x,), (y,)) for x, y in ((1, 3), (2, -4), (3, 9))]
    assert hold(dnnt.layered(1, layers, samples, loss, 1))


@needs_ortools
@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_a_time_limit_keeps_the_best(loss: str) -> None:
    instance = hard(loss)
    run = Run(time_limit=4)
    with pytest.raises(Stop) as stopped:
        cpsat.METHOD.solve(instance, Goal(MINIMIZE, None), run)
    assert stopped.value.kind == "time"
    assert run.seconds < 30
    assert run.incumbent is not None
    assert run.claimed is not None
    assert run.claimed.bound <= run.incumbent.loss == dnnt.evaluate(instance, run.incumbent.parameters).total


@needs_ortools
def test_an_interrupt_keeps_the_best() -> None:
    instance = hard()
    run = Run()
    timer = Timer(3, run.interrupt)
    timer.start()
    with pytest.raises(Stop) as stopped:
        cpsat.METHOD.solve(instance, Goal(MINIMIZE, None), run)
    timer.join()
    assert stopped.value.kind == "interrupt"
    assert run.incumbent is None or run.incumbent.loss == dnnt.evaluate(instance, run.incumbent.parameters).total


@needs_ortools
def test_little_memory_is_said() -> None:
    answer = dnnt.solve(hard(), goal=MINIMIZE, method="cpsat", memory_limit=1)
    assert (answer.stop, answer.assurance) == ("memory", "checked")


@needs_ortools
def test_it_starts_from_what_is_known() -> None:
    """Of what is known before, nothing is lost; and a better loss is found all the same."""
    layers = [{"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]},
              {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]}]  # fmt: skip
    samples = [((x, y), (abs(x - y) + 1,)) for x in range(3) for y in range(3)]
    instance = dnnt.layered(2, layers, samples, "absolute")
    answer = dnnt.solve(instance, goal=MINIMIZE, method="cpsat")
    assert answer.loss == oracle(instance).least
    assert answer.stats["claimed_optimal"]


@needs_ortools
def test_numbers_for_64_bits_only() -> None:
    layers = [{"units": 1, "activation": "relu", "weights": [0, 10**30, 10**30 + 1], "bias": [0]}]
    said = cpsat.METHOD.assess(dnnt.layered(1, layers, [((1,), (3,))]))
    assert isinstance(said, str)
    assert "64 bits" in said
    # Scaled, the same numbers are small.
    layers[0]["weights"] = [0, 10**30, 2 * 10**30]
    assert isinstance(cpsat.METHOD.assess(dnnt.layered(1, layers, [((1,), (10**30,))])), Cost)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpsat, "find_spec", lambda name: None)
    instance = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [1]}], [((1,), (5,))])
    assert cpsat.METHOD.assess(instance) == cpsat.MISSING
    with pytest.raises(MethodUnsuitable, match=r"dnnt\[cpsat\]"):
        dnnt.solve(instance, method="cpsat")
    assert dnnt.solve(instance).stop == "proved"
    assert not method("cpsat").proves


def test_the_best_claim_is_kept() -> None:
    run = Run()
    assert run.claimed is None
    for bound, strict in ((1, False), (3, False), (2, True), (3, True), (3, False)):
        run.claim(bound, strict)
    assert run.claimed is not None
    assert (run.claimed.bound, run.claimed.strict) == (3, True)
