"""Where the sums of k, …, 1 vectors are looked for: the plan of windowed doubling.

Wanted is kA in a box: all sums of k vectors of a finite set A of integer vectors (each as often as it likes) that lie
between `low` and `high`. With r coordinates, let W(f) be the width of A under a linear functional f, and
δ = ⌊q²/4⌋/q, where q = r + 1.

**Lemma.** Any c = 2m vectors of A with sum v can be split into two times m vectors, so that for every linear f at once
the sum s of either half has |f(s) − f(v)/2| <= δ·W(f).
*Proof.* The shares x in [0, 1]^c with Σ x_j = m and Σ x_j a_j = v/2 form a polytope that is not empty (all 1/2). It has
a vertex, where at most q shares are fractional, as there are q equations. These, say p <= q of them, sum to an integer
t. Give 1 to the t largest of them and 0 to the others. Let θ be what the others had: it has moved to the t largest, so
the sum of the half has moved by θ times a difference of two averages of vectors of A, and f of it by at most θ·W(f).
The others are the p − t smallest of p numbers with sum t, so θ <= (p − t)·t/p <= δ. The other half mirrors it. (In the
spirit of Steinitz's lemma; compare Eisenbrand and Weismantel 2018, Jansen and Rohwedder 2019.)

So (2m)A in a window comes exactly from mA in a window of half its size and 2δW more, and (2m + 1)A from (2m)A, as v − a
for any of its vectors a: k vectors take log2(k) windows, whose sizes settle at (4δ + 1)W, whatever k is. Nothing is
assumed of the box: v is any sum in it, and where it sticks out of the hull of kA there are none. Windows are cut
- by what c vectors can sum to at all: c·m(f), m(f) being the greatest f of A, for coordinates and facets of the hull;
- by *slack*, m(f) − f(a) for a vector and c·m(f) − f(v) for a sum of c: it is never negative and adds up, so no vector
  and no half has more slack than the whole, nor more than half of it and δ·W(f). Near a face few vectors matter, at a
  vertex one;
- by each other: a half is the whole less the other half.

Where sums of c vectors are looked for not far from c·a for a corner a of the hull, windows are made as wide as they
would get for any k, so that from some c on they are all the same (less c·a), and so are the sums in them: `windows`
then forms them once. (Inside, windows are full from some c on, which costs next to nothing either.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from operator import mul, sub

from dnnt.reachable.bitboxes import Halfspace
from dnnt.reachable.facets import Facet, facets
from dnnt.reachable.lattice import Lattice, Point, dot
from dnnt.running import Run

SETTLING = 32
"""Windows of so many vectors and more are made as wide as they would get for any number."""


@dataclass(frozen=True, slots=True)
class Box:
    """The points between `low` and `high`, both included."""

    low: Point
    high: Point

    @property
    def empty(self) -> bool:
        """Whether it holds no point."""
        return any(a > b for a, b in zip(self.low, self.high, strict=True))

    @property
    def counts(self) -> Point:
        """The number of values of each coordinate."""
        return tuple(b - a + 1 for a, b in zip(self.low, self.high, strict=True))

    def __contains__(self, point: Sequence[int]) -> bool:
        return all(a <= x <= b for a, x, b in zip(self.low, point, self.high, strict=True))

    def within(self, other: Box) -> bool:
        """Whether all its points are points of the other."""
        return self.low in other and self.high in other

    def meet(self, other: Box) -> Box:
        """The common points."""
        return Box(
            tuple(max(a, b) for a, b in zip(self.low, other.low, strict=True)),
            tuple(min(a, b) for a, b in zip(self.high, other.high, strict=True)),
        )

    def plus(self, other: Box) -> Box:
        """All sums of a point of each."""
        return Box(
            tuple(a + b for a, b in zip(self.low, other.low, strict=True)),
            tuple(a + b for a, b in zip(self.high, other.high, strict=True)),
        )

    def minus(self, other: Box) -> Box:
        """All differences of a point of each."""
        return Box(
            tuple(a - b for a, b in zip(self.low, other.high, strict=True)),
            tuple(a - b for a, b in zip(self.high, other.low, strict=True)),
        )

    def times(self, count: int) -> Box:
        """Where sums of `count` points of it lie."""
        return Box(tuple(count * a for a in self.low), tuple(count * b for b in self.high))


@dataclass(frozen=True, slots=True)
class Hull:
    """A in the coordinates of its lattice: points, the box around them, the facets of the hull and A's width there."""

    points: tuple[Point, ...]
    box: Box
    facets: tuple[Facet, ...]
    widths: tuple[int, ...]

    @property
    def share(self) -> tuple[int, int]:
        """δ as numerator and denominator."""
        q = len(self.box.low) + 1
        return q * q // 4, q


def hull_of(points: Sequence[Point], run: Run) -> Hull:
    """The hull of points that span their space."""
    found = facets(points, run.poll)
    box = Box(tuple(map(min, zip(*points, strict=True))), tuple(map(max, zip(*points, strict=True))))
    widths = []
    for f, m in found:
        run.poll()
        widths.append(m - min([dot(f, p) for p in points]))
    return Hull(tuple(points), box, found, tuple(widths))


@dataclass(frozen=True, slots=True)
class Region:
    """Where sums of `count` vectors are looked for: a box, and halfspaces (of digits: points less `box.low`)."""

    count: int
    box: Box
    slacks: tuple[int, ...]
    halfspaces: tuple[Halfspace, ...]


def first_region(hull: Hull, count: int, box: Box) -> Region | None:
    """The region of k vectors in a box; None where the box is off the hull of all sums."""
    box = box.meet(hull.box.times(count))
    if box.empty:
        return None
    slacks = []
    for f, m in hull.facets:
        least, _ = _range(f, box)
        if least > count * m:
            return None
        slacks.append(count * m - least)
    return _region(hull, count, box, tuple(slacks))


def _range(f: Point, box: Box) -> tuple[int, int]:
    """The least and the greatest value of a functional on a box."""
    middle = dot(f, box.low) + dot(f, box.high)
    reach = sum(map(mul, map(abs, f), map(sub, box.high, box.low)))
    return (middle - reach) // 2, (middle + reach) // 2


def matters(hull: Hull, region: Region, point: Point) -> bool:
    """Whether a vector of A has no more slack than the sums of the region."""
    return all(m - dot(f, point) <= slack for (f, m), slack in zip(hull.facets, region.slacks, strict=True))


def _region(hull: Hull, count: int, box: Box, slacks: tuple[int, ...]) -> Region | None:
    """A box cut by the facets that go through it, and made smaller accordingly; None where nothing is left."""
    cuts: list[Halfspace] = []
    for (f, m), slack in zip(hull.facets, slacks, strict=True):
        least, most = _range(f, box)
        if most > count * m:
            cuts.append((f, count * m))
            if least < count * m - slack:
                cuts.append((tuple(-x for x in f), slack - count * m))
    smaller = _tightened(box, cuts)
    if smaller is None:
        return None
    return Region(count, smaller, slacks, _of_digits(cuts, smaller))


def _tightened(box: Box, cuts: Sequence[Halfspace]) -> Box | None:
    """A smaller box with all points of a box in the halfspaces; None where there are none."""
    low, high = list(box.low), list(box.high)
    for _ in range(3):
        before = (*low, *high)
        for f, bound in cuts:
            least, _ = _range(f, Box(tuple(low), tuple(high)))
            room = bound - least
            if room < 0:
                return None
            for i, x in enumerate(f):
                if x > 0:
                    high[i] = min(high[i], low[i] + room // x)
                elif x < 0:
                    low[i] = max(low[i], high[i] - room // -x)
        if before == (*low, *high):
            break
    return Box(tuple(low), tuple(high))


def _of_digits(cuts: Sequence[Halfspace], box: Box) -> tuple[Halfspace, ...]:
    """The halfspaces that cut the box, in digits."""
    return tuple((f, bound - dot(f, box.low)) for f, bound in cuts if _range(f, box)[1] > bound)


def with_walls(region: Region, lattice: Lattice, low: Point, high: Point) -> Region:
    """The region cut by the box that was asked for, where its walls are skew in the lattice's coordinates."""
    walls: list[Halfspace] = []
    for c, (a, b) in enumerate(zip(low, high, strict=True)):
        f = tuple(row[c] for row in lattice.basis)
        base = region.count * lattice.base[c]
        walls.append((f, b - base))
        walls.append((tuple(-x for x in f), base - a))
    more = _of_digits(walls, region.box)
    return Region(region.count, region.box, region.slacks, (*region.halfspaces, *more))


def planned(hull: Hull, top: Region, run: Run) -> list[Region] | None:
    """The regions of k, …, 1 vectors, from the last to the first; None where one of them is empty."""
    plan = [top]
    over, under = hull.share
    corner = _nearest(hull, top)
    usual = _usual(hull, corner)
    while plan[-1].count > 1:
        run.poll()
        last = plan[-1]
        slacks = last.slacks
        if last.count % 2:
            count = last.count - 1
            box, wide = last.box.minus(hull.box), usual.minus(hull.box.minus(Box(corner, corner)))
        else:
            count = last.count // 2
            room = [over * (b - a) for a, b in zip(hull.box.low, hull.box.high, strict=True)]
            box = Box(
                tuple(-((2 * w - under * a) // (2 * under)) for a, w in zip(last.box.low, room, strict=True)),
                tuple((under * b + 2 * w) // (2 * under) for b, w in zip(last.box.high, room, strict=True)),
            )
            wide = usual
            slacks = tuple(
                _halved_slack(slack, 2 * over * width // under, count)
                for slack, width in zip(last.slacks, hull.widths, strict=True)
            )
        limits = hull.box.times(count)
        wide = wide.plus(Box(corner, corner).times(count))
        if count >= SETTLING and box.within(wide):
            box = wide.meet(limits)
        else:
            box = box.meet(limits)
            if not (last.count % 2 or box.empty):
                box = box.meet(last.box.minus(box))
        region = None if box.empty else _region(hull, count, box, slacks)
        if region is None:
            return None
        plan.append(region)
    return plan[::-1]


def _halved_slack(slack: int, usual: int, count: int) -> int:
    """The most slack of a half of `count` vectors; the slack of such halves settles at `usual`, and is rounded up."""
    half = min(slack, (slack + usual) // 2 + 1)
    settled = usual + usual // 8 + 4
    return settled if count >= SETTLING and usual < half <= settled else half


def _nearest(hull: Hull, top: Region) -> Point:
    """The vector of A whose multiple is nearest to the middle of a region, in widths of A."""
    centre = [a + b for a, b in zip(top.box.low, top.box.high, strict=True)]
    sizes = [b - a for a, b in zip(hull.box.low, hull.box.high, strict=True)]

    def distance(point: Point) -> Fraction:
        away = (Fraction(abs(c - 2 * top.count * x), size) for c, x, size in zip(centre, point, sizes, strict=True))
        return max(away, default=Fraction(0))

    return min(hull.points, key=distance)


def _usual(hull: Hull, corner: Point) -> Box:
    """The box of m vectors, less m times `corner`, at which windows settle whatever the digits of k are."""
    over, under = hull.share
    low, high = [], []
    for least, most, at in zip(hull.box.low, hull.box.high, corner, strict=True):
        room = -(-2 * over * (most - least) // under) + 2
        low.append(at - most - room)
        high.append(at - least + room)
    return Box(tuple(low), tuple(high))


def steps(hull: Hull, plan: Sequence[Region]) -> Iterator[tuple[Box, Box, Region]]:
    """For each region but the first the boxes of the two sets that it is a sum of."""
    for half, whole in pairwise(plan):
        yield half.box, (hull.box if whole.count % 2 else half.box), whole


def lengths(hull: Hull, plan: Sequence[Region]) -> list[int]:
    """For each coordinate a length that no digit that matters overflows."""
    least = [max(column) for column in zip(*(each.box.counts for each in plan), hull.box.counts, strict=True)]
    for left, right, whole in steps(hull, plan):
        for c, needed in enumerate(depths(left.plus(right), whole.box)):
            least[c] = max(least[c], needed)
    return least


def depths(summed: Box, wanted: Box) -> list[int]:
    """For each coordinate more than the last digit that matters, and than the greatest sum less the first one."""
    made = []
    for a, b, low, high in zip(summed.low, summed.high, wanted.low, wanted.high, strict=True):
        made.append(max(min(high, b) - a, b - max(low, a)) + 1)
    return made
