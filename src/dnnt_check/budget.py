"""What a check may cost: seconds, memory, and the caller's right to interrupt it.

Every loop of the checker reports its work here in (predicted) seconds. Before something large begins its prediction
is compared with what is left, so that a claim that needs too much is refused instead of being begun; while it runs
the clock is read often, and the caller's `watch` is called every few hundredths of a second at most. Predictions
decide only whether a check is begun or given up, never what it says.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Predicted seconds after which the clock is read, and real ones after which the caller is asked again.
GLANCE = 2e-5
PULSE = 0.01

#: Bytes that a check may build when the caller gives no limit.
DEFAULT_MEMORY = 4 * 2**30


class Invalid(Exception):
    """The certificate is not accepted; the text says why, on one line."""


class TooMuchWork(Invalid):
    """The claim needs more work or memory than the caller allows."""


class Work:
    """Counts the work of one check against its limits.

    Args:
        budget: seconds that the whole check may take.
        memory: bytes that one stage of the check may build.
        watch: called every few hundredths of a second of work; what it raises passes through.
    """

    __slots__ = ("asked", "budget", "deadline", "interrupted", "memory", "pending", "scale", "watch")

    def __init__(
        self,
        budget: float = 600.0,
        memory: int | None = None,
        watch: Callable[[], object] | None = None,
    ) -> None:
        """Start the clock."""
        self.budget = budget
        self.memory = DEFAULT_MEMORY if memory is None else memory
        self.watch = watch
        self.asked = time.monotonic()
        self.deadline = self.asked + budget
        self.pending = 0.0
        self.scale = 1.0
        self.interrupted = False

    def spend(self, seconds: float) -> None:
        """Report work that was done or is about to be done; it should be short."""
        self.pending += seconds * self.scale
        if self.pending >= GLANCE:
            self.pending = 0.0
            if time.monotonic() - self.asked >= PULSE:
                self.pause()

    def lengthen(self, digits: int) -> None:
        """A number of so many digits was read: what is done with it may take longer than reports assume."""
        self.scale = max(self.scale, 1.0 + digits * digits * 4e-4)

    def pause(self) -> None:
        """Ask the caller and the clock."""
        if self.watch is not None:
            # Whatever the caller raises must not be mistaken for a fault of the files.
            self.interrupted = True
            self.watch()
            self.interrupted = False
        self.asked = time.monotonic()
        if self.asked > self.deadline:
            raise TooMuchWork(f"too much work: the budget of {self.budget:g} seconds is used up")

    def require(self, seconds: float, what: str) -> None:
        """Refuse work whose predicted time does not fit into what is left."""
        self.pause()
        if seconds > self.deadline - time.monotonic():
            raise TooMuchWork(
                f"too much work: {what} needs about {describe(seconds)} seconds, the budget is {self.budget:g}"
            )

    def hold(self, size: int, what: str) -> None:
        """Refuse to build something of more than the allowed number of bytes."""
        if size > self.memory:
            raise TooMuchWork(
                f"too much work: {what} needs about {describe(size // 2**20 + 1)} MiB, "
                f"{self.memory // 2**20} are allowed"
            )


def describe(amount: float | int) -> str:
    """Write a rough amount in few characters, however large it is."""
    if isinstance(amount, int) and amount.bit_length() > 1000:
        return f"2^{amount.bit_length() - 1}"
    return f"{amount:.3g}"


def rough_seconds(count: int, each: float) -> float:
    """The time of `count` steps of `each` seconds, for counts of any size."""
    if count.bit_length() > 1000:
        return float("inf")
    return count * each
