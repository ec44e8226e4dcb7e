"""Hostile real parameters for continuous targets: what an optimiser, or an opponent, might come with.

Lifted parameters of the source (any choice, not only solutions) with tiny, huge, compensating or rescaling changes,
other values in carriers, and vectors that are drawn outright.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from random import Random

from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.parameters import Parameters, of_edges
from dnnt.reductions.bundle import Bundle
from dnnt.testing.oracle import all_parameters

Slots = list[list[Number]]
"""The values of every edge: weights, then the bias."""

SIZES: tuple[Number, ...] = (1, -1, 2, Fraction(1, 2), Fraction(1, 10**30), -Fraction(1, 10**30), 10**40, -(10**40))


def hostile(bundle: Bundle, rng: Random, count: int) -> Iterator[Parameters]:
    """`count` parameter vectors of a continuous target."""
    source = bundle.problem
    assert isinstance(source, Instance), "continuous targets come from instances"
    known = list(islice(all_parameters(source), 50))
    for _ in range(count):
        if known and rng.random() < 0.85:
            lifted = bundle.reduction._lift(source, bundle.target, rng.choice(known))
            slots = [[*run.weights, run.bias] for run in lifted.edges()]
            for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
                rng.choice(CHANGES)(slots, rng)
        else:
            slots = [[_drawn(rng) for _ in edge.slots] for edge in bundle.target.network.graph().edges]
        yield of_edges([(tuple(normal(v) for v in values[:-1]), normal(values[-1])) for values in slots])


def _drawn(rng: Random) -> Number:
    return rng.choice((0, 0, 0, 1, 1, -1, 2, Fraction(1, 2), rng.choice(SIZES), rng.randint(-5, 5)))


def _set(slots: Slots, rng: Random) -> None:
    """Another value somewhere."""
    edge = rng.choice(slots)
    edge[rng.randrange(len(edge))] = _drawn(rng)


def _shift(slots: Slots, rng: Random) -> None:
    """A small or huge change somewhere."""
    edge = rng.choice(slots)
    edge[rng.randrange(len(edge))] += rng.choice(SIZES)


def _compensate(slots: Slots, rng: Random) -> None:
    """A weight down and its bias up: the same for an input of 1."""
    edge, delta = rng.choice(slots), rng.choice(SIZES)
    edge[rng.randrange(len(edge))] -= delta
    edge[-1] += delta


def _trade(slots: Slots, rng: Random) -> None:
    """One bias up, another down: the same where both lead to one vertex."""
    delta = rng.choice(SIZES)
    rng.choice(slots)[-1] += delta
    rng.choice(slots)[-1] -= delta


def _rescale(slots: Slots, rng: Random) -> None:
    """One edge doubled, another halved: the same along a path of identities."""
    factor = rng.choice((2, Fraction(1, 3), -1, 10**20))
    grown, less = rng.choice(slots), rng.choice(slots)
    grown[:] = [value * factor for value in grown]
    less[:] = [Fraction(value) / factor for value in less]


def _swap(slots: Slots, rng: Random) -> None:
    """The values of two edges of one shape, exchanged."""
    one, other = rng.choice(slots), rng.choice(slots)
    if len(one) == len(other):
        one[:], other[:] = other[:], one[:]


CHANGES = (_set, _set, _shift, _shift, _compensate, _trade, _rescale, _swap)
