"""The rules by name, each with its variants, the repaired one first, and the module of each."""

from __future__ import annotations

from collections.abc import Mapping

WHERE: Mapping[str, Mapping[str, str]] = {
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

RULES = tuple(WHERE)
"""The names of the rules."""


def variants(rule: str) -> tuple[str, ...]:
    """The variants of a rule, the repaired one first."""
    return tuple(WHERE[rule])
