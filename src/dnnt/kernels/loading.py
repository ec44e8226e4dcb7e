"""Whether compiled loops are worth loading, and how they are compiled and loaded. This module itself is light.

Loading takes about as long as a small instance takes as a whole, so it has to pay. What it will pay is not known in
advance: as with skis that are rented until the rent has cost as much as buying them, the time that compiled loops would
have saved is added up (`missed`), and they are loaded once it reaches what loading takes. That costs at most twice what
the best choice would have cost.

numba keeps compiled code beside the source files, where it may write there; else in the user's cache directory (or
where NUMBA_CACHE_DIR says). Where it may write nowhere, loops are compiled anew in every process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from dnnt.kernels import threads

LOADING_SECONDS = 0.75
"""What importing numba and the first call of a loop that is kept on disk take (benchmarks/calibrate.py)."""

COMPILING_SECONDS = 4.5
"""What it takes where the loops must be compiled first."""

LEAST_MISSED = 0.002
"""Savings below this are not added up: many tiny instances in one process do without compiled loops."""

_Loop = TypeVar("_Loop", bound=Callable[..., Any])
_Result = TypeVar("_Result")
_missed: list[float] = []
_lock = Lock()


def loaded() -> bool:
    """Whether numba is loaded already, so that compiled loops cost (nearly) nothing more."""
    return "numba.core.registry" in sys.modules


def seconds() -> float:
    """What the first use of a compiled loop will cost, less what has been missed for want of it."""
    if loaded():
        return 0.0
    return max(0.0, (LOADING_SECONDS if _kept_on_disk() else COMPILING_SECONDS) - sum(_missed))


def worth(seconds_saved: float) -> bool:
    """Whether compiled loops that save so many seconds are worth loading."""
    return seconds_saved > seconds()


def missed(seconds_saved: float) -> None:
    """Count what compiled loops would have saved just now."""
    if seconds_saved >= LEAST_MISSED:
        _missed.append(seconds_saved)


@cache
def _kept_on_disk() -> bool:
    """Whether loops compiled by an earlier process of this version of Python seem to be there."""
    here = Path(__file__).parent
    name = f"bits._sumset-*.py{sys.version_info.major}{sys.version_info.minor}.nbi"
    places = [os.environ.get("NUMBA_CACHE_DIR"), here / "__pycache__", Path.home() / ".cache" / "numba"]
    try:
        return any(next(Path(place).rglob(name), None) is not None for place in places if place)
    except OSError:
        return False


def compiled(loop: _Loop) -> _Loop:
    """Compile a loop at its first call, for calls without the interpreter's lock; kept on disk where that is possible.

    Several threads may make the first call: numba compiles under a lock of its own.
    """
    from numba import njit

    made: Any
    try:
        made = njit(nogil=True, cache=True)(loop)
    except RuntimeError as error:
        # numba says so where it finds no directory that it may write to.
        if "cannot cache" not in str(error):
            raise
        made = njit(nogil=True)(loop)
    kept: _Loop = made
    return kept


def busy() -> bool:
    """Whether another thread is loading: a process forked now would wait for it for ever."""
    return _lock.locked()


def beside(work: Callable[[], _Result], poll: Callable[[], None]) -> _Result:
    """What `work`, which loads something, returns; beside polls."""

    def guarded() -> _Result:
        with _lock:
            return work()

    return threads.beside(guarded, poll)
