"""dnnt against its rivals on the cells: the same work, in one process, in turns (the protocol: docs/benchmarks.md).

    python benchmarks/against_rivals.py [--quick] [--limit SECONDS] [--sides NAME,…] [--cells WORD] [--repeats N]

For each cell every side goes from reading the file to the proved optimum (dnnt: to the checked answer), in turns, at
least five times; the median counts. Sides are warm: each has solved two small cells before. A side that takes more
than PATIENCE seconds is run twice on this cell, one that meets the limit once, and then counts as "at least". All
optima are compared; a difference is a failure (exit status 1).
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from cells import UNITS, Cell, PaperCell, grid, paper_grid, write
from progress import followed
from rich.console import Console
from rich.table import Table
from rivals.sides import OURS, SIDES, Side

REPEATS = 5
"""Runs of each side on each cell, of which the median is taken."""

PATIENCE = 5.0
"""A side that took longer than these seconds on a cell is run twice there, not more."""

LIMIT, QUICK_LIMIT = 60.0, 10.0
SHORTER = {"cp-sat": 10.0, "cp-sat-counts": 10.0}
"""Seconds of a run; longer searches mostly go on for hours, and count with what they took at least."""

RACE = (OURS, "cp-sat", "numpy")
VARIANTS = (OURS, "cp-sat-counts", "numpy-dense")
"""Stronger variants of the rivals, which take over a part of the dynamic program, or of its data structures."""


@dataclass(slots=True)
class Runs:
    """The runs of one side on one cell."""

    seconds: list[float] = field(default_factory=list)
    loss: int | None = None
    proved: bool = True
    note: str = ""
    at_least: float = 0.0

    @property
    def median(self) -> float:
        """Of the seconds; where a limit came first, what it would have taken at least."""
        return max(median(self.seconds), self.at_least)

    def goes_on(self) -> bool:
        """Whether it is worth running again."""
        return self.proved and (len(self.seconds) < 2 or max(self.seconds) <= PATIENCE)

    def shown(self) -> str:
        """For a table."""
        return f"{'' if self.proved else '≥ '}{self.median:.3g}"

    def record(self) -> dict[str, Any]:
        """For the results file."""
        return {
            "seconds": round(self.median, 6),
            "runs": [round(each, 6) for each in self.seconds],
            "loss": self.loss,
            "proved": self.proved,
        } | ({"note": self.note} if self.note else {})


def race(path: Path, sides: Sequence[Side], options: Options) -> dict[str, Runs]:
    """All sides on one file, in turns; every other round backwards."""
    runs = {side.name: Runs() for side in sides}
    for repetition in range(options.repeats):
        for side in sides if repetition % 2 == 0 else reversed(sides):
            so_far = runs[side.name]
            if not so_far.goes_on():
                continue
            limit = options.limit_of(side.name)
            gc.collect()
            started = perf_counter()
            outcome = side.run(path, limit, repetition)
            so_far.seconds.append(perf_counter() - started)
            if so_far.loss is None or not outcome.proved:
                so_far.loss = outcome.loss
            if not outcome.proved:
                so_far.proved, so_far.note = False, outcome.note
                so_far.at_least = max(limit if outcome.seconds is None else outcome.seconds, *so_far.seconds)
            elif outcome.loss != so_far.loss:
                so_far.note = f"WRONG: {so_far.loss}, and then {outcome.loss}"
    return runs


def disagreements(runs: dict[str, Runs]) -> list[str]:
    """What is wrong: proved optima that differ, and losses below a proved optimum."""
    said = [f"{name}: {each.note}" for name, each in runs.items() if each.note.startswith("WRONG")]
    proved = {name: each.loss for name, each in runs.items() if each.proved}
    if len(set(proved.values())) > 1:
        said.append(f"optima differ: {proved}")
    for name, each in runs.items():
        if not each.proved and each.loss is not None and any(each.loss < loss for loss in proved.values()):
            said.append(f"{name} found {each.loss}, below a proved optimum")
    return said


WARM = tuple(Cell((2, 2, 3), "large", 3, targets, "distinct", seed=1) for targets in ("inside", "outside"))
"""Solved by every side before the race, for the imports and first calls that the cold figures count."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which cells, which sides, how often, and the limit of one run in seconds (None: the limits of the protocol)."""

    cells: tuple[Cell | PaperCell, ...]
    sides: tuple[str, ...] = RACE
    repeats: int = REPEATS
    limit: float | None = None
    warm: tuple[Cell | PaperCell, ...] = WARM

    def limit_of(self, side: str) -> float:
        """The limit of one run of a side."""
        return self.limit or SHORTER.get(side, LIMIT)


def chosen(quick: bool, word: str = "", seed: int = 0) -> tuple[Cell, ...]:
    """All cells of a seed; or, to be quick, every shape with each choice of targets and of units."""
    cells = [cell for units in UNITS for cell in grid(units, seed) if word in cell.name]
    if not quick:
        return tuple(cells)
    # The other two choices (numbers, inputs) go round.
    kept = []
    for index, cell in enumerate(cells):
        turn = (index % 10 + index // 10 % 3) % 4
        if (cell.numbers == "large", cell.inputs == 3) == (turn % 2 == 1, turn // 2 == 1):
            kept.append(cell)
    return tuple(kept)


def of_the_paper(repeats: int = REPEATS) -> Options:
    """The race of dnnt against Algorithm 1 as printed, on cells where that is right."""
    cells = tuple(paper_grid())
    return Options(cells, (OURS, "paper"), repeats, warm=cells[:1])


def of_variants(given: argparse.Namespace) -> Options:
    """The race against the variants, on a quarter of the cells."""
    return Options(chosen(True, given.cells, given.cell_seed), VARIANTS, given.repeats, _limit(given))


def expected_seconds(options: Options) -> float:
    """A rough guess of how long the race takes: many cells with targets outside reach a limit, and large NumPy runs."""
    rivals = [name for name in options.sides if name != OURS]
    total = 0.0
    for cell in options.cells:
        for name in rivals:
            total += options.repeats * 0.15
            if name.startswith("cp-sat") and cell.targets == "outside":
                total += options.limit_of(name) * 0.5
            elif name.startswith("numpy"):
                total += options.limit_of(name) * 0.1
    return total


def run(console: Console, options: Options) -> tuple[dict[str, Any], int]:
    """The race; returns the figures and how many cells are wrong. Ctrl-C ends it with the cells so far."""
    sides = [SIDES[name] for name in options.sides]
    missing = [side.title for side in sides if not side.is_there]
    if missing:
        console.print(f"not installed, left out: {', '.join(missing)}")
        sides = [side for side in sides if side.is_there]
    rows: list[tuple[Cell | PaperCell, dict[str, Runs]]] = []
    wrong: list[str] = []
    interrupted = False
    with tempfile.TemporaryDirectory(prefix="dnnt-cells-") as folder:
        try:
            for cell, runs in followed(_raced(options, sides, Path(folder)), len(options.cells), "racing on cells"):
                rows.append((cell, runs))
                wrong += [f"{cell.name}: {said}" for said in disagreements(runs)]
        except KeyboardInterrupt:
            interrupted = True
            console.print("interrupted: these are the cells so far")
    show(console, rows, [side.name for side in sides])
    for said in wrong:
        console.print(f"WRONG {said}", markup=False)
    console.print(f"optima that differ: {len(wrong)}")
    return {
        "interrupted": interrupted,
        "repeats": options.repeats,
        "limits": {side.name: options.limit_of(side.name) for side in sides},
        "cells": [
            {"cell": cell.name, "units": cell.units, "targets": cell.targets, "shape": cell.shape}
            | {"sides": {name: each.record() for name, each in runs.items()}}
            for cell, runs in rows
        ],
        "summary": list(summary(rows, [side.name for side in sides])),
        "wrong": wrong,
    }, len(wrong)


def _raced(options: Options, sides: Sequence[Side], folder: Path) -> Iterator[tuple[Cell | PaperCell, dict[str, Runs]]]:
    for cell in options.warm:
        path = write(cell, folder)
        for side in sides:
            side.run(path, options.limit_of(side.name), 0)
    for cell in options.cells:
        yield cell, race(write(cell, folder), sides, options)


Rows = Sequence[tuple[Cell | PaperCell, dict[str, Runs]]]


def show(console: Console, rows: Rows, sides: Sequence[str]) -> None:
    """The tables: one row a cell, and the summary."""
    rivals = [name for name in sides if name != OURS]
    for units in UNITS:
        table = Table(title=f"Seconds, {units} units: file to checked answer; rivals: file to optimum")
        table.add_column("cell", no_wrap=True)
        table.add_column("least loss", justify="right")
        for name in sides:
            table.add_column(SIDES[name].title, justify="right")
            if name != OURS:
                table.add_column("ratio", justify="right", style="bold")
        for cell, runs in rows:
            if cell.units != units:
                continue
            figures = []
            for name in sides:
                figures.append(runs[name].shown())
                if name in rivals:
                    figures.append(_times(runs[name], runs[OURS]) if OURS in runs else "")
            table.add_row(cell.name.replace(f"-{units}", ""), str(_least(runs)), *figures)
        if table.row_count:
            console.print(table)
    table = Table(
        "rival",
        "cells",
        "of them proved",
        "median ratio",
        "least",
        "greatest",
        "dnnt slower",
        "under 10",
        title="Rival's seconds over dnnt's",
    )
    for line in summary(rows, sides):
        if ", " in line["which"]:
            continue  # By targets: in the results file.
        table.add_row(
            f"{SIDES[line['rival']].title}, {line['which']}",
            str(line["cells"]),
            str(line["proved"]),
            f"{line['median']:.3g}",
            f"{line['least']:.3g}",
            f"{line['greatest']:.3g}",
            str(line["slower"]),
            str(line["under_10"]),
        )
    console.print(table)


def _least(runs: dict[str, Runs]) -> int | None:
    return next((each.loss for each in runs.values() if each.proved), None)


def _times(rival: Runs, our: Runs) -> str:
    ratio = rival.median / our.median
    if not our.proved:
        return f"≤ {ratio:.3g}" if rival.proved else "?"
    return f"{'' if rival.proved else '≥ '}{ratio:.3g}"


def summary(rows: Rows, sides: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Per rival and kind of cells: ratios of medians. Cells where the rival met a limit count with what they show at
    least; cells on which dnnt itself met the limit count as they are, and are told.
    """
    if OURS not in sides:
        return
    kinds = [*UNITS, *(f"{units}, {targets}" for units in UNITS for targets in ("inside", "near", "outside"))]
    for name in sides:
        if name == OURS:
            continue
        for which in ("all", *kinds, "where it finished"):
            picked = [
                (cell, runs)
                for cell, runs in rows
                if (runs[name].proved if which == "where it finished" else _is_of(cell, which))
            ]
            if not picked:
                continue
            ratios = [(runs[name].median / runs[OURS].median, cell.name) for cell, runs in picked]
            values = [ratio for ratio, _ in ratios]
            yield {
                "rival": name,
                "which": which,
                "cells": len(picked),
                "proved": sum(runs[name].proved for _, runs in picked),
                "unproved_by_dnnt": sum(not runs[OURS].proved for _, runs in picked),
                "median": round(median(values), 4),
                "least": round(min(values), 4),
                "least_at": min(ratios)[1],
                "greatest": round(max(values), 4),
                "slower": sum(value < 1 for value in values),
                "under_10": sum(value < 10 for value in values),
            }


def _is_of(cell: Cell | PaperCell, which: str) -> bool:
    return which in ("all", cell.units, f"{cell.units}, {cell.targets}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the race."""
    parser.add_argument(
        "--limit",
        type=float,
        metavar="SECONDS",
        help=f"for one run of every side (default {LIMIT:g}, of CP-SAT {SHORTER['cp-sat']:g}; quick {QUICK_LIMIT:g})",
    )
    parser.add_argument(
        "--sides", default=",".join(RACE), metavar="NAME,…", help=f"who takes part (default {','.join(RACE)})"
    )
    parser.add_argument("--cells", default="", metavar="WORD", help="only cells with this in their name")
    parser.add_argument(
        "--cell-seed", type=int, default=0, metavar="N", help="other cells of the same shapes (default 0)"
    )
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help=f"runs of each side on each cell (default {REPEATS})"
    )


def options_of(given: argparse.Namespace) -> Options:
    """What the command line asks for."""
    sides = tuple(given.sides.split(","))
    unknown = [name for name in sides if name not in SIDES]
    if unknown:
        raise SystemExit(f"unknown side {unknown[0]}; there are {', '.join(SIDES)}")
    return Options(chosen(given.quick, given.cells, given.cell_seed), sides, given.repeats, _limit(given))


def _limit(given: argparse.Namespace) -> float | None:
    return given.limit or (QUICK_LIMIT if given.quick else None)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quarter of the cells")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures there as JSON")
    add_arguments(parser)
    given = parser.parse_args()
    figures, wrong = run(Console(width=150), options_of(given))
    if given.out is not None:
        given.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
