"""Subset sums: every small problem against all subsets, large ones by their solutions, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from dnnt.errors import InvalidInput, InvalidProblem, TooLarge
from dnnt.problems import subset_sum
from dnnt.problems.subset_sum import SubsetSum


def subsets_that_add_up(items: tuple[int, ...], target: int) -> set[tuple[int, ...]]:
    found = set()
    for taken in product((0, 1), repeat=len(items)):
        if sum(item * take for item, take in zip(items, taken, strict=True)) == target:
            found.add(tuple(index for index, take in enumerate(taken) if take))
    return found


def agrees(problem: SubsetSum) -> None:
    """`solutions`, `fault` and `solve` against all subsets."""
    expected = subsets_that_add_up(problem.items, problem.target)
    listed = list(problem.solutions())
    assert set(listed) == expected and len(listed) == len(expected)
    assert listed == sorted(listed, key=lambda chosen: (len(chosen), chosen))
    for taken in product((0, 1), repeat=len(problem.items)):
        chosen = tuple(index for index, take in enumerate(taken) if take)
        assert problem.verify(chosen) == (chosen in expected) == (problem.fault(chosen) is None)
    found = problem.solve()
    assert (found is None) == (not expected)
    assert found is None or found in expected


def test_every_small_problem() -> None:
    for count in range(4):
        for items in product(range(4), repeat=count):
            for target in range(-1, sum(items) + 2):
                agrees(SubsetSum(items, target))


@pytest.mark.parametrize("scale", [1, 10**30])
def test_random_problems(scale: int) -> None:
    """With the scale the target is too long for bits, and sums are kept in sets."""
    random = Random(3)
    for _ in range(60):
        items = tuple(random.randrange(40) * scale + random.randrange(3) for _ in range(random.randrange(9)))
        target = sum(item for item in items if random.random() < 0.5) + random.choice([0, 0, 1, -1])
        agrees(SubsetSum(items, target))


@pytest.mark.parametrize("scale", [1, 10**12])
def test_large_problems_are_solved(scale: int) -> None:
    random = Random(4)
    few = 300 if scale == 1 else 34
    for _ in range(3):
        items = tuple(random.randrange(1, 2000) * scale for _ in range(few))
        target = sum(item for item in items if random.random() < 0.5)
        found = SubsetSum(items, target).solve()
        assert found is not None and sum(items[index] for index in found) == target
    assert SubsetSum(tuple(2 * item for item in items), target + 1 if target % 2 == 0 else target).solve() is None


def test_too_many_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subset_sum, "MOST_SUMS", 100)
    with pytest.raises(TooLarge):
        SubsetSum(tuple(10**20 + 2**index for index in range(30)), 10**22).solve()


def test_huge_numbers() -> None:
    item = 10**120_000
    problem = SubsetSum((item, 1, item + 1), 2 * item + 1)
    assert problem.solve() == (0, 2)
    assert problem.fault([0, 1]) is not None
    assert SubsetSum((item,) * 3, 3 * item).solve() == (0, 1, 2)


def test_what_python_may_give() -> None:
    arrays: Any = (np.array([3, 5]), np.int64(8))
    others: Any = ([Fraction(6, 2), "5"], "8")
    given = SubsetSum(*arrays)
    assert given == SubsetSum((3, 5), 8) and hash(given) == hash(SubsetSum((3, 5), 8))
    assert all(type(item) is int for item in given.items)
    assert SubsetSum(*others) == given
    for solution in ([0, 1], (1, 0), np.array([0, 1]), {0, 1}):
        assert given.fault(solution) is None


@pytest.mark.parametrize(
    ("solution", "clause"),
    [
        ([0], "the items add up to 3, not to 8"),
        ([0, 0, 1], "item 0 is chosen twice"),
        ([2], "there is no item 2 among 2 (indices start at 0)"),
        ([-1], "there is no item -1 among 2 (indices start at 0)"),
        ([True], "true is a boolean, not a number"),
        ([0.0, 1], "0.0 is a float"),
        (["0"], '"0" is not an integer'),
        ([Fraction(1, 2)], "1/2 is not an integer"),
        ([None], "null is not a number"),
        (None, "null is not a list of indices"),
        ("01", '"01" is not a list of indices'),
        ({"0": 1}, "an object is not a list of indices"),
        (5, "5 is not a list of indices"),
    ],
)
def test_what_is_no_solution(solution: object, clause: str) -> None:
    problem = SubsetSum((3, 5), 8)
    assert problem.fault(solution) == clause
    assert not problem.verify(solution)


@pytest.mark.parametrize(
    ("items", "target", "place", "fault"),
    [
        ([1, -2], 0, "items[1]", "negative item -2"),
        ([0.5], 0, "items[0]", "float"),
        ([Fraction(1, 2)], 0, "items[0]", "1/2 is not an integer"),
        ([True], 0, "items[0]", "boolean"),
        (["x"], 0, "items[0]", "not a number"),
        (3, 0, "items", "3 is not a list"),
        ({"a": 1}, 0, "items", "an object is not a list"),
        ([1], None, "target", "null"),
        ([1], "1/2", "target", "not an integer"),
        (np.array([0.5]), 0, "items[0]", "float"),
    ],
)
def test_what_is_no_problem(items: object, target: object, place: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        SubsetSum(items, target)  # type: ignore[arg-type]
    assert caught.value.place == place
    assert fault in caught.value.fault
    assert caught.value.remedy


def test_solutions_in_json() -> None:
    problem = SubsetSum((3, 5), 8)
    assert problem.solution_json((1, 0)) == [0, 1]
    assert problem.solution_from_json([1, 0]) == (0, 1)
    bad: list[Any] = [None, {}, "0", [[0]], [None], ["0"], [0.5]]
    for value in bad:
        with pytest.raises(InvalidInput):
            problem.solution_from_json(value)
    with pytest.raises(InvalidProblem):
        problem.solution_from_json(7)
