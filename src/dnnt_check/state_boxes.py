"""Boxes of states: each is shown to hold no state with a loss that is too small, and together they are all.

A tree divides the smallest box around the reachable states: at a split a coordinate is at most some value, or more. In
a part the loss is bounded, whatever else is known of states there,

- by itself: the least values that the coordinates give to it;
- by a cut c . v <= M and a multiplier m >= 0: all states v in it cost at least the least of loss(v) + m c . v over the
  part, less m M (weak duality); both are sums over coordinates;
- by a window: the sums of the equal units and of the rest, in some coordinates, that lie in the part are listed, and
  the other coordinates give at least their least values. No unit falls further short of what units give to a cut at
  most than a state in the part does of what states do, so cuts leave fewer vectors.

All is done with the loss of single coordinates, so the loss has to be a sum over these. If it is made of lines, losses
in a part differ by multiples of some number, and bounds are raised to the next loss that there can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from dnnt_check.budget import Invalid, Work, describe, rough_seconds
from dnnt_check.directions import HalfSpace, half_spaces
from dnnt_check.instance import Instance
from dnnt_check.keys import Keys, SizeExceeded
from dnnt_check.numbers import Number, add, brief, charge_quotient, common, multiply, ratio
from dnnt_check.reachable_grounds import BoxBound, BoxSplit, BoxWindow, Grounds, Sizes
from dnnt_check.states import StateLoss
from dnnt_check.structure import Structure
from dnnt_check.summands import Summands
from dnnt_check.targets import Coordinate, constant_part, has_straight_outputs, is_made_of_lines
from dnnt_check.windowed import Window

#: Predicted seconds for a piece of a loss, for a pair of two sums, and for each coordinate of it.
PIECE = 4e-6
PAIR = 1.5e-6
ENTRY = 5e-7

#: Digits of a coordinate: first and last. A part has some of every coordinate.
Digits = tuple[int, int]
Part = list[Digits]


def check_boxes(
    instance: Instance, structure: Structure, grounds: Grounds, sizes: Sizes, bound: Number, strict: bool, work: Work
) -> None:
    """Prove that no state has a loss that is too small, box by box.

    Raises:
        Invalid: a part is not proved, or the parts are not all, or the loss is no sum over coordinates.
    """
    summands = Summands(instance, structure, sizes, work)
    loss = StateLoss(instance, structure, summands.axes, bound, strict, work)
    _Checking(summands, loss, grounds, sizes, work).check(grounds.boxes)


class _Checking:
    """All parts of one certificate. Coordinates are counted as axes are: the rows of the first input come first."""

    def __init__(self, summands: Summands, loss: StateLoss, grounds: Grounds, sizes: Sizes, work: Work) -> None:
        self.summands, self.loss, self.sizes, self.work = summands, loss, sizes, work
        this = loss.instance.loss
        alone = summands.rows == len(loss.structure.outputs) == 1 and this.part_of_one_is_all
        if not this.separable and not alone:
            raise Invalid("lower.grounds.boxes: the loss is no sum over coordinates")
        self.constant = constant_part(loss, work)
        self.coordinates = [Coordinate(loss, i, row) for i in range(summands.points) for row in range(summands.rows)]
        self.lines = is_made_of_lines(loss)
        self.parabolas = this.kind == "squared" and has_straight_outputs(loss)
        cuts = {entry.cut for entry in grounds.boxes if isinstance(entry, BoxBound) and entry.cut}
        cuts |= {cut for entry in grounds.boxes if isinstance(entry, BoxWindow) for cut in entry.cuts}
        self.cuts: dict[tuple[int, ...], HalfSpace | None] = dict(
            zip(cuts, half_spaces([*cuts], summands, work), strict=True)
        )
        self.right: Keys | None = None

    def _ends(self, part: Part, at: int) -> Iterator[tuple[Digits, Number, Number]]:
        """The intervals of a coordinate in a part, and what the first and the last digit of each give to the loss."""
        low, high = part[at]
        coordinate = self.coordinates[at]
        for piece in coordinate.pieces:
            first, last = max(piece.first, low), min(piece.last, high)
            self.work.spend(PIECE)
            if first <= last:
                at_first = piece.at_first if first == piece.first else coordinate.value(first)
                yield (first, last), at_first, piece.at_last if last == piece.last else coordinate.value(last)

    def _grain(self, part: Part) -> tuple[Number, Number] | None:
        """A loss in a part, and what all others there differ from it by multiples of; None if that is not known."""
        base: Number = self.constant
        grain: Number = 0
        for at in range(len(part)):
            before: Number | None = None
            for (first, last), start, end in self._ends(part, at):
                if before is None:
                    base = add(base, start, self.work)
                    steps = []
                else:
                    steps = [add(start, -before, self.work)]
                before = end
                rise = add(end, -start, self.work)
                if rise:
                    if not self.lines:
                        return None
                    charge_quotient(rise, last - first, self.work)
                    steps.append(ratio(rise, last - first))
                for step in steps:
                    charge_quotient(grain, step, self.work)
                    grain = common(grain, step)
        return base, grain

    def _raised(self, least: Number, part: Part) -> Number | None:
        """The least loss that there can be in a part from a bound on; None if there is none."""
        known = self._grain(part)
        if known is None:
            return least
        base, grain = known
        if not grain:
            return base if least <= base else None
        distance = add(least, -base, self.work)
        charge_quotient(distance, grain, self.work)
        above = ratio(distance, grain)
        steps = -(-above.numerator // above.denominator)
        return add(base, multiply(grain, steps, self.work), self.work)

    def check(self, entries: Sequence[BoxSplit | BoxWindow | BoxBound]) -> None:
        """Walk through the tree. Of the parts before only what is to be undone is kept, however deep the tree is."""
        part: Part = [(0, axis.radix - 1) for axis in self.summands.axes]
        changed: list[tuple[int, Digits]] = []
        waiting: list[tuple[int, tuple[int, Digits] | None]] = [(0, None)]
        for number, entry in enumerate(entries):
            self.work.spend(1e-5)
            place = f"lower.grounds.boxes[{number}]"
            if not waiting:
                raise Invalid(f"{place}: the boxes before are all")
            kept, change = waiting.pop()
            while len(changed) > kept:
                at, before = changed.pop()
                part[at] = before
            if change is not None:
                at, digits = change
                changed.append((at, part[at]))
                part[at] = digits
            if isinstance(entry, BoxSplit):
                at, first, second = self._divided(part, entry, place)
                waiting += [(len(changed), (at, second)), (len(changed), (at, first))]
            elif any(first > last for first, last in part):
                continue
            elif isinstance(entry, BoxBound):
                least = self._raised(self._bounded(part, entry), part)
                if least is not None and self.loss.too_small(least):
                    raise Invalid(f"{place}: only losses of {brief(least)} or more are proved in this box")
            else:
                self._listed(part, entry, place)
        if waiting:
            raise Invalid("lower.grounds.boxes: a box is missing")

    def _axis(self, coordinate: int, place: str) -> int:
        """Where a coordinate of the certificate, sum by sum, is among the axes, input by input."""
        points, rows = self.summands.points, self.summands.rows
        if coordinate >= points * rows:
            raise Invalid(f"{place}: a state has {points * rows} coordinates")
        row, i = divmod(coordinate, points)
        return i * rows + row

    def _divided(self, part: Part, split: BoxSplit, place: str) -> tuple[int, Digits, Digits]:
        """A coordinate, and its digits in the first and in the second part."""
        at = self._axis(split.coordinate, place)
        axis = self.summands.axes[at]
        (first, last), digit = part[at], 0
        if axis.step:
            distance = add(split.value, -axis.low, self.work)
            charge_quotient(distance, axis.step, self.work)
            quotient = ratio(distance, axis.step)
            digit = quotient.numerator // quotient.denominator
        elif split.value < axis.low:
            digit = -1
        self.work.spend(2e-6)
        return at, (first, min(digit, last)), (max(digit + 1, first), last)

    # ------------------------------------------------------------ bounds

    def _bounded(self, part: Part, entry: BoxBound) -> Number:
        """A lower bound on the loss in a part, with or without a cut."""
        work = self.work
        cut = self.cuts[entry.cut] if entry.cut else None
        times: Number = 0
        total = self.constant
        if cut is not None:
            times = multiply(entry.times, cut.unit, work)
            total = add(total, -multiply(times, cut.limit, work), work)
        for at in range(len(part)):
            slope = multiply(times, cut.weights[at], work) if cut is not None else 0
            total = add(total, self._least(part, at, slope), work)
        return total

    def _least(self, part: Part, at: int, slope: Number) -> Number:
        """The least of the part of the loss of one coordinate, plus slope times the digit, or less than that."""
        work = self.work
        best: Number | None = None
        for (first, last), *values in self._ends(part, at):
            tilts = [multiply(slope, first, work), multiply(slope, last, work)]
            if self.lines or self.parabolas:
                least = min(add(values[0], tilts[0], work), add(values[1], tilts[1], work))
                if self.parabolas and last > first + 1:
                    least = min([least, *self._lowest(at, (first, last), slope)])
            else:
                # Between its ends the loss is monotone, so it is least at one of them.
                least = add(min(values), min(tilts), work)
            best = least if best is None else min(best, least)
        assert best is not None, "a part that is not empty"
        return best

    def _lowest(self, at: int, ends: Digits, slope: Number) -> list[Number]:
        """The values of a parabola plus slope times the digit at the whole digits next to where it is least, if that is
        between the ends.
        """
        work, (first, last), value = self.work, ends, self.coordinates[at].value
        start, after = value(first), value(first + 1)
        rise = add(after, -start, work)
        bend = add(add(value(first + 2), -after, work), -rise, work)
        if bend <= 0:
            return []
        distance = add(rise, slope, work)
        charge_quotient(distance, bend, work)
        place = Fraction(1, 2) - ratio(distance, bend)
        digit = first + place.numerator // place.denominator
        work.spend(PIECE)
        return [add(value(d), multiply(slope, d, work), work) for d in (digit, digit + 1) if first < d < last]

    # ------------------------------------------------------------ windows

    def _slack(self, part: Part, cut: HalfSpace) -> int:
        """What states in a part fall short of the greatest value of a cut at most."""
        self.work.spend(len(part) * ENTRY)
        return cut.limit - sum(
            [min(weight * first, weight * last) for weight, (first, last) in zip(cut.weights, part, strict=True)]
        )

    def _listed(self, part: Part, entry: BoxWindow, place: str) -> None:
        """Look at all sums, in some coordinates, that lie in a part."""
        work = self.work
        chosen = [self._axis(coordinate, place) for coordinate in entry.coordinates]
        if len([item for item in self.summands.contributions if item.group.left]) != 1:
            raise Invalid(f"{place}: the units of the left half are not equal, or there are none")
        if self.right is None:
            _, self.right = self.summands.halves(with_left=False)
        near = [(cut, self._slack(part, cut)) for cut in map(self.cuts.__getitem__, entry.cuts) if cut is not None]
        if any(slack < 0 for _, slack in near):
            return  # No state is in the part.
        window = Window(self.summands, [self.summands.axes[at] for at in chosen], work, near)
        work.require(rough_seconds(self.right.count, window.each), "the box of a window")
        rests = sorted({window.digits(key) for key in self.right.elements(work)})
        columns = list(zip(*rests, strict=True))
        box = [
            (part[at][0] - max(column), part[at][1] - min(column)) for at, column in zip(chosen, columns, strict=True)
        ]
        sums = window.within(box)
        if len(sums) * len(rests) > self.sizes.last:
            raise SizeExceeded(
                f"lower.grounds.sizes.last: at most {describe(self.sizes.last)} are declared, a window has more sums"
            )
        work.require(rough_seconds(len(sums) * len(rests), PAIR + ENTRY * len(chosen)), "the sums of a window")
        beside = self.constant
        listed = set(chosen)
        for at in range(len(part)):
            if at not in listed:
                beside = add(beside, self._least(part, at, 0), work)
        for one in sums:
            for other in rests:
                digits = [a + b for a, b in zip(one, other, strict=True)]
                work.spend(PAIR + ENTRY * len(digits))
                if all(part[at][0] <= digit <= part[at][1] for at, digit in zip(chosen, digits, strict=True)):
                    total = beside
                    for at, digit in zip(chosen, digits, strict=True):
                        total = add(total, self.coordinates[at].value(digit), work)
                    if self.loss.too_small(total):
                        raise Invalid(f"{place}: a sum in this box allows a loss of {brief(total)}")
