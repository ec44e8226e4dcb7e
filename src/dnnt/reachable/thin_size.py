"""Which units have too many value vectors to form them all."""

from __future__ import annotations

from fractions import Fraction
from math import inf, log2

from dnnt.exact import Number
from dnnt.reachable.expression import Along, Choose, Node, Sum
from dnnt.spaces import Range, Values

FEW = 19.0
"""Units with fewer choices, or fewer grid points, than this (a logarithm to base 2) are formed."""


def is_large(node: Sum) -> bool:
    """Whether a unit has many pre-activations: choices, and grid points."""
    logs = 0.0
    for part, count in node.parts:
        lines = choices(part, count)
        logs += sum(times * log2(max(1, each.space.size)) if times < 1 << 60 else inf for each, times in lines)
    if logs <= FEW:
        return False
    cells = 0.0
    for i in range(node.width):
        reach = Fraction(0)
        steps: list[Number] = []
        for part, count in node.parts:
            for each, times in choices(part, count):
                entry = each.column[0] * part.direction[i] if isinstance(part, Along) else each.column[i]
                low, high = ends(each.space)
                reach += abs(Fraction(entry)) * (high - low) * times
                steps.append(Fraction(entry).denominator)
        cells += log2(max(1, int(reach))) if reach.numerator.bit_length() < 900 else inf
    return cells > FEW


def ends(space: Values | Range) -> tuple[Number, Number]:
    """The least and the greatest element of a space."""
    return (space.low, space.high) if isinstance(space, Range) else (min(space.values), max(space.values))


def choices(part: Node, count: int) -> list[tuple[Choose, int]]:
    """The slots below a part of a sum, with multiplicities."""
    if isinstance(part, Choose):
        return [(part, count)]
    assert isinstance(part, Along), "pre-activations are sums of columns and lines"
    return [(each, times) for each, times in part.line.parts if isinstance(each, Choose)]
