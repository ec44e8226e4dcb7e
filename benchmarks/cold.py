"""Cold figures: whole processes, from the start of the interpreter to the answer, dnnt and CP-SAT in turns.

    python benchmarks/cold.py [--repeats N] [--limit SECONDS]

1. Python alone, `dnnt --help`, and a tiny instance solved and checked. 2. Some of the cells: `dnnt solve FILE --json`
(import, read, solve, check, print), and a process that imports ortools and does the same work without a check. Medians.
Exit status 1 if answers differ.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from cells import Cell, write
from processes import Measured, answer, measured, solving
from progress import followed
from rich.console import Console
from rich.table import Table

REPEATS = 5
LIMIT = 60.0

# One target is out of reach, so that the least loss is above 0: a loss of 0 needs no proof.
XOR: dict[str, Any] = {
    "format": "dnnt-instance",
    "version": 1,
    "name": "xor",
    "inputs": 2,
    "layers": [
        {"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
        {"units": 1, "activation": "identity", "weights": [-2, 0, 1], "bias": [0]},
    ],
    "samples": [{"x": [a, b], "y": ["1/2" if a < b else a ^ b]} for a in (0, 1) for b in (0, 1)],
    "loss": "squared",
}

CELLS = tuple(
    Cell(shape, numbers, 3, targets, units)
    for units in ("equal", "distinct")
    for shape, numbers, targets in (
        ((2, 2, 3), "small", "inside"),
        ((3, 3, 4), "small", "outside"),
        ((2, 3, 6), "large", "near"),
        ((4, 3, 4), "large", "inside"),
        ((3, 3, 10), "small", "near"),
    )
)


def run(console: Console, repeats: int = REPEATS, limit: float = LIMIT) -> tuple[Any, int]:
    """Measure and print; returns the figures and how many answers are wrong."""
    with tempfile.TemporaryDirectory(prefix="dnnt-cold-") as folder:
        first = _tiny(console, Path(folder), repeats)
        second, wrong = _cells(console, Path(folder), repeats, limit)
    return {"tiny": first, "cells": second}, wrong


def _tiny(console: Console, folder: Path, repeats: int) -> Any:
    path = folder / "xor.dnnt.json"
    path.write_text(json.dumps(XOR), encoding="utf-8")
    commands = {
        "python alone": [sys.executable, "-c", "pass"],
        "dnnt --help": [sys.executable, "-m", "dnnt", "--help"],
        "dnnt solve xor (import, solve, check)": solving(path),
    }
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    measured(commands["dnnt --help"])  # The first run may write bytecode.
    for _ in range(repeats):
        for name, command in commands.items():
            runs[name].append(measured(command))
    table = Table("process", "CPU seconds", "seconds", "peak MiB", title=f"A tiny instance, cold (median of {repeats})")
    figures = {}
    for name, each in runs.items():
        assert all(one.status == 0 for one in each), f"{name} failed"
        cpu, wall, peak = (median(values) for values in zip(*((m.cpu, m.wall, m.peak) for m in each), strict=True))
        table.add_row(name, f"{cpu:.3f}", f"{wall:.3f}", f"{peak:.0f}")
        figures[name] = {"cpu": round(cpu, 4), "wall": round(wall, 4), "peak_mebibytes": round(peak, 1)}
    console.print(table)
    said = answer(runs[name][-1])
    console.print(f"xor: {said['status']}, loss {said['loss']}, {said['assurance']}, by {said['method']}")
    return {"processes": figures, "status": said["status"], "assurance": said["assurance"]}


def _cells(console: Console, folder: Path, repeats: int, limit: float) -> tuple[Any, int]:
    rival = find_spec("ortools") is not None
    table = Table(
        "cell", "loss", "dnnt", "CP-SAT", "ratio", title=f"Seconds of whole processes, cold (median of {repeats})"
    )
    figures, wrong = {}, 0
    for cell in followed(CELLS, len(CELLS), "starting processes"):
        path = write(cell, folder)
        commands = {"dnnt": solving(path, "--time-limit", str(limit))}
        if rival:
            commands["cp-sat"] = [sys.executable, "-m", "rivals", "cp-sat", str(path), "--limit", str(limit)]
        runs: dict[str, list[Measured]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, command in commands.items():
                if not (runs[name] and runs[name][-1].status):
                    runs[name].append(measured(command))
        said = answer(runs["dnnt"][-1])
        good = said["status"] == "optimal" and said["assurance"] == "checked"
        proved = all(one.status == 0 for one in runs.get("cp-sat", ()))
        if good and rival and proved and answer(runs["cp-sat"][-1])["loss"] != said["loss"]:
            wrong += 1
        seconds = {name: median(one.wall for one in each) for name, each in runs.items()}
        ratio = seconds["cp-sat"] / seconds["dnnt"] if rival else None
        table.add_row(
            cell.name,
            str(said["loss"]) if good else f"{said['status']}, {said['stop']}",
            f"{seconds['dnnt']:.3f}",
            f"{'' if proved else '≥ '}{seconds['cp-sat']:.3f}" if rival else "",
            f"{'' if proved else '≥ '}{ratio:.2f}" if ratio is not None else "",
        )
        figures[cell.name] = {"loss": said["loss"], "proved": good, "rival_proved": proved} | {
            name: round(value, 4) for name, value in seconds.items()
        }
    console.print(table)
    return figures, wrong


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS")
    given = parser.parse_args()
    console = Console(width=110)
    _, wrong = run(console, given.repeats, given.limit)
    console.print(f"answers that differ: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
