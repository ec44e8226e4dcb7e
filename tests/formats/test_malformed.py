"""Every malformed corpus file is refused by one line: the file, the place, what would be right.

A directory cannot be committed; it is made here (a file without permission: tests/test_malformed.py).
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import dnnt

MALFORMED = Path(__file__).parents[1] / "corpus" / "malformed"
EXPECTED = json.loads((MALFORMED / "expected.json").read_text(encoding="utf-8"))


def refusal(path: Path) -> str:
    """The error line of a file that must be refused, without the file's name at its head."""
    with pytest.raises(dnnt.InvalidInstance) as caught:
        dnnt.read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    return line.removeprefix(f"{path}: ")


def test_manifest_lists_every_file() -> None:
    assert set(EXPECTED) == {path.name for path in MALFORMED.iterdir()} - {"expected.json"}
    assert len(EXPECTED) >= 75


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_refused_in_one_line(name: str) -> None:
    start = time.perf_counter()
    line = refusal(MALFORMED / name)
    assert time.perf_counter() - start < 1
    assert EXPECTED[name]["place"] in line
    for key in EXPECTED[name].get("names", []):
        assert f'"{key}"' in line
    fault, _, remedy = line.partition("; ")
    assert fault and remedy
    assert len(line) < 400


def test_directory(tmp_path: Path) -> None:
    assert "directory" in refusal(tmp_path)


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "absent.dnnt.json")


def test_name_with_control_characters(tmp_path: Path) -> None:
    with pytest.raises(dnnt.InvalidInstance) as caught:
        dnnt.read(tmp_path / "a\nb\x1b[31m.dnnt.json")
    assert str(caught.value).isprintable()
