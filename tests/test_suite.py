"""The benchmark suite: its files are what its script makes, and what is known of them does not contradict itself."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.exact import number
from dnnt.parameters import of_edges
from dnnt.testing import oracle

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SUITE = BENCHMARKS / "suite"
KNOWN = json.loads((SUITE / "known.json").read_text())["instances"]
KEPT = sorted(SUITE.glob("*.dnnt.json"))


def made(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *arguments], capture_output=True, text=True, timeout=300, check=True
    )
    return done.stdout


def test_kept_files_are_made_again(tmp_path: Path) -> None:
    made("suite/make.py", str(tmp_path), "--kept")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {p.name: p.read_bytes() for p in KEPT}
    assert sum(path.stat().st_size for path in KEPT) < 200_000


def test_what_is_known_has_a_name() -> None:
    names = set(made("suite/make.py", "--list", "--data", str(SUITE)).split())
    assert set(KNOWN) == names


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_what_is_known_is_in_order(name: str) -> None:
    record = KNOWN[name]
    assert record["what"]
    for value, bound, by in (("loss", "bound", "by"), ("nonzero", "nonzero_bound", "nonzero_by")):
        low, high = record.get(bound), record.get(value)
        if low is not None and high is not None:
            assert number(low) <= number(high)
        if low or high is not None:
            assert record[by]


def test_a_small_one_is_solved() -> None:
    answer = dnnt.solve(SUITE / "relu-3-3-1-n8-squared.dnnt.json", goal="minimize")
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    record = KNOWN["relu-3-3-1-n8-squared"]
    assert number(record["loss"]) == number(record["bound"]) == answer.loss


def neuron(rng: Random, loss: Any, activation: str) -> dnnt.Instance:
    """One ternary neuron on a few samples."""
    layers = [{"units": 1, "activation": activation, "weights": [-1, 0, 1], "bias": [-1, 0, 1]}]
    signs = loss != "absolute"
    samples = [
        ([rng.randint(-4, 4) for _ in range(3)], [rng.choice((-1, 1)) if signs else rng.randint(-9, 9)])
        for _ in range(6)
    ]
    return dnnt.layered(3, layers, samples, loss)


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The rivals on any network."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("rivals.deep")


@pytest.mark.skipif(find_spec("scipy") is None, reason="a rival needs it")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("loss", "activation"),
    [("absolute", "identity"), ({"kind": "hinge", "margin": 2}, "identity"), ("misclassified", "sign"),
     ("misclassified", "identity")],
)  # fmt: skip
def test_highs_is_right(rivals: Any, loss: Any, activation: str, seed: int) -> None:
    instance = neuron(Random(seed), loss, activation)
    assert rivals.takes_milp(instance)
    found = rivals.by_milp(instance, 20)
    assert found.proved
    assert found.value == oracle(instance).least


@pytest.mark.skipif(find_spec("ortools") is None, reason="a rival needs it")
@pytest.mark.parametrize("seed", range(8))
def test_cp_sat_is_right(rivals: Any, seed: int) -> None:
    instance = neuron(Random(seed), "absolute", "identity")
    least = oracle(instance).least
    assert least is not None
    found = rivals.by_cp_sat(instance, 20)
    assert (found.value, found.bound, found.proved) == (least, least, True)
    threshold = least + seed
    fewest = min(
        sum(w != 0 for w in weights)
        for *weights, bias in product((-1, 0, 1), repeat=4)
        if dnnt.evaluate(instance, of_edges([(tuple(weights), bias)])).total <= threshold
    )
    assert rivals.by_cp_sat(instance, 20, threshold, sparsest=True).value == fewest
    assert rivals.by_cp_sat(instance, 20, least - 1).infeasible or not least


@pytest.mark.skipif(find_spec("scipy") is None, reason="a rival needs it")
def test_the_race_runs() -> None:
    said = made("deep.py", "--only", "neuron-12x40", "--limit", "1", "--repeats", "1")
    assert "wrong: 0" in said
