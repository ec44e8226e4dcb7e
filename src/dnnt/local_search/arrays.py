"""A normal form as the arrays of `dnnt.kernels.annealing`, where all its numbers fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import numpy as np
from numpy.typing import NDArray

from dnnt.exact import Number, common_denominator, normal
from dnnt.kernels.annealing_arrays import BEST, BEST_COST, COST, JOINT, LOSS, Ints, Program, State
from dnnt.local_search.costs import costs
from dnnt.local_search.grids import LARGEST, Grid, Unfit, grids, whole
from dnnt.simplify.form import Form

NEVER = 1 << 61
"""A loss or cost above all others."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program, the grids of its units, the denominator of its losses, and that of its second costs."""

    form: Form
    program: Program
    grids: tuple[Grid, ...]
    denominator: int
    cost_denominator: int

    def loss(self, integer: int) -> Number:
        """The loss that an integer of the program stands for."""
        return normal(Fraction(int(integer), self.denominator))

    def values(self, index: Ints) -> tuple[Number, ...]:
        """The values of variables by their places."""
        return tuple([variable.values[i] for variable, i in zip(self.form.variables, index.tolist(), strict=True)])

    def index(self, values: Sequence[Number]) -> Ints:
        """The places of values of variables."""
        places = [variable.values.index(v) for variable, v in zip(self.form.variables, values, strict=True)]
        return np.array(places, np.int64)


def size(form: Form) -> int:
    """The bytes of a form's program and state, about."""
    n = len(form.points)
    terms = sum(len(unit.terms) for unit in form.units)
    cells = sum(len(variable.values) for variable in form.variables)
    return 64 * len(form.units) * n + 20 * terms * n + 100 * len(form.outputs) * n + 100 * cells + (1 << 20)


def compiled(form: Form, second: Sequence[Sequence[Number]] | None = None) -> Compiled:
    """The program; `second` are the second costs of all values of all variables. Raises `Unfit` where numbers are too
    large or a function is not known to the loops.
    """
    by, on = grids(form)
    paid = costs(form, on)
    values = [[whole(v * q) for v in variable.values] for variable, q in zip(form.variables, by, strict=True)]
    price = 1
    charged: Sequence[Sequence[int]] = [[0] * len(row) for row in values]
    if second is not None:
        price = common_denominator([q for row in second for q in row])
        charged = [[whole(q * price) for q in row] for row in second]
        if sum(max(row) for row in charged) >= LARGEST:
            raise Unfit("costs are too large")
    uses: list[list[tuple[int, Sequence[int]]]] = [[] for _ in form.variables]
    times: list[list[int]] = [[] for _ in form.variables]
    feeds: list[list[int]] = [[] for _ in form.units]
    mates: list[list[int]] = [[] for _ in form.units]
    home = [0] * len(form.variables)
    products: list[tuple[int, int, int, int]] = []
    constants = []
    for u, (unit, grid) in enumerate(zip(form.units, on, strict=True)):
        constants.append([whole(q * grid.pre) for q in unit.constant])
        for k, column in unit.terms:
            uses[k].append((u, [whole(x * Fraction(grid.pre, by[k])) for x in column]))
            mates[u].append(k)
        for product in unit.products:
            k = -1 if product.variable is None else product.variable
            scale = Fraction(grid.pre, on[product.source].value * (1 if k < 0 else by[k]))
            feeds[product.source].append(len(products))
            if k >= 0:
                times[k].append(len(products))
                mates[u].append(k)
            products.append((product.source, u, k, whole(product.factor * scale)))
    for u, row in enumerate(mates):
        mates[u] = sorted({k for k in row if len(values[k]) > 1})
        for k in row:
            home[k] = u
    n = len(form.points)
    output_of = [-1] * len(form.units)
    for j, of in enumerate(form.outputs):
        if isinstance(of, int):
            output_of[of] = j
    entries = [[[(i, x) for i, x in enumerate(column) if x] for _, column in used] for used in uses]
    flat = [entry for used in entries for entry in used]
    in_unit = [0] * len(form.units)
    for _, target, _, _ in products:
        in_unit[target] += 1
    program = Program(
        value_start=_starts([len(row) for row in values]),
        values=_flat(values),
        value_costs=_flat(charged),
        use_start=_starts([len(used) for used in uses]),
        term_unit=_ints([u for used in uses for u, _ in used]),
        term_start=_starts([len(entry) for entry in flat]),
        term_point=_ints([i for entry in flat for i, _ in entry]),
        term_value=_ints([x for entry in flat for _, x in entry]),
        times_start=_starts([len(row) for row in times]),
        times=_flat(times),
        product_start=_starts(in_unit),
        source=_ints([product[0] for product in products]),
        target=_ints([product[1] for product in products]),
        variable=_ints([product[2] for product in products]),
        factor=_ints([product[3] for product in products]),
        feeds_start=_starts([len(row) for row in feeds]),
        feeds=_flat(feeds),
        kind=_ints([grid.kind for grid in on]),
        a=_ints([grid.a for grid in on]),
        b=_ints([grid.b for grid in on]),
        table_start=_starts([len(grid.table) for grid in on]),
        table=_matrix([row for grid in on for row in grid.table], 3),
        constant=_matrix(constants, n),
        output_of=_ints(output_of),
        outputs=_ints([of if isinstance(of, int) else -1 for of in form.outputs]),
        known=_matrix(paid.known, n),
        scale=_ints(paid.scale),
        sample_start=_ints(paid.starts),
        targets=_matrix(paid.targets, paid.starts[-1]),
        weights=_matrix(paid.weights, paid.starts[-1]),
        margins=_ints(paid.margins),
        stride=_ints(paid.stride),
        least=_ints(paid.least),
        losses=_matrix(paid.losses, len(paid.losses[0]) if paid.losses else 0),
        mode=_ints([paid.mode]),
        part=_ints([paid.part]),
        unit_steps=np.array([grid.step for grid in on], np.float64),
        steps=np.array(paid.steps, np.float64),
        mates_start=_starts([len(row) for row in mates]),
        mates=_flat(mates),
        home=_ints(home),
        movable=_ints([k for k, row in enumerate(values) if len(row) > 1]),
        movable_units=_ints([u for u, row in enumerate(mates) if row]),
        one=np.array([1 / paid.denominator], np.float64),
    )
    return Compiled(form, program, on, paid.denominator, price)


def state_of(program: Program, seed: int) -> State:
    """A state of a program before its first evaluation."""
    units, n = program.constant.shape
    outputs, variables = len(program.outputs), len(program.home)

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    def floats(*shape: int) -> NDArray[np.float64]:
        return np.zeros(shape, np.float64)

    numbers = ints(8)
    numbers[[LOSS, BEST, COST, BEST_COST]] = NEVER
    joint = program.mode[0] == JOINT
    parts = 0 if joint else n
    random = Random(seed)
    return State(
        places=ints(variables),
        best=ints(variables),
        pre=ints(units, n),
        z=ints(units, n),
        new_pre=ints(units, n),
        new_z=ints(units, n),
        mark=ints(units, n),
        touched=ints(units, n),
        changed=ints(units, n),
        pieces=ints(outputs, parts),
        guides=floats(outputs, parts),
        new_pieces=ints(outputs, parts),
        new_guides=floats(outputs, parts),
        bad=ints(n),
        new_bad=ints(n),
        point_guides=floats(n),
        new_point_guides=floats(n),
        point_mark=ints(n),
        point_list=ints(n),
        pending=ints(units),
        touches=ints(units),
        changes=ints(units),
        dirty=ints(units),
        moved=np.full(variables, -1, np.int64),
        moving=ints(2),
        values=ints(outputs),
        numbers=numbers,
        floats=floats(2),
        random=np.array([random.getrandbits(64) | 1], np.uint64),
    )


def _ints(row: Sequence[int]) -> Ints:
    if max(map(abs, row), default=0) >= LARGEST * 2:
        raise Unfit("numbers are too large")
    return np.array(row, np.int64)


def _flat(rows: Sequence[Sequence[int]]) -> Ints:
    return _ints([q for row in rows for q in row])


def _starts(sizes: Sequence[int]) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(sizes, np.int64), dtype=np.int64)])


def _matrix(rows: Sequence[Sequence[int]], width: int) -> Ints:
    return _flat(rows).reshape(len(rows), width)
