"""Compiling kernels with Numba, and keeping what was compiled where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first called; the machine code is kept on disk where that is possible."""
    made: Any
    try:
        made = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # No directory that can be written to.
        made = njit(nogil=True)(function)
    return cast(F, made)
