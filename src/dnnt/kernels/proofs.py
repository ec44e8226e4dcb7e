"""Proofs of solvers: which steps the empty clause needs, and whether they follow. Compiled."""

from __future__ import annotations

from dnnt.kernels import proof_walk
from dnnt.kernels.loading import compiled

trim = compiled(proof_walk.trim)
follows = compiled(proof_walk.follows)
