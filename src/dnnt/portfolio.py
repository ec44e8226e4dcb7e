"""Methods side by side: one works in this process, others one after the other in a second one, and both exchange what
they find. The first proof stops the rest.

The second process starts once the first method has worked for a moment, so that what is solved at once never pays for
it. Incumbents and proofs go both ways through a pipe, at the polls of both sides.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic, sleep
from typing import Any

from dnnt.certificate import Nonnegative
from dnnt.errors import InternalError, MethodUnsuitable, TooLarge
from dnnt.instance import Instance
from dnnt.kernels import loading, threads
from dnnt.methods import method
from dnnt.methods.base import Goal
from dnnt.running import MIB, Incumbent, Observer, Proof, Run, Stop
from dnnt.running.children import Child, possible

PATIENCE = 1.0
"""Seconds that the first method works alone."""

SOON = 60.0
"""Predicted seconds of boxes that come before everything else in the second process; mostly they take fewer."""

LEAST_ROOM = 256 * MIB
"""Memory that must be left for a second process to be started."""

LONGEST_WORD = 1 << 16
"""Bytes that a pipe takes although nobody reads; parameters of more are not sent to the second process."""

REACHED = "reached"
"""The kind of `Stop` that unwinds a method whose goal another process has reached."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last word of the second process: which method ended it, and how it stopped (a fault as a text)."""

    method: str
    stop: str
    stats: Mapping[str, Any]
    fault: str = ""


@contextmanager
def beside(instance: Instance, goal: Goal, names: Sequence[str], run: Run) -> Iterator[Partner | None]:
    """Inside the block the methods `names` work in a second process too, from a moment after its start on, as far as
    threads and memory allow it. What they find comes into the run; a goal that is reached raises `Stop` at a poll.
    """
    if not names or threads.allowed() < 2 or not possible():
        yield None
        return
    partner = Partner(instance, goal, tuple(names), run)
    before, run.beside = run.beside, partner.exchange
    try:
        yield partner
    finally:
        run.beside = before
        partner.end()


class Partner:
    """The second process as the first one sees it."""

    def __init__(self, instance: Instance, goal: Goal, names: tuple[str, ...], run: Run) -> None:
        self._instance = instance
        self._goal = goal
        self._names = names
        self._run = run
        self._start = monotonic() + PATIENCE
        self._child: Child | None = None
        self._known: tuple[Incumbent | None, Proof | None] = (None, None)
        self._unheard = False
        self.ended: Ended | None = None
        self.reached = ""

    def exchange(self) -> None:
        """Start the process when its time has come, tell it what is new, and take what it says."""
        if self.ended is not None:
            return
        if self._child is None:
            if monotonic() >= self._start and not loading.busy() and self._run.room >= LEAST_ROOM:
                self._begin()
            return
        self._tell(self._child)
        self._receive(self._child)

    def _tell(self, child: Child) -> None:
        """Send what is new, if the last word has been heard: so a short one never has to wait for room in the pipe."""
        incumbent, proof = self._run.incumbent, self._run.proof
        if self._unheard or (incumbent, proof) == self._known:
            return
        self._known = incumbent, proof
        # The other side needs the number that is proved; grounds are what a certificate is made of, on this side.
        bound = None if proof is None else Proof(proof.bound, proof.strict, Nonnegative())
        said = pickle.dumps((incumbent, bound))
        if len(said) > LONGEST_WORD:
            said = pickle.dumps((None, bound))
        try:
            child.pipe.send_bytes(said)
        except (BrokenPipeError, ConnectionResetError):
            return  # It has ended; its last word is still to be read.
        self._unheard = True

    def wait(self) -> None:
        """Let the process work alone to its end, after the first method has ended without reaching the goal."""
        self._start = 0.0
        while self.ended is None:
            self._run.poll()
            if self._child is None:
                self.exchange()
                if self._child is None and self._run.room < LEAST_ROOM:
                    return
            sleep(0.005)

    def end(self) -> None:
        """End the process, whatever it is doing."""
        if self._child is not None:
            self._run.children.remove(self._child.id)
            self._child.end()
            self._child = None

    def _begin(self) -> None:
        run = self._run
        share = None if run.memory_limit is None else run.memory_limit / 2
        self._known = (run.incumbent, run.proof)

        def work(pipe: Connection) -> None:
            _work(self._instance, self._goal, self._names, run, share, pipe)

        self._child = Child(work)
        run.children.append(self._child.id)

    def _receive(self, child: Child) -> None:
        try:
            while self._child is not None and child.pipe.poll():
                self._take(child.pipe.recv())
        except (EOFError, ConnectionResetError):  # It was ended from outside, perhaps for its memory.
            self.ended = Ended(self._names[0], "memory", {})
            self.end()

    def _take(self, said: Any) -> None:
        run = self._run
        if isinstance(said, Ended):
            self.ended = said
            self.end()
            if said.fault:
                raise InternalError(f"{said.fault} (in a second process); please report the instance file")
            return
        if said is None:
            self._unheard = False
            return
        name, incumbent, proof = said
        if incumbent is not None:
            run.offer(incumbent.parameters, incumbent.loss, incumbent.signs)
        if proof is not None:
            run.prove(proof.bound, proof.strict, proof.grounds)
        self._known = run.incumbent, run.proof
        if self._goal.reached(run):
            self.reached = name
            raise Stop(REACHED)


class _Speaker:
    """The first process as the second one sees it: an observer of its run."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._busy = False
        self._said: tuple[Incumbent | None, Proof | None] = (None, None)
        self.name = ""

    def knows(self, run: Run) -> None:
        """What the run holds now is known to the other side."""
        self._said = (run.incumbent, run.proof)

    def state(self, run: Run) -> None:
        """Say what is new, and take what the other side says."""
        if self._busy:
            return
        self._busy = True
        try:
            incumbent, proof = run.incumbent, run.proof
            if (incumbent, proof) != self._said:
                old = self._said
                self._said = (incumbent, proof)
                said = (incumbent if incumbent != old[0] else None, proof if proof != old[1] else None)
                self._pipe.send((self.name, *said))
            while self._pipe.poll():
                incumbent, proof = pickle.loads(self._pipe.recv_bytes())
                self._pipe.send(None)
                if incumbent is not None:
                    run.offer(incumbent.parameters, incumbent.loss, incumbent.signs)
                if proof is not None:
                    run.prove(proof.bound, proof.strict, proof.grounds)
                self.knows(run)
        finally:
            self._busy = False


def _work(
    instance: Instance, goal: Goal, names: Sequence[str], given: Run, memory: float | None, pipe: Connection
) -> None:
    """What the second process does: one method after the other, until one reaches the goal."""
    speaker = _Speaker(pipe)
    run = Run(given.time_limit, memory, Observer(state=speaker.state), given.started, seed=given.seed + 1)
    run.reserve = given.reserve
    run.incumbent, run.proof, run.first = given.incumbent, given.proof, given.first
    speaker.knows(run)
    ended = Ended(names[0], "exhausted", {})
    for name in sorted(names, key=lambda name: not _ends_soon(instance, name)):
        speaker.name = name
        with threads.at_most(1):  # The first process has the other one.
            stop, stats, fault = _tried(instance, goal, name, run)
        speaker.state(run)
        ended = Ended(name, stop, stats, fault)
        if fault or goal.reached(run) or stop in ("time", "interrupt"):
            break
    pipe.send(ended)


def _ends_soon(instance: Instance, name: str) -> bool:
    """Whether boxes are predicted to end soon: then they come first, before local search."""
    if name != "boxes":
        return False
    said = method(name).assess(instance)
    return not isinstance(said, str) and said.seconds <= SOON


def _tried(instance: Instance, goal: Goal, name: str, run: Run) -> tuple[str, Mapping[str, Any], str]:
    """How a method stopped, its figures, and its fault if there was one."""
    try:
        one = method(name)
        if isinstance(one.assess(instance), str):
            return "exhausted", {}, ""
        return "exhausted", one.solve(instance, goal, run), ""
    except Stop as stop:
        return stop.kind, {}, ""
    except (TooLarge, MemoryError):
        return "memory", {}, ""
    except MethodUnsuitable:
        return "exhausted", {}, ""
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise  # The first process has ended.
    except Exception as error:  # A fault of dnnt: the first process raises it as one, and nothing is lost on the way.
        return "exhausted", {}, f"{type(error).__name__}: {error}"
