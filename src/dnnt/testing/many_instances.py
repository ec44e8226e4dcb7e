"""Random two-layer instances with very many equal units and few states, which lie far apart in a large box.

Method `reachable` ends with boxes of states there (see `dnnt.reachable.by_boxes`). A unit has two or three vectors on a
line, so that there are as many sums as units, or twice as many, and the states can be written out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.reachable import box_windows
from dnnt.reachable.search import LEAST_SPAN
from dnnt.testing.state_oracle import all_states, state_oracle

Body = dict[str, Any]

UNITS = 64
"""Units enough for boxes to come first, and for choices too many to try: the truth is taken from the states."""

PAIRS = 40
"""States of a window, at most."""

INTO: tuple[Body, ...] = ({"weights": [0, 1], "bias": [0]}, {"weights": [-1, 1], "bias": [0]})
OUT: tuple[Any, ...] = ([1], [1], [-1], [2])
LAST: tuple[Any, ...] = ([0], [0, 1], [0, 1], [0, 1, 5], ["1/2", 1])


@contextmanager
def small_windows() -> Iterator[None]:
    """Windows of few states, so that also here, where there are not many of them, boxes are split."""
    before = box_windows.MOST_PAIRS
    box_windows.MOST_PAIRS = PAIRS
    try:
        yield
    finally:
        box_windows.MOST_PAIRS = before


def random_many(rng: Random) -> Instance:
    """A random instance that boxes of states are the way for, with a least loss above 0."""
    while True:
        made = instance_file.parse(json.dumps(_body(rng)).encode())
        span = 1
        for column in zip(*all_states(made), strict=True):
            span *= int(max(column) - min(column)) + 1
        if span < 2**LEAST_SPAN:
            continue
        least = state_oracle(made).least
        if least:
            return made


def _body(rng: Random) -> Body:
    count = rng.choice((1, 2, 2, 2, 3))
    most = 9000 if count == 1 else 40
    inputs = rng.sample(range(2, most), count)
    units = UNITS + rng.choice((0, 0, 1, 6))
    hidden = {"units": units, "activation": rng.choice(("relu", "identity")), **rng.choice(INTO)}
    last = {"units": 1, "activation": "identity", "weights": rng.choice(OUT), "bias": rng.choice(LAST)}
    points = [*inputs, inputs[0]] if rng.random() < 0.3 else inputs
    slope = rng.randint(-units, units)
    kind = rng.choice(("absolute", "absolute", "hinge", "zero_one", "misclassified", "table", "maximum"))
    samples: list[Body] = []
    for x in points:
        label: Any = rng.choice((slope * x, slope * x + rng.randint(-3, 3), rng.randint(-9999, 9999), "7/2"))
        sample: Body = {"x": [x], "y": [rng.choice((-1, 1)) if kind == "misclassified" else label]}
        if rng.random() < 0.3:
            sample["weight"] = rng.choice((2, "1/3"))
        samples.append(sample)
    loss: Any = kind
    if kind == "hinge":
        loss = {"kind": kind, "margin": rng.choice((1, "1/2", 20))}
    elif kind == "table":
        labels = {str(sample["y"][0]): sample["y"] for sample in samples}
        values = [{"f": y, "y": y, "loss": rng.choice((0, 1, "1/2"))} for y in labels.values()]
        loss = {"kind": kind, "values": values, "otherwise": 2}
    head = {"format": "dnnt-instance", "version": 1, "inputs": 1}
    return {**head, "layers": [hidden, last], "samples": samples, "loss": loss}
