"""Parameters that change no output: slots of dead vertices, and of vertices whose values are fixed.

They are in no expression, but each of their values makes another choice: they multiply the count, cost their cheapest
value, are drawn uniformly, and are listed in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from random import Random

from dnnt.annotations.semirings import Semiring
from dnnt.annotations.walk import nth
from dnnt.errors import TooLarge
from dnnt.exact import Number, count as shown
from dnnt.network import SOURCE, Layered, Network
from dnnt.reachable.program import Address, Program
from dnnt.spaces import Finite, finite

MAX_COUNT_BITS = 400_000_000
"""Counts that would be longer are refused."""


@dataclass(frozen=True, slots=True)
class Free:
    """The free parameters: their addresses and their spaces, those with one value included."""

    addresses: tuple[Address, ...]
    spaces: tuple[Finite, ...]
    weights: tuple[bool, ...]

    @property
    def choices(self) -> int:
        """In how many ways they can be chosen."""
        return prod(of.size for of in self.spaces)

    def annotation(self, semiring: Semiring) -> int:
        """Their annotation together."""
        total = semiring.one
        for of, weight in zip(self.spaces, self.weights, strict=True):
            total = semiring.times(total, semiring.whole(of, weight))
        return total

    def draw(self, rng: Random) -> list[Number]:
        """A uniform choice."""
        return [nth(of, rng.randrange(of.size)) if of.size > 1 else of.low for of in self.spaces]

    def listed(self) -> Iterator[Sequence[Number]]:
        """Every choice, always in the same order (spaces may be far too long to list)."""
        values = [of.low for of in self.spaces]
        places = [place for place, of in enumerate(self.spaces) if of.size > 1]
        turns = [0] * len(places)
        while True:
            yield values
            for turn in range(len(places) - 1, -1, -1):
                of = self.spaces[places[turn]]
                turns[turn] = (turns[turn] + 1) % of.size
                values[places[turn]] = nth(of, turns[turn])
                if turns[turn]:
                    break
            else:
                return


def free_of(network: Network, program: Program) -> Free:
    """The parameters of a network that its program does not have."""
    used: set[Address] = set()
    for total in (program.rest, *(t for unit in program.units for t in (unit.incoming, *unit.outgoing))):
        used.update(address for slots in total.slots for address in slots.addresses)
    for unit in program.units:
        for rename in unit.rename:
            used.update(rename.values())
    return _all_but(network, used)


def all_of(network: Network) -> Free:
    """All parameters: where there are no samples, no parameter matters."""
    return _all_but(network, set())


NONE = Free((), (), ())


def _all_but(network: Network, used: set[Address]) -> Free:
    addresses: list[Address] = []
    spaces: list[Finite] = []
    weights: list[bool] = []
    for e, edge in enumerate(network.edges):
        for slot, of in enumerate(edge.slots):
            if (e, slot) not in used:
                addresses.append((e, slot))
                spaces.append(finite(of))
                weights.append(slot < (network.inputs if edge.source == SOURCE else 1))
    return Free(tuple(addresses), tuple(spaces), tuple(weights))


def choices(network: Network | Layered) -> int:
    """The number of choices of all parameters (no space is empty or real). Raises `TooLarge`."""
    groups = [(finite(of), count) for of, count, _ in network.slot_groups()]
    length = sum(count * (of.size.bit_length() - 1) for of, count in groups)
    if length > MAX_COUNT_BITS:
        raise TooLarge(
            f"the number of choices has {shown(length)} bits or more (at most {MAX_COUNT_BITS:,} are counted)"
        )
    total = 1
    for of, count in groups:
        if of.size > 1:
            total *= of.size**count
    return total
