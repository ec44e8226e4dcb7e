"""The two halves L and R of the summands: the reachable states are L + R."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnnt.reachable.execute import Executed, Fold, Near, everything, execute, fold_sum, repacked
from dnnt.reachable.key_kinds import Keys
from dnnt.reachable.packing import Packing, packing_sum
from dnnt.reachable.program import Program
from dnnt.running import Run

POINT_PAIRS = 2_000_000
"""Up to this many pairs of halves they are not split, and up to a hundredth of it all states are looked at."""

LEAST_TIMES = 8
"""Fewer equal units are added up as they are: no windows of their powers are looked at."""

MANY = 10**9
"""Multiplicities above this are treated as this one where work is predicted."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The executed groups of units, how many units each has, the executed rest, and the packing of all states."""

    units: tuple[Executed, ...]
    times: tuple[int, ...]
    rest: Executed
    packing: Packing
    keys: tuple[Keys, ...]
    """The sets of the units' parts and of the rest, as keys of the packing of all states."""

    @property
    def all(self) -> tuple[Executed, ...]:
        """The units' parts, then the rest."""
        return (*self.units, self.rest)

    @property
    def counts(self) -> tuple[int, ...]:
        """How often each of `all` is in a state."""
        return (*self.times, 1)

    @property
    def has_powers(self) -> bool:
        """Whether equal units are many enough for windows of their powers."""
        return bool(self.times) and max(self.times) >= LEAST_TIMES

    def split(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """How many units of each group go left, where the sets of `all` have these sizes."""
        return split(self.times, sizes[:-1], sizes[-1], self.packing)


@dataclass(frozen=True, slots=True)
class Halves:
    """The two halves as folds in one packing; `left[g]` units of group g are on the left, all others on the right."""

    parts: Parts
    left: tuple[int, ...]
    left_fold: Fold
    right_fold: Fold

    @property
    def packing(self) -> Packing:
        """The packing of all states."""
        return self.parts.packing

    @property
    def pairs(self) -> int:
        """The number of pairs of a left and a right sum."""
        return self.left_fold.result.size * self.right_fold.result.size


def parts_of(program: Program, run: Run) -> Parts:
    """Execute every group of units, and the rest."""
    units = []
    for index, unit in enumerate(program.units):
        run.progress(f"hidden units, group {index + 1} of {len(program.units)}")
        units.append(execute(unit.node, run))
    run.progress("output biases and skip edges")
    rest = execute(program.rest.node, run)
    times = tuple(unit.count for unit in program.units)
    packing = packing_sum(
        [*((p.packing, t) for p, t in zip(units, times, strict=True)), (rest.packing, 1)],
        program.width,
        run.need,
    )
    keys = tuple(repacked(part, packing, run) for part in (*units, rest))
    return Parts(tuple(units), times, rest, packing, keys)


def halves_of(parts: Parts, left: tuple[int, ...], run: Run, near: Near | None = None) -> Halves:
    """Form the two halves, with `left[g]` units of group g on the left; `near` drops sums that nobody needs."""
    right = [t - c for t, c in zip(parts.times, left, strict=True)]
    run.progress("left half")
    near = near or everything
    left_fold = fold_sum(parts.keys[:-1], left, parts.packing, run, near)
    run.progress("right half")
    return Halves(parts, left, left_fold, fold_sum(parts.keys, [*right, 1], parts.packing, run, near))


def split(times: Sequence[int], sizes: Sequence[int], rest: int, packing: Packing) -> tuple[int, ...]:
    """How many units of each group go left: all, where that is cheap; else about half of the predicted choices.

    `times` are the units of each group, `sizes` the sizes of the groups' sets, `rest` that of the rest, and `packing`
    is that of all states. Choices are counted in bits: a group of t units with 2^b contributions each has about b·t.
    """
    bits = [max(size, 1).bit_length() - 1 for size in sizes]
    return split_of(times, bits, rest.bit_length(), packing.span.bit_length())


def split_of(times: Sequence[int], bits: Sequence[int], rest: float, span: float) -> tuple[int, ...]:
    """The same, with all sizes and the grid points of the box in bits."""
    counts = [min(t, MANY) for t in times]
    of_units = float(sum(b * t for b, t in zip(bits, counts, strict=True)))
    if min(of_units + rest, span) <= POINT_PAIRS.bit_length() - 1:
        return tuple(times)
    left, room = [], of_units / 2
    for b, count, t in zip(bits, counts, times, strict=True):
        if not b:
            take = t
        elif t > MANY or (t > 1 and b * count > 2 * room):
            take = t // 2
        else:
            take = min(t, int(max(room, 0.0) / b + 0.5))
        left.append(take)
        room -= b * min(take, MANY)
    return tuple(left)
