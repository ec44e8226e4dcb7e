"""Reading how to enclose numbers that cannot be written: a precision, and which nodes of a sum are expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dnnt_check.budget import Work
from dnnt_check.reading import Place, array, fault, integer, record

#: What a guide may ask for.
LEAST_BITS, MOST_BITS = 16, 10**7

#: A node to be replaced by its definition; or (v, d), a node to be replaced by s * u + d, where d = v - s * u.
Step = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Guide:
    """How to enclose numbers that cannot be written.

    Attributes:
        bits: the precision of intervals.
        expand: (distinct input, node, what is to be replaced in its sum, in this order).
        differences: (distinct input, d, v, s, u): one more node d = v - s * u.
    """

    bits: int
    expand: tuple[tuple[int, int, tuple[Step, ...]], ...]
    differences: tuple[tuple[int, int, int, int, int], ...] = ()


def read_guide(value: Any, place: Place, work: Work) -> Guide:
    """The guide in this object."""
    record(value, place, ("bits", "expand"), ("differences",))
    precision = integer(value["bits"], (place, "bits"), LEAST_BITS)
    if precision > MOST_BITS:
        raise fault((place, "bits"), f"an integer <= {MOST_BITS} is expected")
    differences = _read_differences(value.get("differences", []), (place, "differences"), work)
    expand: list[tuple[int, int, tuple[Step, ...]]] = []
    seen: set[tuple[int, int]] = set()
    for i, item in enumerate(array(value["expand"], (place, "expand"))):
        here: Place = ((place, "expand"), i)
        triple = array(item, here)
        if len(triple) != 3:
            raise fault(here, "a triple [input, node, [node, ...]] is expected")
        index = integer(triple[0], (here, 0), 0)
        node = integer(triple[1], (here, 1), 0)
        if node % 2:
            raise fault((here, 1), "only sums, which have even numbers, are expanded")
        if (index, node) in seen:
            raise fault(here, "this node is expanded twice")
        seen.add((index, node))
        steps = tuple([_read_step(step, ((here, 2), k), work) for k, step in enumerate(array(triple[2], (here, 2)))])
        expand.append((index, node, steps))
        work.spend(3e-6)
    return Guide(precision, tuple(expand), differences)


def _read_step(value: Any, place: Place, work: Work) -> Step:
    work.spend(4e-7)
    if not isinstance(value, list):
        return integer(value, place, 0)
    if len(value) != 2:
        raise fault(place, "a node, or a pair [node, difference], is expected")
    work.spend(1e-6)
    return integer(value[0], (place, 0), 0), integer(value[1], (place, 1), 0)


def _read_differences(value: Any, place: Place, work: Work) -> tuple[tuple[int, int, int, int, int], ...]:
    result: list[tuple[int, int, int, int, int]] = []
    seen: set[tuple[int, int]] = set()
    for i, item in enumerate(array(value, place)):
        here: Place = (place, i)
        entry = array(item, here)
        if len(entry) != 5:
            raise fault(here, "five integers [input, d, v, s, u] are expected")
        index, d, v, u = (integer(entry[k], (here, k), 0) for k in (0, 1, 2, 4))
        if type(entry[3]) is not int or entry[3] not in (1, -1):
            raise fault((here, 3), "1 or -1 is expected")
        if d % 2:
            raise fault((here, 1), "the name of a difference is even, as that of every sum is")
        if (index, d) in seen:
            raise fault(here, "this name is given twice")
        seen.add((index, d))
        result.append((index, d, v, entry[3], u))
        work.spend(6e-6)
    return tuple(result)
