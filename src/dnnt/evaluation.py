"""What an instance means: the outputs and the loss of given parameters, in exact arithmetic.

Plain and slow on purpose: everything else in dnnt is tested against this file. A graph is evaluated vertex by vertex
along a topological order; a layered network is evaluated by runs of equal units, so that its size does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import mul
from typing import Any, NamedTuple

from dnnt.activations import Activation
from dnnt.errors import InvalidInput, TooLarge, shown
from dnnt.exact import Number, bits, normal
from dnnt.instance import Instance, Sample
from dnnt.network import SOURCE, Layered, Network
from dnnt.parameters import Cursor, Parameters, Run, check_shape, inside, parameters

MAX_BITS = 10**8
"""The most bits that a number may have before evaluation gives up."""

SHORT_BITS = 31
SHORT = (1 << SHORT_BITS) - 1
"""Whole numbers up to this are short: neither they nor the product of two of them come near a limit."""

WHOLE = frozenset((int,))

MAX_OUTPUTS = 10_000_000
"""The most outputs of a sample that are written out."""


@dataclass(frozen=True, slots=True)
class SampleResult:
    """One sample's outputs and its loss before the sample's weight."""

    output: tuple[Number, ...]
    loss: Number


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The total loss, one `SampleResult` a sample, and whether every parameter lies in its space."""

    total: Number
    samples: tuple[SampleResult, ...]
    inside: bool


class _Step(NamedTuple):
    """The evaluation of one vertex: all biases of its edges together, its weights on s (and whether they are short),
    and its weights on other vertices, with their positions.
    """

    vertex: int
    activation: Activation
    bias: Number
    inputs: list[tuple[tuple[Number, ...], bool]]
    weights: tuple[Number, ...]
    tails: list[int]


def evaluate(
    instance: Instance,
    given: Any,
    max_bits: int = MAX_BITS,
    poll: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Evaluate parameters (a `Parameters`, a file's `edges` list, or an answer) on every sample.

    `poll` is called once a sample and vertex. Raises `InvalidParameters` for a wrong shape, `TooLarge` where a number
    would have more than `max_bits` bits.
    """
    if not isinstance(instance, Instance):
        raise InvalidInput(f"{shown(instance)} is no instance", "give a dnnt.Instance", "instance")
    chosen = parameters(given)
    check_shape(instance.network, chosen)
    total, results = _results(instance, chosen, max_bits, poll)
    return Evaluation(total, tuple(results), inside(instance.network, chosen))


def loss_of(
    instance: Instance,
    chosen: Parameters,
    max_bits: int = MAX_BITS,
    poll: Callable[[], None] = lambda: None,
) -> Number:
    """The total loss of parameters that are known to fit the network. Raises `TooLarge` as `evaluate` does."""
    return _results(instance, chosen, max_bits, poll)[0]


def _results(
    instance: Instance, chosen: Parameters, max_bits: int, poll: Callable[[], None]
) -> tuple[Number, list[SampleResult]]:
    """The total loss, and the outputs and the loss at each sample."""
    network = instance.network
    plan = _plan(network, chosen) if isinstance(network, Network) else []
    results = []
    total: Number = 0
    for sample in instance.samples:
        if isinstance(network, Network):
            output = _graph_outputs(network, plan, sample.x, max_bits, poll)
        else:
            output = _layered_outputs(network, chosen, sample.x, max_bits, poll)
        cost = _limited(instance.loss(output, sample.y), max_bits)
        total = _limited(normal(total + _product(sample.weight, cost, max_bits)), max_bits)
        results.append(SampleResult(output, cost))
    return total, results


def outputs(
    network: Network | Layered,
    chosen: Parameters,
    sample: Sample,
    max_bits: int = MAX_BITS,
    poll: Callable[[], None] = lambda: None,
) -> tuple[Number, ...]:
    """The outputs f(x) of the network with these parameters on one sample."""
    if isinstance(network, Layered):
        return _layered_outputs(network, chosen, sample.x, max_bits, poll)
    return _graph_outputs(network, _plan(network, chosen), sample.x, max_bits, poll)


def _plan(network: Network, chosen: Parameters) -> list[_Step]:
    """The steps of an evaluation, which are the same for all samples."""
    position, edges, runs = network.position, network.edges, list(chosen.edges())
    plan = []
    for v in network.order:
        bias: Number = 0
        inputs, weights, tails = [], [], []
        for index in network.incoming[v]:
            source, run = edges[index].source, runs[index]
            bias += run.bias
            if source == SOURCE:
                inputs.append((run.weights, _are_short(run.weights)))
            else:
                weights.append(run.weights[0])
                tails.append(position[source])
        plan.append(_Step(v, network.vertices[v].activation, bias, inputs, tuple(weights), tails))
    return plan


def _graph_outputs(
    network: Network, plan: list[_Step], x: tuple[Number, ...], max_bits: int, poll: Callable[[], None]
) -> tuple[Number, ...]:
    """Vertex by vertex."""
    short = max_bits >= 2 * SHORT_BITS and _are_short(x)
    values: list[Number] = [0] * len(network.vertices)
    for v, activation, bias, inputs, weights, tails in plan:
        poll()
        pre = bias
        for of, are_short in inputs:
            pre += sum(map(mul, of, x)) if short and are_short else _dot(of, x, max_bits)
        if tails:
            pre += _dot(weights, tuple([values[u] for u in tails]), max_bits)
        values[v] = activated(activation, normal(pre), max_bits)
    return tuple([values[network.position[name]] for name in network.outputs])


def _limited(value: Number, max_bits: int) -> Number:
    """The value, unless it is too long."""
    if type(value) is int and -SHORT <= value <= SHORT and max_bits >= SHORT_BITS:
        return value
    if bits(value) > max_bits:
        raise TooLarge(f"a number has {bits(value):,} bits, more than {max_bits:,}")
    return value


def _dot(weights: tuple[Number, ...], values: tuple[Number, ...], max_bits: int) -> Number:
    """The sum of the products."""
    if len(weights) == 1 == len(values):
        return _product(weights[0], values[0], max_bits)
    if max_bits >= 2 * SHORT_BITS and _are_short(weights) and _are_short(values):
        total: int = sum(map(mul, weights, values))
        return total
    return sum(_product(w, z, max_bits) for w, z in zip(weights, values, strict=True))


def _are_short(values: tuple[Number, ...]) -> bool:
    """Whether all are whole and so small that no product of two of them needs a limit."""
    return WHOLE.issuperset(map(type, values)) and (not values or (min(values) >= -SHORT and max(values) <= SHORT))


def _product(w: Number, z: Number, max_bits: int) -> Number:
    if type(w) is int and type(z) is int and -SHORT <= w <= SHORT and -SHORT <= z <= SHORT:
        return w * z if max_bits >= 2 * SHORT_BITS else _limited(w * z, max_bits)
    # A product has at most one bit less (in numerator and denominator each) than its factors together: when it must be
    # too long it is not formed.
    if w and z and bits(w) + bits(z) > max_bits + 2:
        raise TooLarge(f"a product has more than {max_bits:,} bits")
    return _limited(normal(w * z), max_bits)


def activated(activation: Activation, pre: Number, max_bits: int) -> Number:
    """The activation of a pre-activation. Raises `TooLarge` where it has, or would have, more than `max_bits` bits."""
    if type(pre) is int and -SHORT <= pre <= SHORT and max_bits >= 2 * SHORT_BITS:
        return _limited(activation(pre), max_bits)
    if 2 * bits(pre) > max_bits + 4 and activation.squares(pre):
        raise TooLarge(f"a square has more than {max_bits:,} bits")
    return _limited(activation(_limited(pre, max_bits)), max_bits)


def _layered_outputs(
    network: Layered,
    chosen: Parameters,
    x: tuple[Number, ...],
    max_bits: int,
    poll: Callable[[], None],
) -> tuple[Number, ...]:
    """Layer by layer; a layer's values are runs (value, how many consecutive units have it)."""
    if network.output_count > MAX_OUTPUTS:
        raise TooLarge(f"{network.output_count} outputs are too many to list (at most {MAX_OUTPUTS:,})")
    cursor = Cursor(chosen)
    values: list[tuple[Number, int]] = []
    for index, (layer, (fan, _)) in enumerate(zip(network.layers, network.fans(), strict=True)):
        made: list[tuple[Number, int]] = []
        units = 0
        while units < layer.units:
            poll()
            # A run that covers whole units gives all of them the same value: look at one and count the rest.
            equal = max(1, min(layer.units - units, cursor.left() // fan))
            if index == 0:
                run = cursor.take(equal)
                pre = _dot(run.weights, x, max_bits) + run.bias
            else:
                pre = _unit(cursor, values, fan, equal, max_bits)
            made.append((activated(layer.activation, normal(pre), max_bits), equal))
            units += equal
        values = made
    return tuple(value for value, count in values for _ in range(count))


def _unit(cursor: Cursor, values: list[tuple[Number, int]], fan: int, equal: int, max_bits: int) -> Number:
    """The pre-activation of the next unit; `equal` units of this kind are taken from the cursor."""
    pre: Number = 0
    if equal > 1:
        run = cursor.take(fan * equal)
        return sum(count * (_product(run.weights[0], z, max_bits) + run.bias) for z, count in values)
    for z, count in values:
        taken = 0
        while taken < count:
            piece: Run = cursor.take(count - taken)
            pre += piece.repeat * (_product(piece.weights[0], z, max_bits) + piece.bias)
            taken += piece.repeat
    return pre
