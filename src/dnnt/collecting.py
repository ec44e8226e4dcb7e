"""Long lists without the collector: Python's search for garbage cycles goes through all that is there, again and again.

While very many small frozen values are made, none of which is part of a cycle, that takes longer than making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = 1_000_000, 20, 100
"""New values after which the youngest are searched, and how often that is done before older ones are."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside the block cycles are searched for rarely (but they are: memory does not grow in long work)."""
    before = gc.get_threshold()
    if before[0] == 0 or before[0] >= THRESHOLDS[0]:
        yield
        return
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        _put_aside(gc.get_count()[0])
        gc.set_threshold(*before)


MANY, MOST = 10_000, 2_000_000
"""From so many new values on they are put among the old ones unsearched, which are searched after so many."""

_aside = 0


def _put_aside(new: int) -> None:
    """Spare the search that would follow at once, through all that has been made: where it is much, that takes longer
    than many a step of the work.
    """
    global _aside
    if new < MANY or gc.get_freeze_count():
        return
    _aside += new
    if _aside < MOST:
        gc.freeze()  # All values become permanent,
        gc.unfreeze()  # and then old ones: neither looks at them.
    else:
        _aside = 0
        gc.collect()
