"""The problems that reductions start from, one kind a file; all share the interface in `base`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from dnnt.problems.base import Problem

_WHERE: Mapping[str, tuple[str, str]] = {
    "subset-sum": ("subset_sum", "SubsetSum"),
    "csp": ("csp", "CSP"),
    "exact-cover": ("exact_cover", "ExactCover"),
    "slp": ("straight_line", "StraightLineProgram"),
}


class _Kinds(Mapping[str, type[Problem]]):
    """A class is loaded when it is asked for."""

    def __getitem__(self, kind: str) -> type[Problem]:
        module, name = _WHERE[kind]
        made: type[Problem] = getattr(import_module(f"dnnt.problems.{module}"), name)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(_WHERE)

    def __len__(self) -> int:
        return len(_WHERE)


KINDS: Mapping[str, type[Problem]] = _Kinds()
"""The kinds by the name that a file gives."""
