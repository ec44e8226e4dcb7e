"""Facts: what the tables of theorems ask about an instance, found in one pass over the network.

Vertices that no output depends on are left out (their spaces still count as parameters). Layers of equal units are
looked at once each, however many units they have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.network import SOURCE, ZERO, Layered, Network
from dnnt.spaces import Real, Space, Values

SHORT = frozenset(
    (
        "identity", "relu", "sign", "step", "abs", "floor", "clip", "scale", "leaky_relu", "constant", "table",
        "piecewise_linear",
    )
)  # fmt: skip
"""Activations whose value is about as long as their argument. On a path of these alone, lengths add up; with any other
activation they may double with every vertex.
"""

SEMIALGEBRAIC = SHORT - {"floor"} | {"square", "quarter_square"}
"""Activations that polynomial equations and inequalities describe."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an instance without solving it.

    Counts: `inputs` d, `samples` n, `distinct` inputs among them, `outputs` |T|, `hidden` units k on paths from the
    source to an output, `depth` (edges of the longest of these). `flat`: two layers as in the paper, with chains of
    constants counted too. `growth`: the most vertices on one path to an output whose activation may double the
    length of a number. `weights` is "real" (every weight may be any real number), "sparse" (or is fixed to 0, as if
    its edge were missing) or "other"; biases are "free", "none" (fixed to 0) or "other". `plain`: one edge from the
    source to every hidden unit, edges from there to outputs, and nothing else; `full`: all of these, or all between
    successive layers.
    """

    inputs: int
    samples: int
    distinct: int
    outputs: int
    hidden: int
    depth: int
    edges: int
    empty: bool
    restricted: bool
    continuous: bool
    flat: bool
    gamma: Number | None
    loss: str
    activations: frozenset[str]
    hidden_activations: frozenset[str]
    output_activations: frozenset[str]
    growth: int
    parallel: bool
    binary: bool
    weights: str
    hidden_bias: str
    output_bias: str
    plain: bool
    full: bool

    @property
    def trivial(self) -> bool:
        """Whether no choice of parameters makes a difference, because of what is missing."""
        return self.empty or not self.samples or not self.outputs

    @property
    def short(self) -> bool:
        """Whether all numbers stay polynomially long in the network written out."""
        return self.flat or self.growth <= 2

    @property
    def custom(self) -> bool:
        """Whether the instance contains functions given from Python."""
        return "custom" in self.activations or self.loss == "custom"


@dataclass(frozen=True, slots=True)
class _Shape:
    hidden: int
    chain: int
    activations: frozenset[str]
    hidden_activations: frozenset[str]
    output_activations: frozenset[str]
    growth: int
    parallel: bool
    hidden_bias: str
    output_bias: str
    plain: bool
    full: bool


def facts(
    instance: Instance, *, empty: bool, restricted: bool, two_layer: bool, continuous: bool, depth: int, distinct: int
) -> Facts:
    """The facts of an instance; what the profile knows already is given."""
    network = instance.network
    shape = _of_layers(network) if isinstance(network, Layered) else _of_graph(network)
    weights = _weights(network) if continuous else "other"
    return Facts(
        inputs=network.inputs,
        samples=len(instance.samples),
        distinct=distinct,
        outputs=network.output_count,
        hidden=shape.hidden,
        depth=depth,
        edges=network.edge_count,
        empty=empty,
        restricted=restricted,
        continuous=continuous,
        flat=two_layer and shape.chain <= 2,
        gamma=instance.gamma,
        loss=instance.loss.kind,
        activations=shape.activations,
        hidden_activations=shape.hidden_activations,
        output_activations=shape.output_activations,
        growth=shape.growth,
        parallel=shape.parallel,
        # Asked for by Theorem 1.4 alone, which has one input.
        binary=network.inputs == 1 and not continuous and _binary(network),
        weights=weights,
        hidden_bias=shape.hidden_bias,
        output_bias=shape.output_bias,
        plain=shape.plain,
        full=shape.full and weights == "real",
    )


def _of_layers(network: Layered) -> _Shape:
    *below, last = network.layers
    hidden = frozenset(layer.activation.kind for layer in below)
    outputs = frozenset((last.activation.kind,))
    return _Shape(
        hidden=sum(layer.units for layer in below),
        chain=len(network.layers),
        activations=hidden | outputs,
        hidden_activations=hidden,
        output_activations=outputs,
        growth=sum(layer.activation.kind not in SHORT for layer in network.layers),
        parallel=False,
        hidden_bias=_together(_bias((layer.bias,)) for layer in below),
        output_bias=_bias((last.bias,)),
        plain=len(network.layers) == 2,
        full=True,
    )


def _of_graph(network: Network) -> _Shape:
    live, outputs = network.live, {network.position[name] for name in network.outputs}
    size = len(network.vertices)
    fed, chain, growth = [False] * size, [0] * size, [0] * size
    widths: dict[int, int] = {}
    tail_counts = [0] * size
    hidden = 0
    parallel, plain, levelled = False, True, True
    every: set[str] = set()
    kinds: tuple[set[str], set[str]] = (set(), set())
    biases: tuple[set[str], set[str]] = (set(), set())
    for v in network.order:
        if not live[v]:
            continue
        entering = [network.edges[e] for e in network.incoming[v]]
        tails = {edge.source for edge in entering}
        below = [network.position[name] for name in tails if name != SOURCE]
        parallel |= len(tails) < len(entering)
        fed[v] = SOURCE in tails or any(fed[u] for u in below)
        chain[v] = max([chain[u] + 1 for u in below], default=int(SOURCE in tails))
        kind = network.vertices[v].activation.kind
        growth[v] = max([growth[u] for u in below], default=0) + (kind not in SHORT)
        every.add(kind)
        widths[chain[v]] = widths.get(chain[v], 0) + 1
        tail_counts[v] = len(tails)
        levelled &= fed[v] and (SOURCE not in tails or chain[v] == 1) and all(chain[u] == chain[v] - 1 for u in below)
        if v in outputs:
            plain &= fed[v] and SOURCE not in tails and not any(u in outputs for u in below)
        else:
            hidden += fed[v]
            plain &= tails == {SOURCE}
        if fed[v] or v in outputs:
            kinds[v in outputs].add(kind)
            biases[v in outputs].add(_bias(edge.bias for edge in entering))
    longest = max((chain[v] for v in outputs), default=0)
    joined = all(tail_counts[v] == (widths[chain[v] - 1] if chain[v] > 1 else 1) for v in range(size) if live[v])
    last = widths.get(longest) == len(outputs) and all(chain[v] == longest for v in outputs)
    return _Shape(
        hidden=hidden,
        chain=longest,
        activations=frozenset(every),
        hidden_activations=frozenset(kinds[False]),
        output_activations=frozenset(kinds[True]),
        growth=max((growth[v] for v in outputs), default=0),
        parallel=parallel,
        hidden_bias=_together(biases[False]),
        output_bias=_together(biases[True]),
        plain=plain and hidden > 0 and not parallel,
        full=levelled and joined and last and not parallel,
    )


def _bias(of: Iterable[Space]) -> str:
    """What the biases of a vertex, which count by their sum alone, may be together."""
    fixed = True
    for space in of:
        if isinstance(space, Real):
            return "free"
        fixed = fixed and space == ZERO
    return "none" if fixed else "other"


def _together(each: Iterable[str]) -> str:
    """What is common to the biases of some vertices; "none" if there are no vertices."""
    seen = set(each)
    return "other" if len(seen) > 1 else seen.pop() if seen else "none"


def _weights(network: Network | Layered) -> str:
    seen = "real"
    for space in _weight_spaces(network):
        if not isinstance(space, Real):
            if space != ZERO:
                return "other"
            seen = "sparse"
    return seen


def _weight_spaces(network: Network | Layered) -> Iterator[Space]:
    if isinstance(network, Layered):
        yield from (layer.weights for layer in network.layers)
    else:
        yield from (space for edge in network.edges for space in edge.weights)


def _binary(network: Network | Layered) -> bool:
    """Whether every weight and bias is 0 or 1."""
    return all(
        isinstance(of, Values) and all(value in (0, 1) for value in of)
        for of, count, _ in network.slot_groups()
        if count
    )
