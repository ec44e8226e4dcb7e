"""What the last step hands over: a state with the way to its parameters, and how the search ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dnnt.certificate import BoxSplit, BoxWindow, DirectionBound
from dnnt.exact import Number
from dnnt.reachable.assemble import Solution
from dnnt.reachable.execute import vector_of_part
from dnnt.reachable.halves import Halves, Parts
from dnnt.reachable.recover import recover, recover_fold
from dnnt.running import Run

Way = Callable[[Run], Solution]
"""Walks back to the vectors of every unit."""


@dataclass(frozen=True, slots=True)
class Found:
    """A reachable state: its loss, and the way back to its parameters."""

    loss: Number
    way: Way


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why no state has a smaller loss, as the checker is to see it: see `certificate.ReachableStates`.

    `left[g]` units of group g are in the left half; the sizes bound both halves, and the states or targets of the last
    step.
    """

    last: str
    left: tuple[int, ...]
    left_size: int
    right_size: int
    count: int
    cuts: tuple[tuple[int, ...], ...] = ()
    residues: tuple[tuple[tuple[int, ...], int], ...] = ()
    window: bool = False
    slack: int | None = None
    boxes: tuple[BoxSplit | BoxWindow | DirectionBound, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """How the last step ended: the cheapest state, or None where no state has a loss at or below the threshold."""

    found: Found | None
    grounds: Grounds


def way_of_halves(halves: Halves, left: int, right: int) -> Way:
    """The way back from a key of each half."""

    def way(run: Run) -> Solution:
        one = recover_fold(halves.parts.units, halves.left_fold, left, run)
        two = recover_fold(halves.parts.all, halves.right_fold, right, run)
        units = tuple(a + b for a, b in zip(one.parts, two.parts[:-1], strict=True))
        ((rest, _),) = two.parts[-1]
        return Solution(units, rest)

    return way


def way_of_mixture(parts: Parts, used: Sequence[Sequence[tuple[int, int]]]) -> Way:
    """The way back from keys with multiplicities for every group, and one of the rest."""

    def way(run: Run) -> Solution:
        units = []
        for part, counted in zip(parts.units, used[:-1], strict=True):
            vectors = [(vector_of_part(part, parts.packing, key), count) for key, count in counted]
            units.append(tuple((recover(part, vector, run), count) for vector, count in vectors))
        ((key, _),) = used[-1]
        return Solution(tuple(units), recover(parts.rest, vector_of_part(parts.rest, parts.packing, key), run))

    return way
