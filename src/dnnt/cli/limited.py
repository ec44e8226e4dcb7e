"""Work under the limits of a command that has no better answer to give than a whole one: it ends or says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dnnt.interrupts import latched, leave

T = TypeVar("T")


class Stopped(Exception):
    """A limit or an interrupt came before the end; the text says which."""


def within(time_limit: float | None, memory_limit: float | None, work: Callable[[], T]) -> T:
    """What `work` returns. Raises `Stopped` where a limit or an interrupt comes first."""
    from dnnt.running import Run, Stop, ticking

    run = Run(time_limit, memory_limit)
    with latched() as latch:
        latch.forward(leave)
        try:
            with ticking(run.check):
                return work()
        except Stop as stop:
            raise Stopped(stop.kind) from None
        except MemoryError:
            raise Stopped("memory") from None
        except KeyboardInterrupt:
            raise Stopped("interrupt") from None
