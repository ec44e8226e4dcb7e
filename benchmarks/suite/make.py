"""The instances of the suite as files; small ones that need no data are in the repository, all are made by this script.

    python benchmarks/suite/make.py OUT [--data DIR] [--only WORD] [--list]

DIR holds `tables/breast-cancer-wisconsin.csv`, `coloring/*.col` and `sudoku/*.txt`; without it the instances that need
them are left out. Digits are those that come with scikit-learn. The same command makes the same files everywhere;
what is known of each of them is in known.json.

- multiplier-*: the truth table of the 2-bit multiplier (-1 and 1 for bits), nets of sign units, ternary weights,
  integer biases -4..4. Is there a net without an error?
- wisconsin: 699 samples, 9 inputs, one ternary sign unit with a bias -100..100, misclassified.
- digits-k*-…: the first k images of each digit, 64 inputs 0..16, ten sign units, each for its digit against the rest,
  ternary weights; alone or behind 16 hidden sign units. Is there a net without an error, and with how few weights?
  Biases are 0 (`plain`, as in binarised networks by mixed-integer programming, Toro Icarte et al., CP 2019: weights
  -1, 0, 1 and no bias) or ternary (`bias`).
- coloring-*: graphs with K at the chromatic number and one below it, by the rule csp-to-dnnt.
- sudoku-*: twenty sudokus, one neuron with 729 binary inputs, by the rule exact-cover-to-dnnt.
- neuron-*: one neuron on random samples: squares (random targets; a planted neuron and noise), absolute, hinge and
  misclassification losses.
- relu-*: random nets of two and three layers with ReLU units, squared and other losses; ternary weights, or integers
  of four bits.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).resolve().parent
TERNARY = [-1, 0, 1]
COLORS = {
    "myciel3": 4,
    "myciel4": 5,
    "queen5_5": 5,
    "queen6_6": 7,
    "jean": 10,
    "david": 11,
    "2-Insertions_3": 4,
    "games120": 9,
}
"""Graphs and their chromatic numbers."""

SUDOKUS = 20
PER_DIGIT = (1, 2, 3, 5, 10)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the suite: its name, what makes its document, and whether it is kept in the repository."""

    name: str
    make: Callable[[], Document]
    kept: bool = False


def document(inputs: int, network: Document, samples: Sequence[Document], loss: Any, gamma: Any = None) -> Document:
    """An instance file's object."""
    made = {"format": "dnnt-instance", "version": 1, "inputs": inputs, **network, "samples": samples, "loss": loss}
    return made if gamma is None else made | {"gamma": gamma}


def layer(units: int, activation: str, weights: Any, bias: Any) -> Document:
    """A layer of the shorthand."""
    return {"units": units, "activation": activation, "weights": weights, "bias": bias}


def multiplier(widths: Sequence[int]) -> Document:
    """The product of two numbers of two bits, greatest bit first."""
    samples = []
    for bits in product((0, 1), repeat=4):
        value = (2 * bits[0] + bits[1]) * (2 * bits[2] + bits[3])
        target = [value >> place & 1 for place in (3, 2, 1, 0)]
        samples.append({"x": [2 * bit - 1 for bit in bits], "y": [2 * bit - 1 for bit in target]})
    layers = [layer(units, "sign", TERNARY, {"from": -4, "to": 4}) for units in widths]
    return document(4, {"layers": layers}, samples, "zero_one", 0)


def wisconsin(data: Path) -> Document:
    """The table of breast cancers: its last column is the class, 0 or 1."""
    with open(data / "tables" / "breast-cancer-wisconsin.csv", newline="") as file:
        rows = [[int(cell) for cell in row] for row in csv.reader(file, delimiter=";")]
    samples = [{"x": row[:-1], "y": [2 * row[-1] - 1]} for row in rows]
    layers = [layer(1, "sign", TERNARY, {"from": -100, "to": 100})]
    return document(9, {"layers": layers}, samples, "misclassified")


def digits(count: int, hidden: int, bias: Any) -> Document:
    """The first `count` images of each digit."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    found = load_digits()
    samples = []
    for digit in range(10):
        places = [i for i, label in enumerate(found.target) if label == digit][:count]
        for i in places:
            y = [1 if output == digit else -1 for output in range(10)]
            samples.append({"x": [int(pixel) for pixel in found.data[i]], "y": y})
    layers = [layer(hidden, "sign", TERNARY, bias)] if hidden else []
    return document(64, {"layers": [*layers, layer(10, "sign", TERNARY, bias)]}, samples, "zero_one", 0)


def reduced(rule: str, problem: Any) -> Document:
    """The instance that a source problem becomes."""
    from dnnt.formats import instance_file
    from dnnt.reductions import reduction

    made: Document = json.loads(instance_file.to_bytes(reduction(rule).reduce(problem).target))
    return made


def coloring(data: Path, graph: str, colors: int) -> Document:
    """A graph with so many colours."""
    from dnnt.formats import problem_file

    return reduced("csp-to-dnnt", problem_file.read(data / "coloring" / f"{graph}.col", colors=colors))


def sudoku(data: Path, number: int) -> Document:
    """The sudoku in a line of the file."""
    from dnnt.formats.problem_text import sudoku as of_line

    path = sorted((data / "sudoku").glob("*.txt"))[0]
    return reduced("exact-cover-to-dnnt", of_line(path.read_text().split()[number]))


def neuron(inputs: int, count: int, values: Any, kind: str, loss: Any = "squared", seed: int = 1) -> Document:
    """One neuron on random inputs -9..9. Targets are `random`, or a `planted` neuron's with noise."""
    rng = Random(f"{inputs} {count} {values} {kind} {loss} {seed}")
    weights = [rng.choice(values) for _ in range(inputs)]
    labels = loss == "misclassified" or isinstance(loss, dict)
    samples = []
    for _ in range(count):
        x = [rng.randint(-9, 9) for _ in range(inputs)]
        planted = sum(w * a for w, a in zip(weights, x, strict=True))
        y = planted + rng.randint(-9, 9) if kind == "planted" else rng.randint(-9 * inputs // 2, 9 * inputs // 2)
        samples.append({"x": x, "y": [(1 if y > 0 else -1) if labels else y]})
    activation = "sign" if loss == "misclassified" else "identity"
    return document(inputs, {"layers": [layer(1, activation, values, [0])]}, samples, loss)


def relu(widths: Sequence[int], count: int, loss: Any, planted: bool, seed: int) -> Document:
    """A net of ReLU units and an identity at its end, inputs -3..3; `planted`: a net's answers with noise -2..2."""
    rng = Random(f"{widths} {count} {loss} {planted} {seed}")
    inputs, *units = widths
    weights = [[[rng.choice(TERNARY) for _ in range(a)] for _ in range(b)] for a, b in zip(widths, units, strict=False)]
    samples = []
    for _ in range(count):
        x = values = [rng.randint(-3, 3) for _ in range(inputs)]
        for matrix in weights:
            sums = [sum(w * v for w, v in zip(row, values, strict=True)) for row in matrix]
            values = sums if matrix is weights[-1] else [max(0, z) for z in sums]
        y = values[0] + rng.randint(-2, 2) if planted else rng.randint(-12, 12)
        samples.append({"x": x, "y": [y]})
    return document(inputs, relu_layers(units, TERNARY), samples, loss)


def relu_layers(units: Sequence[int], values: Any) -> Document:
    """Layers of ReLU units and an identity at their end."""
    kinds = ["relu"] * (len(units) - 1) + ["identity"]
    return {"layers": [layer(b, kind, values, values) for b, kind in zip(units, kinds, strict=True)]}


def bits(widths: Sequence[int], count: int, loss: Any, reach: int, seed: int) -> Document:
    """A net of ReLU units whose parameters have four bits: random inputs to `reach`, targets to 5 times it."""
    rng = Random(f"{widths} {count} {loss} {reach} {seed}")
    inputs, *units = widths
    samples = []
    for _ in range(count):
        x = [rng.randint(-reach, reach) for _ in range(inputs)]
        samples.append({"x": x, "y": [rng.randint(-5 * reach, 5 * reach)]})
    return document(inputs, relu_layers(units, {"from": -8, "to": 7}), samples, loss)


def entries(data: Path | None) -> Iterator[Entry]:
    """All files of the suite."""
    for widths in ((3, 4), (4, 4), (4, 4, 4)):
        yield Entry(f"multiplier-4-{'-'.join(map(str, widths))}", lambda w=widths: multiplier(w), True)
    if data is not None:
        yield Entry("wisconsin", lambda: wisconsin(data))
    for count, hidden, (word, bias) in product(PER_DIGIT, (0, 16), (("plain", [0]), ("bias", TERNARY))):
        name = f"digits-k{count}-{f'hidden{hidden}' if hidden else 'direct'}-{word}"
        yield Entry(name, lambda c=count, h=hidden, b=bias: digits(c, h, b))
    if data is not None:
        for graph, colors in COLORS.items():
            for each in (colors, colors - 1):
                yield Entry(f"coloring-{graph}-{each}", lambda g=graph, k=each: coloring(data, g, k))
        for number in range(SUDOKUS):
            yield Entry(f"sudoku-{number:02}", lambda n=number: sudoku(data, n))
    yield from _random()


def _random() -> Iterator[Entry]:
    small = list(range(-3, 4))
    hinge = {"kind": "hinge", "margin": 1}
    neurons: list[tuple[int, int, list[int], str, Any]] = [
        (8, 8, small, "random", "squared"),
        (24, 24, TERNARY, "random", "squared"),
        (24, 24, TERNARY, "planted", "squared"),
        (40, 100, TERNARY, "random", "squared"),
        (40, 100, TERNARY, "planted", "squared"),
        (12, 40, TERNARY, "random", "absolute"),
        (24, 24, TERNARY, "planted", "absolute"),
        (24, 24, TERNARY, "random", "absolute"),
        (30, 60, TERNARY, "random", "absolute"),
        (12, 60, TERNARY, "random", hinge),
        (20, 80, TERNARY, "random", hinge),
        (10, 100, TERNARY, "random", "misclassified"),
        (14, 200, TERNARY, "random", "misclassified"),
    ]
    for inputs, count, values, kind, loss in neurons:
        word = loss if isinstance(loss, str) else loss["kind"]
        name = f"neuron-{inputs}x{count}-{len(values)}-{kind}-{word}"
        yield Entry(name, lambda a=(inputs, count, values, kind, loss): neuron(*a), True)
    nets: list[tuple[tuple[int, ...], int, Any, bool]] = [
        ((3, 3, 1), 8, "squared", True),
        ((3, 3, 1), 12, "absolute", False),
        ((4, 4, 1), 10, "squared", True),
        ((3, 2, 2, 1), 6, "squared", True),
        ((3, 3, 3, 1), 8, "squared", True),
        ((4, 3, 3, 1), 8, "absolute", False),
    ]
    for widths, count, loss, planted in nets:
        name = f"relu-{'-'.join(map(str, widths))}-n{count}-{loss}"
        yield Entry(name, lambda a=(widths, count, loss, planted): relu(*a, seed=1), True)
    for count, loss, reach in ((6, "absolute", 20), (6, "squared", 20), (8, "absolute", 20), (6, "absolute", 3)):
        name = f"relu-3-2-1-bits4-n{count}-x{reach}-{loss}"
        yield Entry(name, lambda a=(count, loss, reach): bits((3, 2, 1), *a, seed=1), True)


def write(entry: Entry, folder: Path) -> Path:
    """The file of an entry, made where it is not there."""
    path = folder / f"{entry.name}.dnnt.json"
    if not path.exists():
        path.write_text(json.dumps(entry.make() | {"name": entry.name}, separators=(",", ":")) + "\n")
    return path


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=FOLDER, help="a folder (default: the suite's own)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with the data files")
    parser.add_argument("--only", default="", metavar="WORD", help="names that contain this")
    parser.add_argument("--kept", action="store_true", help="only those that are kept in the repository")
    parser.add_argument("--list", action="store_true", help="list the names and end")
    given = parser.parse_args()
    for entry in entries(given.data):
        if given.only in entry.name and (entry.kept or not given.kept):
            if given.list:
                print(entry.name)
            else:
                given.out.mkdir(parents=True, exist_ok=True)
                print(write(entry, given.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
