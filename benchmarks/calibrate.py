"""What the ways to form a sumset cost on this machine, beside the figures that the choice between them uses.

    python benchmarks/calibrate.py [--quick] [--repeats N]

Prints, in CPU time of the thread (medians of interleaved runs):

1. the memory: what one pass target |= source moves, and compiled shifts as a fraction of it;
2. many shifts block by block against the same shifts pass by pass;
3. sumsets of random sets, ns a pair: every way that is open, what was predicted, and which way is chosen;
4. the constants of `dnnt.reachable.keysets.NANOSECONDS` as measured, with those in force;
5. starts: numba's import and first calls, with and without compiled loops kept on disk.

Nothing is written. Change the table in `keysets.py` where its constants are off by more than half.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from statistics import median
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from dnnt.kernels import bits, members, sorted_keys
from dnnt.kernels.loading import COMPILING_SECONDS, LOADING_SECONDS, compiled
from dnnt.reachable import keysets
from dnnt.reachable.key_kinds import BitKeys, Keys, NumpyKeys, PythonKeys, as_bits, as_words

Work = Callable[[], object]


def calm() -> None:
    """A poll that stops nothing."""


@compiled
def triad(target: Any, source: Any) -> None:
    """The limit: two words read and one written, nothing else."""
    for j in range(len(target)):
        target[j] |= source[j]


def medians(works: dict[str, Work], repeats: int) -> dict[str, float]:
    """Median seconds of each, interleaved, after one run of each."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(repeats):
        for name, work in works.items():
            started = thread_time()
            work()
            taken[name].append(thread_time() - started)
    return {name: median(times) for name, times in taken.items()}


def table(title: str, *columns: str) -> Table:
    """An empty table; all columns but the first to the right."""
    made = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index else "left")
    return made


def memory(quick: bool, repeats: int) -> tuple[Table, dict[str, float]]:
    """Shifts of bitsets of several sizes, and what they say about the constants."""
    made = table(
        "Shifts of bitsets (64 shifts spread over a part of the span)",
        "bitset", "spread", "triad GB/s", "a shift GB/s", "of triad", "64 tiled ns/word", "times a pass", "255 in line",
    )  # fmt: skip
    rng = np.random.default_rng(1)
    found: dict[str, float] = {}
    for size in (1 << 11, 1 << 14, 1 << 17, 1 << 20, 1 << 23, *(() if quick else (1 << 26,))):
        source = rng.integers(0, 1 << 63, size, dtype=np.uint64)
        target = np.zeros(size, np.uint64)
        rounds = max(1, (1 << 20) // size)
        span = 64 * size

        def often(work: Work, times: int = rounds) -> Work:
            def repeated() -> None:
                for _ in range(times):
                    work()

            return repeated

        for spread in (64, 8):
            shifts = np.sort(rng.integers(0, span // spread, 64))
            works: dict[str, Work] = {
                "triad": often(lambda t=target, s=source: triad(t, s)),  # type: ignore[misc]
                "shift": often(lambda t=target, s=source: bits.shift_or(t, s, 77)),  # type: ignore[misc]
                "tiled": lambda t=target, s=source, b=shifts, n=span: bits.sumset(s, b, n, t),  # type: ignore[misc]
                "line": lambda s=source, n=span: bits.progression(s, 3, 255, n),  # type: ignore[misc]
            }
            took = medians(works, repeats)
            triad_s, shift_s = took["triad"] / rounds, took["shift"] / rounds
            made.add_row(
                f"{size / 128:,.0f} KB", f"1/{spread}", f"{24e-9 * size / triad_s:.1f}",
                f"{24e-9 * size / shift_s:.1f}", f"{triad_s / shift_s:.2f}", f"{took['tiled'] / 64 / size * 1e9:.3f}",
                f"{64 * shift_s / took['tiled']:.1f}", f"{took['line'] / shift_s:.1f} passes",
            )  # fmt: skip
            each = took["tiled"] / 64 / size * 1e9
            if size == 1 << 17:
                found["tiles, a word"] = max(each, found.get("tiles, a word", 0.0))
            if size >= 1 << 23:
                found["tiles, a far word"] = max(each, found.get("tiles, a far word", 0.0))
    return made, found


SETS = (
    (10**6, 3, 1e-2), (10**6, 16, 1e-3), (10**6, 16, 0.1), (10**5, 256, 1e-4), (10**5, 256, 0.03), (3000, 3000, 1e-4),
    (3000, 3000, 0.4), (3000, 3000, 1e-8), (300, 300, 0.1), (300, 300, 1e-4), (10**5, 40, 0.5), (10**4, 1000, 0.9),
)  # fmt: skip
"""Sizes of two sets, and the share of the output's span that is reached: the rows that algorithms are compared on."""


def sumsets(quick: bool, repeats: int) -> tuple[Table, dict[str, float]]:
    """Every way on random sets."""
    made = table(
        "Sumsets of random sets, ns a pair, measured (predicted)",
        "sets, output", *keysets.WAYS, "chosen", "NumPy sort / ours",
    )  # fmt: skip
    rng = np.random.default_rng(2)
    found: dict[str, float] = {}
    for large, small, share in SETS[6:] if quick else SETS:
        pairs = large * small
        span = int(pairs / -np.log1p(-share))
        left = np.unique(rng.integers(0, span // 2, large))
        right = np.unique(rng.integers(0, span // 2, small))
        predicted = keysets._nanoseconds(large, small, span)
        works: dict[str, Work] = {}
        for way in keysets.WAYS:
            if predicted.get(way, 1e99) < 1.5e9:
                works[way] = _sumset(way, NumpyKeys(left), NumpyKeys(right), span)
        took = medians(works, max(1, repeats // 2))
        each = {way: seconds / pairs * 1e9 for way, seconds in took.items()}
        chosen = keysets.way(large, small, span)
        cells = [f"{each[way]:.2f} ({predicted[way] / pairs:.2f})" if way in each else "-" for way in keysets.WAYS]
        gain = f"{each['sort'] / each[chosen]:.1f}" if "sort" in each else "-"
        made.add_row(f"{large:,} + {small:,}, {share:.0e}", *cells, chosen, gain)
        if share <= 1e-4 and pairs > 10**6 and "windows" in each:
            found["windows, a sorted pair"] = max(each["windows"], found.get("windows, a sorted pair", 0.0))
        if (large, small, share) == (3000, 3000, 0.4):
            found["windows, a pair"] = each["windows"] - 2 * keysets.NANOSECONDS["windows, a gap"]
        if "sort" in each and pairs > 10**6:
            found["sort, a pair"] = max(each["sort"], found.get("sort, a pair", 0.0))
    return made, found


def _sumset(way: str, left: Keys, right: Keys, span: int) -> Work:
    """The way as it is when its operands are held as it likes them."""
    if way == "bits":
        shifts, value = right.listed(), as_bits(left).bits
        return lambda: keysets._by_bits(value, shifts, calm)
    if way == "map":
        return lambda: keysets._by_map(left.keys, right.listed(), span, calm)  # type: ignore[union-attr]
    if way == "sort":
        return lambda: keysets._by_sort(left.keys, right.keys, calm)  # type: ignore[union-attr]
    if way == "tiles":
        words = as_words(left, span)
        return lambda: keysets._by_tiles(words, right, span, calm)
    if way == "windows":
        return lambda: keysets._by_windows(left, right, calm)
    mine, theirs = left.listed(), right.listed()
    return lambda: keysets._by_frozenset(mine, theirs, calm)


def small_costs(repeats: int) -> dict[str, float]:
    """The constants of small sets."""
    keys = NumpyKeys(np.arange(0, 3000, 7))
    few = NumpyKeys(np.array([0, 5], np.int64))
    words, many = as_words(few, 64), np.arange(0, 6000, 3)
    value, listed = BitKeys(1 | 1 << 10**6), [3 * i * i for i in range(300)]
    python = PythonKeys(frozenset(range(0, 2000, 5)))
    took = medians(
        {
            "tiles": lambda: [keysets._by_tiles(words, few, 64, calm) for _ in range(100)],
            "tiles, a shift": lambda: bits.sumset(words.words, many, 6400),
            "tiles, a cell": lambda: members.scatter(keys.keys, 1 << 26),
            "windows": lambda: [sorted_keys.sumset(few.keys, few.keys) for _ in range(100)],
            "sort": lambda: [keysets._by_sort(few.keys, few.keys, calm) for _ in range(100)],
            "bits, a shift": lambda: keysets._by_bits(1, [i * i for i in range(300)], calm),
            "bits, a cell": lambda: keysets._by_bits(value.bits, listed, calm),
            "frozenset, a pair": lambda: keysets._by_frozenset(python.listed(), python.listed(), calm),
        },
        2 * repeats + 1,
    )
    per = {"tiles": 100, "tiles, a shift": len(many), "tiles, a cell": 1 << 26, "windows": 100, "sort": 100}
    per |= {"bits, a shift": 300, "bits, a cell": 300 * 10**6, "frozenset, a pair": 400 * 400}
    return {name: seconds / per[name] * 1e9 for name, seconds in took.items()}


STARTS = """
from time import perf_counter
import numpy
begun = perf_counter()
from dnnt.kernels import starting
imported = perf_counter()
starting.start_words()
words = perf_counter()
starting.start_sorted()
print(imported - begun, words - imported, perf_counter() - words)
"""


def starts() -> Table:
    """New processes with and without compiled loops kept on disk."""
    made = table("Starts, wall seconds", "", "import", "bitsets", "sorted keys", "in force")
    with tempfile.TemporaryDirectory() as folder:
        for name, known in (("compiled anew", COMPILING_SECONDS), *[("kept on disk", LOADING_SECONDS)] * 3):
            environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
            done = subprocess.run(
                [sys.executable, "-c", STARTS], env=environment, capture_output=True, text=True, check=True
            )
            made.add_row(name, *(f"{float(part):.2f}" for part in done.stdout.split()), f"{known}")
    return made


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description="Measure what the ways to form a sumset cost.")
    arguments.add_argument("--quick", action="store_true", help="no 512 MB, and only half of the sets")
    arguments.add_argument("--repeats", type=int, default=5)
    given = arguments.parse_args()
    console = Console(width=200)
    begun = perf_counter()
    shown, found = memory(given.quick, given.repeats)
    console.print(shown)
    shown, more = sumsets(given.quick, given.repeats)
    console.print(shown)
    found |= more | small_costs(given.repeats)
    constants = table("Constants, nanoseconds", "", "measured", "in force", "ratio")
    for name, known in keysets.NANOSECONDS.items():
        if name in found:
            constants.add_row(name, f"{found[name]:,.3g}", f"{known:,.3g}", f"{found[name] / known:.2f}")
        else:
            constants.add_row(name, "-", f"{known:,.3g}", "")
    console.print(constants)
    console.print(starts())
    console.print(f"load average {os.getloadavg()[0]:.1f}; {perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
