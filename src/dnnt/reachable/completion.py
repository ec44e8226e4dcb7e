"""A state that is wanted exactly, in the hull of a case: drawn near its mixture, the last units met in the middle.

The mixture says what the units of each kind are on the average, so what their slots are on the average. Slots are
drawn between the two elements next to that, which keeps the draws close to it; two pairs of units are then found by
looking sums up. As in `probe`, but for kinds that are far from what a random unit is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dnnt.reachable.clouds import Digits
from dnnt.reachable.kinds import Kinds, UnitKinds
from dnnt.reachable.packing import Packing
from dnnt.running import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWN = (60, 250, 500)
"""Vectors drawn of a unit that is looked up, in each attempt."""

LARGEST = 1 << 62

Shares = dict[int, float]
"""For each number of a vector in a kind's pool how many units are it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One unit to be set: its group, its kind there, and how the vectors of the pool are mixed."""

    group: int
    kind: int
    shares: Shares


def complete(
    groups: Sequence[Kinds], units: Sequence[Slot], wanted: Sequence[int], packing: Packing, run: Run
) -> list[list[tuple[Any, int]]] | None:
    """The vectors of all units such that their sum is wanted, for each group; None where none was found."""
    import numpy as np

    if packing.span >= LARGEST:
        return None
    strides = np.array(packing.strides, np.int64)
    target = int(sum(d * s for d, s in zip(wanted, packing.strides, strict=True)))
    random = np.random.default_rng(1)
    # Those looked up are the ones that vary most: first the units that are known vector by vector.
    order = sorted(units, key=lambda unit: isinstance(groups[unit.group], UnitKinds) and len(unit.shares) > 0)
    closing = order[-4:]
    half = len(closing) // 2
    for number in DRAWN:
        left = target
        made: list[tuple[Slot, Any]] = []
        for unit in order[:-4]:
            digits, ways = _draw(groups[unit.group], unit, 1, random)
            left -= int(digits[0] @ strides)
            made.append((unit, ways[0]))
        drawn = [_draw(groups[unit.group], unit, number, random) for unit in closing]
        run.poll()
        keys = [digits @ strides for digits, _ in drawn]
        one, two = _sums(keys[:half]), _sums(keys[half:])
        table = np.argsort(one, kind="stable")
        ordered = one[table]
        at = np.searchsorted(ordered, left - two)
        hits = np.nonzero((at < len(ordered)) & (ordered[np.minimum(at, len(ordered) - 1)] == left - two))[0]
        if len(hits):
            places = [*_places(int(table[at[hits[0]]]), keys[:half]), *_places(int(hits[0]), keys[half:])]
            made += [(unit, drawn[i][1][place]) for i, (unit, place) in enumerate(zip(closing, places, strict=True))]
            chosen: list[list[tuple[Any, int]]] = [[] for _ in groups]
            for unit, way in made:
                chosen[unit.group].append(((unit.kind, way), 1))
            return chosen
    return None


def _sums(keys: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    import numpy as np

    total = np.zeros(1, np.int64)
    for each in keys:
        total = (total[:, None] + each[None, :]).ravel()
    return total


def _places(index: int, keys: Sequence[NDArray[np.int64]]) -> list[int]:
    made = []
    for each in reversed(keys):
        index, place = divmod(index, len(each))
        made.append(place)
    return made[::-1]


def _draw(group: Kinds, unit: Slot, number: int, random: np.random.Generator) -> tuple[NDArray[np.int64], list[Any]]:
    """Vectors (digits of the whole), and how each is made."""
    import numpy as np

    if isinstance(group, UnitKinds):
        return group.drawn(unit.kind, unit.shares, number, random)
    vectors: list[Digits] = list(group.pools[0])
    weights = np.full(len(vectors), 1e-3)
    for index, share in unit.shares.items():
        weights[index] += share
    chosen = random.choice(len(vectors), number, p=weights / weights.sum())
    if len(vectors) <= number:
        chosen = np.arange(len(vectors))
    return np.array(vectors, np.int64)[chosen], [vectors[i] for i in chosen.tolist()]
