"""Answers on standard output, everything else on standard error; and readers that go away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import (
    DEEP,
    ENVIRONMENT,
    HALF,
    XOR,
    Dnnt,
    Instance,
    finished,
    instance,
    layer,
    parameters,
    run,
    start,
    unread,
)  # fmt: skip


def test_progress_goes_to_standard_error(save: Instance) -> None:
    """With --progress, lines that say what is done and how far it is; standard output holds the answer alone."""
    done = run("solve", save(DEEP), "--json", "--progress", "--time-limit", "1.5")
    assert done.status == 3
    assert done.object["stop"] == "time"
    lines = done.err.splitlines()
    assert lines
    assert all("instance.dnnt.json" in line and "best loss" in line for line in lines)


def test_no_progress_unless_asked_for(save: Instance) -> None:
    """Standard error is no terminal here."""
    done = run("solve", save(DEEP), "--json", "--time-limit", "1.2")
    assert (done.status, done.err) == (3, "")


def test_short_runs_are_silent(save: Instance) -> None:
    done = run("solve", save(XOR), "--progress")
    assert (done.status, done.err) == (0, "")


def test_no_colours_outside_a_terminal(save: Instance, dnnt: Dnnt) -> None:
    file = save(XOR)
    for command in ("solve", "info"):
        assert "\x1b" not in dnnt(command, file).out


def test_names_that_look_like_markup(save: Instance, dnnt: Dnnt) -> None:
    """Names from a file are shown as they are, and control characters never reach a terminal."""
    file = save({**XOR, "name": "[bold]x[/red] \x1b[31m\r\n é"}, "[b].json")
    for command in ("solve", "info"):
        done = dnnt(command, file)
        assert (done.status, done.err) == (0, "")
        assert "[bold]x[/red]" in done.out
        assert "\x1b" not in done.out
        assert "\r" not in done.out
        assert "é" in done.out


LONG = instance(
    inputs=1,
    layers=[layer(1, "square", [1])] * 19,
    samples=[{"x": [2], "y": [0]}],
    loss="absolute",
)
"""A total of 157,827 digits: more than a pipe holds."""


@pytest.mark.parametrize("options", [["--json"], [], ["--competition"], ["--explain"], ["--explain", "--json"]])
def test_solve_unread(options: list[str], save: Instance) -> None:
    done = unread("solve", save(XOR), *options)
    assert done.err == ""
    assert done.status == 1


def test_other_commands_unread(save: Instance) -> None:
    file, chosen = save(LONG), save(parameters({"weights": [1], "bias": 0, "repeat": 19}), "p.json")
    for arguments in (["evaluate", file, chosen], ["evaluate", file, chosen, "--json"], ["info", file], ["--help"]):
        done = unread(*arguments)
        assert done.err == "", arguments
        assert done.status == 1, arguments


def test_check_unread(save: Instance, dnnt: Dnnt, tmp_path: Path) -> None:
    file, certificate = save(HALF), tmp_path / "c.json"
    assert dnnt("solve", file, "--certificate", certificate).status == 0
    done = unread("check", file, certificate)
    assert "Traceback" not in done.err
    assert "Exception" not in done.err


def test_a_reader_that_stops_early(save: Instance) -> None:
    """What `dnnt ... | head -c 10` sees."""
    file, chosen = save(LONG), save(parameters({"weights": [1], "bias": 0, "repeat": 19}), "p.json")
    reader, writer = os.pipe()

    command = [sys.executable, "-m", "dnnt", "evaluate", str(file), str(chosen), "--json"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=writer, stderr=subprocess.PIPE, text=True) as process:
        os.close(writer)
        assert os.read(reader, 10) == b'{"total": '
        os.close(reader)
        _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode in (0, 1)  # 0 where the pipe holds everything


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk(save: Instance, tmp_path: Path) -> None:
    """One line says so, and the files that were asked for are written all the same."""
    file, certificate = save(HALF), tmp_path / "c.json"
    commands: list[list[object]] = [
        ["info", file],
        ["solve", file, "--certificate", certificate],
        ["--help"],
        ["check", file, certificate],
    ]
    for arguments in commands:
        with FULL.open("w") as full:
            done = finished(start(*arguments, stdout=full))
        assert "standard output cannot be written (No space left on device)" in done.err
        assert len(done.err.splitlines()) == 1
        assert done.status in (1, 2)
    assert run("check", file, certificate).out == "VALID optimal 9/4\n"


def test_a_closed_standard_output(save: Instance) -> None:
    command = f"{sys.executable} -m dnnt info {save(XOR)} >&-"
    done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, stderr=subprocess.PIPE, check=False)
    assert done.stderr.decode().startswith("dnnt: standard output is closed")
    assert done.returncode == 1


def test_a_terminal_that_lacks_characters(save: Instance) -> None:
    """What the encoding of standard output lacks is escaped."""
    file = save({**XOR, "name": "é"})
    for command in ("solve", "info"):
        process = start(command, file, env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"})
        done = finished(process)
        assert (done.status, done.err) == (0, "")
        assert "\\xe9" in done.out
