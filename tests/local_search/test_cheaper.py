"""Sparser and smaller parameters: never worse than where it began, within the threshold, mostly the best there are."""

from __future__ import annotations

from random import Random

import pytest

import dnnt
from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.evaluation import evaluate
from dnnt.local_search import cheaper, searching
from dnnt.local_search.cheaper import sparsify
from dnnt.running import Incumbent, Run, Stop
from dnnt.simplify.prices import cost_of
from dnnt.testing import random_any, random_two_layer


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "CHEAPER_WORK", 1_000_000)
    monkeypatch.setattr(searching, "CHEAPER_SHORTEST", 2_000)


@pytest.mark.parametrize("few", [0, 512])
@pytest.mark.parametrize("kind", ["sparsest", "smallest"])
@pytest.mark.parametrize("generator", [random_any, random_two_layer])
def test_random_instances(generator: object, kind: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With parallel edges, biases and slots that make no difference."""
    monkeypatch.setattr(cheaper, "FEW", few)
    met = tried = 0
    for seed in range(30):
        instance = generator(Random(seed))  # type: ignore[operator]
        if instance.has_empty_space:
            continue
        run = Run(seed=seed)
        # From parameters of least loss: they come from brute force.
        known = dnnt.solve(instance, goal="minimize", method="brute-force")
        assert known.parameters is not None
        assert known.loss is not None
        threshold = known.loss + seed % 3
        run.incumbent = Incumbent(known.parameters, known.loss)
        found = sparsify(instance, kind, threshold, run, 2.0)
        assert found is not None
        cost, chosen = found
        said = evaluate(instance, chosen)
        assert said.inside
        assert said.total <= threshold
        assert cost_of(chosen, kind) == cost <= cost_of(known.parameters, kind)
        best = cheapest_parameters(instance, kind, threshold, Run())
        assert best is not None
        assert cost >= best[0]
        met += cost == best[0]
        tried += 1
    assert met >= tried * 0.8


def test_without_parameters_to_begin_with() -> None:
    layer = {"units": 1, "activation": "sign", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    samples = [((1, 1, 1), (1,)), ((1, -1, 1), (-1,)), ((-1, 1, -1), (1,)), ((-1, -1, 1), (-1,))]
    instance = dnnt.layered(3, [layer], samples, loss="zero_one")
    found = sparsify(instance, "sparsest", 0, Run(), 5.0)
    assert found is not None
    assert found[0] == 1
    contradiction = dnnt.layered(3, [layer], [*samples, ((1, 1, 1), (-1,))], loss="zero_one")
    assert sparsify(contradiction, "sparsest", 0, Run(), 5.0) is None


def test_an_interrupt_ends_it() -> None:
    layer = {"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]}
    instance = dnnt.layered(3, [layer] * 2, [((1, 2, 3), (1, 1)), ((3, 2, 1), (2, 0))])
    run = Run()
    run.interrupt()
    with pytest.raises(Stop):
        sparsify(instance, "smallest", 0, run, 5.0)
