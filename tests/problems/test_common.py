"""What all kinds of problems share: JSON forms, being frozen, and loading late."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from typing import Any

import pytest

from dnnt.errors import InvalidInput, InvalidProblem
from dnnt.problems import KINDS
from dnnt.problems.base import Problem
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum

PROBLEMS: list[tuple[Problem, dict[str, Any], Any]] = [
    (
        SubsetSum((3, 5, 10**40), 8),
        {"kind": "subset-sum", "items": [3, 5, 10**40], "target": 8},
        [0, 1],
    ),
    (
        CSP((1, "1"), ("u", "v"), (Constraint(("u", "v"), ((1, "1"),)), Constraint(("v",), (("1",),)))),
        {
            "kind": "csp",
            "alphabet": [1, "1"],
            "variables": ["u", "v"],
            "constraints": [{"scope": ["u", "v"], "allowed": [[1, "1"]]}, {"scope": ["v"], "allowed": [["1"]]}],
        },
        {"u": 1, "v": "1"},
    ),
    (
        ExactCover((1, "a"), ((1,), ("a",), ()), 3),
        {"kind": "exact-cover", "universe": [1, "a"], "sets": [[1], ["a"], []], "count": 3},
        [0, 1, 2],
    ),
    (
        ExactCover((), ()),
        {"kind": "exact-cover", "universe": [], "sets": [], "count": None},
        [],
    ),
    (
        StraightLineProgram((("+", 0, 0), ("*", 1, 1))),
        {"kind": "slp", "steps": [["+", 0, 0], ["*", 1, 1]]},
        {"sign": 1},
    ),
]

each_problem = pytest.mark.parametrize(("problem", "fields", "solution"), PROBLEMS)


@each_problem
def test_json_form(problem: Problem, fields: dict[str, Any], solution: Any) -> None:
    body = {"format": "dnnt-problem", "version": 1, **fields}
    assert problem.to_json() == body
    assert list(problem.to_json()) == list(body)
    again = type(problem).from_json(json.loads(json.dumps(body)))
    assert again == problem
    assert hash(again) == hash(problem)
    assert KINDS[fields["kind"]] is type(problem)
    assert tuple(fields)[1:] == problem.keys


@each_problem
def test_solution_in_json(problem: Problem, fields: dict[str, Any], solution: Any) -> None:
    found = problem.solve()
    assert problem.solution_json(found) == solution
    assert problem.solution_from_json(json.loads(json.dumps(solution))) == found
    assert problem.verify(problem.solution_from_json(solution))
    assert next(problem.solutions()) == found


@each_problem
def test_keys(problem: Problem, fields: dict[str, Any], solution: Any) -> None:
    body = problem.to_json()
    with pytest.raises(InvalidProblem, match="more"):
        type(problem).from_json({**body, "more": 1})
    for key in problem.keys:
        with pytest.raises(InvalidProblem, match=key):
            type(problem).from_json({name: value for name, value in body.items() if name != key})


@each_problem
@pytest.mark.parametrize(
    "value", [None, True, 0, 1.5, "x", [[]], [{}], [None], [-1, -1], {"x": None}, object(), b"0", {}]
)
def test_fault_takes_any_value(problem: Problem, fields: dict[str, Any], solution: Any, value: Any) -> None:
    fault = problem.fault(value)
    assert fault and len(fault) < 200
    assert problem.verify(value) is False


@each_problem
def test_frozen(problem: Problem, fields: dict[str, Any], solution: Any) -> None:
    for name in problem.keys:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(problem, name, ())
    assert not hasattr(problem, "__dict__")
    assert pickle.loads(pickle.dumps(problem)) == copy.deepcopy(problem) == problem


def test_long_values_make_short_lines() -> None:
    with pytest.raises(InvalidInput) as caught:
        ExactCover(("x" * 10_000,) * 2, ())
    assert len(str(caught.value)) < 150
    fault = SubsetSum((10**90_000,), 7).fault([0])
    assert fault is not None and len(fault) < 150


def test_kinds_load_late() -> None:
    code = (
        "import sys\nfrom dnnt.problems import KINDS\n"
        "assert list(KINDS) == ['subset-sum', 'csp', 'exact-cover', 'slp']\n"
        "assert 'no' not in KINDS and 'dnnt.problems.csp' not in sys.modules\n"
        "assert KINDS['csp'].kind == 'csp' and 'dnnt.problems.exact_cover' not in sys.modules\n"
        "assert not {'numpy', 'flint', 'numba'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
