"""Method `sat`: its contract on random instances, and the instances that it is for."""

from __future__ import annotations

from itertools import combinations, product
from random import Random

import pytest

import dnnt
from dnnt import pipeline
from dnnt.choice import choose
from dnnt.clausal import encoded
from dnnt.methods import method
from dnnt.methods.base import Cost
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.running import MIB, Run
from dnnt.testing import check_method, oracle, random_any, random_two_layer


@pytest.mark.parametrize("start", range(0, 120, 10))
def test_contract(start: int) -> None:
    held = 0
    for seed in range(start, start + 10):
        instance = (random_any if seed % 2 else random_two_layer)(Random(40_000 + seed))
        if not isinstance(method("sat").assess(instance), str):
            check_method(instance, "sat", oracle(instance))
            held += 1
    assert held


def colouring(edges: list[tuple[int, int]], colours: int) -> dnnt.Instance:
    letters = tuple(range(colours))
    different = tuple((a, b) for a, b in product(letters, letters) if a != b)
    names = sorted({str(v) for edge in edges for v in edge})
    constraints = tuple(Constraint((str(a), str(b)), different) for a, b in edges)
    return dnnt.reduce("csp-to-dnnt", CSP(letters, tuple(names), constraints)).target


GROETZSCH = [
    *[(i, (i + 1) % 5) for i in range(5)],
    *[(5 + i, (i + 1) % 5) for i in range(5)],
    *[(5 + i, (i - 1) % 5) for i in range(5)],
    *[(10, 5 + i) for i in range(5)],
]
"""The graph of Grötzsch: no triangle, four colours."""


def test_small_colourings_go_to_clauses() -> None:
    """Twenty outputs come after the last choice, so that 3^11 choices take many seconds; clauses take none."""
    graph = colouring(GROETZSCH, 3)
    tried = method("brute-force").assess(graph)
    assert isinstance(tried, Cost) and tried.seconds > 5
    assert choose(graph, "auto", MIB << 10).method.name == "sat"


def test_colourings() -> None:
    yes = dnnt.solve(colouring(GROETZSCH, 4), method="sat")
    assert (yes.status, yes.assurance, yes.loss) == ("feasible", "checked", 1)
    no = dnnt.solve(colouring(GROETZSCH, 3), method="sat")
    assert (no.status, no.assurance, no.bound) == ("infeasible", "checked", 1)
    assert no.certificate is not None and no.certificate.lower is not None
    body = no.certificate.lower.grounds.to_json()
    assert body["kind"] == "clauses" and len(body["order"][0]) == 2
    assert {str(clause[0]) for clause in body["clauses"]} >= {"y", "d", "['e', 0]"}


def test_seven_pigeons_and_six_colours_need_the_order_of_values() -> None:
    complete = dnnt.solve(colouring(list(combinations(range(9), 2)), 8), method="sat")
    assert (complete.status, complete.assurance) == ("infeasible", "checked")
    assert complete.certificate is not None and complete.certificate.lower is not None
    # With the values in order, propagation alone refutes it.
    assert len(complete.certificate.lower.grounds.to_json()["proof"]) < 2000


def test_exact_covers() -> None:
    universe = tuple(range(6))
    sets = tuple(combinations(range(6), 2))
    cover = dnnt.reduce("exact-cover-to-dnnt", ExactCover(universe, sets, 3)).target
    assert dnnt.solve(cover, method="sat").status == "feasible"
    none = dnnt.reduce("exact-cover-to-dnnt", ExactCover(universe[:5], tuple(combinations(range(5), 2)), None)).target
    answer = dnnt.solve(none, method="sat")
    assert (answer.status, answer.assurance) == ("infeasible", "checked")
    # The number of sets follows from the elements: wrong numbers are refuted, too.
    for count, status in ((3, "feasible"), (4, "infeasible")):
        wanted = dnnt.reduce("exact-cover-to-dnnt", ExactCover(universe, sets, count)).target
        said = dnnt.solve(wanted, method="sat")
        assert (said.status, said.assurance) == (status, "checked")


def multiplier(*hidden: int) -> dnnt.Instance:
    """The products of two numbers of two bits, by sign units."""
    samples = []
    for bits in product((0, 1), repeat=4):
        value = (bits[0] + 2 * bits[1]) * (bits[2] + 2 * bits[3])
        samples.append(([2 * b - 1 for b in bits], [2 * (value >> k & 1) - 1 for k in range(4)]))
    layer = {"activation": "sign", "weights": [-1, 0, 1], "bias": {"from": -4, "to": 4}}
    return dnnt.layered(4, [{"units": h, **layer} for h in (*hidden, 4)], samples, loss="zero_one", gamma=0)


def test_no_multiplier_of_three_hidden_units() -> None:
    answer = dnnt.solve(multiplier(3), method="sat")
    assert (answer.status, answer.assurance, answer.bound) == ("infeasible", "checked", 0)


def deep(seed: int) -> dnnt.Instance:
    rng = Random(seed)
    samples = [(tuple(rng.randint(-2, 2) for _ in range(4)), (rng.randint(-4, 4),)) for _ in range(14)]
    layer = {"activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    last = {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    return dnnt.layered(4, [{"units": 6, **layer}, {"units": 4, **layer}, last], samples, loss="squared")


def test_a_time_limit_leaves_parameters_and_a_bound() -> None:
    instance = deep(3)
    answer = dnnt.solve(instance, method="sat", time_limit=3)
    assert (answer.stop, answer.status) == ("time", "feasible")
    assert answer.parameters is not None
    assert dnnt.evaluate(instance, answer.parameters).total == answer.loss
    assert answer.bound is not None and answer.bound <= answer.loss


def test_an_interrupt_before_the_start_leaves_the_first_parameters() -> None:
    run = Run()
    run.interrupt()
    answer = pipeline.solve(deep(4), method="sat", run=run)
    assert answer.stop == "interrupt" and answer.parameters is not None


def test_least_total_over_conflicting_labels() -> None:
    samples = [((1,), (0,)), ((1,), (3,)), ((1,), (4,))]
    instance = dnnt.layered(
        1,
        [{"units": 1, "activation": "identity", "weights": {"from": -9, "to": 9}, "bias": [0]}],
        samples,
        loss="absolute",
    )
    answer = dnnt.solve(instance, method="sat")
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", 4, "checked")


def test_scouts_find_models_and_leave_proofs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "FIRST_CONFLICTS", 1)
    monkeypatch.setattr(encoded, "SCOUT_CONFLICTS", 2)
    answer = dnnt.solve(multiplier(3), method="sat")
    assert (answer.status, answer.assurance) == ("infeasible", "checked")
    assert answer.stats["scouts"] >= 1
    yes = dnnt.solve(colouring(GROETZSCH, 4), method="sat")
    assert (yes.status, yes.assurance) == ("feasible", "checked")
