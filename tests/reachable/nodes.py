"""Expressions over sets of vectors with their plain meaning, and random small ones."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from dnnt.activations import activation
from dnnt.exact import Number, normal
from dnnt.reachable.execute import Executed
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread, Sum
from dnnt.reachable.packing import Vector
from dnnt.reachable.recover import Found
from dnnt.spaces import finite, space

HUGE = 10**25 + 7
"""Sums of a few of these do not fit into 64 bits."""

ACTIVATIONS = [
    activation(kind)
    for kind in (
        "identity", "relu", "sign", "abs", "square", "quarter_square", "floor", {"kind": "scale", "factor": "-2/3"},
        {"kind": "clip", "low": -1, "high": "3/2"}, {"kind": "table", "values": [[0, 5], [1, -1]], "otherwise": "1/2"},
    )
]  # fmt: skip


def plus(a: Vector, b: Vector) -> Vector:
    """The sum of two vectors."""
    return tuple(normal(x + y) for x, y in zip(a, b, strict=True))


def times(factor: Number, a: Vector) -> Vector:
    """A vector times a number."""
    return tuple(normal(factor * x) for x in a)


def spread(node: Spread, a: Vector, weights: tuple[Number, ...]) -> Vector:
    """What a unit with values a adds to the state; `weights` has one sum of weights for each block that has any."""
    left = iter(weights)
    state: list[Number] = []
    for index, block in enumerate(node.blocks):
        state += a if index == node.own else times(0 if block is None else next(left), a)
    return tuple(state)


def meaning(node: Node) -> set[Vector]:
    """The set of vectors that a node denotes, from its definition."""
    if isinstance(node, Choose):
        return {times(w, node.column) for w in node.space}
    if isinstance(node, Along):
        return {times(v, node.direction) for (v,) in meaning(node.line)}
    if isinstance(node, Image):
        return {tuple(node.activation(z) for z in a) for a in meaning(node.part)}
    if isinstance(node, Spread):
        lines = [[w for (w,) in meaning(block)] for block in node.blocks if block is not None]
        return {spread(node, a, weights) for a in meaning(node.part) for weights in product(*lines)}
    total: set[Vector] = {(0,) * node.width}
    for part, count in node.parts:
        own = meaning(part)
        for _ in range(count):
            total = {plus(a, b) for a in total for b in own}
    return total


def decoded(at: Executed) -> set[Vector]:
    """The set of vectors that an executed node holds."""
    return {at.packing.decode(key) for key in at.keys.listed()}


def rebuilt(node: Node, found: Found) -> Vector:
    """The vector that a recovered choice makes; every value must lie in its space."""
    if isinstance(node, Choose):
        assert found.value is not None
        assert found.value in node.space
        return times(found.value, node.column)
    if isinstance(node, Along):
        return times(rebuilt(node.line, found)[0], node.direction)
    if isinstance(node, Image):
        return tuple(node.activation(z) for z in rebuilt(node.part, found))
    if isinstance(node, Spread):
        ((inner, once),), *outer = found.parts
        blocks = [block for block in node.blocks if block is not None]
        weights = tuple(rebuilt(block, each)[0] for block, ((each, _),) in zip(blocks, outer, strict=True))
        assert once == 1
        return spread(node, rebuilt(node.part, inner), weights)
    total: Vector = (0,) * node.width
    for (part, count), counted in zip(node.parts, found.parts, strict=True):
        assert sum(c for _, c in counted) == count
        for each, c in counted:
            total = plus(total, times(c, rebuilt(part, each)))
    return total


class Maker:
    """Draws random nodes, small enough for `meaning`."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.numbers: list[Number] = [-2, -1, 0, 0, 1, 1, 3]
        kind = rng.choice(("integer", "rational", "huge"))
        if kind == "rational":
            self.numbers += [Fraction(1, 2), Fraction(-2, 3), Fraction(7, 4)]
        elif kind == "huge":
            self.numbers += [HUGE, -HUGE + 2, Fraction(HUGE, 3)]

    def vector(self, width: int) -> Vector:
        return tuple(self.rng.choice(self.numbers) for _ in range(width))

    def space(self) -> Any:
        """A list of one to three values, or a range."""
        if self.rng.random() < 0.4:
            low = self.rng.randint(-3, 2)
            step = self.rng.choice((1, 2, Fraction(1, 2)))
            return finite(space({"from": low, "to": low + 2 * step, "step": step}))
        return finite(space([self.rng.choice(self.numbers) for _ in range(self.rng.randint(1, 3))]))

    def sum(self, width: int, most: int = 3) -> Sum:
        """A sum of choices, and of lines along directions."""
        parts: list[tuple[Node, int]] = []
        for _ in range(self.rng.randint(1, 2)):
            if self.rng.random() < 0.3 and width > 1:
                parts.append((Along(self.sum(1, 1), (*self.vector(width - 1), 1)), 1))
            else:
                parts.append((Choose(self.space(), self.vector(width)), self.rng.randint(1, most)))
        return Sum(tuple(parts), width)

    def unit(self, width: int, blocks: int) -> Spread:
        """A hidden unit; it may be an output itself (`own`), and need not feed every block."""
        image = Image(self.sum(width), self.rng.choice(ACTIVATIONS))
        lines = [self.sum(1, 1) if self.rng.random() < 0.7 else None for _ in range(blocks)]
        own = self.rng.choice((None, None, *range(blocks)))
        if own is not None:
            lines[own] = None
        return Spread(image, tuple(lines), own)

    def states(self) -> Sum:
        """One or two groups of equal units, and the rest."""
        width, blocks = self.rng.randint(1, 2), self.rng.randint(1, 2)
        parts: list[tuple[Node, int]] = [
            (self.unit(width, blocks), self.rng.randint(1, 3)) for _ in range(self.rng.randint(1, 2))
        ]
        parts.append((self.sum(width * blocks, 1), 1))
        return Sum(tuple(parts), width * blocks)


def some_states(seed: int, most: int = 4000) -> tuple[Sum, set[Vector]]:
    """A random node whose set has at most so many vectors, and the set."""
    rng = Random(seed)
    while True:
        node = Maker(rng).states()
        if _pairs(node) <= 200_000:
            found = meaning(node)
            if len(found) <= most:
                return node, found


def _pairs(node: Node) -> int:
    """At least the number of sums that `meaning` forms."""
    if isinstance(node, Choose):
        return node.space.size
    if isinstance(node, (Along, Image)):
        return _pairs(node.line if isinstance(node, Along) else node.part)
    if isinstance(node, Spread):
        made = _pairs(node.part)
        for block in node.blocks:
            made *= 1 if block is None else _pairs(block)
        return made
    made = 1
    for part, count in node.parts:
        made *= _pairs(part) ** count
    return made
