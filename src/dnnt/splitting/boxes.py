"""Boxes of parameters: intervals for all variables at once, split until interval arithmetic decides.

A box holds for each variable of the normal form a run of its values. What units compute, and what the loss is at least,
follows by interval arithmetic (R. E. Moore, Interval Analysis, 1966), exactly, in compiled loops. Few samples and few
parameters with many values each are what suits it; the tree of splits is the proof (docs/certificates.md, "Splits").
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from time import monotonic

import numpy as np

from dnnt.encodings.clauses.exchanges import swaps
from dnnt.exact import Number
from dnnt.kernels import splitting as loops
from dnnt.kernels.annealing_arrays import DENSE, SPARSE, Ints
from dnnt.local_search.arrays import NEVER, Compiled, compiled
from dnnt.local_search.grids import LARGEST, Unfit
from dnnt.simplify.exchanges import Swap
from dnnt.simplify.form import Form

ENTRIES = 1 << 20
"""Entries of the tree that are written at a time."""

PIECE = 150_000
"""Entries in one text of a certificate."""

TRIAL, STEP, DIVES = 0.04, 500, 200
"""Seconds of a trial before a prediction, boxes that are seen at a time in it, and random ways down that predict."""


class Boxes:
    """A normal form, ready to be searched. Raises `Unfit` where the loops do not take it."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.compiled: Compiled = compiled(form)
        program = self.compiled.program
        self.swaps: list[Swap] = swaps(form, lambda a, b: form.variables[a].values == form.variables[b].values)
        units, points = program.constant.shape
        starts = np.cumsum([0, *map(len, self.swaps)])
        pairs = [pair for swap in self.swaps for pair in swap]
        self.shape = loops.Shape(_extremes(form, self.compiled), starts, np.array(pairs, np.int64).reshape(-1, 2))
        self.space = loops.Space(
            low=np.zeros((units, points), np.int64),
            high=np.zeros((units, points), np.int64),
            z_low=np.zeros((units, points), np.int64),
            z_high=np.zeros((units, points), np.int64),
            gain=np.zeros((units, points)),
            score=np.zeros(len(form.variables)),
        )

    @property
    def bytes(self) -> int:
        """About what a search takes without its tree."""
        return 4 * ENTRIES + 40 * (self._rows() * len(self.form.variables) + self.space.low.size)

    def _rows(self) -> int:
        """Boxes that may be open at once."""
        return sum(len(variable.values).bit_length() for variable in self.form.variables) + 4

    def load(self) -> None:
        """Compile the loops, or load those that are kept on disk: the first calls of all of them."""
        state = self.open(1)
        loops.explore(self.compiled.program, self.shape, state, self.space, NEVER, 1)
        loops.dive(self.compiled.program, self.shape, self.open(1), self.space, 0, np.ones(1, np.uint64))

    def open(self, entries: int = ENTRIES) -> loops.Open:
        """A search before its first box."""
        rows, variables = self._rows(), len(self.form.variables)
        numbers = np.zeros(5, np.int64)
        numbers[loops.BEST] = NEVER
        state = loops.Open(
            np.zeros((rows, variables), np.int64),
            np.zeros((rows, variables), np.int64),
            np.zeros(rows, np.int64),
            np.zeros(rows, np.int64),
            np.zeros(entries, np.int32),
            np.zeros(variables, np.int64),
            numbers,
        )
        loops.begin(self.compiled.program, self.shape, state, self.space)
        return state

    def loss(self, integer: int) -> Number:
        """The loss that an integer of the loops stands for."""
        return self.compiled.loss(integer)

    def integer(self, loss: Number) -> int:
        """The least integer of the loops that stands for this loss or more."""
        return int(-(-loss * self.compiled.denominator // 1))

    def predicted(self) -> tuple[float, float, tuple[Number, ...] | None, Number | None]:
        """(boxes, seconds, the best values that a short trial has found, their loss)."""
        program = self.compiled.program
        state = self.open()
        started = monotonic()
        loops.explore(program, self.shape, state, self.space, NEVER, 1)
        while state.numbers[loops.TOP] and monotonic() < started + TRIAL and not state.numbers[loops.FULL]:
            loops.explore(program, self.shape, state, self.space, NEVER, STEP)
        spent = monotonic() - started
        seen, best = int(state.numbers[loops.NODES]), int(state.numbers[loops.BEST])
        found = (self.compiled.values(state.best), self.loss(best)) if best < NEVER else (None, None)
        if not state.numbers[loops.TOP]:
            return float(seen), spent, *found
        random = np.array([88172645463325252], np.uint64)
        dived = self.open(1)
        dives: list[float] = []
        started = monotonic()
        while not dives or (len(dives) < DIVES and monotonic() < started + TRIAL):
            dives.append(loops.dive(program, self.shape, dived, self.space, best, random))
        boxes = max(float(seen), sum(dives) / len(dives))
        return boxes, boxes * spent / seen, *found


def _extremes(form: Form, made: Compiled) -> Ints:
    """The least and greatest values of units whose activation is a list, rounded outwards."""
    rows = []
    for unit, grid in zip(form.units, made.grids, strict=True):
        low = high = 0
        if grid.kind in (DENSE, SPARSE):
            reach = Fraction(grid.reach, grid.pre)
            ends = unit.activation.interval(-reach, reach)
            if ends is None:
                raise Unfit(f"nothing is known of the range of activation {unit.activation.kind}")
            low, high = int(ends[0] * grid.value // 1), int(-(-ends[1] * grid.value // 1))
            if max(-low, high) >= LARGEST:
                raise Unfit("values of units are too large")
        rows.append((low, high))
    return np.array(rows, np.int64).reshape(-1, 2)


def texts(tree: list[Ints]) -> Iterator[str]:
    """A tree as a certificate has it."""
    for part in tree:
        for first in range(0, len(part), PIECE):
            yield ",".join(map(str, part[first : first + PIECE].tolist()))
