"""`dnnt evaluate`: exact outputs and losses, values outside their spaces, and numbers that grow too long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import HALF, XOR, Body, Dnnt, Instance, chain, instance, layer, parameters, run

WEIGHTED = instance(
    inputs=2,
    vertices=[
        {"id": "h", "activation": "abs"},
        {"id": "t", "activation": "identity"},
        {"id": "u", "activation": "step"},
    ],
    outputs=["t", "u"],
    edges=[
        {"from": "s", "to": "h", "weights": [["1/2", 1], [-1, 0, 1]], "bias": [0]},
        {"from": "h", "to": "t", "weights": [[2]], "bias": {"from": 0, "to": 3}},
        {"from": "h", "to": "t", "weights": [[-1, 1]], "bias": [0]},
    ],
    samples=[
        {"x": [1, -2], "y": [7, 1], "weight": "1/3"},
        {"x": ["1/2", 0], "y": [0, 0]},
        {"x": [0, 0], "y": [3, 1], "weight": 0},
    ],
    loss="absolute",
)
"""h = |x0/2 - x1|, t = 3h + 1 (two parallel edges), and u has no incoming edge."""

CHOSEN = [
    {"weights": ["1/2", -1], "bias": 0},
    {"weights": [2], "bias": 1},
    {"weights": [1], "bias": 0},
]

SAID: Body = {
    "total": "13/4",
    "inside": True,
    "samples": [
        {"output": ["17/2", 1], "loss": "3/2"},
        {"output": ["7/4", 1], "loss": "11/4"},
        {"output": [1, 1], "loss": 2},
    ],
}
"""Losses before the weight: 3/2 · 1/3 + 11/4 + 2 · 0 is 13/4."""


def test_json(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("evaluate", save(WEIGHTED), save(parameters(*CHOSEN), "p.json"), "--json")
    assert (done.status, done.err) == (0, "")
    assert done.object == SAID


def test_no_samples(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("evaluate", save({**WEIGHTED, "samples": []}), save(parameters(*CHOSEN), "p.json"), "--json")
    assert done.object == {"total": 0, "inside": True, "samples": []}


@pytest.mark.parametrize(
    ("edge", "value"),
    [(0, {"weights": [1, 2], "bias": 0}), (0, {"weights": [1, 1], "bias": 1}), (1, {"weights": [2], "bias": "1/2"})],
)
def test_outside(edge: int, value: Body, dnnt: Dnnt, save: Instance) -> None:
    """It evaluates all the same, warns on standard error, and says so in the object."""
    chosen = [*CHOSEN[:edge], value, *CHOSEN[edge + 1 :]]
    file, given = save(WEIGHTED), save(parameters(*chosen), "p.json")
    done = dnnt("evaluate", file, given, "--json")
    assert done.status == 0
    assert done.object["inside"] is False
    assert len(done.object["samples"]) == 3
    assert done.complaint == f"dnnt: warning: {given}: some values are outside their spaces"
    plain = dnnt("evaluate", file, given)
    assert "OUTSIDE" in plain.out
    assert plain.err == done.err


def test_text(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("evaluate", save(WEIGHTED), save(parameters(*CHOSEN), "p.json"))
    assert (done.status, done.err) == (0, "")
    for word in ("17/2 1", "7 1", "1/3", "13/4", "all values lie in their spaces"):
        assert word in done.out


def test_runs(dnnt: Dnnt, save: Instance) -> None:
    """Runs may cross units and layers; both files may be compressed."""
    body = instance(
        inputs=1,
        layers=[layer(10**60, "relu", [0, 1]), layer(1, "identity", [1])],
        samples=[{"x": [2], "y": [0]}],
        loss="absolute",
    )
    chosen = parameters(
        {"weights": [0], "bias": 0, "repeat": 10**60 - 7}, {"weights": [1], "bias": 0, "repeat": 10**60 + 7}
    )
    done = dnnt("evaluate", save(body, "i.json.gz"), save(chosen, "p.json.gz"), "--json")
    assert done.object == {"total": 14, "inside": True, "samples": [{"output": [14], "loss": 14}]}


def squares(depth: int) -> Body:
    """The input 2, squared again and again."""
    layers = [layer(1, "square", [1])] * depth
    return instance(inputs=1, layers=layers, samples=[{"x": [2], "y": [0]}], loss="absolute")


def ones(depth: int) -> Body:
    """Weight 1 and bias 0 on every edge."""
    return parameters({"weights": [1], "bias": 0, "repeat": depth})


def test_max_bits(dnnt: Dnnt, save: Instance) -> None:
    """2^(2^12) has 4,097 bits."""
    file, chosen = save(squares(12)), save(ones(12), "p.json")
    assert dnnt("evaluate", file, chosen, "--json", "--max-bits", 5000).object["total"] == 2**4096
    done = dnnt("evaluate", file, chosen, "--json", "--max-bits", 4000)
    assert (done.status, done.out) == (3, "")
    assert "4,000" in done.complaint
    assert "--max-bits" in done.complaint


def test_max_bits_of_a_loss(dnnt: Dnnt, save: Instance) -> None:
    """An output of 65 bits is short enough here, its squared loss of 129 bits is not."""
    file, chosen = save({**squares(6), "loss": "squared"}), save(ones(6), "p.json")
    assert dnnt("evaluate", file, chosen, "--json", "--max-bits", 200).object["total"] == 2**128
    done = dnnt("evaluate", file, chosen, "--json", "--max-bits", 100)
    assert (done.status, done.out) == (3, "")
    assert "--max-bits" in done.complaint


def test_max_bits_by_default(dnnt: Dnnt, save: Instance) -> None:
    """10^8 bits: a chain of 60 squares ends with one line and not with the memory of the machine."""
    done = dnnt("evaluate", save(squares(60)), save(ones(60), "p.json"))
    assert (done.status, done.out) == (3, "")
    assert "100,000,000" in done.complaint


def test_long_numbers_are_written(dnnt: Dnnt, save: Instance) -> None:
    """A total of 157,827 digits: in full for programs, shortened for people."""
    file, chosen = save(squares(19)), save(ones(19), "p.json")
    done = dnnt("evaluate", file, chosen, "--json")
    assert done.status == 0
    assert len(done.out) > 2 * 157_827
    assert len(dnnt("evaluate", file, chosen).out) < 2000


def test_time_limit(save: Instance) -> None:
    file, chosen = save(chain(30_000)), save(ones(100), "p.json")
    done = run("evaluate", file, chosen, "--time-limit", "0.1")
    assert (done.status, done.out) == (3, "")
    assert "time" in done.complaint


GOOD: dict[str, Any] = {"format": "dnnt-parameters", "version": 1}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("", ""),
        ("{", "line 1"),
        ("[]", ""),
        ({**GOOD}, ""),
        ({**GOOD, "edges": [], "note": 1}, ""),
        ({**GOOD, "format": "dnnt-instance", "edges": []}, "format"),
        ({**GOOD, "version": 2, "edges": []}, "version"),
        ({**GOOD, "edges": {}}, ""),
        ({**GOOD, "edges": [{"weights": [1], "bias": 0}]}, "edges"),
        ({**GOOD, "edges": [{"weights": [1], "bias": 0}] * 4}, "edges[0]"),
        ({**GOOD, "edges": [{"weights": [1], "bias": 0, "repeat": 7}]}, "edges"),
        ({**GOOD, "edges": [{"weights": [1], "bias": 0, "repeat": 0}]}, "edges[0].repeat"),
        ({**GOOD, "edges": [{"weights": ["x"], "bias": 0}]}, "edges[0].weights[0]"),
        ({**GOOD, "edges": [{"weights": [1], "bias": None}]}, "edges[0].bias"),
        (
            '{"format": "dnnt-parameters", "version": 1, "edges": [{"weights": [NaN], "bias": 0}]}',
            "edges[0].weights[0]",
        ),
    ],
)
def test_bad_parameters(body: object, place: str, dnnt: Dnnt, save: Instance) -> None:
    """One line with file and place, exit status 1, nothing on standard output."""
    given = save(body, "p.json")
    for options in ([], ["--json"]):
        done = dnnt("evaluate", save(XOR), given, *options)
        assert (done.status, done.out) == (1, "")
        assert str(given) in done.complaint
        assert place in done.complaint


def test_missing_files_and_directories(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file, chosen = save(HALF), save(parameters({"weights": [1], "bias": 0}), "p.json")
    for bad in (tmp_path, tmp_path / "missing.json", chosen / "x"):
        for arguments in ([bad, chosen], [file, bad]):
            done = dnnt("evaluate", *arguments, "--json")
            assert (done.status, done.out) == (1, "")
            assert str(bad) in done.complaint


def test_standard_input(save: Instance) -> None:
    """Either file may come from standard input."""
    file, chosen = save(HALF), save(parameters({"weights": [1], "bias": 1}), "p.json")
    for arguments, stdin in ((["-", chosen], file), ([file, "-"], chosen)):
        done = run("evaluate", *arguments, "--json", stdin=stdin.read_bytes())
        assert (done.status, done.object["total"]) == (0, "9/4")
