"""Every method against the oracle on random small instances: how often they disagree (never, it should be).

    python benchmarks/compare_methods.py --count 2000 --seed 1 --jobs 2

Each instance goes through `dnnt.testing.check_method`: answer, optimum, parameters evaluated again, certificate passed
by dnnt_check, for both goals. The rows with "forced" make method `reachable` take on small instances the ways
that it otherwise takes on large ones only. Exit status 1 if anything disagrees.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Any

from progress import followed
from rich.console import Console
from rich.table import Table

from dnnt.instance import Instance
from dnnt.testing import (
    Oracle,
    check_method,
    forced,
    oracle,
    random_any,
    random_near,
    random_paper,
    random_two_layer,
    state_oracle,
    takers,
)
from dnnt.testing.contract import HULL_WAYS, WAYS
from dnnt.testing.features import FEATURES, features

GENERATORS: dict[str, Callable[[Random], Instance]] = {
    "two-layer": random_two_layer,
    "any network": random_any,
    "paper's domain": random_paper,
    "near the hull": random_near,
}

NEAR = "near the hull"
"""Instances with more choices than can be tried: their states are formed instead."""


@dataclass
class Tally:
    """What one instance, or all of a generator, added up to."""

    instances: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    features: Counter[str] = field(default_factory=Counter)
    choices: list[int] = field(default_factory=list)
    mismatches: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.instances += other.instances
        self.methods.update(other.methods)
        for row, value in other.seconds.items():
            self.seconds[row] += value
        self.features.update(other.features)
        self.choices += other.choices
        self.mismatches += other.mismatches


def one(job: tuple[str, int, int]) -> Tally:
    """Draw the instance of that number, and hold every method to its contract on it."""
    name, seed, index = job
    tally = Tally(1)
    instance = GENERATORS[name](Random(seed * 10**9 + index))
    started = perf_counter()
    truth: Oracle = state_oracle(instance) if name == NEAR else oracle(instance)
    tally.seconds["oracle"] += perf_counter() - started
    tally.choices.append(truth.choices)
    tally.features.update(features(instance, truth))
    methods = ("reachable",) if name == NEAR else takers(instance)
    ways: list[tuple[str, str, dict[str, Any]]] = [(method, method, {}) for method in (*methods, "auto")]
    if name == "two-layer":
        ways.append(("reachable, targets forced", "reachable", {"targets": True}))
        way = WAYS[index % len(WAYS)]
        ways.append(("reachable, a way of sums forced", "reachable", {"way": way, "targets": index % 8 < 4}))
        if "reachable" not in methods:
            tally.mismatches.append(("reachable", f"{name} {index}: refuses a two-layer instance"))
            return tally
    if name == NEAR:
        for last in (*HULL_WAYS, "none"):
            ways.append((f"reachable, hull: {last}", "reachable", {"last": last}))
    for row, method, forces in ways:
        started = perf_counter()
        try:
            with forced(**forces):
                check_method(instance, method, truth)
        except AssertionError as error:
            tally.mismatches.append((row, f"{name} {index}: {error}"))
        tally.methods[row] += 1
        tally.seconds[row] += perf_counter() - started
    return tally


def compare(count: int, seed: int, jobs: int, only: str | None = None) -> dict[str, Tally]:
    """`count` instances of each generator; the same seed gives the same instances, whatever `jobs` is."""
    names = [name for name in GENERATORS if only in (None, name)]
    work = [(name, seed, index) for name in names for index in range(count)]
    sums = {name: Tally() for name in names}
    for (name, _, _), tally in zip(work, followed(_mapped(work, jobs), len(work), "comparing methods"), strict=True):
        sums[name].add(tally)
    return sums


def _mapped(work: list[tuple[str, int, int]], jobs: int) -> Iterator[Tally]:
    if jobs == 1:
        yield from map(one, work)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, work, chunksize=20)


def show(sums: dict[str, Tally], console: Console) -> int:
    """Print the tables; returns the number of mismatches."""
    table = Table("instances", "method", "checked", "mismatches", "seconds", title="Methods against the oracle")
    wrong = 0
    for name, tally in sums.items():
        wrong += len(tally.mismatches)
        failed = Counter(row for row, _ in tally.mismatches)
        table.add_row(name, "oracle (enumeration)", str(tally.instances), "", f"{tally.seconds['oracle']:.1f}")
        for row in tally.methods:
            table.add_row("", row, str(tally.methods[row]), str(failed[row]), f"{tally.seconds[row]:.1f}")
        table.add_section()
    console.print(table)
    used = Table("feature", *sums, title="Instances that use each feature")
    kinds = sorted({each for tally in sums.values() for each in tally.features} - set(FEATURES))
    for each in (*FEATURES, *kinds):
        used.add_row(each, *(str(tally.features[each]) for tally in sums.values()))
    console.print(used)
    for name, tally in sums.items():
        ordered = sorted(tally.choices)
        middle = ordered[len(ordered) // 2]
        console.print(
            f"{name}: choices of parameters: median {middle:,}, most {ordered[-1]:,}, in all {sum(ordered):,}"
        )
        for row, said in tally.mismatches[:5]:
            console.print(f"MISMATCH {row}: {said}", markup=False)
    console.print(f"mismatches: {wrong}")
    return wrong


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="instances of each generator")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--only", choices=tuple(GENERATORS), help="one of the generators")
    given = parser.parse_args()
    return 1 if show(compare(given.count, given.seed, given.jobs, given.only), Console(width=110)) else 0


if __name__ == "__main__":
    sys.exit(main())
