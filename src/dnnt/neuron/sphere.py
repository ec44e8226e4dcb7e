"""Sphere decoding in a box (C. P. Schnorr, M. Euchner, Lattice basis reduction, 1994): depth first, nearest values
first.

The sums of all rows still to come are fields of one long integer, so that a choice updates them by one addition; the
row that comes next is always the lowest field.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isqrt
from random import Random
from typing import Any

from dnnt.neuron.quadratic import Factor, Quadratic

POLLED = 256
"""Nodes between two polls."""

STARTS = 40

Steps = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sphere:
    """A quadratic form with a factor, packed: `moves[k][i]` is added where variable order[k] takes its i-th step."""

    quadratic: Quadratic
    factor: Factor
    width: int
    root: int
    moves: tuple[tuple[int, ...], ...]

    @property
    def seconds(self) -> float:
        """What a node takes."""
        return 0.8e-6 + 1e-11 * self.width * len(self.moves)


def sphere_of(quadratic: Quadratic, factor: Factor) -> Sphere:
    """Pack the rows of the factor."""
    reach = [1, *[max(map(abs, quadratic.steps[j])) for j in factor.order]]
    most = max(sum(abs(a) * b for a, b in zip(row, reach, strict=False)) for row in factor.rows)
    width = most.bit_length() + 2
    half = 1 << (width - 1)
    later = factor.rows[1:]
    root = sum((half + row[0]) << (width * i) for i, row in enumerate(later))
    moves = []
    for k, j in enumerate(factor.order):
        # The rows after this one, with their fields moved down to the lowest place.
        column = sum(row[k + 1] << (width * i) for i, row in enumerate(later[k + 1 :]))
        moves.append(tuple([column * t for t in quadratic.steps[j]]))
    return Sphere(quadratic, factor, width, root, tuple(moves))


def descent(quadratic: Quadratic, random: Random) -> tuple[int, Steps]:
    """The best of some local optima of the form: no single variable can make it smaller."""
    matrix, steps = quadratic.matrix, quadratic.steps
    variables = range(len(steps))
    best: tuple[int, Steps] | None = None
    for start in range(STARTS):
        t = [min(of, key=abs) if not start else random.choice(of) for of in steps]
        u = [1, *t]
        slopes = [sum([m * b for m, b in zip(row, u, strict=True)]) for row in matrix]
        moved = True
        while moved:
            moved = False
            for j in variables:
                # The form changes by 2δ·slope + δ²·m: the best t is the one nearest to t - slope / m.
                m, of = matrix[j + 1][j + 1], steps[j]
                wanted = t[j] - (2 * slopes[j + 1] + m) // (2 * m) if m else t[j]
                i = bisect_left(of, wanted)
                for new in of[max(0, i - 1) : i + 2]:
                    change = new - t[j]
                    if change and 2 * change * slopes[j + 1] + change * change * m < 0:
                        t[j], moved = new, True
                        slopes = [s + change * row[j + 1] for s, row in zip(slopes, matrix, strict=True)]
        value = quadratic.form(t)
        if best is None or value < best[0]:
            best = value, tuple(t)
    assert best is not None, "there is at least one start"
    return best


def children(sphere: Sphere, depth: int, state: int, spent: int, limit: int) -> list[tuple[int, int, int]]:
    """(what is spent after it, index of the step, state) of the steps of a variable within a limit; nearest first."""
    width = sphere.width
    half = 1 << (width - 1)
    centre = (state & ((1 << width) - 1)) - half
    state >>= width
    pivot = sphere.factor.rows[depth + 1][depth + 1]
    of = sphere.quadratic.steps[sphere.factor.order[depth]]
    moves = sphere.moves[depth]
    first, last = 0, len(of)
    if last > 8 and pivot:
        radius = isqrt(max(0, limit - spent))
        first = bisect_left(of, -((centre + radius) // pivot))
        last = bisect_right(of, (radius - centre) // pivot)
    made = []
    for index in range(first, last):
        distance = centre + pivot * of[index]
        total = spent + distance * distance
        if total <= limit:
            made.append((total, index, state + moves[index]))
    made.sort()
    return made


def predicted_nodes(sphere: Sphere, most: int, dives: int, random: Random) -> float:
    """About how many nodes there are within the limit for forms of at most `most`."""
    limit = _limit(sphere, most)
    total = 0.0
    for _ in range(dives):
        state, spent, times = sphere.root, sphere.factor.rows[0][0] ** 2, 1.0
        for depth in range(len(sphere.moves)):
            kept = children(sphere, depth, state, spent, limit)
            total += times * max(len(kept), min(3, len(sphere.moves[depth])))
            if not kept or total == inf:
                break
            times *= len(kept)
            spent, _, state = random.choice(kept)
    return total / dives


def explore(
    sphere: Sphere,
    most: int,
    found: Callable[[Steps, int], int],
    poll: Callable[[], int],
    nodes_allowed: float = inf,
) -> int:
    """All steps with a form of at most `most`; `found` may lower that at each of them. Returns the number of
    nodes; gives up after so many.
    """
    order = sphere.factor.order
    last = len(order) - 1
    limit = _limit(sphere, most)
    sizes = [len(of) if len(of) <= 8 else 8 for of in sphere.moves]
    stack: list[tuple[int, int, int, Any]] = [(sphere.factor.rows[0][0] ** 2, 0, sphere.root, None)]
    nodes = turn = 0
    while stack:
        spent, depth, state, path = stack.pop()
        if spent > limit:
            continue
        turn += 1
        if turn % POLLED == 0:
            most = min(most, poll())
            limit = _limit(sphere, most)
            if nodes > nodes_allowed:
                break
        kept = children(sphere, depth, state, spent, limit)
        nodes += max(len(kept), sizes[depth])
        if depth < last:
            for total, index, child in reversed(kept):
                stack.append((total, depth + 1, child, (path, index)))
            continue
        for total, index, _ in kept:
            if total > limit:
                break
            t = _steps(sphere, (path, index))
            value = sphere.quadratic.form(t)
            if value <= most:
                most = found(t, value)
                limit = _limit(sphere, most)
    return nodes


def _limit(sphere: Sphere, most: int) -> int:
    """Sums of squares above this belong to forms above `most`."""
    return (most << (2 * sphere.factor.bits)) + sphere.factor.slack if most >= 0 else -1


def _steps(sphere: Sphere, path: Any) -> Steps:
    order: Sequence[int] = sphere.factor.order
    t = [0] * len(order)
    for j in reversed(order):
        path, index = path
        t[j] = sphere.quadratic.steps[j][index]
    return tuple(t)
