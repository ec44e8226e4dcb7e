"""CaDiCaL in a process of its own, which limits and interrupts end at once."""

from __future__ import annotations

import importlib.util
import os
import select
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from dnnt.errors import InternalError
from dnnt.running import Run, Stop
from dnnt.running.run import MIB, available_bytes, resident_bytes

TICK = 0.02
"""Seconds between two looks at the limits."""

MOST_PROOF = 6 << 30
"""Bytes of a proof, on disk."""

UNKNOWN = 2
"""The status of an answer that a limit on conflicts has cut short."""

SCARCE = 128 * MIB
"""Bytes that are left to the machine."""


class Solver:
    """A solver for clauses; use it in a `with` block. Clauses may be added between calls of `solve`."""

    def __init__(self, run: Run, proof: bool, options: Sequence[str] = ()) -> None:
        self.run = run
        self.folder = tempfile.TemporaryDirectory(prefix="dnnt-") if proof else None
        self.proof_file = None if self.folder is None else Path(self.folder.name) / "proof"
        found = importlib.util.find_spec("pysolvers")
        if found is None or found.origin is None:
            raise InternalError("python-sat has no solvers; please install it again")
        child = Path(__file__).with_name("child.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-E", str(child), found.origin, str(self.proof_file or ""), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None, "both are pipes"
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        self._looked = 0
        self._given = 0
        self.gaps: list[int] = []  # CaDiCaL numbers the failure of assumptions, too, without writing it down.

    def __enter__(self) -> Solver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if self.folder is not None:
            self.folder.cleanup()

    def add(self, flat: Sequence[int]) -> None:
        """Add clauses, each ended by 0."""
        self._given += flat.count(0)
        self._send(b"c", flat)

    def prefer(self, literals: Sequence[int]) -> None:
        """Try these literals first."""
        self._send(b"p", literals)

    def solve(self, assumptions: Sequence[int] = ()) -> list[int] | None:
        """A model (its literals in order of their variables), or None where there is none."""
        self._send(b"s", assumptions)
        status, numbers = self._answer()
        self._failed(status, assumptions)
        return numbers.tolist() if status else None

    def limited(self, conflicts: int, assumptions: Sequence[int] = ()) -> tuple[bool, list[int] | None]:
        """Whether it is known, and then as `solve`; given up after so many conflicts."""
        self._send(b"l", (conflicts, *assumptions))
        status, numbers = self._answer()
        self._failed(status, assumptions)
        return status != UNKNOWN, numbers.tolist() if status == 1 else None

    def _failed(self, status: int, assumptions: Sequence[int]) -> None:
        if not status and assumptions:
            self.gaps.append(self._given)

    def begin(self, conflicts: int = 0) -> None:
        """Begin to solve, perhaps with a limit on conflicts; `ended` says when it is done."""
        self._send(b"l" if conflicts else b"s", (conflicts,) if conflicts else ())

    def ended(self, beside: Solver | None = None) -> tuple[bool, list[int] | None] | None:
        """What has come of it, as `limited` says it; None after a moment without, or where the one beside has news."""
        waiting = [self._from] if beside is None else [self._from, beside._from]
        ready, _, _ = select.select(waiting, (), (), TICK)
        self._look()
        if self._from not in ready:
            return None
        status, numbers = self._answer()
        return status != UNKNOWN, numbers.tolist() if status == 1 else None

    def proof(self) -> bytes:
        """The proof so far, as CaDiCaL writes it: binary, with hints."""
        self._send(b"f", ())
        self._answer()
        assert self.proof_file is not None, "a proof was asked for"
        self.run.need(40 * self.proof_file.stat().st_size, "the solver's proof")
        return self.proof_file.read_bytes()

    def _send(self, command: bytes, numbers: Sequence[int]) -> None:
        raw = array("i", numbers).tobytes()
        rest = memoryview(command + len(raw).to_bytes(8, "little") + raw)
        while rest:
            select.select((), (self._to,), (), TICK)
            self._look()
            try:
                rest = rest[os.write(self._to, rest[: 1 << 20]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self._lost()

    def _answer(self) -> tuple[int, array[int]]:
        head = self._read(9)
        numbers = array("i")
        numbers.frombytes(self._read(int.from_bytes(head[1:], "little")))
        return head[0], numbers

    def _read(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size:
            ready, _, _ = select.select((self._from,), (), (), TICK)
            self._look()
            if ready:
                more = os.read(self._from, min(size - len(got), 1 << 20))
                if not more:
                    self._lost()
                got += more
        return bytes(got)

    def _lost(self) -> None:
        """The process has ended by itself: most likely the system took its memory."""
        self._process.wait()
        raise Stop("memory", f"the solver's process ended (status {self._process.returncode})")

    def _look(self) -> None:
        """Look at the limits: those of the run, and the memory and the proof of the other process."""
        self.run.poll()
        self._looked += 1
        if self._looked % 5:
            return
        size = _resident(self._process.pid)
        limit = self.run.memory_limit
        if limit is not None and size + resident_bytes() > limit * MIB:
            raise Stop("memory", f"the limit of {limit:,.6g} MiB is reached, with the solver's process")
        if size > SCARCE and available_bytes() < SCARCE:
            raise Stop("memory", "the machine's memory is used up by the solver's process")
        if self.proof_file is not None and self.proof_file.exists() and self.proof_file.stat().st_size > MOST_PROOF:
            raise Stop("memory", f"the solver's proof is longer than {MOST_PROOF // MIB:,} MiB")


def _resident(process: int) -> int:
    """The resident memory of another process; 0 where the system does not say."""
    try:
        with open(f"/proc/{process}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
