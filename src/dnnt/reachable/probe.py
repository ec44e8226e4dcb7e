"""A quick look for good parameters of a two-layer network: samples of what units can contribute, met in the middle.

Where the wanted outputs can be reached at all they mostly can in very many ways. So a few contributions of each
unit are drawn, most units are set such that the sum comes near the target, and the last four are found exactly: all
sums of two of the drawn contributions of two of them are put into a table, and all sums of the other two are looked up.
How many are drawn follows from their spread: about as many as make several hits likely. No set of reachable states is
formed. It proves nothing but that what it finds is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from operator import mul
from random import Random

from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.reachable.assemble import Assigned, parameters_of_values
from dnnt.reachable.program import Address, Program, Unit
from dnnt.spaces import Finite, Range

MOST_GROUPS = 300
"""Groups of units beyond which nothing is drawn."""

MOST_AXES = 8

MOST_DRAWN = 400
"""Contributions drawn of a unit at most."""

WANTED_HITS = 12.0
"""Hits that are aimed at."""

FEW = 64
"""Values of a slot whose products with its column are kept."""

CLOSED = 15
"""Contributions drawn of a unit of its own that is set before the end, times the effort."""

EFFORTS = (0.4, 1.0, 2.0, 2.0)
"""How much is drawn in each attempt, in parts of what is aimed at; the first draws without pulls."""

PULLS = 12
"""Directions in which units are drawn, at most."""

Vector = tuple[int, ...]


Pick = tuple[Number, Vector, Address]
"""A value of a slot, the value times its column, and the slot."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A contribution of a unit, or of the rest, and what was picked for it: of slots with columns, and of weights."""

    vector: Vector
    picks: tuple[Pick, ...]
    weights: tuple[Assigned, ...]

    @property
    def values(self) -> tuple[Assigned, ...]:
        """The values that make it."""
        return (*((address, value) for value, _, address in self.picks), *self.weights)


Options = tuple[int, Callable[[int], Number]]
"""How many values a space has, and value number i, in increasing order."""

Chosen = tuple[list[list[tuple[tuple[Assigned, ...], int]]], tuple[Assigned, ...]]
"""For each group the values of its units with multiplicities; the values of the rest."""


def probe(instance: Instance, program: Program, poll: Callable[[], None]) -> Parameters | None:
    """Parameters whose outputs are the labels, if some are found at once."""
    wanted = wanted_state(instance, program)
    if wanted is None or not program.units or len(program.units) > MOST_GROUPS:
        return None
    try:
        chosen = _Probe(program, wanted, poll).found()
    except OverflowError:  # Floats steer the draws, and some number is too large for them.
        return None
    return None if chosen is None else parameters_of_values(instance.network, program, *chosen)


def wanted_state(instance: Instance, program: Program) -> Vector | None:
    """The state whose outputs are the labels of all samples; None where there is none in whole numbers."""
    n = len(program.inputs)
    if (
        not 0 < program.width <= MOST_AXES
        or not n
        or instance.loss.kind not in ("squared", "absolute", "zero_one", "maximum")
    ):
        return None
    places: dict[int, int] = {}
    for place, output in enumerate(program.outputs):
        if output.block is not None and (output.activation is None or output.activation.kind == "identity"):
            places.setdefault(output.block, place)
    if len(places) != program.blocks:
        return None
    position = {x: i for i, x in enumerate(program.inputs)}
    state: list[int | None] = [None] * program.width
    for sample in instance.samples:
        for block, place in places.items():
            y, at = sample.y[place], block * n + position[sample.x]
            if type(y) is not int or state[at] not in (None, y):
                return None
            state[at] = y
    return tuple([value or 0 for value in state])


class _Source:
    """Draws contributions of one group of units, or of the rest."""

    def __init__(self, program: Program, unit: Unit | None, random: Random) -> None:
        self.random = random
        self.unit = unit
        self.n = len(program.inputs)
        self.size = program.width if unit is None else self.n
        total = program.rest if unit is None else unit.incoming
        self.slots = [
            (_options(each.space), each.column, address) for each in total.slots for address in each.addresses
        ]
        self.tables = [self._table(*slot) for slot in self.slots]
        self.outgoing = [
            [(_options(each.space), address) for each in t.slots for address in each.addresses]
            for t in (() if unit is None else unit.outgoing)
        ]
        self.images: dict[Number, Number] = {}
        self.drawn: dict[Vector, Drawn] = {}
        self.listed: list[Drawn] = []

    def _table(self, options: Options, column: Sequence[Number], address: Address) -> list[Pick] | None:
        """All picks for a slot, in the order of its values; None where they are many."""
        count, value_of = options
        if count > FEW:
            return None
        return [(v, tuple([normal(v * x) for x in column]), address) for v in map(value_of, range(count))]  # type: ignore[misc]  # Whole or not: that is seen when vectors are made.

    def extremes(self) -> tuple[list[Number], list[Number]] | None:
        """Bounds on the least and the greatest contribution in each coordinate; None where there are none."""
        low: list[Number] = [0] * self.size
        high: list[Number] = [0] * self.size
        for (count, value_of), column, _ in self.slots:
            ends = value_of(0), value_of(count - 1)
            for i, x in enumerate(column):
                if x:
                    one, two = ends[0] * x, ends[1] * x
                    low[i] += min(one, two)
                    high[i] += max(one, two)
        unit = self.unit
        if unit is None:
            return low, high
        activation = unit.node.part.activation
        images = [activation.interval(a, b) for a, b in zip(low, high, strict=True)]
        least: list[Number] = []
        most: list[Number] = []
        outgoing = iter(self.outgoing)
        for b, block in enumerate(unit.node.blocks):
            ends = (1, 1) if b == unit.node.own else (0, 0)
            if block is not None:
                slots = next(outgoing)
                ends = sum(of(0) for (_, of), _ in slots), sum(of(count - 1) for (count, of), _ in slots)
            for image in images:
                if image is None:
                    return None
                corners = [w * a for w in ends for a in image]
                least.append(min(corners))
                most.append(max(corners))
        return least, most

    def draw(self, pull: Sequence[float] | None = None, strength: float = 1.0) -> Drawn | None:
        """A contribution; with a pull, each value goes that way with this probability. None where it is not whole."""
        random = self.random.random
        unit = self.unit
        inner = None if pull is None else pull if unit is None else [sum(pull[i :: self.n]) for i in range(self.n)]
        flip = inner is not None and unit is not None and random() < 0.5
        picks: list[Pick] = []
        for table, (options, column, address) in zip(self.tables, self.slots, strict=True):
            count = options[0]
            if inner is not None and random() < strength:
                at = count - 1 if (sum(map(mul, inner, column)) > 0) != flip else 0
            else:
                at = int(random() * count)
            if table is not None:
                picks.append(table[at])
            else:
                value = options[1](at)
                picks.append((value, tuple([value * x for x in column]), address))  # type: ignore[misc]  # As above.
        pre = [sum(parts) for parts in zip(*[pick[1] for pick in picks], strict=True)] if picks else [0] * self.size
        if unit is None:
            return self._made(pre, picks, ())
        vector, weights = self._sent(unit, pre, pull, strength)
        return self._made(vector, picks, tuple(weights))

    def _sent(
        self, unit: Unit, pre: Sequence[Number], pull: Sequence[float] | None, strength: float
    ) -> tuple[list[Number], list[Assigned]]:
        """What the unit adds to the state: its values times its outgoing weights."""
        images, activation, random = self.images, unit.node.part.activation, self.random.random
        a = []
        for z in pre:
            if z not in images:
                images[z] = activation(z)
            a.append(images[z])
        vector: list[Number] = []
        weights: list[Assigned] = []
        outgoing = iter(self.outgoing)
        for b, block in enumerate(unit.node.blocks):
            weight: Number = 1 if b == unit.node.own else 0
            if block is not None:
                along = 0.0 if pull is None else sum(map(mul, pull[b * self.n : (b + 1) * self.n], a))
                for (count, value_of), address in next(outgoing):
                    if along and random() < strength:
                        value = value_of(count - 1 if along > 0 else 0)
                    else:
                        value = value_of(int(random() * count))
                    weights.append((address, value))
                    weight += value
            vector.extend([weight * v for v in a])
        return vector, weights

    def _made(self, vector: Sequence[Number], picks: list[Pick], weights: tuple[Assigned, ...]) -> Drawn | None:
        at = tuple(vector)
        known = self.drawn.get(at)  # type: ignore[arg-type]  # Only whole vectors are there.
        if known is None:
            if not all(type(v) is int for v in at):
                at = tuple(map(normal, at))
                if not all(type(v) is int for v in at):
                    return None
            known = self.drawn[at] = Drawn(at, tuple(picks), weights)  # type: ignore[index, arg-type]  # It is whole.
            self.listed.append(known)
        return known


def _options(of: Finite) -> Options:
    """How many values there are, and value number i, in increasing order."""
    if isinstance(of, Range):
        return of.size, lambda i: normal(of.low + of.step * i)
    ordered = sorted(of.values)
    return len(ordered), ordered.__getitem__


class _Probe:
    """Draws contributions, and puts them together."""

    def __init__(self, program: Program, wanted: Vector, poll: Callable[[], None]) -> None:
        self.program, self.wanted, self.poll = program, wanted, poll
        self.random = Random(1)
        self.rest = _Source(program, None, self.random)
        self.sources = [_Source(program, unit, self.random) for unit in program.units]
        self.counts = [unit.count for unit in program.units]

    def found(self) -> Chosen | None:
        """The first combination that meets the target."""
        if not self._seems_inside():
            return None
        for attempt in range(len(EFFORTS)):
            self.poll()
            rest = self.rest.draw()
            if rest is None:
                return None
            chosen = self._attempt(rest, EFFORTS[attempt])
            if chosen is not None:
                return chosen, rest.values
        return None

    def _seems_inside(self) -> bool:
        """Whether the target lies within what all units and the rest can add up to, coordinate by coordinate."""
        width = len(self.wanted)
        least: list[Number] = [0] * width
        most: list[Number] = [0] * width
        for source, count in [*zip(self.sources, self.counts, strict=True), (self.rest, 1)]:
            ends = source.extremes()
            if ends is None:
                return True
            least = [a + count * b for a, b in zip(least, ends[0], strict=True)]
            most = [a + count * b for a, b in zip(most, ends[1], strict=True)]
            self.poll()
        return all(low <= y <= high for low, y, high in zip(least, self.wanted, most, strict=True))

    def _pulls(self, left: Sequence[int]) -> list[list[float]]:
        """Directions in which units are drawn so that their mixtures come near the target.

        From a mixture, the way that is left is the next direction (as in the method of Frank and Wolfe).
        """
        total = sum(self.counts)
        share = [v / total if total < 1 << 900 else float(v // total) for v in left]
        source = self.sources[0] if len(self.sources) == 1 else None
        mixed = [0.0] * len(share)
        pulls = []
        for step in range(PULLS if source is not None else 2):
            pull = [a - b for a, b in zip(share, mixed, strict=True)]
            pulls.append(pull)
            if source is None:
                continue
            drawn = max(
                (each for each in (source.draw(pull), source.draw(pull), source.draw(pull, 0.8)) if each is not None),
                key=lambda d: sum(map(mul, pull, d.vector)),
                default=None,
            )
            if drawn is None:
                break
            way = [v - m for v, m in zip(drawn.vector, mixed, strict=True)]
            length = sum(v * v for v in way)
            part = min(1.0, max(0.0, sum(map(mul, pull, way)) / length)) if length else 0.0
            mixed = [m + part * v for m, v in zip(mixed, way, strict=True)]
            if not part and step > 2:
                break
        return pulls

    def _draw_more(self, g: int, size: int, pulls: Sequence[Sequence[float]]) -> list[Drawn]:
        """About `size` contributions of a group, some of them pulled."""
        source, random = self.sources[g], self.random
        tries = 0
        while len(source.listed) < size and tries < 2 * size:
            tries += 1
            source.draw(random.choice(pulls) if pulls and tries % 3 else None, random.random())
        return source.listed

    def _attempt(self, rest: Drawn, effort: float) -> list[list[tuple[tuple[Assigned, ...], int]]] | None:
        """Set most units near the target, and find the last ones exactly."""
        open_units = self._open_units()
        left = [y - v for y, v in zip(self.wanted, rest.vector, strict=True)]
        pulls = self._pulls(left) if effort >= 1 else []
        counts = list(self.counts)
        for g in open_units:
            counts[g] -= 1
            self._draw_more(g, 20, pulls)
        scales = self._scales(open_units)
        volume = prod(2.5 * s * sqrt(len(open_units)) for s in scales)
        size = int((WANTED_HITS * volume) ** (1 / len(open_units)) * 1.3 * effort)
        size = min(int(MOST_DRAWN * sqrt(effort)), 8 + size)
        for g in open_units:
            self._draw_more(g, size, pulls)
        if not all(self.sources[g].listed for g in open_units):
            return None
        used: list[list[tuple[Drawn, int]]] = [[] for _ in self.sources]
        remaining = sum(self.counts)
        for g in sorted(range(len(counts)), key=lambda g: -counts[g]):
            if counts[g]:
                if not self._draw_more(g, 16 if counts[g] > 1 else int(CLOSED * effort), pulls):
                    return None  # All that was drawn has fractions.
                remaining = self._settle(g, counts[g], remaining, left, scales, used[g])
        ends = self._meet(open_units, left)
        if ends is None:
            return None
        for g, each in zip(open_units, ends, strict=True):
            used[g].append((each, 1))
        return [[(each.values, count) for each, count in counted] for counted in used]

    def _scales(self, groups: Sequence[int]) -> list[float]:
        """The spread of the contributions drawn of some groups in each coordinate."""
        vectors = [each.vector for g in dict.fromkeys(groups) for each in self.sources[g].listed]
        scales = []
        for column in zip(*vectors, strict=True):
            mean = sum(column) / len(column)
            scales.append(0.5 + sqrt(sum((v - mean) ** 2 for v in column) / len(column)))
        return scales

    def _open_units(self) -> list[int]:
        """The groups (with repeats) of up to four units that are left for the end."""
        if len(self.counts) >= 4:
            return self.random.sample(range(len(self.counts)), 4)
        made: list[int] = []
        for g, count in enumerate(self.counts):
            made += [g] * min(count, 4)
        return made[:4]

    def _settle(
        self, g: int, count: int, remaining: int, left: list[int], scales: list[float], used: list[tuple[Drawn, int]]
    ) -> int:
        """Set `count` units of a group such that each unit that remains has about the same share of what is left.

        Returns how many units remain. Large counts are set in bulk, an eighth at a time.
        """
        listed = self.sources[g].listed
        centre = [v / remaining if remaining < 1 << 900 else float(v // remaining) for v in left]
        while count:
            self.poll()
            take = max(1, count // 8)
            if take > 1:
                centre = [v / remaining if remaining < 1 << 900 else float(v // remaining) for v in left]
                ahead = centre
            else:
                ahead = [v - (remaining - 1) * c for v, c in zip(left, centre, strict=True)]
            some = self.random.sample(listed, min(len(listed), 24))
            best = min(
                some, key=lambda d: sum([((a - b) / s) ** 2 for a, b, s in zip(d.vector, ahead, scales, strict=True)])
            )
            left[:] = [v - take * a for v, a in zip(left, best.vector, strict=True)]
            used.append((best, take))
            count -= take
            remaining -= take
        return remaining

    def _meet(self, open_units: list[int], left: list[int]) -> list[Drawn] | None:
        """One drawn contribution for each open unit such that they sum to what is left."""
        lists = [self.sources[g].listed for g in open_units]
        largest = max(abs(v) for v in (*left, *(v for drawn in lists for each in drawn for v in each.vector)))
        radix = 1 << (8 * largest + 8).bit_length()
        strides = [radix**i for i in range(len(left))]
        target = sum(map(mul, left, strides))
        keys = [[sum(map(mul, each.vector, strides)) for each in drawn] for drawn in lists]
        half = len(lists) // 2
        table = _sums(keys[:half])
        known = table if open_units[:half] == open_units[half:] else _sums(keys[half:])
        for key, at in known.items():
            other = table.get(target - key)
            if other is not None:
                return [drawn[i] for drawn, i in zip(lists, (*other, *at), strict=True)]
        return None


def _sums(keys: list[list[int]]) -> dict[int, tuple[int, ...]]:
    """Sums of one key of each list (none, one or two lists), with the indices of the keys."""
    if not keys:
        return {0: ()}
    if len(keys) == 1:
        return {a: (i,) for i, a in enumerate(keys[0])}
    one, two = keys
    return {a + b: (i, j) for i, a in enumerate(one) for j, b in enumerate(two)}
