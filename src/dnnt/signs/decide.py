"""The sign of the integer that a straight-line program computes: PosSLP, by everything that helps.

In this order: exact arithmetic while numbers are short; balls with expansion of what cancels (`engine.py`); residues
modulo random primes; balls of more and more bits; exact arithmetic of long numbers. What proves nothing is said to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Any

from dnnt.running import Run, Stop, ticking
from dnnt.signs import exactly, residues
from dnnt.signs.circuit import Node, Step, heights, of_steps
from dnnt.signs.engine import FREE, GOOD, Engine
from dnnt.signs.expansion import Limits

SHORT = 1 << 22
"""Bits of all numbers together up to which they are simply computed."""

QUICK = 1 << 28
"""The same where residues say 0 and only the proof is missing."""

LONG = 1 << 30
"""The most bits of a number that is computed exactly when nothing else helps."""

SLOW = 1 << 34
"""The most bits of all products together that are computed then."""

PRECISE = 1 << 22
"""The most bits of balls."""

MEASURED = 20_000
"""Bounds on lengths are followed up to 2^MEASURED."""

LONGEST_WRITTEN = 14_000
"""Lengths of so many bits themselves are written as a power of 2: readers refuse integers of 4,300 digits."""

PATIENCE = 60.0
"""Seconds that residues may take by prediction."""


@dataclass(frozen=True, slots=True)
class SignVerdict:
    """The sign of a program's last value, and how sure it is.

    `sign`: 1, 0, -1 or None (not found). `proved`: by proof; else `error` bounds the probability that it is wrong.
    `nonzero`: proved not to be 0, which may be all that is known. `bits`: about how many bits the value has. `stop`:
    which limit came first, if one did.
    """

    sign: int | None
    proved: bool
    error: str | None
    nonzero: bool
    method: str
    bits: int
    seconds: float
    stop: str | None = None

    @property
    def positive(self) -> bool | None:
        """Whether the value is above 0; None where that is not known."""
        return None if self.sign is None else self.sign > 0

    def to_json(self) -> dict[str, Any]:
        """The fields of `dnnt slp --json`."""
        return {
            "sign": self.sign,
            "positive": self.positive,
            "proved": self.proved,
            "error": self.error,
            "nonzero": self.nonzero,
            "method": self.method,
            "bits": self.bits if self.bits.bit_length() < LONGEST_WRITTEN else f"2^{self.bits.bit_length() - 1}",
            "seconds": round(self.seconds, 6),
        }


def decide(
    steps: Sequence[Step],
    poll: Callable[[], None] = lambda: None,
    room: Callable[[], int] = lambda: 1 << 32,
    seed: int | None = None,
) -> SignVerdict:
    """The sign of the last value of a straight-line program (of 1 where there is no step).

    `poll` is called often and may raise; `room` says how many bytes may still be taken. `seed`: of the
    random primes; None draws them afresh, for the error holds against a given program only if they are unforeseen.
    """
    return Decision(steps, poll, room, seed).run()


def decide_within(steps: Sequence[Step], run: Run, seed: int | None = None) -> SignVerdict:
    """The same under the limits and interrupts of a run: what is known when one comes is the verdict."""
    decision = Decision(steps, run.poll, lambda: run.room, seed, run.started)
    try:
        with ticking(run.check):
            return decision.run()
    except Stop as stop:
        return decision.verdict(None, stop=stop.kind)
    except MemoryError:
        return decision.verdict(None, stop="memory")


class Decision:
    """One decision; `verdict` says what is known so far, also after `poll` has raised."""

    def __init__(
        self,
        steps: Sequence[Step],
        poll: Callable[[], None] = lambda: None,
        room: Callable[[], int] = lambda: 1 << 32,
        seed: int | None = None,
        started: float | None = None,
    ) -> None:
        self.started = monotonic() if started is None else started
        self.steps = steps
        self.nodes: tuple[Node, ...] = ()
        self.poll = poll
        self.room = room
        self.random = Random(seed)
        self.bound = 0
        self.nonzero = False
        self.tried: list[str] = []

    def run(self) -> SignVerdict:
        """Try everything in turn."""
        self.nodes = of_steps(self.steps)
        most = 1 << min(len(self.nodes) + 8, MEASURED)
        lengths = exactly.lengths(self.nodes, most)
        self.bound = lengths[-1]
        if sum(lengths) <= SHORT:
            return self._exact()
        height = max(heights(self.nodes))
        for each, spare, tries in ((2, 128, FREE), (4, 1024, FREE)):
            found = self._by_balls(each, spare, tries)
            if found is not None:
                return found
        zero = self._by_residues()
        if zero is not None and sum(lengths) > QUICK:
            return zero
        if zero is None:
            spare = 4 * height + 4096
            while spare <= PRECISE:
                found = self._by_balls(4, spare, ())
                if found is not None:
                    return found
                spare *= 2
        if max(lengths) <= LONG and sum(lengths) <= SLOW and self._fits(max(lengths)):
            return self._exact()
        return zero or self.verdict(None)

    def verdict(
        self,
        sign: int | None,
        method: str | None = None,
        bits: int | None = None,
        error: str | None = None,
        stop: str | None = None,
    ) -> SignVerdict:
        """What is known, with the sign that was found, if one was."""
        if method is None:
            method = "not found by " + ", ".join(self.tried) if self.tried else "none yet"
            method += f" (stopped: {stop})" if stop else ""
        return SignVerdict(
            sign,
            sign is not None and error is None,
            error,
            self.nonzero or bool(sign),
            method,
            self.bound if bits is None else bits,
            monotonic() - self.started,
            stop,
        )

    def _fits(self, size: int) -> bool:
        return size < self.room()

    def _exact(self) -> SignVerdict:
        self.tried.append("exact arithmetic")
        value = exactly.last_value(self.nodes, self.poll)
        return self.verdict((value > 0) - (value < 0), "exact arithmetic", int(value.bit_length()))

    def _by_balls(self, each: int, spare: int, tries: tuple[Limits, ...]) -> SignVerdict | None:
        """By balls with `spare` bits and `each` for each product on the longest way, with these tries at expanding what
        cancels.
        """
        above = heights(self.nodes)
        bits = each * max(above) + spare
        text = f"balls of {bits:,} bits"
        if not self._fits(bits * len(above) // 8):
            self.tried.append(f"{text} (too many for the memory)")
            return None
        self.tried.append(f"{text} and expansion" if tries else text)
        engine = Engine(bits, self.poll, tries)
        for node, height in zip(self.nodes, above, strict=True):
            self.poll()
            engine.add(node, GOOD + height)
        sign = engine.sign(len(self.nodes) - 1)
        if sign is None:
            return None
        if engine.expansions:
            text += f" and expansion of {len(engine.expansions):,} sums that cancel"
        return self.verdict(sign, text, engine.length(len(self.nodes) - 1))

    def _by_residues(self) -> SignVerdict | None:
        """The verdict that the value is 0 but for a small error; else it is known to be nonzero, or nothing is."""
        bits = residues.prime_bits(self.bound)
        far = bits > residues.LONGEST or self.bound >> MEASURED or residues.seconds(len(self.nodes), bits) > PATIENCE
        bits = 128 if far else bits
        self.tried.append(f"residues modulo {residues.PRIMES} random primes of {bits:,} bits")
        if not residues.is_zero(self.nodes, bits, self.random, self.poll):
            self.nonzero = True
            return None
        if far:
            return None
        assert residues.error_bits(self.bound, bits) >= 100
        return self.verdict(0, self.tried[-1], 0, "2^-100")
