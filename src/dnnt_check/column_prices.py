"""What points cost that have equal outputs, and what outputs cost as soon as some of them are known.

A class of points with equal outputs costs at least the least sum of losses over all vectors of outputs. It is found
over a list that holds a best one for certain:

- of a loss that is a sum over the outputs, output by output; also where only one output is a unit;
- an output whose values are few: all of them;
- else the weighted mean for `squared`, the targets for `absolute` and `zero_one`, the places margin / y and 0 for
  `hinge`, -1 and 1 for `misclassified` with one output, and what a `table` lists and one number more;
- with several outputs and another loss: all combinations of few values, or the targets of `zero_one`, or of
  `misclassified` the vectors with one 1 and else 0.

In all other cases nothing is known, and a class costs at least 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import product
from math import prod

from dnnt_check.budget import TooMuchWork, Work
from dnnt_check.column_units import MOST_BITS, Net
from dnnt_check.column_values import Values
from dnnt_check.form import Form
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, bits, multiply, normal, ratio

#: Combinations of values of outputs that are listed.
MOST_VECTORS = 256

#: Combinations that are tried for one point where a loss of single outputs would do.
MOST_TRIED = 32

#: Prices in one table.
MOST_CELLS = 2_000_000

#: Sorts of points that are counted.
MOST_SORTS = 100

#: Figures of one kind that are remembered.
REMEMBERED = 500_000

#: Losses that an output which meets its target never adds to.
DISTANCES = ("squared", "absolute", "maximum", "zero_one")

#: Values of the outputs that are units, in order; None for those that are not known.
Partial = tuple[Number | None, ...]


#: Prices, each with the mask of the points that have it.
Layers = tuple[tuple[Number, int], ...]


def points_of(mask: int) -> Iterable[int]:
    """The points of a mask, in increasing order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def layers_of(prices: Sequence[Number]) -> Layers:
    """For every price but 0 the mask of the points that have it."""
    masks: dict[Number, int] = {}
    for point, price in enumerate(prices):
        if price:
            masks[price] = masks.get(price, 0) | 1 << point
    return tuple(masks.items())


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
        # Points with the same samples and known outputs cost the same: the first one stands for all of the sort.
        first: dict[object, int] = {}
        self.first = []
        for point, samples in enumerate(instance.samples):
            known = tuple([of[point] for of in form.outputs if not isinstance(of, int)])
            self.first.append(first.setdefault((samples, known), point))
            work.spend(2e-6)
        values = Values(net, work)
        self.values = [values.of(of) for of in form.outputs if isinstance(of, int)]
        self.single_parts: list[dict[tuple[int, Number], Number]] = [{} for _ in self.open]
        self.partial: dict[tuple[int, Partial], Number] = {}
        self.lists = self._lists()
        self.rows = [self._row(partial(self._price_of, vector)) for vector in self.lists]
        self.worst = self._row(self._highest)
        self.known = [self._known(point) for point in range(self.count)]
        self.known_layers = layers_of(self.known)
        self.tables = self._tables() if self.sums else []
        self.together: dict[int, Number] = {}
        self.several: dict[tuple[int, int], Number] = {}
        self.alone = [self.least(1 << point) for point in range(self.count)]
        self.alone_layers = layers_of(self.alone)
        self.sorts: list[int] = []
        self.apart: Number = 0
        self._find_sorts()

    def _row(self, price: Callable[[int], Number]) -> Layers:
        """A price for every point, computed once a sort."""
        known: dict[int, Number] = {}
        for point in self.first:
            if point not in known:
                known[point] = price(point)
        self.work.spend(self.count * 3e-7)
        return layers_of([known[point] for point in self.first])

    def _highest(self, point: int) -> Number:
        """What a point costs with its worst vector of the list."""
        return max([self.price(point, vector) for vector in self.lists], default=0)

    # ---------------------------------------------------------------- points

    def price(self, point: int, values: Vector) -> Number:
        """The loss at a point, for values of the outputs that are units."""
        given = iter(values)
        outputs = tuple([next(given) if isinstance(of, int) else of[point] for of in self.form.outputs])
        return self._weighted([(w, self.loss(outputs, labels)) for w, labels in self.instance.samples[point]])

    def _price_of(self, values: Vector, point: int) -> Number:
        return self.price(point, values)

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
        point = self.first[point]
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
        point = self.first[point]
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
        most = MOST_TRIED if self.kind in DISTANCES else MOST_VECTORS
        if not unknown and prod(map(len, options)) <= most:
            return min([self.price(point, vector) for vector in product(*options)])
        if self.kind in DISTANCES:
            # Whatever is not known yet may meet its target.
            return self._weighted([(w, self._favourable(point, given, y, y)) for w, y in self.instance.samples[point]])
        if self.kind != "misclassified":
            return 0
        terms = []
        for weight, labels in self.instance.samples[point]:
            hot = labels.index(1)
            if hot in self.open and given[self.open.index(hot)] is None:
                continue  # It may become the greatest.
            of = self.form.outputs[hot]
            top = given[self.open.index(hot)] if isinstance(of, int) else of[point]
            assert top is not None, "it is known"
            below = (top - 1,) * len(labels)
            terms.append((weight, self._favourable(point, given, labels, below)))
        return self._weighted(terms)

    def _favourable(self, point: int, given: Partial, labels: Vector, otherwise: Vector) -> Number:
        """The loss of a sample if outputs that are not known yet have other values."""
        values = iter([otherwise[p] if value is None else value for p, value in zip(self.open, given, strict=True)])
        outputs = tuple([next(values) if isinstance(of, int) else of[point] for of in self.form.outputs])
        return self.loss(outputs, labels)

    # ---------------------------------------------------------------- classes

    def _lists(self) -> list[Vector]:
        """Vectors of values of the open outputs, a best one among them; none where they are many."""
        if None not in self.values:
            options = [values or () for values in self.values]
            most = min(MOST_VECTORS, MOST_CELLS // self.count)
            return list(product(*options)) if prod(map(len, options)) <= most else []
        if self.kind == "misclassified" and 1 < len(self.open) == len(self.form.outputs) <= MOST_VECTORS:
            # No vector is better than one in which its greatest output stands out.
            return [tuple([int(place == hot) for place in self.open]) for hot in self.open]
        if self.kind != "zero_one":
            return []
        samples = [labels for samples in self.instance.samples for _, labels in samples]
        vectors = {tuple([labels[place] for place in self.open]) for labels in samples}
        return list(vectors) if len(vectors) <= min(MOST_VECTORS, MOST_CELLS // self.count) else []

    def _tables(self) -> list[list[Layers] | None]:
        """For each open output, value by value, what it adds at the points; None where its values are not listed."""
        tables: list[list[Layers] | None] = []
        most = min(MOST_VECTORS, MOST_CELLS // self.count)
        for number, values in enumerate(self.values):
            options = values if values is not None else self._candidates(self.open[number])
            if options is None or len(options) > most:
                tables.append(None)
            else:
                tables.append([self._row(partial(self._part_of, number, value)) for value in options])
        return tables

    def _part_of(self, number: int, value: Number, point: int) -> Number:
        return self.part(number, point, value)

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
            found = self.together[mask] = self._least(mask)
        return found

    def _least(self, mask: int) -> Number:
        self.work.spend(2e-6)
        if not self.sums:
            return normal(min([self._total(row, mask) for row in self.rows], default=0))
        total = self._total(self.known_layers, mask)
        for number, table in enumerate(self.tables):
            if table is not None:
                total += min([self._total(row, mask) for row in table], default=0)
            elif self.kind == "squared":
                total += self._around_mean(self.open[number], tuple(points_of(mask)))
        return normal(total)

    def _total(self, layers: Layers, mask: int) -> Number:
        """What the points of a mask cost together."""
        total: Number = 0
        for price, points in layers:
            total += price * (points & mask).bit_count()
        self.work.spend(3e-7 * (1 + len(layers)) * (1 + self.count * 1e-4))
        return total

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
        sorts: dict[int, int] = {}
        for point, first in enumerate(self.first):
            sorts[first] = sorts.get(first, 0) | 1 << point
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
            found = self._total(self.alone_layers, mask)
            many = sum([1 for sort in self.sorts if sort & mask]) - most
            if many > 0:
                found += (many + 1) // 2 * self.apart
            found = normal(found)
            if most < min(mask.bit_count(), len(self.rows)):
                worst = self._total(self.worst, mask)
                spared = sorted([worst - self._total(row, mask) for row in self.rows])
                found = max(found, normal(worst - sum(spared[-most:])))
            self.work.spend(3e-6 + len(self.sorts) * 1e-7)
            if len(self.several) > REMEMBERED:
                self.several.clear()
            self.several[key] = found
        return found
