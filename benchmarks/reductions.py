"""The reductions, held to their contract on many sources, and run on real files.

    python benchmarks/reductions.py [--count N] [--attacks N] [--seed N] [--jobs N] [--data DIR]

1. slp-to-dnnt: all straight-line programs of up to four steps and N random ones of up to 14, every variant: the vertex
of the last value against exact evaluation, the answer against the sign. Both repairs have to be right; failures of the
printed variant are counted. 2. All other rules: at least N small sources, exhaustively, and N random ones, through
files, both ways, by the contract test of `dnnt.testing`. Failures of printed variants are counted. 3. dnnt-to-cnnt:
hostile real parameters until --attacks of them were tried for each repair, none of which may be accepted wrongly. 4.
With --data DIR (folders subset_sum, coloring, sudoku): every .kp decided through its network and extracted; every
graph and 20 sudokus reduced, a known solution lifted, evaluated to gamma, and extracted again; with sizes and times.

Exit status 1 if a repaired rule fails anywhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from progress import followed
from rich.console import Console
from rich.table import Table

import dnnt
from dnnt.evaluation import evaluate
from dnnt.formats import problem_file
from dnnt.parameters import first_choice
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions import reduction, variants
from dnnt.testing import problems
from dnnt.testing.hostile import hostile
from dnnt.testing.reduction_contract import counterexample

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=150)

SOURCES: dict[str, tuple[Callable[[], Iterator[Any]], Callable[[Random], Any]]] = {
    "subset-sum-to-dnnt": (problems.small_subset_sums, problems.random_subset_sum),
    "csp-to-dnnt": (problems.small_csps, problems.random_csp),
    "exact-cover-to-dnnt": (problems.small_exact_covers, problems.random_exact_cover),
    "dnnt-to-cnnt": (problems.small_instances, problems.random_instance),
}

COLORS = {
    "2-Insertions_3": 4,
    "david": 11,
    "games120": 9,
    "jean": 10,
    "myciel3": 4,
    "myciel4": 5,
    "queen5_5": 5,
    "queen6_6": 7,
}
"""Chromatic numbers of the graphs."""

FOLDER = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""Where bundles are written: in memory, where that can be, since there are many of them."""


def main() -> int:
    """Run everything; returns the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--attacks", type=int, default=50_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--data", type=Path)
    given = options.parse_args()
    with ProcessPoolExecutor(given.jobs) as pool:
        right = _programs(pool, given.count, given.seed)
        right &= _contracts(pool, given.count, given.seed)
        right &= _attacks(pool, given.attacks, given.seed)
    if given.data is not None:
        right &= _files(given.data)
    return 0 if right else 1


def _batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(items, size)):
        yield batch


def _program_faults(batch: list[tuple[tuple[str, int, int], ...]]) -> list[tuple[str, int, int, int, Any]]:
    """For each variant: programs tried, wrong values, wrong answers, the shortest wrong program."""
    rows = []
    for variant in variants("slp-to-dnnt"):
        arrow = reduction("slp-to-dnnt", variant)
        tried = values = answers = 0
        shortest: Any = None
        for steps in batch:
            program = StraightLineProgram(steps)
            if arrow.accepts(program) is not None:
                continue
            tried += 1
            right = program.values(None)[-1]
            target = arrow.reduce(program).target
            said = evaluate(target, first_choice(target.network))
            wrong = said.samples[0].output[0] != right
            values += wrong
            if (said.total <= 1) != (right > 0):
                answers += 1
                shortest = min(shortest or steps, steps, key=len)
        rows.append((variant, tried, values, answers, shortest))
    return rows


def _programs(pool: ProcessPoolExecutor, count: int, seed: int) -> bool:
    rng = Random(seed)
    small = chain.from_iterable(problems.small_programs(n) for n in range(5))
    drawn = (problems.random_program(rng) for _ in range(count))
    right = True
    for title, source in (("all of up to 4 steps", small), (f"{count:,} random ones of up to 14", drawn)):
        started = perf_counter()
        sums: dict[str, list[Any]] = {}
        batches = list(_batches((program.steps for program in source), 400))
        for rows in followed(pool.map(_program_faults, batches), len(batches), f"slp-to-dnnt, {title}"):
            for variant, tried, values, answers, shortest in rows:
                total = sums.setdefault(variant, [0, 0, 0, None])
                total[0] += tried
                total[1] += values
                total[2] += answers
                if shortest is not None:
                    total[3] = min(total[3] or shortest, shortest, key=len)
        table = Table(title=f"slp-to-dnnt: {title} ({perf_counter() - started:.0f} s)", title_justify="left")
        for name in ("variant", "programs", "wrong values", "wrong answers", "a shortest wrong program"):
            table.add_column(name)
        for variant, (tried, values, answers, shortest) in sums.items():
            example = "" if shortest is None else str(shortest)
            table.add_row(variant, f"{tried:,}", f"{values:,}", f"{answers:,}", example)
            right &= variant == "printed" or not (values or answers)
        console.print(table)
    return right


def _contract_faults(task: tuple[str, str, list[Any], int]) -> tuple[int, int, str | None]:
    """Sources tried, faults found, and one of them."""
    rule, variant, batch, seed = task
    tried = faults = 0
    shown: str | None = None
    for index, source in enumerate(batch):
        if reduction(rule, variant).accepts(source) is not None:
            continue
        tried += 1
        solve = index % 20 == 0
        fault = counterexample(rule, source, variant, attacks=5, seed=seed + index, solve=solve, folder=FOLDER)
        if fault is not None:
            faults += 1
            shown = shown or fault
    return tried, faults, shown


def _contracts(pool: ProcessPoolExecutor, count: int, seed: int) -> bool:
    table = Table(title="The contract, through files, both ways", title_justify="left")
    for name in ("rule", "variant", "sources", "tried", "faults", "a fault", "seconds"):
        table.add_column(name)
    right = True
    for rule, (small, drawn) in SOURCES.items():
        for variant in variants(rule):
            rng = Random(seed)
            for title, source in (("small", small()), ("random", (drawn(rng) for _ in range(count)))):
                started = perf_counter()
                tasks = [(rule, variant, batch, seed) for batch in _batches(source, 50)]
                tried = faults = 0
                shown: str | None = None
                for done in followed(pool.map(_contract_faults, tasks), len(tasks), f"{rule} {variant} {title}"):
                    tried, faults, shown = tried + done[0], faults + done[1], shown or done[2]
                seconds = f"{perf_counter() - started:.0f}"
                table.add_row(rule, variant, title, f"{tried:,}", f"{faults:,}", (shown or "")[:60], seconds)
                holds = reduction(rule, variant).contract.holds
                right &= (faults == 0 and tried >= min(count, 2000)) if holds else faults > 0
    console.print(table)
    return right


def _attacked(task: tuple[str, int, int]) -> tuple[int, int, int]:
    """Vectors tried, accepted, and accepted wrongly."""
    variant, seed, count = task
    rng = Random(seed)
    tried = accepted = wrong = 0
    while tried < count:
        bundle = reduction("dnnt-to-cnnt", variant).reduce(problems.random_instance(rng))
        for real in hostile(bundle, rng, 100):
            tried += 1
            if evaluate(bundle.target, real).total <= (bundle.target.gamma or 0):
                accepted += 1
                wrong += bundle.extract(real).verified is not True
    return tried, accepted, wrong


def _attacks(pool: ProcessPoolExecutor, count: int, seed: int) -> bool:
    table = Table(title="Hostile real parameters on dnnt-to-cnnt", title_justify="left")
    for name in ("variant", "vectors", "accepted", "accepted wrongly", "seconds"):
        table.add_column(name)
    right = True
    for variant in ("repaired", "probes"):
        started = perf_counter()
        parts = 20
        tasks = [(variant, 1000 * seed + part, -(-count // parts)) for part in range(parts)]
        sums = [0, 0, 0]
        for done in followed(pool.map(_attacked, tasks), parts, f"hostile vectors, {variant}"):
            sums = [a + b for a, b in zip(sums, done, strict=True)]
        table.add_row(variant, *(f"{value:,}" for value in sums), f"{perf_counter() - started:.0f}")
        right &= sums[2] == 0 and sums[0] >= count
    console.print(table)
    return right


def _files(data: Path) -> bool:
    table = Table(title="Real files", title_justify="left")
    for name in ("file", "rule", "units", "edges", "samples", "MB", "reduce", "how", "time", "extract", "right"):
        table.add_column(name)
    right = True
    for path in sorted((data / "subset_sum").glob("*.kp")):
        right &= _solved(table, path)
    for path in sorted((data / "coloring").glob("*.col")):
        problem = problem_file.read(path, colors=COLORS[path.stem], warn=lambda text: None)
        right &= _carried(table, path.name, "csp-to-dnnt", problem)
    lines = (data / "sudoku" / "17-clues.txt").read_text().split()[:20]
    for index, line in enumerate(lines, start=1):
        right &= _carried(table, f"sudoku {index}", "exact-cover-to-dnnt", problem_file.sudoku(line))
    console.print(table)
    return right


def _solved(table: Table, path: Path) -> bool:
    """A knapsack file decided by method reachable through its network, and the answer extracted."""
    problem = dnnt.read_problem(path)
    bundle, reducing = _timed(lambda: dnnt.reduce("subset-sum-to-dnnt", problem))
    answer, solving = _timed(lambda: dnnt.solve(bundle, method="reachable"))
    found, extracting = _timed(lambda: bundle.extract(answer))
    right = bool(answer.assurance == "checked" and (found.verified is True or answer.answer == "no"))
    _row(table, path.name, bundle, reducing, f"solve: {answer.answer}", solving, extracting, right)
    return right


def _carried(table: Table, name: str, rule: str, problem: Any) -> bool:
    """A solution found in the source, lifted, evaluated and extracted again."""
    solution = problem.solve()
    bundle, reducing = _timed(lambda: dnnt.reduce(rule, problem))
    parameters, lifting = _timed(lambda: bundle.lift(solution))
    said = evaluate(bundle.target, parameters)
    found, extracting = _timed(lambda: bundle.extract(parameters))
    right = said.inside and said.total <= (bundle.target.gamma or 0) and found.verified is True
    right = right and bool(problem.verify(found.solution))
    _row(table, name, bundle, reducing, f"lift: loss {said.total}", lifting, extracting, right)
    return right


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = perf_counter()
    made = work()
    return made, perf_counter() - started


def _row(
    table: Table, name: str, bundle: Any, reducing: float, how: str, time: float, back: float, right: bool
) -> None:
    measured = bundle.measured
    table.add_row(
        name,
        bundle.rule,
        *(f"{measured[key]:,}" for key in ("units", "edges", "samples")),
        f"{len(bundle.to_bytes()) / 1e6:.2f}",
        f"{reducing:.3f} s",
        how,
        f"{time:.3f} s",
        f"{back:.3f} s",
        "yes" if right else "NO",
    )


if __name__ == "__main__":
    sys.exit(main())
