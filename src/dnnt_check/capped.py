"""Sums near a face: the elements of the two halves whose slack for the first cut is small enough.

The slack of a sum is the sum of the slacks, and none is negative, so vectors and partial sums of a larger slack than
that of any target may be left out. The slack is carried in the keys: a vector with the key k and the slack s is
represented by k + s * span, where span is the number of keys of the box. This is a linear function of the digits
again, so sums need no care, and the bound on the slack is a bound on these integers: in sorted lists the sums that
stay are those of a prefix.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from dnnt_check.budget import Work, describe, rough_seconds
from dnnt_check.directions import Face, HalfSpace
from dnnt_check.keys import BYTE, CHUNK, ELEMENT, ELEMENT_BYTES, MAXIMUM_DENSE, Keys, SizeExceeded
from dnnt_check.meeting import DIFFERENCE, meets
from dnnt_check.summands import RestTerm, Summands

#: Pairs of a target and a vector of the smaller half that are tested with their slacks.
MANY_PAIRS = 200_000


class _Many(Exception):
    """So many sums are near the face that whole sets are formed sooner."""


class Capped:
    """The two halves without sums of too much slack, as increasing lists.

    Args:
        summands: all summands.
        cut: the first cut, on digits.
        face: the same cut on vectors.
        slack: the greatest slack that matters.
        work: what is done is charged here.
    """

    def __init__(self, summands: Summands, cut: HalfSpace, face: Face, slack: int, work: Work) -> None:
        self.face = face
        self.summands = summands
        self.cut = cut
        self.work = work
        self.span = summands.span
        # Values of the cut count against the key, so that the greatest value will be a slack of 0.
        self.strides = [
            axis.stride - weight * self.span for axis, weight in zip(summands.axes, cut.weights, strict=True)
        ]
        self.slack = slack
        # Seconds for sums element by element after which whole halves are formed instead.
        self.patience = self._whole_seconds()
        self.end = (slack + 1) * self.span

    def meets(self, targets: Sequence[int]) -> int | None:
        """The key of a target that is the sum of an element of each half, or None. Targets have their slacks added."""
        try:
            left, right = self.halves()
        except _Many:
            # Little is pruned: whole halves as long integers are cheaper.
            return meets(*self.summands.halves(limited=False), [target % self.span for target in targets], self.work)
        small, large = (left, right) if len(left) <= len(right) else (right, left)
        work = self.work
        pairs = len(targets) * len(small)
        if pairs > MANY_PAIRS:
            # Without their slacks they may be tested as long integers.
            sets = [{key % self.span for key in keys} for keys in (small, large)]
            first, second = [Keys(max(keys), keys) for keys in sets]
            work.spend((len(small) + len(large) + len(targets)) * 2e-7)
            return meets(first, second, [target % self.span for target in targets], work)
        found = set(large)
        work.require(rough_seconds(pairs, DIFFERENCE) + len(small) * 1e-6, f"the test of {len(targets)} targets")
        for summand in small:
            for start in range(0, len(targets), CHUNK):
                piece = targets[start : start + CHUNK]
                work.spend(1e-6 + len(piece) * DIFFERENCE)
                if not found.isdisjoint(map((-summand).__add__, piece)):
                    reached = next(target for target in piece if target - summand in found)
                    return reached % self.span
        return None

    def sums(self, limit: int) -> list[int]:
        """The keys of all sums of an element of each half, of which there must not be more than `limit`."""
        left, right = self.halves()
        return [key % self.span for key in self._sum(left, right, limit, "last")]

    def halves(self) -> tuple[list[int], list[int]]:
        """The lists of L and of R.

        Raises:
            SizeExceeded: one is larger than declared.
        """
        sizes = self.summands.sizes
        left, right = [0], [0]
        for place, item in enumerate(self.summands.contributions):
            if item.thin is not None:
                slack = self.slack * self.face.unit
                keys = self._normal(self.summands.packed_thin(item, self.face.vector, slack, self.strides))
            else:
                near = self.face.near(place, item.image, self.slack, self.work)
                keys = self._normal(self.summands.packed_near(item, near, self.strides))
            left = self._add_copies(left, keys, item.group.left, sizes.left, "left")
            right = self._add_copies(right, keys, item.group.right, sizes.right, "right")
        for term in self.summands.rest:
            right = self._sum(right, self._multiples(term, sizes.right), sizes.right, "right")
        for name, size, limit in (("left", len(left), sizes.left), ("right", len(right), sizes.right)):
            self._check(size, limit, name)
        return left, right

    def _whole_seconds(self) -> float:
        """About what the whole halves would take as long integers."""
        if self.span >= MAXIMUM_DENSE:
            return float("inf")
        seconds = 0.0
        for item in self.summands.contributions:
            copies = item.group.left + item.group.right
            shifts = min(item.image.count, 1000) * min(copies, 12)
            seconds += shifts * (self.span / 8 * BYTE + 3e-7)
        return 2 * seconds + len(self.summands.rest) * self.span * BYTE + 0.02

    def _normal(self, keys: Iterable[int]) -> list[int]:
        """Keys of a summand that count values of the cut: with slacks instead, increasing, without those of no use."""
        ordered = sorted(keys)
        self.work.spend(len(ordered) * 3e-7)
        best = ordered[0] // self.span * self.span
        return [key - best for key in ordered[: bisect_left(ordered, self.end + best)]]

    def _multiples(self, term: RestTerm, limit: int) -> list[int]:
        """The same for the multiples of a column."""
        low, factor = self.summands.lowest(term, self.strides)
        _, gain = self.summands.lowest(term, self.cut.weights)
        digits = term.space.digits
        least, most = 0, digits[-1]
        if gain > 0:
            least = max(least, most - self.slack // gain)
        elif gain < 0:
            most = min(most, self.slack // -gain)
        if isinstance(digits, range):
            self._check(most - least + 1, limit, "right")
            digits = range(least, most + 1)
        else:
            digits = digits[bisect_left(digits, least) : bisect_right(digits, most)]
            self._check(len(digits), limit, "right")
        self.work.require(rough_seconds(len(digits), ELEMENT), "the sums of right")
        self.work.hold(len(digits) * ELEMENT_BYTES, "a set of vectors")
        return self._normal([low + factor * digit for digit in digits])

    def _add_copies(self, keys: list[int], summand: list[int], copies: int, limit: int, name: str) -> list[int]:
        """The sums of an element and so many elements of the summand."""
        if copies == 0:
            return keys
        if len(summand) == 1:
            offset = summand[0] * copies
            self.work.spend(1e-6 + len(keys) * 1e-7)
            return [key + offset for key in keys]
        if copies <= 6:
            for _ in range(copies):
                keys = self._sum(keys, summand, limit, name)
            return keys
        result = summand
        for bit in bin(copies)[3:]:
            result = self._sum(result, result, limit, name)
            if bit == "1":
                result = self._sum(result, summand, limit, name)
        return self._sum(keys, result, limit, name)

    def _sum(self, first: list[int], second: list[int], limit: int, name: str) -> list[int]:
        """All sums up to the greatest slack that matters, in increasing order."""
        if len(first) < len(second):
            first, second = second, first
        work, end = self.work, self.end
        counts = [bisect_left(first, end - offset) for offset in second]
        work.spend(1e-6 + len(second) * 4e-7)
        seconds = rough_seconds(sum(counts), ELEMENT)
        self.patience -= seconds
        if self.patience < 0:
            raise _Many
        work.require(seconds, f"the sums of {name}")
        result: set[int] = set()
        for offset, count in zip(second, counts, strict=True):
            for start in range(0, count, CHUNK):
                piece = first[start : min(count, start + CHUNK)]
                result.update(map(offset.__add__, piece))
                work.spend(len(piece) * ELEMENT + 3e-7)
            self._check(len(result), limit, name)
            work.hold(len(result) * ELEMENT_BYTES, "a set of vectors")
        work.spend(len(result) * 2e-7)
        return sorted(result)

    def _check(self, size: int, limit: int, name: str) -> None:
        if size > limit:
            raise SizeExceeded(f"lower.grounds.sizes.{name}: at most {describe(limit)} are declared, there are more")
