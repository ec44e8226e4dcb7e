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

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod

from dnnt.columns.making import TWO_VALUED, Column
from dnnt.columns.problem import Problem, Unit
from dnnt.exact import Number, normal
from dnnt.simplify.form import Form, Vector

MOST_VECTORS = 256
"""Combinations of output values that are listed."""

MOST_VALUES, MOST_STEPS = 64, 20_000
"""Values of a unit that are listed, and the work that finding them may take."""

MOST_TYPES = 100
"""Sorts of points that are told apart where parts are counted."""

MOST_PLANES = 2000
"""Values of an output whose costs are kept by point."""

KEPT = 500_000
"""Remembered figures of one kind."""

DISTANCES = frozenset(("squared", "absolute", "maximum", "zero_one"))
"""Losses that do not grow if an output is replaced by its target."""


Given = tuple[Number | None, ...]
"""Values of the free outputs at a point; None where they are not known yet."""


def bits(mask: int) -> Iterator[int]:
    """The places of the bits."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Costs:
    """Losses by points and classes for one form; `free` are the places of outputs that are units."""

    def __init__(self, form: Form, problem: Problem) -> None:
        self.form = form
        self.points = len(form.points)
        self.loss = form.loss.of_outputs(len(form.outputs))
        self.free = [k for k, of in enumerate(form.outputs) if isinstance(of, int)]
        self.separable = self.loss.separable or len(self.free) <= 1
        ranges = _Ranges(problem)
        self.values = [ranges.of(_unit_of(form, k)) for k in self.free]
        self.parts: list[dict[tuple[int, Number], Number]] = [{} for _ in self.free]
        self.columns: list[dict[Column, Number]] = [{} for _ in self.free]
        self.planes: list[dict[Number, list[tuple[Number, int]]]] = [{} for _ in self.free]
        self.known = self._known()
        self.vectors = self._vectors()
        self.rows = [[self._vector_cost(p, f) for p in range(self.points)] for f in self.vectors or ()]
        self.tables = self._tables() if self.separable else None
        self.moments = self._moments() if self._by_mean else None
        self.least_of: dict[int, Number] = {}
        self.spread_of: dict[tuple[int, int], Number] = {}
        self.ahead_of: dict[tuple[int, Given], Number] = {}
        self.single = [self.least(1 << p) for p in range(self.points)]
        self.base: Number = normal(sum(self.single))
        self.types, self.apart = self._types()

    # ------------------------------------------------------------ what outputs cost

    def total_of_known(self) -> Number:
        """The total loss where no output is a unit."""
        return normal(sum(self._vector_cost(p, ()) for p in range(self.points)))

    def part(self, place: int, point: int, value: Number) -> Number:
        """The loss that one output (number `place` of the free ones) adds at a point, where the loss is a sum."""
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
                    planes = self.planes[place][value] = self._planes(place, value)
                    if len(self.planes[place]) > MOST_PLANES:
                        self.planes[place] = {value: planes}
                for weight, plane in planes:
                    found += weight * (plane & mask).bit_count()
            found = normal(found)
            if len(known) > KEPT:
                known.clear()
            known[column] = found
        return found

    def _planes(self, place: int, value: Number) -> list[tuple[Number, int]]:
        """What one value of an output costs at each point by itself, as numbers with the masks of their points."""
        if self.separable:
            costs = [self.part(place, point, value) for point in range(self.points)]
        else:
            given = tuple([value if k == place else None for k in range(len(self.free))])
            costs = [self.ahead(point, given) for point in range(self.points)]
        masks: dict[Number, int] = {}
        for point, cost in enumerate(costs):
            masks[cost] = masks.get(cost, 0) | 1 << point
        return [(cost, mask) for cost, mask in masks.items() if cost]

    def ahead(self, point: int, given: Given) -> Number:
        """The least loss at a point with these values of the free outputs (None: not known yet)."""
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
            if prod(map(len, options)) <= MOST_VECTORS:
                return min(self._vector_cost(point, f) for f in product(*options))
        if self.loss.kind in DISTANCES:
            return normal(sum(w * self._replaced(point, given, y) for w, y in self.form.samples[point]))
        return 0

    def _replaced(self, point: int, given: Given, y: Vector) -> Number:
        """The loss of one sample if outputs that are not known yet are as they should be."""
        f = list(self._filled(point, tuple([0] * len(given))))
        for k, value in zip(self.free, given, strict=True):
            f[k] = y[k] if value is None else value
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
        if None not in self.values and prod(len(v or ()) for v in self.values) <= MOST_VECTORS:
            return list(product(*[values or () for values in self.values]))
        if self.loss.kind == "zero_one":
            found = {tuple([y[k] for k in self.free]) for samples in self.form.samples for _, y in samples}
            return sorted(found) if 0 < len(found) <= MOST_VECTORS else None
        return None

    def _tables(self) -> list[list[list[Number]] | None]:
        """For each free output, where the loss is a sum: for each value that may be best a row over the points."""
        found: list[list[list[Number]] | None] = []
        for place, values in enumerate(self.values):
            options = self._options(place) if values is None else values
            if options is None:
                found.append(None)
            else:
                found.append([[self.part(place, p, v) for p in range(self.points)] for v in options])
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
        return found if len(found) <= MOST_VECTORS else None

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
            found = self.least_of[mask] = self._least(list(bits(mask)))
        return found

    def _least(self, points: Sequence[int]) -> Number:
        if self.tables is None:
            return normal(min((sum([row[p] for p in points]) for row in self.rows), default=0))
        total: Number = sum([self.known[p] for p in points])
        for place, table in enumerate(self.tables):
            if table is not None:
                total += min((sum([row[p] for p in points]) for row in table), default=0)
            elif self.moments is not None:
                at = [self.moments[place][p] for p in points]
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
            found = self.spread_of[key] = self._spread(list(bits(mask)), most)
        return found

    def _spread(self, points: Sequence[int], most: int) -> Number:
        apart: Number = sum([self.single[p] for p in points])
        # Parts with several types have disjoint pairs of them, at least half of what they have too many.
        many = sum([any(of >> p & 1 for p in points) for of in self.types]) - most
        if many > 0:
            apart = normal(apart + (many + 1) // 2 * self.apart)
        if most >= len(points) or not self.rows or most >= len(self.rows):
            return apart
        worst = [max([row[p] for row in self.rows]) for p in points]
        gains = sorted([sum([w - row[p] for w, p in zip(worst, points, strict=True)]) for row in self.rows])
        return max(apart, normal(sum(worst) - sum(gains[-most:])))

    def _types(self) -> tuple[list[int], Number]:
        """Masks of points of the same costs, of which any two cost something together; and the least they cost."""
        groups: dict[object, int] = {}
        for point, samples in enumerate(self.form.samples):
            key = samples, tuple([of[point] for of in self.form.outputs if not isinstance(of, int)])
            groups[key] = groups.get(key, 0) | 1 << point
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


class _Ranges:
    """Values of units by sums of all values of what they add up, whatever belongs together."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.steps = 0
        self.known: dict[int, tuple[Number, ...] | None] = {}

    def of(self, index: int) -> tuple[Number, ...] | None:
        """All values that a unit may have at any point, perhaps more; None where they are many."""
        if index not in self.known:
            self.known[index] = self._of(self.problem.units[index])
        return self.known[index]

    def _of(self, unit: Unit) -> tuple[Number, ...] | None:
        activation = unit.activation
        if activation.kind in TWO_VALUED:
            return TWO_VALUED[activation.kind]
        if activation.kind == "table":
            arguments: Mapping[str, Sequence[tuple[Number, Number]]] = dict(activation.arguments)
            values = {value for _, value in arguments["values"]} | {dict(activation.arguments)["otherwise"]}
            return tuple(sorted(values)) if len(values) <= MOST_VALUES else None
        found: set[Number] = set()
        for point, start in enumerate(unit.constant):
            options = [[normal(x * term.column[point]) for x in term.values] for term in unit.terms]
            for link in unit.links:
                source = self.of(link.source)
                if source is None:
                    return None
                options.append([normal(x * z) for x in link.values for z in source])
            sums: set[Number] = {start}
            for more in options:
                self.steps += len(sums) * len(more)
                if self.steps > MOST_STEPS or len(sums) > MOST_STEPS:
                    return None
                sums = {normal(s + x) for s in sums for x in more}
            found.update([activation(z) for z in sums])
            if len(found) > MOST_VALUES:
                return None
        return tuple(sorted(found))
