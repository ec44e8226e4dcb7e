"""The tree of a plan, as text: a line for what is done, one for the figures, one for what was simplified."""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from dnnt.errors import printable

if TYPE_CHECKING:
    from dnnt.analysis.plan import Plan, Way

MOST_DIGITS_LOG = 30.0
"""Sizes up to this logarithm are written out."""

SHORT = "progression of 3"
"""Said of every ternary weight, and so of no use to a reader."""

WORTH = 1e-4
"""Seconds from which a choice among ways is shown with its alternatives."""

SHOWN_SECONDS, SHOWN_BYTES = 1e-5, 10_240
"""Less than this is not worth a word."""

ALTERNATIVES = 3


def tree(plan: Plan) -> Tree:
    """The tree of a plan; guides are thin, and nothing in it is markup."""
    made = Tree(_label(plan), guide_style="dim", highlight=False)
    for child in () if _only(plan) else plan.children:
        made.children.append(tree(child))
    return made


def _only(plan: Plan) -> Plan | None:
    """The one parameter that a sum is made of: it stands on the line of the sum."""
    if len(plan.children) != 1 or plan.children[0].kind != "choose" or plan.kind == "along":
        return None
    return plan.children[0]


def _label(plan: Plan) -> Text:
    """What is said of a node: its words, figures, the ways to do it, and what was simplified."""
    only = _only(plan)
    words, figures = plan.says, _figures(plan)
    if only is not None:
        words = f"{only.label} {only.says}"
    elif plan.kind == "choose":
        words, figures = plan.says, f"{figures}" if plan.seconds is None or plan.seconds >= WORTH else ""
    said = Text(printable(plan.label), style="dim" if plan.kind == "more" else "bold")
    if plan.kind == "choose":
        said = Text(printable(f"{plan.label} {words}"))
        words = ""
    if words:
        said.append(f": {printable(words)}", style="not bold")
    simplified = "; ".join(each for each in plan.rewritings if each != SHORT)
    if figures:
        said.append(", " if plan.kind == "more" else "\n", style="not bold").append(figures, style="not bold cyan")
    if plan.ways and plan.ways[0].seconds >= WORTH:
        said.append(f"\n{_ways(plan.ways)}", style="not bold dim")
    if simplified:
        said.append(f"{', ' if plan.kind == 'choose' else chr(10)}{printable(simplified)}", style="not bold italic")
    return said


def _figures(plan: Plan) -> str:
    said = []
    if plan.size is not None:
        upper = size(plan.size)
        said.append("1 vector" if upper == "1" else f"at most {upper} vectors{' each' if plan.kind == 'more' else ''}")
    if plan.box is not None and plan.size is not None and plan.box > plan.size + 1e-9:
        said.append(f"in a box of {size(plan.box)} points")
    if plan.seconds is not None and plan.seconds >= SHOWN_SECONDS:
        said.append(seconds(plan.seconds))
    if plan.bytes is not None and plan.bytes >= SHOWN_BYTES:
        said.append(memory(plan.bytes))
    return ", ".join(said)


def _ways(ways: tuple[Way, ...]) -> str:
    first, *others = ways
    said = f"by {first.name}, {seconds(first.seconds)}"
    if not others:
        return said
    more = ", ".join(f"{way.name} {seconds(way.seconds)}" for way in others[:ALTERNATIVES])
    return f"{said}, the cheapest ({more}{', …' if len(others) > ALTERNATIVES else ''})"


def size(log: float) -> str:
    """A number of which this is the logarithm, rounded up."""
    if log == inf:
        return "more than one can count"
    return f"{round(2.0**log):,}" if log <= MOST_DIGITS_LOG else f"2^{ceil(log):,}"


def seconds(value: float) -> str:
    """A time for a person."""
    if value == inf:
        return "past all measure"
    for unit, length in (("years", 3.15e7), ("h", 3600.0), ("s", 1.0), ("ms", 1e-3)):
        if value >= length * (2 if unit == "years" else 1):
            scaled = value / length
            return f"{scaled:,.2g} {unit}" if not 100 <= scaled < 10_000 else f"{scaled:,.0f} {unit}"
    return f"{max(1.0, value * 1e6):.0f} µs"


def memory(value: float) -> str:
    """A number of bytes for a person."""
    if value == inf:
        return "memory past all measure"
    for unit, length in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20)):
        if value >= length:
            scaled = value / length
            return (
                f"{scaled:.2g} {unit}"
                if scaled < 100
                else f"{scaled:,.0f} {unit}"
                if scaled < 1e6
                else f"{scaled:.1e} {unit}"
            )
    return f"{value / 1024:.0f} KiB"
