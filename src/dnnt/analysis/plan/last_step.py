"""The last step of method `reachable` as a ladder: what is tried, in which order, and what ends the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp2, inf, log2

from dnnt.analysis.folds import BYTES_PER_KEY, Folded
from dnnt.analysis.plan import words
from dnnt.analysis.plan.value import Plan, ways_of
from dnnt.analysis.reachable_cost import (
    STATE,
    STATE_WIDE,
    Bounds,
    Interval,
    estimate,
    has_hull,
    hull_cost,
    is_convex,
)
from dnnt.exact import several
from dnnt.instance import Instance
from dnnt.reachable import by_boxes, powers, probe, thin_size, window
from dnnt.reachable.breaks import bends_of, is_lined
from dnnt.reachable.clouds import LARGEST_CLOUD, MOST_AXES
from dnnt.reachable.folding_cost import WIDEST, log2_of, multisets, sumset_seconds, times_of
from dnnt.reachable.halves import LEAST_TIMES, POINT_PAIRS
from dnnt.reachable.hull import MOST_NEAR, MOST_TARGETS
from dnnt.reachable.packing import Axis
from dnnt.reachable.program import Program
from dnnt.reachable.search import CELL_SECONDS, TABLE_CELLS, has_many
from dnnt.reachable.terms import is_convex_sum
from dnnt.reachable.wanted import is_sum_over_coordinates

MOST_ASKED = 64
"""Groups of units that are asked whether they are large."""

MOST_PROBED = 16
"""Samples up to which the pipeline looks for outputs by chance."""


@dataclass(frozen=True, slots=True)
class Summands:
    """What the last step works on: a program and its bounds.

    `sizes` bounds the groups' sets by exact boxes too; `axes` are those of the states and `unit_axes` those of the
    groups' sets, where they are known.
    """

    instance: Instance
    program: Program
    bounds: Bounds
    sizes: tuple[float, ...]
    axes: tuple[Axis, ...] | None
    unit_axes: Sequence[tuple[Axis, ...] | None] | None
    room: int

    @property
    def varying(self) -> int:
        """The number of coordinates that take several values (at least the many that rule the hull out)."""
        if self.axes is not None:
            return sum(axis.count > 1 for axis in self.axes)
        few = min(self.bounds.whole.box.width, 8 * MOST_AXES + 1)
        return sum((one := self.bounds.whole.box[c]) is None or one.log_count > 0 for c in range(few))


def last_step(of: Summands) -> Plan:
    """The ladder; its seconds and bytes are those of the rung that mostly ends the search."""
    hull = _hull(of)
    halves = _halves(of, "where the hull does not end the search" if hull.seconds is not None else "")
    usual = hull if hull.seconds is not None else halves
    return Plan(
        "last",
        "last step",
        "the cheapest state; each rung either ends the search or leaves it to the next",
        seconds=usual.seconds,
        bytes=usual.bytes,
        children=(*_probe(of), *_thin(of), *_boxes(of), hull, halves),
    )


def _probe(of: Summands) -> tuple[Plan, ...]:
    program = of.program
    if len(of.instance.samples) > MOST_PROBED or not 0 < len(program.units) <= probe.MOST_GROUPS:
        return ()
    if probe.wanted_state(of.instance, program) is None:
        return ()
    says = "parameters drawn at random and completed exactly; ends the search where they meet every label"
    return (Plan("probe", "probe, first of all", says),)


def _thin(of: Summands) -> tuple[Plan, ...]:
    """Where units are too large to form, and all targets may be out of reach."""
    program = of.program
    if not is_sum_over_coordinates(of.instance) or not 0 < program.width <= MOST_AXES:
        return ()
    if not any(estimate(unit.node.part.part).size > thin_size.FEW for unit in program.units[:MOST_ASKED]):
        return ()
    says = (
        "before any unit's set is formed, only vectors near the face of a cut; ends the search where the targets are "
        "out of reach"
    )
    return (Plan("thin", "units from afar", says),)


def _boxes(of: Summands) -> tuple[Plan, ...]:
    """Where equal units are very many and the loss is made of lines, or of curves that the hull does not take."""
    one = len(of.program.outputs) == of.program.blocks == 1
    lines = is_lined(of.instance.loss, of.program.outputs, one)
    curves = bends_of(of.instance.loss, of.program.outputs) is not None and not is_convex(of.instance, of.program)
    if not (lines or curves) or of.varying > by_boxes.MOST_AXES:
        return ()
    most = max((unit.count for unit in of.program.units), default=0)
    if not has_many(most, of.bounds.whole.box.log_count(WIDEST)):
        return ()
    planned = _window(of)
    if planned is None:
        return ()
    says = "bounded by linear programs over the hull of all states, split where the loss bends; mostly ends the search"
    return (Plan("boxes", "boxes of states", says, children=(planned,)),)


def _hull(of: Summands) -> Plan:
    """The search by the hull of all states, or why it is left out."""
    label = "hull and cuts"
    sets = of.bounds.sets
    if not is_convex(of.instance, of.program):
        why = "the activation of an output" if is_convex_sum(of.instance) else f"the loss {of.instance.loss.kind}"
        return Plan("hull", label, f"left out: {why} makes it no sum of convex functions of single coordinates")
    if not of.varying:
        return Plan("hull", label, "left out: there is one state")
    if of.varying > MOST_AXES:
        return Plan("hull", label, f"left out: more than {MOST_AXES} coordinates vary")
    if not has_hull(sets, of.bounds.whole):
        says = f"only if every unit turns out to have at most {LARGEST_CLOUD:,} vectors"
        return Plan("hull", label, says)
    seconds, held = hull_cost(sets, of.program.width)
    rungs = [
        Plan(
            "nearest",
            "nearest point of the hull",
            "a cut there bounds the loss, its vertices mixed give a state; ends the search where the two meet",
        )
    ]
    if of.instance.loss.kind == "squared":
        says = f"while at most 2^{MOST_NEAR:.0f} of them can be cheaper than what is found; ends with the cheapest"
        rungs.append(Plan("face", "all states near the face of the cut", says))
    rungs.append(
        Plan(
            "listed",
            "states between bound and best found, in order of loss",
            f"that no cut and no residue forbids, at most {MOST_TARGETS:,}; exchanges of units lead to one, or an "
            "exact test says that there is none; ends with the first one that is reachable",
            children=_tests(of),
        )
    )
    return Plan(
        "hull",
        label,
        "for convex losses; mostly ends the search",
        seconds=seconds,
        bytes=held,
        children=tuple(rungs),
    )


def _tests(of: Summands) -> tuple[Plan, ...]:
    """The sets that exact tests are made against: the one that is predicted quickest at the time."""
    tests = [Plan("test", "sums near the face of a cut", "the fewer, the nearer the states are to the hull")]
    planned = _window(of)
    if planned is not None:
        tests.append(planned)
    tests.append(Plan("test", "whole halves", "as below"))
    return tuple(tests)


def _window(of: Summands) -> Plan | None:
    """A window of the power of the largest group, where the other summands have few sums."""
    times = [unit.count for unit in of.program.units]
    if max(times, default=0) < LEAST_TIMES:
        return None
    group = max(range(len(times)), key=times.__getitem__)
    rest = of.bounds.sets[-1].size
    others = rest + sum(multisets(s, t) for g, (s, t) in enumerate(zip(of.sizes, times, strict=True)) if g != group)
    widths = _widths(of, group)
    if others > log2(window.MOST_OTHERS) or of.sizes[group] > log2(window.MOST_VECTORS) or widths is None:
        return None
    seconds, size = powers.predicted(widths[0], round(exp2(of.sizes[group])), times[group], widths[1])
    name = words.units(of.instance, of.program.units[group])
    return Plan(
        "window",
        f"window of the power of {name}",
        f"only sums of {words.number(times[group])} units that can meet a wanted state, from those of half as many",
        position=group,
        times=times[group],
        seconds=seconds,
        bytes=float(size),
    )


def _widths(of: Summands, group: int) -> tuple[list[int], list[int]] | None:
    """In steps of the states' coordinates: the widths of the group's set, and of all sums of the others."""
    if of.axes is None or of.unit_axes is None:
        return None
    mine, all_ = of.unit_axes[group], of.axes
    if mine is None:
        return None
    widths = [int(m.step // a.step) * (m.count - 1) if m.count > 1 else 0 for m, a in zip(mine, all_, strict=True)]
    times = of.program.units[group].count
    return widths, [a.count - 1 - times * w for a, w in zip(all_, widths, strict=True)]


def _halves(of: Summands, says: str) -> Plan:
    """Two halves of all summands, and all states or targets."""
    times = [unit.count for unit in of.program.units]
    cost = of.bounds.halves
    right = [t - c for t, c in zip(times, cost.times, strict=True)]
    return Plan(
        "halves",
        "two halves of all sums, L and R",
        says,
        seconds=cost.seconds,
        bytes=cost.bytes,
        children=(
            _half(of, "left", cost.times, cost.left),
            _half(of, "right", right, cost.right),
            _search(of, cost.left.size, cost.right.size),
        ),
    )


def _half(of: Summands, name: str, times: Sequence[int], fold: Folded) -> Plan:
    units, all_ = sum(times), sum(unit.count for unit in of.program.units)
    which = "no units" if not units else f"{words.number(units)} of {several(all_, 'unit')}"
    return Plan(
        "half",
        f"{name} half: {which}{' and the rest' if name == 'right' else ''}",
        size=fold.size,
        seconds=fold.seconds,
        bytes=fold.bytes,
        ways=ways_of(fold),
    )


def _search(of: Summands, left: float, right: float) -> Plan:
    """Whether all states are looked at, or targets asked for one by one."""
    span, terms = of.bounds.whole.box.log_count(WIDEST), max(1, len(of.program.inputs))
    each = STATE_WIDE if span > 62 else STATE
    pairs = min(left + right, span)
    points = 0.01 + sumset_seconds(left, right, span) + times_of(pairs, each * terms)
    if times_of(pairs, BYTES_PER_KEY) > of.room // 2:
        points = inf
    cells = _cells(of)
    if left + right <= log2(POINT_PAIRS // 100) or cells > TABLE_CELLS or cells * CELL_SECONDS > points:
        says = "every state is looked at; ends with the cheapest"
        return Plan("points", "points", f"L + R is formed, and {says}", size=pairs)
    return Plan(
        "targets",
        "targets",
        "states of the box in order of increasing loss, each asked for in L + R; ends with the first one found, or "
        "leaves it to points (all of L + R) where they turn out dearer",
    )


def _cells(of: Summands) -> float:
    """The entries of all tables of losses."""
    n, blocks = len(of.program.inputs), of.program.blocks
    if is_convex(of.instance, of.program):
        return float(n * blocks)
    if n * blocks > 10**4:
        return inf
    counts = [[_log_count(of, b * n + i) for b in range(blocks)] for i in range(n)]
    separate = is_convex_sum(of.instance)
    return sum(sum(map(_power, row)) if separate else _power(sum(row)) for row in counts)


def _power(log: float) -> float:
    return times_of(log, 1.0)


def _log_count(of: Summands, c: int) -> float:
    if of.axes is not None:
        return log2_of(of.axes[c].count)
    one: Interval | None = of.bounds.whole.box[c]
    return inf if one is None else one.log_count
