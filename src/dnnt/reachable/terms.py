"""A total loss as a sum of terms, each a function of a few coordinates of the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from dnnt.exact import Number, normal
from dnnt.instance import Instance, mixed_order
from dnnt.reachable.breaks import bends_of, breaks_of
from dnnt.reachable.packing import Packing
from dnnt.reachable.program import Output, Program

Labels = dict[Number, Number]
"""The labels of one output at one distinct input, with their weights."""


@dataclass(frozen=True, slots=True)
class Square:
    """weight · (v - center)² + least, as a function of the value v of a coordinate."""

    weight: Number
    center: Number
    least: Number


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a total loss: the coordinates it depends on, and its value for their digits.

    `convex`: it depends on one coordinate and is a convex function of it, whose values times `denominator` are whole;
    `square`: it is this one. `breaks`: it depends on one coordinate, and is a line between any two of these values of
    it; `bends`: it does so, and is a convex function between any two of these. None where that is not known.
    """

    axes: tuple[int, ...]
    cost: Callable[[tuple[int, ...]], Number]
    convex: bool = False
    denominator: int = 1
    square: Square | None = None
    breaks: tuple[Number, ...] | None = None
    bends: tuple[Number, ...] | None = None


def is_convex_sum(instance: Instance) -> bool:
    """Whether the loss is a sum over outputs of convex functions."""
    return instance.loss.of_outputs(instance.network.output_count).separable


def terms_of(instance: Instance, program: Program, packing: Packing) -> list[Term]:
    """The total loss as terms, memoised per distinct digits: one for each distinct input, or each of its outputs."""
    n = len(program.inputs)
    position = {x: i for i, x in enumerate(program.inputs)}
    targets: list[dict[tuple[Number, ...], Number]] = [{} for _ in program.inputs]
    for sample in instance.samples:
        if sample.weight:
            at = targets[position[sample.x]]
            at[sample.y] = normal(at.get(sample.y, 0) + sample.weight)
    terms: list[Term] = []
    by_output = is_convex_sum(instance)
    for i in mixed_order(n):
        if by_output:
            terms.extend(_by_output(instance, program, packing, i, targets[i]))
        else:
            terms.append(_whole(instance, program, packing, i, targets[i]))
    return terms


def _by_output(
    instance: Instance, program: Program, packing: Packing, i: int, targets: dict[tuple[Number, ...], Number]
) -> list[Term]:
    """A term for each block that outputs depend on; outputs with fixed values cost the same always."""
    n = len(program.inputs)
    fixed: Number = 0
    of_blocks: dict[int, list[tuple[Output, Labels]]] = {}
    for place, output in enumerate(program.outputs):
        labels: Labels = {}
        for y, w in targets.items():
            labels[y[place]] = normal(labels.get(y[place], 0) + w)
        if output.block is None:
            f = output.values[i]
            fixed += sum(w * instance.loss((f,), (y,)) for y, w in labels.items())
        else:
            of_blocks.setdefault(output.block, []).append((output, labels))
    terms = [_single(instance, packing, block * n + i, outputs) for block, outputs in of_blocks.items()]
    return terms if not fixed else [*terms, Term((), _always(normal(fixed)))]


def _always(value: Number) -> Callable[[tuple[int, ...]], Number]:
    return lambda digits: value


def _single(instance: Instance, packing: Packing, axis: int, outputs: list[tuple[Output, Labels]]) -> Term:
    memo: dict[int, Number] = {}
    at = packing.axes[axis]

    def cost(digits: tuple[int, ...]) -> Number:
        known = memo.get(digits[0])
        if known is None:
            z = at.value(digits[0])
            known = 0
            for output, labels in outputs:
                f = z if output.activation is None else output.activation(z)
                for y, w in labels.items():
                    known += w * instance.loss((f,), (y,))
            known = memo[digits[0]] = normal(known)
        return known

    plain = all(output.activation is None or output.activation.kind == "identity" for output, _ in outputs)
    square = _square([labels for _, labels in outputs]) if plain and instance.loss.kind == "squared" else None
    numbers = [at.low, at.step, *(v for _, labels in outputs for v in labels)]
    numbers += [v for _, v in instance.loss.arguments]
    weights = [w for _, labels in outputs for w in labels.values()]
    # A product of a value, a label and a weight, or of their squares.
    denominator = lcm(*(v.denominator for v in numbers)) ** 2 * lcm(*(w.denominator for w in weights))
    breaks = breaks_of(
        instance.loss, [output for output, _ in outputs], [(y,) for _, labels in outputs for y in labels]
    )
    bends = None if plain else bends_of(instance.loss, [output for output, _ in outputs])
    return Term((axis,), cost, plain, denominator, square, breaks, bends)


def _square(labelled: list[Labels]) -> Square | None:
    """A sum of weighted squares as one square; None where no label has a weight."""
    pairs = [(y, w) for labels in labelled for y, w in labels.items()]
    weight = normal(sum((w for _, w in pairs), start=0))
    if not weight:
        return None
    center = normal(Fraction(sum((w * y for y, w in pairs), start=0)) / weight)
    return Square(weight, center, normal(sum((w * (y - center) ** 2 for y, w in pairs), start=0)))


def _whole(
    instance: Instance, program: Program, packing: Packing, i: int, targets: dict[tuple[Number, ...], Number]
) -> Term:
    n = len(program.inputs)
    axes = tuple(block * n + i for block in range(program.blocks))
    memo: dict[tuple[int, ...], Number] = {}

    def cost(digits: tuple[int, ...]) -> Number:
        known = memo.get(digits)
        if known is None:
            f = []
            for output in program.outputs:
                if output.block is None:
                    f.append(output.values[i])
                    continue
                z = packing.axes[axes[output.block]].value(digits[output.block])
                f.append(output.activation(z) if output.activation is not None else z)
            outputs = tuple(f)
            known = memo[digits] = normal(sum(w * instance.loss(outputs, y) for y, w in targets.items()))
        return known

    breaks = None
    if len(axes) == 1 and len(program.outputs) == 1:
        breaks = breaks_of(instance.loss, program.outputs, targets)
    return Term(axes, cost, breaks=breaks)
