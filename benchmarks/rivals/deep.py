"""Rivals on any network: CP-SAT alone, and SciPy's mixed-integer solver (HiGHS) where there is one neuron.

CP-SAT gets the encoding of `dnnt.encodings.constraints`, which is the tightest that was found (docs/benchmarks.md), and
nothing else of dnnt: no bounds, no incumbents, no cuts in several solves. With `sparsest` it is asked for the fewest
nonzero weights among parameters whose loss is at most a threshold.

HiGHS gets the usual program of a single neuron: weights are integers, the cost of a sample is a continuous variable
above its distances (absolute, hinge), or a binary one with a big-M row (misclassified).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from time import perf_counter
from typing import Any

from dnnt.encodings.constraints.cp_model import Encoded, encode
from dnnt.encodings.constraints.cp_sat import Translation
from dnnt.encodings.constraints.integer_model import Affine
from dnnt.encodings.constraints.quantities import Quantity, listed, total
from dnnt.encodings.constraints.unit_values import table
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form


@dataclass(frozen=True, slots=True)
class Found:
    """The least value that a rival knows, its bound, whether it says that this is the optimum, and its seconds."""

    value: Number | None
    bound: Number | None
    proved: bool
    seconds: float

    @property
    def infeasible(self) -> bool:
        """Whether it says that nothing is as good as was asked."""
        return self.proved and self.value is None


def by_cp_sat(
    instance: Instance,
    limit: float,
    threshold: Number | None = None,
    sparsest: bool = False,
    seed: int = 1,
    workers: int = 2,
) -> Found:
    """The least loss; with a `threshold` any loss up to it; with `sparsest` then the fewest nonzero weights."""
    from ortools.sat.python import cp_model

    started = perf_counter()
    form = form_of(instance)
    encoded = encode(form)
    model, goal = encoded.model, encoded.total
    if threshold is not None:
        most = int(Fraction(threshold) // goal.scale)
        if most < goal.low:
            return Found(None, None, True, perf_counter() - started)
        model.linear(goal.expression, ((goal.low, max(goal.low, most)),))
        if sparsest:
            goal = total(model, nonzero(form, encoded))
        model.objective = goal.expression if sparsest else None
    translation = Translation(model)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = max(0.01, limit - (perf_counter() - started))
    status = solver.solve(translation.model)
    seconds = perf_counter() - started
    proved = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    value = None
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        chosen = encoded.values({v: solver.value(translation.variables[v]) for v in encoded.wanted})
        value = _count(form, chosen) if sparsest else form.total(chosen)
    bound = None
    if model.objective is not None and status != cp_model.INFEASIBLE:
        bound = normal(goal.scale * round(solver.best_objective_bound))
    return Found(value, bound, proved, seconds)


def _weights(form: Form, k: int, value: Number) -> int:
    """The fewest nonzero weights with which the slots of a variable add up to a value."""
    counts: dict[Number, int] = {0: 0}
    for address in form.variables[k].slots:
        edge, place = address
        is_bias = place == len(form.network.edges[edge].weights)
        after: dict[Number, int] = {}
        for known, count in counts.items():
            for w in form.spaces[address]:
                key = normal(known + w)
                after[key] = min(after.get(key, 1 << 60), count + (w != 0 and not is_bias))
        counts = after
    return counts[value]


def _count(form: Form, chosen: Sequence[Number]) -> int:
    return sum(_weights(form, k, value) for k, value in enumerate(chosen))


def nonzero(form: Form, encoded: Encoded) -> list[tuple[Number, Quantity]]:
    """The number of nonzero weights of each variable; weights that make no difference are 0 where they can be."""
    parts: list[tuple[Number, Quantity]] = []
    for k, of in enumerate(encoded.variables):
        places = listed(encoded.model, of)
        counts = [_weights(form, k, normal(of.scale * place)) for place in places]
        if counts == [1, 0, 1]:
            literal = encoded.model.literal()
            encoded.model.linear(of.expression, ((places[1], places[1]),), -literal)
            parts.append((1, Quantity(Affine(((literal - 1, 1),)), 1, 0, 1, literal)))
        else:
            parts.append((1, table(encoded.model, of, places, counts)))
    return parts


@dataclass(frozen=True, slots=True)
class _Row:
    """line · weights + shift <= scale · cost variable."""

    line: Any
    shift: float
    cost: int
    scale: float


def _sides(instance: Instance, activation: str, y: float) -> Sequence[tuple[float, float]]:
    """What a sample's cost is no less than: factor · pre-activation + shift."""
    if instance.loss.kind == "hinge":
        return ((-y, float(dict(instance.loss.arguments)["margin"])),)
    if instance.loss.kind == "misclassified":
        # z >= 0 (without a sign: 1) for the label 1, z <= -1 for the other, or an error.
        return ((-y, 0.0 if y > 0 and activation == "sign" else 1.0),)
    return ((1.0, -y), (-1.0, y))


def takes_milp(instance: Instance) -> bool:
    """Whether HiGHS is asked: one output that is a neuron on the inputs, and a loss that has a linear program."""
    if instance.loss.kind not in ("absolute", "hinge", "misclassified"):
        return False
    form = form_of(instance)
    for variable in form.variables:
        if any(b - a != 1 for a, b in pairwise(variable.values)):
            return False
    return len(form.units) == len(form.outputs) == 1 and form.units[0].activation.kind in ("identity", "sign")


def by_milp(instance: Instance, limit: float) -> Found:
    """The least loss, by SciPy's `milp`; its floats are rounded, and nothing of it is a proof."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    started = perf_counter()
    form = form_of(instance)
    unit = form.units[0]
    count = len(form.variables)
    lows = [float(min(variable.values)) for variable in form.variables]
    highs = [float(max(variable.values)) for variable in form.variables]
    columns = np.array([[float(q) for q in dict(unit.terms)[k]] for k in range(count)])
    rows: list[_Row] = []
    costs: list[float] = []
    most: list[float] = []
    counted = instance.loss.kind == "misclassified"
    for i, samples in enumerate(form.samples):
        column, constant = columns[:, i], float(unit.constant[i])
        ends = [sorted((a * c, b * c)) for a, b, c in zip(lows, highs, column, strict=True)]
        size = abs(constant) + sum(max(abs(low), abs(high)) for low, high in ends) + 1
        for weight, (target,) in samples:
            y = float(target)
            for factor, shift in _sides(instance, unit.activation.kind, y):
                scale = size + 1 if counted else 1.0
                rows.append(_Row(factor * column, factor * constant + shift, len(costs), scale))
            costs.append(float(weight))
            most.append(1.0 if counted else size * max(1.0, abs(y)) + abs(y) + 1)
    at, over, values = [], [], []
    for r, row in enumerate(rows):
        used = np.flatnonzero(row.line)
        at += [r] * (len(used) + 1)
        over += [*(int(k) for k in used), count + row.cost]
        values += [*(float(row.line[k]) for k in used), -row.scale]
    matrix = coo_array((values, (at, over)), shape=(len(rows), count + len(costs))).tocsr()
    done = milp(
        np.array([0.0] * count + costs),
        integrality=np.array([1] * count + [int(counted)] * len(costs)),
        bounds=Bounds(np.array(lows + [0.0] * len(costs)), np.array(highs + most)),
        constraints=LinearConstraint(matrix, -np.inf, np.array([-row.shift for row in rows])),
        options={"time_limit": max(0.01, limit - (perf_counter() - started)), "mip_rel_gap": 0.0},
    )
    value = None
    if done.x is not None:
        value = form.total([round(x) for x in done.x[:count]])
    bound = None if done.mip_dual_bound is None else normal(Fraction(done.mip_dual_bound).limit_denominator(1000))
    return Found(value, bound, done.status == 0, perf_counter() - started)
