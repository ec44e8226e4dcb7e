"""The grounds "branch" with levels: every choice is passed in review, level by level, with a bound on what is left.

With k what a point has reached and r the most that the levels to come add, it costs at least the least cost from k to
k + r. Costs that have few runs of equal values become fields of one long integer: as long as a run of a smaller cost
can still be reached, a bit stands for the difference. A node is then one addition and a count of bits for each binary
digit of the differences. For other costs the least ones are remembered, by point, level and k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add as plus, getitem
from typing import Any

from dnnt_check.budget import Invalid, TooMuchWork, Work, describe, rough_seconds
from dnnt_check.form import Form, Unit
from dnnt_check.instance import Instance
from dnnt_check.neuron_costs import MAXIMUM_NUMBER, Place, Shared, gain, places, single_unit
from dnnt_check.numbers import Number, brief, common_denominator, normal

#: Remembered least costs.
MOST_REMEMBERED = 400_000

#: Nodes between two reports of work.
TURN = 64


@dataclass(frozen=True, slots=True)
class BoxGrounds:
    """The levels (variable, how many of its values are left together afterwards), and the largest number of nodes."""

    levels: tuple[tuple[int, int], ...]
    nodes: int


#: A level: its variable and what may be added to the value of that.
Level = tuple[int, list[Number]]


def check_box(instance: Instance, form: Form, body: BoxGrounds, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no values of the variables have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some do, or the levels do not cover all values, or there are more nodes than declared.
    """
    unit = single_unit(form)
    levels = _levels(form, body.levels)
    entries = len(instance.points) * sum([len(of) for _, of in levels])
    work.require(entries * 7e-7, "the contributions of values to points")
    work.hold(entries * 90, "the contributions of values to points")
    shared = Shared()
    points = places(instance, form, unit, shared, work)
    gains = [_gains(level, unit, points, work) for level in levels]
    walk = _fields(points, gains, bound, strict, shared, work) or _Tables(points, gains, bound, strict, shared, work)
    work.require(rough_seconds(body.nodes, walk.seconds), f"a search of {describe(body.nodes)} nodes")
    _walk(walk, [len(of) for _, of in levels], points, gains, bound, strict, body.nodes, shared, work)


def _levels(form: Form, given: tuple[tuple[int, int], ...]) -> list[Level]:
    """What may be chosen at each level; every value of a variable is a sum of one choice at each of its levels."""
    left = {j: len(values) for j, values in enumerate(form.values)}
    made: list[Level] = []
    for i, (variable, size) in enumerate(given):
        place = f"lower.grounds.levels[{i}]"
        if variable >= len(form.values):
            raise Invalid(f"{place}: there is no variable {variable}")
        together = left[variable]
        values = form.values[variable]
        if size >= together:
            raise Invalid(f"{place}: {size} values are no part of {together}")
        whole = together == len(values)
        if size == 1 and whole:
            made.append((variable, list(values)))
        else:
            step = normal(values[1] - values[0])
            if whole and any(normal(b - a) != step for a, b in pairwise(values)):
                raise Invalid(f"{place}: the values of the variable do not have equal distances")
            first = values[0] if whole else 0
            # Blocks of `size` neighbours that cover all; the last one ends with the last value.
            starts = [*range(0, together - size, size), together - size]
            made.append((variable, [normal(first + step * start) for start in starts]))
        left[variable] = size
    for variable, size in left.items():
        if size > 1:
            raise Invalid(f"lower.grounds.levels: {size} values of variable {variable} are not told apart")
    return made


def _gains(level: Level, unit: Unit, points: Sequence[Place], work: Work) -> list[list[int]]:
    """For every choice of a level how many steps it adds at each point; the least choice adds none."""
    variable, choices = level
    column = unit.terms[variable][1]
    made: list[list[int]] = []
    low = [a * (choices[0] if a >= 0 else choices[-1]) for a in column]
    for value in choices:
        made.append([gain(a * value, least, point) for a, least, point in zip(column, low, points, strict=True)])
        work.spend(len(column) * 6e-7)
    return made


class _Fields:
    """Bounds from fields: `threshold` is the least count of avoided costs with which a node is still open."""

    def __init__(
        self, root: int, moves: list[list[int]], planes: list[tuple[int, int]], threshold: int, sure: bool
    ) -> None:
        self.root = root
        self.moves = moves
        self.planes = planes
        self.threshold = threshold
        self.sure = sure
        length = root.bit_length() + sum(mask.bit_length() for _, mask in planes)
        self.seconds = 5e-7 + 1.6e-7 * len(planes) + 4.5e-11 * length

    def open(self, state: int, depth: int) -> list[tuple[int, int]]:
        """The choices at a level whose bound is too low, with the state after each."""
        made = []
        planes, threshold = self.planes, self.threshold
        for index, move in enumerate(self.moves[depth]):
            child = state + move
            avoided = 0
            for height, mask in planes:
                avoided += height * (child & mask).bit_count()
            if avoided >= threshold:
                made.append((index, child))
        return made


def _fields(
    points: Sequence[Place], gains: list[list[list[int]]], bound: Number, strict: bool, shared: Shared, work: Work
) -> _Fields | None:
    """Fields for costs of few runs; None where there are too many, or where they rise and fall."""
    most = 64 * len(points) + 1000
    steps: list[tuple[Number, bool, int, int]] = []
    base: Number = 0
    sure = True
    for i, point in enumerate(points):
        runs = point.runs(most)
        if runs is None:
            return None
        most -= len(runs)
        costs = [cost for _, _, cost in runs]
        lowest = min(costs)
        base = base + lowest
        # What is least from the left up to each run, and from each run to the right.
        left = _minima(costs)
        right = _minima(costs[::-1])[::-1]
        for (first, last, cost), before, behind in zip(runs, left, right, strict=True):
            if cost != before + behind - lowest:
                if first != last:
                    return None
                sure = False
        for r in range(1, len(runs)):
            if left[r] < left[r - 1]:
                steps.append((normal(left[r - 1] - left[r]), False, runs[r][0], i))
            if right[r] > right[r - 1]:
                steps.append((normal(right[r] - right[r - 1]), True, runs[r - 1][1], i))
        work.spend(len(runs) * 3e-6)
    steps.sort(key=lambda step: step[0], reverse=True)
    scale = common_denominator([height for height, _, _, _ in steps], MAXIMUM_NUMBER)
    heights = [int(height * scale) for height, _, _, _ in steps]
    # In hexadecimal digits, by which fields are joined.
    width = (max([point.top for point in points], default=0).bit_length() + 5) // 4 * 4
    signal = 1 << (width - 1)
    planes = []
    for digit in range(max(heights, default=0).bit_length()):
        mask = _join([signal if height >> digit & 1 else 0 for height in heights], width)
        work.spend(len(heights) * (3e-7 + width * 2e-9))
        if mask:
            planes.append((1 << digit, mask))
            work.hold(len(planes) * (len(steps) * width // 7 + digit // 7 + 100), "fields")
    size = (len(steps) * width // 7 + 60) * (2 * sum([len(of) for of in gains]) + len(planes) + 3)
    work.hold(size, "fields")
    # The total is base + all heights / scale - avoided / scale; it is too low up to the bound.
    rest = (bound - base) * scale
    total = sum(heights)
    threshold = total - (rest.__floor__() if strict else rest.__ceil__() - 1)
    root = _join([signal + (p if rising else points[i].top - p) for _, rising, p, i in steps], width)
    moves = []
    for of in gains:
        highest = [max(column) for column in zip(*of, strict=True)]
        moves.append([-_join([g[i] if rising else highest[i] - g[i] for _, rising, _, i in steps], width) for g in of])
        work.spend(len(of) * len(steps) * 3e-7)
    made = _Fields(root, moves, planes, threshold, sure)
    return made if made.seconds < 6e-7 + shared.seconds * len(points) else None


def _minima(values: list[Number]) -> list[Number]:
    """The least value up to each."""
    made = values[:1]
    for value in values[1:]:
        made.append(min(value, made[-1]))
    return made


def _join(values: list[int], width: int) -> int:
    """The sum of values[i] * 2^(width * i); the width is a number of whole bytes, or of half ones."""
    digits = width // 4
    return int("".join([f"{value:0{digits}x}" for value in reversed(values)]) or "0", 16)


class _Memory(dict[int, Number]):
    """The least costs of a point by what has been reached, at one level."""

    __slots__ = ("point", "rest", "tables")

    def __init__(self, point: Place, rest: int, tables: _Tables) -> None:
        self.point = point
        self.rest = rest
        self.tables = tables

    def __missing__(self, k: int) -> Number:
        self.tables.remember()
        found = self[k] = self.point.least(k, k + self.rest)
        return found


class _Tables:
    """Bounds from remembered least costs."""

    sure = True

    def __init__(
        self,
        points: Sequence[Place],
        gains: list[list[list[int]]],
        bound: Number,
        strict: bool,
        shared: Shared,
        work: Work,
    ) -> None:
        self.root = [0] * len(points)
        self.gains = gains
        self.bound = bound
        self.strict = strict
        self.shared = shared
        self.work = work
        self.count = 0
        work.hold(MOST_REMEMBERED * 200 + 300 * len(points) * len(gains), "remembered costs")
        rests = [point.top for point in points]
        self.levels: list[list[_Memory]] = []
        for of in gains:
            rests = [rest - max(column) for rest, column in zip(rests, zip(*of, strict=True), strict=True)]
            self.levels.append([_Memory(point, rest, self) for point, rest in zip(points, rests, strict=True)])
            work.spend(len(points) * (1e-6 + len(of) * 1e-7))

    @property
    def seconds(self) -> float:
        """For a node."""
        return 6e-7 + len(self.root) * self.shared.seconds

    def remember(self) -> None:
        """One more; all are forgotten when there are too many."""
        self.work.spend(3e-6)
        self.count += 1
        if self.count > MOST_REMEMBERED:
            self.count = 0
            for of in self.levels:
                for memory in of:
                    memory.clear()

    def open(self, state: Any, depth: int) -> list[tuple[int, Any]]:
        """The choices at a level whose bound is too low, with the state after each."""
        made = []
        memories, bound, strict = self.levels[depth], self.bound, self.strict
        for index, move in enumerate(self.gains[depth]):
            child = list(map(plus, state, move))
            least = sum(map(getitem, memories, child))
            if least <= bound if strict else least < bound:
                made.append((index, child))
        return made


def _walk(
    walk: Any,
    counts: list[int],
    points: Sequence[Place],
    gains: list[list[list[int]]],
    bound: Number,
    strict: bool,
    most: int,
    shared: Shared,
    work: Work,
) -> None:
    """Depth first through all nodes whose bound is too low; none may be at the end."""
    last = len(counts) - 1
    stack: list[tuple[int, Any, Any]] = [(0, walk.root, None)]
    nodes = pending = 0
    while stack:
        depth, state, path = stack.pop()
        pending += counts[depth]
        if pending >= TURN:
            nodes += pending
            work.spend(pending * walk.seconds)
            pending = 0
            if nodes > most:
                raise TooMuchWork(f"too much work: the search has more nodes than {describe(most)}, as declared")
        for index, child in walk.open(state, depth):
            if depth < last:
                stack.append((depth + 1, child, (path, index)))
                continue
            total = _total((path, index), points, gains)
            work.spend(len(points) * (1e-6 + shared.seconds))
            if total < bound or (strict and total == bound):
                raise Invalid(f"lower: there are parameters with the loss {brief(normal(total))}")


def _total(path: Any, points: Sequence[Place], gains: list[list[list[int]]]) -> Number:
    """The loss of a choice at every level."""
    k = [0] * len(points)
    depth = len(gains)
    while path is not None:
        path, index = path
        depth -= 1
        k = list(map(plus, k, gains[depth][index]))
    return sum([point.cost(reached) for point, reached in zip(points, k, strict=True)])
