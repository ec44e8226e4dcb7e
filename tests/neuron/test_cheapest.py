"""The cheapest parameters of one neuron against every choice of parameters."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

import dnnt
from dnnt.errors import MethodUnsuitable
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.neuron import cheapest as by_branching
from dnnt.neuron.cheapest import cheapest, rows_of
from dnnt.neuron.neuron import Neuron, neuron_of
from dnnt.parameters import Parameters
from dnnt.running import Run, Stop
from dnnt.simplify.building import form_of
from dnnt.simplify.prices import cost_of
from dnnt.testing import all_parameters, takers
from tests.methods.test_branch import drawn, errors, least_squares, neuron
from tests.neuron.test_planes import convex, noisy

KINDS = ("sparsest", "smallest")


def hold(instance: dnnt.Instance, seed: int) -> None:
    rng = Random(seed)
    choices = [(evaluate(instance, given).total, given) for given in all_parameters(instance)]
    losses = sorted({loss for loss, _ in choices})
    for kind in KINDS:
        for threshold in {losses[0], rng.choice(losses)}:
            heard: list[Number] = []

            def better(value: Number, given: Parameters, kind: str = kind, heard: list[Number] = heard) -> None:
                assert cost_of(given, kind) == value
                heard.append(value)

            found = cheapest(instance, kind, threshold, Run(), better)
            assert found is not None
            value, given = found
            said = evaluate(instance, given)
            assert said.inside and said.total <= threshold
            least = min(cost_of(given, kind) for loss, given in choices if loss <= threshold)
            assert value == cost_of(given, kind) == least
            assert heard == sorted(set(heard), reverse=True)
            known = Run()
            known.offer(*min(((given, loss) for loss, given in choices), key=lambda each: each[1]))
            again = cheapest(instance, kind, threshold, known)
            assert again is not None and again[0] == value
        assert cheapest(instance, kind, -1, Run()) is None


@pytest.mark.parametrize("seed", range(40))
def test_drawn(seed: int) -> None:
    hold(drawn(seed), seed)


@pytest.mark.parametrize("seed", range(40))
def test_neurons(seed: int) -> None:
    instance = neuron(seed)
    try:
        neuron_of(form_of(instance))
    except MethodUnsuitable:
        return
    if isinstance(neuron_of(form_of(instance)), Neuron):
        hold(instance, seed)


def separable(inputs: int, samples: int, seed: int) -> dnnt.Instance:
    rng = Random(seed)
    drawn = []
    for _ in range(samples):
        x = tuple(rng.randint(0, 9) for _ in range(inputs))
        drawn.append((x, (1 if x[0] - x[1] + x[2] >= 0 else -1,)))
    layer = {"units": 1, "activation": "sign", "weights": [-1, 0, 1], "bias": {"from": -2, "to": 2}}
    return dnnt.layered(inputs, [layer], drawn, "zero_one")


@pytest.mark.parametrize("seed", range(6))
def test_rows_and_levels_agree(seed: int) -> None:
    """No errors at all is a matter of rows; the same weights are found by the search over levels."""
    instance = separable(6, 12, seed)
    made = neuron_of(form_of(instance))
    assert isinstance(made, Neuron)
    assert rows_of(made, 0) is not None and rows_of(made, 1) is None
    by_rows = cheapest(instance, "sparsest", 0, Run())
    by_levels = cheapest(instance, "sparsest", Fraction(1, 2), Run())
    assert by_rows is not None and by_levels is not None
    assert by_rows[0] == by_levels[0]


def test_many_inputs() -> None:
    found = cheapest(separable(60, 40, 1), "sparsest", 0, Run())
    assert found is not None and found[0] <= 3
    assert evaluate(separable(60, 40, 1), found[1]).total == 0


def test_limits_come_through() -> None:
    for instance, threshold in ((separable(60, 40, 1), 0), (errors(12, 100, 1), 30)):
        run = Run()
        run.interrupt()
        with pytest.raises(Stop):
            cheapest(instance, "sparsest", threshold, run)


def test_other_forms_are_refused() -> None:
    two = dnnt.layered(1, [{"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]}], [((1,), (1, 1))])
    with pytest.raises(MethodUnsuitable):
        cheapest(two, "sparsest", 0, Run())


def test_squares_that_vanish() -> None:
    """An equation for each sample: rows of both signs."""
    instance = least_squares(8, 1, 3)
    best = dnnt.solve(instance, method="branch")
    assert best.loss is not None
    found = cheapest(instance, "sparsest", best.loss, Run())
    assert found is not None
    assert evaluate(instance, found[1]).total <= best.loss


@pytest.mark.parametrize("seed", range(60))
def test_planes_agree(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Convex losses by planes, at thresholds that are tight and loose."""
    instance = convex(seed)
    if "branch" in takers(instance):
        monkeypatch.setattr(by_branching, "FEW_CHOICES", 0)
        monkeypatch.setattr(by_branching, "rows_of", lambda neuron, threshold: None)
        hold(instance, seed)


def test_squares_of_many_inputs() -> None:
    """Sparsest of all weights up to a loss above the least: far too many choices to try."""
    instance = noisy(18, 40, "squared", 5)
    least = dnnt.solve(instance, method="branch").loss
    assert least is not None
    loose = replace(instance, gamma=least + least // 50)
    answers = [dnnt.solve(given, method="branch", then="sparsest") for given in (instance, loose)]
    tight, free = [answer.then for answer in answers]
    assert tight is not None and free is not None
    assert tight.proved and free.proved
    assert tight.value is not None and free.value is not None and free.value < tight.value
    assert answers[1].loss is not None and least < answers[1].loss <= least + least // 50
