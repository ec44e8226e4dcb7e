"""What the variants of dnnt-to-cnnt share: the space of reals, fresh names, and the target that is always no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dnnt.errors import InvalidInput, TooLarge
from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import SOURCE, Edge, Network
from dnnt.reductions.parts import vertex
from dnnt.spaces import Real

REAL = Real()

EMPTY = "empty_space"
"""The key of a trace that says that the source has an empty space: no parameters at all."""

MAX_SLOTS = 200_000
"""The most parameters of a source: each becomes a vertex."""

MAX_NUMBERS = 20_000_000
"""The most numbers in samples and parameters of a target: some hundred megabytes of JSON."""


def refusal_of(problem: Instance) -> str | None:
    """Why an instance cannot be the source; None where it can."""
    if problem.gamma is None:
        return "the source has no gamma, and the reduction is one of decisions; add a gamma"
    if problem.loss.kind == "guarded":
        return "the loss of the source is guarded, as those that the rule makes are, and cannot be guarded again"
    if sum(count for _, count, _ in problem.network.slot_groups()) > MAX_SLOTS:
        return f"the source has more than {MAX_SLOTS:,} parameters, and each becomes a vertex"
    try:
        problem.network.graph()
    except TooLarge as error:
        return str(error)
    return None


def length_refusal(outputs: int, samples: int, slots: int) -> str | None:
    """Why a target would be too long: every sample lists a number for each output, every edge its parameters."""
    numbers = outputs * samples + slots
    if numbers <= MAX_NUMBERS:
        return None
    return (
        f"the target would have {outputs:,} outputs on {samples:,} samples, {numbers:,} numbers in all; the most are "
        f"{MAX_NUMBERS:,}"
    )


def graph_of(problem: Instance) -> Network:
    """The source's network, written out."""
    return problem.network.graph()


def names_beside(source: Network, wanted: Iterable[str]) -> list[str]:
    """The wanted names, each with as many strokes as make it new."""
    made: dict[str, None] = {}
    for name in wanted:
        while name in source.position or name == SOURCE or name in made:
            name += "'"
        made[name] = None
    return list(made)


def impossible(problem: Instance) -> tuple[Instance, Mapping[str, Any]]:
    """A continuous instance that no parameters satisfy, for a source that has no parameters at all."""
    network = Network(problem.network.inputs, (vertex("r", "identity"),), ("r",), (_edge(problem.network.inputs),))
    sample = Sample((0,) * problem.network.inputs, (0,))
    return Instance(network, (sample,), loss("zero_one"), -1), {EMPTY: True}


def _edge(inputs: int) -> Edge:
    return Edge(SOURCE, "r", (REAL,) * inputs, REAL)


def no_extraction() -> InvalidInput:
    """What to raise where parameters of the impossible target are given."""
    return InvalidInput("the source has no parameters at all", "no parameters are within gamma")
