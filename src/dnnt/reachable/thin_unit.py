"""What one unit can add to a state far in a direction, without the set of its value vectors.

For a choice w of weights the value of a direction is F(z) = Σ_i φ_i(z_i), a function of the pre-activations z = Σ_j u_j
(one multiple u_j of each column). With good slopes the bounds of `thin_cells` are close to the greatest value, so few
partial sums have completions that come near it, and only those are formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import mul

from dnnt.exact import Number, normal
from dnnt.reachable.execute import Executed, execute
from dnnt.reachable.expression import Sum
from dnnt.reachable.packing import Axis, Packing, axis_of, packing_sum
from dnnt.reachable.program import Unit
from dnnt.reachable.recover import Found, recover
from dnnt.reachable.thin_cells import FINE, Cell, Digits, Interval, concave_intervals, good_slopes
from dnnt.reachable.thin_size import choices
from dnnt.running import Run

MOST_CELLS = 256
"""Cells of one choice of weights."""

MOST_WEIGHTS = 64
"""Choices of weights."""

MOST_OPTIONS = 5_000
"""Multiples of all columns together."""

MOST_DIGITS = 20_000
"""Values of one coordinate."""

MOST_PARTIAL = 150_000
"""Partial sums that are kept."""

MOST_STEPS = 50_000_000
"""Sums that are looked at on the way to the vectors of one cell."""


class Thick(Exception):
    """Too much would have to be formed."""


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction over the digits of the whole: φ for each choice of weights, all cells, the greatest value."""

    phi: tuple[tuple[tuple[int, ...], ...], ...]
    cells: tuple[Cell, ...]
    bounds: tuple[int, ...]
    """For each cell an upper bound of F, times `FINE`."""
    most: int
    best: tuple[int, Digits]
    """The weights and digits of pre-activations that give it."""


class ThinUnit:
    """A group of units. Raises `Thick` where its slots or its values are too many to look at."""

    def __init__(self, unit: Unit, run: Run) -> None:
        self.unit, self.run = unit, run
        node = unit.node
        self.n = node.part.part.width
        if node.own is not None or _options(node.part.part) > MOST_OPTIONS:
            raise Thick
        self.parts = [execute(Sum((each,), self.n), run) for each in node.part.part.parts]
        self.pre = packing_sum([(part.packing, 1) for part in self.parts], self.n)
        if any(axis.count > MOST_DIGITS for axis in self.pre.axes):
            raise Thick
        self.options = [_vectors(part, self.pre) for part in self.parts]
        self.ends = [(min(options), max(options)) for options in self.options]
        self.tops = [tuple(max(column) for column in zip(*options, strict=True)) for options in self.options]
        self.values = [[node.part.activation(axis.value(d)) for d in range(axis.count)] for axis in self.pre.axes]
        self.outgoing = [None if block is None else execute(block, run) for block in node.blocks]
        lines: list[list[Number]] = [[0] if line is None else line.values() for line in self.outgoing]
        self.weights = list(product(*lines))
        if len(self.weights) > MOST_WEIGHTS or not any(any(values) for values in self.values):
            raise Thick
        seen = [sorted(set(values)) for values in self.values]
        axes: list[Axis] = []
        for line in lines:
            axes += [axis_of([normal(w * a) for w in line for a in values]) for values in seen]
        self.packing = Packing(tuple(axes))
        self.partial, self.limit, self.steps = 1, MOST_PARTIAL, MOST_STEPS
        self._known: dict[tuple[int, ...], Direction] = {}

    @cached_property
    def digits_of(self) -> list[list[list[Digits]]]:
        """For each choice of weights, coordinate and digit of a pre-activation: the digits in all blocks."""
        made: list[list[list[Digits]]] = []
        for weights in self.weights:
            tables = []
            for i, values in enumerate(self.values):
                self.run.poll()
                known: dict[Number, Digits] = {}
                for a in values:
                    if a not in known:
                        known[a] = tuple(
                            [_digit(self.packing.axes[b * self.n + i], normal(w * a)) for b, w in enumerate(weights)]
                        )
                tables.append([known[a] for a in values])
            made.append(tables)
        return made

    def contribution(self, weights: int, z: Sequence[int]) -> Digits:
        """The digits of what the unit adds, in its own packing."""
        columns = [table[d] for table, d in zip(self.digits_of[weights], z, strict=True)]
        return tuple([column[b] for b in range(len(self.unit.node.blocks)) for column in columns])

    # ------------------------------------------------------------ directions

    def direction(self, direction: tuple[int, ...]) -> Direction:
        """How far the unit goes in a direction over the digits of its own packing."""
        if direction not in self._known:
            self._known = {direction: self._direction(direction)}
        return self._known[direction]

    def _direction(self, direction: tuple[int, ...]) -> Direction:
        blocks = len(self.unit.node.blocks)
        phis, cells, bounds = [], [], []
        first = tuple([sum(column) for column in zip(*(options[0] for options in self.options), strict=True)])
        most, best = sum(map(mul, direction, self.contribution(0, first))), (0, first)
        for number, tables in enumerate(self.digits_of):
            phi = []
            for i, table in enumerate(tables):
                factors = [direction[b * self.n + i] for b in range(blocks)]
                phi.append(tuple([sum(map(mul, factors, digits)) for digits in table]))
            phis.append(tuple(phi))
            if not any(self.weights[number]):
                value = sum(p[0] for p in phi)
                if value > most:
                    most, best = value, (number, first)
                continue
            intervals = [concave_intervals(p) for p in phi]
            count = 1
            for each in intervals:
                count *= len(each)
            if count > MOST_CELLS:
                raise Thick
            for box in product(*intervals):
                self.run.poll()
                found = good_slopes(phi, box, self.options, most)
                if found.best is not None:
                    most, best = found.most, (number, found.best)
                cells.append(Cell(number, box, found.slopes))
                bounds.append(found.bound)
        made = Direction(tuple(phis), tuple(cells), tuple(bounds), most, best)
        for cell, bound in zip(cells, bounds, strict=True):
            if bound > most * FINE:
                for z, value in self.formed(made, cell, most):
                    if value > most:
                        most, best = value, (cell.weights, z)
        return Direction(made.phi, made.cells, made.bounds, most, best)

    # ------------------------------------------------------------ vectors near the greatest value

    def near(self, direction: tuple[int, ...], slack: int) -> dict[Digits, tuple[Cell | None, Digits]]:
        """All that the unit adds (digits of its own packing) with so little slack: with a cell and pre-activations."""
        known = self.direction(direction)
        least = known.most - slack
        made: dict[Digits, tuple[Cell | None, Digits]] = {}
        for number, weights in enumerate(self.weights):
            zero = self.contribution(number, (0,) * self.n)
            if not any(weights) and sum(map(mul, direction, zero)) >= least:
                made[zero] = (None, (number,))
        for cell, bound in zip(known.cells, known.bounds, strict=True):
            if bound >= least * FINE:
                for z, _ in self.formed(known, cell, least):
                    made.setdefault(self.contribution(cell.weights, z), (cell, z))
        return made

    def formed(self, at: Direction, cell: Cell, least: int, beam: int | None = None) -> Iterator[tuple[Digits, int]]:
        """The pre-activations in a cell with F >= least, and F; equal values beyond a kink are one.

        With a beam only so many partial sums are kept, the most promising ones: what is found is there, but not all.
        """
        phi = at.phi[cell.weights]
        for z in self._layers(at, cell, least, beam)[-1]:
            value = sum(p[d] for p, d in zip(phi, z, strict=True))
            if value >= least and all(low <= d <= high for d, (low, high) in zip(z, cell.intervals, strict=True)):
                yield z, value

    def _order(self, cell: Cell) -> list[int]:
        """The parts, those that the slopes tell most about first."""
        ranges = []
        for options in self.options:
            products = [sum(map(mul, cell.slopes, u)) for u in options]
            ranges.append(max(products) - min(products))
        return sorted(range(len(ranges)), key=lambda j: (-ranges[j], self.tops[j]))

    def _layers(
        self, at: Direction, cell: Cell, least: int, beam: int | None = None
    ) -> list[dict[Digits, tuple[Digits, int]]]:
        """The partial sums after each part (in order): each with the one before and the option that was taken.

        A sum is left out if no completion in the cell can reach `least`.
        """
        slopes, phi = cell.slopes, at.phi[cell.weights]
        order = self._order(cell)
        shifted = [[FINE * f - s * d for d, f in enumerate(p)] for p, s in zip(phi, slopes, strict=True)]
        peaks = [
            max(range(low, high + 1), key=table.__getitem__)
            for table, (low, high) in zip(shifted, cell.intervals, strict=True)
        ]
        flats = [_flats(values, each) for values, each in zip(self.values, cell.intervals, strict=True)]
        coordinates = list(zip(shifted, peaks, flats, cell.intervals, slopes, strict=True))
        room = [sum(column) for column in zip(*self.tops, strict=True)]
        gains = [[(sum(map(mul, slopes, u)), u, index) for index, u in enumerate(self.options[j])] for j in order]
        left = sum(max(gain)[0] for gain in gains)
        layer: dict[Digits, int] = {(0,) * self.n: 0}
        layers: list[dict[Digits, tuple[Digits, int]]] = []
        taken = 0
        for j, gain in zip(order, gains, strict=True):
            room = [r - t for r, t in zip(room, self.tops[j], strict=True)]
            left -= max(gain)[0]
            need = FINE * least - left
            made: dict[Digits, tuple[Digits, int]] = {}
            following: dict[Digits, int] = {}
            promise: dict[Digits, int] = {}
            self.run.poll()
            taken += len(layer) * len(gain)
            if taken > self.steps:
                raise Thick
            for count, (p, along) in enumerate(layer.items()):
                if not count & 4095:
                    self.run.poll()
                for more, u, index in gain:
                    total = bound = along + more
                    z = []
                    for d, e, r, (table, peak, (flat, steep), (low, high), slope) in zip(
                        p, u, room, coordinates, strict=True
                    ):
                        d += e
                        first, last = (d if d > low else low), (d + r if d + r < high else high)
                        if first > last:
                            break
                        bound += table[first if peak < first else last if peak > last else peak]
                        # All completions lie where the activation is constant: they count as one.
                        moved = flat - r if d + r < flat else steep if d > steep else d
                        if moved != d:
                            total += slope * (moved - d)
                            d = moved
                        z.append(d)
                    else:
                        if bound >= need:
                            q = tuple(z)
                            if q not in made:
                                made[q] = (p, index)
                                following[q] = total
                                if beam is not None:
                                    promise[q] = bound
            if beam is not None and len(made) > beam:
                best = sorted(promise, key=promise.__getitem__, reverse=True)[:beam]
                made, following = {q: made[q] for q in best}, {q: following[q] for q in best}
            if len(made) > self.limit:
                raise Thick
            self.partial = max(self.partial, len(made))
            layers.append(made)
            layer = following
        return layers

    # ------------------------------------------------------------ the way back

    def recovered(self, direction: tuple[int, ...], cell: Cell | None, z: Digits) -> Found:
        """What the slots of a unit are for something of `near`."""
        return self.recovered_from(None if cell is None else self.direction(direction), cell, z)

    def recovered_from(self, known: Direction | None, cell: Cell | None, z: Digits) -> Found:
        """The same, with what is known of the direction; without a cell z is the number of the weights."""
        if known is None or cell is None:
            chosen, number = [0] * len(self.parts), z[0]
        else:
            value = sum(p[d] for p, d in zip(known.phi[cell.weights], z, strict=True))
            order, number = self._order(cell), cell.weights
            chosen = [0] * len(self.parts)
            for j, layer in zip(reversed(order), reversed(self._layers(known, cell, value)), strict=True):
                z, chosen[j] = layer[z]
        return self.recovered_as(chosen, number)

    def recovered_as(self, chosen: Sequence[int], number: int) -> Found:
        """The same for the number of a multiple of each column, and of the weights."""
        counted = []
        for part, index in zip(self.parts, chosen, strict=True):
            vector = part.packing.decode(part.keys.listed()[index])
            counted.append(recover(part, vector, self.run).parts[0])
        inner = Found(parts=tuple(counted))
        outer = [
            ((recover(line, (w,), self.run), 1),)
            for line, w in zip(self.outgoing, self.weights[number], strict=True)
            if line is not None
        ]
        return Found(parts=(((inner, 1),), *outer))


def _flats(values: Sequence[Number], interval: Interval) -> Interval:
    """The last digit of the constant start of the values, the first one of their constant end, within an interval.

    Where the interval does not hold that start (or end): the ends of the grid, which change nothing.
    """
    low, high = interval
    flat, steep = 0, len(values) - 1
    if low == 0:
        while flat < high and values[flat + 1] == values[0]:
            flat += 1
    if high == len(values) - 1:
        while steep > low and values[steep - 1] == values[-1]:
            steep -= 1
    return flat, steep


def _options(node: Sum) -> int:
    """How many multiples the columns have together, about."""
    total = 0
    for part, count in node.parts:
        total += sum((each.space.size - 1) * times + 1 for each, times in choices(part, count))
    return total


def _vectors(part: Executed, whole: Packing) -> list[Digits]:
    ratios = [
        int(mine.step // theirs.step) if mine.step else 0
        for mine, theirs in zip(part.packing.axes, whole.axes, strict=True)
    ]
    axes = [(s, a.count, r) for s, a, r in zip(part.packing.strides, part.packing.axes, ratios, strict=True)]
    return [tuple([key // s % c * r for s, c, r in axes]) for key in part.keys.listed()]


def _digit(axis: Axis, value: Number) -> int:
    digit = axis.digit(value)
    assert digit is not None, "a value outside its own axis"
    return digit
