"""How the normal form of an instance is built, as docs/certificates.md defines it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush
from itertools import repeat

from dnnt_check.activations import Activation
from dnnt_check.budget import Invalid, TooMuchWork, Work
from dnnt_check.form import Form, Name, Product, Unit
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE, Link, Network
from dnnt_check.numbers import Number, add, multiply
from dnnt_check.spaces import Space
from dnnt_check.trimming import WIDE, Options, Wide, trimmed

#: A variable may have so many values.
MOST_VALUES = 1_000_000


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
        self.instance = instance
        self.network = network
        self.work = work
        self.points = len(instance.points)
        self.inputs: list[Vector] = list(zip(*instance.points, strict=True))
        if not instance.points:
            self.inputs = [()] * instance.inputs
        self.known: dict[int, Vector] = {}
        self.sums: dict[int, _Sum] = {}
        self.options: dict[Name, Options] = {}

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
        outputs = [self.known[i] if i in self.known else place[i] for i in network.outputs]
        options = trimmed(units, outputs, [self.options[name] for name in names], self.instance, self.work)
        return Form(names, tuple(map(self._values, options)), tuple(units), tuple(outputs))

    def _values(self, of: Options) -> tuple[Number, ...]:
        if not isinstance(of, Wide):
            return of
        if of.of.count > MOST_VALUES:
            raise TooMuchWork(f"too much work: a variable may have more than {MOST_VALUES} values")
        self.work.hold(of.of.count * 150, "the values of a variable")
        return of.values(self.work)

    def _visit(self, index: int) -> None:
        vertex = self.network.vertices[index]
        activation = vertex.activation.function(self.work)
        if vertex.activation.kind == "constant":
            self.known[index] = (activation(0),) * self.points
            return
        total = _Sum(self.points)
        groups: dict[Vector | int, list[tuple[Space, bool]]] = {}
        first: dict[Vector | int, Name] = {}
        for place, (space, bias, source) in enumerate(self._slots(vertex.incoming)):
            groups.setdefault(source, []).append((space, bias))
            first.setdefault(source, (vertex.first, place))
            self.work.spend(1e-6 + self.points * 5e-8)
        for source, slots in groups.items():
            if isinstance(source, int) or any(source):
                self._add_group(total, source, first[source], slots)
        total.terms = {name: column for name, column in total.terms.items() if any(column)}
        total.products = {key: factor for key, factor in total.products.items() if factor}
        if total.terms or total.products:
            self.sums[index] = total
        else:
            self.known[index] = tuple([activation(z) for z in total.constant])
        self.work.spend(1e-6 + self.points * 5e-7)

    def _slots(self, links: tuple[Link, ...]) -> Iterator[tuple[Space, bool, Vector | int]]:
        """Every slot into a vertex, whether it is a bias, and what it multiplies: a column, or the values of a vertex
        with a choice.
        """
        ones: Vector = (1,) * self.points
        for link in links:
            if link.times != 1:
                raise Invalid("lower: these grounds do not apply to layers of so many units")
            if link.source == SOURCE:
                yield from zip(link.weights, repeat(False), self.inputs, strict=False)
            else:
                yield link.weights[0], False, self.known.get(link.source, link.source)
            yield link.bias, True, ones

    def _add_group(self, total: _Sum, source: Vector | int, name: Name, slots: list[tuple[Space, bool]]) -> None:
        """Add what slots contribute that all multiply the same thing."""
        work = self.work
        spaces = [space for space, _ in slots]
        if any(space.count > 1 for space in spaces):
            self.options[name] = self._options(slots)
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

    def _options(self, slots: list[tuple[Space, bool]]) -> Options:
        free = [(space, bias) for space, bias in slots if space.count > 1]
        if len(free) > 1 or free[0][0].count <= WIDE:
            return self._sums([space for space, _ in slots])
        others: Number = 0
        for space, _ in slots:
            if space.count == 1:
                others = add(others, space.low, self.work)
        return Wide(free[0][0].scaled(self.work), others, free[0][1])

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
