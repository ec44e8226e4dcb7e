"""Three images of real digits: 64 inputs with values 0 to 16, two ternary layers, 8 hidden ReLU units, proved optimal.

    python benchmarks/real_digits.py [--quick] [--repeats N]

Images from scikit-learn's bundled digits (8x8 pixels). Targets: the images' labels; answers of a random network of this
kind, exactly and with noise; random numbers that some network may answer or not; and targets out of reach, all of one
sign and of mixed signs: with squares, and some of them with other losses. Each instance is solved by
`dnnt solve FILE --json` in a process of its own: seconds, and peak resident memory of the whole process. Exit status 1
if an answer is not proved and checked within 10 s and 2 GiB, or differs between runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from processes import answer, measured, solving
from progress import followed
from rich.console import Console
from rich.table import Table

TRIPLES = ((0, 1, 2), (3, 4, 5), (10, 25, 77), (1000, 1234, 1796))
"""Numbers of images in the data set."""

UNITS = 8
SECONDS, MEBIBYTES = 10.0, 2048.0
"""What a solve may take."""

LIMIT = 40.0
REPEATS = 5
TERNARY = (-1, 0, 1)


def losses(ys: dict[str, list[int]]) -> dict[str, tuple[Any, list[Any]]]:
    """Other losses than squares, each with targets."""
    signs = [-1, 1, -1]
    return {
        "absolute, halves": ("absolute", [f"{2 * y + 1}/2" for y in ys["labels"]]),
        "maximum, out of reach": ("maximum", ys["out of reach, mixed signs"]),
        "hinge": ({"kind": "hinge", "margin": 1}, signs),
        "misclassified": ("misclassified", signs),
        "zero_one": ("zero_one", ys["labels"]),
        "zero_one, one out of reach": ("zero_one", [*ys["labels"][:2], ys["out of reach"][2]]),
    }


def targets(images: list[list[int]], labels: list[int], seed: int) -> dict[str, list[int]]:
    """Choices of targets for three images."""
    rng = Random(seed)
    answers = [0] * len(images)
    for _ in range(UNITS):
        weights, bias, second = [rng.choice(TERNARY) for _ in images[0]], rng.choice(TERNARY), rng.choice(TERNARY)
        for s, image in enumerate(images):
            answers[s] += second * max(0, bias + sum(w * x for w, x in zip(weights, image, strict=True)))
    most = UNITS * (1 + max(map(sum, images)))
    return {
        "labels": labels,
        "in reach": answers,
        "nearly": [y + rng.randint(-40, 40) for y in answers],
        "scattered": [rng.randint(-most // 4, most // 4) for _ in images],
        "out of reach": [most + rng.randint(1, most) for _ in images],
        "out of reach, mixed signs": [sign * (most + rng.randint(1, most)) for sign in (1, -1, 1)],
    }


def instances(quick: bool) -> list[tuple[str, dict[str, Any]]]:
    """Names and documents of the instances."""
    from sklearn.datasets import load_digits

    data = load_digits()
    made = []
    for triple in TRIPLES[:1] if quick else TRIPLES:
        images = [[int(pixel) for pixel in data.data[index]] for index in triple]
        labels = [int(data.target[index]) for index in triple]
        every = targets(images, labels, sum(triple))
        squares: dict[str, tuple[Any, list[Any]]] = {kind: ("squared", ys) for kind, ys in every.items()}
        for kind, (loss, ys) in (squares | losses(every)).items():
            layers = [
                {"units": UNITS, "activation": "relu", "weights": TERNARY, "bias": TERNARY},
                {"units": 1, "activation": "identity", "weights": TERNARY, "bias": [0]},
            ]
            document = {
                "format": "dnnt-instance",
                "version": 1,
                "name": f"digits {', '.join(map(str, triple))}: {kind}",
                "inputs": len(images[0]),
                "layers": layers,
                "samples": [{"x": image, "y": [y]} for image, y in zip(images, ys, strict=True)],
                "loss": loss,
            }
            made.append((f"digits {', '.join(map(str, triple))}: {kind}", document))
    return made


def run(console: Console, quick: bool = False, repeats: int = REPEATS) -> tuple[Any, int]:
    """Measure and print; returns the figures and how many instances are not solved as they should be."""
    table = Table(
        "images: targets", "least loss", "answer", "seconds", "peak MiB", title=f"Real digits (median of {repeats})"
    )
    figures, wrong = {}, 0
    every = instances(quick)
    with tempfile.TemporaryDirectory(prefix="dnnt-digits-") as folder:
        path = Path(folder) / "digits.dnnt.json"
        for name, document in followed(every, len(every), "solving digits"):
            path.write_text(json.dumps(document), encoding="utf-8")
            runs = []
            for _ in range(repeats):
                runs.append(measured(solving(path, "--time-limit", f"{LIMIT:g}")))
                if runs[-1].status:
                    break
            said = [answer(each) for each in runs]
            seconds, peak = median(each.wall for each in runs), max(each.peak for each in runs)
            proved = all(each["status"] == "optimal" and each["assurance"] == "checked" for each in said)
            good = proved and len({str(each["loss"]) for each in said}) == 1
            good = good and seconds <= SECONDS and peak <= MEBIBYTES
            wrong += not good
            ended = "optimal, checked" if proved else f"{said[-1]['status']}, {said[-1]['stop']}"
            table.add_row(
                name, str(said[-1]["loss"]), ended, f"{seconds:.2f}", f"{peak:.0f}", style=None if good else "red"
            )
            figures[name] = {
                "loss": said[-1]["loss"],
                "answer": ended,
                "seconds": round(seconds, 3),
                "runs": [round(each.wall, 3) for each in runs],
                "peak_mebibytes": round(peak, 1),
                "within": good,
            }
    console.print(table)
    console.print(f"not proved and checked within {SECONDS:g} s and {MEBIBYTES:g} MiB: {wrong}")
    return figures, wrong


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the first triple of images only")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    return 1 if run(Console(width=110), given.quick, given.repeats)[1] else 0


if __name__ == "__main__":
    sys.exit(main())
