"""`dnnt demo`: a first run on real data, offline, that shows the whole path from a file to a checked optimum."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dnnt.errors import InvalidInput

if TYPE_CHECKING:
    from rich.console import Console

    from dnnt.answer import Answer
    from dnnt.instance import Instance

MEASUREMENTS = ("sepal length", "sepal width", "petal length", "petal width")
SHADES = " .:-=+*#%@"


@click.command("demo", short_help="Solve two small problems on real data, and check the proofs.")
@click.option("--keep", metavar="DIR", help="Keep the instance and certificate files in this directory.")
def command(keep: str | None) -> int:
    """Solve two small problems on real data, and check the proofs, step by step."""
    import tempfile

    with nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="dnnt-demo-") as directory:
        folder = Path(directory)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput(f"cannot be made ({error.strerror})", "name another directory", file=directory) from None
        worst = max(_iris(folder), _digits(folder))
    if not worst:
        _next(keep)
    return worst


def _console() -> Console:
    from dnnt.cli.render import console

    return console()


def _heading(out: Console, title: str) -> None:
    out.print()
    out.rule(title, align="left", characters="─")


def _fetch(name: str, folder: Path) -> tuple[Instance, Path]:
    """Copy an example that comes with dnnt into the folder and read it."""
    from importlib.resources import files

    from dnnt.formats import instance_file

    path = folder / f"{name}.dnnt.json"
    path.write_bytes((files("dnnt") / "examples" / path.name).read_bytes())
    return instance_file.read(path), path


def _iris(folder: Path) -> int:
    from dnnt.api import info

    instance, path = _fetch("iris", folder)
    out = _console()
    _heading(out, "1. Two kinds of iris, one neuron")
    out.print(
        "100 real flowers, four measurements each (in tenths of a centimetre). Tell virginica (+1) from\n"
        "versicolor (-1) by the sign of one neuron. Every weight is -1, 0 or 1, the bias an integer from\n"
        "-200 to 200.\n"
        f"That leaves {info(instance).parameter_choices:,} choices. Which one misclassifies the fewest flowers?\n"
    )
    answer, status = _solved(out, instance, path)
    if status or answer.parameters is None:
        return status
    (run,) = answer.parameters.runs
    signs = [f"{'+' if w > 0 else '-'} {name}" for w, name in zip(run.weights, MEASUREMENTS, strict=True) if w]
    bias = f"{'+' if run.bias >= 0 else '-'} {abs(run.bias)}"
    out.print(f"The best neuron:  {' '.join(signs).removeprefix('+ ')} {bias}  is above 0 for virginica.")
    _proved(
        out,
        answer,
        f"it misclassifies {answer.loss} of 100 flowers, and no other choice misclassifies fewer.",
    )
    return 0


def _digits(folder: Path) -> int:
    from dnnt.api import info
    from dnnt.evaluation import evaluate

    instance, path = _fetch("digits", folder)
    out = _console()
    _heading(out, "2. Two handwritten digits, a network with a hidden layer")
    out.print(_pictures(instance))
    log10 = info(instance).log10_parameter_choices
    out.print(
        "\nTwo real images of 8x8 pixels are the inputs of 2 hidden ReLU units and one output. All weights\n"
        "are -1, 0 or 1. Answer +200 on the 3 and -200 on the 8, as closely as possible (squared loss).\n"
        f"There are 10^{log10:.0f} choices, far too many to try, but far fewer pairs of outputs that they reach.\n"
    )
    answer, status = _solved(out, instance, path)
    if status or answer.parameters is None:
        return status
    outputs = [sample.output[0] for sample in evaluate(instance, answer.parameters).samples]
    out.print(f"The best network answers {outputs[0]:+} on the 3 and {outputs[1]:+} on the 8.")
    _proved(
        out,
        answer,
        f"its squared loss is {answer.loss}, and none of the 10^{log10:.0f} choices has a smaller one.",
    )
    return 0


def _pictures(instance: Instance) -> str:
    """The samples' images side by side, darker characters for larger values."""
    rows = []
    for row in range(8):
        parts = []
        for sample in instance.samples:
            pixels = sample.x[8 * row : 8 * row + 8]
            parts.append("".join(2 * SHADES[int(pixel) * (len(SHADES) - 1) // 16] for pixel in pixels))
        rows.append("      " + "        ".join(parts).rstrip())
    return "\n".join(rows)


def _solved(out: Console, instance: Instance, path: Path) -> tuple[Answer, int]:
    """Solve, write the certificate, and have it checked by the separate program in a process of its own."""
    import subprocess
    import sys

    from dnnt.api import solve, write

    out.print(f"  $ dnnt solve {path.name} --certificate {instance.name}.dnnt.cert.json")
    answer = solve(instance, progress=sys.stderr.isatty())
    out.print(
        f"    {answer.status}, loss {answer.loss}, {answer.assurance}, by method {answer.method}, "
        f"{answer.seconds:.2f} s"
    )
    if answer.certificate is None or answer.stop != "proved":
        out.print(f"    stopped before the proof: {answer.stop}")
        return answer, answer.exit_code or 4
    certificate = path.with_name(f"{instance.name}.dnnt.cert.json")
    write(answer.certificate, certificate)
    out.print(f"  $ python -m dnnt_check {path.name} {certificate.name}")
    said = subprocess.run(
        [sys.executable, "-m", "dnnt_check", str(path), str(certificate)],
        capture_output=True,
        text=True,
        check=False,
    )
    out.print(f"    {said.stdout.strip() or said.stderr.strip()}\n", markup=False)
    return answer, 0 if said.returncode == 0 else 4


def _proved(out: Console, answer: Answer, what: str) -> None:
    out.print(f"[bold]Proved:[/bold] {what}")
    out.print(
        "dnnt_check, which shares no code with the solver, recomputed this loss and proved the bound again."
        if answer.assurance == "checked"
        else "The proof was not checked."
    )


def _next(keep: str | None) -> None:
    out = _console()
    _heading(out, "Your turn")
    where = f"{keep}/" if keep else "dnnt demo --keep DIR keeps these files in DIR; then:\n  "
    out.print(
        f"{where}iris.dnnt.json is a good file to change: allow weights -2 to 2, or add a gamma to get a yes or a no.\n"
        "  dnnt info FILE       what is known of an instance before it is solved\n"
        "  dnnt solve FILE      the best parameters, or a proof that none are good enough\n"
        "  dnnt check FILE C    check a certificate again\n"
        "docs/formats.md describes the files; dnnt solve --help lists the options."
    )
