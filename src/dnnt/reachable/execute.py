"""Evaluating expressions: each node becomes a set of packed keys, with what is needed to walk back from a key.

Sums are folded part by part; `times` equal parts are formed by doubling, so k equal units cost log k sumsets.
`recover` walks back through the sets before each step; where they would take much memory some are kept, and the
others are formed again on the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from dnnt.exact import Number, magnitude, normal
from dnnt.reachable import keysets
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread
from dnnt.reachable.key_kinds import NUMPY_SPAN, Keys, PythonKeys, held_bytes
from dnnt.reachable.packing import Axis, Packing, Vector, axis_of, packing_sum
from dnnt.reachable.tables import Linear
from dnnt.running import Run
from dnnt.spaces import Range

KEPT_BYTES = 256 << 20
"""Up to this the sums before all steps of a fold are kept."""

LEAST_KEPT = 32
"""So many sets are kept whatever they take."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A node with its set: keys of a packing, and the executed parts below it."""

    node: Node
    packing: Packing
    keys: Keys
    parts: tuple[Executed, ...] = ()
    fold: Fold | None = None

    def values(self) -> list[Number]:
        """The numbers in a set of vectors of width 1."""
        return [self.packing.axes[0].value(key) for key in self.keys.listed()]


@dataclass(frozen=True, slots=True)
class Step:
    """One sumset of a fold: 2^`exponent` times part number `part`."""

    part: int
    exponent: int


Near = Callable[[Keys, Sequence[int]], Keys]
"""Drops sums that nobody needs, given how many vectors of each part they are made of."""


def everything(keys: Keys, counts: Sequence[int]) -> Keys:
    """Drops nothing."""
    return keys


@dataclass(frozen=True, slots=True)
class Fold:
    """How a sum was formed, in a packing of its own: `doubled[p][j]` is the set of sums of 2^j vectors of part p.

    `kept` has the sums before some of the steps, the first one always, by the step's index.
    """

    packing: Packing
    steps: tuple[Step, ...]
    doubled: tuple[tuple[Keys, ...], ...]
    result: Keys
    kept: Mapping[int, Keys]
    near: Near = everything

    def backwards(self, run: Run) -> Iterator[tuple[Step, Keys]]:
        """The steps from the last to the first, each with the sums before it."""
        end = len(self.steps)
        for start in sorted(self.kept, reverse=True):
            before = [self.kept[start]]
            counts = [0] * len(self.doubled)
            for step in self.steps[:start]:
                counts[step.part] += 1 << step.exponent
            for step in self.steps[start : end - 1]:
                counts[step.part] += 1 << step.exponent
                made = _sumset(before[-1], self.doubled[step.part][step.exponent], self.packing, run)
                before.append(self.near(made, counts))
            for index in range(end - 1, start - 1, -1):
                yield self.steps[index], before.pop()
            end = start


class _Kept:
    """The sums before the steps of a fold: all of them while they are small, every 2^j-th one where they are not."""

    def __init__(self) -> None:
        self.sets: dict[int, Keys] = {}
        self._spacing = 1
        self._bytes = 0

    def add(self, index: int, keys: Keys) -> None:
        """Keep the sums before step `index`, if it is one of those to keep."""
        if index % self._spacing:
            return
        self.sets[index] = keys
        self._bytes += held_bytes(keys)
        while self._bytes > KEPT_BYTES and len(self.sets) > LEAST_KEPT:
            self._spacing *= 2
            self.sets = {i: kept for i, kept in self.sets.items() if i % self._spacing == 0}
            self._bytes = sum(map(held_bytes, self.sets.values()))


def execute(node: Node, run: Run) -> Executed:
    """Evaluate a node. Raises `Stop` where the run's limits end it."""
    if isinstance(node, Choose):
        return _choose(node, run)
    if isinstance(node, Along):
        return _along(node, run)
    if isinstance(node, Image):
        return _image(node, run)
    if isinstance(node, Spread):
        return _spread(node, run)
    parts = tuple(execute(part, run) for part, _ in node.parts)
    times = [count for _, count in node.parts]
    packed = [(part.packing, count) for part, count in zip(parts, times, strict=True)]
    packing = packing_sum(packed, node.width, run.need)
    fold = fold_sum([repacked(part, packing, run) for part in parts], times, packing, run)
    return Executed(node, packing, fold.result, parts, fold)


def fold_sum(
    sets: Sequence[Keys],
    times: Sequence[int],
    packing: Packing,
    run: Run,
    near: Near = everything,
) -> Fold:
    """Form the sums of `times[p]` vectors of each set p (0 times: none), all as keys of the given packing."""
    steps: list[Step] = []
    kept = _Kept()
    total: Keys = PythonKeys(frozenset([0]))
    of_total = [0] * len(sets)
    sets = [near(keys, _only(p, 1, len(sets))) for p, keys in enumerate(sets)]
    order = sorted(range(len(sets)), key=lambda p: (sets[p].size, p))
    chains: dict[int, tuple[Keys, ...]] = {}
    for p in order:
        chain = [sets[p]]
        if times[p]:
            while len(chain) < times[p].bit_length():
                doubled = _sumset(chain[-1], chain[-1], packing, run)
                chain.append(near(doubled, _only(p, 1 << len(chain), len(sets))))
        chains[p] = tuple(chain)
        for exponent in range(times[p].bit_length()):
            if times[p] >> exponent & 1:
                kept.add(len(steps), total)
                steps.append(Step(p, exponent))
                of_total[p] += 1 << exponent
                total = near(_sumset(total, chain[exponent], packing, run), of_total)
    return Fold(packing, tuple(steps), tuple(chains[p] for p in range(len(sets))), total, kept.sets, near)


def _only(part: int, count: int, parts: int) -> list[int]:
    return [count if p == part else 0 for p in range(parts)]


def _sumset(left: Keys, right: Keys, packing: Packing, run: Run) -> Keys:
    if left.at_most == 1 and 0 in left:
        return right
    run.need(keysets.sumset_bytes(left.at_most, right.at_most, packing.span), "a set of reachable vectors")
    return keysets.sumset(left, right, packing.span, run.poll)


def repacked(part: Executed, packing: Packing, run: Run) -> Keys:
    """The part's set as keys of a packing of a sum it is in."""
    if part.packing.strides == packing.strides and _same_steps(part.packing, packing):
        return part.keys
    return keysets.of(mapped(part, _repacking(part.packing, packing), packing), run.poll)


def _same_steps(part: Packing, whole: Packing) -> bool:
    return all(a.count == 1 or a.step == b.step for a, b in zip(part.axes, whole.axes, strict=True))


def _repacking(part: Packing, whole: Packing) -> list[Linear]:
    """For each axis, what a digit of the part adds to a key of the whole."""
    tables = []
    for mine, theirs, stride in zip(part.axes, whole.axes, whole.strides, strict=True):
        ratio = int(mine.step // theirs.step) * stride if mine.step else 0
        tables.append(Linear(ratio, 0, mine.count))
    return tables


def _choose(node: Choose, run: Run) -> Executed:
    axes = []
    space = node.space
    for x in node.column:
        if x == 0:
            axes.append(Axis(0, 0, 1))
        elif isinstance(space, Range):
            axes.append(
                Axis(
                    normal(min(space.low * x, space.high * x)),
                    magnitude(normal(space.step * x)),
                    space.size,
                )
            )
        else:
            axes.append(axis_of([normal(w * x) for w in space.values]))
    packing = Packing(tuple(axes))
    size = 1 if packing.span == 1 else space.size
    run.need(keysets.bytes_of(size, packing.span) + 100 * size, "the values of a weight")
    if size == 1:
        return Executed(node, packing, PythonKeys(frozenset([0])))
    if isinstance(space, Range):
        slope, offset = _progression(node.column, packing, size)
        return Executed(node, packing, keysets.progression(size, slope, offset, packing.span))
    keys = []
    for w in space.values:
        run.poll()
        key = packing.encode(tuple(normal(w * x) for x in node.column))
        assert key is not None, "a vector outside its own packing"
        keys.append(key)
    return Executed(node, packing, keysets.of(keys, run.poll))


def _progression(column: Vector, packing: Packing, size: int) -> tuple[int, int]:
    """The key of value number i of a range times the column, as slope · i + offset."""
    up = sum(s for s, x in zip(packing.strides, column, strict=True) if x > 0)
    down = sum(s for s, x in zip(packing.strides, column, strict=True) if x < 0)
    return up - down, down * (size - 1)


def _along(node: Along, run: Run) -> Executed:
    line = execute(node.line, run)
    axis = line.packing.axes[0]
    axes = []
    for u in node.direction:
        if u == 0 or axis.count == 1:
            axes.append(Axis(normal(axis.low * u), 0, 1))
        else:
            low = axis.low if u > 0 else axis.high
            axes.append(Axis(normal(low * u), magnitude(normal(axis.step * u)), axis.count))
    packing = Packing(tuple(axes))
    slope, offset = _progression(node.direction, packing, axis.count)
    table = Linear(slope, offset, axis.count)
    return Executed(node, packing, keysets.of(mapped(line, [table], packing), run.poll), (line,))


def _image(node: Image, run: Run) -> Executed:
    part = execute(node.part, run)
    memo: dict[Number, Number] = {}
    axes: list[Axis] = []
    columns: list[dict[int, Number]] = []
    for c, axis in enumerate(part.packing.axes):
        column: dict[int, Number] = {}
        for index, digit in enumerate(part.keys.digits(part.packing, c)):
            if index % 1000 == 0:
                run.poll()
            z = axis.value(digit)
            if z not in memo:
                memo[z] = node.activation(z)
            column[digit] = memo[z]
        columns.append(column)
        axes.append(axis_of(list(column.values())))
    packing = Packing(tuple(axes))
    tables = [
        {digit: digit_of(axis, a) * stride for digit, a in column.items()}
        for column, axis, stride in zip(columns, axes, packing.strides, strict=True)
    ]
    keys = mapped(part, tables, packing)
    return Executed(node, packing, keysets.of(keys, run.poll), (part,))


def digit_of(axis: Axis, value: Number) -> int:
    """The digit of a value that is known to be on the axis."""
    digit = axis.digit(value)
    assert digit is not None, "a value outside its own axis"
    return digit


def mapped(part: Executed, tables: Sequence[Mapping[int, int]], packing: Packing) -> Any:
    """For each key of the part in increasing order, the key of `packing` that the tables give.

    In Python integers where the result does not fit an int64.
    """
    keys: Keys = part.keys
    if packing.span > NUMPY_SPAN and not isinstance(keys, PythonKeys):
        keys = PythonKeys(frozenset(keys.listed()))
    return keys.mapped(part.packing, tables)


def _spread(node: Spread, run: Run) -> Executed:
    part = execute(node.part, run)
    lines = tuple(execute(block, run) for block in node.blocks if block is not None)
    packing, choices = spread_choices(node, part, lines, run)
    run.need(
        keysets.bytes_of(len(choices) * part.keys.size, packing.span) * 2,
        "the contributions of a hidden unit",
    )
    made = []
    for tables in choices.values():
        run.poll()
        made.append(mapped(part, tables, packing))
    return Executed(node, packing, keysets.union(made, run.poll), (part, *lines))


Choices = dict[tuple[Number, ...], list[dict[int, int]]]


def spread_choices(node: Spread, part: Executed, lines: Sequence[Executed], run: Run) -> tuple[Packing, Choices]:
    """The packing of a `Spread`, and for each choice of weight sums (one a block with weights) its tables."""
    digits = [part.keys.digits(part.packing, c) for c in range(len(part.packing.axes))]
    values = [[axis.value(d) for d in ds] for axis, ds in zip(part.packing.axes, digits, strict=True)]
    line = iter(lines)
    per_block: list[list[Number]] = []
    for b, block in enumerate(node.blocks):
        per_block.append([1] if b == node.own else [0] if block is None else next(line).values())
    axes = []
    for weights in per_block:
        for column in values:
            run.poll()
            axes.append(axis_of([normal(w * a) for w in weights for a in column]))
    packing = Packing(tuple(axes))
    choices: Choices = {}
    width = len(digits)
    for weights_chosen in product(*per_block):
        run.poll()
        tables: list[dict[int, int]] = []
        for c, (ds, column) in enumerate(zip(digits, values, strict=True)):
            table = {}
            for d, a in zip(ds, column, strict=True):
                table[d] = sum(
                    digit_of(axes[b * width + c], normal(w * a)) * packing.strides[b * width + c]
                    for b, w in enumerate(weights_chosen)
                )
            tables.append(table)
        choices[tuple(weights_chosen)] = tables
    return packing, choices


def vector_of_part(part: Executed, whole: Packing, key: int) -> Vector:
    """The vector of a part whose key in the packing of a sum is `key`."""
    vector = []
    for mine, theirs in zip(part.packing.axes, whole.axes, strict=True):
        key, digit = divmod(key, theirs.count)
        vector.append(mine.value(digit // int(mine.step // theirs.step)) if mine.step else mine.low)
    return tuple(vector)
