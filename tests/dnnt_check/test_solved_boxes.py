"""Boxes of states as the solver writes them, for any number of units: sound as they are, spoiled they prove no more."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dnnt
import dnnt_check
from dnnt.formats import certificate_file
from tests.dnnt_check.cases import exact, text

Q = Fraction

UNITS = (10**3, 10**6, 10**100)


def instance(units: int, labels: tuple[Any, Any], loss: Any = "absolute") -> dict[str, Any]:
    """Equal units on two samples; the labels may be far apart."""
    hidden = {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [0, 1]}
    last = {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]}
    samples = [{"x": [1], "y": [labels[0]]}, {"x": [3], "y": [labels[1]]}]
    head = {"format": "dnnt-instance", "version": 1, "inputs": 1}
    return {**head, "layers": [hidden, last], "samples": samples, "loss": loss}


def cases(units: int) -> list[dict[str, Any]]:
    """Instances with windows and with cuts."""
    table = [{"f": [units], "y": [units], "loss": 0}, {"f": [units], "y": [units + 1], "loss": "1/3"}]
    return [
        instance(units, (0, 1)),
        instance(units, (units // 2 + 1, units), "zero_one"),
        instance(units, ("1/2", units // 3), {"kind": "hinge", "margin": 3 * units}),
        instance(units, (units // 3, -units)),
        instance(units, (units // 5, "-7/3")),
        instance(units, (units, units + 1), {"kind": "table", "values": table, "otherwise": 2}),
    ]


def certified(units: int) -> list[tuple[bytes, dict[str, Any]]]:
    """Instance files with certificates that say what the optimum is, by boxes."""
    found = []
    for body in cases(units):
        data = json.dumps(body).encode()
        answer = dnnt.solve(dnnt.parse(data), method="reachable")
        assert answer.certificate is not None
        made = json.loads(certificate_file.to_bytes(answer.certificate))
        found.append((data, made))
    return found


# ---------------------------------------------------------------- spoiling


def spoiled(boxes: list[Any], rng: Random) -> str:
    """One change of a tree; says which."""
    place = rng.randrange(len(boxes))
    entry = boxes[place]
    if isinstance(entry, list):
        if rng.random() < 0.2:
            boxes[place] = [1 - entry[0], entry[1]]
            return "another coordinate"
        entry[1] = text(exact(entry[1]) + Q(rng.choice(["1", "-1", "1/2", "3", "-3", "1000"])))
        return "split moved"
    kind = rng.randrange(4)
    if kind == 0:
        del boxes[place]
        return "leaf dropped"
    if kind == 1:
        boxes.insert(place, {})
        return "leaf added"
    if "cut" in entry:
        if kind == 2:
            entry["times"] = text(exact(entry["times"]) * rng.choice([Q(1, 2), Q(2), Q(0), Q(99, 100), Q(101, 100)]))
            return "times"
        entry["cut"][rng.randrange(2)] += rng.choice([-1, 1, 1000])
        if not any(entry["cut"]):
            entry["cut"][0] = 1
        return "cut"
    others: list[Any] = [{}, {"window": [0]}, {"window": [1]}, {"cut": [1, -1], "times": "1/3"}]
    boxes[place] = rng.choice(others[:1] if "window" in entry and rng.random() < 0.5 else others)
    return "another leaf"


@pytest.mark.parametrize("units", UNITS)
def test_spoiled(units: int) -> None:
    """A claim above the optimum is never accepted; at the optimum it may be; below it often is."""
    rng, met = Random(units), Counter[tuple[str, bool]]()
    entries: Counter[str] = Counter()
    for data, body in certified(units):
        grounds = body["lower"]["grounds"]
        assert grounds["last"] == "boxes"
        entries.update(key for entry in grounds["boxes"] if isinstance(entry, dict) for key in entry)
        assert dnnt_check.check(data, json.dumps(body).encode()).line == f"VALID optimal {text(best(body))}"
        for bound, strict in claims(best(body)):
            false = copy.deepcopy(body)
            del false["upper"]
            false["lower"] |= {"bound": text(bound), "strict": strict}
            assert not accepted(data, false)
        for _ in range(20):
            false = copy.deepcopy(body)
            del false["upper"]
            changes = {spoiled(false["lower"]["grounds"]["boxes"], rng)}
            if false["lower"]["grounds"]["boxes"] and rng.random() < 0.4:
                changes.add(spoiled(false["lower"]["grounds"]["boxes"], rng))
            if rng.random() < 0.3:
                false["lower"]["grounds"]["sizes"] |= {"left": 10**5, "right": 10**5, "last": 10**5}
            valid = accepted(data, false)
            for change in changes:
                met[change, valid] += 1
            assert not (valid and changes in ({"leaf dropped"}, {"leaf added"})), false
            bound, strict = rng.choice(claims(best(body)))
            false["lower"] |= {"bound": text(bound), "strict": strict}
            assert not accepted(data, false), false
    assert entries["window"] >= 2
    assert entries["cut"]
    for change in ("split moved", "times", "cut", "another leaf", "leaf dropped"):
        assert met[change, False], change
    assert met["split moved", True] + met["times", True]


def best(body: dict[str, Any]) -> Fraction:
    """The optimum, which the solver proved."""
    assert body["lower"]["bound"] == body["upper"]["loss"]
    return exact(body["lower"]["bound"])


def claims(optimum: Fraction) -> list[tuple[Fraction, bool]]:
    """False claims: above the optimum, or at it, strictly."""
    return [(optimum + 1, False), (optimum + Q(1, 10**40), False), (optimum, True), (optimum + Q(1, 10**40), True)]


def accepted(data: bytes, body: dict[str, Any]) -> bool:
    """Whether the checker takes it."""
    said = dnnt_check.check(data, json.dumps(body).encode(), budget=1.0).line
    assert said.startswith(
        ("VALID", "INVALID lower.grounds", "INVALID too much work", "INVALID certificate: lower.grounds.b")
    ), said
    return said.startswith("VALID")


# ---------------------------------------------------------------- through files


@pytest.mark.parametrize("units", [10**3, 10**100])
def test_through_files(units: int, tmp_path: Path) -> None:
    """The commands write a certificate with a window, and check it; spoiled it is refused in one line."""
    file, claim = tmp_path / "a.dnnt.json", tmp_path / "a.dnnt.cert.json"
    file.write_text(json.dumps(instance(units, (0, 1))))
    run = [sys.executable, "-m"]
    made = subprocess.run(
        [*run, "dnnt", "solve", str(file), "--certificate", str(claim)], capture_output=True, text=True, check=True
    )
    assert "1" in made.stdout
    body = json.loads(claim.read_bytes())
    assert any("window" in entry for entry in body["lower"]["grounds"]["boxes"] if isinstance(entry, dict))
    said = subprocess.run([*run, "dnnt_check", str(file), str(claim)], capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == ("VALID optimal 1\n", "")
    boxes = body["lower"]["grounds"]["boxes"]
    body["lower"]["grounds"]["boxes"] = [{} if "window" in entry else entry for entry in boxes]
    claim.write_text(json.dumps(body))
    said = subprocess.run([*run, "dnnt_check", str(file), str(claim)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith("INVALID lower.grounds.boxes[")
    assert said.stdout.count("\n") == 1
