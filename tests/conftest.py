"""Settings for all tests: how hypothesis looks for failures, and where it keeps them.

Locally a failure is saved in `tests/.hypothesis` and tried first in the next run, until it is
mended. In continuous integration (CI=true) the search is the same in every run, so that a result
can be repeated. A failure worth keeping for good becomes an `@example` of its test or a file in
`tests/corpus`.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

settings.register_profile(
    "local",
    deadline=None,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(Path(__file__).parent / ".hypothesis"),
)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def no_callbacks_of_the_collector() -> Iterator[None]:
    """Without hypothesis's clock in the garbage collector: a limit that is raised inside of it is lost."""
    kept = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = kept
