"""The grounds "branch" with a factor: the squared loss of a linear unit as a sum of squares, one more for each
variable.

With integers t_j that count the steps of the variables and u = (1, t_1, ..., t_d), the loss is u'Mu / denominator +
least for an integer matrix M, which is computed here. The factor R of the certificate is lower triangular; E = 4^bits
M - R'R is computed too, and no u of the box can make |u'Eu| larger than `slack`. So 4^bits u'Mu >= |Ru|^2 - slack,
and a choice of the first variables whose rows alone are too long needs no look at the others.

The sums of all rows to come are fields of one long integer, the next one at its low end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, isqrt
from operator import mul
from typing import Any

from dnnt_check.budget import Invalid, TooMuchWork, Work, describe, rough_seconds
from dnnt_check.form import Form, Unit
from dnnt_check.instance import Instance
from dnnt_check.neuron_costs import single_unit
from dnnt_check.numbers import (
    Number,
    add,
    bits,
    brief,
    common_denominator,
    multiply,
    normal,
    pitch_of,
    product_seconds,
    ratio,
    whole_ratio,
)

#: Limits on what a certificate may declare.
MOST_BITS = 20_000
MOST_VARIABLES = 3000

#: Variables of more values than this are searched by bisection.
FEW = 8


@dataclass(frozen=True, slots=True)
class FactorGrounds:
    """The order of the variables, the rows of the factor, its scale 4^bits, and the largest number of nodes."""

    order: tuple[int, ...]
    bits: int
    rows: tuple[tuple[int, ...], ...]
    nodes: int


@dataclass(frozen=True, slots=True)
class Squares:
    """Loss = u'Mu / denominator + least; `steps` are the values of t_j, in increasing order."""

    matrix: list[list[int]]
    denominator: int
    least: Number
    steps: list[list[int]]


def check_factor(instance: Instance, form: Form, body: FactorGrounds, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no values of the variables have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some do, or the factor does not belong to the instance, or there are more nodes than declared.
    """
    unit = single_unit(form)
    slope = {"identity": 1, "scale": (*unit.activation.values, 0)[0]}.get(unit.activation.kind, 0)
    if instance.loss.kind != "squared" or not slope:
        raise Invalid("lower: a factor goes with a squared loss of a unit that is linear")
    if sorted(body.order) != list(range(len(form.values))):
        raise Invalid("lower.grounds.order: every variable is expected once")
    squares = _squares(instance, form, unit, slope, work)
    order = [0, *[j + 1 for j in body.order]]
    matrix = [[squares.matrix[k][i] for i in order] for k in order]
    steps = [squares.steps[j] for j in body.order]
    reach = [1, *[max(-of[0], of[-1]) for of in steps]]
    slack = _slack(matrix, body, reach, work)
    exact = (bound - squares.least) * squares.denominator
    most = exact.__floor__() if strict else exact.__ceil__() - 1
    if most < 0:
        return  # The form is a sum of squares with weights above 0.
    limit = (most << (2 * body.bits)) + slack
    _Walk(matrix, squares, body, steps, reach, limit, most).run(work)


def _squares(instance: Instance, form: Form, unit: Unit, slope: Number, work: Work) -> Squares:
    """The quadratic form."""
    count = len(form.values)
    points = len(instance.points)
    if count > MOST_VARIABLES:
        raise TooMuchWork(f"too much work: a factor for more than {MOST_VARIABLES} variables")
    work.require(points * count * (count * 6e-8 + 2e-6), "a quadratic form")
    work.hold(points * count * 100, "a quadratic form")
    pitches: list[Number] = []
    origins: list[Number] = []
    steps = []
    for values in form.values:
        pitch = pitch_of(values)
        middle = whole_ratio(normal(values[-1] - values[0]), pitch) // 2
        pitches.append(pitch)
        origins.append(normal(values[0] + pitch * middle))
        steps.append([whole_ratio(normal(v - values[0]), pitch) - middle for v in values])
        work.spend(len(values) * 2e-6)
    output = form.outputs.index(0)
    least: Number = 0
    rows: list[tuple[Number, list[int]]] = []
    for i, samples in enumerate(instance.samples):
        total: Number = 0
        mean: Number = 0
        for weight, labels in samples:
            # Sums of fractions may grow with every sample, so they are charged by their length.
            total = add(total, weight, work)
            mean = add(mean, multiply(weight, labels[output], work), work)
        mean = ratio(normal(mean), normal(total))
        offset = slope * unit.constant[i] - mean
        row: list[Number] = []
        for (_, column), origin, pitch in zip(unit.terms, origins, pitches, strict=True):
            offset = offset + slope * column[i] * origin
            row.append(normal(slope * column[i] * pitch))
        row.insert(0, normal(offset))
        # What does not depend on the unit: the spread of the targets, and the other outputs.
        for weight, labels in samples:
            for place, (of, y) in enumerate(zip(form.outputs, labels, strict=True)):
                gap = (mean if place == output else of[i] if not isinstance(of, int) else 0) - y
                least = add(least, multiply(weight, multiply(gap, gap, work), work), work)
        if least.denominator.bit_length() > MOST_BITS:
            raise TooMuchWork(f"too much work: numbers of more than {MOST_BITS} bits")
        scale = common_denominator(row, MOST_BITS)
        if scale.bit_length() > MOST_BITS or max(map(bits, row)) > MOST_BITS:
            raise TooMuchWork(f"too much work: numbers of more than {MOST_BITS} bits")
        rows.append(
            (normal(total) if scale == 1 else ratio(normal(total), scale * scale), [int(q * scale) for q in row])
        )
        work.spend((len(row) + len(samples) * len(form.outputs)) * 3e-6)
    denominator = common_denominator([weight for weight, _ in rows], MOST_BITS)
    if denominator.bit_length() > MOST_BITS:
        raise TooMuchWork(f"too much work: numbers of more than {MOST_BITS} bits")
    weights = [int(weight * denominator) for weight, _ in rows]
    columns = list(zip(*[row for _, row in rows], strict=True))
    longest = max([max(map(abs, row)).bit_length() for _, row in rows]) + max(weights).bit_length()
    work.require(points * count * count * (6e-8 + product_seconds(longest, longest) / 2), "a quadratic form")
    work.hold(count * count * (longest // 3 + 60), "a quadratic form")
    matrix = [[0] * (count + 1) for _ in range(count + 1)]
    for k, column in enumerate(columns):
        weighted = list(map(mul, weights, column))
        for j in range(k + 1):
            matrix[k][j] = matrix[j][k] = sum(map(mul, weighted, columns[j]))
        work.spend(points * (k + 1) * 8e-8)
    # In lowest terms, so that there is one matrix to which a factor belongs.
    shared = gcd(denominator, *[m for row in matrix for m in row])
    work.spend(count * count * (1e-7 + longest * 1e-9))
    if shared > 1:
        matrix = [[m // shared for m in row] for row in matrix]
    return Squares(matrix, denominator // shared, normal(least), steps)


def _slack(matrix: list[list[int]], body: FactorGrounds, reach: list[int], work: Work) -> int:
    """The most that the form of 4^bits M - R'R can be, whatever its sign."""
    size = len(matrix)
    rows = body.rows
    if len(rows) != size or any(len(row) != k + 1 for k, row in enumerate(rows)):
        raise Invalid(
            "lower.grounds.factor: rows of 1, 2, 3, ... entries are expected, one more than there are variables"
        )
    if any(row[-1] < 0 for row in rows):
        raise Invalid("lower.grounds.factor: the last entry of a row is negative")
    longest = max([max(map(abs, row)).bit_length() for row in rows])
    if longest > MOST_BITS:
        raise TooMuchWork(f"too much work: numbers of more than {MOST_BITS} bits")
    work.require(size**3 / 6 * (6e-8 + product_seconds(longest, longest)), "the product of a factor")
    work.hold(size * size * 16, "the product of a factor")
    # Column k from row k on.
    columns = [[row[k] for row in rows[k:]] for k in range(size)]
    slack = 0
    for k in range(size):
        for j in range(k + 1):
            made = sum(map(mul, columns[k], columns[j][k - j :]))
            missing = abs((matrix[k][j] << (2 * body.bits)) - made)
            slack += missing * reach[k] * reach[j] * (1 if k == j else 2)
        work.spend((k + 1) * (2e-7 + (size - k) * (6e-8 + product_seconds(longest, longest))))
    return slack


class _Walk:
    """Depth first through all choices of the first variables whose rows are not too long."""

    def __init__(
        self,
        matrix: list[list[int]],
        squares: Squares,
        body: FactorGrounds,
        steps: list[list[int]],
        reach: list[int],
        limit: int,
        most: int,
    ) -> None:
        self.matrix = matrix
        self.squares = squares
        self.nodes = body.nodes
        self.steps = steps
        self.limit = limit
        self.most = most
        rows = body.rows
        self.first = rows[0][0] ** 2
        self.pivots = [row[-1] for row in rows[1:]]
        largest = max([sum(map(mul, map(abs, row), reach)) for row in rows])
        self.width = width = largest.bit_length() + 2
        self.half = 1 << (width - 1)
        depths = range(len(steps))
        self.root = sum([(self.half + row[0]) << (width * i) for i, row in enumerate(rows[1:])])
        # What one step of a variable adds to the rows behind its own.
        self.columns = [sum([row[k + 1] << (width * i) for i, row in enumerate(rows[k + 2 :])]) for k in depths]
        self.seconds = 9e-7 + 1.2e-11 * width * len(steps)

    def run(self, work: Work) -> None:
        """Walk; a choice of all variables whose form is too small ends it."""
        work.require(rough_seconds(self.nodes, self.seconds), f"a search of {describe(self.nodes)} nodes")
        state_size = len(self.steps) * self.width // 7 + 250
        work.hold(sum(map(len, self.steps)) * state_size, "states that wait")
        width, half, limit, last = self.width, self.half, self.limit, len(self.steps) - 1
        mask = (1 << width) - 1
        stack: list[tuple[int, int, int, Any]] = [(0, self.first, self.root, None)]
        nodes = pending = 0
        if self.first > limit:
            return
        while stack:
            depth, spent, state, path = stack.pop()
            centre = (state & mask) - half
            state >>= width
            pivot, column, steps = self.pivots[depth], self.columns[depth], self.steps[depth]
            if len(steps) > FEW and pivot:
                radius = isqrt(limit - spent)
                begin = bisect_left(steps, -((centre + radius) // pivot))
                steps = steps[begin : bisect_right(steps, (radius - centre) // pivot)]
            for t in steps:
                total = centre + pivot * t
                total = spent + total * total
                if total <= limit:
                    if depth < last:
                        stack.append((depth + 1, total, state + column * t, (path, t)))
                    else:
                        self._end((path, t), work)
            pending += len(steps) + 1
            if pending >= 64:
                nodes += pending
                work.spend(pending * self.seconds)
                pending = 0
                if nodes > self.nodes:
                    raise TooMuchWork(
                        f"too much work: the search has more nodes than {describe(self.nodes)}, as declared"
                    )

    def _end(self, path: Any, work: Work) -> None:
        """Look at a choice of all variables."""
        u = []
        while path is not None:
            path, t = path
            u.append(t)
        u.append(1)
        u.reverse()
        value = _value(self.matrix, u)
        work.spend(len(u) ** 2 * 1e-7)
        if value <= self.most:
            loss = normal(ratio(value, self.squares.denominator) + self.squares.least)
            raise Invalid(f"lower: there are parameters with the loss {brief(loss)}")


def _value(matrix: Sequence[Sequence[int]], u: Sequence[int]) -> int:
    """The form u'Mu."""
    return sum([a * sum(map(mul, row, u)) for a, row in zip(u, matrix, strict=True)])
