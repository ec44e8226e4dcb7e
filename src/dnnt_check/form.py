"""The normal form of an instance, as docs/certificates.md defines it.

Values that are known are computed, slots of a vertex that multiply the same thing become one variable, units that are
linear with known weights dissolve into those that they feed, and what no output needs is dropped. What is left is a
list of variables and a list of units, to which grounds may refer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from dnnt_check.activations import Activation
from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE, Link, Network
from dnnt_check.numbers import Number, add, multiply
from dnnt_check.spaces import Space

#: A variable may have so many values.
MOST_VALUES = 1_000_000

#: (position of a vertex, place of a slot among all slots of its edges).
Name = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Product:
    """`factor` times the value of the unit `source`, times a variable unless that is None."""

    source: int
    variable: int | None
    factor: Number


@dataclass(frozen=True, slots=True)
class Unit:
    """Over the points the pre-activation is constant + the sum of variable * column + the sum of products."""

    position: int
    activation: Activation
    constant: Vector
    terms: tuple[tuple[int, Vector], ...]
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The normal form.

    Attributes:
        names: of the variables, in increasing order.
        values: for every variable its values, in increasing order.
        units: in topological order, always the one of least position that can come.
        outputs: for each output the index of its unit, or its known values.
    """

    names: tuple[Name, ...]
    values: tuple[tuple[Number, ...], ...]
    units: tuple[Unit, ...]
    outputs: tuple[int | Vector, ...]


def form_of(instance: Instance, network: Network, work: Work) -> Form:
    """The normal form of an instance whose vertices are written out.

    Raises:
        Invalid: a variable has too many values.
    """
    return _Building(instance, network, work).result()


class _Sum:
    """What a vertex adds up, while it is built."""

    __slots__ = ("constant", "products", "terms")

    def __init__(self, points: int) -> None:
        self.constant: list[Number] = [0] * points
        self.terms: dict[Name, list[Number]] = {}
        self.products: dict[tuple[int, Name | None], Number] = {}


class _Building:
    def __init__(self, instance: Instance, network: Network, work: Work) -> None:
        if any(vertex.count != 1 for vertex in network.vertices):
            raise Invalid("lower: these grounds do not apply to layers of so many units")
        self.network = network
        self.work = work
        self.points = len(instance.points)
        self.inputs: list[Vector] = list(zip(*instance.points, strict=True))
        if not instance.points:
            self.inputs = [()] * instance.inputs
        self.known: dict[int, Vector] = {}
        self.sums: dict[int, _Sum] = {}
        self.values: dict[Name, tuple[Number, ...]] = {}

    def result(self) -> Form:
        """Visit the vertices, then keep what matters."""
        network = self.network
        for index in network.order:
            self._visit(index)
        order = self._order()
        place = {index: i for i, index in enumerate(order)}
        used: set[Name] = set()
        for index in order:
            found = self.sums[index]
            used.update(found.terms)
            used.update(name for _, name in found.products if name is not None)
        names = tuple(sorted(used))
        number = {name: i for i, name in enumerate(names)}
        units = []
        for index in order:
            found = self.sums[index]
            products = [
                (place[source], -1 if name is None else number[name], factor)
                for (source, name), factor in found.products.items()
            ]
            vertex = network.vertices[index]
            units.append(
                Unit(
                    vertex.first,
                    vertex.activation,
                    tuple(found.constant),
                    tuple([(number[name], tuple(found.terms[name])) for name in sorted(found.terms)]),
                    tuple([Product(s, None if v < 0 else v, factor) for s, v, factor in sorted(products)]),
                )
            )
        return Form(
            names,
            tuple([self.values[name] for name in names]),
            tuple(units),
            tuple([self.known[i] if i in self.known else place[i] for i in network.outputs]),
        )

    def _visit(self, index: int) -> None:
        vertex = self.network.vertices[index]
        activation = vertex.activation.function(self.work)
        if vertex.activation.kind == "constant":
            self.known[index] = (activation(0),) * self.points
            return
        total = _Sum(self.points)
        groups: dict[Vector | int, list[Space]] = {}
        first: dict[Vector | int, Name] = {}
        for place, (space, source) in enumerate(self._slots(vertex.incoming)):
            groups.setdefault(source, []).append(space)
            first.setdefault(source, (vertex.first, place))
            self.work.spend(1e-6 + self.points * 5e-8)
        for source, spaces in groups.items():
            if isinstance(source, int) or any(source):
                self._add_group(total, source, first[source], spaces)
        total.terms = {name: column for name, column in total.terms.items() if any(column)}
        total.products = {key: factor for key, factor in total.products.items() if factor}
        if total.terms or total.products:
            self.sums[index] = total
        else:
            self.known[index] = tuple([activation(z) for z in total.constant])
        self.work.spend(1e-6 + self.points * 5e-7)

    def _slots(self, links: tuple[Link, ...]) -> Iterator[tuple[Space, Vector | int]]:
        """Every slot into a vertex, and what it multiplies: a column, or the values of a vertex with a choice."""
        ones: Vector = (1,) * self.points
        for link in links:
            if link.times != 1:
                raise Invalid("lower: these grounds do not apply to layers of so many units")
            if link.source == SOURCE:
                yield from zip(link.weights, self.inputs, strict=True)
            else:
                yield link.weights[0], self.known.get(link.source, link.source)
            yield link.bias, ones

    def _add_group(self, total: _Sum, source: Vector | int, name: Name, spaces: list[Space]) -> None:
        """Add what slots contribute that all multiply the same thing."""
        work = self.work
        if any(space.count > 1 for space in spaces):
            self.values[name] = self._sums(spaces)
            if isinstance(source, int):
                total.products[source, name] = 1
            else:
                total.terms[name] = list(source)
            return
        weight: Number = 0
        for space in spaces:
            weight = add(weight, space.low, work)
        if not isinstance(source, int):
            self._move(total.constant, source, weight)
        elif weight:
            activation = self.network.vertices[source].activation
            slope = _slope(activation)
            if slope is None:
                total.products[source, None] = weight
            else:
                self._dissolve(total, self.sums[source], multiply(weight, slope, work))

    def _move(self, column: list[Number], more: Vector | list[Number], factor: Number) -> None:
        """Add a multiple of a column to a column."""
        work = self.work
        for i, value in enumerate(more):
            column[i] = add(column[i], multiply(factor, value, work), work)
        work.spend(len(column) * 6e-7)

    def _dissolve(self, total: _Sum, other: _Sum, factor: Number) -> None:
        self._move(total.constant, other.constant, factor)
        for name, column in other.terms.items():
            self._move(total.terms.setdefault(name, [0] * self.points), column, factor)
        for key, known in other.products.items():
            more = multiply(factor, known, self.work)
            total.products[key] = add(total.products.get(key, 0), more, self.work)
            self.work.spend(2e-6)

    def _sums(self, spaces: list[Space]) -> tuple[Number, ...]:
        """All sums of one element of each space."""
        work = self.work
        sums: set[Number] = {0}
        for space in spaces:
            if space.count * len(sums) > MOST_VALUES:
                raise TooMuchWork(f"too much work: a variable may have more than {MOST_VALUES} values")
            work.hold(space.count * len(sums) * 150, "the values of a variable")
            found: set[Number] = set()
            for value in space.values():
                found.update([add(total, value, work) for total in sums])
                work.spend(3e-7 * len(sums) + 1e-7)
            sums = found
        work.spend(len(sums) * 1e-6)
        return tuple(sorted(sums))

    def _order(self) -> list[int]:
        """The vertices with a choice that outputs depend on."""
        needed: set[int] = set()
        waiting = [index for index in self.network.outputs if index in self.sums]
        while waiting:
            index = waiting.pop()
            if index not in needed:
                needed.add(index)
                waiting.extend([source for source, _ in self.sums[index].products])
        sources = {index: {source for source, _ in self.sums[index].products} for index in needed}
        following: dict[int, list[int]] = {}
        for index in needed:
            for source in sources[index]:
                following.setdefault(source, []).append(index)
        return _topological(sources, following)


def _topological(sources: Mapping[int, set[int]], following: Mapping[int, list[int]]) -> list[int]:
    """An order in which sources come first, always the least of those that can come."""
    left = {index: len(of) for index, of in sources.items()}
    ready = [index for index, count in left.items() if not count]
    heapify(ready)
    order = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for head in following.get(index, ()):
            left[head] -= 1
            if not left[head]:
                heappush(ready, head)
    return order


def _slope(activation: Activation) -> Number | None:
    """The factor of a linear activation, else None."""
    if activation.kind == "identity":
        return 1
    return activation.values[0] if activation.kind == "scale" else None
