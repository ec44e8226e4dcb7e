"""What a unit can add, sorted into kinds: one choice of outgoing weights, and one affine piece of every activation.

The vectors of one kind are projections of sums of slots, so their hull is close to what they fill; the hull of all
kinds together is not: between a kind of one sign and one of the other there is nothing. A kind is asked for vectors far
in a direction, for an upper bound there (by slopes, as in `thin_cells`), and for all vectors near that bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from operator import mul
from typing import TYPE_CHECKING, Any

from dnnt.exact import Number
from dnnt.reachable.clouds import Cloud, Digits
from dnnt.reachable.thin_cells import FINE, Cell, Interval
from dnnt.reachable.thin_unit import MOST_PARTIAL, MOST_STEPS, Direction, Thick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dnnt.reachable.thin_cloud import ThinCloud

MOST_KINDS = 160
"""Kinds of one unit."""

STEPS = 150
"""Steps of the search for slopes."""

PATIENCE = 25
"""Steps without a lower bound after which a kind is left alone."""


def affine_pieces(values: Sequence[Number]) -> list[Interval]:
    """The digits in intervals on which the values are affine, from the lowest on, each as long as it can be."""
    made: list[Interval] = []
    start = 0
    for d in range(2, len(values)):
        if d - start >= 2 and values[d] - values[d - 1] != values[start + 1] - values[start]:
            made.append((start, d - 1))
            start = d
    return [*made, (start, len(values) - 1)]


@dataclass(frozen=True, slots=True)
class Top:
    """No vector of a kind has a greater value in a direction than this; the slopes (times `FINE`) that show it."""

    value: int
    slopes: Digits


FEW_SUMS = 200
"""Partial sums that are formed without a quick look."""

BEAM = 60
"""Partial sums of a quick look."""


SWEEPS = 25
"""Rounds over all slots that lead them to a mean."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A vector by the number of its weights and of the multiple of each column."""

    weights: int
    choices: Digits


class UnitKinds:
    """The kinds of a group of units of which only vectors near a face are formed."""

    def __init__(self, cloud: ThinCloud) -> None:
        import numpy as np

        self.cloud, self.part, self.times = cloud, cloud.part, cloud.times
        part = self.part
        pieces = [affine_pieces(values) for values in part.values]
        self.cells: list[Cell | int] = []
        """A cell without slopes, or the number of the weights where all of them are 0."""
        for number, weights in enumerate(part.weights):
            if not any(weights):
                self.cells.append(number)
                continue
            for box in product(*pieces):
                self.cells.append(Cell(number, box, (0,) * part.n))
            if len(self.cells) > MOST_KINDS:
                raise Thick
        self.count = len(self.cells)
        zero = (0,) * part.n
        self.pools: list[dict[Digits, Digits | None]] = [
            {cloud.whole(part.contribution(cell, zero)): None} if isinstance(cell, int) else {} for cell in self.cells
        ]
        self.moving = [t for t, cell in enumerate(self.cells) if not isinstance(cell, int)]
        # Multiples of one column lie on a line: the ends are what matters for slopes.
        ends = part.ends
        self._start = np.array([one for one, _ in ends], np.float64).sum(axis=0)
        self._move = np.array([[q - p for p, q in zip(*each, strict=True)] for each in ends], np.float64)
        self._low = np.array([[low for low, _ in self._cell(t).intervals] for t in self.moving], np.float64)
        self._high = np.array([[high for _, high in self._cell(t).intervals] for t in self.moving], np.float64)
        self._slopes: dict[int, NDArray[np.float64]] = {}
        self._size = 1.0

    def _cell(self, t: int) -> Cell:
        cell = self.cells[t]
        assert isinstance(cell, Cell), "a kind with weights"
        return cell

    def _lines(self, direction: Digits) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For each moving kind and coordinate the value at the lowest digit, and what a further digit adds."""
        import numpy as np

        part = self.part
        blocks = len(part.unit.node.blocks)
        first, slope = [], []
        for t in self.moving:
            cell = self._cell(t)
            tables = part.digits_of[cell.weights]
            one, two = [], []
            for i, (low, high) in enumerate(cell.intervals):
                factors = [direction[b * part.n + i] for b in range(blocks)]
                at = sum(map(mul, factors, tables[i][low]))
                one.append(at)
                two.append(sum(map(mul, factors, tables[i][low + 1])) - at if high > low else 0)
            first.append(one)
            slope.append(two)
        return np.array(first, np.float64), np.array(slope, np.float64)

    def explore(self, direction: Digits, levels: Sequence[float]) -> bool:
        """Look for vectors above the level of each kind; keep them, and slopes with low bounds. True if some are new.

        All kinds together, by Polyak's steps towards their levels.
        """
        import numpy as np

        if not self.moving:
            return False
        own = self.cloud.own(direction)
        first, rise = self._lines(own)
        size = float(np.abs(rise).max()) or 1.0
        first, rise = first / size, rise / size
        level = np.array([max(levels[t] / size, -1e200) for t in self.moving])
        b = np.array([self._slopes.get(t, rise[k]) for k, t in enumerate(self.moving)])
        kept, least = b.copy(), np.full(len(b), 1e300)
        reached, stale = np.full(len(b), -np.inf), np.zeros(len(b))
        best = np.zeros_like(b)
        base = (first - rise * self._low).sum(axis=1)
        shrunk = 1.0
        for _ in range(STEPS):
            gains = b @ self._move.T
            forward = gains > 0
            z = self._start + forward @ self._move
            above = rise - b
            wanted = np.where(above > 0, self._high, self._low)
            bound = np.where(forward, gains, 0.0).sum(axis=1) + b @ self._start + (above * wanted).sum(axis=1) + base
            better = bound < least * (1 - 1e-7 * np.sign(least))
            kept[better], least[better] = b[better], bound[better]
            stale = np.where(better, 0, stale + 1)
            value = base + (rise * z).sum(axis=1)
            higher = ((z >= self._low) & (z <= self._high)).all(axis=1) & (value > reached)
            reached[higher], best[higher] = value[higher], z[higher]
            target = np.maximum(level, reached)
            way = z - wanted
            length = (way * way).sum(axis=1)
            open_ = (least > target + 1e-9 * np.abs(target)) & (length > 0) & (stale < PATIENCE)
            if not open_.any():
                break
            gap = np.where(target > -1e199, bound - target, np.abs(bound) * 0.1 + 1)
            part = np.where(open_, np.maximum(gap, 1e-12) / np.maximum(length, 1e-300), 0.0)
            shrunk *= 0.97
            b = b - (shrunk * part)[:, None] * way
        new = False
        for k, t in enumerate(self.moving):
            self._slopes[t] = kept[k]
            if reached[k] > level[k] + 1e-9 * abs(level[k]):
                new = self.add(t, tuple(map(int, best[k].tolist()))) or new
        self._size = size
        return new

    def add(self, t: int, z: Digits) -> bool:
        """Keep what pre-activations of a kind add; whether it is new."""
        digits = self.cloud.whole(self.part.contribution(self._cell(t).weights, z))
        if digits in self.pools[t]:
            return False
        self.pools[t][digits] = z
        return True

    def top(self, t: int, direction: Digits, level: int) -> Top | None:
        """That no vector exceeds the level, or a lower bound still; None where one does: it is kept.

        Call `explore` in this direction first.
        """
        cell = self.cells[t]
        if isinstance(cell, int):
            return Top(level, ())
        slopes = self._fine(t)
        if self._bound(t, direction, slopes) >= (level + 1) * FINE:
            at = self._at(t, direction)
            most, found = self.part.limit, []
            try:
                self.part.limit = min(most, FEW_SUMS)
                found = list(self.part.formed(at, at.cells[0], level + 1))
            except Thick:
                # A quick look first; it takes all partial sums to be sure that there is nothing.
                self.part.limit = most
                found = list(self.part.formed(at, at.cells[0], level + 1, BEAM))
                found = found or list(self.part.formed(at, at.cells[0], level + 1))
            finally:
                self.part.limit = most
            if found:
                self.add(t, max(found, key=lambda each: each[1])[0])
                return None
        return Top(level, slopes)

    def _fine(self, t: int) -> Digits:
        found = self._slopes.get(t)
        return (0,) * self.part.n if found is None else tuple([round(v * self._size * FINE) for v in found.tolist()])

    def _bound(self, t: int, direction: Digits, slopes: Digits) -> int:
        """The bound with these slopes, times `FINE`, exactly: what is added up is greatest at ends."""
        part, own, cell = self.part, self.cloud.own(direction), self._cell(t)
        blocks = len(part.unit.node.blocks)
        total = 0
        for i, (table, (low, high), slope) in enumerate(
            zip(part.digits_of[cell.weights], cell.intervals, slopes, strict=True)
        ):
            factors = [own[b * part.n + i] for b in range(blocks)]
            total += max(FINE * sum(map(mul, factors, table[d])) - slope * d for d in (low, high))
        for one, two in self.part.ends:
            total += max(sum(map(mul, slopes, one)), sum(map(mul, slopes, two)))
        return total

    def _at(self, t: int, direction: Digits) -> Direction:
        """A direction (of the whole) at one kind."""
        part, own = self.part, self.cloud.own(direction)
        blocks = len(part.unit.node.blocks)
        cell = self._cell(t)
        phi = []
        for i, table in enumerate(part.digits_of[cell.weights]):
            factors = [own[b * part.n + i] for b in range(blocks)]
            if blocks == 1:
                phi.append(tuple([factors[0] * digit for (digit,) in table]))
            else:
                phi.append(tuple([sum(map(mul, factors, digits)) for digits in table]))
        slopes = self._fine(t)
        made = Cell(cell.weights, cell.intervals, slopes)
        phis = tuple(tuple(phi) if w == cell.weights else () for w in range(len(part.weights)))
        return Direction(phis, (made,), (self._bound(t, direction, slopes),), 0, (cell.weights, ()))

    def near(self, t: int, direction: Digits, least: int, most: int) -> dict[Digits, tuple[Direction, Digits] | int]:
        """All vectors (digits of the whole) of a kind with a value from `least` on, each with how it is made."""
        cell = self.cells[t]
        made: dict[Digits, tuple[Direction, Digits] | int] = {}
        if isinstance(cell, int):
            (digits,) = self.pools[t]
            if sum(map(mul, direction, digits)) >= least:
                made[digits] = cell
            return made
        if self._bound(t, direction, self._fine(t)) >= least * FINE:
            at = self._at(t, direction)
            for z, _ in self.part.formed(at, at.cells[0], least):
                made.setdefault(self.cloud.whole(self.part.contribution(cell.weights, z)), (at, z))
                if len(made) > most:
                    raise Thick
        return made

    def drawn(
        self, t: int, shares: dict[int, float], number: int, random: np.random.Generator
    ) -> tuple[NDArray[np.int64], list[Any]]:
        """Vectors drawn around a mixture of the pool: digits of the whole, and how each is made."""
        import numpy as np

        part, cell = self.part, self.cells[t]
        pool = list(self.pools[t].items())
        if isinstance(cell, int):
            return np.array([pool[0][0]], np.int64), [cell]
        total = sum(shares.values())
        mean = np.zeros(part.n)
        for index, share in shares.items():
            z = pool[index][1]
            assert z is not None, "a kind with weights"
            mean += share / total * np.array(z, np.float64)
        choices = np.zeros((number, len(part.options)), np.int64)
        z_ = np.zeros((number, part.n), np.int64)
        for j, (options, share) in enumerate(zip(part.options, self._slots(mean), strict=True)):
            ordered = sorted(range(len(options)), key=options.__getitem__)
            place = share * (len(options) - 1)
            level = np.minimum((place + random.random(number)).astype(np.int64), len(options) - 1)
            choices[:, j] = np.array(ordered)[level]
            z_ += np.array(options, np.int64)[choices[:, j]]
        return self._added(cell.weights, z_), [Drawn(cell.weights, tuple(row)) for row in choices.tolist()]

    def beside(
        self, t: int, way: Drawn | int, number: int, random: np.random.Generator
    ) -> tuple[NDArray[np.int64], list[Any]]:
        """Vectors that differ in one slot from one that was drawn, at most so many: as `drawn`."""
        import numpy as np

        part = self.part
        if isinstance(way, int):
            return np.array(list(self.pools[t]), np.int64), [way]
        one = np.sum([options[c] for options, c in zip(part.options, way.choices, strict=True)], axis=0, dtype=np.int64)
        others = [(j, c) for j, options in enumerate(part.options) for c in range(len(options)) if c != way.choices[j]]
        if len(others) > number:
            others = [others[i] for i in random.choice(len(others), number, replace=False).tolist()]
        moves = [
            [q - p for p, q in zip(part.options[j][way.choices[j]], part.options[j][c], strict=True)] for j, c in others
        ]
        z = one + np.array(moves, np.int64).reshape(len(others), part.n)
        return self._added(way.weights, z), [
            Drawn(way.weights, (*way.choices[:j], c, *way.choices[j + 1 :])) for j, c in others
        ]

    def _added(self, weights: int, z: NDArray[np.int64]) -> NDArray[np.int64]:
        """What units of these pre-activations add, as digits of the whole."""
        import numpy as np

        part, ratios = self.part, self.cloud.ratios
        columns = [np.array(table, np.int64)[z[:, i]] for i, table in enumerate(part.digits_of[weights])]
        blocks = len(part.unit.node.blocks)
        return np.stack([columns[i][:, b] * ratios[b * part.n + i] for b in range(blocks) for i in range(part.n)], 1)

    def _slots(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each slot how far it is from its one end to the other, such that the sum is the mean, about.

        The point of the sum of segments that is nearest, by Newton's method in few coordinates on a smooth version:
        each slot leans towards the direction that is wanted.
        """
        import numpy as np

        share = np.full(len(self._move), 0.5)
        norms = (self._move * self._move).sum(axis=1) + 1e-12
        for _ in range(SWEEPS):
            for j in range(len(share)):
                gap = mean - self._start - share @ self._move
                share[j] = min(1.0, max(0.0, share[j] + float(gap @ self._move[j]) / norms[j]))
        return share

    def recovered(self, way: tuple[Direction, Digits] | int | Drawn) -> Any:
        """What the slots are for something of `near`, or drawn."""
        self.part.limit, self.part.steps = MOST_PARTIAL, MOST_STEPS
        if isinstance(way, int):
            return self.part.recovered_from(None, None, (way,))
        if isinstance(way, Drawn):
            return self.part.recovered_as(way.choices, way.weights)
        at, z = way
        return self.part.recovered_from(at, at.cells[0], z)


@dataclass
class PlainKinds:
    """A group whose vectors are all known: one kind."""

    cloud: Cloud
    times: int
    count: int = 1
    pools: list[dict[Digits, Digits | None]] = field(init=False)

    def __post_init__(self) -> None:
        self.pools = [dict.fromkeys(self.cloud.vectors)]

    def explore(self, direction: Digits, levels: Sequence[float]) -> bool:
        """Nothing is new."""
        del direction, levels
        return False

    def top(self, t: int, direction: Digits, level: int) -> Top | None:
        """See `UnitKinds`."""
        del t, direction
        return Top(level, ())

    def near(self, t: int, direction: Digits, least: int, most: int) -> dict[Digits, Digits]:
        """See `UnitKinds`; the way is the vector itself."""
        del t
        made = {v: v for v in self.pools[0] if sum(map(mul, direction, v)) >= least}
        if len(made) > most:
            raise Thick
        return made


Kinds = UnitKinds | PlainKinds
