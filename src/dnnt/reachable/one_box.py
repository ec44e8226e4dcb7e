"""One box of states around what a convex loss wants: all states in it are listed, those outside cost more.

Where many equal units reach few of many states that cost little, that is quicker than to ask for one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from dnnt.certificate import BoxSplit, BoxWindow, DirectionBound
from dnnt.exact import normal
from dnnt.reachable.box_windows import MOST_OTHERS, BoxWindows
from dnnt.reachable.clouds import Cloud
from dnnt.reachable.found import Found, Grounds
from dnnt.reachable.halves import Parts
from dnnt.reachable.lines import DigitBox, Lined, Lines
from dnnt.reachable.listing import Coordinate, Costs
from dnnt.reachable.packing import Packing
from dnnt.reachable.terms import Term
from dnnt.reachable.window import group_of
from dnnt.running import Run


def by_one_box(
    parts: Parts, clouds: tuple[Cloud, ...], costs: Costs, most: int, run: Run
) -> tuple[Found | None, Grounds] | None:
    """The cheapest state among those that cost at most so much (scaled), if there is one, and the grounds that there is
    no cheaper one; None where too many states may be in the box.
    """
    group = group_of(parts, clouds, MOST_OTHERS)
    coordinates = sorted(costs.coordinates, key=lambda at: at.axis)
    box = _box(coordinates, most - costs.least)
    if group is None or box.gap is not None:
        return None
    lines = Lines(tuple(_lined(at, costs) for at in coordinates), normal(Fraction(costs.constant, costs.scale)))
    windows = BoxWindows(parts, clouds[group[0]], group[0], lines, run)
    every = tuple(range(len(coordinates)))
    if not windows.fits(box, every):
        return None
    run.progress("all states in a box", 0.7)
    listed = windows.least(box, every)
    if listed is None:
        return None
    left = tuple(t if g == group[0] else 0 for g, t in enumerate(parts.times))
    tree = tuple(_tree(coordinates, box, parts.packing))
    grounds = Grounds("boxes", left, max(listed.size, 1), windows.rests, max(listed.pairs, 1), boxes=tree)
    return (listed.found if listed.found is not None and listed.found.loss <= costs.loss(most) else None), grounds


def _box(coordinates: Sequence[Coordinate], room: int) -> DigitBox:
    """Around all digits at which no coordinate costs more than so much above its least."""
    ends = [at.interval(room + at.cost(at.best)) for at in coordinates]
    return DigitBox(tuple(a for a, _ in ends), tuple(b for _, b in ends))


def _lined(at: Coordinate, costs: Costs) -> Lined:
    """A coordinate as windows see it; that its part of the loss is made of lines is of no matter to them."""
    return Lined(at.axis, Term((at.axis,), lambda digits: Fraction(at.cost(digits[0]), costs.scale)), (), at.count)


def _tree(
    coordinates: Sequence[Coordinate], box: DigitBox, packing: Packing
) -> Iterator[BoxSplit | BoxWindow | DirectionBound]:
    """What lies outside, side by side, and the box itself, in preorder."""
    outside = DirectionBound((), 0)
    above = 0
    for at, low, high in zip(coordinates, box.low, box.high, strict=True):
        value = packing.axes[at.axis].value
        if low > 0:
            yield BoxSplit(at.axis, value(low - 1))
            yield outside
        if high < at.count - 1:
            yield BoxSplit(at.axis, value(high))
            above += 1
    yield BoxWindow(tuple(at.axis for at in coordinates), ())
    for _ in range(above):
        yield outside
