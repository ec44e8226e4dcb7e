"""All states of a two-layer network, literally: every choice of every vertex, added up as sets of tuples of fractions.

For instances with more choices than `oracle` can try: k equal units have few different sums.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from operator import mul

from dnnt.exact import Number, normal
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.network import SOURCE, Network
from dnnt.spaces import Real
from dnnt.testing.oracle import Oracle, oracle

State = tuple[Number, ...]

MOST_STATES = 3_000
"""More states than this are not formed."""

MOST_PAIRS = 30_000
"""Nor are so many pairs of partial sums."""

MOST_CHOICES = 10**9
"""Where there are more choices of parameters, `known_losses` does not try them."""


class TooMany(Exception):
    """There are too many states to write them out."""


def state_oracle(instance: Instance) -> Oracle:
    """Every total loss that occurs, of a network whose vertices are fed by the inputs, or by vertices that are.

    Raises `TooMany` for instances with many states. (`choices` of the result is the number of states.)
    """
    states = all_states(instance)
    return Oracle(len(states), tuple(sorted({loss_of_state(instance, state) for state in states})))


def known_losses(instance: Instance) -> Oracle:
    """The same as `oracle` finds, by all states where there are too many choices of parameters to try them all."""
    return _by_states(instance_file.to_bytes(replace(instance, gamma=None))) if has_many(instance) else oracle(instance)


def has_many(instance: Instance) -> bool:
    """Whether there are more choices of parameters than are tried."""
    choices = 1
    for edge in instance.network.graph().edges:
        for of in edge.slots:
            choices *= 1 if isinstance(of, Real) else max(1, of.size)
            if choices > MOST_CHOICES:
                return not instance.has_empty_space
    return False


@lru_cache(maxsize=64)
def _by_states(raw: bytes) -> Oracle:
    return state_oracle(instance_file.parse(raw))


def all_states(instance: Instance) -> set[State]:
    """For each output in order its pre-activations over the distinct inputs, or its values, if s alone feeds it."""
    network = instance.network.graph()
    second = _second(network)
    summands = [
        (_from_sums if vertex.id in second else _from_first)(instance, network, vertex.id)
        for vertex in network.vertices
    ]
    total: set[State] = {(0,) * (len(network.outputs) * len(_inputs(instance)))}
    for summand in sorted(summands, key=len):
        total = _sums(total, summand)
    return total


def loss_of_state(instance: Instance, state: State) -> Fraction:
    """The total loss of a state."""
    network = instance.network.graph()
    second, inputs = _second(network), _inputs(instance)
    activations = {vertex.id: vertex.activation for vertex in network.vertices}
    total = Fraction(0)
    for sample in instance.samples:
        if not sample.weight:
            continue
        i = inputs.index(sample.x)
        outputs = [normal(state[place * len(inputs) + i]) for place in range(len(network.outputs))]
        named = zip(network.outputs, outputs, strict=True)
        f = tuple([activations[name](z) if name in second else z for name, z in named])
        total += Fraction(sample.weight) * Fraction(instance.loss(f, sample.y))
    return total


def _inputs(instance: Instance) -> list[tuple[Number, ...]]:
    return list(dict.fromkeys(sample.x for sample in instance.samples if sample.weight))


def _second(network: Network) -> set[str]:
    return {edge.target for edge in network.edges if edge.source != SOURCE}


def _sums(one: set[State], two: set[State]) -> set[State]:
    if len(one) * len(two) > MOST_PAIRS:
        raise TooMany
    made = {tuple([normal(a + b) for a, b in zip(x, y, strict=True)]) for x in one for y in two}
    if len(made) > MOST_STATES:
        raise TooMany
    return made


def _values(of: object) -> tuple[Number, ...]:
    assert not isinstance(of, Real), "states of discrete networks"
    return tuple(of)  # type: ignore[arg-type]  # All other spaces are finite.


def _pre_activations(instance: Instance, network: Network, name: str) -> set[State]:
    """What the edges from s add to a vertex."""
    inputs = _inputs(instance)
    made: set[State] = {(0,) * len(inputs)}
    for edge in network.edges:
        if edge.target == name and edge.source == SOURCE:
            own = set()
            for *weights, bias in product(*(_values(of) for of in edge.slots)):
                own.add(tuple([normal(sum(map(mul, weights, x), bias)) for x in inputs]))
            made = _sums(made, own)
    return made


def _from_sums(instance: Instance, network: Network, name: str) -> set[State]:
    """What the edges from s add to an output in the second layer."""
    return {_placed(network, len(_inputs(instance)), {name: row}) for row in _pre_activations(instance, network, name)}


def _from_first(instance: Instance, network: Network, name: str) -> set[State]:
    """What a vertex of the first layer adds: its values times its outgoing weights, and the biases beside them."""
    inputs = _inputs(instance)
    activation = next(vertex.activation for vertex in network.vertices if vertex.id == name)
    images = {tuple([activation(z) for z in row]) for row in _pre_activations(instance, network, name)}
    outgoing = [edge for edge in network.edges if edge.source == name and edge.target in network.outputs]
    made = set()
    for image in images:
        for chosen in product(*(product(_values(edge.weights[0]), _values(edge.bias)) for edge in outgoing)):
            rows: dict[str, list[Number]] = {target: [0] * len(inputs) for target in network.outputs}
            if name in rows:
                rows[name] = list(image)
            for edge, (weight, bias) in zip(outgoing, chosen, strict=True):
                rows[edge.target] = [r + weight * v + bias for r, v in zip(rows[edge.target], image, strict=True)]
            made.add(_placed(network, len(inputs), {target: tuple(row) for target, row in rows.items()}))
    return made


def _placed(network: Network, n: int, rows: dict[str, State]) -> State:
    """Rows of outputs as a state; others are 0."""
    return tuple(v for name in network.outputs for v in rows.get(name, (0,) * n))
