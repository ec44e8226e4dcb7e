"""A state that is wanted exactly, in the hull of a case: drawn near its mixture, the last units met in the middle.

The mixture says what the units of each kind are on the average, so what their slots are on the average. Slots are
drawn between the two elements next to that, which keeps the draws close to it; single slots are then changed as long
as the sum comes nearer. Two pairs of units are found by looking sums up, each unit changed in one slot at most. As in
`probe`, but for kinds that are far from what a random unit is.
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

DRAWN = (60, 120, 250, 500)
"""Vectors of a unit that is looked up, in each attempt."""

SWEEPS = 40
"""Rounds over all units that bring the sum nearer."""

MOST_BESIDE = 500
"""Vectors that a step chooses from."""

LARGEST = 1 << 62

Shares = dict[int, float]
"""For each number of a vector in a kind's pool how many units are it."""


Vectors = tuple["NDArray[np.int64]", list[Any]]
"""Digits of the whole, and how each vector is made."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One unit to be set: its group, its kind there, and how the vectors of the pool are mixed."""

    group: int
    kind: int
    shares: Shares


@dataclass(frozen=True, slots=True)
class Completed:
    """A state: its digits, and for each group what its units are."""

    digits: Digits
    made: list[list[tuple[Any, int]]]


def complete(
    groups: Sequence[Kinds],
    units: Sequence[Slot],
    wanted: Sequence[int],
    packing: Packing,
    run: Run,
    seed: int = 1,
) -> Completed | None:
    """The wanted state, or one close to it; None where keys are too wide."""
    import numpy as np

    if packing.span >= LARGEST:
        return None
    strides = np.array(packing.strides, np.int64)
    goal = np.array(wanted, np.int64)
    random = np.random.default_rng(seed)
    best: tuple[int, Completed] | None = None
    for number in DRAWN:
        run.poll()
        at = _nearer([_draw(groups[unit.group], unit, 1, random) for unit in units], groups, units, goal, random)
        digits = [each[0][0] for each in at]
        ways = [each[1][0] for each in at]
        # Those looked up are some that vary most: the units that are not known vector by vector.
        varied = [i for i, unit in enumerate(units) if isinstance(groups[unit.group], UnitKinds)]
        closing = [int(i) for i in random.permutation(varied or len(units))[:4]]
        half = (len(closing) + 1) // 2
        drawn = [_beside(groups[units[i].group], units[i], ways[i], number, random) for i in closing]
        drawn = [
            (np.concatenate([digits[i][None], near]), [ways[i], *near_ways])
            for i, (near, near_ways) in zip(closing, drawn, strict=True)
        ]
        left = goal - sum((d for i, d in enumerate(digits) if i not in closing), start=np.zeros_like(goal))
        keys = [each @ strides for each, _ in drawn]
        one, two = _sums(keys[:half]), _sums(keys[half:])
        order = np.argsort(one, kind="stable")
        ordered = one[order]
        rest = int(left @ strides) - two
        place = np.minimum(np.searchsorted(ordered, rest), len(ordered) - 1)
        hits = np.nonzero(ordered[place] == rest)[0]
        if len(hits):
            hit = int(hits[0])
            places = [*_places(int(order[place[hit]]), keys[:half]), *_places(hit, keys[half:])]
            for i, (near, near_ways), index in zip(closing, drawn, places, strict=True):
                digits[i], ways[i] = near[index], near_ways[index]
        total = sum(digits, start=np.zeros_like(goal))
        distance = int(np.abs(total - goal).max())
        if best is None or distance < best[0]:
            made: list[list[tuple[Any, int]]] = [[] for _ in groups]
            for unit, way in zip(units, ways, strict=True):
                made[unit.group].append(((unit.kind, way), 1))
            best = distance, Completed(tuple(map(int, total)), made)
        if not distance:
            break
    return best and best[1]


def _nearer(
    at: list[Vectors], groups: Sequence[Kinds], units: Sequence[Slot], goal: NDArray[np.int64], random: Any
) -> list[Vectors]:
    """Change one slot of one unit at a time as long as the sum comes nearer."""
    import numpy as np

    total = sum((digits[0] for digits, _ in at), start=np.zeros_like(goal))
    distance = _distance(total - goal)
    for _ in range(SWEEPS):
        before = distance
        for i in random.permutation(len(units)).tolist():
            digits, ways = _beside(groups[units[i].group], units[i], at[i][1][0], MOST_BESIDE, random)
            if not len(digits):
                continue
            sums = total - at[i][0][0] + digits
            lengths = _distance(sums - goal)
            place = int(lengths.argmin())
            if lengths[place] < distance:
                total, distance = sums[place], lengths[place]
                at[i] = digits[place : place + 1], [ways[place]]
        if not distance or distance == before:
            break
    return at


def _distance(gaps: NDArray[np.int64]) -> Any:
    import numpy as np

    return (gaps.astype(np.float64) ** 2).sum(axis=-1)


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


def _draw(group: Kinds, unit: Slot, number: int, random: np.random.Generator) -> Vectors:
    """Vectors (digits of the whole), and how each is made."""
    import numpy as np

    if isinstance(group, UnitKinds):
        return group.drawn(unit.kind, unit.shares, number, random)
    vectors: list[Digits] = list(group.pools[0])
    weights = np.full(len(vectors), 1e-3)
    for index, share in unit.shares.items():
        weights[index] += share
    chosen = random.choice(len(vectors), number, p=weights / weights.sum())
    return np.array(vectors, np.int64)[chosen], [vectors[i] for i in chosen.tolist()]


def _beside(group: Kinds, unit: Slot, way: Any, number: int, random: np.random.Generator) -> Vectors:
    """Vectors like this one but for a slot, so many of them at most; any others of a group that is known."""
    if isinstance(group, UnitKinds):
        return group.beside(unit.kind, way, number, random)
    import numpy as np

    vectors: list[Digits] = list(group.pools[0])
    chosen = random.permutation(len(vectors))[:number]
    return np.array(vectors, np.int64)[chosen], [vectors[i] for i in chosen.tolist()]
