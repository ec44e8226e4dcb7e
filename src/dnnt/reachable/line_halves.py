"""Grounds for a bound on single numbers: halves of the units and of the rest's slots that the checker can afford."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2, prod

from dnnt.certificate import ReachableStates
from dnnt.instance import Instance
from dnnt.network import Layered
from dnnt.reachable.as_sums import Line
from dnnt.reachable.from_layers import is_grouped
from dnnt.reachable.program import joined

FEW_STATES, SOME_STATES = 20_000, 2_000_000
"""The checker looks at all of so many states; of so many, where the targets are more."""

PAIR, SORTED = 70, 950
"""Nanoseconds that the checker takes for a pair of a target and a sum, and to sort a sum and walk past it."""

DENSE = 1 << 28
"""Longer lines are no long integers for the checker, which compares eight places of a half in 2.5 nanoseconds."""

LISTS = 27.0
"""Logarithm of the choices of half the units up to which they are split evenly for the checker; else by their sums."""


@dataclass(frozen=True, slots=True)
class _Half:
    """The left half: runs of positions of units, so many slots of the rest, and how many copies of each summand."""

    runs: tuple[tuple[int, int], ...]
    rest: int
    taken: tuple[int, ...]


def grounds_of(instance: Instance, line: Line, convex: bool, targets: int) -> ReachableStates:
    """The grounds of a bound: halves that are good for the checker, and true bounds on the sizes of its sets.

    `targets` is how many states of the line have too small a loss; they are neighbours if the loss is `convex`.
    """
    half = _left_half(instance, line)
    counts = [summand.count for summand in line.summands]
    sizes = [summand.size for summand in line.summands]
    spans = [line.span(summand) for summand in line.summands]
    others = [count - taken for count, taken in zip(counts, half.taken, strict=True)]
    most = [_most(half.taken, sizes, spans), _most(others, sizes, spans)]
    states = min(prod(most), line.axis.count)
    units = line.summands[: len(line.program.units)]
    rest = half.rest
    if states <= FEW_STATES or (states <= SOME_STATES and states < targets):
        last, size = "points", states
    elif not targets:
        # Where there is nothing to exclude no half is formed.
        last, size, rest, most = "targets", 0, 0, [1, 1]
    elif convex and _is_range(targets, most, line.axis.count):
        last, size = "ranges", 1
    else:
        last, size = "targets", targets
    declared = {
        "pre": max((summand.pre for summand in units), default=1),
        "unit": max((summand.size for summand in units), default=1),
        "left": most[0],
        "right": most[1],
        "last": size,
    }
    return ReachableStates(half.runs, last, tuple(declared.items()), rest=rest)


def _is_range(targets: int, most: Sequence[int], length: int) -> bool:
    """Whether targets that are neighbours are quicker to exclude as one range than one by one."""
    each = min(most) * PAIR
    if length < DENSE:
        each = min(each, length * 5 // 16)
    return sum(most) * SORTED < targets * each


def _left_half(instance: Instance, line: Line) -> _Half:
    """The first units, then the first slots of the rest, about half: of the choices where these are few enough for
    lists, else of the sums' length.
    """
    choices = [int(1000 * log2(summand.size)) for summand in line.summands]
    counts = [summand.count for summand in line.summands]
    weights = choices
    if sum(weight * count for weight, count in zip(choices, counts, strict=True)) > 2000 * LISTS:
        weights = [line.span(summand) for summand in line.summands]
    room = sum(weight * count for weight, count in zip(weights, counts, strict=True)) // 2
    taken = [0] * len(counts)
    runs = []
    for first, count, index in sorted(
        (first, count, index) for index, unit in enumerate(line.program.units) for first, count in unit.members
    ):
        take = count if weights[index] * count <= room else room // weights[index]
        if take:
            runs.append((first, take))
            taken[index] += take
            room -= weights[index] * take
        if take < count:
            return _Half(joined(runs), 0, tuple(taken))
    rest, passed = 0, list(taken)
    for place, position in enumerate(_slots(instance, line), start=1):
        if position is None:
            continue
        if weights[position] > room:
            break
        room -= weights[position]
        passed[position] += 1
        if line.summands[position].size > 1:
            # Slots of one value are taken with those that come after them.
            rest, taken = place, list(passed)
    return _Half(joined(runs), rest, tuple(taken))


def _slots(instance: Instance, line: Line) -> Iterator[int | None]:
    """For each slot of the rest, in the order of docs/certificates.md, the summand that it belongs to.

    None for biases that can only be 0: they are in no summand.
    """
    program, network = line.program, instance.network
    units = len(program.units)
    if all(summand.size == 1 for summand in line.summands[units:]):
        return
    if isinstance(network, Layered) and is_grouped(network, program.inputs):
        yield units  # The bias of the only sum.
        return
    of = {address: units + i for i, slots in enumerate(program.rest.slots) for address in slots.addresses}
    graph = network.graph()
    # All slots of the rest come into the only sum.
    some, _ = next(iter(of))
    for index in graph.incoming[graph.position[graph.edges[some].target]]:
        width = len(graph.edges[index].weights)
        if (index, 0) in of:
            yield from (of[index, slot] for slot in range(width))
        yield of.get((index, width))


def _most(counts: Sequence[int], sizes: list[int], spans: list[int]) -> int:
    """An upper bound on the sums of so many elements of each summand: choices, or the length of the line."""
    length = 1 + sum(count * span for count, span in zip(counts, spans, strict=True))
    choices = 1
    for count, size in zip(counts, sizes, strict=True):
        if (size.bit_length() - 1) * count > length.bit_length():
            return length
        choices *= size**count
        if choices >= length:
            return length
    return choices
