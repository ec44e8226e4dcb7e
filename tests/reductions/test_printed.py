"""What is wrong in print (docs/printed.md): the smallest counterexamples, found and kept."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from dnnt.errors import MethodUnsuitable
from dnnt.evaluation import evaluate
from dnnt.instance import Instance, graph
from dnnt.parameters import first_choice, of_edges
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions import reduction
from dnnt.testing.problems import small_programs
from dnnt.testing.reduction_contract import check_reduction, counterexample

# Steps, the value of the printed network, and the integer.
PROGRAMS: list[tuple[str, tuple[tuple[str, int, int], ...], int, int]] = [
    ("parallel edges of a difference", (("-", 0, 0),), 1, 0),
    ("parallel edges of a sum", (("+", 0, 0), ("-", 1, 0)), 0, 1),
    ("a negative factor", (("*", 0, 0), ("+", 1, 0), ("-", 0, 2), ("*", 2, 3)), 9, -2),
    (
        "a factor that ends in 0",
        (("*", 0, 0), ("+", 1, 0), ("*", 2, 2), ("+", 3, 0), ("*", 4, 2), ("*", 1, 5), ("-", 6, 2)),
        -1,
        8,
    ),
]


@pytest.mark.parametrize(("fault", "steps", "printed", "right"), PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_straight_line_programs(fault: str, steps: Any, printed: int, right: int) -> None:
    program = StraightLineProgram(steps)
    assert program.value() == right
    target = reduction("slp-to-dnnt", "printed").reduce(program).target
    said = evaluate(target, first_choice(target.network))
    assert said.samples[0].output == (printed,)
    assert (said.total <= 1) == (printed > 0) != (right > 0)
    assert counterexample("slp-to-dnnt", program, "printed") is not None
    for variant in ("repaired", "digits"):
        check_reduction("slp-to-dnnt", program, variant)


def test_the_shortest_wrong_programs_have_one_step() -> None:
    wrong = [p.steps for p in small_programs(1) if counterexample("slp-to-dnnt", p, "printed") is not None]
    assert wrong == [(("-", 0, 0),)]


def test_no_steps_are_refused_as_printed() -> None:
    with pytest.raises(MethodUnsuitable, match="--variant repaired"):
        reduction("slp-to-dnnt", "printed").reduce(StraightLineProgram(()))


def test_constraint_on_one_variable_twice() -> None:
    source = CSP(("a",), ("u",), (Constraint(("u", "u"), (("a", "a"),)),))
    assert next(source.solutions()) == {"u": "a"}
    assert counterexample("csp-to-dnnt", source, "printed") is not None
    check_reduction("csp-to-dnnt", source)


def test_the_printed_loss_of_constraints_is_never_0() -> None:
    source = CSP(("a",), ("u", "v"), (Constraint(("u", "v"), (("a", "a"),)),))
    target = reduction("csp-to-dnnt", "printed").reduce(source).target
    assert target.loss((1,), (1,)) > 0
    assert reduction("csp-to-dnnt").reduce(source).target.loss((1,), (1,)) == 0


@pytest.mark.parametrize(
    ("universe", "sets", "count", "covers"),
    [((), (), 1, [()]), ((1,), ((1,),), 2, [(0,)])],
    ids=["nothing to cover", "one set is enough"],
)
def test_at_most_so_many_sets(universe: Any, sets: Any, count: int, covers: list[tuple[int, ...]]) -> None:
    """Read as "at most K sets" both have a cover; the construction asks for exactly K."""
    assert list(ExactCover(universe, sets, None).solutions()) == covers
    assert next(ExactCover(universe, sets, count).solutions(), None) is None
    arrow, source = reduction("exact-cover-to-dnnt"), ExactCover(universe, sets, count)
    target = arrow.reduce(source).target
    assert evaluate(target, arrow._lift(source, target, covers[0])).total > 0


def line(spaces: list[list[int]], y: int) -> Instance:
    """A path of identities from s with these weights, biases 0, one sample (1, y), gamma 0."""
    names = [f"v{i}" for i in range(len(spaces))]
    edges = [
        {"from": tail, "to": head, "weights": [space], "bias": [0]}
        for tail, head, space in zip(["s", *names], names, spaces, strict=False)
    ]
    vertices = [{"id": name, "activation": "identity"} for name in names]
    return graph(1, vertices, [names[-1]], edges, [([1], [y])], "squared", 0)


@pytest.mark.parametrize("spaces", [[[1]], [[1], [1]], [[1], [1], [1]], [[1], [0], [1]]])
def test_a_yes_becomes_a_no(spaces: list[list[int]]) -> None:
    source = line(spaces, 0 if [0] in spaces else 1)
    fault = counterexample("dnnt-to-cnnt", source, "printed")
    assert fault is not None and "lifts to parameters above gamma" in fault
    for variant in ("repaired", "probes"):
        check_reduction("dnnt-to-cnnt", source, variant)


def test_a_no_becomes_a_yes() -> None:
    source = line([[0]], 1)
    bundle = reduction("dnnt-to-cnnt", "printed").reduce(source)
    first, second = (f for _, _, f in bundle.trace["probes"])
    bias = 1 / (1 - Fraction(1, first))
    hostile = of_edges([((-bias / first, -bias / second, 0), bias)])
    said = evaluate(bundle.target, hostile)
    assert said.samples[0].output[0] == 1, "the network answers 1, which no weight 0 and bias 0 can"
    assert said.total == bundle.target.gamma
    found = bundle.extract(hostile)
    assert found.answer == "yes" and found.verified is False
    for variant in ("repaired", "probes"):
        check_reduction("dnnt-to-cnnt", source, variant)


def test_huge_numbers_are_refused_as_printed() -> None:
    with pytest.raises(MethodUnsuitable, match="too long"):
        reduction("dnnt-to-cnnt", "printed").reduce(line([[2**60]], 1))
    check_reduction("dnnt-to-cnnt", line([[2**60]], 2**60))
