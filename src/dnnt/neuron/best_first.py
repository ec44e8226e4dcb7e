"""Branch and bound by planes: the box of least bound first, divided where its best fractions lie between two values.

A. H. Land, A. G. Doig, An automatic method of solving discrete programming problems, 1960. The tree of boxes is kept,
as it is the certificate: each leaf names the plane that rules its box out. A leaf that is still open has its parent's
plane, so that the tree proves the least bound of its leaves at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from time import monotonic
from typing import Any

import numpy as np

from dnnt.errors import InternalError
from dnnt.exact import Number
from dnnt.neuron.planes import Linear, Plane
from dnnt.neuron.relaxation import Floats, Relaxation, relaxation_of

Values = tuple[Number, ...]
Found = Callable[[Values, Number], Number]
Poll = Callable[[], Number]

DIVES = 6

LARGE = 200_000
"""Contributions of variables to points; where there are more, rounded values are left as they are."""

MOST_CHANGES = 100

POLISHED = 40
"""Boxes whose fractions are rounded and improved one by one; later on every eighth one is."""


@dataclass(slots=True)
class Box:
    """A node of the tree: indices of values from `low` to `high`, and a plane with its bound there. If it is divided,
    `cut` is the first index of the variable on the right side.
    """

    low: tuple[int, ...]
    high: tuple[int, ...]
    plane: int
    bound: int
    start: Floats
    variable: int = -1
    cut: int = 0
    left: Box | None = None
    right: Box | None = None


class Tree:
    """The boxes so far; `open` are those that no plane rules out yet, by their bounds."""

    def __init__(self, linear: Linear) -> None:
        self.linear = linear
        self.relaxation: Relaxation = relaxation_of(linear)
        self.planes: list[Plane] = []
        self.steps = [np.array(of, dtype=float) for of in linear.steps]
        self.top = tuple([len(of) - 1 for of in linear.steps])
        self.gains = linear.gains.astype(float)
        self.base = linear.base.astype(float)
        # How much a step of each variable moves the sums.
        self.weights = np.abs(self.gains).sum(axis=0).tolist()
        self.nodes = 0
        self.root = self._root()
        self.open: list[tuple[int, int, Box]] = [(self.root.bound, 0, self.root)]

    @property
    def bound(self) -> int | None:
        """What the boxes that are open are at least; None if there are none."""
        return self.open[0][0] if self.open else None

    def advance(self, cap: Number, strict: bool, found: Found, poll: Poll, nodes: float) -> bool:
        """Look for losses of at most `cap` (with `strict`: below it) in so many more boxes; `found` may lower the cap.

        Whether nothing is open that might hold one.
        """
        linear = self.linear
        limit = linear.most(cap, strict)
        until = self.nodes + nodes
        while self.open and self.open[0][0] <= limit:
            if self.nodes >= until:
                return False
            cap = min(cap, poll())
            limit = linear.most(cap, strict)
            box = self.open[0][2]
            self.nodes += 1
            where = self._relaxed(box, poll)
            values, loss = self._improved(where, box, poll)
            if loss < cap or (loss == cap and not strict):
                cap = found(values, loss)
                limit = linear.most(cap, strict)
            # Only now: until here an interrupt finds the tree as it was.
            heappop(self.open)
            if box.bound <= limit:
                self._divide(box, where, limit)
        return True

    def predicted_nodes(self, cap: Number, random: Random, end: float) -> float:
        """About how many boxes there are with losses below `cap`, by random dives until a time (D. E. Knuth, Estimating
        the efficiency of backtrack programs, 1975); 0 where none was finished.
        """
        limit = self.linear.most(cap, True)
        dives, total = 0, 0.0
        while dives < DIVES and monotonic() < end:
            low, high = list(self.root.low), list(self.root.high)
            plane, bound, start = self.root.plane, self.root.bound, self.root.start
            times = 1.0
            while bound <= limit and low != high and monotonic() < end:
                box = Box(tuple(low), tuple(high), plane, bound, start)
                where = self._relaxed(box, lambda: cap)
                total += times
                bound = box.bound
                variable, cut = self._cut(box, where)
                if variable >= 0:
                    right = random.random() < 0.5
                    low[variable], high[variable] = (cut, high[variable]) if right else (low[variable], cut - 1)
                plane, start = box.plane, box.start
                times *= 2
            dives += monotonic() < end
        return total / dives if dives else 0.0

    def flattened(self) -> tuple[list[Plane], list[int]]:
        """The planes that are used, and the tree in preorder: a plane's number, or −1 − variable, cut, left, right."""
        numbers: dict[int, int] = {}
        made: list[int] = []
        waiting = [self.root]
        while waiting:
            box = waiting.pop()
            if box.left is None or box.right is None:
                made.append(numbers.setdefault(box.plane, len(numbers)))
            else:
                made += (-1 - box.variable, box.cut)
                waiting += (box.right, box.left)
        return [self.planes[i] for i in numbers], made

    def _root(self) -> Box:
        low = (0,) * len(self.top)
        start = np.array([of[-1] / 2 for of in self.steps])
        flat = self.linear.plane(np.zeros_like(self.linear.base))
        self.planes.append(flat)
        return Box(low, self.top, 0, self.linear.bound(flat, low, self.top), start)

    def _relaxed(self, box: Box, poll: Poll) -> Floats:
        """Where the loss is about least in a box; the box gets the plane that touches there, if that is better."""
        linear = self.linear
        if box.low == box.high:
            where = np.array([of[i] for of, i in zip(linear.steps, box.low, strict=True)], dtype=float)
            self._offer(box, linear.tangent(box.low))
            return where
        low = np.array([of[i] for of, i in zip(self.steps, box.low, strict=True)])
        high = np.array([of[i] for of, i in zip(self.steps, box.high, strict=True)])
        solved = self.relaxation.solve(low, high, box.start, poll)
        if solved is None:
            return np.clip(box.start, low, high)
        where, slopes = solved
        box.start = where
        self._offer(box, linear.rounded(np.nan_to_num(slopes).tolist()))
        return where

    def _offer(self, box: Box, slopes: Any) -> None:
        plane = self.linear.plane(slopes)
        bound = self.linear.bound(plane, box.low, box.high)
        if bound > box.bound:
            self.planes.append(plane)
            box.plane, box.bound = len(self.planes) - 1, bound

    def _divide(self, box: Box, where: Floats, limit: int) -> None:
        """Two boxes; before that ends of variables that the box's plane rules out are cut off."""
        narrow = self._narrowed(box, limit)
        variable, cut = self._cut(narrow, where)
        if variable >= 0:
            children: tuple[Box, ...] = self._split(narrow, variable, cut)
        elif narrow is not box:
            children = (narrow,)
        else:
            # Its plane touches the loss, which lies above the limit once it has been found.
            raise InternalError("a single choice is neither found nor ruled out; please report the instance file")
        for right, child in enumerate(children):
            if child.bound <= limit:
                heappush(self.open, (child.bound, -2 * self.nodes - right, child))

    def _split(self, box: Box, variable: int, cut: int) -> tuple[Box, Box]:
        """The boxes on both sides of a cut, with their plane's bounds."""
        plane = self.planes[box.plane]
        low, high = list(box.low), list(box.high)
        high[variable], low[variable] = cut - 1, cut
        made = []
        for ends in ((box.low, tuple(high)), (tuple(low), box.high)):
            made.append(Box(*ends, box.plane, self.linear.bound(plane, *ends), box.start))
        box.variable, box.cut, box.left, box.right = variable, cut, made[0], made[1]
        return made[0], made[1]

    def _narrowed(self, box: Box, limit: int) -> Box:
        """The box without ends that its plane rules out: each is a leaf."""
        plane = self.planes[box.plane]
        for j, (of, grows) in enumerate(zip(self.linear.steps, plane.growth, strict=True)):
            first, last = box.low[j], box.high[j]
            if first == last or not grows:
                continue
            # Steps away from the better end cost this much each.
            room = (limit - box.bound) // abs(grows)
            if grows > 0:
                cut = last
                while cut > first and of[cut] - of[first] > room:
                    cut -= 1
                if cut < last:
                    box = self._split(box, j, cut + 1)[0]
            else:
                cut = first
                while cut < last and of[last] - of[cut] > room:
                    cut += 1
                if cut > first:
                    box = self._split(box, j, cut)[1]
        return box

    def _cut(self, box: Box, where: Floats) -> tuple[int, int]:
        """The variable whose fraction matters most, and the index at which its right side begins; −1: none is free."""
        best, chosen, widest = 0.0, (-1, 0), (-1, 0)
        for j, (of, first, last) in enumerate(zip(self.linear.steps, box.low, box.high, strict=True)):
            if first == last:
                continue
            t = float(where[j])
            i = int(np.searchsorted(self.steps[j][first : last + 1], t, side="right")) + first
            i = min(max(i, first + 1), last)
            distance = min(t - of[i - 1], of[i] - t)
            if distance * self.weights[j] > best:
                best, chosen = distance * self.weights[j], (j, i)
            if last - first > widest[1]:
                widest = j, last - first
        if chosen[0] < 0 and widest[0] >= 0:
            j = widest[0]
            return j, (box.low[j] + box.high[j] + 1) // 2
        return chosen

    def _improved(self, where: Floats, box: Box, poll: Poll) -> tuple[Values, Number]:
        """The values next to a place, improved one by one, and their exact loss."""
        indices = [_nearest(of, t) for of, t in zip(self.steps, where.tolist(), strict=True)]
        if box.low != box.high and (self.nodes <= POLISHED or self.nodes % 8 == 0):
            indices = self._polished(indices, poll)
        values = self.linear.values(indices)
        return values, self.linear.neuron.total(values)

    def _polished(self, indices: list[int], poll: Poll) -> list[int]:
        """Change single indices by one as long as that helps, the change that helps most first."""
        if self.gains.size > LARGE:
            return indices
        t = np.array([of[i] for of, i in zip(self.steps, indices, strict=True)])
        k = self.base + self.gains @ t
        for _ in range(MOST_CHANGES):
            poll()
            moves = [
                (j, i, of[i] - of[indices[j]])
                for j, of in enumerate(self.steps)
                for i in (indices[j] - 1, indices[j] + 1)
                if 0 <= i < len(of)
            ]
            if not moves:
                break
            changes = np.array([change for _, _, change in moves])
            after = k[:, None] + self.gains[:, [j for j, _, _ in moves]] * changes
            costs = self.relaxation.costs(after)
            best = int(costs.argmin())
            if costs[best] >= float(self.relaxation.costs(k[:, None])[0]) * (1 - 1e-12):
                break
            indices[moves[best][0]] = moves[best][1]
            k = after[:, best]
        return indices


def _nearest(steps: Floats, t: float) -> int:
    i = int(np.searchsorted(steps, t))
    if i == len(steps) or (i and t - steps[i - 1] <= steps[i] - t):
        return i - 1
    return i
