"""What classes of points cost at least, if all points of a class have the same outputs, and what outputs cost.

Points that agree in all columns that are read later have the same outputs. What a class costs at least is the least
sum over its points for one common vector of outputs, over all vectors, or a set that surely holds the best one:

- where the loss is a sum over outputs (or there is one), each output by itself: the values that the last unit can have
  if they are few; else the mean (`squared`), the targets (`absolute`, `zero_one`, `maximum`), the bends (`hinge`), the
  signs (`misclassified`), the listed values and one other (`table`);
- else all combinations of few values; else the targets (`zero_one`). Of others nothing is known: 0.

With r vectors instead of one (a class that later units split into at most r parts) every point gains over its worst
vector at most what the r best vectors gain in total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import product
from math import prod

from dnnt.columns.making import Column
from dnnt.columns.problem import Problem
from dnnt.columns.ranges import Ranges
from dnnt.exact import Number, normal
from dnnt.simplify.form import Form, Vector

MOST_VECTORS = 256
"""Combinations of output values that are listed."""

MOST_TRIED = 32
"""Combinations that are tried for one point where losses of single outputs would do."""

MOST_CELLS = 2_000_000
"""Costs in one table."""

MOST_TYPES = 100
"""Sorts of points that are told apart where parts are counted."""

MOST_PLANES = 2000
"""Values of an output whose costs are kept by point."""

KEPT = 500_000
"""Remembered figures of one kind."""

DISTANCES = frozenset(("squared", "absolute", "maximum", "zero_one"))
"""Losses that do not grow if an output is replaced by its target."""


Planes = list[tuple[Number, int]]
"""Costs other than 0, each with the mask of the points that have it."""

Given = tuple[Number | None, ...]
"""Values of the free outputs at a point; None where they are not known yet."""


def bits(mask: int) -> Iterator[int]:
    """The places of the bits."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _planes(costs: Sequence[Number]) -> Planes:
    masks: dict[Number, int] = {}
    for point, cost in enumerate(costs):
        if cost:
            masks[cost] = masks.get(cost, 0) | 1 << point
    return list(masks.items())


def _sum(planes: Planes, mask: int) -> Number:
    """What the points of the mask cost together."""
    total: Number = 0
    for cost, plane in planes:
        total += cost * (plane & mask).bit_count()
    return total


class Costs:
    """Losses by points and classes for one form; `free` are the places of outputs that are units."""

    def __init__(self, form: Form, problem: Problem) -> None:
        self.form = form
        self.points = len(form.points)
        self.loss = form.loss.of_outputs(len(form.outputs))
        self.free = [k for k, of in enumerate(form.outputs) if isinstance(of, int)]
        self.separable = self.loss.separable or len(self.free) <= 1
        # Points with the same samples and known outputs cost the same: the first one stands for all.
        first: dict[object, int] = {}
        known_outputs = [of for of in form.outputs if not isinstance(of, int)]
        self.first = [
            first.setdefault((samples, tuple([of[point] for of in known_outputs])), point)
            for point, samples in enumerate(form.samples)
        ]
        ranges = Ranges(problem)
        self.values = [ranges.of(_unit_of(form, k)) for k in self.free]
        self.parts: list[dict[tuple[int, Number], Number]] = [{} for _ in self.free]
        self.columns: list[dict[Column, Number]] = [{} for _ in self.free]
        self.planes: list[dict[Number, Planes]] = [{} for _ in self.free]
        self.known = self._known()
        self.vectors = self._vectors()
        self.rows = [self._row(partial(self._cost_of, f)) for f in self.vectors or ()]
        self.tables = self._tables() if self.separable else None
        self.moments = self._moments() if self._by_mean else None
        self.known_planes = _planes(self.known)
        self.worst = self._worst()
        self.least_of: dict[int, Number] = {}
        self.spread_of: dict[tuple[int, int], Number] = {}
        self.ahead_of: dict[tuple[int, Given], Number] = {}
        self.single = [self.least(1 << p) for p in range(self.points)]
        self.base: Number = normal(sum(self.single))
        self.single_planes = _planes(self.single)
        self.types, self.apart = self._types()

    def _row(self, cost: Callable[[int], Number]) -> Planes:
        """A cost for every point, computed once for all that cost the same."""
        known = {point: cost(point) for point in dict.fromkeys(self.first)}
        return _planes([known[point] for point in self.first])

    def _worst(self) -> Planes:
        """What every point costs with its worst vector."""
        if self.vectors is None:
            return []
        first = dict.fromkeys(self.first)
        most = {p: max([self._vector_cost(p, f) for f in self.vectors], default=0) for p in first}
        return _planes([most[point] for point in self.first])

    def _cost_of(self, values: Vector, point: int) -> Number:
        return self._vector_cost(point, values)

    def _part_of(self, place: int, value: Number, point: int) -> Number:
        return self.part(place, point, value)

    # ------------------------------------------------------------ what outputs cost

    def total_of_known(self) -> Number:
        """The total loss where no output is a unit."""
        return normal(sum(self._vector_cost(p, ()) for p in range(self.points)))

    def part(self, place: int, point: int, value: Number) -> Number:
        """The loss that one output (number `place` of the free ones) adds at a point, where the loss is a sum."""
        point = self.first[point]
        found = self.parts[place].get((point, value))
        if found is None:
            if self.loss.separable:
                k = self.free[place]
                samples = self.form.samples[point]
                found = normal(sum(w * self.loss((value,), (y[k],)) for w, y in samples))
            else:
                found = self._vector_cost(point, (value,))
            if len(self.parts[place]) > KEPT:
                self.parts[place].clear()
            self.parts[place][point, value] = found
        return found

    def column_cost(self, place: int, column: Column) -> Number:
        """What a column of one output costs by itself at least."""
        known = self.columns[place]
        found = known.get(column)
        if found is None:
            found = 0
            for value, mask in zip(column.heads, column.parts, strict=True):
                planes = self.planes[place].get(value)
                if planes is None:
                    planes = self.planes[place][value] = self._value_planes(place, value)
                    if len(self.planes[place]) > MOST_PLANES:
                        self.planes[place] = {value: planes}
                found += _sum(planes, mask)
            found = normal(found)
            if len(known) > KEPT:
                known.clear()
            known[column] = found
        return found

    def _value_planes(self, place: int, value: Number) -> Planes:
        """What one value of an output costs at each point by itself, as numbers with the masks of their points."""
        if self.separable:
            costs = [self.part(place, point, value) for point in range(self.points)]
        else:
            given = tuple([value if k == place else None for k in range(len(self.free))])
            costs = [self.ahead(point, given) for point in range(self.points)]
        return _planes(costs)

    def ahead(self, point: int, given: Given) -> Number:
        """The least loss at a point with these values of the free outputs (None: not known yet)."""
        point = self.first[point]
        key = (point, given)
        found = self.ahead_of.get(key)
        if found is None:
            found = self._ahead(point, given)
            if len(self.ahead_of) > KEPT:
                self.ahead_of.clear()
            self.ahead_of[key] = found
        return found

    def _ahead(self, point: int, given: Given) -> Number:
        full = tuple([value for value in given if value is not None])
        if len(full) == len(given):
            return self._vector_cost(point, full)
        if self.separable:
            known = [self.part(k, point, value) for k, value in enumerate(given) if value is not None]
            return normal(self.known[point] + sum(known))
        options: list[Sequence[Number]] = []
        for value, values in zip(given, self.values, strict=True):
            if value is None and values is None:
                break
            options.append((value,) if value is not None else values or ())
        else:
            if prod(map(len, options)) <= (MOST_TRIED if self.loss.kind in DISTANCES else MOST_VECTORS):
                return min(self._vector_cost(point, f) for f in product(*options))
        if self.loss.kind in DISTANCES or self.loss.kind == "misclassified":
            return normal(sum(w * self._replaced(point, given, y) for w, y in self.form.samples[point]))
        return 0

    def _replaced(self, point: int, given: Given, y: Vector) -> Number:
        """The loss of one sample if outputs that are not known yet are as they should be."""
        f = list(self._filled(point, tuple([0 if value is None else value for value in given])))
        unknown = [k for k, value in zip(self.free, given, strict=True) if value is None]
        if self.loss.kind == "misclassified":
            hot = y.index(1)
            if hot in unknown:
                return 0
            for k in unknown:
                f[k] = f[hot] - 1
        else:
            for k in unknown:
                f[k] = y[k]
        return self.loss(tuple(f), y)

    def _filled(self, point: int, values: Vector) -> Vector:
        given = iter(values)
        return tuple([next(given) if isinstance(of, int) else of[point] for of in self.form.outputs])

    def _vector_cost(self, point: int, values: Vector) -> Number:
        f = self._filled(point, values)
        return normal(sum(w * self.loss(f, y) for w, y in self.form.samples[point]))

    # ------------------------------------------------------------ what classes cost

    def _known(self) -> list[Number]:
        """Where the loss is a sum over outputs: what the known outputs cost at each point."""
        if not self.loss.separable:
            return [0] * self.points
        known = [(k, of) for k, of in enumerate(self.form.outputs) if not isinstance(of, int)]
        found = []
        for point, samples in enumerate(self.form.samples):
            costs = [w * self.loss((of[point],), (y[k],)) for w, y in samples for k, of in known]
            found.append(normal(sum(costs)))
        return found

    @property
    def _by_mean(self) -> bool:
        return self.loss.kind == "squared" and None in self.values

    def _vectors(self) -> list[Vector] | None:
        """Vectors of values of the free outputs among which a best one is, if they are few."""
        most = min(MOST_VECTORS, MOST_CELLS // self.points)
        if None not in self.values and prod(len(v or ()) for v in self.values) <= most:
            return list(product(*[values or () for values in self.values]))
        if self.loss.kind == "zero_one":
            found = {tuple([y[k] for k in self.free]) for samples in self.form.samples for _, y in samples}
            return sorted(found) if 0 < len(found) <= most else None
        if self.loss.kind == "misclassified" and 1 < len(self.free) == len(self.form.outputs) <= most:
            # Any vector does no better than one in which its greatest output stands out.
            return [tuple([int(k == hot) for k in self.free]) for hot in self.free]
        return None

    def _tables(self) -> list[list[Planes] | None]:
        """For each free output, where the loss is a sum: for each value that may be best a row over the points."""
        found: list[list[Planes] | None] = []
        for place, values in enumerate(self.values):
            options = self._options(place) if values is None else values
            if options is None or len(options) > min(MOST_VECTORS, MOST_CELLS // self.points):
                found.append(None)
            else:
                found.append([self._row(partial(self._part_of, place, value)) for value in options])
        return found

    def _options(self, place: int) -> tuple[Number, ...] | None:
        """Values of a free output among which a best one is, if there are few."""
        k = self.free[place]
        targets = sorted({y[k] for samples in self.form.samples for _, y in samples})
        arguments = dict(self.loss.arguments)
        kind = self.loss.kind
        if kind == "hinge":
            bends = {normal(Fraction(arguments["margin"]) / y) for y in targets if y}
            found: tuple[Number, ...] = (*bends, 0)
        elif kind == "misclassified" and len(self.form.outputs) == 1:
            found = (-1, 1)
        elif kind in ("absolute", "zero_one"):
            found = tuple(targets)
        elif kind == "table":
            listed = sorted({f[k] for f, _, _ in arguments["values"]})
            found = (*listed, listed[-1] + 1 if listed else 0)
        else:
            return None
        return found

    def _moments(self) -> list[list[tuple[Number, Number, Number]]]:
        """For each free output and point the sums of w, w·y and w·y² over its samples."""
        found = []
        for k in self.free:
            rows = []
            for samples in self.form.samples:
                w0: Number = sum(w for w, _ in samples)
                w1: Number = sum(w * y[k] for w, y in samples)
                w2: Number = sum(w * y[k] * y[k] for w, y in samples)
                rows.append((w0, w1, w2))
            found.append(rows)
        return found

    def least(self, mask: int) -> Number:
        """The least loss of the points of the mask with the same outputs, or something below it."""
        found = self.least_of.get(mask)
        if found is None:
            if len(self.least_of) > KEPT:
                self.least_of.clear()
            found = self.least_of[mask] = self._least(mask)
        return found

    def _least(self, mask: int) -> Number:
        if self.tables is None:
            return normal(min([_sum(row, mask) for row in self.rows], default=0))
        total = _sum(self.known_planes, mask)
        for place, table in enumerate(self.tables):
            if table is not None:
                total += min([_sum(row, mask) for row in table], default=0)
            elif self.moments is not None:
                at = [self.moments[place][p] for p in bits(mask)]
                w0, w1, w2 = (sum(row) for row in zip(*at, strict=True))
                total += w2 - Fraction(w1 * w1) / w0
        return normal(total)

    def spread(self, mask: int, most: int) -> Number:
        """The least loss of the points of the mask with at most so many different outputs, or something below it."""
        if most == 1:
            return self.least(mask)
        key = (mask, most)
        found = self.spread_of.get(key)
        if found is None:
            if len(self.spread_of) > KEPT:
                self.spread_of.clear()
            found = self.spread_of[key] = self._spread(mask, most)
        return found

    def _spread(self, mask: int, most: int) -> Number:
        apart = _sum(self.single_planes, mask)
        # Parts with several types have disjoint pairs of them, at least half of what they have too many.
        many = sum([1 for of in self.types if of & mask]) - most
        if many > 0:
            apart = normal(apart + (many + 1) // 2 * self.apart)
        if not self.rows or most >= min(mask.bit_count(), len(self.rows)):
            return apart
        worst = _sum(self.worst, mask)
        gains = sorted([worst - _sum(row, mask) for row in self.rows])
        return max(apart, normal(worst - sum(gains[-most:])))

    def _types(self) -> tuple[list[int], Number]:
        """Masks of points of the same costs, of which any two cost something together; and the least they cost."""
        groups: dict[int, int] = {}
        for point, first in enumerate(self.first):
            groups[first] = groups.get(first, 0) | 1 << point
        chosen: list[int] = []
        least: Number = 0
        for mask in groups.values():
            point = mask & -mask
            more = [self.least(point | other & -other) - self._alone(point | other & -other) for other in chosen]
            if len(chosen) < MOST_TYPES and all(excess > 0 for excess in more):
                chosen.append(mask)
                least = min([least, *more] if least else more, default=0)
        return (chosen, normal(least)) if len(chosen) > 1 else ([], 0)

    def _alone(self, mask: int) -> Number:
        return sum([self.single[p] for p in bits(mask)])


def _unit_of(form: Form, k: int) -> int:
    of = form.outputs[k]
    assert isinstance(of, int), "asked of outputs that are units"
    return of
