"""Windows: of the sums of k vectors of one set only those in a box, for k of any size.

A multiset of c vectors of rank n, c even, whose coordinate i differs by at most W_i, splits into two halves each of
whose sums differs from half of the whole by at most n W_i / 2 (docs/certificates.md). So the sums of c vectors in a box
are found among the sums of two elements of the sums of c / 2 vectors in a box around half of it, which is not much
larger; for odd c one vector is taken away first. About 2 log2(k) sums of small sets are formed.

A set is a list of rows: the first coordinate as the bits of an integer. For a sum one set is laid out as a single long
integer whose rows are wide enough that no sum runs into the next row, and it is shifted to where the other has
elements: whole rectangles at once, by doubling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from dnnt_check.budget import Work, rough_seconds
from dnnt_check.keys import BYTE, positions

Box = tuple[tuple[int, int], ...]

#: Predicted seconds for a row that is packed, searched or unpacked.
ROW = 1.5e-6


@dataclass(frozen=True, slots=True)
class Rows:
    """A set of vectors in a box: for every choice of the other coordinates (the second runs fastest) a row of bits.

    The bit i of a row is the vector whose first coordinate is i above the least of the box.
    """

    box: Box
    rows: list[int]


def widths_of(box: Box) -> list[int]:
    """How many values each coordinate has; none may be negative."""
    return [high - low + 1 for low, high in box]


def cells_of(box: Box) -> int:
    """How many vectors the box has."""
    result = 1
    for width in widths_of(box):
        result *= width
    return result


def sums_in(members: Sequence[Sequence[int]], count: int, box: Box, work: Work) -> Rows | None:
    """All sums of `count` members in a box; None if there are none.

    Args:
        members: different vectors of at least one coordinate, of integers whose least values are 0.
        count: at least 1.
        box: what is asked for.
        work: what is done is charged here.
    """
    extents = [max(row) for row in zip(*members, strict=True)]
    plan = [(count, _clipped(box, extents, count))]
    while plan[-1][0] > 1:
        parent, around = plan[-1]
        half = parent // 2
        if parent % 2:
            taken = [(low - e, high) for (low, high), e in zip(around, extents, strict=True)]
            plan.append((parent - 1, _clipped(taken, extents, parent - 1)))
        else:
            reach = [len(extents) * e for e in extents]
            halves = [(-((r - low) // 2), (high + r) // 2) for (low, high), r in zip(around, reach, strict=True)]
            plan.append((half, _clipped(halves, extents, half)))
        work.spend(1e-5)
    if any(low > high for _, around in plan for low, high in around):
        return None
    cells = sum([cells_of(around) for _, around in plan])
    work.require(rough_seconds(cells, 3e-9), "the sums of a window")
    work.hold(max([cells_of(around) for _, around in plan]), "the sums of a window")
    single = _set_of(members, plan[-1][1], work)
    whole = _set_of(members, _clipped([(0, e) for e in extents], extents, 1), work)
    found = single
    assert whole is not None
    for parent, around in reversed(plan[:-1]):
        if found is None:
            return None
        found = sum_in(found, whole if parent % 2 else found, around, work)
    return found


def _clipped(box: Sequence[tuple[int, int]], extents: Sequence[int], count: int) -> Box:
    """The box without what no sum of so many members can be."""
    return tuple([(max(low, 0), min(high, count * e)) for (low, high), e in zip(box, extents, strict=True)])


def _set_of(members: Sequence[Sequence[int]], box: Box, work: Work) -> Rows | None:
    """The members that lie in a box."""
    widths = widths_of(box)
    rows = [0] * (cells_of(box) // widths[0])
    for member in members:
        digits = [value - low for value, (low, _) in zip(member, box, strict=True)]
        if all(0 <= digit < width for digit, width in zip(digits, widths, strict=True)):
            place = 0
            for digit, width in zip(reversed(digits[1:]), reversed(widths[1:]), strict=True):
                place = place * width + digit
            rows[place] |= 1 << digits[0]
        work.spend(1e-6 + len(box) * 4e-7)
    return _trimmed(Rows(box, rows), work)


def _trimmed(found: Rows, work: Work) -> Rows | None:
    """The same set in the smallest box around it; None if it is empty."""
    widths = widths_of(found.box)
    work.spend(1e-6 + len(found.rows) * ROW / 2)
    joined = 0
    for row in found.rows:
        joined |= row
    if not joined:
        return None
    start = (joined & -joined).bit_length() - 1
    kept = [(start, joined.bit_length() - 1)]
    block = 1
    for width in widths[1:]:
        used = [
            digit
            for digit in range(width)
            if any(
                any(found.rows[base + digit * block : base + (digit + 1) * block])
                for base in range(0, len(found.rows), width * block)
            )
        ]
        kept.append((used[0], used[-1]))
        block *= width
    if all(first == 0 and last == width - 1 for (first, last), width in zip(kept, widths, strict=True)):
        return found
    places = _places(widths[1:], kept[1:])
    box = tuple([(low + first, low + last) for (low, _), (first, last) in zip(found.box, kept, strict=True)])
    return Rows(box, [found.rows[place] >> start for place in places])


def _places(widths: Sequence[int], chosen: Sequence[tuple[int, int]]) -> list[int]:
    """Where the rows with these digits are in a list of rows; the first of the coordinates runs fastest."""
    places = [0]
    stride = 1
    for width, (first, last) in zip(widths, chosen, strict=True):
        places = [place + digit * stride for digit in range(first, last + 1) for place in places]
        stride *= width
    return places


def sum_in(first: Rows, second: Rows, box: Box, work: Work) -> Rows | None:
    """The sums of an element of each set that lie in a box; None if there are none."""
    rectangles = _rectangles(second, work)
    if first is not second:
        others = _rectangles(first, work)
        if len(others) < len(rectangles):
            first, second, rectangles = second, first, others
    full = [a + b - 1 for a, b in zip(widths_of(first.box), widths_of(second.box), strict=True)]
    each = full[0] // 8 + 1
    size = each
    for width in full[1:]:
        size *= width
    cost = size * BYTE + 3e-7
    work.require(len(rectangles) * 3 * cost, "the sums of a window")
    work.hold(4 * size, "the sums of a window")
    total = _shifted(_packed(first, full, each, work), rectangles, full, each, cost, work)
    # The rows of the box, of those that there are.
    origin = [a[0] + b[0] for a, b in zip(first.box, second.box, strict=True)]
    kept = [
        (max(low - start, 0), min(high - start, width - 1))
        for (low, high), start, width in zip(box, origin, full, strict=True)
    ]
    if any(low > high for low, high in kept):
        return None
    data = total.to_bytes(size, "little")
    mask = (1 << (kept[0][1] - kept[0][0] + 1)) - 1
    read = int.from_bytes
    rows = [
        (read(data[place * each : (place + 1) * each], "little") >> kept[0][0]) & mask
        for place in _places(full[1:], kept[1:])
    ]
    work.spend(len(rows) * ROW + size * 2e-9)
    return _trimmed(
        Rows(tuple([(start + low, start + high) for start, (low, high) in zip(origin, kept, strict=True)]), rows), work
    )


def _packed(found: Rows, full: Sequence[int], each: int, work: Work) -> int:
    """The set as one integer, with rows of `each` bytes and so many digits of the other coordinates."""
    widths = widths_of(found.box)
    pieces = [row.to_bytes(each, "little") for row in found.rows]
    length = each
    for width, wanted in zip(widths[1:], full[1:], strict=True):
        padding = bytes(length * (wanted - width))
        pieces = [b"".join(pieces[start : start + width]) + padding for start in range(0, len(pieces), width)]
        length *= wanted
    work.spend(len(found.rows) * ROW + length * 2e-9)
    return int.from_bytes(b"".join(pieces), "little")


def _rectangles(found: Rows, work: Work) -> list[tuple[int, int, tuple[int, ...]]]:
    """The set as rectangles (length of runs, number of neighbouring rows, digits where it begins), in this order."""
    result: list[tuple[int, int, tuple[int, ...]]] = []
    widths = widths_of(found.box)
    wide = widths[1] if len(widths) > 1 else 1
    outer = [tuple(reversed(digits)) for digits in product(*[range(width) for width in reversed(widths[2:])])]
    for plane, digits in enumerate(outer):
        begun: dict[tuple[int, int], int] = {}
        previous = 0
        for j, row in enumerate([*found.rows[plane * wide : (plane + 1) * wide], 0]):
            if row == previous:
                continue
            previous = row
            runs = _runs(row)
            work.spend(ROW + len(runs) * 1.5e-6)
            for (start, length), since in list(begun.items()):
                if (start, length) not in runs:
                    result.append((length, j - since, (start, since, *digits)))
                    del begun[start, length]
            for run in runs:
                begun.setdefault(run, j)
    result.sort()
    return result


def _runs(row: int) -> dict[tuple[int, int], None]:
    """The runs of ones of an integer: (first, length)."""
    result: dict[tuple[int, int], None] = {}
    place = 0
    while row:
        skip = (row & -row).bit_length() - 1
        row >>= skip
        length = (~row & (row + 1)).bit_length() - 1
        row >>= length
        result[place + skip, length] = None
        place += skip + length
    return result


def _shifted(
    bits: int,
    rectangles: Sequence[tuple[int, int, tuple[int, ...]]],
    full: Sequence[int],
    each: int,
    cost: float,
    work: Work,
) -> int:
    """The union of the integer shifted to every element of the rectangles."""
    strides = [1, 8 * each]
    for width in full[1:]:
        strides.append(strides[-1] * width)
    result = 0
    length = height = 1
    smeared = tall = bits
    for run, rows, digits in rectangles:
        if length < run:
            while length < run:
                step = min(length, run - length)
                smeared |= smeared << step
                length += step
                work.spend(cost)
            tall, height = smeared, 1
        elif rows < height:
            raise AssertionError("rectangles are not in order")
        while height < rows:
            step = min(height, rows - height)
            tall |= tall << (step * strides[1])
            height += step
            work.spend(cost)
        result |= tall << sum([digit * stride for digit, stride in zip(digits, strides, strict=False)])
        work.spend(cost)
    return result


def elements(found: Rows, work: Work) -> list[tuple[int, ...]]:
    """The vectors of a set."""
    result: list[tuple[int, ...]] = []
    outer = [range(low, high + 1) for low, high in reversed(found.box[1:])]
    low = found.box[0][0]
    for row, rest in zip(found.rows, product(*outer), strict=True):
        if row:
            tail = tuple(reversed(rest))
            result.extend([(low + place, *tail) for place in positions(row, work)])
        work.spend(ROW)
    return result
