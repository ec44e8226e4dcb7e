"""What a two-layer network looks like to a reachability proof: fixed vertices, units in groups, sums, the rest.

The definitions are those of docs/certificates.md. Units that have the same activation, the same incoming slots over
the same columns and the same outgoing spaces contribute the same set of vectors, so they form one group with a count.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from dnnt_check.activations import Activation
from dnnt_check.budget import Invalid, Work
from dnnt_check.columns import Column, Combiner
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE, Layers, Link, Network
from dnnt_check.numbers import Number, add, multiply
from dnnt_check.scalars import Term, direction
from dnnt_check.spaces import Space

#: Slots merged by direction: direction of the columns -> terms of the sum of spaces that multiplies it.
Slots = tuple[tuple[Vector, tuple[Term, ...]], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of a group of units come from."""

    activation: Activation
    slots: Slots


@dataclass(frozen=True, slots=True)
class Group:
    """Equal units.

    Attributes:
        source: index into the sources of the structure.
        edges: (row of a sum, terms) for the sums that the units have edges to.
        row: the state row that holds the unit's own values, if it is an output (then it is alone), else None.
        left: how many of them belong to the left half.
        right: how many belong to the right half.
        first: the least of their positions.
    """

    source: int
    edges: tuple[tuple[int, tuple[Term, ...]], ...]
    row: int | None
    left: int
    right: int
    first: int


@dataclass(frozen=True, slots=True)
class Structure:
    """The network as a sum of sets of vectors.

    Attributes:
        sources: the different sources of units.
        groups: all units that matter.
        rows: for each state row the activation that turns it into an output, or None for a unit's own values; first
            the sums, then the units that are outputs, each in order of position.
        rest: for each state row the slots of the rest that belong to the right half.
        rest_left: the same for the left half.
        outputs: for each output its state row, or its known values.
    """

    sources: tuple[Source, ...]
    groups: tuple[Group, ...]
    rows: tuple[Activation | None, ...]
    rest: tuple[Slots, ...]
    rest_left: tuple[Slots, ...]
    outputs: tuple[int | Vector, ...]


def structure_of(
    instance: Instance, network: Network, left: tuple[tuple[int, int], ...], work: Work, rest: int = 0
) -> Structure:
    """Sort the vertices; the first `rest` slots of the rest belong to the left half too.

    Raises:
        Invalid: the network is not of the two-layer form, or `left` names positions that do not exist, or `rest` more
            slots than there are.
    """
    for first, count in left:
        if first + count > network.size:
            raise Invalid("lower.grounds.left: a run goes beyond the list of vertices")
    return _Sorting(instance, network, left, work, rest).result()


class _Merge:
    """Merges slots by the direction of their columns."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.directions: dict[Vector, tuple[Vector, Number] | None] = {}
        self.table: dict[Vector, dict[tuple[Space, Number], int]] = {}

    def add(self, column: Vector, space: Space, times: int) -> None:
        if column not in self.directions:
            self.directions[column] = direction(column)
            self.work.spend(1e-6 + len(column) * 1e-6)
        found = self.directions[column]
        if found is not None:
            terms = self.table.setdefault(found[0], {})
            key = (space, found[1])
            terms[key] = terms.get(key, 0) + times

    def take(self) -> Slots:
        """What was merged, in a canonical order, and begin again."""
        result = []
        for key in sorted(self.table):
            terms = [(space, factor, times) for (space, factor), times in self.table[key].items()]
            terms.sort(key=lambda term: (id(term[0]), term[1]))
            result.append((key, tuple(terms)))
        self.table = {}
        return tuple(result)


class _Sorting:
    """Finds out what each vertex is."""

    def __init__(
        self,
        instance: Instance,
        network: Network,
        left: tuple[tuple[int, int], ...],
        work: Work,
        rest: int,
    ) -> None:
        self.network = network
        self.left = left
        self.starts = [first for first, _ in left]
        self.totals = [0, *accumulate(count for _, count in left)]
        self.work = work
        self.points = len(instance.points)
        # Hidden units that stand for many are units of the state, fixed or not: so they are one group.
        layers = instance.structure
        self.bundled = isinstance(layers, Layers) and len(layers.layers) == 2
        # Without samples and edges from s there may be more inputs than anything can hold.
        fed = any(link.source == SOURCE for vertex in network.vertices for link in vertex.incoming)
        self.columns: tuple[Vector, ...] = (
            tuple(zip(*instance.points, strict=True)) if instance.points else ((),) * (instance.inputs if fed else 0)
        )
        self.zero = [not any(column) for column in self.columns]
        self.ones: Vector = (1,) * self.points
        self.alive = network.live()
        self.combiner = Combiner(self.points, work)
        # By identity: the vectors stay in `columns` and `fixed`.
        self.prepared: dict[int, Column] = {}
        self.fixed: dict[int, Vector] = {}
        self.merge = _Merge(work)
        self.left_merge = _Merge(work)
        self.left_slots = rest
        self.merged: dict[tuple[object, ...], Slots] = {}

    def result(self) -> Structure:
        network = self.network
        for index in network.order:
            if self.alive[index]:
                self._try_to_fix(index)
        feeding = {
            link.source
            for index, vertex in enumerate(network.vertices)
            if self.alive[index]
            for link in vertex.incoming
        }
        units = [i for i in network.order if self._moves(i) and i in feeding]
        sums = [i for i in network.order if self._moves(i) and i not in feeding]
        sums.sort(key=lambda index: network.vertices[index].first)
        self._check_form(units, sums)
        outputs = set(network.outputs)
        row_of = {index: row for row, index in enumerate(sums)}
        rows: list[Activation | None] = [network.vertices[index].activation for index in sums]
        for index in sorted(outputs.intersection(units), key=lambda index: network.vertices[index].first):
            row_of[index] = len(rows)
            rows.append(None)
        sources, groups = self._groups(units, row_of, self._outgoing(sums, row_of))
        rest = [self._rest(network.vertices[index].incoming) for index in sums]
        if self.left_slots:
            raise Invalid("lower.grounds.rest: more slots than the rest has")
        rest.extend([((), ())] * (len(rows) - len(rest)))
        return Structure(
            sources,
            groups,
            tuple(rows),
            tuple([right for _, right in rest]),
            tuple([left for left, _ in rest]),
            tuple([self.fixed[i] if i in self.fixed else row_of[i] for i in network.outputs]),
        )

    def _moves(self, index: int) -> bool:
        return self.alive[index] and index not in self.fixed

    def _try_to_fix(self, index: int) -> None:
        """Compute the values of a vertex whose parameters make no difference."""
        work = self.work
        vertex = self.network.vertices[index]
        activation = vertex.activation.function(work)
        if vertex.count > 1 and self.bundled:
            return
        if vertex.activation.kind == "constant":
            self.fixed[index] = (activation(0),) * self.points
            return
        for link in vertex.incoming:
            if link.source != SOURCE and link.source not in self.fixed:
                return
            if link.bias.count != 1 or not self._known_weights(link):
                return
        constant: Number = 0
        terms: list[tuple[Number, Column]] = []
        for link in vertex.incoming:
            constant = add(constant, multiply(link.bias.low, link.times, work), work)
            if link.source == SOURCE:
                for space, column in zip(link.weights, self.columns, strict=True):
                    if space.count == 1 and space.low:
                        terms.append((multiply(space.low, link.times, work), self._prepared(column)))
            elif link.weights[0].count == 1:
                factor = multiply(link.weights[0].low, link.times, work)
                terms.append((factor, self._prepared(self.fixed[link.source])))
        self.fixed[index] = tuple([activation(z) for z in self.combiner.combine(terms, constant)])
        work.spend(1e-6 + self.points * 3e-7)

    def _prepared(self, vector: Vector) -> Column:
        """The vector as a column; each is prepared once."""
        known = self.prepared.get(id(vector))
        if known is None:
            known = self.prepared[id(vector)] = self.combiner.column(vector)
        return known

    def _known_weights(self, link: Link) -> bool:
        """Has every weight one element, or a column of zeros?"""
        self.work.spend(1e-6 + len(link.weights) * 1e-7)
        if link.source == SOURCE:
            return all(space.count == 1 or zero for space, zero in zip(link.weights, self.zero, strict=True))
        return link.weights[0].count == 1 or not any(self.fixed[link.source])

    def _slots(self, link: Link) -> Iterable[tuple[Space, Vector, int]]:
        """Space, column and number of each slot of a link from s or from a fixed vertex."""
        yield link.bias, self.ones, link.times
        if link.source == SOURCE:
            for space, column in zip(link.weights, self.columns, strict=True):
                yield space, column, link.times
        else:
            yield link.weights[0], self.fixed[link.source], link.times

    def _check_form(self, units: list[int], sums: list[int]) -> None:
        """All edges into units come from s and fixed vertices; into sums also from units."""
        unit_set = set(units)
        for index in units:
            for link in self.network.vertices[index].incoming:
                if link.source in unit_set:
                    raise Invalid(
                        f"lower: reachable does not apply: a path of more than two edges goes through vertex {index}"
                    )
        for index in sums:
            if self.network.vertices[index].count != 1:
                raise Invalid("lower: reachable does not apply: a group of outputs")

    def _outgoing(self, sums: list[int], row_of: dict[int, int]) -> dict[int, dict[int, dict[Space, int]]]:
        """Unit -> row of a sum -> space of a weight -> how many parallel edges have it."""
        result: dict[int, dict[int, dict[Space, int]]] = {}
        for index in sums:
            for link in self.network.vertices[index].incoming:
                if link.source != SOURCE and link.source not in self.fixed:
                    row = result.setdefault(link.source, {}).setdefault(row_of[index], {})
                    space = link.weights[0]
                    row[space] = row.get(space, 0) + link.times
                    self.work.spend(2e-6)
        for unit, rows in result.items():
            # The edges from equal units are shared among them equally.
            count = self.network.vertices[unit].count
            for spaces in rows.values():
                for space, times in spaces.items():
                    if times % count:
                        raise AssertionError("edges from equal units are not shared equally")
                    spaces[space] = times // count
        return result

    def _merged(self, links: tuple[Link, ...]) -> Slots:
        """The slots of links from s and from fixed vertices; equal lists of links are merged once."""
        key = tuple([(link.source, id(link.weights), link.bias, link.times) for link in links])
        known = self.merged.get(key)
        if known is not None:
            return known
        for link in links:
            for space, column, times in self._slots(link):
                self.merge.add(column, space, times)
            self.work.spend(len(link.weights) * 4e-7)
        self.merged[key] = self.merge.take()
        return self.merged[key]

    def _rest(self, links: tuple[Link, ...]) -> tuple[Slots, Slots]:
        """The slots of a sum without the weights of edges from units: those of the left half, and all others."""
        for link in links:
            slots: list[tuple[Space, Vector]] = [(link.bias, self.ones)]
            if link.source == SOURCE or link.source in self.fixed:
                slots = [(space, column) for space, column, _ in self._slots(link)]
                slots.append(slots.pop(0))
            # Equal edges one after the other: whole ones first, then a part of the next.
            whole, part = divmod(min(self.left_slots, len(slots) * link.times), len(slots))
            self.left_slots -= whole * len(slots) + part
            for place, (space, column) in enumerate(slots):
                taken = whole + (place < part)
                if taken:
                    self.left_merge.add(column, space, taken)
                if taken < link.times:
                    self.merge.add(column, space, link.times - taken)
            self.work.spend(len(link.weights) * 4e-7)
        return self.left_merge.take(), self.merge.take()

    def _groups(
        self,
        units: list[int],
        row_of: dict[int, int],
        outgoing: dict[int, dict[int, dict[Space, int]]],
    ) -> tuple[tuple[Source, ...], tuple[Group, ...]]:
        sources: dict[tuple[Activation, Slots], int] = {}
        counts: dict[tuple[int, tuple[tuple[int, tuple[Term, ...]], ...], int | None], list[int]]
        counts = {}
        for index in units:
            rows = outgoing.get(index, {})
            row = row_of.get(index)
            if not rows and row is None:
                continue  # It feeds fixed vertices only and adds the zero vector.
            vertex = self.network.vertices[index]
            # What comes into a constant changes nothing.
            incoming = () if vertex.activation.kind == "constant" else vertex.incoming
            source = sources.setdefault((vertex.activation, self._merged(incoming)), len(sources))
            edges = []
            for target in sorted(rows):
                terms: list[Term] = [(space, 1, times) for space, times in rows[target].items()]
                terms.sort(key=lambda term: id(term[0]))
                edges.append((target, tuple(terms)))
            on_left = self._on_left(vertex.first, vertex.count)
            found = counts.setdefault((source, tuple(edges), row), [0, 0, vertex.first])
            found[0] += on_left
            found[1] += vertex.count - on_left
            found[2] = min(found[2], vertex.first)
            self.work.spend(5e-6 + len(rows) * 2e-6)
        groups = [Group(source, edges_, row, *number) for (source, edges_, row), number in counts.items()]
        return tuple([Source(*key) for key in sources]), tuple(groups)

    def _on_left(self, first: int, count: int) -> int:
        """How many of these positions lie in the runs of the left half."""
        return self._left_before(first + count) - self._left_before(first)

    def _left_before(self, position: int) -> int:
        """How many positions of the left half are smaller."""
        place = bisect_right(self.starts, position)
        if place == 0:
            return 0
        start, length = self.left[place - 1]
        return self.totals[place - 1] + min(position - start, length)
