"""All benchmarks, with the figures that the project shows: `make bench`, or this file.

    python benchmarks/run.py [--examples DIR] [--count N] [--jobs N] [--seed N]

1. random instances: every method against the oracle (compare_methods.py; run it alone with --count 2000 for all);
2. spoiled certificates: is a false claim passed (corrupt_certificates.py);
3. with --examples DIR: the instances there against expected.json, by every method that takes them;
4. a tiny instance from the start of the process to the checked answer, in CPU time;
5. the time of a check against the time of the solve.

Prints tables and writes benchmarks/results/latest.json. Every figure is measured by the run. Exit status 1 if an answer
or a verdict is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import compare_methods
import corrupt_certificates
from rich.console import Console
from rich.table import Table

import dnnt
from dnnt.checking import verdict
from dnnt.formats import certificate_file, instance_file
from dnnt.testing import check_method, oracle, takers

RESULTS = Path(__file__).parent / "results" / "latest.json"
REPEATS = 5
"""Runs of which the median is taken."""

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


def compared(console: Console, count: int, seed: int, jobs: int) -> tuple[Any, int]:
    """Random instances, every method against the oracle."""
    sums = compare_methods.compare(count, seed, jobs)
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


def spoiled(console: Console, count: int, seed: int, jobs: int) -> tuple[Any, int]:
    """Spoiled certificates."""
    outcomes, grounds, wrong = corrupt_certificates.corrupt(count, seed, jobs)
    corrupt_certificates.show(outcomes, grounds, wrong, console)
    table: dict[str, dict[str, int]] = {}
    for (kind, said), number in sorted(outcomes.items()):
        table.setdefault(kind, {})[said] = number
    return {"grounds": dict(grounds), "outcomes": table, "wrong": len(wrong)}, len(wrong)


def examples(console: Console, folder: Path) -> tuple[Any, int]:
    """The instances of a folder against its expected.json."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    table = Table("example", "least loss", "answer", "methods", "right", title=f"Instances of {folder.name}")
    rows, wrong = {}, 0
    for name, right in sorted(expected.items()):
        instance = dnnt.read(folder / f"{name}.dnnt.json")
        methods, least = takers(instance), _exact(right["least_loss"])
        said = [dnnt.solve(instance, goal="minimize", method=method) for method in (*methods, "auto")]
        good = all(
            (answer.loss, answer.assurance, answer.answer) == (least, "checked", right.get("answer")) for answer in said
        )
        if instance.gamma is not None:
            decided = [dnnt.solve(instance, goal="decide", method=method) for method in (*methods, "auto")]
            good = good and all((a.answer, a.assurance) == (right["answer"], "checked") for a in decided)
        wrong += not good
        rows[name] = {"methods": methods, "right": good}
        table.add_row(name, str(right["least_loss"]), str(right.get("answer", "")), ", ".join(methods), str(good))
    console.print(table)
    return rows, wrong


def _exact(value: Any) -> Any:
    return None if value is None else dnnt.space([value]).low  # type: ignore[union-attr] # a space of one value


def tiny(console: Console) -> Any:
    """CPU seconds of a whole process that solves and checks XOR, and of one that only starts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "xor.dnnt.json"
        file.write_text(json.dumps(XOR), encoding="utf-8")
        solve = [sys.executable, "-m", "dnnt", "solve", str(file), "--json"]
        said = json.loads(subprocess.run(solve, capture_output=True, check=True).stdout)
        figures = {
            "python alone": _cpu([sys.executable, "-c", "pass"]),
            "dnnt --help": _cpu([sys.executable, "-m", "dnnt", "--help"]),
            "dnnt solve xor (import, solve, check)": _cpu(solve),
        }
    table = Table("process", f"CPU seconds (median of {REPEATS})", title="A tiny instance, cold")
    for name, value in figures.items():
        table.add_row(name, f"{value:.3f}")
    console.print(table)
    console.print(f"xor: {said['status']}, loss {said['loss']}, {said['assurance']}, by {said['method']}")
    return {"cpu_seconds": figures, "status": said["status"], "assurance": said["assurance"]}


def _cpu(command: list[str]) -> float:
    """User and system seconds of the process and its children: the median."""

    def once() -> float:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, f"{command} failed"
        return used.ru_utime + used.ru_stime

    return median(once() for _ in range(REPEATS))


def _two_layers(units: int, samples: int, seed: int, size: int, goal_scale: int) -> dnnt.Instance:
    """A ternary network with ReLU units and several samples whose targets it can hardly meet."""
    rng = Random(seed)
    pairs = [
        (tuple(rng.randint(-3, 3) for _ in range(size)), (rng.randint(-goal_scale, goal_scale),))
        for _ in range(samples)
    ]
    layers = [
        {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0]},
    ]
    return dnnt.layered(size, layers, pairs)


def measured() -> Iterator[tuple[str, dnnt.Instance, str]]:
    """Instances on which solve and check are timed: name, instance, method."""
    for name in ("iris", "digits"):
        yield name, dnnt.parse((files("dnnt") / "examples" / f"{name}.dnnt.json").read_bytes()), "auto"
    yield "xor", instance_file.parse(json.dumps(XOR).encode()), "auto"
    yield "xor, every choice", instance_file.parse(json.dumps(XOR).encode()), "brute-force"
    yield "3 units, 2 samples, 4 inputs", _two_layers(3, 2, 1, 4, 40), "reachable"
    yield "2 units, 3 samples, 3 inputs", _two_layers(2, 3, 2, 3, 12), "reachable"
    yield "6 units, 3 samples, 3 inputs", _two_layers(6, 3, 3, 3, 60), "reachable"


def ratios(console: Console) -> Any:
    """How long the check takes compared with the solve, both warm."""
    table = Table(
        "instance",
        "method",
        "last step",
        "solve",
        "check",
        "check / solve",
        title=f"Check and solve (median of {REPEATS})",
    )
    rows = {}
    for name, instance, method in measured():
        answer = dnnt.solve(instance, goal="minimize", method=method, check=False)
        assert answer.certificate is not None and answer.stop in ("proved", "claimed"), name
        raw, certificate = instance_file.to_bytes(instance), certificate_file.to_bytes(answer.certificate)
        said = verdict(raw, certificate)
        assert said.valid, f"{name}: {said.line}"
        solve = _median(partial(dnnt.solve, instance, goal="minimize", method=method, check=False))
        check = _median(partial(verdict, raw, certificate))
        last = str(answer.stats.get("last", "every choice"))
        table.add_row(name, answer.method, last, f"{solve:.4f} s", f"{check:.4f} s", f"{check / solve:.2f}")
        rows[name] = {"method": answer.method, "last": last, "claim": said.claim, "solve": solve, "check": check}
    console.print(table)
    return rows


def _median(work: Callable[[], object]) -> float:
    def once() -> float:
        started = perf_counter()
        work()
        return perf_counter() - started

    once()  # The first run pays for imports.
    return median(once() for _ in range(REPEATS))


def by_commands(console: Console) -> Any:
    """XOR through the command line and the checker's own process, held to the contract of methods."""
    instance = instance_file.parse(json.dumps(XOR).encode())
    for method in (*takers(instance), "auto"):
        check_method(instance, method, oracle(instance), processes=True)
    console.print("xor through dnnt solve, dnnt evaluate, dnnt check and python -m dnnt_check: all agree")
    return True


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=Path, metavar="DIR", help="a folder with *.dnnt.json and expected.json")
    parser.add_argument("--count", type=int, default=200, help="random instances of each generator (default 200)")
    parser.add_argument("--certificates", type=int, default=40, help="instances whose certificates are spoiled")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    given = parser.parse_args()
    console = Console(width=110)
    report: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": dnnt.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "seed": given.seed,
    }
    # The timings first, while nothing else runs.
    report["tiny"] = tiny(console)
    report["check against solve"] = ratios(console)
    report["commands"] = by_commands(console)
    report["methods"], wrong = compared(console, given.count, given.seed, given.jobs)
    report["certificates"], more = spoiled(console, given.certificates, given.seed, given.jobs)
    wrong += more
    if given.examples is not None:
        report["examples"], more = examples(console, given.examples)
        wrong += more
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    console.print(f"written: {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
    console.print("all right" if not wrong else f"WRONG: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
