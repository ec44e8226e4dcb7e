"""Problem files: JSON and the text formats of other programs <-> source problems."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnnt.errors import InvalidInput, InvalidProblem, shown
from dnnt.formats import json_text
from dnnt.formats.instance_file import BUNDLE, FORMAT as INSTANCE, check_head
from dnnt.problems import KINDS
from dnnt.problems.base import FORMAT, VERSION, Problem

if TYPE_CHECKING:
    from dnnt.problems.exact_cover import ExactCover

FORMATS = ("json", "kp", "col", "dlx", "slp")

Warn = Callable[[str], object]
"""What takes a warning: one line about what was read otherwise than it stands in the file."""


def read(path: str | Path, format: str | None = None, colors: int | None = None, warn: Warn = warnings.warn) -> Problem:
    """Read a problem file; without a `format` its ending says which. `-` is standard input.

    `colors` belongs to graphs (`.col`). Raises `InvalidProblem`: one line with file, place, fault and remedy.
    """
    try:
        return parse(json_text.read_bytes(path), format or _by_ending(path), colors, warn)
    except InvalidInput as error:
        raise InvalidProblem(error.fault, error.remedy, error.place, error.file or str(path)) from None


def parse(raw: bytes, format: str = "json", colors: int | None = None, warn: Warn = warnings.warn) -> Problem:
    """The problem in the (decompressed) bytes of a file of this format."""
    if format not in FORMATS:
        raise InvalidProblem(f"unknown format {shown(format)}", f"known are {', '.join(FORMATS)}")
    if colors is not None and format != "col":
        raise InvalidProblem("a number of colors is given for a file that is no graph", "leave it out")
    if format == "json":
        return from_json(json_text.parse(raw))
    from dnnt.formats import problem_text

    if format == "col":
        return problem_text.coloring(raw, colors, warn)
    if format == "dlx":
        return problem_text.dancing_links(raw, warn)
    return problem_text.knapsack(raw) if format == "kp" else problem_text.straight_line(raw)


def from_json(body: Any) -> Problem:
    """The problem that a parsed JSON object means."""
    if isinstance(body, dict) and body.get("format") in (INSTANCE, BUNDLE):
        raise InvalidProblem(
            f"{shown(body['format'])} is no problem",
            'give a file of format "dnnt-problem"; instances and bundles are reduced by dnnt-to-cnnt',
            "format",
        )
    check_head(body, FORMAT, VERSION)
    known = f"kinds are {', '.join(KINDS)}"
    if "kind" not in body:
        raise InvalidProblem('missing key "kind"', known)
    if not isinstance(body["kind"], str) or body["kind"] not in KINDS:
        raise InvalidProblem(f"unknown kind {shown(body['kind'])}", known, "kind")
    return KINDS[body["kind"]].from_json(body)


def sudoku(line: str) -> ExactCover:
    """The exact cover that a sudoku means (see `problem_text.sudoku`)."""
    from dnnt.formats import problem_text

    return problem_text.sudoku(line)


def to_bytes(problem: Problem) -> bytes:
    """The bytes of a JSON file of the problem."""
    return (json_text.dumps(problem.to_json()) + "\n").encode()


def _by_ending(path: str | Path) -> str:
    name = str(path).lower().removesuffix(".gz")
    return next((format for format in FORMATS[1:] if name.endswith(f".{format}")), "json")
