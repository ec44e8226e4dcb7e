"""The command line: one line, the exit status, and files that cannot be read."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from dnnt_check.__main__ import main
from tests.dnnt_check.cases import certificate, encode, reachable
from tests.dnnt_check.test_corruptions import BEST, DATA, GOOD, LOSS

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """An instance and a certificate that is good."""
    instance, claim = tmp_path / "a.dnnt.json", tmp_path / "a.dnnt.cert.json"
    instance.write_bytes(DATA)
    claim.write_bytes(encode(GOOD))
    return str(instance), str(claim)


def test_valid(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files]) == 0
    assert capsys.readouterr() == (f"VALID optimal {LOSS}\n", "")


def test_json(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files, "--json"]) == 0
    text = str(LOSS)
    assert json.loads(capsys.readouterr().out) == {
        "valid": True,
        "claim": f"optimal {text}",
        "upper": int(text) if "/" not in text else text,
        "lower": int(text) if "/" not in text else text,
        "strict": False,
    }


def test_invalid(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    Path(files[1]).write_bytes(encode(certificate(DATA, (BEST, LOSS + 1))))
    assert main([*files]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("INVALID certificate: upper.loss")
    assert out.count("\n") == 1
    assert err == ""
    assert main([*files, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["reason"] in out
    assert {key: found[key] for key in ("valid", "claim", "upper", "lower", "strict")} == {
        "valid": False,
        "claim": None,
        "upper": None,
        "lower": None,
        "strict": False,
    }


def test_files_that_cannot_be_read(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (str(tmp_path / "missing"), str(tmp_path), files[0] + "/x", "a\0b", "ä\n" * 3000):
        for arguments in ([path, files[1]], [files[0], path]):
            assert main(arguments) == 1
            out, err = capsys.readouterr()
            assert out.startswith("INVALID ")
            assert "cannot read" in out
            assert out.count("\n") == 1
            assert err == ""


def test_standard_input(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input:
        buffer = io.BytesIO(DATA)

    monkeypatch.setattr(sys, "stdin", Input())
    assert main(["-", files[1]]) == 0
    assert capsys.readouterr().out.startswith("VALID")


@pytest.mark.parametrize(
    "arguments",
    [[], ["one"], ["one", "two", "three"], ["one", "two", "--budget", "soon"], ["one", "two", "--budget", "-1"]],
)
def test_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_budget(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*files, "--budget", "0"]) == 1
    assert capsys.readouterr().out.startswith("INVALID too much work")


def run(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [sys.executable, "-m", "dnnt_check", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_module(files: tuple[str, str]) -> None:
    process = run(*files)
    assert process.communicate(timeout=60) == (f"VALID optimal {LOSS}\n", "")
    assert process.returncode == 0


def test_nothing_outside_the_standard_library() -> None:
    """All modules load without site-packages, and without dnnt."""
    names = sorted(path.stem for path in (SOURCE / "dnnt_check").glob("*.py") if path.stem != "__main__")
    code = "import sys; sys.path.insert(0, sys.argv[1]); " + "; ".join(f"import dnnt_check.{name}" for name in names)
    code += "; assert not [m for m in sys.modules if m == 'dnnt' or m.startswith('dnnt.')]"
    code = code.replace("dnnt_check.__init__", "dnnt_check")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(SOURCE)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX systems")
def test_interrupt(tmp_path: Path) -> None:
    """Ctrl-C ends a long check with one line and no traceback."""
    instance = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "layers": [
            {"units": 10, "activation": "square", "weights": [1, 3, 17], "bias": [0, 5]},
            {"units": 1, "activation": "identity", "weights": [1, 5, 29], "bias": [0]},
        ],
        "samples": [{"x": [i], "y": [-1]} for i in range(1, 6)],
        "loss": "absolute",
    }
    data = encode(instance)
    paths = [tmp_path / "instance.json", tmp_path / "claim.json"]
    paths[0].write_bytes(data)
    grounds = reachable([[0, 5]], "points", left=10**8, right=10**8, last=10**9)
    paths[1].write_bytes(encode(certificate(data, None, (Fraction(5), False, grounds))))
    process = run(*map(str, paths))
    assert process.stdout is not None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (out, err) == ("INVALID interrupted\n", "")
    assert process.returncode == 1
