"""Sums of k equal units in a box, for any k, by windowed doubling: `window_plan` says why it is exact.

From the vectors themselves, each window is formed as the sums of the one before with itself (an even number of vectors)
or with one more vector, where its region wants them. All windows are kept for recovery, which goes top-down: a sum of
2m is two sums of m found in the window, and all equal sums are split alike, so what is held is a short list of sums
with multiplicities. Sums that are already on the list are preferred, so that it stays short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dnnt.reachable.bitboxes import Layout, Summands, layout_of, listed_bits, reversed_bits, sums
from dnnt.reachable.key_kinds import meeting
from dnnt.reachable.lattice import Lattice, Point, dot, lattice_of
from dnnt.reachable.window_plan import (
    Box,
    Hull,
    Region,
    depths,
    first_region,
    hull_of,
    lengths,
    matters,
    planned,
    steps,
    with_walls,
)
from dnnt.running import Run

MANY_SUMS = 64
"""When more different sums are on the way back, pairs with equal sums are exchanged to have fewer."""

REMEMBERED = 6
"""So many sums are remembered while windows are formed: they may settle."""

TRIES = 32
"""So many sums that are already there are tried as halves of another one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sums of a number of vectors: bits of digits (points less `low`), see `bitboxes`."""

    count: int
    low: Point
    counts: Point
    bits: int
    full: bool
    raw: list[bytes] = field(default_factory=list, compare=False, repr=False)

    def has(self, key: int) -> bool:
        """Whether a bit is set; quick for long bitsets too."""
        if not self.raw:
            self.raw.append(self.bits.to_bytes(self.bits.bit_length() // 8 + 1, "little"))
        raw = self.raw[0]
        return 0 <= key < 8 * len(raw) and bool(raw[key >> 3] >> (key & 7) & 1)


@dataclass(frozen=True, slots=True)
class Windows:
    """kA in the box from `low` to `high`, with the windows of fewer vectors behind it, for 1, …, k vectors."""

    count: int
    low: Point
    high: Point
    lattice: Lattice
    layout: Layout
    points: tuple[Point, ...]
    chain: tuple[Window, ...]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.chain[-1].bits.bit_count() if self.chain else 0

    @property
    def cells(self) -> int:
        """The bits that are held."""
        return sum(window.bits.bit_length() for window in self.chain)

    def contains(self, vector: Sequence[int]) -> bool:
        """Whether a vector is in the box and in kA."""
        return self._key(vector) is not None

    def _key(self, vector: Sequence[int]) -> int | None:
        if not self.chain or not all(a <= x <= b for a, x, b in zip(self.low, vector, self.high, strict=True)):
            return None
        point = self.lattice.coordinates(vector, self.count)
        if point is None:
            return None
        top = self.chain[-1]
        digits = [x - a for x, a in zip(point, top.low, strict=True)]
        if not all(0 <= d < c for d, c in zip(digits, top.counts, strict=True)):
            return None
        key = dot(digits, self.layout.strides)
        return key if top.has(key) else None

    def members(self) -> Iterator[Point]:
        """The elements, in some order."""
        if self.chain:
            top = self.chain[-1]
            for key in listed_bits(top.bits):
                yield self.lattice.vector(self._point(top, key), self.count)

    def _point(self, window: Window, key: int) -> Point:
        return tuple(a + d for a, d in zip(window.low, self.layout.digits(key), strict=True))

    def parts(self, vector: Sequence[int], run: Run) -> Counter[Point]:
        """Find k vectors of A with this sum: vector -> how often. Raises `KeyError` for a vector that is no element."""
        key = self._key(vector)
        if key is None:
            raise KeyError(tuple(vector))
        wanted: Counter[Point] = Counter({self._point(self.chain[-1], key): 1})
        used: Counter[Point] = Counter()
        for window, before in zip(self.chain[:0:-1], self.chain[-2::-1], strict=True):
            if window.count == before.count + 1:
                wanted = self._one_less(wanted, before, used, run)
            else:
                wanted = self._halved(wanted, before, run)
        used.update(wanted)
        found = Counter({self.lattice.vector(point, 1): times for point, times in sorted(used.items())})
        total = [
            sum(times * x for x, times in zip(column, found.values(), strict=True))
            for column in zip(*found, strict=True)
        ]
        if found.total() != self.count or total != list(vector):
            raise AssertionError("recovered vectors do not sum to what was asked for")
        return found

    def _one_less(self, wanted: Counter[Point], before: Window, used: Counter[Point], run: Run) -> Counter[Point]:
        """Take a vector of A away from each sum, the same one from all where that can be."""
        rest: Counter[Point] = Counter()
        order = list(self.points)
        for point, times in wanted.items():
            run.poll()
            for index, vector in enumerate(order):
                less = tuple(x - a for x, a in zip(point, vector, strict=True))
                if self._inside(before, less):
                    used[vector] += times
                    rest[less] += times
                    if index:
                        order.insert(0, order.pop(index))
                    break
            else:
                raise AssertionError("a sum without a last vector")
        return rest

    def _inside(self, window: Window, point: Sequence[int]) -> bool:
        digits = [x - a for x, a in zip(point, window.low, strict=True)]
        return all(0 <= d < c for d, c in zip(digits, window.counts, strict=True)) and window.has(
            dot(digits, self.layout.strides)
        )

    def _halved(self, wanted: Counter[Point], half: Window, run: Run) -> Counter[Point]:
        """Two halves for each sum; sums that are there already are tried first."""
        found: Counter[Point] = Counter()
        recent: list[Point] = []
        turned: tuple[int, int] | None = None
        for point, times in wanted.items():
            run.poll()
            first = None
            for candidate in (*recent[:TRIES], tuple(x // 2 for x in point)):
                other = tuple(x - a for x, a in zip(point, candidate, strict=True))
                if self._inside(half, other) and self._inside(half, candidate):
                    first = candidate
                    break
            if first is None:
                turned = turned or reversed_bits(half.bits)
                first = self._split(point, half, turned)
            second = tuple(x - a for x, a in zip(point, first, strict=True))
            for each in (first, second):
                found[each] += times
                if each in recent:
                    recent.remove(each)
                recent.insert(0, each)
        return _fewer(found) if len(found) > MANY_SUMS else found

    def _split(self, point: Point, half: Window, turned: tuple[int, int]) -> Point:
        """A half of a sum, from the middle of all that there are."""
        key = dot([x - 2 * a for x, a in zip(point, half.low, strict=True)], self.layout.strides)
        hits = meeting(half.bits, *turned, key)
        assert hits, "a sum without halves"
        upper = hits >> key // 2
        if upper:
            return self._point(half, key // 2 + (upper & -upper).bit_length() - 1)
        return self._point(half, hits.bit_length() - 1)


def _fewer(found: Counter[Point]) -> Counter[Point]:
    """The same number of sums with the same total, fewer of them different: x + y = z + w lets one of x and y go."""
    found = Counter(found)
    pairs: dict[Point, tuple[Point, Point]] = {}
    points = sorted(found, key=lambda p: -found[p])
    for i, x in enumerate(points):
        for y in points[: i + 1]:
            if not found[x] or not found[y] or (x == y and found[x] < 2):
                continue
            total = tuple(a + b for a, b in zip(x, y, strict=True))
            known = pairs.setdefault(total, (x, y))
            if known == (x, y) or not (found[known[0]] and found[known[1]]):
                pairs[total] = (x, y)
                continue
            times = found[x] // 2 if x == y else min(found[x], found[y])
            found[x] -= times
            found[y] -= times
            found[known[0]] += times
            found[known[1]] += times
    return +found


def windows_of(vectors: Sequence[Point], count: int, low: Point, high: Point, run: Run) -> Windows:
    """The sums of `count` >= 1 of the vectors (at least one) between `low` and `high`.

    Raises `Stop` where the run's limits end it.
    """
    kept = sorted(set(vectors))
    while True:
        run.poll()
        lattice = lattice_of(kept, low, high)
        points = [_known(lattice, v) for v in kept]
        hull = hull_of(points, run)
        box = Box(*lattice.bounds(low, high, count))
        region = first_region(hull, count, box)
        nothing = Windows(count, low, high, lattice, layout_of([1] * lattice.rank), tuple(points), ())
        if region is None:
            return nothing
        fewer = [v for v, p in zip(kept, points, strict=True) if matters(hull, region, p)]
        if not fewer:
            return nothing
        if len(fewer) == len(kept):
            break
        kept = fewer
    region = with_walls(region, lattice, low, high)
    plan = planned(hull, region, run)
    if plan is None:
        return nothing
    layout = layout_of(lengths(hull, plan))
    cells = sum(_cells(layout, each.box.counts) for each in plan)
    run.need(cells // 8 + 8 * max(_cells(layout, each.box.counts) for each in plan) // 8, "windows of equal units")
    chain = _chain(hull, plan, layout, run)
    return Windows(count, low, high, lattice, layout, tuple(points), chain)


def _known(lattice: Lattice, vector: Point) -> Point:
    point = lattice.coordinates(vector, 1)
    assert point is not None, "a vector outside its own lattice"
    return point


def _cells(layout: Layout, counts: Sequence[int]) -> int:
    return 1 + sum((c - 1) * s for c, s in zip(counts, layout.strides, strict=True))


def _chain(hull: Hull, plan: Sequence[Region], layout: Layout, run: Run) -> tuple[Window, ...]:
    """The windows of a plan, from 1 vector to k."""
    single = Window(1, hull.box.low, hull.box.counts, _bits(hull.points, hull.box.low, layout), False)
    first = plan[0]
    near = [p for p in hull.points if p in first.box]
    bits = _bits(near, first.box.low, layout) & layout.region(first.box.counts, first.halfspaces)
    chain = [Window(1, first.box.low, first.box.counts, bits, False)]
    known: dict[Summands, int] = {}
    for (_, _, whole), number in zip(steps(hull, plan), range(1, len(plan)), strict=True):
        run.poll()
        run.progress("windows of equal units", number / len(plan))
        chain.append(_next(chain[-1], single if whole.count % 2 else chain[-1], whole, layout, known, run))
        if not chain[-1].bits:
            return ()
    return tuple(chain)


def _bits(points: Sequence[Point], low: Point, layout: Layout) -> int:
    keys = [dot([x - a for x, a in zip(p, low, strict=True)], layout.strides) for p in points]
    raw = bytearray(max(keys, default=0) // 8 + 1)
    for key in keys:
        raw[key >> 3] |= 1 << (key & 7)
    return int.from_bytes(raw, "little")


def _next(half: Window, other: Window, whole: Region, layout: Layout, known: dict[Summands, int], run: Run) -> Window:
    """The window of a region from the two sets it is a sum of; `known` has the sums formed last."""
    summed = _box_of(half).plus(_box_of(other))
    box = whole.box.meet(summed)
    if box.empty:
        return Window(whole.count, whole.box.low, whole.box.counts, 0, False)
    halfspaces = tuple(
        (f, bound - dot(f, [a - b for a, b in zip(box.low, whole.box.low, strict=True)]))
        for f, bound in whole.halfspaces
    )
    wanted = layout.region(box.counts, halfspaces)
    run.poll()
    if half.full and (half is other or box.within(_box_of(half).plus(_one_of(other, layout)))):
        # Two boxes of integers without gaps sum to one without gaps; or a single vector of the other set will do.
        return Window(whole.count, box.low, box.counts, wanted, not halfspaces)
    offset = dot([a - b for a, b in zip(box.low, summed.low, strict=True)], layout.strides)
    depth = max(depths(summed, box)[-1], half.counts[-1], other.counts[-1]) if box.low else 1
    summands = Summands(half.bits, other.bits, offset, wanted, depth)
    run.poll()
    bits = known.pop(summands, None)
    if bits is None:
        bits = sums(summands, layout, run)
    known[summands] = bits
    if len(known) > REMEMBERED:
        del known[next(iter(known))]
    return Window(whole.count, box.low, box.counts, bits, not halfspaces and bits == wanted)


def _one_of(window: Window, layout: Layout) -> Box:
    """Any point of a window."""
    digits = layout.digits((window.bits & -window.bits).bit_length() - 1)
    point = tuple(a + d for a, d in zip(window.low, digits, strict=True))
    return Box(point, point)


def _box_of(window: Window) -> Box:
    return Box(window.low, tuple(a + c - 1 for a, c in zip(window.low, window.counts, strict=True)))
