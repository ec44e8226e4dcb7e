"""Random small instances with everything that the last step makes of them; for tests."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random

from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.reachable.clouds import Cloud, Digits, clouds_of
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.halves import Parts, parts_of
from dnnt.reachable.key_kinds import PythonKeys
from dnnt.reachable.listing import Costs, costs_of
from dnnt.reachable.packing import Axis, Packing
from dnnt.reachable.program import Program
from dnnt.reachable.terms import Term, terms_of
from dnnt.running import Run
from dnnt.testing import random_near


@dataclass(frozen=True)
class Case:
    """An instance, its parts and its loss."""

    instance: Instance
    program: Program
    parts: Parts
    clouds: tuple[Cloud, ...]
    terms: list[Term]
    costs: Costs | None

    def loss(self, key: int) -> Number:
        """The loss of a state, term by term."""
        axes = list(zip(self.parts.packing.strides, self.parts.packing.axes, strict=True))
        digits = [key // stride % axis.count for stride, axis in axes]
        return sum(term.cost(tuple(digits[a] for a in term.axes)) for term in self.terms)

    @property
    def states(self) -> set[int]:
        """The keys of all states, by adding everything up."""
        return sums(self.clouds)


def sums(clouds: tuple[Cloud, ...]) -> set[int]:
    """The keys of all sums."""
    total = {0}
    for cloud in clouds:
        for _ in range(cloud.times):
            total = {a + b for a in total for b in cloud.listed}
    return total


def case_of(instance: Instance) -> Case:
    """What `search` starts from."""
    program = program_of(instance)
    parts = parts_of(program, Run())
    terms = terms_of(instance, program, parts.packing)
    clouds = clouds_of(parts.all, parts.keys, parts.counts, parts.packing)
    return Case(instance, program, parts, clouds, terms, costs_of(terms, parts.packing))


def random_case(seed: object, most: int = 500) -> Case:
    """A random one."""
    return case_of(random_near(Random(f"{seed}"), most))


def made_clouds(sets: list[list[Digits]], times: list[int]) -> tuple[Cloud, ...]:
    """Clouds of these vectors of digits (each set has a 0 in every coordinate, or it is counted from there)."""
    low = [[min(column) for column in zip(*vectors, strict=True)] for vectors in sets]
    moved = [
        [tuple(v - m for v, m in zip(vector, least, strict=True)) for vector in vectors]
        for vectors, least in zip(sets, low, strict=True)
    ]
    width = len(sets[0][0])
    counts = [
        1 + sum(t * max(v[i] for v in vectors) for vectors, t in zip(moved, times, strict=True)) for i in range(width)
    ]
    packing = Packing(tuple(Axis(0, 1 if count > 1 else 0, count) for count in counts))
    keys = [
        PythonKeys(frozenset(sum(d * s for d, s in zip(v, packing.strides, strict=True)) for v in vs)) for vs in moved
    ]
    return tuple(Cloud(None, t, packing, each) for t, each in zip(times, keys, strict=True))  # type: ignore[arg-type]


def random_clouds(rng: Random, most_times: int = 3) -> tuple[Cloud, ...]:
    """A few clouds of small vectors in up to three coordinates; some have one vector, some lie on a line."""
    width = rng.randint(1, 3)
    sets, times = [], []
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.2:
            step = [rng.randint(-2, 2) for _ in range(width)]
            sets.append([tuple(i * s for s in step) for i in range(rng.randint(1, 3))])
        else:
            count = rng.randint(1, 5)
            sets.append([tuple(rng.randint(0, 4) for _ in range(width)) for _ in range(count)])
        times.append(rng.randint(1, most_times))
    return made_clouds(sets, times)


def points_of(clouds: tuple[Cloud, ...]) -> list[Digits]:
    """All sums as digits."""
    packing = clouds[0].packing
    return [
        tuple(key // s % a.count for s, a in zip(packing.strides, packing.axes, strict=True)) for key in sums(clouds)
    ]


def distance(point: Digits, wanted: list[Fraction], weights: list[Fraction]) -> Fraction:
    """The weighted square of a distance."""
    return sum((w * (p - y) ** 2 for w, p, y in zip(weights, point, wanted, strict=True)), Fraction(0))


def box(packing: Packing) -> list[int]:
    """All keys of a box."""
    return [
        sum(parts)
        for parts in product(
            *([d * s for d in range(a.count)] for s, a in zip(packing.strides, packing.axes, strict=True))
        )
    ]
