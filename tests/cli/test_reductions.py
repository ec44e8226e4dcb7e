"""`dnnt reductions`: the list of rules, and their graph as a drawing."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from dnnt.reductions import all_reductions
from tests.cli.commands import Dnnt

FIELDS = [
    "rule", "variant", "theorem", "source", "target", "domain", "guarantee", "holds", "letters", "size", "example",
]  # fmt: skip

THEOREMS = {
    "slp-to-dnnt": "Lemma 3.5 (Theorem 1.1)",
    "dnnt-to-cnnt": "Theorem 1.2",
    "subset-sum-to-dnnt": "Theorem 1.3",
    "csp-to-dnnt": "Theorem 1.4",
    "exact-cover-to-dnnt": "Theorem 1.5",
}


def test_text(dnnt: Dnnt) -> None:
    """Each rule and variant with its theorem, direction, sizes and example."""
    done = dnnt("reductions")
    assert (done.status, done.err) == (0, "")
    for each in all_reductions():
        assert f"{each.rule} --variant {each.variant}" in done.out
        assert f"{each.source_kind} -> {each.target_kind}, {each.contract.theorem}" in done.out
    assert done.out.count("As printed") == sum(not each.contract.holds for each in all_reductions())


def test_json(dnnt: Dnnt) -> None:
    done = dnnt("reductions", "--json")
    assert (done.status, done.err) == (0, "")
    (line,) = done.out.splitlines()
    entries = json.loads(line)
    assert [(e["rule"], e["variant"]) for e in entries] == [(r.rule, r.variant) for r in all_reductions()]
    for entry in entries:
        assert list(entry) == FIELDS
        assert entry["theorem"] == THEOREMS[entry["rule"]]
        assert entry["holds"] == (entry["variant"] != "printed")
        assert set(entry["size"]) == set(entry["example"]["measured"])


def test_graph(dnnt: Dnnt, tmp_path: Path) -> None:
    """An SVG that names every problem, rule and theorem; the list is printed as well."""
    file = tmp_path / "rules.svg"
    done = dnnt("reductions", "--graph", file, "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)
    root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")
    text = " ".join("".join(root.itertext()).split())
    for rule, theorem in THEOREMS.items():
        assert rule in text and theorem in text


def test_a_graph_that_cannot_be_written(dnnt: Dnnt, tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "missing" / "rules.svg"):
        done = dnnt("reductions", "--graph", target)
        assert (done.status, done.out) == (1, "")
        assert str(target) in done.complaint


def test_wrong_usage(dnnt: Dnnt) -> None:
    for line in (["FILE"], ["--graph"], ["--nothing"]):
        done = dnnt("reductions", *line)
        assert (done.status, done.out) == (2, "")
