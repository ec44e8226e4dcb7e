"""Problem files in JSON, formats by ending and by name, and that every bad file is refused by one line that says where.

The text formats themselves are tested in `test_problem_texts`.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dnnt.errors import InvalidProblem
from dnnt.formats import problem_file
from dnnt.problems.base import Problem
from dnnt.problems.csp import CSP
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from tests.formats.problem_reading import no_warning, refusal

SUBSET_SUM: dict[str, Any] = {
    "format": "dnnt-problem",
    "version": 1,
    "kind": "subset-sum",
    "items": [3, 5],
    "target": 8,
}
COVER: dict[str, Any] = {**{k: SUBSET_SUM[k] for k in ("format", "version")}, "kind": "exact-cover"}
COVER |= {"universe": [1, "a"], "sets": [[1, "a"], []], "count": None}
PROGRAM: dict[str, Any] = {"format": "dnnt-problem", "version": 1, "kind": "slp", "steps": [["+", 0, 0]]}
GRAPH: dict[str, Any] = {"format": "dnnt-problem", "version": 1, "kind": "csp", "alphabet": [1, 2], "variables": ["u"]}
GRAPH |= {"constraints": [{"scope": ["u", "u"], "allowed": [[1, 1]]}]}


@pytest.mark.parametrize("name", ["p.json", "p.json.gz", "p.dnnt.json", "p", "p.txt"])
def test_json_by_ending(tmp_path: Path, name: str) -> None:
    raw = json.dumps(SUBSET_SUM).encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    assert problem_file.read(tmp_path / name, warn=no_warning) == SubsetSum((3, 5), 8)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("x.kp", "1 5 9 5", SubsetSum((5,), 5)),
        ("x.col", "p edge 1 0", CSP((1, 2), ("1",))),
        ("x.dlx", "a\na", ExactCover(("a",), (("a",),))),
        ("x.slp", "a1 = a0 + a0", StraightLineProgram((("+", 0, 0),))),
    ],
)
@pytest.mark.parametrize("form", ["plain", "gzip", "misnamed gzip", "capitals", "by name", "standard input"])
def test_other_formats_by_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, problem: Problem, form: str
) -> None:
    colors = 2 if name == "x.col" else None
    raw = gzip.compress(text.encode()) if "gzip" in form else text.encode()
    if form == "standard input":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        assert problem_file.read("-", name[2:], colors, no_warning) == problem
        return
    path = tmp_path / {"gzip": f"{name}.gz", "capitals": name.upper(), "by name": "x.json"}.get(form, name)
    path.write_bytes(raw)
    assert problem_file.read(path, name[2:] if form == "by name" else None, colors, no_warning) == problem


@pytest.mark.parametrize("body", [SUBSET_SUM, COVER, PROGRAM, GRAPH])
def test_written_and_read_again(body: dict[str, Any]) -> None:
    problem = problem_file.from_json(body)
    raw = problem_file.to_bytes(problem)
    assert json.loads(raw) == body
    assert raw.endswith(b"}\n")
    assert problem_file.parse(raw) == problem


def test_exact_numbers(tmp_path: Path) -> None:
    """Integers may be decimals and strings; letters and elements are what they are."""
    text = (
        '{"format": "dnnt-problem", "version": 1, "kind": "subset-sum", "items": [3.0, 5e2, "7", "4/2"], "target": -0}'
    )
    assert problem_file.parse(text.encode()) == SubsetSum((3, 500, 7, 2), 0)
    long = "9" * 100_000
    text = json.dumps(SUBSET_SUM).replace("[3, 5]", f'[{long}, "{long}"]').replace("8}", f"{long}}}")
    problem = problem_file.parse(text.encode())
    assert problem == SubsetSum((10**100_000 - 1,) * 2, 10**100_000 - 1)
    assert problem_file.parse(problem_file.to_bytes(problem)) == problem
    cover = problem_file.from_json({**COVER, "universe": [2, "2"], "sets": [["2"], [2]]})
    assert isinstance(cover, ExactCover)
    assert cover.sets == (("2",), (2,))


BAD_JSON: dict[str, tuple[Any, str]] = {
    "empty": (b"", "the file is empty"),
    "not JSON": (b"{", "line 1 column 2: not JSON"),
    "not UTF-8": (b'{"kind": "\xff"}', "line 1: not UTF-8"),
    "binary": (b"\xff\0\0", "not a text file"),
    "gzip cut off": (gzip.compress(b"{}")[:-9], "the gzip data is cut off"),
    "deep": (b"[" * 100_000, "nested too deeply"),
    "a list": ([], "an empty list is not an object"),
    "no format": ({k: v for k, v in SUBSET_SUM.items() if k != "format"}, 'missing key "format"'),
    "an instance": ({**SUBSET_SUM, "format": "dnnt-instance"}, 'format: "dnnt-instance" is no problem'),
    "no version": ({k: v for k, v in SUBSET_SUM.items() if k != "version"}, 'missing key "version"'),
    "version 2": ({**SUBSET_SUM, "version": 2}, "version: 2 is an unknown version"),
    "version true": ({**SUBSET_SUM, "version": True}, "version: true is an unknown version"),
    "no kind": ({k: v for k, v in SUBSET_SUM.items() if k != "kind"}, 'missing key "kind"'),
    "unknown kind": ({**SUBSET_SUM, "kind": "knapsack"}, 'kind: unknown kind "knapsack"'),
    "kind a list": ({**SUBSET_SUM, "kind": ["csp"]}, "kind: unknown kind a list"),
    "unknown key": ({**SUBSET_SUM, "name": "x"}, 'unknown key "name"'),
    "key of another kind": ({**SUBSET_SUM, "steps": []}, 'unknown key "steps"'),
    "no items": ({k: v for k, v in SUBSET_SUM.items() if k != "items"}, 'missing key "items"'),
    "no count": ({k: v for k, v in COVER.items() if k != "count"}, 'missing key "count"'),
    "key twice": (b'{"format": "dnnt-problem", "format": "dnnt-problem"}', 'the key "format" comes twice'),
    "key twice inside": (
        b'{"format": "dnnt-problem", "version": 1, "kind": "csp", "alphabet": [], "variables": [], '
        b'"constraints": [{"scope": [], "scope": [], "allowed": []}]}',
        'constraints[0]: the key "scope" comes twice',
    ),
    "NaN": (json.dumps({**SUBSET_SUM, "target": float("nan")}).encode(), "target: NaN is not a number here"),
    "100,001 digits": (
        json.dumps(SUBSET_SUM).replace("[3", "[" + "3" * 100_001).encode(),
        "items[0]: a number of more than 100,000 digits",
    ),
    "huge exponent": (json.dumps(SUBSET_SUM).replace("8}", "1e999999999}").encode(), "target: a number of more than"),
    "100,001 digits in a string": ({**SUBSET_SUM, "target": "3" * 100_001}, "target: a number of more than 100,000"),
    "items an object": ({**SUBSET_SUM, "items": {}}, "items: an object is not a list"),
    "items a string": ({**SUBSET_SUM, "items": "35"}, 'items: "35" is not a list'),
    "item negative": ({**SUBSET_SUM, "items": [1, -1]}, "items[1]: negative item -1"),
    "item a fraction": ({**SUBSET_SUM, "items": [1, 0.5]}, "items[1]: 1/2 is not an integer"),
    "item a boolean": ({**SUBSET_SUM, "items": [True]}, "items[0]: true is a boolean"),
    "item null": ({**SUBSET_SUM, "items": [None]}, "items[0]: null is not a number"),
    "target null": ({**SUBSET_SUM, "target": None}, "target: null is not a number"),
    "letter a fraction": ({**GRAPH, "alphabet": [0.5]}, "alphabet[0]: 1/2 is neither a string nor an integer"),
    "letter null": ({**GRAPH, "alphabet": [None]}, "alphabet[0]: null is neither"),
    "letter twice": ({**GRAPH, "alphabet": [1, 1.0]}, "alphabet[1]: 1 comes twice"),
    "variable a number": ({**GRAPH, "variables": [1]}, "variables[0]: 1 is not a string"),
    "variable twice": ({**GRAPH, "variables": ["u", "u"]}, 'variables[1]: "u" comes twice'),
    "half a surrogate": ({**GRAPH, "variables": ["\ud800"]}, "variables[0]: "),
    "constraint a list": ({**GRAPH, "constraints": [[["u"], [[1]]]]}, "constraints[0]: a list is not an object"),
    "constraint with weight": (
        {**GRAPH, "constraints": [{"scope": ["u"], "allowed": [], "weight": 1}]},
        'constraints[0]: unknown key "weight"',
    ),
    "scope unknown": (
        {**GRAPH, "constraints": [{"scope": ["u", "w"], "allowed": []}]},
        'constraints[0].scope[1]: unknown variable "w"',
    ),
    "scope of three": ({**GRAPH, "constraints": [{"scope": ["u"] * 3, "allowed": []}]}, "constraints[0].scope: 3"),
    "allowed a letter": (
        {**GRAPH, "constraints": [{"scope": ["u"], "allowed": [1]}]},
        "constraints[0].allowed[0]: 1 is not a list",
    ),
    "allowed unknown": (
        {**GRAPH, "constraints": [{"scope": ["u"], "allowed": [[1], ["1"]]}]},
        'constraints[0].allowed[1]: "1" is not in the alphabet',
    ),
    "allowed too short": (
        {**GRAPH, "constraints": [{"scope": ["u", "u"], "allowed": [[1]]}]},
        "constraints[0].allowed[0]: 1 letters for a scope of 2",
    ),
    "element twice": ({**COVER, "universe": [1, 1, "a"]}, "universe[1]: 1 comes twice"),
    "element unknown": ({**COVER, "sets": [[1], ["1"]]}, 'sets[1][0]: "1" is not in the universe'),
    "element twice in a set": ({**COVER, "sets": [["a", 1, "a"]]}, 'sets[0][2]: "a" comes twice'),
    "set a number": ({**COVER, "sets": [1]}, "sets[0]: 1 is not a list"),
    "count negative": ({**COVER, "count": -1}, "count: -1 sets"),
    "count a string": ({**COVER, "count": "1"}, 'count: "1" is not an integer'),
    "count a fraction": ({**COVER, "count": 1.5}, "count: 3/2 is not an integer"),
    "operation unknown": ({**PROGRAM, "steps": [["/", 0, 0]]}, 'steps[0][0]: "/" is no operation'),
    "value not yet known": ({**PROGRAM, "steps": [["+", 0, 1]]}, "steps[0][2]: 1 is no value before value 1"),
    "step too short": ({**PROGRAM, "steps": [["+", 0]]}, "steps[0]: 2 entries"),
    "step a string": ({**PROGRAM, "steps": ["+00"]}, 'steps[0]: "+00" is not a list'),
}


@pytest.mark.parametrize("fault", BAD_JSON)
def test_bad_json(tmp_path: Path, fault: str) -> None:
    body, expected = BAD_JSON[fault]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert refusal(tmp_path, raw, "p.json").startswith(expected)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, part in ((tmp_path, "is a directory"), (tmp_path / "absent.kp", "no such file")):
        with pytest.raises(InvalidProblem, match=part) as caught:
            problem_file.read(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_arguments() -> None:
    with pytest.raises(InvalidProblem, match="unknown format"):
        problem_file.parse(b"", "cnf")
    with pytest.raises(InvalidProblem, match="colors"):
        problem_file.parse(b"1 1 1 1", "kp", 3)


def test_warnings_of_python() -> None:
    with pytest.warns(UserWarning, match="self-loop"):
        problem_file.parse(b"p edge 1 1\ne 1 1", "col", 1)
