"""Sets of digit vectors as the bits of one integer, and their sums.

Digit vector d has bit d·strides, where strides[0] is 1 and strides[i + 1] = strides[i] · length of coordinate i; the
last coordinate has no length of its own. Adding bits' numbers adds vectors, as long as no digit that matters overflows:
for a sum of digits x <= a and y <= b of which only those from p to q are looked at, a length greater than q and greater
than a + b - p is enough. (Digits that are too large come out at 0 … a + b - length < p, where nobody looks, and what
they carry is in nobody's way either.)

A sum in a wanted region is formed in one of three ways, whichever is predicted cheapest:
- *shifts*: one set is shifted by every element of the other, and united;
- *cover*: a few shifts, and for each wanted cell that they leave open a look at whether it has a summand. Sums of many
  vectors are mostly full inside, so this is what happens most;
- *transform*: the sets as polynomials with coefficients 0 and 1, multiplied by fast Fourier transforms in double
  precision. Coefficients count pairs; the relative error e (in the Euclidean norm) of a transform of N numbers, N
  having small prime factors, is below 33 · log2(N) · 2^-53 (Higham, Accuracy and Stability of Numerical Algorithms,
  theorem 24.2, with room). The norms of the sets are sqrt(|X|) and sqrt(|Y|), that of their product z, whose entries
  sum to |X| · |Y| and are at most min(|X|, |Y|), is at most sqrt(min(|X|, |Y|) · |X| · |Y|). So no coefficient is wrong
  by more than 2e · sqrt(|X| · |Y|), from the transforms forth, and e times the norm of z, from the one back. `TRUSTED`
  holds this below 1/4: coefficients above 1/2 are those from 1 on.
  (An integer product by python-flint of the sets with three bytes a coefficient takes four times as long.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd, log2, prod, sqrt
from typing import TYPE_CHECKING, Any

from dnnt.kernels.threads import beside
from dnnt.reachable.key_kinds import meeting
from dnnt.reachable.lattice import Point, dot
from dnnt.running import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHIFT_SECONDS, SHIFT_BYTE_SECONDS = 0.4e-6, 0.7e-9
"""What one shift and union (or intersection) costs, and what it costs a byte."""

CELL_SECONDS = 26e-9
"""What the transform of one cell and back costs."""

TRANSFORM_SECONDS = 1e-4
"""What a transform costs whatever its size."""

BATCH = 8
"""So many shifts are made before what they leave open is counted."""

LISTED = 4096
"""Of sets up to this size all elements are listed."""

TRUSTED = 0.25
"""The greatest error that a coefficient may have."""

NUMPY_CUTS = 2_000
"""Regions with fewer rows times halfspaces are drawn without NumPy."""

LONG_CELLS = 1 << 20
"""Transforms of more cells run beside the polls."""

TRANSFORM_BYTES = 40
"""What a transform takes a cell at its peak."""

_FILLED = re.compile(rb"[^\x00]+")
_PLACES = [[place for place in range(8) if byte >> place & 1] for byte in range(256)]
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

Halfspace = tuple[Point, int]
"""(f, m): the digits d with f·d <= m."""


def smooth(least: int) -> int:
    """The least number from `least` on with no prime factor above 5."""
    number = max(least, 1)
    while True:
        rest = number
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return number
        number += 1


@dataclass(frozen=True, slots=True)
class Layout:
    """How digit vectors become bit numbers: the lengths of all coordinates but the last."""

    lengths: tuple[int, ...]
    strides: tuple[int, ...]

    def region(self, counts: Sequence[int], halfspaces: Sequence[Halfspace]) -> int:
        """The bits of the digits with d[i] < counts[i] (at least 1 each) that lie in all halfspaces."""
        if not halfspaces:
            bits = 1
            for stride, count in zip(self.strides, counts, strict=True):
                bits = _repeated(bits, stride, count)
            return bits
        if not counts:
            return int(all(bound >= 0 for _, bound in halfspaces))
        reach = max(sum(abs(f) * c for f, c in zip(fs, counts, strict=True)) + abs(m) for fs, m in halfspaces)
        if prod(counts[1:]) * len(halfspaces) < NUMPY_CUTS or reach >= 1 << 62:
            return self._drawn(counts, halfspaces)
        return self._drawn_by_numpy(counts, halfspaces)

    def _drawn(self, counts: Sequence[int], halfspaces: Sequence[Halfspace]) -> int:
        size = sum((c - 1) * s for c, s in zip(counts, self.strides, strict=True)) + 1
        starts, ends = bytearray(size // 8 + 1), bytearray(size // 8 + 1)
        for outer in product(*map(range, counts[1:])):
            low, high = 0, counts[0] - 1
            for functional, bound in halfspaces:
                rest = bound - dot(functional[1:], outer)
                if functional[0] > 0:
                    high = min(high, rest // functional[0])
                elif functional[0] < 0:
                    low = max(low, -(rest // -functional[0]))
                elif rest < 0:
                    high = -1
            if low <= high:
                start = dot(outer, self.strides[1:])
                for raw, key in ((starts, start + low), (ends, start + high + 1)):
                    raw[key >> 3] |= 1 << (key & 7)
        # A run of bits from s to e - 1 is the number 2^e - 2^s.
        return int.from_bytes(ends, "little") - int.from_bytes(starts, "little")

    def _drawn_by_numpy(self, counts: Sequence[int], halfspaces: Sequence[Halfspace]) -> int:
        import numpy as np

        outer = counts[1:]
        low = np.zeros(outer[::-1], np.int64)
        high = np.full(outer[::-1], counts[0] - 1, np.int64)
        for functional, bound in halfspaces:
            rest = np.full(outer[::-1], bound, np.int64)
            for axis, (f, count) in enumerate(zip(functional[1:], outer, strict=True)):
                shape = [1] * len(outer)
                shape[len(outer) - 1 - axis] = count
                rest -= f * np.arange(count, dtype=np.int64).reshape(shape)
            if functional[0] > 0:
                np.minimum(high, rest // functional[0], out=high)
            elif functional[0] < 0:
                np.maximum(low, -(rest // -functional[0]), out=low)
            else:
                high[rest < 0] = -1
        places = np.arange(counts[0], dtype=np.int64)
        cells = np.zeros((counts[-1], *self.lengths[::-1]), bool)
        block = tuple(slice(0, c) for c in counts[::-1])
        if len(counts) == 1:
            cells[block] = (places >= low) & (places <= high)
        else:
            cells[block] = (places >= low[..., None]) & (places <= high[..., None])
        return _packed(cells)

    def digits(self, key: int) -> Point:
        """The digits of a bit's number."""
        result = []
        for length in self.lengths:
            key, digit = divmod(key, length)
            result.append(digit)
        return (*result, key) if self.strides else ()


def layout_of(least: Sequence[int]) -> Layout:
    """The layout whose lengths are at least these (the last one is left out)."""
    lengths = tuple(smooth(x) for x in least[:-1])
    strides = [1]
    for length in lengths:
        strides.append(strides[-1] * length)
    return Layout(lengths, tuple(strides[: len(least)]))


def _repeated(bits: int, stride: int, count: int) -> int:
    """`count` copies of the bits, `stride` apart."""
    have = 1
    while have < count:
        more = min(have, count - have)
        bits |= bits << stride * more
        have += more
    return bits


@dataclass(frozen=True, slots=True)
class Summands:
    """Two sets and where their sum is wanted.

    Bit b of the result stands for bit b + `offset` of the sum. Only bits of `wanted` matter. `depth` is more than any
    last digit of either, or that matters, and than the greatest sum of last digits less the least one that matters.
    """

    left: int
    right: int
    offset: int
    wanted: int
    depth: int


def sums(of: Summands, layout: Layout, run: Run) -> int:
    """The bits of `wanted` that are sums of a bit of `left` and one of `right`."""
    left, right, wanted = of.left, of.right, of.wanted
    if not (left and right and wanted):
        return 0
    counts = left.bit_count(), right.bit_count()
    if counts[0] < counts[1]:
        left, right, counts = right, left, counts[::-1]
    shift = SHIFT_SECONDS + SHIFT_BYTE_SECONDS * (max(left.bit_length(), wanted.bit_length()) // 8)
    cells = smooth(of.depth) * prod(layout.lengths)
    transform = TRANSFORM_SECONDS + CELL_SECONDS * cells
    if 100 * log2(cells + 2) * 2.0**-53 * sqrt(counts[0] * counts[1] ** 2) > TRUSTED:
        transform = float("inf")
    listed = counts[1] <= LISTED
    left_over = counts[1]
    covered, tried = 0, 0
    open_cells = wanted.bit_count()
    for batch in _samples(right, listed):
        run.poll()
        covered = _shifted(covered, left, batch, of.offset, run) & wanted
        tried += len(batch)
        before, open_cells = open_cells, wanted.bit_count() - covered.bit_count()
        if not open_cells:
            return covered
        # A look closes one cell; go on shifting while a shift closes more.
        if before - open_cells < 2 * len(batch) or tried * shift > transform / 2:
            left_over = counts[1] - (tried if listed else 0)
            if not listed or min(open_cells * shift, transform) < left_over * shift:
                break
    else:
        if listed:
            return covered
    if open_cells * shift <= min(transform, left_over * shift):
        return covered | _looked_up(left, right, of.offset, wanted & ~covered, run)
    if transform <= left_over * shift:
        return _transformed(of, layout, run)
    keys = listed_bits(right)
    for start in range(0, len(keys), BATCH):
        run.poll()
        covered = _shifted(covered, left, keys[start : start + BATCH], of.offset, run)
    return covered & wanted


def _shifted(covered: int, bits: int, keys: Sequence[int], offset: int, run: Run) -> int:
    """The union of `covered` and the bits shifted by each key less the offset."""
    for key in keys:
        run.poll()
        by = key - offset
        covered |= bits << by if by >= 0 else bits >> -by
    return covered


def _samples(bits: int, listed: bool) -> Iterator[list[int]]:
    """Batches of set bits, spread over the set: all of them if they are to be listed."""
    if listed:
        keys = listed_bits(bits)
        step = _coprime(len(keys))
        order = [keys[i * step % len(keys)] for i in range(len(keys))]
        for start in range(0, len(order), BATCH):
            yield order[start : start + BATCH]
        return
    raw = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    step = _coprime(len(raw))
    for start in range(0, len(raw), BATCH):
        batch = []
        for i in range(start, start + BATCH):
            place = i * step % len(raw)
            while not raw[place]:
                place = (place + 1) % len(raw)
            byte = raw[place]
            batch.append(8 * place + (byte & -byte).bit_length() - 1)
        yield batch


def _coprime(size: int) -> int:
    """A number near the golden section of `size` without a common divisor: its multiples are spread evenly."""
    step = max(1, int(size * 0.618))
    while gcd(step, size) != 1:
        step += 1
    return step


def listed_bits(bits: int) -> list[int]:
    """The numbers of the bits that are set, in increasing order; quick where they are few."""
    raw = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    return [
        8 * at + place
        for match in _FILLED.finditer(raw)
        for at, byte in enumerate(match[0], match.start())
        for place in _PLACES[byte]
    ]


def reversed_bits(bits: int) -> tuple[int, int]:
    """(bits, length): bit length - 1 - k of the result is bit k of the given bits."""
    count = bits.bit_length() // 8 + 1
    raw = bits.to_bytes(count, "little")[::-1].translate(_REVERSED)
    return int.from_bytes(raw, "little"), 8 * count


def _looked_up(left: int, right: int, offset: int, open_cells: int, run: Run) -> int:
    """The open cells that are sums, looked at one by one."""
    turned, length = reversed_bits(right)
    found = []
    for number, key in enumerate(listed_bits(open_cells)):
        if number % BATCH == 0:
            run.poll()
        if meeting(left, turned, length, key + offset):
            found.append(key)
    raw = bytearray(open_cells.bit_length() // 8 + 1)
    for key in found:
        raw[key >> 3] |= 1 << (key & 7)
    return int.from_bytes(raw, "little")


def _packed(cells: NDArray[np.bool_]) -> int:
    import numpy as np

    return int.from_bytes(np.packbits(cells.reshape(-1), bitorder="little").tobytes(), "little")


def _spread_out(bits: int, cells: int) -> NDArray[np.float64]:
    import numpy as np

    raw = np.frombuffer(bits.to_bytes((cells + 7) // 8, "little"), np.uint8)
    return np.unpackbits(raw, bitorder="little")[:cells].astype(np.float64)


def _transformed(of: Summands, layout: Layout, run: Run) -> int:
    from numpy import fft

    # Coordinates are turned one by one, and wrap around: what wraps comes out where nobody looks, as above.
    shape = (smooth(of.depth), *layout.lengths[::-1])
    cells = prod(shape)
    run.need(TRANSFORM_BYTES * cells, "a window of sums of equal units")
    axes = range(len(shape) - 1)

    def forward(bits: int) -> Any:
        turned = fft.rfft(_spread_out(bits, cells).reshape(shape), axis=-1)
        for axis in axes:
            turned = fft.fft(turned, axis=axis)
        return turned

    def convolved() -> int:
        turned = forward(of.left)
        turned *= turned if of.left == of.right else forward(of.right)
        for axis in axes:
            turned = fft.ifft(turned, axis=axis)
        counted = fft.irfft(turned, shape[-1], axis=-1)
        return _packed((counted > 0.5).reshape(-1)[of.offset :])

    if cells <= LONG_CELLS:
        run.poll()
        return convolved() & of.wanted
    return beside(convolved, run.poll) & of.wanted
