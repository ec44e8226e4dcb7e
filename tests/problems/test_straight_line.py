"""Straight-line programs: every short one against its definition, and long integers, whose sign comes from outside."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from dnnt.errors import InvalidInput, TooLarge
from dnnt.problems.straight_line import OPERATIONS, Step, StraightLineProgram


def evaluated(steps: tuple[Step, ...]) -> list[int]:
    values = [1]
    for operation, j, k in steps:
        values.append(eval(f"a {operation} b", {"a": values[j], "b": values[k]}))
    return values


def programs(length: int) -> Iterator[tuple[Step, ...]]:
    if length == 0:
        yield ()
        return
    for before in programs(length - 1):
        for operation, j, k in product(OPERATIONS, range(length), range(length)):
            yield (*before, (operation, j, k))


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_every_short_program(length: int) -> None:
    for steps in programs(length):
        program, expected = StraightLineProgram(steps), evaluated(steps)
        assert program.values() == tuple(expected)
        assert program.value() == expected[-1]
        positive = expected[-1] > 0
        assert list(program.solutions()) == ([{"sign": 1}] if positive else [])
        assert program.solve() == ({"sign": 1} if positive else None)
        assert program.verify({"sign": 1}) == positive
        assert not program.verify({"sign": 0}) and not program.verify({"sign": -1})
        assert program.sign() == (expected[-1] > 0) - (expected[-1] < 0)


def test_random_programs() -> None:
    random = Random(8)
    for _ in range(100):
        length = random.randrange(4, 13)
        steps = tuple(
            (random.choice(OPERATIONS), random.randrange(index), random.randrange(index))
            for index in range(1, length + 1)
        )
        program, expected = StraightLineProgram(steps), evaluated(steps)
        assert program.values(None) == tuple(expected)
        assert program.value(None) == expected[-1]


def squarings(count: int) -> tuple[Step, ...]:
    """2 ** 2 ** count, in count + 1 steps."""
    return (("+", 0, 0), *(("*", index, index) for index in range(1, count + 1)))


def test_long_integers() -> None:
    program = StraightLineProgram(squarings(10))
    assert program.value() == 2**1024
    assert program.value(1025) == program.values(1025)[-1] == 2**1024
    for method in (program.value, program.values):
        with pytest.raises(TooLarge, match="value 11 has more than 1,024 bits"):
            method(1024)
    with pytest.raises(TooLarge):
        StraightLineProgram((*squarings(10), ("+", 11, 11))).value(1025)
    # What the last step does not need is not computed.
    assert StraightLineProgram((*squarings(1000), ("-", 0, 1))).value() == -1
    # A product with 0 is short.
    assert StraightLineProgram((*squarings(10), ("-", 0, 0), ("*", 11, 12))).value(1025) == 0


def test_sign_of_what_cannot_be_written() -> None:
    program = StraightLineProgram(squarings(1000))
    for call in (program.sign, program.solve, lambda: program.fault({"sign": 1}), lambda: list(program.solutions())):
        with pytest.raises(TooLarge):
            call()
    with pytest.raises(TooLarge):
        program.sign(lambda _: None)
    assert program.fault({"sign": -1}) is not None
    assert program.fault({"sign": "1"}) is not None
    asked = []

    def positive(given: StraightLineProgram) -> int:
        asked.append(given)
        return 1

    assert program.fault({"sign": 1}, positive) is None
    assert program.verify({"sign": 1}, positive)
    assert program.solve(positive) == {"sign": 1}
    assert asked == [program] * 3
    assert program.fault({"sign": 1}, lambda _: -1) == "the integer is negative, not positive"
    assert program.solve(lambda _: 0) is None
    # Where the value is short, nobody is asked.
    assert StraightLineProgram().sign(lambda _: -1) == 1


def test_many_steps() -> None:
    steps = [("+", index, 0) for index in range(100_000)]
    assert StraightLineProgram(steps).value() == 100_001  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("solution", "clause"),
    [
        ({"sign": 1}, "the integer is zero, not positive"),
        ({"sign": 0}, 'only a positive integer solves the problem, and "sign" 0 says that it is zero'),
        ({"sign": -1}, 'only a positive integer solves the problem, and "sign" -1 says that it is negative'),
        ({"sign": 2}, "sign: 2 is no sign"),
        ({"sign": True}, "sign: true is a boolean, not a number"),
        ({"sign": 1.0}, "sign: 1.0 is a float"),
        ({"sign": "1"}, 'sign: "1" is not an integer'),
        ({"sign": None}, "sign: null is not a number"),
        ({"sign": 1, "more": 1}, 'an object is no object with "sign" alone'),
        ({}, 'an object is no object with "sign" alone'),
        (1, '1 is no object with "sign" alone'),
        (None, 'null is no object with "sign" alone'),
    ],
)
def test_what_is_no_solution(solution: object, clause: str) -> None:
    assert StraightLineProgram((("-", 0, 0),)).fault(solution) == clause


@pytest.mark.parametrize(
    ("steps", "place", "fault"),
    [
        (1, "steps", "1 is not a list"),
        ([1], "steps[0]", "1 is not a list"),
        ([["+", 0]], "steps[0]", "2 entries"),
        ([["+", 0, 0, 0]], "steps[0]", "4 entries"),
        ([["/", 0, 0]], "steps[0][0]", '"/" is no operation'),
        ([[0, 0, 0]], "steps[0][0]", "0 is no operation"),
        ([["+", 0, 0], ["+", 1, 2]], "steps[1][2]", "2 is no value before value 2"),
        ([["+", -1, 0]], "steps[0][1]", "-1 is no value before value 1"),
        ([["+", "0", 0]], "steps[0][1]", '"0" is not an integer'),
        ([["+", 0, False]], "steps[0][2]", "boolean"),
        ([["+", 0, 0.0]], "steps[0][2]", "float"),
    ],
)
def test_what_is_no_program(steps: Any, place: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        StraightLineProgram(steps)
    assert caught.value.place == place
    assert fault in caught.value.fault


def test_what_python_may_give() -> None:
    steps: Any = [["+", np.int64(0), 0], ("*", 1, 1)]
    given = StraightLineProgram(steps)
    assert given == StraightLineProgram((("+", 0, 0), ("*", 1, 1)))
    assert hash(given) == hash(StraightLineProgram((("+", 0, 0), ("*", 1, 1))))
    assert given.value() == 4


def test_solutions_in_json() -> None:
    program = StraightLineProgram()
    assert program.solution_json({"sign": 1}) == {"sign": 1}
    assert program.solution_from_json({"sign": -1}) == {"sign": -1}
    with pytest.raises(InvalidInput) as caught:
        program.solution_from_json({"sign": 5})
    assert caught.value.place == "sign"
