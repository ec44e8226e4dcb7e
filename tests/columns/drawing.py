"""Random deep instances with interchangeable and negatable units, small enough to try every choice."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import dnnt
from dnnt.instance import Instance

ACTIVATIONS: tuple[Any, ...] = (
    "sign",
    "step",
    "sign",
    "step",
    "relu",
    "abs",
    "identity",
    {"kind": "clip", "low": -1, "high": 1},
    {"kind": "table", "values": [[-1, 1], [0, 0], [1, 2]], "otherwise": -1},
    {"kind": "leaky_relu", "slope": "1/2"},
)

WEIGHTS: tuple[Any, ...] = ([-1, 1], [-1, 1], [-1, 0, 1], [0, 1], [1, 2], [-2, 2], [1], ["-1/2", "1/2"])

BIASES: tuple[Any, ...] = ([0], [0], [-1, 0], [0, 1], [-1, 1], ["1/2"])

LOSSES: tuple[Any, ...] = (
    "zero_one",
    "squared",
    "absolute",
    "maximum",
    "zero_one",
    {"kind": "hinge", "margin": 1},
    "misclassified",
)


def random_deep(rng: Random, most: int = 1200) -> Instance:
    """A layered instance of depth 1 to 4, or a graph with skip edges, parallel edges and outputs that are read."""
    while True:
        made = _layers(rng) if rng.random() < 0.6 else _graph(rng)
        if prod([of.size**count for of, count in made.network.shared_spaces()]) <= most:  # type: ignore[union-attr]
            return made


def _layers(rng: Random) -> Instance:
    inputs = rng.randint(1, 3)
    widths = [rng.randint(1, 3) for _ in range(rng.randint(0, 3))] + [rng.choice((1, 1, 2))]
    layers = [
        {
            "units": units,
            "activation": rng.choice(ACTIVATIONS),
            "weights": rng.choice(WEIGHTS),
            "bias": rng.choice(BIASES),
        }
        for units in widths
    ]
    loss = rng.choice(LOSSES)
    return dnnt.layered(inputs, layers, _samples(rng, inputs, widths[-1], loss), loss, _gamma(rng))


def _graph(rng: Random) -> Instance:
    inputs = rng.randint(1, 2)
    names = [f"v{i}" for i in range(rng.randint(2, 5))]
    shared = rng.choice(ACTIVATIONS), rng.choice(WEIGHTS), rng.choice(BIASES)
    vertices = []
    edges: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        activation, weights, bias = (
            shared if rng.random() < 0.7 else (rng.choice(ACTIVATIONS), rng.choice(WEIGHTS), rng.choice(BIASES))
        )
        if i == 0 and rng.random() < 0.3:
            activation = "identity"
        vertices.append({"id": name, "activation": activation})
        heads = [head for head in names[:i] if rng.random() < 0.6]
        if not heads or rng.random() < 0.3:
            edges.append({"from": "s", "to": name, "weights": [weights] * inputs, "bias": bias})
        for head in heads * (2 if rng.random() < 0.1 else 1):
            # A linear unit with known weights dissolves into several, which share its variables.
            linear = vertices[names.index(head)]["activation"] == "identity" and rng.random() < 0.7
            read = [rng.choice((-1, 1, 2))] if linear else weights
            edges.append({"from": head, "to": name, "weights": [read], "bias": rng.choice(([0], bias))})
    outputs = [names[-1]] + ([rng.choice(names[:-1])] if rng.random() < 0.4 else [])
    loss = rng.choice(LOSSES)
    samples = _samples(rng, inputs, len(outputs), loss)
    return dnnt.graph(inputs, vertices, outputs, edges, samples, loss, _gamma(rng))


def _samples(rng: Random, inputs: int, outputs: int, loss: Any) -> list[Any]:
    values = rng.choice(((-1, 1), (0, 1), (-1, 0, 1, 2)))
    targets = rng.choice(((-1, 1), (0, 1), (-1, 0, 1), (Fraction(1, 2), 1)))
    made = []
    for _ in range(rng.randint(1, 6)):
        y = [rng.choice(targets) for _ in range(outputs)]
        if loss == "misclassified":
            hot = rng.randrange(outputs)
            y = [rng.choice((-1, 1))] if outputs == 1 else [int(k == hot) for k in range(outputs)]
        made.append(([rng.choice(values) for _ in range(inputs)], y, rng.choice((1, 1, 2))))
    return made


def _gamma(rng: Random) -> Any:
    return rng.choice((None, 0, 0, 1, 2, 3, Fraction(1, 2)))
