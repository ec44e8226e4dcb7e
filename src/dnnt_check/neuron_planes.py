"""The grounds "branch" with slopes: a tree of boxes, each leaf ruled out by a plane below the loss.

A point's cost is a function of k, which counts the steps of its pre-activation. For any slope, cost(k) is at least
rest + slope * k, where rest is the least of cost(k) - slope * k. Added up over the points this is linear in the
values of the variables, so its least on a box of values stands at ends. A leaf holds if that is above all losses that
the bound excludes; these lie on a grid, as costs differ by multiples of a common step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dnnt_check.budget import Invalid, Work
from dnnt_check.form import Form, Unit
from dnnt_check.instance import Instance
from dnnt_check.neuron_costs import Place, Shared, places, single_unit
from dnnt_check.numbers import Number, add, common, normal, pitch_of, ratio, whole_ratio

#: Losses that are lines between the marks of a place, if the unit is linear.
LINES = ("absolute", "hinge", "maximum")


@dataclass(frozen=True, slots=True)
class PlaneGrounds:
    """The slopes of each plane over `scale`, and the tree in preorder: a plane, or -1 - variable, cut, left, right."""

    scale: int
    slopes: tuple[tuple[int, ...], ...]
    tree: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Plane:
    """What a plane is where all steps are 0, and what a step of each variable adds; both times `scale`."""

    constant: Number
    growth: tuple[int, ...]


def check_planes(instance: Instance, form: Form, body: PlaneGrounds, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no values of the variables have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: a leaf is not ruled out, or the tree is no tree of boxes.
    """
    unit = single_unit(form)
    linear = unit.activation.kind == "identity" or (unit.activation.kind == "scale" and bool(unit.activation.values[0]))
    kind = instance.loss.kind
    if not linear or kind not in (*LINES, "squared"):
        raise Invalid("lower: slopes go with the loss squared, absolute, hinge or maximum of a unit that is linear")
    shared = Shared()
    points = places(instance, form, unit, shared, work)
    count = len(form.values)
    work.require(len(points) * count * 3e-6, "how sums grow with variables")
    pitches = [pitch_of(values) for values in form.values]
    steps = [
        [whole_ratio(normal(v - of[0]), pitch) if pitch else 0 for v in of]
        for of, pitch in zip(form.values, pitches, strict=True)
    ]
    work.spend(sum(map(len, steps)) * 2e-6)
    grows = [_row(i, unit, pitches, point, work) for i, point in enumerate(points)]
    limit = _limit(points, kind == "squared", bound, strict, work)
    planes = []
    for p, slopes in enumerate(body.slopes):
        if len(slopes) != len(points):
            raise Invalid(f"lower.grounds.slopes[{p}]: {len(points)} slopes are expected, one a point")
        planes.append(_plane(slopes, body.scale, points, grows, steps, kind == "squared", shared, work))
    _walk(body.tree, planes, steps, limit * body.scale, work)


def _row(i: int, unit: Unit, pitches: Sequence[Number], point: Place, work: Work) -> list[int]:
    """What a step of each variable adds to the k of a point."""
    work.spend(len(pitches) * 1e-6)
    return [
        whole_ratio(normal(column[i] * pitch), point.step)
        for (_, column), pitch in zip(unit.terms, pitches, strict=True)
    ]


def _limit(points: Sequence[Place], squared: bool, bound: Number, strict: bool, work: Work) -> Number:
    """The greatest loss that the bound excludes: all losses are low + step * n."""
    low: Number = 0
    step: Number = 0
    for point in points:
        low = add(low, point.cost(0), work)
        if squared:
            if point.top:
                first, second = point.cost(1) - point.cost(0), point.cost(2) - point.cost(1)
                step = common(common(step, normal(first)), normal(second - first))
        else:
            for (a, b), (c, d) in zip(pairwise(point.marks), pairwise(point.at_marks), strict=True):
                step = common(step, ratio(normal(d - c), b - a))
        work.spend(5e-6)
    if not step:
        return low if low < bound or (strict and low == bound) else normal(low - 1)
    steps = ratio(normal(bound - low), step)
    return normal(low + step * (steps.__floor__() if strict else steps.__ceil__() - 1))


def _plane(
    slopes: Sequence[int],
    scale: int,
    points: Sequence[Place],
    grows: Sequence[Sequence[int]],
    steps: Sequence[Sequence[int]],
    squared: bool,
    shared: Shared,
    work: Work,
) -> _Plane:
    """The plane of given slopes."""
    constant: Number = 0
    growth = [0] * len(steps)
    for slope, point, row in zip(slopes, points, grows, strict=True):
        if squared:
            k = _least_at(point, slope, scale)
            rest = scale * point.cost(k) - slope * k
            work.spend(point.top.bit_length() * 4e-6)
        else:
            rest = min([scale * cost - slope * k for k, cost in zip(point.marks, point.at_marks, strict=True)])
            work.spend(len(point.marks) * (1e-6 + shared.seconds))
        constant = constant + rest
        # Where a column is negative, k is 0 at the last value.
        for j, g in enumerate(row):
            if g:
                growth[j] += slope * g
                if g < 0:
                    constant -= slope * g * steps[j][-1]
        work.spend(len(row) * (2e-7 + slope.bit_length() * 1e-10) + shared.seconds)
    return _Plane(normal(constant), tuple(growth))


def _least_at(point: Place, slope: int, scale: int) -> int:
    """Where cost - slope * k / scale is least, for a cost whose differences never fall."""
    return bisect_left(range(point.top), True, key=lambda k: scale * (point.cost(k + 1) - point.cost(k)) >= slope)


def _walk(
    tree: Sequence[int], planes: Sequence[_Plane], steps: Sequence[Sequence[int]], limit: Number, work: Work
) -> None:
    """All leaves of a tree in preorder."""
    longest = max([grow.bit_length() for plane in planes for grow in plane.growth], default=0)
    waiting = [([0] * len(steps), [len(of) - 1 for of in steps])]
    entries = iter(enumerate(tree))
    for place, entry in entries:
        if not waiting:
            raise Invalid(f"lower.grounds.tree[{place}]: the tree has ended before")
        low, high = waiting.pop()
        work.spend(len(steps) * (3e-7 + longest * 1e-10) + 2e-6)
        if entry >= 0:
            if entry >= len(planes):
                raise Invalid(f"lower.grounds.tree[{place}]: there is no plane {entry}")
            plane = planes[entry]
            least = plane.constant
            for of, grow, first, last in zip(steps, plane.growth, low, high, strict=True):
                if grow:
                    least = least + grow * of[first if grow > 0 else last]
            if least <= limit:
                raise Invalid(f"lower.grounds.tree[{place}]: plane {entry} does not rule out its box")
            continue
        variable = -1 - entry
        _, cut = next(entries, (0, -1))
        if variable >= len(steps) or not low[variable] < cut <= high[variable]:
            raise Invalid(f"lower.grounds.tree[{place}]: no value of variable {variable} is cut off in its box")
        left, right = list(high), list(low)
        left[variable], right[variable] = cut - 1, cut
        waiting += ((right, high), (low, left))
    if waiting:
        raise Invalid("lower.grounds.tree: the tree does not end")
