"""Cuts and residues: linear functions of states, as conditions on the digits of keys.

For an integer vector c the greatest c . v over all reachable states v is the sum of the greatest values over the
summands, since states are sums of one vector from each: no state lies beyond. And if within every summand all values
of c . a differ by multiples of m only, so do those of all states. Both are found from the value vectors of units
alone: a unit adds w a with weights w of its own for each sum, so in one row the extremes of c . (w a) are products of
extremes, and all w a have one residue if those with the least w have, and each step of w changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from dnnt_check.budget import Invalid, Work, rough_seconds
from dnnt_check.images import Image
from dnnt_check.losses import Vector
from dnnt_check.numbers import SHORT_BITS, Number, add, charge_quotient, common, multiply, normal, ratio, whole_ratio
from dnnt_check.reachable_grounds import Grounds
from dnnt_check.summands import Contribution, Summands

#: Predicted seconds for a product of two vectors, and for each of their entries.
DOT = 5e-7
ENTRY = 1e-7


@dataclass(frozen=True, slots=True)
class HalfSpace:
    """A condition on the digits of a key: the sum of weights times digits is at most `limit`.

    For reachable states it holds, and some of them reach the limit. One of it is `unit` in values of the cut.
    """

    weights: tuple[int, ...]
    limit: int
    unit: Number


@dataclass(frozen=True, slots=True)
class Congruence:
    """A condition on the digits of a key: the sum of weights times digits is `residue` modulo `modulus`."""

    weights: tuple[int, ...]
    residue: int
    modulus: int


@dataclass(frozen=True, slots=True)
class Face:
    """A cut c with the greatest values of c . v that it has over the vectors v of each unit.

    Attributes:
        unit: what the values of reachable states are integer multiples of, apart from a constant.
        tops: for each group of units, for each of its value vectors the greatest value that weights give to it; of thin
            units just the greatest of these.
        vector: the cut itself.
    """

    unit: Number
    tops: tuple[Sequence[Number], ...]
    vector: tuple[int, ...]

    def near(self, place: int, image: Image, slack: int, work: Work) -> list[Vector]:
        """The value vectors of a group that weights can give so little slack."""
        tops = self.tops[place]
        least = max(tops) - slack * self.unit
        work.spend(len(tops) * 2e-7)
        return [vector for vector, top in zip(image.vectors(work), tops, strict=True) if top >= least]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What targets have to satisfy.

    Attributes:
        cuts: the cuts that say anything.
        congruences: the residues that say anything.
        span: if the first cut says something: what a key counts more for every unit of slack that it has for that cut
            (the number of keys of the box); else 0.
        face: if so, the same cut before it was brought to digits.
    """

    cuts: tuple[HalfSpace, ...] = ()
    congruences: tuple[Congruence, ...] = ()
    span: int = 0
    face: Face | None = None


def conditions_of(grounds: Grounds, summands: Summands, work: Work) -> Conditions:
    """The cuts and residues of a certificate, proved and ready for use.

    Raises:
        Invalid: a vector has another length than states have, or a residue is not the only one.
    """
    if not grounds.cuts and not grounds.residues:
        return Conditions()
    width = summands.points * summands.rows
    places = [("cuts", i, cut) for i, cut in enumerate(grounds.cuts)]
    places += [("residues", i, vector) for i, (vector, _) in enumerate(grounds.residues)]
    for key, i, vector in places:
        if len(vector) != width:
            place = f"lower.grounds.{key}[{i}]"
            raise Invalid(f"{place}: {len(vector)} coordinates are given, a state has {width}")
    count = sum([item.image.count for item in summands.contributions])
    work.require(rough_seconds(len(places) * count, 2 * DOT + width * ENTRY), "the values of cuts and residues")
    reading = _Reading(summands, work)
    cuts = [reading.half_space(cut, i == 0) for i, cut in enumerate(grounds.cuts)]
    found = [reading.congruence(vector, m, i) for i, (vector, m) in enumerate(grounds.residues)]
    return Conditions(
        tuple([cut for cut in cuts if cut is not None]),
        tuple([item for item in found if item is not None]),
        summands.span if cuts and cuts[0] is not None else 0,
        reading.face,
    )


def half_spaces(cuts: Sequence[tuple[int, ...]], summands: Summands, work: Work) -> list[HalfSpace | None]:
    """Cuts proved and brought to digits; None for one that has the same value for all states.

    Raises:
        Invalid: a vector has another length than states have.
    """
    width = summands.points * summands.rows
    if any(len(cut) != width for cut in cuts):
        raise Invalid(f"lower.grounds.boxes: a state has {width} coordinates, a cut another number")
    count = sum([item.image.count for item in summands.contributions])
    work.require(rough_seconds(len(cuts) * count, 2 * DOT + width * ENTRY), "the values of cuts")
    reading = _Reading(summands, work)
    return [reading.half_space(cut) for cut in cuts]


@dataclass(frozen=True, slots=True)
class _Values:
    """A linear function over a set of vectors: one value, the extremes, and the common divisor of all differences."""

    first: Number
    low: Number
    high: Number
    step: Number


class _Reading:
    """Linear functions over the summands of one instance."""

    def __init__(self, summands: Summands, work: Work) -> None:
        self.summands = summands
        self.work = work
        self.axes = summands.axes
        self.points = summands.points
        self.rows = summands.rows
        # By image (which stays) and coefficients: equal sources are looked at once.
        self.known: dict[tuple[int, tuple[Number, ...]], _Values] = {}
        self.face: Face | None = None

    def half_space(self, cut: Sequence[int], as_face: bool = False) -> HalfSpace | None:
        """The cut on digits; None if all states have the same value. It may become the face."""
        work = self.work
        greatest: Number = 0
        tops: list[Sequence[Number]] = []
        for item in self.summands.contributions:
            count = item.group.left + item.group.right
            if item.thin is not None:
                best = item.thin.most
                tops.append((best,))
            elif as_face:
                tops.append(self._tops(item, cut))
                best = max(tops[-1])
            else:
                best = self._greatest(item, cut)
            greatest = add(greatest, multiply(count, best, work), work)
        for term in self.summands.rest:
            value = self._dot(self._row(cut, term.row), term.column)
            ends = [multiply(value, end, work) for end in (term.space.low, term.space.high)]
            greatest = add(greatest, max(ends), work)
        factors, base = self._on_digits(cut)
        unit: Number = 0
        for factor in factors:
            charge_quotient(unit, factor, work)
            unit = common(unit, factor)
        if not unit:
            return None
        if as_face:
            self.face = Face(unit, tuple(tops), tuple(cut))
        above = ratio(add(greatest, -base, work), unit)
        if type(above) is not int:  # A value that is declared for a thin unit.
            raise Invalid("lower.grounds.thin: a unit cannot have the greatest value that is declared")
        limit = above
        work.spend(len(factors) * 2e-6)
        return HalfSpace(tuple([whole_ratio(factor, unit) for factor in factors]), limit, unit)

    def congruence(self, vector: Sequence[int], modulus: int, index: int) -> Congruence | None:
        """The residue on digits; None if it says nothing.

        Raises:
            Invalid: some summand has vectors of different residues.
        """
        work = self.work
        state: Number = 0
        for item in self.summands.contributions:
            count = item.group.left + item.group.right
            state = add(state, multiply(count, self._only(item, vector, modulus, index), work), work)
        for term in self.summands.rest:
            value = self._dot(self._row(vector, term.row), term.column)
            self._check_multiple(multiply(term.space.step, value, work), modulus, index)
            state = add(state, multiply(term.space.low, value, work), work)
        factors, base = self._on_digits(vector)
        residue = add(state, -base, work)
        scale = 1
        for number in (*factors, residue):
            work.spend(1e-6 + scale.bit_length() * 1e-9)
            scale = math.lcm(scale, number.denominator)
        weights = [whole_ratio(factor * scale, 1) % (modulus * scale) for factor in factors]
        shared = math.gcd(modulus * scale, *weights)
        whole = whole_ratio(residue * scale, 1)
        if shared == modulus * scale:
            return None
        return Congruence(
            tuple([weight // shared for weight in weights]),
            whole // shared % (modulus * scale // shared),
            modulus * scale // shared,
        )

    # ------------------------------------------------------------ one summand

    def _greatest(self, item: Contribution, cut: Sequence[int]) -> Number:
        """The greatest value over the vectors of a unit."""
        if item.group.row is not None or len(item.spaces) != 1:
            return max(self._tops(item, cut))
        ((row, space),) = item.spaces
        values = self._values(item, self._row(cut, row))
        return max([multiply(w, s, self.work) for w in (space.low, space.high) for s in (values.low, values.high)])

    def _tops(self, item: Contribution, cut: Sequence[int]) -> list[Number]:
        """For each value vector of a unit the greatest value that weights give to it."""
        work = self.work
        own = item.group.row
        rows = [(self._row(cut, row), space) for row, space in item.spaces]
        rows = [(part, space) for part, space in rows if any(part) and (space.low or space.high)]
        work.hold(item.image.count * 40, "the values of a cut")
        if len(rows) == 1 and own is None and self._is_plain(item, rows[0][0]):
            ((part, space),) = rows
            work.require(rough_seconds(item.image.count, DOT + self.points * ENTRY), "the values of a cut")
            low, high = space.low, space.high
            found: list[Number] = []
            for vector in item.image.vectors(work):
                value = sum(map(mul, part, vector))
                found.append(high * value if value > 0 else low * value)
                work.spend(DOT + self.points * ENTRY)
            return found if type(low) is int and type(high) is int else [normal(value) for value in found]
        result: list[Number] = []
        for vector in item.image.vectors(work):
            total: Number = 0 if own is None else self._dot(self._row(cut, own), vector)
            for part, space in rows:
                value = self._dot(part, vector)
                total = add(total, multiply(space.high if value > 0 else space.low, value, work), work)
            result.append(total)
            work.spend(1e-6)
        return result

    def _only(self, item: Contribution, vector: Sequence[int], modulus: int, index: int) -> Number:
        """A value of the summand, all of whose values have one residue."""
        work = self.work
        total: list[Number] = [0] * self.points if item.group.row is None else [*self._row(vector, item.group.row)]
        for row, space in item.spaces:
            part = self._row(vector, row)
            if space.count > 1 and any(part):
                values = self._values(item, part)
                for value in (values.first, values.step):
                    self._check_multiple(multiply(space.step, value, work), modulus, index)
            total = [add(a, multiply(space.low, b, work), work) for a, b in zip(total, part, strict=True)]
            work.spend(2e-6 + self.points * 4e-7)
        values = self._values(item, tuple(total))
        self._check_multiple(values.step, modulus, index)
        return values.first

    def _check_multiple(self, value: Number, modulus: int, index: int) -> None:
        charge_quotient(value, modulus, self.work)
        if type(ratio(value, modulus)) is not int:
            place = f"lower.grounds.residues[{index}]"
            raise Invalid(f"{place}: the vectors of a summand have different residues modulo {modulus}")

    def _values(self, item: Contribution, part: tuple[Number, ...]) -> _Values:
        """What the linear function with these coefficients does on the value vectors of a unit."""
        key = (id(item.image), part)
        if key not in self.known:
            self.known[key] = self._swept(item, part)
        return self.known[key]

    def _swept(self, item: Contribution, part: tuple[Number, ...]) -> _Values:
        work = self.work
        image = item.image
        low = high = first = self._dot(part, next(image.vectors(work)))
        step: Number = 0
        if self._is_plain(item, part):
            differences = 0
            for vector in image.vectors(work):
                value = sum(map(mul, part, vector))
                if value < low:
                    low = value
                elif value > high:
                    high = value
                differences = math.gcd(differences, value - first)
                work.spend(DOT + self.points * ENTRY)
            return _Values(first, low, high, differences)
        for vector in image.vectors(work):
            value = self._dot(part, vector)
            difference = add(value, -first, work)
            charge_quotient(step, difference, work)
            low, high, step = min(low, value), max(high, value), common(step, difference)
            work.spend(3e-6)
        return _Values(first, low, high, step)

    def _is_plain(self, item: Contribution, part: Sequence[Number]) -> bool:
        """Are all numbers short integers?"""
        entries = [value for values in (*item.image.values, part) for value in values]
        self.work.spend(len(entries) * 1e-7)
        return all(type(value) is int and 4 * value.bit_length() < SHORT_BITS for value in entries)

    # ------------------------------------------------------------ coordinates

    def _row(self, vector: Sequence[int], row: int) -> tuple[int, ...]:
        """The coefficients for one row of a state."""
        return tuple(vector[row * self.points : (row + 1) * self.points])

    def _dot(self, part: Sequence[Number], vector: Vector) -> Number:
        total: Number = 0
        for factor, value in zip(part, vector, strict=True):
            if factor and value:
                total = add(total, multiply(factor, value, self.work), self.work)
        self.work.spend(DOT + self.points * ENTRY)
        return total

    def _on_digits(self, vector: Sequence[int]) -> tuple[list[Number], Number]:
        """What a digit of every axis adds to the function, and its value at the lowest corner of the box."""
        work = self.work
        base: Number = 0
        factors: list[Number] = []
        for place, axis in enumerate(self.axes):
            i, row = divmod(place, self.rows)
            entry = vector[row * self.points + i]
            base = add(base, multiply(entry, axis.low, work), work)
            factors.append(multiply(entry, axis.step, work) if axis.radix > 1 else 0)
            work.spend(2e-6)
        return factors, base
