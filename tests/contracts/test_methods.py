"""Every method on random instances: answer, optimum, parameters and certificate against the oracle.

`failures` holds instances that once went wrong; each is tried by every method. A failing seed is written there, to be
committed with the fix. `benchmarks/compare_methods.py` runs the same on thousands of instances.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings, strategies as st

import dnnt
from dnnt.formats import instance_file
from dnnt.testing import check_method, forced, oracle, random_any, random_paper, random_two_layer, takers
from dnnt.testing.contract import WAYS

FAILURES = Path(__file__).parent / "failures"
KEPT = sorted(path.name for path in FAILURES.iterdir())
Generator = Callable[[Random], dnnt.Instance]


def hold(instance: dnnt.Instance, *methods: str, processes: bool = False) -> None:
    """Hold the methods to their contract; an instance that breaks it is kept."""
    truth = oracle(instance)
    for method in methods:
        try:
            check_method(instance, method, truth, processes=processes)
        except AssertionError:
            raw = instance_file.to_bytes(instance)
            name = f"{method}-{hashlib.sha256(raw).hexdigest()[:12]}.dnnt.json"
            (FAILURES / name).write_bytes(raw)
            raise


@pytest.mark.parametrize("seed", range(150))
def test_two_layer(seed: int) -> None:
    instance = random_two_layer(Random(seed))
    assert "reachable" in takers(instance)
    hold(instance, "brute-force", "reachable", "auto")


@pytest.mark.parametrize("seed", range(60))
def test_any(seed: int) -> None:
    instance = random_any(Random(seed))
    assert "brute-force" in takers(instance)
    hold(instance, *takers(instance))


@pytest.mark.parametrize("seed", range(60))
def test_paper(seed: int) -> None:
    instance = random_paper(Random(seed))
    assert {"brute-force", "paper-dp", "reachable"} <= set(takers(instance))
    hold(instance, "paper-dp", "reachable")


@pytest.mark.parametrize("way", [None, *WAYS])
@pytest.mark.parametrize("start", range(0, 60, 10))
def test_reachable_by_targets(way: str | None, start: int) -> None:
    with forced(targets=True, way=way):
        for seed in range(start, start + 10):
            hold(random_two_layer(Random(10_000 + seed)), "reachable")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", range(0, 30, 10))
def test_reachable_by_points(way: str, start: int) -> None:
    with forced(way=way):
        for seed in range(start, start + 10):
            hold(random_two_layer(Random(20_000 + seed)), "reachable")


@pytest.mark.parametrize("generator", [random_two_layer, random_any, random_paper])
@settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(0, 2**64 - 1))
def test_any_seed(generator: Generator, seed: int) -> None:
    instance = generator(Random(seed))
    hold(instance, *takers(instance), "auto")


@pytest.mark.parametrize("seed", range(4))
def test_through_commands(seed: int) -> None:
    instance = random_two_layer(Random(30_000 + seed))
    hold(instance, "auto" if seed else "brute-force", processes=True)


@pytest.mark.parametrize("name", KEPT)
def test_kept_failures(name: str) -> None:
    instance = dnnt.read(FAILURES / name)
    hold(instance, *takers(instance), "auto")


def test_targets_are_forced() -> None:
    """The tests above take the way that they are meant to take."""
    ended = set()
    for seed in range(12):
        instance = random_two_layer(Random(10_000 + seed))
        with forced(targets=True):
            answer = dnnt.solve(instance, goal="minimize", method="reachable")
        ended.add(answer.stats.get("last"))
    assert "targets" in ended


def test_a_wrong_answer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract can fail: an oracle that knows of a smaller loss is believed, and the instance is shown."""
    instance = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [1]}], [((1,), (5,))])
    truth = oracle(instance)
    assert truth.losses == (9, 16)
    check_method(instance, "brute-force", truth)
    wrong = type(truth)(truth.choices, (8, *truth.losses))
    with pytest.raises(AssertionError, match=r"(?s)should be.*dnnt-instance"):
        check_method(instance, "brute-force", wrong)
    with pytest.raises(AssertionError, match=r"no output|MethodUnsuitable"):
        check_method(instance, "paper-dp", truth)
