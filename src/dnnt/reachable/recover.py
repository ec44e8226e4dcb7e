"""Walking back: from a reachable vector to one value for every parameter behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from dnnt.exact import Number, normal
from dnnt.reachable.execute import Executed, Fold, vector_of_part
from dnnt.reachable.expression import Along, Choose, Image, Spread, Sum
from dnnt.reachable.key_kinds import BitKeys, Keys, NumpyKeys, PythonKeys, split
from dnnt.reachable.packing import Vector
from dnnt.running import Run
from dnnt.spaces import preferred

Counted = tuple[tuple["Found", int], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How a vector of a node is made: the value of a `Choose`, or what was found for each part (with multiplicity)."""

    value: Number | None = None
    parts: tuple[Counted, ...] = ()


def recover(at: Executed, vector: Vector, run: Run) -> Found:
    """One way to make a vector that is in the node's set."""
    node = at.node
    if isinstance(node, Choose):
        for x, v in zip(node.column, vector, strict=True):
            if x != 0:
                return Found(normal(_quotient(v, x)))
        return Found(preferred(node.space))
    if isinstance(node, Along):
        for u, v in zip(node.direction, vector, strict=True):
            if u != 0:
                return recover(at.parts[0], (normal(_quotient(v, u)),), run)
        raise AssertionError("a direction of zeros")
    if isinstance(node, Image):
        return recover(at.parts[0], _preimage(at, vector), run)
    if isinstance(node, Spread):
        return _recover_spread(at, node, vector, run)
    assert at.fold is not None, "a sum that was not folded"
    return recover_fold(at.parts, at.fold, _key(at, vector), run)


def recover_fold(parts: tuple[Executed, ...], fold: Fold, key: int, run: Run) -> Found:
    """One way to make the sum with this key: for each part the vectors used, found in turn."""
    found = []
    for part, counter in zip(parts, used_keys(fold, key, run), strict=True):
        found.append(
            tuple(
                (recover(part, vector_of_part(part, fold.packing, each), run), count)
                for each, count in sorted(counter.items())
            )
        )
    return Found(parts=tuple(found))


def used_keys(fold: Fold, key: int, run: Run) -> list[Counter[int]]:
    """For each part the keys, with multiplicities, that sum to this one."""
    used: list[Counter[int]] = [Counter() for _ in fold.doubled]
    for step, before in fold.backwards(run):
        run.poll()
        pair = split(before, fold.doubled[step.part][step.exponent], key)
        assert pair is not None, "a reachable sum without a last step"
        key, last = pair
        used[step.part] += _halved(fold.doubled[step.part], step.exponent, last, {})
    return used


def _halved(doubled: tuple[Keys, ...], exponent: int, key: int, known: dict[Any, Counter[int]]) -> Counter[int]:
    """Which 2^exponent keys of the part sum to `key`."""
    if exponent == 0:
        return Counter({key: 1})
    if (exponent, key) not in known:
        pair = split(doubled[exponent - 1], doubled[exponent - 1], key)
        assert pair is not None, "a doubled sum without halves"
        known[exponent, key] = _halved(doubled, exponent - 1, pair[0], known) + _halved(
            doubled, exponent - 1, pair[1], known
        )
    return known[exponent, key]


def _quotient(value: Number, divisor: Number) -> Fraction:
    return Fraction(value) / divisor


def _key(at: Executed, vector: Vector) -> int:
    key = at.packing.encode(vector)
    assert key is not None and key in at.keys, "a vector outside the set it was found in"
    return key


def _first(entries: Any, key: int) -> int | None:
    """The index of the first entry equal to `key` in a list or array."""
    if isinstance(entries, list):
        return entries.index(key) if key in entries else None
    hits = (entries == key).nonzero()[0]
    return int(hits[0]) if len(hits) else None


def _preimage(at: Executed, vector: Vector) -> Vector:
    """A pre-activation vector that the activation maps to `vector`."""
    node, part = at.node, at.parts[0]
    assert isinstance(node, Image), "only an image has pre-images"
    packing = part.packing
    digits = [part.keys.digits(packing, c) for c in range(len(packing.axes))]
    fitting = [
        [d for d in ds if node.activation(axis.value(d)) == a]
        for ds, axis, a in zip(digits, packing.axes, vector, strict=True)
    ]
    if prod(map(len, fitting)) <= part.keys.size:
        for chosen in product(*fitting):
            key = sum(d * s for d, s in zip(chosen, packing.strides, strict=True))
            if key in part.keys:
                return packing.decode(key)
        raise AssertionError("an activation value without a pre-image")
    # 0 for the digits that the activation maps to the wanted value, 1 for the others.
    tables = [dict.fromkeys(ds, 1) | dict.fromkeys(good, 0) for ds, good in zip(digits, fitting, strict=True)]
    index = _first(part.keys.mapped(packing, tables), 0)
    assert index is not None, "an activation value without a pre-image"
    return packing.decode(part.keys.listed()[index])


def _recover_spread(at: Executed, node: Spread, vector: Vector, run: Run) -> Found:
    """Weights and a value vector that make `vector`: for each choice of weights the values follow by division."""
    part, lines = at.parts[0], at.parts[1:]
    width = len(part.packing.axes)
    line = iter(lines)
    per_block: list[list[Number]] = []
    for b, block in enumerate(node.blocks):
        per_block.append([1] if b == node.own else [0] if block is None else next(line).values())
    blocks = [vector[b * width : (b + 1) * width] for b in range(len(node.blocks))]
    for weights in product(*per_block):
        run.poll()
        values = _divided(blocks, weights, part)
        if values is not None:
            inner = recover(part, values, run)
            chosen = [w for w, block in zip(weights, node.blocks, strict=True) if block is not None]
            outer = [((recover(line, (w,), run), 1),) for line, w in zip(lines, chosen, strict=True)]
            return Found(parts=(((inner, 1),), *outer))
    raise AssertionError("a contribution without a choice of weights")


def _divided(blocks: list[Vector], weights: tuple[Number, ...], part: Executed) -> Vector | None:
    """The value vector of the part that the weights take to the blocks, if there is one."""
    values: Vector | None = None
    for block, weight in zip(blocks, weights, strict=True):
        if not weight:
            if any(block):
                return None
        elif values is None:
            values = tuple([normal(_quotient(v, weight)) for v in block])
        elif tuple([normal(weight * a) for a in values]) != block:
            return None
    if values is None:
        return part.packing.decode(_any(part.keys))
    key = part.packing.encode(values)
    return values if key is not None and key in part.keys else None


def _any(keys: Keys) -> int:
    """Some key of a set that is not empty."""
    if isinstance(keys, BitKeys):
        return (keys.bits & -keys.bits).bit_length() - 1
    if isinstance(keys, PythonKeys):
        return next(iter(keys.keys))
    return int(keys.keys[0]) if isinstance(keys, NumpyKeys) else keys.listed()[0]


def leaves(found: Found, node: Any) -> list[list[tuple[Number, int]]]:
    """For each `Choose` below a sum (of choices, or of lines along directions), its values with multiplicities."""
    if isinstance(node, Choose):
        assert found.value is not None, "a choice without a value"
        return [[(found.value, 1)]]
    if isinstance(node, Along):
        return leaves(found, node.line)
    assert isinstance(node, Sum), "only sums have leaves"
    result: list[list[tuple[Number, int]]] = []
    for (part, _), counted in zip(node.parts, found.parts, strict=True):
        if isinstance(part, Choose):
            result.append([(each.value, count) for each, count in counted if each.value is not None])
        else:
            ((each, _),) = counted
            result.extend(leaves(each, part))
    return result
