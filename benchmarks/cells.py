"""The cells: two-layer instances on which dnnt is measured against its rivals. Made from seeds, never stored.

    python benchmarks/cells.py DIR      # all of them as instance files
    python benchmarks/cells.py          # their names

A cell is a shape (samples n, inputs d, hidden units k), how large its numbers are, where its targets lie, and whether
the hidden units are equal or have spaces of their own. All have ReLU units, one output without activation and with bias
0, distinct inputs, and squared loss.

- numbers: `small` has weights and biases -1..1 and second-layer weights -1 and 1; `large` has -2..2 everywhere.
  Distinct units draw every space from a range that is wider by one at both ends, 0 excepted in the second layer.
- inputs: -2..2 or -3..3.
- targets: `inside` are the outputs of a random network of the cell, so that the least loss is 0; `near` are such
  outputs with noise -3..3; `outside` are beyond all that any network of the cell can answer, in random directions.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

SHAPES = (
    (2, 2, 3),
    (2, 3, 6),
    (3, 3, 4),
    (3, 4, 6),
    (4, 3, 4),
    (4, 4, 5),
    (2, 3, 20),
    (3, 3, 10),
    (4, 2, 6),
    (3, 4, 30),
)
"""(samples n, inputs d, hidden units k)."""

NUMBERS = {"small": 1, "large": 2}
"""The largest weight and bias."""

INPUTS = (2, 3)
"""The largest input."""

TARGETS = ("inside", "near", "outside")
UNITS = ("equal", "distinct")

Unit = tuple[list[list[int]], list[int], list[int]]
"""The spaces of a hidden unit: of each weight, of its bias, of its weight in the second layer."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, by its shape (n, d, k) and the four choices that the head of this file describes."""

    shape: tuple[int, int, int]
    numbers: str
    inputs: int
    targets: str
    units: str
    seed: int = 0

    @property
    def name(self) -> str:
        """A name for tables and files."""
        n, d, k = self.shape
        name = f"{n}-{d}-{k}-{self.units}-{self.numbers}-x{self.inputs}-{self.targets}"
        return name if self.seed == 0 else f"{name}-s{self.seed}"

    def document(self) -> dict[str, Any]:
        """The instance, as its file has it. The same cell gives the same document, on every machine."""
        _, d, k = self.shape
        rng = Random(self.name)
        inputs = self._inputs(rng)
        units = self._units(rng)
        targets = self._targets(rng, inputs, units)
        if self.units == "equal":
            weights, bias, second = units[0]
            network: dict[str, Any] = {
                "layers": [
                    {"units": k, "activation": "relu", "weights": weights[0], "bias": bias},
                    {"units": 1, "activation": "identity", "weights": second, "bias": [0]},
                ]
            }
        else:
            names = [f"h{index}" for index in range(1, k + 1)]
            first = [
                {"from": "s", "to": name, "weights": weights, "bias": bias}
                for name, (weights, bias, _) in zip(names, units, strict=True)
            ]
            last = [
                {"from": name, "to": "t", "weights": [second], "bias": [0]}
                for name, (_, _, second) in zip(names, units, strict=True)
            ]
            vertices = [{"id": name, "activation": "relu"} for name in names]
            network = {
                "vertices": [*vertices, {"id": "t", "activation": "identity"}],
                "outputs": ["t"],
                "edges": first + last,
            }
        return {
            "format": "dnnt-instance",
            "version": 1,
            "name": self.name,
            "inputs": d,
            **network,
            "samples": [{"x": list(x), "y": [y]} for x, y in zip(inputs, targets, strict=True)],
            "loss": "squared",
        }

    def _inputs(self, rng: Random) -> list[tuple[int, ...]]:
        n, d, _ = self.shape
        drawn: list[tuple[int, ...]] = []
        while len(drawn) < n:
            x = tuple(rng.randint(-self.inputs, self.inputs) for _ in range(d))
            if x not in drawn:
                drawn.append(x)
        return drawn

    def _units(self, rng: Random) -> list[Unit]:
        _, d, k = self.shape
        large = NUMBERS[self.numbers]
        whole = list(range(-large, large + 1))
        if self.units == "equal":
            return [([whole] * d, whole, [-1, 1] if large == 1 else whole)] * k
        wider = list(range(-large - 1, large + 2))

        def drawn(base: list[int]) -> list[int]:
            return sorted(rng.sample(base, rng.randint(2, len(whole))))

        return [([drawn(wider) for _ in range(d)], drawn(wider), drawn([v for v in wider if v])) for _ in range(k)]

    def _targets(self, rng: Random, inputs: list[tuple[int, ...]], units: list[Unit]) -> list[int]:
        if self.targets == "outside":
            # No unit can answer more than this in absolute value.
            most = sum(
                max(map(abs, second)) * (self.inputs * sum(max(map(abs, w)) for w in weights) + max(map(abs, bias)))
                for weights, bias, second in units
            )
            return [rng.choice((-1, 1)) * (most + rng.randint(1, most)) for _ in inputs]
        outputs = [0] * len(inputs)
        for weights, bias, second in units:
            chosen, b, v = [rng.choice(w) for w in weights], rng.choice(bias), rng.choice(second)
            for s, x in enumerate(inputs):
                outputs[s] += v * max(0, b + sum(w * value for w, value in zip(chosen, x, strict=True)))
        return [y + rng.randint(-3, 3) for y in outputs] if self.targets == "near" else outputs


def grid(units: str, seed: int = 0) -> Iterator[Cell]:
    """All cells with equal, or with distinct, hidden units."""
    for numbers, inputs, targets, shape in product(NUMBERS, INPUTS, TARGETS, SHAPES):
        yield Cell(shape, numbers, inputs, targets, units, seed)


@dataclass(frozen=True, slots=True)
class PaperCell:
    """A cell of the domain on which Algorithm 1 is right as printed: natural numbers only, second-layer weights 1.

    Shape (n, d, k), ReLU units with weights and biases 0 and 1, inputs 0 to 2.
    """

    shape: tuple[int, int, int]
    targets: str
    units: str = "equal"

    @property
    def name(self) -> str:
        """A name for tables and files."""
        n, d, k = self.shape
        return f"{n}-{d}-{k}-{self.units}-natural-{self.targets}"

    def document(self) -> dict[str, Any]:
        """The instance, as its file has it."""
        n, d, k = self.shape
        rng = Random(self.name)
        every = list(product(range(3), repeat=d))
        inputs = rng.sample(every, n)
        most = k * (2 * d + 1)
        layers = [
            {"units": k, "activation": "relu", "weights": [0, 1], "bias": [0, 1]},
            {"units": 1, "activation": "identity", "weights": [1], "bias": [0]},
        ]
        targets = [rng.randint(1, most) + (most if self.targets == "outside" else 0) for _ in inputs]
        return {
            "format": "dnnt-instance",
            "version": 1,
            "name": self.name,
            "inputs": d,
            "layers": layers,
            "samples": [{"x": list(x), "y": [y]} for x, y in zip(inputs, targets, strict=True)],
            "loss": "squared",
        }


PAPER_SHAPES = (
    (1, 2, 4),
    (2, 2, 2),
    (2, 2, 3),
    (2, 2, 6),
    (2, 2, 10),
    (2, 3, 6),
    (2, 4, 10),
    (3, 1, 4),
    (3, 2, 2),
    (3, 2, 3),
)


def paper_grid() -> Iterator[PaperCell]:
    """All cells for Algorithm 1."""
    for targets, shape in product(("near", "outside"), PAPER_SHAPES):
        yield PaperCell(shape, targets)


def write(cell: Cell | PaperCell, folder: Path) -> Path:
    """Write the cell's instance file into a folder that is there; returns its path."""
    path = folder / f"{cell.name}.dnnt.json"
    path.write_text(json.dumps(cell.document()) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="write the instance files there")
    given = parser.parse_args()
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
    for units in UNITS:
        for cell in grid(units):
            print(cell.name if given.folder is None else write(cell, given.folder))


if __name__ == "__main__":
    main()
