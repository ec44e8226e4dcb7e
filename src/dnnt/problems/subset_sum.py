"""Subset sum: which items add up to the target? The source of Theorem 1.3.

Solved by halving: the sums of either half meet in the target, and each half is then solved for its share. Sums are the
bits of one long integer while the target is short, else the members of a set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, Self

from dnnt.errors import InvalidInput, InvalidProblem, TooLarge, at, shown
from dnnt.problems.base import Problem, indices_fault, indices_from_json, integer, listed

LONGEST_MASK = 1 << 28
"""Targets up to here are solved by bits: one bit for each sum, 32 MiB in all."""

MOST_SUMS = 5_000_000
"""The most sums that a set may hold."""


@dataclass(frozen=True, slots=True)
class SubsetSum(Problem):
    """Items (integers >= 0) and a target (any integer). A solution is a tuple of item indices, from 0."""

    kind: ClassVar[str] = "subset-sum"
    keys: ClassVar[tuple[str, ...]] = ("items", "target")

    items: tuple[int, ...]
    target: int

    def __post_init__(self) -> None:
        with at("items"):
            given = listed(self.items)
        made = []
        for index, value in enumerate(given):
            try:
                item = value if type(value) is int else integer(value)
                if item < 0:
                    raise InvalidProblem(f"negative item {shown(item)}", "write 0 or more")
            except InvalidInput as error:
                raise error.within(f"items[{index}]") from None
            made.append(item)
        object.__setattr__(self, "items", tuple(made))
        with at("target"):
            object.__setattr__(self, "target", integer(self.target))

    def fault(self, solution: Any) -> str | None:
        """None if the items at these indices add up to the target, else why not."""
        chosen, fault = indices_fault(solution, len(self.items), "item")
        if fault is not None:
            return fault
        total = sum(self.items[index] for index in chosen)
        return None if total == self.target else f"the items add up to {shown(total)}, not to {shown(self.target)}"

    def solutions(self) -> Iterator[tuple[int, ...]]:
        """Every solution as an increasing tuple: short ones first, then in lexicographic order."""
        for size in range(len(self.items) + 1):
            for chosen in combinations(range(len(self.items)), size):
                if sum(self.items[index] for index in chosen) == self.target:
                    yield chosen

    def solve(self) -> tuple[int, ...] | None:
        """A solution or None. Raises `TooLarge` where there are too many sums to hold."""
        if self.target < 0:
            return None
        useful = [(item, index) for index, item in enumerate(self.items) if 0 < item <= self.target]
        if self.target <= LONGEST_MASK:
            useful = _until_reached(useful, self.target)
        chosen = _chosen(useful, self.target)
        return None if chosen is None else tuple(sorted(chosen))

    def fields(self) -> dict[str, Any]:
        """`items` and `target`."""
        return {"items": list(self.items), "target": self.target}

    @classmethod
    def from_fields(cls, body: Mapping[str, Any]) -> Self:
        """The problem with these `items` and this `target`."""
        return cls(body["items"], body["target"])

    def solution_json(self, solution: Any) -> list[int]:
        """The increasing list of the indices."""
        return list(indices_from_json(solution))

    def solution_from_json(self, value: Any) -> tuple[int, ...]:
        """The increasing tuple of the indices in a list."""
        return indices_from_json(value)


_Items = list[tuple[int, int]]
"""Pairs of an item (1 … target) and its index."""


def _until_reached(useful: _Items, target: int) -> _Items:
    """The first items, up to the one with which the target is reached first: often few of many. All if it is not."""
    sums, within = 1, (1 << target + 1) - 1
    for count, (item, _) in enumerate(useful):
        if sums >> target & 1:
            return useful[:count]
        sums |= sums << item & within
    return useful


def _chosen(useful: _Items, target: int) -> list[int] | None:
    """Indices of items that add up to the target, or None."""
    if target == 0:
        return []
    if len(useful) < 2:
        return [index for item, index in useful if item == target] or None
    left, right = useful[: len(useful) // 2], useful[len(useful) // 2 :]
    share = _share(left, right, target)
    if share is None:
        return None
    first, second = _chosen(left, share), _chosen(right, target - share)
    return None if first is None or second is None else first + second


def _share(left: _Items, right: _Items, target: int) -> int | None:
    """A sum of items on the left that a sum of items on the right completes to the target, or None."""
    if target <= LONGEST_MASK:
        # Bit s of the mirror image says whether target - s is a sum on the right.
        mirrored = int(f"{_mask(right, target):0{target + 1}b}"[::-1], 2)
        common = _mask(left, target) & mirrored
        return (common & -common).bit_length() - 1 if common else None
    sums = _sums(left, target)
    return next((target - other for other in _sums(right, target) if target - other in sums), None)


def _mask(useful: _Items, target: int) -> int:
    """Bit s says whether s <= target is a sum of some of the items."""
    sums, within = 1, (1 << target + 1) - 1
    for item, _ in useful:
        if item <= target:
            sums |= sums << item & within
    return sums


def _sums(useful: _Items, target: int) -> set[int]:
    sums = {0}
    for item, _ in useful:
        sums |= {old + item for old in sums if old + item <= target}
        if len(sums) > MOST_SUMS:
            raise TooLarge(f"more than {MOST_SUMS:,} sums of {len(useful)} items: too many to hold")
    return sums
