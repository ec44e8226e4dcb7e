"""The columns that a unit may have, given the columns of its sources.

Sums are formed as big integers: a vector over the points is packed into one integer with a field of whole bytes for
each point, wide enough for every sum (so that adding integers adds vectors), and a set of integers is a set of vectors.
Rational numbers are multiplied by a common denominator first. The values of a two-valued unit are the top bits of the
fields. A column is made once: equal columns are one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from struct import unpack

from dnnt.activations import TWO_VALUED, Activation
from dnnt.columns.problem import Problem, Unit
from dnnt.exact import Number, common_denominator, normal
from dnnt.running import Run
from dnnt.simplify.form import Vector

_FIELDS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_DIGITS = bytes(ord("1") if byte & 128 else ord("0") for byte in range(256))

SUM_BYTES = 100
"""Bytes that a member of a set of sums takes, and its fields besides."""

KEPT = 200_000
"""Columns in lists that are remembered; with more all are forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The values of a unit over the points; `parts` are the masks of the points of equal values, least point first, and
    `heads` these values.
    """

    number: int
    values: Vector
    heads: tuple[Number, ...]
    parts: tuple[int, ...]
    packed: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A vector times one of several multipliers, each an integer once both are multiplied by their denominators."""

    vector: Vector
    multipliers: tuple[Number, ...]
    column: Column | None = None


class Maker:
    """Makes columns of units, remembers them, and finds the choice that gives one."""

    def __init__(self, points: int, run: Run) -> None:
        self.points = points
        self.run = run
        self.by_values: dict[Vector, Column] = {}
        self.by_mask: dict[tuple[int, int, int], Column] = {}
        self.shapes: dict[object, int] = {}
        self.shape_of: dict[int, int] = {}
        self.known: dict[object, tuple[Column, ...]] = {}
        self.kept = 0
        self.recent: tuple[object, set[int], int] | None = None
        self.images: dict[tuple[Activation, int, int], _Image] = {}

    def begin(self) -> None:
        """Another problem follows, whose units are others."""
        self.shape_of.clear()

    def column(self, values: Vector) -> Column:
        """The one column of these values."""
        found = self.by_values.get(values)
        if found is None:
            parts: dict[Number, int] = {}
            for point, value in enumerate(values):
                parts[value] = parts.get(value, 0) | 1 << point
            found = self.by_values[values] = Column(len(self.by_values), values, tuple(parts), tuple(parts.values()))
        return found

    def columns(self, unit: Unit, sources: dict[int, Column]) -> tuple[Column, ...]:
        """All columns that the unit may have."""
        key = self.key(unit, sources)
        found = self.known.get(key)
        if found is None:
            sums = Sums(self, parts_of(unit, sources))
            found = sums.images(unit.activation)
            if self.kept > KEPT:
                self.known.clear()
                self.kept = 0
            self.known[key] = found
            self.kept += len(found) + 1
        return found

    def has(self, unit: Unit, sources: dict[int, Column], wanted: Column) -> bool:
        """Whether the unit (of two values) may have this column."""
        key = self.key(unit, sources)
        found = self.known.get(key)
        if found is not None:
            return wanted in found
        if self.recent is None or self.recent[0] != key:
            sums = Sums(self, parts_of(unit, sources))
            self.recent = key, sums.masks(), sums.width
        _, masks, width = self.recent
        high = TWO_VALUED[unit.activation.kind][1]
        mask = wanted.packed.get((width, 0))
        if mask is None:
            mask = sum([1 << 8 * width * (p + 1) - 1 for p, value in enumerate(wanted.values) if value == high])
            wanted.packed[width, 0] = mask
        return mask in masks

    def choice(self, unit: Unit, sources: dict[int, Column], wanted: Column) -> dict[int, Number]:
        """Values of the unit's variables that give it the column (which must be one of its columns)."""
        variables = [term.variable for term in unit.terms] + [link.variable for link in unit.links]
        sums = Sums(self, parts_of(unit, sources))
        picked = sums.way_to(unit.activation, wanted)
        found = {}
        originals = [term.values for term in unit.terms] + [link.choices for link in unit.links]
        for variable, values, place in zip(variables, originals, picked, strict=True):
            if variable is not None:
                found[variable] = values[place]
        return found

    def key(self, unit: Unit, sources: dict[int, Column]) -> object:
        """Units that add up the same have the same columns, whatever the order."""
        shape = self.shape_of.get(unit.index)
        if shape is None:
            terms = sorted((term.column, term.values) for term in unit.terms)
            own = (unit.activation, unit.constant, tuple(terms))
            shape = self.shape_of[unit.index] = self.shapes.setdefault(own, len(self.shapes))
        return shape, tuple(sorted((sources[link.source].number, link.values) for link in unit.links))

    def two_valued(self, low: int, high: int, mask: int) -> Column:
        """The column that is `high` on the points of the mask and `low` on the others."""
        found = self.by_mask.get((low, high, mask))
        if found is None:
            values = tuple([high if mask >> point & 1 else low for point in range(self.points)])
            found = self.by_mask[low, high, mask] = self.column(values)
        return found

    def image(self, activation: Activation, width: int, scale: int) -> _Image:
        """What fields mean to an activation, remembered."""
        found = self.images.get((activation, width, scale))
        if found is None or len(found) > KEPT:
            found = self.images[activation, width, scale] = _Image(activation, width, scale)
        return found


class _Image(dict[int, Number]):
    """Field of a packed sum -> value of the activation."""

    def __init__(self, activation: Activation, width: int, scale: int) -> None:
        super().__init__()
        self.activation = activation
        self.middle = 1 << 8 * width - 1
        self.scale = scale

    def __missing__(self, key: int) -> Number:
        z: Number = key - self.middle
        if self.scale != 1:
            z = normal(Fraction(z, self.scale))
        value = self[key] = self.activation(z)
        return value


def parts_of(unit: Unit, sources: dict[int, Column]) -> list[Part]:
    """What the unit adds up: terms, products, and the constant with the multiplier 1 at the end."""
    parts = [Part(term.column, term.values) for term in unit.terms]
    for link in unit.links:
        column = sources[link.source]
        parts.append(Part(column.values, link.values, column))
    return [*parts, Part(unit.constant, (1,))]


class Sums:
    """The sums of one multiple of each part, packed. `parts` holds the multiples, the constant last."""

    def __init__(self, maker: Maker, parts: Sequence[Part]) -> None:
        self.maker = maker
        self.points = maker.points
        factors = [common_denominator(part.multipliers) for part in parts]
        self.scale = lcm(*[f * common_denominator(part.vector) for f, part in zip(factors, parts, strict=True)])
        most: Number = sum(_largest(p.multipliers) * _largest(p.vector) for p in parts)
        # Twice as wide as needed for the sum, so that negative sums become fields above 0 once the middle is added.
        needed = (int(most * self.scale).bit_length() + 8) // 8
        self.width = next((width for width in _FIELDS if width >= needed), needed)
        self.parts = []
        for factor, part in zip(factors, parts, strict=True):
            base = self._pack(part, self.scale // factor)
            self.parts.append([int(x * factor) * base for x in part.multipliers])
        self.middle = self._packed([1 << 8 * self.width - 1] * self.points)

    def _pack(self, part: Part, scale: int) -> int:
        if part.column is None:
            return self._packed([int(v * scale) for v in part.vector])
        found = part.column.packed.get((self.width, scale))
        if found is None:
            found = self._packed([int(v * scale) for v in part.vector])
            part.column.packed[self.width, scale] = found
        return found

    def _packed(self, vector: Iterable[int]) -> int:
        total = 0
        for point, value in enumerate(vector):
            total += value << 8 * self.width * point
        return total

    def _more(self, sums: set[int], steps: Sequence[int]) -> set[int]:
        run = self.maker.run
        run.poll()
        if len(steps) == 1:
            return {s + steps[0] for s in sums}
        run.need(len(sums) * len(steps) * (SUM_BYTES + self.points * self.width), "the sums of a unit")
        found: set[int] = set()
        for step in steps:
            found.update([s + step for s in sums])
            if len(sums) > 1000:
                run.poll()
        return found

    def images(self, activation: Activation) -> tuple[Column, ...]:
        """The columns that the activation makes of the sums."""
        if activation.kind in TWO_VALUED:
            low, high = TWO_VALUED[activation.kind]
            return tuple([self.maker.two_valued(low, high, self._dense(mask)) for mask in self.masks()])
        sums, steps = self._all_but_one()
        return self._listed(activation, self._more(sums, steps))

    def _all_but_one(self) -> tuple[set[int], Sequence[int]]:
        """The sums of all parts but one, and that one. Small parts come first; the constant has one multiplier."""
        sums = {self.middle}
        parts = sorted(self.parts, key=len)
        for steps in parts[:-1]:
            sums = self._more(sums, steps)
        return sums, parts[-1]

    def masks(self) -> set[int]:
        """The top bits of the fields of all sums: where these are not negative."""
        sums, steps = self._all_but_one()
        middle = self.middle
        masks: set[int] = set()
        for step in steps:
            masks.update([s + step & middle for s in sums])
            if len(sums) > 1000:
                self.maker.run.poll()
        return masks

    def _listed(self, activation: Activation, sums: Iterable[int]) -> tuple[Column, ...]:
        read = self.reader(activation)
        found: set[Vector] = set()
        for count, total in enumerate(sums):
            found.add(read(total))
            if count % 256 == 0:
                self.maker.run.poll()
        return tuple([self.maker.column(values) for values in found])

    def _dense(self, mask: int) -> int:
        """Top bits of fields as neighbouring bits."""
        raw = mask.to_bytes(self.points * self.width, "little")[self.width - 1 :: self.width]
        return int(raw.translate(_DIGITS)[::-1] or b"0", 2)

    def reader(self, activation: Activation) -> Callable[[int], Vector]:
        """From a packed sum (with the middle) to the values of the activation."""
        width, size = self.width, self.points * self.width
        image = self.maker.image(activation, width, self.scale)
        if width in _FIELDS:
            form = f"<{self.points}{_FIELDS[width]}"
            return lambda total: tuple([image[z] for z in unpack(form, total.to_bytes(size, "little"))])

        def slowly(total: int) -> Vector:
            raw = total.to_bytes(size, "little")
            return tuple([image[int.from_bytes(raw[i : i + width], "little")] for i in range(0, size, width)])

        return slowly

    def column_of(self, activation: Activation) -> Callable[[int], Column]:
        """From a packed sum (with the middle) to the column that the activation makes of it."""
        if activation.kind not in TWO_VALUED:
            read = self.reader(activation)
            return lambda total: self.maker.column(read(total))
        low, high = TWO_VALUED[activation.kind]
        known: dict[int, Column] = {}

        def two(total: int) -> Column:
            mask = total & self.middle
            if mask not in known:
                known[mask] = self.maker.two_valued(low, high, self._dense(mask))
            return known[mask]

        return two

    def way_to(self, activation: Activation, wanted: Column) -> list[int]:
        """For each part but the constant the place of a multiplier, so that the sum has the column wanted."""
        layers = [{self.middle}]
        for steps in self.parts:
            layers.append(self._more(layers[-1], steps))
        read = self.reader(activation)
        total = next(s for s in layers[-1] if read(s) == wanted.values)
        picked = []
        for steps, below in zip(reversed(self.parts), reversed(layers[:-1]), strict=True):
            place = next(i for i, step in enumerate(steps) if total - step in below)
            total -= steps[place]
            picked.append(place)
        return picked[:0:-1]


def _largest(values: Sequence[Number]) -> Number:
    """The largest absolute value."""
    return max(max(values), -min(values)) if values else 0


def negative(column: Column) -> Vector:
    """The values of the negative of a column."""
    return tuple([-value for value in column.values])


def parameters_of(problem: Problem, maker: Maker, columns: dict[int, Column]) -> dict[int, Number]:
    """Values of variables that give the units these columns."""
    found = dict(problem.fixed)
    for index, unit in problem.units.items():
        found.update(maker.choice(unit, columns, columns[index]))
    return found
