"""Rival: the reachable-set dynamic program in plain NumPy, as a good engineer would write it in an afternoon.

The vectors that a hidden unit can add to the outputs over the n samples, then the sums over one, two, … units, one
unit at a time, duplicates removed after each; last, the least loss of all sums. It returns the least loss only: no
parameters and no proof.

How a set of vectors is held (`VARIANTS`):
- `unique`: one int64 key a vector (mixed radix over the box of all outputs, so that adding keys adds vectors),
  duplicates removed by `np.unique`, which hashes integers since NumPy 2.3;
- `sort`: the same keys, duplicates removed by sorting and a mask: slower on small sets, faster on large ones;
- `rows`: n int64 numbers a vector, `np.unique(..., axis=0)`: ten times slower;
- `dense`: one byte for each point of the box, and one shifted `|=` for each vector of a unit: by far the fastest where
  the box fits, and no way at all where it does not.

Sums are made in slices, so that limits of time and memory bite between them. Numbers are bounded by Python integers
before int64 is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from rivals.two_layer import Neuron, TwoLayer, Unsuitable

VARIANTS = ("sort", "unique", "rows", "dense")
BEST = "unique"

SLICE = 1 << 20
"""Sums made at once."""

HOPELESS = 2.0
"""A run ends as soon as the sums that are still to be made would take this many times the limit, at the pace so far."""


class TooLong(Exception):
    """The limit of time or memory; `seconds` is what the run counts as: how long it took, or the limit of time."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass(slots=True)
class _Limits:
    """Watched between slices."""

    seconds: float
    mebibytes: float
    started: float

    def check(self, states: int, done: int, left: int) -> None:
        """`states` vectors are held; `done` sums were made, and at least `left` are still to be made."""
        passed = perf_counter() - self.started
        if passed > self.seconds:
            raise TooLong("time", passed)
        expected = passed * (1 + left / done) if done > 4 * SLICE else passed
        if expected > HOPELESS * self.seconds:
            raise TooLong(f"{left:,} sums still to be made", self.seconds)
        self.need(3 * 8 * (states + SLICE))

    def need(self, size: int) -> None:
        """Stop before so many bytes are taken."""
        if size > self.mebibytes * (1 << 20):
            raise TooLong(f"memory: {size / (1 << 20):,.0f} MiB", self.seconds)


def least(problem: TwoLayer, seconds: float = 60, mebibytes: float = 6000, variant: str = BEST) -> int:
    """The least loss. Raises `TooLong`, and `Unsuitable` where int64 would not do."""
    limits = _Limits(seconds, mebibytes, perf_counter())
    if not problem.inputs:
        return 0
    return {"rows": _rows, "dense": _dense}.get(variant, _keys)(problem, limits, variant)


def _keys(problem: TwoLayer, limits: _Limits, variant: str) -> int:
    import numpy as np

    distinct = _sorted_distinct if variant == "sort" else np.unique
    parts = [(vectors, count) for vectors, count in _parts(problem, distinct)]
    low, strides, size = _box(parts)
    coded = [((vectors - vectors.min(axis=0)) @ strides, count) for vectors, count in parts]
    states = np.zeros(1, dtype=np.int64)
    left = [codes.size for codes, count in coded for _ in range(count)]
    done = 0
    for codes, count in coded:
        for _ in range(count):
            pairs = states.size * codes.size
            states, done = _added(states, codes, distinct, limits, done, states.size * sum(left[1:])), done + pairs
            left.pop(0)
    return _least_loss(problem, states, low, strides, size)


def _added(states: Any, codes: Any, distinct: Callable[[Any], Any], limits: _Limits, done: int, later: int) -> Any:
    """All sums of a state and a code, without duplicates."""
    import numpy as np

    step = max(1, SLICE // codes.size)
    found = []
    for first in range(0, states.size, step):
        made = first * codes.size
        limits.check(sum(part.size for part in found), done + made, states.size * codes.size - made + later)
        found.append(distinct((states[first : first + step, None] + codes).ravel()))
    return found[0] if len(found) == 1 else distinct(np.concatenate(found))


def _sorted_distinct(values: Any) -> Any:
    import numpy as np

    values = np.sort(values)
    keep = np.empty(values.size, dtype=bool)
    keep[:1] = True
    np.not_equal(values[1:], values[:-1], out=keep[1:])
    return values[keep]


def _parts(problem: TwoLayer, distinct: Callable[[Any], Any]) -> list[tuple[Any, int]]:
    """For each kind of unit its vectors (rows of n) and the number of such units; the output's biases too."""
    import numpy as np

    parts = [(_contributions(problem, neuron, distinct), count) for neuron, count in problem.groups]
    column = np.ones(len(problem.inputs), dtype=np.int64)
    parts += [(np.multiply.outer(np.array(space, dtype=np.int64), column), 1) for space in problem.rest]
    return parts


def _contributions(problem: TwoLayer, neuron: Neuron, distinct: Callable[[Any], Any]) -> Any:
    import numpy as np

    _bounded(problem, neuron)
    rows = np.zeros((1, len(problem.inputs)), dtype=np.int64)
    columns = np.array([(*x, 1) for x in problem.inputs], dtype=np.int64).T
    for column, space in zip(columns, (*neuron.weights, neuron.bias), strict=True):
        rows = rows[:, None, :] + np.multiply.outer(np.array(space, dtype=np.int64), column)
        rows = _distinct_rows(rows.reshape(-1, columns.shape[1]), distinct)
    rows = _distinct_rows(np.maximum(rows, 0), distinct)
    rows = rows[None] * np.array(neuron.second, dtype=np.int64)[:, None, None]
    return _distinct_rows(rows.reshape(-1, columns.shape[1]), distinct)


def _bounded(problem: TwoLayer, neuron: Neuron) -> None:
    largest = max(map(abs, neuron.second)) * max(
        sum(
            max(map(abs, space)) * abs(value)
            for space, value in zip((*neuron.weights, neuron.bias), (*x, 1), strict=True)
        )
        for x in problem.inputs
    )
    if largest * len(problem.neurons) >= 1 << 31:
        raise Unsuitable("numbers too large for int64")


def _distinct_rows(rows: Any, distinct: Callable[[Any], Any]) -> Any:
    """Rows without duplicates, by keys where they fit."""
    import numpy as np

    low = rows.min(axis=0)
    spans = [int(span) + 1 for span in rows.max(axis=0) - low]
    strides = _strides(spans)
    if strides is None:
        return np.unique(rows, axis=0)
    keys = distinct((rows - low) @ strides)
    return low + keys[:, None] // strides % np.array(spans)


def _strides(spans: list[int]) -> Any:
    """Mixed radix: the factor of each coordinate, or None where int64 is too short."""
    import numpy as np

    strides, product = [], 1
    for span in spans:
        strides.append(product)
        product *= span
    return None if product >= 1 << 62 else np.array(strides, dtype=np.int64)


def _box(parts: list[tuple[Any, int]]) -> tuple[Any, Any, list[int]]:
    """The least sum in each coordinate, strides and spans of the box of all sums."""
    low = sum(count * vectors.min(axis=0) for vectors, count in parts)
    high = sum(count * vectors.max(axis=0) for vectors, count in parts)
    spans = [int(span) + 1 for span in high - low]
    strides = _strides(spans)
    if strides is None:
        raise Unsuitable("a box too large for keys of 64 bits")
    return low, strides, spans


def _least_loss(problem: TwoLayer, states: Any, low: Any, strides: Any, spans: list[int]) -> int:
    import numpy as np

    best = None
    for first in range(0, states.size, SLICE):
        keys = states[first : first + SLICE]
        loss = np.zeros(keys.size, dtype=np.int64)
        for s, (target, cost) in enumerate(zip(problem.targets, problem.costs, strict=True)):
            start = int(low[s]) - target
            _fits(cost, max(abs(start), abs(start + spans[s])), len(problem.targets))
            loss += cost * (keys // strides[s] % spans[s] + start) ** 2
        least_here = int(loss.min())
        best = least_here if best is None else min(best, least_here)
    assert best is not None, "there is at least one state"
    return best


def _fits(cost: int, largest: int, samples: int) -> None:
    if cost * largest * largest * samples >= 1 << 62:
        raise Unsuitable("losses too large for int64")


def _rows(problem: TwoLayer, limits: _Limits, _: str) -> int:
    import numpy as np

    def distinct(rows: Any) -> Any:
        return np.unique(rows, axis=0)

    n = len(problem.inputs)
    states = np.zeros((1, n), dtype=np.int64)
    done = 0
    for vectors, count in _parts(problem, np.unique):
        for _time in range(count):
            step = max(1, SLICE // (n * len(vectors)))
            found = []
            for first in range(0, len(states), step):
                made = first * len(vectors)
                limits.check(n * sum(map(len, found)), done + made, len(states) * len(vectors) - made)
                found.append(distinct((states[first : first + step, None] + vectors).reshape(-1, n)))
            done += len(states) * len(vectors)
            states = found[0] if len(found) == 1 else distinct(np.concatenate(found))
    loss = np.zeros(len(states), dtype=np.int64)
    for s, (target, cost) in enumerate(zip(problem.targets, problem.costs, strict=True)):
        _fits(cost, int(np.abs(states[:, s] - target).max()), n)
        loss += cost * (states[:, s] - target) ** 2
    return int(loss.min())


def _dense(problem: TwoLayer, limits: _Limits, _: str) -> int:
    import numpy as np

    parts = _parts(problem, _sorted_distinct)
    low, strides, spans = _box(parts)
    box = int(strides[-1]) * spans[-1]
    limits.need(3 * box)
    states = np.zeros(box, dtype=bool)
    states[0] = True
    # Only the first `used` points can be reached yet.
    used, done = 1, 0
    left = [len(vectors) for vectors, count in parts for _ in range(count)]
    for vectors, count in parts:
        shifts = ((vectors - vectors.min(axis=0)) @ strides).tolist()
        for _time in range(count):
            grown = used + max(shifts)
            sums = np.zeros(grown, dtype=bool)
            for index, shift in enumerate(shifts):
                limits.check(0, done, used * (sum(left) - index))
                sums[shift : shift + used] |= states[:used]
                done += used
            left.pop(0)
            states, used = sums, grown
    return _least_loss(problem, np.flatnonzero(states), low, strides, spans)
