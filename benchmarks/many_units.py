"""Layers of 10^3 to 10^100 equal units on one to three samples, from the file to the checked answer.

    python benchmarks/many_units.py [--count N] [--limit SECONDS] [--samples 1,2] [--seed N]

For each number of samples, loss and number of units, N random instances: one or two inputs from -4 to 4 (one sample:
from -60 to 60), three weights from -3 to 3, three biases from -9 to 9, an activation (ReLU in half of them), one or two
outgoing weights, output biases, sample weights. Targets lie within what few units answer, within reach, half a unit
beside it, anywhere, or far outside; samples alike or not. Every file is read, solved and checked in this process.

Prints how many ended optimal and checked, the median and the greatest seconds, and how many took more than one. Exit
status 1 if a loss is not that of the parameters, or an optimum differs from that of the set of all sums where that is
small enough to be formed (10^3 units and one sample).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from progress import followed
from rich.console import Console
from rich.table import Table

import dnnt

UNITS = (10**3, 10**6, 10**100)
LOSSES = ("squared", "absolute", "hinge", "maximum", "zero_one", "misclassified")
LIMIT = 20.0
SECOND = 1.0
COMPARED = 3
"""So many instances of a kind are compared with all sums."""

Case = tuple[int, str, int]
"""Samples, loss, units."""


def document(random: Random, samples: int, loss: str, units: int) -> dict[str, Any]:
    """A random instance."""
    inputs, most = random.randint(1, 2), 60 if samples == 1 else 4
    while True:
        points = [[random.randint(-most, most) for _ in range(inputs)] for _ in range(samples)]
        if len(set(map(tuple, points))) == samples:
            break
    reach = 4 * units * most * inputs
    alike = random.random() < 0.5
    kinds = [random.choice(("few", "in reach", "half", "anywhere", "outside")) for _ in points]

    def label(kind: str) -> Any:
        if loss in ("hinge", "misclassified"):
            return random.choice((-1, 1))
        if kind == "half":
            return f"{2 * random.randint(-units, units) + 1}/2"
        if kind == "outside":
            return random.choice((-1, 1)) * random.randint(5 * reach, 9 * reach)
        far = {"few": 20, "in reach": units, "anywhere": reach}[kind]
        return random.randint(-far, far)

    margin = random.choice((0, 1, units, 5 * reach))
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "layers": [
            {
                "units": units,
                "activation": random.choice(("relu", "relu", "relu", "sign", "abs", "identity")),
                "weights": sorted(random.sample(range(-3, 4), 3)),
                "bias": sorted(random.sample(range(-9, 10), 3)),
            },
            {
                "units": 1,
                "activation": "identity",
                "weights": random.choice(([-1, 1], [1], [-2, 3], [0, 1])),
                "bias": random.choice(([0], [0, 3], [-1, 0, 1], [0, 7])),
            },
        ],
        "samples": [
            {"x": x, "y": [label(kinds[0] if alike else kind)], "weight": random.choice((1, 1, 1, 2, "1/3"))}
            for x, kind in zip(points, kinds, strict=True)
        ],
        "loss": {"kind": "hinge", "margin": margin} if loss == "hinge" else loss,
    }


def least_of_all(body: dict[str, Any]) -> Fraction:
    """The least loss of one sample, by the set of all sums of the units as the bits of an integer, unit by unit."""
    instance = dnnt.parse(json.dumps(body).encode())
    first, last = body["layers"]
    (sample,) = instance.samples
    values = set(first["bias"])
    for entry in sample.x:
        values = {value + w * int(entry) for value in values for w in first["weights"]}
    activation = instance.network.layers[0].activation
    given = {int(v * activation(z)) for v in last["weights"] for z in values}
    low, sums = min(given), 1
    for _ in range(first["units"]):
        more = 0
        for value in given:
            more |= sums << (value - low)
        sums = more
    bits = bin(sums)[:1:-1]
    return min(
        Fraction(sample.weight * instance.loss((first["units"] * low + place + bias,), sample.y))
        for bias in last["bias"]
        for place, bit in enumerate(bits)
        if bit == "1"
    )


def measured(case: Case, count: int, seed: int, limit: float, folder: Path) -> tuple[list[float], int, list[str]]:
    """Seconds of each instance, how many ended optimal and checked, and what is wrong."""
    samples, loss, units = case
    seconds, proved, wrong = [], 0, []
    for index in range(count):
        body = document(Random(f"{seed} {case} {index}"), samples, loss, units)
        path = folder / f"{samples}-{loss}-{len(str(units)) - 1}-{index}.dnnt.json"
        path.write_text(json.dumps(body), encoding="utf-8")
        started = perf_counter()
        instance = dnnt.read(path)
        answer = dnnt.solve(instance, time_limit=limit)
        seconds.append(perf_counter() - started)
        proved += (answer.status, answer.assurance) == ("optimal", "checked")
        if answer.parameters is None or dnnt.evaluate(instance, answer.parameters).total != answer.loss:
            wrong.append(f"{path.name}: the loss is not that of the parameters")
        small = samples == 1 and units == UNITS[0] and index < COMPARED
        if small and answer.status == "optimal" and answer.loss != least_of_all(body):
            wrong.append(f"{path.name}: the least loss is {least_of_all(body)}, not {answer.loss}")
    return seconds, proved, wrong


def run(console: Console, count: int, seed: int, limit: float, samples: Sequence[int]) -> tuple[list[Any], int]:
    """Print the table; returns its rows and how many things are wrong."""
    cases = [(n, loss, units) for n in samples for loss in LOSSES for units in UNITS]
    table = Table(title=f"very many equal units, {count} instances each, limit {limit:g} s", box=None)
    for name in ("samples", "loss", "units", "optimal, checked", "median s", "greatest s", f"over {SECOND:g} s"):
        table.add_column(name, justify="left" if name == "loss" else "right")
    rows, wrong = [], []
    dnnt.solve(dnnt.parse(json.dumps(document(Random(0), 2, "absolute", 10**6)).encode()))  # Warm.
    with tempfile.TemporaryDirectory() as folder:
        for case in followed(cases, len(cases), "very many equal units"):
            seconds, proved, faults = measured(case, count, seed, limit, Path(folder))
            wrong += faults
            over = sum(each > SECOND for each in seconds)
            units = f"10^{len(str(case[2])) - 1}"
            shown = (str(case[0]), case[1], units, f"{proved} of {count}", f"{median(seconds):.3f}")
            table.add_row(*shown, f"{max(seconds):.2f}", str(over))
            rows.append(
                {
                    "samples": case[0],
                    "loss": case[1],
                    "units": units,
                    "instances": count,
                    "optimal_and_checked": proved,
                    "median": round(median(seconds), 4),
                    "greatest": round(max(seconds), 4),
                    "over_a_second": over,
                }
            )
    console.print(table)
    for fault in wrong:
        console.print(f"WRONG: {fault}")
    console.print(f"wrong: {len(wrong)}")
    return rows, len(wrong)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--samples", default="1,2")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    _, wrong = run(Console(), given.count, given.seed, given.limit, [int(n) for n in given.samples.split(",")])
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
