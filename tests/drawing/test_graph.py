"""The graph of problems and rules."""

from __future__ import annotations

import pytest

from dnnt.drawing.graph import draw_graph
from dnnt.errors import InvalidInput
from tests.drawing.pictures import picture
from tests.drawing.test_network import legible

NODES = [
    ("subset-sum", "items and a target"),
    ("csp", "binary constraints"),
    ("exact-cover", "sets of a universe"),
    ("slp", "straight-line programs"),
    ("dnnt", "discrete training"),
    ("cnnt", "continuous training"),
]
ARROWS = [
    ("subset-sum", "dnnt", "subset-sum-to-dnnt", "Theorem 1.3"),
    ("csp", "dnnt", "csp-to-dnnt", "Theorem 1.4"),
    ("exact-cover", "dnnt", "exact-cover-to-dnnt", "Theorem 1.5"),
    ("slp", "dnnt", "slp-to-dnnt", "Lemma 3.5"),
    ("dnnt", "cnnt", "dnnt-to-cnnt", "Theorem 1.2"),
]


def test_the_reductions() -> None:
    svg = draw_graph(NODES, ARROWS)
    seen = picture(svg)
    assert seen.names == [name for name, _ in NODES]
    for words in (*(text for node in NODES for text in node), *(f"{rule} ({theorem})" for *_, rule, theorem in ARROWS)):
        assert words in seen.texts
    assert len(seen.lines) == len(seen.plates) == len(ARROWS)
    legible(svg)
    left = {name: area[0] for _, name, area in seen.boxes}
    assert len({left[name] for name in ("subset-sum", "csp", "exact-cover", "slp")}) == 1
    assert left["slp"] < left["dnnt"] < left["cnnt"]


def test_other_graphs() -> None:
    """Long arrows, parallel arrows, nodes without arrows, none at all, and what is no graph of reductions."""
    nodes = [(name, "") for name in "abcd"]
    arrows = [("a", "b", "one", ""), ("a", "b", "two", "Lemma 1"), ("b", "c", "three", ""), ("a", "c", "four", "")]
    svg = draw_graph(nodes, arrows)
    assert {"one", "two (Lemma 1)", "three", "four"} <= set(picture(svg).texts)
    assert len(set(picture(svg).lines)) == 4
    legible(svg)
    assert picture(draw_graph([], [])).boxes == []
    with pytest.raises(InvalidInput, match="unknown node"):
        draw_graph(nodes, [("a", "z", "rule", "")])
    for cycle in ([("a", "a", "rule", "")], [("a", "b", "x", ""), ("b", "a", "y", "")]):
        with pytest.raises(InvalidInput, match="cycle"):
            draw_graph(nodes, cycle)


def test_hostile_words() -> None:
    svg = draw_graph([("<a>", "&"), ("\x00", "\ud800")], [("<a>", "\x00", "]]>", '"')], title="<!--", caption="'")
    assert ']]> (")' in picture(svg).texts
    legible(svg)
