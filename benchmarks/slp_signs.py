"""Signs of straight-line programs: right against exact integers, and decided however long the numbers are.

    python benchmarks/slp_signs.py [--count N] [--programs N] [--lengths 100,300,...] [--seed N] [--jobs N]

1. N short programs of all kinds (dnnt.testing.programs): the verdict, and the verdict of balls and expansion alone, of
which some have too few bits, against the integer. 2. For every kind and length, --programs programs: are all decided,
by which method, and how long it takes. 3. (a + 1)(a - 1) - a² for a = 3^(2^4000), and the same plus 1 and plus 2.

Exit status 1 if a verdict is wrong, or one of a long program is not proved.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from progress import followed
from rich.console import Console
from rich.table import Table

from dnnt.problems.straight_line import StraightLineProgram
from dnnt.signs.circuit import of_steps
from dnnt.signs.decide import decide
from dnnt.signs.engine import Engine
from dnnt.testing.programs import KINDS, Steps, neighbours_of_a_power

LENGTHS = "100,300,1000,3000,10000"

SHORTEST, LONGEST = 3, 24
"""Steps of the programs that are compared with integers."""

BALLS = (32, 64, 200)
"""Bits of balls in the first part."""

SQUARINGS = 4000


def by_balls(steps: Steps, bits: int, plain: bool) -> int | None:
    """The sign by balls of so many bits and expansion alone."""
    nodes = of_steps(steps)
    engine = Engine(bits, derives=not plain)
    for node in nodes:
        engine.add(node)
    return engine.sign(len(nodes) - 1)


def compared(job: tuple[int, int]) -> tuple[int, int, list[str]]:
    """The sign, how many of the ways found it, and what was wrong."""
    seed, index = job
    random = Random(f"{seed} {index}")
    kind = list(KINDS)[index % len(KINDS)]
    steps = KINDS[kind](random, random.randint(SHORTEST, LONGEST))
    value = StraightLineProgram(tuple(steps)).value(None)
    sign = (value > 0) - (value < 0)
    found, wrong = 0, []
    verdict = decide(steps, seed=index)
    if verdict.sign != sign or not verdict.proved:
        wrong.append(f"{kind} {index}: {verdict.sign}, the integer has sign {sign}")
    for bits in BALLS:
        for plain in (False, True):
            said = by_balls(steps, bits, plain)
            found += said is not None
            if said not in (sign, None):
                wrong.append(f"{kind} {index}, balls of {bits} bits: {said}, the integer has sign {sign}")
    return sign, found, wrong


def timed(job: tuple[int, str, int, int]) -> tuple[int | None, bool, str, float]:
    """Sign, whether proved, method and seconds of a long program."""
    seed, kind, length, index = job
    steps = KINDS[kind](Random(f"{seed} {kind} {length} {index}"), length)
    started = perf_counter()
    verdict = decide(steps, seed=index)
    method = verdict.method.split(" of ")[0]
    if "expansion" in verdict.method:
        method = "expansion"
    return verdict.sign, verdict.proved, method, perf_counter() - started


def mapped(work: Callable[[Any], Any], jobs: Sequence[Any], processes: int) -> Iterator[Any]:
    """The results in order."""
    if processes == 1:
        yield from map(work, jobs)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(work, jobs, chunksize=4)


def first_part(console: Console, count: int, seed: int, processes: int) -> int:
    """Short programs against exact integers; returns the mismatches."""
    jobs = [(seed, index) for index in range(count)]
    signs: Counter[int] = Counter()
    found, mismatches = 0, []
    for sign, ways, wrong in followed(mapped(compared, jobs, processes), count, "comparing with integers"):
        signs[sign] += 1
        found += ways
        mismatches += wrong
    table = Table("programs", "positive", "zero", "negative", "by balls alone", "mismatches", title="Exact integers")
    share = f"{found:,} of {count * len(BALLS) * 2:,} found"
    table.add_row(f"{count:,}", *(f"{signs[sign]:,}" for sign in (1, 0, -1)), share, str(len(mismatches)))
    console.print(table)
    for line in mismatches[:5]:
        console.print(f"MISMATCH {line}", markup=False)
    return len(mismatches)


def second_part(console: Console, programs: int, lengths: Sequence[int], seed: int, processes: int) -> int:
    """Long programs; returns how many were not decided."""
    jobs = [(seed, kind, length, index) for kind in KINDS for length in lengths for index in range(programs)]
    results = list(followed(mapped(timed, jobs, processes), len(jobs), "deciding long programs"))
    table = Table("kind", "steps", "+ 0 -", "decided", "median ms", "longest ms", "methods", title="Long programs")
    undecided = 0
    for start in range(0, len(jobs), programs):
        _, kind, length, _ = jobs[start]
        rows = results[start : start + programs]
        proved = sum(row[1] for row in rows)
        undecided += programs - proved
        seconds = [row[3] for row in rows]
        methods = Counter(row[2] for row in rows)
        table.add_row(
            kind if length == lengths[0] else "",
            f"{length:,}",
            " ".join(str(sum(row[0] == sign for row in rows)) for sign in (1, 0, -1)),
            f"{proved} of {programs}",
            f"{median(seconds) * 1e3:.1f}",
            f"{max(seconds) * 1e3:.1f}",
            ", ".join(f"{name} {count}" for name, count in methods.most_common()),
            end_section=length == lengths[-1],
        )
    console.print(table)
    return undecided


def third_part(console: Console) -> tuple[int, int]:
    """(a + 1)(a - 1) - a² and its neighbours; returns the mismatches and how many were not decided."""
    table = Table("program", "sign", "proved", "ms", "method", title=f"a = 3^(2^{SQUARINGS})")
    wrong = undecided = 0
    for plus, sign in ((0, -1), (1, 0), (2, 1)):
        verdict = decide(neighbours_of_a_power(SQUARINGS, plus))
        wrong += verdict.sign not in (sign, None)
        undecided += not verdict.proved
        name = "(a + 1)(a - 1) - a²" + (f" + {plus}" if plus else "")
        said = "unknown" if verdict.sign is None else str(verdict.sign)
        table.add_row(name, said, str(verdict.proved), f"{verdict.seconds * 1e3:.1f}", verdict.method)
    console.print(table)
    return wrong, undecided


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000, help="programs that are compared with integers")
    parser.add_argument("--programs", type=int, help="long programs of every kind and length (default: 10 or fewer)")
    parser.add_argument("--lengths", default=LENGTHS, help="their steps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    console = Console(width=130)
    programs = given.programs or min(10, given.count)
    lengths = [int(length) for length in given.lengths.split(",")]
    wrong = first_part(console, given.count, given.seed, given.jobs)
    undecided = second_part(console, programs, lengths, given.seed, given.jobs)
    more, left = third_part(console)
    wrong, undecided = wrong + more, undecided + left
    console.print(f"undecided: {undecided}, mismatches: {wrong}")
    return 1 if wrong or undecided else 0


if __name__ == "__main__":
    sys.exit(main())
