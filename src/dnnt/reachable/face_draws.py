"""A wanted state that lies inside the hull of all states, but close to its surface: made of vectors near a face.

Draws around a mixture lose a little in every direction, so they miss a state that has little room on one side. The face
is found by pushing the wanted state outwards until it leaves the hull. What units may add with little slack there are
many vectors; units are replaced one at a time as long as the sum comes nearer, and then two at a time, exactly.
"""

from __future__ import annotations

from itertools import combinations
from operator import mul
from typing import TYPE_CHECKING, Any

from dnnt.reachable.case_hull import CaseHull
from dnnt.reachable.case_tree import Node
from dnnt.reachable.clouds import Digits
from dnnt.reachable.completion import LARGEST, Completed
from dnnt.reachable.kinds import Kinds, UnitKinds
from dnnt.reachable.thin_unit import Thick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PUSHES = 40
"""How often the wanted state is pushed outwards."""

CLOSER = 2
"""How often the face is looked for again, from the one before."""

MOST_VECTORS = 30_000
"""Vectors of a unit near the face."""

PARTIAL, STEPS = 20_000, 200_000
"""Partial sums of a unit that are kept, and steps, until there are taken to be too many vectors."""

TRIES = 12
"""Starts of the search among the vectors."""

SWEEPS = 20

Pool = tuple["NDArray[np.int64]", list[Any]]
"""Digits of the vectors of a unit, and how each is made: its kind and way."""


def near_face(hull: CaseHull, root: Node, wanted: list[int] | None = None) -> Completed | None:
    """The wanted state (or the one that is best for the loss), or one close to it; None where it is not close to a
    face.
    """
    import numpy as np

    costs, packing, run = hull.costs, hull.packing, hull.run
    if packing.span >= LARGEST:
        return None
    if wanted is None:
        wanted = [0] * hull.width
        for at in costs.coordinates:
            wanted[at.axis] = at.best
    cut = _face(hull, root, wanted)
    if cut is None:
        return None
    direction, slack = cut
    try:
        pools = [_pool(group, direction, slack // max(1, group.times)) for group in hull.groups]
    except Thick:
        return None
    if not all(vectors for _, vectors in pools):
        return None
    units = [g for g, group in enumerate(hull.groups) for _ in range(group.times)]
    strides, goal = np.array(packing.strides, np.int64), np.array(wanted, np.int64)
    random = np.random.default_rng(1)
    best: tuple[int, list[int]] | None = None
    for _ in range(TRIES):
        run.poll()
        chosen = [int(random.integers(len(pools[g][1]))) for g in units]
        total = _nearer(chosen, units, pools, goal, random)
        if (total != goal).any():
            _paired(chosen, units, pools, goal, strides, random)
        total = sum((pools[g][0][c] for g, c in zip(units, chosen, strict=True)), start=np.zeros_like(goal))
        distance = int(np.abs(total - goal).max())
        if best is None or distance < best[0]:
            best = distance, list(chosen)
        if not distance:
            break
    assert best is not None, "some tries"
    made: list[list[tuple[Any, int]]] = [[] for _ in hull.groups]
    total = np.zeros_like(goal)
    for g, c in zip(units, best[1], strict=True):
        made[g].append((pools[g][1][c], 1))
        total += pools[g][0][c]
    return Completed(tuple(map(int, total)), made)


def _face(hull: CaseHull, root: Node, wanted: list[int]) -> tuple[Digits, int] | None:
    """The direction of a face that is close to the wanted state, and how much slack that has there."""
    import numpy as np

    y = np.array(wanted, np.float64)
    centre = np.zeros(hull.width)
    for group in hull.groups:
        centre += group.times * np.mean([v for pool in group.pools for v in pool], axis=0)
    outwards = y - centre
    found: tuple[float, Digits, int] | None = None
    for _ in range(1 + CLOSER):
        if not outwards.any():
            break
        node = _pushed(hull, root, y, outwards)
        if node is None or node.direction is None:
            break
        slack = hull.greatest(node, node.direction) - sum(map(mul, node.direction, wanted))
        direction = np.array(node.direction, np.float64)
        depth = slack / float(np.sqrt(direction @ direction))
        if found is not None and depth >= found[0]:
            break
        found = depth, node.direction, slack
        outwards = direction * (slack / float(direction @ direction))
    return None if found is None else found[1:]


def _pushed(hull: CaseHull, root: Node, y: NDArray[np.float64], outwards: NDArray[np.float64]) -> Node | None:
    """The hull from where the wanted state has just left it."""
    step = 1 / 8
    for _ in range(PUSHES):
        node = Node(root.low, root.high, 0)
        outside = CaseHull(hull.groups, hull.packing, hull.costs, hull.run, (y + step * outwards).round().astype(int))
        outside.relax(node)
        if node.direction is not None:
            return node
        step *= 1.5
    return None


def _pool(group: Kinds, direction: Digits, slack: int) -> Pool:
    """Vectors of a unit with about this slack at most, or as much as does not give too many."""
    import numpy as np

    if not isinstance(group, UnitKinds):
        vectors = list(group.pools[0])
        return np.array(vectors, np.int64), [(0, v) for v in vectors]
    values = [max((sum(map(mul, direction, v)) for v in pool), default=None) for pool in group.pools]
    most = max(v for v in values if v is not None)
    slack, least = slack * 5 // 4, slack // 2 + 1
    group.part.limit, group.part.steps = PARTIAL, STEPS
    while True:
        try:
            near = {
                digits: (k, way)
                for k, value in enumerate(values)
                if value is not None
                for digits, way in group.near(k, direction, most - slack, MOST_VECTORS).items()
            }
            return np.array(list(near), np.int64), list(near.values())
        except Thick:
            slack = slack * 2 // 3
            if slack < least:
                raise


def _nearer(
    chosen: list[int], units: list[int], pools: list[Pool], goal: NDArray[np.int64], random: Any
) -> NDArray[np.int64]:
    """Replace units one at a time as long as the sum comes nearer; the sum."""
    import numpy as np

    total = sum((pools[g][0][c] for g, c in zip(units, chosen, strict=True)), start=np.zeros_like(goal))
    for _ in range(SWEEPS):
        before = total
        for i in random.permutation(len(units)).tolist():
            vectors = pools[units[i]][0]
            rest = total - vectors[chosen[i]]
            gaps = (vectors + (rest - goal)).astype(np.float64)
            chosen[i] = int((gaps * gaps).sum(axis=1).argmin())
            total = rest + vectors[chosen[i]]
        if (total == before).all():
            break
    return total


def _paired(
    chosen: list[int],
    units: list[int],
    pools: list[Pool],
    goal: NDArray[np.int64],
    strides: NDArray[np.int64],
    random: Any,
) -> bool:
    """Replace two units such that the sum is what is wanted; whether there are such."""
    import numpy as np

    keys = [vectors @ strides for vectors, _ in pools]
    total = sum((int(keys[g][c]) for g, c in zip(units, chosen, strict=True)), start=0)
    pairs = list(combinations(range(len(units)), 2))
    for i, j in (pairs[p] for p in random.permutation(len(pairs)).tolist()):
        one, two = keys[units[i]], keys[units[j]]
        left = int(goal @ strides) - (total - int(one[chosen[i]]) - int(two[chosen[j]]))
        hits = np.nonzero(np.isin(one, left - two))[0]
        if len(hits):
            chosen[i] = int(hits[0])
            chosen[j] = int(np.nonzero(two == left - one[chosen[i]])[0][0])
            return True
    return False
