"""CaDiCaL's proof with hints, trimmed: only the steps and clauses that the empty clause needs, renumbered.

The file is binary LRAT: `a`, a number, literals, 0, hints, 0 for a new clause; `d`, numbers, 0 for clauses to be
forgotten, which need not be forgotten here. Numbers count clauses given and made together; those given are the numbers
that are not made. A clause is needed if a needed one, or the empty one, hints at it: one walk backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dnnt.kernels import loading, proof_walk
from dnnt.kernels.proof_walk import Ints

SHORT = 400_000
"""Bytes of a proof that are walked through without compiled loops: half a second."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """Which of the clauses given are used, from 0 and in order, and the proof: literals, 0, hints, 0, and so on. Its
    hints count the used clauses first, from 1.
    """

    used: Ints
    proof: Ints

    @property
    def ends_in_a_clause(self) -> bool:
        """Whether the last clause made is not the empty one."""
        zeros = np.flatnonzero(self.proof == 0)
        # Before the zero after its literals stands the zero that ends the step before it, or nothing, if it has none.
        before = zeros[-3] if len(zeros) > 2 else -1
        return bool(zeros[-2] - before > 1)

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


def trimmed(
    raw: bytes, flat: Sequence[int], poll: Callable[[], None], goal: int = 0, gaps: Sequence[int] = ()
) -> Trimmed | None:
    """What the clause of one literal `goal` (0: the empty clause) needs; None where the proof does not derive it.

    `flat` are the clauses given, each ended by 0, and `gaps` (increasing) how many of them were there each time that
    assumptions failed. With a goal one number after those of the clauses used is left free.
    """
    if len(raw) <= SHORT:
        return _walked(raw, flat, proof_walk, goal, gaps)
    return loading.beside(lambda: _walked(raw, flat, _loaded(), goal, gaps), poll)


def _walked(raw: bytes, flat: Sequence[int], walks: Any, goal: int, gaps: Sequence[int]) -> Trimmed | None:
    numbers = decoded(raw)
    with_room: Ints = np.zeros(len(numbers) + 2, np.int64)
    clauses = np.array(flat, np.int64)
    ends = np.flatnonzero(clauses == 0)
    code = 2 * goal if goal >= 0 else 1 - 2 * goal
    extra = 1 if goal else 0
    used, size = walks.trim(numbers, len(ends), with_room, code, extra, np.array(gaps, np.int64))
    if size < 0:
        return None
    proof = with_room[:size]
    starts = np.concatenate((np.zeros(1, np.int64), ends + 1))
    pieces = [clauses[starts[k] : starts[k + 1]] for k in used]
    given = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
    return Trimmed(used, proof) if walks.follows(given, proof, extra) else None


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

    return proofs
