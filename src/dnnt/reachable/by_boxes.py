"""The last step for very many equal units and losses made of lines: distances, hinges, errors counted, tables.

The hull of all states tells, by linear programs, where in a box of states the loss can be small. Where that leaves few
states, a window of the power of the equal units lists them (see `powers`); where it leaves too many, the box is split:
at a break of the loss, or in the middle. What is left in the end is a tree of boxes. In each the loss is large by a
direction (see `hull_program`), or because a window of it holds no better state; some coordinates are enough for a
window, if the others cannot make up for them. Boxes in which the loss may be least come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from itertools import product
from math import floor

from dnnt.certificate import BoxSplit, BoxWindow, DirectionBound
from dnnt.exact import Number, normal
from dnnt.reachable.box_windows import MOST_OTHERS, BoxWindows, Listed
from dnnt.reachable.clouds import Cloud, Digits, clouds_of
from dnnt.reachable.cut_bounds import in_values
from dnnt.reachable.found import Found, Grounds, Searched, way_of_mixture
from dnnt.reachable.halves import Parts
from dnnt.reachable.hull_program import Beyond, HullProgram
from dnnt.reachable.lines import DigitBox, Lines, lined
from dnnt.reachable.mixtures import Exchanges, rounded
from dnnt.reachable.powers import digits_of
from dnnt.reachable.projection import Vertex
from dnnt.reachable.terms import Term
from dnnt.reachable.window import group_of
from dnnt.running import Run

MOST_AXES = 4
"""More coordinates than this are not split."""

MOST_BOXES = 400
"""Boxes that are looked at before this way is given up."""

BESIDE, MOST_EXCHANGES = 2, 40
"""How far from a point, in every coordinate, states are tried by exchanges, and how many of them."""

MOST_WINDOWS = 40
"""The most windows that are formed."""

Improved = Callable[[Found], None]
Excluded = Callable[[Number, Grounds], None]


class _Thick(Exception):
    """A window takes too long even for a single state."""


@dataclass(slots=True)
class _Node:
    """A box of the tree: split in two, or with a reason why no better state is in it, or still open."""

    box: DigitBox
    bound: Number
    why: Beyond
    point: tuple[Fraction, ...] | None
    vertices: tuple[tuple[Vertex, Digits, Fraction], ...]
    tight: bool = False
    window: tuple[int, ...] | None = None
    sizes: tuple[int, int] = (1, 1)
    split: tuple[int, int] | None = None
    parts: tuple[_Node, _Node] | None = None


def by_boxes(
    parts: Parts, terms: list[Term], threshold: Number | None, run: Run, improved: Improved, excluded: Excluded
) -> Searched | None:
    """The cheapest state (with a threshold: any at or below it); None where this way does not lead to the end.

    What it found and proved until then is told all the same.
    """
    lines = lined(terms, parts.packing)
    if lines is None or not 0 < len(lines.coordinates) <= MOST_AXES:
        return None
    clouds = clouds_of(parts.all, parts.keys, parts.counts, parts.packing)
    found = group_of(parts, clouds, MOST_OTHERS)
    if found is None:
        return None
    try:
        return _Search(parts, clouds, found[0], lines, threshold, run, improved, excluded).search()
    except _Thick:
        return None


class _Search:
    """One search: the tree, what is found, and the sums of all but the equal units."""

    def __init__(
        self,
        parts: Parts,
        clouds: tuple[Cloud, ...],
        group: int,
        lines: Lines,
        threshold: Number | None,
        run: Run,
        improved: Improved,
        excluded: Excluded,
    ) -> None:
        self.parts, self.clouds, self.group, self.run = parts, clouds, group, run
        self.lines, self.coordinates = lines, lines.coordinates
        self.threshold, self.improved, self.excluded = threshold, improved, excluded
        self.hull = HullProgram(clouds, self.coordinates, run.poll)
        self.windows = BoxWindows(parts, clouds[group], group, lines, run)
        self.room = self.windows.room
        self.exchanges = Exchanges(clouds, run)
        self.best: Found | None = None
        self.looked = self.made = 0
        whole = DigitBox((0,) * len(self.coordinates), tuple(each.count - 1 for each in self.coordinates))
        self.root = self._node(whole, None)
        self.open: list[tuple[Number, int, _Node]] = []
        self.told: Number | None = None

    # ------------------------------------------------------------ the search

    def search(self) -> Searched | None:
        """See `by_boxes`."""
        self._open(self.root)
        while self.open and not self._answered():
            bound, _, node = heappop(self.open)
            if self._closed(node):
                continue
            if self.looked >= MOST_BOXES or self.windows.formed >= MOST_WINDOWS:
                return None
            self.run.poll()
            self.run.progress("boxes of states, by their loss", 0.5)
            if self.told is None or bound > self.told:
                self.told = bound
                self.excluded(normal(bound + self.lines.constant), self._grounds())
            self._look(node)
        return Searched(self.best if self.threshold is None or self._answered() else None, self._grounds())

    def _answered(self) -> bool:
        """Whether a state is found that is all that was asked for."""
        return self.threshold is not None and self.best is not None and self.best.loss <= self.threshold

    def _wanted(self) -> Number:
        """A loss (without the constant) at which a box is of no interest."""
        return self._budget() if self.threshold is None else normal(self._budget() + 1)

    def _budget(self) -> Number:
        """The least loss that is found, or the threshold (without the constant)."""
        assert self.best is not None, "some state was found"
        return normal((self.best.loss if self.threshold is None else self.threshold) - self.lines.constant)

    def _next(self, box: DigitBox) -> Number:
        """The greatest loss (without the constant) of a state of a box that is looked for."""
        return self.lines.below(self._budget(), box) if self.threshold is None else self._budget()

    def _closed(self, node: _Node) -> bool:
        return self._is_enough(node.bound)

    def _is_enough(self, bound: Number) -> bool:
        """Whether states of at least this loss (without the constant) are of no interest."""
        budget = self._budget()
        return bound > budget or (self.threshold is None and bound == budget)

    def _node(self, box: DigitBox, wanted: Number | None) -> _Node:
        found = self.hull.bounded(box, wanted)
        self.looked += 1
        if found.vertices and self.best is None:
            mixture = rounded(self.clouds, found.vertices)
            digits = digits_of(self.parts.packing, mixture.key)
            loss = self.lines.loss([digits[each.axis] for each in self.coordinates])
            self._improve(Found(loss, way_of_mixture(self.parts, mixture.frozen())))
        return _Node(box, self.lines.raised(found.bound, box), found.why, found.point, found.vertices)

    def _improve(self, found: Found) -> None:
        if self.best is None or found.loss < self.best.loss:
            self.best = found
            self.improved(found)

    def _open(self, node: _Node) -> None:
        if not self._closed(node):
            self.made += 1
            heappush(self.open, (node.bound, self.made, node))

    # ------------------------------------------------------------ one box

    def _look(self, node: _Node) -> None:
        """List the states of a box, or make it smaller, or split it."""
        everything = tuple(range(len(self.coordinates)))
        varying = self._varying(node.box)
        if 0 < len(varying) < len(everything) and self._listed(node, varying):
            return
        if self._listed(node, everything):
            return
        if node.point is not None and not node.tight:
            self._exchanged(node)
            if not (self._answered() or self._closed(node)):
                self._near(node.box, node.point)
            if self._answered() or self._closed(node):
                return
        if not node.tight:
            box = self.hull.extent(node.box, self._next(node.box))
            between = None if box is None else box.gap
            if box is not None and between is not None:
                self._split(node, between, box.high[between])
                return
            if box is not None and box != node.box:
                node = self._carved(node, box)
                if self._closed(node) or self._listed(node, everything):
                    return
            node.tight = True
        centre, before = self.hull.centre(node.box, node.bound) or node.point, self.best
        if centre is not None:
            self._near(node.box, centre)
        if self.best is not before:
            node.tight = False
            self._open(node)
            return
        narrow = tuple(i for i, (a, b) in enumerate(zip(node.box.low, node.box.high, strict=True)) if b - a < self.room)
        if 0 < len(narrow) < len(everything) and self._listed(node, narrow):
            return
        if node.box.cells == 1:
            raise _Thick
        self._split(node, *self._where(node.box, centre))

    def _varying(self, box: DigitBox) -> tuple[int, ...]:
        """The coordinates whose part of the loss is not the same all over a box."""
        corners = [each.corners(a, b) for each, a, b in zip(self.coordinates, box.low, box.high, strict=True)]
        return tuple(i for i, each in enumerate(corners) if len({value for _, value in each}) > 1)

    def _exchanged(self, node: _Node) -> None:
        """Look for better states at the point of a node, by a few exchanges in a mixture of vertices."""
        if not node.vertices or node.point is None:
            return
        start = rounded(self.clouds, node.vertices)
        ends = [
            range(max(floor(p) - BESIDE, a), min(floor(p) + 1 + BESIDE, b) + 1)
            for p, a, b in zip(node.point, node.box.low, node.box.high, strict=True)
        ]
        beside = sorted((self.lines.loss(digits), digits) for digits in product(*ends))
        for loss, digits in beside[:MOST_EXCHANGES]:
            if self.best is not None and loss >= self.best.loss:
                return
            strides = [self.parts.packing.strides[each.axis] for each in self.coordinates]
            reached = self.exchanges.reach(start, sum(d * s for d, s in zip(digits, strides, strict=True)))
            if reached is not None:
                self._improve(Found(loss, way_of_mixture(self.parts, reached.frozen())))
                return

    def _near(self, box: DigitBox, point: Sequence[Fraction]) -> None:
        """Look for better states around a point of a box."""
        room, sides = self.room, [1] * len(point)
        order = sorted(range(len(point)), key=lambda i: box.high[i] - box.low[i])
        for place, i in enumerate(order):
            sides[i] = min(box.high[i] - box.low[i] + 1, max(1, floor(room ** (1 / (len(point) - place)))))
            room //= sides[i]
        low = [
            max(min(floor(p) - side // 2, b - side + 1), a)
            for p, side, a, b in zip(point, sides, box.low, box.high, strict=True)
        ]
        around = DigitBox(tuple(low), tuple(a + side - 1 for a, side in zip(low, sides, strict=True)))
        self._least_in(around, tuple(range(len(point))))

    def _least_in(self, box: DigitBox, chosen: tuple[int, ...]) -> Listed | None:
        """A window; if it finds a better state, that is kept."""
        listed = self.windows.least(box, chosen)
        if listed is not None and listed.found is not None:
            self._improve(listed.found)
        return listed

    def _listed(self, node: _Node, chosen: tuple[int, ...]) -> bool:
        """Whether a window of some coordinates shows that a box has no state that is of interest then."""
        listed = self._least_in(node.box, chosen) if self.windows.fits(node.box, chosen) else None
        if listed is None:
            return False
        bound = self._wanted() if listed.least is None else listed.least
        if not self._is_enough(bound):
            return self._answered()
        node.bound, node.window = bound, chosen
        node.sizes = listed.size, listed.pairs
        return True

    # ------------------------------------------------------------ splitting

    def _carved(self, node: _Node, box: DigitBox) -> _Node:
        """Split off what lies outside a box, side by side; what is left is its node."""
        for i in range(len(self.coordinates)):
            if box.low[i] > node.box.low[i]:
                _, node = self._split(node, i, box.low[i] - 1, inner=1)
            if box.high[i] < node.box.high[i]:
                node, _ = self._split(node, i, box.high[i], inner=0)
        return node

    def _split(self, node: _Node, i: int, digit: int, inner: int | None = None) -> tuple[_Node, _Node]:
        """Split a node at a digit; but for the inner part, which its maker looks at, the parts are open."""
        boxes = node.box.below(i, digit), node.box.above(i, digit)
        made = [
            _Node(box, self.lines.raised(node.bound, box), node.why, node.point, node.vertices)
            if place == inner
            else self._node(box, self._wanted())
            for place, box in enumerate(boxes)
        ]
        node.split, node.parts = (i, digit), (made[0], made[1])
        for place, part in enumerate(made):
            if place != inner:
                inherited = self.lines.raised(node.bound, part.box)
                if part.bound < inherited:
                    part.bound, part.why = inherited, node.why
                self._open(part)
        return node.parts

    def _where(self, box: DigitBox, centre: Sequence[Fraction] | None) -> tuple[int, int]:
        """The coordinate and the last digit of the first part: at a bend of the loss, or halving the longest side."""
        point = centre or [Fraction(a + b, 2) for a, b in zip(box.low, box.high, strict=True)]
        bends = [
            (abs(d - point[i]), i, d - 1)
            for i, each in enumerate(self.coordinates)
            for d in each.bends(box.low[i], box.high[i])
        ]
        if bends:
            _, i, digit = min(bends)
            return i, digit
        i = max(range(len(point)), key=lambda i: box.high[i] - box.low[i])
        return i, (box.low[i] + box.high[i]) // 2

    # ------------------------------------------------------------ the grounds

    def _grounds(self) -> Grounds:
        left = tuple(t if g == self.group else 0 for g, t in enumerate(self.parts.times))
        nodes = list(self._nodes())
        size = max(node.sizes[0] for node in nodes)
        pairs = max(node.sizes[1] for node in nodes)
        return Grounds("boxes", left, size, self.windows.rests, pairs, boxes=tuple(self._tree(nodes)))

    def _nodes(self) -> Iterator[_Node]:
        """The tree in preorder, without what is below nodes that are settled by themselves."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            if node.parts is not None and not self._closed(node):
                waiting += [node.parts[1], node.parts[0]]

    def _tree(self, nodes: Sequence[_Node]) -> Iterator[BoxSplit | BoxWindow | DirectionBound]:
        """Nodes as the certificate has them."""
        for node in nodes:
            if node.split is not None and not self._closed(node):
                i, digit = node.split
                axis = self.coordinates[i].axis
                yield BoxSplit(axis, self.parts.packing.axes[axis].value(digit))
            elif node.window is not None:
                cuts = [in_values(c, self.parts.packing, 1)[0] for c in self.hull.near(node.box, self.group)]
                yield BoxWindow(tuple(self.coordinates[i].axis for i in node.window), tuple(cuts))
            elif node.why.direction is None:
                yield DirectionBound((), 0)
            else:
                direction, factor = in_values(node.why.direction, self.parts.packing, 1)
                yield DirectionBound(direction, normal(node.why.times / factor))
