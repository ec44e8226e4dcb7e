"""The picture of the race: seconds of every side on every cell, on a logarithmic scale.

python benchmarks/plots.py [RESULTS.json]     # draws what a results file holds, beside it
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from cells import SHAPES
from rivals.sides import OURS, SIDES

COLORS = {
    OURS: "#0b6e4f",
    "cp-sat": "#c8553d",
    "cp-sat-counts": "#e0a458",
    "numpy": "#4464ad",
    "numpy-dense": "#8fb8de",
}
WIDTH = 0.84
"""Of the ten places of one shape, the part that is used."""


def cells(race: Mapping[str, Any], path: Path) -> Path:
    """Draw the race of a results file into an image file (PNG, SVG, … by its ending)."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot
    from matplotlib.lines import Line2D

    rows = race["cells"]
    kinds = [kind for kind in ("equal", "distinct") if any(row["units"] == kind for row in rows)]
    sides = [name for name in SIDES if name in rows[0]["sides"]]
    there = {tuple(row["shape"]) for row in rows}
    shapes = [shape for shape in SHAPES if shape in there]
    figure, axes = pyplot.subplots(
        len(kinds), 1, figsize=(11, 4.2 * len(kinds)), sharex=True, sharey=True, squeeze=False
    )
    for kind, axis in zip(kinds, axes[:, 0], strict=True):
        for place, shape in enumerate(shapes):
            here = [row for row in rows if row["units"] == kind and tuple(row["shape"]) == shape]
            if place % 2:
                axis.axvspan(place - 0.5, place + 0.5, color="#f3f3f1", zorder=0)
            for number, name in enumerate(sides):
                _column(axis, here, name, place + WIDTH * ((number + 0.5) / len(sides) - 0.5), WIDTH / len(sides))
        axis.set_yscale("log")
        axis.set_ylabel("seconds")
        axis.set_title(f"{kind} units", loc="left", fontsize=11)
        axis.grid(axis="y", color="#dddddd", linewidth=0.6, zorder=0)
        axis.set_axisbelow(True)
        for spine in ("top", "right"):
            axis.spines[spine].set_visible(False)
    axes[-1, 0].set_xlim(-0.5, len(shapes) - 0.5)
    axes[-1, 0].set_xticks(range(len(shapes)), [", ".join(map(str, shape)) for shape in shapes])
    axes[-1, 0].set_xlabel("cell: samples n, inputs d, hidden units k")
    legend = [Line2D([], [], color=COLORS[name], marker="o", linestyle="", label=SIDES[name].title) for name in sides]
    legend.append(Line2D([], [], color="#666666", marker="^", linestyle="", label="not finished"))
    legend.append(Line2D([], [], color="#666666", marker="_", linestyle="", markersize=12, label="median"))
    figure.legend(handles=legend, loc="upper center", ncols=len(legend), frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, 0.965))
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
    return path


def _column(axis: Any, rows: list[Any], name: str, middle: float, width: float) -> None:
    """One side on the cells of one shape: a mark a cell, by increasing time, and their median."""
    runs = sorted((row["sides"][name] for row in rows if name in row["sides"]), key=lambda each: each["seconds"])
    if not runs:
        return
    for proved, marker in ((True, "o"), (False, "^")):
        at = [
            (middle + 0.7 * width * ((index + 0.5) / len(runs) - 0.5), each["seconds"])
            for index, each in enumerate(runs)
            if each["proved"] == proved
        ]
        if at:
            axis.scatter(
                *zip(*at, strict=True), s=9 if proved else 14, marker=marker, color=COLORS[name], linewidths=0, zorder=3
            )
    half = median(each["seconds"] for each in runs)
    axis.plot([middle - width * 0.42, middle + width * 0.42], [half, half], color=COLORS[name], linewidth=1.8, zorder=4)


def main() -> int:
    """The command line."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "results" / "latest.json"
    report = json.loads(source.read_text(encoding="utf-8"))
    print(cells(report.get("parts", {}).get("cells", report), source.with_name(f"{source.stem}-cells.png")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
