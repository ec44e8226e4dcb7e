"""The squared loss of a linear unit as a quadratic form in integers, and a factor of it.

With steps t_j of the values of the variables, u = (1, t_1, …, t_d), the loss is uᵀMu / denominator + least, with an
integer matrix M. A lower triangular integer matrix R has RᵀR close to 4^bits · M; what is missing, E, can make a
difference of at most slack = Σ |E_kl| · max |u_k| · max |u_l|, an exact integer, to the form. So the sums of squares
of the first rows of Ru are lower bounds on 4^bits · uᵀMu + slack: sphere decoding without rounding errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isqrt

from dnnt.exact import Number, common_denominator, common_step, normal
from dnnt.neuron.neuron import Neuron, known_outputs

LINEAR = ("identity", "scale")

Matrix = list[list[int]]


@dataclass(frozen=True, slots=True)
class Quadratic:
    """Loss = form(t) / denominator + least; value of variable j = origin_j + step_j · t_j with t_j in steps_j."""

    matrix: tuple[tuple[int, ...], ...]
    denominator: int
    least: Number
    origins: tuple[Number, ...]
    pitches: tuple[Number, ...]
    steps: tuple[tuple[int, ...], ...]

    def form(self, t: Sequence[int]) -> int:
        """The form at a choice of steps."""
        u = (1, *t)
        return sum(
            [a * sum([m * b for m, b in zip(row, u, strict=True)]) for a, row in zip(u, self.matrix, strict=True)]
        )

    def loss(self, form: int) -> Number:
        """The loss for a value of the form."""
        return normal(Fraction(form, self.denominator) + self.least)

    def most(self, loss: Number, strict: bool) -> int:
        """The largest value of the form with a loss of at most `loss` (with `strict`: below it)."""
        exact = (loss - self.least) * self.denominator
        return int(-((-exact) // 1)) - 1 if strict else int(exact // 1)

    def values(self, t: Sequence[int]) -> tuple[Number, ...]:
        """The value of each variable."""
        return tuple([normal(a + e * k) for a, e, k in zip(self.origins, self.pitches, t, strict=True)])


@dataclass(frozen=True, slots=True)
class Factor:
    """`rows[k]` has k + 1 entries: row k of R, whose column k belongs to variable order[k - 1] (column 0 to the 1)."""

    order: tuple[int, ...]
    bits: int
    rows: tuple[tuple[int, ...], ...]
    slack: int


def quadratic_of(neuron: Neuron) -> Quadratic | None:
    """The form of a squared loss of a linear unit; None for other instances."""
    activation = neuron.unit.activation
    if neuron.form.loss.kind != "squared" or activation.kind not in LINEAR:
        return None
    slope = dict(activation.arguments).get("factor", 1)
    if not slope:
        return None
    form = neuron.form
    place = form.outputs.index(0)
    pitches = [common_step([normal(v - values[0]) for v in values[1:]]) for values in neuron.values]
    tops = [int((values[-1] - values[0]) // pitch) for values, pitch in zip(neuron.values, pitches, strict=True)]
    origins = [normal(of[0] + e * (top // 2)) for of, e, top in zip(neuron.values, pitches, tops, strict=True)]
    steps = [tuple([int((v - a) // e) for v in of]) for of, a, e in zip(neuron.values, origins, pitches, strict=True)]
    least: Number = 0
    rows: list[tuple[Number, list[int]]] = []
    for i, samples in enumerate(form.samples):
        weight = sum(w for w, _ in samples)
        mean = Fraction(sum(w * y[place] for w, y in samples)) / weight
        least += sum(w * y[place] ** 2 for w, y in samples) - weight * mean * mean
        others = known_outputs(form, i)
        least += sum(w * (f - y[p]) ** 2 for w, y in samples for p, f in others)
        given = [column[i] for column in neuron.columns]
        offset = slope * (neuron.unit.constant[i] + sum(a * b for a, b in zip(given, origins, strict=True))) - mean
        row: list[Number] = [
            normal(Fraction(offset)),
            *[normal(slope * a * e) for a, e in zip(given, pitches, strict=True)],
        ]
        scale = common_denominator(row)
        rows.append((normal(Fraction(weight) / (scale * scale)), [int(q * scale) for q in row]))
    denominator = common_denominator([w for w, _ in rows])
    size = len(neuron.columns) + 1
    matrix = [[0] * size for _ in range(size)]
    for w, integers in rows:
        times = int(w * denominator)
        for k, a in enumerate(integers):
            if a:
                of, b = matrix[k], times * a
                matrix[k] = [m + b * c for m, c in zip(of, integers, strict=True)]
    shared = gcd(denominator, *[m for row in matrix for m in row])
    return Quadratic(
        tuple([tuple([m // shared for m in row]) for row in matrix]),
        denominator // shared,
        normal(least),
        tuple(origins),
        tuple(pitches),
        tuple(steps),
    )


def factor_of(quadratic: Quadratic) -> Factor:
    """A factor whose slack is far below 4^bits."""
    reach = [1, *[max(map(abs, of)) for of in quadratic.steps]]
    largest = max(row[k] for k, row in enumerate(quadratic.matrix))
    # An entry of the rest is about half an entry of the factor, whose entries are below 2^bits · √largest.
    bits = (8 * sum(reach) ** 2 * (isqrt(largest) + 1)).bit_length() + 2
    made = _factor(quadratic.matrix, reach, bits)
    for more in (16, 64):  # Where pivots vanish, errors may grow.
        if 16 * made.slack > 4**made.bits:
            made = _factor(quadratic.matrix, reach, bits + more)
    return made


def _factor(matrix: Sequence[Sequence[int]], reach: Sequence[int], bits: int) -> Factor:
    """Row by row from the last one: of the variables that are left, the one that says least is decided last."""
    size = len(matrix)
    left = [[m << (2 * bits) for m in row] for row in matrix]
    waiting = list(range(1, size))
    order: list[int] = []
    rows: list[list[tuple[int, int]]] = []
    slack = 0
    while True:
        k = min(waiting, key=lambda k: left[k][k]) if waiting else 0
        pivot = isqrt(max(0, left[k][k]))
        active = [0, *waiting]
        entries = {j: (2 * left[k][j] + pivot) // (2 * pivot) if pivot else 0 for j in active}
        entries[k] = pivot
        for j in active:
            slack += abs(left[k][j] - pivot * entries[j]) * reach[k] * reach[j] * (1 if j == k else 2)
        rows.append(list(entries.items()))
        if not waiting:
            break
        waiting.remove(k)
        order.append(k)
        for i in (0, *waiting):
            times, of = entries[i], left[i]
            if times:
                for j in (0, *waiting):
                    of[j] -= times * entries[j]
    order.reverse()
    rows.reverse()
    place = {0: 0, **{k: i + 1 for i, k in enumerate(order)}}
    made = []
    for i, entries_of in enumerate(rows):
        row = [0] * (i + 1)
        for k, entry in entries_of:
            row[place[k]] = entry
        made.append(tuple(row))
    return Factor(tuple([k - 1 for k in order]), bits, tuple(made), slack)
