"""All states of a box within a budget, between cuts and residues, against a look at the whole box."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.reachable.listing import listed
from dnnt.reachable.projection import Cut, cut_in
from dnnt.reachable.residues import Residues
from tests.reachable.hulls import Case, box, case_of


def nothing() -> None:
    """No poll."""


def drawn(rng: Random) -> Case:
    """One unit, one or two outputs, several labels of one input, fractions, a loss of three kinds."""
    outputs = rng.randint(1, 2)
    edges: list[Any] = [
        {"from": "s", "to": "h", "weights": [rng.choice(([0, 1, 3], [-1, "1/2"], [2]))], "bias": [0, 1]}
    ]
    for j in range(outputs):
        edges.append({"from": "h", "to": f"t{j}", "weights": [rng.choice(([1, -1], [0, 2, 6]))], "bias": [0]})
        edges.append({"from": "s", "to": f"t{j}", "weights": [[0, 2]], "bias": rng.choice(([0], [0, "3/2"]))})
    vertices = [("h", rng.choice(("relu", "abs"))), *((f"t{j}", "identity") for j in range(outputs))]
    samples = []
    for _ in range(rng.randint(1, 3)):
        y = [rng.choice((-9, 0, 1, Fraction(5, 2), Fraction(-1, 3), 4, 30)) for _ in range(outputs)]
        samples.append({"x": [rng.choice((1, 2))], "y": y, "weight": rng.choice((0, 1, 1, 2, Fraction(2, 3)))})
    kind = rng.choice(("squared", "squared", "absolute", {"kind": "hinge", "margin": rng.choice((1, Fraction(7, 2)))}))
    names = [f"t{j}" for j in range(outputs)]
    return case_of(dnnt.graph(1, vertices, names, edges, samples, loss=kind))


@pytest.mark.parametrize("start", range(0, 150, 50))
def test_against_the_whole_box(start: int) -> None:
    for seed in range(start, start + 50):
        rng = Random(seed)
        case = drawn(rng)
        packing = case.parts.packing
        if not 1 < packing.span <= 4000:
            continue
        assert case.costs is not None, seed
        costs = case.costs
        width = len(packing.axes)
        keys = box(packing)
        digits = {
            key: tuple(key // s % a.count for s, a in zip(packing.strides, packing.axes, strict=True)) for key in keys
        }
        cost = {key: sum(at.cost(digits[key][at.axis]) for at in costs.coordinates) for key in keys}
        assert all(costs.loss(cost[key]) == case.loss(key) for key in keys), seed
        assert costs.least == min(cost.values())
        cuts: list[Cut] = []
        for _ in range(rng.randint(0, 3)):
            direction = tuple(rng.randint(-3, 3) for _ in range(width))
            if rng.random() < 0.5 and any(direction):
                cuts.append(cut_in(direction, case.clouds))
            else:
                cuts.append(Cut(direction, rng.randint(-10, 10), ()))
        pairs = [
            (tuple(rng.randint(0, 3) for _ in range(width)), rng.choice((2, 3)))
            for _ in range(rng.choice((0, 0, 1, 2)))
        ]
        residues = Residues(digits[rng.choice(keys)], tuple(pairs))
        for budget in (costs.least - 1, costs.least, rng.choice(list(cost.values())), max(cost.values())):
            expected = sorted(
                (cost[key], key)
                for key in keys
                if cost[key] <= budget
                and all(sum(c * d for c, d in zip(cut.direction, digits[key], strict=True)) <= cut.most for cut in cuts)
                and residues.allows(digits[key])
            )
            said, all_ = listed(costs, packing, cuts, residues, budget, len(keys), nothing)
            assert all_
            assert said == expected, (seed, budget)
            if len(expected) > 2:
                assert not listed(costs, packing, cuts, residues, budget, len(expected) - 1, nothing)[1]


def test_budgets() -> None:
    """Exact around every loss, with fractions."""
    for seed in range(20):
        case = drawn(Random(seed))
        assert case.costs is not None
        costs = case.costs
        for cost in range(costs.least - 2, costs.least + 5):
            loss = costs.loss(cost)
            assert (costs.budget(loss, True), costs.budget(loss, False)) == (cost, cost - 1)
            some = Fraction(1, 3 * costs.scale)
            assert costs.budget(loss + some, False) == costs.budget(loss + some, True) == cost
            assert costs.budget(loss - some, True) == cost - 1
