"""Usage errors, methods that refuse, plans, and the lines of solver competitions."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

import dnnt as package
from dnnt.cli import COMMANDS
from dnnt.exact import number
from dnnt.methods import NAMES
from tests.cli.commands import (
    CONTINUOUS,
    DEEP,
    EMPTY,
    HALF,
    XOR,
    Body,
    Dnnt,
    Instance,
    instance,
    layer,
    parameters,
)  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "",
        "solve",
        "nothing",
        "solve FILE --nothing",
        "solve FILE --method",
        "solve FILE --method simplex",
        "solve FILE --goal maximize",
        "solve FILE --time-limit soon",
        "solve FILE --time-limit -1",
        "solve FILE --time-limit nan",
        "solve FILE --memory-limit -5",
        "solve FILE --threads 0",
        "solve FILE --seed x",
        "solve FILE FILE --certificate out.json",
        "solve FILE FILE --parameters out.json",
        "solve FILE FILE --competition",
        "solve FILE --json --competition",
        "info",
        "info FILE FILE",
        "info FILE --nothing",
        "evaluate FILE",
        "evaluate FILE FILE FILE",
        "evaluate FILE FILE --max-bits 0",
        "evaluate FILE FILE --max-bits many",
        "check FILE",
        "check FILE FILE --budget long",
        "demo FILE",
    ],
)
def test_wrong_usage(line: str, dnnt: Dnnt, save: Instance) -> None:
    """Exit status 2, nothing on standard output, and one line that names the help (`dnnt` alone shows it)."""
    file = save(XOR)
    done = dnnt(*(str(file) if word == "FILE" else word for word in line.split()))
    assert done.status == 2
    if line == "":
        assert "Commands:" in done.out + done.err
        return
    assert done.out == ""
    assert done.err.startswith("dnnt: ")
    assert done.err.count("\n") == 1


def test_an_unknown_method_is_told_which_there_are(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("solve", save(XOR), "--method", "simplex")
    assert all(name in done.err for name in ("simplex", "auto", *NAMES))


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str, dnnt: Dnnt) -> None:
    done = dnnt(word)
    assert (done.status, done.err) == (0, "")
    for name in ("solve", "evaluate", "check", "info", "demo"):
        assert name in done.out
        own = dnnt(name, word)
        assert (own.status, own.err) == (0, "")
        assert own.out.startswith(f"Usage: dnnt {name}")


def test_version(dnnt: Dnnt) -> None:
    assert package.__version__ in dnnt("--version").out


@pytest.mark.parametrize("method", ["auto", *NAMES])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_decide_without_gamma(method: str, options: list[str], dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("solve", save(XOR), "--goal", "decide", "--method", method, *options)
    assert done.status == 2
    assert "gamma" in done.complaint
    if options:
        assert set(done.object) == {"file", "error"}


@pytest.mark.parametrize(
    ("method", "body", "why", "taker"),
    [
        ("reachable", DEEP, "two layers", "boxes"),
        ("paper-dp", XOR, "printed program", "reachable"),
        ("paper-dp", DEEP, "printed program", "boxes"),
    ],
)
def test_a_method_that_refuses(method: str, body: Body, why: str, taker: str, dnnt: Dnnt, save: Instance) -> None:
    """One line: why, and which method takes the instance; that one does."""
    file = save(body)
    for options in ([], ["--json"], ["--explain"]):
        done = dnnt("solve", file, "--method", method, *options)
        assert done.status == 2
        for part in (str(file), method, why, f"--method {taker}"):
            assert part in done.complaint
        assert bool(done.out) == (options == ["--json"])
    assert dnnt("solve", file, "--method", taker, "--time-limit", "0.3").status in (0, 3)


@pytest.mark.parametrize("method", ["auto", *NAMES])
def test_no_method_takes_continuous_training(method: str, dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("solve", save(CONTINUOUS), "--json", "--method", method)
    assert done.status == 2
    assert "any real number" in done.complaint
    assert "no method takes it" in done.complaint
    assert done.object["error"] in done.complaint


@pytest.mark.parametrize("command", ["solve", "info"])
def test_bad_files(command: str, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """One line with file, place, fault and remedy; exit status 1."""
    cut = save(XOR, "cut.json.gz")
    cut.write_bytes(cut.read_bytes()[:-12])
    folder = tmp_path / "folder"
    folder.mkdir()
    for file, part in (
        (folder, "directory"),
        (tmp_path / "none.json", "no such file"),
        (save("", "empty.json"), "empty"),
        (save('{"format":', "half.json"), "line 1"),
        (save({**XOR, "version": 7}, "version.json"), "version"),
        (save({**XOR, "los": 1}, "key.json"), '"los"'),
        (save({**XOR, "samples": [{"x": [0], "y": [0]}]}, "sample.json"), "samples[0].x"),
        (cut, "gzip"),
    ):
        done = dnnt(command, file)
        assert (done.status, done.out) == (1, "")
        assert str(file) in done.complaint
        assert part in done.complaint
        assert "; " in done.complaint


def test_paths_that_cannot_be_written(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """They are refused in one line before anything is solved; so is a path to read that leads round in a circle."""
    file, loop = save(XOR), tmp_path / "loop"
    loop.symlink_to(loop)
    for path, why in [
        ("a" * 5000, "too long"),
        (loop, "symbolic links"),
        (loop / "x", "symbolic links"),
        (file / "x", "directory"),
        (tmp_path, "is a directory"),
        (tmp_path / "absent" / "x", "no existing directory"),
        ("", "is a directory"),
    ]:
        for option in ("--certificate", "--parameters"):
            done = dnnt("solve", file, option, path)
            assert (done.status, done.out) == (1, ""), path
            assert str(path) in done.complaint
            assert why in done.complaint
    done = dnnt("solve", loop)
    assert (done.status, done.out) == (1, "")
    assert "cannot be read" in done.complaint


@pytest.mark.parametrize("method", ["auto", "brute-force", "reachable", "paper-dp"])
def test_explain_without_parameters(method: str, dnnt: Dnnt, save: Instance) -> None:
    """An empty space settles it, whatever the method."""
    done = dnnt("solve", save(EMPTY), "--explain", "--json", "--method", method)
    assert (done.status, done.err) == (0, "")
    assert done.object["method"] is None
    assert "a space is empty" in done.object["reason"]


def test_file_names_are_printed_safely(dnnt: Dnnt, tmp_path: Path) -> None:
    """A name with a line break or half a character still gives one line."""
    for name in ("a\nb", "a\x1b[31mb", os.fsdecode(b"\xff.json"), "-"):
        done = dnnt("solve", "--json", "--", tmp_path / name)
        assert done.status == 1
        assert "no such file" in done.complaint
        assert set(done.object) == {"file", "error"}


def test_a_file_whose_name_begins_with_a_dash(
    dnnt: Dnnt, save: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(HALF, "--json")
    monkeypatch.chdir(tmp_path)
    assert "9/4" in dnnt("solve", "--", "--json").out
    assert dnnt("solve", "--certificate", "--c", "--", "--json").status == 0
    assert dnnt("check", "--", "--json", "--c").out == "VALID optimal 9/4\n"


@pytest.mark.parametrize(
    ("body", "method"), [(XOR, "auto"), (XOR, "brute-force"), (XOR, "reachable"), (DEEP, "auto"), (EMPTY, "auto")]
)
def test_explain(body: Body, method: str, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """The plan, without solving: nothing is written, and hard instances take no longer than easy ones."""
    file, certificate = save(body), tmp_path / "c.json"
    done = dnnt("solve", file, "--explain", "--method", method, "--certificate", certificate)
    assert (done.status, done.err) == (0, "")
    assert "Plan" in done.out
    assert "Assurance" not in done.out
    assert not certificate.exists()
    plan = dnnt("solve", file, "--explain", "--json", "--method", method).object
    assert {"file", "method", "reason", "methods", "plan"} <= set(plan)
    assert (plan["plan"] is None) == (body is EMPTY)
    if method == "reachable":
        assert plan["plan"]["kind"] == "states"
        assert "reachable states of 4 coordinates" in done.out
    if method != "auto":
        assert plan["method"] == method
    elif body is not EMPTY:
        assert plan["method"] == dnnt("info", file, "--json").object["chosen"]


def test_explain_names_the_files(dnnt: Dnnt, save: Instance) -> None:
    """Each plan stands below the name of its file, and of its instance where it has one."""
    files = [save({**XOR, "name": "parity"}, "first.dnnt.json"), save(HALF, "second.dnnt.json")]
    done = dnnt("solve", *files, "--explain")
    assert (done.status, done.err) == (0, "")
    heads = [line.split(maxsplit=1) for line in done.out.splitlines() if line.startswith(("File ", "Plan "))]
    assert [name for name, _ in heads] == ["File", "Plan"] * 2
    assert heads[0][1].rstrip() == f"{files[0]} (parity)"
    assert heads[2][1].rstrip() == str(files[1])


def test_summaries_of_commands(dnnt: Dnnt, monkeypatch: pytest.MonkeyPatch) -> None:
    """One whole sentence a command, on one line of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = dnnt("--help").out.partition("Commands:\n")[2].rstrip().splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(len(line) <= 80 and line.endswith(".") and not line.endswith("...") for line in lines)


PLAIN = [
    (HALF, [], ["s OPTIMUM FOUND"], 30),
    ({**HALF, "gamma": "9/4"}, [], ["s SATISFIABLE"], 10),
    ({**HALF, "gamma": "9/4"}, ["--goal", "minimize"], ["s OPTIMUM FOUND"], 30),
    ({**HALF, "gamma": 2}, [], ["s UNSATISFIABLE"], 20),
    (EMPTY, [], ["s UNSATISFIABLE"], 20),
    (DEEP, ["--time-limit", "0.3"], ["s SATISFIABLE", "s UNKNOWN"], 0),
    ({**DEEP, "gamma": 0}, ["--time-limit", "0.3"], ["s UNKNOWN"], 0),
]


@pytest.mark.parametrize(("body", "options", "lines", "status"), PLAIN)
def test_competition(
    body: Body, options: list[str], lines: list[str], status: int, dnnt: Dnnt, save: Instance, tmp_path: Path
) -> None:
    """`o` lines with falling losses, one `s` line, and a `v` line with the parameters of the last `o` line."""
    file = save(body)
    done = dnnt("solve", file, "--competition", *options)
    assert (done.status, done.err) == (status, "")
    kinds = [line[:2] for line in done.out.splitlines()]
    losses = [number(line[2:]) for line in done.out.splitlines() if line.startswith("o ")]
    assert all(a > b for a, b in pairwise(losses))
    assert kinds.count("s ") == 1
    assert done.out.splitlines()[kinds.index("s ")] in lines
    assert kinds == sorted(kinds, key=["o ", "s ", "v "].index)
    if status in (10, 30):
        assert kinds[-1] == "v "
        chosen = tmp_path / "p.json"
        chosen.write_text(json.dumps(parameters(*json.loads(done.out.splitlines()[-1][2:]))))
        said = dnnt("evaluate", file, chosen, "--json").object
        assert number(said["total"]) == losses[-1]
        assert said["inside"]


def test_competition_with_bad_input(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("solve", save("{"), "--competition")
    assert (done.status, done.out) == (1, "")
    assert done.complaint


def test_memory_of_a_named_method(dnnt: Dnnt, save: Instance) -> None:
    """A method whose sets do not fit is stopped with one line and an answer that has the figure in MiB."""
    body = instance(
        inputs=3,
        layers=[layer(6, "relu", {"from": -400, "to": 400}), layer(1, "identity", [-1, 1])],
        samples=[{"x": [1, 1000, 10**6], "y": [17]}, {"x": [3, 1, 10**5], "y": [5]}],
        loss="absolute",
    )
    done = dnnt("solve", save(body), "--json", "--method", "reachable", "--memory-limit", "300")
    answer = done.object
    assert done.status == 3
    assert done.complaint
    assert (answer["stop"], answer["method"]) == ("memory", "reachable")
    assert "MiB" in answer["reason"]
    assert answer["parameters"] is not None


def test_demo(dnnt: Dnnt, tmp_path: Path) -> None:
    """Two problems, two proofs, and files to play with."""
    folder = tmp_path / "demo"
    done = dnnt("demo", "--keep", folder)
    assert (done.status, done.err) == (0, "")
    assert done.out.count("VALID optimal") == 2
    assert "INVALID" not in done.out
    for line in ("VALID optimal 4", "VALID optimal 346", "32,481", "Your turn"):
        assert line in done.out
    for name, loss in (("iris", 4), ("digits", 346)):
        checked = dnnt("check", folder / f"{name}.dnnt.json", folder / f"{name}.dnnt.cert.json")
        assert checked.out == f"VALID optimal {loss}\n"
