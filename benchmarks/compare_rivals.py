"""The rivals against the oracle on random tiny instances: how often they are wrong (never, it should be).

    python benchmarks/compare_rivals.py --count 200 --seed 1

Every encoding in CP-SAT, every variant of the NumPy program, and dnnt itself, on two-layer networks with integers:
equal and distinct units, no inputs, no samples, equal samples, samples of weight 0, biases after the units, negative
numbers and gaps in spaces. What is not installed is left out. Exit status 1 if a least loss is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import product
from math import prod
from random import Random
from typing import Any

from progress import followed
from rich.console import Console
from rich.table import Table
from rivals import cp_sat, numpy_program
from rivals.two_layer import TwoLayer, two_layer

import dnnt
from dnnt.testing import oracle

SECONDS = 60.0
MOST_CHOICES = 2000

ENCODINGS = [
    *map(cp_sat.Encoding, *zip(*product(cp_sat.RELU, cp_sat.SECOND, cp_sat.LOSS), strict=True)),
    cp_sat.COUNTS,
    cp_sat.Encoding(neurons="counts", loss="tangents"),
    cp_sat.Encoding(neurons="counts", loss="square"),
]


def drawn(rng: Random) -> dict[str, Any]:
    """The document of a random instance with at most MOST_CHOICES choices of parameters."""

    def space(low: int, high: int, most: int) -> list[int]:
        return rng.sample(range(low, high + 1), min(most, high - low + 1, rng.choice((1, 2, 2, 3))))

    while True:
        d, k, n = rng.choice((0, 1, 1, 2)), rng.choice((1, 2, 2, 3)), rng.choice((0, 1, 2, 2, 3))
        kinds = [
            ([space(-2, 2, 3) for _ in range(d)], space(-2, 2, 3), space(-3, 3, 3)) for _ in range(rng.randint(1, k))
        ]
        units = [rng.choice(kinds) for _ in range(k)]
        after = [space(-2, 2, 2) if rng.random() < 0.2 else [0] for _ in range(k)]
        choices = prod(len(of) for w, b, v in units for of in (*w, b, v)) * prod(map(len, after))
        if choices <= MOST_CHOICES:
            break
    names = [f"h{index}" for index in range(k)]
    first = [{"from": "s", "to": name, "weights": w, "bias": b} for name, (w, b, _) in zip(names, units, strict=True)]
    last = [
        {"from": name, "to": "t", "weights": [v], "bias": b}
        for name, (_, _, v), b in zip(names, units, after, strict=True)
    ]
    samples = []
    for _ in range(n):
        sample: dict[str, Any] = {"x": [rng.randint(-2, 2) for _ in range(d)], "y": [rng.randint(-9, 9)]}
        if rng.random() < 0.3:
            sample["weight"] = rng.choice((0, 2, 3))
        samples.append(sample)
    vertices = [*({"id": name, "activation": "relu"} for name in names), {"id": "t", "activation": "identity"}]
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": d,
        "vertices": vertices,
        "outputs": ["t"],
        "edges": first + last,
        "samples": samples,
        "loss": "squared",
    }


def rivals() -> dict[str, Callable[[TwoLayer], int | None]]:
    """What is installed, by name."""
    every: dict[str, Callable[[TwoLayer], int | None]] = {}
    if find_spec("ortools") is not None:
        for encoding in ENCODINGS:
            every[f"CP-SAT, {encoding.name}"] = partial(_proved, encoding)
    for variant in numpy_program.VARIANTS:
        every[f"NumPy, {variant}"] = partial(numpy_program.least, variant=variant)
    return every


def _proved(encoding: cp_sat.Encoding, problem: TwoLayer) -> int | None:
    found = cp_sat.solve(problem, SECONDS, encoding, workers=1)
    return found.loss if found.optimal else None


def compare(console: Console, count: int, seed: int) -> tuple[Any, int]:
    """Hold all to the oracle; prints, and returns the figures and how many are wrong."""
    every = rivals()
    tried, wrong = 0, Counter(dict.fromkeys((*every, "dnnt"), 0))
    for index in followed(range(count), count, "comparing rivals"):
        document = drawn(Random(f"{seed} {index}"))
        instance = dnnt.parse(json.dumps(document))
        right = oracle(instance).least
        said = {name: rival(two_layer(instance)) for name, rival in every.items()}
        said["dnnt"] = dnnt.solve(instance, goal="minimize").loss
        tried += 1
        for name, loss in said.items():
            if loss != right:
                wrong[name] += 1
                console.print(f"MISMATCH {name}, instance {index}: {loss}, and the oracle says {right}", markup=False)
    table = Table("rival", "instances", "wrong", title="Rivals against the oracle")
    for name, failed in wrong.items():
        table.add_row(name, str(tried), str(failed))
    console.print(table)
    console.print(f"mismatches: {wrong.total()}")
    return {"instances": tried, "wrong": dict(wrong)}, wrong.total()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return 1 if compare(Console(width=110), given.count, given.seed)[1] else 0


if __name__ == "__main__":
    sys.exit(main())
