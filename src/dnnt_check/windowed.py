"""The certificate's window: of L, the sums of equal units, only what lies where targets need it.

Targets t are sums if t - r is in L for some r in R. So the elements of L in the smallest box around all t - r are
found, in coordinates of the lattice that the differences of the unit's vectors generate, and tested as the whole of L
would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dnnt_check.boxes import Axis
from dnnt_check.budget import Work, describe, rough_seconds
from dnnt_check.directions import HalfSpace
from dnnt_check.keys import ELEMENT_BYTES, Keys, SizeExceeded
from dnnt_check.lattice import Lattice
from dnnt_check.meeting import meets
from dnnt_check.summands import Summands
from dnnt_check.windows import elements, sums_in

#: Predicted seconds for a vector that is taken apart, and for each of its digits.
VECTOR = 1.5e-6
DIGIT = 3e-7

#: Predicted seconds for a bit of a long integer that is divided.
BIT = 7e-11


def meets_in_window(summands: Summands, targets: Sequence[int], work: Work) -> int | None:
    """A target that is a sum, or None. All units of the left half belong to one group."""
    _, right = summands.halves(with_left=False)
    # Coordinates with one value need no digit.
    window = Window(summands, [axis for axis in summands.axes if axis.radix > 1], work)
    work.require(rough_seconds(len(targets) + right.count, window.each), "the box of a window")
    pairs = zip(window.extremes(targets), window.extremes(right.elements(work)), strict=True)
    box = [(of_target[0] - of_right[1], of_target[1] - of_right[0]) for of_target, of_right in pairs]
    strides = [axis.stride for axis in window.axes]
    left = {sum([digit * stride for digit, stride in zip(v, strides, strict=True)]) for v in window.within(box)}
    if not left:
        return None
    return meets(Keys(max(left), left), right, list(targets), work)


def _near(keys: Keys, near: Sequence[tuple[HalfSpace, int]], summands: Summands, work: Work) -> list[int]:
    """The keys of those vectors of a unit that fall at most so much short of the greatest value of each cut."""
    every = list(keys.elements(work))
    kept = every
    each = VECTOR + len(summands.axes) * (DIGIT + summands.span.bit_length() * BIT)
    for cut, slack in near:
        work.require(rough_seconds(len(every), each), "the vectors of a unit near a cut")
        work.spend(len(every) * each)
        weighted = [(weight, axis) for weight, axis in zip(cut.weights, summands.axes, strict=True) if weight]
        values = {key: sum([weight * (key // axis.stride % axis.radix) for weight, axis in weighted]) for key in every}
        least = max(values.values()) - slack
        kept = [key for key in kept if values[key] >= least]
    return kept


class Window:
    """The sums of the units of the left half, which are equal, in some coordinates.

    Attributes:
        axes: the coordinates.
        each: predicted seconds for a vector that is taken apart.
    """

    def __init__(
        self, summands: Summands, axes: Sequence[Axis], work: Work, near: Sequence[tuple[HalfSpace, int]] = ()
    ) -> None:
        """Take the vectors of a unit apart: those that fall at most so much short of the greatest value of each cut."""
        self.work = work
        self.limit = summands.sizes.left
        (item,) = [item for item in summands.contributions if item.group.left]
        self.count = item.group.left
        self.axes = list(axes)
        # Keys are taken apart from the lowest digit on: shifted by what lies between this axis and the one before.
        self._steps: list[tuple[int, int, int]] = []
        before = 1
        for place, axis in sorted(enumerate(self.axes), key=lambda pair: pair[1].stride):
            self._steps.append((place, axis.stride // before, axis.radix))
            before = axis.stride
            work.spend(DIGIT + before.bit_length() * BIT)
        self.each = VECTOR + len(self.axes) * (DIGIT + summands.span.bit_length() * BIT)
        keys = summands.packed(item)
        work.require(rough_seconds(keys.count, self.each * 5), "the vectors of a unit")
        work.hold(keys.count * ELEMENT_BYTES, "the vectors of a unit")
        # In some of all coordinates several vectors may be the same.
        self.vectors = sorted({self.digits(key) for key in _near(keys, near, summands, work)})

    def digits(self, key: int) -> tuple[int, ...]:
        """The digits of a key in these coordinates."""
        self.work.spend(self.each)
        result = [0] * len(self.axes)
        for place, factor, radix in self._steps:
            if factor > 1:
                key //= factor
            result[place] = key % radix
        return tuple(result)

    def extremes(self, keys: Iterable[int]) -> list[tuple[int, int]]:
        """The least and the greatest digit of every coordinate."""
        low: list[int] = []
        high: list[int] = []
        for key in keys:
            digits = self.digits(key)
            if not low:
                low, high = list(digits), list(digits)
            low, high = [*map(min, low, digits)], [*map(max, high, digits)]
        return list(zip(low, high, strict=True))

    def within(self, box: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
        """The sums in a box of digits.

        Raises:
            SizeExceeded: there are more than declared.
        """
        work = self.work
        if not self.vectors:
            return []
        lattice = Lattice(self.vectors, work)
        if lattice.rank == 0:
            return self._kept([()], lattice, box)
        wanted = lattice.box([low for low, _ in box], [high for _, high in box], self.count)
        if any(low > high for low, high in wanted):
            return []
        found = sums_in(lattice.members, self.count, tuple(wanted), work)
        if found is None:
            return []
        size = sum([row.bit_count() for row in found.rows])
        work.require(rough_seconds(size, self.each * 2), "the elements of a window")
        work.hold(size * ELEMENT_BYTES, "the elements of a window")
        return self._kept(elements(found, work), lattice, box)

    def _kept(
        self, found: list[tuple[int, ...]], lattice: Lattice, box: Sequence[tuple[int, int]]
    ) -> list[tuple[int, ...]]:
        """Those that lie in the box."""
        result: list[tuple[int, ...]] = []
        for moved in found:
            vector = lattice.vector(moved, self.count)
            self.work.spend(self.each * 2)
            if all(low <= digit <= high for digit, (low, high) in zip(vector, box, strict=True)):
                result.append(tuple(vector))
            if len(result) > self.limit:
                raise SizeExceeded(
                    f"lower.grounds.sizes.left: at most {describe(self.limit)} are declared, the window holds more"
                )
        return result
