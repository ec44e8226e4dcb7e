"""Contributions of the units of one group, drawn at random: what the probe puts together.

A walk changes two of the incoming values at a time and sends what comes out along every outgoing weight: cheap, and
good enough where anything will do. A draw with a pull chooses most values such that the contribution goes that way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from operator import mul
from random import Random
from typing import NamedTuple

from dnnt.activations import Activation
from dnnt.exact import Number, normal
from dnnt.reachable.assemble import Assigned
from dnnt.reachable.program import Address, Program, Unit
from dnnt.spaces import Finite, Range

FEW = 64
"""Values of a slot whose products with its column are kept."""

FEW_WEIGHTS = 5
"""Values of the outgoing weight up to which a walk takes all of them."""

ALL = 1 << 60
"""So many draws in vain: there is nothing else."""

WHOLE = frozenset((int,))

Vector = tuple[int, ...]

Pick = tuple[Number, Vector, Address]
"""A value of a slot, the value times its column, and the slot."""

Bounds = tuple[list[Number], list[Number]]
"""The least and the greatest value in each coordinate, or what bounds them."""


class Drawn(NamedTuple):
    """A contribution of a unit, or of the rest, and what was picked for it: of slots with columns, and of weights."""

    vector: Vector
    picks: tuple[Pick, ...]
    weights: tuple[Assigned, ...]

    @property
    def values(self) -> tuple[Assigned, ...]:
        """The values that make it."""
        return (*((address, value) for value, _, address in self.picks), *self.weights)


Options = tuple[int, Callable[[int], Number]]
"""How many values a space has, and value number i, in increasing order."""


class _Images(dict[Number, Number]):
    """The values of an activation, as far as they were asked for."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def __missing__(self, z: Number) -> Number:
        value = self[z] = self.activation(z)
        return value


class Source:
    """Draws contributions of one group of units, or (without a unit) of the rest. `listed` are those so far,
    `stale` counts the draws since the last new one.
    """

    def __init__(self, program: Program, unit: Unit | None, random: Random, known: Known) -> None:
        self.random = random
        self.unit = unit
        self.n = len(program.inputs)
        self.size = program.width if unit is None else self.n
        self.slots: list[tuple[int, Callable[[int], Pick], Sequence[Number]]] = []
        self.ends: list[tuple[Vector, Vector]] = []
        for each in (program.rest if unit is None else unit.incoming).slots:
            column = known.column(each.space, each.column)
            for address in each.addresses:
                self.slots.append((column.count, column.picks(address), each.column))
                self.ends.append(column.ends)
        self.combinations = prod([count for count, _, _ in self.slots])
        self.free = [index for index, (count, _, _) in enumerate(self.slots) if count > 1]
        self.outgoing = [
            [(_options(each.space), address) for each in total.slots for address in each.addresses]
            for total in (() if unit is None else unit.outgoing)
        ]
        self.images = None if unit is None else known.images_of(unit.node.part.activation)
        self.all_weights = self._all_weights()
        self.whole_weights = all(type(weight) is int for weight, _ in self.all_weights or ())
        self.leaning: dict[tuple[float, ...], tuple[bool, ...]] = {}
        self.drawn: dict[Vector, Drawn] = {}
        self.listed: list[Drawn] = []
        self.stale = 0

    def _all_weights(self) -> list[tuple[Number, tuple[Assigned, ...]]] | None:
        """All values of the only outgoing weight; None where there are more weights, or many values."""
        unit = self.unit
        if unit is None or len(unit.node.blocks) != 1 or unit.node.own is not None or len(self.outgoing[0]) != 1:
            return None
        (((count, value_of), address),) = self.outgoing[0]
        if count > FEW_WEIGHTS:
            return None
        return [(value, ((address, value),)) for value in map(value_of, range(count))]

    def extremes(self) -> Bounds | None:
        """Bounds on the least and the greatest contribution in each coordinate; None where there are none."""
        if not self.ends:
            low = high = (0,) * self.size
        else:
            low, high = (
                tuple([sum(parts) for parts in zip(*ends, strict=True)]) for ends in zip(*self.ends, strict=True)
            )
        unit = self.unit
        if unit is None:
            return list(low), list(high)
        images = list(map(unit.node.part.activation.interval, low, high))
        least: list[Number] = []
        most: list[Number] = []
        outgoing = iter(self.outgoing)
        for b, block in enumerate(unit.node.blocks):
            ends: tuple[Number, Number] = (1, 1) if b == unit.node.own else (0, 0)
            if block is not None:
                slots = next(outgoing)
                ends = sum(of(0) for (_, of), _ in slots), sum(of(count - 1) for (count, of), _ in slots)
            for image in images:
                if image is None:
                    return None
                corners = [w * a for w in ends for a in image]
                least.append(min(corners))
                most.append(max(corners))
        return least, most

    def more(self, size: int, pulls: Sequence[Sequence[float]] = ()) -> list[Drawn]:
        """About `size` contributions, some of them pulled."""
        if self.all_weights is not None and len(self.listed) < size and not self.seems_exhausted:
            if self.combinations <= 2 * size:
                self._list_all()
            elif not pulls:
                self._walk(size)
        random, tries = self.random, 0
        while len(self.listed) < size and tries < 2 * size and not self.seems_exhausted:
            tries += 1
            before = len(self.listed)
            self.draw(random.choice(pulls) if pulls and tries % 3 else None, random.random())
            self.stale = self.stale + 1 if len(self.listed) == before else 0
        return self.listed

    @property
    def seems_exhausted(self) -> bool:
        """Whether many draws in a row have brought nothing new."""
        return self.stale > 20 + len(self.listed)

    def _list_all(self) -> None:
        partial: list[tuple[tuple[Pick, ...], list[Number]]] = [((), [0] * self.size)]
        for count, pick, _ in self.slots:
            options = list(map(pick, range(count)))
            partial = [
                ((*picks, new), [z + a for z, a in zip(pre, new[1], strict=True)])
                for picks, pre in partial
                for new in options
            ]
        for picks, pre in partial:
            self._send(pre, picks)
        self.stale = ALL

    def _send(self, pre: Sequence[Number], picks: Sequence[Pick]) -> None:
        """What comes out, along every outgoing weight."""
        images, weights = self.images, self.all_weights
        assert images is not None
        assert weights is not None
        image = [images[z] for z in pre]
        drawn, chosen = self.drawn, tuple(picks)
        whole = self.whole_weights and WHOLE.issuperset(map(type, image))
        for weight, assigned in weights:
            vector: Vector = tuple([weight * a for a in image])  # type: ignore[misc]  # Whole or not: see below.
            if vector in drawn:
                continue
            if whole:
                known = drawn[vector] = Drawn(vector, chosen, assigned)
                self.listed.append(known)
            else:
                self._made(vector, picks, assigned)

    def _walk(self, size: int) -> None:
        random, slots, free, open_slots = self.random.random, self.slots, self.free, len(self.free)
        picks = [pick(int(random() * count)) for count, pick, _ in slots]
        pre = self._sum(picks)
        tries = 0
        while len(self.listed) < size and tries < 2 * size and not self.seems_exhausted:
            tries += 1
            before = len(self.listed)
            for _ in range(2 if free else 0):
                at = free[int(random() * open_slots)]
                count, pick, _ = slots[at]
                old, new = picks[at], pick(int(random() * count))
                if old is not new:
                    picks[at] = new
                    pre = [z - a + b for z, a, b in zip(pre, old[1], new[1], strict=True)]
            self._send(pre, picks)
            self.stale = self.stale + 1 if len(self.listed) == before else 0

    def _sum(self, picks: Sequence[Pick]) -> list[Number]:
        if not picks:
            return [0] * self.size
        return list(map(sum, zip(*[pick[1] for pick in picks], strict=True)))

    def draw(self, pull: Sequence[float] | None = None, strength: float = 1.0) -> Drawn | None:
        """A contribution; with a pull, each value goes that way with this probability. None where it is not whole."""
        random, unit = self.random.random, self.unit
        if pull is None:
            picks = [pick(int(random() * count)) for count, pick, _ in self.slots]
        else:
            flip = unit is not None and random() < 0.5
            picks = [
                pick((count - 1 if up != flip else 0) if random() < strength else int(random() * count))
                for (count, pick, _), up in zip(self.slots, self._leaning(pull), strict=True)
            ]
        pre = self._sum(picks)
        if unit is None:
            return self._made(pre, picks, ())
        vector, weights = self._sent(unit, pre, pull, strength)
        return self._made(vector, picks, tuple(weights))

    def _leaning(self, pull: Sequence[float]) -> tuple[bool, ...]:
        """For each slot: does its greatest value go the way of the pull?"""
        key = tuple(pull)
        found = self.leaning.get(key)
        if found is None:
            inner = key if self.unit is None else [sum(key[i :: self.n]) for i in range(self.n)]
            found = self.leaning[key] = tuple([sum(map(mul, inner, column)) > 0 for _, _, column in self.slots])
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

    def _made(self, vector: Sequence[Number], picks: Sequence[Pick], weights: tuple[Assigned, ...]) -> Drawn | None:
        at = tuple(vector)
        known = self.drawn.get(at)  # type: ignore[arg-type]  # Only whole vectors are there.
        if known is None:
            if not WHOLE.issuperset(map(type, at)):
                at = tuple(map(normal, at))
                if not WHOLE.issuperset(map(type, at)):
                    return None
            known = self.drawn[at] = Drawn(at, tuple(picks), weights)  # type: ignore[index, arg-type]  # It is whole.
            self.listed.append(known)
        return known


def _options(of: Finite) -> Options:
    """How many values there are, and value number i, in increasing order."""
    if isinstance(of, Range):
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
        return tuple([normal(factor * x) for x in self.column])  # type: ignore[misc]


class _Column:
    """The values of a space times a column: `ends` are the least and the greatest product in each coordinate."""

    def __init__(self, space: Finite, multiples: _Multiples) -> None:
        self.multiples = multiples
        self.count, self.value_of = _options(space)
        self.values = list(space) if self.count <= FEW else []
        first, last = multiples[self.value_of(0)], multiples[self.value_of(self.count - 1)]
        self.ends = tuple(map(min, first, last)), tuple(map(max, first, last))

    def picks(self, address: Address) -> Callable[[int], Pick]:
        """Pick number i, for a slot with this space and column."""
        multiples, value_of = self.multiples, self.value_of
        if self.values:
            return [(value, multiples[value], address) for value in self.values].__getitem__
        return lambda at: (value := value_of(at), multiples.times(value), address)


class Known:
    """What units share: the multiples of equal columns, what slots with the same space and column may add, and the
    values of equal activations.
    """

    def __init__(self) -> None:
        self._multiples: dict[tuple[Number, ...], _Multiples] = {}
        self._columns: dict[tuple[int, tuple[Number, ...]], _Column] = {}  # Spaces by identity.
        self._images: dict[int, _Images] = {}  # Activations by identity.

    def column(self, space: Finite, column: tuple[Number, ...]) -> _Column:
        """What a slot with this space and column may add."""
        key = id(space), column
        found = self._columns.get(key)
        if found is None:
            multiples = self._multiples.get(column)
            if multiples is None:
                multiples = self._multiples[column] = _Multiples(column)
            found = self._columns[key] = _Column(space, multiples)
        return found

    def images_of(self, activation: Activation) -> _Images:
        """The values of an activation."""
        found = self._images.get(id(activation))
        if found is None:
            found = self._images[id(activation)] = _Images(activation)
        return found


Spread = list[tuple[int, int]]
"""Mean and variance in each coordinate, in whole numbers, for steering only; the variance is at least 1."""


def spread(listed: Sequence[Drawn]) -> Spread:
    """The spread of contributions (at least one)."""
    count = len(listed)
    found = []
    for column in zip(*[each.vector for each in listed], strict=True):
        total = sum(column)
        mean = total // count
        # The sum of all (v - mean)².
        squares = sum(map(mul, column, column)) - 2 * mean * total + count * mean * mean
        found.append((mean, 1 + squares // count))
    return found
