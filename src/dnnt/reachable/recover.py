"""Walking back: from a reachable vector to one value for every parameter behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dnnt.exact import Number, normal
from dnnt.reachable.execute import Executed, Fold, mapped, spread_choices, vector_of_part
from dnnt.reachable.expression import Along, Choose, Image, Spread, Sum
from dnnt.reachable.key_kinds import Keys, split
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
    used: list[Counter[int]] = [Counter() for _ in parts]
    for step, before in fold.backwards(run):
        run.poll()
        pair = split(before, fold.doubled[step.part][step.exponent], key)
        assert pair is not None, "a reachable sum without a last step"
        key, last = pair
        used[step.part] += _halved(fold.doubled[step.part], step.exponent, last, {})
    found = []
    for part, counter in zip(parts, used, strict=True):
        found.append(
            tuple(
                (recover(part, vector_of_part(part, fold.packing, each), run), count)
                for each, count in sorted(counter.items())
            )
        )
    return Found(parts=tuple(found))


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
    tables = []
    for c, (axis, a) in enumerate(zip(part.packing.axes, vector, strict=True)):
        # 0 for the digits that the activation maps to the wanted value, 1 for the others.
        tables.append({d: int(node.activation(axis.value(d)) != a) for d in part.keys.digits(part.packing, c)})
    index = _first(part.keys.mapped(part.packing, tables), 0)
    assert index is not None, "an activation value without a pre-image"
    return part.packing.decode(part.keys.listed()[index])


def _recover_spread(at: Executed, node: Spread, vector: Vector, run: Run) -> Found:
    part, lines = at.parts[0], at.parts[1:]
    key = _key(at, vector)
    packing, choices = spread_choices(node, part, lines, run)
    for weights, tables in choices.items():
        run.poll()
        index = _first(mapped(part, tables, packing), key)
        if index is not None:
            inner = recover(part, part.packing.decode(part.keys.listed()[index]), run)
            chosen = [w for w, block in zip(weights, node.blocks, strict=True) if block is not None]
            outer = [((recover(line, (w,), run), 1),) for line, w in zip(lines, chosen, strict=True)]
            return Found(parts=(((inner, 1),), *outer))
    raise AssertionError("a contribution without a choice of weights")


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
