"""`dnnt reduce`: files that are faulty, sources that a rule does not take, and wrong usage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dnnt.reductions import RULES
from tests.cli.bundles import COLORS, COVER, ONE, SUBSET, THREE, body_of, neuron, problem
from tests.cli.commands import CONTINUOUS, Body, Dnnt, Instance, instance, layer

GUARDED = {"kind": "guarded", "tag": 0, "penalty": 0, "outputs": [0], "loss": "squared", "checks": [], "cases": []}
PENTAGON = "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n"


@pytest.mark.parametrize(
    ("rule", "body", "name", "parts"),
    [
        ("subset-sum-to-dnnt", {**SUBSET, "items": [3, -5]}, "x.json", ["items[1]", "-5"]),
        ("subset-sum-to-dnnt", {**SUBSET, "items": ["1/2"]}, "x.json", ["items[0]", "1/2"]),
        ("subset-sum-to-dnnt", {**SUBSET, "more": 1}, "x.json", ['"more"']),
        ("subset-sum-to-dnnt", {"kind": "subset-sum"}, "x.json", ['"format"']),
        ("subset-sum-to-dnnt", {**SUBSET, "kind": "knapsack"}, "x.json", ["kind", "knapsack", "subset-sum"]),
        ("subset-sum-to-dnnt", {**SUBSET, "version": 2}, "x.json", ["version"]),
        ("subset-sum-to-dnnt", ONE, "x.json", ["format", "dnnt-problem"]),
        ("subset-sum-to-dnnt", "3 12\n1 3\n", "x.kp", ["line 2"]),
        ("csp-to-dnnt", PENTAGON, "x.col", ["--colors"]),
        ("csp-to-dnnt", "p edge 2 1\ne 1 3\n", "x.col", ["--colors"]),
        ("exact-cover-to-dnnt", {**COVER, "count": -1}, "x.json", ["count", "-1"]),
        ("exact-cover-to-dnnt", {**COVER, "sets": [[7]]}, "x.json", ["sets[0][0]", "7"]),
        ("slp-to-dnnt", "a1 = a0 + a1\n", "x.slp", ["line 1", "a1"]),
        ("dnnt-to-cnnt", SUBSET, "x.json", ["format", "dnnt-problem"]),
        ("dnnt-to-cnnt", {**ONE, "gamma": "x"}, "x.json", ["gamma"]),
        ("dnnt-to-cnnt", {"format": "dnnt-parameters", "version": 1, "edges": []}, "x.json", ["dnnt-parameters"]),
        ("slp-to-dnnt", "", "x.json", ["empty"]),
        ("slp-to-dnnt", "{", "x.json", ["line 1"]),
        ("slp-to-dnnt", "[" * 100_000, "x.json", ["nested"]),
        ("slp-to-dnnt", "\0\1\2", "x.slp", ["line 1"]),
        ("dnnt-to-cnnt", "\0\1\2", "x.json", ["line 1 column 1"]),
    ],
)
def test_bad_files(rule: str, body: Any, name: str, parts: list[str], dnnt: Dnnt, save: Instance) -> None:
    """Exit status 1, one line: file, place, what is wrong; and nothing is written."""
    file = save(body, name)
    output = file.parent / "out.json"
    done = dnnt("reduce", rule, file, "-o", output)
    assert (done.status, done.out) == (1, "")
    for part in (str(file), *parts):
        assert part in done.complaint
    assert not output.exists()


@pytest.mark.parametrize(
    ("rule", "body", "options", "parts"),
    [
        ("csp-to-dnnt", SUBSET, [], ["csp", "subset-sum", "take subset-sum-to-dnnt"]),
        ("slp-to-dnnt", COVER, [], ["exact-cover-to-dnnt"]),
        ("dnnt-to-cnnt", CONTINUOUS, [], ["cnnt"]),
        ("dnnt-to-cnnt", {k: v for k, v in ONE.items() if k != "gamma"}, [], ["gamma"]),
        ("dnnt-to-cnnt", {**ONE, "gamma": "1/2"}, ["--variant", "printed"], ["integers", "--variant repaired"]),
        ("slp-to-dnnt", problem("slp", steps=[]), ["--variant", "printed"], ["--variant repaired"]),
        ("csp-to-dnnt", COLORS, ["--variant", "printed"], ["two variables", "--variant repaired"]),
        ("dnnt-to-cnnt", {**ONE, "loss": GUARDED}, [], ["guarded"]),
        (
            "dnnt-to-cnnt",
            instance(inputs=1, layers=[layer(10**60, "relu", [0, 1])], samples=[], loss="zero_one", gamma=0),
            [],
            ["200,000 parameters"],
        ),
        (
            "dnnt-to-cnnt",
            {**neuron([1], 1), "samples": [{"x": [1], "y": [1]}] * 300, "vertices": [{"id": "t", "activation": "relu"}]
             + [{"id": f"u{i}", "activation": "relu"} for i in range(70_000)]},
            [],
            ["300 samples", "20,000,000"],
        ),
    ],
)  # fmt: skip
def test_sources_that_a_rule_does_not_take(
    rule: str, body: Body, options: list[str], parts: list[str], dnnt: Dnnt, save: Instance
) -> None:
    """Exit status 2, one line: why, and what takes it."""
    file = save(body)
    done = dnnt("reduce", rule, file, *options)
    assert (done.status, done.out) == (2, "")
    for part in (str(file), *parts):
        assert part in done.complaint


def test_a_graph_with_too_many_colors(dnnt: Dnnt, save: Instance) -> None:
    """A few bytes could promise a file of gigabytes."""
    edges = [f"e {u} {v}" for u in range(1, 50) for v in range(u + 1, 51)]
    file = save("\n".join([f"p edge 50 {len(edges)}", *edges]), "g.col")
    done = dnnt("reduce", "csp-to-dnnt", file, "--colors", 1000)
    assert done.status == 2 and "1,223,775,000 pairs" in done.complaint
    assert "at most 1,000" in dnnt("reduce", "csp-to-dnnt", file, "--colors", 1001).complaint


@pytest.mark.parametrize(
    "line",
    [
        "",
        "subset-sum-to-dnnt",
        "nothing FILE",
        "subset-sum-to-dnnt FILE FILE",
        "subset-sum-to-dnnt FILE --variant printed",
        "dnnt-to-cnnt FILE --variant digits",
        "subset-sum-to-dnnt FILE --format xml",
        "dnnt-to-cnnt FILE --format json",
        "dnnt-to-cnnt FILE --colors 3",
        "dnnt-to-cnnt --sudoku 1",
        "csp-to-dnnt FILE --colors many",
        "csp-to-dnnt FILE --colors -1",
        "exact-cover-to-dnnt FILE --sudoku 1",
        "exact-cover-to-dnnt --sudoku 1 --format json",
        "subset-sum-to-dnnt FILE -o FILE",
        "subset-sum-to-dnnt FILE --time-limit -1",
    ],
)
def test_wrong_usage(line: str, dnnt: Dnnt, save: Instance) -> None:
    file = save(SUBSET)
    done = dnnt("reduce", *(str(file) if word == "FILE" else word for word in line.split()))
    assert (done.status, done.out) == (2, "")
    assert done.err and "Traceback" not in done.err
    assert body_of(file) == SUBSET


def test_unknown_names_are_told_the_known_ones(dnnt: Dnnt, save: Instance) -> None:
    assert all(rule in dnnt("reduce", "sat-to-dnnt", save(SUBSET)).err for rule in RULES)
    err = dnnt("reduce", "slp-to-dnnt", save(THREE), "--variant", "probes").err
    assert all(variant in err for variant in ("repaired", "digits", "printed"))


@pytest.mark.parametrize(
    ("line", "part"),
    [("12", "2 characters"), ("x" * 81, "character 1"), ("1" * 82, "82 characters"), ("", "0 characters")],
)
def test_bad_sudokus(line: str, part: str, dnnt: Dnnt) -> None:
    done = dnnt("reduce", "exact-cover-to-dnnt", "--sudoku", line)
    assert done.status == 1
    assert "--sudoku" in done.complaint and part in done.complaint


def test_a_sudoku_is_an_exact_cover(dnnt: Dnnt) -> None:
    done = dnnt("reduce", "csp-to-dnnt", "--sudoku", "." * 81)
    assert done.status == 2 and "exact-cover-to-dnnt" in done.complaint


def test_files_that_cannot_be_read_or_written(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file = save(SUBSET)
    for target in (tmp_path, tmp_path / "missing" / "out.json", f"{file}/x"):
        done = dnnt("reduce", "subset-sum-to-dnnt", file, "-o", target)
        assert done.status == 1 and str(target) in done.complaint
    for rule in ("subset-sum-to-dnnt", "dnnt-to-cnnt"):
        for source in (tmp_path, tmp_path / "missing.json", ""):
            done = dnnt("reduce", rule, source)
            assert done.status == 1 and (str(source) or '""') in done.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name]
