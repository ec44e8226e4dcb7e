"""The oracle: every choice of parameters, written out and evaluated. As literal as it can be, and slow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from dnnt.errors import InvalidInput
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.parameters import Parameters, of_edges
from dnnt.spaces import Real


@dataclass(frozen=True, slots=True)
class Oracle:
    """How many choices of parameters there are, and every total loss that occurs, increasing."""

    choices: int
    losses: tuple[Number, ...]

    @property
    def least(self) -> Number | None:
        """The least total loss; None where there are no parameters."""
        return self.losses[0] if self.losses else None


def oracle(instance: Instance) -> Oracle:
    """Try everything. Gamma plays no part. Raises `TooLarge` for networks too large to write out."""
    try:
        return _known(instance_file.to_bytes(replace(instance, gamma=None)))
    except InvalidInput:  # Functions given from Python have no file form.
        return _tried(instance)


@lru_cache(maxsize=64)
def _known(raw: bytes) -> Oracle:
    return _tried(instance_file.parse(raw))


def _tried(instance: Instance) -> Oracle:
    choices, losses = 0, set()
    for chosen in all_parameters(instance):
        choices += 1
        losses.add(evaluate(instance, chosen).total)
    return Oracle(choices, tuple(sorted(losses)))


def all_parameters(instance: Instance) -> Iterator[Parameters]:
    """Every choice of parameters of an instance with finite spaces, small enough to be written out."""
    edges = instance.network.graph().edges
    spaces = [() if isinstance(of, Real) else tuple(of) for edge in edges for of in edge.slots]
    for values in product(*spaces):
        left = iter(values)
        yield of_edges([(tuple(next(left) for _ in e.weights), next(left)) for e in edges])
