"""The interface of a source problem, and how its parts are read.

A problem says of any Python value whether it is a solution, and if not, why not (`fault`): that is what every reduction
is judged by. `solutions` tries everything and is the oracle of the tests; `solve` is quicker and small.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, Self

from dnnt.errors import InvalidInput, InvalidProblem, shown
from dnnt.exact import number

FORMAT = "dnnt-problem"
VERSION = 1

Scalar = int | str
"""A letter of an alphabet or an element of a universe. 1 and "1" differ; there are no booleans, so 1 is never True."""


class Problem(ABC):
    """A problem that a reduction starts from. Final classes are frozen and valid at birth."""

    __slots__ = ()

    kind: ClassVar[str]
    """The name of the kind in files."""

    keys: ClassVar[tuple[str, ...]]
    """The keys of a file beside `format`, `version` and `kind`; all are needed."""

    @abstractmethod
    def fault(self, solution: Any) -> str | None:
        """None if this solves the problem, else one clause that says why not. Takes any value at all."""

    def verify(self, solution: Any) -> bool:
        """Whether this solves the problem."""
        return self.fault(solution) is None

    @abstractmethod
    def solutions(self) -> Iterator[Any]:
        """Every solution once, in a fixed order, by trying everything."""

    @abstractmethod
    def solve(self) -> Any:
        """A solution, or None if there is none. Exact, and quicker than trying everything."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """The part of `to_json` that is this kind's own: a value for each of `keys`."""

    @classmethod
    @abstractmethod
    def from_fields(cls, body: Mapping[str, Any]) -> Self:
        """The problem with these values for `keys`. Raises `InvalidInput`."""

    @abstractmethod
    def solution_json(self, solution: Any) -> Any:
        """The JSON form of a solution."""

    @abstractmethod
    def solution_from_json(self, value: Any) -> Any:
        """The solution that a parsed JSON value means. Raises `InvalidInput` for a wrong shape alone."""

    def to_json(self) -> dict[str, Any]:
        """The object that a problem file holds."""
        return {"format": FORMAT, "version": VERSION, "kind": self.kind, **self.fields()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The problem of this kind in the object of a problem file. Raises `InvalidInput`."""
        known = ("format", "version", "kind", *cls.keys)
        for key in body:
            if key not in known:
                raise InvalidProblem(f"unknown key {shown(key)}", f"known are {', '.join(known)}")
        for key in cls.keys:
            if key not in body:
                raise InvalidProblem(f'missing key "{key}"', f'add "{key}"')
        return cls.from_fields(body)


def listed(value: object, noun: str = "list") -> Collection[Any]:
    """A list, tuple, range, array or set (sorted) to go through. Raises `InvalidProblem` for anything else."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (set, frozenset)):
        # Sets of strings have another order in every process.
        return sorted(value, key=repr)
    if isinstance(value, (list, tuple, range)):
        return value
    raise InvalidProblem(f"{shown(value)} is not a {noun}", "write a list")


def integer(value: object) -> int:
    """An exact integer of any size. Raises `InvalidInput`."""
    if type(value) is int:
        return value
    exact = number(value)
    if not isinstance(exact, int):
        raise InvalidProblem(f"{shown(exact)} is not an integer", "write an integer")
    return exact


def position(value: object) -> int:
    """An index or a count: an integer that is no text. Raises `InvalidInput`."""
    if isinstance(value, str):
        raise InvalidProblem(f"{shown(value)} is not an integer", "write an integer, without quotes")
    return integer(value)


def scalar(value: object) -> Scalar:
    """A string or an integer. Raises `InvalidInput`."""
    if type(value) is int:
        return value
    if isinstance(value, str):
        text = str(value)
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            raise InvalidProblem(f"{shown(text)} holds half a surrogate pair", "write whole characters")
        return text
    remedy = 'write an integer or a string, such as "1/2" or "true"'
    try:
        exact = number(value)
    except InvalidInput:
        raise InvalidProblem(f"{shown(value)} is neither a string nor an integer", remedy) from None
    if not isinstance(exact, int):
        raise InvalidProblem(f"{shown(exact)} is neither a string nor an integer", remedy)
    return exact


def distinct_scalars(values: object, place: str) -> tuple[Scalar, ...]:
    """A tuple of distinct strings and integers. Raises `InvalidInput` with the place."""
    try:
        given = listed(values)
    except InvalidInput as error:
        raise error.within(place) from None
    made: dict[Scalar, None] = {}
    for index, value in enumerate(given):
        try:
            one = scalar(value)
            if one in made:
                raise InvalidProblem(f"{shown(one)} comes twice", "list each once")
        except InvalidInput as error:
            raise error.within(f"{place}[{index}]") from None
        made[one] = None
    return tuple(made)


def indices_fault(solution: object, count: int, noun: str) -> tuple[tuple[int, ...], str | None]:
    """The distinct indices below `count` that a value lists, or a clause that says why it does not."""
    try:
        chosen = tuple(position(index) for index in listed(solution, "list of indices"))
    except InvalidInput as error:
        return (), error.fault
    seen: set[int] = set()
    for index in chosen:
        if not 0 <= index < count:
            return (), f"there is no {noun} {shown(index)} among {count} (indices start at 0)"
        if index in seen:
            return (), f"{noun} {index} is chosen twice"
        seen.add(index)
    return chosen, None


def indices_from_json(value: object) -> tuple[int, ...]:
    """The increasing tuple of the integers in a list. Raises `InvalidInput`."""
    made = []
    for index, entry in enumerate(listed(value, "list of indices")):
        try:
            made.append(position(entry))
        except InvalidInput as error:
            raise error.within(f"[{index}]") from None
    return tuple(sorted(made))
