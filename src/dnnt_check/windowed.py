"""The certificate's window: of L, the sums of equal units, only what lies where targets need it.

Targets t are sums if t - r is in L for some r in R. So the elements of L in the smallest box around all t - r are
found, in coordinates of the lattice that the differences of the unit's vectors generate, and tested as the whole of L
would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dnnt_check.budget import Work, describe, rough_seconds
from dnnt_check.keys import ELEMENT_BYTES, Keys, SizeExceeded
from dnnt_check.lattice import Lattice
from dnnt_check.meeting import meets
from dnnt_check.summands import Summands
from dnnt_check.windows import elements, sums_in

#: Predicted seconds for a vector that is taken apart, and for each of its digits.
VECTOR = 1.5e-6
DIGIT = 3e-7


def meets_in_window(summands: Summands, targets: Sequence[int], work: Work) -> int | None:
    """A target that is a sum, or None. All units of the left half belong to one group."""
    _, right = summands.halves(with_left=False)
    left = _Window(summands, work).needed(targets, right)
    if not left:
        return None
    return meets(Keys(max(left), left), right, list(targets), work)


class _Window:
    """The left half."""

    def __init__(self, summands: Summands, work: Work) -> None:
        self.work = work
        self.limit = summands.sizes.left
        (item,) = [item for item in summands.contributions if item.group.left]
        self.count = item.group.left
        # Coordinates with one value need no digit.
        self.axes = [axis for axis in summands.axes if axis.radix > 1]
        keys = summands.packed(item)
        work.require(rough_seconds(keys.count, self._each), "the vectors of a unit")
        self.vectors = [self._digits(key) for key in keys.elements(work)]

    @property
    def _each(self) -> float:
        return VECTOR + len(self.axes) * DIGIT

    def _digits(self, key: int) -> tuple[int, ...]:
        self.work.spend(self._each)
        return tuple([key // axis.stride % axis.radix for axis in self.axes])

    def _extremes(self, keys: Iterable[int]) -> list[tuple[int, int]]:
        """The least and the greatest digit of every coordinate."""
        low: list[int] = []
        high: list[int] = []
        for key in keys:
            digits = self._digits(key)
            if not low:
                low, high = list(digits), list(digits)
            low, high = [*map(min, low, digits)], [*map(max, high, digits)]
        return list(zip(low, high, strict=True))

    def needed(self, targets: Sequence[int], right: Keys) -> set[int]:
        """The keys of the elements of L in the smallest box around all t - r.

        Raises:
            SizeExceeded: there are more than declared.
        """
        work = self.work
        work.require(rough_seconds(len(targets) + right.count, self._each), "the box of a window")
        pairs = zip(self._extremes(targets), self._extremes(right.elements(work)), strict=True)
        box = [(of_target[0] - of_right[1], of_target[1] - of_right[0]) for of_target, of_right in pairs]
        work.require(rough_seconds(len(self.vectors), self._each * 4), "the lattice of a window")
        lattice = Lattice(self.vectors, work)
        if lattice.rank == 0:
            return self._kept([()], lattice, box)
        wanted = lattice.box([low for low, _ in box], [high for _, high in box], self.count)
        if any(low > high for low, high in wanted):
            return set()
        found = sums_in(lattice.members, self.count, tuple(wanted), work)
        if found is None:
            return set()
        size = sum([row.bit_count() for row in found.rows])
        work.require(rough_seconds(size, self._each * 2), "the elements of a window")
        work.hold(size * ELEMENT_BYTES, "the elements of a window")
        return self._kept(elements(found, work), lattice, box)

    def _kept(self, found: list[tuple[int, ...]], lattice: Lattice, box: list[tuple[int, int]]) -> set[int]:
        """The keys of those that lie in the box."""
        result: set[int] = set()
        strides = [axis.stride for axis in self.axes]
        for moved in found:
            vector = lattice.vector(moved, self.count)
            self.work.spend(self._each * 2)
            if all(low <= digit <= high for digit, (low, high) in zip(vector, box, strict=True)):
                result.add(sum([digit * stride for digit, stride in zip(vector, strides, strict=True)]))
            if len(result) > self.limit:
                raise SizeExceeded(
                    f"lower.grounds.sizes.left: at most {describe(self.limit)} are declared, the window holds more"
                )
        return result
