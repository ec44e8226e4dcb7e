"""Networks that are too large to draw whole: a few vertices of each column, the others counted.

The time does not depend on the number of units in a layer, and grows with the vertices and edges of a graph only as
reading it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from dnnt.drawing import words
from dnnt.drawing.layout import Point
from dnnt.drawing.levels import columns, kinds
from dnnt.drawing.pieces import box, box_size, curved, sheet
from dnnt.drawing.svg import path, shortened, text, width_of
from dnnt.exact import count, several
from dnnt.instance import Instance
from dnnt.network import SOURCE, Layered, Network

SHOWN_COLUMNS, SHOWN_VERTICES = 7, 5
"""So many columns and so many vertices of a column are shown; where there are more, one place is for their number."""

SEEN_EDGES = 1000
"""So many edges into a column are looked at for what their spaces are like."""

GAP, ROW, LINE, MOST_EDGES = 96.0, 66.0, 16.0, 400


@dataclass(frozen=True, slots=True)
class _Shown:
    """A vertex that is shown: its key for edges, its name, the lines in its box, its kind."""

    key: int
    name: str
    lines: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the lines above it, the vertices that are shown, and how many are not, before the last one."""

    lines: tuple[str, ...]
    shown: tuple[_Shown, ...]
    hidden: int = 0

    @property
    def width(self) -> float:
        """As wide as its widest line or box."""
        boxes = [box_size(list(each.lines))[0] for each in self.shown]
        return max([*boxes, *(width_of(line, 11) for line in self.lines), width_of(_more(self.hidden), 11)])


def _more(number: int) -> str:
    return f"… {count(number)} more" if number else ""


def draw_wide(instance: Instance, heading: str) -> str:
    """The network of an instance in outline, as the text of an SVG file."""
    network = instance.network
    made, skipped, edges = _of_layers(network) if isinstance(network, Layered) else _of_graph(network)
    noun = "layer" if isinstance(network, Layered) else "column"
    top = max(len(column.lines) for column in made) * LINE + 18
    middle = top + max(_rows(column) for column in made) * ROW / 2
    centres: dict[int, Point] = {}
    sizes = {each.key: box_size(list(each.lines)) for column in made for each in column.shown}
    boxes, texts, x = [], [], 0.0
    for index, column in enumerate(made):
        if skipped and index == len(made) - SHOWN_COLUMNS // 2:
            what = f"{count(skipped)} more {noun}s"
            texts += [
                text(x + width_of(what, 11) / 2, middle, "…", "title"),
            ]
            texts.append(text(x + width_of(what, 11) / 2, middle + 22, what, "faint small"))
            x += width_of(what, 11) + GAP / 2
        centre = x + column.width / 2
        for line, words_ in enumerate(column.lines):
            texts.append(text(centre, 12 + line * LINE, words_, "name" if line == 0 else "faint small"))
        y = middle - (_rows(column) - 1) * ROW / 2
        for place, each in enumerate(column.shown):
            if column.hidden and place == len(column.shown) - 1:
                texts.append(text(centre, y + 4, _more(column.hidden), "faint small"))
                y += ROW
            centres[each.key] = centre, y
            boxes += box(list(each.lines), each.kind, (centre, y), sizes[each.key], each.name)
            y += ROW
        x += column.width + GAP
    lines = [
        path(curved(_line(centres, sizes, u, v)), "edge pale")
        for u, v in islice((pair for pair in edges if pair[0] in centres and pair[1] in centres), MOST_EDGES)
    ]
    size = x - GAP, middle + max(_rows(column) for column in made) * ROW / 2
    return sheet(
        heading,
        words.caption(instance),
        [*lines, *boxes, *texts],
        size,
        [f"in outline: a few units of each {noun} and edges between them"],
    )


def _rows(column: _Column) -> int:
    return len(column.shown) + (column.hidden > 0)


def _line(
    centres: dict[int, Point], sizes: dict[int, tuple[float, float]], u: int, v: int
) -> tuple[Point, Point, Point, Point]:
    (ax, ay), (bx, by) = centres[u], centres[v]
    ax, bx = ax + sizes[u][0] / 2, bx - sizes[v][0] / 2
    return (ax, ay), ((ax + bx) / 2, ay), ((ax + bx) / 2, by), (bx, by)


def _chosen(number: int, most: int) -> tuple[list[int], int]:
    """Which of so many to show (the first ones and, past `most`, the last), and how many are left out."""
    if number <= most:
        return list(range(number)), 0
    return [*range(most - 2), number - 1], number - most + 1


def _kept(number: int) -> tuple[list[int], int]:
    """Which columns to show, the first and the last ones, and how many are left out between them."""
    if number <= SHOWN_COLUMNS:
        return list(range(number)), 0
    after = SHOWN_COLUMNS // 2
    return [*range(after), *range(number - after, number)], number - 2 * after


_SOURCE_KEY = -1


def _source(inputs: int) -> _Column:
    return _Column(("source",), (_Shown(_SOURCE_KEY, SOURCE, (SOURCE, several(inputs, "input")), "source"),))


def _of_layers(network: Layered) -> tuple[list[_Column], int, list[tuple[int, int]]]:
    kept, skipped = _kept(len(network.layers))
    made, edges = [_source(network.inputs)], []
    before: Sequence[int] = (_SOURCE_KEY,)
    last = -1
    for index in kept:
        layer = network.layers[index]
        chosen, hidden = _chosen(layer.units, SHOWN_VERTICES)
        is_output = index == len(network.layers) - 1
        keys = [index * SHOWN_VERTICES + place for place in range(len(chosen))]
        made.append(
            _Column(
                (
                    f"layer {index + 1}",
                    several(layer.units, "unit"),
                    words.activation(layer.activation),
                    f"weights {words.space(layer.weights)}",
                    f"bias {words.space(layer.bias)}",
                ),
                tuple(
                    _Shown(
                        key,
                        f"L{index + 1}.{_unit(unit + 1)}",
                        (f"L{index + 1}.{_unit(unit + 1)}", *(("output",) if is_output else ())),
                        "output" if is_output else "hidden",
                    )
                    for key, unit in zip(keys, chosen, strict=True)
                ),
                hidden,
            )
        )
        if index == last + 1:
            edges += [(u, v) for u in before for v in keys]
        before, last = keys, index
    return made, skipped, edges


def _unit(number: int) -> str:
    """The number of a unit as its name has it, where that is short."""
    return str(number) if number < 10**9 else "last"


def _of_graph(network: Network) -> tuple[list[_Column], int, list[tuple[int, int]]]:
    column, kind = columns(network), kinds(network)
    members: list[list[int]] = [[] for _ in range(max(column, default=0))]
    for v, at in enumerate(column):
        members[at - 1].append(v)
    kept, skipped = _kept(len(members))
    number = {name: index for index, name in enumerate(network.outputs, start=1)}
    made, edges = [_source(network.inputs)], []
    for index in kept:
        chosen, hidden = _chosen(len(members[index]), SHOWN_VERTICES)
        shown = []
        for place in chosen:
            vertex = network.vertices[members[index][place]]
            lines = [shortened(vertex.id, 18) or '""', words.activation(vertex.activation)]
            if vertex.id in number:
                lines.append("output" if len(number) == 1 else f"output {number[vertex.id]}")
            shown.append(_Shown(members[index][place], vertex.id, tuple(lines), kind[members[index][place]]))
        incoming = [network.edges[e] for v in members[index] for e in islice(network.incoming[v], SEEN_EDGES)]
        texts = list(dict.fromkeys(words.edge(e.weights, e.bias) for e in incoming[:SEEN_EDGES]))
        more = len(texts) > 2 or len(incoming) > SEEN_EDGES
        made.append(
            _Column(
                (
                    f"column {index + 1}",
                    f"{count(len(members[index]))} {'vertex' if len(members[index]) == 1 else 'vertices'}",
                    f"edges {', '.join([*texts[:2], *(['…'] if more else [])])}" if incoming else "no edges in",
                ),
                tuple(shown),
                hidden,
            )
        )
        for each in shown:
            for e in islice(network.incoming[each.key], SEEN_EDGES):
                source = network.edges[e].source
                edges.append((_SOURCE_KEY if source == SOURCE else network.position[source], each.key))
    return made, skipped, edges
