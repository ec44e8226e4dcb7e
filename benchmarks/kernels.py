"""The dense kernels as a fraction of the memory bandwidth that is measured in the same run.

    python benchmarks/kernels.py [--megabytes N] [--shifts N] [--repeats N]

Measured in turns, on two bitsets of N MB each (default 512), all on one thread:

- copy: d = s, by NumPy and by a compiled loop; 1 read and 1 write;
- join: d |= s, by both; 2 reads and 1 write, the streams that one shift of a sumset needs, so that this is its limit;
- one shift: `shift_or`, d |= s << k; the same streams;
- many shifts: `sumset`, d |= s << k for each of many k. Counted as if each shift were a pass, so it may exceed the
  limit: what is tiled for the caches need not pass memory once for every shift.

Medians of the runs. Exit status 1 if a kernel and NumPy disagree on a small bitset.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from progress import followed
from rich.console import Console
from rich.table import Table

MEGABYTES = 512
SHIFTS = 16
REPEATS = 7
SEED = 1


def run(console: Console, megabytes: int = MEGABYTES, shifts: int = SHIFTS, repeats: int = REPEATS) -> tuple[Any, int]:
    """Measure and print; returns the figures and how many kernels are wrong."""
    if find_spec("dnnt.kernels") is None:
        console.print("there are no kernels (dnnt.kernels)")
        return None, 0
    import numpy as np
    from numba import njit

    from dnnt.kernels.bits import shift_or, sumset

    @njit
    def copied(target: Any, source: Any) -> None:
        for j in range(len(target)):
            target[j] = source[j]

    @njit
    def joined(target: Any, source: Any) -> None:
        for j in range(len(target)):
            target[j] |= source[j]

    rng = Random(SEED)
    wrong = _wrong(rng)
    words = megabytes * 1_000_000 // 8
    source = np.random.default_rng(SEED).integers(0, 1 << 63, words, dtype=np.uint64)
    # Filled, so that no run pays for pages that are touched for the first time.
    target = np.ones(words, dtype=np.uint64)
    span = 64 * words
    # Small against the bitset, large against the caches' lines, and no multiples of a word.
    chosen = np.array(sorted(rng.sample(range(1, 1 << 22), shifts)), dtype=np.int64)
    work: dict[str, tuple[int, Callable[[], object]]] = {
        "copy, NumPy": (2, lambda: np.copyto(target, source)),
        "copy, compiled": (2, lambda: copied(target, source)),
        "join, NumPy": (3, lambda: np.bitwise_or(target, source, out=target)),
        "join, compiled": (3, lambda: joined(target, source)),
        "one shift": (3, lambda: shift_or(target, source, int(chosen[0]))),
        f"{shifts} shifts": (3 * shifts, lambda: sumset(source, chosen, span, out=target)),
    }
    for _, once in work.values():
        once()
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in followed(range(repeats), repeats, "measuring kernels"):
        for name, (_, once) in work.items():
            started = perf_counter()
            once()
            seconds[name].append(perf_counter() - started)
    rate = {name: streams * words * 8 / median(seconds[name]) / 1e9 for name, (streams, _) in work.items()}
    limit = max(rate["join, NumPy"], rate["join, compiled"])
    fraction = rate["one shift"] / limit
    faster = rate[f"{shifts} shifts"] / rate["one shift"]
    table = Table(
        "pass over memory", "seconds", "GB/s", "of the limit", title=f"Kernels on {megabytes} MB (median of {repeats})"
    )
    for name in work:
        shown = "" if name.startswith("copy") else f"{rate[name] / limit:.2f}"
        table.add_row(name, f"{median(seconds[name]):.4f}", f"{rate[name]:.1f}", shown)
    console.print(table)
    console.print(
        f"one shift runs at {fraction:.2f} of the measured limit; {shifts} shifts together are {faster:.1f} times as "
        "fast as so many passes"
    )
    return {
        "megabytes": megabytes,
        "shifts": shifts,
        "runs": {name: [round(each, 5) for each in runs] for name, runs in seconds.items()},
        "gigabytes_per_second": {name: round(value, 2) for name, value in rate.items()},
        "one_shift_of_limit": round(fraction, 3),
        "many_shifts_times_faster": round(faster, 3),
    }, wrong


def _wrong(rng: Random) -> int:
    """How many kernels disagree with Python's long integers on small bitsets."""
    import numpy as np

    from dnnt.kernels.bits import shift_or, sumset

    def bits(words: Any) -> int:
        return int.from_bytes(words.tobytes(), "little")

    wrong = 0
    for words in (1, 2, 5, 64, 1000):
        source = np.array([rng.getrandbits(64) for _ in range(words)], dtype=np.uint64)
        target = np.array([rng.getrandbits(64) for _ in range(words)], dtype=np.uint64)
        shifts = [rng.randrange(64 * words) for _ in range(9)]
        mask = (1 << 64 * words) - 1
        one = target.copy()
        shift_or(one, source, shifts[0])
        wrong += bits(one) != bits(target) | bits(source) << shifts[0] & mask
        right = bits(target)
        for shift in shifts:
            right |= bits(source) << shift & mask
        many = sumset(source, np.array(shifts, dtype=np.int64), 64 * words, out=target.copy())
        wrong += bits(many) != right
    return wrong


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    parser.add_argument("--shifts", type=int, default=SHIFTS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures there as JSON")
    given = parser.parse_args()
    console = Console(width=110)
    figures, wrong = run(console, given.megabytes, given.shifts, given.repeats)
    console.print(f"kernels that disagree: {wrong}")
    if given.out is not None:
        given.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
