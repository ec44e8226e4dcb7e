"""No targets beyond a cut: a lower bound on the loss of all states that satisfy a cut, for losses made of lines.

For a cut g . d <= H and any multiplier m >= 0, every state d of the box that satisfies the cut has a loss of at least

    min over the box of (loss(d) + m g . d) - m H

(weak duality). The loss is a sum of functions of single coordinates; where these are lines between breaks, the minimum
is at the ends of the lines. Multipliers that make one of the lines level are the only ones worth trying.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dnnt_check.budget import Work
from dnnt_check.directions import HalfSpace
from dnnt_check.numbers import Number, add, magnitude, multiply, ratio

#: So many multipliers are tried for a cut.
MOST_MULTIPLIERS = 32


class Piece(Protocol):
    """Digits first..last on which a coordinate's part of the loss is a line, with its values at the ends."""

    @property
    def first(self) -> int:
        """The first digit."""

    @property
    def last(self) -> int:
        """The last digit."""

    @property
    def at_first(self) -> Number:
        """The part of the loss at the first digit."""

    @property
    def at_last(self) -> Number:
        """The part of the loss at the last digit."""


def least_within(cut: HalfSpace, lines: Sequence[Sequence[Piece]], work: Work) -> Number:
    """A lower bound on the sum of the parts over all digits that satisfy the cut; `lines` has one list for each weight
    of the cut.
    """
    best: Number | None = None
    for multiplier in [0, *_multipliers(cut, lines, work)]:
        total: Number = -multiply(multiplier, cut.limit, work)
        for weight, pieces in zip(cut.weights, lines, strict=True):
            slope = multiply(multiplier, weight, work)
            ends = [
                add(value, multiply(slope, digit, work), work)
                for piece in pieces
                for digit, value in ((piece.first, piece.at_first), (piece.last, piece.at_last))
            ]
            total = add(total, min(ends), work)
            work.spend(len(ends) * 1e-6)
        best = total if best is None else max(best, total)
    assert best is not None
    return best


def _multipliers(cut: HalfSpace, lines: Sequence[Sequence[Piece]], work: Work) -> list[Number]:
    found: set[Number] = set()
    for weight, pieces in zip(cut.weights, lines, strict=True):
        for piece in pieces:
            if weight and piece.last > piece.first:
                rise = add(piece.at_last, -piece.at_first, work)
                found.add(magnitude(ratio(rise, weight * (piece.last - piece.first))))
                work.spend(3e-6)
    return sorted(found)[-MOST_MULTIPLIERS:]
