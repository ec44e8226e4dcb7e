"""Ctrl-C and SIGTERM as a polite request: kept from the first moment, passed on once somebody can act on it.

Imports nothing of dnnt, so that a command can install it before it loads the rest.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

AGAIN = 1.0
"""Seconds after which a second interrupt counts as one."""


class Latch:
    """Remembers that an interrupt was asked for, and tells whoever is to act on it."""

    def __init__(self) -> None:
        self.asked = False
        self._since = 0.0
        self._then: Callable[[], None] | None = None

    def forward(self, then: Callable[[], None]) -> None:
        """Call `then` at the first interrupt; at once if it has already come."""
        self._then = then
        if self.asked:
            then()

    def ask(self) -> None:
        """Note an interrupt. Another one, a second later or more, raises `KeyboardInterrupt`: somebody won't wait.

        One sooner than that is taken for the same: what stops programs often signals the process and its group.
        """
        if self.asked:
            if monotonic() - self._since >= AGAIN:
                raise KeyboardInterrupt
            return
        self.asked, self._since = True, monotonic()
        if self._then is not None:
            self._then()


def leave() -> None:
    """What to do at an interrupt where nothing is to be saved: raise `KeyboardInterrupt`."""
    raise KeyboardInterrupt


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
