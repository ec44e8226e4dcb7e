"""Answers and the source's own solver at their edges."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import dnnt
from dnnt.cli import program
from dnnt.errors import InvalidInput, MethodUnsuitable
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions import reduction


def test_a_no_whose_parameters_are_within_gamma_is_refused() -> None:
    bundle = dnnt.reduce("subset-sum-to-dnnt", dnnt.SubsetSum((3, 5, 7), 12))
    answer = dnnt.solve(bundle).to_json()
    with pytest.raises(InvalidInput, match="the answer is no, and its parameters are within gamma"):
        bundle.extract({**answer, "answer": "no"})


def test_competition_tells_losses_of_the_target(tmp_path: Path) -> None:
    chain = dnnt.reduction("subset-sum-to-dnnt") >> dnnt.reduction("dnnt-to-cnnt")
    path = tmp_path / "bundle.json"
    dnnt.write(chain.reduce(dnnt.SubsetSum((3, 5, 7), 12)), path)
    said = CliRunner().invoke(program, ["solve", str(path), "--competition"], standalone_mode=False)
    assert said.return_value == 10
    assert [line for line in said.stdout.splitlines() if not line.startswith("v ")] == ["o 1", "s SATISFIABLE"]


def test_long_numbers_are_for_the_method_restricted() -> None:
    steps = [("+", 0, 0), *(("*", i, i) for i in range(1, 40))]
    bundle = reduction("slp-to-dnnt").reduce(StraightLineProgram(tuple(steps)))
    with pytest.raises(MethodUnsuitable, match="take --method restricted"):
        dnnt.solve(bundle, method="reachable")


@pytest.mark.parametrize("target", [10**30 + 3, 10**30 + 5, 2 * 10**30 + 12, 11])
def test_items_far_above_what_is_left(target: int) -> None:
    problem = dnnt.SubsetSum((10**30, 7, 2, 3, 10**30), target)
    found = problem.solve()
    assert (found is None) == (next(problem.solutions(), None) is None)
    assert found is None or problem.verify(found)
