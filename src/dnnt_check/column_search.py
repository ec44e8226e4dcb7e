"""The grounds "columns": no choice of columns for the units has a loss that is too small.

Stage by stage each unit gets one of the columns that it can have. Points that agree in everything that is still to be
read have equal outputs, which costs something (`column_prices`). While that is too much, some points of a class must be
told apart by the units that are left, so the search need only branch on the columns that tell apart one of some pairs
that cannot all stay together; a column that was tried for a group of units is not tried again beside it. How to choose
the pairs does not matter for the proof, only for its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.column_ends import STEP, Claim, Ends
from dnnt_check.column_prices import Prices, points_of
from dnnt_check.column_sets import ColumnSets, Shape
from dnnt_check.column_units import Net, nets
from dnnt_check.form import Form
from dnnt_check.instance import Instance
from dnnt_check.numbers import Number, add, brief, normal
from dnnt_check.reading import Place, integer, record

#: With more points pairs are not looked at.
MOST_POINTS = 160

#: Pairs among which the one with the fewest columns is looked for.
MOST_PAIRS = 400


def read_columns(value: Any, place: Place, work: Work) -> int:
    """The number of steps that the search may take."""
    record(value, place, ("kind", "nodes"))
    return integer(value["nodes"], (place, "nodes"), 1)


def check_columns(instance: Instance, form: Form, nodes: int, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no parameters have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some parameters have, or the search is too long.
    """
    if not instance.points or not form.units:
        _only(instance, form, bound, strict, work)
        return
    work.require(min(nodes, 10**15) * STEP, f"a search of {nodes} steps")
    claim = Claim(bound, strict, nodes, work)
    for net in nets(form, work):
        _Search(instance, form, net, claim, work).stage(0)


def _only(instance: Instance, form: Form, bound: Number, strict: bool, work: Work) -> None:
    """No parameter changes the outputs."""
    loss = instance.loss.function(work)
    total: Number = 0
    for point, samples in enumerate(instance.samples):
        outputs = tuple([of[point] for of in form.outputs if not isinstance(of, int)])
        for weight, labels in samples:
            total = add(total, normal(weight * loss(outputs, labels)), work)
            work.spend(5e-6)
    if total < bound or (strict and total == bound):
        raise Invalid(f"lower: there are parameters with the loss {brief(total)}")


@dataclass(frozen=True, slots=True)
class _Option:
    """Columns that tell the same points apart: of which group of units, the parts, and how many columns there are."""

    group: int
    parts: tuple[int, ...]
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class _Options:
    """What a stage can choose from.

    Attributes:
        all: the options.
        groups: for every group the mask of its options.
        widest: for every group the most parts of an option.
        apart: for every pair of points in question the mask of the options that tell it apart.
        pairs: for every option the mask of the pairs that it tells apart.
    """

    all: tuple[_Option, ...]
    groups: tuple[int, ...]
    widest: tuple[int, ...]
    apart: Mapping[int, int]
    pairs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """Where a stage is.

    Attributes:
        classes: masks of several points that nothing tells apart so far.
        paid: what all other points cost at least.
        joined: the pairs in question that are in one class.
        allowed: the options that may be chosen.
        left: how many units of every group have none.
    """

    classes: tuple[int, ...]
    paid: Number
    joined: int
    allowed: int
    left: tuple[int, ...]


class _Search:
    """The search in one net."""

    def __init__(self, instance: Instance, form: Form, net: Net, claim: Claim, work: Work) -> None:
        self.net = net
        self.claim = claim
        self.work = work
        self.count = len(instance.points)
        self.prices = Prices(instance, form, net, work)
        self.sets = ColumnSets(self.count, work)
        self.columns: dict[int, Shape] = {}
        self.ends = Ends(form, net, self.prices, self.sets, claim)
        self.excess: dict[int, Number] = {}
        self.base = normal(sum(self.prices.alone))
        if self.count <= MOST_POINTS:
            self._find_excess()
        self.least_excess = min(self.excess.values(), default=0)

    def _find_excess(self) -> None:
        """For pairs of points: what they cost together above what they cost alone."""
        alone = self.prices.alone
        for first in range(self.count):
            for second in range(first + 1, self.count):
                more = self.prices.least(1 << first | 1 << second) - alone[first] - alone[second]
                if more > 0:
                    self.excess[first * self.count + second] = normal(more)
                self.work.spend(1e-6)

    # ---------------------------------------------------------------- a stage

    def stage(self, number: int) -> None:
        """Go through the columns of a stage and of all that follow."""
        if number == len(self.net.stages):
            self.ends.check(self.columns)
            return
        stage = self.net.stages[number]
        classes = list(stage.classes)
        for unit in stage.passed:
            classes = [mask & part for mask in classes for part in self.columns[unit].parts if mask & part]
        joined = 0
        for mask in classes:
            joined |= self._pairs_between((mask,), True)
        joined &= sum([1 << pair for pair in self.excess])
        options = self._options(number, joined)
        several, paid = self._settled(classes, 0)
        left = tuple([len(group) for group in stage.groups])
        state = _State(several, paid, joined, (1 << len(options.all)) - 1, left)
        self._choose(number, options, state, ())

    def _pairs_between(self, parts: Sequence[int], within: bool) -> int:
        """The pairs of points within the parts, or in two different ones: bit i * n + j for points i < j."""
        whole = 0
        for part in parts:
            whole |= part
        found = 0
        for part in parts:
            others = part if within else whole & ~part
            for point in points_of(part):
                found |= others >> point + 1 << point + 1 + point * self.count
        self.work.spend(self.count * 4e-7 * (1 + self.count * 1e-3))
        return found

    def _options(self, number: int, joined: int) -> _Options:
        stage = self.net.stages[number]
        made: list[_Option] = []
        for place, group in enumerate(stage.groups):
            shapes = self.sets.of(self.net.adders[group[0]], self.columns)
            by_parts: dict[tuple[int, ...], list[Shape]] = {}
            seen: set[tuple[Number, ...]] = set()
            for shape in shapes:
                if stage.mirrored[place]:
                    if tuple([-value for value in shape.values]) in seen:
                        continue
                    seen.add(shape.values)
                by_parts.setdefault(shape.parts, []).append(shape)
            self.work.spend(len(shapes) * (1e-6 + self.count * 1e-7))
            made += [_Option(place, parts, tuple(of)) for parts, of in by_parts.items()]
        groups = [0] * len(stage.groups)
        widest = [1] * len(stage.groups)
        for index, option in enumerate(made):
            groups[option.group] |= 1 << index
            widest[option.group] = max(widest[option.group], len(option.parts))
        if not joined:
            return _Options(tuple(made), tuple(groups), tuple(widest), {}, ())
        pairs = [self._pairs_between(option.parts, False) & joined for option in made]
        return _Options(tuple(made), tuple(groups), tuple(widest), self._telling(made, joined), tuple(pairs))

    def _telling(self, options: Sequence[_Option], joined: int) -> dict[int, int]:
        """For each pair the options that tell it apart."""
        widest = max([len(option.parts) for option in options], default=0)
        # For each place of a part and each point the options whose part there holds the point.
        inside = [[0] * self.count for _ in range(widest)]
        for index, option in enumerate(options):
            for place, part in enumerate(option.parts):
                for point in points_of(part):
                    inside[place][point] |= 1 << index
            self.work.spend(self.count * 4e-7)
        found = {}
        for pair in points_of(joined):
            first, second = divmod(pair, self.count)
            mask = 0
            for row in inside:
                mask |= row[first] ^ row[second]
            found[pair] = mask
            self.work.spend(1e-6 + widest * 1e-6)
        return found

    def _settled(self, masks: Sequence[int], paid: Number) -> tuple[tuple[int, ...], Number]:
        """The masks of several points; those of one are paid for."""
        several = []
        for mask in masks:
            if mask & mask - 1:
                several.append(mask)
            elif mask:
                paid += self.prices.alone[mask.bit_length() - 1]
        return tuple(several), paid

    def _choose(self, number: int, options: _Options, state: _State, chosen: tuple[int, ...]) -> None:
        """Every choice for the units of the stage that have no column yet, as far as it may cost too little."""
        self.claim.step(STEP + (len(state.classes) + len(state.left)) * 1e-6)
        prices = self.prices
        cost = state.paid + sum([prices.least(mask) for mask in state.classes])
        if not any(state.left):
            if not self.claim.holds(cost):
                self._assign(number, options, chosen)
            return
        allowed = 0
        vectors = 1
        for group, left in enumerate(state.left):
            if left:
                mine = state.allowed & options.groups[group]
                if not mine:
                    return
                allowed |= mine
                vectors = min(vectors * options.widest[group] ** left, self.count)
        if self.claim.holds(cost):
            if self.claim.holds(state.paid + sum([prices.least_of_several(m, vectors) for m in state.classes])):
                return
            branches = self._needed(options, state, allowed)
        else:
            group = next(group for group, left in enumerate(state.left) if left)
            branches = allowed & options.groups[group]
        for index in self._sorted(options, state, branches):
            option = options.all[index]
            divided = [mask & part for mask in state.classes for part in option.parts]
            several, paid = self._settled(divided, state.paid)
            rest = tuple([count - (group == option.group) for group, count in enumerate(state.left)])
            joined = state.joined & ~options.pairs[index] if options.pairs else 0
            self._choose(number, options, _State(several, paid, joined, allowed, rest), (*chosen, index))
            allowed &= ~(1 << index)

    def _sorted(self, options: _Options, state: _State, branches: int) -> list[int]:
        """Those first that tell most pairs apart: what is tried early is gone later."""
        found = list(points_of(branches))
        self.work.spend(len(found) * 4e-7)
        if options.pairs:
            found.sort(key=lambda index: -(options.pairs[index] & state.joined).bit_count())
        return found

    def _needed(self, options: _Options, state: _State, allowed: int) -> int:
        """A mask of options of which one at least must be chosen, or the claim holds."""
        if not state.joined:
            return self._dividing(options, state, allowed)
        base = self.base  # What all points cost if no two of them have to agree.
        must = state.joined
        if not self.claim.holds(base + self.least_excess):
            must = 0
            for pair in points_of(state.joined):
                if self.claim.holds(base + self.excess[pair]):
                    must |= 1 << pair
        self.work.spend(state.joined.bit_count() * 5e-7)
        if must:
            return self._one_pair(options, state, allowed, must)
        # No pair is too much by itself, but some that have no point in common may be together.
        counted = sorted([((options.apart[pair] & allowed).bit_count(), pair) for pair in points_of(state.joined)])
        used, telling, cost = 0, 0, base
        for _, pair in counted:
            ends = 1 << pair // self.count | 1 << pair % self.count
            if not ends & used:
                used |= ends
                telling |= options.apart[pair]
                cost += self.excess[pair]
                if self.claim.holds(cost):
                    return telling & allowed
        return self._dividing(options, state, allowed)

    def _dividing(self, options: _Options, state: _State, allowed: int) -> int:
        """The options that divide some class: without one of them everything costs what it costs now."""
        found = 0
        for index in points_of(allowed):
            self.work.spend(1e-6)
            parts = options.all[index].parts
            if any(mask & part not in (0, mask) for mask in state.classes for part in parts):
                found |= 1 << index
        return found

    def _one_pair(self, options: _Options, state: _State, allowed: int, must: int) -> int:
        """The options that tell one of the pairs apart that must be told apart, or none if they are too many."""
        if sum(state.left) == 1:
            for pair in points_of(must):
                allowed &= options.apart[pair]
                if not allowed:
                    break
            return allowed
        fewest: int | None = None
        for looked, pair in enumerate(points_of(must)):
            telling = options.apart[pair] & allowed
            if fewest is None or telling.bit_count() < fewest.bit_count():
                fewest = telling
            if not fewest or looked >= MOST_PAIRS:
                break
        assert fewest is not None, "there is a pair"
        most = 0
        for group, left in enumerate(state.left):
            if left:
                mine = points_of(allowed & options.groups[group])
                most += left * max([(options.pairs[index] & must).bit_count() for index in mine])
        self.work.spend(2e-6 + allowed.bit_count() * 4e-7)
        return 0 if most < must.bit_count() else fewest

    def _assign(self, number: int, options: _Options, chosen: tuple[int, ...]) -> None:
        """Every choice of columns that tell apart what the options do, and the next stage for each."""
        groups = self.net.stages[number].groups
        ways: list[Iterator[tuple[Shape, ...]]] = []
        units: list[int] = []
        for place, group in enumerate(groups):
            units += group
            mine = [index for index in chosen if options.all[index].group == place]
            for index in dict.fromkeys(mine):
                ways.append(combinations_with_replacement(options.all[index].shapes, mine.count(index)))
        for columns in product(*ways):
            self.columns.update(zip(units, [shape for several in columns for shape in several], strict=True))
            self.stage(number + 1)
