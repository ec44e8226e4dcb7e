"""Ways of solving an instance, one a file; all share the interface in `base`. `ALL` lists them by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from dnnt.methods.base import Method

_WHERE: Mapping[str, str] = {
    "boxes": "dnnt.methods.boxes",
    "branch": "dnnt.methods.branch",
    "brute-force": "dnnt.methods.brute_force",
    "columns": "dnnt.methods.columns",
    "cpsat": "dnnt.methods.cpsat",
    "paper-dp": "dnnt.methods.paper_dp",
    "reachable": "dnnt.methods.reachable",
    "restricted": "dnnt.methods.restricted",
    "sat": "dnnt.methods.sat",
    "search": "dnnt.methods.search",
    "subset-sum": "dnnt.methods.subset_sum",
}

NAMES = tuple(_WHERE)


def method(name: str) -> Method:
    """The method of that name (one of `NAMES`)."""
    made: Method = import_module(_WHERE[name]).METHOD
    return made
