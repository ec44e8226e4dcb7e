"""What the tests of problem files share: reading a text with its warnings, and the line of a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnnt.errors import InvalidProblem
from dnnt.formats import problem_file
from dnnt.problems.base import Problem


def no_warning(text: str) -> None:
    raise AssertionError(text)


def parsed(text: str | bytes, format: str, colors: int | None = None) -> tuple[Problem, list[str]]:
    """The problem in a text, and the warnings."""
    warnings: list[str] = []
    raw = text if isinstance(text, bytes) else text.encode()
    return problem_file.parse(raw, format, colors, warnings.append), warnings


def refusal(tmp_path: Path, raw: bytes, name: str, colors: int | None = None) -> str:
    """The line with which a file is refused, without the file's name."""
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(InvalidProblem) as caught:
        problem_file.read(path, colors=colors, warn=no_warning)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert len(line.splitlines()) == 1 and line.isprintable() and len(line) - len(str(path)) < 250
    said = line.removeprefix(f"{path}: ")
    fault, _, remedy = said.partition("; ")
    assert fault and remedy
    return said
