"""`dnnt extract`: from parameters and from answers; results and bundles that are refused."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.bundles import (
    COLORS,
    NO_SUBSET,
    NOT_ONE,
    ONE,
    SUBSET,
    THREE,
    Case,
    body_of,
    kept,
    problem,
    reduced,
)  # fmt: skip
from tests.cli.commands import Body, Dnnt, Instance, parameters, run

YES = {"answer": "yes", "solution": [1, 2], "verified": True}
NO = {"answer": "no", "solution": None, "verified": None}
UNKNOWN = {"answer": "unknown", "solution": None, "verified": None}

ITEMS = Case("subset-sum-to-dnnt", "repaired", SUBSET, True)
RIGHT = [{"weights": [w], "bias": 0} for w in (0, 5, 7, 1, 1, 1)]


def answer(**fields: Any) -> Body:
    """An object as solve --json prints one."""
    body = {"file": "x", "sha256": "0" * 64, "goal": "decide", "answer": "yes", "status": "feasible"}
    return {**body, "parameters": RIGHT, **fields}


@pytest.mark.parametrize(
    "result",
    [
        parameters(*RIGHT),
        RIGHT,
        {"edges": RIGHT},
        parameters(*RIGHT[:3], {"weights": [1], "bias": 0, "repeat": 3}),
        parameters(*RIGHT[:1], {"weights": ["5/1"], "bias": 0}, {"weights": [7.0], "bias": "0"}, *RIGHT[3:]),
        answer(),
        answer(goal="minimize", status="optimal"),
        answer(goal="minimize", status="feasible", sha256="of another"),
    ],
)
def test_a_yes(result: object, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Parameters in every form, and answers: what they hold is evaluated, whatever they say."""
    bundle = reduced(dnnt, tmp_path, ITEMS)
    for options in ([], ["--json"]):
        done = dnnt("extract", bundle, save(result, "result.json"), *options)
        assert (done.status, done.err, done.object) == (0, "", YES)


@pytest.mark.parametrize("goal", ["decide", "minimize"])
@pytest.mark.parametrize("name", ["b.json", "b.json.gz"])
def test_a_no(goal: str, name: str, dnnt: Dnnt, tmp_path: Path) -> None:
    bundle = reduced(dnnt, tmp_path, Case("subset-sum-to-dnnt", "repaired", NO_SUBSET, False), name)
    solved = dnnt("solve", bundle, "--json", "--goal", goal)
    done = dnnt("extract", bundle, kept(tmp_path, "a.json", solved))
    assert (done.status, done.err, done.object) == (0, "", NO)
    # Of the same bundle unzipped, too: the digest is that of its bytes.
    if name.endswith(".gz"):
        plain = tmp_path / "plain.json"
        plain.write_bytes(gzip.decompress(bundle.read_bytes()))
        assert dnnt("extract", plain, tmp_path / "a.json").object == NO


def test_an_unknown(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Exit status 3, also where there are parameters."""
    bundle = reduced(dnnt, tmp_path, ITEMS)
    for chosen in (None, RIGHT):
        done = dnnt("extract", bundle, save(answer(answer="unknown", status="unknown", parameters=chosen), "a.json"))
        assert (done.status, done.err, done.object) == (3, "", UNKNOWN)


def test_an_answer_of_a_run_that_was_stopped(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Of a search that a limit ended, as it was printed."""
    items = [7919 * i * i % 1_000_003 * 10**30 + 10**12 * i for i in range(1, 60)]
    source = problem("subset-sum", items=items, target=sum(items) // 2 + 1)
    bundle = reduced(dnnt, tmp_path, Case("subset-sum-to-dnnt", "repaired", source, False))
    solved = dnnt("solve", bundle, "--json", "--time-limit", "0.5", "--method", "brute-force")
    assert solved.status == 3
    done = dnnt("extract", bundle, kept(tmp_path, "a.json", solved))
    assert (done.status, done.object) == (3, UNKNOWN)


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        ([{**RIGHT[0], "weights": [3]}, *RIGHT[1:]], ["total loss is 9", "gamma is 0"]),
        ([{**RIGHT[0], "weights": [2]}, *RIGHT[1:]], ["outside its space"]),
        ([{**RIGHT[0], "bias": 1}, *RIGHT[1:]], ["outside its space"]),
        (RIGHT[1:], ["5 entries for 6 edges"]),
        ([], ["0 entries"]),
        ([{"weights": [0, 0], "bias": 0}, *RIGHT[1:]], ["edges[0]", "2 weights"]),
        ([{"weights": ["x"], "bias": 0}, *RIGHT[1:]], ["edges[0].weights[0]", '"x"']),
        ([{"weights": [0]}, *RIGHT[1:]], ["edges[0]", '"bias"']),
        ([{**RIGHT[0], "repeat": 10**9}], ["1,000,000,000 entries"]),
        ({**parameters(*RIGHT), "version": 2}, ["version"]),
        ({**parameters(*RIGHT), "more": 1}, ['"more"']),
        (None, ["null"]),
        (7, ["7"]),
        ("text", ["line 1"]),
        ({}, ["an object"]),
        ([[0]], ["edges[0]"]),
        ({"file": "x", "error": "x: no such file"}, ["no such file"]),
        (answer(answer="maybe"), ["answer", '"maybe"']),
        (answer(answer=None), ["answer", "null"]),
        (answer(answer=[]), ["answer"]),
        (answer(parameters=None), ["parameters", "null"]),
        (answer(parameters=RIGHT[1:]), ["5 entries"]),
        ({"answer": "yes", "status": "feasible"}, ['"parameters"']),
        ({"status": "feasible", "parameters": RIGHT}, ['"answer"']),
        (YES, ['"parameters"']),
        (answer(answer="no"), ["sha256", "another file"]),
        ({"answer": "no", "status": "infeasible"}, ['"sha256"']),
        (json.dumps(answer()) + "\n" + json.dumps(answer()) + "\n", ["2 answers"]),
        ('{"answer": "yes", "answer": "no"}', ['"answer"', "twice"]),
        ("", ["empty"]),
        ("[" * 100_000, ["nested"]),
        ('[{"weights": [NaN], "bias": 0}]', ["NaN"]),
    ],
)
def test_results_that_are_refused(result: Any, parts: list[str], dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Exit status 1, one line that names the result's file, the place and the fault."""
    bundle = reduced(dnnt, tmp_path, ITEMS)
    file = save(result, "result.json")
    done = dnnt("extract", bundle, file)
    assert (done.status, done.out) == (1, "")
    for part in (str(file), *parts):
        assert part in done.complaint


def test_a_no_to_something_else(dnnt: Dnnt, tmp_path: Path) -> None:
    """The answer to one bundle says nothing of another."""
    no = reduced(dnnt, tmp_path, Case("subset-sum-to-dnnt", "repaired", NO_SUBSET, False), "no.json")
    result = kept(tmp_path, "a.json", dnnt("solve", no, "--json"))
    done = dnnt("extract", reduced(dnnt, tmp_path, ITEMS), result)
    assert done.status == 1 and "another file" in done.complaint


@pytest.mark.parametrize(
    ("case", "change", "right"),
    [
        (Case("slp-to-dnnt", "repaired", THREE, True), None, {"sign": 1}),
        (Case("csp-to-dnnt", "repaired", COLORS, True), None, {"x": "r", "y": 1, "z": "r"}),
        (Case("dnnt-to-cnnt", "repaired", ONE, True), None, [{"weights": [1], "bias": 0}]),
        # The free weights may be anything, as long as every value comes right.
        (Case("dnnt-to-cnnt", "repaired", ONE, True), (0, ["1/2"], "1/2"), [{"weights": [1], "bias": 0}]),
        (Case("dnnt-to-cnnt", "repaired", ONE, True), (1, [10**50], "-1/7"), [{"weights": [1], "bias": 0}]),
        (Case("dnnt-to-cnnt", "repaired", ONE, True), (0, ["1/2"], 0), None),
        (Case("dnnt-to-cnnt", "repaired", ONE, True), (2, [0], "1/2"), None),
    ],
)  # fmt: skip
def test_solutions(case: Case, change: Any, right: Any, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Letters as they were written, signs, parameters of the source; hostile real parameters are not believed."""
    bundle = reduced(dnnt, tmp_path, case)
    edges = []
    for entry in dnnt("solve", bundle, "--json").object["parameters"]:
        edges += [{"weights": entry["weights"], "bias": entry["bias"]}] * entry.get("repeat", 1)
    if change is not None:
        place, weights, bias = change
        edges[place] = {"weights": weights, "bias": bias}
    done = dnnt("extract", bundle, save(edges, "p.json"))
    if right is None:
        assert done.status == 1 and "total loss" in done.complaint
    else:
        assert done.object == {"answer": "yes", "solution": right, "verified": True}


def test_what_a_printed_construction_says(dnnt: Dnnt, tmp_path: Path) -> None:
    """a0 - a0 is 0; as printed it is taken for 1: not verified, with a warning."""
    source = problem("slp", steps=[["-", 0, 0]])
    bundle = reduced(dnnt, tmp_path, Case("slp-to-dnnt", "printed", source, False))
    done = dnnt("extract", bundle, kept(tmp_path, "a.json", dnnt("solve", bundle, "--json")))
    assert (done.status, done.object["answer"], done.object["verified"]) == (0, "yes", False)
    assert "warning" in done.complaint and "printed" in done.complaint


def tampered(bundle: Path, change: Callable[[Body], object]) -> Path:
    """A bundle with a change."""
    body = body_of(bundle)
    change(body)
    path = bundle.with_name("tampered.json")
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


CHANGES: list[tuple[Callable[[Body], object], str]] = [
    (lambda b: b["target"].update(gamma=100), "target"),
    (lambda b: b["target"]["samples"][0].update(y=[13]), "target"),
    (lambda b: b["target"].update(name="other"), "target"),
    (lambda b: b["target"]["edges"].reverse(), "target"),
    (lambda b: b["source"].update(target=13), "target"),
    (lambda b: b["source"].update(items=[3, 5]), "target"),
    (lambda b: b["trace"].update(more=1), "trace"),
    (lambda b: b["trace"].update(source_sha256="0" * 64), "trace"),
    (lambda b: b["trace"].clear(), "trace"),
    (lambda b: b.update(trace=[]), "trace"),
    (lambda b: b.update(source=None), "source"),
    (lambda b: b.update(source=ONE), "source"),
    (lambda b: b.update(source=THREE), "source"),
    (lambda b: b["source"].update(items=[-1]), "source.items[0]"),
    (lambda b: b.update(target=[]), "target"),
    (lambda b: b["target"].update(loss="cubic"), "target.loss"),
    (lambda b: b.update(rule="csp-to-dnnt"), "source"),
    (lambda b: b.update(rule=["subset-sum-to-dnnt"]), "rule"),
    (lambda b: b.update(rule="sat-to-dnnt"), "rule"),
    (lambda b: b.update(variant="printed"), "variant"),
    (lambda b: b.update(variant=None), "variant"),
    (lambda b: b.update(version=2), "version"),
    (lambda b: b.update(version=True), "version"),
    (lambda b: b.update(more=1), '"more"'),
    (lambda b: b.pop("trace"), '"trace"'),
    (lambda b: b.update(format="dnnt-bundle"), "format"),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_tampered_bundles(number: int, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """A target that is not what the rule makes of the source is found out, in both directions."""
    change, part = CHANGES[number]
    bundle = tampered(reduced(dnnt, tmp_path, ITEMS), change)
    for command, given in (("extract", RIGHT), ("lift", [1, 2])):
        done = dnnt(command, bundle, save(given, "given.json"))
        assert (done.status, done.out) == (1, "")
        assert str(bundle) in done.complaint and part in done.complaint
    assert dnnt("reduce", "dnnt-to-cnnt", bundle).status in (1, 2)


def nest(body: Body, depth: int) -> Body:
    """A bundle in a bundle, `depth` times."""
    made = body
    for _ in range(depth):
        made = {**body, "source": made}
    return made


@pytest.mark.parametrize("depth", [1, 50])
def test_bundles_in_bundles_that_no_rule_makes(depth: int, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    for case in (ITEMS, Case("dnnt-to-cnnt", "repaired", ONE, True)):
        body = body_of(reduced(dnnt, tmp_path, case))
        bundle = save(nest(body, depth), "nested.json")
        done = dnnt("extract", bundle, save(RIGHT, "result.json"))
        assert done.status == 1
        assert str(bundle) in done.complaint and "source" in done.complaint


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (SUBSET, "dnnt reduce"),
        (ONE, "dnnt reduce"),
        (parameters(*RIGHT), "format"),
        ({"a": 1}, "format"),
        ("", "empty"),
        ("[1", "line 1"),
        ("null", "null"),
        ("\0" * 100, "line 1"),
        ('{"format": "dnnt-reduction", "x": ' + "[" * 5000 + "]" * 5000 + "}", "nested"),
        ('{"format": "dnnt-reduction", "format": "dnnt-reduction"}', "twice"),
    ],
)
def test_what_is_no_bundle(body: Any, part: str, dnnt: Dnnt, save: Instance) -> None:
    file = save(body, "bundle.json")
    for command in ("extract", "lift"):
        done = dnnt(command, file, save(RIGHT, "result.json"))
        assert (done.status, done.out) == (1, "")
        assert str(file) in done.complaint and part in done.complaint


def test_files_that_cannot_be_read(dnnt: Dnnt, tmp_path: Path) -> None:
    bundle = reduced(dnnt, tmp_path, ITEMS)
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(bundle.read_bytes())[:-20])
    for bad in (tmp_path, tmp_path / "missing.json", tmp_path / "cut.json.gz"):
        for command in ("extract", "lift"):
            for arguments in ((bad, bundle), (bundle, bad)):
                done = dnnt(command, *arguments)
                assert (done.status, done.out) == (1, "")
                assert str(bad) in done.complaint


@pytest.mark.parametrize("line", ["", "FILE", "FILE FILE FILE", "FILE FILE --nothing", "FILE FILE --time-limit x"])
@pytest.mark.parametrize("command", ["extract", "lift"])
def test_wrong_usage(command: str, line: str, dnnt: Dnnt, save: Instance) -> None:
    file = save(SUBSET)
    done = dnnt(command, *(str(file) if word == "FILE" else word for word in line.split()))
    assert (done.status, done.out) == (2, "")


def test_limits(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    source = problem("subset-sum", items=[0] * 20_000, target=0)
    bundle = reduced(dnnt, tmp_path, Case("subset-sum-to-dnnt", "repaired", source, True))
    for command, given in (("extract", RIGHT), ("lift", [])):
        for limit in (["--time-limit", "0.1"], ["--memory-limit", "1"]):
            done = dnnt(command, bundle, save(given, "given.json"), *limit)
            assert (done.status, done.out) == (3, "")
            assert str(bundle) in done.complaint


def test_standard_input(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    bundle, result = reduced(dnnt, tmp_path, ITEMS), save(RIGHT, "result.json")
    assert run("extract", "-", result, stdin=bundle.read_bytes()).object == YES
    assert run("extract", bundle, "-", stdin=result.read_bytes()).object == YES
    done = run("extract", "-", "-", stdin=bundle.read_bytes())
    assert done.status == 1 and "empty" in done.complaint


def test_other_instances_are_no_bundles_of_theirs(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """A no to the source itself is not one to its bundle."""
    bundle = reduced(dnnt, tmp_path, Case("dnnt-to-cnnt", "repaired", NOT_ONE, False))
    result = kept(tmp_path, "a.json", dnnt("solve", tmp_path / "source.json", "--json"))
    assert dnnt("extract", bundle, result).status == 1
    target = save(body_of(bundle)["target"], "target.json")
    shutil.copy(bundle, tmp_path / "copy.json")
    right = kept(tmp_path, "a.json", dnnt("solve", tmp_path / "copy.json", "--json"))
    assert dnnt("extract", bundle, right).object == NO
    assert dnnt("solve", target).status == 2
