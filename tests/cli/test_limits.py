"""Limits of time and memory: they bite, and the best parameters and the bound so far are reported all the same.

Times are wall-clock times on a machine that may be busy, so the assertions are generous.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import dnnt as package
from dnnt.exact import to_json
from tests.cli.commands import (
    DEEP,
    EMPTY,
    ENVIRONMENT,
    TOTAL_AT_ZERO,
    XOR,
    Body,
    Ended,
    Instance,
    instance,
    layer,
    parameters,
    run,
    slow_to_check,
    wide,
)  # fmt: skip

LATE = 1.5
"""Seconds past a limit that are forgiven."""

LONG_RANGE = instance(
    inputs=1,
    layers=[layer(3, "square", {"from": -200_000, "to": 200_000}), layer(1, "identity", [-1, 0, 1])],
    samples=[{"x": [7], "y": [12345678901]}, {"x": ["1/3"], "y": ["7/9"]}],
    loss="absolute",
)
"""400,001 values for a weight, and fractions: slow long before the first sum of sets."""


def reported(done: Ended, file: Path) -> Body:
    """The answer of a run that a limit ended, once it is known to be complete and right."""
    answer = done.object
    assert done.status == 3
    assert answer["status"] in ("feasible", "unknown")
    assert None not in (answer["loss"], answer["bound"], answer["parameters"])
    said = package.evaluate(package.read(file), answer["parameters"])
    assert said.inside
    assert to_json(said.total) == answer["loss"]
    return answer


@pytest.mark.parametrize(
    ("body", "method"),
    [
        (DEEP, "auto"),
        (DEEP, "brute-force"),
        (wide(10, 4), "brute-force"),
        (wide(10, 4), "reachable"),
        (wide(25, 4), "auto"),
        (wide(40, 3), "reachable"),
        (LONG_RANGE, "reachable"),
    ],
    ids=["deep", "deep, brute-force", "wide, brute-force", "wide", "wider", "widest", "a long range"],
)
def test_time_limit(body: Body, method: str, save: Instance) -> None:
    """On instances that would take far longer than anybody waits."""
    file = save(body)
    done = run("solve", file, "--json", "--time-limit", "1", "--method", method)
    answer = reported(done, file)
    assert answer["stop"] in ("time", "memory")
    assert answer["seconds"] <= 1 + LATE


@pytest.mark.parametrize("gamma", [0, "171/4"])
def test_time_limit_of_a_decision(gamma: object, save: Instance) -> None:
    """Where the first parameters settle it, no limit comes; elsewhere the answer is unknown."""
    file = save({**DEEP, "gamma": gamma})
    done = run("solve", file, "--json", "--time-limit", "0.5")
    if gamma == TOTAL_AT_ZERO:
        assert (done.status, done.object["answer"], done.object["assurance"]) == (0, "yes", "checked")
    else:
        answer = reported(done, file)
        assert (answer["answer"], answer["status"], answer["bound"]) == ("unknown", "unknown", 0)


@pytest.mark.parametrize("options", [("--time-limit", "0"), ("--memory-limit", "1"), ("--memory-limit", "0")])
@pytest.mark.parametrize("method", ["auto", "reachable", "brute-force"])
def test_limits_that_leave_nothing(options: tuple[str, str], method: str, save: Instance) -> None:
    """The first parameters are evaluated whatever the limits, and where nothing else is needed that is the answer."""
    file = save({**XOR, "samples": [*XOR["samples"], {"x": [1, 1], "y": ["1/2"]}]})
    done = run("solve", file, "--json", "--method", method, *options)
    answer = reported(done, file)
    assert answer["stop"] == options[0].removeprefix("--").removesuffix("-limit")
    empty = run("solve", save(EMPTY, "empty.json"), "--json", *options)
    assert empty.object["status"] == "infeasible"


def test_time_limit_of_the_check(save: Instance) -> None:
    """A check that does not fit into the limit is cut off: the answer is claimed, and says why it stopped."""
    file = save(slow_to_check(48))
    answer = run("solve", file, "--json", "--time-limit", "3", "--method", "reachable").object
    assert answer["seconds"] <= 3 + LATE
    assert answer["stop"] == "time"
    if answer["status"] == "optimal":
        assert (answer["assurance"], answer["loss"]) == ("claimed", answer["bound"])
    else:
        assert answer["status"] == "feasible"  # The machine is too slow to get as far as the check.


PEAK = """
import os, subprocess, sys

process = subprocess.Popen([sys.executable, "-m", "dnnt", *sys.argv[1:]], stdout=subprocess.PIPE)
sys.stdout.buffer.write(process.stdout.read())
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss, file=sys.stderr)
"""


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the peak of a child's memory is read as on Linux")
@pytest.mark.parametrize("method", ["auto", "reachable"])
def test_memory_limit(method: str, save: Instance) -> None:
    """The limit is on resident memory, and holds with what little a poll comes late."""
    file = save(wide(12, 3))
    # From a small process: a child of this one would begin with its peak.
    command = [sys.executable, "-c", PEAK, "solve", str(file), "--json", "--memory-limit", "200", "--method", method]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    status, peak = map(int, done.stderr.split()[-2:])
    answer = reported(Ended(status, done.stdout, ""), file)
    assert answer["stop"] == "memory"
    assert "MiB" in answer["reason"]
    assert peak < (200 + 60) * 1024


def many(samples: int) -> Body:
    """A layer of ReLU units on random inputs: boxes of very many coordinates."""
    rng = Random(1)
    xs = [[rng.randint(-50, 50) for _ in range(10)] for _ in range(samples)]
    return instance(
        inputs=10,
        layers=[layer(2, "relu", [-1, 0, 1], [-1, 0, 1]), layer(1, "identity", [-1, 0, 1])],
        samples=[{"x": x, "y": [1]} for x in xs],
        loss="squared",
    )


def test_time_limit_on_many_samples(save: Instance) -> None:
    """Single steps are long where there are many coordinates; the limit holds all the same."""
    file = save(many(10_000))
    answer = reported(run("solve", file, "--json", "--time-limit", "2"), file)
    assert answer["stop"] == "time"
    assert answer["seconds"] <= 2 + LATE


@pytest.mark.parametrize("options", [("--time-limit", "0"), ("--memory-limit", "10")])
def test_limits_while_reading(options: tuple[str, str], save: Instance) -> None:
    """A file that takes longer to read than the limit, or more memory, has a line that says so."""
    file = save(many(200_000))
    kind = options[0].removeprefix("--").removesuffix("-limit")
    said = f"{file}: stopped before it was read ({kind})"
    for command in (["solve", file, "--json"], ["info", file]):
        done = run(*command, *options)
        assert (done.status, done.complaint) == (3, f"dnnt: {said}")
        assert done.out == ("" if "info" in command else json.dumps({"file": str(file), "error": said}) + "\n")
    chosen = save(parameters({"weights": [0] * 10, "bias": 0}), "p.json")
    done = run("evaluate", file, chosen, *options)
    assert (done.status, done.complaint) == (3, f"dnnt: {file}: stopped before the end ({kind})")


def test_limits_that_do_not_come_change_nothing(save: Instance) -> None:
    file = save(XOR)
    answer = run("solve", file, "--json", "--time-limit", "inf", "--memory-limit", "100000").object
    plain = run("solve", file, "--json").object
    for body in (answer, plain):
        del body["seconds"]
    assert answer == plain


def test_refused_for_memory(save: Instance) -> None:
    """One line with the figure, and the method to use instead; the object has parameters all the same."""
    body = instance(
        inputs=9,
        layers=[layer(1, "identity", [-(10**4), 3, -7, 10**6])],
        samples=[
            {"x": [(7919 * i * j + 31 * i + j * j) % 1999 - 999 for j in range(1, 10)], "y": [104729 * i % 99991]}
            for i in range(1, 5)
        ],
        loss="zero_one",
    )
    done = run("solve", save(body), "--json", "--method", "reachable", "--memory-limit", "50")
    answer = done.object
    assert (done.status, answer["stop"], answer["status"]) == (3, "memory", "unknown")
    assert "MiB are needed" in answer["reason"]
    assert "take --method branch: about" in answer["reason"]
    assert answer["parameters"] is not None
    assert answer["reason"] in done.complaint
