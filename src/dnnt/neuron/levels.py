"""In which order a search decides what: levels, each a part of a variable's value.

A long progression of values is decided by halves: the first level of its variable says in which block of `size`
neighbours the value lies, the next one in which smaller block of it, the last one which value it is. Blocks may
overlap, so that all blocks of a level are equally long and the choice at a level adds the same whatever was chosen
before. What narrows the sums most is decided first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dnnt.exact import Number, magnitude, normal
from dnnt.neuron.neuron import Neuron

MOST_TOGETHER = 4
"""Values up to this number are told apart in one level."""


@dataclass(frozen=True, slots=True)
class Level:
    """A part of the value of a variable: one of `offsets` is added to it; afterwards `size` values are left
    together.
    """

    variable: int
    size: int
    offsets: tuple[Number, ...]


def levels_of(neuron: Neuron) -> tuple[Level, ...]:
    """The levels of all variables, in the order in which a search decides them."""
    made: list[tuple[Number, int, Level]] = []
    weights = [normal(sum(w for w, _ in samples)) for samples in neuron.form.samples]
    for j, (values, column) in enumerate(zip(neuron.values, neuron.columns, strict=True)):
        # Exact, as no float holds very long numbers.
        scale = sum([w * magnitude(a) for w, a in zip(weights, column, strict=True) if a])
        for level in _levels(j, values):
            made.append(((level.offsets[0] - level.offsets[-1]) * scale, j, level))
    made.sort(key=lambda each: (each[0], each[1], -each[2].size))
    return tuple([level for _, _, level in made])


def _levels(variable: int, values: Sequence[Number]) -> list[Level]:
    size = len(values)
    if size <= MOST_TOGETHER or not is_progression(values):
        return [Level(variable, 1, tuple(values))]
    step = normal(values[1] - values[0])
    made: list[Level] = []
    while size > 1:
        half = (size + 1) // 2 if size > MOST_TOGETHER else 1
        starts = sorted({*range(0, size - half + 1, half), size - half})
        low = values[0] if not made else 0
        made.append(Level(variable, half, tuple([normal(low + step * start) for start in starts])))
        size = half
    return made


def is_progression(values: Sequence[Number]) -> bool:
    """Whether neighbouring values differ by the same number."""
    return len({normal(b - a) for a, b in pairwise(values)}) == 1


def values_of(levels: Sequence[Level], chosen: Sequence[int], variables: int) -> tuple[Number, ...]:
    """The value of each variable for the choice at each level."""
    values: list[Number] = [0] * variables
    for level, index in zip(levels, chosen, strict=True):
        values[level.variable] += level.offsets[index]
    return tuple(map(normal, values))


def gains_of(neuron: Neuron, level: Level) -> list[tuple[int, ...]]:
    """For each choice at a level what it adds to k_i at each point: the least of the level is 0."""
    column = neuron.columns[level.variable]
    first, last = level.offsets[0], level.offsets[-1]
    active = [(i, a, first if a > 0 else last, neuron.points[i].unit) for i, a in enumerate(column) if a]
    made = []
    for offset in level.offsets:
        row = [0] * len(column)
        for i, a, least, unit in active:
            row[i] = int(a * (offset - least) // unit)
        made.append(tuple(row))
    return made
