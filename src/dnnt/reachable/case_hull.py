"""The hull of one case: its nearest point, the cut that goes with it, and a bound as far as vectors are known.

For a case the state that is greatest in a direction is found greedily, kind by kind, so Wolfe's method gives the point
of its hull that is nearest to what is wanted. Then vectors are looked for that reach beyond the cut; with new ones the
point is found again. Bounds here rest on the known vectors: `case_proof` proves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from operator import mul
from random import Random
from typing import TYPE_CHECKING, Any

from dnnt.reachable.case_tree import Node, filled, worth
from dnnt.reachable.clouds import Digits
from dnnt.reachable.cut_bounds import lower_bound, wanted_point
from dnnt.reachable.hull_program import least_mixture
from dnnt.reachable.kinds import Kinds
from dnnt.reachable.lines import Lined
from dnnt.reachable.listing import Costs
from dnnt.reachable.packing import Packing
from dnnt.reachable.projection import Cut, direction_to
from dnnt.running import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDS = 40
"""How often new vectors may change the nearest point of a case."""

WOLFE_STEPS = 200

Mixed = tuple[list[tuple[list[int], list[int]]], list[float], "Digits | None"]
"""Vertices, by counts and vectors of all kinds, with their shares; a direction beyond which there is nothing."""

STARTS = 24
"""Directions in which vectors are looked for at first."""


class CaseHull:
    """The hulls of all cases of one instance; they share the vectors that are known of every kind."""

    def __init__(
        self,
        groups: Sequence[Kinds],
        packing: Packing,
        costs: Costs,
        run: Run,
        wanted: Any = None,
        lines: Sequence[Lined] = (),
    ) -> None:
        """With a `wanted` state this takes the place of the one that is best for the loss. With `lines`, the loss as
        lines, its least value on a hull is found in place of the nearest point.
        """
        import numpy as np

        self.lines = lines

        self.groups, self.packing, self.costs, self.run = groups, packing, costs, run
        self.starts = [0]
        for group in self.groups:
            self.starts.append(self.starts[-1] + group.count)
        self.width = len(self.packing.axes)
        self.axis_counts = [axis.count for axis in self.packing.axes]
        self.wanted, self.weights = wanted_point(self.costs, self.width)
        if wanted is not None:
            self.wanted = [Fraction(int(v)) for v in wanted]
        self._y = np.array([float(v) for v in self.wanted])
        top = max(self.weights)
        self._w = np.array([float(v / top) for v in self.weights])
        self._scale = float(top)
        self._held: list[NDArray[np.float64] | None] = [None] * self.starts[-1]

    def _pool(self, t: int) -> NDArray[np.float64]:
        """The known vectors of a kind."""
        import numpy as np

        g, k = self.where(t)
        pool, held = self.groups[g].pools[k], self._held[t]
        if held is None or len(held) != len(pool):
            held = self._held[t] = np.array(list(pool), np.float64).reshape(len(pool), self.width)
        return held

    def where(self, t: int) -> tuple[int, int]:
        """The group of a kind, and its number there."""
        g = next(g for g in range(len(self.groups)) if t < self.starts[g + 1])
        return g, t - self.starts[g]

    def _vertex(self, node: Node, c: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int], list[int]]:
        """The state of a case that is greatest in a direction, about, its counts, and the vector of each kind."""
        import numpy as np

        total = np.zeros(self.width)
        counts: list[int] = []
        places: list[int] = []
        for g, group in enumerate(self.groups):
            first, end = self.starts[g], self.starts[g + 1]
            at: list[int] = []
            most: list[float] = []
            for t in range(first, end):
                pool = self._pool(t)
                values = pool @ c
                at.append(int(values.argmax()) if len(pool) else -1)
                most.append(float(values[at[-1]]) if len(pool) else -np.inf)
            chosen = filled(most, node.low[first:end], node.high[first:end], group.times)
            for t, n in zip(range(first, end), chosen, strict=True):
                if n:
                    total += n * self._pool(t)[at[t - first]]
            counts += chosen
            places += at
        return total, counts, places

    def relax(self, node: Node) -> None:
        """The nearest point of a case's hull: its direction, its counts, and the bound, as far as vectors are known."""
        import numpy as np

        for _ in range(ROUNDS):
            self.run.poll()
            numbers, shares_, node.direction = self._least_on_lines(node) if self.lines else self._nearest(node)
            mixture = np.array(shares_)
            node.parts = tuple(map(float, mixture @ np.array([counts for counts, _ in numbers])))
            node.shares = {}
            for m, (counts, places) in zip(mixture.tolist(), numbers, strict=True):
                for t, (n, place) in enumerate(zip(counts, places, strict=True)):
                    if n and m > 0:
                        shares = node.shares.setdefault(t, {})
                        shares[place] = shares.get(place, 0.0) + m * n
            if node.direction is None or not self._explored(node, node.direction):
                break
        node.bound, node.relaxed = max(node.proved, self.costs.least), 0
        if node.direction is not None:
            most = self.greatest(node, node.direction)
            node.relaxed = lower_bound(self.costs, Cut(node.direction, most, ())) or 0
            node.bound = max(node.bound, node.relaxed)

    def _nearest(self, node: Node) -> Mixed:
        """The point of the hull that is nearest to what is wanted, by Wolfe's method."""
        import numpy as np

        w, y = self._w, self._y
        root = np.sqrt(w)
        p, counts, at = self._vertex(node, w * y)
        points, numbers, mixture = [p], [(counts, at)], np.ones(1)
        x = p
        for _ in range(WOLFE_STEPS):
            way = w * (y - x)
            p, counts, at = self._vertex(node, way)
            gain = float(way @ (p - x))
            square = float(way @ (y - x))
            if gain <= 1e-10 * (square + abs(float(way @ x))) + 1e-12 or any(np.array_equal(p, q) for q in points):
                break
            points.append(p)
            numbers.append((counts, at))
            mixture = np.append(mixture, 0.0)
            points, numbers, mixture = _settled(points, numbers, mixture, y, root)
            x = mixture @ np.array(points)
        exact = [tuple(map(int, point)) for point in points]
        distance = float((w * (y - x)) @ (y - x))
        outside = distance > 1e-12 * float((w * y) @ y) + 1e-9
        return numbers, mixture.tolist(), direction_to(exact, self.wanted, self.weights) if outside else None

    def _least_on_lines(self, node: Node) -> Mixed:
        """Where the loss is least on the hull, by a linear program."""
        import numpy as np

        known: dict[Digits, tuple[list[int], list[int]]] = {}

        def vertex(direction: Digits) -> Digits:
            p, counts, at = self._vertex(node, np.array(direction, np.float64))
            digits = tuple(map(int, p))
            known[digits] = counts, at
            return digits

        direction, mixed = least_mixture(self.lines, self.width, vertex, self.run.poll)
        columns = zip(*[[float(share) * d for d in digits] for digits, share in mixed], strict=True)
        node.point = tuple(map(sum, columns))
        return [known[digits] for digits, _ in mixed], [float(share) for _, share in mixed], direction

    def _explored(self, node: Node, direction: Digits) -> bool:
        """Look for vectors that change the greatest value of a case; whether some are new."""
        new = False
        for g, group in enumerate(self.groups):
            levels = self.levels(node, g, direction)
            new = group.explore(direction, [-1e300 if v is None else float(v) for v in levels]) or new
        return new

    def _values(self, t: int, direction: Digits) -> int | None:
        """The greatest value of a kind's known vectors, exactly."""
        import numpy as np

        pool = self._pool(t)
        if not len(pool):
            return None
        if max(map(abs, direction)) * max(self.axis_counts) * self.width < 1 << 62:
            return int((pool.astype(np.int64) @ np.array(direction, np.int64)).max())
        g, k = self.where(t)
        values: list[int] = [sum(map(mul, direction, v)) for v in self.groups[g].pools[k]]
        return max(values)

    def levels(self, node: Node, g: int, direction: Digits) -> list[int | None]:
        """For each kind of a group what its values must not exceed, or None where none of it can be there."""
        group, first, end = self.groups[g], self.starts[g], self.starts[g + 1]
        values = [self._values(t, direction) for t in range(first, end)]
        low, high = node.low[first:end], node.high[first:end]
        chosen = filled([float("-inf") if v is None else v for v in values], low, high, group.times)
        spare = [v for v, n, least in zip(values, chosen, low, strict=True) if n > least and v is not None]
        price = min(spare, default=None)
        free = group.times - sum(low)
        made: list[int | None] = []
        for value, n, most in zip(values, chosen, high, strict=True):
            made.append(value if n else (price if free and most else None))
        return made

    def greatest(self, node: Node, direction: Digits) -> int:
        """The greatest value of a state of a case, by the known vectors."""
        total = 0
        for g, group in enumerate(self.groups):
            values = self.levels(node, g, direction)
            low, high = (v[self.starts[g] : self.starts[g + 1]] for v in (node.low, node.high))
            total += worth(values, low, high, group.times)
        return total

    def stale(self, node: Node) -> bool:
        """Whether vectors were found since that reach beyond the cut of a case."""
        if node.direction is None:
            return False
        cut = Cut(node.direction, self.greatest(node, node.direction), ())
        return (lower_bound(self.costs, cut) or 0) < node.relaxed

    def start(self) -> None:
        """Look for vectors in some directions."""
        rng = Random(1)
        whole = [max(1, axis.count) for axis in self.packing.axes]
        towards = [float(w * v) for w, v in zip(self._w, self._y, strict=True)]
        for start in range(STARTS):
            c = towards if start == 0 else [rng.gauss(0.0, 1.0) / size for size in whole]
            largest = max(map(abs, c)) or 1.0
            direction = tuple(int(v / largest * (1 << 20)) for v in c)
            if any(direction):
                for group in self.groups:
                    group.explore(direction, [-1e300] * group.count)


def _settled(
    points: list[Any],
    numbers: list[Any],
    mixture: NDArray[np.float64],
    y: NDArray[np.float64],
    root: NDArray[np.float64],
) -> tuple[list[Any], list[Any], NDArray[np.float64]]:
    """Wolfe's inner loop."""
    import numpy as np

    while True:
        d = (np.array(points) - y) * root
        size = len(points)
        gram = d @ d.T
        scale = float(np.abs(gram).max()) or 1.0
        matrix = np.ones((size + 1, size + 1))
        matrix[:size, :size] = gram / scale
        matrix[size, size] = 0
        best = np.linalg.lstsq(matrix, np.append(np.zeros(size), 1.0), rcond=None)[0][:size]
        if (best > 1e-10).all():
            return points, numbers, best / best.sum()
        falling = (best <= 1e-10) & (mixture > best)
        shares = np.where(falling, mixture / np.where(falling, mixture - best, 1.0), np.inf)
        theta = min(float(shares.min()), 1.0)
        mixture = theta * best + (1 - theta) * mixture
        keep = [i for i in range(size) if mixture[i] > 1e-10]
        if len(keep) == size:
            keep.remove(int(np.where(falling, mixture, np.inf).argmin()))
        points, numbers = [points[i] for i in keep], [numbers[i] for i in keep]
        mixture = mixture[keep] / mixture[keep].sum()
