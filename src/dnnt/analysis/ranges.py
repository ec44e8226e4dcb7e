"""Ranges: the least and the greatest value that each vertex can take, over all parameters and samples.

Interval arithmetic along the network, exact on rationals; bounds may be wide, since parameters that two vertices share
are treated as independent.
"""

from __future__ import annotations

from dataclasses import dataclass

from dnnt.activations import Activation
from dnnt.exact import Number, bits, normal
from dnnt.instance import Instance
from dnnt.network import SOURCE, Layered, Network
from dnnt.spaces import Real, Space

MAX_BITS = 100_000

Interval = tuple[Number, Number]


@dataclass(frozen=True, slots=True)
class VertexRange:
    """A vertex (or a layer of equal units) with bounds on its pre-activation and its value; None where unknown."""

    id: str
    pre: Interval | None
    value: Interval | None


def ranges(instance: Instance) -> tuple[VertexRange, ...]:
    """Bounds for every vertex in topological order, or for every layer. No space may be empty."""
    if isinstance(instance.network, Layered):
        return _layered(instance, instance.network)
    return _graph(instance, instance.network)


def _graph(instance: Instance, network: Network) -> tuple[VertexRange, ...]:
    inputs = _inputs(instance)
    values: dict[str, Interval | None] = {}
    made = []
    for v in network.order:
        vertex = network.vertices[v]
        pre: Interval | None = (0, 0)
        for e in network.incoming[v]:
            edge = network.edges[e]
            columns = [values[edge.source]] if edge.source != SOURCE else inputs or [(0, 0)] * len(edge.weights)
            for of, column in zip(edge.weights, columns, strict=True):
                pre = _plus(pre, _times(of, column), 1)
            pre = _plus(pre, _space(edge.bias), 1)
        values[vertex.id] = value = _applied(vertex.activation, pre)
        made.append(VertexRange(vertex.id, pre, value))
    return tuple(made)


def _layered(instance: Instance, network: Layered) -> tuple[VertexRange, ...]:
    made = []
    value: Interval | None = None
    for index, (layer, (fan, _)) in enumerate(zip(network.layers, network.fans(), strict=True)):
        pre: Interval | None = _space(layer.bias)
        if index == 0:
            for column in _inputs(instance):
                pre = _plus(pre, _times(layer.weights, column), 1)
        else:
            pre = _plus(pre, _times(layer.weights, value), fan)
        value = _applied(layer.activation, pre)
        made.append(VertexRange(f"L{index + 1}", pre, value))
    return tuple(made)


def _inputs(instance: Instance) -> list[Interval | None]:
    """The least and the greatest value of each input coordinate; none at all without samples."""
    columns = zip(*(sample.x for sample in instance.samples), strict=True)
    return [(min(column), max(column)) for column in columns]


def _space(of: Space) -> Interval | None:
    return None if isinstance(of, Real) else (of.low, of.high)


def _times(of: Space, column: Interval | None) -> Interval | None:
    weights = _space(of)
    if column == (0, 0) or weights == (0, 0):
        return (0, 0)
    if weights is None or column is None:
        return None
    ends = [normal(w * z) for w in weights for z in column]
    return min(ends), max(ends)


def _plus(total: Interval | None, more: Interval | None, times: int) -> Interval | None:
    if total is None or more is None:
        return None
    return normal(total[0] + times * more[0]), normal(total[1] + times * more[1])


def _applied(activation: Activation, pre: Interval | None) -> Interval | None:
    if activation.is_constant:
        return activation(0), activation(0)
    if pre is None or max(map(bits, pre)) > MAX_BITS:
        return None
    return activation.interval(*pre)
