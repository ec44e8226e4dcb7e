"""One run: its deadline, memory limit and interrupt, and what has been found and proved so far.

A method calls `poll` often (every 50 ms of work at the latest), `need` before it builds something large, `offer` for
parameters with their loss, and `prove` for a lower bound with its grounds. A limit or an interrupt unwinds the method
by `Stop`, which never leaves the pipeline: what was offered and proved is still there.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from dnnt.certificate import Grounds, Signs
from dnnt.exact import Number
from dnnt.parameters import Parameters

MIB = 1 << 20
_POLL_SECONDS = 0.01

LITTLE = MIB // 2
"""Bytes that may be taken without asking what is left: asking takes a tenth of a millisecond."""

MOST_MEBIBYTES = 1e12
"""A memory limit above this is none."""

FIRST_GRACE = 0.4
FIRST_BYTES = 32 * MIB
"""Seconds past the time limit, and bytes more than at the start, that reading and the first evaluation may take."""


class Stop(Exception):
    """A limit or an interrupt came before the proof: `kind` is `time`, `memory` or `interrupt`."""

    def __init__(self, kind: str, detail: str = "", predicted: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.predicted = predicted


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best parameters so far and their exact loss; `signs` where that takes proofs of signs."""

    parameters: Parameters
    loss: Number
    signs: Signs | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A lower bound (None: no parameters exist), strict or not, and its grounds."""

    bound: Number | None
    strict: bool
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class Claim:
    """A lower bound, strict or not, that a library says and nobody proves."""

    bound: Number
    strict: bool


@dataclass(frozen=True, slots=True)
class Observer:
    """Who is told of progress. Both calls come often and must be quick."""

    message: Callable[[str], None] = lambda text: None
    state: Callable[[Run], None] = lambda run: None


class Run:
    """Limits, interrupt, incumbent, bound and progress of one solve. `started` is a `monotonic` time; `seed` is that of
    all random choices.

    `children` are the processes whose memory counts too; `beside` is called at polls, for work in other processes.
    """

    def __init__(
        self,
        time_limit: float | None = None,
        memory_limit: float | None = None,
        observer: Observer | None = None,
        started: float | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self.seed = seed
        self.started = monotonic() if started is None else started
        self.time_limit = time_limit
        self.memory_limit = None if memory_limit is None or memory_limit > MOST_MEBIBYTES else memory_limit
        # Asking takes a while, and without a limit only the machine has one, which is far away.
        self._resident_at_start = 0 if self.memory_limit is None else resident_bytes()
        self._machine: int | None = None
        self.observer = observer or Observer()
        self.reserve = 0.0
        self.first: Incumbent | None = None
        self.incumbent: Incumbent | None = None
        self.proof: Proof | None = None
        self.claimed: Claim | None = None
        self.work = 0.0
        self.doing = ""
        self.children: list[int] = []
        self.beside: Callable[[], None] | None = None
        self._interrupted = False
        self._follower: Run | None = None
        limits = (_POLL_SECONDS, math.inf if time_limit is None else time_limit)
        self._next_poll = self._next_first = monotonic() + min(limits)

    @property
    def seconds(self) -> float:
        """Wall-clock seconds since the start."""
        return monotonic() - self.started

    @property
    def room(self) -> int:
        """The bytes that may still be taken: what the machine can give and the limit allows."""
        room = min(available_bytes(), self._most - self._resident())
        return max(room, 0)

    @property
    def _most(self) -> int:
        """The resident memory that is allowed, in bytes."""
        if self.memory_limit is not None:
            return int(self.memory_limit * MIB)
        if self._machine is None:  # Asked for late: it takes a while.
            self._machine = resident_bytes() + available_bytes() * 19 // 20
        return self._machine

    def _resident(self) -> int:
        """The resident memory of this process and of those that work for it."""
        return resident_bytes() + sum(resident_bytes(child) for child in self.children)

    def part(self, observer: Observer) -> Run:
        """A run under the same limits for a part of the work; interrupts reach it from `follow` on."""
        made = Run(self.time_limit, self.memory_limit, observer, self.started, seed=self.seed)
        made.reserve, made.children, made._resident_at_start = self.reserve, self.children, self._resident_at_start
        return made

    def follow(self, part: Run) -> None:
        """Pass interrupts on to the run of a part of the work, in place of what they were passed on to before."""
        self._follower = part
        if self._interrupted:
            part.interrupt()

    def interrupt(self) -> None:
        """Ask the run (and the check that follows it) to stop at its next poll."""
        self._interrupted = True
        if self._follower is not None:
            self._follower.interrupt()

    @property
    def interrupted(self) -> bool:
        """Whether an interrupt has come."""
        return self._interrupted

    def followed_by(self, follower: Run) -> None:
        """Pass later interrupts on to `follower`, which shows what this run has found."""
        self._follower = follower
        follower.incumbent, follower.proof, follower.doing = self.incumbent, self.proof, self.doing

    def poll(self) -> None:
        """Raise `Stop` if a limit or an interrupt has come. Cheap: call it often."""
        now = monotonic()
        if now < self._next_poll and not self._interrupted:
            return
        self._next_poll = now + _POLL_SECONDS
        self.check()
        self.observer.state(self)
        if self.beside is not None:
            self.beside()

    def check(self) -> None:
        """Raise `Stop` if a limit or an interrupt has come, and tell nobody of progress."""
        self._check(-self.reserve, 0)

    def check_first(self) -> None:
        """The same for reading and for the first evaluation, which may overrun limits a little, so that there is a
        result: limits may be lower than what the program itself takes. Cheap, like `poll`.
        """
        now = monotonic()
        if now >= self._next_first or self._interrupted:
            self._next_first = now + _POLL_SECONDS
            self._check(FIRST_GRACE, self._resident_at_start + FIRST_BYTES)

    def _check(self, grace: float, least: int) -> None:
        if self._interrupted:
            raise Stop("interrupt")
        if self.time_limit is not None and self.seconds > self.time_limit + grace:
            raise Stop("time")
        if self._resident() > max(self._most, least):
            whose = "the machine's memory" if self.memory_limit is None else "the limit"
            raise Stop("memory", f"{whose} of {self._most / MIB:,.6g} MiB is reached")

    def need(self, size: int, what: str) -> None:
        """Raise `Stop` if `size` further bytes for `what` would not fit.

        A little always fits: the polls see to it.
        """
        if size < LITTLE:
            return
        room = self.room
        if size > room:
            raise Stop(
                "memory",
                f"about {mebibytes(size)} MiB are needed for {what}, {room // MIB:,} MiB are left",
                predicted=True,
            )

    def offer(self, parameters: Parameters, loss: Number, signs: Signs | None = None) -> None:
        """Keep these parameters if no better ones are known."""
        if self.incumbent is None or loss < self.incumbent.loss:
            self.incumbent = Incumbent(parameters, loss, signs)
            self.observer.state(self)

    def prove(self, bound: Number | None, strict: bool, grounds: Grounds) -> None:
        """Keep this lower bound if no better one is known."""
        known = self.proof
        if (
            known is None
            or bound is None
            or (known.bound is not None and (bound, strict) > (known.bound, known.strict))
        ):
            self.proof = Proof(bound, strict, grounds)
            self.observer.state(self)

    def claim(self, bound: Number, strict: bool) -> None:
        """Keep this lower bound, which is not proved, if no better one is claimed."""
        known = self.claimed
        if known is None or (bound, strict) > (known.bound, known.strict):
            self.claimed = Claim(bound, strict)
            self.observer.state(self)

    def progress(self, doing: str, fraction: float = 0.0) -> None:
        """Say what is being done and how far it is (0 to 1)."""
        self.doing, self.work = doing, fraction
        self.observer.state(self)


def mebibytes(size: int) -> str:
    """A size in MiB for a person."""
    value = max(1, size // MIB)
    return f"{value:,}" if value < 10**12 else f"10^{int(value.bit_length() * 0.30103)}"


def resident_bytes(process: int | None = None) -> int:
    """The resident memory of this process, or of another one (0 once it has ended, or where systems do not say)."""
    try:
        with open(f"/proc/{'self' if process is None else process}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        if process is not None:
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def available_bytes() -> int:
    """The memory that the machine can still give (a generous guess where it does not say)."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 8 << 30
    return 8 << 30
