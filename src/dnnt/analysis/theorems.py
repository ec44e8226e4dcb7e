"""Which theorem of the paper speaks about an instance, and what it says in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dnnt.instance import Instance
from dnnt.network import SOURCE, Layered


@dataclass(frozen=True, slots=True)
class Statement:
    """A theorem by its number, and what it says about instances of this kind."""

    theorem: str
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table below asks about."""

    restricted: bool
    two_layer: bool
    continuous: bool
    depth: int
    inputs: int
    outputs: int
    distinct: int
    samples: int
    identity: bool
    hidden: int


@dataclass(frozen=True, slots=True)
class Row:
    """A theorem, the instances that it speaks about, and what it says."""

    theorem: str
    speaks: Callable[[Facts], bool]
    says: str


ROWS = (
    Row(
        "1.1",
        lambda f: f.restricted and not f.continuous,
        "Restricted instance: every parameter has one option, so solving it is evaluating it. On deep networks "
        "even that can be as hard as deciding the sign of the integer of a straight-line program, because values "
        "may grow doubly exponentially with the depth; on numbers of modest length it is easy.",
    ),
    Row(
        "1.1",
        lambda f: not f.restricted and not f.continuous and f.depth > 2,
        "Deep network: already its restricted instances can be as hard as deciding the sign of the integer of a "
        "straight-line program. The cost grows with the depth through the length of the numbers, and with the "
        "number of choices.",
    ),
    Row(
        "1.2",
        lambda f: f.continuous,
        "Continuous training: discrete training reduces to it in polynomial time, so it is at least as hard. No "
        "method here takes continuous parameters.",
    ),
    Row(
        "1.3",
        lambda f: (
            f.two_layer and not f.continuous and f.distinct == 1 and f.inputs == 1 and f.identity and f.hidden > 0
        ),
        "One hidden layer, one sample, one input, identity activations: subset sum is a special case, so the "
        "problem is NP-hard, but only weakly: Theorem 1.6 makes it easy when the numbers are small.",
    ),
    Row(
        "1.4",
        lambda f: f.two_layer and not f.continuous and f.inputs == 1 and f.identity and f.outputs > 1 and f.hidden > 0,
        "Identity activations and one input, several outputs: binary constraint satisfaction is a special case; "
        "under the Exponential Time Hypothesis no algorithm is much faster than N^(k / log k) for width k and "
        "encoding size N.",
    ),
    Row(
        "1.5",
        lambda f: (
            f.two_layer and not f.continuous and f.outputs == 1 and f.identity and f.hidden <= 1 and f.samples > 1
        ),
        "One neuron with the identity and many samples: exact cover is a special case, so the problem is NP-hard "
        "even with weights 0 and 1; the cost grows with the number of samples.",
    ),
    Row(
        "1.6",
        lambda f: f.two_layer and not f.continuous and f.outputs == 1,
        "Two layers and one output: a dynamic program solves it in time poly(|I|) · M^O(n), where n is the number "
        "of distinct inputs and M the number of grid points that a value can take (as repaired: for general "
        "activations a bound on the magnitude alone is not enough). Few samples and small numbers are easy; many "
        "samples are not.",
    ),
    Row(
        "1.6 (general form)",
        lambda f: f.two_layer and not f.continuous and f.outputs != 1,
        "Two layers and several outputs: the same dynamic program over vectors of n·|T| coordinates, time "
        "poly(|I|) · M^O(n·|T|), for n distinct inputs, |T| outputs, and M grid points a value.",
    ),
)


def statements(
    instance: Instance,
    restricted: bool,
    two_layer: bool,
    continuous: bool,
    depth: int,
    distinct: int,
) -> tuple[Statement, ...]:
    """The theorems that speak about the instance."""
    network = instance.network
    if isinstance(network, Layered):
        activations = [layer.activation for layer in network.layers]
        hidden = sum(layer.units for layer in network.layers[:-1])
    else:
        activations = [vertex.activation for vertex in network.vertices]
        fed = {edge.target for edge in network.edges if edge.source == SOURCE}
        hidden = len(fed - set(network.outputs))
    facts = Facts(
        restricted,
        two_layer,
        continuous,
        depth,
        network.inputs,
        network.output_count,
        distinct,
        len(instance.samples),
        all(a.kind == "identity" for a in activations),
        hidden,
    )
    return tuple(Statement(row.theorem, row.says) for row in ROWS if row.speaks(facts))
