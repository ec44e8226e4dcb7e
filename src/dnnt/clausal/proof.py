"""CaDiCaL's proof with hints, trimmed: only the steps and clauses that the empty clause needs, renumbered.

The file is binary LRAT: `a`, a number, literals, 0, hints, 0 for a new clause; `d`, numbers, 0 for clauses to be
forgotten, which need not be forgotten here. Numbers count clauses given and made together; those given are the numbers
that are not made. A clause is needed if a needed one, or the empty one, hints at it: one walk backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dnnt.kernels import loading
from dnnt.kernels.proof_walk import Ints, trim

SHORT = 400_000
"""Bytes of a proof that are walked through without compiled loops: half a second."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """Which of the clauses given are used, from 0 and in order, and the proof: literals, 0, hints, 0, and so on. Its
    hints count the used clauses first, from 1.
    """

    used: Ints
    proof: Ints

    def renamed(self, number: Mapping[int, int]) -> list[int]:
        """The proof with other numbers for its literals."""
        zeros = self.proof == 0
        literals = (np.cumsum(zeros) & 1) == 0
        literals &= ~zeros
        names = np.zeros(max(number, default=0) + 1, np.int64)
        names[list(number)] = list(number.values())
        made = self.proof.copy()
        made[literals] = np.sign(self.proof[literals]) * names[np.abs(self.proof[literals])]
        found: list[int] = made.tolist()
        return found


def trimmed(raw: bytes, given: int, poll: Callable[[], None]) -> Trimmed:
    """What the empty clause needs; `given` is how many clauses were given."""
    if len(raw) <= SHORT:
        return _walked(raw, given, trim)
    made: list[Trimmed] = []
    loading.beside(lambda: made.append(_walked(raw, given, _loaded())), poll)
    return made[0]


def _walked(raw: bytes, given: int, walk: Any) -> Trimmed:
    numbers = decoded(raw)
    with_room: Ints = np.zeros(len(numbers) + 2, np.int64)
    used, size = walk(numbers, given, with_room)
    return Trimmed(used, with_room[:size])


def decoded(raw: bytes) -> Ints:
    """The numbers of the file: 7 bits a byte, low ones first; signed ones are left as they are. Letters are numbers."""
    data = np.frombuffer(raw, np.uint8)
    if not len(data):
        return np.zeros(0, np.int64)
    ends = np.flatnonzero(data < 128)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    values = np.zeros(len(ends), np.int64)
    for place in range(int((ends - starts).max()) + 1):
        at = starts + place
        inside = at <= ends
        values[inside] |= (data[at[inside]] & 127).astype(np.int64) << (7 * place)
    return values


def _loaded() -> Any:
    from dnnt.kernels import proofs

    return proofs.trim
