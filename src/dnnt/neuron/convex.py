"""Convex costs of points as arrays of integers: lines between known places, or parabolas.

Costs count in units of 1 / denominator. A slope is given over a scale: `slope / scale` units for one more of k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any

import numpy as np

from dnnt.exact import Number, magnitude, normal
from dnnt.neuron.neuron import Neuron, Point

LINEAR = ("identity", "scale")
LINES = ("absolute", "hinge", "maximum")

Integers = Any
"""An array of int64, or of Python's integers where these might not do."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines between `ends`, shape (points, most ends), with `costs` there; rows repeat their last entry."""

    ends: Integers
    costs: Integers

    def leasts(self, slopes: Integers, scale: int) -> Integers:
        """For each point the least of scale · cost − slope · k over all k."""
        return (scale * self.costs - slopes[:, None] * self.ends).min(axis=1)

    def tangent(self, k: Integers, scale: int) -> Integers:
        """For each point the slope of its costs after k (before it, at the last one)."""
        made = []
        for at, ends, costs in zip(k, self.ends, self.costs, strict=True):
            slope = 0
            for a, b, c, d in zip(ends, ends[1:], costs, costs[1:], strict=False):
                if a < b and a <= at:
                    slope = scale * (int(d) - int(c)) // (int(b) - int(a))
            made.append(slope)
        return np.array(made, dtype=self.ends.dtype)


@dataclass(frozen=True, slots=True)
class Parabolas:
    """start + first · k + bend · k (k − 1) / 2 for k from 0 to top; shapes (points,)."""

    start: Integers
    first: Integers
    bend: Integers
    top: Integers

    def leasts(self, slopes: Integers, scale: int) -> Integers:
        """See `Lines`: where the next difference is no longer below the slope."""
        wanted = -((scale * self.first - slopes) // (scale * self.bend))
        k = np.minimum(np.maximum(wanted, 0), self.top)
        return scale * (self.start + self.first * k + self.bend * (k * (k - 1) // 2)) - slopes * k

    def tangent(self, k: Integers, scale: int) -> Integers:
        """See `Lines`."""
        return scale * (self.first + self.bend * k)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a point: between which slopes all tangents lie, the numbers that divide all differences of
    costs together, and of a parabola its start, first difference and bend.
    """

    flattest: Number
    steepest: Number
    differences: tuple[Number, ...]
    parabola: tuple[Number, Number, Number] | None

    @property
    def denominator(self) -> int:
        """The common one of all costs."""
        return lcm(*[q.denominator for q in self.parabola]) if self.parabola else 1

    @property
    def highest(self) -> Number:
        """The greatest of the numbers that make a parabola, without signs."""
        return max(map(magnitude, self.parabola)) if self.parabola else 0


def shapes_of(neuron: Neuron) -> tuple[Shape, ...] | None:
    """The shapes of all points; None where costs are not known to be convex."""
    activation, kind = neuron.unit.activation, neuron.form.loss.kind
    if activation.kind not in LINEAR or not dict(activation.arguments).get("factor", 1):
        return None
    if kind == "squared":
        return tuple(map(_parabola, neuron.points))
    return tuple(map(_lines, neuron.points)) if kind in LINES else None


def _parabola(point: Point) -> Shape:
    if not point.top:
        return Shape(0, 0, (), (point.cost(0), 0, 1))
    # The same parabola goes on past the last k.
    start, one, two = point.cost(0), point.cost(1), point.cost(2)
    first, bend = normal(one - start), normal(two - 2 * one + start)
    return Shape(normal(first - bend), normal(first + bend * point.top), (first, bend), (start, first, bend))


def _lines(point: Point) -> Shape:
    places = list(zip(point.ends, point.at_ends, strict=True))
    slopes = [normal(Fraction(d - c) / (b - a)) for (a, c), (b, d) in pairwise(places)]
    return Shape(min(slopes, default=0), max(slopes, default=0), tuple(slopes), None)


def costs_of(neuron: Neuron, shapes: Sequence[Shape], denominator: int, kind: Any) -> Lines | Parabolas:
    """The costs of all points, as arrays of such a kind."""
    parabolas = [shape.parabola for shape in shapes if shape.parabola]
    if parabolas:
        starts, firsts, bends = zip(*[[int(q * denominator) for q in three] for three in parabolas], strict=True)
        tops = [point.top for point in neuron.points]
        return Parabolas(*[np.array(of, dtype=kind) for of in (starts, firsts, bends, tops)])
    width = max([len(point.ends) for point in neuron.points], default=1)
    ends = [_padded(point.ends, width) for point in neuron.points]
    costs = [_padded([int(c * denominator) for c in point.at_ends], width) for point in neuron.points]
    return Lines(np.array(ends, dtype=kind), np.array(costs, dtype=kind))


def _padded(given: Sequence[int], width: int) -> list[int]:
    return [*given, *[given[-1]] * (width - len(given))]
