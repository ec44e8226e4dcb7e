"""The benchmark scripts run, and find nothing wrong, on a handful of instances."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import dnnt

FOLDER = Path(__file__).parents[1] / "benchmarks"


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script that is to find nothing wrong."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / script), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


SMALL = {
    "compare_methods.py": ("--count 3 --seed 5 --jobs 2", "mismatches: 0"),
    "corrupt_certificates.py": ("--count 3 --seed 5 --jobs 2", "wrong verdicts: 0"),
    "annotations.py": ("--count 3 --seed 5 --jobs 2", "mismatches: 0"),
    "powers.py": ("--count 20 --quick --seed 5", "mismatches: 0"),
    "many_units.py": ("--count 1 --seed 5 --limit 10", "wrong: 0"),
    "subset_sums.py": ("--tiny", "wrong answers: 0"),
    "slp_signs.py": (
        "--count 24 --programs 2 --lengths 60,250 --seed 5 --jobs 2",
        "undecided: 0, mismatches: 0",
    ),
}


@pytest.mark.parametrize("script", SMALL)
def test_runs(script: str) -> None:
    arguments, last = SMALL[script]
    assert last in run(script, *arguments.split()).stdout


def test_rivals_are_right() -> None:
    # Those in CP-SAT take part where ortools is installed.
    done = run("compare_rivals.py", "--count", "6", "--seed", "5")
    assert "NumPy, dense" in done.stdout
    assert ("CP-SAT" in done.stdout) == (find_spec("ortools") is not None)
    assert "mismatches: 0" in done.stdout


def test_the_race(tmp_path: Path) -> None:
    figures = tmp_path / "race.json"
    options = ["--cells", "2-2-3-equal-small-x2", "--repeats", "2", "--out", str(figures)]
    done = run("against_rivals.py", *options, "--sides", "dnnt,cp-sat,numpy,numpy-dense")
    assert "optima that differ: 0" in done.stdout
    cells = json.loads(figures.read_text())["cells"]
    assert [cell["targets"] for cell in cells] == ["inside", "near", "outside"]
    for cell in cells:
        assert {"dnnt", "numpy", "numpy-dense"} <= cell["sides"].keys()
        assert len({side["loss"] for side in cell["sides"].values()}) == 1
        assert all(len(side["runs"]) == 2 and side["proved"] for side in cell["sides"].values())


def test_a_wrong_optimum_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    race = import_module("against_rivals")

    def runs(loss: int, proved: bool = True) -> Any:
        return race.Runs([1.0], loss, proved)

    assert race.disagreements({"dnnt": runs(3), "cp-sat": runs(3), "numpy": runs(4, proved=False)}) == []
    assert race.disagreements({"dnnt": runs(3), "cp-sat": runs(4)})
    assert race.disagreements({"dnnt": runs(3), "cp-sat": runs(2, proved=False)})


def test_a_rival_that_meets_its_limit_counts_as_at_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    race, sides = import_module("against_rivals"), import_module("rivals.sides")
    outcomes = {
        "quick": sides.Outcome(5, True),
        "late": sides.Outcome(9, False),
        "hopeless": sides.Outcome(None, False, "", 90.0),
    }
    made = [sides.Side(name, name, lambda *_, outcome=outcome: outcome) for name, outcome in outcomes.items()]
    runs = race.race(tmp_path, made, race.Options((), tuple(outcomes)))
    assert [len(runs[name].seconds) for name in outcomes] == [5, 1, 1]
    assert (runs["late"].median, runs["hopeless"].median) == (60.0, 90.0)
    assert runs["quick"].median < 1
    assert runs["late"].shown() == "≥ 60"


def test_cells_are_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    cells = import_module("cells")
    every = [cell for units in cells.UNITS for cell in cells.grid(units)]
    assert len(every) == 240 and len({cell.name for cell in every}) == 240
    documents = [cell.document() for cell in (*every, *cells.paper_grid())]
    digest = sha256(json.dumps(documents).encode()).hexdigest()
    assert digest == "0ecdc498c5a67b81dd73b1a2ff24d02ccdbe0bc580e2f02c0624f7706a8cf7fb"
    for document in documents[::17]:
        instance = dnnt.parse(json.dumps(document))
        assert len({sample.x for sample in instance.samples}) == len(instance.samples)


def test_targets_inside_have_loss_0_and_those_outside_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    cells = import_module("cells")
    for units in cells.UNITS:
        for targets, is_met in (("inside", True), ("outside", False)):
            cell = cells.Cell((2, 2, 3), "large", 3, targets, units)
            assert (dnnt.solve(dnnt.parse(json.dumps(cell.document()))).loss == 0) is is_met


def test_quick_parts_are_spread_over_the_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    race, cells = import_module("against_rivals"), import_module("cells")
    quick = race.chosen(True)
    assert {(cell.shape, cell.targets, cell.units) for cell in quick} == {
        (shape, targets, units) for shape in cells.SHAPES for targets in cells.TARGETS for units in cells.UNITS
    }
    assert {(cell.numbers, cell.inputs) for cell in quick} == {("small", 2), ("small", 3), ("large", 2), ("large", 3)}


def test_the_entry_runs_a_part_and_writes_results(tmp_path: Path) -> None:
    name = str(tmp_path / "tried")
    race = ["--sides", "dnnt,numpy", "--cells", "2-2-3-distinct-small-x2", "--repeats", "1"]
    done = run("run.py", "--quick", "--only", "cells,variants", "--results", name, *race)
    assert "all right" in done.stdout
    report = json.loads((tmp_path / "tried.json").read_text())
    assert report["parts"]["cells"]["cells"] and report["parts"]["variants"]["cells"]
    assert (tmp_path / "tried-cells.png").exists() == (find_spec("matplotlib") is not None)


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(AssertionError, match="there is no part nonsense"):
        run("run.py", "--only", "nonsense")
