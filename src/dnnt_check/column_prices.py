"""What points cost that have equal outputs, and what outputs cost as soon as some of them are known.

A class of points with equal outputs costs at least the least sum of losses over all vectors of outputs. It is found
over a list that holds a best one for certain:

- of a loss that is a sum over the outputs, output by output; also where only one output is a unit;
- an output whose values are few: all of them;
- else the weighted mean for `squared`, the targets for `absolute` and `zero_one`, the places margin / y and 0 for
  `hinge`, -1 and 1 for `misclassified` with one output, and what a `table` lists and one number more;
- with several outputs and another loss: all combinations of few values, or the targets of `zero_one`.

In all other cases nothing is known, and a class costs at least 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod

from dnnt_check.budget import TooMuchWork, Work
from dnnt_check.column_sets import SIGNS
from dnnt_check.column_units import MOST_BITS, Net
from dnnt_check.form import Form
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, bits, multiply, normal, ratio

#: Combinations of values of outputs, and values of one unit, that are listed.
MOST_VECTORS = 256
MOST_VALUES = 64

#: Sums that are formed to find the values of units.
MOST_SUMS = 20_000

#: Sorts of points that are counted.
MOST_SORTS = 100

#: Figures of one kind that are remembered.
REMEMBERED = 500_000

#: Losses that an output which meets its target never adds to.
DISTANCES = ("squared", "absolute", "maximum", "zero_one")

#: Values of the outputs that are units, in order; None for those that are not known.
Partial = tuple[Number | None, ...]


def points_of(mask: int) -> Iterable[int]:
    """The points of a mask, in increasing order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Prices:
    """Losses of points and of classes of points, for one net."""

    def __init__(self, instance: Instance, form: Form, net: Net, work: Work) -> None:
        self.instance = instance
        self.form = form
        self.work = work
        self.count = len(instance.points)
        self.open = [place for place, of in enumerate(form.outputs) if isinstance(of, int)]
        self.loss = instance.loss.function(work)
        # With one output the largest difference is the absolute one.
        one = len(form.outputs) == 1
        self.kind = "absolute" if one and instance.loss.kind == "maximum" else instance.loss.kind
        self.sums = instance.loss.separable or len(self.open) <= 1
        values = _Values(net, work)
        self.values = [values.of(of) for of in form.outputs if isinstance(of, int)]
        self.single_parts: list[dict[tuple[int, Number], Number]] = [{} for _ in self.open]
        self.partial: dict[tuple[int, Partial], Number] = {}
        self.lists = self._lists()
        self.rows = [[self.price(point, vector) for point in range(self.count)] for vector in self.lists]
        self.known = [self._known(point) for point in range(self.count)]
        self.tables = self._tables() if self.sums else []
        self.together: dict[int, Number] = {}
        self.several: dict[tuple[int, int], Number] = {}
        self.alone = [self.least(1 << point) for point in range(self.count)]
        self.sorts: list[int] = []
        self.apart: Number = 0
        self._find_sorts()

    # ---------------------------------------------------------------- points

    def price(self, point: int, values: Vector) -> Number:
        """The loss at a point, for values of the outputs that are units."""
        given = iter(values)
        outputs = tuple([next(given) if isinstance(of, int) else of[point] for of in self.form.outputs])
        return self._weighted([(w, self.loss(outputs, labels)) for w, labels in self.instance.samples[point]])

    def _weighted(self, terms: Iterable[tuple[Number, Number]]) -> Number:
        work = self.work
        total: Number = 0
        for weight, loss in terms:
            total = add(total, multiply(weight, loss, work), work)
            work.spend(4e-6)
        if bits(total) > 3 * MOST_BITS:
            raise TooMuchWork(f"too much work: columns with losses of more than {3 * MOST_BITS} bits")
        return total

    def part(self, number: int, point: int, value: Number) -> Number:
        """What one open output adds at a point, where the loss is a sum over the outputs or it is the only one."""
        known = self.single_parts[number]
        found = known.get((point, value))
        if found is None:
            if self.instance.loss.separable:
                place, function = self.open[number], self._one
                samples = self.instance.samples[point]
                found = self._weighted([(weight, function(value, labels[place])) for weight, labels in samples])
            else:
                found = self.price(point, (value,))
            if len(known) > REMEMBERED:
                known.clear()
            known[point, value] = found
        return found

    def _one(self, value: Number, label: Number) -> Number:
        return self.loss((value,), (label,))

    def _known(self, point: int) -> Number:
        """What the outputs with known values add, where the loss is a sum."""
        if not self.instance.loss.separable:
            return 0
        known = [(place, of[point]) for place, of in enumerate(self.form.outputs) if not isinstance(of, int)]
        samples = self.instance.samples[point]
        return self._weighted([(w, self._one(value, labels[place])) for w, labels in samples for place, value in known])

    def at_least(self, point: int, given: Partial) -> Number:
        """The least loss at a point when some outputs have these values, or something below it."""
        key = (point, given)
        found = self.partial.get(key)
        if found is None:
            if len(self.partial) > REMEMBERED:
                self.partial.clear()
            found = self.partial[key] = self._at_least(point, given)
        return found

    def _at_least(self, point: int, given: Partial) -> Number:
        options: list[Sequence[Number]] = []
        unknown = False
        for value, values in zip(given, self.values, strict=True):
            unknown = unknown or (value is None and values is None)
            options.append((value,) if value is not None else values or ())
        if not unknown and prod(map(len, options)) <= MOST_VECTORS:
            return min([self.price(point, vector) for vector in product(*options)])
        if self.kind not in DISTANCES:
            return 0
        terms = []
        for weight, labels in self.instance.samples[point]:
            met = [labels[p] if value is None else value for p, value in zip(self.open, given, strict=True)]
            following = iter(met)
            outputs = tuple([next(following) if isinstance(of, int) else of[point] for of in self.form.outputs])
            terms.append((weight, self.loss(outputs, labels)))
        return self._weighted(terms)

    # ---------------------------------------------------------------- classes

    def _lists(self) -> list[Vector]:
        """Vectors of values of the open outputs, a best one among them; none where they are many."""
        if None not in self.values:
            options = [values or () for values in self.values]
            return list(product(*options)) if prod(map(len, options)) <= MOST_VECTORS else []
        if self.kind != "zero_one":
            return []
        samples = [labels for samples in self.instance.samples for _, labels in samples]
        vectors = {tuple([labels[place] for place in self.open]) for labels in samples}
        return list(vectors) if len(vectors) <= MOST_VECTORS else []

    def _tables(self) -> list[list[list[Number]] | None]:
        """For each open output, value by value, what it adds at the points; None where its values are not listed."""
        tables: list[list[list[Number]] | None] = []
        for number, values in enumerate(self.values):
            options = values if values is not None else self._candidates(self.open[number])
            rows = [[self.part(number, point, value) for point in range(self.count)] for value in options or ()]
            tables.append(rows if options is not None and len(options) <= MOST_VECTORS else None)
        return tables

    def _candidates(self, place: int) -> Sequence[Number] | None:
        labels = {labels[place] for samples in self.instance.samples for _, labels in samples}
        loss = self.instance.loss
        if len(labels) > MOST_VECTORS:
            return None
        if self.kind in ("absolute", "zero_one"):
            return sorted(labels)
        if self.kind == "hinge":
            return [0, *{ratio(loss.value, label) for label in labels if label}]
        if self.kind == "misclassified" and len(self.form.outputs) == 1:
            return [-1, 1]
        if self.kind == "table":
            listed = {outputs[place] for entries in (loss.table or {}).values() for outputs in entries}
            return [*listed, max(listed, default=0) + 1] if len(listed) < MOST_VECTORS else None
        return None

    def least(self, mask: int) -> Number:
        """What the points of the mask cost at least, if all their outputs agree."""
        found = self.together.get(mask)
        if found is None:
            if len(self.together) > REMEMBERED:
                self.together.clear()
            found = self.together[mask] = self._least(tuple(points_of(mask)))
        return found

    def _least(self, points: Sequence[int]) -> Number:
        self.work.spend(1e-6 + len(points) * 6e-8 * (1 + len(self.rows)))
        if not self.sums:
            return normal(min([sum([row[point] for point in points]) for row in self.rows], default=0))
        total: Number = sum([self.known[point] for point in points])
        for number, table in enumerate(self.tables):
            if table is not None:
                total += min([sum([row[point] for point in points]) for row in table], default=0)
                self.work.spend(len(points) * 6e-8 * len(table))
            elif self.kind == "squared":
                total += self._around_mean(self.open[number], points)
        return normal(total)

    def _around_mean(self, place: int, points: Sequence[int]) -> Number:
        """The least sum of weighted squares: around the mean."""
        pairs = [(w, labels[place]) for point in points for w, labels in self.instance.samples[point]]
        weight = sum([w for w, _ in pairs])
        mean = ratio(sum([w * y for w, y in pairs]), weight)
        self.work.spend(len(pairs) * 4e-6)
        return sum([w * (y - mean) * (y - mean) for w, y in pairs])

    def _find_sorts(self) -> None:
        """Find points of several sorts, of which any two have no cheapest vector of outputs in common.

        Points of one sort have the same samples and the same known outputs, so each of a sort stands for all.
        """
        sorts: dict[object, int] = {}
        for point, samples in enumerate(self.instance.samples):
            known = tuple([of[point] for of in self.form.outputs if not isinstance(of, int)])
            sorts[samples, known] = sorts.get((samples, known), 0) | 1 << point
        found: list[int] = []
        differences: list[Number] = []
        for points in sorts.values():
            point = points & -points
            pairs = [point | other & -other for other in found]
            more = [self.least(pair) - sum([self.alone[p] for p in points_of(pair)]) for pair in pairs]
            if all(difference > 0 for difference in more):
                found.append(points)
                differences += more
            if len(found) == MOST_SORTS:
                break
            self.work.spend(2e-6 * (1 + len(pairs)))
        if differences:
            self.sorts, self.apart = found, normal(min(differences))

    def least_of_several(self, mask: int, most: int) -> Number:
        """What the points of the mask cost at least, if there are at most so many vectors of outputs among them.

        Of g sorts with one vector g // 2 pairs pay for having it in common, so if there are t sorts, at least half of
        t - `most` pairs do. Also, each point pays at least what it pays for the worst vector, less what the chosen ones
        spare it; so together they pay at least the worst sum less what the most useful vectors spare all of them.
        """
        if most <= 1:
            return self.least(mask)
        key = (mask, min(most, self.count))
        found = self.several.get(key)
        if found is None:
            points = tuple(points_of(mask))
            found = sum([self.alone[point] for point in points])
            many = sum([1 for sort in self.sorts if sort & mask]) - most
            if many > 0:
                found += (many + 1) // 2 * self.apart
            found = normal(found)
            if most < min(len(points), len(self.rows)):
                worst = [max([row[point] for row in self.rows]) for point in points]
                spared = sorted([sum(worst) - sum([row[point] for point in points]) for row in self.rows])
                found = max(found, normal(sum(worst) - sum(spared[-most:])))
            self.work.spend(3e-6 + len(points) * 1e-7 * len(self.rows))
            if len(self.several) > REMEMBERED:
                self.several.clear()
            self.several[key] = found
        return found


class _Values:
    """All values that units can have at any point, or more, as long as they are few."""

    def __init__(self, net: Net, work: Work) -> None:
        self.net = net
        self.work = work
        self.left = MOST_SUMS
        self.known: dict[int, tuple[Number, ...] | None] = {}

    def of(self, unit: int) -> tuple[Number, ...] | None:
        """The values of a unit, in increasing order; None where they are many."""
        if unit not in self.known:
            self.known[unit] = self._of(unit)
        return self.known[unit]

    def _of(self, unit: int) -> tuple[Number, ...] | None:
        adder, work = self.net.adders[unit], self.work
        activation = adder.activation
        if activation.kind in SIGNS:
            return SIGNS[activation.kind]
        if activation.kind == "table":
            values = {value for _, value in activation.points} | set(activation.values)
            return tuple(sorted(values)) if len(values) <= MOST_VALUES else None
        function = activation.function(work)
        found: set[Number] = set()
        for point, start in enumerate(adder.constant):
            sums: set[Number] = {start}
            for what, factors in adder.summands:
                if isinstance(what, int):
                    heads = self.of(what)
                    if heads is None:
                        return None
                else:
                    heads = (what[point],)
                steps = {multiply(factor, head, work) for factor in factors for head in heads}
                self.left -= len(sums) * len(steps)
                if self.left < 0:
                    return None
                sums = {add(total, step, work) for total in sums for step in steps}
                work.spend(len(sums) * 5e-7 + 1e-6)
            found.update([function(total) for total in sums])
            work.spend(len(sums) * 1e-6)
            if len(found) > MOST_VALUES or any(bits(value) > MOST_BITS for value in found):
                return None
        return tuple(sorted(found))
