"""Compiled loops: arrays in, arrays out. Bitsets are arrays of 64-bit words, keys are packed into int64.

Importing any module of this package but `loading` and `threads` loads numba: import them inside functions, where
`loading.worth` says that the work pays for it. No kernel checks for overflow: the callers prove that no sum leaves
int64, and each docstring says what they have to prove. Long work is cut into calls of a few milliseconds, with a call
of `poll` between them. The loops run without the interpreter's lock, so `threads` can do two pieces beside each other.
"""
