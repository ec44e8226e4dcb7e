"""The paper's reductions, one arrow a file, in every variant; all share the interface in `base`."""

from __future__ import annotations

from importlib import import_module

from dnnt.errors import MethodUnsuitable, shown
from dnnt.reductions.base import REPAIRED, Reduction
from dnnt.rules import RULES, WHERE, variants

__all__ = ["RULES", "all_reductions", "reduction", "variants"]


def reduction(rule: str, variant: str = REPAIRED) -> Reduction:
    """The rule in a variant. Raises `MethodUnsuitable` where there is none of these names."""
    if not isinstance(rule, str) or rule not in WHERE:
        raise MethodUnsuitable(f"there is no rule {shown(rule)}; there are {', '.join(RULES)}")
    if not isinstance(variant, str) or variant not in WHERE[rule]:
        raise MethodUnsuitable(f"{rule} has no variant {shown(variant)}; it has {', '.join(WHERE[rule])}")
    made: Reduction = import_module(WHERE[rule][variant]).REDUCTION
    return made


def all_reductions() -> tuple[Reduction, ...]:
    """Every rule in every variant."""
    return tuple(reduction(rule, variant) for rule in RULES for variant in variants(rule))
