"""The pieces of a picture: boxes for vertices, plates for labels, curves for edges, and the sheet that they are on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dnnt.drawing.layout import Point, Size
from dnnt.drawing.svg import document, figure, rectangle, shortened, text, width_of

MARGIN, HEAD, LINE = 26.0, 70.0, 20.0
"""The empty edge of the sheet, the height of its heading, the height of a line of the legend."""


def box_size(lines: list[str]) -> Size:
    """The size of a vertex with these lines."""
    widths = [width_of(lines[0], 13, bold=True), *(width_of(line, 11) for line in lines[1:])]
    return max(54.0, max(widths) + 20), 16.0 + 15 * len(lines)


def box(lines: list[str], kind: str, centre: Point, size: Size, name: str) -> list[str]:
    """A vertex: its name, below it its activation and what else there is to say."""
    x, y = centre[0] - size[0] / 2, centre[1] - size[1] / 2
    parts = [rectangle(x, y, *size, f"box {kind}", title=name)]
    if kind == "output":
        parts.append(rectangle(x + 3.5, y + 3.5, size[0] - 7, size[1] - 7, "inner", round_by=6))
    for index, line in enumerate(lines):
        colour = "source-text" if kind == "source" else "faint" if index else ""
        classes = f"{'small' if index else 'name'} {colour}".strip()
        parts.append(text(centre[0], y + 20 + 15 * index, line, classes))
    return parts


def plate_size(label: str) -> Size:
    """The size of the plate that keeps a label clear of its edge."""
    return width_of(label, 11) + 6, 16.0


def plate(label: str, centre: Point) -> list[str]:
    """A label on an edge."""
    width, height = plate_size(label)
    return [
        rectangle(centre[0] - width / 2, centre[1] - height / 2, width, height, "plate", round_by=3),
        text(centre[0], centre[1] + 4, label, "small"),
    ]


def curved(curve: Sequence[Point]) -> str:
    """The path data of a curve of cubics."""
    points = [f"{figure(x)},{figure(y)}" for x, y in curve]
    pieces = [f"M{points[0]}"]
    pieces += [f"C{' '.join(points[start : start + 3])}" for start in range(1, len(points), 3)]
    return " ".join(pieces)


def sheet(heading: str, caption: str, parts: Iterable[str], size: Size, legend: Sequence[str]) -> str:
    """The whole picture: a title and a line below it, the drawing (from (0, 0), of this size), and a legend."""
    title = shortened(heading, 70)
    below = HEAD + size[1] + 24
    widths = [size[0], width_of(title, 17, bold=True), width_of(caption, 11), *(width_of(line, 11) for line in legend)]
    lines = [
        text(MARGIN, 32, title, "title start"),
        text(MARGIN, 52, caption, "faint start small"),
        f'<g transform="translate({figure(MARGIN)} {figure(HEAD)})">',
        *parts,
        "</g>",
        *(text(MARGIN, below + 14 + index * LINE, line, "faint start small") for index, line in enumerate(legend)),
    ]
    return document(max(widths) + 2 * MARGIN, below + len(legend) * LINE + 12, heading, lines)
