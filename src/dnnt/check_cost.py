"""How long dnnt_check will take for grounds of the kind `reachable`, before it begins: from declared sizes alone.

The formula is the checker's own (`dnnt.checking.predicted_seconds`); what it asks for besides the sizes (coordinates,
grid points, groups, equal units) is read off the program here. Small checks are not predicted: they are over sooner.
"""

from __future__ import annotations

from math import exp2
from typing import TYPE_CHECKING

from dnnt.certificate import Grounds, ReachableStates
from dnnt.checking import predicted_seconds
from dnnt.reachable.program import Program

if TYPE_CHECKING:
    from dnnt.analysis.reachable_cost import Estimate

SMALL, SMALL_PAIRS = 5_000, 1_000_000
"""Sets of fewer vectors, and fewer pairs of a target and a vector, are checked in a few hundredths of a second."""

MANY_GROUPS = 200
"""The boxes of more groups than this are not looked at one by one."""

WIDEST = 4000.0
"""A logarithm of grid points above which all are alike."""


def is_small(grounds: Grounds) -> bool:
    """Whether the check of these grounds is too short to be worth a prediction, or of a kind that has none."""
    if not isinstance(grounds, ReachableStates) or grounds.window or grounds.boxes:
        return not isinstance(grounds, ReachableStates)
    sizes = dict(grounds.sizes)
    return max(sizes.values()) < SMALL and sizes["last"] * min(sizes["left"], sizes["right"]) < SMALL_PAIRS


def check_seconds(program: Program, grounds: ReachableStates, file_bytes: int) -> float:
    """About how many seconds the check of grounds for this program will take at most; infinity where it is hopeless."""
    from dnnt.analysis.reachable_cost import bounds_of  # Small checks do not pay for it.

    groups = max(1, len(program.units))
    widths: tuple[int, ...] = ()
    if groups > MANY_GROUPS:
        # The declared halves are no larger than their boxes, and dense where they are large.
        sizes = dict(grounds.sizes)
        span = (sizes["left"] + sizes["right"]) ** program.width
    else:
        bounds = bounds_of(program)
        log = min(bounds.whole.box.log_count(WIDEST), WIDEST)  # Of some activations nothing is known.
        span = 1 << int(log + 1) if log > 60 else int(exp2(log)) + 1
        if grounds.window or grounds.boxes:
            widths = _widths(bounds.sets[max(range(len(program.units)), key=lambda g: program.units[g].count)])
    return predicted_seconds(
        grounds,
        coordinates=program.width,
        span=span,
        groups=groups,
        copies=max((unit.count for unit in program.units), default=1),
        widths=widths,
        file_bytes=file_bytes,
    )


def _widths(unit: Estimate) -> tuple[int, ...]:
    """By how many steps the vectors of a unit differ in each coordinate, at most."""
    made = []
    for c in range(unit.box.width):
        one = unit.box[c]
        if one is None:
            return (1 << 60,) * unit.box.width
        made.append(int((one.high - one.low) // one.step) if one.step else int(one.high - one.low))
    return tuple(made)
