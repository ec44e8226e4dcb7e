"""Symmetry in grounds of the kind "clauses": colourings, orders that are none, and random clauses of reason "y"."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import pytest

import dnnt
import dnnt_check
from dnnt.formats import instance_file, problem_file
from dnnt.instance import Instance
from dnnt_check.budget import Invalid
from tests.dnnt_check.cases import certificate, encode
from tests.dnnt_check.clause_maker import refutation
from tests.dnnt_check.clause_oracle import Literal, Meaning, clause_holds, reasons_of

Edges = list[tuple[int, int]]

COMPLETE: Edges = list(itertools.combinations(range(4), 2))
CYCLE: Edges = [(i, (i + 1) % 5) for i in range(5)]


def colouring(edges: Edges, colours: int) -> Instance:
    """A graph's colouring as training."""
    count = 1 + max(max(edge) for edge in edges)
    lines = [f"p edge {count} {len(edges)}", *(f"e {u + 1} {v + 1}" for u, v in edges)]
    target = dnnt.reduce("csp-to-dnnt", problem_file.parse("\n".join(lines).encode(), "col", colours)).target
    assert isinstance(target, Instance)
    return target


def refuting(edges: Edges, colours: int, symmetric: bool) -> dict[str, Any]:
    """No edge has one colour at both ends, each vertex has one; names by first appearance."""
    count = 1 + max(max(edge) for edge in edges)
    literals = [[["v", k], a, a] for k in range(count) for a in range(1, colours + 1)]

    def has(k: int, a: int) -> int:
        return k * colours + a

    clauses: list[list[Any]] = [["d", *(has(k, a) for a in range(1, colours + 1))] for k in range(count)]
    clauses += [[["e", 0], -has(u, a), -has(v, a)] for u, v in edges for a in range(1, colours + 1)]
    if symmetric:
        clauses += [["y", -has(k, a)] for k in range(count) for a in range(k + 2, colours + 1)]
        for k, a in itertools.product(range(1, count), range(2, colours + 1)):
            clauses.append(["y", -has(k, a), *(has(i, a - 1) for i in range(k))])
    return {
        "kind": "clauses",
        "sums": [],
        "literals": literals,
        "relations": [],
        "order": [list(range(count)), list(range(1, colours + 1))],
        "clauses": clauses,
        "proof": refutation([clause[1:] for clause in clauses]) or [],
    }


def said(instance: Instance, bound: Fraction | int, body: dict[str, Any]) -> str:
    """The verdict on a strict bound."""
    data = instance_file.to_bytes(instance)
    return dnnt_check.check(data, encode(certificate(data, None, (Fraction(bound), True, body))), budget=30).line


@pytest.mark.parametrize(("edges", "colours"), [(COMPLETE, 3), (COMPLETE, 2), (CYCLE, 2)])
def test_colourings(edges: Edges, colours: int) -> None:
    instance = colouring(edges, colours)
    lengths = []
    for symmetric in (False, True):
        body = refuting(edges, colours, symmetric)
        assert said(instance, 1, body) == "VALID loss > 1"
        assert said(instance, 2, body).startswith("INVALID lower.grounds.clauses[")
        lengths.append(len(body["proof"]))
    assert lengths[1] < lengths[0]
    # The same clauses prove nothing of a graph that can be coloured.
    assert said(colouring(edges[1:], colours + 1), 1, body).startswith("INVALID lower")


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ([[0, 0], [1, 2, 3]], "lower.grounds.order: a variable or a value is repeated"),
        ([[0, 1], [1, 2, 2]], "lower.grounds.order: a variable or a value is repeated"),
        ([[0, 9], [1, 2, 3]], "lower.grounds.order: there is no such variable"),
        ([[0, 1], [1, 2]], "lower.grounds.order: variable 0 has other values"),
        ([[0, 1], [1, 2, 4]], "lower.grounds.order: variable 0 has other values"),
        ([[0, 1], []], "lower.grounds.order: variable 0 has other values"),
        ([[0, 1]], "lower.grounds.order: a pair [variables, values] is expected"),
        ([[0, -1], [1, 2, 3]], "lower.grounds.order[0][1]: an integer >= 0 is expected"),
        (3, "lower.grounds.order: a list is expected, not 3"),
    ],
)
def test_orders_that_are_none(order: Any, why: str) -> None:
    instance = colouring(COMPLETE, 3)
    assert said(instance, 1, {**refuting(COMPLETE, 3, True), "order": order}).endswith(why)


def test_any_order_of_variables_and_values_goes() -> None:
    instance = colouring(COMPLETE, 3)
    body = refuting(COMPLETE, 3, False)
    for order in ([[], [1, 2, 3]], [[3, 1], [2, 3, 1]]):
        assert said(instance, 1, {**body, "order": order}) == "VALID loss > 1"
    body = refuting(COMPLETE, 3, True)
    assert said(instance, 1, {**body, "order": [[0, 1, 2, 3], [3, 2, 1]]}).startswith("INVALID lower.grounds.clauses[")
    del body["order"]
    assert said(instance, 1, body).endswith('the reason "y" needs an order')


def layered(loss: Any, units: int, weights: list[int], samples: list[dict[str, Any]]) -> Instance:
    """One layer of identities."""
    layer = {"units": units, "activation": "identity", "weights": weights, "bias": [0]}
    body = {"format": "dnnt-instance", "version": 1, "inputs": 1, "layers": [layer], "samples": samples, "loss": loss}
    return instance_file.parse(encode(body))


@pytest.mark.parametrize(
    ("loss", "targets", "good"),
    [
        ("squared", [0, 0], True),
        ("squared", [0, 1], False),
        ("absolute", [0, 0], True),
        ("zero_one", [0, 0], True),
        ("zero_one", [1, 0], False),
        ("zero_one", [5, 0], True),
        ("maximum", [0, 0], True),
        ("maximum", [1, 1], False),
        ("misclassified", [1, 0], False),
        ("positive", [0, 0], False),
    ],
)
def test_values_that_cost_the_same_may_be_exchanged(loss: Any, targets: list[int], good: bool) -> None:
    """The values -1 and 1 of two weights, at the input 1."""
    instance = layered(loss, 2, [-1, 1], [{"x": [1], "y": targets}])
    literals: list[Literal] = [(("v", 0), 1, 1)]
    order = [[0, 1], [-1, 1]]
    if good:
        _, reasons = reasons_of(instance, 10, True, literals, [], order=order)
        assert reasons is not None
        assert reasons.check("y", (-1,))
        return
    with pytest.raises(Invalid, match="changes when values are exchanged"):
        reasons_of(instance, 10, True, literals, [], order=order)


def test_outputs_of_many_variables_are_not_looked_at() -> None:
    edge = {"from": "s", "to": "t", "weights": [[0, 1]] * 4, "bias": [0]}
    body = {
        **{"format": "dnnt-instance", "version": 1, "inputs": 4, "vertices": [{"id": "t", "activation": "identity"}]},
        **{"outputs": ["t"], "edges": [edge], "samples": [{"x": [1, 2, 3, 4], "y": [9]}], "loss": "squared"},
    }
    with pytest.raises(Invalid, match="output 0 depends on 4 variables"):
        reasons_of(instance_file.parse(encode(body)), 1, False, [], [], order=[[0], [0, 1]])


def test_random_clauses_hold_for_some_names() -> None:
    """For all parameters there are names of the values with which every accepted clause is true."""
    instance = colouring([(0, 1), (1, 2), (0, 2), (2, 3)], 3)
    meaning = Meaning(instance)
    literals: list[Literal] = [(("v", k), a, b) for k in range(4) for a in (1, 2, 3) for b in (1, 2, 3) if a <= b]
    rng = random.Random(3)
    names: list[Any] = [1, 2, 3]
    for _ in range(6):
        rng.shuffle(names)
        listed = rng.sample(range(4), rng.randint(1, 4))
        _, reasons = reasons_of(instance, 100, True, literals, [], order=[listed, names])
        assert reasons is not None
        accepted = []
        for _ in range(1500):
            chosen = rng.sample(range(1, len(literals) + 1), rng.randint(1, 4))
            clause = tuple(rng.choice((1, -1)) * k for k in chosen)
            if reasons.check("y", clause):
                accepted.append(clause)
        # Just those that hold for all parameters whose values appear in this order are accepted.
        first = [values for values in meaning.values if in_order([values["v", k] for k in listed], names)]
        assert all(clause_holds(clause, literals, values) for clause in accepted for values in first)
        assert len(accepted) > 20
        for values in meaning.values:
            assert any(
                in_order([renamed[int(values["v", k]) - 1] for k in listed], names)
                for renamed in itertools.permutations(names)
            )


def in_order(values: list[Any], names: list[Any]) -> bool:
    """Do values first appear in this order?"""
    seen = list(dict.fromkeys(values))
    return seen == names[: len(seen)]
