"""Clauses for CaDiCaL in a process of its own, and the proofs that it writes."""
