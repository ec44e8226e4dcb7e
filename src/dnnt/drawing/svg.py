"""SVG text: elements, colours for light and dark backgrounds, and how wide a text will be.

A drawing brings its own background and both sets of colours, so that it can be read wherever it is shown. Nothing in it
depends on the order of a set or on the clock: the same drawing is the same text.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnnt.errors import printable

FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"

_LIGHT = {
    "background": "#ffffff", "ink": "#1f2933", "faint": "#52606d", "line": "#8896a6",
    "hidden": "#eaf1fd", "hidden-line": "#3b6fc9", "output": "#e6f5ec", "output-line": "#218a4f",
    "constant": "#f3f3f4", "constant-line": "#7a7f87", "source": "#33415c", "source-ink": "#ffffff",
}  # fmt: skip
_DARK = {
    "background": "#11181f", "ink": "#e6ebf0", "faint": "#a3b1bf", "line": "#718296",
    "hidden": "#1b2a44", "hidden-line": "#7aa5ee", "output": "#15331f", "output-line": "#5cc98a",
    "constant": "#23272d", "constant-line": "#99a1ab", "source": "#c3d0e8", "source-ink": "#11181f",
}  # fmt: skip

_RULES = (
    (".background", "fill", "background"),
    (".plate", "fill", "background"),
    ("text", "fill", "ink"),
    (".faint", "fill", "faint"),
    (".edge", "stroke", "line"),
    (".head", "fill", "line"),
    *((f".{kind}", "fill", kind) for kind in ("hidden", "output", "constant", "source")),
    *((f".{kind}", "stroke", f"{kind}-line") for kind in ("hidden", "output", "constant")),
    (".inner", "stroke", "output-line"),
    (".source-text", "fill", "source-ink"),
)


def _style() -> str:
    fixed = (
        f"text{{font-family:{FONT};font-size:13px;text-anchor:middle}}"
        ".small{font-size:11px}.name{font-weight:600}.title{font-size:17px;font-weight:600;text-anchor:start}"
        ".start{text-anchor:start}.edge{fill:none;stroke-width:1.4}.pale{stroke-opacity:.45;stroke-width:1}"
        ".box{stroke-width:1.6}.constant{stroke-dasharray:5 3}.inner{fill:none;stroke-width:1.1}.source{stroke:none}"
    )
    themes = [
        "".join(f"{selector}{{{what}:{colours[name]}}}" for selector, what, name in _RULES)
        for colours in (_LIGHT, _DARK)
    ]
    return f"<style>{fixed}{themes[0]}@media (prefers-color-scheme:dark){{{themes[1]}}}</style>"


_HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7.4" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path class="head" d="M0,0.6 L8,4 L0,7.4 L2,4 Z"/></marker></defs>'
)


def document(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """A whole SVG file of this size; the title is for readers that do not see the picture."""
    size = f'width="{figure(width)}" height="{figure(height)}" viewBox="0 0 {figure(width)} {figure(height)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escaped(title)}</title>",
        _style(),
        _HEAD,
        f'<rect class="background" width="{figure(width)}" height="{figure(height)}" rx="10"/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def text(x: float, y: float, content: str, classes: str = "") -> str:
    """A line of text; y is its baseline."""
    given = f' class="{classes}"' if classes else ""
    return f'<text x="{figure(x)}" y="{figure(y)}"{given}>{escaped(content)}</text>'


def rectangle(
    x: float, y: float, width: float, height: float, classes: str, round_by: float = 9, title: str = ""
) -> str:
    """A rectangle by its upper left corner, with a title that appears where it is pointed at."""
    inside = f"><title>{escaped(title)}</title></rect>" if title else "/>"
    return (
        f'<rect class="{classes}" x="{figure(x)}" y="{figure(y)}" width="{figure(width)}" height="{figure(height)}" '
        f'rx="{figure(round_by)}"{inside}'
    )


def path(d: str, classes: str, arrow: bool = True, title: str = "") -> str:
    """A line along the path data d."""
    end = ' marker-end="url(#head)"' if arrow else ""
    inside = f"><title>{escaped(title)}</title></path>" if title else "/>"
    return f'<path class="{classes}" d="{d}"{end}{inside}'


def escaped(content: str) -> str:
    """Any text as it may stand in XML, between tags or in quotes."""
    clean = printable(content)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        clean = clean.replace(character, entity)
    return clean


def figure(value: float) -> str:
    """A length with at most one decimal."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def shortened(content: str, most: int) -> str:
    """The text with its middle left out where it is longer than `most` characters."""
    if len(content) <= most:
        return content
    ahead = (most - 1) * 2 // 3
    return f"{content[:ahead]}…{content[len(content) - (most - 1 - ahead) :]}"


_NARROW = frozenset(" .,:;|!'`ijlI()[]ft/\\\"")
_WIDE = frozenset("mwMW@%…→—ℝ∅")


def width_of(content: str, size: float = 13, bold: bool = False) -> float:
    """How wide a text will be at most in one of the fonts: no font is at hand to measure with, so this errs upwards."""
    total = 0.0
    for character in content:
        if character in _NARROW:
            total += 0.42
        elif character in _WIDE or ord(character) > 0x2E80:
            total += 1.02
        else:
            total += 0.72 if character.isupper() else 0.63
    return total * size * (1.08 if bold else 1.0)
