"""Spoiled certificates: how often the checker passes a false claim (never, it should be).

    python benchmarks/corrupt_certificates.py --count 100 --seed 1 --jobs 2

For each random instance, sound certificates over all kinds of grounds are made and spoiled in every way of
`dnnt.testing.corruptions`. The oracle decides whether the claim that is left is true: a false one must be rejected, a
true one may pass, with the numbers that are true. Exit status 1 if a verdict is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from random import Random

from progress import followed
from rich.console import Console
from rich.table import Table

from dnnt.instance import Instance
from dnnt.testing import random_two_layer
from dnnt.testing.certificates import Spoiled, certificates, outcome
from dnnt.testing.corruptions import KINDS, spoil
from dnnt.testing.many_instances import random_many, small_windows

OUTCOMES = ("rejected", "true, passed", "true, rejected", "WRONG")
SOUND = "(not spoiled)"


def drawn(seed: int, index: int) -> Instance:
    """The instance of that number; every tenth has an empty space, every fifth very many equal units."""
    rng = Random(seed * 10**9 + index)
    if index % 5 == 2:
        return random_many(rng)
    while True:
        instance = random_two_layer(rng)
        if index % 10 or instance.has_empty_space:
            return instance


def one(job: tuple[int, int]) -> tuple[Counter[tuple[str, str]], Counter[str], list[str]]:
    """Outcomes by (way, outcome), certificates by grounds, and what is wrong, for one instance."""
    seed, index = job
    rng = Random(seed * 10**9 + index)
    instance, other = drawn(seed, index), drawn(seed, index + 1)
    outcomes: Counter[tuple[str, str]] = Counter()
    grounds: Counter[str] = Counter()
    wrong = []
    # Every other instance with very many units has boxes that are split.
    with small_windows() if index % 10 == 2 else nullcontext():
        cases = list(certificates(instance, rng))
    for case in cases:
        grounds[case.grounds] += 1
        files = {SOUND: Spoiled(instance, json.dumps(case.body).encode())}
        files |= {kind: made for kind in KINDS if (made := spoil(kind, case, rng, other)) is not None}
        for kind, spoiled in files.items():
            said = outcome(spoiled, kind == SOUND or KINDS[kind].readable)
            if kind == SOUND and said != "true, passed":
                said = f"WRONG: a sound certificate: {said}"
            outcomes[kind, said.split(":")[0]] += 1
            if said.startswith("WRONG"):
                wrong.append(f"instance {index}, {case.grounds}, {kind}: {said}")
    return outcomes, grounds, wrong


def corrupt(count: int, seed: int, jobs: int) -> tuple[Counter[tuple[str, str]], Counter[str], list[str]]:
    """The sums over `count` instances."""
    outcomes: Counter[tuple[str, str]] = Counter()
    grounds: Counter[str] = Counter()
    wrong: list[str] = []
    work = [(seed, index) for index in range(count)]
    with ProcessPoolExecutor(jobs) as pool:
        for more, kinds, faults in followed(pool.map(one, work, chunksize=5), len(work), "spoiling certificates"):
            outcomes.update(more)
            grounds.update(kinds)
            wrong += faults
    return outcomes, grounds, wrong


def show(outcomes: Counter[tuple[str, str]], grounds: Counter[str], wrong: list[str], console: Console) -> None:
    """Print the table kind x outcome."""
    table = Table("corruption", *OUTCOMES, title="Spoiled certificates by outcome")
    for kind in (SOUND, *KINDS):
        table.add_row(kind, *(str(outcomes[kind, each] or "") for each in OUTCOMES))
    table.add_section()
    spoiled = {
        each: sum(n for (kind, said), n in outcomes.items() if said == each and kind != SOUND) for each in OUTCOMES
    }
    table.add_row("all but the first row", *(str(spoiled[each]) for each in OUTCOMES))
    console.print(table)
    console.print("sound certificates by grounds: " + ", ".join(f"{name} {n}" for name, n in sorted(grounds.items())))
    console.print(
        f"ways to spoil: {len(KINDS)}; spoiled certificates: {sum(spoiled.values())}; wrong verdicts: {len(wrong)}"
    )
    for each in wrong[:10]:
        console.print(each, markup=False)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="random instances")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    found = corrupt(given.count, given.seed, given.jobs)
    show(*found, Console(width=110))
    return 1 if found[2] else 0


if __name__ == "__main__":
    sys.exit(main())
