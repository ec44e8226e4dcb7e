"""Sources for reductions: all small ones of a kind, one after the other, and random ones that are a little larger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations_with_replacement, product
from random import Random
from typing import Any

from dnnt.instance import Instance, graph
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from dnnt.testing.instances import random_any
from dnnt.testing.oracle import oracle


def small_subset_sums() -> Iterator[SubsetSum]:
    """Up to four items from 0 to 3, targets from -1 to 7."""
    for count in range(5):
        for items in product(range(4), repeat=count):
            for target in range(-1, 8):
                yield SubsetSum(items, target)


def small_csps() -> Iterator[CSP]:
    """Up to two letters, two variables, and two constraints of every kind: on one, on two, on (u, u), repeated."""
    for size, count in product(range(3), range(3)):
        alphabet, variables = tuple("ab"[:size]), tuple("xy"[:count])
        single = list(_constraints(alphabet, variables))
        yield CSP(alphabet, variables)
        for constraint in single:
            yield CSP(alphabet, variables, (constraint,))
        for pair in combinations_with_replacement(single, 2):
            yield CSP(alphabet, variables, pair)


def _constraints(alphabet: tuple[str, ...], variables: tuple[str, ...]) -> Iterator[Constraint]:
    for arity in (1, 2):
        words = list(product(alphabet, repeat=arity))
        for scope in product(variables, repeat=arity):
            for chosen in product((False, True), repeat=len(words)):
                yield Constraint(scope, tuple(word for word, taken in zip(words, chosen, strict=True) if taken))


def small_exact_covers() -> Iterator[ExactCover]:
    """Up to three elements and three sets, equal and empty ones too; exactly 0 to 3 of them, or any number."""
    for size in range(4):
        universe = tuple(range(1, size + 1))
        subsets = [
            tuple(e for e, taken in zip(universe, chosen, strict=True) if taken)
            for chosen in product((False, True), repeat=size)
        ]
        for count in range(4):
            for sets in product(subsets, repeat=count):
                for wanted in (None, 0, 1, 2, 3):
                    yield ExactCover(universe, sets, wanted)


def small_programs(steps: int) -> Iterator[StraightLineProgram]:
    """All straight-line programs of exactly so many steps, told apart by their steps."""
    choices = [[(o, j, k) for o in "+-*" for j in range(i) for k in range(i)] for i in range(1, steps + 1)]
    for chosen in product(*choices):
        yield StraightLineProgram(chosen)


def small_instances() -> Iterator[Instance]:
    """One edge, two parallel edges, and two edges in a row, with all spaces in {-1, 0, 1} of one or two values."""
    spaces = [[-1], [0], [1], [-1, 0], [0, 1], [-1, 1]]
    for weights, bias, x, y, gamma, kind in product(
        spaces, ([0], [1], [0, 1]), (0, 1, 2), (0, 1, 2), (0, 1, 2), ("identity", "step")
    ):
        yield _line([(weights, bias)], [kind], x, y, gamma)
    for first, second, bias, y, kind in product(
        spaces, spaces, ([0], [-1, 1]), (0, 1, -1), ("identity", "relu", "sign")
    ):
        yield _line([(first, [0]), (second, bias)], [kind, "identity"], 1, y, 0)
    for first, second, bias, y, kind in product(spaces, spaces, ([0], [0, 1]), (0, 1, 2), ("identity", "abs")):
        edges = [_edge("s", "t", first, bias), _edge("s", "t", second, [0])]
        yield graph(1, [{"id": "t", "activation": kind}], ["t"], edges, [([1], [y])], "absolute", 0)


def _edge(tail: str, head: str, weights: list[int], bias: list[int]) -> dict[str, Any]:
    return {"from": tail, "to": head, "weights": [weights], "bias": bias}


def _line(slots: list[tuple[list[int], list[int]]], kinds: list[str], x: int, y: int, gamma: int) -> Instance:
    names = [f"v{i}" for i in range(len(kinds))]
    vertices = [{"id": name, "activation": kind} for name, kind in zip(names, kinds, strict=True)]
    tails = ["s", *names]
    edges = [_edge(tail, head, *each) for tail, head, each in zip(tails, names, slots, strict=False)]
    return graph(1, vertices, [names[-1]], edges, [([x], [y])], "squared", gamma)


def random_subset_sum(rng: Random) -> SubsetSum:
    """Up to ten items, small, equal or huge; about half have a solution."""
    most = rng.choice((1, 3, 20, 10**6, 10**40))
    items = tuple(rng.choice((0, rng.randint(0, most), rng.randint(0, most))) for _ in range(rng.randint(0, 10)))
    if rng.random() < 0.5:
        return SubsetSum(items, sum(a for a in items if rng.random() < 0.5))
    return SubsetSum(items, rng.randint(-1, max(1, sum(items))))


def random_csp(rng: Random) -> CSP:
    """Up to four variables, four letters and six constraints; unary, repeated and (u, u) ones among them."""
    letters: tuple[str | int, ...] = ("a", "b", 1, 2, "ü")
    alphabet = tuple(rng.sample(letters, rng.randint(0 if rng.random() < 0.1 else 1, 4)))
    variables = tuple(f"x{i}" for i in range(rng.randint(0, 4)))
    constraints = []
    for _ in range(rng.randint(0, 6) if variables else 0):
        scope = tuple(rng.choice(variables) for _ in range(rng.choice((1, 2, 2, 2))))
        share = rng.choice((0.2, 0.5, 0.8))
        words = [word for word in product(alphabet, repeat=len(scope)) if rng.random() < share]
        constraints.append(Constraint(scope, tuple(words)))
    return CSP(alphabet, variables, tuple(constraints))


def random_exact_cover(rng: Random) -> ExactCover:
    """Up to six elements and eight sets; about half have a solution."""
    universe = tuple(rng.sample(range(20), rng.randint(0, 6)))
    sets = [tuple(e for e in universe if rng.random() < 0.35) for _ in range(rng.randint(0, 6))]
    count: int | None = rng.choice((None, rng.randint(0, 4)))
    if rng.random() < 0.5:
        parts: list[list[int]] = [[] for _ in range(rng.randint(1, 3))]
        for element in universe:
            rng.choice(parts).append(element)
        sets += [tuple(part) for part in parts]
        count = rng.choice((None, len(parts)))
    rng.shuffle(sets)
    return ExactCover(universe, tuple(sets), count)


def random_program(rng: Random, most: int = 14) -> StraightLineProgram:
    """Up to `most` steps with values of up to some thousand bits; late values are taken as often as early ones."""
    steps = []
    for i in range(1, rng.randint(0, most) + 1):
        late = rng.random() < 0.5
        j, k = (rng.randint(max(0, i - 3), i - 1) if late else rng.randrange(i) for _ in range(2))
        steps.append((rng.choice("+-*"), j, k))
    return StraightLineProgram(tuple(steps))


def random_instance(rng: Random, most: int = 200) -> Instance:
    """A random small instance that reduces, with a gamma: below, at or above its least loss."""
    while True:
        instance = random_any(rng)
        known = oracle(instance)
        if known.choices <= most and instance.loss.kind != "guarded":
            break
    losses = known.losses or (0,)
    gamma = rng.choice((losses[0], losses[0], rng.choice(losses), losses[0] - 1, -1, 0))
    return replace(instance, gamma=gamma)
