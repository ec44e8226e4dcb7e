"""The plan against what executing the program forms: sizes and boxes are upper bounds, rewritings are named where they
happen and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import inf, log2
from random import Random
from time import perf_counter
from typing import Any

import pytest

import dnnt
from dnnt import attempt
from dnnt.analysis.plan import Plan, last_step
from dnnt.analysis.plan.of_program import MOST_GROUPS_SHOWN, plan_of_program
from dnnt.choice import choose, plan_of
from dnnt.errors import MethodUnsuitable
from dnnt.exact import brief
from dnnt.formats.instance_file import from_json
from dnnt.instance import Instance
from dnnt.reachable.execute import Executed
from dnnt.reachable.expression import Along, Choose
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.halves import Parts, halves_of, parts_of
from dnnt.reachable.packing import Packing
from dnnt.reachable.program import Program
from dnnt.running import Run
from dnnt.spaces import Range
from dnnt.testing import random_two_layer

ROOM = 1 << 32


def planned(instance: Instance) -> tuple[Program, Plan]:
    program = program_of(instance)
    return program, plan_of_program(instance, program, ROOM)


def holds(plan: Plan, size: int, packing: Packing) -> None:
    """The set is no larger than said, and so is its box."""
    assert plan.size is not None
    assert log2(size) <= plan.size + 1e-9
    assert plan.box is None or log2(packing.span) <= plan.box + 1e-9


def packed(plan: Plan) -> list[str]:
    return [said for said in plan.rewritings if said.startswith(("divided by", "translated to"))]


def names_packing(plan: Plan, packing: Packing) -> None:
    """Divisors and translations are those of the packing."""
    axes = packing.axes
    steps = {axis.step for axis in axes if axis.count > 1 and axis.step != 1}
    said = packed(plan)
    assert sum(each.startswith("divided") for each in said) == len(steps)
    for step in steps:
        assert any(each.startswith(f"divided by {brief(step)} in ") for each in said)
    assert any(each.startswith("translated") for each in said) == any(axis.low != 0 for axis in axes)


def pairs_of_sum(plan: Plan, made: Executed) -> Iterator[tuple[Plan, Executed]]:
    """The nodes of a sum with what they become."""
    yield plan, made
    for child in plan.children:
        if child.elided:
            continue
        assert child.position is not None
        below = made.parts[child.position]
        yield child, below
        if child.kind == "along":
            for of_line in child.children:
                if not of_line.elided:
                    assert of_line.position is not None
                    yield of_line, below.parts[0].parts[of_line.position]


def pairs_of_unit(plan: Plan, made: Executed) -> Iterator[tuple[Plan, Executed]]:
    """The nodes of what a unit adds."""
    yield plan, made
    image, *lines = plan.children
    yield image, made.parts[0]
    yield from pairs_of_sum(image.children[0], made.parts[0].parts[0])
    for line, below in zip([line for line in lines if not line.elided], made.parts[1:], strict=False):
        yield from pairs_of_sum(line, below)


@pytest.mark.parametrize("seed", range(120))
def test_against_execution(seed: int) -> None:
    """On instances that use every feature."""
    instance = random_two_layer(Random(seed))
    if instance.has_empty_space:
        return
    program, plan = planned(instance)
    run = Run()
    parts = parts_of(program, run)
    holds(plan, states(parts, run), parts.packing)
    names_packing(plan, parts.packing)
    *groups, rest, last = plan.children
    assert (rest.kind, last.kind) == ("rest", "last")
    seen = list(pairs_of_sum(rest, parts.rest))
    for group in groups:
        if group.elided:
            continue
        assert group.position is not None
        unit, made = program.units[group.position], parts.units[group.position]
        assert group.times == unit.count
        joined = f"{unit.count} equal units joined"
        assert (joined in group.rewritings) == (unit.count > 1)
        seen += pairs_of_unit(group.children[0] if unit.count > 1 else group, made)
    for node, below in seen:
        holds(node, below.keys.size, below.packing)
        if node.kind in ("sum", "rest", "weights", "contribution", "unit"):
            names_packing(node, below.packing)
        if isinstance(below.node, Choose):
            held = isinstance(below.node.space, Range) and any(below.node.column)
            said = f"progression of {below.node.space.size}"
            assert node.rewritings == ((said,) if held else ())
        if isinstance(below.node, Along):
            joined_columns(node, below.node)


def states(parts: Parts, run: Run) -> int:
    """The number of states."""
    halves = halves_of(parts, parts.times, run)
    right = halves.right_fold.result.listed()
    return len({key + more for key in halves.left_fold.result.listed() for more in right})


def joined_columns(plan: Plan, node: Along) -> None:
    """Equal and proportional columns are named as often as there are any."""
    columns: dict[object, int] = {}
    for part, times in node.line.parts:
        assert isinstance(part, Choose)
        columns[part.column] = columns.get(part.column, 0) + times
    wanted = {f"{times} equal columns joined" for times in columns.values() if times > 1}
    said = set(plan.rewritings)
    assert {each for each in said if "equal columns" in each} == wanted
    assert sum("proportional columns" in each for each in said) == (len(columns) > 1)


def layered(units: int, loss: str = "squared", weights: Any = (-1, 0, 1), **more: Any) -> Instance:
    """Three inputs: the second is the first once more, the third twice as large, all even; two samples."""
    layers = [
        {"units": units, "activation": "relu", "weights": list(weights), "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    samples = [([2, 2, 4], [2]), ([4, 4, 8], [6])]
    return dnnt.layered(3, layers, samples, loss=loss, **more)


def test_rewritings_by_name() -> None:
    """Of one instance, all of them."""
    _, plan = planned(layered(8))
    said = {each for node in plan.walk() for each in node.rewritings}
    assert said >= {"8 equal units joined", "2 equal columns joined", "2 proportional columns along (1, 2)"}
    assert "divided by 2 in coordinate 1" in plan.rewritings
    assert "divided by 4 in coordinate 2" in plan.rewritings
    assert "translated to 0 in every coordinate" in plan.rewritings
    _, plan = planned(layered(8, weights=[Fraction(i, 3) for i in range(17)]))
    said = {each for node in plan.walk() for each in node.rewritings}
    assert "progression of 17" in said
    assert "divided by 2/3 in coordinate 1" in plan.rewritings


def test_ladder() -> None:
    """Rungs go by the loss, the coordinates and the sizes."""

    def rungs(instance: Instance) -> dict[str, Plan]:
        return {node.kind: node for node in planned(instance)[1].children[-1].walk()}

    convex = rungs(layered(30))
    assert {"probe", "hull", "nearest", "face", "listed", "window", "halves", "half"} <= set(convex)
    assert convex["window"].times == 30
    assert "face" not in rungs(layered(3, "absolute"))
    assert "window" not in rungs(layered(3))
    assert "zero_one" in rungs(layered(3, "zero_one"))["hull"].says
    assert rungs(layered(3, "zero_one"))["hull"].says.startswith("left out")
    assert {"points", "targets"} & set(convex)
    assert last_step.MOST_PROBED == attempt.MOST_PROBED
    assert "thin" not in convex
    layers = [
        {"units": 4, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    rng = Random(1)
    samples = [([rng.randint(-99, 99) for _ in range(20)], [10**5]) for _ in range(3)]
    assert "thin" in rungs(dnnt.layered(20, layers, samples))


def test_ways_are_ordered_by_cost() -> None:
    """The chosen way is the first."""
    _, plan = planned(layered(500))
    chosen = [node.ways for node in plan.walk() if node.ways]
    assert chosen
    assert all(list(ways) == sorted(ways, key=lambda way: way.seconds) for ways in chosen)


def test_many_groups_are_summarised_quickly() -> None:
    """Thousands of units of their own: a few are shown."""
    k, rng = 3000, Random(3)
    names = [f"h{i}" for i in range(k)]
    body = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "vertices": [*({"id": name, "activation": "relu"} for name in names), {"id": "t", "activation": "identity"}],
        "outputs": ["t"],
        "edges": [
            *({"from": "s", "to": n, "weights": [[0, rng.randint(1, 10**9)]], "bias": [0]} for n in names),
            *({"from": name, "to": "t", "weights": [[1]], "bias": [0]} for name in names),
        ],
        "samples": [{"x": [1], "y": [5]}, {"x": [2], "y": [7]}],
        "loss": "squared",
    }
    instance = from_json(body)
    program, first = planned(instance)
    started = perf_counter()
    plan = plan_of_program(instance, program, ROOM)
    assert perf_counter() - started < 2
    assert plan == first
    groups = [node for node in plan.children if node.kind == "unit"]
    (more,) = [node for node in plan.children if node.kind == "more"]
    assert len(groups) == MOST_GROUPS_SHOWN
    assert more.elided == k - MOST_GROUPS_SHOWN
    assert sum(1 for _ in plan.walk()) < 60


def test_what_has_no_end() -> None:
    """10^100 units: past all measure, and null in JSON."""
    _, plan = planned(layered(10**100))
    assert plan.children[0].times == 10**100
    assert plan.to_json()["children"][0]["times"] == 10**100
    for node in plan.walk():
        assert node.seconds is None or node.seconds >= 0
        assert inf not in [value for value in node.to_json().values() if isinstance(value, float)]


def test_methods_have_plans() -> None:
    """Each of those that takes an instance, of any depth."""
    instance = dnnt.layered(
        1, [{"units": 2, "activation": "identity", "weights": [0, 1], "bias": [0]}], [([1], [1, 1])]
    )
    for name in ("brute-force", "reachable"):
        made = plan_of(instance, name, Run())
        assert made is not None
    line = dnnt.layered(
        3, [{"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}], [([5, 7, 9], [14])]
    )
    made = plan_of(line, "subset-sum", Run())
    assert made is not None
    assert made.kind == "sums"
    assert any(node.kind == "algorithm" and node.seconds is not None for node in made.walk())
    deep = [{"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]}] * 3
    deeper = dnnt.layered(1, deep, [([1], [1, 1])])
    for name in ("brute-force", "columns", "sat", "search"):
        made = plan_of(deeper, name, Run())
        assert made is not None and made.seconds is not None
    assert choose(deeper, "auto", ROOM).method.name in ("brute-force", "columns")
    with pytest.raises(MethodUnsuitable):
        choose(deeper, "reachable", ROOM)
