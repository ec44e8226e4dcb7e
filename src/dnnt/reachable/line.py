"""Sums of k equal units along a line, for any k: the structure of kA in one dimension.

Let A be a set of integers with least element 0, greatest element m and no common divisor. Sums of any number of
elements, taken modulo m: `reach[r]` is the least such sum that leaves r (the Apéry set of the semigroup of A), and
`back` the same of m − A.

**Theorem** (Granville and Walker, A tight structure theorem for sumsets, 2021). For k >= m − |A| + 2, v is in kA if and
only if v >= reach[v mod m] and km − v >= back[(km − v) mod m].

So after two tables of m numbers (round robin of Böcker and Lipták, 2007, here without elements that are sums of smaller
ones) each question takes the same time, whatever k is.

**Recovery.** v = reach[r] + q·m, and reach[r] is a sum of l < m elements between 0 and m: a least sum has no two
partial sums that are equal modulo m. If l + q <= k, zeros make up the number. The same holds from the other side. For
k >= 2m one of them always works: in the lower half of [0, km], l + q <= k is km − v >= lm − reach[r], where the left is
at least m² and the right at most (m − 1)². For smaller k, where neither does, windows are asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

from dnnt.reachable.lattice import Lattice, Point
from dnnt.reachable.windows import windows_of
from dnnt.running import Run

NUMPY_STEPS = 200_000
"""Tables that take more steps are made with NumPy."""

MOST = 1 << 29
"""The greatest m for which tables are made; their entries are below m², and nothing wraps below 2^61."""

_FAR = 1 << 61

ENTRY_BYTES = 100
"""What an entry of the two tables takes in memory at most while they are made."""


@dataclass(frozen=True, slots=True)
class Line:
    """kA in a box, where all vectors lie on a line and `count`, k, is at least m − |A| + 2.

    `elements` are the positions 0 … m of the vectors in increasing order, `first` and `last` the ends of the box on the
    line.
    """

    count: int
    low: Point
    high: Point
    lattice: Lattice
    elements: tuple[int, ...]
    reach: Sequence[int]
    back: Sequence[int]
    first: int
    last: int

    @property
    def _span(self) -> int:
        return self.elements[-1]

    @property
    def cells(self) -> int:
        """The numbers that are held."""
        return 2 * self._span

    def _has(self, v: int) -> bool:
        m = self._span
        rest = self.count * m - v
        return v >= self.reach[v % m] and rest >= self.back[rest % m]

    def contains(self, vector: Sequence[int]) -> bool:
        """Whether a vector is in the box and in kA."""
        point = self.lattice.coordinates(vector, self.count)
        return point is not None and self.first <= point[0] <= self.last and self._has(point[0])

    @property
    def size(self) -> int:
        """The number of elements in the box."""
        m, total = self._span, self.count * self._span
        if self.last - self.first < m:
            return sum(map(self._has, range(self.first, self.last + 1)))
        size = 0
        for r in range(m):
            # The elements that leave r are an interval of them.
            low = max(self.first, self.reach[r])
            high = min(self.last, total - self.back[(total - r) % m])
            low += (r - low) % m
            size += max(0, (high - low) // m + 1)
        return size

    def members(self) -> Iterator[Point]:
        """The elements, from one end of the box to the other."""
        v = self.first
        while v <= self.last:
            if self._has(v):
                yield self.lattice.vector((v,), self.count)
            v += 1

    def parts(self, vector: Sequence[int], run: Run) -> Counter[Point]:
        """Find k vectors of A with this sum: vector -> how often. Raises `KeyError` for a vector that is no element."""
        if not self.contains(vector):
            raise KeyError(tuple(vector))
        point = self.lattice.coordinates(vector, self.count)
        assert point is not None, "an element outside the lattice"
        used = self._parts(point[0], run)
        if used.total() != self.count or sum(a * times for a, times in used.items()) != point[0]:
            raise AssertionError("recovered vectors do not sum to what was asked for")
        return Counter({self.lattice.vector((a,), 1): times for a, times in sorted(used.items())})

    def _parts(self, v: int, run: Run) -> Counter[int]:
        m = self._span
        for turned in (False, True):
            table = self.back if turned else self.reach
            value = self.count * m - v if turned else v
            inner = [m - a for a in self.elements] if turned else list(self.elements)
            used = _path(table, inner, m, value % m, run)
            used[m] += (value - table[value % m]) // m
            if used.total() <= self.count:
                used[0] += self.count - used.total()
                return +(Counter({m - a: times for a, times in used.items()}) if turned else used)
        windows = windows_of([(a,) for a in self.elements], self.count, (v,), (v,), run)
        return Counter({a: times for (a,), times in windows.parts((v,), run).items()})


def _path(table: Sequence[int], elements: Sequence[int], m: int, residue: int, run: Run) -> Counter[int]:
    """The elements that the least sum with this residue is made of."""
    used: Counter[int] = Counter()
    inner = [a for a in elements if 0 < a < m]
    value = table[residue]
    while value:
        run.poll()
        a = next(a for a in inner if a <= value and table[(value - a) % m] == value - a)
        while value >= a and table[(value - a) % m] == value - a:
            value -= a
            used[a] += 1
    return used


def threshold(elements: Sequence[int]) -> int:
    """The least k for which the theorem speaks, for elements from 0 to m without a common divisor."""
    return max(1, elements[-1] - len(elements) + 2)


def line_of(vectors: Sequence[Point], lattice: Lattice, count: int, low: Point, high: Point, run: Run) -> Line | None:
    """The sums in a box of vectors on a line; None where the theorem does not speak about k, or for too long a line.

    `lattice` is that of the vectors, of rank 1.
    """
    elements = tuple(sorted({_position(lattice, v) for v in vectors}))
    m = elements[-1]
    if count < threshold(elements) or m > MOST:
        return None
    first, last = 0, count * m
    for base, step, a, b in zip(lattice.base, lattice.basis[0], low, high, strict=True):
        if step:
            ends = sorted([(a - count * base, step), (b - count * base, step)], key=lambda end: end[0] * step)
            first = max(first, -(-ends[0][0] * step // (step * step)))
            last = min(last, ends[1][0] * step // (step * step))
        elif not a <= count * base <= b:
            last = -1
    run.need(ENTRY_BYTES * m, "the sums of equal units along a line")
    reach = least_sums(elements, run)
    back = least_sums([m - a for a in reversed(elements)], run)
    return Line(count, low, high, lattice, elements, reach, back, first, last)


def _position(lattice: Lattice, vector: Point) -> int:
    point = lattice.coordinates(vector, 1)
    assert point is not None, "a vector outside its own lattice"
    return point[0]


def least_sums(elements: Sequence[int], run: Run) -> Sequence[int]:
    """For each residue modulo the last element m the least sum of elements that leaves it.

    The elements increase from 0 to m >= 1 and have no common divisor.
    """
    m = elements[-1]
    table = [_FAR] * m
    table[0] = 0
    work = 0
    for index, a in enumerate(elements):
        if not 0 < a < m or table[a] <= a:
            continue
        run.poll()
        work += m
        if work > NUMPY_STEPS:
            return _by_numpy(table, elements[index:], run)
        circles = gcd(a, m)
        for start in range(circles):
            circle = table[start::circles]
            low = min(circle)
            if low == _FAR:
                continue
            place, value = start + circles * circle.index(low), low
            for _ in range(m // circles):
                value += a
                place = value % m
                known = table[place]
                if known < value:
                    value = known
                else:
                    table[place] = value
    return table


def _by_numpy(table: list[int], elements: Sequence[int], run: Run) -> Sequence[int]:
    import numpy as np

    m = elements[-1]
    values = np.array(table, np.int64)
    for a in elements:
        if not 0 < a < m or values[a] <= a:
            continue
        run.poll()
        circles = gcd(a, m)
        length = m // circles
        steps = np.arange(2 * length, dtype=np.int64) * a
        places = (np.arange(circles, dtype=np.int64)[:, None] + steps[:length]) % m
        round_twice = np.tile(values[places], 2) - steps
        np.minimum.accumulate(round_twice, axis=1, out=round_twice)
        values[places] = round_twice[:, length:] + steps[length:]
    return [int(value) for value in values.tolist()]
