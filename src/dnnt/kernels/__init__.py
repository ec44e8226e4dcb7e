"""Compiled loops: arrays in, arrays out. Bitsets are arrays of 64-bit words, keys are packed into int64.

Importing any module of this package but `loading` loads numba: import them inside functions, where `loading.worth` says
that the work pays for it. No kernel checks for overflow: the callers prove that no sum leaves int64, and each docstring
says what they have to prove. The loops run without the interpreter's lock, so two threads can do independent work.
Long work is cut into calls of a few milliseconds, with a call of `poll` between them.
"""
