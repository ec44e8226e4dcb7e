"""What a person sees: answers, profiles and evaluations as short text and tables."""

from __future__ import annotations

from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dnnt.errors import printable
from dnnt.exact import brief
from dnnt.network import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dnnt.analysis.plan import Plan
    from dnnt.annotations.results import Count
    from dnnt.answer import Answer, Second
    from dnnt.evaluation import Evaluation
    from dnnt.exact import Number
    from dnnt.instance import Instance
    from dnnt.methods.base import Cost
    from dnnt.parameters import Parameters
    from dnnt.profile import Profile
    from dnnt.reductions.bundle import Bundle

LONG = 10**15
"""Numbers from here on are shown by their power of 10 in tables."""

SHOWN = 20
"""Rows of a table that are shown before the rest is counted."""

BARS = 40
"""Rows of a histogram that are shown before the rest is added up."""

PLAN_WIDTH = 100
"""Columns of the tree of a plan."""

LISTED = 200
"""Weights of an edge that are shown."""


def console() -> Console:
    """Standard output; as wide as the terminal, and at least 100 columns where there is none."""
    made = Console(highlight=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, emoji=False, width=110)


def _facts(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, escape(printable(value)))
    return table


def _file(file: str, name: str | None) -> tuple[str, str]:
    """The row that says which instance this is about."""
    return "File", file if name is None else f"{file} ({name})"


def print_answer(answer: Answer, file: str) -> None:
    """The answer, how sure it is, and the parameters."""
    out = console()
    rows = [
        _file(file, answer.name),
        ("Answer", sentence(answer)),
    ]
    if answer.loss is not None:
        rows.append(("Loss", brief(answer.loss)))
    if answer.bound is not None and answer.bound != answer.loss:
        sure = f" ({answer.bound_assurance})" if answer.bound_assurance else ""
        rows.append(("Proved", f"no parameters have a loss below {brief(answer.bound)}{sure}"))
    if answer.then is not None:
        rows.append(("Then", second(answer.then)))
    if answer.fixed is not None:
        rows.append(("Fixed", f"{answer.fixed} values: all that is said here is about the instance with them"))
    rows.append(("Assurance", assurance(answer)))
    rows.append(("Method", f"{answer.method}: {answer.reason}"))
    rows.append(("Ended", f"{ENDS.get(answer.stop, answer.stop)} after {answer.seconds:.3g} s"))
    out.print(_facts(rows))
    if answer.parameters is not None and answer.parameters.runs:
        out.print(parameters_table(answer.parameters))


ENDS = {
    "proved": "with the proof",
    "claimed": "without a check",
    "exhausted": "the method had nothing left to try",
    "time": "at the time limit",
    "memory": "at the memory limit",
    "interrupt": "by an interrupt",
}


def sentence(answer: Answer) -> str:
    """The answer in a sentence."""
    gamma = "" if answer.gamma is None else brief(answer.gamma)
    if answer.status == "infeasible" and answer.bound is None:
        return "there are no parameters at all: some space is empty"
    if answer.goal == "decide":
        return {
            "yes": f"yes: these parameters have a total loss of at most {gamma}",
            "no": f"no: every choice of parameters has a total loss above {gamma}",
        }.get(
            str(answer.answer),
            f"unknown: neither parameters with loss at most {gamma} nor a proof that there are none",
        )
    if answer.status == "optimal":
        return "optimal: no choice of parameters has a smaller total loss"
    if answer.status == "feasible":
        return "not settled: the best parameters found, perhaps not the best there are"
    if answer.loss is not None:
        return "unknown: the search was not begun; these parameters may be far from the best"
    return "unknown: no loss was found"


def second(then: Second) -> str:
    """How the second goal ended, in a sentence."""
    what = {"sparsest": "nonzero weights", "smallest": "is the sum of absolute weights"}[then.kind]
    if then.value is None:
        return f"{then.kind}: there are no parameters to choose among" if then.proved else f"{then.kind}: not reached"
    sure = "none of these parameters have less" if then.proved else "a limit came before the proof that none have less"
    return f"{then.kind}: {brief(then.value)} {what}; {sure}"


def assurance(answer: Answer) -> str:
    """What the assurance rests on."""
    if answer.assurance == "checked":
        return "checked by the independent program dnnt_check"
    return "claimed: dnnt_check has not passed it (see docs/certificates.md)"


def parameters_table(parameters: Parameters) -> Table:
    """Weights and bias of each edge, or of each run of equal edges."""
    table = Table(box=box.SIMPLE_HEAD, title="Parameters", title_justify="left")
    for name in ("edge", "weights", "bias"):
        table.add_column(name, overflow="fold")
    start = 0
    for run in islice(parameters.runs, SHOWN):
        last = start + run.repeat - 1
        edges = str(start) if run.repeat == 1 else f"{brief(start)} to {brief(last)}"
        table.add_row(edges, _vector(run.weights, LISTED), brief(run.bias))
        start += run.repeat
    if len(parameters.runs) > SHOWN:
        table.add_row("…", f"and {len(parameters.runs) - SHOWN:,} more rows (--parameters OUT writes all)", "")
    return table


def print_count(found: Count) -> None:
    """The count, the least loss, and the histogram with bars."""
    out = console()
    least = "-" if found.loss is None else brief(found.loss)
    if found.stop is not None:
        said = f"not counted to the end: at least {brief(found.at_least)}"
    elif found.loss is None:
        said = "0: some space is empty"
    else:
        said = f"{found.count:,}" if found.count is not None and found.count < 10**30 else _long(found.count)
    which = "with the least loss" if found.gamma is None else f"with a loss of at most {brief(found.gamma)}"
    out.print(_facts([("File", found.file or "-"), ("Least loss", least), ("Choices", f"{said} ({which})")]))
    if not found.histogram:
        return
    table = Table(box=box.SIMPLE_HEAD, title="Choices by loss", title_justify="left")
    for name in ("loss", "choices", ""):
        table.add_column(name, no_wrap=True, justify="right" if name == "choices" else "left")
    most = max(choices for _, choices in found.histogram)
    for loss, choices in found.histogram[:BARS]:
        # A whole cell of the bar is a 40th of the longest; what is there at all shows as a thin line.
        table.add_row(brief(loss), _long(choices), "\u2588" * (40 * choices // most) or "\u258f")
    if len(found.histogram) > BARS:
        rest = sum(choices for _, choices in found.histogram[BARS:])
        table.add_row("\u2026", _long(rest), f"with {len(found.histogram) - BARS:,} greater losses (--json prints all)")
    out.print(table)


def _long(count: int | None) -> str:
    """An integer in full where a line has room for it."""
    if count is None:
        return "-"
    return f"{count:,}" if count < 10**30 else brief(count)


def print_evaluation(instance: Instance, result: Evaluation) -> None:
    """Outputs and losses by sample, and the total."""
    out = console()
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("sample", "output", "target", "loss", "weight"):
        table.add_column(name, overflow="fold")
    for index, (sample, row) in enumerate(zip(instance.samples, result.samples, strict=True)):
        if index >= SHOWN:
            table.add_row("…", f"and {len(result.samples) - SHOWN:,} more (--json prints all)", "", "", "")
            break
        table.add_row(
            str(index),
            _vector(row.output),
            _vector(sample.y),
            brief(row.loss),
            brief(sample.weight),
        )
    if result.samples:
        out.print(table)
    inside = "all values lie in their spaces" if result.inside else "some values lie OUTSIDE their spaces"
    out.print(_facts([("Total loss", brief(result.total)), ("Parameters", inside)]))


def _vector(values: Sequence[Number], most: int = SHOWN) -> str:
    text = " ".join(map(brief, values[:most])) or "-"
    return text if len(values) <= most else f"{text} … and {len(values) - most:,} more"


def print_profile(profile: Profile, file: str) -> None:
    """Sizes, ranges, theorems and methods."""
    out = console()
    choices = "infinitely many (continuous)" if profile.continuous else _choices(profile)
    kind = [
        "restricted: one option for every parameter" if profile.restricted else "",
        "two layers" if profile.two_layer else "deeper than two layers, or an output feeds a vertex",
        "continuous" if profile.continuous else "",
    ]
    layers = "" if profile.layers is None else f"; layers of {' - '.join(map(count, profile.layers))} units"
    out.print(
        _facts(
            [
                _file(file, profile.name),
                (
                    "Network",
                    f"{count(profile.units)} units, {count(profile.edges)} edges, depth {profile.depth}{layers}",
                ),
                (
                    "Inputs",
                    f"{profile.inputs} coordinates; {profile.samples} samples, {profile.distinct_inputs} distinct",
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
    print_methods(profile, profile.chosen, profile.reason, profile.plan)


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


def print_explanation(profile: Profile, file: str, chosen: str | None, reason: str, plan: Plan | None) -> None:
    """What would be done with a file."""
    console().print(_facts([_file(file, profile.name)]))
    print_methods(profile, chosen, reason, plan)


def print_methods(profile: Profile, chosen: str | None, reason: str, plan: Plan | None) -> None:
    """The methods with their predicted cost, and the plan."""
    out = console()
    table = Table(box=box.SIMPLE_HEAD, title="Methods", title_justify="left")
    for name in ("method", "time", "memory", "because"):
        table.add_column(name, overflow="fold")
    for each in profile.methods:
        name = f"{each.name} (chosen)" if each.name == chosen else each.name
        if each.cost is None:
            table.add_row(name, "-", "-", escape(printable(f"refuses: {each.refusal}")))
        else:
            table.add_row(
                name,
                _figures(each.cost, _seconds, 0),
                _figures(each.cost, _mebibytes, 1),
                escape(each.cost.basis),
            )
    if profile.methods:
        out.print(table)
    out.print(_facts([("Plan", f"{chosen or 'none'}: {reason}")]))
    if plan is not None:
        from dnnt.cli.plan_tree import tree

        out.print()
        out.print(tree(plan), width=PLAN_WIDTH)


def _figures(cost: Cost, shown: Callable[[float], str], place: int) -> str:
    """What is usual, and below it the most that it may be."""
    usual = shown((cost.seconds, cost.mebibytes)[place])
    return usual if cost.most is None else f"{usual}\nat most {shown(cost.most[place])}"


def _seconds(value: float) -> str:
    if value == inf:
        return "past all measure"
    years = value / 3.15e7
    if years > 1:
        return f"{years:.1e} years"
    return f"{value:.2g} s" if value < 3600 else f"{value / 3600:.2g} h"


def _mebibytes(value: float) -> str:
    return "past all measure" if value == inf else f"{value:.2g} MiB" if value < 1e5 else f"{value:.1e} MiB"


def print_reduced(bundle: Bundle, output: str, seconds: float) -> None:
    """What was reduced, to what, and the sizes of the target."""
    out = console()
    rule = bundle.reduction
    sizes = ", ".join(
        f"{name} {bundle.measured[name]:,} ({formula})" for name, formula in rule.declared.formulas().items()
    )
    letters = ", ".join(f"{letter} = {value:,}" for letter, value in rule.letters(bundle.problem).items())
    out.print(
        _facts(
            [
                ("Bundle", output),
                ("Rule", f"{bundle.rule} ({bundle.variant}), {bundle.contract.theorem}"),
                ("Source", f"{rule.source_kind}: {letters}"),
                ("Target", f"{rule.target_kind}: {sizes}"),
                ("Guarantee" if bundle.contract.holds else "As printed", bundle.contract.guarantee),
                ("Time", f"{seconds:.3f} s"),
            ]
        )
    )


def print_reductions(entries: Sequence[dict[str, Any]]) -> None:
    """The rules, one block each."""
    out = console()
    for each in entries:
        size = ", ".join(f"{name} {formula}" for name, formula in each["size"].items())
        measured = ", ".join(f"{name} {value}" for name, value in each["example"]["measured"].items())
        rows = [
            ("Direction", f"{each['source']} -> {each['target']}, {each['theorem']}"),
            ("Takes", each["domain"]),
            ("Guarantee" if each["holds"] else "As printed", each["guarantee"]),
            ("Size", f"{size}; {each['letters']}"),
            ("Example", f"{each['example']['source']} gives {measured}"),
        ]
        out.print(Text(f"{each['rule']} --variant {each['variant']}", style="bold underline"))
        out.print(Padding(_facts(rows), (0, 0, 1, 2)))
