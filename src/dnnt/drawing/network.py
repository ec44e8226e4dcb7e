"""A network as an SVG picture: columns by the longest distance from the source, edges with their spaces.

Small networks are drawn whole. Of larger ones a few vertices of each column are shown and the others counted, so that a
layer of 10^100 units is as quick to draw as one of a hundred.
"""

from __future__ import annotations

from dnnt.drawing import words
from dnnt.drawing.layout import Link, Placed, placed
from dnnt.drawing.levels import columns, kinds
from dnnt.drawing.pieces import box, box_size, curved, plate, plate_size, sheet
from dnnt.drawing.svg import path, shortened
from dnnt.drawing.wide import draw_wide
from dnnt.exact import several
from dnnt.instance import Instance
from dnnt.network import SOURCE, Layered, Network

WHOLE_VERTICES, WHOLE_EDGES = 25, 60
"""Networks up to this size are drawn whole."""


def draw(instance: Instance, title: str | None = None) -> str:
    """The network of an instance as the text of an SVG file; `title` stands above it (default: the instance's name)."""
    network = instance.network
    heading = title if title is not None else instance.name or "Network"
    if network.unit_count > WHOLE_VERTICES or network.edge_count > WHOLE_EDGES or network.inputs > 10_000:
        return draw_wide(instance, heading)
    return _Whole(instance, network.graph() if isinstance(network, Layered) else network).drawn(heading)


class _Whole:
    """A drawing of every vertex and edge. Box 0 is the source, box v + 1 vertex v."""

    def __init__(self, instance: Instance, network: Network) -> None:
        self.instance = instance
        self.network = network
        self.kinds = ["source", *kinds(network)]
        inputs = several(network.inputs, "input")
        self.lines: list[list[str]] = [[SOURCE, inputs]]
        number = {name: index for index, name in enumerate(network.outputs, start=1)}
        for vertex, kind in zip(network.vertices, self.kinds[1:], strict=True):
            lines = [shortened(vertex.id, 18) or '""', words.activation(vertex.activation)]
            if kind == "constant" and not vertex.activation.is_constant:
                lines.append("constant")
            if vertex.id in number:
                lines.append("output" if len(number) == 1 else f"output {number[vertex.id]}")
            self.lines.append(lines)
        self.boxes = [box_size(lines) for lines in self.lines]
        self.spaces = [words.edge(edge.weights, edge.bias) for edge in network.edges]

    def drawn(self, heading: str) -> str:
        layout, labels, legend = self._layout()
        parts = []
        for edge, curve, label in zip(self.network.edges, layout.curves, self.spaces, strict=True):
            parts.append(path(curved(curve), "edge", title=f"{edge.source} → {edge.target}: {label}"))
        for label, point in zip(labels, layout.labels, strict=True):
            if label and point is not None:
                parts += plate(label, point)
        for v, centre in enumerate(layout.centres):
            name = SOURCE if v == 0 else self.network.vertices[v - 1].id
            parts += box(self.lines[v], self.kinds[v], centre, self.boxes[v], name)
        return sheet(heading, words.caption(self.instance), parts, layout.size, [*legend, *self._key()])

    def _layout(self) -> tuple[Placed, list[str], list[str]]:
        """Labels in full where they all find a place; else a letter for each text, and a legend."""
        layout = self._placed(self.spaces)
        if layout.complete:
            return layout, self.spaces, []
        texts = list(dict.fromkeys(self.spaces))
        if len(texts) == 1:
            labels = [""] * len(self.spaces)
            return self._placed(labels), labels, [f"every edge: {texts[0]}"]
        often = max(texts, key=self.spaces.count)
        letters = {each: _letter(index) for index, each in enumerate(each for each in texts if each != often)}
        labels = [letters.get(each, "") for each in self.spaces]
        legend = [f"{letter}: {each}" for each, letter in letters.items()]
        return self._placed(labels), labels, [f"edges without a letter: {often}", *legend]

    def _placed(self, labels: list[str]) -> Placed:
        network = self.network
        links = [
            Link(
                0 if edge.source == SOURCE else network.position[edge.source] + 1,
                network.position[edge.target] + 1,
                plate_size(label) if label else (0.0, 0.0),
            )
            for edge, label in zip(network.edges, labels, strict=True)
        ]
        return placed(self.boxes, [0, *columns(network)], links)

    def _key(self) -> list[str]:
        if not self.spaces:
            return []
        biases = any("+" in each for each in self.spaces)
        return ["on the edges: the values that weights may take" + (", + those of the bias" if biases else "")]


def _letter(index: int) -> str:
    return chr(ord("a") + index) if index < 26 else f"{_letter(index // 26 - 1)}{_letter(index % 26)}"
