"""Ctrl-C and SIGTERM as a polite request: kept from the first moment, passed on once somebody can act on it.

Imports nothing of dnnt, so that a command can install it before it loads the rest.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Latch:
    """Remembers that an interrupt was asked for, and tells whoever is to act on it."""

    def __init__(self) -> None:
        self.asked = False
        self._then: Callable[[], None] | None = None

    def forward(self, then: Callable[[], None]) -> None:
        """Call `then` at the first interrupt; at once if it has already come."""
        self._then = then
        if self.asked:
            then()

    def ask(self) -> None:
        """Note an interrupt. The second one raises `KeyboardInterrupt`: somebody does not want to wait."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        if self._then is not None:
            self._then()


@contextmanager
def latched() -> Iterator[Latch]:
    """Inside the block, SIGINT and SIGTERM go to a `Latch` (outside the main thread they stay as they are)."""
    latch = Latch()
    if threading.current_thread() is not threading.main_thread():
        yield latch
        return

    def handler(number: int, frame: FrameType | None) -> None:
        latch.ask()

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield latch
    finally:
        for number, old in before.items():
            signal.signal(number, old)
