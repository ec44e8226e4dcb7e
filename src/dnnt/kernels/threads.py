"""Work in threads: pieces that do not depend on each other, on as many threads as are allowed (and the machine has),
and work that cannot be cut in pieces, beside polls.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Event, Thread
from typing import TypeVar

MOST = 2
"""Threads beyond which loops that are bound by memory gain nothing."""

FEWEST_PIECES = 3
"""Pieces (of some ten milliseconds each) from which on a second thread is started."""

Result = TypeVar("Result")

_allowed = [MOST]


@contextmanager
def at_most(threads: int) -> Iterator[None]:
    """Inside the block loops use at most so many threads (one at least)."""
    before = _allowed[0]
    _allowed[0] = max(1, threads)
    try:
        yield
    finally:
        _allowed[0] = before


def allowed() -> int:
    """How many threads may work."""
    # What this process may run on is asked where the system knows it.
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_allowed[0], MOST, there)


def beside_each_other(
    work: Callable[[int, int], Result], pieces: Sequence[tuple[int, int]], poll: Callable[[], None] | None
) -> Iterator[Result]:
    """The results of the pieces (start, stop) in their order, with a poll before every few of them.

    `work` must run without the interpreter's lock, and no piece may change what another one reads or writes. What a
    poll raises comes once the pieces under way are done.
    """
    threads = allowed() if len(pieces) >= FEWEST_PIECES else 1
    if threads == 1:
        for piece in pieces:
            if poll is not None:
                poll()
            yield work(*piece)
        return
    from concurrent.futures import ThreadPoolExecutor  # Small instances never come here.

    left = iter(pieces)
    with ThreadPoolExecutor(threads - 1, "dnnt") as pool:
        while batch := list(islice(left, threads)):
            if poll is not None:
                poll()
            others = [pool.submit(work, *piece) for piece in batch[1:]]
            yield work(*batch[0])
            for other in others:
                yield other.result()


def beside(work: Callable[[], Result], poll: Callable[[], None]) -> Result:
    """What `work` returns or raises, done in another thread with a poll every 20 ms and at the end: for imports, first
    calls of compiled loops and long calls of libraries, which cannot be cut in pieces.

    After an exception of the poll the work is left to end by itself, and the interpreter waits for it at its end: a
    library's thread that is torn from its work there may take the process down with it.
    """
    made: list[Result] = []
    raised: list[BaseException] = []
    done = Event()

    def worked() -> None:
        try:
            made.append(work())
        except BaseException as error:
            raised.append(error)
        finally:
            done.set()

    # Not by joining it: a thread whose join is cut short by a signal counts as ended (in CPython 3.11).
    Thread(target=worked, name="dnnt-beside", daemon=False).start()
    ended = False
    while not ended:
        ended = done.wait(0.02)
        poll()
    if raised:
        raise raised[0]
    return made[0]
