"""Sums of k equal units in a box: right against the full power, and how long they take for any k.

    python benchmarks/powers.py [--count N] [--quick] [--seed N]

1. N small random sets of vectors (1 to 4 coordinates, also in planes and on lines) and counts: the box by `windows`, by
`power_window` (the structure theorem where it speaks), against all sums; every element's parts are added up again.
2. A table of coordinates, width, vectors, k and where the box of 5 values a coordinate lies (middle, near a corner of
the hull, at one): processor seconds predicted and measured (median of 3, warm), bits held, elements. On a line both
engines; where k is small, against the full power, formed vector by vector. With --quick without the largest rows.

Exit status 1 if two ways disagree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from time import process_time

from progress import followed
from rich.console import Console
from rich.table import Table

from dnnt.reachable.line import Line
from dnnt.reachable.powers import PowerWindow, power_window, predicted
from dnnt.reachable.windows import windows_of
from dnnt.running import Run

Point = tuple[int, ...]

REACH = {1: 12, 2: 5, 3: 2, 4: 1}
MOST = {1: 16, 2: 9, 3: 7, 4: 5}
"""How far the random vectors of the first part go, and how many are added up at most, by coordinates."""

ROWS = [
    (1, 1_000, 20, 10**6),
    (1, 1_000, 20, 10**100),
    (1, 1_000, 900, 10**100),
    (1, 100_000, 50, 10**6),
    (1, 100_000, 50, 10**100),
    (2, 30, 20, 30),
    (2, 30, 20, 10**6),
    (2, 30, 200, 10**6),
    (2, 30, 1_500, 10**6),
    (2, 30, 20, 10**100),
    (2, 200, 30, 10**6),
    (2, 200, 30, 10**100),
    (3, 8, 20, 8),
    (3, 18, 60, 30),
    (3, 18, 250, 30),
    (3, 18, 250, 10**6),
    (3, 40, 60, 30),
    (3, 40, 250, 30),
    (3, 40, 250, 10**6),
    (4, 6, 40, 10**6),
]
"""Coordinates, width of the vectors, how many are drawn, k."""

LARGE = 20
"""Rows of (4δ + 1) · width to the power of the coordinates above this many thousand cells are left out of --quick."""

FULL_CELLS = 2_000_000
"""Up to so many cells the full power is formed."""

REPEATS = 3


def random_vectors(random: Random) -> list[Point]:
    """A few vectors, some of them dependent."""
    n = random.choice([1, 1, 2, 2, 3, 4])
    many = random.randint(1, 6)
    if random.random() < 0.3:
        basis = [[random.randint(-2, 2) for _ in range(n)] for _ in range(2)]
        pairs = [(random.randint(-3, 3), random.choice([0, 0, 1])) for _ in range(many)]
        return [tuple(i * x + j * y for x, y in zip(*basis, strict=True)) for i, j in pairs]
    times = random.choice([1, 1, 2, 3])
    return [tuple(times * random.randint(-REACH[n], REACH[n]) for _ in range(n)) for _ in range(many)]


def all_sums(vectors: Sequence[Point], count: int) -> set[Point]:
    """All sums of `count` vectors."""
    sums: set[Point] = {(0,) * len(vectors[0])}
    for _ in range(count):
        sums = {tuple(x + y for x, y in zip(s, v, strict=True)) for s in sums for v in vectors}
    return sums


def wrong_parts(power: PowerWindow, vectors: Sequence[Point], count: int, elements: Sequence[Point]) -> int:
    """How many of the elements do not come back as so many vectors."""
    wrong = 0
    for element in elements:
        used = power.parts(element, Run())
        total = tuple(sum(v[c] * times for v, times in used.items()) for c in range(len(element)))
        wrong += total != element or used.total() != count or not set(used) <= set(vectors)
    return wrong


def first_part(console: Console, count: int, seed: int) -> int:
    """Small sets against all sums; returns the mismatches."""
    mismatches = elements = on_lines = 0
    for index in followed(range(count), count, "comparing with all sums"):
        random = Random(f"{seed} {index}")
        vectors = random_vectors(random)
        n = len(vectors[0])
        k = random.randint(1, MOST[n])
        sums = all_sums(vectors, k)
        centre = random.choice(sorted(sums))
        reach = [random.choice([0, 1, 2, 5, 30]) for _ in range(n)]
        low = tuple(x - random.randint(0, r) for x, r in zip(centre, reach, strict=True))
        high = tuple(x + random.randint(0, r) for x, r in zip(centre, reach, strict=True))
        right = {s for s in sums if all(a <= x <= b for a, x, b in zip(low, s, high, strict=True))}
        elements += len(right)
        for power in (windows_of(vectors, k, low, high, Run()), power_window(vectors, k, low, high, Run())):
            on_lines += isinstance(power, Line)
            wrong = set(power.members()) != right or power.size != len(right)
            wrong = wrong or wrong_parts(power, vectors, k, random.sample(sorted(right), min(3, len(right)))) > 0
            if wrong:
                mismatches += 1
                console.print(f"MISMATCH {type(power).__name__} {vectors} {k} {low} {high}", markup=False)
    table = Table("sets", "elements", "by the theorem", "mismatches", title="Against all sums")
    table.add_row(f"{count:,}", f"{elements:,}", f"{on_lines:,}", str(mismatches))
    console.print(table)
    return mismatches


def places(vectors: Sequence[Point], k: int) -> dict[str, Point]:
    """Points in the middle, near a corner and at a corner of the hull of all sums."""
    corner = max(vectors)
    middle = [sum(column) for column in zip(*vectors, strict=True)]
    size = len(vectors)
    few = min(k // 2, 10)
    return {
        "middle": tuple(k * x // size for x in middle),
        "near corner": tuple((k - few) * a + few * x // size for a, x in zip(corner, middle, strict=True)),
        "corner": tuple(k * a for a in corner),
    }


def timed(work: Callable[[], PowerWindow], repeats: int) -> tuple[PowerWindow, float]:
    """The result, and the median of its seconds; what takes long is run once."""
    seconds: list[float] = []
    while len(seconds) < repeats and sum(seconds) < 2:
        started = process_time()
        power = work()
        seconds.append(process_time() - started)
    return power, median(seconds)


def full_power(vectors: Sequence[Point], k: int, low: Point, high: Point, width: int) -> set[Point] | None:
    """The sums of k vectors of entries 0 … width in a box, of all of them; None where they are too many."""
    side = k * width + 1
    if side ** len(low) > FULL_CELLS:
        return None
    strides = [side**c for c in range(len(low))]
    shifts = [sum(x * s for x, s in zip(v, strides, strict=True)) for v in vectors]
    bits = 1
    for _ in range(k):
        more = 0
        for shift in shifts:
            more |= bits << shift
        bits = more
    keys = (key for key, bit in enumerate(reversed(bin(bits))) if bit == "1")
    points = (tuple(key // s % side for s in strides) for key in keys)
    return {p for p in points if all(a <= x <= b for a, x, b in zip(low, p, high, strict=True))}


def second_part(console: Console, seed: int, quick: bool) -> int:
    """The table; returns the mismatches."""
    columns = ("n", "width", "vectors", "k", "box", "engine", "predicted s", "seconds", "parts s", "held", "elements")
    table = Table(*columns, "against", title="Boxes of 5 values a coordinate")
    mismatches = 0
    repeats = 1 if quick else REPEATS
    rows = [row for row in ROWS if not quick or (3 * row[1]) ** row[0] < LARGE * 1000]
    for n, width, drawn, k in followed(rows, len(rows), "timing"):
        random = Random(f"{seed} {n} {width} {drawn}")
        vectors = sorted({tuple(random.randint(0, width) for _ in range(n)) for _ in range(drawn)})
        for place, centre in places(vectors, k).items():
            low, high = (tuple(x + by for x in centre) for by in (-2, 2))
            power, seconds = timed(lambda: power_window(vectors, k, low, high, Run()), repeats)  # noqa: B023
            guess, _ = predicted((width,) * n, len(vectors), k, (4,) * n)
            elements = sorted(power.members())
            started = process_time()
            mismatches += wrong_parts(power, vectors, k, elements[:1])
            recovery = process_time() - started
            against = []
            if isinstance(power, Line):
                other, more = timed(lambda: windows_of(vectors, k, low, high, Run()), repeats)  # noqa: B023
                against.append(f"windows, {more:.4f} s")
                mismatches += sorted(other.members()) != elements
            full = full_power(vectors, k, low, high, width)
            if full is not None:
                against.append("full power")
                mismatches += sorted(full) != elements
            power_of_ten = f"10^{len(str(k)) - 1}" if k >= 1000 else str(k)
            table.add_row(
                *(str(n), f"{width:,}", f"{len(vectors):,}", power_of_ten, place, type(power).__name__.lower()),
                *(f"{guess:.3f}", f"{seconds:.4f}", f"{recovery:.4f}", f"{power.cells:,}", str(len(elements))),
                ", ".join(against),
            )
    console.print(table)
    return mismatches


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="sets that are compared with all sums")
    parser.add_argument("--quick", action="store_true", help="leave the largest rows of the table out")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    console = Console(width=150)
    mismatches = first_part(console, given.count, given.seed)
    mismatches += second_part(console, given.seed, given.quick)
    console.print(f"mismatches: {mismatches}")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
