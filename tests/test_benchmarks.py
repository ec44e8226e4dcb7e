"""The benchmark scripts run, and find nothing wrong, on a handful of instances."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize(
    ("script", "last"),
    [("compare_methods.py", "mismatches: 0"), ("corrupt_certificates.py", "wrong verdicts: 0")],
)
def test_runs(script: str, last: str) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / script), "--count", "3", "--seed", "5", "--jobs", "2"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert last in done.stdout


def test_signs_of_programs() -> None:
    small = ["--count", "24", "--programs", "2", "--lengths", "60,250", "--seed", "5", "--jobs", "2"]
    done = subprocess.run(
        [sys.executable, str(FOLDER / "slp_signs.py"), *small],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "undecided: 0, mismatches: 0" in done.stdout
