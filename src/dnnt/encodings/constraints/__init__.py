"""Encodings: the normal form of an instance as the problem of a general solver, as data."""
