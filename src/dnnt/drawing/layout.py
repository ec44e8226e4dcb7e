"""Where the boxes and edges of a small layered drawing go.

The usual four steps (after Sugiyama): the columns are given; an edge that spans several columns gets a place of its own
in each that it crosses; the order within the columns is improved by sweeps of barycentres, and the one with the fewest
crossings is kept; then heights follow the neighbours as far as the order and the sizes of the boxes allow. Labels are
put on their edges where they cover no box and no other label; if there is no such place, everything is spread out more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

Size = tuple[float, float]

SWEEPS = 24

CELL = 40.0
"""Points of edges are looked up by squares of this size."""

STEPS = 24
"""Points on each piece of an edge at which a label may be centred."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge from one box to another, in a column further right, with the size of its label ((0, 0): none)."""

    source: int
    target: int
    label: Size = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Placed:
    """The centres of the boxes, the curves of the edges (points, three to a cubic after the first), the centres of
    labels (None where there is no free place), and the size of it all, from (0, 0).
    """

    centres: tuple[Point, ...]
    curves: tuple[tuple[Point, ...], ...]
    labels: tuple[Point | None, ...]
    size: Size

    @property
    def complete(self) -> bool:
        """Whether every label has a place."""
        return None not in self.labels


def placed(boxes: Sequence[Size], columns: Sequence[int], links: Sequence[Link]) -> Placed:
    """The first layout in which all labels have a place, or the widest that is tried."""
    made = _Layout(boxes, columns, links).placed(1.0)
    for spread in (1.25, 1.6, 2.0):
        if made.complete:
            break
        made = _Layout(boxes, columns, links).placed(spread)
    return made


class _Layout:
    """One layout while it is made. Nodes are the boxes, then the places of long edges in the columns they cross."""

    def __init__(self, boxes: Sequence[Size], columns: Sequence[int], links: Sequence[Link]) -> None:
        self.boxes = boxes
        self.links = links
        self.column = list(columns)
        self.chains: list[list[int]] = []
        for link in links:
            chain = [link.source]
            for crossed in range(columns[link.source] + 1, columns[link.target]):
                chain.append(len(self.column))
                self.column.append(crossed)
            self.chains.append([*chain, link.target])
        self.count = max(self.column, default=0) + 1
        self.leaving = [sum(link.source == v for link in links) for v in range(len(boxes))]
        self.entering = [sum(link.target == v for link in links) for v in range(len(boxes))]
        size = len(self.column)
        self.left: list[list[int]] = [[] for _ in range(size)]
        self.right: list[list[int]] = [[] for _ in range(size)]
        for chain in self.chains:
            for u, v in pairwise(chain):
                self.right[u].append(v)
                self.left[v].append(u)

    def placed(self, spread: float) -> Placed:
        order = self._ordered()
        y = self._heights(order, spread)
        starts, widths = self._columns(spread)
        centres = tuple((starts[self.column[v]] + widths[self.column[v]] / 2, y[v]) for v in range(len(self.boxes)))
        curves = tuple(self._curve(index, centres, starts, widths, y) for index in range(len(self.links)))
        labels = self._labels(centres, curves)
        plates = [
            (point[1] - link.label[1] / 2, point[1] + link.label[1] / 2)
            for point, link in zip(labels, self.links, strict=True)
            if point is not None and link.label[0]
        ]
        lines = [(point[1], point[1]) for curve in curves for point in curve]
        extents = [*((y[v] - self._height(v) / 2, y[v] + self._height(v) / 2) for v in range(len(y))), *plates, *lines]
        highest = min((low for low, _ in extents), default=0.0)
        lowest = max((high for _, high in extents), default=0.0)
        shift = -highest

        def down(point: Point) -> Point:
            return point[0], point[1] + shift

        return Placed(
            tuple(map(down, centres)),
            tuple(tuple(map(down, curve)) for curve in curves),
            tuple(None if point is None else down(point) for point in labels),
            (starts[-1] + widths[-1] if widths else 0.0, lowest + shift),
        )

    def _height(self, v: int) -> float:
        return self.boxes[v][1] if v < len(self.boxes) else 12.0

    def _ordered(self) -> list[list[int]]:
        order: list[list[int]] = [[] for _ in range(self.count)]
        for v, column in enumerate(self.column):
            order[column].append(v)
        best, fewest = [list(each) for each in order], self._crossings(order)
        for sweep in range(SWEEPS):
            forwards = sweep % 2 == 0
            sides = self.left if forwards else self.right
            position = {v: index for column in order for index, v in enumerate(column)}
            for c in range(self.count) if forwards else range(self.count - 1, -1, -1):

                def middle(v: int, sides: list[list[int]] = sides, position: dict[int, int] = position) -> float:
                    near = sides[v]
                    return sum(position[u] for u in near) / len(near) if near else position[v]

                order[c].sort(key=middle)
                position.update((v, index) for index, v in enumerate(order[c]))
            self._exchanged(order)
            crossings = self._crossings(order)
            if crossings < fewest:
                best, fewest = [list(each) for each in order], crossings
        return best

    def _exchanged(self, order: list[list[int]]) -> None:
        """Exchange neighbours in a column where that removes crossings."""
        position = {v: index for column in order for index, v in enumerate(column)}
        for column in order:
            for i in range(len(column) - 1):
                u, v = column[i], column[i + 1]
                if self._pair(u, v, position) > self._pair(v, u, position):
                    column[i], column[i + 1] = v, u
                    position[u], position[v] = i + 1, i

    def _pair(self, u: int, v: int, position: dict[int, int]) -> int:
        """Crossings of the edges at u with those at v, if u is above v."""
        return sum(
            position[a] > position[b] for sides in (self.left, self.right) for a in sides[u] for b in sides[v]
        )  # fmt: skip

    def _crossings(self, order: list[list[int]]) -> int:
        position = {v: index for column in order for index, v in enumerate(column)}
        total = 0
        for column in order:
            seen: list[int] = []
            for u in column:
                heads = sorted(position[v] for v in self.right[u])
                total += sum(before > head for head in heads for before in seen)
                seen += heads
        return total

    def _heights(self, order: list[list[int]], spread: float) -> list[float]:
        gap = 20.0 * spread
        y = [0.0] * len(self.column)

        def apart(u: int, v: int) -> float:
            # Long edges may run close to each other, but labels need room.
            return (self._height(u) + self._height(v)) / 2 + gap

        for column in order:
            at = 0.0
            for index, v in enumerate(column):
                at += apart(column[index - 1], v) if index else 0.0
                y[v] = at
            for v in column:
                y[v] -= at / 2
        for step in range(40):
            for c in range(self.count) if step % 2 == 0 else range(self.count - 1, -1, -1):
                column = order[c]
                wanted = [self._wanted(v, y) for v in column]
                gaps = [apart(u, v) for u, v in pairwise(column)]
                for v, value in zip(column, _separated(wanted, gaps), strict=True):
                    y[v] = value
        return y

    def _wanted(self, v: int, y: list[float]) -> float:
        near = [y[u] for u in (*self.left[v], *self.right[v])]
        return sum(near) / len(near) if near else y[v]

    def _columns(self, spread: float) -> tuple[list[float], list[float]]:
        """Where each column starts, and how wide it is: as its widest box; labels fit between columns."""
        widths = [0.0] * self.count
        for box, column in zip(self.boxes, self.column, strict=False):
            widths[column] = max(widths[column], box[0])
        gaps = [96.0] * self.count
        for link in self.links:
            last = self.column[link.target] - 1
            gaps[last] = max(gaps[last], link.label[0] + 72.0)
        starts, at = [], 0.0
        for width, gap in zip(widths, gaps, strict=True):
            starts.append(at)
            at += width + gap * spread
        return starts, widths

    def _curve(
        self, index: int, centres: Sequence[Point], starts: list[float], widths: list[float], y: list[float]
    ) -> tuple[Point, ...]:
        """The points of an edge; parallel ones bend apart."""
        link, chain = self.links[index], self.chains[index]
        alike = [i for i, other in enumerate(self.links) if (other.source, other.target) == (link.source, link.target)]
        offset = alike.index(index) - (len(alike) - 1) / 2
        room = min(self._height(link.source), self._height(link.target)) / 2 - 8
        port = offset * min(9.0, 2 * room / max(len(alike), 1))
        (x0, y0), (x1, y1) = centres[link.source], centres[link.target]
        stops: list[Point] = [(x0 + self.boxes[link.source][0] / 2, y0 + port)]
        end = x1 - self.boxes[link.target][0] / 2, y1 + port
        if len(chain) == 2 and len(alike) > 1:
            stops.append(((x0 + x1) / 2, (y0 + y1) / 2 + offset * 34))
        elif len(chain) == 2 and link.label[0] and abs(y1 - y0) > 1:
            # A straight piece for the label where the edge is alone: at its head in a fan out, else at its tail.
            widest = max(other.label[0] for other in self.links if self._beside(other, link))
            lead = min(widest + 26, end[0] - stops[0][0] - 46)
            if self.entering[link.target] == 1 and self.leaving[link.source] > 1:
                stops.append((end[0] - lead, end[1]))
            elif self.leaving[link.source] == 1 and self.entering[link.target] > 1:
                stops.append((stops[0][0] + lead, stops[0][1]))
        for v in chain[1:-1]:
            start, width = starts[self.column[v]], widths[self.column[v]]
            stops += [(start, y[v]), (start + width, y[v])]
        stops.append(end)
        points = [stops[0]]
        for (ax, ay), (bx, by) in pairwise(stops):
            points += [(ax + (bx - ax) / 2, ay), (bx - (bx - ax) / 2, by), (bx, by)]
        return tuple(points)

    def _beside(self, other: Link, link: Link) -> bool:
        """Whether two edges join the same two columns."""
        return all(
            self.column[end] == self.column[as_end]
            for end, as_end in ((other.source, link.source), (other.target, link.target))
        )

    def _labels(self, centres: Sequence[Point], curves: Sequence[Sequence[Point]]) -> tuple[Point | None, ...]:
        """A place for each label on its edge: clear of boxes and labels, and of as many other edges as can be."""
        taken = [_area(centre, size, 4.0) for centre, size in zip(centres, self.boxes, strict=True)]
        tracks = [along(curve) for curve in curves]
        near: dict[tuple[int, int], list[tuple[float, float, int]]] = {}
        for index, track in enumerate(tracks):
            for x, y in track:
                near.setdefault((int(x // CELL), int(y // CELL)), []).append((x, y, index))
        found: list[Point | None] = []
        for index, link in enumerate(self.links):
            if not link.label[0]:
                found.append((0.0, 0.0))
                continue
            fan_out, fan_in = self.leaving[link.source], self.entering[link.target]
            # Where edges fan out they are furthest from each other at their heads.
            ideal = 0.5 if fan_out == fan_in else 0.72 if fan_out > fan_in else 0.28
            track = tracks[index]
            best: tuple[float, Point] | None = None
            for step, point in enumerate(track):
                area = _area(point, link.label, 1.5)
                if any(_meet(area, other) for other in taken):
                    continue
                crossed = _others(near, _area(point, link.label, 6.0), index)
                cost = crossed + abs(step / (len(track) - 1) - ideal)
                if best is None or cost < best[0]:
                    best = cost, point
            found.append(None if best is None else best[1])
            if best is not None:
                taken.append(_area(best[1], link.label, 1.5))
        return tuple(found)


def _others(near: dict[tuple[int, int], list[tuple[float, float, int]]], area: Area, index: int) -> int:
    """How many edges but this one pass through an area."""
    columns = range(int(area[0] // CELL), int(area[2] // CELL) + 1)
    rows = range(int(area[1] // CELL), int(area[3] // CELL) + 1)
    points = (point for column in columns for row in rows for point in near.get((column, row), ()))
    return len({i for x, y, i in points if i != index and area[0] < x < area[2] and area[1] < y < area[3]})


def _separated(wanted: list[float], gaps: list[float]) -> list[float]:
    """The heights closest to the wanted ones (least squares) that keep the order and the gaps."""
    shift = [0.0]
    for gap in gaps:
        shift.append(shift[-1] + gap)
    blocks: list[tuple[float, int]] = []
    for value, moved in zip(wanted, shift, strict=False):
        total, size = value - moved, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            before = blocks.pop()
            total, size = total + before[0], size + before[1]
        blocks.append((total, size))
    flat = [total / size for total, size in blocks for _ in range(size)]
    return [value + moved for value, moved in zip(flat, shift, strict=False)]


def along(curve: Sequence[Point]) -> list[Point]:
    """Points along a curve of cubics, evenly in its parameter."""
    points = [curve[0]]
    for start in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[start : start + 4]
        for step in range(1, STEPS + 1):
            t = step / STEPS
            s = 1 - t
            weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
            points.append(
                (
                    sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True)),
                    sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True)),
                )
            )
    return points


Area = tuple[float, float, float, float]


def _area(centre: Point, size: Size, margin: float = 0.0) -> Area:
    x, y = size[0] / 2 + margin, size[1] / 2 + margin
    return centre[0] - x, centre[1] - y, centre[0] + x, centre[1] + y


def _meet(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
