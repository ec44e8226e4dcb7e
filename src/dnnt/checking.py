"""Handing a certificate to the independent checker. The only place that calls `dnnt_check`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import dnnt_check
from dnnt.exact import Number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says: valid or not, the claim in words, its numbers, and the line that it prints."""

    valid: bool
    claim: str
    upper: Number | None
    lower: Number | None
    strict: bool
    line: str


def verdict(
    instance: bytes,
    certificate: bytes,
    budget: float = 600.0,
    memory: int | None = None,
    watch: Callable[[], None] | None = None,
) -> Verdict:
    """Check certificate bytes against instance bytes. `budget` in seconds, `memory` in bytes; `watch` may raise."""
    said = dnnt_check.check(instance, certificate, budget=budget, memory=memory, watch=watch)
    return Verdict(said.valid, said.claim or "", said.upper, said.lower, said.strict, said.line)
