"""The arrays of `dnnt.kernels.annealing`, and what the numbers in them mean. Importing this loads no compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LINES, TWO, SQUARE, CLIP, FLOOR, DENSE, SPARSE, PIECES = range(8)
"""Activations: slope a below 0 and b from there on; a below 0 and b from there on; the square; a, b as ends; floor of
z/a; a table from a on; a table of (argument, value); lines (left end, value there, slope), a of no meaning.
"""

PARTS, ALL, JOINT = range(3)
"""Losses of points: a sum over outputs; the weight unless all outputs are right; by all outputs at once."""

SQUARED, ABSOLUTE, HINGE, SIDE, EQUAL = range(5)
"""The part of an output, for PARTS and (EQUAL alone) ALL."""

MATCH, LARGEST, MAXIMUM, TABLE = range(4)
"""The loss of a point, for JOINT."""


class Program(NamedTuple):
    """A network as arrays. `x_start` has one entry more than there are x."""

    value_start: Ints  # Of variables: where their values begin.
    values: Ints
    value_costs: Ints  # What each value costs, for the second goal.
    use_start: Ints  # Of variables: where the terms with them begin.
    term_unit: Ints
    term_start: Ints  # Of terms: where their entries that are not 0 begin.
    term_point: Ints
    term_value: Ints
    times_start: Ints  # Of variables: where the products with them begin, in `times`.
    times: Ints
    product_start: Ints  # Of units: where the products that lead into them begin.
    source: Ints  # Of products.
    target: Ints
    variable: Ints  # Of products; -1 is none.
    factor: Ints
    feeds_start: Ints  # Of units: where the products that they are sources of begin, in `feeds`.
    feeds: Ints
    kind: Ints  # Of units: the activation.
    a: Ints
    b: Ints
    table_start: Ints  # Of units.
    table: Ints  # Rows of three.
    constant: Ints  # Units times points.
    output_of: Ints  # Of units: the output that they are, or -1.
    outputs: Ints  # Of outputs: the unit, or -1 where the values are known.
    known: Ints  # Outputs times points: the values of outputs that are known.
    scale: Ints  # Of outputs: what their values are multiplied by.
    sample_start: Ints  # Of points.
    targets: Ints  # Outputs times samples.
    weights: Ints  # Outputs times samples; the weights of samples in row 0 for ALL and JOINT.
    margins: Ints  # Of outputs, for the hinge.
    stride: Ints  # Of outputs, for TABLE.
    least: Ints  # Of outputs, for TABLE.
    losses: Ints  # For TABLE: points times cells.
    mode: Ints  # One entry: PARTS, ALL or JOINT.
    part: Ints  # One entry.
    unit_steps: Floats  # Of units: what a usual move changes their sum by.
    steps: Floats  # Of outputs: the same for their values, once scaled.
    mates_start: Ints  # Of units: where the movable variables that lead into them begin, in `mates`.
    mates: Ints
    home: Ints  # Of variables: a unit that they lead into.
    movable: Ints  # The variables of two values and more.
    movable_units: Ints  # The units that such variables lead into.
    one: Floats  # One entry: what an integer loss of 1 counts.


class State(NamedTuple):
    """Where the search is. `places[k]` is the place of variable k's value among its values."""

    places: Ints
    best: Ints
    pre: Ints  # Units times points, like all up to `changed`.
    z: Ints
    new_pre: Ints  # Of what the present move touches.
    new_z: Ints  # The same as z but where the present move changes it.
    mark: Ints
    touched: Ints
    changed: Ints
    pieces: Ints  # Outputs times points: the loss of an output.
    guides: Floats
    new_pieces: Ints
    new_guides: Floats
    bad: Ints  # Of points: how many outputs are wrong; for JOINT the loss.
    new_bad: Ints
    point_guides: Floats
    new_point_guides: Floats
    point_mark: Ints
    point_list: Ints
    pending: Ints  # Of units: whether the present move may change them.
    touches: Ints  # Of units: how many points are in `touched`.
    changes: Ints  # Of units: how many are in `changed`.
    dirty: Ints
    moved: Ints  # Of variables: the index of the new value, or -1 where they stay.
    moving: Ints  # The variables of the present move.
    values: Ints  # Of outputs, for JOINT.
    numbers: Ints
    floats: Floats
    random: NDArray[np.uint64]


LOSS, BEST, COST, BEST_COST, STAMP, MADE, ACCEPTED, WORK = range(8)
"""Places in `State.numbers`."""

GUIDE, TEMPERATURE = range(2)
"""Places in `State.floats`."""


class Aim(NamedTuple):
    """What is looked for: see the head. `whole` is what a wrong point counts, `price` what a cost of 1 counts.

    `threshold`: with a price, the best is of least cost among those of a loss up to it; else the best is of least loss,
    and the search ends at one up to it.
    """

    flat: float
    slope: float
    whole: float
    price: float
    threshold: int
