"""The kinds of grounds that speak of the normal form, one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dnnt_check.branch import check_branch, read_branch
from dnnt_check.budget import Work
from dnnt_check.clauses import check_clauses, read_clauses
from dnnt_check.column_search import check_columns, read_columns
from dnnt_check.form import Form
from dnnt_check.instance import Instance
from dnnt_check.numbers import Number
from dnnt_check.reading import Place
from dnnt_check.splits import check_splits, read_splits


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of grounds.

    Attributes:
        read: (JSON object, its place, work) -> the grounds as checked values; raises Invalid.
        check: (instance, its normal form, what was read, bound, strict, work): raises Invalid unless it is proved that
            no parameters have a loss below the bound (with `strict`: nor equal to it).
    """

    read: Callable[[Any, Place, Work], Any]
    check: Callable[[Instance, Form, Any, Number, bool, Work], None]


FORM_KINDS: Mapping[str, Kind] = {
    "clauses": Kind(read_clauses, check_clauses),
    "branch": Kind(read_branch, check_branch),
    "columns": Kind(read_columns, check_columns),
    "splits": Kind(read_splits, check_splits),
}
