"""Prices of values against all parameters that have them."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import pytest

import dnnt
from dnnt.evaluation import evaluate
from dnnt.exact import Number, magnitude, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters, Run
from dnnt.simplify.building import form_of
from dnnt.simplify.form import splits_of
from dnnt.simplify.prices import KINDS, SMALLEST, SPARSEST, cost_of, price_of, prices_of
from dnnt.testing import all_parameters, random_any

LAYER = {"units": 1, "activation": "relu", "weights": [0, 2], "bias": [0]}


def counted(parameters: Parameters, kind: str) -> Number:
    """The cost by its definition, edge by edge."""
    weights = [w for edge in parameters.edges() for w in edge.weights]
    return sum(w != 0 for w in weights) if kind == SPARSEST else normal(sum([magnitude(w) for w in weights]))


def drawn(seed: int) -> Instance:
    """A random network, or one unit on parallel edges whose slots add up, with rational values."""
    rng = Random(seed)
    if seed % 2:
        while True:
            instance = random_any(rng)
            if not instance.has_empty_space:
                return instance
    numbers: list[Number] = [-3, -2, Fraction(-1, 2), 0, Fraction(1, 3), 1, Fraction(3, 2), 2]

    def space() -> list[Number]:
        return rng.sample(numbers, rng.randint(1, 3))

    edges = [{"from": "s", "to": "t", "weights": [space(), space()], "bias": space()} for _ in range(2)]
    edges.append({"from": "s", "to": "dead", "weights": [[2, -1], [0, 1]], "bias": [5]})
    vertices = [{"id": "t", "activation": "relu"}, {"id": "dead", "activation": "relu"}]
    # Now the inputs are equal to each other, now one of them to the bias's, now all are different.
    x = [(1, 1), (2, 2), (1, 3), (2, 5)]
    return dnnt.graph(2, vertices, ["t"], edges, [(rng.choice(x), [1]), (rng.choice(x), [0])], "absolute")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(60))
def test_against_all_parameters(seed: int, kind: str) -> None:
    instance = drawn(seed)
    form = form_of(instance)
    prices = prices_of(form, kind)
    least: dict[tuple[Number, ...], Number] = {}
    for parameters in all_parameters(instance):
        values, cost = form.values_of(parameters), counted(parameters, kind)
        assert cost_of(parameters, kind) == cost
        least[values] = min(cost, least.get(values, cost))
    assert set(least) == set(product(*[variable.values for variable in form.variables]))
    for values, cost in least.items():
        assert prices.cost(values) == cost
        assert type(prices.cost(values)) is type(normal(cost))
    for values in Random(seed).sample(sorted(least), min(20, len(least))):
        made = prices.parameters(values)
        assert evaluate(instance, made).inside
        assert form.values_of(made) == values
        assert counted(made, kind) == least[values]
    assert prices.cost(prices.completed({})) == min(least.values())
    for index, variable in enumerate(form.variables):
        for value in variable.values:
            values = prices.completed({index: value})
            assert prices.cost(values) == min(cost for key, cost in least.items() if key[index] == value)


@pytest.mark.parametrize("seed", range(40))
def test_splits_against_all_sums(seed: int) -> None:
    rng = Random(seed)
    numbers: list[Number] = [-2, -1, Fraction(-1, 2), 0, Fraction(1, 2), 1, 2]
    slots = [
        [(w, rng.choice((0, 1, Fraction(1, 2)))) for w in rng.sample(numbers, 3)] for _ in range(rng.randint(1, 4))
    ]
    splits = splits_of(slots)
    found: dict[Number, list[tuple[Number, tuple[Number, ...]]]] = {}
    for chosen in product(*slots):
        total = normal(sum(w for w, _ in chosen))
        found.setdefault(total, []).append((normal(sum(p for _, p in chosen)), tuple([w for w, _ in chosen])))
    assert set(splits.least[0]) == set(found)
    for total, ways in found.items():
        assert splits.least[0][total] == min(ways)[0]
        assert (splits.least[0][total], splits.way(total)) in ways


def test_of_equal_prices_what_is_close_to_0() -> None:
    """Biases cost nothing, so they could be anything."""
    edges = [{"from": "s", "to": "t", "weights": [], "bias": [-9, 0, 9]} for _ in range(2)]
    form = form_of(dnnt.graph(0, [("t", "relu")], ["t"], edges, [((), (1,))]))
    for kind in KINDS:
        assert [edge.bias for edge in prices_of(form, kind).parameters((0,)).edges()] == [0, 0]


def test_prices_of_weights_are_exact() -> None:
    large = Fraction(10**400 + 1, 3)
    assert price_of(-large, SMALLEST) == large
    assert [price_of(w, SPARSEST) for w in (large, 0, -large)] == [1, 0, 1]
    many = Parameters((Run((2, -1, 0), 7, 10**100),))
    assert [cost_of(many, kind) for kind in KINDS] == [2 * 10**100, 3 * 10**100]


def test_equal_prices() -> None:
    """Two weights and a bias of equal values: the bias has other prices."""
    edges = [{"from": "s", "to": "t", "weights": [[0, 1], [0, 1], [0, 2]], "bias": [0, 1]}]
    samples = [((2, 3, 5), (1,)), ((1, 0, 2), (0,))]
    form = form_of(dnnt.graph(3, [("t", "relu")], ["t"], edges, samples))
    prices = prices_of(form, SMALLEST)
    assert [prices.same(0, other) for other in range(4)] == [True, True, False, False]
    assert prices.of_values == ((0, 1), (0, 1), (0, 2), (0, 0))


def test_what_belongs_to_no_variable_costs_too() -> None:
    """Known weights, and dead slots at their cheapest."""
    edges = [
        {"from": "s", "to": "t", "weights": [[-5], [0, 1]], "bias": [9]},
        {"from": "s", "to": "dead", "weights": [[-3, 2], [0, 4]], "bias": [1]},
    ]
    form = form_of(dnnt.graph(2, [("t", "relu"), ("dead", "relu")], ["t"], edges, [((1, 2), (1,))]))
    assert [prices_of(form, kind).rest for kind in KINDS] == [2, 7]


def test_values_of_no_variable_are_refused() -> None:
    form = form_of(
        dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 2], "bias": [0]}], [((1,), (1,))])
    )
    prices = prices_of(form, SPARSEST)
    for value in (-1, 1, 3, Fraction(1, 2)):
        with pytest.raises(AssertionError, match="does not have"):
            form.parameters((value,))
        with pytest.raises(AssertionError, match="does not have"):
            prices.parameters((value,))
        with pytest.raises(AssertionError, match="does not have"):
            prices.cost((value,))


def test_another_kind_is_refused() -> None:
    form = form_of(
        dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 2], "bias": [0]}], [((1,), (1,))])
    )
    with pytest.raises(dnnt.MethodUnsuitable, match='no second goal "largest"; take sparsest or smallest'):
        prices_of(form, "largest")
