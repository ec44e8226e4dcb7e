"""The normal form of an instance: what is left to choose once everything that makes no difference is gone.

Equal inputs are merged, vertices whose values are known are computed, parameters with the same column are added up to
one variable, units that are linear with known weights dissolve into those that they feed, and what no output needs is
dropped. docs/certificates.md ("The normal form") is the specification; the checker builds the same by its own code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import prod
from typing import NamedTuple

from dnnt.activations import Activation
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.evaluation import activated
from dnnt.exact import Number, count, magnitude, normal
from dnnt.instance import Instance
from dnnt.losses import Loss
from dnnt.network import SOURCE, Network
from dnnt.parameters import Parameters, of_edges
from dnnt.spaces import Finite, finite, preferred

Vector = tuple[Number, ...]

Address = tuple[int, int]
"""A slot: (edge, place), the weights of an edge in order and then its bias."""

Name = tuple[int, int]
"""What a variable is called in certificates."""

MOST_VALUES = 1_000_000
"""The most values that a variable may have."""

MOST_WORK = 4_000_000
"""The most parameters times samples that are written out: some seconds."""

MOST_BITS = 100_000
"""The longest numbers that are computed."""

LINEAR = frozenset(("identity", "scale"))
"""Activations of units that dissolve."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A free sum of parameters: its values in increasing order, and the slots that add up to it.

    `id` is (position of the vertex that they lead into, place of the first of them among all slots of its edges).
    """

    id: Name
    values: tuple[Number, ...]
    slots: tuple[Address, ...]

    def place(self, value: Number) -> int:
        """The index of a value, which must be one of them."""
        found = bisect_left(self.values, value)
        assert found < len(self.values) and self.values[found] == value, "a value that its variable does not have"
        return found


@dataclass(frozen=True, slots=True)
class Product:
    """`factor` times the value of unit `source`, times a variable unless that is None (both are indices)."""

    source: int
    variable: int | None
    factor: Number


@dataclass(frozen=True, slots=True)
class Unit:
    """A vertex with a choice: over the points, its pre-activation is constant + sum of variable · column + products.

    `position` is that of the vertex, `terms` are pairs (variable, column).
    """

    position: int
    activation: Activation
    constant: Vector
    terms: tuple[tuple[int, Vector], ...]
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The normal form: distinct inputs with their samples (weight, targets), variables, units in topological order,
    and for each output the index of its unit or its known values.
    """

    points: tuple[Vector, ...]
    samples: tuple[tuple[tuple[Number, Vector], ...], ...]
    variables: tuple[Variable, ...]
    units: tuple[Unit, ...]
    outputs: tuple[int | Vector, ...]
    loss: Loss
    spaces: Mapping[Address, Finite]
    network: Network

    @property
    def choices(self) -> int:
        """The number of choices of values for all variables."""
        return prod(len(variable.values) for variable in self.variables)

    def parameters(self, chosen: Sequence[Number]) -> Parameters:
        """Parameters in which each variable has the value given for it; slots that make no difference get one close
        to 0.
        """
        known: dict[Address, Number] = {}
        for variable, value in zip(self.variables, chosen, strict=True):
            variable.place(value)
            known.update(zip(variable.slots, _split(value, [self.spaces[a] for a in variable.slots]), strict=True))
        return self.filled(known)

    def filled(self, known: Mapping[Address, Number]) -> Parameters:
        """Parameters with these values of slots; the others get one close to 0."""
        edges = []
        for e, edge in enumerate(self.network.edges):
            slots = [known[e, i] if (e, i) in known else preferred(of) for i, of in enumerate(edge.slots)]
            edges.append((tuple(slots[:-1]), slots[-1]))
        return of_edges(edges)

    def values_of(self, given: Parameters) -> tuple[Number, ...]:
        """The value that parameters give to each variable."""
        edges = [run.slots for run in given.edges()]
        return tuple([normal(sum(edges[e][i] for e, i in variable.slots)) for variable in self.variables])

    def columns(self, chosen: Sequence[Number]) -> tuple[Vector, ...]:
        """The values of every unit over the points, for a value of each variable."""
        known: list[Vector] = []
        for unit in self.units:
            pre = list(unit.constant)
            for variable, column in unit.terms:
                if chosen[variable]:
                    pre = _plus(pre, column, chosen[variable])
            for product in unit.products:
                factor = product.factor if product.variable is None else product.factor * chosen[product.variable]
                pre = _plus(pre, known[product.source], factor)
            known.append(tuple([unit.activation(z) for z in pre]))
        return tuple(known)

    def total(self, chosen: Sequence[Number]) -> Number:
        """The total loss, for a value of each variable."""
        known = self.columns(chosen)
        rows = [known[of] if isinstance(of, int) else of for of in self.outputs]
        return normal(sum(self.point_loss(i, tuple([row[i] for row in rows])) for i in range(len(self.points))))

    def point_loss(self, point: int, f: Vector) -> Number:
        """The weighted loss of outputs f at a point, over all its samples."""
        return normal(sum(weight * self.loss(f, y) for weight, y in self.samples[point]))


@dataclass(frozen=True, slots=True)
class Splits:
    """Ways of writing numbers as sums of one element of each slot: `slots` lists pairs (element, price), and `least`
    has for each slot, and after the last, the sums of elements from there on with their least prices.
    """

    slots: tuple[tuple[tuple[Number, Number], ...], ...]
    least: tuple[Mapping[Number, Number], ...]

    def way(self, value: Number) -> tuple[Number, ...]:
        """The elements of a cheapest way, close to 0 if prices leave a choice. The value must be a sum."""
        chosen: list[Number] = []
        for slot, here, after in zip(self.slots[:-1], self.least, self.least[1:], strict=False):
            least = here[value]
            options = [(w, normal(value - w)) for w, price in slot if after.get(normal(value - w)) == least - price]
            w, value = min(options, key=lambda option: magnitude(option[0]))
            chosen.append(w)
        return (*chosen, value)


def splits_of(slots: Sequence[Sequence[tuple[Number, Number]]]) -> Splits:
    """The ways of adding up elements of slots (one at least), each a list of (element, price)."""
    least: list[dict[Number, Number]] = [{0: 0}]
    for slot in reversed(slots):
        layer: dict[Number, Number] = {}
        for total, paid in least[-1].items():
            for w, price in slot:
                key, cost = normal(total + w), normal(paid + price)
                if key not in layer or cost < layer[key]:
                    layer[key] = cost
        least.append(layer)
    return Splits(tuple(map(tuple, slots)), tuple(reversed(least)))


def _split(value: Number, spaces: Sequence[Finite]) -> tuple[Number, ...]:
    """One element of each space, adding up to `value`, as many as possible close to 0. The value must be a sum."""
    if len(spaces) == 1:
        return (value,)
    closest = [preferred(of) for of in spaces]
    return splits_of([[(w, int(w != best)) for w in of] for of, best in zip(spaces, closest, strict=True)]).way(value)


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
        self.constant = _plus(self.constant, other.constant, factor)
        for name, column in other.terms.items():
            self.terms[name] = _plus(self.terms.get(name, [0] * len(column)), column, factor)
        for key, known in other.products.items():
            self.products[key] = normal(self.products.get(key, 0) + factor * known)


def _plus(total: list[Number], more: Sequence[Number], factor: Number) -> list[Number]:
    return [normal(a + factor * b) for a, b in zip(total, more, strict=True)]


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
        self.values: dict[Name, tuple[Number, ...]] = {}
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
        return Form(
            self.points,
            self.samples,
            tuple([Variable(name, self.values[name], self.slots[name]) for name in names]),
            tuple([self._unit(v, variable, index) for v in order]),
            tuple([self.fixed[v] if v in self.fixed else index[v] for v in outputs]),
            self.instance.loss,
            {address: self.spaces[address] for name in names for address in self.slots[name]},
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
                unit.constant = _plus(unit.constant, source, known)
            elif known:
                activation = self.network.vertices[source].activation
                if activation.kind in LINEAR:
                    unit.add(self.units[source], normal(known * dict(activation.arguments).get("factor", 1)))
                else:
                    unit.products[source, None] = known
            return
        self.slots[name] = tuple([address for address, _ in slots])
        self.spaces.update(slots)
        self.values[name] = _sums([of for _, of in slots])
        if isinstance(source, tuple):
            unit.terms[name] = list(source)
        else:
            unit.products[source, name] = 1

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


def _sums(spaces: Sequence[Finite]) -> tuple[Number, ...]:
    """The sums of one element of each space, in increasing order."""
    sums: set[Number] = {0}
    for of in spaces:
        if of.size * len(sums) > MOST_VALUES:
            raise MethodUnsuitable(f"a parameter, or a sum of parallel ones, may have more than {MOST_VALUES:,} values")
        sums = {normal(total + w) for total in sums for w in of}
    return tuple(sorted(sums))
