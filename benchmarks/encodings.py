"""Which encoding in CP-SAT, and which way to hold sets in the NumPy program, is the fastest rival on the cells.

    python benchmarks/encodings.py [--limit SECONDS] [--repeats N] [--cells WORD] [--all]

On a quarter of the cells (`--all`: on all). Runs that meet the limit count as the limit. Who takes part in the race was
chosen by this table (docs/benchmarks.md).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from against_rivals import WARM, Runs, chosen, disagreements, race
from cells import UNITS, write
from progress import followed
from rich.console import Console
from rich.table import Table
from rivals import cp_sat, numpy_program
from rivals.sides import Side, by_cp_sat, by_numpy

ENCODINGS = (
    *(cp_sat.Encoding(relu, second) for relu in cp_sat.RELU for second in cp_sat.SECOND),
    *(cp_sat.Encoding(loss=loss) for loss in cp_sat.LOSS[1:]),
    *(cp_sat.Encoding(neurons="counts", loss=loss) for loss in cp_sat.LOSS),
)


def sides() -> list[Side]:
    """Everything to choose among, of what is installed."""
    made = [Side(f"CP-SAT: {each.name}", "", partial(by_cp_sat, each), "ortools") for each in ENCODINGS]
    made += [Side(f"NumPy: {variant}", "", partial(by_numpy, variant)) for variant in numpy_program.VARIANTS]
    return [side for side in made if side.is_there]


def _shown(group: list[Runs], limit: float) -> str:
    if not group:
        return ""
    seconds = median(min(each.median, limit) for each in group)
    return f"{seconds:.3g} ({sum(each.proved for each in group)} of {len(group)})"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--cells", default="", metavar="WORD")
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    every, cells, wrong = sides(), chosen(not given.all, given.cells), 0
    found: dict[tuple[str, str, str], list[Runs]] = {}
    with tempfile.TemporaryDirectory(prefix="dnnt-cells-") as folder:
        for side in every:
            side.run(write(WARM[0], Path(folder)), given.limit, 0)
        for cell in followed(cells, len(cells), "trying encodings"):
            runs = race(write(cell, Path(folder)), every, given.repeats, given.limit)
            for said in disagreements(runs):
                print(f"WRONG {cell.name}: {said}")
                wrong += 1
            for name, each in runs.items():
                where = "outside" if cell.targets == "outside" else "reached"
                found.setdefault((name, cell.units, where), []).append(each)
    columns = [(units, where) for units in UNITS for where in ("reached", "outside")]
    table = Table("", title=f"Median seconds, and how many cells were proved within {given.limit:g} s")
    for units, where in columns:
        table.add_column(f"{units}, {'outside' if where == 'outside' else 'inside, near'}", justify="right")
    table.add_column("all", justify="right")
    for side in every:
        groups = [found.get((side.name, *column), []) for column in columns]
        groups.append([each for group in groups for each in group])
        table.add_row(side.name, *(_shown(group, given.limit) for group in groups))
    Console(width=130).print(table)
    print(f"optima that differ: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
