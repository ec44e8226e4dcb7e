"""Kills of a run with a checkpoint, at random moments: nothing may be lost or broken, and the end is the same.

    python benchmarks/kills.py [FILE] [--method NAME] [--kills 50] [--seed 1]

FILE (a neuron of the suite, where none is named) is solved once in peace. Then the same command with `--checkpoint` is
killed (its whole group, with SIGKILL) so many times, after a random part of the time that it took, and each time the
files are read: every one must be whole, and the loss and the bound must never get worse. At last it is left to end.
Exit status 1 if anything is lost, broken, or another answer.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

SUITE = Path(__file__).parent / "suite"
SOURCE = Path(__file__).parents[1] / "src"


@dataclass(frozen=True, slots=True)
class Kept:
    """The loss and the bound that a directory holds; None where there is none yet."""

    loss: Fraction | None
    bound: Fraction | None


def command(file: Path, method: str, folder: Path | None) -> list[str]:
    """What is run again and again."""
    more = [] if folder is None else ["--checkpoint", str(folder)]
    return [sys.executable, "-m", "dnnt", "solve", str(file), "--json", "--method", method, *more]


def kept(folder: Path) -> Kept:
    """What the files say. Raises where one of them is not whole."""
    said: dict[str, Any] = {}
    for path in folder.glob("*.json"):
        said[path.name] = json.loads(path.read_text(encoding="utf-8"))
    best, bound = said.get("best.dnnt.cert.json"), said.get("bound.dnnt.cert.json")
    return Kept(
        None if best is None else Fraction(best["upper"]["loss"]),
        None if bound is None else Fraction(bound["lower"]["bound"]),
    )


def answer(arguments: list[str]) -> dict[str, Any]:
    """The answer of a run that is left in peace."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment())
    if done.returncode not in (0, 3):
        raise SystemExit(f"exit status {done.returncode}: {done.stderr}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def environment() -> dict[str, str]:
    """This checkout's dnnt."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


def main() -> int:
    """Kill, look, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=SUITE / "neuron-10x100-3-random-misclassified.dnnt.json")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = Random(given.seed)
    started = monotonic()
    peace = answer(command(given.file, given.method, None))
    whole = monotonic() - started
    print(f"in peace: {peace['status']} {peace['loss']}, {peace['assurance']}, {whole:.2f} s")
    faults: list[str] = []
    killed = ended = improved = 0
    with TemporaryDirectory() as made:
        folder = Path(made) / "kept"
        before = Kept(None, None)
        for number in range(given.kills):
            process = subprocess.Popen(
                command(given.file, given.method, folder),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
            sleep(whole * rng.random())
            ended += process.poll() is not None
            killed += process.poll() is None
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not folder.exists():
                continue
            try:
                now = kept(folder)
            except (OSError, ValueError, KeyError) as error:
                faults.append(f"kill {number}: a broken file ({error})")
                continue
            if before.loss is not None and (now.loss is None or now.loss > before.loss):
                faults.append(f"kill {number}: the loss was {before.loss}, now it is {now.loss}")
            if before.bound is not None and (now.bound is None or now.bound < before.bound):
                faults.append(f"kill {number}: the bound was {before.bound}, now it is {now.bound}")
            improved += now != before
            before = now
        last = answer(command(given.file, given.method, folder))
    for name in ("status", "answer", "loss", "bound", "assurance", "stop"):
        if last[name] != peace[name]:
            faults.append(f"the end: {name} is {last[name]}, in peace {peace[name]}")
    print(f"killed {killed} times ({ended} runs had ended before), what is kept improved {improved} times")
    print(f"in the end: {last['status']} {last['loss']}, {last['assurance']}")
    print("\n".join(faults) or "nothing lost, nothing broken, the same answer")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
