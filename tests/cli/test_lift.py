"""`dnnt lift`: solutions in every form, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.bundles import (
    COLORS,
    COVER,
    LAYERS,
    MINUS_THREE,
    ONE,
    SUBSET,
    THREE,
    Case,
    accepted,
    body_of,
    kept,
    problem,
    reduced,
)  # fmt: skip
from tests.cli.commands import Dnnt, Instance, parameters, run

ITEMS = Case("subset-sum-to-dnnt", "repaired", SUBSET, True)
LETTERS = Case("csp-to-dnnt", "repaired", COLORS, True)
SETS = Case("exact-cover-to-dnnt", "repaired", COVER, True)
PROGRAM = Case("slp-to-dnnt", "repaired", THREE, True)
NEURON = Case("dnnt-to-cnnt", "repaired", ONE, True)
PROBED = Case("dnnt-to-cnnt", "probes", ONE, True)
LAYERED = Case("dnnt-to-cnnt", "repaired", LAYERS, True)
RIGHT = [{"weights": [1], "bias": 0}]
GOOD_LAYERS = [
    {"weights": [1, 1], "bias": 0},
    {"weights": [0, 0], "bias": 0},
    {"weights": ["1/2"], "bias": 0},
    {"weights": ["-1/2"], "bias": 0},
]


def named(*variables: str) -> Case:
    """Constraints on variables of these names: the variable called `solution`, or the last one, is 2."""
    last = "solution" if "solution" in variables else variables[-1]
    constraint = {"scope": [last], "allowed": [[2]]}
    source = problem("csp", alphabet=[1, 2], variables=list(variables), constraints=[constraint])
    return Case("csp-to-dnnt", "repaired", source, True)


@pytest.mark.parametrize(
    ("case", "solution"),
    [
        (ITEMS, [1, 2]),
        (ITEMS, [2, 1]),
        (ITEMS, {"solution": [1, 2]}),
        (ITEMS, {"answer": "yes", "solution": [1, 2], "verified": True}),
        (LETTERS, {"x": "r", "y": 1, "z": "1"}),
        (LETTERS, {"solution": {"x": "r", "y": 1, "z": 1}}),
        (named("solution"), {"solution": 2}),
        (named("solution"), {"solution": {"solution": 2}}),
        (named("solution", "answer", "verified"), {"solution": 2, "answer": 1, "verified": 1}),
        (
            named("solution", "answer", "verified"),
            {"answer": "yes", "solution": {"solution": 2, "answer": 1, "verified": 2}, "verified": True},
        ),
        (named("error", "file"), {"error": 1, "file": 2}),
        (named("parameters", "edges", "status"), {"parameters": 1, "edges": 1, "status": 2}),
        (SETS, [0, 1, 3]),
        (SETS, {"solution": [3, 2, 0]}),
        (PROGRAM, {"sign": 1}),
        (PROGRAM, {"solution": {"sign": 1}}),
        (NEURON, parameters(*RIGHT)),
        (NEURON, RIGHT),
        (NEURON, {"edges": RIGHT}),
        (NEURON, {"solution": RIGHT}),
        (NEURON, {"solution": parameters(*RIGHT)}),
        (PROBED, parameters(*RIGHT)),
        (LAYERED, GOOD_LAYERS),
    ],
)
def test_solutions(case: Case, solution: object, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """A parameters file within gamma that extracts to a solution, on standard output or in a file."""
    bundle, file = reduced(dnnt, tmp_path, case), save(solution, "solution.json")
    done = dnnt("lift", bundle, file)
    assert (done.status, done.err) == (0, "")
    assert list(done.object) == ["format", "version", "edges"]
    assert accepted(bundle, done.object["edges"])
    again = dnnt("extract", bundle, kept(tmp_path, "p.json", done))
    assert again.object["verified"] is True
    output = tmp_path / "out.json"
    told = dnnt("lift", bundle, file, "-o", output, "--json")
    assert (told.status, told.out, told.err) == (0, "", "")
    assert output.read_text(encoding="utf-8") == done.out == dnnt("lift", bundle, file, "-o", "-").out


@pytest.mark.parametrize("case", [NEURON, PROBED, LAYERED], ids=lambda case: case.variant)
@pytest.mark.parametrize("goal", ["decide", "minimize"])
def test_an_answer_of_the_source(case: Case, goal: str, dnnt: Dnnt, tmp_path: Path) -> None:
    """What solve prints, or writes, for the source itself."""
    bundle, chosen = reduced(dnnt, tmp_path, case), tmp_path / "p.json"
    solved = dnnt("solve", tmp_path / "source.json", "--json", "--goal", goal, "--parameters", chosen)
    lifted = dnnt("lift", bundle, kept(tmp_path, "a.json", solved))
    assert lifted.status == 0
    assert dnnt("lift", bundle, chosen).out == lifted.out
    back = dnnt("extract", bundle, kept(tmp_path, "l.json", lifted)).object["solution"]
    assert back == body_of(chosen)["edges"]


@pytest.mark.parametrize(
    ("case", "solution", "parts"),
    [
        (ITEMS, [0, 1], ["8", "12"]),
        (ITEMS, [], ["0", "12"]),
        (ITEMS, [1, 1, 2], ["item 1", "twice"]),
        (ITEMS, [1, 3], ["item 3"]),
        (ITEMS, [-1], ["-1"]),
        (ITEMS, ["1", 2], ['"1"']),
        (ITEMS, [True, 2], ["true"]),
        (ITEMS, [1.5], ["3/2"]),
        (ITEMS, 7, ["7"]),
        (ITEMS, {"1": 2}, ["an object"]),
        (ITEMS, {"solution": None}, ["solution", "null"]),
        (ITEMS, {"answer": "no", "solution": None, "verified": None}, ["solution", "null"]),
        (ITEMS, {"solution": {"solution": [1, 2]}}, ["an object"]),
        (ITEMS, [10**50], ["no item 1000", "among 3"]),
        (LETTERS, {"x": "r", "y": 1}, ['"z"']),
        (LETTERS, {"x": "r", "y": "1", "z": 1}, ["constraint"]),
        (LETTERS, {"x": "r", "y": 1, "z": 1, "w": 1}, ['"w"']),
        (LETTERS, {"x": "r", "y": 1, "z": "b"}, ['"b"', "alphabet"]),
        (LETTERS, {"x": ["r"], "y": 1, "z": 1}, ['"x"']),
        (LETTERS, ["r", 1, 1], ["a list"]),
        (LETTERS, {"answer": "no", "solution": None, "verified": None}, ["null"]),
        (named("solution"), {"solution": 1}, ["constraint 0"]),
        (named("solution"), {"solution": None}, ["null"]),
        (named("solution"), {"solution": {"solution": 3}}, ["alphabet"]),
        (SETS, [0, 1], ["2, not 3"]),
        (SETS, [0, 1, 2], ["both hold"]),
        (SETS, [0, 3, 4], ["set 4"]),
        (PROGRAM, {"sign": 0}, ["sign"]),
        (PROGRAM, {"sign": 2}, ["2"]),
        (PROGRAM, {"sign": True}, ["true"]),
        (PROGRAM, {"sign": 1, "more": 1}, ["sign"]),
        (PROGRAM, 1, ["1"]),
        (Case("slp-to-dnnt", "digits", MINUS_THREE, False), {"sign": 1}, ["negative"]),
        (NEURON, [{"weights": [0], "bias": 0}], ["total loss is 1", "gamma is 0"]),
        (NEURON, [{"weights": [2], "bias": 0}], ["outside its space"]),
        (NEURON, [], ["0 entries for 1 edge"]),
        (NEURON, {"format": "dnnt-parameters", "version": 2, "edges": RIGHT}, ["version"]),
        (NEURON, {"file": "x", "error": "x: no such file"}, ["no such file"]),
        (NEURON, {"parameters": None, "status": "infeasible"}, ["parameters", "null"]),
        (NEURON, None, ["null"]),
        (LAYERED, [*GOOD_LAYERS[:3], {"weights": [0], "bias": 0}], ["outside its space"]),
    ],
)  # fmt: skip
def test_what_is_no_solution(
    case: Case, solution: Any, parts: list[str], dnnt: Dnnt, save: Instance, tmp_path: Path
) -> None:
    """Exit status 1, one line: the file, and why it does not solve the source; nothing is written."""
    bundle, file = reduced(dnnt, tmp_path, case), save(solution, "solution.json")
    output = tmp_path / "out.json"
    done = dnnt("lift", bundle, file, "-o", output)
    assert (done.status, done.out) == (1, "")
    for part in (str(file), *parts):
        assert part in done.complaint
    assert not output.exists()


@pytest.mark.parametrize(
    "text", ["", "[1, 2", "[1, 2]]", "[" * 100_000, "1 2", '{"sign": 1, "sign": 1}', "\0\0", "NaN"]
)
def test_broken_files(text: str, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file = save(text, "solution.json")
    done = dnnt("lift", reduced(dnnt, tmp_path, ITEMS), file)
    assert (done.status, done.out) == (1, "")
    assert str(file) in done.complaint


def test_outputs(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Neither the bundle nor the solution is overwritten, and a wrong path is told at once."""
    bundle, file = reduced(dnnt, tmp_path, ITEMS), save([1, 2], "solution.json")
    before = bundle.read_bytes()
    for target in (bundle, file):
        assert dnnt("lift", bundle, file, "-o", target).status == 2
    for target in (tmp_path, tmp_path / "missing" / "x.json"):
        done = dnnt("lift", bundle, file, "-o", target)
        assert done.status == 1 and str(target) in done.complaint
    assert (bundle.read_bytes(), json.loads(file.read_text(encoding="utf-8"))) == (before, [1, 2])
    assert dnnt("lift", bundle, file, "-o", tmp_path / "p.json.gz").status == 0
    assert dnnt("extract", bundle, tmp_path / "p.json.gz").object["solution"] == [1, 2]


def test_standard_input(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    bundle, file = reduced(dnnt, tmp_path, ITEMS), save([1, 2], "solution.json")
    assert run("lift", bundle, "-", stdin=b"[1, 2]").object == dnnt("lift", bundle, file).object
    assert run("lift", "-", file, stdin=bundle.read_bytes()).status == 0
