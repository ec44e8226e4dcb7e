"""A circuit of integers in exact arithmetic, by python-flint, in pieces short enough to be stopped between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dnnt.signs.circuit import Node, Product

PIECE = 1 << 25
"""Numbers of more bits are multiplied in pieces: one call takes a fraction of a second."""


def lengths(nodes: Sequence[Node], most: int) -> list[int]:
    """Upper bounds on the bits of every node (of a circuit of integers); none is followed past `most`."""
    result: list[int] = []
    for node in nodes:
        if isinstance(node, Product):
            length = int(node.factor).bit_length() + result[node.j] + result[node.k]
        else:
            parts = [result[child] + (abs(int(c)) - 1).bit_length() for child, c in node.terms if result[child]]
            if node.constant:
                parts.append(int(node.constant).bit_length())
            # k numbers below 2^b add up to less than k · 2^b.
            length = max(parts, default=0) + max(len(parts) - 1, 0).bit_length()
        result.append(min(length, most))
    return result


def last_value(nodes: Sequence[Node], poll: Callable[[], None]) -> Any:
    """The last node as an `fmpz`. Values are dropped after their last use."""
    from flint import fmpz

    last_use = [0] * len(nodes)
    for index, node in enumerate(nodes):
        for child in (node.j, node.k) if isinstance(node, Product) else [child for child, _ in node.terms]:
            last_use[child] = index
    values: list[Any] = []
    for index, node in enumerate(nodes):
        poll()
        if isinstance(node, Product):
            used: tuple[int, ...] = (node.j, node.k)
            value = product(values[node.j], values[node.k], poll)
            if node.factor != 1:
                value = value * fmpz(int(node.factor))
        else:
            used = tuple(child for child, _ in node.terms)
            value = fmpz(int(node.constant))
            for child, c in node.terms:
                value = value + values[child] if c == 1 else value + fmpz(int(c)) * values[child]
        values.append(value)
        for child in used:
            if last_use[child] == index:
                values[child] = None
    return values[-1]


def product(a: Any, b: Any, poll: Callable[[], None]) -> Any:
    """The product, by Karatsuba's three smaller products while both are long."""
    poll()
    length = min(a.bit_length(), b.bit_length())
    if length <= PIECE:
        return a * b
    half = max(a.bit_length(), b.bit_length()) // 2
    if half >= length:
        long, short = (a, b) if a.bit_length() > b.bit_length() else (b, a)
        high = long >> half
        return (product(high, short, poll) << half) + product(long - (high << half), short, poll)
    above, over = a >> half, b >> half
    below, under = a - (above << half), b - (over << half)
    high, low = product(above, over, poll), product(below, under, poll)
    middle = product(above + below, over + under, poll) - high - low
    return (high << (2 * half)) + (middle << half) + low
