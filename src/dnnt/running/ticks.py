"""Limits for work that cannot ask for them itself: reading a file, or one long expression."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

PERIOD = 0.05
"""Seconds of CPU time between two calls."""

COMPILERS = frozenset(("numba", "llvmlite"))
"""Packages in which nothing is raised."""


@contextmanager
def ticking(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` again and again inside the block; what it raises (once) unwinds whatever is going on there.

    For the main thread on POSIX systems, where the timer is free; elsewhere the block just runs, and only its own polls
    see limits. The timer is that of CPU time, which hardly anybody else uses.
    """
    if threading.current_thread() is not threading.main_thread() or not _free():
        yield
        return
    over = False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal over
        if over or _uncuttable(frame):
            return
        try:
            check()
        except BaseException:
            over = True
            raise

    before = signal.signal(signal.SIGVTALRM, handler)
    try:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, PERIOD, PERIOD)
            yield
        finally:
            over = True
    finally:  # Also after a tick in the very moment before `over` was set.
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _uncuttable(frame: FrameType | None) -> bool:
    """Whether a module is being loaded there, which is of no use to whoever wants it later if it is loaded by half; or
    loops are being compiled: what is raised while LLVM calls back is lost, and may take the process down.
    """
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package in COMPILERS or frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _free() -> bool:
    if not hasattr(signal, "setitimer"):
        return False
    return signal.getsignal(signal.SIGVTALRM) == signal.SIG_DFL and not any(signal.getitimer(signal.ITIMER_VIRTUAL))
