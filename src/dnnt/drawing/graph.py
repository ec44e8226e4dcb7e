"""The graph of problems and of the rules that reduce one to another, as an SVG picture."""

from __future__ import annotations

from collections.abc import Sequence

from dnnt.drawing.layout import Link, placed
from dnnt.drawing.pieces import box, box_size, curved, plate, plate_size, sheet
from dnnt.drawing.svg import path, shortened
from dnnt.errors import InvalidInput, shown


def draw_graph(
    nodes: Sequence[tuple[str, str]],
    arrows: Sequence[tuple[str, str, str, str]],
    title: str = "Problems and reductions",
    caption: str = "an arrow: every instance of one problem becomes one of the other, and solutions come back",
) -> str:
    """The text of an SVG file.

    Args:
        nodes: pairs (name, a few words).
        arrows: (name of the source, name of the target, rule, theorem); a theorem may be "". Parallel arrows are drawn
            side by side; one that closes a cycle, or leads back to its own node, is refused.
        title: stands above the picture.
        caption: stands below the title.
    """
    names = [name for name, _ in nodes]
    position = {name: index for index, name in enumerate(names)}
    for index, arrow in enumerate(arrows):
        for name in arrow[:2]:
            if name not in position:
                raise InvalidInput(f"unknown node {shown(name)}", "list it among the nodes", f"arrows[{index}]")
    columns = _columns(len(names), [(position[source], position[target]) for source, target, _, _ in arrows])
    texts = [f"{rule} ({theorem})" if theorem else rule for _, _, rule, theorem in arrows]
    lines = [[shortened(name, 28), *([shortened(words, 40)] if words else [])] for name, words in nodes]
    widest = max((box_size(each)[0] for each in lines), default=0.0)
    sizes = [(widest, box_size(each)[1]) for each in lines]
    links = [
        Link(position[source], position[target], plate_size(label))
        for (source, target, _, _), label in zip(arrows, texts, strict=True)
    ]
    layout = placed(sizes, columns, links)
    parts = [path(curved(curve), "edge") for curve in layout.curves]
    for label, point in zip(texts, layout.labels, strict=True):
        parts += plate(label, point) if point is not None else []
    for index, centre in enumerate(layout.centres):
        parts += box(lines[index], "hidden", centre, sizes[index], names[index])
    return sheet(title, caption, parts, layout.size, [])


def _columns(number: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """For each node the arrows of the longest way to it; sources of arrows stand right before their first target."""
    column = [0] * number
    for _ in range(number):
        before = list(column)
        for source, target in arrows:
            column[target] = max(column[target], column[source] + 1)
        if column == before:
            break
    else:
        if arrows:
            raise InvalidInput("the arrows form a cycle", "leave one of them out", "arrows")
    entered = {target for _, target in arrows}
    for node in range(number):
        targets = [column[target] for source, target in arrows if source == node]
        if targets and node not in entered:
            column[node] = min(targets) - 1
    return column
