"""How the normal form of an instance is built; docs/certificates.md ("The normal form") is the specification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from dnnt.activations import Activation
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.evaluation import activated
from dnnt.exact import Number, count, normal
from dnnt.instance import Instance
from dnnt.network import SOURCE
from dnnt.simplify.form import Address, Form, Name, Product, Unit, Variable, Vector, plus
from dnnt.simplify.trimming import WIDE, Options, Wide, trimmed
from dnnt.spaces import Finite, finite

MOST_VALUES = 1_000_000
"""The most values that a variable may have."""

MOST_WORK = 4_000_000
"""The most parameters times samples that are written out: some seconds."""

MOST_BITS = 100_000
"""The longest numbers that are computed."""

LINEAR = frozenset(("identity", "scale"))
"""Activations of units that dissolve."""


def form_of(instance: Instance) -> Form:
    """The normal form. Raises `MethodUnsuitable` for continuous instances, variables of too many values and numbers
    that are too long, `TooLarge` for networks and samples too large to write out. No space may be empty.
    """
    if not _last or _last[0][0] is not instance:
        slots = sum(each for _, each in instance.network.shared_spaces())
        if slots * (len(instance.samples) + 1) > MOST_WORK:
            raise TooLarge(f"{count(slots)} parameters of {len(instance.samples):,} samples are too many to write out")
        _last[:] = [(instance, _Building(instance).form())]
    return _last[0][1]


_last: list[tuple[Instance, Form]] = []
"""The form that was asked for last: every method asks for that of the same instance."""


class _Unit:
    """A unit while it is built: the same fields, with dictionaries."""

    def __init__(self, constant: list[Number]) -> None:
        self.constant = constant
        self.terms: dict[Name, list[Number]] = {}
        self.products: dict[tuple[int, Name | None], Number] = {}

    def add(self, other: _Unit, factor: Number) -> None:
        """Add a multiple of another unit's pre-activation."""
        self.constant = plus(self.constant, other.constant, factor)
        for name, column in other.terms.items():
            had = self.terms.get(name)
            if had is None and factor == 1:
                self.terms[name] = column
            else:
                self.terms[name] = plus(had or [0] * len(column), column, factor)
        for key, known in other.products.items():
            self.products[key] = normal(self.products.get(key, 0) + factor * known)


class _Group(NamedTuple):
    """Slots of a vertex that multiply the same thing, and what a variable made of them is called."""

    name: Name
    slots: list[tuple[Address, Finite]]


class _Building:
    """Goes through the vertices in topological order."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.network = instance.network.graph()
        merged: dict[Vector, list[tuple[Number, Vector]]] = {}
        for sample in instance.samples:
            if sample.weight:
                merged.setdefault(sample.x, []).append((sample.weight, sample.y))
        self.points = tuple(merged)
        self.samples = tuple(map(tuple, merged.values()))
        self.ones: Vector = (1,) * len(self.points)
        self.columns: list[Vector] = list(zip(*self.points, strict=True)) if self.points else [()] * self.network.inputs
        self.fixed: dict[int, Vector] = {}
        self.units: dict[int, _Unit] = {}
        self.slots: dict[Name, tuple[Address, ...]] = {}
        self.options: dict[Name, Options] = {}
        self.spaces: dict[Address, Finite] = {}

    def form(self) -> Form:
        needed = self.network.live
        for v in self.network.order:
            if needed[v]:
                self._visit(v)
        outputs = [self.network.position[name] for name in self.network.outputs]
        live = self._live(outputs)
        order = self._order(live)
        names = sorted({name for v in order for name in self._names(self.units[v])})
        variable = {name: index for index, name in enumerate(names)}
        index = {v: i for i, v in enumerate(order)}
        units = tuple([self._unit(v, variable, index) for v in order])
        rows = tuple([self.fixed[v] if v in self.fixed else index[v] for v in outputs])
        loss = self.instance.loss
        options, trims = trimmed(units, rows, [self.options[name] for name in names], self.samples, loss)
        for name, of in zip(names, options, strict=True):
            if isinstance(of, Wide):
                _check_count(of.space.size)
                self.spaces.update((a, of.space) for a in self.slots[name] if self.spaces[a].size > 1)
        return Form(
            self.points,
            self.samples,
            tuple(
                [
                    Variable(name, of.values() if isinstance(of, Wide) else of, self.slots[name])
                    for name, of in zip(names, options, strict=True)
                ]
            ),
            units,
            rows,
            loss,
            {address: self.spaces[address] for name in names for address in self.slots[name]},
            trims,
            self.network,
        )

    def _visit(self, v: int) -> None:
        """Compute a vertex's values if they are known, else its sum."""
        activation = self.network.vertices[v].activation
        if activation.is_constant:
            self.fixed[v] = (activation(0),) * len(self.points)
            return
        unit = self._sum(v)
        # A product with a known weight of 0 has been dropped, so what is left has a choice or leads to one.
        if unit.terms or unit.products:
            self.units[v] = unit
        else:
            self.fixed[v] = self._activated(activation, unit.constant)

    def _activated(self, activation: Activation, column: Sequence[Number]) -> Vector:
        try:
            return tuple([activated(activation, z, MOST_BITS) for z in column])
        except TooLarge:
            raise MethodUnsuitable(f"numbers of more than {MOST_BITS:,} bits") from None

    def _sum(self, v: int) -> _Unit:
        by_source: dict[Vector | int, _Group] = {}
        place = 0
        for e in self.network.incoming[v]:
            edge = self.network.edges[e]
            sources: Sequence[Vector | int]
            if edge.source == SOURCE:
                sources = self.columns
            else:
                u = self.network.position[edge.source]
                sources = (self.fixed.get(u, u),)
            for i, (of, source) in enumerate(zip(edge.slots, (*sources, self.ones), strict=True)):
                by_source.setdefault(source, _Group((v, place), [])).slots.append(((e, i), finite(of)))
                place += 1
        unit = _Unit([0] * len(self.points))
        for source, group in by_source.items():
            self._add(unit, source, group)
        unit.terms = {name: column for name, column in unit.terms.items() if any(column)}
        unit.products = {key: factor for key, factor in unit.products.items() if factor}
        return unit

    def _add(self, unit: _Unit, source: Vector | int, group: _Group) -> None:
        """Add slots that multiply the same thing to a unit's sum."""
        name, slots = group
        if isinstance(source, tuple) and not any(source):
            return
        if all(of.size == 1 for _, of in slots):
            known = normal(sum(of.low for _, of in slots))
            if isinstance(source, tuple):
                unit.constant = plus(unit.constant, source, known)
            elif known:
                activation = self.network.vertices[source].activation
                if activation.kind in LINEAR:
                    unit.add(self.units[source], normal(known * dict(activation.arguments).get("factor", 1)))
                else:
                    unit.products[source, None] = known
            return
        self.slots[name] = tuple([address for address, _ in slots])
        self.spaces.update(slots)
        self.options[name] = self._options(slots)
        if isinstance(source, tuple):
            unit.terms[name] = list(source)
        else:
            unit.products[source, name] = 1

    def _options(self, slots: Sequence[tuple[Address, Finite]]) -> Options:
        free = [(address, of) for address, of in slots if of.size > 1]
        if len(free) != 1 or free[0][1].size <= WIDE:
            return _sums([of for _, of in slots])
        (edge, place), space = free[0]
        others = normal(sum(of.low for _, of in slots if of.size == 1))
        return Wide(space, others, place == len(self.network.edges[edge].weights))

    def _names(self, unit: _Unit) -> list[Name]:
        return [*unit.terms, *[name for _, name in unit.products if name is not None]]

    def _live(self, outputs: Sequence[int]) -> set[int]:
        """The units that some output depends on."""
        live: set[int] = set()
        waiting = [v for v in outputs if v in self.units]
        while waiting:
            v = waiting.pop()
            if v not in live:
                live.add(v)
                waiting.extend(source for source, _ in self.units[v].products)
        return live

    def _order(self, live: set[int]) -> list[int]:
        """The live units, always the one of least position whose sources are all there."""
        missing = {v: len({source for source, _ in self.units[v].products}) for v in live}
        feeds: dict[int, list[int]] = {}
        for v in live:
            for source in {source for source, _ in self.units[v].products}:
                feeds.setdefault(source, []).append(v)
        ready = [v for v in live if not missing[v]]
        heapify(ready)
        order = []
        while ready:
            v = heappop(ready)
            order.append(v)
            for head in feeds.get(v, ()):
                missing[head] -= 1
                if not missing[head]:
                    heappush(ready, head)
        return order

    def _unit(self, v: int, variable: Mapping[Name, int], index: Mapping[int, int]) -> Unit:
        made = self.units[v]
        terms = sorted((variable[name], tuple(column)) for name, column in made.terms.items())
        products = [
            Product(index[source], None if name is None else variable[name], factor)
            for (source, name), factor in made.products.items()
        ]
        products.sort(key=lambda product: (product.source, -1 if product.variable is None else product.variable))
        return Unit(v, self.network.vertices[v].activation, tuple(made.constant), tuple(terms), tuple(products))


def _check_count(values: int) -> None:
    if values > MOST_VALUES:
        raise MethodUnsuitable(f"a parameter, or a sum of parallel ones, may have more than {MOST_VALUES:,} values")


def _sums(spaces: Sequence[Finite]) -> tuple[Number, ...]:
    """The sums of one element of each space, in increasing order."""
    sums: set[Number] = {0}
    for of in spaces:
        _check_count(of.size * len(sums))
        sums = {normal(total + w) for total in sums for w in of}
    return tuple(sorted(sums))
