"""The expression tree with annotated sets: each node knows its set and, for a key, all ways to make it.

A *way* is one key for each child; the annotation of a key is the sum over its ways of the product of the children's
annotations. That is all that sampling, listing and the search for a cheapest choice need (`walk`). Powers and longer
sums are built from pairs; nodes may be shared, so a power of t equal parts takes about 2·log t nodes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import product

from dnnt.annotations import tables
from dnnt.annotations.mapping import KeyMap, spread
from dnnt.annotations.semirings import Semiring
from dnnt.annotations.tables import Listed, Table
from dnnt.exact import Number, count, magnitude, normal
from dnnt.reachable.packing import Axis, Packing, Vector, axis_of
from dnnt.running import Run
from dnnt.spaces import Finite, Range

Way = tuple[int, ...]


class Node(ABC):
    """A set of vectors: keys of a packing, each annotated; `leaves` is the number of parameters below."""

    packing: Packing
    table: Table
    children: tuple[Node, ...]
    leaves: int

    @abstractmethod
    def ways(self, key: int) -> Sequence[Way]:
        """All ways to make a key of the set, always in the same order."""


class Leaf(Node):
    """One parameter: {w · column : w in space}. `weight` tells weights from biases."""

    def __init__(self, space: Finite, column: Vector, weight: bool, semiring: Semiring, run: Run) -> None:
        self.space, self.column, self.weight = space, column, weight
        self.children, self.leaves = (), 1
        self.semiring = semiring
        self.packing = Packing(tuple(_scaled(space, x) for x in column))
        if self.packing.span == 1:
            self.table = tables.single(semiring.whole(space, weight))
            return
        run.need(space.size * tables.ENTRY_BYTES, "the values of a weight")
        entries: dict[int, int] = {}
        for w in space:
            key = self.packing.encode(tuple(normal(w * x) for x in column))
            assert key is not None, "a vector outside its own packing"
            entries[key] = semiring.value(w, weight)
            run.poll()
        self.table = Listed(entries, semiring.bound(list(entries.values())))

    def ways(self, key: int) -> Sequence[Way]:
        """A leaf has values, and no ways."""
        raise AssertionError("leaves are asked for values")

    @property
    def is_free(self) -> bool:
        """Whether any value of the space does (the column is zero, or there is only one value)."""
        return self.packing.span == 1

    def value(self, key: int) -> Number:
        """The value behind a key of a leaf that is not free."""
        digits = self.packing.decode(key)
        x, v = next((x, v) for x, v in zip(self.column, digits, strict=True) if x)
        return normal(_quotient(v, x))


def _quotient(value: Number, divisor: Number) -> Number:
    from fractions import Fraction

    return Fraction(value) / divisor


def _scaled(space: Finite, x: Number) -> Axis:
    if x == 0:
        return Axis(0, 0, 1)
    if isinstance(space, Range):
        return Axis(normal(min(space.low * x, space.high * x)), magnitude(normal(space.step * x)), space.size)
    return axis_of([normal(w * x) for w in space.values])


class Nothing(Node):
    """The empty sum: the key 0, made in one way."""

    def __init__(self, packing: Packing, semiring: Semiring) -> None:
        self.packing, self.table = packing, tables.single(semiring.one)
        self.children, self.leaves = (), 0

    def ways(self, key: int) -> Sequence[Way]:
        """The way of no parts."""
        return [()]


class Pair(Node):
    """The sums of a vector of `left` and one of `right`, in one packing."""

    def __init__(self, left: Node, right: Node, semiring: Semiring, run: Run) -> None:
        self.packing, self.children, self.leaves = left.packing, (left, right), left.leaves + right.leaves
        self.table = tables.summed(
            left.table, right.table, self.packing.span, semiring, run, "a set of reachable vectors"
        )

    def ways(self, key: int) -> Sequence[Way]:
        """The keys of both parts."""
        return tables.ways(self.children[0].table, self.children[1].table, key)


class Mapped(Node):
    """Every vector of a part taken to another one, coordinate by coordinate: repacked, along a direction, activated.

    `back` is the inverse of the map, where it has one.
    """

    def __init__(
        self,
        part: Node,
        packing: Packing,
        mapping: KeyMap,
        semiring: Semiring,
        run: Run,
        back: KeyMap | None = None,
    ) -> None:
        self.packing, self.children, self.leaves = packing, (part,), part.leaves
        self._inverse: dict[int, list[Way]] | None = None
        self._mapping, self._back, self._run = mapping, back, run
        self.table = mapping.table(part.table, semiring, max(part.packing.span, packing.span), run)

    def ways(self, key: int) -> Sequence[Way]:
        """The keys of the part that are taken to this one."""
        if self._back is not None:
            return [(self._back(key),)]
        if self._inverse is None:
            self._run.need(self.children[0].table.at_most * 2 * tables.ENTRY_BYTES, "the way back through a map")
            inverse: dict[int, list[Way]] = {}
            for mine in self.children[0].table.listed():
                self._run.poll()
                inverse.setdefault(self._mapping(mine), []).append((mine,))
            self._inverse = inverse
        return self._inverse[key]


class Spread(Node):
    """What one hidden unit adds to the state: for a value vector a and a weight sum ω_b for each block, ω_b · a there.

    Children are the values and one line a block with weights.
    """

    def __init__(
        self,
        part: Node,
        lines: Sequence[Node],
        packing: Packing,
        maps: dict[Way, KeyMap],
        semiring: Semiring,
        run: Run,
    ) -> None:
        self.packing, self.children = packing, (part, *lines)
        self.leaves = sum(child.leaves for child in self.children)
        self._maps, self._run = maps, run
        self._known: dict[int, list[Way]] | None = None
        bound = part.table.bound
        for line in lines:
            bound = semiring.bound_times(bound, line.table.bound)
        chosen = [(mapping, self._factor(keys, semiring)) for keys, mapping in maps.items()]
        span = max(part.packing.span, packing.span)
        self.table = spread(part.table, chosen, semiring, span, bound, run)

    def _factor(self, keys: Way, semiring: Semiring) -> int:
        """The annotation of a choice of one key a line."""
        factor = semiring.one
        for line, key in zip(self.children[1:], keys, strict=True):
            annotation = line.table.get(key)
            assert annotation is not None, "a key of the line"
            factor = semiring.times(factor, annotation)
        return factor

    def ways(self, key: int) -> Sequence[Way]:
        """The key of the values, and one key a line."""
        if self._known is None:
            part = self.children[0].table.listed()
            self._run.need(len(part) * len(self._maps) * 2 * tables.ENTRY_BYTES, "the way back through a hidden unit")
            known: dict[int, list[Way]] = {}
            for chosen, mapping in self._maps.items():
                self._run.poll()
                for mine in part:
                    known.setdefault(mapping(mine), []).append((mine, *chosen))
            self._known = known
        return self._known[key]


class Powers:
    """Sums of equal nodes, formed by doubling; what was formed for one power serves the next."""

    def __init__(self, semiring: Semiring, run: Run) -> None:
        self._semiring, self._run = semiring, run
        self._doubled: dict[int, list[Node]] = {}
        self._powers: dict[tuple[int, int], Node] = {}

    def of(self, node: Node, times: int) -> Node:
        """`times` of the node, in its packing."""
        if not times:
            return Nothing(node.packing, self._semiring)
        if (id(node), times) in self._powers:
            return self._powers[id(node), times]
        if self._semiring.counts and node.table.at_most > 1:
            # There are more keys than parts, and about half of the bits of the greatest count in each.
            bits = times * node.table.bound.bit_length()
            self._run.need(times * bits // 16, f"the counts of {count(times)} equal units or weights")
        chain = self._doubled.setdefault(id(node), [node])
        while len(chain) < times.bit_length():
            chain.append(self.pair(chain[-1], chain[-1]))
        total: Node | None = None
        for exponent in range(times.bit_length()):
            if times >> exponent & 1:
                total = chain[exponent] if total is None else self.pair(total, chain[exponent])
        assert total is not None, "a power above 0 has a part"
        self._powers[id(node), times] = total
        return total

    def pair(self, left: Node, right: Node) -> Node:
        """The sum of two nodes."""
        return Pair(left, right, self._semiring, self._run)


def combinations(lines: Sequence[Node]) -> list[Way]:
    """Every choice of one key a line."""
    return list(product(*(line.table.listed() for line in lines)))
