"""The grounds "reachable": the states of a two-layer network are rebuilt, as Theorem 1.6 (repaired) does.

States are sums of one vector from each unit and of the rest. Either all sums of the two halves are formed and their
loss is computed, or the states of the box whose loss is too small are listed and shown to be in no sum of the halves.
Cuts and residues are proved first, and leave fewer targets; near a face, and in a window, only parts of the halves
are needed. Where the units are very many, boxes of states are looked at one by one.
"""

from __future__ import annotations

from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.capped import Capped
from dnnt_check.cases import check_cases
from dnnt_check.directions import conditions_of
from dnnt_check.instance import Instance
from dnnt_check.keys import add_set
from dnnt_check.meeting import meets
from dnnt_check.near_points import check_near_points
from dnnt_check.network import Network
from dnnt_check.numbers import Number
from dnnt_check.points import check_points
from dnnt_check.ranges import check_ranges
from dnnt_check.reachable_grounds import Grounds, Sizes
from dnnt_check.state_boxes import check_boxes
from dnnt_check.states import StateLoss
from dnnt_check.structure import Structure, structure_of
from dnnt_check.summands import Summands
from dnnt_check.targets import list_targets
from dnnt_check.windowed import meets_in_window


def check_reachable(
    instance: Instance,
    network: Network,
    grounds: Grounds,
    bound: Number,
    strict: bool,
    work: Work,
) -> None:
    """Prove that no reachable state has a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some state has, the grounds do not apply, a set is larger than declared, or it is too much work.
    """
    sizes = grounds.sizes
    assert sizes is not None
    _bound_work(sizes, grounds.last, work)
    structure = structure_of(instance, network, grounds.left, work, grounds.rest)
    if grounds.window:
        _check_window(structure)
    if grounds.cases:
        check_cases(instance, structure, grounds, sizes, bound, strict, work)
        return
    if grounds.boxes:
        check_boxes(instance, structure, grounds, sizes, bound, strict, work)
        return
    summands = Summands(instance, structure, sizes, work, bool(grounds.cuts) and not grounds.window, grounds.thin)
    loss = StateLoss(instance, structure, summands.axes, bound, strict, work)
    if grounds.last == "targets":
        found = _reached_target(summands, loss, grounds, sizes, work)
        if found is not None:
            loss.check(found)
        return
    if grounds.last == "ranges":
        check_ranges(summands, loss, sizes.last, work)
        return
    if grounds.slack is not None:
        check_near_points(summands, loss, grounds, sizes, work)
        return
    left, right = summands.halves()
    points = add_set(left, right, sizes.last, "last", work)
    check_points(loss, points, work)


def _reached_target(summands: Summands, loss: StateLoss, grounds: Grounds, sizes: Sizes, work: Work) -> int | None:
    """A reachable state whose loss is too small, or None if there is none."""
    conditions = conditions_of(grounds, summands, work)
    targets = list_targets(loss, conditions, sizes.last, work)
    if not targets:
        return None
    if conditions.span:
        if not grounds.window:
            assert conditions.face is not None
            slack = max(targets) // conditions.span
            return Capped(summands, conditions.cuts[0], conditions.face, slack, work).meets(targets)
        targets = [target % conditions.span for target in targets]
    if grounds.window:
        return meets_in_window(summands, targets, work)
    left, right = summands.halves()
    return meets(left, right, targets, work)


def _check_window(structure: Structure) -> None:
    """The units of the left half must be equal."""
    if len([group for group in structure.groups if group.left]) != 1:
        raise Invalid("lower.grounds.window: the units of the left half are not equal, or there are none")


def _bound_work(sizes: Sizes, last: str, work: Work) -> None:
    """Refuse declared sizes that no representation could handle in time.

    A bit of a long integer takes about a tenth of a nanosecond, so this is a bound from below; every step is
    predicted again, with the sizes that are then known, before it begins.
    """
    seconds = 0.0
    for size in (sizes.pre, sizes.unit, sizes.left, sizes.right):
        seconds += rough_seconds(size, 1e-10)
    seconds += rough_seconds(sizes.last, 1e-7)
    work.require(seconds, "building sets of the declared sizes")
