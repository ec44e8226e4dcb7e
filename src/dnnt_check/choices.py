"""The different vectors of values that a vertex can have, given those of the vertices before it.

A vertex's pre-activation is a sum of one vector from each slot: an element of the slot's space times a column. The set
of these sums is built slot by slot, each sum once, beginning with what the inputs contribute, which never changes, and
going on with the other vertices in the order in which the search visits them, so that what the earlier ones
contribute is used again while only later ones change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from operator import add as plain_add

from dnnt_check.budget import Work
from dnnt_check.columns import Column, Combiner, Vector
from dnnt_check.network import SOURCE, Vertex
from dnnt_check.numbers import Number, add, bits, multiply
from dnnt_check.spaces import Space

#: Sets of vectors of one vertex are kept up to this many numbers; beyond it choices are run through one by one.
LARGEST_SET = 1_000_000

#: Integers below this many bits are added without asking for the price.
PLAIN_BITS = 2000

#: So many numbers of vectors without choice are combined all at once.
MANY = 100


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Different vectors; `plain` if all their entries are short integers."""

    members: Sequence[Vector]
    plain: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """A slot that multiplies the vector of another vertex."""

    source: int
    space: Space
    times: int


class VertexChoices:
    """The vectors of one vertex.

    Args:
        vertex: the vertex.
        points: how many distinct inputs there are.
        columns: for every input coordinate its values over the distinct inputs.
        positions: when the search visits each vertex before this one.
        work: what is done is charged here.
    """

    def __init__(
        self, vertex: Vertex, points: int, columns: Sequence[Column], positions: Mapping[int, int], work: Work
    ) -> None:
        self.work = work
        self.points = points
        self.kind = vertex.activation.kind
        self.activation = vertex.activation.function(work)
        self.largest = max(LARGEST_SET // (points + 4), 2)
        self.room = LARGEST_SET
        self.multiples: dict[tuple[int, int, Vector], _Vectors] = {}
        self.results: dict[tuple[Vector, ...], Sequence[Vector]] = {}
        self.combiner = Combiner(points, work)
        self.inputs: list[_Vectors] = []
        self.steps: list[_Step] = []
        self.known_weights: list[tuple[int, Number]] = []
        if self.kind != "constant":
            self._prepare(vertex, columns)
        self.steps.sort(key=lambda step: positions[step.source])
        self.sources = tuple(
            dict.fromkeys([step.source for step in self.steps] + [source for source, _ in self.known_weights])
        )
        # What the inputs contribute, and the slots that would make it too large.
        self.base, self.rest = self._sum([_Vectors([(0,) * points], True), *sorted(self.inputs, key=_size)])
        self.seen: list[Vector | None] = [None] * len(self.steps)
        self.partial: list[_Vectors] = [self.base] * len(self.steps)

    def _prepare(self, vertex: Vertex, columns: Sequence[Column]) -> None:
        """Sort the slots into what has no choice, what the inputs contribute, and what other vertices do."""
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
                self.steps.append(_Step(link.source, link.weights[0], link.times))
                continue
            for space, column in zip(link.weights, columns, strict=True):
                if space.count == 1:
                    terms.append((multiply(space.low, link.times, work), column))
                elif not column.zero:
                    self.inputs.append(self._multiples(space, link.times, column.values))
        self.inputs.append(_vectors([tuple(self.combiner.combine(terms, constant))]))
        known = [step for step in self.steps if step.space.count == 1]
        if len(known) * self.points > MANY:
            self.known_weights = [(step.source, multiply(step.space.low, step.times, work)) for step in known]
            self.steps = [step for step in self.steps if step.space.count != 1]

    def vectors(self, values: Sequence[Vector]) -> Iterator[Vector]:
        """The different vectors, given those of all vertices before; some may come twice if there are many."""
        if self.kind == "constant":
            return iter([(self.activation(0),) * self.points])
        key = tuple([values[source] for source in self.sources])
        known = self.results.get(key)
        if known is not None:
            return iter(known)
        sums, rest = self._sums(values)
        if rest:
            return self._listed(sums, rest)
        result = self._images(sums.members)
        if self._fits((len(result) + len(key) + 1) * (self.points + 4)):
            self.results[key] = result
        return iter(result)

    def _fits(self, size: int) -> bool:
        """Take room for something that may be needed again, if there is some left."""
        if size > self.room:
            return False
        self.room -= size
        return True

    def _sums(self, values: Sequence[Vector]) -> tuple[_Vectors, list[_Vectors]]:
        """The sums of all slots, and slots left over if there are too many sums."""
        sums, rest = self.base, list(self.rest)
        unchanged = True
        for i, step in enumerate(self.steps):
            vector = values[step.source]
            if unchanged and self.seen[i] == vector:
                sums = self.partial[i]
                continue
            unchanged = False
            self.seen[i] = None
            slot = self._multiples(step.space, step.times, vector)
            if len(sums.members) * len(slot.members) > self.largest and len(slot.members) > 1:
                rest.append(slot)
                continue
            sums = self._added(sums, slot)
            if not rest:
                self.seen[i], self.partial[i] = vector, sums
        if self.known_weights:
            column = self.combiner.column
            terms = [(weight, column(values[source])) for source, weight in self.known_weights]
            sums = self._added(sums, _vectors([tuple(self.combiner.combine(terms, 0))]))
        return sums, rest

    def _sum(self, slots: Sequence[_Vectors]) -> tuple[_Vectors, list[_Vectors]]:
        """The sums of one vector from each slot, and slots left over if there are too many sums."""
        sums = slots[0]
        for place, slot in enumerate(slots[1:], 1):
            if len(sums.members) * len(slot.members) > self.largest and len(sums.members) > 1:
                return sums, list(slots[place:])
            sums = self._added(sums, slot)
        return sums, []

    def _multiples(self, space: Space, times: int, column: Vector) -> _Vectors:
        """The vectors that one slot can contribute, each once."""
        key = (id(space), times, column)
        known = self.multiples.get(key)
        if known is not None:
            return known
        work = self.work
        if not any(column):
            return _Vectors([column], True)
        work.hold(space.count * (100 + 40 * len(column)), "the values of a slot")
        result: dict[Vector, None] = {}
        for value in space.values():
            factor = multiply(value, times, work) if times != 1 else value
            result[tuple([multiply(factor, c, work) for c in column])] = None
            work.spend(3e-7 + len(column) * 1.5e-7)
        found = _vectors(list(result))
        if self._fits((len(result) + 1) * (self.points + 4)):
            self.multiples[key] = found
        return found

    def _added(self, first: _Vectors, second: _Vectors) -> _Vectors:
        """All sums of a vector of each."""
        work = self.work
        found: set[Vector] = set()
        members = first.members
        if first.plain and second.plain and len(self.steps) + len(self.inputs) < PLAIN_BITS:
            cost = len(members) * (2e-7 + self.points * 4e-8)
            for vector in second.members:
                found.update([tuple(map(plain_add, total, vector)) for total in members])
                work.spend(cost)
            return _Vectors(list(found), True)
        cost = len(members) * (3e-7 + self.points * 6e-7)
        for vector in second.members:
            work.spend(cost)
            for total in members:
                found.add(tuple([add(a, b, work) for a, b in zip(total, vector, strict=True)]))
        return _Vectors(list(found), False)

    def _images(self, sums: Sequence[Vector]) -> Sequence[Vector]:
        if self.kind == "identity":
            return sums
        activation = self.activation
        self.work.spend(len(sums) * (3e-7 + self.points * 1.2e-7))
        return list({tuple(map(activation, total)) for total in sums})

    def _listed(self, sums: _Vectors, rest: list[_Vectors]) -> Iterator[Vector]:
        """The vectors for every choice in the slots left over."""
        for choice in product(*[slot.members for slot in rest]):
            moved = sums
            for vector in choice:
                moved = self._added(moved, _vectors([vector]))
            yield from self._images(moved.members)


def _size(vectors: _Vectors) -> int:
    return len(vectors.members)


def _vectors(members: Sequence[Vector]) -> _Vectors:
    plain = all(type(entry) is int and bits(entry) <= PLAIN_BITS for vector in members for entry in vector)
    return _Vectors(members, plain)
