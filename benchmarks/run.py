"""All benchmarks in one go: `make bench`, or `make bench ARGS=--quick` for some minutes instead of hours.

    python benchmarks/run.py [--quick] [--only PART,…] [--results NAME] [--examples DIR] [--data DIR] [--list]

The parts are the table `PARTS` (`--list` shows it); the protocol is docs/benchmarks.md. Timings come first, while
nothing else runs. Prints tables, and writes benchmarks/results/NAME.json (default: latest) and NAME-cells.png. Every
figure is measured by the run. Exit status 1 if an answer, an optimum or a verdict is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

import against_rivals
import check_against_solve
import cold
import compare_methods
import compare_rivals
import corrupt_certificates
import kernels
import known_answers
import plots
import real_digits
from rich.console import Console
from rich.table import Table

import dnnt

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results"

RACES = {"cells": against_rivals.options_of, "variants": against_rivals.of_variants}
"""The parts whose length depends on which cells and sides there are."""

Given = argparse.Namespace
Outcome = tuple[Any, int]
"""The figures of a part (for the results file), and how many things are wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what it shows, how it is run, and about how many seconds it takes (quick, full)."""

    name: str
    shows: str
    run: Callable[[Console, Given], Outcome]
    quick: float
    full: float
    is_there: Callable[[Given], bool] = lambda _: True

    def seconds(self, given: Given) -> float:
        """A rough guess."""
        if self.name in RACES:
            return against_rivals.expected_seconds(RACES[self.name](given))
        return self.quick if given.quick else self.full


def _cold(console: Console, given: Given) -> Outcome:
    return cold.run(console, given.repeats, against_rivals.options_of(given).limit_of("cp-sat"))


def _cells(console: Console, given: Given) -> Outcome:
    return against_rivals.run(console, against_rivals.options_of(given))


def _variants(console: Console, given: Given) -> Outcome:
    return against_rivals.run(console, against_rivals.of_variants(given))


def _paper(console: Console, given: Given) -> Outcome:
    return against_rivals.run(console, against_rivals.of_the_paper(given.repeats))


def _digits(console: Console, given: Given) -> Outcome:
    return real_digits.run(console, given.quick, 1 if given.quick else given.repeats)


def _kernels(console: Console, given: Given) -> Outcome:
    return kernels.run(console, repeats=given.repeats)


def _check(console: Console, given: Given) -> Outcome:
    return check_against_solve.run(console, given.repeats)


def _commands(console: Console, _: Given) -> Outcome:
    return known_answers.by_commands(console)


def _rivals(console: Console, given: Given) -> Outcome:
    return compare_rivals.compare(console, 20 if given.quick else 100, given.seed)


def _methods(console: Console, given: Given) -> Outcome:
    sums = compare_methods.compare(given.count, given.seed, given.jobs)
    wrong = compare_methods.show(sums, console)
    return {
        name: {
            "instances": tally.instances,
            "checked": dict(tally.methods),
            "mismatches": len(tally.mismatches),
            "seconds": {row: round(value, 3) for row, value in tally.seconds.items()},
            "features": dict(sorted(tally.features.items())),
        }
        for name, tally in sums.items()
    }, wrong


def _certificates(console: Console, given: Given) -> Outcome:
    outcomes, grounds, wrong = corrupt_certificates.corrupt(given.certificates, given.seed, given.jobs)
    corrupt_certificates.show(outcomes, grounds, wrong, console)
    table: dict[str, dict[str, int]] = {}
    for (kind, said), number in sorted(outcomes.items()):
        table.setdefault(kind, {})[said] = number
    return {"grounds": dict(grounds), "outcomes": table, "wrong": len(wrong)}, len(wrong)


def _examples(console: Console, given: Given) -> Outcome:
    return known_answers.examples(console, given.examples)


def _script(
    name: str, quick: Sequence[str], full: Sequence[str], data: bool, console: Console, given: Given
) -> Outcome:
    """A benchmark script in a process of its own: it prints its tables, and its exit status says if all is right."""
    arguments = [*(quick if given.quick else full)]
    if data and given.data is not None:
        arguments += ["--data", str(given.data)]
    sys.stdout.flush()
    status = subprocess.run([sys.executable, str(FOLDER / name), *arguments], check=False).returncode
    if status:
        console.print(f"WRONG: {name} ended with exit status {status}")
    return {"arguments": arguments, "exit_status": status}, int(status != 0)


def script(
    part: str,
    name: str,
    shows: str,
    seconds: tuple[float, float],
    quick: Sequence[str] = (),
    full: Sequence[str] = (),
    data: bool = False,
) -> Part:
    """A part that is a script of its own, with its arguments for both modes; `data`: whether it takes --data DIR too.

    Where the script is not there, neither is the part.
    """
    return Part(part, shows, partial(_script, name, quick, full, data), *seconds, lambda _: (FOLDER / name).exists())


PARTS = (
    Part("cold", "whole processes, dnnt and CP-SAT, from the start of the interpreter", _cold, 100, 200),
    # Before the race: the peak memory of a new process is at least what this one has taken.
    Part("digits", "three images of real digits, 8 ternary units, proved optimal", _digits, 60, 600),
    Part("cells", "the race on the cells: CP-SAT, the NumPy program, dnnt", _cells, 0, 0),
    Part("variants", "stronger variants of the rivals, on a quarter of the cells", _variants, 0, 0),
    Part("paper", "Algorithm 1 as printed, filled literally, against dnnt", _paper, 60, 60),
    Part("kernels", "dense kernels as a fraction of the memory bandwidth", _kernels, 20, 20),
    script("calibrate", "calibrate.py", "what the ways to form a sumset cost here", (60, 180), ["--quick"]),
    script("powers", "powers.py", "sums of many equal units in a box", (60, 300), ["--quick", "--count", "200"]),
    script(
        "many-units",
        "many_units.py",
        "10^3 to 10^100 equal units, every loss",
        (60, 240),
        ["--count", "5"],
        ["--count", "40"],
    ),
    script("subset-sums", "subset_sums.py", "subset-sum instances", (60, 300), data=True),
    script(
        "annotations",
        "annotations.py",
        "count, sample and enumerate against brute force",
        (60, 300),
        ["--count", "50", "--jobs", "2"],
        ["--count", "500", "--jobs", "2"],
    ),
    script(
        "deep",
        "deep.py",
        "the suite: any network, against CP-SAT alone and HiGHS",
        (300, 9000),
        ["--quick"],
        data=True,
    ),
    Part("check", "how long the check takes compared with the solve", _check, 30, 30),
    Part("commands", "XOR through every command", _commands, 10, 10),
    script(
        "signs",
        "slp_signs.py",
        "signs of straight-line programs",
        (30, 300),
        ["--count", "200", "--programs", "3", "--lengths", "100,300"],
    ),
    script(
        "reductions",
        "reductions.py",
        "every rule on random sources",
        (60, 600),
        ["--count", "20", "--attacks", "1000"],
        data=True,
    ),
    Part("rivals", "every rival against the oracle on random instances", _rivals, 15, 60),
    Part("methods", "every method against the oracle on random instances", _methods, 60, 60),
    Part("certificates", "spoiled certificates: is a false claim passed", _certificates, 60, 60),
    Part(
        "examples",
        "the instances of --examples against expected.json",
        _examples,
        60,
        60,
        lambda given: given.examples is not None,
    ),
)


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help="a quarter of the cells, short limits, less of the rest")
    made.add_argument("--only", default="", metavar="PART,…", help="these parts only")
    made.add_argument("--list", action="store_true", help="list the parts and end")
    made.add_argument("--results", default="latest", metavar="NAME", help="write results/NAME.json (default: latest)")
    made.add_argument("--examples", type=Path, metavar="DIR", help="a folder with *.dnnt.json and expected.json")
    made.add_argument("--data", type=Path, metavar="DIR", help="a folder with data files, for the parts that take one")
    made.add_argument("--count", type=int, default=200, help="random instances of each generator (default 200)")
    made.add_argument("--certificates", type=int, default=40, help="instances whose certificates are spoiled")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes, where nothing is timed")
    against_rivals.add_arguments(made)
    return made


def picked(given: Given) -> list[Part]:
    """The parts to run."""
    names = [name for name in given.only.split(",") if name]
    unknown = [name for name in names if name not in {part.name for part in PARTS}]
    if unknown:
        raise SystemExit(f"there is no part {unknown[0]}; parts are {', '.join(part.name for part in PARTS)}")
    return [part for part in PARTS if (part.name in names if names else True) and part.is_there(given)]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    versions = {}
    for library in ("numpy", "numba", "ortools"):
        if find_spec(library) is not None:
            from importlib.metadata import version

            versions[library] = version(library)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": dnnt.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "libraries": versions,
    }


def main() -> int:
    """The command line."""
    given = parser().parse_args()
    console = Console(width=150)
    parts = picked(given)
    if given.list:
        table = Table("part", "shows", "about")
        for part in parts:
            table.add_row(part.name, part.shows, _time(part.seconds(given)))
        console.print(table)
        return 0
    console.print(f"{len(parts)} parts, about {_time(sum(part.seconds(given) for part in parts))} in all")
    report: dict[str, Any] = machine() | {"quick": given.quick, "seed": given.seed, "parts": {}, "seconds": {}}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{given.results}.json"  # An absolute path stays what it is.
    wrong = 0
    for part in parts:
        console.rule(f"{part.name}: {part.shows} (about {_time(part.seconds(given))})", align="left")
        started = monotonic()
        figures, failed = part.run(console, given)
        report["seconds"][part.name] = round(monotonic() - started, 1)
        report["parts"][part.name] = figures
        wrong += failed
        # After every part, so that an interrupt loses little.
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        if isinstance(figures, dict) and figures.get("interrupted"):
            break
    race = report["parts"].get("cells")
    if race and race["cells"] and find_spec("matplotlib") is not None:
        console.print(f"drawn: {_near(plots.cells(race, path.with_name(f'{path.stem}-cells.png')))}")
    console.print(f"written: {_near(path)}, in {_time(sum(report['seconds'].values()))}")
    console.print("all right" if not wrong else f"WRONG: {wrong}")
    return 1 if wrong else 0


def _near(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    sys.exit(main())
