"""A plan: a tree of what is formed and done, with upper bounds on sizes and predicted seconds and bytes.

Sizes are logarithms to base 2 (floats, infinite where past all measure): they say what is to be expected and decide
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnnt.analysis.folds import Folded

EXACT_LOG = 40.0
"""Bounds up to this logarithm are also given as whole numbers."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do the largest step of a node, and its predicted seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A node of the tree.

    `kind` names what it is for programs, `label` and `says` for people. `position` is the place of a summand in its
    sum (the children of a sum stand in the order in which they are added), `times` how often it is added, `elided`
    how many more like it are not shown. `size` and `box` are the logarithms of upper bounds on the vectors of the set
    and of the grid points of its box; `seconds` and `bytes` what it takes with all below it. `ways` are alternatives,
    the chosen one first; `rewritings` what was simplified, in words.
    """

    kind: str
    label: str
    says: str = ""
    position: int | None = None
    times: int = 1
    elided: int = 0
    size: float | None = None
    box: float | None = None
    seconds: float | None = None
    bytes: float | None = None
    ways: tuple[Way, ...] = ()
    rewritings: tuple[str, ...] = ()
    children: tuple[Plan, ...] = ()

    def __post_init__(self) -> None:
        assert self.times >= 1, "a summand is added once or more"
        assert all(a.seconds <= b.seconds for a, b in pairwise(self.ways)), "the cheapest way comes first"
        assert all(x is None or x >= 0 for x in (self.size, self.box, self.seconds, self.bytes)), "no size is negative"

    def walk(self) -> Iterator[Plan]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_json(self) -> dict[str, Any]:
        """The tree as `info --json` prints it; what is past all measure is null, what says nothing is left out."""
        made: dict[str, Any] = {"kind": self.kind, "label": self.label}
        if self.says:
            made["says"] = self.says
        if self.position is not None:
            made["position"] = self.position
        if self.times > 1:
            made["times"] = self.times
        if self.elided:
            made["elided"] = self.elided
        if self.size is not None:
            made |= {"size": whole(self.size), "log2_size": _figure(self.size)}
        if self.box is not None:
            made |= {"box": whole(self.box), "log2_box": _figure(self.box)}
        if self.seconds is not None:
            made["seconds"] = _figure(self.seconds)
        if self.bytes is not None:
            made["bytes"] = None if self.bytes == inf else int(self.bytes)
        if self.ways:
            made["ways"] = [{"name": way.name, "seconds": _figure(way.seconds)} for way in self.ways]
        if self.rewritings:
            made["rewritings"] = list(self.rewritings)
        if self.children:
            made["children"] = [child.to_json() for child in self.children]
        return made


def ways_of(fold: Folded) -> tuple[Way, ...]:
    """The ways of the costliest step of a sum of sets."""
    return tuple(Way(name, seconds) for name, seconds in fold.ways)


def whole(log: float) -> int | None:
    """The whole number behind the logarithm of a small one; else None."""
    return round(2.0**log) if log <= EXACT_LOG else None


def _figure(value: float) -> float | None:
    return None if value == inf else float(f"{value:.6g}")
