"""Method `columns`: against brute force, on circuits, and under limits."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.columns.problem import problems_of, shared_variables
from dnnt.instance import Instance
from dnnt.methods import method
from dnnt.methods.base import Cost, Goal
from dnnt.running import Run, Stop
from dnnt.simplify.building import form_of
from dnnt.testing import check_method, oracle, random_any, random_two_layer
from tests.columns.circuits import multiplier
from tests.columns.drawing import random_deep

COLUMNS = method("columns")


@pytest.mark.parametrize("start", range(0, 64, 8))
def test_deep_instances(start: int) -> None:
    for seed in range(start, start + 8):
        instance = random_deep(Random(seed))
        check_method(instance, "columns", oracle(instance))


@pytest.mark.parametrize("seed", range(20))
def test_any_instance(seed: int) -> None:
    for draw in (random_any, random_two_layer):
        instance = draw(Random(40_000 + seed))
        if not instance.has_empty_space:
            assert isinstance(COLUMNS.assess(instance), Cost)
            check_method(instance, "columns", oracle(instance))


def test_a_factor_before_a_variable() -> None:
    """A linear unit dissolves into a product of a factor, a unit and a variable: parameters are those without it."""
    made = [
        {"id": "a", "activation": "relu"},
        {"id": "b", "activation": {"kind": "scale", "factor": -2}},
        {"id": "c", "activation": "sign"},
    ]
    edges = [
        {"from": "s", "to": "a", "weights": [[-1, 1]], "bias": [1]},
        {"from": "a", "to": "b", "weights": [[1, 2, 3]], "bias": [0, 1]},
        {"from": "b", "to": "c", "weights": [[3]], "bias": [0, 10]},
    ]
    check_method(dnnt.graph(1, made, ["c"], edges, [([1], [1]), ([2], [-1]), ([5], [-1])], "zero_one"), "columns")
    check_method(random_any(Random(2531)), "columns")


def test_what_is_drawn() -> None:
    """The instances above have what the search has rules for."""
    kinds = [
        (len(kind.members) > 1, kind.negatable, len(problem.levels) > 1)
        for seed in range(80)
        for problem in [next(problems_of(form_of(random_deep(Random(seed)))))]
        for level in problem.levels
        for kind in level.kinds
    ]
    assert {(True, True, True), (True, False, True), (True, True, False), (False, True, True)} <= set(kinds)
    assert any(shared_variables(form_of(random_deep(Random(seed)))) for seed in range(80))
    least = [oracle(random_deep(Random(seed))).least for seed in range(16)]
    assert sum(1 for loss in least if loss) > 6 and 0 in least


@pytest.mark.parametrize(
    ("activation", "hidden", "loss"),
    [
        ("sign", [3], "zero_one"),
        ("sign", [4], "zero_one"),
        ("sign", [4], "squared"),
        ("step", [3], "squared"),
        ("step", [4], "zero_one"),
        ("step", [3, 4], "zero_one"),
    ],
)
def test_no_multiplier(activation: str, hidden: list[int], loss: str) -> None:
    instance = multiplier(hidden, activation, loss)
    answer = dnnt.solve(instance, method="columns")
    assert (answer.status, answer.assurance, answer.answer) == ("infeasible", "checked", "no")
    assert answer.certificate is not None
    assert dnnt.check(instance, answer.certificate).line == "VALID loss > 0"


@pytest.mark.parametrize(
    ("hidden", "loss", "least"),
    [([2], "zero_one", 4), ([3], "zero_one", 3), ([2], "squared", 20), ([4], "zero_one", 1)],
)
def test_best_multiplier(hidden: list[int], loss: str, least: int) -> None:
    """The parameters are evaluated, and the bound is proved again by the checker."""
    answer = dnnt.solve(multiplier(hidden, "sign", loss, None), method="columns")
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", least, "checked")


def test_a_multiplier_of_two_hidden_layers() -> None:
    instance = multiplier([4, 4])
    answer = dnnt.solve(instance, method="columns")
    assert (answer.status, answer.loss) == ("feasible", 0)
    assert answer.parameters is not None
    assert dnnt.evaluate(instance, answer.parameters).total == 0


def kinds_of(instance: Instance) -> list[list[tuple[tuple[int, ...], bool]]]:
    """Per level the members and the negatability of its kinds."""
    (problem,) = problems_of(form_of(instance))
    return [[(kind.members, kind.negatable) for kind in level.kinds] for level in problem.levels]


def layers(*given: tuple[int, Any, Any]) -> list[dict[str, Any]]:
    """Sign layers of (units, weights, bias)."""
    return [{"units": u, "activation": "sign", "weights": w, "bias": b} for u, w, b in given]


POINTS = [([-1, 1], [1]), ([1, 1], [-1]), ([1, -1], [1])]


def test_symmetric_weights_allow_negation() -> None:
    instance = dnnt.layered(2, layers((3, [-1, 1], [0]), (1, [-1, 0, 1], [0])), POINTS)
    assert kinds_of(instance) == [[((0, 1, 2), True)]]
    instance = dnnt.layered(2, layers((3, [-1, 1], [0]), (1, [-1, 0, 2], [0])), POINTS)
    assert kinds_of(instance) == [[((0, 1, 2), False)]]
    instance = dnnt.layered(2, layers((3, [-1, 1], [0]), (1, [1], [0, 1])), POINTS)
    assert kinds_of(instance) == [[((0, 1, 2), False)]]


def graph(first: Any, second: Any, outputs: str = "t") -> Instance:
    """Two sign units that are read by weights of these sets, also by one another output if there are two."""
    edges = [{"from": "s", "to": name, "weights": [[-1, 0, 1]] * 2, "bias": [0]} for name in "ab"]
    edges += [
        {"from": "a", "to": "t", "weights": [first], "bias": [0]},
        {"from": "b", "to": "t", "weights": [second], "bias": [0]},
    ]
    vertices = [{"id": name, "activation": "sign"} for name in "abt"]
    samples = [(x, y * len(outputs)) for x, y in POINTS]
    return dnnt.graph(2, vertices, list(outputs), edges, samples)


def test_units_that_are_read_otherwise_are_not_exchanged() -> None:
    assert kinds_of(graph([-1, 1], [-1, 1])) == [[((0, 1), True)]]
    assert kinds_of(graph([-1, 1], [-1, 0, 1])) == [[((0,), True), ((1,), True)]]
    assert kinds_of(graph([-1, 1], [-1, 0])) == [[((0,), True), ((1,), False)]]


def test_outputs_are_neither_exchanged_nor_negated() -> None:
    assert kinds_of(graph([-1, 1], [-1, 1], "ta")) == [[((0,), False), ((1,), True)]]
    check_method(graph([-1, 1], [-1, 1], "ta"), "columns")


def test_shared_variables_are_tried_before() -> None:
    """A linear unit with known weights dissolves into two, which share its variables then."""
    vertices = [{"id": "l", "activation": "identity"}, *[{"id": name, "activation": "relu"} for name in "abt"]]
    edges = [
        {"from": "s", "to": "l", "weights": [[-1, 0, 1], [1, 2]], "bias": [0, 1]},
        {"from": "l", "to": "a", "weights": [[2]], "bias": [0]},
        {"from": "l", "to": "b", "weights": [[-1]], "bias": [0, 1]},
        {"from": "a", "to": "t", "weights": [[-1, 1]], "bias": [0]},
        {"from": "b", "to": "t", "weights": [[-1, 1]], "bias": [0]},
    ]
    instance = dnnt.graph(2, vertices, ["t"], edges, [([1, 2], [4]), ([0, 3], [1]), ([2, -1], [0])], "squared")
    assert len(shared_variables(form_of(instance))) == 3
    check_method(instance, "columns")


@pytest.mark.parametrize("scale", [Fraction(1, 3), 10**9, 10**30, Fraction(10**25, 7)])
def test_numbers_of_any_length(scale: Any) -> None:
    samples = [([scale * a, scale * b], [scale * (a - b)]) for a, b in ((1, 2), (3, -1), (0, 2), (-2, 1))]
    made = [
        {"units": 2, "activation": "relu", "weights": [-1, scale, 1], "bias": [0, scale]},
        {"units": 1, "activation": "leaky_relu", "weights": [-1, 1], "bias": [0]},
    ]
    made[1]["activation"] = {"kind": "leaky_relu", "slope": "1/7"}
    check_method(dnnt.layered(2, made, samples, "absolute", gamma=scale), "columns")


def test_activations_of_python() -> None:
    """They cannot be written to a file, so there is no certificate, but an answer."""
    made = [
        {"units": 2, "activation": lambda z: z % 3, "weights": [-1, 1, 2], "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    instance = dnnt.layered(2, made, [([1, 2], [3]), ([0, 1], [-1]), ([2, 2], [0])])
    answer = dnnt.solve(instance, goal="minimize", method="columns")
    assert (answer.status, answer.loss) == ("optimal", oracle_by_force(instance))


def oracle_by_force(instance: Instance) -> Any:
    """The least loss, by the other method."""
    return dnnt.solve(instance, goal="minimize", method="brute-force").loss


def test_rounds_prove_bounds() -> None:
    """What a limit would leave: each round of `minimize` proves more."""
    bounds = []

    class Watched(Run):
        def prove(self, bound: Any, strict: bool, grounds: Any) -> None:
            bounds.append((bound, strict))
            super().prove(bound, strict, grounds)

    run = Watched()
    stats = COLUMNS.solve(multiplier([3], gamma=None), Goal("minimize", None), run)
    assert bounds == sorted(bounds) and bounds[-1] == (3, False)
    assert len(bounds) == stats["rounds"] > 2


@pytest.mark.parametrize(("seconds", "mebibytes"), [(0.6, None), (None, 1.0)])
def test_a_limit_leaves_the_best_so_far(seconds: float | None, mebibytes: float | None) -> None:
    instance = multiplier([8, 8], "step", "squared", None)
    answer = dnnt.solve(instance, method="columns", time_limit=seconds, memory_limit=mebibytes)
    assert answer.stop in ("time", "memory") and answer.status == "feasible"
    assert answer.parameters is not None and answer.loss is not None and answer.bound is not None
    assert answer.bound <= answer.loss


def test_an_interrupt_is_heard() -> None:
    run = Run()
    run.interrupt()
    with pytest.raises(Stop):
        COLUMNS.solve(multiplier([8, 8], gamma=None), Goal("minimize", None), run)
    assert run.incumbent is not None


def test_large_sets_are_refused_before_they_are_formed() -> None:
    instance = dnnt.layered(
        30, layers((1, list(range(50)), [0])), [([2**i for i in range(30)], [1])], "zero_one", gamma=-1
    )
    with pytest.raises(Stop) as stopped:
        COLUMNS.solve(instance, Goal("minimize", None), Run(memory_limit=300))
    assert stopped.value.kind == "memory"


def test_predictions() -> None:
    small, large = COLUMNS.assess(multiplier([3])), COLUMNS.assess(multiplier([6, 6]))
    assert isinstance(small, Cost) and isinstance(large, Cost)
    assert small.seconds < large.seconds
    huge = COLUMNS.assess(dnnt.layered(50, layers((40, [-1, 1], [0]), (1, [-1, 1], [0])), [([1] * 50, [1])]))
    assert isinstance(huge, Cost)
    assert isinstance(COLUMNS.assess(dnnt.layered(1, layers((1, "real", [0])), [([1], [1])])), str)
    plan = COLUMNS.plan(multiplier([3]), Run())
    assert "columns" in plan.kind if hasattr(plan, "kind") else plan is not None


def test_very_deep_networks() -> None:
    """As many levels as are allowed, one unit each: no stack overflows, in the checker either."""
    row = {"units": 1, "activation": "sign", "weights": [-1, 1], "bias": [0]}
    for samples, least in (([([1], [1]), ([2], [-1])], 1), ([([1], [1]), ([-1], [-1])], 0)):
        instance = dnnt.layered(1, [row] * 150, samples, "zero_one")
        answer = dnnt.solve(instance, goal="minimize", method="columns")
        assert (answer.status, answer.loss, answer.assurance) == ("optimal", least, "checked")
        run = Run()  # Without the first parameters, which may be the best.
        COLUMNS.solve(instance, Goal("decide", least), run)
        assert run.incumbent is not None and run.incumbent.loss == least
    refusal = COLUMNS.assess(dnnt.layered(1, [row] * 151, [([1], [1]), ([2], [-1])], "zero_one"))
    assert refusal == "151 units have a choice, more than 150"
