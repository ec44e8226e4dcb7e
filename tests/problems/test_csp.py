"""Constraint satisfaction: small problems against all assignments, colorings, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from dnnt.errors import InvalidInput
from dnnt.problems.base import Scalar
from dnnt.problems.csp import CSP, Constraint, relation


def assignments(problem: CSP) -> list[dict[str, Scalar]]:
    """All solutions, by the definition."""
    found = []
    for letters in product(problem.alphabet, repeat=len(problem.variables)):
        of = dict(zip(problem.variables, letters, strict=True))
        if all(any(tuple(of[v] for v in c.scope) == pair for pair in c.allowed) for c in problem.constraints):
            found.append(of)
    return found


def agrees(problem: CSP) -> None:
    """`solutions`, `fault` and `solve` against all assignments."""
    expected = assignments(problem)
    assert list(problem.solutions()) == expected
    for letters in product(problem.alphabet, repeat=len(problem.variables)):
        of = dict(zip(problem.variables, letters, strict=True))
        assert problem.verify(of) == (of in expected) == (problem.fault(of) is None)
    found = problem.solve()
    assert (found is None) == (not expected)
    assert found is None or found in expected


def test_every_problem_of_one_constraint() -> None:
    """Two letters; one variable twice, two variables, or one variable alone; every relation."""
    alphabet: tuple[Scalar, ...] = (1, "1")
    for scope in (("u",), ("u", "u"), ("u", "v"), ("v", "u")):
        tuples = list(product(alphabet, repeat=len(scope)))
        for mask in range(2 ** len(tuples)):
            allowed = tuple(each for index, each in enumerate(tuples) if mask >> index & 1)
            agrees(CSP(alphabet, ("u", "v"), (Constraint(scope, allowed),)))


def test_random_problems() -> None:
    """With loops, repeated scopes, single variables and empty relations."""
    random = Random(7)
    for _ in range(200):
        alphabet: tuple[Scalar, ...] = (0, "a", 7, "7")[: random.randrange(1, 5)]
        variables = tuple(f"v{index}" for index in range(random.randrange(1, 5)))
        constraints = []
        for _ in range(random.randrange(6)):
            scope = tuple(random.choice(variables) for _ in range(random.choice([1, 2, 2, 2])))
            share = random.choice([0.3, 0.6, 0.9])
            tuples = product(alphabet, repeat=len(scope))
            constraints.append(Constraint(scope, tuple(each for each in tuples if random.random() < share)))
        agrees(CSP(alphabet, variables, tuple(constraints)))


@pytest.mark.parametrize(("letters", "names", "solvable"), [(0, 0, True), (0, 1, False), (2, 0, True), (2, 2, True)])
def test_no_constraints(letters: int, names: int, solvable: bool) -> None:
    problem = CSP(tuple(range(letters)), tuple("uv"[:names]))
    agrees(problem)
    assert (problem.solve() is not None) == solvable


def coloring(edges: list[tuple[int, int]], vertices: int, colors: int) -> CSP:
    alphabet = range(colors)
    different = relation([(a, b) for a in alphabet for b in alphabet if a != b], 2)
    constraints = tuple(Constraint((str(u), str(v)), different) for u, v in edges)
    return CSP(tuple(alphabet), tuple(map(str, range(vertices))), constraints)


def test_large_problems_are_solved() -> None:
    """A cycle of 2,001 vertices is longer than Python's stack, and takes three colors; queens take one a column."""
    cycle = [(index, (index + 1) % 2001) for index in range(2001)]
    found = coloring(cycle, 2001, 3).solve()
    assert found is not None
    assert coloring(cycle, 2001, 3).fault(found) is None
    assert coloring([*cycle[:15], (15, 0)], 16, 2).solve() is not None
    assert coloring([*cycle[:14], (14, 0)], 15, 2).solve() is None
    assert coloring([(u, v) for u in range(6) for v in range(u)], 6, 5).solve() is None
    rows = range(8)
    queens = CSP(
        tuple(rows),
        tuple(map(str, rows)),
        tuple(
            Constraint((str(i), str(j)), tuple((a, b) for a in rows for b in rows if a != b and abs(a - b) != j - i))
            for j in rows
            for i in range(j)
        ),
    )
    placed = queens.solve()
    assert placed is not None
    assert queens.fault(placed) is None


def test_shared_relations() -> None:
    """Equal relations of a file are one object, so that a graph takes little memory."""
    allowed = [[1, 2], [2, 1], [1, 2]]
    constraints: Any = [(["u", "v"], allowed), {"scope": ["v", "w"], "allowed": list(allowed)}]
    problem = CSP((1, 2), ("u", "v", "w"), constraints)
    first, second = problem.constraints
    assert first.allowed == ((1, 2), (2, 1))
    assert first.allowed is second.allowed


def test_what_python_may_give() -> None:
    arguments: Any = ([1, np.int64(2)], np.array(["u"]), [(np.array(["u"]), np.array([[2]]))])
    given = CSP(*arguments)
    assert given == CSP((1, 2), ("u",), (Constraint(("u",), ((2,),)),))
    assert hash(given) == hash(CSP((1, 2), ("u",), (Constraint(("u",), ((2,),)),)))
    assert type(given.variables[0]) is str and type(given.alphabet[0]) is int
    assert given.fault({"u": np.int64(2)}) is None


@pytest.mark.parametrize(
    ("solution", "clause"),
    [
        ({"u": 1, "v": 1}, 'constraint 0 does not allow "u" = 1 and "v" = 1'),
        ({"u": 2, "v": 1}, 'constraint 1 does not allow "u" = 2'),
        ({"u": 1}, 'the variable "v" has no letter'),
        ({"u": 1, "v": 2, "w": 1}, 'there is no variable "w"'),
        ({"u": 1, "v": "2"}, '"2", the letter of "v", is not in the alphabet'),
        ({"u": True, "v": 2}, '"u": true is neither a string nor an integer'),
        ({"u": 1.0, "v": 2}, '"u": 1.0 is neither a string nor an integer'),
        ({"u": [1], "v": 2}, '"u": a list is neither a string nor an integer'),
        ({1: 1}, "1 is no variable"),
        ([["u", 1]], "a list is no object"),
        (None, "null is no object"),
    ],
)
def test_what_is_no_solution(solution: object, clause: str) -> None:
    problem = CSP((1, 2), ("u", "v"), (Constraint(("u", "v"), ((1, 2), (2, 1))), Constraint(("u",), ((1,),))))
    assert problem.fault(solution) == clause
    assert problem.fault({"v": 2, "u": 1}) is None


@pytest.mark.parametrize(
    ("arguments", "place", "fault"),
    [
        (([1, 1], []), "alphabet[1]", "1 comes twice"),
        (([1, True], []), "alphabet[1]", "true is neither"),
        (([Fraction(1, 2)], []), "alphabet[0]", "1/2 is neither"),
        ((3, []), "alphabet", "3 is not a list"),
        (([1], ["u", "u"]), "variables[1]", '"u" comes twice'),
        (([1], [1]), "variables[0]", "1 is not a string"),
        (([1], "uv"), "variables", "not a list"),
        (([1], ["u"], 1), "constraints", "1 is not a list"),
        (([1], ["u"], [1]), "constraints[0]", "1 is no constraint"),
        (([1], ["u"], [{"scope": ["u"]}]), "constraints[0]", 'missing key "allowed"'),
        (([1], ["u"], [{"scope": ["u"], "allowed": [], "x": 1}]), "constraints[0]", 'unknown key "x"'),
        (([1], ["u"], [([], [])]), "constraints[0].scope", "0 variables"),
        (([1], ["u"], [(["u"] * 3, [])]), "constraints[0].scope", "3 variables"),
        (([1], ["u"], [(["v"], [])]), "constraints[0].scope[0]", 'unknown variable "v"'),
        (([1], ["u"], [([1], [])]), "constraints[0].scope[0]", "1 is not a string"),
        (([1], ["u"], [(["u"], [[1, 1]])]), "constraints[0].allowed[0]", "2 letters for a scope of 1"),
        (([1], ["u"], [(["u"], [1])]), "constraints[0].allowed[0]", "1 is not a list"),
        (([1], ["u"], [(["u"], [[1], [2]])]), "constraints[0].allowed[1]", "2 is not in the alphabet"),
        (([1], ["u"], [(["u"], [["1"]])]), "constraints[0].allowed[0]", '"1" is not in the alphabet'),
        (([1], ["u"], [(["u"], [[True]])]), "constraints[0].allowed[0]", "true is neither"),
        (([1], ["u"], [(["u"], relation([[1, 1]], 2))]), "constraints[0].allowed", "2 letters for a scope of 1"),
    ],
)
def test_what_is_no_problem(arguments: tuple[Any, ...], place: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CSP(*arguments)
    assert caught.value.place == place
    assert fault in caught.value.fault
    assert caught.value.remedy


def test_solutions_in_json() -> None:
    problem = CSP((1, "a"), ("u", "v"))
    assert list(problem.solution_json({"v": 1, "u": "a"}).items()) == [("u", "a"), ("v", 1)]
    assert problem.solution_from_json({"v": 1, "u": "a"}) == {"u": "a", "v": 1}
    bad: list[Any] = [None, [1], {"u": None}, {"u": Fraction(1, 2)}, {"u": {}}]
    for value in bad:
        with pytest.raises(InvalidInput):
            problem.solution_from_json(value)
