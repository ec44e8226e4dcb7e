"""What is in a picture: texts, boxes, plates and lines, read back from the SVG text."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Picture:
    """The parts of a picture in the order in which they are drawn."""

    size: tuple[float, float]
    title: str
    texts: list[str]
    boxes: list[tuple[str, str, Area]]
    plates: list[Area]
    lines: list[str]

    @property
    def names(self) -> list[str]:
        """The full names of the boxes."""
        return [name for _, name, _ in self.boxes]


def picture(svg: str) -> Picture:
    """The parts of an SVG file; its XML must be well formed."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{_SVG}svg"
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    boxes, plates = [], []
    for each in root.iter(f"{_SVG}rect"):
        kinds = each.attrib["class"].split()
        if kinds[0] not in ("box", "plate"):
            continue
        x, y, w, h = (float(each.attrib[key]) for key in ("x", "y", "width", "height"))
        area = (x, y, x + w, y + h)
        if kinds[0] == "plate":
            plates.append(area)
        else:
            boxes.append((kinds[1], each.findtext(f"{_SVG}title", ""), area))
    return Picture(
        (width, height),
        root.findtext(f"{_SVG}title", ""),
        ["".join(each.itertext()) for each in root.iter(f"{_SVG}text")],
        boxes,
        plates,
        [each.attrib["d"] for each in root.iter(f"{_SVG}path") if "edge" in each.attrib["class"]],
    )


def overlap(a: Area, b: Area) -> bool:
    """Whether two areas have inner points in common (half a pixel of rounding is allowed)."""
    return a[0] + 0.5 < b[2] and b[0] + 0.5 < a[2] and a[1] + 0.5 < b[3] and b[1] + 0.5 < a[3]
