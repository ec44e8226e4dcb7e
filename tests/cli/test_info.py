"""`dnnt info`: the sizes and facts of an instance, and what it says of theorems and methods."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log10
from pathlib import Path
from typing import Any

import pytest

from dnnt.formats import json_text
from dnnt.methods import NAMES, method
from tests.cli.commands import (
    CONTINUOUS,
    DEEP,
    EMPTY,
    HALF,
    XOR,
    Body,
    Dnnt,
    Instance,
    instance,
    layer,
    run,
)  # fmt: skip

FIELDS = {
    "inputs", "samples", "distinct_inputs", "outputs", "units", "edges", "depth", "restricted", "two_layer",
    "continuous", "parameter_choices", "log10_parameter_choices", "regime", "theorems", "methods",
}  # fmt: skip


Edge = tuple[Sequence[str], list[int], int]


def graph(inputs: int, vertices: Sequence[str], outputs: Sequence[str], edges: Sequence[Edge], **more: Any) -> Body:
    """A graph whose vertices have names of one letter; an edge is (ends, options of each weight, of its bias)."""
    return instance(
        inputs=inputs,
        vertices=[{"id": name, "activation": "relu"} for name in vertices],
        outputs=list(outputs),
        edges=[
            {"from": ends[0], "to": ends[1], "weights": [list(range(n)) for n in weights], "bias": list(range(bias))}
            for ends, weights, bias in edges
        ],
        **{"samples": [], "loss": "squared", **more},
    )


SKIPS = [("sa", [2], 1), ("sa", [3], 1), ("ab", [2], 1), ("bc", [1], 1), ("sc", [5], 4)]
"""Parallel edges s -> a, a path s, a, b, c, and a skip edge s -> c: 2·3·2·5·4 = 240 choices."""

SHALLOW: Body = {"restricted": False, "two_layer": True, "continuous": False}


@pytest.mark.parametrize(
    ("body", "right"),
    [
        (
            XOR,
            {
                **SHALLOW, "inputs": 2, "samples": 4, "distinct_inputs": 4, "outputs": 1, "units": 3, "edges": 4,
                "depth": 2, "parameter_choices": 3**8,
            },
        ),
        (HALF, {**SHALLOW, "samples": 1, "units": 1, "edges": 1, "depth": 1, "parameter_choices": 6}),
        (DEEP, {**SHALLOW, "two_layer": False, "depth": 4, "units": 10, "edges": 24, "parameter_choices": 3**27}),
        (CONTINUOUS, {**SHALLOW, "continuous": True, "parameter_choices": None, "log10_parameter_choices": None}),
        (EMPTY, {"parameter_choices": 0, "log10_parameter_choices": None, "restricted": False, "continuous": False}),
        (
            graph(1, "abc", "c", SKIPS),
            {**SHALLOW, "two_layer": False, "depth": 3, "edges": 5, "units": 3, "parameter_choices": 240, "samples": 0},
        ),
        (graph(1, "abc", "b", SKIPS), {"two_layer": False, "depth": 2, "outputs": 1}),
        (graph(1, "abc", "", SKIPS), {"two_layer": True, "depth": 0, "outputs": 0}),
        (graph(1, "ab", "b", [("sa", [2], 1), ("sb", [2], 1), ("ab", [1], 1)]), {**SHALLOW, "depth": 2}),
        (graph(1, "abd", "b", [("sa", [2], 1), ("ab", [2], 1), ("bd", [1], 1)]), {"two_layer": False, "depth": 2}),
        (graph(1, "abcd", "d", [*SKIPS, ("sd", [2], 1)]), {"two_layer": True, "depth": 1, "units": 4}),
        (graph(1, "ab", "b", [("ab", [2], 3)]), {**SHALLOW, "depth": 0, "parameter_choices": 6}),
        (graph(0, "", "", []), {"restricted": True, "two_layer": True, "depth": 0, "units": 0, "parameter_choices": 1}),
        (graph(0, "a", "a", [("sa", [], 3)]), {**SHALLOW, "inputs": 0, "depth": 1, "parameter_choices": 3}),
        (graph(1, "a", "a", [("sa", [1], 1)]), {"restricted": True, "log10_parameter_choices": 0}),
        (graph(2, "a", "a", [("sa", [1, 2], 1)]), {"restricted": False, "parameter_choices": 2}),
        (
            {**XOR, "samples": [{"x": x, "y": [0]} for x in ([1, 0], ["1", "0/3"], [1.0, -0.0], [10e-1, 1])]},
            {"samples": 4, "distinct_inputs": 2},
        ),
    ],
)  # fmt: skip
def test_facts(body: Body, right: Body, dnnt: Dnnt, save: Instance) -> None:
    file = save(body)
    done = dnnt("info", file, "--json")
    assert (done.status, done.err) == (0, "")
    said = done.object
    assert set(said) >= FIELDS
    assert {key: said[key] for key in right} == right
    choices = said["parameter_choices"]
    if choices:
        assert said["log10_parameter_choices"] == pytest.approx(log10(choices))
    assert dnnt("info", file).status == 0


def test_every_field_is_documented(dnnt: Dnnt, save: Instance) -> None:
    """The table of docs/commands.md has just the fields that are printed, also those of ranges and methods."""
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    section = page.partition("## `dnnt info`")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| (`.+?`) \| (.+) \|$", section, re.MULTILINE))
    said = dnnt("info", save(XOR), "--json").object
    assert sorted(field for names in rows for field in re.findall(r"`(\w+)`", names)) == sorted(said)
    for field in ("ranges", "theorems", "methods"):
        written = re.search(r"`\{(.+?)\}`", rows[f"`{field}`"])
        assert written is not None
        assert re.findall(r'"(\w+)"', written[1]) == list(said[field][0])


def test_huge_layers(dnnt: Dnnt, save: Instance) -> None:
    """10^100 units: figures are exact, and choices are given by their logarithm alone."""
    body = instance(
        inputs=2,
        layers=[layer(10**100, "relu", [0, 1], [0, 1]), layer(1, "identity", [1, 2, 3])],
        samples=[{"x": [1, 2], "y": [0]}],
        loss="squared",
    )
    done = dnnt("info", save(body), "--json")
    said = json_text.parse(done.out.encode())
    assert (said["units"], said["edges"]) == (10**100 + 1, 2 * 10**100)
    assert (said["depth"], said["two_layer"], said["parameter_choices"]) == (2, True, None)
    digits = 3 * 10**100 * log10(2) + 10**100 * log10(3)
    assert float(said["log10_parameter_choices"]) == pytest.approx(digits)
    one = {**body, "layers": [layer(10**100, "relu", [1]), layer(1, "identity", [1])]}
    restricted = dnnt("info", save(one), "--json").object
    assert (restricted["restricted"], restricted["parameter_choices"]) == (True, 1)


@pytest.mark.parametrize(("inputs", "known"), [(99_999, True), (100_000, False)])
def test_choices_up_to_100000_digits(inputs: int, known: bool, dnnt: Dnnt, save: Instance) -> None:
    """10^99999 is the last power of ten that is written out; the logarithm stays."""
    body = instance(inputs=inputs, layers=[layer(1, "identity", list(range(10)))], samples=[], loss="squared")
    done = dnnt("info", save(body), "--json")
    said = json_text.parse(done.out.encode())
    assert said["parameter_choices"] == (10**inputs if known else None)
    assert said["log10_parameter_choices"] == inputs


@pytest.mark.parametrize(
    ("body", "theorems", "regime"),
    [
        (XOR, ["nearest: 1.5", "1.6", "nearest: previous work: Goel et al. 2021"], "in NP"),
        (HALF, ["1.6"], "in NP"),
        ({**HALF, "layers": [layer(3, "identity", [0, 1]), *HALF["layers"]]}, ["1.3", "1.6"], "two layers"),
        (DEEP, ["1.1"], "depth 4"),
        (graph(1, "a", "a", [("sa", [1], 1)], samples=[{"x": [1], "y": [1]}]), ["1.1"], "Restricted"),
        (graph(1, "a", "a", [("sa", [1], 1)]), [], "Without samples"),
        (EMPTY, [], "A space is empty"),
        (CONTINUOUS, ["1.2", "nearest: previous work"], "Continuous"),
        (
            {**CONTINUOUS, "layers": [layer(2, "relu", "real", "real"), layer(2, "relu", "real")], "samples": []},
            [],
            "so gamma is reached",
        ),
        (
            {**XOR, "layers": [layer(2, "step", "real", "real"), layer(1, "step", "real", "real")]},
            ["1.2", "previous work: Blum and Rivest 1988", "previous work: Megiddo 1988"],
            "∃R",
        ),
    ],
)
def test_theorems(body: Body, theorems: list[str], regime: str, dnnt: Dnnt, save: Instance) -> None:
    """The names of what speaks (tests/analysis has every class), and the same words in the text."""
    file = save(body)
    said = dnnt("info", file, "--json").object
    assert [each["theorem"] for each in said["theorems"]] == theorems
    assert all(set(each) == {"theorem", "says"} for each in said["theorems"])
    assert regime in " ".join(said["regime"])
    text = " ".join(dnnt("info", file).out.split())
    for sentence in (*said["regime"], *(each["says"] for each in said["theorems"])):
        assert " ".join(sentence.split()) in text
    for name in theorems:
        number = name.removeprefix("nearest: ").removeprefix("previous work: ")
        assert f"{'Nearest: ' * (name[0] == 'n')}{'Theorem ' * number[0].isdigit()}{number}." in text


@pytest.mark.parametrize("body", [XOR, HALF, {**XOR, "gamma": 3}, {**DEEP, "layers": DEEP["layers"][2:]}])
def test_methods(body: Body, dnnt: Dnnt, save: Instance) -> None:
    """Every method is there, with its cost or its refusal, and a method that takes the instance solves it."""
    file = save(body)
    said = dnnt("info", file, "--json").object
    assert [each["name"] for each in said["methods"]] == list(NAMES)
    for each in said["methods"]:
        if each["takes"]:
            assert each["refusal"] is None
            assert each["seconds"] >= 0
            assert each["mebibytes"] >= 0
            assert dnnt("solve", file, "--method", each["name"]).status in (
                (0,) if method(each["name"]).proves else (0, 3)
            )
        else:
            refused = dnnt("solve", file, "--method", each["name"])
            assert (refused.status, refused.out) == (2, "")
            assert each["refusal"] in refused.complaint


def test_refusals_of_everything(dnnt: Dnnt, save: Instance) -> None:
    said = dnnt("info", save(CONTINUOUS), "--json").object
    assert not any(each["takes"] for each in said["methods"])


def test_text(dnnt: Dnnt, save: Instance) -> None:
    out = dnnt("info", save(XOR)).out
    for word in (
        "xor",
        "3 units",
        "4 edges",
        "depth 2",
        "6,561",
        "Theorem 1.6",
        "brute-force",
        "reachable",
        "two layers",
    ):
        assert word in out
    assert "infinitely many" in dnnt("info", save(CONTINUOUS)).out


def test_files(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Standard input, gzip, and files that cannot be read."""
    plain = dnnt("info", save(XOR), "--json").object
    packed = dnnt("info", save(XOR, "x.dnnt.json.gz"), "--json").object
    piped = run("info", "-", "--json", stdin=save(XOR).read_bytes()).object
    for said in (packed, piped):
        assert {key: said[key] for key in FIELDS - {"methods"}} == {key: plain[key] for key in FIELDS - {"methods"}}
    for bad in (tmp_path, tmp_path / "missing", save("{", "bad.json"), save({**XOR, "inputs": 3}, "worse.json")):
        for options in ([], ["--json"]):
            done = dnnt("info", bad, *options)
            assert (done.status, done.out) == (1, "")
            assert str(bad) in done.complaint


def test_time_limit(dnnt: Dnnt, save: Instance) -> None:
    """Exit status 3 with what is known so far."""
    done = dnnt("info", save(XOR), "--json", "--time-limit", "0")
    assert done.status == 3
    assert (done.object["units"], done.object["parameter_choices"]) == (3, 3**8)


def kinds(plan: Body) -> list[str]:
    """The kinds of all nodes of a plan."""
    return [plan["kind"], *(kind for child in plan.get("children", ()) for kind in kinds(child))]


GROUPS = graph(
    1,
    [f"h{index}" for index in range(30)] + ["t"],
    ["t"],
    [edge for index in range(30) for edge in ((("s", f"h{index}"), [2 + index], 1), ((f"h{index}", "t"), [3], 1))],
    samples=[{"x": [1], "y": [1]}, {"x": [2], "y": [3]}],
)
"""Thirty units with spaces of their own."""


def test_plan(dnnt: Dnnt, save: Instance) -> None:
    """The tree of the chosen method: in JSON, and within 100 columns as text."""
    file = save(GROUPS)
    plan = dnnt("info", file, "--json").object["plan"]
    assert plan["kind"] == "states"
    assert {"unit", "image", "sum", "choose", "more", "rest", "last", "hull", "halves"} <= set(kinds(plan))
    assert [child["elided"] for child in plan["children"] if child["kind"] == "more"] == [27]
    done = dnnt("info", file)
    assert (done.status, done.err) == (0, "")
    tree = done.out[done.out.index("reachable states of 2 coordinates:") :]
    assert "… 27 more groups" in tree
    assert "hull and cuts" in tree
    assert max(map(len, map(str.rstrip, tree.splitlines()))) <= 100
    deep = dnnt("info", save(DEEP), "--json").object
    assert deep["chosen"] is not None
    assert deep["plan"]["seconds"] is not None
    assert dnnt("info", save(EMPTY), "--json").object["plan"] is None
    assert dnnt("info", save(CONTINUOUS), "--json").object["plan"] is None


def test_most(dnnt: Dnnt, save: Instance) -> None:
    """What is usual, and the most that it may be: where the hull is tried first."""
    body = {**XOR, "layers": [layer(20, "relu", [-1, 0, 1], [-1, 0, 1]), XOR["layers"][1]]}
    by_name = {each["name"]: each for each in dnnt("info", save(body), "--json").object["methods"]}
    most = by_name["reachable"]["most"]
    assert most["seconds"] > by_name["reachable"]["seconds"]
    assert most["mebibytes"] > by_name["reachable"]["mebibytes"]
    assert by_name["brute-force"]["most"] is None
    assert "at most" in dnnt("info", save(body)).out


APART = graph(
    2,
    "abcd",
    "abcd",
    [("sa", [2, 2], 1), ("sb", [2, 2], 1), ("sc", [3, 2], 2), ("sd", [1, 1], 1)],
    samples=[{"x": [1, 2], "y": [1, 0, 2, 0]}, {"x": [0, 1], "y": [1, 1, 1, 1]}],
)
"""Four outputs without a common parameter: two alike, one larger, one without a choice."""


def test_parts(dnnt: Dnnt, save: Instance) -> None:
    """How many there are, which are alike, and what is done with each; the answer's method and reason are the same."""
    file = save(APART)
    said = dnnt("info", file, "--json").object
    parts = said["parts"]
    assert (parts["count"], parts["additive"]) == (4, True)
    assert [(each["count"], each["outputs"], each["parameters"]) for each in parts["alike"]] == [
        (2, [0], 2),
        (1, [2], 3),
        (1, [3], 0),
    ]
    assert parts["alike"][1]["log10_choices"] == pytest.approx(log10(12), abs=1e-5)
    assert [each["chosen"] for each in parts["alike"]] == ["brute-force", "brute-force", None]
    answer = dnnt("solve", file, "--json").object
    assert (said["chosen"], said["plan"]["kind"]) == (answer["method"], "enumeration")
    assert answer["reason"].startswith("4 independent parts, each by itself")
    assert said["reason"].startswith("4 independent parts, each by itself")
    text = " ".join(dnnt("info", file).out.split())
    for words in ("4 independent parts, solved one by one", "12 choices", "nothing to choose", "takes longest"):
        assert words in text
    assert dnnt("info", save(XOR), "--json").object["parts"] is None


def test_parts_of_a_joint_loss(dnnt: Dnnt, save: Instance) -> None:
    """Parts give bounds, and the whole comes after them."""
    said = dnnt("info", save({**APART, "loss": "zero_one"}), "--json").object
    assert (said["parts"]["count"], said["parts"]["additive"]) == (4, False)
    assert said["chosen"] in NAMES
    assert "then, if their bounds leave it open, the whole" in said["reason"]


def test_parts_explained(dnnt: Dnnt, save: Instance) -> None:
    """A method that takes every part is planned for the parts, also where it refuses the whole."""
    file = save(APART)
    said = dnnt("solve", file, "--explain", "--method", "branch", "--json").object
    assert (said["method"], said["parts"]["count"]) == ("branch", 4)
    assert [each["chosen"] for each in said["parts"]["alike"]] == ["branch", "branch", None]
    assert next(each for each in said["methods"] if each["name"] == "branch")["takes"] is False
    whole = dnnt("solve", file, "--explain", "--method", "brute-force", "--json").object
    assert (whole["method"], whole["parts"]) == ("brute-force", None)
    assert dnnt("solve", file, "--explain", "--method", "subset-sum").status == 2
