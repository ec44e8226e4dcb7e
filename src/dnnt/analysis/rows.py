"""What the tables of theorems are made of: a row, and the words for figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dnnt.analysis.facts import Facts


@dataclass(frozen=True, slots=True)
class Row:
    """A theorem, the instances that it speaks about, and what it says about one of them."""

    theorem: str
    speaks: Callable[[Facts], bool]
    says: Callable[[Facts], str]


INEXACT = frozenset(("hinge", "misclassified", "printed_pairs"))
"""Losses that are not 0 exactly where f = y. Reductions that ask for an exact fit say nothing about them."""


def exact_fit(about: Facts) -> bool:
    """Whether the loss is 0 exactly where f = y, or may be (a table, a function given from Python)."""
    return about.loss not in INEXACT
