"""Contributions of the units of one group, drawn at random: what the probe puts together.

A grid takes a few values of each slot, all in combination, and sends what comes out along every outgoing weight:
cheap, as all of it is made at once, coordinate by coordinate. Only of contributions that are used in the end it is said
which values make them. A draw with a pull chooses most values such that the contribution goes that way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import prod
from operator import mul
from random import Random

from dnnt.activations import Activation
from dnnt.exact import Number, normal
from dnnt.reachable.assemble import Assigned
from dnnt.reachable.grids import MOST_AXES, Axis, Grid, Options, Slot, bundled, spaced
from dnnt.reachable.program import Address, Program, Unit
from dnnt.spaces import Finite, Range

FEW = 64
"""Values of a slot whose products with its column are kept."""

FEW_WEIGHTS = 5
"""Values of the outgoing weight up to which a grid takes all of them."""

ALL = 1 << 60
"""So many draws in vain: there is nothing else."""

ENOUGH = 0.7
"""The part of the contributions that are wanted that will do."""

OVER, GRIDS = 2, 2
"""How many more combinations a grid has than contributions are wanted, as some are equal; and grids drawn at a time."""

WHOLE = frozenset((int,))

Vector = tuple[int, ...]

Pick = tuple[Number, Vector, Address]
"""A value of a slot, the value times its column, and the slot."""

Bounds = tuple[list[Number], list[Number]]
"""The least and the greatest value in each coordinate, or what bounds them."""

Origin = Grid | tuple[Assigned, ...]
"""Where a contribution comes from: the values that make it, or the grid in which it is."""


class _Images(dict[Number, Number]):
    """The values of an activation, as far as they were asked for; `whole` says whether all of these are whole."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation
        self.whole = True

    def __missing__(self, z: Number) -> Number:
        value = self[z] = self.activation(z)
        self.whole = self.whole and type(value) is int
        return value


class Source:
    """Draws contributions of one group of units, or (without a unit) of the rest. `listed` are those so far,
    `stale` counts the draws since the last new one.
    """

    def __init__(self, program: Program, unit: Unit | None, random: Random, known: Known) -> None:
        self.random = random
        self.unit = unit
        self.known = known
        self.n = len(program.inputs)
        self.size = program.width if unit is None else self.n
        options = known.options
        self.slots = [
            Slot(*options(each.space), each.column, address)
            for each in (program.rest if unit is None else unit.incoming).slots
            for address in each.addresses
        ]
        self.outgoing = [
            [(options(each.space), address) for each in total.slots for address in each.addresses]
            for total in (() if unit is None else unit.outgoing)
        ]
        self.images = None if unit is None else known.images_of(unit.node.part.activation)
        self.weights = self._all_weights()
        self.leaning: dict[tuple[float, ...], tuple[bool, ...]] = {}
        self.origins: dict[Vector, Origin] = {}
        self.listed: list[Vector] = []
        self.stale = 0

    @cached_property
    def combinations(self) -> int:
        """How many ways there are to set the slots."""
        return prod([slot.size for slot in self.slots])

    @cached_property
    def free(self) -> list[Slot]:
        """The slots that have a choice."""
        return [slot for slot in self.slots if slot.size > 1]

    def _all_weights(self) -> Axis | None:
        """All values of the only outgoing weight; None where there are more weights, or many values."""
        unit = self.unit
        if unit is None or len(unit.node.blocks) != 1 or unit.node.own is not None or len(self.outgoing[0]) != 1:
            return None
        (((count, value_of), address),) = self.outgoing[0]
        if count > FEW_WEIGHTS:
            return None
        return Axis((address,), [[value_of(i) for i in range(count)]], [])

    def values(self, vector: Vector) -> tuple[Assigned, ...]:
        """Values that make a contribution that was drawn."""
        origin = self.origins[vector]
        return origin.values(vector) if isinstance(origin, Grid) else origin

    def extremes(self) -> Bounds | None:
        """Bounds on the least and the greatest contribution in each coordinate; None where there are none."""
        ends = [(slot.value_of(0), slot.value_of(slot.size - 1), slot.column) for slot in self.slots]
        low: list[Number] = [0] * self.size
        high = list(low)
        for first, last, column in ends:
            for i, x in enumerate(column):
                a, b = (first, last) if x > 0 else (last, first)
                low[i] += a * x
                high[i] += b * x
        unit = self.unit
        if unit is None:
            return low, high
        images = list(map(unit.node.part.activation.interval, map(normal, low), map(normal, high)))
        least: list[Number] = []
        most: list[Number] = []
        outgoing = iter(self.outgoing)
        for b, block in enumerate(unit.node.blocks):
            factors: tuple[Number, Number] = (1, 1) if b == unit.node.own else (0, 0)
            if block is not None:
                slots = next(outgoing)
                factors = sum(of(0) for (_, of), _ in slots), sum(of(count - 1) for (count, of), _ in slots)
            for image in images:
                if image is None:
                    return None
                corners = [w * a for w in factors for a in image]
                least.append(min(corners))
                most.append(max(corners))
        return least, most

    def more(self, size: int, pulls: Sequence[Sequence[float]] = ()) -> list[Vector]:
        """About `size` contributions, or more, some of them pulled."""
        if self.weights is not None and (not pulls or self.combinations <= 2 * size):
            for _ in range(GRIDS):
                if len(self.listed) >= ENOUGH * size or self.seems_exhausted:
                    break
                self._grid(self.weights, size)
            return self.listed
        random, tries = self.random, 0
        while len(self.listed) < size and tries < 2 * size and not self.seems_exhausted:
            tries += 1
            before = len(self.listed)
            self.draw(random.choice(pulls) if pulls and tries % 3 else None, random.random())
            self.stale = self.stale + 1 if len(self.listed) == before else 0
        return self.listed

    def towards(self, wanted: Sequence[int]) -> Vector | None:
        """A contribution that is drawn, but for its outgoing weight, which brings it near what is wanted. None where
        there are several such weights, or many, or it is not whole.
        """
        random, images, weights = self.random.random, self.images, self.weights
        if weights is None or images is None:
            return None
        values = [value_of(int(random() * size)) for size, value_of, _, _ in self.slots]
        rows = zip(*[slot.column for slot in self.slots], strict=True)
        image = [images[sum(map(mul, values, row))] for row in rows]
        if len(image) != len(wanted) or not WHOLE.issuperset(map(type, image)):
            return None
        along, length = sum(map(mul, wanted, image)), sum(map(mul, image, image))
        # The square of the distance is weight² · length - 2 · weight · along, and a constant.
        weight = min(weights.ways[0], key=lambda w: w * (w * length - 2 * along))
        if type(weight) is not int:
            return None
        vector: Vector = tuple([weight * a for a in image])  # type: ignore[misc]  # It is whole.
        slots = zip(self.slots, values, strict=True)
        self.origins[vector] = (*[(slot.address, value) for slot, value in slots], (weights.addresses[0], weight))
        return vector

    @property
    def seems_exhausted(self) -> bool:
        """Whether many draws in a row have brought nothing new."""
        return self.stale > 20 + len(self.listed)

    def _grid(self, weights: Axis, size: int) -> None:
        """List what comes out of a grid, such that about `size` contributions may be known in the end."""
        (factors,) = weights.ways
        complete = self.combinations * len(factors) <= 2 * size
        wanted = self.combinations if complete else 1 + OVER * size // len(factors)
        grid = Grid(self._axes(wanted, complete), weights)
        images = self.images
        assert images is not None
        columns = [list(map(images.__getitem__, column)) for column in grid.columns(self.size)]
        spread_out = [[w * a for w in factors for a in column] for column in columns]
        vectors = list(zip(*spread_out, strict=True))
        before = len(self.origins)
        if images.whole and WHOLE.issuperset(map(type, factors)):
            grid.vectors = vectors
        else:
            grid.vectors = [tuple(map(normal, vector)) for vector in vectors]
            vectors = [vector for vector in grid.vectors if WHOLE.issuperset(map(type, vector))]
        self.origins.update(dict.fromkeys(vectors, grid))
        self.listed = list(self.origins)
        self.stale = ALL if complete else self.stale + len(vectors) if len(self.listed) == before else 0

    def _axes(self, wanted: int, complete: bool) -> list[Axis]:
        """Axes with about so many combinations, the shortest first; all there are, if the grid is to be complete."""
        random, free = self.random.random, self.free
        bundles = [[slot] for slot in free]
        if len(free) > MOST_AXES and not complete:
            bundles = [free[j::MOST_AXES] for j in range(MOST_AXES)]
        counts = [bundle[0].size if len(bundle) == 1 else wanted for bundle in bundles]
        sizes = [1] * len(bundles)
        start = int(random() * len(bundles))
        ring = [*range(start, len(bundles)), *range(start)]
        total = 1
        while total < wanted and ring:
            for at in ring:
                total = total // sizes[at] * (sizes[at] + 1)
                sizes[at] += 1
                if total >= wanted:
                    break
            ring = [at for at in ring if sizes[at] < counts[at]]
        axes = [spaced(slot, 1, random) for slot in self.slots if slot.size == 1]
        for at in sorted(range(len(bundles)), key=sizes.__getitem__):
            bundle, size = bundles[at], sizes[at]
            axes.append(spaced(bundle[0], size, random) if len(bundle) == 1 else bundled(bundle, size, random))
        return axes

    @cached_property
    def _pickers(self) -> list[Callable[[int], Pick]]:
        """Pick number i, for each slot."""
        return [self.known.picks(slot) for slot in self.slots]

    def _sum(self, picks: Sequence[Pick]) -> list[Number]:
        if not picks:
            return [0] * self.size
        return list(map(sum, zip(*[pick[1] for pick in picks], strict=True)))

    def draw(self, pull: Sequence[float] | None = None, strength: float = 1.0) -> Vector | None:
        """A contribution; with a pull, each value goes that way with this probability. None where it is not whole."""
        random, unit = self.random.random, self.unit
        if pull is None:
            picks = [pick(int(random() * slot.size)) for slot, pick in zip(self.slots, self._pickers, strict=True)]
        else:
            flip = unit is not None and random() < 0.5
            picks = [
                pick((slot.size - 1 if up != flip else 0) if random() < strength else int(random() * slot.size))
                for slot, pick, up in zip(self.slots, self._pickers, self._leaning(pull), strict=True)
            ]
        pre = self._sum(picks)
        if unit is None:
            return self._made(pre, picks, [])
        vector, weights = self._sent(unit, pre, pull, strength)
        return self._made(vector, picks, weights)

    def _leaning(self, pull: Sequence[float]) -> tuple[bool, ...]:
        """For each slot: does its greatest value go the way of the pull?"""
        key = tuple(pull)
        found = self.leaning.get(key)
        if found is None:
            inner = key if self.unit is None else [sum(key[i :: self.n]) for i in range(self.n)]
            found = self.leaning[key] = tuple([sum(map(mul, inner, slot.column)) > 0 for slot in self.slots])
        return found

    def _sent(
        self, unit: Unit, pre: Sequence[Number], pull: Sequence[float] | None, strength: float
    ) -> tuple[list[Number], list[Assigned]]:
        """What the unit adds to the state: its values times its outgoing weights."""
        images, random = self.images, self.random.random
        assert images is not None
        a = [images[z] for z in pre]
        vector: list[Number] = []
        weights: list[Assigned] = []
        outgoing = iter(self.outgoing)
        for b, block in enumerate(unit.node.blocks):
            weight: Number = 1 if b == unit.node.own else 0
            if block is not None:
                along = 0.0 if pull is None else sum(map(mul, pull[b * self.n : (b + 1) * self.n], a))
                for (count, value_of), address in next(outgoing):
                    if along and random() < strength:
                        value = value_of(count - 1 if along > 0 else 0)
                    else:
                        value = value_of(int(random() * count))
                    weights.append((address, value))
                    weight += value
            vector.extend([weight * v for v in a])
        return vector, weights

    def _made(self, vector: Sequence[Number], picks: Sequence[Pick], weights: Sequence[Assigned]) -> Vector | None:
        """The contribution, which is listed if it is whole and new; None if it is not whole."""
        at = tuple(vector)
        if not WHOLE.issuperset(map(type, at)):
            at = tuple(map(normal, at))
            if not WHOLE.issuperset(map(type, at)):
                return None
        whole: Vector = at  # type: ignore[assignment]  # It is whole.
        if whole not in self.origins:
            values = (*((address, value) for value, _, address in picks), *weights)
            self.origins[whole] = values
            self.listed.append(whole)
        return whole


def _options(of: Finite) -> Options:
    """How many values there are, and value number i, in increasing order."""
    if isinstance(of, Range):
        if of.size <= FEW:
            return of.size, list(of).__getitem__
        return of.size, lambda i: normal(of.low + of.step * i)
    return len(of.values), of.values.__getitem__


class _Multiples(dict[Number, Vector]):
    """The multiples of a column, as far as they were asked for."""

    def __init__(self, column: Sequence[Number]) -> None:
        super().__init__()
        self.column = column

    def __missing__(self, factor: Number) -> Vector:
        found = self[factor] = self.times(factor)
        return found

    def times(self, factor: Number) -> Vector:
        """A multiple, which is not kept."""
        # Whole or not: that is seen when vectors are made.
        return tuple([normal(factor * x) for x in self.column])  # type: ignore[misc]  # See above.


class Known:
    """What units share: values of equal spaces, multiples of equal columns, and values of equal activations."""

    def __init__(self) -> None:
        self._options: dict[int, Options] = {}  # Spaces by identity.
        self._multiples: dict[tuple[Number, ...], _Multiples] = {}
        self._images: dict[int, _Images] = {}  # Activations by identity.

    def options(self, space: Finite) -> Options:
        """The values of a space."""
        found = self._options.get(id(space))
        if found is None:
            found = self._options[id(space)] = _options(space)
        return found

    def picks(self, slot: Slot) -> Callable[[int], Pick]:
        """Pick number i of a slot."""
        column, value_of, address = tuple(slot.column), slot.value_of, slot.address
        multiples = self._multiples.get(column)
        if multiples is None:
            multiples = self._multiples[column] = _Multiples(column)
        if slot.size <= FEW:
            return [(value, multiples[value], address) for value in map(value_of, range(slot.size))].__getitem__
        return lambda at: (value := value_of(at), multiples.times(value), address)

    def images_of(self, activation: Activation) -> _Images:
        """The values of an activation."""
        found = self._images.get(id(activation))
        if found is None:
            found = self._images[id(activation)] = _Images(activation)
        return found


Spread = list[tuple[int, int]]
"""Mean and variance in each coordinate, in whole numbers, for steering only; the variance is at least 1."""


def spread(listed: Sequence[Vector]) -> Spread:
    """The spread of contributions (at least one)."""
    count = len(listed)
    found = []
    for column in zip(*listed, strict=True):
        total = sum(column)
        mean = total // count
        # The sum of all (v - mean)².
        squares = sum(map(mul, column, column)) - 2 * mean * total + count * mean * mean
        found.append((mean, 1 + squares // count))
    return found
