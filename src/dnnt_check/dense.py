"""Sets of vectors as long integers, mapped coordinate by coordinate without visiting their elements.

Bit k of the integer says whether the vector with the key k is in the set. Such an integer is a sequence of slices, one
for each digit of the last coordinate, and so on down to rows, one bit for each digit of the first coordinate. A map
that acts on each coordinate by itself moves slices, joins those that fall together, and treats a row as few runs of
digits on which it is affine: a run is shifted, mirrored, spread or collapsed as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dnnt_check.budget import Work

#: Predicted seconds for a run of a row, for a bit that is moved, and for one that is spread or mirrored.
RUN = 8e-7
BIT = 3e-10
SPREAD_BIT = 2e-8


@dataclass(frozen=True, slots=True)
class Affine:
    """On the digits first..last of a coordinate: digit -> start + slope * (digit - first), as part of a key."""

    first: int
    last: int
    start: int
    slope: int


def affine_pieces(mapped: Mapping[int, int]) -> tuple[Affine, ...]:
    """A map of digits as few affine pieces; digits between those of a piece do not occur and do not matter."""
    pieces: list[Affine] = []
    first = last = start = 0
    slope: int | None = None
    begun = False
    for digit in sorted(mapped):
        value = mapped[digit]
        if begun and slope is None and (value - start) % (digit - first) == 0:
            slope, last = (value - start) // (digit - first), digit
        elif begun and slope is not None and value == start + slope * (digit - first):
            last = digit
        else:
            if begun:
                pieces.append(Affine(first, last, start, slope or 0))
            first, last, start, slope, begun = digit, digit, value, None, True
    if begun:
        pieces.append(Affine(first, last, start, slope or 0))
    return tuple(pieces)


def map_seconds(radices: Sequence[int], maps: Sequence[Sequence[Affine]]) -> float:
    """Predicted time of `map_set`."""
    if not radices:
        return 1e-6
    rows = 1
    for radix in radices[1:]:
        rows *= radix
    each = 1e-6
    for piece in maps[0]:
        length = piece.last - piece.first + 1
        each += RUN + length * (BIT if piece.slope in (0, 1) else SPREAD_BIT * max(abs(piece.slope), 1))
    return rows * (each + radices[0] * BIT * len(radices))


def map_set(bits: int, radices: Sequence[int], maps: Sequence[Sequence[Affine]], work: Work) -> int:
    """The image of a set under maps of the coordinates, whose values add up to the new keys.

    Args:
        bits: the set, in a box with these radices (the first coordinate has stride 1).
        radices: how many digits each coordinate has.
        maps: for every coordinate, pieces that cover all digits that occur.
        work: what it costs is charged here.
    """
    if not bits:
        return 0
    if not radices:
        return bits
    strides = [1]
    for radix in radices:
        strides.append(strides[-1] * radix)
    return _mapped(bits, len(radices) - 1, strides, radices, maps, work)


def _mapped(
    bits: int,
    level: int,
    strides: Sequence[int],
    radices: Sequence[int],
    maps: Sequence[Sequence[Affine]],
    work: Work,
) -> int:
    if level == 0:
        return _mapped_row(bits, maps[0], work)
    slices = split(bits, strides[level], radices[level], work)
    moved: dict[int, int] = {}
    for piece in maps[level]:
        place = piece.start
        for digit in range(piece.first, piece.last + 1):
            if slices[digit]:
                moved[place] = moved.get(place, 0) | slices[digit]
            place += piece.slope
        work.spend((piece.last - piece.first + 1) * 2e-7)
    parts = [(place, _mapped(moved[place], level - 1, strides, radices, maps, work)) for place in sorted(moved)]
    return _joined(parts, work)


def _mapped_row(bits: int, pieces: Sequence[Affine], work: Work) -> int:
    result = 0
    for piece in pieces:
        length = piece.last - piece.first + 1
        part = (bits >> piece.first) & ((1 << length) - 1)
        work.spend(RUN + length * BIT)
        if not part:
            continue
        slope = piece.slope
        if slope == 1:
            result |= part << piece.start
        elif slope == 0:
            result |= 1 << piece.start
        else:
            text = f"{part:0{length}b}"
            low = piece.start
            if slope < 0:
                text = text[::-1]
                low += slope * (length - 1)
            if abs(slope) > 1:
                text = ("0" * (abs(slope) - 1)).join(text)
            result |= int(text, 2) << low
            work.spend(len(text) * SPREAD_BIT)
    return result


def split(bits: int, stride: int, count: int, work: Work) -> list[int]:
    """The slices of an integer: `count` of them, of `stride` bits each, from the lowest."""
    if count == 1:
        return [bits]
    if bits == 0:
        return [0] * count
    half = count // 2
    place = stride * half
    work.spend(1e-6 + bits.bit_length() * BIT)
    lower = split(bits & ((1 << place) - 1), stride, half, work)
    return lower + split(bits >> place, stride, count - half, work)


def _joined(parts: list[tuple[int, int]], work: Work) -> int:
    """The union of shifted sets; places are in increasing order."""
    while len(parts) > 1:
        following = []
        for i in range(0, len(parts) - 1, 2):
            (low, first), (high, second) = parts[i], parts[i + 1]
            following.append((low, first | second << (high - low)))
            work.spend(1e-6 + (high - low + second.bit_length()) * BIT)
        if len(parts) % 2:
            following.append(parts[-1])
        parts = following
    place, bits = parts[0]
    return bits << place


def occurring(bits: int, radices: Sequence[int], level: int, work: Work) -> list[int]:
    """The digits of one coordinate that occur in a set."""
    stride = 1
    for radix in radices[:level]:
        stride *= radix
    block = stride * radices[level]
    count = 1
    for radix in radices[level + 1 :]:
        count *= radix
    while count > 1:
        # Fold the upper half of the blocks onto the lower half.
        half = (count + 1) // 2
        work.spend(1e-6 + bits.bit_length() * BIT)
        bits = (bits & ((1 << (half * block)) - 1)) | bits >> (half * block)
        count = half
    return [digit for digit, part in enumerate(split(bits, stride, radices[level], work)) if part]
