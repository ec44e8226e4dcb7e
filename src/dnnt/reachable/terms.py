"""A total loss as a sum of terms, each a function of a few coordinates of the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dnnt.exact import Number


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a total loss: the coordinates it depends on, and its value for their digits.

    `convex`: it depends on one coordinate and is a convex function of it.
    """

    axes: tuple[int, ...]
    cost: Callable[[tuple[int, ...]], Number]
    convex: bool = False
