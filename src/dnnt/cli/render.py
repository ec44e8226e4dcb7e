"""What a person sees: answers, profiles and evaluations as short text and tables."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dnnt.errors import printable
from dnnt.exact import brief, several

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dnnt.annotations.results import Count
    from dnnt.answer import Answer, Second
    from dnnt.evaluation import Evaluation
    from dnnt.exact import Number
    from dnnt.instance import Instance
    from dnnt.parameters import Parameters
    from dnnt.reductions.bundle import Bundle

SHOWN = 20
"""Rows of a table that are shown before the rest is counted."""

BARS = 40
"""Rows of a histogram that are shown before the rest is added up."""

LISTED = 200
"""Weights of an edge that are shown."""


def console() -> Console:
    """Standard output; as wide as the terminal, and at least 100 columns where there is none."""
    made = Console(highlight=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, emoji=False, width=110)


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """Names and values in two columns."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, escape(printable(value)))
    return table


def file_row(file: str, name: str | None) -> tuple[str, str]:
    """The row that says which instance this is about."""
    return "File", file if name is None else f"{file} ({name})"


def print_answer(answer: Answer, file: str) -> None:
    """The answer, how sure it is, and the parameters."""
    out = console()
    rows = [
        file_row(file, answer.name),
        ("Answer", sentence(answer)),
    ]
    if answer.loss is not None:
        rows.append(("Loss", brief(answer.loss)))
    if answer.bound is not None and answer.bound != answer.loss and (answer.bound or answer.status != "infeasible"):
        rows.append(bound_row(answer))
    if answer.then is not None:
        rows.append(("Then", second(answer.then, answer.settled)))
    if answer.fixed is not None:
        rows.append(("Fixed", fixed(answer.fixed)))
    rows.append(("Assurance", assurance(answer)))
    rows.append(("Method", f"{answer.method}: {answer.reason}"))
    rows.append(("Ended", f"{ENDS.get(answer.stop, answer.stop)} after {answer.seconds:.3g} s"))
    out.print(facts(rows))
    if answer.parameters is not None and answer.parameters.runs:
        out.print(parameters_table(answer.parameters))


ENDS = {
    "proved": "with the proof",
    "claimed": "without a check",
    "exhausted": "with nothing left to try",
    "time": "at the time limit",
    "memory": "for want of memory",
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


def bound_row(answer: Answer) -> tuple[str, str]:
    """The lower bound, and whether it is proved or only claimed; a bound of 0 says nothing of the instance."""
    assert answer.bound is not None, "asked for where there is one"
    if answer.bound == 0:
        return "Proved", "only that no loss is negative"
    name = "Claimed" if answer.bound_assurance == "claimed" else "Proved"
    sure = " (checked)" if answer.bound_assurance == "checked" else ""
    return name, f"no parameters have a loss below {brief(answer.bound)}{sure}"


def fixed(number: int) -> str:
    """What fixed values mean for the answer."""
    if number == 0:
        return "nothing: every entry that was given is null"
    return f"{several(number, 'value')}: all that is said here is about the instance that this leaves"


def second(then: Second, settled: bool) -> str:
    """How the second goal ended, in a sentence; it is not begun before the first one is `settled`."""
    what = {"sparsest": "nonzero weights", "smallest": "is the sum of absolute weights"}[then.kind]
    if then.value is None:
        return f"{then.kind}: there are no parameters to choose among" if then.proved else f"{then.kind}: not reached"
    if then.proved:
        return f"{then.kind}: {brief(then.value)} {what}; none of these parameters have less"
    if not settled:
        return f"{then.kind}: not begun, as the first goal is open (these parameters: {brief(then.value)} {what})"
    least = "" if then.bound is None else f", at least {brief(then.bound)}"
    return f"{then.kind}: {brief(then.value)} {what}{least}; a limit came before the proof that none have less"


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
    out.print(facts([("File", found.file or "-"), ("Least loss", least), ("Choices", f"{said} ({which})")]))
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
    out.print(facts([("Total loss", brief(result.total)), ("Parameters", inside)]))


def _vector(values: Sequence[Number], most: int = SHOWN) -> str:
    text = " ".join(map(brief, values[:most])) or "-"
    return text if len(values) <= most else f"{text} … and {len(values) - most:,} more"


def print_reduced(bundle: Bundle, output: str, seconds: float) -> None:
    """What was reduced, to what, and the sizes of the target."""
    out = console()
    rule = bundle.reduction
    sizes = ", ".join(
        f"{name} {bundle.measured[name]:,} ({formula})" for name, formula in rule.declared.formulas().items()
    )
    letters = ", ".join(f"{letter} = {value:,}" for letter, value in rule.letters(bundle.problem).items())
    out.print(
        facts(
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
        out.print(Padding(facts(rows), (0, 0, 1, 2)))
