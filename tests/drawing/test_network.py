"""Drawings of networks: everything is there, nothing covers anything else, and nothing breaks the file."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

import dnnt
from dnnt.drawing.levels import columns
from dnnt.drawing.network import WHOLE_EDGES, WHOLE_VERTICES, draw
from dnnt.network import SOURCE, Network
from tests.drawing.pictures import overlap, picture

SOURCES = Path(__file__).parents[2] / "src"


def edge(tail: str, head: str, *weights: Any, bias: Any = (0,)) -> dict[str, Any]:
    return {"from": tail, "to": head, "weights": list(weights), "bias": bias}


def graph(vertices: str | list[Any], outputs: str, *edges: dict[str, Any], d: int = 1) -> dnnt.Instance:
    """A graph; vertices given by a string are identities with names of one letter."""
    made = [(name, "identity") for name in vertices] if isinstance(vertices, str) else vertices
    return dnnt.graph(d, made, list(outputs), list(edges))


def squares(name: str) -> tuple[str, str]:
    return name, "quarter_square"


EXAMPLES = {
    "straight-line program": graph(
        [("c", "identity"), ("h", "identity"), ("k", "identity"), squares("p"), squares("q"), ("m", "identity"),
         ("t", "identity")],
        "t",
        *(edge(*ends, [1]) for ends in ("sc", "sh", "ch", "hk", "hp", "kp", "hq", "pm", "mt")),
        *(edge(*ends, [-1]) for ends in ("kq", "qm", "ct")),
    ),
    "subset sum": graph(
        "abct",
        "t",
        *(edge("s", name, [0, item]) for name, item in zip("abc", (3, 5, 7), strict=True)),
        *(edge(name, "t", [1]) for name in "abc"),
    ),
    "triangle": graph(
        "abcxyz",
        "xyz",
        *(edge("s", name, [1, 2, 3]) for name in "abc"),
        *(edge(*ends, [1]) for ends in ("ax", "by", "cz")),
        *(edge(*ends, [6]) for ends in ("bx", "cy", "az")),
    ),
    "exact cover": graph("ht", "t", edge("s", "h", *([[0, 1]] * 4)), edge("h", "t", [1]), d=4),
    "carriers": graph(
        [("t", "identity"), ("r", {"kind": "constant", "value": 0}), ("w", "identity"), ("b", "identity")],
        "trwb",
        *(edge(*ends, "real", bias="real") for ends in ("st", "sr", "rw", "rb")),
    ),
    "parallel edges": graph(
        "ab", "b", *(edge("s", "a", [i, 9]) for i in range(5)), *(edge("a", "b", [i], bias=[2, i]) for i in range(3))
    ),
    "no inputs": graph("a", "a", edge("s", "a", bias=[0, 1, 5]), d=0),
    "an empty space": graph("a", "a", edge("s", "a", [])),
    "nothing": graph("", ""),
    "layers": dnnt.layered(
        2, [{"units": u, "activation": "relu", "weights": [-1, 1], "bias": [0, 1]} for u in (3, 4, 2)]
    ),
}  # fmt: skip


def random_graph(random: Random) -> dnnt.Instance:
    """A graph that is drawn whole, with skips, constants, parallel edges and names of different lengths."""
    names = [f"v{'x' * random.randint(0, 9)}{i}" for i in range(random.randint(1, WHOLE_VERTICES))]
    d = random.randint(1, 3)
    edges = []
    for _ in range(random.randint(0, min(WHOLE_EDGES, 2 * len(names)))):
        head = random.randrange(len(names))
        tail = random.choice([SOURCE, *names[:head]])
        values = [random.randint(-99, 99) for _ in range(random.randint(1, 6))]
        edges.append(
            edge(
                tail, names[head], *([values] * (d if tail == SOURCE else 1)), bias=[0, *values[: random.randint(0, 2)]]
            )
        )
    outputs = random.sample(names, random.randint(0, len(names)))
    kinds = ["relu", "identity", {"kind": "clip", "low": -1, "high": 1}]
    return dnnt.graph(d, [(name, random.choice(kinds)) for name in names], outputs, edges)


def legible(svg: str) -> None:
    """Boxes and labels lie inside the picture, and none of them covers another."""
    seen = picture(svg)
    areas = [area for _, _, area in seen.boxes] + seen.plates
    for a, b in combinations(areas, 2):
        assert not overlap(a, b)
    for left, top, right, bottom in areas:
        assert left >= 0
        assert top >= 0
        assert right <= seen.size[0]
        assert bottom <= seen.size[1]


@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_is_there(name: str) -> None:
    instance = EXAMPLES[name]
    network = instance.network.graph()
    svg = draw(instance, title=name)
    seen = picture(svg)
    assert seen.title == name
    assert seen.names == [SOURCE, *(vertex.id for vertex in network.vertices)]
    for vertex in network.vertices:
        assert vertex.id in seen.texts
    assert len(seen.lines) == len(network.edges)
    assert len(set(seen.lines)) == len(network.edges)
    assert sum(kind == "output" for kind, _, _ in seen.boxes) == len(network.outputs)
    legible(svg)


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_are_legible(seed: int) -> None:
    instance = random_graph(Random(seed))
    svg = draw(instance)
    seen = picture(svg)
    network = instance.network.graph()
    assert seen.names == [SOURCE, *(vertex.id for vertex in network.vertices)]
    assert len(set(seen.lines)) == len(seen.lines) == len(network.edges)
    legible(svg)


def longest(network: Network, name: str) -> int | None:
    """The longest distance from the source, by recursion; None where there is no path."""
    ways = [
        1 if each.source == SOURCE else longest(network, each.source) for each in network.edges if each.target == name
    ]
    return max(
        (1 if each.source == SOURCE else way + 1)
        for each, way in zip([e for e in network.edges if e.target == name], ways, strict=True)
        if way is not None
    ) if any(way is not None for way in ways) else None  # fmt: skip


def test_columns() -> None:
    """A vertex that only the source feeds stands in the column of its longest distance; edges always lead right."""
    for seed in range(40):
        network = random_graph(Random(seed)).network.graph()
        found = columns(network)
        fed = [longest(network, vertex.id) for vertex in network.vertices]
        for each in network.edges:
            if each.source != SOURCE:
                assert found[network.position[each.source]] < found[network.position[each.target]]
        if None not in fed:
            assert found == fed
        assert all(column >= (distance or 1) for column, distance in zip(found, fed, strict=True))


@pytest.mark.parametrize(
    ("weights", "bias", "label"),
    [
        ([[3]], [0], "3"),
        ([[-1]], [0], "−1"),
        ([[0, 1]], [0], "{0, 1}"),
        ([range(4)], [0], "{0, 1, 2, 3}"),
        ([range(-5, 100)], [0], "{−5, −4, …, 99}"),
        ([[0, 1, 2, 5, 9]], [0], "{0, 1, …, 9}"),
        ([["1/2", 4]], [1, 2], "{1/2, 4} + {1, 2}"),
        (["real"], "real", "ℝ + ℝ"),
        ([[]], [0], "∅"),
        ([[0, 1], [0, 1]], [0], "{0, 1}²"),
        ([[2]] * 12, [0], "(2)¹²"),
        ([[0, 3], [0, 5]], [0], "({0, 3}, {0, 5})"),
        ([[i] for i in range(9)], [0], "(0, 1, …, 8)"),
        ([], [0, 1], "+ {0, 1}"),
        ([[0, 10**9999]], [0], "{0, about 10^9999}"),
    ],
)
def test_labels(weights: list[Any], bias: Any, label: str) -> None:
    seen = picture(draw(graph("t", "t", edge("s", "t", *weights, bias=bias), d=len(weights))))
    assert label in seen.texts


def test_kinds_of_vertices() -> None:
    instance = graph(
        [("a", "relu"), ("c", {"kind": "constant", "value": "7/2"}), ("d", {"kind": "clip", "low": -1, "high": 1}),
         ("t", "identity")],
        "at",
        edge("s", "a", [1]), edge("a", "t", [1]), edge("c", "t", [1]), edge("d", "t", [1]),
    )  # fmt: skip
    seen = picture(draw(instance))
    assert {name: kind for kind, name, _ in seen.boxes} == {
        "s": "source", "a": "output", "c": "constant", "d": "constant", "t": "output"
    }  # fmt: skip
    for words in ("constant 7/2", "clip −1, 1", "output 1", "output 2", "relu", "1 input"):
        assert words in seen.texts


HOSTILE = [
    "<script>alert(1)</script>", "a&amp;b", "\"'>", "]]>", "<!--", "\x00\x01\x1b[31m", "\ud800", "\u202eabc",
    "line\nbreak", "", " ", "é" * 500, "\ufffe", "漢字", "&#0;", "<svg onload=x>", "s ",
]  # fmt: skip


def test_hostile_names() -> None:
    """Whatever stands in a name, the file stays well formed, and no name becomes markup."""
    vertices = [(name, "identity") for name in HOSTILE]
    instance = dnnt.graph(1, vertices, [HOSTILE[-1]], [edge("s", name, [1]) for name in HOSTILE], name=HOSTILE[0])
    for title in (None, *HOSTILE):
        svg = draw(instance, title)
        svg.encode("utf-8")
        tags = {each.tag.partition("}")[2] for each in ElementTree.fromstring(svg).iter()}
        assert tags == {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}
        assert len(picture(svg).boxes) == len(HOSTILE) + 1
    legible(draw(instance))
    assert "<script>alert(1)</script>" in picture(draw(instance)).names


def test_the_same_drawing_in_every_process() -> None:
    code = "from tests.drawing.test_network import EXAMPLES, draw; print([draw(each) for each in EXAMPLES.values()])"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{SOURCES.parent}", "PYTHONHASHSEED": str(seed),
                 "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in (1, 2)
    }  # fmt: skip
    assert len(texts) == 1


def test_drawing_loads_no_large_library() -> None:
    code = (
        "import sys, dnnt.drawing.network, dnnt.drawing.graph\n"
        "assert not {'numpy', 'numba', 'flint', 'rich', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SOURCES)}, timeout=60, check=True)


def layered(*units: int, d: int = 3) -> dnnt.Instance:
    return dnnt.layered(d, [{"units": u, "activation": "relu", "weights": [-1, 1], "bias": [0]} for u in units])


@pytest.mark.parametrize(
    ("instance", "words"),
    [
        (layered(100, 10), ["… 96 more", "100 units", "L1.1", "L1.100", "L2.10", "weights {−1, 1}"]),
        (layered(10**100, 1), ["… about 10^100 more", "about 10^100 units", "L1.3", "L2.1"]),
        (layered(*[2] * 20_000), ["19,994 more layers", "layer 1", "layer 20000", "L20000.2"]),
        (layered(3, 2, d=10**12), ["1,000,000,000,000 inputs", "L2.2"]),
        (layered(*[10**5000] * 9), ["3 more layers"]),
    ],
)
def test_huge_layers(instance: dnnt.Instance, words: list[str]) -> None:
    """They are drawn in outline; units are never counted one by one."""
    svg = draw(instance)
    seen = picture(svg)
    for each in words:
        assert each in seen.texts
    assert len(seen.boxes) < 45
    legible(svg)


def test_a_larger_graph() -> None:
    """Columns in outline, with the edges between the vertices that are shown."""
    network = layered(30, 20, 1, d=2).network.graph()
    svg = draw(dnnt.Instance(network))
    seen = picture(svg)
    for words in ("column 1", "30 vertices", "… 26 more", "… 16 more", "edges {−1, 1}²", "edges {−1, 1}", "1 vertex"):
        assert words in seen.texts
    assert seen.names == ["s", "L1.1", "L1.2", "L1.3", "L1.30", "L2.1", "L2.2", "L2.3", "L2.20", "L3.1"]
    assert len(seen.lines) == 4 + 16 + 4
    legible(svg)


@pytest.mark.parametrize("count", [WHOLE_VERTICES, WHOLE_VERTICES + 1, 3000])
def test_long_chains(count: int) -> None:
    names = [f"v{i}" for i in range(count)]
    edges = [edge(tail, head, [1]) for tail, head in zip(["s", *names], names, strict=False)]
    svg = draw(dnnt.graph(1, [(name, "relu") for name in names], [names[-1]], edges))
    seen = picture(svg)
    assert (len(seen.boxes) == count + 1) == (count <= WHOLE_VERTICES)
    assert (f"{count - 6:,} more columns" in seen.texts) == (count > WHOLE_VERTICES)
    legible(svg)


def test_crowded_networks_fall_back_to_a_legend() -> None:
    """Where labels in full find no place, the legend has each text once, and letters stand on the edges."""
    crowded = picture(draw(layered(7, 7)))
    assert crowded.plates
    for words in ("edges without a letter: {−1, 1}", "a: {−1, 1}³"):
        assert words in crowded.texts
    assert crowded.texts.count("a") == len(crowded.plates) == 7
    uniform = picture(draw(layered(7, 7, d=1)))
    assert "every edge: {−1, 1}" in uniform.texts
    assert not uniform.plates
