"""What the points cost a form of one unit, on a grid of integers.

The pre-activation of a point is low + step * k, where k counts in steps what the variables add to the least that they
can give; k runs from 0 to `top`. The cost of a point is a function of k alone. Where activation and loss have known
breaks there are few places between which it is monotone, whatever `top` is; else its values are looked at one by one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from math import lcm

from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.form import Form, Unit
from dnnt_check.instance import Instance, Samples
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, bits, common, magnitude, multiply, normal, pitch_of, whole_ratio

#: Numbers of more bits are refused: products of them would not be short work.
MAXIMUM_NUMBER = 5000

#: Values of k that are looked at one by one, over all points, where nothing is known of a function.
MAXIMUM_LISTED = 400_000


_ZERO: Number = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A point: its pre-activations, its costs, and what is known of them.

    Attributes:
        low: the least pre-activation.
        step: the distance of possible ones.
        top: the largest k.
        cost: k -> cost, which remembers.
        marks: values of k between which the cost is monotone, in increasing order, 0 and `top` among them.
    """

    low: Number
    step: Number
    top: int
    cost: Callable[[int], Number]
    marks: tuple[int, ...]
    at_marks: tuple[Number, ...] = field(repr=False)

    def least(self, first: int, last: int) -> Number:
        """The least cost for k from first to last."""
        found = min(self.cost(first), self.cost(last))
        begin, end = bisect_left(self.marks, first), bisect_right(self.marks, last)
        return min(found, *self.at_marks[begin:end]) if begin < end else found

    def runs(self, most: int) -> list[tuple[int, int, Number]] | None:
        """The costs as runs (first k, last k, cost) of equal values; None if there are more than so many."""
        found: list[tuple[int, int, Number]] = []
        for a, b in zip(self.marks, (*self.marks[1:], self.top), strict=True):
            waiting = [(a, b)]
            while waiting:
                first, last = waiting.pop()
                start, end = self.cost(first), self.cost(last)
                if start == end or last - first <= 1:
                    for piece in [(first, last, start)] if start == end else [(first, first, start), (last, last, end)]:
                        if found and found[-1][2] == piece[2]:
                            found[-1] = (found[-1][0], piece[1], piece[2])
                        elif not found or piece[0] > found[-1][1]:
                            found.append(piece)
                else:
                    middle = (first + last) // 2
                    waiting += [(middle, last), (first, middle)]
                if len(found) + len(waiting) > most:
                    return None
        return found


def single_unit(form: Form) -> Unit:
    """The only unit of a form.

    Raises:
        Invalid: there are others, or it has products.
    """
    if len(form.units) != 1 or form.units[0].products:
        raise Invalid('lower: the grounds "branch" are for a normal form of one unit')
    unit = form.units[0]
    given = [*unit.constant, *[z for _, column in unit.terms for z in column]]
    given += [z for values in form.values for z in (values[0], values[-1], values[len(values) // 2])]
    if max(map(bits, given), default=0) > MAXIMUM_NUMBER:
        raise TooMuchWork(f"too much work: numbers of more than {MAXIMUM_NUMBER} bits")
    return unit


class Shared:
    """The common denominator of all costs so far, which sums of them share: else these could be of any length."""

    __slots__ = ("denominator",)

    def __init__(self) -> None:
        self.denominator = 1

    @property
    def seconds(self) -> float:
        """For adding one cost to others, as measured."""
        bits = self.denominator.bit_length()
        return 9e-8 if bits == 1 else 3e-6 + bits * (1e-8 + bits * 4e-12)

    def take(self, cost: Number) -> None:
        """One more cost."""
        if type(cost) is not int and self.denominator % cost.denominator:
            self.denominator = lcm(self.denominator, cost.denominator)
            if self.denominator.bit_length() > MAXIMUM_NUMBER:
                raise TooMuchWork(
                    f"too much work: the common denominator of the losses has more than {MAXIMUM_NUMBER} bits"
                )


def places(instance: Instance, form: Form, unit: Unit, shared: Shared, work: Work) -> tuple[Place, ...]:
    """All points."""
    output = form.outputs.index(0)
    loss = instance.loss.function(work)
    apply = unit.activation.function(work)
    columns = [column for _, column in unit.terms]
    widths = [normal(values[-1] - values[0]) for values in form.values]
    pitches = []
    for values in form.values:
        pitches.append(pitch_of(values))
        work.spend(len(values) * 5e-7)
    made = []
    listed = 0
    for i in range(len(instance.points)):
        low, step, width = unit.constant[i], _ZERO, _ZERO
        for column, values, each, pitch in zip(columns, form.values, widths, pitches, strict=True):
            a = column[i]
            low = low + a * (values[0] if a >= 0 else values[-1])
            step = common(step, normal(a * pitch))
            width = width + magnitude(a) * each
        top = whole_ratio(normal(width), step) if step else 0
        step = step or 1
        known = [0 if isinstance(of, int) else of[i] for of in form.outputs]

        cost = _cost(instance.samples[i], known, output, apply, loss, normal(low), step, shared, work)
        marks = _marks(instance, form, unit, output, i, normal(low), step, top, apply, work)
        listed += len(marks)
        if listed > MAXIMUM_LISTED:
            raise TooMuchWork("too much work: too many values of a function of which nothing is known")
        made.append(Place(normal(low), step, top, cost, marks, tuple([cost(k) for k in marks])))
        work.spend(3e-6 + len(columns) * 1e-6)
    return tuple(made)


def _cost(
    samples: Samples,
    known: list[Number],
    output: int,
    apply: Callable[[Number], Number],
    loss: Callable[[Vector, Vector], Number],
    low: Number,
    step: Number,
    shared: Shared,
    work: Work,
) -> Callable[[int], Number]:
    """The cost of a point as a function of k."""
    memory: dict[int, Number] = {}

    def cost(k: int) -> Number:
        found = memory.get(k)
        if found is None:
            known[output] = apply(normal(low + step * k))
            vector = tuple(known)
            found = 0
            for weight, labels in samples:
                found = add(found, multiply(weight, loss(vector, labels), work), work)
            shared.take(found)
            memory[k] = found
            work.spend(2e-6)
        return found

    return cost


def _marks(
    instance: Instance,
    form: Form,
    unit: Unit,
    output: int,
    i: int,
    low: Number,
    step: Number,
    top: int,
    apply: Callable[[Number], Number],
    work: Work,
) -> tuple[int, ...]:
    """Values of k between which the cost of a point is monotone."""
    loss = instance.loss
    if top <= 8 or not unit.activation.has_breaks or loss.kind == "guarded":
        if top > MAXIMUM_LISTED:
            raise TooMuchWork("too much work: too many values of a function of which nothing is known")
        return tuple(range(top + 1))
    found = {0, top}
    for z in unit.activation.breaks():
        _surround(found, (z - low) // step, top)
    turning = set(loss.breaks(output, instance.samples[i]))
    others = [(p, of[i]) for p, of in enumerate(form.outputs) if not isinstance(of, int)]
    if loss.kind == "maximum" and others:
        for _, labels in instance.samples[i]:
            far = max([magnitude(f - labels[p]) for p, f in others])
            turning.update((normal(labels[output] - far), normal(labels[output] + far)))
    if loss.kind == "misclassified":
        turning.update([0, *[f for _, f in others]])
    marks = sorted(found)
    for a, b in pairwise(marks):
        start, end = apply(normal(low + step * a)), apply(normal(low + step * b))
        work.spend(3e-6)
        for f in turning:
            work.spend(1e-6)
            if start <= f <= end or end <= f <= start:
                for passed in _crossings(a, b, f, start <= end, low, step, apply):
                    _surround(found, passed, top)
    return tuple(sorted(found))


def _crossings(
    a: int, b: int, f: Number, rises: bool, low: Number, step: Number, apply: Callable[[Number], Number]
) -> Iterable[int]:
    """The last k of a monotone stretch that is short of a value, and the last that is not past it."""
    for reach in (False, True):
        first, last = a, b
        while last - first > 1:
            middle = (first + last) // 2
            value = apply(normal(low + step * middle))
            short = value < f if rises else value > f
            if short or (reach and value == f):
                first = middle
            else:
                last = middle
        yield first


def _surround(found: set[int], k: int, top: int) -> None:
    """Add the neighbourhood of a place."""
    found.update([place for place in range(k - 1, k + 3) if 0 < place < top])


def gain(value: Number, least: Number, place: Place) -> int:
    """How many steps a contribution is above the least one."""
    return whole_ratio(normal(value - least), place.step)
