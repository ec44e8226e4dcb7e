"""Makes the two example files of `dnnt demo` from the data sets bundled with scikit-learn.

    python examples/make_examples.py          writes src/dnnt/examples/*.dnnt.json
    python examples/make_examples.py --check  says whether the committed files are what this script makes

digits: the first image of a 3 and the first of an 8 (8x8 pixels, 0 to 16 each); a network of 2 hidden ReLU units with
ternary weights is to answer +200 on the one and -200 on the other, which it cannot do exactly. iris: all 100 flowers
of the species versicolor (-1) and virginica (+1), four measurements in tenths of a centimetre, one neuron.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dnnt
from dnnt.formats import instance_file
from dnnt.instance import Instance

OUT = Path(__file__).resolve().parent.parent / "src" / "dnnt" / "examples"


def digits() -> Instance:
    """Two images, 64 inputs, 2 hidden ReLU units, ternary weights, squared loss."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = [
        next(image for image, label in zip(data.data, data.target, strict=True) if label == which) for which in (3, 8)
    ]
    samples = [([int(pixel) for pixel in image], [y]) for image, y in zip(images, (200, -200), strict=True)]
    ternary = [-1, 0, 1]
    layers = [
        {"units": 2, "activation": "relu", "weights": ternary, "bias": ternary},
        {"units": 1, "activation": "identity", "weights": ternary, "bias": [0]},
    ]
    notes = {
        "question": "Two images of 8x8 pixels: a handwritten 3 and an 8. Answer +200 on the 3 and -200 on the 8.",
        "data": "scikit-learn's bundled digits: the first image of each of the two classes, pixels 0 to 16",
    }
    return dnnt.layered(64, layers, samples, "squared", name="digits", notes=notes)


def iris() -> Instance:
    """100 flowers, four measurements in tenths of a centimetre, one neuron with ternary weights and an integer bias."""
    from sklearn.datasets import load_iris

    data = load_iris()
    samples = [
        ([round(10 * value) for value in row], [-1 if label == 1 else 1])
        for row, label in zip(data.data.tolist(), data.target.tolist(), strict=True)
        if label in (1, 2)
    ]
    layers = [
        {
            "units": 1,
            "activation": "identity",
            "weights": [-1, 0, 1],
            "bias": {"from": -200, "to": 200},
        }
    ]
    notes = {
        "question": "100 flowers: tell the species virginica (+1) from versicolor (-1) by the sign of one neuron.",
        "data": "scikit-learn's bundled iris; sepal length, sepal width, petal length, petal width in tenths of a "
        "centimetre",
    }
    return dnnt.layered(4, layers, samples, "misclassified", name="iris", notes=notes)


def main() -> int:
    """Write the files, or compare them with the committed ones."""
    different = 0
    for instance in (digits(), iris()):
        path = OUT / f"{instance.name}.dnnt.json"
        raw = instance_file.to_bytes(instance)
        if "--check" in sys.argv[1:]:
            same = path.exists() and path.read_bytes() == raw
            different += not same
            print(f"{path.name}: {'as committed' if same else 'DIFFERS from the committed file'}")
        else:
            path.write_bytes(raw)
            print(f"wrote {path}")
    return min(different, 1)


if __name__ == "__main__":
    sys.exit(main())
