"""Long lists without the collector: Python's search for garbage cycles goes through all that is there, again and again.

While very many small frozen values are made, none of which is part of a cycle, that takes longer than making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = 500_000, 20, 100
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
        gc.set_threshold(*before)
