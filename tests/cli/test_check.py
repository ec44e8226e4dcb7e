"""`dnnt check`: the checker's line, its JSON, its exit status, and files that it cannot read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import EMPTY, ENVIRONMENT, HALF, XOR, Body, Dnnt, Ended, Instance, run


def checker(*arguments: object) -> Ended:
    """Run `python -m dnnt_check`."""
    done = subprocess.run(
        [sys.executable, "-m", "dnnt_check", *map(str, arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("body", "options", "right"),
    [
        (HALF, [], {"claim": "optimal 9/4", "upper": "9/4", "lower": "9/4", "strict": False}),
        (XOR, [], {"claim": "optimal 0", "upper": 0, "lower": 0, "strict": False}),
        ({**XOR, "gamma": 0}, [], {"claim": "loss <= 0", "upper": 0, "lower": None, "strict": False}),
        (
            {**HALF, "gamma": 2},
            ["--method", "brute-force"],
            {"claim": "loss >= 9/4", "upper": None, "lower": "9/4", "strict": False},
        ),
        (EMPTY, [], {"claim": "infeasible", "upper": None, "lower": None, "strict": False}),
    ],
)
def test_valid(body: Body, options: list[str], right: Body, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """The same line and the same object as `python -m dnnt_check`."""
    file, certificate = save(body), tmp_path / "c.dnnt.cert.json.gz"
    assert dnnt("solve", file, "--certificate", certificate, *options).status == 0
    done = dnnt("check", file, certificate)
    assert done == Ended(0, f"VALID {right['claim']}\n", "") == checker(file, certificate)
    as_json = dnnt("check", file, certificate, "--json")
    assert (as_json.status, as_json.err) == (0, "")
    assert as_json.object == {"valid": True, **right}
    assert as_json.out == checker(file, certificate, "--json").out


@pytest.mark.parametrize("goal", ["minimize", "decide"])
def test_strict(goal: str, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """None at or below the bound, as against none below it."""
    file, certificate = save({**HALF, "gamma": 2}), tmp_path / "c.json"
    dnnt("solve", file, "--certificate", certificate, "--goal", goal)
    body = json.loads(certificate.read_text())
    body["lower"] |= {"bound": 2, "strict": True}
    body.pop("upper", None)
    certificate.write_text(json.dumps(body))
    assert dnnt("check", file, certificate).out == "VALID loss > 2\n"
    said = dnnt("check", file, certificate, "--json").object
    assert (said["lower"], said["strict"]) == (2, True)


def test_invalid(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Another instance, a wrong loss: exit status 1 and the reason."""
    file, certificate = save(HALF), tmp_path / "c.json"
    dnnt("solve", file, "--certificate", certificate)
    body = json.loads(certificate.read_text())
    body["upper"]["loss"] = 2
    wrong = save(body, "wrong.json")
    for given, claim in ((save({**HALF, "name": "other"}, "other.json"), certificate), (file, wrong)):
        done = dnnt("check", given, claim)
        assert (done.status, done.err) == (1, "")
        assert done.out.startswith("INVALID ")
        assert done.out.count("\n") == 1
        said = dnnt("check", given, claim, "--json")
        assert (said.status, said.object["valid"], said.object["claim"]) == (1, False, None)


def test_too_much_work(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file, certificate = save(HALF), tmp_path / "c.json"
    dnnt("solve", file, "--certificate", certificate)
    done = dnnt("check", file, certificate, "--budget", "0")
    assert (done.status, done.err) == (1, "")
    assert "too much work" in done.out


def test_files_that_cannot_be_read(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file, certificate = save(HALF), tmp_path / "c.json"
    dnnt("solve", file, "--certificate", certificate)
    for bad in (tmp_path, tmp_path / "missing", file / "x", save("", "empty"), save("{", "cut"), save("[]", "list")):
        for arguments in ([bad, certificate], [file, bad]):
            done = dnnt("check", *arguments)
            assert (done.status, done.err) == (1, "")
            assert done.out.startswith("INVALID ")
            assert done.out.count("\n") == 1


def test_standard_input(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file, certificate = save(HALF), tmp_path / "c.json"
    dnnt("solve", file, "--certificate", certificate)
    assert run("check", "-", certificate, stdin=file.read_bytes()).out == "VALID optimal 9/4\n"
    assert run("check", file, "-", stdin=certificate.read_bytes()).out == "VALID optimal 9/4\n"
