"""The command line as tests call it: in this process where that will do, for it is quicker."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnnt import cli
from tests.cli.commands import Dnnt, Ended, Instance, write


@pytest.fixture
def dnnt(capfd: pytest.CaptureFixture[str]) -> Dnnt:
    """Run dnnt with these arguments in this process."""

    def run(*arguments: object) -> Ended:
        capfd.readouterr()
        status = cli.run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ended(status, out, err)

    return run


@pytest.fixture
def save(tmp_path: Path) -> Instance:
    """Write an instance to a file of this name in the test's own folder."""

    def made(body: object, name: str = "instance.dnnt.json") -> Path:
        return write(tmp_path / name, body)

    return made
