"""`dnnt reduce`: every rule and variant from every kind of file, bundles as instances, and sources that are refused."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import dnnt as package
from dnnt.reductions import all_reductions
from tests.cli.bundles import (
    CASES,
    COLORS,
    NAMES,
    ONE,
    SUBSET,
    THREE,
    Case,
    accepted,
    body_of,
    edge,
    kept,
    network,
    problem,
    reduced,
)  # fmt: skip
from tests.cli.commands import Dnnt, Instance, run

KEYS = ["format", "version", "rule", "variant", "source", "target", "trace"]


@pytest.mark.parametrize("goal", ["decide", "minimize"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_there_and_back(case: Case, goal: str, dnnt: Dnnt, tmp_path: Path) -> None:
    """Reduced, solved, extracted, lifted, evaluated and extracted again: the source's answer, verified."""
    bundle = reduced(dnnt, tmp_path, case)
    certificate = tmp_path / "c.json"
    done = dnnt("solve", bundle, "--json", "--goal", goal, "--certificate", certificate)
    answer = done.object
    assert (done.status, done.err, answer["assurance"]) == (0, "", "checked")
    assert (answer["answer"] == "yes") == case.solvable or case.variant == "printed"
    assert answer["sha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert dnnt("check", bundle, certificate).status == 0
    assert dnnt("info", bundle).status == 0
    said = dnnt("extract", bundle, kept(tmp_path, "answer.json", done))
    assert (said.status, said.err) == (0, "")
    assert list(said.object) == ["answer", "solution", "verified"]
    if answer["answer"] == "no":
        assert said.object == {"answer": "no", "solution": None, "verified": None}
        return
    assert (said.object["answer"], said.object["verified"]) == ("yes", True)
    lifted = dnnt("lift", bundle, kept(tmp_path, "solution.json", said))
    assert (lifted.status, lifted.err) == (0, "")
    assert list(lifted.object) == ["format", "version", "edges"]
    chosen = kept(tmp_path, "lifted.json", lifted)
    assert accepted(bundle, body_of(chosen)["edges"])
    said_too = dnnt("evaluate", bundle, chosen, "--json").object
    assert said_too["inside"] and len(said_too["samples"]) == len(package.read(bundle).samples)
    assert dnnt("extract", bundle, chosen).object == said.object


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_bundle(case: Case, dnnt: Dnnt, tmp_path: Path) -> None:
    """Its keys, its source as it was, its target an instance, and the sizes that were declared."""
    source, bundle = tmp_path / "source.json", tmp_path / "bundle.json.gz"
    source.write_text(json.dumps(case.source), encoding="utf-8")
    done = dnnt("reduce", case.rule, source, "-o", bundle, "--variant", case.variant, "--json")
    raw = gzip.decompress(bundle.read_bytes())
    body = json.loads(raw)
    assert list(body) == KEYS
    assert (body["format"], body["version"], body["rule"], body["variant"]) == (
        "dnnt-reduction",
        1,
        case.rule,
        case.variant,
    )
    (tmp_path / "again.json").write_text(json.dumps(body["source"]), encoding="utf-8")
    if case.rule == "dnnt-to-cnnt":
        assert package.read(tmp_path / "again.json") == package.read(source)
        assert body["trace"]["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    else:
        assert package.read_problem(tmp_path / "again.json") == package.read_problem(source)
    target = package.parse(json.dumps(body["target"]))
    assert target == package.read(bundle)
    told = done.object
    assert told["sha256"] == hashlib.sha256(raw).hexdigest()
    assert (told["bundle"], told["rule"], told["variant"]) == (str(bundle), case.rule, case.variant)
    sizes = {
        "inputs": target.network.inputs,
        "units": target.network.unit_count,
        "edges": target.network.edge_count,
        "outputs": target.network.output_count,
        "samples": len(target.samples),
    }
    assert told["measured"] == sizes
    assert all(sizes[name] <= told["declared"][name] for name in sizes)
    assert told["seconds"] >= 0


def test_every_rule_and_variant_is_tried() -> None:
    tried = {(case.rule, case.variant) for case in CASES} | {("dnnt-to-cnnt", "printed")}
    assert tried == {(each.rule, each.variant) for each in all_reductions()}


def test_text(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """For a person: rule, theorem, sizes, and what is guaranteed, or what is wrong."""
    done = dnnt("reduce", "subset-sum-to-dnnt", save(SUBSET), "-o", tmp_path / "b.json")
    assert (done.status, done.err) == (0, "")
    for word in ("b.json", "subset-sum-to-dnnt (repaired)", "Theorem 1.3", "n = 3", "edges 6 (2*n)", "Guarantee"):
        assert word in done.out
    printed = dnnt("reduce", "slp-to-dnnt", save(THREE), "--variant", "printed", "-o", tmp_path / "b.json").out
    assert "As printed" in printed and "wrong" in printed and "Guarantee" not in printed


@pytest.mark.parametrize("options", [[], ["-o", "-"], ["--json"]])
def test_standard_output(options: list[str], dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Without a file the bundle itself is printed, and no file is written."""
    source = save(SUBSET)
    done = dnnt("reduce", "subset-sum-to-dnnt", source, *options)
    assert (done.status, done.err) == (0, "")
    assert list(done.object) == KEYS
    dnnt("reduce", "subset-sum-to-dnnt", source, "-o", tmp_path / "b.json")
    assert (tmp_path / "b.json").read_text(encoding="utf-8") == done.out


def test_standard_input(save: Instance) -> None:
    raw = json.dumps(SUBSET).encode()
    done = run("reduce", "subset-sum-to-dnnt", "-", stdin=raw)
    assert (done.status, done.object["source"]["items"]) == (0, [3, 5, 7])
    text = run("reduce", "subset-sum-to-dnnt", "-", "--format", "kp", stdin=b"2 9\n1 4\n1 5\n")
    assert (text.status, text.object["source"]) == (0, problem("subset-sum", items=[4, 5], target=9))
    solved = run("solve", "-", "--json", stdin=text.out.encode())
    assert (solved.status, solved.object["answer"]) == (0, "yes")


TRIANGLE = "c a triangle\np edge 3 5\ne 1 2\ne 2 1\ne 2 3\ne 1 3\ne 3 3\n"
PENTAGON = "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n"


@pytest.mark.parametrize(
    ("name", "text", "rule", "options", "solution"),
    [
        ("x.kp", "3 12\n1 3\n1 5\n1 7\n", "subset-sum-to-dnnt", [], [1, 2]),
        ("x.col", PENTAGON, "csp-to-dnnt", ["--colors", "3"], {}),
        ("x.col", PENTAGON, "csp-to-dnnt", ["--colors", "2"], None),
        ("x.dlx", "a b c\na b\nc\nb c\n", "exact-cover-to-dnnt", [], [0, 1]),
        ("x.slp", "a0 = 1\na1 = a0 + a0\na2 = a1 * a1  # 4\n", "slp-to-dnnt", [], {"sign": 1}),
        ("x.slp.gz", "a1 = a0 - a0\n", "slp-to-dnnt", [], None),
        ("x.KP", "1 0\n9 9\n", "subset-sum-to-dnnt", [], []),
        ("x.txt", "a1 = a0 + a0\n", "slp-to-dnnt", ["--format", "slp"], {"sign": 1}),
        ("x.slp", json.dumps(SUBSET), "subset-sum-to-dnnt", ["--format", "json"], [1, 2]),
    ],
)
def test_other_formats(
    name: str, text: str, rule: str, options: list[str], solution: Any, dnnt: Dnnt, save: Instance, tmp_path: Path
) -> None:
    bundle = tmp_path / "b.json"
    done = dnnt("reduce", rule, save(text, name), "-o", bundle, *options)
    assert (done.status, done.err) == (0, "")
    said = dnnt("extract", bundle, kept(tmp_path, "a.json", dnnt("solve", bundle, "--json"))).object
    if solution == {}:
        colors = said["solution"]
        assert set(colors) == {"1", "2", "3", "4", "5"} and set(colors.values()) <= {1, 2, 3}
        assert all(colors[a] != colors[b] for a, b in ("12", "23", "34", "45", "51"))
    else:
        assert said["solution"] == solution


def test_what_a_graph_says_in_vain_is_told(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Self-loops are left out with a warning; doubled edges count once."""
    file = save(TRIANGLE, "g.col")
    done = dnnt("reduce", "csp-to-dnnt", file, "--colors", 3, "-o", tmp_path / "b.json")
    assert done.status == 0
    assert str(file) in done.complaint and "warning" in done.complaint and "self-loop" in done.complaint
    assert len(body_of(tmp_path / "b.json")["source"]["constraints"]) == 3


PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
SOLVED = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"


def test_sudoku(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """729 sets, 324 elements and one for each clue; the digits of the solution are the sets."""
    bundle = tmp_path / "b.json"
    done = dnnt("reduce", "exact-cover-to-dnnt", "--sudoku", PUZZLE, "-o", bundle, "--json")
    clues = 81 - PUZZLE.count(".")
    assert done.object["measured"] == {"inputs": 729, "units": 2, "edges": 2, "outputs": 1, "samples": 325 + clues}
    source = body_of(bundle)["source"]
    assert (len(source["sets"]), len(source["universe"]), source["count"]) == (729, 324 + clues, 81)
    assert Counter(len(of) for of in source["sets"]) == {4: 729 - clues, 5: clues}
    chosen = [9 * cell + int(digit) - 1 for cell, digit in enumerate(SOLVED)]
    lifted = dnnt("lift", bundle, save(chosen, "solution.json"))
    assert lifted.status == 0
    assert dnnt("extract", bundle, kept(tmp_path, "p.json", lifted)).object["solution"] == chosen
    wrong = [9 * cell + int(digit) - 1 for cell, digit in enumerate(SOLVED[1:] + SOLVED[0])]
    assert "no solution" in dnnt("lift", bundle, save(wrong, "wrong.json")).complaint


@pytest.mark.parametrize("variant", ["repaired", "probes"])
def test_chains(variant: str, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """A bundle is reduced again: its source is the old bundle, and solutions go all the way."""
    first, second = tmp_path / "first.json", tmp_path / "second.json.gz"
    dnnt("reduce", "csp-to-dnnt", save(COLORS), "-o", first)
    assert dnnt("reduce", "dnnt-to-cnnt", first, "-o", second, "--variant", variant).status == 0
    body = json.loads(gzip.decompress(second.read_bytes()))
    assert body["source"] == body_of(first)
    assert body["trace"]["source_sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    solved = dnnt("solve", second, "--json", "--certificate", tmp_path / "c.json")
    answer = solved.object
    assert (answer["answer"], answer["assurance"], "Theorem 1.2" in answer["reason"]) == ("yes", "checked", True)
    for file in (first, second):
        assert dnnt("check", file, tmp_path / "c.json").out == "VALID loss <= 1\n"
    said = dnnt("extract", second, kept(tmp_path, "a.json", solved))
    assert said.object == {"answer": "yes", "solution": {"x": "r", "y": 1, "z": "r"}, "verified": True}
    lifted = kept(tmp_path, "p.json", dnnt("lift", second, kept(tmp_path, "s.json", said)))
    assert dnnt("extract", second, lifted).object == said.object
    assert accepted(second, body_of(lifted)["edges"])
    again = dnnt("reduce", "dnnt-to-cnnt", second)
    assert again.status == 2 and "continuous" not in again.out and "cnnt" in again.complaint


@pytest.mark.parametrize(
    ("first", "second"), [("repaired", "repaired"), ("repaired", "probes"), ("digits", "repaired")]
)
def test_chains_of_numbers_that_cannot_be_written(
    first: str, second: str, dnnt: Dnnt, save: Instance, tmp_path: Path
) -> None:
    """2^(2^24) - 1 and its opposite: signs are proved, and the theorem carries them on."""
    squares = "a1 = a0 + a0\n" + "".join(f"a{i} = a{i - 1} * a{i - 1}\n" for i in range(2, 26))
    for last, sign in (("a26 = a25 - a0\n", 1), ("a26 = a0 - a25\n", -1)):
        links = [tmp_path / "first.json", tmp_path / "second.json"]
        assert (
            dnnt("reduce", "slp-to-dnnt", save(squares + last, "x.slp"), "-o", links[0], "--variant", first).status == 0
        )
        assert dnnt("reduce", "dnnt-to-cnnt", links[0], "-o", links[1], "--variant", second).status == 0
        for bundle in links:
            solved = dnnt("solve", bundle, "--json")
            said = dnnt("extract", bundle, kept(tmp_path, "a.json", solved))
            assert (solved.object["assurance"], said.status, said.err) == ("checked", 0, "")
            lifted = dnnt("lift", bundle, save({"sign": 1}, "s.json"))
            if sign > 0:
                assert said.object == {"answer": "yes", "solution": {"sign": 1}, "verified": True}
                assert dnnt("extract", bundle, kept(tmp_path, "l.json", lifted)).object == said.object
            else:
                assert said.object["answer"] == "no"
                assert lifted.status == 1 and "negative" in lifted.complaint


def test_names_that_collide(dnnt: Dnnt, tmp_path: Path) -> None:
    """Vertices of the source keep their names, and all names differ."""
    for variant in ("repaired", "probes"):
        bundle = reduced(dnnt, tmp_path, Case("dnnt-to-cnnt", variant, NAMES, True))
        ids = [vertex["id"] for vertex in body_of(bundle)["target"]["vertices"]]
        assert ids[:6] == [vertex["id"] for vertex in NAMES["vertices"]]
        assert len(set(ids)) == len(ids)


def test_limits(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """A limit ends it with one line, exit status 3, and no file."""
    file = save(problem("subset-sum", items=list(range(300_000)), target=1))
    for limit in (["--time-limit", "0.1"], ["--memory-limit", "1"]):
        done = dnnt("reduce", "subset-sum-to-dnnt", file, "-o", tmp_path / "b.json", *limit)
        assert (done.status, done.out) == (3, "")
        assert str(file) in done.complaint and limit[0].removeprefix("--").split("-")[0] in done.complaint
    assert not (tmp_path / "b.json").exists()


def test_deep_notes(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """What is written can be read: notes are kept, and those that are nested too deeply are refused."""
    text = json.dumps({**ONE, "name": "one", "notes": {"why": [1, {"q": None}]}})
    bundle = tmp_path / "b.json"
    assert dnnt("reduce", "dnnt-to-cnnt", save(text), "-o", bundle).status == 0
    assert body_of(bundle)["source"]["notes"] == {"why": [1, {"q": None}]}
    for depth in (150, 900):
        deep = text.replace("null", "[" * depth + "]" * depth)
        done = dnnt("reduce", "dnnt-to-cnnt", save(deep), "-o", bundle)
        assert done.status == 1 and "notes" in done.complaint


def test_huge_numbers(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """Items of 20,000 digits, and weights of a range that no list could hold."""
    big = 10**20_000
    bundle = tmp_path / "b.json"
    file = save(
        json.dumps({**SUBSET, "items": "ITEMS"})
        .replace('"ITEMS"', f"[{big}, 5, {big + 1}]")
        .replace("12", f"{2 * big + 1}")
    )
    assert dnnt("reduce", "subset-sum-to-dnnt", file, "-o", bundle).status == 0
    said = dnnt("extract", bundle, kept(tmp_path, "a.json", dnnt("solve", bundle, "--json"))).object
    assert said == {"answer": "yes", "solution": [0, 2], "verified": True}
    wide = network({"t": "identity"}, ["t"], [edge("s", "t", {"from": 0, "to": 10**40})], samples=[])
    assert dnnt("reduce", "dnnt-to-cnnt", save(wide), "-o", bundle).status == 0
    assert dnnt("extract", bundle, kept(tmp_path, "a.json", dnnt("solve", bundle, "--json"))).object["verified"]
