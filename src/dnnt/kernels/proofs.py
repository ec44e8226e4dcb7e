"""Proofs of solvers: which steps the empty clause needs, compiled."""

from __future__ import annotations

from dnnt.kernels.loading import compiled
from dnnt.kernels.proof_walk import trim as walk

trim = compiled(walk)
