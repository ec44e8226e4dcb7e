"""What all loops on words share: types, sizes, and single instructions of the processor.

Bit k of a bitset is bit k & 63 of word k >> 6. A bitset of a given span has no bit set at or past it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Keys = NDArray[np.int64]
Poll = Callable[[], None]


def words_for(span: int) -> int:
    """The number of words of a bitset of this span."""
    return (span + 63) >> 6


def empty(span: int) -> Words:
    """The empty bitset of this span."""
    return np.zeros(words_for(span), np.uint64)


def clear_past(words: Words, span: int) -> None:
    """Clear the bits at and past the span in the last word of a bitset."""
    if span & 63 and len(words) == words_for(span):
        words[-1] &= np.uint64((1 << (span & 63)) - 1)


def _instruction(code: Any) -> Any:
    """An instruction that compiled loops call by the name of the function that emits it."""
    return intrinsic(code)


@_instruction
def ones(typing_context: Any, word: Any) -> Any:
    """The number of set bits of a uint64, as an int64."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), code


@_instruction
def lowest(typing_context: Any, word: Any) -> Any:
    """The place of the lowest set bit of a uint64 that is not 0, as an int64."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code


@_instruction
def mirrored(typing_context: Any, word: Any) -> Any:
    """A uint64 with its bits in reverse order."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitreverse(arguments[0])

    return types.uint64(types.uint64), code
