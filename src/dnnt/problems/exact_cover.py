"""Exact cover: which sets, taken together, hold every element of the universe once? The source of Theorem 1.5.

Sets are chosen by index, so equal sets count as two, and an empty set counts towards the number of sets. Solved by
Knuth's algorithm X: branch on the element that the fewest sets can still cover.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, Self

from dnnt.errors import InvalidInput, InvalidProblem, at, shown
from dnnt.problems.base import (
    Problem,
    Scalar,
    distinct_scalars,
    indices_fault,
    indices_from_json,
    listed,
    position,
    scalar,
)


@dataclass(frozen=True, slots=True)
class ExactCover(Problem):
    """A universe of strings and integers, sets of its elements, and how many sets to choose (None: any number).

    A solution is a tuple of indices of sets, from 0.
    """

    kind: ClassVar[str] = "exact-cover"
    keys: ClassVar[tuple[str, ...]] = ("universe", "sets", "count")

    universe: tuple[Scalar, ...]
    sets: tuple[tuple[Scalar, ...], ...]
    count: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "universe", distinct_scalars(self.universe, "universe"))
        with at("sets"):
            given = listed(self.sets)
        known = {element: element for element in self.universe}
        made = []
        for index, members in enumerate(given):
            with at(f"sets[{index}]"):
                made.append(_members(members, known))
        object.__setattr__(self, "sets", tuple(made))
        if self.count is not None:
            with at("count"):
                object.__setattr__(self, "count", position(self.count))
                if self.count < 0:
                    raise InvalidProblem(f"{shown(self.count)} sets to choose", "write 0 or more, or null")

    def fault(self, solution: Any) -> str | None:
        """None if the sets at these indices cover every element once and are as many as `count` says, else why not."""
        chosen, fault = indices_fault(solution, len(self.sets), "set")
        if fault is not None:
            return fault
        if self.count is not None and len(chosen) != self.count:
            return f"the number of chosen sets is {len(chosen)}, not {shown(self.count)}"
        covered: dict[Scalar, int] = {}
        for index in chosen:
            for element in self.sets[index]:
                if element in covered:
                    return f"sets {covered[element]} and {index} both hold {shown(element)}"
                covered[element] = index
        missing = next((element for element in self.universe if element not in covered), None)
        return None if missing is None else f"no chosen set holds {shown(missing)}"

    def solutions(self) -> Iterator[tuple[int, ...]]:
        """Every solution as an increasing tuple: short ones first, then in lexicographic order."""
        sizes = range(len(self.sets) + 1) if self.count is None else (self.count,)
        for size in sizes:
            if size <= len(self.sets):
                for chosen in combinations(range(len(self.sets)), size):
                    if self.fault(chosen) is None:
                        yield chosen

    def solve(self) -> tuple[int, ...] | None:
        """A solution, or None."""
        empty = [index for index, members in enumerate(self.sets) if not members]
        most = len(self.sets) if self.count is None else self.count
        least = 0 if self.count is None else self.count - len(empty)
        chosen = _Search(self, least, most).run()
        if chosen is None:
            return None
        fill = 0 if self.count is None else self.count - len(chosen)
        return tuple(sorted(chosen + empty[:fill]))

    def fields(self) -> dict[str, Any]:
        """`universe`, `sets` and `count`."""
        return {"universe": list(self.universe), "sets": [list(members) for members in self.sets], "count": self.count}

    @classmethod
    def from_fields(cls, body: Mapping[str, Any]) -> Self:
        """The problem with this `universe`, these `sets` and this `count`."""
        return cls(body["universe"], body["sets"], body["count"])

    def solution_json(self, solution: Any) -> list[int]:
        """The increasing list of the indices."""
        return list(indices_from_json(solution))

    def solution_from_json(self, value: Any) -> tuple[int, ...]:
        """The increasing tuple of the indices in a list."""
        return indices_from_json(value)


def _members(given: object, known: Mapping[Scalar, Scalar]) -> tuple[Scalar, ...]:
    """The elements of one set, each the universe's own object: many sets share few elements."""
    made: dict[Scalar, None] = {}
    for index, value in enumerate(listed(given)):
        try:
            element = scalar(value)
            if element not in known:
                raise InvalidProblem(f"{shown(element)} is not in the universe", "add it there, or take it out here")
            if element in made:
                raise InvalidProblem(f"{shown(element)} comes twice", "a set holds an element once")
        except InvalidInput as error:
            raise error.within(f"[{index}]") from None
        made[known[element]] = None
    return tuple(made)


class _Search:
    """Algorithm X over the sets that are not empty, choosing at least `least` and at most `most` of them."""

    def __init__(self, problem: ExactCover, least: int, most: int) -> None:
        self.sets = problem.sets
        self.least, self.most = least, most
        self.largest = max((len(members) for members in problem.sets), default=0)
        # For each element that is not covered yet, the sets that can still cover it, in order.
        self.open: dict[Scalar, dict[int, None]] = {element: {} for element in problem.universe}
        for index, members in enumerate(problem.sets):
            for element in members:
                self.open[element][index] = None

    def run(self) -> list[int] | None:
        """The chosen sets, or None. Without recursion: a cover may be long."""
        chosen: list[int] = []
        removed: list[list[tuple[Scalar, dict[int, None]]]] = []
        branches = [self._branch(0)]
        while branches:
            if not self.open and self.least <= len(chosen) <= self.most:
                return chosen
            index = next(branches[-1], None)
            if index is not None:
                removed.append(self._cover(index))
                chosen.append(index)
                branches.append(self._branch(len(chosen)))
                continue
            branches.pop()
            if chosen:
                self._uncover(removed.pop())
                chosen.pop()
        return None

    def _branch(self, depth: int) -> Iterator[int]:
        """The sets to try next: none where the number of sets cannot come right any more."""
        left = len(self.open)
        if not left or depth + left < self.least or left > (self.most - depth) * self.largest:
            return iter(())
        element = min(self.open, key=lambda each: len(self.open[each]))
        return iter(tuple(self.open[element]))

    def _cover(self, index: int) -> list[tuple[Scalar, dict[int, None]]]:
        """Choose a set: its elements are covered, and sets that share one with it are out."""
        removed = []
        for element in self.sets[index]:
            for other in self.open[element]:
                for each in self.sets[other]:
                    if each != element and each in self.open:
                        del self.open[each][other]
            removed.append((element, self.open.pop(element)))
        return removed

    def _uncover(self, removed: list[tuple[Scalar, dict[int, None]]]) -> None:
        for element, others in reversed(removed):
            self.open[element] = others
            for other in others:
                for each in self.sets[other]:
                    if each != element and each in self.open:
                        self.open[each][other] = None
