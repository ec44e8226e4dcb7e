"""Very many equal units and costs: only sums near what is wanted are formed.

Any 2m vectors whose coordinates lie in an interval of width W fall into two lots of m whose sums differ by at most n·W
in each coordinate (pair them up, and round the signs of the differences: at most n stay fractional). So the cheapest
2m vectors with a sum in a box are made of two lots of m with sums in a box half as large, widened by n·W / 2; an odd
vector is taken off first. The boxes shrink to a width of about (n + 1)·2·W, whatever the number of units, and the least
costs inside them are exact: a lot that was not the cheapest for its sum could be replaced. (This holds for multisets,
hence for costs; counts are about ordered units, and need every sum.)
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from dnnt.annotations.nodes import Node, Pair
from dnnt.annotations.semirings import Semiring
from dnnt.annotations.tables import Columns, Listed, Table
from dnnt.annotations.walk import cheapest_way
from dnnt.exact import Number
from dnnt.reachable.listing import first_where
from dnnt.reachable.packing import Packing
from dnnt.reachable.terms import Term
from dnnt.running import Run

MANY_UNITS = 256
"""Groups of so many equal units are worth a window."""

Box = tuple[tuple[int, int], ...]
"""For each coordinate the least and the greatest digit."""


def wanted_box(terms: Sequence[Term], packing: Packing, threshold: Number) -> Box | None:
    """A box around all states with a loss of at most the threshold; None where there are none at all.

    Coordinates with terms that are not convex keep their whole range.
    """
    box = [(0, axis.count - 1) for axis in packing.axes]
    for term in terms:
        if not term.convex:
            continue
        (axis,) = term.axes
        low, high = _span(term, packing.axes[axis].count - 1, threshold)
        if low > high:
            return None
        box[axis] = (max(low, box[axis][0]), min(high, box[axis][1]))
    return tuple(box)


def _span(term: Term, last: int, threshold: Number) -> tuple[int, int]:
    """The least and the greatest digit at which a convex term is at most the threshold; (1, 0) where it never is."""

    def cost(digit: int) -> Number:
        return term.cost((digit,))

    best = first_where(0, last, lambda digit: cost(digit) <= cost(digit + 1))
    if cost(best) > threshold:
        return 1, 0
    low = first_where(0, best, lambda digit: cost(digit) <= threshold)
    return low, first_where(best, last, lambda digit: cost(digit + 1) > threshold)


class Windowed(Pair):
    """The sums of two nodes that lie in a box."""

    def __init__(self, left: Node, right: Node, box: Box, semiring: Semiring, run: Run) -> None:
        super().__init__(left, right, semiring, run)
        self.table = inside(self.table, self.packing, box)


def inside(table: Table, packing: Packing, box: Box) -> Table:
    """The part of a set that lies in a box."""
    digits = [
        (stride, axis.count, low, high)
        for stride, axis, (low, high) in zip(packing.strides, packing.axes, box, strict=True)
        if low > 0 or high < axis.count - 1
    ]
    if isinstance(table, Columns):
        kept = table.numbers >= 0
        for stride, count, low, high in digits:
            digit = table.numbers // stride % count
            kept &= (digit >= low) & (digit <= high)
        return Columns(table.numbers[kept], table.values[kept], table.bound)
    entries = {
        key: value
        for key, value in table.items()
        if all(low <= key // stride % count <= high for stride, count, low, high in digits)
    }
    return Listed(entries, table.bound)


def ranges(node: Node) -> Box:
    """For each coordinate the least and the greatest digit of a node's set."""
    keys = node.table.listed()
    found = []
    for stride, axis in zip(node.packing.strides, node.packing.axes, strict=True):
        digits = [key // stride % axis.count for key in keys]
        found.append((min(digits), max(digits)))
    return tuple(found)


def windowed_power(node: Node, times: int, box: Box, semiring: Semiring, run: Run) -> Node:
    """`times` of the node, as far as the sums lie in the box; annotations are costs."""
    return _power(node, times, box, tuple(high for _, high in ranges(node)), semiring, run)


def _power(node: Node, times: int, box: Box, widths: tuple[int, ...], semiring: Semiring, run: Run) -> Node:
    run.poll()
    n = sum(1 for width in widths if width)
    if times == 1:
        return node
    clipped = tuple((max(low, 0), min(high, times * w)) for (low, high), w in zip(box, widths, strict=True))
    odd = times % 2
    even = tuple((low - w * odd, high) for (low, high), w in zip(clipped, widths, strict=True))
    half_box = tuple(((low - n * w) // 2, -(-(high + n * w) // 2)) for (low, high), w in zip(even, widths, strict=True))
    half = _power(node, times // 2, half_box, widths, semiring, run)
    both = Windowed(half, half, even, semiring, run)
    return Windowed(both, node, clipped, semiring, run) if odd else both


def counted_units(power: Node, unit: Node, key: int, semiring: Semiring, run: Run) -> dict[int, int]:
    """Which keys of `unit` a key of its power is made of at least cost, and how many of each."""
    found: dict[int, int] = {}
    queue: list[tuple[int, int]] = []
    nodes: dict[int, Node] = {}
    wanted: dict[tuple[int, int], int] = {}

    def ask(node: Node, at: int, times: int) -> None:
        if node is unit:
            found[at] = found.get(at, 0) + times
            return
        name = (-node.leaves, at)
        if name not in wanted:
            heappush(queue, name)
            nodes[-node.leaves] = node
        wanted[name] = wanted.get(name, 0) + times

    ask(power, key, 1)
    while queue:
        run.poll()
        name = heappop(queue)
        node, times = nodes[name[0]], wanted.pop(name)
        way = cheapest_way(node, name[1], node.table.get(name[1]), semiring)
        for child, part in zip(node.children, way, strict=True):
            ask(child, part, times)
    return found
