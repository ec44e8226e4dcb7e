"""What `info` and `solve --explain` say of an instance, as text and tables."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dnnt.cli.render import SHOWN, console, facts, file_row
from dnnt.errors import printable
from dnnt.exact import brief, count, power, several

if TYPE_CHECKING:
    from collections.abc import Callable

    from dnnt.by_parts import Alike, Apart
    from dnnt.exact import Number, brief, count, power, several
    from dnnt.methods.base import Cost
    from dnnt.profile import Profile

LONG = 10**15
"""Numbers from here on are shown by their power of 10 in tables."""

PLAN_WIDTH = 100
"""Columns of the tree of a plan."""


def print_profile(profile: Profile, file: str) -> None:
    """Sizes, ranges, theorems and methods."""
    out = console()
    choices = "infinitely many (continuous)" if profile.continuous else _choices(profile)
    kind = [
        "restricted: one option for every parameter" if profile.restricted else "",
        "two layers" if profile.two_layer else "deeper than two layers, or an output feeds a vertex",
        "continuous" if profile.continuous else "",
    ]
    layers = "" if profile.layers is None else f"; units by layer: {' - '.join(map(count, profile.layers))}"
    sizes = f"{several(profile.units, 'unit')}, {several(profile.edges, 'edge')}"
    out.print(
        facts(
            [
                file_row(file, profile.name),
                ("Network", f"{sizes}, depth {profile.depth}{layers}"),
                (
                    "Inputs",
                    f"{several(profile.inputs, 'coordinate')}; {several(profile.samples, 'sample')}, "
                    f"{profile.distinct_inputs} distinct",
                ),
                ("Outputs", count(profile.outputs)),
                ("Regime", "; ".join(part for part in kind if part)),
                ("Choices", choices),
            ]
        )
    )
    if profile.ranges:
        table = Table(
            box=box.SIMPLE_HEAD,
            title="Ranges (bounds over all parameters and samples)",
            title_justify="left",
        )
        for name in ("unit", "pre-activation", "value"):
            table.add_column(name, overflow="fold")
        for each in profile.ranges[:SHOWN]:
            table.add_row(escape(printable(each.id)), _interval(each.pre), _interval(each.value))
        if len(profile.ranges) > SHOWN:
            table.add_row("…", f"and {len(profile.ranges) - SHOWN:,} more (--json prints all)", "")
        out.print(table)
    out.print(Text("What theory says", style="italic"))
    for sentence in profile.regime:
        out.print(Padding(Text(sentence), (0, 2)))
    for each_said in profile.theorems:
        number = each_said.theorem.removeprefix("nearest: ")
        name = f"Theorem {number}" if number[0].isdigit() else number.removeprefix("previous work: ")
        head = Text(f"{'Nearest: ' if number != each_said.theorem else ''}{name}. ", style="bold")
        out.print(Padding(head.append(each_said.says, style="not bold"), (0, 2)))
    print_methods(profile)


def _choices(profile: Profile) -> str:
    log10 = profile.log10_parameter_choices
    if profile.parameter_choices is None:
        return f"about 10^{log10:.6g}" if log10 is not None else "too many to count"
    if log10 is None or profile.parameter_choices < 10**15:
        return f"{profile.parameter_choices:,}"
    return f"about 10^{log10:.2f}"


def _interval(ends: tuple[Number, Number] | None) -> str:
    return "not known" if ends is None else f"{_end(ends[0])} to {_end(ends[1])}"


def _end(value: Number) -> str:
    whole = abs(value.numerator) // value.denominator
    return brief(value) if whole < LONG else count(whole).replace(" ", " -" if value < 0 else " ")


def print_explanation(profile: Profile, file: str) -> None:
    """What would be done with a file."""
    console().print(facts([file_row(file, profile.name)]))
    print_methods(profile)


def print_methods(profile: Profile) -> None:
    """The methods with their predicted cost, the parts that are solved one by one, and the plan."""
    out = console()
    parts = profile.parts
    table = Table(box=box.SIMPLE_HEAD, title="Methods", title_justify="left")
    if parts is not None:
        table.title = "Methods, for the whole instance"
    for name in ("method", "time", "memory", "because"):
        table.add_column(name, overflow="fold")
    for each in profile.methods:
        name = f"{each.name} (chosen)" if each.name == profile.chosen and parts is None else each.name
        if each.cost is None:
            table.add_row(name, "-", "-", escape(printable(f"refuses: {each.refusal}")))
        else:
            table.add_row(name, *_costs(each.cost), escape(each.cost.basis))
    if profile.methods:
        out.print(table)
    if parts is not None:
        out.print(_parts_table(parts))
    out.print(facts([("Plan", f"{profile.chosen or 'none'}: {profile.reason}")]))
    if profile.plan is not None:
        from dnnt.cli.plan_tree import tree

        out.print()
        if parts is not None:
            out.print(Text("Of the part that takes longest:" if parts.additive else "Of the whole:", style="italic"))
        out.print(tree(profile.plan), width=PLAN_WIDTH)


def _parts_table(parts: Apart) -> Table:
    """The independent parts, those of one shape on one line."""
    title = f"{count(parts.count)} independent parts, solved one by one"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for name in ("parts", "each with", "method", "time each", "memory", "because"):
        table.add_column(name, overflow="fold")
    for each in parts.alike[:SHOWN]:
        cost = ("-", "-") if each.cost is None else _costs(each.cost)
        basis = "" if each.cost is None else each.cost.basis
        table.add_row(count(each.count), _shape(each), each.method or "-", *cost, escape(printable(basis)))
    if len(parts.alike) > SHOWN:
        table.add_row("…", f"and {len(parts.alike) - SHOWN:,} more kinds (--json prints all)", "", "", "", "")
    return table


def _shape(each: Alike) -> str:
    outputs = several(len(each.outputs), "output")
    if not each.parameters:
        return f"{outputs}, nothing to choose"
    units, parameters = several(each.units, "unit"), several(each.parameters, "parameter")
    inputs = several(each.distinct_inputs, "distinct input")
    return f"{outputs}, {units}, {parameters}, {inputs}, {power(each.log10_choices, 'choice')}"


def _costs(cost: Cost) -> tuple[str, str]:
    """Time and memory as cells of a table."""
    note = f" ({cost.note})" if cost.note else ""
    return _figures(cost, _seconds, 0, note), _figures(cost, _mebibytes, 1)


def _figures(cost: Cost, shown: Callable[[float], str], place: int, note: str = "") -> str:
    """What is usual, and below it the most that it may be."""
    usual = shown((cost.seconds, cost.mebibytes)[place]) + note
    if cost.most is None:
        return usual
    most = cost.most[place]
    return f"{usual}\n{'perhaps far more' if most == inf else f'at most {shown(most)}'}"


def _seconds(value: float) -> str:
    if value == inf:
        return "past all measure"
    years = value / 3.15e7
    if years > 1:
        return f"{years:.1e} years"
    return f"{value:.2g} s" if value < 3600 else f"{value / 3600:.2g} h"


def _mebibytes(value: float) -> str:
    return "past all measure" if value == inf else f"{value:.2g} MiB" if value < 1e5 else f"{value:.1e} MiB"
