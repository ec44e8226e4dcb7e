"""Sums of k equal units, k of any size: exact membership in a box, and the units behind an element.

`power_window` takes integer vectors (the digits of a unit's contributions, see `digit_vectors`) and chooses between
two ways: `line` (vectors on a line and k large: a theorem, each question takes the same time) and `windows` (all else).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from dnnt.reachable.execute import Executed
from dnnt.reachable.lattice import Point, lattice_of
from dnnt.reachable.line import ENTRY_BYTES, line_of
from dnnt.reachable.packing import Packing, Vector
from dnnt.reachable.recover import Counted, recover
from dnnt.reachable.windows import windows_of
from dnnt.running import Run

LEVEL_SECONDS = 120e-6
"""What a window takes however small it is."""

CELL_SECONDS = 4e-9
"""What a cell of a window takes where few shifts cover it."""

TRANSFORMS, TRANSFORM_CELL_SECONDS = 3, 30e-9
"""So many windows take transforms, mostly; and what a cell of them takes."""

VECTOR_SECONDS = 3e-5
"""What a vector takes before the first window (lattice, hull)."""

LINE_SECONDS = 1.3e-6
"""What a number of the tables of a line takes."""

SHORT, MOST_MOVED = 0.005, 500
"""Predictions below are good enough; more vectors are not looked at in other coordinates for one."""

TRANSFORM_BYTES = 40
"""What a transform takes a cell."""


class PowerWindow(Protocol):
    """All sums of k vectors of a set that lie in a box."""

    @property
    def size(self) -> int:
        """The number of elements."""
        ...

    @property
    def cells(self) -> int:
        """How much is held: bits of windows, or numbers of tables."""
        ...

    def contains(self, vector: Sequence[int]) -> bool:
        """Whether a vector is in the box and a sum of k vectors."""
        ...

    def members(self) -> Iterator[Point]:
        """The elements, each once; they may be too many to list."""
        ...

    def parts(self, vector: Sequence[int], run: Run) -> Counter[Point]:
        """Exactly k vectors with this sum: vector -> how often. Raises `KeyError` for a vector that is no element."""
        ...


def power_window(vectors: Sequence[Point], count: int, low: Point, high: Point, run: Run) -> PowerWindow:
    """All sums of `count` >= 1 of the vectors (at least one, all of n coordinates) between `low` and `high`.

    Raises `Stop` where the run's limits end it, or memory would not do.
    """
    if count < 1 or not vectors or any(len(v) != len(low) for v in (*vectors, high)):
        raise ValueError("sums of at least one of at least one vector, all as long as the box's corners")
    lattice = lattice_of(vectors, low, high)
    if lattice.rank == 1 and (line := line_of(vectors, lattice, count, low, high, run)) is not None:
        return line
    return windows_of(vectors, count, low, high, run)


def predicted(widths: Sequence[int], vectors: int, count: int, box: Sequence[int]) -> tuple[float, int]:
    """About how many seconds and bytes `power_window` takes.

    `widths` are those of the set of `vectors` vectors, `box` those of the box (greatest less least value), one for each
    coordinate. It may be much less near corners of the hull of all sums, and several times more near its faces.
    """
    n = len(widths)
    if n == 1 and count >= widths[0]:
        return LINE_SECONDS * (widths[0] + 100 * vectors), ENTRY_BYTES * widths[0]
    over, under = (n + 1) ** 2 // 4, n + 1
    sizes = [min(b, count * w) + 1 for b, w in zip(box, widths, strict=True)]
    cells = [_padded(sizes)]
    while count > 1:
        if count % 2:
            sizes = [size + w for size, w in zip(sizes, widths, strict=True)]
        count //= 2
        sizes = [min(size // 2 + 2 * over * w // under, count * w) + 1 for size, w in zip(sizes, widths, strict=True)]
        cells.append(_padded(sizes))
    most = sorted(cells, reverse=True)[:TRANSFORMS]
    seconds = VECTOR_SECONDS * vectors * n + LEVEL_SECONDS * len(cells) + CELL_SECONDS * sum(cells)
    return seconds + TRANSFORM_CELL_SECONDS * sum(most), sum(cells) // 8 + TRANSFORM_BYTES * most[0]


def predicted_of(vectors: Sequence[Point], count: int, low: Point, high: Point) -> float:
    """About how many seconds `power_window` takes for these vectors and this box."""
    widths = _widths(vectors)
    seconds, _ = predicted(widths, len(vectors), count, [max(b - a, 0) for a, b in zip(low, high, strict=True)])
    if seconds <= SHORT or len(vectors) > MOST_MOVED:
        return seconds
    # Windows are formed in coordinates of the lattice of the sums, which are narrower.
    lattice = lattice_of(vectors, low, high)
    points = [p for v in vectors if (p := lattice.coordinates(v, 1)) is not None]
    first, last = lattice.bounds(low, high, count)
    spread = [max(b - a, 0) for a, b in zip(first, last, strict=True)]
    return min(seconds, predicted(_widths(points), len(vectors), count, spread)[0])


def _widths(vectors: Sequence[Point]) -> list[int]:
    return [max(column) - min(column) for column in zip(*vectors, strict=True)]


def _padded(sizes: Sequence[int]) -> int:
    """The cells of a window with room for sums."""
    cells = 1
    for size in sizes:
        cells *= size + size // 2
    return cells


def digit_vectors(part: Executed, whole: Packing) -> list[Point]:
    """The digits of a part's vectors in the packing of a sum it is in: adding them adds digits of the sum."""
    ratios = _ratios(part, whole)
    return [
        tuple(digit * ratio for digit, ratio in zip(digits_of(part.packing, key), ratios, strict=True))
        for key in part.keys.listed()
    ]


def vector_of_digits(part: Executed, whole: Packing, digits: Sequence[int]) -> Vector:
    """The vector of a part with these digits in the packing of a sum it is in."""
    return tuple(
        axis.value(digit // ratio) if ratio else axis.low
        for axis, digit, ratio in zip(part.packing.axes, digits, _ratios(part, whole), strict=True)
    )


def found_units(part: Executed, whole: Packing, used: Mapping[Point, int], run: Run) -> Counted:
    """How each of the units is made whose digits (see `digit_vectors`) are used so often."""
    return tuple(
        (recover(part, vector_of_digits(part, whole, digits), run), times) for digits, times in sorted(used.items())
    )


def _ratios(part: Executed, whole: Packing) -> list[int]:
    """What a step of the part is in steps of the whole, for each coordinate; 0 where the part has one value."""
    return [
        int(mine.step // theirs.step) if mine.step else 0
        for mine, theirs in zip(part.packing.axes, whole.axes, strict=True)
    ]


def digits_of(packing: Packing, key: int) -> Point:
    """The digits of a key."""
    digits = []
    for axis in packing.axes:
        key, digit = divmod(key, axis.count)
        digits.append(digit)
    return tuple(digits)


def key_of(packing: Packing, digits: Sequence[int]) -> int:
    """The key of digits, which must lie on the axes."""
    return sum(digit * stride for digit, stride in zip(digits, packing.strides, strict=True))
