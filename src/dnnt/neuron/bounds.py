"""Box bounds: what the points cost at least, whatever is still to be decided.

With `low` what k_i has reached and `rest` the most that the levels to come can add, point i costs at least the least
cost for k between low and low + rest; the bound is the sum over the points. Two ways of having it quickly:

- `Tables`: a memory for each level and point, of the least cost by what k_i has reached.
- `Fields`: for costs with few steps. A cost falls in steps to its least value and then rises in steps; each step is a
field of a long integer, in which one bit says whether the step can still be avoided. Adding one integer updates all
of them, and counting bits gives the bound: a node takes about a microsecond, whatever the number of points.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import add, getitem
from typing import Any

from dnnt.exact import Number, common_denominator, normal
from dnnt.neuron.levels import Level, gains_of
from dnnt.neuron.neuron import Neuron, Point

MOST_MEMORY = 400_000
"""Remembered least costs, all points and levels together."""


class Bounds(ABC):
    """The bound as a function of a state, which is changed by adding what is chosen at each level."""

    seconds: float
    """What a node takes."""
    exact: bool
    """Whether the bound of a state in which all is decided is its loss."""
    scale: int
    """Bounds are so many times what they say."""
    root: Any
    moves: list[list[Any]]

    @abstractmethod
    def expand(self, state: Any, depth: int) -> list[tuple[Number, int, Any]]:
        """(bound, choice, state) of each choice at a level."""

    @abstractmethod
    def state_of(self, choices: Sequence[int]) -> Any:
        """The state in which all is decided like that."""

    @abstractmethod
    def changed(self, state: Any, depth: int, old: int, new: int) -> Any:
        """The state with another choice at a level."""

    @abstractmethod
    def whole(self, state: Any) -> Number:
        """The bound of a state in which all is decided: its loss, if `exact`."""


def bounds_of(neuron: Neuron, levels: Sequence[Level]) -> Bounds:
    """The bounds that are predicted to be quicker."""
    gains = [gains_of(neuron, level) for level in levels]
    count = len(neuron.points)
    tables = 0.6e-6 + 0.09e-6 * count
    steps = _steps(neuron.points, 64 * count + 1000)
    if steps is not None:
        made = Fields(steps, neuron.points, gains)
        if made.seconds < tables:
            return made
    return Tables(neuron.points, gains, tables)


class _Memory(dict[int, Number]):
    """The least cost of a point by what k has reached, when `rest` may still be added."""

    __slots__ = ("owner", "point", "rest")

    def __init__(self, point: Point, rest: int, owner: Tables) -> None:
        self.point = point
        self.rest = rest
        self.owner = owner

    def __missing__(self, k: int) -> Number:
        self.owner.remembered += 1
        if self.owner.remembered > MOST_MEMORY:
            self.owner.forget()
        least = self[k] = self.point.least(k, k + self.rest) if self.rest else self.point.cost(k)
        return least


class Tables(Bounds):
    """Least costs, computed where they are first asked for."""

    exact = True
    scale = 1

    def __init__(self, points: Sequence[Point], gains: list[list[tuple[int, ...]]], seconds: float) -> None:
        self.seconds = seconds
        self.remembered = 0
        self.root = [0] * len(points)
        self.moves = [list(of) for of in gains]
        rests = [point.top for point in points]
        self.tables = []
        for of in gains:
            rests = [rest - max(column) for rest, column in zip(rests, zip(*of, strict=True), strict=True)]
            self.tables.append([_Memory(point, rest, self) for point, rest in zip(points, rests, strict=True)])

    def forget(self) -> None:
        """Make room."""
        self.remembered = 0
        for of in self.tables:
            for memory in of:
                memory.clear()

    def expand(self, state: Any, depth: int) -> list[tuple[Number, int, Any]]:
        """See `Bounds`."""
        tables = self.tables[depth]
        made = []
        for index, move in enumerate(self.moves[depth]):
            child = list(map(add, state, move))
            made.append((sum(map(getitem, tables, child)), index, child))
        return made

    def state_of(self, choices: Sequence[int]) -> Any:
        """See `Bounds`."""
        return [sum(of) for of in zip(*[moves[i] for moves, i in zip(self.moves, choices, strict=True)], strict=True)]

    def changed(self, state: Any, depth: int, old: int, new: int) -> Any:
        """See `Bounds`."""
        of = self.moves[depth]
        return [k - a + b for k, a, b in zip(state, of[old], of[new], strict=True)]

    def whole(self, state: Any) -> Number:
        """See `Bounds`."""
        return sum(map(getitem, self.tables[-1], state))


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of all points: (point, place, height, rising). A falling step is avoided where k >= place can be
    reached, a rising one as long as k <= place. `base` is the sum of the least costs. `exact`: nothing else makes up
    the costs.
    """

    base: Number
    steps: tuple[tuple[int, int, Number, bool], ...]
    exact: bool


def _steps(points: Sequence[Point], most: int) -> Steps | None:
    """The steps of costs that have few enough; None where they have more, or rise and fall several times."""
    base: Number = 0
    steps: list[tuple[int, int, Number, bool]] = []
    exact = True
    for i, point in enumerate(points):
        best = min(range(len(point.ends)), key=lambda e: point.at_ends[e])
        lowest = point.at_ends[best]
        base += lowest
        for rising in (False, True):
            order = range(best, len(point.ends)) if rising else range(best, -1, -1)
            found = _climb(point, list(order), most - len(steps))
            if found is None:
                return None
            climbs, odd = found
            exact &= not odd
            steps += [(i, place, height, rising) for place, height in climbs]
    return Steps(normal(base), tuple(steps), exact)


def _climb(point: Point, order: list[int], most: int) -> tuple[list[tuple[int, Number]], bool] | None:
    """The steps of the costs from their least value on outwards: (last place before the step, height); and whether
    there is a single cost that sticks out. None for costs that fall again otherwise, or have too many steps.
    """
    ends, costs = point.ends, point.at_ends
    made: list[tuple[int, Number]] = []
    odd = False
    # The greatest function below the costs that never falls outwards: the least of all that follow.
    below = list(accumulate([costs[e] for e in reversed(order)], min))[::-1]
    for x, y in zip(range(len(order)), range(1, len(order)), strict=False):
        if below[y] != costs[order[y]]:
            # Only a place between direct neighbours: the bound passes it over, and whoever comes to an end there looks.
            e = order[y]
            if y + 1 >= len(order) or abs(ends[order[y + 1]] - ends[e]) != 1 or below[y + 1] != costs[order[y + 1]]:
                return None
            odd = True
        if below[x] == below[y]:
            continue
        # Between these ends the cost climbs monotonically, if both lie on it.
        if not _between(point, ends[order[x]], ends[order[y]], below[x], below[y], made, most):
            return None
    return made, odd


def _between(
    point: Point, near: int, far: int, low: Number, high: Number, made: list[tuple[int, Number]], most: int
) -> bool:
    """Add the steps between two places at which the costs are `low` and `high`, nearest first; False: too many."""
    waiting = [(near, far, low, high)]
    while waiting:
        near, far, low, high = waiting.pop()
        if low == high:
            continue
        if abs(far - near) == 1:
            made.append((near, normal(high - low)))
        else:
            middle = (near + far) // 2
            cost = min(max(point.cost(middle), low), high)
            waiting += [(middle, far, cost, high), (near, middle, low, cost)]
        if len(made) + len(waiting) > most:
            return False
    return True


class Fields(Bounds):
    """Steps as fields of a long integer; the highest bit of a field says that the step can be avoided."""

    def __init__(self, steps: Steps, points: Sequence[Point], gains: list[list[tuple[int, ...]]]) -> None:
        scale = common_denominator([height for _, _, height, _ in steps.steps])
        # High steps first: the integers that select the bits of larger heights are short.
        ordered = sorted(steps.steps, key=lambda step: -step[2])
        width = -(-(max([point.top for point in points], default=0).bit_length() + 2) // 4) * 4
        heights = [int(height * scale) for _, _, height, _ in ordered]
        top = 1 << (width - 1)
        self.scale = scale
        self.exact = steps.exact
        self.base = steps.base * scale + sum(heights)
        planes: list[tuple[int, int]] = []
        for bit in range(max(heights, default=0).bit_length()):
            chosen = [i for i, height in enumerate(heights) if height >> bit & 1]
            if chosen:
                planes.append(
                    (1 << bit, _packed([top if h >> bit & 1 else 0 for h in heights[: chosen[-1] + 1]], width))
                )
        self.planes = planes
        # A falling step: top + (what k can be at most) - place; a rising one: top + place - k.
        self.root = _packed(
            [top + (place if rising else points[i].top - place) for i, place, _, rising in ordered], width
        )
        fields: list[list[tuple[int, bool]]] = [[] for _ in points]
        for field, (i, _, _, rising) in enumerate(ordered):
            fields[i].append((field, rising))
        self.moves = []
        for of in gains:
            active = [(i, max(column)) for i, column in enumerate(zip(*of, strict=True)) if any(column)]
            packed = []
            for move in of:
                less = [0] * len(ordered)
                for i, most in active:
                    for field, rising in fields[i]:
                        less[field] = move[i] if rising else most - move[i]
                packed.append(-_packed(less, width))
            self.moves.append(packed)
        kilobits = sum(mask.bit_length() for _, mask in planes) / 1000 + width * len(ordered) / 1000
        self.seconds = (0.5 + 0.16 * len(planes) + 0.045 * kilobits) * 1e-6

    def expand(self, state: Any, depth: int) -> list[tuple[Number, int, Any]]:
        """See `Bounds`."""
        made = []
        for index, move in enumerate(self.moves[depth]):
            child = state + move
            avoided = sum([height * (child & mask).bit_count() for height, mask in self.planes])
            made.append((self.base - avoided, index, child))
        return made

    def state_of(self, choices: Sequence[int]) -> Any:
        """See `Bounds`."""
        return self.root + sum([moves[i] for moves, i in zip(self.moves, choices, strict=True)])

    def changed(self, state: Any, depth: int, old: int, new: int) -> Any:
        """See `Bounds`."""
        return state - self.moves[depth][old] + self.moves[depth][new]

    def whole(self, state: Any) -> Number:
        """See `Bounds`."""
        avoided: int = sum([height * (state & mask).bit_count() for height, mask in self.planes])
        return self.base - avoided


def _packed(values: Sequence[int], width: int) -> int:
    """Σ values[i] · 2^(width · i) for values >= 0 below 2^width; a multiple of 4 bits, by way of hexadecimal digits."""
    return int(f"%0{width // 4}x" * len(values) % tuple(reversed(values)), 16) if values else 0
