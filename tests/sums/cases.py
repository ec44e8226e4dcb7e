"""Random sumsets of all kinds, and the truth about them by listing all sums."""

from __future__ import annotations

from random import Random

from dnnt.sums.parts import Chosen, Part

Items = list[tuple[int, int]]


def random_problem(rng: Random) -> tuple[Items, list[Part]]:
    """Few items with copies, and choices: small and huge numbers, equal ones, common divisors, dense and sparse."""
    big = rng.choice([3, 10, 50, 1000, 10**6, 2**61, 2**200])
    factor = rng.choice([1, 1, 2, 6])
    sizes = [factor * rng.randint(1, big) for _ in range(rng.randint(0, 6))]
    if sizes and rng.random() < 0.3:
        sizes += [sizes[0], sizes[0] + rng.randint(0, 1)]
    items = [(size, rng.choice([1, 1, 1, 2, 3, 7])) for size in sizes]
    choices = []
    for _ in range(rng.choice([0, 0, 0, 1, 3])):
        choices.append(tuple(sorted({0} | {factor * rng.randint(1, big) for _ in range(rng.randint(1, 3))})))
    return items, choices


def all_sums(parts: list[Part]) -> list[int]:
    """Every sum of one element of each part, in increasing order."""
    sums = {0}
    for part in parts:
        sums = {total + value for total in sums for value in part}
    return sorted(sums)


def written_out(items: Items, choices: list[Part]) -> list[Part]:
    """The problem as parts, copies listed."""
    return [*(tuple(size * i for i in range(copies + 1)) for size, copies in items), *choices]


def targets_of(rng: Random, sums: list[int]) -> set[int]:
    """Sums and other numbers: the ends and what is beyond, the middle, neighbours."""
    top = sums[-1]
    some = {rng.choice(sums) for _ in range(3)}
    return {-1, 0, 1, top - 1, top, top + 1, top // 2, *some, *(one + 1 for one in some), rng.randint(0, top)}


def is_made(items: Items, choices: list[Part], chosen: Chosen, target: int) -> bool:
    """Whether a choice is one of the problem, and adds up to the target."""
    inside = all(0 <= used <= copies for (_, copies), used in zip(items, chosen.copies, strict=True))
    inside = inside and all(pick in part for pick, part in zip(chosen.picks, choices, strict=True))
    return (
        inside
        and sum(size * n for (size, _), n in zip(items, chosen.copies, strict=True)) + sum(chosen.picks) == target
    )
