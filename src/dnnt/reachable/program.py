"""The program of an instance: its units, its sums and the rest, as expressions with the parameters behind them.

Definitions are in docs/certificates.md; `from_graph` and `from_layers` make programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dnnt.activations import Activation
from dnnt.exact import Number, common_step
from dnnt.instance import Instance
from dnnt.reachable.expression import Along, Choose, Node, Spread, Sum
from dnnt.reachable.packing import Vector
from dnnt.spaces import Finite

Address = tuple[int, int]
"""A parameter: (edge, slot), slots being the weights in order and then the bias."""


@dataclass(frozen=True, slots=True)
class Slots:
    """`count` parameters with the same space and the same column; `addresses` lists them where they are few."""

    space: Finite
    column: Vector
    count: int
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over slots as an expression, and for each `Choose` below it, in order, the slots it stands for."""

    node: Sum
    slots: tuple[Slots, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """`count` equal hidden units: expression, incoming slots, and for each block the slots of its outgoing weights.

    `members` are positions of vertices: runs (first, count). For each member beyond the first, `addresses` of slots are
    given by `rename`: address of the first member -> address of this one.
    """

    node: Spread
    incoming: Total
    outgoing: tuple[Total, ...]
    count: int
    members: tuple[tuple[int, int], ...]
    rename: tuple[dict[Address, Address], ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """Where an output's value comes from: a block of the state (with an activation, if it is a sum), or fixed
    values.
    """

    block: int | None
    activation: Activation | None
    values: Vector


@dataclass(frozen=True, slots=True)
class Program:
    """The reachable states of an instance: groups of units, the rest, and how a state becomes outputs.

    `inputs` are the distinct inputs of the samples (see `distinct_inputs`), `blocks` the number of blocks of
    len(inputs) coordinates in a state.
    """

    inputs: tuple[Vector, ...]
    units: tuple[Unit, ...]
    rest: Total
    outputs: tuple[Output, ...]
    blocks: int

    @property
    def width(self) -> int:
        """The number of coordinates of a state."""
        return self.blocks * len(self.inputs)


def distinct_inputs(instance: Instance) -> tuple[Vector, ...]:
    """The distinct inputs of the samples of weight above 0, in order of first appearance: others cost nothing."""
    return tuple(dict.fromkeys(sample.x for sample in instance.samples if sample.weight))


def joined(runs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Runs (first, count) of positions in increasing order, neighbours joined."""
    made: list[tuple[int, int]] = []
    for first, count in sorted(runs):
        if made and sum(made[-1]) == first:
            made[-1] = (made[-1][0], made[-1][1] + count)
        else:
            made.append((first, count))
    return tuple(made)


Primitive = dict[Vector, tuple[Vector, Number]]
"""The direction and the factor of columns, where many sums have the same ones."""


def total_of(slots: list[Slots], width: int, known: Primitive | None = None) -> Total:
    """The sum over slots: equal columns and proportional ones are added up as numbers first, along their direction."""
    if len(slots) == 1 and slots[0].count == 1:
        (only,) = slots
        return Total(Sum(((Choose(only.space, only.column), 1),), width), (only,))
    known = {} if known is None else known
    lines_of = []
    for each in slots:
        found = known.get(each.column)
        if found is None:
            found = known[each.column] = _primitive(each.column)
        lines_of.append(found)
    if len({direction for direction, _ in lines_of}) == len(slots) == sum([each.count for each in slots]):
        # What most sums are. Their spaces are not compared: that takes longer than all the rest.
        return Total(Sum(tuple([(Choose(each.space, each.column), 1) for each in slots]), width), tuple(slots))
    lines: dict[Vector, dict[tuple[Finite, Number], list[Slots]]] = {}
    for each, (direction, factor) in zip(slots, lines_of, strict=True):
        lines.setdefault(direction, {}).setdefault((each.space, factor), []).append(each)
    parts: list[tuple[Node, int]] = []
    ordered: list[Slots] = []
    for direction, equal in lines.items():
        if len(equal) == 1:
            (alike,) = equal.values()
            if len(alike) == 1 and alike[0].count == 1:  # What most are.
                ordered.append(alike[0])
                parts.append((Choose(alike[0].space, alike[0].column), 1))
                continue
        merged = [
            same[0] if len(same) == 1 else Slots(space, same[0].column, sum(s.count for s in same), _addresses(same))
            for (space, _), same in equal.items()
        ]
        ordered.extend(merged)
        if not any(direction):
            parts.extend((Choose(s.space, s.column), s.count) for s in merged)
        else:
            line = Sum(
                tuple((Choose(s.space, (f,)), s.count) for s, (_, f) in zip(merged, equal, strict=True)),
                1,
            )
            parts.append((Along(line, direction), 1))
    return Total(Sum(tuple(parts), width), tuple(ordered))


def _addresses(same: list[Slots]) -> tuple[Address, ...]:
    return tuple(address for s in same for address in s.addresses)


def _primitive(column: Vector) -> tuple[Vector, Number]:
    """The direction of a column (coprime integers, the first nonzero one positive) and the factor along it."""
    step = common_step(list(column))
    if not step:
        return (0,) * len(column), 0
    factor = step if next(x for x in column if x) > 0 else -step
    # Whole numbers, and no fractions on the way: columns may be long.
    above, below = factor.numerator, factor.denominator
    return tuple((x.numerator // above) * (below // x.denominator) for x in column), factor
