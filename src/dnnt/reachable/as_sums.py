"""The states of a program with one coordinate: a sumset of finite sets of numbers, as subset sums.

Each unit, and each slot of the rest, is a summand. With the greatest common divisor of all differences as the step, and
the least sum as the origin, a summand is a set of integers that begins with 0: {0, a} an item of a subset sum, a
progression {0, a, …, c · a} an item with c copies, any other set a choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, common_step, magnitude, normal
from dnnt.reachable.assemble import Solution
from dnnt.reachable.execute import execute
from dnnt.reachable.expression import Along, Choose, Node, Spread, Sum
from dnnt.reachable.packing import Axis, Packing
from dnnt.reachable.program import Program, Unit
from dnnt.reachable.recover import Counted, Found, recover
from dnnt.running import Run
from dnnt.spaces import Range, preferred

FEW = 256
"""Sets of so many choices are listed one by one."""

MOST_LISTED = 20_000
"""The most elements of all choices together."""


@dataclass(frozen=True, slots=True)
class Summand:
    """`count` equal sets of numbers: low, low + step, … (`size` numbers, `values` None), or the increasing `values`.

    `found` says how a number of the set is made; `pre` is how many sums stand before the activation.
    """

    low: Number
    step: Number
    size: int
    values: tuple[Number, ...] | None
    count: int
    found: Callable[[Number], Found]
    pre: int = 1

    @property
    def high(self) -> Number:
        """The greatest number of the set."""
        return normal(self.low + self.step * (self.size - 1)) if self.values is None else self.values[-1]

    def differences(self) -> Iterator[Number]:
        """Numbers whose common divisor divides all differences."""
        if self.values is None:
            yield self.step
        else:
            yield from (normal(b - a) for a, b in pairwise(self.values))


@dataclass(frozen=True, slots=True)
class Line:
    """A program of one coordinate: first the summands of the units, in their order, then those of the rest.

    The states are the values of `axis` whose digits are sums of up to `copies` times `size` for each of the `items`,
    and one element of each of the `choices`; `items` and `choices` name their summands by position.
    """

    program: Program
    summands: tuple[Summand, ...]
    axis: Axis
    items: tuple[tuple[int, int, int], ...]
    choices: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def packing(self) -> Packing:
        """The packing whose keys are the digits of the axis."""
        return Packing((self.axis,))

    def span(self, summand: Summand) -> int:
        """The greatest digit of one set of a summand."""
        return int((summand.high - summand.low) // self.axis.step) if self.axis.step else 0

    def solution(self, copies: Sequence[int], picks: Sequence[int]) -> Solution:
        """What makes the sum of so many copies of each item and these elements of the choices."""
        counted: list[list[tuple[Found, int]]] = [[] for _ in self.summands]
        for (position, _, most), used in zip(self.items, copies, strict=True):
            summand = self.summands[position]
            each = most // summand.count
            full, rest = divmod(used, each)
            # As many sets as possible give all they have, one gives what is left, the others nothing.
            shares = [(each, full), (rest, 1 if full < summand.count else 0)]
            shares.append((0, summand.count - full - 1))
            for share, count in shares:
                if count > 0:
                    counted[position].append((summand.found(normal(summand.low + summand.step * share)), count))
        for (position, _), pick in zip(self.choices, picks, strict=True):
            summand = self.summands[position]
            counted[position].append((summand.found(normal(summand.low + self.axis.step * pick)), 1))
        for summand, found in zip(self.summands, counted, strict=True):
            if not found:
                found.append((summand.found(summand.low), summand.count))
        units = len(self.program.units)
        made = [tuple(each) for each in counted]
        return Solution(tuple(made[:units]), _rest(self.program.rest.node, iter(made[units:])))


def line_of(program: Program, run: Run, costly: Callable[[Node], bool]) -> Line:
    """A program of width 1 as a line. `costly` says whether a node is too much work to evaluate.

    Raises `MethodUnsuitable` where units have too many values of their own to be told apart.
    """
    known: dict[int, dict[Number, Found] | None] = {}
    summands = [_unit(unit, known, run, costly) for unit in program.units]
    summands += [_slot(choose, times) for choose, times in _leaves(program.rest.node)]
    step = common_step([d for summand in summands for d in summand.differences()])
    low = normal(sum(summand.low * summand.count for summand in summands))
    items, choices, listed, top = [], [], 0, 0
    for position, summand in enumerate(summands):
        if not step or summand.size == 1:
            continue
        top += int((summand.high - summand.low) // step) * summand.count
        if summand.values is None:
            items.append((position, int(summand.step // step), (summand.size - 1) * summand.count))
            continue
        listed += summand.count * summand.size
        if listed > MOST_LISTED:
            raise MethodUnsuitable("many units have sets of values that are neither pairs nor progressions")
        digits = tuple(int((value - summand.low) // step) for value in summand.values)
        choices += [(position, digits)] * summand.count
    return Line(program, tuple(summands), Axis(low, step, top + 1), tuple(items), tuple(choices))


def _summand(values: Sequence[Number], count: int, found: Callable[[Number], Found], pre: int) -> Summand:
    """The summand of a listed set."""
    ordered = sorted(values)
    step = normal(ordered[1] - ordered[0]) if len(ordered) > 1 else 0
    if len(ordered) <= 2 or all(b - a == step for a, b in pairwise(ordered)):
        return Summand(ordered[0], step, len(ordered), None, count, found, pre)
    return Summand(ordered[0], 0, len(ordered), tuple(ordered), count, found, pre)


def _unit(
    unit: Unit, known: dict[int, dict[Number, Found] | None], run: Run, costly: Callable[[Node], bool]
) -> Summand:
    run.poll()
    node = unit.node
    simple = _simple(unit, node)
    if simple is not None:
        return simple
    before = _few(node.part.part, known)
    (block,) = node.blocks
    weights = {1: None} if node.own == 0 else {0: None} if block is None else _few(block, known)
    if before is not None and weights is not None and len(before) * len(weights) <= FEW:
        made: dict[Number, Found] = {}
        activation = node.part.activation
        for z, inner in before.items():
            a = activation(z)
            for w, outer in weights.items():
                value = normal(w * a)
                if value not in made:
                    parts = (((inner, 1),),) if outer is None else (((inner, 1),), ((outer, 1),))
                    made[value] = Found(parts=parts)
        return _summand(list(made), unit.count, made.__getitem__, len(before))
    if costly(node):
        raise MethodUnsuitable("a unit has many values of its own")
    executed = execute(node, run)
    axis, size, pre = executed.packing.axes[0], executed.keys.size, executed.parts[0].parts[0].keys.size

    def found(value: Number) -> Found:
        return recover(executed, (value,), run)

    if size == axis.count:
        return Summand(axis.low, axis.step, size, None, unit.count, found, pre)
    if size > MOST_LISTED:
        raise MethodUnsuitable("a unit has many values of its own")
    return _summand(executed.values(), unit.count, found, pre)


def _simple(unit: Unit, node: Spread) -> Summand | None:
    """The summand of a unit with one slot that comes in and one that goes out, of few values: what many units are."""
    inner, outer = _only(node.part.part), _only(node.blocks[0])
    if inner is None or outer is None or node.own == 0 or inner.space.size * outer.space.size > FEW:
        return None
    (x,), (y,) = inner.column, outer.column
    if not x or not y:
        return None
    activation = node.part.activation
    made: dict[Number, tuple[Number, Number]] = {}
    for v in inner.space:
        a = activation(normal(v * x))
        for w in outer.space:
            made.setdefault(normal(w * y * a), (v, w))

    def found(value: Number) -> Found:
        v, w = made[value]
        return Found(parts=((_one(v),), (_one(w),)))

    return _summand(list(made), unit.count, found, inner.space.size)


def _only(node: Sum | None) -> Choose | None:
    """The only part of a sum, where that is a choice."""
    if node is None or len(node.parts) != 1:
        return None
    part, times = node.parts[0]
    return part if times == 1 and isinstance(part, Choose) else None


def _one(value: Number) -> tuple[Found, int]:
    """What is found for a sum of one choice, with its multiplicity."""
    return Found(parts=(((Found(value), 1),),)), 1


def _few(node: Sum, known: dict[int, dict[Number, Found] | None]) -> dict[Number, Found] | None:
    """The numbers in a sum of few choices, each with how it is made; None where there are many. `known` is by id."""
    if id(node) in known:
        return known[id(node)]
    totals: dict[Number, tuple[Counted, ...]] | None = {0: ()}
    for part, times in node.parts:
        options = _options(part, known)
        if totals is None or options is None or (times > 1 and len(options) > 1) or len(options) * len(totals) > FEW:
            totals = None
            break
        following: dict[Number, tuple[Counted, ...]] = {}
        for value, found in options:
            here = ((found, times),)
            for total, parts in totals.items():
                following.setdefault(normal(total + value * times), (*parts, here))
        totals = following
    made = None if totals is None else {total: Found(parts=parts) for total, parts in totals.items()}
    known[id(node)] = made
    return made


def _options(node: Node, known: dict[int, dict[Number, Found] | None]) -> list[tuple[Number, Found]] | None:
    if isinstance(node, Choose):
        (x,) = node.column
        if x == 0:
            return [(0, Found(preferred(node.space)))]
        return [(normal(w * x), Found(w)) for w in node.space] if node.space.size <= FEW else None
    if isinstance(node, Along):
        (u,) = node.direction
        line = _few(node.line, known)
        return None if line is None else [(normal(v * u), found) for v, found in line.items()]
    return None


def _leaves(node: Sum) -> Iterator[tuple[Choose, int]]:
    """The choices of the rest, with multiplicities; columns are taken along the direction."""
    for part, times in node.parts:
        if isinstance(part, Choose):
            yield part, times
        else:
            assert isinstance(part, Along) and times == 1, "the rest is a sum of choices and lines"
            (u,) = part.direction
            for choose, count in part.line.parts:
                assert isinstance(choose, Choose), "a line is a sum of choices"
                yield Choose(choose.space, (normal(choose.column[0] * u),)), count


def _slot(node: Choose, times: int) -> Summand:
    """The multiples of a slot's column."""
    (x,) = node.column
    space = node.space
    if x == 0:
        return Summand(0, 0, 1, None, times, lambda value: Found(preferred(space)))

    def found(value: Number) -> Found:
        return Found(normal(Fraction(value) / x))

    if isinstance(space, Range):
        ends = normal(space.low * x), normal(space.high * x)
        return Summand(min(ends), magnitude(normal(space.step * x)), space.size, None, times, found)
    return _summand([normal(w * x) for w in space.values], times, found, 1)


def _rest(node: Sum, found: Iterator[Counted]) -> Found:
    """The rest's own tree, from what was found for its choices in order."""
    parts: list[Counted] = []
    for part, _ in node.parts:
        if isinstance(part, Along):
            line = Found(parts=tuple(next(found) for _ in part.line.parts))
            parts.append(((line, 1),))
        else:
            parts.append(next(found))
    return Found(parts=tuple(parts))
