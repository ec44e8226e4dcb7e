"""Subset sums as instances: decided, with witness or proof, and how long each algorithm takes.

    python benchmarks/subset_sums.py [--data DIR] [--quick | --tiny] [--seed N] [--limit SECONDS]

1. Every .kp file under DIR (as reduced by subset-sum-to-dnnt): its own target, and one that is no sum (past all
   items but the least), from reading the instance's file to the checked answer, in a warm process.
2. Harder ones that are made here: up to 10^5 items, targets near 10^9, 60-bit items, 200-bit items; solved as sums
   alone and, where the table says so, as instances.
3. Each algorithm forced on the same sums, beside what is predicted for it: this justifies the choice in dnnt.sums.plan.

Witnesses are added up here. Where two answers differ, or one is not that which the sums were made to have, it is
counted as wrong. Exit status 1 if one is. Seconds are wall clock; `cpu` beside them is the processor's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from rich.console import Console
from rich.table import Table

import dnnt
from dnnt.formats import problem_file
from dnnt.problems.subset_sum import SubsetSum
from dnnt.reductions import reduction
from dnnt.running import Run, Stop
from dnnt.sums.plan import ALGORITHMS, LATTICE_ROW
from dnnt.sums.subsets import Subsets

FORCED = 20.0
"""Algorithms predicted to take longer (in seconds) are not forced."""


@dataclass(frozen=True, slots=True)
class Case:
    """A subset sum, its answer where that is known from how it was made, and whether it is solved as an instance."""

    name: str
    problem: SubsetSum
    truth: bool | None
    whole: bool


def files(folder: Path) -> Iterator[Case]:
    """The .kp files: their targets, and one just below the sum of all items, which no subset makes."""
    for path in sorted(folder.rglob("*.kp")):
        problem = problem_file.read(path)
        assert isinstance(problem, SubsetSum), "a .kp file is a subset sum"
        yield Case(path.stem, problem, None, True)
        least = min((item for item in problem.items if item), default=1)
        if least > 1:
            yield Case(f"{path.stem}, no", SubsetSum(problem.items, sum(problem.items) - 1), False, True)
        doubled = tuple(2 * item for item in problem.items)
        yield Case(f"{path.stem}, doubled, odd", SubsetSum(doubled, sum(problem.items) | 1), False, True)


def made(rng: Random, quick: bool) -> Iterator[Case]:
    """Generated ones: planted targets, and targets that are no sums for one reason or another."""
    for n, w in [(1000, 100), (1000, 10**5), (10**4, 10**4), (10**5, 100), (10**5, 10**5)][: 2 if quick else None]:
        items = tuple(rng.randint(1, w) for _ in range(n))
        target = sum(rng.sample(items, n // 2))
        yield Case(f"random n={n:,} w={w:,}", SubsetSum(items, target), True, n <= 10**4)
        # All but one multiples of 3: no sum is 2 modulo 3.
        thirds = (*(3 * max(1, item // 3) for item in items[1:]), 3 * w + 1)
        target = sum(thirds) // 2
        yield Case(f"thirds n={n:,} w={w:,}", SubsetSum(thirds, target + (2 - target) % 3), False, n <= 1000)
    # Sums of k items lie in [k · 10,000, k · 10,010]: gaps that no divisor explains.
    items = tuple(rng.randint(10_000, 10_010) for _ in range(1000))
    yield Case("clustered n=1,000", SubsetSum(items, 10_005 * 100 + 5_002), False, True)
    items = tuple(rng.randint(10**6, 10**6 + 50) for _ in range(400 if quick else 2000))
    target = 10**6 * (len(items) // 2) + 500_000
    yield Case(f"clustered n={len(items):,}, T={target:,}", SubsetSum(items, target), False, False)
    items = tuple(rng.randint(1, 2 * 10**7) for _ in range(100))
    yield Case("T near 10^9, n=100", SubsetSum(items, sum(rng.sample(items, 50))), True, True)
    items = tuple(rng.randint(1, 2 * 10**6) for _ in range(1000))
    yield Case("T near 10^9, n=1,000", SubsetSum(items, sum(rng.sample(items, 500))), True, True)
    for n in (36, 40) if quick else (36, 40, 44, 48, 50):
        items = (*(2 * rng.randint(2**58, 2**59) for _ in range(n - 1)), 1)
        target = sum(rng.sample(items[:-1], n // 2))
        yield Case(f"60 bits n={n}", SubsetSum(items, target), True, n <= 40)
        # Found by nobody in advance, and all but surely no sum: sums are one in 2^(60 - n) numbers.
        yield Case(f"60 bits n={n}, off", SubsetSum(items, target + 2), None, n <= 40)
    items = tuple(rng.randint(2**38, 2**39) for _ in range(48))
    yield Case("40 bits n=48 (density 1.2)", SubsetSum(items, sum(rng.sample(items, 24))), True, True)
    for n, bits in ((60, 200), (80, 400), (100, 600)):
        items = tuple(rng.randint(2 ** (bits - 1), 2**bits) for _ in range(n))
        yield Case(f"{bits} bits n={n}", SubsetSum(items, sum(rng.sample(items, n // 2))), True, True)
    items = tuple(rng.randint(2**199, 2**200) for _ in range(40))
    yield Case("200 bits n=40, off", SubsetSum(items, sum(items[:20]) + 1), None, True)


def alone(case: Case, limit: float) -> tuple[bool | None, float, str, bool]:
    """Answer, seconds, algorithms, and whether the witness (if there is one) adds up, as sums alone."""
    started = perf_counter()
    used = "-"
    try:
        sums = Subsets([(item, 1) for item in case.problem.items if item], [], Run(time_limit=limit))
        chosen = sums.find(case.problem.target)
        used = ", ".join(sums.used)
    except Stop as stop:
        return None, perf_counter() - started, stop.kind, True
    seconds = perf_counter() - started
    if chosen is None:
        return False, seconds, used, True
    taken = [item for item in case.problem.items if item]
    total = sum(item * copies for item, copies in zip(taken, chosen.copies, strict=True))
    return True, seconds, used, total == case.problem.target and set(chosen.copies) <= {0, 1}


def solved(case: Case, folder: Path, limit: float) -> tuple[bool | None, str, float, float, bool]:
    """Answer, assurance (and stop), wall and processor seconds from the file on, and whether the witness is right."""
    bundle = reduction("subset-sum-to-dnnt").reduce(case.problem)
    file = folder / "instance.dnnt.json"
    dnnt.write(bundle.target, file)
    started, cpu = perf_counter(), process_time()
    answer = dnnt.solve(file, time_limit=limit)
    seconds, cpu = perf_counter() - started, process_time() - cpu
    good = True
    if answer.answer == "yes":
        found = bundle.extract(answer.parameters)
        good = found.verified
    said = answer.assurance if answer.stop == "proved" else f"{answer.assurance}, {answer.stop}"
    return {"yes": True, "no": False}.get(answer.answer or ""), said, seconds, cpu, good


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything, print the tables, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("--tiny", action="store_true", help="the smallest ones only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120.0)
    chosen = parser.parse_args(arguments)
    console = Console(width=150)
    generated = made(Random(chosen.seed), chosen.quick or chosen.tiny)
    cases = [*(files(chosen.data) if chosen.data else ()), *generated][: 3 if chosen.tiny else None]
    wrong = _answers(cases, chosen.limit, console) + _forced(cases, console)
    console.print(f"wrong answers: {wrong}")
    return 1 if wrong else 0


def _answers(cases: Sequence[Case], limit: float, console: Console) -> int:
    table = Table("sums", "answer", "alone s", "algorithm", "file to answer s", "cpu s", "assurance", title="answers")
    wrong = 0
    with TemporaryDirectory() as folder:
        warm = Case("", SubsetSum((*(2 * i + 2**58 for i in range(34)), 1), 2**60 + 3), None, True)
        alone(warm, limit)
        solved(warm, Path(folder), limit)
        for case in cases:
            answer, seconds, used, good = alone(case, limit)
            row = ["-", "-", "-"]
            if case.whole:
                said, assurance, whole, cpu, verified = solved(case, Path(folder), limit)
                row = [f"{whole:.3f}", f"{cpu:.3f}", assurance]
                good = good and verified and (None in (said, answer) or said == answer)
            if not good or (case.truth is not None and answer not in (None, case.truth)):
                wrong += 1
                used += " WRONG"
            written = {True: "yes", False: "no", None: "?"}[answer]
            table.add_row(case.name, written, f"{seconds:.4f}", used, *row)
    console.print(table)
    return wrong


def _forced(cases: Sequence[Case], console: Console) -> int:
    rows = (*ALGORITHMS, LATTICE_ROW)
    table = Table("sums", *(f"{row.name} s (predicted)" for row in rows), title="each algorithm forced")
    wrong = 0
    for case in cases:
        items, target = case.problem.items, case.problem.target
        parts = sorted((0, item) for item in items if 0 < item <= target)
        if not 0 < target < sum(part[1] for part in parts) or len(parts) > 3000:
            continue
        cells, answers = [], []
        for row in rows:
            predicted = row.predict(parts, target)
            if predicted is None or predicted.seconds > FORCED or predicted.bytes > 2 << 30:
                cells.append("-" if predicted is None else f"- ({predicted.seconds:.2g})")
                continue
            started = perf_counter()
            picks = row.solve(parts, target, Run())
            cells.append(f"{perf_counter() - started:.3f} ({predicted.seconds:.2g})")
            if picks is not None and (sum(picks) != target or case.truth is False):
                wrong += 1
            if picks is not None or row is not LATTICE_ROW:
                answers.append(picks is not None)
        wrong += len(set(answers)) > 1
        table.add_row(case.name, *cells)
    console.print(table)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
