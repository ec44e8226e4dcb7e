"""`dnnt slp`: the sign of a straight-line program, in both file formats, and what it says where it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dnnt
from dnnt.errors import InvalidInput, InvalidProblem
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.testing.programs import KINDS, Steps, neighbours_of_a_power
from tests.cli.commands import Dnnt, Instance

FIELDS = ["sign", "positive", "proved", "error", "nonzero", "method", "bits", "seconds"]


def problem(steps: Steps) -> dict[str, object]:
    return {"format": "dnnt-problem", "version": 1, "kind": "slp", "steps": [list(step) for step in steps]}


@pytest.mark.parametrize(("plus", "sign", "positive"), [(0, -1, False), (1, 0, False), (2, 1, True)])
def test_json(dnnt: Dnnt, save: Instance, plus: int, sign: int, positive: bool) -> None:
    done = dnnt("slp", save(problem(neighbours_of_a_power(500, plus)), "p.json"), "--json")
    body = done.object
    assert list(body) == FIELDS
    assert (done.status, done.err) == (0, "")
    assert (body["sign"], body["positive"], body["proved"], body["error"]) == (sign, positive, True, None)
    assert body["nonzero"] == (sign != 0)


def test_text_file(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("slp", save("a1 = a0 + a0\na2 = a1 * a1\na3 = a1 - a2\n", "p.slp"), "--seed", "7")
    assert done.status == 0
    assert "The integer is negative." in done.out
    assert "proved" in done.out


def test_format_by_name(dnnt: Dnnt, save: Instance) -> None:
    file = save("a1 = a0 - a0\n", "program.txt")
    assert dnnt("slp", file, "--format", "slp", "--json").object["sign"] == 0
    assert dnnt("slp", file).status == 1


def test_a_limit(dnnt: Dnnt, save: Instance) -> None:
    from random import Random

    file = save(problem(KINDS["the last 3 values"](Random(1), 2000)), "p.json")
    done = dnnt("slp", file, "--json", "--time-limit", "0")
    assert done.status == 3
    if done.out:
        assert (done.object["sign"], done.object["positive"], done.object["proved"]) == (None, None, False)


def test_other_problems_are_refused(dnnt: Dnnt, save: Instance) -> None:
    body = {"format": "dnnt-problem", "version": 1, "kind": "subset-sum", "items": [1], "target": 1}
    done = dnnt("slp", save(body, "p.json"))
    assert (done.status, done.out) == (1, "")
    assert "straight-line program" in done.complaint
    done = dnnt("slp", save(problem([("+", 0, 1)]), "q.json"))
    assert done.status == 1 and "steps[0]" in done.complaint


def test_from_python(tmp_path: Path) -> None:
    steps = neighbours_of_a_power(300, 2)
    file = tmp_path / "p.json"
    file.write_text(json.dumps(problem(steps)))
    for given in (steps, StraightLineProgram(tuple(steps)), file, str(file)):
        verdict = dnnt.slp(given)
        assert isinstance(verdict, dnnt.SignVerdict)
        assert (verdict.sign, verdict.positive, verdict.proved) == (1, True, True)
    assert dnnt.slp([]).sign == 1
    with pytest.raises(InvalidProblem, match="straight-line"):
        dnnt.slp(dnnt.SubsetSum((1,), 1))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="limit"):
        dnnt.slp([], time_limit=-1)
