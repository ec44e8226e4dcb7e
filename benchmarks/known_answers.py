"""Instances whose answers are known: a folder with *.dnnt.json and expected.json, and XOR through every command.

python benchmarks/known_answers.py [DIR]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cold import XOR
from rich.console import Console
from rich.table import Table

import dnnt
from dnnt.formats import instance_file
from dnnt.testing import check_method, oracle, takers


def by_commands(console: Console) -> tuple[Any, int]:
    """XOR through the command line and the checker's own process, held to the contract of methods."""
    instance = instance_file.parse(json.dumps(XOR).encode())
    try:
        for method in (*takers(instance), "auto"):
            check_method(instance, method, oracle(instance), processes=True)
    except AssertionError as error:
        console.print(f"WRONG xor: {error}", markup=False)
        return False, 1
    console.print("xor through dnnt solve, dnnt evaluate, dnnt check and python -m dnnt_check: all agree")
    return True, 0


def examples(console: Console, folder: Path) -> tuple[Any, int]:
    """The instances of a folder against its expected.json, by every method that takes them."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    table = Table("example", "least loss", "answer", "methods", "right", title=f"Instances of {folder.name}")
    rows, wrong = {}, 0
    for name, right in sorted(expected.items()):
        instance = dnnt.read(folder / f"{name}.dnnt.json")
        methods, least = takers(instance), _exact(right["least_loss"])
        said = [dnnt.solve(instance, goal="minimize", method=method) for method in (*methods, "auto")]
        good = all(
            (answer.loss, answer.assurance, answer.answer) == (least, "checked", right.get("answer")) for answer in said
        )
        if instance.gamma is not None:
            decided = [dnnt.solve(instance, goal="decide", method=method) for method in (*methods, "auto")]
            good = good and all((a.answer, a.assurance) == (right["answer"], "checked") for a in decided)
        wrong += not good
        rows[name] = {"methods": methods, "right": good}
        table.add_row(name, str(right["least_loss"]), str(right.get("answer", "")), ", ".join(methods), str(good))
    console.print(table)
    return rows, wrong


def _exact(value: Any) -> Any:
    return None if value is None else dnnt.space([value]).low  # type: ignore[union-attr] # a space of one value


def main() -> int:
    """The command line."""
    console = Console(width=110)
    wrong = by_commands(console)[1]
    for folder in sys.argv[1:]:
        wrong += examples(console, Path(folder))[1]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
