"""Bad files through the command line: one line with file, place, fault and remedy, exit 1, never a traceback.

The reader itself is tested in tests/formats. A directory and a file without permission are made here.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dnnt.cli import run

MALFORMED = Path(__file__).parent / "corpus" / "malformed"
EXPECTED: dict[str, dict[str, Any]] = json.loads((MALFORMED / "expected.json").read_text(encoding="utf-8"))
NOBODY = 65534

GOOD = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "layers": [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [0]}],
    "samples": [{"x": [2], "y": [1]}],
    "loss": "squared",
}


def refused(capsys: pytest.CaptureFixture[str], path: Path | str, *command: str, status: int = 1) -> str:
    """The line that the command prints on standard error, without the program's and the file's name."""
    assert run([*command]) == status
    out, err = capsys.readouterr()
    assert out == ""
    return line_about(err, path)


def line_about(err: str, path: Path | str) -> str:
    """The one line of standard error, which must name the file, the fault and the remedy."""
    assert err.endswith("\n")
    line = err[:-1]
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert len(line) < 600
    assert "Traceback" not in line
    assert line.startswith(f"dnnt: {path}: ")
    said = line.removeprefix(f"dnnt: {path}: ")
    fault, _, remedy = said.partition("; ")
    assert fault
    assert remedy
    return said


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_solve(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = MALFORMED / name
    line = refused(capsys, path, "solve", str(path))
    assert EXPECTED[name]["place"] in line
    for key in EXPECTED[name].get("names", []):
        assert f'"{key}"' in line


@pytest.mark.parametrize("name", sorted(EXPECTED)[::8])
@pytest.mark.parametrize("command", ["info", "evaluate"])
def test_other_commands(name: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = MALFORMED / name
    extra = [str(path)] if command == "evaluate" else []
    assert EXPECTED[name]["place"] in refused(capsys, path, command, str(path), *extra)


@pytest.mark.parametrize("name", sorted(EXPECTED)[::16])
def test_json(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = tmp_path / "good.dnnt.json"
    good.write_text(json.dumps(GOOD))
    path = MALFORMED / name
    assert run(["solve", "--json", str(path), str(good)]) == 1
    out, err = capsys.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert set(first) == {"file", "error"}
    assert first["file"] == str(path)
    assert EXPECTED[name]["place"] in first["error"]
    assert (second["file"], second["status"], second["loss"]) == (str(good), "optimal", 1)
    line_about(err, path)


@pytest.mark.parametrize("name", sorted(EXPECTED)[3::40])
def test_in_a_process(name: str) -> None:
    path = MALFORMED / name
    done = subprocess.run(
        [sys.executable, "-m", "dnnt", "solve", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert EXPECTED[name]["place"] in line_about(done.stderr, path)


@pytest.mark.parametrize("name", sorted(EXPECTED)[3::40])
def test_on_standard_input(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dnnt", "solve", "-"],
        input=(MALFORMED / name).read_bytes(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert EXPECTED[name]["place"] in line_about(done.stderr.decode(), "-")


@pytest.mark.parametrize("command", ["solve", "info"])
def test_directory(command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "directory" in refused(capsys, tmp_path, command, str(tmp_path))


@pytest.mark.parametrize("command", ["solve", "info"])
def test_missing_file(command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "absent.dnnt.json"
    assert "no such file" in refused(capsys, path, command, str(path))
    below = tmp_path / "absent" / "x.dnnt.json"
    assert "no such file" in refused(capsys, below, command, str(below))


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Without the superuser's rights, for whom no file is locked."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_file_without_permission(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "locked.dnnt.json"
    path.write_text(json.dumps(GOOD))
    # The commands load when they are first called: before the rights are given up.
    assert run(["solve", str(path), "--json"]) == 0
    capsys.readouterr()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    path.chmod(0)
    with ordinary_user():
        assert "permission" in refused(capsys, path, "solve", str(path))


PARAMETERS = {"format": "dnnt-parameters", "version": 1, "edges": [{"weights": [1], "bias": 0}]}

BAD_PARAMETERS: dict[str, tuple[Any, str]] = {
    "empty": (b"", ""),
    "not JSON": (b"{", "line 1"),
    "a list": ([], ""),
    "no format": ({k: v for k, v in PARAMETERS.items() if k != "format"}, ""),
    "an instance": (GOOD, "format"),
    "version 2": ({**PARAMETERS, "version": 2}, "version"),
    "no edges": ({k: v for k, v in PARAMETERS.items() if k != "edges"}, ""),
    "unknown key": ({**PARAMETERS, "loss": 0}, ""),
    "edges an object": ({**PARAMETERS, "edges": {}}, ""),
    "too few": ({**PARAMETERS, "edges": []}, "edges"),
    "too many": ({**PARAMETERS, "edges": [{"weights": [1], "bias": 0, "repeat": 2}]}, "edges"),
    "repeat 0": ({**PARAMETERS, "edges": [{"weights": [1], "bias": 0, "repeat": 0}]}, "edges[0].repeat"),
    "repeat a text": ({**PARAMETERS, "edges": [{"weights": [1], "bias": 0, "repeat": "1"}]}, "edges[0].repeat"),
    "weight missing": ({**PARAMETERS, "edges": [{"weights": [], "bias": 0}]}, "edges[0]"),
    "weight too many": ({**PARAMETERS, "edges": [{"weights": [1, 1], "bias": 0}]}, "edges[0]"),
    "weight a boolean": ({**PARAMETERS, "edges": [{"weights": [True], "bias": 0}]}, "edges[0].weights[0]"),
    "bias missing": ({**PARAMETERS, "edges": [{"weights": [1]}]}, "edges[0]"),
    "bias no number": ({**PARAMETERS, "edges": [{"weights": [1], "bias": "1e3"}]}, "edges[0].bias"),
    "bias NaN": ({**PARAMETERS, "edges": [{"weights": [1], "bias": float("nan")}]}, "edges[0].bias"),
    "entry null": ({**PARAMETERS, "edges": [None]}, "edges[0]"),
    "key twice": (b'{"format": "dnnt-parameters", "version": 1, "edges": [], "edges": []}', ""),
    "gzip cut off": (gzip.compress(json.dumps(PARAMETERS).encode())[:-9], ""),
    "deep": (b"[" * 100_000, ""),
}


@pytest.mark.parametrize("fault", BAD_PARAMETERS)
def test_parameters(fault: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    body, place = BAD_PARAMETERS[fault]
    good, path = tmp_path / "good.dnnt.json", tmp_path / "parameters.json"
    good.write_text(json.dumps(GOOD))
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    said = refused(capsys, path, "evaluate", str(good), str(path))
    assert said.startswith(place)


def test_parameters_file_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = tmp_path / "good.dnnt.json"
    good.write_text(json.dumps(GOOD))
    assert "directory" in refused(capsys, tmp_path, "evaluate", str(good), str(tmp_path))
    absent = tmp_path / "absent.json"
    assert "no such file" in refused(capsys, absent, "evaluate", str(good), str(absent))


BAD_CERTIFICATES = {
    "empty": b"",
    "not JSON": b"{",
    "parameters": json.dumps(PARAMETERS).encode(),
    "nothing claimed": json.dumps({"format": "dnnt-certificate", "version": 1, "sha256": "0" * 64}).encode(),
    "gzip cut off": gzip.compress(b"{}")[:-9],
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("fault", BAD_CERTIFICATES)
def test_certificates(fault: str, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good, path = tmp_path / "good.dnnt.json", tmp_path / "c.dnnt.cert.json"
    good.write_text(json.dumps(GOOD))
    path.write_bytes(BAD_CERTIFICATES[fault])
    assert run(["check", str(good), str(path)]) == 1
    out, err = capfd.readouterr()
    assert out.startswith("INVALID ")
    assert len((out + err).splitlines()) == 1


@pytest.mark.parametrize("which", ["instance", "certificate"])
@pytest.mark.parametrize("kind", ["missing", "directory"])
def test_check_without_a_file(which: str, kind: str, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = tmp_path / "good.dnnt.json"
    good.write_text(json.dumps(GOOD))
    bad = tmp_path if kind == "directory" else tmp_path / "absent"
    files = [str(bad), str(good)] if which == "instance" else [str(good), str(bad)]
    assert run(["check", *files]) == 1
    out, err = capfd.readouterr()
    assert len((out + err).splitlines()) == 1
    assert str(bad) in out + err
