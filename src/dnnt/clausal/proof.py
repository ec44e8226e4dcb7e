"""CaDiCaL's proof with hints, trimmed: only the steps and clauses that the empty clause needs, renumbered.

The file is binary LRAT: `a`, a number, literals, 0, hints, 0 for a new clause; `d`, numbers, 0 for clauses to be
forgotten, which need not be forgotten here. Numbers count clauses given and made together; those given are the numbers
that are not made. A clause is needed if a needed one, or the empty one, hints at it: one walk backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dnnt.kernels import loading
from dnnt.kernels.proof_walk import Ints, trim

SHORT = 400_000
"""Numbers of a proof that are walked through without compiled loops: half a second."""


def trimmed(raw: bytes, given: int, poll: Callable[[], None]) -> tuple[list[int], list[int]]:
    """(used, proof): the clauses given that are used, from 0 in order, and the proof: literals, 0, hints, 0, and so
    on, whose hints count the used clauses first, from 1. `given` is how many clauses were given.
    """
    numbers = decoded(raw)
    poll()
    walk: Any = trim
    if len(numbers) > SHORT:
        loading.beside(_load, poll)
        walk = _loaded()
    with_room: Ints = np.zeros(len(numbers) + 2, np.int64)
    used, size = walk(numbers, given, with_room)
    return used.tolist(), with_room[:size].tolist()


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


def _load() -> None:
    _loaded()(np.array([97, 4, 0, 2, 0], np.int64), 1, np.zeros(8, np.int64))
