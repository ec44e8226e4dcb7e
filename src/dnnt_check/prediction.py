"""How long a check with the grounds `reachable` would take, from its sizes alone: an upper estimate, in seconds.

It is the sum of what each step reports as its work (docs/certificates.md has the formula), with the declared sizes for
the sets, so a prover can compare certificates, or do without one, before it spends any time. It decides nothing: a
check is bounded by its budget, and every step is predicted again before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dnnt_check import (
    directions,
    images,
    keys,
    meeting,
    quadratics,
    ranges,
    state_boxes,
    summands,
    windowed,
    windows as windowing,
)
from dnnt_check.budget import rough_seconds

#: Seconds for reading two small files and for a byte of long ones.
FILES = 5e-4
FILE_BYTE = 3e-7

#: An element near a face is taken for the sum of so many pairs at most.
NEAR = 16

#: An element of a half that slots of the rest make: sums of spaces, sorted, and added to what units make.
REST = 10 * keys.ELEMENT

#: A step of a target search is taken for so many targets at most, if little else is known.
SEARCHED = 4


def predicted_seconds(
    sizes: Mapping[str, int],
    last: str,
    *,
    coordinates: int,
    span: int,
    groups: int = 1,
    copies: int = 1,
    directions_count: int = 0,
    capped_by_cut: bool = False,
    window: Sequence[int] | None = None,
    windows: int = 1,
    boxes: int = 0,
    rest: int = 0,
    file_bytes: int = 0,
) -> float:
    """Predict the seconds of a check.

    Args:
        sizes: the declared `pre`, `unit`, `left`, `right` and `last`.
        last: `points`, `targets`, `ranges` or `boxes`.
        coordinates: how many coordinates a state has.
        span: how many grid points the smallest box around the reachable states has.
        groups: how many different units there are.
        copies: the largest number of equal units in one half.
        directions_count: how many cuts and residues there are.
        capped_by_cut: whether the halves are pruned by the slack of a cut (there is one, and no window).
        window: with a window, by how much the vectors of the unit differ in each coordinate.
        windows: how many windows there are.
        boxes: how many boxes of states.
        rest: how many slots of the rest are in the left half.
        file_bytes: the length of both files.

    Returns:
        Seconds; infinity for sizes that nothing could handle.
    """
    pre, unit, last_size = sizes["pre"], sizes["unit"], sizes["last"]
    seconds = FILES + rough_seconds(file_bytes, FILE_BYTE)
    vector = images.VECTOR + coordinates * images.VECTOR / 3
    sweep = directions.DOT + coordinates * directions.ENTRY
    seconds += groups * rough_seconds(pre, 3 * keys.ELEMENT + vector + directions_count * sweep)
    seconds += groups * rough_seconds(unit, 1e-6 + coordinates * 3e-7 + summands.CHOICE)
    additions = groups + min(copies, 2 * copies.bit_length())
    for name in ("left", "right"):
        if name == "right" or window is None:
            seconds += _sums(sizes[name], unit, additions, None if capped_by_cut else span)
        if rest:
            seconds += rough_seconds(sizes[name], REST)
    if window is not None:
        seconds += windows * _window(window, copies, sizes["left"])
    if last == "boxes":
        seconds += boxes * coordinates * 3 * state_boxes.PIECE
        return seconds + windows * rough_seconds(last_size, state_boxes.PAIR + coordinates * state_boxes.ENTRY)
    if last == "points":
        seconds += _sums(last_size, min(sizes["left"], sizes["right"]), 1, span)
        return seconds + rough_seconds(last_size, 1e-6 + coordinates * 5e-7)
    if last == "ranges":
        both = sizes["left"] + sizes["right"]
        return seconds + rough_seconds(both, ranges.SORT) + rough_seconds(last_size * both, ranges.STEP)
    search = quadratics.NODE + directions_count * quadratics.CUT
    seconds += rough_seconds(SEARCHED * (last_size + coordinates), search)
    pairs = rough_seconds(last_size * min(sizes["left"], sizes["right"]), meeting.DIFFERENCE)
    if span <= 8 * keys.MAXIMUM_DENSE and not capped_by_cut and window is None:
        pairs = min(pairs, rough_seconds(last_size, span / 8 * keys.BYTE))
    return seconds + pairs


def _sums(size: int, summand: int, additions: int, span: int | None) -> float:
    """Sums of a set of at most `size` elements: element by element, or as long integers where the box allows it.
    Without a span only those near a face are formed.
    """
    if span is None:
        return additions * rough_seconds(size * min(summand, NEAR), keys.ELEMENT)
    sparse = additions * rough_seconds(size * min(summand, size), keys.ELEMENT)
    if span > keys.MAXIMUM_DENSE:
        return sparse
    return min(sparse, additions * rough_seconds(min(summand, size), span / 8 * keys.BYTE + 3e-7))


def _window(widths: Sequence[int], copies: int, size: int) -> float:
    """The sums of a window: for each of about 2 log2(k) steps, rectangles times the length of the integer."""
    rank = len(widths)
    cells = longest = 1
    for width in widths:
        across = (2 * rank + 1) * width + 1
        cells *= across
        longest *= 2 * across
    most = max(widths, default=0)
    # Rows have few runs but near the ends of the set.
    rectangles = cells // ((2 * rank + 1) * most + 1) + most // 4 + 1
    each = rough_seconds(longest, keys.BYTE / 8)
    steps = 2 * copies.bit_length()
    return steps * rough_seconds(rectangles, 1.5 * each + 3e-7 + windowing.ROW) + rough_seconds(
        size, windowed.VECTOR + rank * windowed.DIGIT
    )
