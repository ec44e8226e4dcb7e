"""Words for plans: columns, units, and what a packing does to the coordinates."""

from __future__ import annotations

from collections.abc import Sequence

from dnnt.exact import Number, brief, count, several
from dnnt.instance import Instance
from dnnt.network import Layered
from dnnt.reachable.packing import Axis, Vector
from dnnt.reachable.program import Unit

MOST_ENTRIES = 4
"""Entries of a column, or coordinates, that are named one by one."""

MOST_NAMED = 10**9
"""Groups of more units are named by their number."""


def number(value: int) -> str:
    """A number of things, however large."""
    return count(value)


def vector(column: Vector) -> str:
    """A column, shortened: the number itself where it has one entry."""
    if len(column) == 1:
        return brief(column[0])
    shown = [brief(x) for x in column[:MOST_ENTRIES]]
    return f"({', '.join(shown)}{', …' if len(column) > MOST_ENTRIES else ''})"


def coordinates(places: Sequence[int], width: int) -> str:
    """Coordinates, counted from 1."""
    if len(places) == width:
        return "every coordinate" if width > 1 else "coordinate 1"
    names = ", ".join(str(c + 1) for c in places[:MOST_ENTRIES])
    more = f" and {len(places) - MOST_ENTRIES:,} more" if len(places) > MOST_ENTRIES else ""
    return f"coordinate{'s' if len(places) > 1 else ''} {names}{more}"


def of_packing(axes: Sequence[Axis]) -> tuple[str, ...]:
    """What packing does: common divisors (and denominators) of coordinates divided out, and the least values made 0."""
    steps: dict[Number, list[int]] = {}
    for c, axis in enumerate(axes):
        if axis.count > 1 and axis.step != 1:
            steps.setdefault(axis.step, []).append(c)
    said = [f"divided by {brief(step)} in {coordinates(places, len(axes))}" for step, places in steps.items()]
    moved = [c for c, axis in enumerate(axes) if axis.low]
    if moved:
        said.append(f"translated to 0 in {coordinates(moved, len(axes))}")
    return tuple(said)


def units(instance: Instance, unit: Unit) -> str:
    """The names of a group of units."""
    network = instance.network
    first, length = unit.members[0]

    def name(position: int) -> str:
        if isinstance(network, Layered):
            return f"L1.{count(position + 1)}"
        return network.vertices[position].id

    # A layered network may have been written out: then positions go through all layers in order.
    if isinstance(network, Layered) and len(network.layers) != 2:
        return several(unit.count, "unit")
    if unit.count >= MOST_NAMED:
        return f"{number(unit.count)} units"
    if unit.count == 1:
        return f"unit {name(first)}"
    said = f"{name(first)} to {name(first + length - 1)}" if length > 1 else name(first)
    return f"units {said}" + (f" and {unit.count - length:,} more" if unit.count > length else "")
