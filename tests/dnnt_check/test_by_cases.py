"""Certificates by cases: sound ones pass, and none that is spoiled in any way carries a false bound."""

from __future__ import annotations

import copy
import hashlib
import json
from random import Random
from typing import Any

import pytest

import dnnt
import dnnt_check
from dnnt.exact import number, to_json
from dnnt.formats import certificate_file
from dnnt.reachable import thin, thin_size
from tests.reachable.test_cases import near_the_hull


def sound(seed: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, dict[str, Any]]]:
    """Instances with certificates by cases, the bound being the least loss."""
    monkeypatch.setattr(thin_size, "FEW", -1.0)
    monkeypatch.setattr(thin.ThinSearch, "_near_face", lambda *_: None)
    rng = Random(seed)
    made: list[tuple[bytes, dict[str, Any]]] = []
    while len(made) < 8:
        body = near_the_hull(rng)
        body.pop("gamma", None)
        body["layers"][0]["units"] = rng.choice((2, 3))
        data = json.dumps(body).encode()
        answer = dnnt.solve(dnnt.parse(data), method="reachable")
        if answer.certificate is None or answer.assurance != "checked":
            continue
        found = json.loads(certificate_file.to_bytes(answer.certificate))
        if "cases" in found.get("lower", {}).get("grounds", {}):
            found["sha256"] = hashlib.sha256(data).hexdigest()
            made.append((data, found))
    return made


def spoiled(grounds: dict[str, Any], rng: Random) -> None:
    """One change, somewhere."""
    cases = grounds["cases"]
    place = rng.randrange(len(cases))
    case = cases[place]
    kind = rng.randrange(8)
    if kind == 0:
        del cases[place]
    elif kind == 1:
        cases.insert(place, copy.deepcopy(rng.choice(cases)))
    elif isinstance(case, list):
        case[rng.randrange(3)] += rng.choice((-1, 1, 5)) if rng.random() < 0.8 else -case[1]
        case[:] = [max(0, v) for v in case]
    elif kind == 2:
        case["cut"][rng.randrange(len(case["cut"]))] += rng.choice((-1, 1, 1000))
    elif kind == 3:
        case["cut"] = [-c for c in case["cut"]]
    elif kind == 4:
        cases[place] = rng.choice(cases)
    elif kind == 5:
        grounds["sizes"][rng.choice(list(grounds["sizes"]))] = rng.choice((0, 1, 10**6))
    else:
        tops = rng.choice(case["kinds"])[1]
        at = rng.randrange(len(tops))
        if kind == 6 or tops[at] is None:
            tops[at] = rng.choice((None, [0, []], [-5, [0] * 3]))
        else:
            top = number(tops[at][0])
            tops[at][0] = to_json(top + rng.choice((-1, -1000, 1, 1000)))


@pytest.mark.parametrize("seed", range(3))
def test_spoiled(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, judged = Random(seed), 0
    for data, body in sound(seed, monkeypatch):
        assert dnnt_check.check(data, json.dumps(body).encode()).line.startswith("VALID")
        least = number(body["lower"]["bound"])
        for _ in range(60):
            false = copy.deepcopy(body)
            false.pop("upper", None)
            false["lower"]["bound"] = to_json(least + rng.choice((1, 1, 10, 1000)))
            for _ in range(rng.randint(0, 3)):
                spoiled(false["lower"]["grounds"], rng)
                if not false["lower"]["grounds"]["cases"]:
                    break
            said = dnnt_check.check(data, json.dumps(false).encode(), budget=20.0).line
            assert said.startswith("INVALID"), (said, false)
            judged += 1
    assert judged > 100


def test_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    data, body = sound(5, monkeypatch)[0]
    bad: list[Any] = [[], {}, 1, [1], [[0, 0]], [[0, 0, 0, 0]], [[0, -1, 0]], [["a", 0, 0]], [{}]]
    bad.append([{"cut": [], "kinds": []}])
    for cases in bad:
        false = copy.deepcopy(body)
        false["lower"]["grounds"]["cases"] = cases
        assert dnnt_check.check(data, json.dumps(false).encode()).line.startswith("INVALID")
    for key, value in (("cuts", [[1, 1, 1]]), ("slack", 1), ("window", True), ("thin", [])):
        false = copy.deepcopy(body)
        false["lower"]["grounds"][key] = value
        assert dnnt_check.check(data, json.dumps(false).encode()).line.startswith("INVALID")
