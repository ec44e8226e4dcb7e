"""Handing a certificate to the independent checker. The only place that calls `dnnt_check`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dnnt_check
from dnnt.certificate import BoxWindow, DirectionBound, ReachableStates
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

    @property
    def too_much(self) -> bool:
        """Whether the checker did not look at the claim, for that is more work than its budget or limits allow."""
        return not self.valid and "too much work" in self.line


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


def load() -> None:
    """Import the checker, so that it need not be imported when a limit has come."""
    dnnt_check.load()


def predicted_seconds(
    grounds: ReachableStates,
    *,
    coordinates: int,
    span: int,
    groups: int = 1,
    copies: int = 1,
    widths: Sequence[int] = (),
    file_bytes: int = 0,
) -> float:
    """About how long the check of such grounds will take at most, from their sizes alone.

    `span` is the number of grid points of the box around the reachable states, `groups` how many different units there
    are, `copies` the largest number of equal units in one half, `widths` by how much the vectors of the window's unit
    differ in each coordinate (only with a window), `file_bytes` the length of both files.
    """
    windows = sum(isinstance(each, BoxWindow) for each in grounds.boxes)
    bounds = {each.cut for each in grounds.boxes if isinstance(each, DirectionBound) and each.cut}
    bounds |= {cut for each in grounds.boxes if isinstance(each, BoxWindow) for cut in each.cuts}
    return dnnt_check.predicted_seconds(
        dict(grounds.sizes),
        grounds.last,
        coordinates=coordinates,
        span=span,
        groups=groups,
        copies=copies,
        directions_count=len(grounds.cuts) + len(grounds.residues) + len(bounds),
        capped_by_cut=bool(grounds.cuts) and not grounds.window,
        window=tuple(widths) if grounds.window or windows else None,
        windows=max(1, windows),
        boxes=len(grounds.boxes),
        rest=grounds.rest,
        file_bytes=file_bytes,
    )
