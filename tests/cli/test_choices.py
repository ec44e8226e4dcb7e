"""`dnnt count`, `dnnt sample` and `dnnt enumerate` as commands: output, exit status, limits, refusals."""

from __future__ import annotations

import json
import signal
from fractions import Fraction

import pytest

from dnnt import exits
from tests.cli.commands import CONTINUOUS, DEEP, EMPTY, HALF, XOR, Dnnt, Instance, finished, start, wide
from tests.formats.test_schemas import validator

COMMANDS = ("count", "sample", "enumerate")
COUNT, CHOICE = validator("count"), validator("choice")


def test_count(dnnt: Dnnt, save: Instance) -> None:
    file = save(XOR)
    done = dnnt("count", file, "--json")
    assert done.status == 0
    body = done.object
    COUNT.validate(body)
    assert list(body) == ["file", "sha256", "gamma", "loss", "count", "assurance"]
    assert (body["gamma"], body["loss"], body["count"], body["assurance"]) == (None, 0, 2, "claimed")


def test_gamma_in_place_of_the_file(dnnt: Dnnt, save: Instance) -> None:
    file = save({**HALF, "gamma": 7})
    assert dnnt("count", file, "--json").object["count"] == 3
    body = dnnt("count", file, "--json", "--gamma", "9/4").object
    assert (body["gamma"], body["loss"], body["count"]) == ("9/4", "9/4", 1)
    body = dnnt("count", file, "--json", "--gamma", "-0.5").object
    assert (body["gamma"], body["loss"], body["count"]) == ("-1/2", "9/4", 0)
    assert dnnt("count", file, "--gamma", "1e3").status == exits.USAGE


def test_histogram(dnnt: Dnnt, save: Instance) -> None:
    body = dnnt("count", save(HALF), "--histogram", "--json").object
    COUNT.validate(body)
    assert body["histogram"] == [
        {"loss": "9/4", "count": 1},
        {"loss": "25/4", "count": 2},
        {"loss": "49/4", "count": 2},
        {"loss": "81/4", "count": 1},
    ]


def test_for_people(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("count", save(HALF), "--histogram")
    assert done.status == 0
    assert "9/4" in done.out and "\u2588" in done.out
    assert "with a loss of at most 7" in dnnt("count", save(HALF), "--gamma", "7").out


def test_sample(dnnt: Dnnt, save: Instance) -> None:
    file = save(HALF)
    done = dnnt("sample", file, "-n", 5, "--seed", 3, "--gamma", 100)
    assert done.status == 0
    assert len(done.objects) == 5
    for line in done.objects:
        CHOICE.validate(line)
    assert dnnt("sample", file, "-n", 5, "--seed", 3, "--gamma", 100).out == done.out
    assert dnnt("sample", file, "-n", 5, "--seed", 4, "--gamma", 100).out != done.out


def test_enumerate(dnnt: Dnnt, save: Instance) -> None:
    file = save(HALF)
    done = dnnt("enumerate", file, "--gamma", 100)
    assert done.status == 0
    for line in done.objects:
        CHOICE.validate(line)
    losses = [Fraction(str(line["loss"])) for line in done.objects]
    assert losses == sorted(losses) and len(set(done.out.splitlines())) == 6
    assert dnnt("enumerate", file, "--gamma", 100, "-n", 3).out.splitlines() == done.out.splitlines()[:3]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_printed_can_be_evaluated(command: str, dnnt: Dnnt, save: Instance) -> None:
    file = save(XOR)
    for line in dnnt(command, file).objects if command != "count" else []:
        edges = save({"format": "dnnt-parameters", "version": 1, "edges": line["parameters"]}, "p.json")
        assert dnnt("evaluate", file, edges, "--json").object["total"] == line["loss"] == 0


@pytest.mark.parametrize("body", [EMPTY, {**HALF, "gamma": 0}])
def test_nothing_to_print(body: dict[str, object], dnnt: Dnnt, save: Instance) -> None:
    file = save(body)
    counted = dnnt("count", file, "--json", "--histogram")
    assert (counted.status, counted.object["count"]) == (0, 0)
    assert counted.object["loss"] == (None if body is EMPTY else "9/4")
    for command in ("sample", "enumerate"):
        done = dnnt(command, file)
        assert (done.status, done.out, done.err) == (0, "", "")
    assert dnnt("count", file).status == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_refusals(command: str, dnnt: Dnnt, save: Instance) -> None:
    done = dnnt(command, save(CONTINUOUS))
    assert (done.status, done.out) == (exits.USAGE, "")
    assert "real number" in done.complaint
    done = dnnt(command, "missing.json")
    assert (done.status, done.out) == (exits.INPUT, "")
    assert done.complaint


@pytest.mark.parametrize("command", COMMANDS)
def test_too_deep(command: str, dnnt: Dnnt, save: Instance) -> None:
    """About 10^12.9 choices would take months."""
    done = dnnt(command, save(DEEP), *(["--json"] if command == "count" else []))
    assert done.status == exits.LIMIT
    assert "deeper than two layers" in done.complaint
    if command == "count":
        COUNT.validate(done.object)
        assert (done.object["count"], done.object["stop"], done.object["loss"]) == (None, "unsuitable", None)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("limit", [("--time-limit", "0.2"), ("--memory-limit", "200")])
def test_limits(command: str, limit: tuple[str, str], dnnt: Dnnt, save: Instance) -> None:
    done = dnnt(command, save(wide(40, 3)), *limit, *(["--json"] if command == "count" else []))
    assert done.status == exits.LIMIT
    assert done.complaint
    if command == "count":
        COUNT.validate(done.object)
        assert done.object["stop"] in ("memory", limit[0].strip("-").split("-")[0])
        assert done.object["reason"] in done.complaint


def test_a_bundle_stands_for_its_target(dnnt: Dnnt, save: Instance) -> None:
    source = save(
        {"format": "dnnt-problem", "version": 1, "kind": "subset-sum", "items": [3, 5, 7, 8], "target": 15}, "sum.json"
    )
    bundle = source.with_name("bundle.json")
    assert dnnt("reduce", "subset-sum-to-dnnt", source, "-o", bundle).status == 0
    counted = dnnt("count", bundle, "--json").object
    assert (counted["loss"], counted["count"]) == (0, 2), "3 + 5 + 7 and 7 + 8"
    assert len(dnnt("enumerate", bundle).objects) == 2


@pytest.mark.parametrize("command", ["count", "sample", "enumerate"])
def test_interrupts(command: str, save: Instance) -> None:
    process = start(command, save(wide(40, 3)), *(["--json"] if command == "count" else []))
    try:
        process.wait(1.5)
    except Exception:  # It works still.
        process.send_signal(signal.SIGINT)
    done = finished(process)
    assert done.status == exits.LIMIT
    assert "Traceback" not in done.err
    if command == "count":
        assert json.loads(done.out)["stop"] in ("interrupt", "memory")
