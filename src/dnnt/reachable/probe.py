"""A quick look for good parameters of a two-layer network: samples of what units can contribute, met in the middle.

Where the wanted outputs can be reached at all they mostly can in very many ways. So a few contributions of each
unit are drawn, most units are set such that the sum comes near the target, and the last four are found exactly: all
sums of two of the drawn contributions of two of them are put into a table, and all sums of the other two are looked up.
How many are drawn follows from their spread: about as many as make several hits likely. No set of reachable states is
formed. It proves nothing but that what it finds is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod, sqrt
from operator import mul
from random import Random

from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.reachable.assemble import Assigned, parameters_of_values
from dnnt.reachable.draws import Known, Source, Spread, Vector, spread
from dnnt.reachable.pair_sums import keys_of, split
from dnnt.reachable.program import Program
from dnnt.reachable.thin_size import is_large
from dnnt.reachable.wanted import wanted_states

BREADTH = 2
"""So many times as much is drawn where all units are equal: they have it in common."""

MOST_GROUPS = 300
"""Groups of units beyond which nothing is drawn."""

FEW_GROUPS = 2
"""Groups of units up to which bounds are asked before anything is drawn: for more, what is drawn mostly says enough."""

MOST_AXES = 8

MOST_DRAWN = 400
"""Contributions drawn of a unit at most."""

WANTED_HITS = 12.0
"""Hits that are aimed at."""

CLOSED = 15
"""Contributions drawn of a unit of its own that is set before the end, times the effort."""

CAREFUL = 2
"""Units of their own that are set with care before the end; others are set roughly."""

FIRST, FIRST_OPEN = 14, 24
"""Contributions drawn of a unit before it is known how many are wanted; and of one that is left for the end."""

NEAR = 24
"""Contributions among which the nearest one is taken."""

BULK = 16
"""Equal units that are not set one by one."""

FAR_SQUARED = 4
"""The square of the standard deviations from which on units are drawn towards the target."""

EFFORTS = (0.7, 1.0, 2.0, 2.0)
"""How much is drawn in each attempt, in parts of what is aimed at; the first draws without pulls."""

AGAIN, SHORT = 6, 60
"""Further attempts, as long as so few contributions of a unit are combined with each other."""

PULLS = 12
"""Directions in which units are drawn, at most."""

Chosen = tuple[list[list[tuple[tuple[Assigned, ...], int]]], tuple[Assigned, ...]]
"""For each group the values of its units with multiplicities; the values of the rest."""


def probe(instance: Instance, program: Program, poll: Callable[[], None]) -> Parameters | None:
    """Parameters whose outputs are the labels, or of least loss otherwise, if some are found at once."""
    if not program.units or len(program.units) > MOST_GROUPS:
        return None
    wanted = wanted_state(instance, program)
    for state in [wanted] if wanted is not None else _others(instance, program):
        try:
            chosen = _Probe(program, state, poll).found()
        except OverflowError:  # Floats steer the draws, and some number is too large for them.
            continue
        if chosen is not None:
            return parameters_of_values(instance.network, program, *chosen)
    return None


def _others(instance: Instance, program: Program) -> list[Vector]:
    """States of least loss where no state has the labels as its outputs; only of units that are too large to form."""
    if not 0 < program.width <= MOST_AXES or not any(is_large(unit.node.part.part) for unit in program.units):
        return []
    return wanted_states(instance, program)


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
        if not sample.weight:
            continue
        for block, place in places.items():
            y, at = sample.y[place], block * n + position[sample.x]
            if type(y) is not int or state[at] not in (None, y):
                return None
            state[at] = y
    return tuple([value or 0 for value in state])


class _Probe:
    """Draws contributions, and puts them together."""

    def __init__(self, program: Program, wanted: Vector, poll: Callable[[], None]) -> None:
        self.wanted, self.poll = wanted, poll
        self.random = Random(1)
        known = Known()
        self.rest = Source(program, None, self.random, known)
        self.sources = [Source(program, unit, self.random, known) for unit in program.units]
        self.counts = [unit.count for unit in program.units]
        self.breadth = BREADTH if len(self.sources) == 1 else 1
        self.looked_at_all = False
        self.inside = False

    def found(self) -> Chosen | None:
        """The first combination that meets the target."""
        if len(self.sources) <= FEW_GROUPS:
            self.inside = self._seems_inside()
            if not self.inside:
                return None
        for attempt, effort in enumerate((*EFFORTS, *EFFORTS[-1:] * AGAIN), start=1):
            self.poll()
            rest = self.rest.draw()
            if rest is None:
                return None
            chosen = self._attempt(rest, effort)
            if chosen is not None:
                return chosen, self.rest.values(rest)
            if not self.inside or self._is_exhausted():
                return None
            if attempt >= len(EFFORTS) and max([len(source.listed) for source in self.sources]) > SHORT:
                return None
        return None

    def _is_exhausted(self) -> bool:
        """Whether another attempt would find the same contributions again, and nothing else is left to chance."""
        chance = sum(self.counts) > 4 or self.rest.free or not self.looked_at_all
        return not chance and all(each.seems_exhausted for each in self.sources)

    def _is_inside_of_drawn(self, left: Sequence[int], remaining: Sequence[int]) -> bool:
        """Whether what is left lies, in each coordinate, between what the drawn contributions can add up to."""
        drawn = [
            (count, list(zip(*source.listed, strict=True)))
            for source, count in zip(self.sources, remaining, strict=True)
            if count
        ]
        for i, y in enumerate(left):
            if y < sum([count * min(of[i]) for count, of in drawn]):
                return False
            if y > sum([count * max(of[i]) for count, of in drawn]):
                return False
        return True

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

    def _pulls(self, left: Sequence[int], remaining: Sequence[int]) -> list[list[float]]:
        """Directions in which units are drawn so that their mixtures come near the target.

        From a mixture, the way that is left is the next direction (as in the method of Frank and Wolfe).
        """
        total = sum(remaining)
        share = [v / total for v in left]
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
                key=lambda vector: sum(map(mul, pull, vector)),
                default=None,
            )
            if drawn is None:
                break
            way = [v - m for v, m in zip(drawn, mixed, strict=True)]
            length = sum(v * v for v in way)
            part = min(1.0, max(0.0, sum(map(mul, pull, way)) / length)) if length else 0.0
            mixed = [m + part * v for m, v in zip(mixed, way, strict=True)]
            if not part and step > 2:
                break
        return pulls

    def _attempt(self, rest: Vector, effort: float) -> list[list[tuple[tuple[Assigned, ...], int]]] | None:
        """Set most units near the target, and find the last ones exactly."""
        left = [y - v for y, v in zip(self.wanted, rest, strict=True)]
        open_units = self._open_units()
        counts = list(self.counts)
        for g in open_units:
            counts[g] -= 1
            self.sources[g].more(FIRST_OPEN * self.breadth)
        remaining = list(self.counts)
        rough = self._roughly_set(counts, open_units, left)
        for g in rough:
            counts[g] = remaining[g] = 0
        closed = int(CLOSED * effort)
        for g, count in enumerate(counts):
            if count:
                self.sources[g].more(FIRST * self.breadth if count > 1 else closed)
        if not all(source.listed for source, count in zip(self.sources, remaining, strict=True) if count):
            return None  # All that was drawn has fractions.
        if not self.inside:
            if not self._is_inside_of_drawn(left, remaining) and not self._seems_inside():
                return None
            self.inside = True
        none = [(0, 1)] * len(left)
        spreads = [
            spread(source.listed) if count else none for source, count in zip(self.sources, remaining, strict=True)
        ]
        pulls = self._pulls(left, remaining) if self._is_far(left, remaining, spreads) else []
        scales = [0.5 + sqrt(sum(spreads[g][i][1] for g in open_units) / len(open_units)) for i in range(len(left))]
        volume = prod(2.5 * s * sqrt(len(open_units)) for s in scales)
        size = int((WANTED_HITS * volume) ** (1 / len(open_units)) * 1.3 * effort)
        size = min(int(MOST_DRAWN * sqrt(effort)), 8 + size)
        for g in open_units:
            self.sources[g].more(size * self.breadth, pulls)
        if pulls:
            for g, count in enumerate(counts):
                if count:
                    self.sources[g].more(2 * (FIRST if count > 1 else closed), pulls)
        used = self._settled(counts, open_units, left, scales, spreads)
        for g, vector in rough.items():
            used[g].append((vector, 1))
        ends = self._meet(open_units, left, size)
        if ends is None:
            return None
        for g, each in zip(open_units, ends, strict=True):
            used[g].append((each, 1))
        return [
            [(source.values(each), count) for each, count in counted]
            for source, counted in zip(self.sources, used, strict=True)
        ]

    def _roughly_set(self, counts: Sequence[int], open_units: Sequence[int], left: list[int]) -> dict[int, Vector]:
        """Units of their own, beyond a few of them, with a contribution that is drawn towards what is `left` (changed
        on the way): it is enough that the others can be set with care.
        """
        own = [g for g, count in enumerate(counts) if count == 1 and g not in open_units]
        found = {}
        for g in own[CAREFUL:]:
            vector = self.sources[g].towards(left)
            if vector is not None:
                found[g] = vector
                left[:] = [y - a for y, a in zip(left, vector, strict=True)]
        return found

    def _is_far(self, left: Sequence[int], remaining: Sequence[int], spreads: Sequence[Spread]) -> bool:
        """Whether what is left is far from the mean of all sums."""
        for i, y in enumerate(left):
            # In whole numbers: counts may be of any size.
            away = y - sum([count * of[i][0] for count, of in zip(remaining, spreads, strict=True)])
            variance = sum([count * of[i][1] for count, of in zip(remaining, spreads, strict=True)])
            if away * away > FAR_SQUARED * variance:
                return True
        return False

    def _open_units(self) -> list[int]:
        """The groups (with repeats) of up to four units that are left for the end."""
        if len(self.counts) >= 4:
            return self.random.sample(range(len(self.counts)), 4)
        made: list[int] = []
        for g, count in enumerate(self.counts):
            made += [g] * min(count, 4)
        return made[:4]

    def _settled(
        self,
        counts: Sequence[int],
        open_units: Sequence[int],
        left: list[int],
        scales: list[float],
        spreads: Sequence[Spread],
    ) -> list[list[tuple[Vector, int]]]:
        """Set so many units of each group such that what is `left` (changed on the way) is a likely sum of the others.

        What the target is away from the mean of all sums is shared out by variances. Large counts are set in bulk, an
        eighth at a time.
        """
        used: list[list[tuple[Vector, int]]] = [[] for _ in self.sources]
        if not any(counts):
            return used
        remaining = [count + open_units.count(g) for g, count in enumerate(counts)]
        means = [sum([r * s[i][0] for r, s in zip(remaining, spreads, strict=True)]) for i in range(len(left))]
        variances = [sum([r * s[i][1] for r, s in zip(remaining, spreads, strict=True)]) for i in range(len(left))]
        left_to_set = list(counts)

        def place(g: int, take: int, ahead: Sequence[float]) -> None:
            self.poll()
            listed = self.sources[g].listed
            best = _nearest(listed if len(listed) <= NEAR else self._some(listed, NEAR), ahead, scales)
            used[g].append((best, take))
            left_to_set[g] -= take
            left[:] = [y - take * a for y, a in zip(left, best, strict=True)]
            for i, (mean, variance) in enumerate(spreads[g]):
                means[i] -= take * mean
                variances[i] -= take * variance

        for g, of in enumerate(spreads):
            while left_to_set[g] >= BULK:
                ahead = [
                    m + (y - all_m) * v / all_v
                    for (m, v), y, all_m, all_v in zip(of, left, means, variances, strict=True)
                ]
                place(g, left_to_set[g] // 8, ahead)
        rates = [(y - m) / v for y, m, v in zip(left, means, variances, strict=True)]
        for g, of in enumerate(spreads):
            while left_to_set[g]:
                # What the others are expected to leave for this unit; the error of the units before it goes in whole.
                ahead = [
                    y - (all_m - m) - rate * (all_v - v)
                    for (m, v), y, all_m, all_v, rate in zip(of, left, means, variances, rates, strict=True)
                ]
                place(g, 1, ahead)
        return used

    def _some(self, listed: list[Vector], size: int) -> list[Vector]:
        """About so many of them, at least one."""
        random, share = self.random.random, size / len(listed)
        return [each for each in listed if random() < share] or listed[:1]

    def _meet(self, open_units: list[int], left: list[int], size: int) -> list[Vector] | None:
        """One drawn contribution for each open unit, out of so many, such that they sum to what is left."""
        picked = {g: self.sources[g].listed for g in open_units}
        self.looked_at_all = True
        for g, listed in picked.items():
            if len(listed) > size:
                picked[g] = self._some(listed, size)
                self.looked_at_all = False
        lists = [picked[g] for g in open_units]
        columns = {id(drawn): list(zip(*drawn, strict=True)) for drawn in lists}
        rows = [left, *(column for of in columns.values() for column in of)]
        largest = max(max(map(max, rows)), -min(map(min, rows)))
        width = (8 * largest + 8).bit_length()
        known = {at: keys_of(of, width) for at, of in columns.items()}
        keys = [known[id(drawn)] for drawn in lists]
        half = len(lists) // 2
        (target,) = keys_of([(y,) for y in left], width)
        chosen = split(keys[:half], keys[half:], target)
        return None if chosen is None else [drawn[i] for drawn, i in zip(lists, chosen, strict=True)]


def _nearest(listed: Sequence[Vector], ahead: Sequence[float], scales: Sequence[float]) -> Vector:
    columns = zip(*listed, strict=True)
    squares = [
        [(away := (a - b) / s) * away for a in column] for column, b, s in zip(columns, ahead, scales, strict=True)
    ]
    sums = list(map(sum, zip(*squares, strict=True)))
    return listed[sums.index(min(sums))]
