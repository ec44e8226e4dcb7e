"""Linear combinations of vectors over the distinct inputs, exactly and all inputs at once.

A column of rationals is brought to a common denominator, and its numerators become fields of equal width in one long
integer. Then a multiple of a column is one product, a sum of columns is one sum, and every field of the result is the
sum at one input, as long as fields are wide enough for what the coefficients and columns can add up to. This is
computed first; numbers that need very wide fields are combined one by one, at a price that is checked beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from dnnt_check.budget import Work
from dnnt_check.numbers import Number, add, multiply, quotient

Vector = tuple[Number, ...]

#: Widths of fields, in bytes.
WIDTHS = (8, 16, 32, 64, 128)

#: Common denominators of more bits than this are not used.
DENOMINATOR_BITS = 400

#: At so many inputs sums of short integers are formed one by one.
FEW_INPUTS = 8

#: Sums of more terms are not formed in one go at few inputs, so that they can be interrupted.
FEW_TERMS = 10_000


WHOLE = frozenset((int,))


class Column:
    """A vector over the distinct inputs, ready for linear combinations.

    Attributes:
        values: its entries.
        denominator: the entries are integer multiples of 1 / denominator; 0 if this is not used.
        largest: no numerator is greater in absolute value.
        zero: are all entries 0?
    """

    __slots__ = ("_packed", "denominator", "largest", "numerators", "values", "zero")

    def __init__(self, values: Vector, work: Work) -> None:
        """Find the common denominator."""
        self.values = values
        self.zero = not any(values)
        self._packed: dict[int, int] = {}
        denominator = 1
        for value in () if WHOLE.issuperset(map(type, values)) else values:
            if type(value) is not int:
                if value.denominator.bit_length() > DENOMINATOR_BITS:
                    denominator = 0
                    break
                denominator = math.lcm(denominator, value.denominator)
                work.spend(1e-6)
                if denominator.bit_length() > DENOMINATOR_BITS:
                    denominator = 0
                    break
        self.denominator = denominator
        self.numerators: tuple[int, ...] = ()
        self.largest = 0
        if denominator == 1:
            self.numerators = values  # type: ignore[assignment]  # All are whole.
        elif denominator:
            self.numerators = tuple([value.numerator * (denominator // value.denominator) for value in values])
        if self.numerators:
            self.largest = max(max(self.numerators), -min(self.numerators))
            if self.largest.bit_length() > 8 * WIDTHS[-1]:
                self.denominator = 0
        work.spend(1e-6 + len(values) * 1.5e-7)

    def packed(self, width: int, work: Work) -> int:
        """The numerators as fields of so many bytes."""
        known = self._packed.get(width)
        if known is None:
            known = pack(self.numerators, width)
            self._packed[width] = known
            work.spend(1e-6 + len(self.numerators) * 2e-7)
        return known


def pack(numerators: tuple[int, ...], width: int) -> int:
    """The sum of numerator i times 256^(width * i)."""
    half = 1 << (8 * width - 1)
    data = b"".join([(value + half).to_bytes(width, "little") for value in numerators])
    return int.from_bytes(data, "little") - half * ones(len(numerators), width)


def ones(count: int, width: int) -> int:
    """A field of 1 for every input."""
    return int.from_bytes((b"\1" + bytes(width - 1)) * count, "little")


def unpack(packed: int, count: int, width: int) -> list[int]:
    """The fields, each of them less than half the range of a field in absolute value."""
    half = 1 << (8 * width - 1)
    data = (packed + half * ones(count, width)).to_bytes(count * width, "little")
    read = int.from_bytes
    return [read(data[start : start + width], "little") - half for start in range(0, count * width, width)]


class Combiner:
    """Linear combinations of columns of one length."""

    def __init__(self, count: int, work: Work) -> None:
        self.count = count
        self.work = work

    def column(self, values: Vector) -> Column:
        """The vector as a column."""
        return Column(values, self.work)

    def combine(self, terms: Iterable[tuple[Number, Column]], constant: Number) -> list[Number]:
        """The sum of coefficient * column over the terms, plus the constant everywhere."""
        used = [(coefficient, column) for coefficient, column in terms if coefficient]
        self.work.spend(1e-6 + len(used) * 3e-7)
        if not self.count:
            return []
        if self.count <= FEW_INPUTS and type(constant) is int and len(used) <= FEW_TERMS:
            short = self._short_sums(used, constant)
            if short is not None:
                return short
        common = _common_denominator(used, constant)
        if common:
            factors = [
                coefficient.numerator * (common // (coefficient.denominator * column.denominator))
                for coefficient, column in used
            ]
            shift = constant.numerator * (common // constant.denominator)
            bound = abs(shift) + sum(
                [abs(factor) * column.largest for factor, (_, column) in zip(factors, used, strict=True)]
            )
            for width in WIDTHS:
                if bound.bit_length() < 8 * width - 1:
                    return self._packed(factors, [column for _, column in used], shift, common, width)
        return self._one_by_one(used, constant)

    def _short_sums(self, terms: list[tuple[Number, Column]], constant: int) -> list[Number] | None:
        """The sums at few inputs, if all numbers are short integers."""
        totals: list[Number] = [constant] * self.count
        for coefficient, column in terms:
            if type(coefficient) is not int or column.denominator != 1:
                return None
            if coefficient.bit_length() + column.largest.bit_length() > DENOMINATOR_BITS:
                return None
            totals = [total + coefficient * value for total, value in zip(totals, column.numerators, strict=True)]
        self.work.spend(len(terms) * self.count * 1e-7)
        return totals

    def _packed(self, factors: list[int], columns: list[Column], shift: int, common: int, width: int) -> list[Number]:
        work = self.work
        each = 2e-7 + self.count * width * 1e-9
        total = shift * ones(self.count, width) if shift else 0
        for factor, column in zip(factors, columns, strict=True):
            total += factor * column.packed(width, work)
            work.spend(each)
        fields = unpack(total, self.count, width)
        work.spend(self.count * 2e-7)
        if common == 1:
            return list(fields)
        work.spend(self.count * 2e-6)
        return [quotient(field, common) for field in fields]

    def _one_by_one(self, terms: list[tuple[Number, Column]], constant: Number) -> list[Number]:
        work = self.work
        result: list[Number] = [constant] * self.count
        for coefficient, column in terms:
            result = [
                add(total, multiply(coefficient, value, work), work)
                for total, value in zip(result, column.values, strict=True)
            ]
            work.spend(self.count * 5e-7)
        return result


def _common_denominator(terms: list[tuple[Number, Column]], constant: Number) -> int:
    """A common denominator of all products and the constant; 0 if it would be long."""
    common = constant.denominator
    if common.bit_length() > DENOMINATOR_BITS:
        return 0
    known = {1}
    for coefficient, column in terms:
        below = coefficient.denominator
        if not column.denominator or max(below, abs(coefficient.numerator)).bit_length() > 8 * WIDTHS[-1]:
            return 0
        below *= column.denominator
        if below not in known:
            known.add(below)
            common = math.lcm(common, below)
            if common.bit_length() > 2 * DENOMINATOR_BITS:
                return 0
    return common
