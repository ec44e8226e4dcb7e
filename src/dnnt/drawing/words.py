"""Short texts for a drawing: spaces, the parameters of an edge, activations, and how many there are of something."""

from __future__ import annotations

from collections.abc import Sequence

from dnnt.activations import Activation
from dnnt.drawing.svg import shortened
from dnnt.exact import Number, brief, several
from dnnt.instance import Instance
from dnnt.network import ZERO
from dnnt.spaces import Range, Real, Space

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def space(of: Space) -> str:
    """A space: one value as it is, a few in braces, ∅ and ℝ."""
    if isinstance(of, Real):
        return "ℝ"
    if of.size == 0:
        return "∅"
    if of.size == 1:
        return _number(of.low)
    if isinstance(of, Range):
        if of.size <= 4:
            listed = [_number(value) for value in of]
        else:
            listed = [_number(of.low), _number(of.low + of.step), "…", _number(of.high)]
        return "{" + ", ".join(listed) + "}"
    listed = [_number(value) for value in (of.values if of.size <= 4 else of.values[:2])]
    return "{" + ", ".join(listed if of.size <= 4 else [*listed, "…", _number(of.high)]) + "}"


def edge(weights: Sequence[Space], bias: Space) -> str:
    """The spaces of an edge: those of its weights, then "+" and that of the bias where it may be other than 0."""
    added = "" if bias == ZERO else f"+ {space(bias)}"
    return f"{_weights(weights)} {added}".strip()


def _weights(weights: Sequence[Space]) -> str:
    if not weights:
        return ""
    # Comparing with the first one finds equal spaces quickly, however many inputs there are.
    if all(of == weights[0] for of in weights[1:]):
        number = len(weights)
        power = "" if number == 1 else str(number).translate(_RAISED)
        alone = space(weights[0])
        return f"({alone}){power}" if power and alone[0] not in "{ℝ∅" else f"{alone}{power}"
    listed = [space(of) for of in weights[:4]]
    shown = listed if len(weights) <= 4 and sum(map(len, listed)) <= 30 else [*listed[:2], "…", space(weights[-1])]
    return f"({', '.join(shown)})"


def activation(of: Activation) -> str:
    """An activation by its name, with its numbers."""
    numbers = [_number(value) for _, value in of.arguments if isinstance(value, Number)]
    return shortened(" ".join((of.kind, ", ".join(numbers))).strip(), 24)


def caption(instance: Instance) -> str:
    """A line of figures below the title."""
    network = instance.network
    gamma = [] if instance.gamma is None else [f"gamma {shortened(brief(instance.gamma), 20)}"]
    return " · ".join(
        (
            several(network.inputs, "input"),
            several(network.unit_count, "unit"),
            several(network.edge_count, "edge"),
            several(len(instance.samples), "sample"),
            f"loss {instance.loss.kind}",
            *gamma,
        )
    )


def _number(value: Number) -> str:
    return shortened(brief(value).replace("-", "−"), 14)
