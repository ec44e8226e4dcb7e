"""Whole processes, measured from outside: wall-clock and CPU seconds, peak resident memory, what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import Any

BENCHMARKS = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Measured:
    """`wall` and `cpu` in seconds, `peak` in MiB (with the largest child), exit status, standard output and error."""

    wall: float
    cpu: float
    peak: float
    status: int
    output: str
    errors: str


def measured(command: Sequence[str]) -> Measured:
    """Run a command to its end, in this folder."""
    # Files, not pipes: nothing has to be read while the process runs, and it never waits for a reader.
    with TemporaryFile() as output, TemporaryFile() as errors:
        started = perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, cwd=BENCHMARKS)
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        said, complained = output.read().decode(), errors.read().decode()
    kibibytes = used.ru_maxrss / 1024 if sys.platform == "darwin" else used.ru_maxrss
    return Measured(wall, used.ru_utime + used.ru_stime, kibibytes / 1024, process.returncode, said, complained)


def solving(path: Path, *options: str) -> list[str]:
    """The command that solves an instance file."""
    return [sys.executable, "-m", "dnnt", "solve", str(path), "--goal", "minimize", "--json", *options]


def answer(run: Measured) -> dict[str, Any]:
    """The JSON object that `dnnt solve --json` printed."""
    if not run.output.strip():
        raise RuntimeError(f"exit status {run.status} and no answer: {run.errors.strip()}")
    said: dict[str, Any] = json.loads(run.output)
    return said
