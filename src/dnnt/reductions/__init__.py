"""The paper's reductions, one arrow a file, in every variant; all share the interface in `base`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from dnnt.errors import MethodUnsuitable, shown
from dnnt.reductions.base import REPAIRED, Reduction

_WHERE: Mapping[str, Mapping[str, str]] = {
    "slp-to-dnnt": {
        "repaired": "dnnt.reductions.slp_to_dnnt",
        "digits": "dnnt.reductions.slp_to_dnnt_digits",
        "printed": "dnnt.reductions.slp_to_dnnt_printed",
    },
    "dnnt-to-cnnt": {
        "repaired": "dnnt.reductions.dnnt_to_cnnt",
        "probes": "dnnt.reductions.dnnt_to_cnnt_probes",
        "printed": "dnnt.reductions.dnnt_to_cnnt_printed",
    },
    "subset-sum-to-dnnt": {"repaired": "dnnt.reductions.subset_sum_to_dnnt"},
    "csp-to-dnnt": {
        "repaired": "dnnt.reductions.csp_to_dnnt",
        "printed": "dnnt.reductions.csp_to_dnnt_printed",
    },
    "exact-cover-to-dnnt": {"repaired": "dnnt.reductions.exact_cover_to_dnnt"},
}

RULES = tuple(_WHERE)
"""The names of the rules."""


def variants(rule: str) -> tuple[str, ...]:
    """The variants of a rule, the repaired one first."""
    return tuple(_WHERE[rule])


def reduction(rule: str, variant: str = REPAIRED) -> Reduction:
    """The rule in a variant. Raises `MethodUnsuitable` where there is none of these names."""
    if not isinstance(rule, str) or rule not in _WHERE:
        raise MethodUnsuitable(f"there is no rule {shown(rule)}; there are {', '.join(RULES)}")
    if not isinstance(variant, str) or variant not in _WHERE[rule]:
        raise MethodUnsuitable(f"{rule} has no variant {shown(variant)}; it has {', '.join(_WHERE[rule])}")
    made: Reduction = import_module(_WHERE[rule][variant]).REDUCTION
    return made


def all_reductions() -> tuple[Reduction, ...]:
    """Every rule in every variant."""
    return tuple(reduction(rule, variant) for rule in RULES for variant in variants(rule))
