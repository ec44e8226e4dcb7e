"""Which slopes bound a neuron's loss best on a box of values: programs in floats, of which nothing has to be right.

The values may be fractions here. Costs of lines give a linear program, for which the simplex method of HiGHS goes on
from box to box (Q. Huangfu, J. A. J. Hall, Parallelizing the dual revised simplex method, 2018); parabolas a least
squares problem in a box, solved by Newton steps on the variables that are not at an end (D. P. Bertsekas, Projected
Newton methods, 1982).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from dnnt.neuron.convex import Lines, Parabolas
from dnnt.neuron.planes import Linear

Floats = Any
"""An array of float64."""

SLICE = 0.1
"""Seconds of a program between two polls."""

OPTIONS: tuple[tuple[str, Any], ...] = (
    ("output_flag", False),
    ("threads", 1),
    ("parallel", "off"),
    ("presolve", "off"),
    ("solver", "simplex"),
)
"""Quiet, without threads of its own, and going on from the last basis."""

MOST_STEPS = 60
"""Newton steps for one box."""


class Relaxation(ABC):
    """For a box of steps: where the loss is about least, and the slopes of the costs there, in their units for a step
    of k.
    """

    @abstractmethod
    def solve(
        self, low: Floats, high: Floats, start: Floats, poll: Callable[[], object]
    ) -> tuple[Floats, Floats] | None:
        """(steps, slopes); None where the program fails."""

    @abstractmethod
    def costs(self, sums: Floats) -> Floats:
        """About what the points cost altogether, for each column of k."""


def relaxation_of(linear: Linear) -> Relaxation:
    """The program that fits the costs."""
    costs = linear.costs
    return _OfParabolas(linear, costs) if isinstance(costs, Parabolas) else _OfLines(linear, costs)


class _OfParabolas(Relaxation):
    """min Σ (slope + bend · k / 2) k with k = base + gains · t."""

    def __init__(self, linear: Linear, costs: Parabolas) -> None:
        self.gains = linear.gains.astype(float)
        self.base = linear.base.astype(float)
        self.bend = costs.bend.astype(float)
        self.first = costs.first.astype(float) - self.bend / 2
        self.matrix = self.gains.T @ (self.bend[:, None] * self.gains)
        self.offset = self.gains.T @ (self.first + self.bend * self.base)
        self.tiny = 1e-12 * max(1.0, float(np.trace(self.matrix)))

    def solve(
        self, low: Floats, high: Floats, start: Floats, poll: Callable[[], object]
    ) -> tuple[Floats, Floats] | None:
        """See `Relaxation`."""
        t = np.clip(start, low, high)
        slack = 1e-9 * np.abs(self.offset).max(initial=1.0)
        for _ in range(MOST_STEPS):
            poll()
            gradient = self.matrix @ t + self.offset
            free = ~(((t <= low) & (gradient >= 0)) | ((t >= high) & (gradient <= 0)))
            if not free.any() or np.abs(gradient[free]).max() <= slack:
                break
            of = self.matrix[np.ix_(free, free)] + self.tiny * np.eye(int(free.sum()))
            step = np.zeros_like(t)
            try:
                step[free] = -np.linalg.solve(of, gradient[free])
            except np.linalg.LinAlgError:
                step[free] = -gradient[free] / np.diag(of)
            value = self._value(t)
            length = 1.0
            while length > 1e-6:
                moved = np.clip(t + length * step, low, high)
                if self._value(moved) < value - 1e-14 * abs(value):
                    break
                length /= 2
            else:
                break
            t = moved
        return t, self.first + self.bend / 2 + self.bend * (self.base + self.gains @ t - 0.5)

    def costs(self, sums: Floats) -> Floats:
        """See `Relaxation`."""
        return ((self.first[:, None] + self.bend[:, None] / 2 * sums) * sums).sum(axis=0)

    def _value(self, t: Floats) -> float:
        return float(t @ (self.matrix @ t) / 2 + self.offset @ t)


class _OfLines(Relaxation):
    """A row for each point: gains · t + base = first end + how far k has come on each line that follows."""

    def __init__(self, linear: Linear, given: Lines) -> None:
        import highspy

        self.statuses = highspy.HighsModelStatus
        count = len(linear.steps)
        self.count = count
        # Its subclass for users greets on standard output, where nothing but answers may be.
        solver = highspy._Highs()  # type: ignore[attr-defined]  # Its type hints leave it out.
        for option, value in OPTIONS:
            solver.setOptionValue(option, value)
        for of in linear.steps:
            solver.addVar(0.0, float(of[-1]))
        # Each k is measured by the most that a step moves it, and costs by the steepest such move: programs in floats
        # go wrong on numbers of 10^20.
        measure = np.maximum(abs(linear.gains).max(axis=1, initial=0), 1)
        gains = (linear.gains / measure[:, None]).astype(float)
        base = (linear.base / measure).astype(float)
        columns = np.arange(count, dtype=np.int32)
        prices: list[float] = []
        lines: list[list[tuple[float, float]]] = []
        for i, (ends, costs) in enumerate(zip(given.ends, given.costs, strict=True)):
            pieces = _pieces([int(k) for k in ends], [int(c) for c in costs])
            lines.append(_lines(float(ends[0]), float(costs[0]), pieces))
            where = [count + len(prices) + p for p in range(len(pieces))]
            unit = float(measure[i])
            for length, slope in pieces:
                solver.addVar(0.0, length / unit)
                prices.append(slope * unit)
            active = gains[i] != 0
            indices = np.array([*columns[active], *where], dtype=np.int32)
            values = np.array([*gains[i][active], *[-1.0] * len(pieces)])
            right = float(ends[0]) / unit - base[i]
            solver.addRow(right, right, len(indices), indices, values)
        total = count + len(prices)
        steepest = max(map(abs, prices), default=0.0) or 1.0
        self.worth = steepest / measure.astype(float)
        costs_of = np.array([*[0.0] * count, *[price / steepest for price in prices]])
        solver.changeColsCost(total, np.arange(total, dtype=np.int32), costs_of)
        width = max(map(len, lines), default=1)
        # (points, lines): a cost is the greatest of its lines.
        self.lines = np.array([[*of, *[of[-1]] * (width - len(of))] for of in lines])
        self.columns = columns
        self.solver = solver

    def solve(
        self, low: Floats, high: Floats, start: Floats, poll: Callable[[], object]
    ) -> tuple[Floats, Floats] | None:
        """See `Relaxation`."""
        solver = self.solver
        solver.changeColsBounds(self.count, self.columns, low, high)
        while True:
            # The solver's clock never stops between its runs.
            solver.setOptionValue("time_limit", solver.getRunTime() + SLICE)
            solver.run()
            poll()
            status = solver.getModelStatus()
            if status != self.statuses.kTimeLimit:
                break
        if status != self.statuses.kOptimal:
            solver.clearSolver()
            return None
        solution = solver.getSolution()
        return np.array(solution.col_value[: self.count]), -np.array(solution.row_dual) * self.worth

    def costs(self, sums: Floats) -> Floats:
        """See `Relaxation`."""
        most = self.lines[:, 0, 1, None] + self.lines[:, 0, 0, None] * sums
        for line in range(1, self.lines.shape[1]):
            most = np.maximum(most, self.lines[:, line, 1, None] + self.lines[:, line, 0, None] * sums)
        return most.sum(axis=0)


def _lines(first: float, cost: float, pieces: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """(slope, height at 0) of each piece."""
    made = []
    for length, slope in pieces or [(0.0, 0.0)]:
        made.append((slope, cost - slope * first))
        first, cost = first + length, cost + slope * length
    return made


def _pieces(ends: list[int], costs: list[int]) -> list[tuple[float, float]]:
    """(length, slope) of the lines of convex costs, from the first end on."""
    made: list[tuple[int, float]] = []
    for a, b, c, d in zip(ends, ends[1:], costs, costs[1:], strict=False):
        if b > a:
            slope = (d - c) / (b - a)
            if made and made[-1][1] == slope:
                made[-1] = made[-1][0] + b - a, slope
            else:
                made.append((b - a, slope))
    return [(float(length), slope) for length, slope in made]
