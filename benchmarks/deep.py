"""dnnt against CP-SAT alone and HiGHS on the suite: any network, in one run on one machine (docs/benchmarks.md).

    python benchmarks/deep.py [--data DIR] [--quick] [--limit SECONDS] [--repeats N] [--only WORD] [--method NAME]
        [--json OUT]

Every instance of `CASES` is made by benchmarks/suite/make.py (into --files, or a temporary folder). dnnt solves it as
a command (`dnnt solve FILE --json`, a process of its own) and warm in this process, from the file to the checked
answer; CP-SAT gets the same encoding as method `cpsat`, two workers, and nothing else of dnnt; HiGHS gets what a
linear program can say. Sides take turns; the median of the repeats counts. A side that takes more than PATIENCE
seconds is run once on this instance; one that meets the limit counts as "at least". The ratio is CP-SAT over dnnt,
warm. All that the sides prove is compared with each other and with benchmarks/suite/known.json; a contradiction is a
failure (exit status 1).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table
from rivals import deep as rivals
from suite import make

import dnnt
from dnnt.errors import DnntError
from dnnt.exact import Number, number, text

KNOWN = make.FOLDER / "known.json"
PATIENCE = 5.0
LIMIT, QUICK_LIMIT = 60.0, 8.0
REPEATS = 3
QUICK = (
    "multiplier-4-3-4",
    "multiplier-4-4-4",
    "wisconsin",
    "digits-k1-direct-plain",
    "digits-k2-direct-bias",
    "digits-k1-hidden16-plain",
    "coloring-myciel3-3",
    "coloring-queen5_5-5",
    "sudoku-00",
    "neuron-24x24-3-random-squared",
    "neuron-12x40-3-random-absolute",
    "neuron-10x100-3-random-misclassified",
    "relu-3-3-1-n8-squared",
    "relu-3-2-2-1-n6-squared",
)
SPARSEST = (
    *(f"digits-k{k}-direct-{word}" for k in (1, 2, 3, 5) for word in ("plain", "bias")),
    "digits-k1-hidden16-plain",
    "multiplier-4-4-4-4",
)
"""Where the fewest nonzero weights are asked for too."""

QUICK_SPARSEST = ("digits-k1-direct-plain",)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: a value (None: there is none, or none is known), a bound, whether it is proved, and a note."""

    value: Number | None
    bound: Number | None
    proved: bool
    seconds: float
    note: str = ""

    @property
    def said(self) -> str:
        """For the table."""
        if self.note.startswith("refused"):
            return "refused"
        if self.proved:
            return "none" if self.value is None else text(self.value)
        low = "?" if self.bound is None else text(self.bound)
        return f"{low}..{'?' if self.value is None else text(self.value)}"


@dataclass(slots=True)
class Side:
    """A side's runs on one instance."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median."""
        return median(each.seconds for each in self.outcomes)

    @property
    def last(self) -> Outcome:
        """The last run: all that are proved say the same, which is checked."""
        return self.outcomes[-1]

    @property
    def words(self) -> str:
        """Seconds for the table."""
        if self.last.note.startswith("refused"):
            return "-"
        return f"{'' if self.last.proved else '>'}{self.seconds:.3g}"


@dataclass(frozen=True, slots=True)
class Case:
    """An instance, and whether the fewest nonzero weights are asked for."""

    name: str
    path: Path
    sparsest: bool

    @property
    def title(self) -> str:
        """For the table."""
        return f"{self.name}, sparsest" if self.sparsest else self.name


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line."""

    limit: float
    repeats: int
    method: str


def ours(case: Case, asked: Asked) -> tuple[Outcome, str]:
    """Dnnt in this process, from the file to the checked answer; and the method that ran."""
    started = perf_counter()
    then = "sparsest" if case.sparsest else None
    try:
        answer = dnnt.solve(case.path, method=asked.method, time_limit=asked.limit, then=then)
    except DnntError as error:
        return Outcome(None, None, False, perf_counter() - started, f"refused: {error}"), "-"
    seconds = perf_counter() - started
    return _of_answer(json.loads(_dumped(answer)), seconds, case.sparsest), answer.method


def _dumped(answer: Any) -> str:
    from dnnt.formats import json_text

    return json_text.dumps(answer.to_json())


def command(case: Case, asked: Asked) -> Outcome:
    """`dnnt solve FILE --json` in a process of its own."""
    started = perf_counter()
    arguments = ["solve", str(case.path), "--json", "--method", asked.method, "--time-limit", str(asked.limit)]
    arguments += ["--then", "sparsest"] if case.sparsest else []
    done = subprocess.run([sys.executable, "-m", "dnnt", *arguments], capture_output=True, text=True, check=False)
    seconds = perf_counter() - started
    said = json.loads(done.stdout) if done.stdout else {"error": done.stderr.strip()}
    return _of_answer(said, seconds, case.sparsest)


def _of_answer(said: dict[str, Any], seconds: float, sparsest: bool) -> Outcome:
    if "error" in said:
        return Outcome(None, None, False, seconds, f"refused: {said['error']}")
    if sparsest:
        reached = said["answer"] == "yes" or said["status"] == "optimal"
        then = (said.get("then") if reached else None) or {}
        # Of a second goal neither side has a certificate.
        proved = bool(then.get("proved"))
        bound = said["stats"].get("then_bound") if reached else None
        return Outcome(_number(then.get("value")), _number(bound), proved, seconds)
    proved = said["assurance"] == "checked" and said["status"] in ("optimal", "infeasible")
    proved = proved or (said["goal"] == "decide" and said["status"] == "feasible" and said["assurance"] == "checked")
    value = None if said["status"] == "infeasible" else _number(said["loss"])
    return Outcome(value, _number(said["bound"]), proved, seconds)


def _number(said: Any) -> Number | None:
    return None if said is None else number(said)


def cp_sat(case: Case, asked: Asked, seed: int) -> Outcome:
    """CP-SAT alone, from the file to its status."""
    started = perf_counter()
    instance = dnnt.read(case.path)
    found = rivals.by_cp_sat(instance, asked.limit, instance.gamma, case.sparsest, seed)
    return Outcome(found.value, found.bound, found.proved, perf_counter() - started)


def highs(case: Case, asked: Asked) -> Outcome:
    """HiGHS alone, from the file to its status."""
    started = perf_counter()
    found = rivals.by_milp(dnnt.read(case.path), asked.limit)
    return Outcome(found.value, found.bound, found.proved, perf_counter() - started)


SIDES = ("dnnt", "command", "CP-SAT", "HiGHS")


def race(case: Case, asked: Asked) -> tuple[dict[str, Side], str]:
    """All sides in turns; and the method that dnnt took."""
    sides = {name: Side() for name in SIDES}
    there = {
        "CP-SAT": find_spec("ortools") is not None,
        "HiGHS": find_spec("scipy") is not None and not case.sparsest and rivals.takes_milp(dnnt.read(case.path)),
    }
    method = "-"
    for repeat in range(asked.repeats):
        for name, side in sides.items():
            if not there.get(name, True) or (side.outcomes and side.last.seconds > PATIENCE):
                continue
            if name == "dnnt":
                outcome, method = ours(case, asked)
            elif name == "command":
                outcome = command(case, asked)
            else:
                outcome = cp_sat(case, asked, repeat + 1) if name == "CP-SAT" else highs(case, asked)
            side.outcomes.append(outcome)
    return {name: side for name, side in sides.items() if side.outcomes}, method


def contradictions(case: Case, sides: dict[str, Side], known: dict[str, Any]) -> Iterator[str]:
    """What cannot all be true of what the sides say and of what is known."""
    best, bound = _record(case, known)
    lows = [("known.json", bound)] if bound is not None else []
    highs = [("known.json", best)] if best is not None else []
    gamma = None if case.sparsest else dnnt.read(case.path).gamma
    for name, side in sides.items():
        for outcome in side.outcomes:
            if outcome.value is not None:
                highs.append((name, outcome.value))
            if outcome.bound is not None:
                lows.append((name, outcome.bound))
            if outcome.proved and outcome.value is None and gamma is not None:
                lows.append((name, gamma + Fraction(1, 10**9)))
            if outcome.proved and outcome.value is not None and gamma is None:
                lows.append((name, outcome.value))
    for name, low in lows:
        for other, high in highs:
            if low > high:
                yield f"{case.title}: {name} says at least {text(low)}, {other} found {text(high)}"


def _record(case: Case, known: dict[str, Any]) -> tuple[Number | None, Number | None]:
    record = known.get(case.name, {})
    keys = ("nonzero", "nonzero_bound") if case.sparsest else ("loss", "bound")
    return _number(record.get(keys[0])), _number(record.get(keys[1]))


def cases(folder: Path, data: Path | None, quick: bool, only: str) -> Iterator[Case]:
    """The instances to run, made where they are not there."""
    sparsest = QUICK_SPARSEST if quick else SPARSEST
    for entry in make.entries(data):
        if only not in entry.name or (quick and not only and entry.name not in QUICK):
            continue
        yield Case(entry.name, make.write(entry, folder), False)
        if entry.name in sparsest:
            yield Case(entry.name, make.write(entry, folder), True)


def run(console: Console, listed: Sequence[Case], asked: Asked, out: Path | None) -> int:
    """Race on every case, print the table and write it; how many things are wrong."""
    known = json.loads(KNOWN.read_text())["instances"]
    table = Table("instance", "method", "dnnt", "warm s", "command s", "CP-SAT", "s", "HiGHS", "s", "ratio", "known")
    wrong: list[str] = []
    rows: list[dict[str, Any]] = []
    for case in listed:
        console.print(f"[dim]{case.title}[/dim]")
        sides, method = race(case, asked)
        rows.append(_kept(case, sides, method))
        if out is not None:  # After every case: the next one may take long.
            out.write_text(json.dumps({"limit": asked.limit, "repeats": asked.repeats, "cases": rows}, indent=1) + "\n")
        wrong += contradictions(case, sides, known)
        table.add_row(*_row(case, sides, method, known))
    console.print(table)
    console.print("seconds from the file on; > : not finished within them; a..b: bound and value; ratio: CP-SAT/dnnt")
    for rival in ("CP-SAT", "HiGHS"):
        _summary(console, rows, rival)
    for line in wrong:
        console.print(f"WRONG: {line}")
    console.print(f"wrong: {len(wrong)}")
    return len(wrong)


def _kept(case: Case, sides: dict[str, Side], method: str) -> dict[str, Any]:
    """A case as it goes into the file."""
    made: dict[str, Any] = {"instance": case.name, "sparsest": case.sparsest, "method": method}
    for name, side in sides.items():
        last = side.last
        made[name] = {
            "value": None if last.value is None else text(last.value),
            "bound": None if last.bound is None else text(last.bound),
            "proved": last.proved,
            "seconds": round(side.seconds, 4),
            "runs": len(side.outcomes),
            "refused": last.note.startswith("refused"),
        }
    return made


def _summary(console: Console, rows: Sequence[dict[str, Any]], rival: str) -> None:
    """The ratios over the cases that dnnt proves."""
    asked = [row for row in rows if rival in row and not row[rival]["refused"]]
    ratios = [row[rival]["seconds"] / row["dnnt"]["seconds"] for row in asked if row["dnnt"]["proved"]]
    if ratios:
        slower = sum(1 for ratio in ratios if ratio < 1)
        proved = {name: sum(1 for row in asked if row[name]["proved"]) for name in ("dnnt", rival)}
        console.print(
            f"{rival}: median ratio {median(ratios):.3g}, least {min(ratios):.3g}, greatest {max(ratios):.3g}; "
            f"dnnt slower on {slower} of {len(ratios)}; "
            f"proved by dnnt {proved['dnnt']} of {len(asked)}, by {rival} {proved[rival]}"
        )


def _row(case: Case, sides: dict[str, Side], method: str, known: dict[str, Any]) -> Iterator[str]:
    mine, rival, other = sides["dnnt"], sides.get("CP-SAT"), sides.get("HiGHS")
    yield from (case.title, method, mine.last.said, mine.words, sides["command"].words)
    for side in (rival, other):
        yield from ("-", "-") if side is None else (side.last.said, side.words)
    if rival is None or not mine.last.proved:
        yield "-"
    else:
        yield f"{'' if rival.last.proved else '>'}{rival.seconds / mine.seconds:.3g}"
    best, bound = ("?" if each is None else text(each) for each in _record(case, known))
    yield f"{bound}..{best}"


def _compile_loops() -> None:
    """Have the loops of search and boxes compiled, where a fresh clone keeps none."""
    instance = dnnt.read(make.FOLDER / "relu-3-3-1-n8-squared.dnnt.json")
    for method in ("search", "boxes"):
        dnnt.solve(instance, method=method, time_limit=60.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with the data files")
    parser.add_argument("--files", type=Path, metavar="DIR", help="where the instance files are, or are made")
    parser.add_argument("--quick", action="store_true", help=f"{len(QUICK)} instances, one run each, short limits")
    parser.add_argument("--limit", type=float, help=f"seconds of a run (default {LIMIT:g}, quick {QUICK_LIMIT:g})")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--only", default="", metavar="WORD", help="names that contain this")
    parser.add_argument("--method", default="auto", metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where to write the figures")
    given = parser.parse_args(arguments)
    limit = given.limit or (QUICK_LIMIT if given.quick else LIMIT)
    asked = Asked(limit, 1 if given.quick else given.repeats, given.method)
    with tempfile.TemporaryDirectory() as folder:
        files = given.files or Path(folder)
        files.mkdir(parents=True, exist_ok=True)
        listed = list(cases(files, given.data, given.quick, given.only))
        # Warm: imports, compilation, and the solver's own start.
        if listed:
            first = Asked(2.0, 1, given.method)
            ours(listed[0], first)
            _compile_loops()
            if find_spec("ortools") is not None:
                cp_sat(listed[0], first, 1)
        return 1 if run(Console(width=190), listed, asked, given.json) else 0


if __name__ == "__main__":
    sys.exit(main())
