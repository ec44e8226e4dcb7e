"""Rival: CP-SAT (ortools), with the encodings that were fastest of those that were tried (docs/benchmarks.md).

Every weight and bias is an integer variable with its space as domain. Pre-activations are linear, for the inputs are
constants. All variables have the bounds that interval arithmetic gives. Equal neurons are ordered lexicographically
by their parameters. The squared error of each sample is bounded from below by tangents at whole numbers, q >= (2r +
1) e - r (r + 1), which hold for every whole e and touch the parabola at e = r and e = r + 1, so that the least sum of
all q is the least loss.

What can be chosen (`Encoding`), and was measured:
- ReLU: `max` (a maximum of z and 0) or `booleans` (z >= 0 or not, and what follows);
- second layer: `implications` (for each value v of the weight, p = v·a) or `multiplication` (a product of variables);
- loss: `tangents` as above, `square` (q = e·e), or `hybrid`: tangents up to MOST_TANGENTS of them, else the product;
- neurons: `weights`, as above; or `counts`: the contributions of each kind of neuron are listed first, and an integer
  variable for each of them says how many neurons make it. This is no longer a direct encoding: it takes over the first
  half of the dynamic program. It is much faster where targets lie outside, and slower where units are distinct.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter
from typing import Any

from rivals.two_layer import Neuron, TwoLayer

RELU = ("max", "booleans")
SECOND = ("implications", "multiplication")
LOSS = ("hybrid", "tangents", "square")
MOST_TANGENTS = 200


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the head of this file lists."""

    relu: str = "max"
    second: str = "implications"
    loss: str = "hybrid"
    neurons: str = "weights"

    @property
    def name(self) -> str:
        """For tables."""
        return f"counts, {self.loss}" if self.neurons == "counts" else f"{self.relu}, {self.second}, {self.loss}"


WEIGHTS = Encoding()
"""The fastest direct encoding in the median."""

COUNTS = Encoding(neurons="counts")
"""The fastest that lists contributions first."""


@dataclass(frozen=True, slots=True)
class Found:
    """What CP-SAT says: the least loss it knows, and whether it proved that there is none less."""

    loss: int | None
    bound: float
    optimal: bool


def solve(problem: TwoLayer, seconds: float, encoding: Encoding = WEIGHTS, workers: int = 2, seed: int = 1) -> Found:
    """The least loss, by CP-SAT within a limit of time."""
    from ortools.sat.python import cp_model

    started = perf_counter()
    model = cp_model.CpModel()
    sums = _counted(model, problem) if encoding.neurons == "counts" else _weighed(model, problem, encoding)
    model.minimize(sum(_costs(model, problem, sums, encoding)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = max(0.01, seconds - (perf_counter() - started))
    solver.parameters.random_seed = seed
    # Else Ctrl-C would end this search alone, and look like a limit.
    solver.parameters.catch_sigint_signal = False
    status = solver.solve(model)
    known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return Found(
        round(solver.objective_value) if known else None,
        solver.best_objective_bound,
        status == cp_model.OPTIMAL,
    )


@dataclass(frozen=True, slots=True)
class _Sum:
    """The output on one sample before its bias: an expression and its bounds."""

    value: Any
    low: int
    high: int


def _weighed(model: Any, problem: TwoLayer, encoding: Encoding) -> list[_Sum]:
    """Variables for all parameters; returns the output of each sample."""
    terms: list[list[_Sum]] = [[] for _ in problem.inputs]
    for neuron, count in problem.groups:
        codes = []
        for _ in range(count):
            codes.append(_neuron(model, problem, neuron, encoding, terms))
        for before, after in pairwise(codes):
            model.add(before <= after)
    for space in problem.rest:
        bias = _Sum(_variable(model, space), space[0], space[-1])
        for each in terms:
            each.append(bias)
    return [_Sum(sum(t.value for t in each), sum(t.low for t in each), sum(t.high for t in each)) for each in terms]


def _neuron(model: Any, problem: TwoLayer, neuron: Neuron, encoding: Encoding, terms: list[list[_Sum]]) -> Any:
    """One neuron's variables; appends its contribution to every sample's terms and returns its lexicographic code."""
    weights = [_variable(model, space) for space in neuron.weights]
    bias = _variable(model, neuron.bias)
    chosen: list[tuple[int, Any]] = []
    if encoding.second == "implications":
        literals = [model.new_bool_var("") for _ in neuron.second] if len(neuron.second) > 2 else []
        if len(neuron.second) == 1:
            chosen, second = [(neuron.second[0], None)], neuron.second[0]
        elif len(neuron.second) == 2:
            low, high = neuron.second
            literal = model.new_bool_var("")
            chosen, second = [(high, literal), (low, ~literal)], low + (high - low) * literal
        else:
            model.add_exactly_one(literals)
            chosen = list(zip(neuron.second, literals, strict=True))
            second = sum(v * literal for v, literal in chosen)
    else:
        second = _variable(model, neuron.second)
    for x, term in zip(problem.inputs, terms, strict=True):
        bounds = [
            sorted((value * space[0], value * space[-1]))
            for space, value in zip((*neuron.weights, neuron.bias), (*x, 1), strict=True)
        ]
        low, high = sum(a for a, _ in bounds), sum(b for _, b in bounds)
        z = sum(w * value for w, value in zip((*weights, bias), (*x, 1), strict=True) if value)
        if high <= 0:
            continue
        if low >= 0:
            a = z
        else:
            a = model.new_int_var(0, high, "")
            if encoding.relu == "max":
                model.add_max_equality(a, [z, 0])
            else:
                positive = model.new_bool_var("")
                model.add(a == z).only_enforce_if(positive)
                model.add(a == 0).only_enforce_if(~positive)
                model.add(z >= 0).only_enforce_if(positive)
                model.add(z <= 0).only_enforce_if(~positive)
        ends = [v * h for v in (neuron.second[0], neuron.second[-1]) for h in (max(low, 0), high)]
        if len(neuron.second) == 1:
            p = neuron.second[0] * a
        else:
            p = model.new_int_var(min(ends), max(ends), "")
            if encoding.second == "implications":
                for v, literal in chosen:
                    model.add(p == v * a).only_enforce_if(literal)
            else:
                if low >= 0:
                    value = model.new_int_var(max(low, 0), high, "")
                    model.add(value == a)
                    a = value
                model.add_multiplication_equality(p, [second, a])
        term.append(_Sum(p, min(ends), max(ends)))
    code: Any = 0
    for variable, space in zip((second, bias, *weights), (neuron.second, neuron.bias, *neuron.weights), strict=True):
        code = code * (space[-1] - space[0] + 1) + variable
    return code


def _variable(model: Any, space: tuple[int, ...]) -> Any:
    from ortools.sat.python import cp_model

    return model.new_int_var_from_domain(cp_model.Domain.from_values(list(space)), "")


def _counted(model: Any, problem: TwoLayer) -> list[_Sum]:
    """A variable for each contribution of each kind of neuron; returns the output of each sample."""
    n = len(problem.inputs)
    terms: list[list[Any]] = [[] for _ in range(n)]
    lows, highs = [0] * n, [0] * n
    for neuron, count in problem.groups:
        vectors = contributions(problem, neuron)
        variables = [model.new_int_var(0, count, "") if count > 1 else model.new_bool_var("") for _ in vectors]
        if count > 1:
            model.add(sum(variables) == count)
        else:
            model.add_exactly_one(variables)
        for s in range(n):
            terms[s].append(sum(v[s] * c for v, c in zip(vectors, variables, strict=True) if v[s]))
            lows[s] += count * min(v[s] for v in vectors)
            highs[s] += count * max(v[s] for v in vectors)
    for space in problem.rest:
        bias = _variable(model, space)
        for s in range(n):
            terms[s].append(bias)
            lows[s] += space[0]
            highs[s] += space[-1]
    return [_Sum(sum(terms[s]), lows[s], highs[s]) for s in range(n)]


def contributions(problem: TwoLayer, neuron: Neuron) -> list[tuple[int, ...]]:
    """All vectors that a neuron can add to the outputs."""
    pre = {(0,) * len(problem.inputs)}
    for j, space in enumerate((*neuron.weights, neuron.bias)):
        column = [(*x, 1)[j] for x in problem.inputs]
        pre = {tuple(z + w * c for z, c in zip(vector, column, strict=True)) for vector in pre for w in space}
    values = {tuple(max(z, 0) for z in vector) for vector in pre}
    return sorted({tuple(v * a for a in vector) for vector in values for v in neuron.second})


def _costs(model: Any, problem: TwoLayer, sums: list[_Sum], encoding: Encoding) -> Iterator[Any]:
    """For each sample a term of the total loss."""
    for f, y, cost in zip(sums, problem.targets, problem.costs, strict=True):
        low, high = f.low - y, f.high - y
        if low == high:
            yield cost * low * low
            continue
        least, most = (0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
        squared = encoding.loss == "square" or (encoding.loss == "hybrid" and most - least > MOST_TANGENTS)
        if low >= 0 or high <= 0:
            e = model.new_int_var(least, most, "")
            model.add(e == (f.value - y if low >= 0 else y - f.value))
        elif encoding.loss == "square":
            e = model.new_int_var(low, high, "")
            model.add(e == f.value - y)
        else:
            # At least the absolute value, and no more in an optimum.
            e = model.new_int_var(0, most, "")
            model.add(e >= f.value - y)
            model.add(e >= y - f.value)
        q = model.new_int_var(least * least, most * most, "")
        if squared:
            model.add_multiplication_equality(q, [e, e])
        else:
            for r in range(least, most):
                model.add(q >= (2 * r + 1) * e - r * (r + 1))
        yield cost * q
