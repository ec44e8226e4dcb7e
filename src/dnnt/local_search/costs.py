"""The loss of a normal form in integers: targets and weights over common denominators, for compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm, prod
from typing import Any

from dnnt.exact import Number, common_denominator
from dnnt.kernels.annealing_arrays import (
    ABSOLUTE,
    ALL,
    EQUAL,
    HINGE,
    JOINT,
    LARGEST as HOT,
    MATCH,
    MAXIMUM,
    PARTS,
    SIDE,
    SQUARED,
    TABLE,
    TWO,
)
from dnnt.local_search.grids import LARGEST, Grid, Unfit, whole
from dnnt.simplify.form import Form

MOST_CELLS = 20_000
"""Entries of a table of losses over the points and all values of the outputs."""

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Costs:
    """See `dnnt.kernels.annealing.Program`; an integer loss of 1 is a loss of 1/`denominator`. `steps`: for each output
    what a usual move changes its scaled value by.
    """

    mode: int
    part: int
    denominator: int
    known: Rows
    scale: tuple[int, ...]
    starts: tuple[int, ...]
    targets: Rows
    weights: Rows
    margins: tuple[int, ...]
    steps: tuple[float, ...]
    stride: tuple[int, ...] = ()
    least: tuple[int, ...] = ()
    losses: Rows = ()


@dataclass(frozen=True, slots=True)
class _Output:
    """An output: the denominator of its values, their bounds in units of it, and the values where they are known."""

    value: int
    low: int
    high: int
    step: float
    known: tuple[int, ...]


def costs(form: Form, known: Sequence[Grid]) -> Costs:
    """The loss of a form with units on these grids. Raises `Unfit`."""
    if not form.outputs:
        raise Unfit("there are no outputs")
    made = _Building(form, known).costs()
    numbers = [made.denominator, *made.scale, *made.margins]
    numbers += [q for rows in (made.targets, made.weights, made.losses, made.known) for row in rows for q in row]
    if max(map(abs, numbers), default=0) >= LARGEST:
        raise Unfit("targets or weights of samples are too large, or have too large denominators")
    return made


class _Building:
    def __init__(self, form: Form, known: Sequence[Grid]) -> None:
        self.form = form
        self.grids = known
        self.loss = form.loss.of_outputs(len(form.outputs))
        self.outputs = [self._output(of) for of in form.outputs]
        self.samples = [sample for at in form.samples for sample in at]
        starts = [0]
        for at in form.samples:
            starts.append(starts[-1] + len(at))
        self.starts = tuple(starts)
        self.single = all(len(at) == 1 for at in form.samples)

    def _output(self, of: int | tuple[Number, ...]) -> _Output:
        if isinstance(of, int):
            grid = self.grids[of]
            step = grid.step
            if grid.kind:
                step = min(step, (grid.high - grid.low) / 4)
            return _Output(grid.value, grid.low, grid.high, max(step, 1.0), (0,) * len(self.form.points))
        value = common_denominator(of)
        known = tuple([whole(q * value) for q in of])
        return _Output(value, min(known, default=0), max(known, default=0), 1.0, known)

    def costs(self) -> Costs:
        kind, arguments = self.loss.kind, dict(self.loss.arguments)
        if kind in ("squared", "absolute"):
            return self._distances(SQUARED if kind == "squared" else ABSOLUTE, PARTS)
        if kind == "hinge":
            return self._hinge(arguments["margin"])
        if kind == "misclassified" and len(self.outputs) == 1:
            return self._made(PARTS, SIDE, [1], [[whole(y[0]) for _, y in self.samples]], [self._weights()])
        if kind == "misclassified":
            wanted = self._codes()
            return self._largest() if wanted is None else self._equal(wanted)
        if kind == "zero_one" and self.single:
            return self._equal([[y[j] for _, y in self.samples] for j in range(len(self.outputs))])
        if kind == "zero_one":
            return self._distances(MATCH, JOINT)
        if kind == "maximum":
            return self._distances(MAXIMUM, JOINT)
        return self._table()

    def _weights(self) -> list[Number]:
        return [weight for weight, _ in self.samples]

    def _targets(self, j: int) -> list[Number]:
        return [y[j] for _, y in self.samples]

    def _made(
        self, mode: int, part: int, scale: Sequence[int], targets: Any, weights: Sequence[Sequence[Number]], **more: Any
    ) -> Costs:
        common = common_denominator([q for row in weights for q in row])
        rows = tuple([tuple([whole(q * common) for q in row]) for row in weights])
        steps = tuple([output.step * by for output, by in zip(self.outputs, scale, strict=True)])
        given = {"margins": (0,) * len(self.outputs), "steps": steps, **more}
        known = tuple([output.known for output in self.outputs])
        of = tuple([tuple(row) for row in targets])
        made = Costs(mode, part, common, known, tuple(scale), self.starts, of, rows, **given)
        self._bounded(made)
        return made

    def _bounded(self, made: Costs) -> None:
        """Raise `Unfit` unless no sum of losses wraps."""
        total = 0
        for j, (output, scale) in enumerate(zip(self.outputs, made.scale, strict=True)):
            most = max(abs(output.low), abs(output.high)) * (1 if made.part == HINGE and made.mode == PARTS else scale)
            row = made.targets[j] if made.targets else ()
            weights = made.weights[j] if made.weights else ()
            for y, weight in zip(row, weights, strict=True):
                if made.mode == PARTS and made.part == SQUARED:
                    each = (most + abs(y)) ** 2
                elif made.mode == PARTS and made.part == HINGE:
                    each = abs(made.margins[j]) + abs(y) * most
                else:
                    each = most + abs(y) + 1
                total += each * max(1, weight)
        if total >= LARGEST:
            raise Unfit("losses are too large, or have too large denominators")

    def _distances(self, part: int, mode: int) -> Costs:
        """Losses of differences. For the largest of them the grid is the same for all outputs."""
        by = [lcm(output.value, common_denominator(self._targets(j))) for j, output in enumerate(self.outputs)]
        if mode == JOINT:
            by = [lcm(*by)] * len(by)
        scale = [q // output.value for q, output in zip(by, self.outputs, strict=True)]
        targets = [[whole(y * q) for y in self._targets(j)] for j, q in enumerate(by)]
        power = {(PARTS, SQUARED): 2, (PARTS, ABSOLUTE): 1, (JOINT, MAXIMUM): 1}.get((mode, part), 0)
        weights = [[Fraction(w, q**power) for w in self._weights()] for q in by]
        return self._made(mode, part, scale, targets, weights)

    def _hinge(self, margin: Number) -> Costs:
        """max(0, margin - y · z), all times a common denominator of both sides."""
        targets, weights, margins = [], [], []
        for j, output in enumerate(self.outputs):
            by = lcm(common_denominator(self._targets(j)), margin.denominator)
            targets.append([whole(y * by) for y in self._targets(j)])
            margins.append(whole(margin * by * output.value))
            weights.append([Fraction(w, by * output.value) for w in self._weights()])
        return self._made(PARTS, HINGE, [1] * len(self.outputs), targets, weights, margins=tuple(margins))

    def _codes(self) -> list[list[Number]] | None:
        """Where all outputs have the same two values, the hot output must have the greater one and the others the
        other: what is wanted of each output for each sample. None elsewhere.
        """
        units = [of for of in self.form.outputs if isinstance(of, int)]
        of_two = {(self.grids[u].a, self.grids[u].b) for u in units if self.grids[u].kind == TWO}
        if not self.single or len(units) < len(self.outputs) or len(of_two) != 1:
            return None
        if any(self.grids[u].kind != TWO for u in units):
            return None
        [(low, high)] = of_two
        return [[high if y == 1 else low for y in self._targets(j)] for j in range(len(self.outputs))]

    def _equal(self, wanted: Sequence[Sequence[Number]]) -> Costs:
        by = [lcm(output.value, common_denominator(row)) for output, row in zip(self.outputs, wanted, strict=True)]
        scale = [q // output.value for q, output in zip(by, self.outputs, strict=True)]
        targets = [[whole(y * q) for y in row] for row, q in zip(wanted, by, strict=True)]
        return self._made(ALL, EQUAL, scale, targets, [self._weights() for _ in by])

    def _largest(self) -> Costs:
        common = lcm(*[output.value for output in self.outputs])
        scale = [common // output.value for output in self.outputs]
        targets = [[whole(y) for y in self._targets(j)] for j in range(len(self.outputs))]
        return self._made(JOINT, HOT, scale, targets, [self._weights() for _ in self.outputs])

    def _table(self) -> Costs:
        """Every loss of every point, where the outputs have few values."""
        if self.loss.row is None:
            raise Unfit("the loss is a function given from Python")
        sizes = [output.high - output.low + 1 for output in self.outputs]
        if prod(sizes) * len(self.form.points) > MOST_CELLS:
            raise Unfit(f"loss {self.loss.kind} has no compiled form")
        values = [[Fraction(z, output.value) for z in range(output.low, output.high + 1)] for output in self.outputs]
        cells = [tuple([q.numerator if q.denominator == 1 else q for q in f]) for f in product(*values)]
        rows = [[self.form.point_loss(i, f) for f in cells] for i in range(len(self.form.points))]
        common = common_denominator([q for row in rows for q in row])
        losses = tuple([tuple([whole(q * common) for q in row]) for row in rows])
        if sum(max(row) for row in losses) >= LARGEST:
            raise Unfit("losses are too large")
        stride = tuple([prod(sizes[j + 1 :]) for j in range(len(sizes))])
        least = tuple([output.low for output in self.outputs])
        made = self._made(JOINT, TABLE, [1] * len(sizes), [], [], stride=stride, least=least, losses=losses)
        return Costs(**{**{name: getattr(made, name) for name in Costs.__slots__}, "denominator": common})
