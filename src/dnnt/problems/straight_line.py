"""Straight-line programs: is the integer that additions, subtractions and multiplications make of 1 positive?

The source of Lemma 3.5 (PosSLP). l steps make integers of up to 2^l bits, so values are computed only while they are
short; for the sign of the others a caller hands in what can find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from dnnt.errors import InvalidInput, InvalidProblem, TooLarge, at, shown
from dnnt.problems.base import Problem, listed, position

OPERATIONS = ("+", "-", "*")

SHORT_BITS = 100_000
"""Integers up to this length count as short."""

Step = tuple[str, int, int]
"""An operation and the two values that it is applied to."""

SignOf = Callable[["StraightLineProgram"], int | None]
"""What finds the sign (1, 0, -1) of a program whose integer is too long to write; None where it cannot."""


@dataclass(frozen=True, slots=True)
class StraightLineProgram(Problem):
    """Steps (operation, j, k): value 0 is 1, step i (from 1) makes value i of values j and k, both below i.

    The program computes the value of its last step, and 1 without steps. A solution is `{"sign": 1}`, if that integer
    is positive. `fault`, `verify`, `solutions`, `solve` and `sign` compute it while it is short; where it is not they
    ask `sign_of`, and without that, or where it answers None, raise `TooLarge`.
    """

    kind: ClassVar[str] = "slp"
    keys: ClassVar[tuple[str, ...]] = ("steps",)

    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        with at("steps"):
            given = listed(self.steps)
        made = []
        for index, step in enumerate(given):
            try:
                made.append(_step(step, index + 1))
            except InvalidInput as error:
                raise error.within(f"steps[{index}]") from None
        object.__setattr__(self, "steps", tuple(made))

    def values(self, max_bits: int | None = SHORT_BITS) -> tuple[int, ...]:
        """All values, value 0 first. Raises `TooLarge` where one has more than `max_bits` bits (None: any length)."""
        values = [1]
        for index, step in enumerate(self.steps):
            values.append(_applied(step, index + 1, values, max_bits))
        return tuple(values)

    def value(self, max_bits: int | None = SHORT_BITS) -> int:
        """The integer that the program computes, from the steps that it needs. Raises `TooLarge` as `values` does."""
        last = self._last_uses()
        values = {0: 1}
        for index, step in enumerate(self.steps):
            if last[index + 1] is None:
                continue
            values[index + 1] = _applied(step, index + 1, values, max_bits)
            for used in {step[1], step[2]}:
                if last[used] == index + 1:
                    del values[used]
        return values[len(self.steps)]

    def _last_uses(self) -> list[int | None]:
        """For each value the last needed step that takes it (the number of steps + 1: the result); None: not needed."""
        count = len(self.steps)
        last: list[int | None] = [None] * count + [count + 1]
        for index in range(count, 0, -1):
            if last[index] is not None:
                for used in self.steps[index - 1][1:]:
                    if last[used] is None:
                        last[used] = index
        return last

    def sign(self, sign_of: SignOf | None = None) -> int:
        """The sign of the integer: 1, 0 or -1. Raises `TooLarge` where neither its value nor `sign_of` tells."""
        try:
            value = self.value()
        except TooLarge:
            found = None if sign_of is None else sign_of(self)
            if found is None:
                raise
            return found
        return (value > 0) - (value < 0)

    def fault(self, solution: Any, sign_of: SignOf | None = None) -> str | None:
        """None if the solution is `{"sign": 1}` and the program's integer is positive, else why not."""
        try:
            claimed = self.solution_from_json(solution)["sign"]
        except InvalidInput as error:
            return f"{error.place}: {error.fault}" if error.place else error.fault
        names = {1: "positive", 0: "zero", -1: "negative"}
        if claimed != 1:
            return f'only a positive integer solves the problem, and "sign" {claimed} says that it is {names[claimed]}'
        sign = self.sign(sign_of)
        return None if sign == 1 else f"the integer is {names[sign]}, not positive"

    def verify(self, solution: Any, sign_of: SignOf | None = None) -> bool:
        """Whether `fault` finds none."""
        return self.fault(solution, sign_of) is None

    def solutions(self, sign_of: SignOf | None = None) -> Iterator[dict[str, int]]:
        """`{"sign": 1}` if the integer is positive, else nothing."""
        if self.sign(sign_of) == 1:
            yield {"sign": 1}

    def solve(self, sign_of: SignOf | None = None) -> dict[str, int] | None:
        """`{"sign": 1}` if the integer is positive, else None."""
        return next(self.solutions(sign_of), None)

    def fields(self) -> dict[str, Any]:
        """`steps`."""
        return {"steps": [list(step) for step in self.steps]}

    @classmethod
    def from_fields(cls, body: Mapping[str, Any]) -> Self:
        """The program with these `steps`."""
        return cls(body["steps"])

    def solution_json(self, solution: Any) -> dict[str, int]:
        """The object with the sign."""
        return self.solution_from_json(solution)

    def solution_from_json(self, value: Any) -> dict[str, int]:
        """The sign in an object `{"sign": 1}`, 0 or -1."""
        if not isinstance(value, Mapping) or set(value) != {"sign"}:
            raise InvalidProblem(f'{shown(value)} is no object with "sign" alone', 'write {"sign": 1}')
        with at("sign"):
            sign = position(value["sign"])
            if sign not in (1, 0, -1):
                raise InvalidProblem(f"{shown(sign)} is no sign", "write 1, 0 or -1")
        return {"sign": sign}


def _step(given: object, index: int) -> Step:
    """Step `index` (from 1), which takes values below it."""
    if type(given) is not tuple and type(given) is not list:
        given = listed(given)
    parts = tuple(given)
    if len(parts) != 3:
        raise InvalidProblem(f"{len(parts)} entries", 'a step is [operation, j, k], such as ["+", 0, 0]')
    operation, *operands = parts
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise InvalidProblem(f"{shown(operation)} is no operation", 'write "+", "-" or "*"', "[0]")
    for place, value in enumerate(operands):
        if type(value) is not int:
            with at(f"[{place + 1}]"):
                operands[place] = value = position(value)
        if not 0 <= value < index:
            fault = f"{shown(value)} is no value before value {index}"
            raise InvalidProblem(fault, f"write 0 to {index - 1}", f"[{place + 1}]")
    return str(operation), operands[0], operands[1]


def _applied(step: Step, index: int, values: Any, max_bits: int | None) -> int:
    """The value that a step makes. Raises `TooLarge` before a product that is too long is computed."""
    operation, a, b = step[0], values[step[1]], values[step[2]]
    if operation == "*":
        if max_bits is not None and a.bit_length() + b.bit_length() > max_bits + 1:
            raise TooLarge(f"value {index} has more than {max_bits:,} bits")
        result: int = a * b
    else:
        result = a + b if operation == "+" else a - b
    if max_bits is not None and result.bit_length() > max_bits:
        raise TooLarge(f"value {index} has more than {max_bits:,} bits")
    return result
