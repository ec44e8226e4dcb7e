"""What one level may compute: entries, which are the columns of a kind of unit that divide the points in the same way.

For every pair of points a mask of the entries that separate it, and for every entry a mask of the pairs that it
separates (pair i < j has the bit i·n + j).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dnnt.columns.costs import Costs, bits
from dnnt.columns.making import Column, negative
from dnnt.columns.problem import Kind, Level, Problem, Unit
from dnnt.exact import Number

MOST_POINTS = 160
"""Points up to which pairs are looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Columns with the same parts, of a kind of unit (by its place in the level)."""

    kind: int
    parts: tuple[int, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A level with the columns of all earlier ones chosen.

    `of_kind`: masks of the entries of each kind; `most`: the most parts that an entry of the kind has; `excess`: by
    pair, what it costs to leave it together; `splitters`: by pair, the entries that separate it; `pairs`: by entry, the
    pairs that it separates, of those in question; `together`: these pairs, with an excess and in one class;
    `extremes`: the least and the greatest excess.
    """

    depth: int
    kinds: tuple[Kind, ...]
    classes: tuple[int, ...]
    entries: tuple[Entry, ...]
    of_kind: tuple[int, ...]
    most: tuple[int, ...]
    excess: Mapping[int, Number]
    splitters: Mapping[int, int]
    pairs: tuple[int, ...]
    together: int
    extremes: tuple[Number, Number]


Columns = Callable[[Unit, dict[int, Column]], Sequence[Column]]
"""The columns of a unit, given those of its sources."""


def block_of(
    problem: Problem,
    depth: int,
    chosen: Mapping[int, Column],
    columns_of: Columns,
    costs: Costs,
    excess: Mapping[int, Number],
) -> Block:
    """The block of a level (number `depth`) for the chosen columns of the units before it. Of two columns that are
    negatives of each other the first one is kept.
    """
    level = problem.levels[depth]
    classes = _divided(level, chosen)
    entries: list[Entry] = []
    for place, kind in enumerate(level.kinds):
        unit = problem.units[kind.members[0]]
        columns = columns_of(unit, dict(chosen))
        groups: dict[tuple[int, ...], list[Column]] = {}
        for column in _without_negatives(columns) if kind.negatable else columns:
            groups.setdefault(column.parts, []).append(column)
        entries += [Entry(place, parts, tuple(found)) for parts, found in groups.items()]
    of_kind = [0] * len(level.kinds)
    most = [1] * len(level.kinds)
    for number, entry in enumerate(entries):
        of_kind[entry.kind] |= 1 << number
        most[entry.kind] = max(most[entry.kind], len(entry.parts))
    together = _together(classes, costs.points, excess)
    return Block(
        depth,
        level.kinds,
        classes,
        tuple(entries),
        tuple(of_kind),
        tuple(most),
        excess,
        _splitters(entries, together, costs.points),
        tuple([_separated(entry.parts, costs.points) & together for entry in entries]) if excess else (),
        together,
        (min(excess.values(), default=0), max(excess.values(), default=0)),
    )


def excess_of(costs: Costs) -> dict[int, Number]:
    """For pairs of points what both together cost more than each by itself, where that is more than 0."""
    if costs.points > MOST_POINTS:
        return {}
    found = {}
    for i in range(costs.points):
        for j in range(i + 1, costs.points):
            more = costs.least(1 << i | 1 << j) - costs.single[i] - costs.single[j]
            if more > 0:
                found[i * costs.points + j] = more
    return found


def _divided(level: Level, chosen: Mapping[int, Column]) -> tuple[int, ...]:
    """The classes of the level, divided by the columns that are seen past it."""
    classes = list(level.classes)
    for index in level.seen:
        classes = [mask & part for mask in classes for part in chosen[index].parts if mask & part]
    return tuple(classes)


def _without_negatives(columns: Sequence[Column]) -> list[Column]:
    """One of every two columns that are negatives of each other."""
    kept: dict[tuple[Number, ...], Column] = {}
    for column in columns:
        if negative(column) not in kept:
            kept[column.values] = column
    return list(kept.values())


def _together(classes: Sequence[int], points: int, excess: Mapping[int, Number]) -> int:
    """The pairs of points with an excess that are in one class."""
    found = 0
    for mask in classes:
        for i in bits(mask):
            found |= (mask >> i + 1 << i + 1) << i * points
    return found & sum(1 << pair for pair in excess)


def _separated(parts: Sequence[int], points: int) -> int:
    """The pairs of points in different parts."""
    whole = sum(parts)
    found = 0
    for part in parts:
        rest = whole ^ part
        for i in bits(part):
            found |= (rest >> i + 1 << i + 1) << i * points
    return found


def _splitters(entries: Sequence[Entry], together: int, points: int) -> dict[int, int]:
    """For each pair in question the entries that separate it."""
    most = max((len(entry.parts) for entry in entries), default=0)
    sides = [[0] * points for _ in range(most)]
    for number, entry in enumerate(entries):
        for side, part in zip(sides, entry.parts, strict=False):
            for point in bits(part):
                side[point] |= 1 << number
    found = {}
    for pair in bits(together):
        i, j = divmod(pair, points)
        mask = 0
        for side in sides:
            mask |= side[i] ^ side[j]
        found[pair] = mask
    return found
