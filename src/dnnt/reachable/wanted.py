"""Which states are wanted of a loss: in every coordinate a whole number that costs least, as far as a look tells.

Where the loss is a sum over coordinates of one output each, every coordinate can be looked at by itself: labels and
what the loss says of them are values of an output, and a monotone activation is searched for where it takes them. What
is wanted only steers; that nothing costs less is another matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import ceil, floor

from dnnt.activations import Activation
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.losses import Loss
from dnnt.reachable.program import Program
from dnnt.reachable.terms import Labels

MOST_STATES = 4
"""States that are wanted at most."""

MODERATE = (0, 1, 2, 12, 60)
"""How far whole numbers are looked at from where the loss or an activation changes, on both sides."""

FARTHEST = 1 << 40
"""Where activations are searched."""

MOST_BITS = 60
"""Longer numbers are left to others."""

Vector = tuple[int, ...]


def is_sum_over_coordinates(instance: Instance) -> bool:
    """Whether the total loss is a sum over outputs, each of them by itself."""
    outputs = instance.network.output_count
    if instance.loss.of_outputs(outputs).separable:
        return True
    return outputs == 1 and instance.loss.kind in ("zero_one", "misclassified", "table")


def wanted_states(instance: Instance, program: Program) -> list[Vector]:
    """States in whole numbers that cost least, coordinate by coordinate; a few of them if there is a choice."""
    if not is_sum_over_coordinates(instance):
        return []
    choices: list[list[int]] = []
    n = len(program.inputs)
    for block in range(program.blocks):
        places = [place for place, output in enumerate(program.outputs) if output.block == block]
        for i in range(n):
            found = _cheapest(instance, program, places, i)
            if not found:
                return []
            choices.append(found)
    most = min(MOST_STATES, max(map(len, choices), default=0))
    made = [tuple([some[min(k, len(some) - 1)] for some in choices]) for k in range(most)]
    return list(dict.fromkeys(made))


def _cheapest(instance: Instance, program: Program, places: Sequence[int], i: int) -> list[int]:
    """The whole numbers of least loss of one coordinate, among those that are looked at, small ones first."""
    labelled: list[tuple[Activation | None, Labels]] = []
    looked_at = {0}
    for place in places:
        activation = program.outputs[place].activation
        labels: Labels = {}
        for sample in instance.samples:
            if sample.weight and sample.x == program.inputs[i]:
                labels[sample.y[place]] = labels.get(sample.y[place], 0) + sample.weight
        labelled.append((activation, labels))
        looked_at.update(_looked_at(activation, instance.loss, labels))
    costs: dict[int, Number] = {}
    for z in looked_at:
        total: Number = 0
        for activation, labels in labelled:
            f = z if activation is None else activation(z)
            for y, w in labels.items():
                total += w * instance.loss((f,), (y,))
        costs[z] = total
    least = min(costs.values())
    return sorted((z for z, cost in costs.items() if cost == least), key=lambda z: (abs(z), z))


def _looked_at(activation: Activation | None, loss: Loss, labels: Labels) -> Iterator[int]:
    """Whole numbers around all places where the loss of an output may be least."""
    plain = activation is None or activation.kind == "identity"
    for value in {0, *_turns(loss, labels)}:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
            continue
        places = [value] if plain or activation is None else [0, value, *_preimages(activation, value)]
        for place in places:
            for step in MODERATE:
                yield floor(place) - step
                yield ceil(place) + step


def _turns(loss: Loss, labels: Labels) -> Iterable[Number]:
    """Values of an output beside which the loss is least."""
    if loss.kind == "hinge":
        margin = dict(loss.arguments)["margin"]
        return [Fraction(margin) / y for y in labels if y]
    if loss.kind == "squared":
        weight = sum(labels.values())
        return [Fraction(sum(y * w for y, w in labels.items())) / weight] if weight else []
    if loss.kind == "table":
        return [f for (f,), (y,), _ in dict(loss.arguments)["values"] if y in labels]
    return list(labels)


def _preimages(activation: Activation, value: Number) -> Iterator[int]:
    """Where a monotone activation reaches a value, from either side."""
    if activation.interval(-FARTHEST, FARTHEST) is None:
        return
    ends = activation(-FARTHEST), activation(FARTHEST)
    if ends[0] == ends[1]:
        return
    rising = ends[0] < ends[1]
    for beyond in (False, True):
        low, high = -FARTHEST, FARTHEST
        while low < high:
            middle = (low + high) // 2
            here = activation(middle)
            if not beyond if here == value else (here > value) == rising:
                high = middle
            else:
                low = middle + 1
        yield low
