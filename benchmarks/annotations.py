"""Counts, draws, lists and second goals against every choice tried literally, and three figures.

    python benchmarks/annotations.py --count 500 --seed 1 --jobs 2

On random small instances (two-layer ones, and any network) `dnnt.testing.check_annotations` compares the count, the
histogram, draws, the list and its order, the sparsest and the smallest parameters with the truth; the rows with a way
of sums have small sets take the ways of large ones. Then: the exact number of ternary two-layer networks with 6 hidden
units that compute XOR, counted again unit by unit; a chi-square test of `sample`; and how long the questions take as
hidden units grow. Exit status 1 if anything disagrees.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from math import sqrt
from random import Random
from time import perf_counter

from progress import followed
from rich.console import Console
from rich.table import Table

import dnnt
from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.instance import Instance
from dnnt.running import Run
from dnnt.simplify.prices import KINDS
from dnnt.testing import check_annotations, random_any, random_two_layer
from dnnt.testing.annotation_contract import WAYS, forced_ways, truth_of
from dnnt.testing.xor import networks_for_xor, xor

GENERATORS: dict[str, Callable[[Random], Instance]] = {"two-layer": random_two_layer, "any network": random_any}

DEVIATIONS = 3.0902
"""Of the normal distribution: exceeded with probability 0.001."""


@dataclass
class Tally:
    """What one instance, or all of a generator, added up to."""

    checked: Counter[str] = field(default_factory=Counter)
    choices: int = 0
    good: int = 0
    nothing: int = 0
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    mismatches: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.checked.update(other.checked)
        self.choices += other.choices
        self.good += other.good
        self.nothing += other.nothing
        for row, value in other.seconds.items():
            self.seconds[row] += value
        self.mismatches += other.mismatches


def one(job: tuple[str, int, int]) -> Tally:
    """Draw the instance of that number, and compare."""
    name, seed, index = job
    instance = GENERATORS[name](Random(seed * 10**9 + index))
    tally = Tally()
    started = perf_counter()
    truth = truth_of(instance)
    tally.seconds["every choice"] = perf_counter() - started
    tally.choices = len(truth.losses)
    tally.good = len(truth.good(instance.gamma))
    tally.nothing = int(not tally.good)
    rows: list[tuple[str, str | None]] = [("as it comes", None)]
    if name == "two-layer":
        way = WAYS[index % len(WAYS)]
        rows.append((f"sums by {way}", way))
    for row, way_forced in rows:
        started = perf_counter()
        try:
            if way_forced is None:
                check_annotations(instance, truth)
            else:
                with forced_ways(way_forced, (0.0, 1e-5, 0.02)[index % 3]):
                    check_annotations(instance, truth)
        except AssertionError as error:
            tally.mismatches.append((row, f"{name} {index}: {error}"))
        tally.checked[row] += 1
        tally.seconds[row] += perf_counter() - started
    return tally


def _mapped(work: list[tuple[str, int, int]], jobs: int) -> Iterator[Tally]:
    if jobs == 1:
        yield from map(one, work)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, work, chunksize=10)


def compare(count: int, seed: int, jobs: int, console: Console) -> int:
    """The table of comparisons; returns the number of mismatches."""
    work = [(name, seed, index) for name in GENERATORS for index in range(count)]
    sums = {name: Tally() for name in GENERATORS}
    for (name, _, _), tally in zip(work, followed(_mapped(work, jobs), len(work), "annotations"), strict=True):
        sums[name].add(tally)
    table = Table("instances", "way", "checked", "mismatches", "seconds", title="Annotations against every choice")
    wrong = 0
    for name, tally in sums.items():
        wrong += len(tally.mismatches)
        failed = Counter(row for row, _ in tally.mismatches)
        said = f"{tally.choices:,} choices, {tally.good:,} of them good, {tally.nothing} instances without any"
        table.add_row(name, said, "", "", f"{tally.seconds['every choice']:.1f}")
        for row, checked in sorted(tally.checked.items()):
            table.add_row("", row, str(checked), str(failed[row]), f"{tally.seconds[row]:.1f}")
        table.add_section()
    console.print(table)
    for tally in sums.values():
        for row, text in tally.mismatches[:5]:
            console.print(f"MISMATCH {row}: {text}", markup=False)
    return wrong


def figures_of_xor(console: Console) -> int:
    """The number of networks that compute XOR; returns the number of disagreements."""
    table = Table(
        "hidden units", "output bias", "networks", "that compute XOR", "counted anew", title="Ternary networks for XOR"
    )
    wrong = 0
    for hidden, bias in ((2, (0,)), (6, (0,)), (2, (-1, 0, 1)), (6, (-1, 0, 1))):
        found, anew = dnnt.count(xor(hidden, bias), gamma=0).count, networks_for_xor(hidden, bias)
        wrong += found != anew
        choices = 3 ** (4 * hidden) * len(bias)
        table.add_row(str(hidden), " ".join(map(str, bias)), f"{choices:,}", f"{found:,}", f"{anew:,}")
    console.print(table)
    return wrong


SAMPLED = dnnt.graph(
    2,
    [("h", "relu"), ("g", "relu"), ("dead", "abs"), ("t", "identity")],
    ["t"],
    [
        *({"from": "s", "to": name, "weights": [[0, 1], [0, 1]], "bias": [0]} for name in "hg"),
        *({"from": name, "to": "t", "weights": [[-1, 0, 1]], "bias": [0]} for name in "hg"),
        {"from": "h", "to": "dead", "weights": [[3, 4, 7]], "bias": [0]},
    ],
    [((1, 1), (1,)), ((2, 2), (2,))],
)
"""Two equal units, two equal columns each, and a dead vertex with three options."""


def chi_square(seed: int, console: Console) -> int:
    """A chi-square test of draws; returns 1 if they are not uniform at the level 0.001."""
    table = Table("parameters", "choices", "draws", "chi-square", "critical value", title="Draws of dnnt sample")
    wrong = 0
    for gamma in (0, 5):
        good = [each.parameters for each in dnnt.enumerate_(SAMPLED, gamma=gamma)]
        draws = 200 * len(good)
        drawn = Counter(each.parameters for each in dnnt.sample(SAMPLED, draws, seed=seed, gamma=gamma))
        expected = draws / len(good)
        value = sum((drawn[choice] - expected) ** 2 / expected for choice in good)
        degrees = len(good) - 1
        spread = 2 / (9 * degrees)  # Wilson and Hilferty's approximation.
        critical = degrees * (1 - spread + DEVIATIONS * sqrt(spread)) ** 3
        wrong += value > critical or sum(drawn[choice] for choice in good) != draws
        table.add_row(f"loss <= {gamma}", str(len(good)), f"{draws:,}", f"{value:.1f}", f"{critical:.1f}")
    console.print(table)
    return wrong


def speed(console: Console) -> None:
    """How long the questions take as hidden units grow."""
    names = ("count", "10 draws", "first 10", *KINDS)
    table = Table("hidden units", "choices", *names, title="Seconds (ternary ReLU networks for XOR, warm)")
    dnnt.count(xor(8))
    for hidden in (4, 6, 8, 12, 16):
        instance = xor(hidden)
        row = []
        for question in (
            lambda given: dnnt.count(given),
            lambda given: dnnt.sample(given, 10),
            lambda given: list(islice(dnnt.enumerate_(given), 10)),
            *(lambda given, kind=kind: cheapest_parameters(given, kind, 0, Run()) for kind in KINDS),
        ):
            started = perf_counter()
            question(instance)
            row.append(f"{perf_counter() - started:.3f}")
        table.add_row(str(hidden), f"{3.0 ** (4 * hidden):.1e}", *row)
    console.print(table)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="instances of each generator")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    console = Console(width=110)
    wrong = compare(given.count, given.seed, given.jobs, console)
    wrong += figures_of_xor(console)
    wrong += chi_square(given.seed, console)
    speed(console)
    console.print(f"mismatches: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
