"""Reading an instance file under limits and interrupts: the same for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dnnt.interrupts import Latch, leave

if TYPE_CHECKING:
    from dnnt.instance import Instance
    from dnnt.running import Run


def read_within(file: str, run: Run, latch: Latch) -> Instance:
    """The instance in a file; from then on interrupts go to the run. Raises `InvalidInstance`, and `Stop` where a limit
    or an interrupt comes first: at once, since somebody may wait for input that never comes.
    """
    from dnnt.formats import instance_file
    from dnnt.running import Stop, ticking

    try:
        with ticking(run.check_first):
            latch.forward(leave)
            instance = instance_file.read(file)
            latch.forward(run.interrupt)
    except KeyboardInterrupt:
        raise Stop("interrupt") from None
    return instance
