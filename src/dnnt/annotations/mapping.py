"""Maps of keys that work digit by digit: repacking, going along a direction, applying an activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dnnt.activations import Activation
from dnnt.annotations import tables
from dnnt.annotations.semirings import Semiring
from dnnt.annotations.tables import Columns, Listed, Table
from dnnt.exact import Number, magnitude, normal
from dnnt.reachable.packing import Axis, Packing, Vector, axis_of
from dnnt.running import Run


@dataclass(frozen=True, slots=True)
class KeyMap:
    """key -> offset + the sum of what the tables give for its digits: (stride, count, factor or table) an axis.

    `divisors` divide digits first (on the way back from a repacking). `is_identity`: every key is taken to itself.
    """

    offset: int
    digits: tuple[tuple[int, int, int | Mapping[int, int]], ...]
    divisors: tuple[int, ...] = ()
    is_identity: bool = False

    def __call__(self, key: int) -> int:
        """The key that a key is taken to."""
        total = self.offset
        if self.divisors:
            for (stride, count, given), divisor in zip(self.digits, self.divisors, strict=True):
                assert isinstance(given, int), "digits that are divided have a factor"
                total += key // stride % count // divisor * given
            return total
        for stride, count, given in self.digits:
            digit = key // stride % count
            total += given * digit if isinstance(given, int) else given[digit]
        return total

    def table(self, table: Table, semiring: Semiring, span: int, run: Run) -> Table:
        """The set that a set is taken to; annotations of equal keys are added. All keys are below `span`."""
        if self.is_identity:
            return table
        if table.at_most > tables.SMALL_PAIRS and span < tables.WORD and table.bound < tables.WORD:
            from dnnt.annotations import key_arrays

            columns = tables.as_columns(table)
            keys = key_arrays.mapped(columns.numbers, self.offset, self.digits)
            return Columns(*key_arrays.merged(keys, columns.values, semiring.counts), table.bound)
        run.need(table.at_most * tables.ENTRY_BYTES, "a set of reachable vectors")

        def pairs() -> Sequence[tuple[int, int]]:
            made = []
            for index, (key, value) in enumerate(table.items()):
                if index % 5000 == 0:
                    run.poll()
                made.append((self(key), value))
            return made

        return tables.gathered(iter(pairs()), table.bound, semiring)


def spread(
    table: Table,
    chosen: Sequence[tuple[KeyMap, int]],
    semiring: Semiring,
    span: int,
    bound: int,
    run: Run,
) -> Table:
    """The union of the sets that several maps take a set to, each times an annotation.

    Keys before and after are below `span`, annotations at most `bound`.
    """
    size = table.at_most * len(chosen)
    if size > tables.SMALL_PAIRS and span < tables.WORD and bound < tables.WORD:
        from dnnt.annotations import key_arrays

        run.need(size * 48, "the contributions of a hidden unit")
        columns = tables.as_columns(table)
        parts = []
        for mapping, factor in chosen:
            run.poll()
            keys = key_arrays.mapped(columns.numbers, mapping.offset, mapping.digits)
            parts.append((keys, columns.values * factor if semiring.counts else columns.values + factor))
        return Columns(*key_arrays.joined(parts, semiring.counts), bound)
    run.need(size * tables.ENTRY_BYTES, "the contributions of a hidden unit")
    items = list(table.items())
    made: dict[int, int] = {}
    for mapping, factor in chosen:
        for index, (key, value) in enumerate(items):
            if index % 5000 == 0:
                run.poll()
            to = mapping(key)
            both = semiring.times(value, factor)
            known = made.get(to)
            made[to] = both if known is None else semiring.add(known, both)
    return Listed(made, bound)


def repacking(part: Packing, whole: Packing) -> tuple[KeyMap, KeyMap]:
    """From keys of a part to keys of a packing of a sum it is in, and back."""
    digits, back, ratios = [], [], []
    for mine, theirs, stride, step in zip(part.axes, whole.axes, part.strides, whole.strides, strict=True):
        if mine.count > 1:
            ratio = int(mine.step // theirs.step)
            digits.append((stride, mine.count, ratio * step))
            back.append((step, theirs.count, stride))
            ratios.append(ratio)
    same = all(factor == stride for stride, _, factor in digits)
    return KeyMap(0, tuple(digits), is_identity=same), KeyMap(0, tuple(back), tuple(ratios))


def along(axis: Axis, direction: Vector) -> tuple[Packing, KeyMap, KeyMap]:
    """From numbers on an axis to their multiples of a direction (which is not zero), and back."""
    axes = []
    for u in direction:
        if u == 0 or axis.count == 1:
            axes.append(Axis(normal(axis.low * u), 0, 1))
        else:
            low = axis.low if u > 0 else axis.high
            axes.append(Axis(normal(low * u), magnitude(normal(axis.step * u)), axis.count))
    packing = Packing(tuple(axes))
    if axis.count == 1:
        return packing, KeyMap(0, ()), KeyMap(0, ())
    up = sum(s for s, u in zip(packing.strides, direction, strict=True) if u > 0)
    down = sum(s for s, u in zip(packing.strides, direction, strict=True) if u < 0)
    there = KeyMap(down * (axis.count - 1), ((1, axis.count, up - down),))
    # Some coordinate grows or falls with the number: its digit tells it.
    stride, grows = next((s, u > 0) for s, u in zip(packing.strides, direction, strict=True) if u)
    if grows:
        return packing, there, KeyMap(0, ((stride, axis.count, 1),))
    return packing, there, KeyMap(axis.count - 1, ((stride, axis.count, -1),))


def distinct_digits(table: Table, packing: Packing, run: Run) -> list[list[int]]:
    """For each axis the digits that occur in a set."""
    if isinstance(table, Columns):
        from dnnt.annotations import key_arrays

        return [
            key_arrays.digits(table.numbers, stride, axis.count)
            for stride, axis in zip(packing.strides, packing.axes, strict=True)
        ]
    keys = table.listed()
    found = []
    for stride, axis in zip(packing.strides, packing.axes, strict=True):
        run.poll()
        found.append(sorted({key // stride % axis.count for key in keys}) if axis.count > 1 else [0])
    return found


def activated(table: Table, packing: Packing, activation: Activation, run: Run) -> tuple[Packing, KeyMap]:
    """From pre-activations to values."""
    memo: dict[Number, Number] = {}
    columns: list[dict[int, Number]] = []
    for axis, digits in zip(packing.axes, distinct_digits(table, packing, run), strict=True):
        column: dict[int, Number] = {}
        for index, digit in enumerate(digits):
            if index % 1000 == 0:
                run.poll()
            z = axis.value(digit)
            if z not in memo:
                memo[z] = activation(z)
            column[digit] = memo[z]
        columns.append(column)
    made = Packing(tuple(axis_of(list(column.values())) for column in columns))
    digits_made = []
    for stride, axis, column, to, step in zip(
        packing.strides, packing.axes, columns, made.axes, made.strides, strict=True
    ):
        if to.count > 1:
            digits_made.append((stride, axis.count, {d: _digit(to, a) * step for d, a in column.items()}))
    return made, KeyMap(0, tuple(digits_made))


def _digit(axis: Axis, value: Number) -> int:
    digit = axis.digit(value)
    assert digit is not None, "a value outside its own axis"
    return digit


def spreading(
    table: Table,
    packing: Packing,
    weights: Sequence[Sequence[Number]],
    run: Run,
) -> tuple[Packing, Callable[[Sequence[Number]], KeyMap]]:
    """The packing of a unit's contributions, and for a choice of one factor a block the map from values to them.

    `weights[b]` lists the factors that block b may have.
    """
    digits = distinct_digits(table, packing, run)
    values = [[axis.value(d) for d in ds] for axis, ds in zip(packing.axes, digits, strict=True)]
    axes = []
    for factors in weights:
        for column in values:
            run.poll()
            axes.append(axis_of([normal(w * a) for w in factors for a in column]))
    whole = Packing(tuple(axes))
    width = len(digits)

    def mapping(chosen: Sequence[Number]) -> KeyMap:
        made = []
        for c, (ds, column) in enumerate(zip(digits, values, strict=True)):
            run.poll()
            given = {
                d: sum(
                    _digit(axes[b * width + c], normal(w * a)) * whole.strides[b * width + c]
                    for b, w in enumerate(chosen)
                )
                for d, a in zip(ds, column, strict=True)
            }
            if any(given.values()):
                made.append((packing.strides[c], packing.axes[c].count, given))
        return KeyMap(0, tuple(made))

    return whole, mapping
