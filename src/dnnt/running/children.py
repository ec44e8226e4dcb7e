"""Child processes: forked, ended with their parent whatever happens to it, and silent.

A child shares what is loaded and read, so it starts in milliseconds; it speaks to its parent through a pipe alone.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

_DEATH_SIGNAL = 1
"""The option of prctl(2) that sends a signal to a process whose parent ends."""


class Child:
    """A forked process that runs `work(pipe)`; `pipe` here is the parent's end of the same pipe."""

    def __init__(self, work: Callable[[Connection], None]) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, other = context.Pipe()
        parent = os.getpid()
        self._process = context.Process(target=_started, args=(work, other, self.pipe, parent))
        self._process.start()
        other.close()
        assert self._process.pid is not None, "a started process has a number"
        self.id: int = self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.is_alive()

    def end(self) -> None:
        """End the process at once, if it has not ended."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def possible() -> bool:
    """Whether processes can be forked here."""
    return "fork" in multiprocessing.get_all_start_methods()


def _started(work: Callable[[Connection], None], pipe: Connection, others: Connection, parent: int) -> None:
    others.close()
    # The parent's handlers and timers speak to the parent's work. Interrupts reach the whole group: the parent decides.
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with(parent)
    with suppress(BrokenPipeError, ConnectionResetError):  # The parent wants no more.
        work(pipe)


def _die_with(parent: int) -> None:
    """Have the system end this process when its parent ends; elsewhere the next word to the parent ends it."""
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            call: Any = ctypes.CDLL(None).prctl
            call(_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
