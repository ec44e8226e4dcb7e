"""A quick look at the last units: columns that they must have, because every other one costs too much.

With a threshold below what a single wrong value costs, each output of two values has one column to have, and whether it
is one of its columns is asked of packed sums, before any columns are made of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dnnt.activations import TWO_VALUED
from dnnt.columns.costs import Costs
from dnnt.columns.making import Column, Maker
from dnnt.columns.problem import Problem
from dnnt.columns.separating import Target
from dnnt.exact import Number, magnitude, normal


@dataclass(frozen=True, slots=True)
class Needed:
    """The column that a last unit must have; any other one makes the loss at least `otherwise`."""

    unit: int
    column: Column
    otherwise: Number


class Ends:
    """What the last units must compute; `place` says which of the outputs they are."""

    def __init__(self, problem: Problem, costs: Costs, maker: Maker, target: Target, place: Mapping[int, int]) -> None:
        self.problem = problem
        self.costs = costs
        self.maker = maker
        self.target = target
        self.place = place
        self.known: tuple[tuple[Number, bool], list[Needed]] | None = None

    def possible(self, chosen: dict[int, Column]) -> bool:
        """Whether all last units can have the columns that they must have, given those of all others."""
        for needed in self._needed():
            unit = self.problem.units[needed.unit]
            if not self.maker.has(unit, chosen, needed.column):
                self.target.missed(needed.otherwise)
                return False
        return True

    def _needed(self) -> list[Needed]:
        key = (self.target.limit, self.target.below)
        if self.known is None or self.known[0] != key:
            self.known = key, self._find()
        return self.known[1]

    def _find(self) -> list[Needed]:
        rows: dict[int, list[tuple[Number, Number]]] = {}
        bases: dict[int, Number] = {}
        for index in self.problem.last:
            values = TWO_VALUED.get(self.problem.units[index].activation.kind)
            if values is None:
                return []
            rows[index] = [self._prices(self.place[index], point, values) for point in range(self.costs.points)]
            bases[index] = sum(min(row) for row in rows[index])
        # Where the loss is a sum, all other outputs cost what they cost at least.
        others = sum(bases.values()) + sum(self.costs.known) if self.costs.separable else 0
        found = []
        for index, row in rows.items():
            low, high = TWO_VALUED[self.problem.units[index].activation.kind]
            base = others if self.costs.separable else bases[index]
            otherwise = normal(base + min(magnitude(a - b) for a, b in row))
            if self.target.exceeded(otherwise):
                column = self.maker.column(tuple([low if a < b else high for a, b in row]))
                found.append(Needed(index, column, otherwise))
        return found

    def _prices(self, place: int, point: int, values: tuple[int, int]) -> tuple[Number, Number]:
        """What either value of one output costs at a point by itself."""
        if self.costs.separable:
            return self.costs.part(place, point, values[0]), self.costs.part(place, point, values[1])
        blank: list[Number | None] = [None] * len(self.place)
        costs = []
        for value in values:
            blank[place] = value
            costs.append(self.costs.ahead(point, tuple(blank)))
        return costs[0], costs[1]
