"""Circuits: numbers given by sums and products of earlier ones, so that a few lines may mean 10^1000 digits.

A straight-line program is a circuit; so is a network with given parameters on one input (docs/theory.md, PosSLP).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnnt.exact import Number

Step = tuple[str, int, int]
"""An operation of a straight-line program, `+`, `-` or `*`, and the two earlier values that it takes."""


@dataclass(frozen=True, slots=True)
class Sum:
    """constant + the sum of coefficient · node over the terms, each node once and with a coefficient other than 0."""

    constant: Number
    terms: tuple[tuple[int, Number], ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """factor · node j · node k."""

    factor: Number
    j: int
    k: int


Node = Sum | Product


def linear(constant: Number, terms: Sequence[tuple[int, Number]]) -> Sum:
    """The `Sum` of these terms, in which a node may occur several times."""
    merged: dict[int, Number] = {}
    for node, coefficient in terms:
        merged[node] = merged.get(node, 0) + coefficient
    return Sum(constant, tuple((node, c) for node, c in merged.items() if c))


def of_steps(steps: Sequence[Step]) -> tuple[Node, ...]:
    """The circuit of a straight-line program whose last node is the last value; what it does not need is left out.

    Value 0 is 1, and step i (from 1) makes value i. Equal operations on equal values become one node.
    """
    needed = [False] * (len(steps) + 1)
    needed[-1] = True
    for index in range(len(steps), 0, -1):
        if needed[index]:
            _, j, k = steps[index - 1]
            needed[j] = needed[k] = True
    nodes: list[Node] = []
    known: dict[Node, int] = {}
    place = [0] * (len(steps) + 1)
    for index in range(len(steps) + 1):
        if needed[index]:
            node = _of_step(steps[index - 1], place) if index else Sum(1)
            if node not in known:
                known[node] = len(nodes)
                nodes.append(node)
            place[index] = known[node]
    # The last value may equal an earlier one; the last node is it all the same.
    return tuple(nodes[: place[-1] + 1])


def _of_step(step: Step, place: list[int]) -> Node:
    operator, j, k = step
    # In order, so that a + b and b + a are one node.
    low, high = sorted((place[j], place[k]))
    if operator == "*":
        return Product(1, low, high)
    sign = 1 if operator == "+" else -1
    if low == high:
        return linear(0, ((low, 1 + sign),))
    return Sum(0, ((low, 1 if low == place[j] else sign), (high, 1 if high == place[j] else sign)))


def heights(nodes: Sequence[Node]) -> list[int]:
    """For each node the most products on a way from it to the last node: the bits that a relative error may grow by."""
    result = [0] * len(nodes)
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if isinstance(node, Product):
            result[node.j] = max(result[node.j], result[index] + 1)
            result[node.k] = max(result[node.k], result[index] + 1)
        else:
            for child, _ in node.terms:
                result[child] = max(result[child], result[index])
    return result
