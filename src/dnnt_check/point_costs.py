"""What a point costs, at least and at most, if all that is known of its outputs is where they lie.

Losses that are sums over outputs, and all losses of one output, are exact: on a grid only the ends, the breaks between
which the loss is monotone, and what stands next to a hole can have the least and the greatest cost. Of losses of
several outputs at once there are lower bounds, and both ends where every output is known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dnnt_check.budget import Invalid, Work
from dnnt_check.grids import MOST_LISTED, Grid, around, digit_of, grid, single, starts, sum_is_long
from dnnt_check.losses import Loss, Vector
from dnnt_check.numbers import Number, add, common, magnitude, multiply, normal

#: (weight, labels) of the samples at a point.
Samples = Sequence[tuple[Number, Vector]]

#: On so few numbers a cost is computed for every one.
FEW = 10

#: Costs that are remembered for each output.
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Region:
    """Numbers of a grid without those of some ranges of digits, `holes`; neither end of the grid lies in a hole."""

    grid: Grid
    holes: tuple[tuple[int, int], ...] = ()

    def has_digit(self, digit: int) -> bool:
        """Is the digit in no hole?"""
        return not any(first <= digit <= last for first, last in self.holes)

    def has(self, value: Number) -> bool:
        """Is the number one of them?"""
        digit = digit_of(value, self.grid)
        return digit is not None and (not self.grid.step or self.has_digit(digit))

    def count(self) -> int:
        """How many numbers there are."""
        gone, behind = 0, -1
        for first, last in sorted(self.holes):
            first, last = max(first, behind + 1), min(last, self.grid.top)
            if first <= last:
                gone += last - first + 1
                behind = last
        return self.grid.top + 1 - gone


class OutputCost:
    """The cost of one output at one point: the weighted sum of its terms over the samples."""

    def __init__(self, loss: Loss, place: int, outputs: int, samples: Samples, work: Work) -> None:
        self.loss = loss
        self.samples = samples
        self.work = work
        self.known: dict[Number, Number] = {}
        self.found: dict[tuple[Number, Number, int], tuple[Number, Number]] = {}
        self.breaks: list[Number] | None = None
        self.part: Callable[[Number, Vector], Number]
        if loss.kind == "guarded":
            whole = loss.function(work)

            def part(f: Number, labels: Vector) -> Number:
                return whole((f,), labels)

            self.part = part
        else:
            self.part = loss.part(place, outputs, work)
            self.breaks = sorted(set(loss.breaks(place, samples)))
            work.spend((len(self.breaks) + len(samples)) * 2e-6)

    def cost(self, value: Number) -> Number:
        """The cost of this value of the output."""
        found = self.known.get(value)
        if found is None:
            found = 0
            for weight, labels in self.samples:
                found = add(found, multiply(weight, self.part(value, labels), self.work), self.work)
            self.work.spend(1e-6 + len(self.samples) * 2e-6)
            if sum_is_long(found):
                raise Invalid("lower: clauses do not apply to costs of so many digits")
            if len(self.known) < REMEMBERED:
                self.known[value] = found
        return found

    def extremes(self, region: Region) -> tuple[Number, Number]:
        """The least and the greatest cost."""
        of = region.grid
        if not of.top:
            cost = self.cost(of.low)
            return cost, cost
        key = of.low, of.step, of.top
        if not region.holes and key in self.found:
            return self.found[key]
        costs = [self.cost(normal(of.low + of.step * digit)) for digit in self._digits(region)]
        found = min(costs), max(costs)
        if not region.holes and len(self.found) < REMEMBERED:
            self.found[key] = found
        return found

    def _digits(self, region: Region) -> list[int]:
        """Digits among which are those of the least and of the greatest cost."""
        of = region.grid
        if of.top < FEW:
            digits = set(range(of.top + 1))
        else:
            first = self._starts(of)
            digits = {*first, *[start - 1 for start in first[1:]], of.top}
            for low, high in region.holes:
                digits.update((low - 1, high + 1))
        self.work.spend(len(digits) * (5 + len(region.holes)) * 1e-7)
        return [digit for digit in digits if 0 <= digit <= of.top and region.has_digit(digit)]

    def _starts(self, of: Grid) -> tuple[int, ...]:
        if self.breaks is None:
            self.work.spend((of.top + 1) * 1e-6)
            if of.top >= MOST_LISTED:
                raise Invalid(
                    f"lower: a {self.loss.kind} loss of more than {MOST_LISTED} numbers: clauses do not apply"
                )
            return tuple(range(of.top + 1))
        inside = self.breaks[bisect_left(self.breaks, of.low) : bisect_right(self.breaks, of.high)]
        self.work.spend(1e-6 + len(inside) * 1e-6)
        return starts(inside, of)

    def grid(self, of: Grid) -> Grid:
        """A grid on which the costs lie, from the least to the greatest."""

        def cost(digit: int) -> Number:
            return self.cost(normal(of.low + of.step * digit))

        if of.top < FEW or self.breaks is None:
            self._starts(of)
            return around([cost(digit) for digit in range(of.top + 1)])
        first = self._starts(of)
        last = [*[start - 1 for start in first[1:]], of.top]
        ends = around([cost(digit) for digit in sorted({*first, *last})])
        step = ends.step
        if self.loss.kind == "squared":
            step = common(common(step, cost(1) - cost(0)), cost(2) - 2 * cost(1) + cost(0))
        else:
            # Between breaks the cost is a line or constant.
            for x, y in zip(first, last, strict=True):
                if x < y:
                    step = common(step, cost(x + 1) - cost(x))
        return grid(ends.low, ends.high, step)


def joint_grid(loss: Loss, samples: Samples, regions: Sequence[Region], least: Number, work: Work) -> Grid:
    """A grid on which the costs of a point lie, for a loss of several outputs at once; from a lower bound to a cost
    that is not exceeded.
    """
    kind = loss.kind
    if kind == "guarded":
        raise Invalid("lower: clauses do not apply to a guarded loss of several outputs")
    total: Number = 0
    step: Number = 0
    offset: Number = 0
    for weight, labels in samples:
        work.spend(1e-5)
        if kind == "maximum":
            most: Number = 0
            for region, label in zip(regions, labels, strict=True):
                of = region.grid
                most = max(most, magnitude(of.low - label), magnitude(of.high - label))
                step = common(common(step, weight * of.step), weight * (of.low - label))
                work.spend(4e-6)
        elif kind == "table":
            most = loss.value
            offset = add(offset, multiply(weight, most, work), work)
            entries = (loss.table or {}).get(labels, {})
            for value in entries.values():
                step = common(step, weight * (value - loss.value))
                most = max(most, value)
            work.spend(len(entries) * 3e-6)
        else:
            most = 1 if kind in ("zero_one", "misclassified") else 2
            step = common(step, weight)
        total = add(total, multiply(weight, most, work), work)
        if sum_is_long(total):
            raise Invalid("lower: clauses do not apply to costs of so many digits")
    if not step:
        return single(offset)
    low = normal(offset - (offset - least) // step * step)
    high = normal(offset + (total - offset) // step * step)
    return grid(low, max(low, high), step)


class JointCost:
    """The cost of a point for a loss of several outputs (or none) at once: a lower bound.

    The outputs are asked for all together, or a few of them while all others are anywhere in their regions.
    """

    def __init__(self, loss: Loss, samples: Samples, regions: Sequence[Region], work: Work) -> None:
        self.loss = loss
        self.regions = tuple(regions)
        self.work = work
        self.function = loss.function(work)
        weights: dict[Vector, Number] = {}
        for weight, labels in samples:
            weights[labels] = add(weights.get(labels, 0), weight, work)
        self.samples = tuple(weights.items())
        self.weight: Number = 0
        for weight in weights.values():
            self.weight = add(self.weight, weight, work)
        # For these kinds it is enough to count the outputs that cannot do what is asked for.
        self.counted = loss.kind in ("zero_one", "pairs", "printed_pairs", "positive")
        if self.counted:
            work.require((len(self.samples) + 1) * len(regions) * 2e-6, "costs of outputs")
            self.listed = [self._listed(place, region) for place, region in enumerate(regions)]
            self.unlisted = self.listed.count(False)
            self.missed = [
                sum([not region.has(label) for region, label in zip(regions, labels, strict=True)])
                for labels, _ in self.samples
            ]

    def known(self, regions: Mapping[int, Region]) -> Number | None:
        """The cost, if every output is known."""
        all_regions = [regions.get(place, region) for place, region in enumerate(self.regions)]
        self.work.spend(len(all_regions) * 2e-7)
        if any(region.grid.top for region in all_regions):
            return None
        f = tuple([region.grid.low for region in all_regions])
        total: Number = 0
        for labels, weight in self.samples:
            total = add(total, multiply(weight, self.function(f, labels), self.work), self.work)
            self.work.spend(2e-6 + len(f) * 5e-7)
        return total

    def least(self, regions: Mapping[int, Region]) -> Number:
        """A lower bound; exact if every output is known."""
        if len(regions) == len(self.regions) or not regions:
            known = self.known(regions)
            if known is not None:
                return known
        if self.counted:
            return self._least_counted(regions)
        here = [regions.get(place, region) for place, region in enumerate(self.regions)]
        self.work.spend(len(here) * 2e-7)
        kind = self.loss.kind
        if kind == "misclassified":
            return self._least_misclassified(here)
        total: Number = 0
        for labels, weight in self.samples:
            if kind == "maximum":
                least = max([_distance(region, label) for region, label in zip(here, labels, strict=True)], default=0)
                self.work.spend(len(here) * 2e-6)
            else:
                least = self._least_entry(here, labels)
            total = add(total, multiply(weight, least, self.work), self.work)
        return total

    def _listed(self, place: int, region: Region) -> bool:
        """Can the output be one of those that cost 1?"""
        kind = self.loss.kind
        if kind == "zero_one":
            return True
        of = region.grid
        if kind == "positive":
            return of.high > 0
        allowed = self.loss.allowed[place]
        first, last = bisect_left(allowed, of.low), bisect_right(allowed, of.high)
        self.work.spend(5e-7)
        for value in allowed[first:last]:
            self.work.spend(5e-7)
            if region.has(value):
                return True
        return False

    def _least_counted(self, regions: Mapping[int, Region]) -> Number:
        """All samples cost as much as the outputs leave them, but those of one vector of labels may cost nothing."""
        unlisted = self.unlisted
        if self.loss.kind != "zero_one":
            for place, region in regions.items():
                unlisted += self.listed[place] - self._listed(place, region)
        each = 2 if unlisted else 1
        free: Number = 0
        if self.loss.kind != "printed_pairs":
            for (labels, weight), missed in zip(self.samples, self.missed, strict=True):
                if weight > free:
                    for place, region in regions.items():
                        missed += self.regions[place].has(labels[place]) - region.has(labels[place])
                    if not missed:
                        free = weight
        self.work.spend((len(self.samples) + 1) * (1 + len(regions)) * 1e-6)
        return each * (self.weight - free)

    def _least_misclassified(self, here: Sequence[Region]) -> Number:
        """One output at most is the largest of all, and only samples that it belongs to cost nothing."""
        free: Number = 0
        for labels, weight in self.samples:
            hot = labels.index(1)
            top = here[hot].grid.high
            if all(place == hot or region.grid.low < top for place, region in enumerate(here)):
                free = max(free, weight)
        self.work.spend((len(self.samples) + 1) * (1 + len(here)) * 5e-7)
        return self.weight - free

    def _least_entry(self, here: Sequence[Region], labels: Vector) -> Number:
        """The least entry of a table that is possible."""
        entries = (self.loss.table or {}).get(labels, {})
        possible = []
        for f, value in entries.items():
            self.work.spend(1e-6 + len(f) * 1e-6)
            if all(region.has(of) for region, of in zip(here, f, strict=True)):
                possible.append(value)
        number = 1
        for region in here:
            number *= region.count()
            if number > len(possible):
                break
        # Is there anything else than what the table lists?
        if number > len(possible):
            possible.append(self.loss.value)
        return min(possible)


def _distance(region: Region, label: Number) -> Number:
    """How far the nearest number is away, at least."""
    of = region.grid
    if label <= of.low:
        return of.low - label
    if label >= of.high:
        return label - of.high
    if region.holes or not of.step:
        return 0
    rest = (label - of.low) % of.step
    return min(rest, of.step - rest)
