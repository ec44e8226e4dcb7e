"""What a method reports to while it runs: limits, interrupts, the best parameters and the best bound so far."""

from dnnt.running.run import (
    MIB,
    Claim,
    Incumbent,
    Observer,
    Proof,
    Run,
    Stop,
    resident_bytes,
)
from dnnt.running.ticks import ticking

__all__ = [
    "MIB",
    "Claim",
    "Incumbent",
    "Observer",
    "Proof",
    "Run",
    "Stop",
    "resident_bytes",
    "ticking",
]
