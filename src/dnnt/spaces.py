"""Spaces: the set of values that one weight or bias may take.

Three final kinds: `Values` (listed), `Range` (an arithmetic progression, which may be far too long to list) and `Real`
(continuous training). A space is a set: `space` merges duplicates and turns listed progressions of three or more
elements into a `Range`, so that equal sets are equal values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from dnnt import exact
from dnnt.errors import InvalidInput, MethodUnsuitable, shown
from dnnt.exact import Number, magnitude, normal, number, numbers


@dataclass(frozen=True, slots=True)
class Values:
    """Finitely many values, listed in increasing order. May be empty."""

    values: tuple[Number, ...]

    def __post_init__(self) -> None:
        if len(self.values) > 1 and any(a >= b for a, b in pairwise(self.values)):
            raise InvalidInput("the values of a space are not increasing", "build spaces with dnnt.space")

    @property
    def size(self) -> int:
        """The number of values."""
        return len(self.values)

    @property
    def low(self) -> Number:
        """The least value."""
        return self.values[0]

    @property
    def high(self) -> Number:
        """The greatest value."""
        return self.values[-1]

    def __iter__(self) -> Iterator[Number]:
        return iter(self.values)

    def __contains__(self, value: object) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Range:
    """The progression start, start + step, …: `size` >= 3 values, step > 0."""

    start: Number
    step: Number
    size: int

    def __post_init__(self) -> None:
        if self.step <= 0 or self.size < 3:
            raise InvalidInput("a range needs a step above 0 and three values", "build spaces with dnnt.space")

    @property
    def low(self) -> Number:
        """The least value."""
        return self.start

    @property
    def high(self) -> Number:
        """The greatest value."""
        return normal(self.start + self.step * (self.size - 1))

    def __iter__(self) -> Iterator[Number]:
        value = self.start
        for _ in _count(self.size):
            yield value
            value = normal(value + self.step)

    def __contains__(self, value: object) -> bool:
        if type(value) is not int and not isinstance(value, Number):
            return False
        position, remainder = divmod(value - self.start, self.step)
        return remainder == 0 and 0 <= position < self.size


@dataclass(frozen=True, slots=True)
class Real:
    """All real numbers: a continuous parameter."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Number)


Finite = Values | Range
Space = Values | Range | Real


def finite(of: Space) -> Finite:
    """The space, known to be no `Real`. Raises `MethodUnsuitable`."""
    if isinstance(of, Real):
        raise MethodUnsuitable("a parameter may be any real number; no method takes continuous training")
    return of


def _count(size: int) -> Iterator[int]:
    """Like `iter(range(size))`, for any size."""
    index = 0
    while index < size:
        yield index
        index += 1


def progression(start: Number, stop: Number, step: Number = 1) -> Values | Range:
    """The space {start, start + step, …} up to `stop`, which must not be below `start`; `step` is above 0."""
    if step <= 0:
        raise InvalidInput(f"step {shown(step)} is not above 0", "write a step above 0")
    if start > stop:
        raise InvalidInput(f"from {shown(start)} is above to {shown(stop)}", 'swap "from" and "to"')
    size = (stop - start) // step + 1
    if size < 3:
        return Values(tuple(normal(start + step * i) for i in range(size)))
    return Range(start, step, size)


def listed(values: tuple[Number, ...]) -> Values | Range:
    """The space of the given values: duplicates merged, progressions recognised."""
    # No set here: a file may hold very many numbers that hash alike.
    ordered = tuple([value for value, _ in groupby(sorted(values))])
    if len(ordered) >= 3:
        step = normal(ordered[1] - ordered[0])
        if ordered[-1] - ordered[0] == step * (len(ordered) - 1) and all(b - a == step for a, b in pairwise(ordered)):
            return Range(ordered[0], step, len(ordered))
    return Values(ordered)


def space(given: object, exact_floats: bool = False) -> Space:
    """The space that a Python value means.

    A list (or array) of numbers, a `range`, a dictionary `{"from": a, "to": b}` with an optional `"step"`, `"real"`, or
    a space. Raises `InvalidInput`.
    """
    if isinstance(given, Space):
        return given
    if isinstance(given, str):
        if given == "real":
            return Real()
        raise InvalidInput(f"{shown(given)} is no space", 'write a list, {"from": a, "to": b} or "real"')
    if isinstance(given, range):
        if not given:
            return Values(())
        return progression(min(given[0], given[-1]), max(given[0], given[-1]), abs(given.step))
    if isinstance(given, dict):
        return _from_dictionary(given, exact_floats)
    if isinstance(given, (set, frozenset)):
        given = sorted(given, key=str)
    return listed(numbers(given, exact_floats))


def _from_dictionary(given: dict[object, object], exact_floats: bool) -> Values | Range:
    for key in given:
        if key not in ("from", "to", "step"):
            raise InvalidInput(f"unknown key {shown(key)}", 'a range has the keys "from", "to" and "step"')
    ends: dict[str, Number] = {"step": 1}
    for key in ("from", "to", "step"):
        if key in given:
            try:
                ends[key] = number(given[key], exact_floats)
            except InvalidInput as error:
                raise error.within(key) from None
        elif key != "step":
            raise InvalidInput(f'missing key "{key}"', 'a range is {"from": a, "to": b}')
    return progression(ends["from"], ends["to"], ends["step"])


def preferred(of: Space) -> Number:
    """A value to start from: 0 where it is in the space, else the one closest to it."""
    if isinstance(of, Real) or 0 in of:
        return 0
    if isinstance(of, Values):
        return min(of.values, key=magnitude)
    if of.low > 0:
        return of.low
    if of.high < 0:
        return of.high
    below = normal(of.start + of.step * ((0 - of.start) // of.step))
    return min(below, normal(below + of.step), key=magnitude)


def to_json(of: Space) -> Any:
    """The contract's way of writing a space; short progressions are listed."""
    if isinstance(of, Real):
        return "real"
    if isinstance(of, Values) or of.size <= 5:
        return [exact.to_json(q) for q in of]
    ends = {"from": exact.to_json(of.low), "to": exact.to_json(of.high)}
    return ends if of.step == 1 else {**ends, "step": exact.to_json(of.step)}
