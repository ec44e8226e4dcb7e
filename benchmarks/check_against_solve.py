"""How long the independent check takes compared with the solve, both warm: python benchmarks/check_against_solve.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from cold import XOR
from rich.console import Console
from rich.table import Table

import dnnt
from dnnt.checking import verdict
from dnnt.formats import certificate_file, instance_file

REPEATS = 5
"""Runs of which the median is taken."""


def two_layers(units: int, samples: int, seed: int, size: int, goal_scale: int) -> dnnt.Instance:
    """A ternary network with ReLU units and several samples whose targets it can hardly meet."""
    rng = Random(seed)
    pairs = [
        (tuple(rng.randint(-3, 3) for _ in range(size)), (rng.randint(-goal_scale, goal_scale),))
        for _ in range(samples)
    ]
    layers = [
        {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0]},
    ]
    return dnnt.layered(size, layers, pairs)


def instances() -> Iterator[tuple[str, dnnt.Instance, str]]:
    """Instances on which solve and check are timed: name, instance, method."""
    for name in ("iris", "digits"):
        yield name, dnnt.parse((files("dnnt") / "examples" / f"{name}.dnnt.json").read_bytes()), "auto"
    yield "xor", instance_file.parse(json.dumps(XOR).encode()), "auto"
    yield "xor, every choice", instance_file.parse(json.dumps(XOR).encode()), "brute-force"
    yield "3 units, 2 samples, 4 inputs", two_layers(3, 2, 1, 4, 40), "reachable"
    yield "2 units, 3 samples, 3 inputs", two_layers(2, 3, 2, 3, 12), "reachable"
    yield "6 units, 3 samples, 3 inputs", two_layers(6, 3, 3, 3, 60), "reachable"


def run(console: Console, repeats: int = REPEATS) -> tuple[Any, int]:
    """Measure and print; returns the figures and how many certificates were rejected."""
    title = f"Check and solve (median of {repeats})"
    table = Table("instance", "method", "last step", "solve", "check", "check / solve", title=title)
    rows, wrong = {}, 0
    for name, instance, method in instances():
        answer = dnnt.solve(instance, goal="minimize", method=method, check=False)
        assert answer.certificate is not None and answer.stop in ("proved", "claimed"), name
        raw, certificate = instance_file.to_bytes(instance), certificate_file.to_bytes(answer.certificate)
        said = verdict(raw, certificate)
        wrong += not said.valid
        solve = _median(repeats, partial(dnnt.solve, instance, goal="minimize", method=method, check=False))
        check = _median(repeats, partial(verdict, raw, certificate))
        last = str(answer.stats.get("last", "every choice"))
        table.add_row(name, answer.method, last, f"{solve:.4f} s", f"{check:.4f} s", f"{check / solve:.2f}")
        rows[name] = {"method": answer.method, "last": last, "claim": said.claim, "solve": solve, "check": check}
    console.print(table)
    return rows, wrong


def _median(repeats: int, work: Callable[[], object]) -> float:
    def once() -> float:
        started = perf_counter()
        work()
        return perf_counter() - started

    once()  # The first run pays for imports.
    return median(once() for _ in range(repeats))


if __name__ == "__main__":
    run(Console(width=110))
