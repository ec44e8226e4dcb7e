"""States of one coordinate whose loss is too small, as ranges of digits: none of them may be in L + R.

A range may be as long as it likes: both halves are sorted, and for each range one walk through them, upwards in L and
downwards in R, finds for every element of L the greatest sum that is not above the range.
"""

from __future__ import annotations

from collections.abc import Sequence

from dnnt_check.budget import Work, describe, rough_seconds
from dnnt_check.keys import CHUNK, ELEMENT_BYTES, Keys, SizeExceeded
from dnnt_check.states import StateLoss
from dnnt_check.summands import Summands
from dnnt_check.targets import small_ranges

#: Predicted seconds to sort a set, for each element, and for a step of a walk.
SORT = 8e-7
STEP = 1.5e-7


def check_ranges(summands: Summands, loss: StateLoss, limit: int, work: Work) -> None:
    """Refuse the proof if a state with too small a loss is in L + R; `limit` is how many ranges are declared."""
    ranges = small_ranges(loss, work)
    if len(ranges) > limit:
        raise SizeExceeded(f"lower.grounds.sizes.last: at most {describe(limit)} ranges are declared, there are more")
    if not ranges:
        return
    left, right = (_sorted(keys, work) for keys in summands.halves())
    each = rough_seconds(len(left) + len(right), STEP)
    work.require(len(ranges) * each, f"a walk through both halves for each of {len(ranges)} ranges")
    for first, last in ranges:
        found = _between(left, right, first, last, work)
        if found is not None:
            loss.check(found)


def _sorted(keys: Keys, work: Work) -> list[int]:
    work.require(rough_seconds(keys.count, SORT), "sorting a half")
    work.hold(keys.count * ELEMENT_BYTES, "a half as a list")
    return sorted(keys.elements(work))


def _between(left: Sequence[int], right: Sequence[int], first: int, last: int, work: Work) -> int | None:
    """A sum of an element of each list (both increasing) from `first` to `last`, or None."""
    high = len(right) - 1
    for start in range(0, len(left), CHUNK):
        before = high
        for value in left[start : start + CHUNK]:
            while high >= 0 and value + right[high] > last:
                high -= 1
            if high < 0:
                return None
            if value + right[high] >= first:
                return value + right[high]
        work.spend((CHUNK + before - high) * STEP)
    return None
