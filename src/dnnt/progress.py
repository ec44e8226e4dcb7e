"""A progress line on standard error: what is being done, the best loss, the bound, and the time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from dnnt.exact import brief
from dnnt.running import Observer, Run

if TYPE_CHECKING:
    from rich.status import Status

APPEAR = 1.0
"""Seconds before the line appears: short runs stay silent."""

REFRESH = 0.1


@contextmanager
def shown(title: str) -> Iterator[Observer]:
    """An observer that draws the line while the block runs (redrawn in place on a terminal, else a line every 5 s)."""
    line = _Line(title)
    try:
        yield Observer(state=line.update)
    finally:
        line.close()


class _Line:
    def __init__(self, title: str) -> None:
        self._title = title
        self._next = monotonic() + APPEAR
        self._status: Status | None = None
        self._terminal = sys.stderr.isatty()

    def update(self, run: Run) -> None:
        now = monotonic()
        if now < self._next:
            return
        self._next = now + (REFRESH if self._terminal else 5.0)
        text = self._text(run)
        if not self._terminal:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        elif self._status is not None:
            self._status.update(text)
        else:
            self._status = _status(text)
            self._status.start()

    def _text(self, run: Run) -> str:
        parts = [self._title, run.doing or "working"]
        if 0 < run.work < 1:
            parts.append(f"{100 * run.work:.0f} %")
        if run.incumbent is not None:
            parts.append(f"best loss {brief(run.incumbent.loss)}")
        if run.proof is not None and run.proof.bound is not None:
            parts.append(f"proved >= {brief(run.proof.bound)}")
        parts.append(f"{run.seconds:.0f} s")
        return " · ".join(parts)

    def close(self) -> None:
        if self._status is not None:
            self._status.stop()


def _status(text: str) -> Status:
    from rich.console import Console
    from rich.status import Status

    return Status(text, console=Console(stderr=True, highlight=False))
