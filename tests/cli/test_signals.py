"""Interrupts: SIGINT and SIGTERM end a run in good order, with the best parameters and the bound so far."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import dnnt as package
from dnnt.exact import to_json
from tests.cli.commands import (
    DEEP,
    HALF,
    Body,
    Dnnt,
    Ended,
    Instance,
    chain,
    finished,
    parameters,
    slow_to_check,
    start,
)  # fmt: skip

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX systems")

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def interrupted(process: subprocess.Popen[str], number: signal.Signals, *signs: str) -> Ended:
    """Send the signal to the main process alone, once a line of its progress has one of the signs in it."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if not signs or any(sign in line for sign in signs):
            break
    else:
        raise AssertionError(f"it ended before it could be interrupted, and said {said!r}")
    process.send_signal(number)
    return finished(process)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("body", "method"),
    [(DEEP, "auto"), ({**DEEP, "gamma": "1/8"}, "auto"), (slow_to_check(60, samples=7), "reachable")],
    ids=["deep", "decide", "states"],
)
def test_while_solving(number: signal.Signals, body: Body, method: str, save: Instance) -> None:
    """One JSON line, exit status 3, no traceback; later files are not begun, and have a line that says so."""
    file, later = save(body), save(HALF, "later.json")
    with start("solve", file, later, "--json", "--progress", "--method", method) as process:
        done = interrupted(process, number)
    answer, unbegun = done.objects
    assert done.status == 3
    assert "Traceback" not in done.err
    assert unbegun == {"file": str(later), "error": f"{later}: stopped before it was read (interrupt)"}
    assert (answer["file"], answer["stop"]) == (str(file), "interrupt")
    assert answer["status"] == ("unknown" if "gamma" in body else "feasible")
    assert (answer["bound"], answer["assurance"], answer["bound_assurance"]) == (0, "checked", "checked")
    said = package.evaluate(package.read(file), answer["parameters"])
    assert to_json(said.total) == answer["loss"]


@pytest.mark.parametrize("number", SIGNALS)
def test_while_checking(number: signal.Signals, save: Instance) -> None:
    """What is proved is kept, and claimed only."""
    with start("solve", save(slow_to_check(60)), "--json", "--progress", "--method", "reachable") as process:
        done = interrupted(process, number, "checking the certificate", "working")
    answer = done.object
    assert (done.status, answer["stop"], answer["assurance"]) == (3, "interrupt", "claimed")
    assert answer["status"] == "optimal"
    assert answer["loss"] == answer["bound"]
    assert answer["parameters"] is not None


def test_text_and_files(save: Instance, tmp_path: Path, dnnt: Dnnt) -> None:
    """Without --json the answer is told in words; the files asked for are written."""
    file, certificate, chosen = save(DEEP), tmp_path / "c.json", tmp_path / "p.json"
    with start("solve", file, "--progress", "--certificate", certificate, "--parameters", chosen) as process:
        done = interrupted(process, signal.SIGINT)
    assert done.status == 3
    assert "by an interrupt" in done.out
    assert dnnt("check", file, certificate).out.startswith("VALID 0 <= loss <= ")
    assert dnnt("evaluate", file, chosen).status == 0


def test_competition(save: Instance) -> None:
    with start("solve", save({**DEEP, "gamma": 0}), "--competition", "--progress") as process:
        done = interrupted(process, signal.SIGTERM)
    assert done.status == 0
    assert [line[:2] for line in done.out.splitlines()][-2:] == ["s ", "v "]
    assert "s UNKNOWN" in done.out


def test_while_evaluating(save: Instance) -> None:
    file, chosen = save(chain(100_000)), save(parameters({"weights": [1], "bias": 0, "repeat": 100}), "p.json")
    with start("evaluate", file, chosen) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        done = finished(process)
    assert (done.status, done.out) == (3, "")
    assert "interrupt" in done.complaint


def children(process: int) -> list[int]:
    """The processes that a process has started and that still run."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in text.split()]


def ends(process: int, seconds: float) -> bool:
    """Whether a process that is not ours ends within some time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for child processes as on Linux")
@pytest.mark.parametrize("number", SIGNALS)
def test_while_dnnt_check_runs(number: signal.Signals, save: Instance, tmp_path: Path) -> None:
    """The checker is a process of its own, and ends with the one that started it."""
    file, certificate = save(slow_to_check(45)), tmp_path / "c.json"
    certificate.write_text(json.dumps(slow_certificate(file)))
    with start("check", file, certificate) as process:
        checkers: list[int] = []
        until = time.monotonic() + 20
        while not checkers and time.monotonic() < until:
            time.sleep(0.05)
            checkers = children(process.pid)
        time.sleep(0.5)
        process.send_signal(number)
        status = process.wait(timeout=10)
        ended = [ends(checker, 3) for checker in checkers]
        for checker, gone in zip(checkers, ended, strict=True):
            if not gone:
                os.kill(checker, signal.SIGKILL)
        _, err = process.communicate(timeout=60)
    assert ended == [True]
    assert status == 3
    assert "Traceback" not in err


def slow_certificate(file: Path) -> Body:
    """A lower part of `slow_to_check(45)` that the checker works on for a while."""
    sizes = {"pre": 1, "unit": 1, "left": 1, "right": 91**3, "last": 91**3}
    return {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "lower": {
            "bound": "1/2",
            "strict": False,
            "grounds": {"kind": "reachable", "left": [], "last": "points", "sizes": sizes},
        },
    }


def test_while_waiting_for_standard_input() -> None:
    """Nothing has begun: one interrupt is enough."""
    with start("solve", "-", "--json", stdin=subprocess.PIPE) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        try:
            status = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            status = None
    assert status == 3
