"""Exact covers: small problems against all families of sets, with every number of sets, and what is refused."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from dnnt.errors import InvalidInput
from dnnt.problems.exact_cover import ExactCover


def covers(problem: ExactCover) -> set[tuple[int, ...]]:
    found = set()
    for taken in product((0, 1), repeat=len(problem.sets)):
        chosen = tuple(index for index, take in enumerate(taken) if take)
        held = Counter(element for index in chosen for element in problem.sets[index])
        once = all(held[element] == 1 for element in problem.universe)
        if once and (problem.count is None or len(chosen) == problem.count):
            found.add(chosen)
    return found


def agrees(problem: ExactCover) -> None:
    """`solutions`, `fault` and `solve` against all families of sets."""
    expected = covers(problem)
    listed = list(problem.solutions())
    assert set(listed) == expected and len(listed) == len(expected)
    assert listed == sorted(listed, key=lambda chosen: (len(chosen), chosen))
    for taken in product((0, 1), repeat=len(problem.sets)):
        chosen = tuple(index for index, take in enumerate(taken) if take)
        assert problem.verify(chosen) == (chosen in expected) == (problem.fault(chosen) is None)
    found = problem.solve()
    assert (found is None) == (not expected)
    assert found is None or found in expected


def test_every_small_problem() -> None:
    for size in range(3):
        universe = tuple(range(size))
        possible = [tuple(e for e in universe if mask >> e & 1) for mask in range(2**size)]
        for number in range(4):
            for sets in product(possible, repeat=number):
                for count in (None, *range(number + 2)):
                    agrees(ExactCover(universe, sets, count))


def test_random_problems() -> None:
    random = Random(5)
    for _ in range(150):
        universe = tuple(range(random.randrange(1, 7)))
        share = random.choice([0.2, 0.4])
        sets = tuple(tuple(e for e in universe if random.random() < share) for _ in range(random.randrange(10)))
        agrees(ExactCover(universe, sets, random.choice([None, *range(7)])))


def test_large_problems_are_solved() -> None:
    """A cover is hidden among other sets; without one of its elements' sets there is none."""
    random = Random(6)
    universe = tuple(range(60))
    shuffled = random.sample(universe, 60)
    hidden = [tuple(shuffled[start : start + 3]) for start in range(0, 60, 3)]
    sets = [*hidden, *(tuple(random.sample(universe, 4)) for _ in range(100)), (), ()]
    random.shuffle(sets)
    for count in (None, 20, 22):
        problem = ExactCover(universe, tuple(sets), count)
        found = problem.solve()
        assert found is not None
        assert problem.fault(found) is None
    without = tuple(members for members in sets if 7 not in members)
    assert ExactCover(universe, without).solve() is None


def test_long_covers() -> None:
    """A cover longer than Python's stack."""
    universe = tuple(range(3000))
    assert ExactCover(universe, tuple((element,) for element in universe), 3000).solve() == universe


def test_degenerate_problems() -> None:
    assert ExactCover((), ()).solve() == ()
    assert ExactCover((), (), 1).solve() is None
    assert ExactCover((), ((), ()), 2).solve() == (0, 1)
    assert list(ExactCover((), ((), ()), 1).solutions()) == [(0,), (1,)]
    assert ExactCover((1,), ()).solve() is None
    assert ExactCover((1,), ((1,), (1,)), 2).solve() is None
    assert ExactCover((1,), ((1,),), 10**30).solve() is None
    assert list(ExactCover((1,), ((1,),), 10**30).solutions()) == []


def test_what_python_may_give() -> None:
    arrays: Any = (np.array([1, 2, 3]), [{3, 1}, np.array([2])], np.int64(2))
    given = ExactCover(*arrays)
    assert given == ExactCover((1, 2, 3), ((1, 3), (2,)), 2)
    assert hash(given) == hash(ExactCover((1, 2, 3), ((1, 3), (2,)), 2))
    mixed: Any = ([1, "1"], [["1"], [1]])
    assert ExactCover(*mixed).sets == (("1",), (1,))
    sets: Any = ({"b", "a"}, [{"b", "a"}])
    assert ExactCover(*sets) == ExactCover(("a", "b"), (("a", "b"),))
    assert given.fault({1, 0}) is None


@pytest.mark.parametrize(
    ("solution", "clause"),
    [
        ([0], "the number of chosen sets is 1, not 2"),
        ([0, 1], "no chosen set holds 3"),
        ([0, 2], 'sets 0 and 2 both hold "a"'),
        ([1, 1], "set 1 is chosen twice"),
        ([3, 1], "there is no set 3 among 3 (indices start at 0)"),
        ([[0]], "a list is not a number"),
        (None, "null is not a list of indices"),
    ],
)
def test_what_is_no_solution(solution: object, clause: str) -> None:
    problem = ExactCover(("a", "b", 3), (("a",), ("b",), ("a", 3)), 2)
    assert problem.fault(solution) == clause
    assert problem.fault([1, 2]) is None


@pytest.mark.parametrize(
    ("arguments", "place", "fault"),
    [
        (([1, 1], []), "universe[1]", "1 comes twice"),
        (([1, True], []), "universe[1]", "true is neither a string nor an integer"),
        (([1, 1.0], []), "universe[1]", "neither a string nor an integer"),
        (([Fraction(1, 2)], []), "universe[0]", "1/2 is neither a string nor an integer"),
        (([None], []), "universe[0]", "null"),
        (([[1]], []), "universe[0]", "a list"),
        (("ab", []), "universe", "not a list"),
        (([1], [[2]]), "sets[0][0]", "2 is not in the universe"),
        (([1], [[1], ["1"]]), "sets[1][0]", '"1" is not in the universe'),
        (([1, 2], [[1, 2, 1]]), "sets[0][2]", "1 comes twice"),
        (([1], [1]), "sets[0]", "1 is not a list"),
        (([1], 1), "sets", "1 is not a list"),
        (([1], [], -1), "count", "-1 sets to choose"),
        (([1], [], "1"), "count", '"1" is not an integer'),
        (([1], [], True), "count", "boolean"),
        ((["\ud800"], []), "universe[0]", "surrogate"),
    ],
)
def test_what_is_no_problem(arguments: tuple[object, ...], place: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ExactCover(*arguments)  # type: ignore[arg-type]
    assert caught.value.place == place
    assert fault in caught.value.fault
    assert caught.value.remedy


def test_solutions_in_json() -> None:
    problem = ExactCover((1, 2), ((1,), (2,)))
    assert problem.solution_json((1, 0)) == [0, 1]
    assert problem.solution_from_json([1, 0]) == (0, 1)
    with pytest.raises(InvalidInput):
        problem.solution_from_json({"0": 1})
