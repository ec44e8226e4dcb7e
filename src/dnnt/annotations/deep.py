"""Networks that are no expression of two layers: every choice of live parameters is tried (method `brute-force`).

Nothing but a histogram is held, and at most `BATCH` choices at a time: draws and lists take further passes over the
choices, which come in the same order every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from random import Random

from dnnt.annotations.free import Free
from dnnt.exact import Number, count as shown
from dnnt.instance import Instance
from dnnt.methods import brute_force
from dnnt.network import MAX_EDGES, SOURCE, Network
from dnnt.parameters import Parameters, Run as EdgeRun
from dnnt.running import Run, Stop
from dnnt.simplify.prices import cost_of
from dnnt.spaces import finite

HOPELESS_SECONDS = 1e7
"""Predicted times above this are refused at once: nobody waits for months."""

BATCH = 20_000
"""Choices that are held at a time while they are put in order."""


def check_hope(instance: Instance) -> None:
    """Raise `Stop` where trying every choice would take months."""
    if instance.network.edge_count > MAX_EDGES:
        raise Stop(
            "memory",
            f"a network of {shown(instance.network.edge_count)} edges that is deeper than two layers is too large to "
            f"write out (at most {MAX_EDGES:,} edges)",
            predicted=True,
        )
    cost = brute_force.METHOD.assess(instance)
    assert not isinstance(cost, str), "brute force takes every discrete instance"
    if cost.seconds > HOPELESS_SECONDS:
        raise Stop(
            "time",
            f"the network is deeper than two layers of free units, and trying {cost.basis} would take months or more; "
            "take fewer options or units",
            predicted=True,
        )


def dead_of(network: Network) -> Free:
    """The parameters of edges into dead vertices."""
    live = network.live
    found = [
        ((e, slot), finite(of), slot < (network.inputs if edge.source == SOURCE else 1))
        for e, edge in enumerate(network.edges)
        if not live[network.position[edge.target]]
        for slot, of in enumerate(edge.slots)
    ]
    return Free(tuple(a for a, _, _ in found), tuple(of for _, of, _ in found), tuple(w for _, _, w in found))


def histogram(instance: Instance, run: Run) -> Iterator[Number]:
    """The loss of every choice of live parameters, one by one."""
    total = prod_of_live(instance)
    for tried, (loss, _) in enumerate(brute_force.every_choice(instance, run)):
        if tried % 4096 == 0:
            run.progress(f"{tried:,} choices tried", min(1.0, tried / total))
        yield loss


def prod_of_live(instance: Instance) -> int:
    """The number of choices of live parameters."""
    network = instance.network.graph()
    live = network.live
    return prod(finite(of).size for edge in network.edges if live[network.position[edge.target]] for of in edge.slots)


def with_free(parameters: Parameters, free: Free) -> Iterator[Parameters]:
    """All parameters that differ from the given ones in free parameters alone."""
    if all(of.size == 1 for of in free.spaces):
        yield parameters
        return
    for values in free.listed():
        yield replaced(parameters, free, values)


def replaced(parameters: Parameters, free: Free, values: Sequence[Number]) -> Parameters:
    """The parameters with other values of the free ones."""
    slots = [list(run.slots) for run in parameters.edges()]
    for (edge, slot), value in zip(free.addresses, values, strict=True):
        slots[edge][slot] = value
    return Parameters(tuple(EdgeRun(tuple(each[:-1]), each[-1]) for each in slots))


def by_loss(instance: Instance, counts: dict[Number, int], run: Run) -> Iterator[tuple[Number, Parameters]]:
    """Every choice of live parameters by increasing loss, then in the order in which they are tried.

    `counts` is the histogram of the losses that are wanted. Each pass takes as many losses as fit into a batch.
    """
    waiting = sorted(counts)
    while waiting:
        taken = [waiting.pop(0)]
        size = counts[taken[0]]
        while waiting and size + counts[waiting[0]] <= BATCH:
            size += counts[waiting[0]]
            taken.append(waiting.pop(0))
        if len(taken) == 1:  # One loss is listed as it comes, however many choices have it.
            for loss, parameters in brute_force.every_choice(instance, run):
                if loss == taken[0]:
                    yield loss, parameters()
            continue
        batch: dict[Number, list[Parameters]] = {loss: [] for loss in taken}
        for loss, parameters in brute_force.every_choice(instance, run):
            if loss in batch:
                batch[loss].append(parameters())
        for loss, choices in batch.items():
            for choice in choices:
                yield loss, choice


def drawn(
    instance: Instance, limit: Number, total: int, draws: int, rng: Random, run: Run
) -> list[tuple[Number, Parameters]]:
    """Independent uniform draws among the `total` choices of live parameters with a loss of at most `limit`."""
    wanted = [rng.randrange(total) for _ in range(draws)]
    places = set(wanted)
    found: dict[int, tuple[Number, Parameters]] = {}
    index = 0
    for loss, parameters in brute_force.every_choice(instance, run):
        if loss > limit:
            continue
        if index in places:
            found[index] = (loss, parameters())
            if len(found) == len(places):
                break
        index += 1
    return [found[place] for place in wanted]


def cheapest(instance: Instance, kind: str, limit: Number, run: Run) -> tuple[Number, Parameters] | None:
    """A choice of least cost among those with a loss of at most `limit`, and its cost; None where there is none."""
    best: tuple[Number, Parameters] | None = None
    for loss, parameters in brute_force.every_choice(instance, run):
        if loss <= limit:
            made = parameters()
            cost = cost_of(made, kind)
            if best is None or cost < best[0]:
                best = (cost, made)
    return best
