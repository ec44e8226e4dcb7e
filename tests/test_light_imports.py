"""What a start costs: importing dnnt, its help and small problems load no large library.

Every test asks a new process which modules it has loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"

LARGE = ("numpy", "numba", "llvmlite", "flint", "rich", "pysat", "ortools")

XOR = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 2,
    "layers": [
        {"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0]},
    ],
    "samples": [{"x": [a, b], "y": [a ^ b]} for a in (0, 1) for b in (0, 1)],
    "loss": "squared",
}


def loaded_after(code: str, *arguments: str) -> set[str]:
    """The top-level names of the modules that a new process has loaded after running the code."""
    return {name.partition(".")[0] for name in modules_after(code, *arguments)}


def modules_after(code: str, *arguments: str) -> set[str]:
    """The names of all modules that a new process has loaded after running the code."""
    report = "import sys\nprint('\\n' + ' '.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}", *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_the_measurement_sees_large_libraries() -> None:
    assert "numpy" in loaded_after("import numpy")


def test_import() -> None:
    assert not loaded_after("import dnnt; dnnt.__version__; dir(dnnt)").intersection(LARGE)


def test_every_public_name() -> None:
    """Not even looking at everything that the package offers loads a large library."""
    assert not loaded_after("import dnnt; [getattr(dnnt, name) for name in dnnt.__all__]").intersection(LARGE)


@pytest.mark.parametrize("line", ["--help", "-h", "--version", *(f"{c} --help" for c in ("solve", "info", "check"))])
def test_help(line: str) -> None:
    loaded = loaded_after("import sys, dnnt.cli; assert dnnt.cli.run(sys.argv[1:]) == 0", *line.split())
    assert "click" in loaded
    assert not loaded.intersection(LARGE)


@pytest.mark.parametrize("method", ["auto", "reachable", "brute-force"])
def test_a_small_problem_from_python(method: str, tmp_path: Path) -> None:
    file = tmp_path / "xor.dnnt.json"
    file.write_text(json.dumps(XOR))
    code = (
        "import sys, dnnt\n"
        "answer = dnnt.solve(sys.argv[1], method=sys.argv[2])\n"
        "assert (answer.status, answer.loss, answer.assurance) == ('optimal', 0, 'checked')\n"
        "assert dnnt.check(sys.argv[1], answer.certificate).claim == 'optimal 0'\n"
        "assert dnnt.evaluate(dnnt.read(sys.argv[1]), answer).total == 0\n"
    )
    assert not loaded_after(code, str(file), method).intersection(LARGE)


def test_a_solve_of_few_units_loads_little_of_dnnt(tmp_path: Path) -> None:
    """Neither what other questions need, nor what very many equal units need, nor signs of long numbers."""
    file = tmp_path / "xor.dnnt.json"
    samples = [{"x": [a, b], "y": [5 * a + 7 * b]} for a in (0, 1) for b in (0, 1)]
    file.write_text(json.dumps({**XOR, "samples": samples}))
    code = "import sys, dnnt; assert dnnt.solve(sys.argv[1], method='reachable').loss > 0"
    loaded = modules_after(code, str(file))
    assert {"dnnt.reachable.hull", "dnnt_check.reachable"} < loaded
    assert not loaded & {f"dnnt.reachable.{name}" for name in ("by_boxes", "box_windows", "one_box", "windows")}
    assert not loaded & {"dnnt.annotations.questions", "dnnt.second_goal", "dnnt.signs.from_network", "dnnt.cli"}


@pytest.mark.parametrize("command", ["solve", "info", "count"])
def test_a_small_problem_on_the_command_line(command: str, tmp_path: Path) -> None:
    file = tmp_path / "xor.dnnt.json"
    file.write_text(json.dumps(XOR))
    code = "import sys, dnnt.cli; assert dnnt.cli.run(sys.argv[1:]) == 0"
    assert not loaded_after(code, command, str(file), "--json").intersection(LARGE)
