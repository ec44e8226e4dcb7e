"""Expressions over finite sets of exact vectors: what a two-layer network can reach.

    states = Sum_h Spread(weights_h, Image(activation_h, Sum_j Choose(space_hj · column_j))) + rest

Every node denotes a set of vectors. Equal summands are one part with a multiplicity (`times`), which may be huge.
`slots` name the parameters behind a `Choose`, in the order in which a recovered choice is handed out; they are no part
of the set.
"""

from __future__ import annotations

from dataclasses import dataclass

from dnnt.activations import Activation
from dnnt.reachable.packing import Vector
from dnnt.spaces import Range, Values


@dataclass(frozen=True, slots=True)
class Choose:
    """{w · column : w in space}."""

    space: Values | Range
    column: Vector


@dataclass(frozen=True, slots=True)
class Sum:
    """All sums of `times` vectors of each part; the part's set is used independently each time."""

    parts: tuple[tuple[Node, int], ...]
    width: int


@dataclass(frozen=True, slots=True)
class Along:
    """{v · direction : v in line}, where line is a set of numbers (vectors of width 1)."""

    line: Sum
    direction: Vector


@dataclass(frozen=True, slots=True)
class Image:
    """The activation applied to every coordinate of every vector."""

    part: Sum
    activation: Activation


@dataclass(frozen=True, slots=True)
class Spread:
    """What one hidden unit adds to the state.

    For a value vector a of `part` and one weight sum ω_b of `blocks[b]` for each block b: the vector with ω_b · a in
    block b. A block without weights holds zeros, except block `own`, which holds a itself.
    """

    part: Image
    blocks: tuple[Sum | None, ...]
    own: int | None


Node = Choose | Sum | Along | Image | Spread
