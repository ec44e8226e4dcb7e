"""The grounds "enumeration": every choice of parameters is tried.

The search goes vertex by vertex in topological order. What the rest of the network sees of a vertex is its vector of
values over the distinct inputs, so for given vectors of the vertices before it only the different vectors that its
parameters can produce are tried, each standing for all choices that give it. Slots that multiply zeros and vertices
that do not matter (no output can be reached, or only through constant activations) are tried once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from dnnt_check.budget import Invalid, TooMuchWork, Work, describe, rough_seconds
from dnnt_check.columns import Column, Combiner
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE, Network, Vertex
from dnnt_check.numbers import Number, add, bits, brief, multiply
from dnnt_check.spaces import Space

#: Sets of vectors of one vertex are built up to this many numbers; beyond it choices are run through one by one.
LARGEST_SET = 1_000_000

#: Bits below which sums of integers need no price.
PLAIN_BITS = 2000

Choices = Callable[[list[Vector]], Iterator[Vector]]


def check_enumeration(instance: Instance, network: Network, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no parameters have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some parameters do, or there are too many choices.
    """
    alive = network.live(through_constants=False)
    order = [index for index in network.order if alive[index]]
    columns = [Column(values, work) for values in zip(*instance.points, strict=True)]
    _bound_work(len(instance.points), network, order, columns, work)
    choices = [_VertexChoices(network.vertices[index], len(instance.points), columns, work).vectors for index in order]
    loss = _TotalLoss(instance, network, bound, strict, work)
    values: list[Vector] = [()] * len(network.vertices)
    if not order:
        loss.check(values)
        return
    last = len(order) - 1
    stack = [choices[0](values)]
    while stack:
        depth = len(stack) - 1
        index = order[depth]
        if depth == last:
            for vector in stack.pop():
                values[index] = vector
                loss.check(values)
            continue
        following = next(stack[-1], None)
        if following is None:
            stack.pop()
            continue
        values[index] = following
        stack.append(choices[depth + 1](values))


def _slots(vertex: Vertex, columns: Sequence[Column]) -> Iterator[tuple[Space, int]]:
    """The spaces whose choice matters, with the number of edges they stand for."""
    for link in vertex.incoming:
        yield link.bias, link.times
        if link.source != SOURCE:
            yield link.weights[0], link.times
        else:
            for space, column in zip(link.weights, columns, strict=True):
                if not column.zero:
                    yield space, link.times


def _bound_work(
    points: int,
    network: Network,
    order: Sequence[int],
    columns: Sequence[Column],
    work: Work,
) -> None:
    """Refuse what would take too long, before it starts: choices so far times the cost of a choice."""
    total = 1
    seconds = 0.0
    for index in order:
        vertex = network.vertices[index]
        if vertex.activation.kind != "constant":
            count = 0
            for space, times in _slots(vertex, columns):
                count += 1
                if space.count > 1 and times * vertex.count > 1:
                    raise TooMuchWork(
                        "too much work: enumeration of a group of "
                        f"{describe(times * vertex.count)} edges with more than one choice"
                    )
                total *= space.count
                if total > 10**15:
                    raise TooMuchWork("too much work: enumeration of more than 10^15 choices of parameters")
            work.spend(count * 3e-7)
        # A visit of the vertex, and a vector for each choice.
        seconds += rough_seconds(total, 4e-7 + points * 1e-7)
    seconds += rough_seconds(total, 3e-7 + points * 2e-7)
    work.require(seconds, f"enumeration of {describe(total)} choices of parameters")


class _VertexChoices:
    """The vectors that a vertex can have, given those of the vertices before it."""

    def __init__(self, vertex: Vertex, points: int, columns: Sequence[Column], work: Work) -> None:
        self.work = work
        self.points = points
        self.activation = vertex.activation.function(work)
        self.constant = vertex.activation.kind == "constant"
        self.sources = tuple(dict.fromkeys(link.source for link in vertex.incoming if link.source != SOURCE))
        self.combiner = Combiner(self.points, work)
        # The part that does not depend on other vertices is computed once: what has no choice, summed up, and slots.
        self.inputs: list[list[Vector]] = []
        self.weights: list[tuple[int, Space, int]] = []
        self.known_weights: list[tuple[int, Number]] = []
        if not self.constant:
            self._prepare(vertex, columns)
        self.known: dict[tuple[Vector, ...], list[Vector]] = {}
        self.room = LARGEST_SET
        self.largest = max(LARGEST_SET // (self.points + 4), 2)

    def _prepare(self, vertex: Vertex, columns: Sequence[Column]) -> None:
        """Sort the slots into what is known, what the inputs contribute, and what other vertices do."""
        work = self.work
        constant: Number = 0
        terms: list[tuple[Number, Column]] = []
        ones: Vector = (1,) * self.points
        for link in vertex.incoming:
            if link.bias.count == 1:
                constant = add(constant, multiply(link.bias.low, link.times, work), work)
            else:
                self.inputs.append(self._multiples(link.bias, link.times, ones))
            if link.source != SOURCE:
                if link.weights[0].count == 1:
                    self.known_weights.append((link.source, multiply(link.weights[0].low, link.times, work)))
                else:
                    self.weights.append((link.source, link.weights[0], link.times))
                continue
            for space, column in zip(link.weights, columns, strict=True):
                if space.count == 1:
                    terms.append((multiply(space.low, link.times, work), column))
                elif not column.zero:
                    self.inputs.append(self._multiples(space, link.times, column.values))
        self.inputs.append([tuple(self.combiner.combine(terms, constant))])

    def _known_sum(self, values: list[Vector]) -> list[Vector]:
        """What the weights without choice contribute, given the vectors of the vertices before."""
        if len(self.known_weights) * self.points < 100:
            return [
                tuple([multiply(weight, z, self.work) for z in values[source]]) for source, weight in self.known_weights
            ]
        column = self.combiner.column
        terms = [(weight, column(values[source])) for source, weight in self.known_weights]
        return [tuple(self.combiner.combine(terms, 0))]

    def _multiples(self, space: Space, times: int, column: Vector) -> list[Vector]:
        """The vectors that one slot can contribute, each once."""
        work = self.work
        if not any(column):
            return [column]
        work.hold(space.count * (100 + 40 * len(column)), "the values of a slot")
        result: dict[Vector, None] = {}
        for value in space.values():
            factor = multiply(value, times, work) if times != 1 else value
            result[tuple([multiply(factor, c, work) for c in column])] = None
            work.spend(3e-7 + len(column) * 1.5e-7)
        return list(result)

    def vectors(self, values: list[Vector]) -> Iterator[Vector]:
        """The different vectors of the vertex; some may come several times if there are many."""
        if self.constant:
            return iter([(self.activation(0),) * self.points])
        key = tuple([values[source] for source in self.sources])
        known = self.known.get(key)
        if known is not None:
            return iter(known)
        slots = list(self.inputs)
        slots.extend([vector] for vector in self._known_sum(values))
        for source, space, times in self.weights:
            slots.append(self._multiples(space, times, values[source]))
        sums, rest = self._sums(slots)
        if rest:
            return self._listed(sums, rest)
        result = self._images(sums)
        size = (len(result) + len(key) + 1) * (self.points + 4)
        if size <= self.room:
            self.room -= size
            self.known[key] = result
        return iter(result)

    def _plain(self, slots: list[list[Vector]]) -> bool:
        """Are all numbers short integers, so that sums need no price?"""
        return len(slots) <= PLAIN_BITS and all(
            type(number) is int and number.bit_length() <= PLAIN_BITS
            for slot in slots
            for vector in slot
            for number in vector
        )

    def _sums(self, slots: list[list[Vector]]) -> tuple[list[Vector], list[list[Vector]]]:
        """All sums of one vector from each slot, each once; and the slots left over if there are too many."""
        work = self.work
        slots.sort(key=len)
        plain = self._plain(slots)
        cost = 3e-7 + self.points * (6e-8 if plain else 6e-7)
        sums: list[Vector] = [(0,) * self.points]
        for place, slot in enumerate(slots):
            if len(sums) * len(slot) > self.largest and len(sums) > 1:
                return sums, slots[place:]
            found: dict[Vector, None] = {}
            for vector in slot:
                if plain:
                    for total in sums:
                        found[tuple([a + b for a, b in zip(total, vector, strict=True)])] = None
                else:
                    for total in sums:
                        found[self._added(total, vector)] = None
                work.spend(len(sums) * cost)
            sums = list(found)
        return sums, []

    def _added(self, first: Vector, second: Vector) -> Vector:
        work = self.work
        return tuple([add(a, b, work) for a, b in zip(first, second, strict=True)])

    def _images(self, sums: list[Vector]) -> list[Vector]:
        activation = self.activation
        self.work.spend(len(sums) * (3e-7 + self.points * 1.2e-7))
        return list(dict.fromkeys([tuple([activation(z) for z in total]) for total in sums]))

    def _listed(self, sums: list[Vector], rest: list[list[Vector]]) -> Iterator[Vector]:
        """The vectors for every choice in the slots left over."""
        for choice in product(*rest):
            base = choice[0]
            for vector in choice[1:]:
                base = self._added(base, vector)
            self.work.spend(len(sums) * (3e-7 + self.points * 6e-7))
            yield from self._images([self._added(total, base) for total in sums])


class _TotalLoss:
    """The total loss of values of all vertices, and the comparison with the bound."""

    def __init__(self, instance: Instance, network: Network, bound: Number, strict: bool, work: Work) -> None:
        self.loss = instance.loss.function(work)
        self.samples = [[(weight, labels) for weight, labels in samples if weight] for samples in instance.samples]
        self.outputs = network.outputs
        self.bound = bound
        self.strict = strict
        self.work = work
        self.known: list[dict[Vector, Number]] = [{} for _ in self.samples]
        self.stored = 0

    def check(self, values: list[Vector]) -> None:
        """Raise if the loss is too small."""
        total: Number = 0
        work = self.work
        bound = self.bound
        work.spend(4e-7)
        rows = [values[output] for output in self.outputs]
        # Without outputs there is still the loss of the empty vector, once for every input.
        outputs: Sequence[Vector] = list(zip(*rows, strict=True)) if rows else [()] * len(self.samples)
        for i, f in enumerate(outputs):
            loss = self.known[i].get(f)
            if loss is None:
                loss = self._loss(i, f)
            total = add(total, loss, work)
            if total > bound:
                return
        if total < bound or (self.strict and total == bound):
            raise Invalid(f"lower: there are parameters with the loss {brief(total)}")

    def _loss(self, i: int, f: Vector) -> Number:
        work = self.work
        total: Number = 0
        for weight, labels in self.samples[i]:
            total = add(total, multiply(weight, self.loss(f, labels), work), work)
            work.spend(2e-6 + len(f) * 5e-7)
        if self.stored < LARGEST_SET // (len(f) + 4) and all(bits(z) <= PLAIN_BITS for z in f):
            self.known[i][f] = total
            self.stored += 1
        return total
