"""Planes below the loss of one neuron, in integers.

A slope for each point bounds the point's cost from below by a line in its sum: cost_i(k) >= least_i + slope_i · k for
every k. Added up over the points this is a plane below the loss, and as each k_i is linear in the values of the
variables, the least of the plane on a box of values is known at once. Any slopes are sound; the best ones for a box are
the prices of the linear (or quadratic) program that lets the values be fractions (weak duality), which `relaxation`
finds in floats. What is proved by a plane is computed here, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from dnnt.exact import Number, common_step, normal
from dnnt.neuron.convex import Integers, Lines, Parabolas, Shape, costs_of, shapes_of
from dnnt.neuron.neuron import Neuron

MOST_BITS = 900
"""Longer numbers have no float that could guide a search."""

FINE = 32
"""Slopes are rounded to so small parts that all points together lose less than this part of the losses' step."""

WIDTH = 60
"""Bits that an int64 holds with some to spare."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The losses that are possible: low + step · n."""

    low: Number
    step: Number

    def below(self, loss: Number, or_at: bool) -> Number:
        """The greatest number on the grid that is below a loss (or equal to it)."""
        if not self.step:
            return self.low if self.low < loss or (or_at and self.low == loss) else self.low - 1
        steps = Fraction(loss - self.low) / self.step
        return normal(self.low + self.step * (steps.__floor__() if or_at else steps.__ceil__() - 1))

    def above(self, loss: Number) -> Number:
        """The least number on the grid that is not below a loss (the greatest one, if that is below it)."""
        return normal(self.below(loss, False) + self.step)


@dataclass(frozen=True, slots=True)
class Plane:
    """Its slopes, what it is where all steps are 0, and what a step of each variable adds; in the units of `Linear`."""

    slopes: tuple[int, ...]
    constant: int
    growth: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Linear:
    """A neuron with convex costs: k_i = base_i + Σ_j gains[i, j] · t_j, t_j = steps[j][v] at value v of variable j.

    Bounds count in units of 1 / (denominator · scale). Shapes: `gains` (points, variables); `base`, `flattest` and
    `steepest` (between which slopes lie) (points,).
    """

    neuron: Neuron
    steps: tuple[tuple[int, ...], ...]
    gains: Integers
    base: Integers
    costs: Lines | Parabolas
    flattest: Integers
    steepest: Integers
    denominator: int
    scale: int
    grid: Grid

    def values(self, indices: Sequence[int]) -> tuple[Number, ...]:
        """The value of each variable by its index."""
        return tuple([of[i] for of, i in zip(self.neuron.values, indices, strict=True)])

    def plane(self, slopes: Integers) -> Plane:
        """The plane with such slopes, over the scale."""
        leasts = self.costs.leasts(slopes, self.scale)
        constant = int(leasts.sum()) + int((slopes * self.base).sum())
        growth = (slopes[:, None] * self.gains).sum(axis=0)
        return Plane(tuple(map(int, slopes)), constant, tuple(map(int, growth)))

    def rounded(self, slopes: Sequence[float]) -> Integers:
        """Slopes from floats."""
        made = np.array([round(slope * self.scale) for slope in slopes], dtype=self.base.dtype)
        return np.minimum(np.maximum(made, self.flattest), self.steepest)

    def tangent(self, indices: Sequence[int]) -> Integers:
        """The slopes of the costs at values: the plane touches the loss there."""
        t = np.array([of[i] for of, i in zip(self.steps, indices, strict=True)], dtype=self.base.dtype)
        return self.costs.tangent(self.base + (self.gains * t[None, :]).sum(axis=1), self.scale)

    def bound(self, plane: Plane, low: Sequence[int], high: Sequence[int]) -> int:
        """The least of a plane where the index of each variable lies between `low` and `high`."""
        total = plane.constant
        for of, grows, first, last in zip(self.steps, plane.growth, low, high, strict=True):
            total += grows * of[first if grows >= 0 else last]
        return total

    def loss(self, bound: int) -> Number:
        """The least possible loss that a bound leaves."""
        return self.grid.above(Fraction(bound, self.denominator * self.scale))

    def most(self, loss: Number, strict: bool) -> int:
        """The greatest bound that does not rule out losses of at most `loss` (with `strict`: below it)."""
        return int(self.grid.below(loss, not strict) * self.denominator * self.scale // 1)


def linear_of(neuron: Neuron) -> Linear | None:
    """The neuron with its planes; None where costs are not known to be convex, and for very long numbers."""
    shapes = shapes_of(neuron)
    if not shapes:
        return None
    pitches = [common_step([normal(v - of[0]) for v in of[1:]]) for of in neuron.values]
    steps = [
        tuple([int((v - of[0]) // e) if e else 0 for v in of]) for of, e in zip(neuron.values, pitches, strict=True)
    ]
    gains = [
        [int(column[i] * e // point.unit) for column, e in zip(neuron.columns, pitches, strict=True)]
        for i, point in enumerate(neuron.points)
    ]
    base = [-sum([g * of[-1] for g, of in zip(row, steps, strict=True) if g < 0]) for row in gains]
    denominator = lcm(*[c.denominator for p in neuron.points for c in p.at_ends], *[of.denominator for of in shapes])
    low = normal(sum([point.cost(0) for point in neuron.points]))
    differences = [q for shape in shapes for q in shape.differences]
    grid = Grid(low, common_step(differences) if differences else 0)
    tops = sum([point.top for point in neuron.points])
    fine = Fraction(FINE * tops) / (grid.step * denominator) if grid.step else Fraction(1)
    scale = 1 << fine.__ceil__().bit_length()
    longest = max(_bits(neuron, shapes, gains, denominator * scale), default=0)
    if longest > MOST_BITS:
        return None
    kind: Any = np.int64 if longest + len(gains).bit_length() < WIDTH else object
    return Linear(
        neuron,
        tuple(steps),
        np.array(gains, dtype=kind),
        np.array(base, dtype=kind),
        costs_of(neuron, shapes, denominator, kind),
        np.array([int(of.flattest * denominator * scale // 1) for of in shapes], dtype=kind),
        np.array([-int(-of.steepest * denominator * scale // 1) for of in shapes], dtype=kind),
        denominator,
        scale,
        grid,
    )


def _bits(neuron: Neuron, shapes: Sequence[Shape], gains: Sequence[Sequence[int]], times: int) -> list[int]:
    """How many bits the products have that occur in a plane, at most."""
    made = []
    for point, shape, row in zip(neuron.points, shapes, gains, strict=True):
        highest = max(point.cost(0), point.cost(point.top), shape.highest)
        # No slope is steeper than this, and no sum moves farther with one step of a variable, or of all of them.
        slope = 8 * int(highest * times) + 8
        made.append((slope * (point.top + 2) * max(1, *map(abs, row), 1)).bit_length())
    return made
