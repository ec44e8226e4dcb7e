"""Sums of vectors near the cut of a case, in two halves: whether a listed state is one of them.

Keys carry their slack, what they give to the cut less than the greatest, in multiples of the span; sums of more slack
than the listed states have are left out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.keys import CHUNK, ELEMENT, ELEMENT_BYTES, SizeExceeded
from dnnt_check.reachable_grounds import Sizes
from dnnt_check.states import StateLoss
from dnnt_check.summands import Summands

#: Combinations of numbers of units of one case.
MOST_COUNTS = 100_000


@dataclass(slots=True)
class Part:
    """Kinds of a group that need not be told apart in a case.

    Attributes:
        group: the number of the group.
        value: what one unit gives to the cut at most, in digits.
        least, most: how many units there may be.
        powers: sums of 0, 1, ... vectors of it, as far as they were formed.
    """

    group: int
    value: int
    least: int
    most: int
    powers: list[list[int]]


class CaseSums:
    """The sums of one case; `weights` is its cut on digits, `times` of how many units each group is."""

    def __init__(
        self,
        summands: Summands,
        sizes: Sizes,
        work: Work,
        weights: Sequence[int],
        strides: Sequence[int],
        times: list[int],
        place: str,
    ) -> None:
        self.summands, self.sizes, self.work, self.span = summands, sizes, work, summands.span
        self.weights, self.strides, self.times, self.place = weights, strides, times, place

    def check(self, targets: list[int], parts: list[Part], tops: list[int], slack: int, loss: StateLoss) -> None:
        """Look each target up among the sums of vectors near the cut.

        Raises:
            Invalid: one that is a sum has a loss that is too small, or the sums are too many.
        """
        end = (slack + 1) * self.span
        rests = []
        for term in self.summands.rest:
            low, factor = self.summands.lowest(term, self.strides)
            _, gain = self.summands.lowest(term, self.weights)
            keys = [low + factor * digit for digit in self._digits(term.space.digits, gain, slack)]
            best = min(keys) // self.span * self.span
            rests.append(cut_off([key - best for key in keys], slack, self.span, self.work))
        for counts, short in self._counts(parts, tops, slack):
            used = [(part, n) for part, n in zip(parts, counts, strict=True) if n]
            room = sum(counts) // 2
            left, right = [0], [0]
            for part, n in used:
                take = min(n, room)
                room -= take
                left = self._sum(left, self._power(part, take, end), end, self.sizes.left, "left")
                right = self._sum(right, self._power(part, n - take, end), end, self.sizes.right, "right")
            for keys in rests:
                right = self._sum(right, keys, end, self.sizes.right, "right")
            small, large = (left, set(right)) if len(left) <= len(right) else (right, set(left))
            self.work.require(rough_seconds(len(small) * len(targets), 2 * ELEMENT), "the test of targets")
            for target in targets:
                wanted = target - short * self.span
                for start in range(0, len(small), CHUNK):
                    piece = small[start : start + CHUNK]
                    self.work.spend(1e-6 + len(piece) * 2 * ELEMENT)
                    if not large.isdisjoint(map(wanted.__sub__, piece)):
                        loss.check(target % self.span)

    def _digits(self, digits: Sequence[int], gain: int, slack: int) -> list[int]:
        """The digits of the rest that have so little slack."""
        best = digits[-1] if gain > 0 else 0
        self.work.require(rough_seconds(len(digits), ELEMENT), "the sums of right")
        self.work.hold(len(digits) * ELEMENT_BYTES, "the sums of right")
        return [digit for digit in digits if (best - digit) * gain <= slack]

    def _counts(self, parts: list[Part], tops: list[int], slack: int) -> Iterator[tuple[list[int], int]]:
        """Numbers of units for all parts whose greatest values leave little enough slack, with what they leave."""
        seen = 0

        def extended(place: int, left: list[int], counts: list[int], value: int) -> Iterator[tuple[list[int], int]]:
            nonlocal seen
            seen += 1
            self.work.spend(2e-6)
            if seen > MOST_COUNTS:
                raise Invalid(f"{self.place}: too many numbers of units come into question")
            if place == len(parts):
                if not any(left) and sum(tops) - value <= slack:
                    yield counts, sum(tops) - value
                return
            part = parts[place]
            following = [other for other in parts[place + 1 :] if other.group == part.group]
            least = max(part.least, left[part.group] - sum([other.most for other in following]))
            most = min(part.most, left[part.group] - sum([other.least for other in following]))
            for n in range(least, most + 1):
                rest = [many - n if g == part.group else many for g, many in enumerate(left)]
                yield from extended(place + 1, rest, [*counts, n], value + n * part.value)

        yield from extended(0, self.times, [], 0)

    def _power(self, part: Part, count: int, end: int) -> list[int]:
        while len(part.powers) <= count:
            limit = max(self.sizes.left, self.sizes.right)
            part.powers.append(self._sum(part.powers[-1], part.powers[1], end, limit, "left"))
        return part.powers[count]

    def _sum(self, first: list[int], second: list[int], end: int, limit: int, name: str) -> list[int]:
        """All sums of little enough slack, in increasing order."""
        if len(first) < len(second):
            first, second = second, first
        if len(second) == 1 and second[0] == 0:
            return first
        counts = [bisect_left(first, end - offset) for offset in second]
        self.work.spend(1e-6 + len(second) * 4e-7)
        self.work.require(rough_seconds(sum(counts), ELEMENT), f"the sums of {name}")
        result: set[int] = set()
        for offset, count in zip(second, counts, strict=True):
            for start in range(0, count, CHUNK):
                piece = first[start : min(count, start + CHUNK)]
                result.update(map(offset.__add__, piece))
                self.work.spend(len(piece) * ELEMENT + 3e-7)
            if len(result) > limit:
                raise SizeExceeded(f"lower.grounds.sizes.{name}: fewer are declared than there are")
            self.work.hold(len(result) * ELEMENT_BYTES, "a set of vectors")
        self.work.spend(len(result) * 2e-7)
        return sorted(result)


def cut_off(keys: Sequence[int] | set[int], slack: int, span: int, work: Work) -> list[int]:
    """Those with so little slack, in increasing order."""
    ordered = sorted(keys)
    work.spend(len(ordered) * 3e-7)
    return ordered[: bisect_left(ordered, (slack + 1) * span)]
