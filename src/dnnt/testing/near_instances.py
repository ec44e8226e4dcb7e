"""Random two-layer instances with separable losses, few samples and targets inside, near, far from what can be reached.

They are aimed at the last step of method `reachable`: hulls, cuts, exchanges, sums near a face, windows of powers.
"""

from __future__ import annotations

import json
from fractions import Fraction
from random import Random
from typing import Any

from dnnt.exact import normal, to_json
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.testing.oracle import Oracle
from dnnt.testing.state_oracle import TooMany, state_oracle

Body = dict[str, Any]

ACTIVATIONS: tuple[Any, ...] = ("relu", "relu", "abs", "sign", "identity", {"kind": "clip", "low": -1, "high": 2})
SPACES: tuple[Any, ...] = (
    [-1, 0, 1], [-1, 1], [0, 1], [-2, 0, 1], {"from": -1, "to": 2}, [1], [0], [-1, "1/2"], [0, 2, 6], [2], ["-1/3", 1],
)  # fmt: skip
MOST_STATES = 1500


def random_near(rng: Random, most: int = MOST_STATES) -> Instance:
    """A random instance of at most so many states (see `state_oracle`); most have many more choices of parameters."""
    return random_near_known(rng, most)[0]


def random_near_known(rng: Random, most: int = MOST_STATES) -> tuple[Instance, Oracle]:
    """The same, with its losses."""
    while True:
        body = _network(rng)
        outputs = len(body["outputs"]) if "outputs" in body else body["layers"][-1]["units"]
        points = [[_number(rng, 3) for _ in range(body["inputs"])] for _ in range(rng.choice((1, 2, 2, 2, 3)))]
        distance = rng.choice((2, 4, 8, 8, 40, 40, 10**6))
        body["samples"] = [_sample(rng, x, outputs, distance) for x in points]
        if rng.random() < 0.2:
            body["samples"].append(_sample(rng, rng.choice(points), outputs, distance))
        kind = rng.choice(("squared",) * 8 + ("absolute", "hinge", "maximum"))
        body["loss"] = {"kind": "hinge", "margin": rng.choice((1, "1/2", 20))} if kind == "hinge" else kind
        try:
            made = _parsed(body)
            truth = state_oracle(made)
        except TooMany:
            continue
        if truth.choices > most:
            continue
        if rng.random() < 0.85:
            body["gamma"] = _gamma(rng, truth)
        return _parsed(body), truth


def _parsed(body: Body) -> Instance:
    return instance_file.parse(json.dumps(body).encode())


def _number(rng: Random, most: int) -> Any:
    if rng.random() < 0.1:
        return rng.choice(("1/2", "-3/2", "2/3"))
    return rng.randint(-most, most)


def _network(rng: Random) -> Body:
    inputs, outputs = rng.choice((1, 1, 2)), rng.choice((1, 1, 1, 1, 2))
    body: Body = {"format": "dnnt-instance", "version": 1, "inputs": inputs}
    if rng.random() < 0.3:
        first = {"units": rng.randint(2, 8), "activation": rng.choice(ACTIVATIONS), **_edge(rng)}
        last = {"units": outputs, "activation": "identity", "weights": rng.choice(SPACES), "bias": rng.choice(SPACES)}
        return {**body, "layers": [first, last]}
    hidden: list[tuple[Any, Body, list[Body]]] = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        into = {"weights": [rng.choice(SPACES) for _ in range(inputs)], "bias": rng.choice((*SPACES, [0], [0]))}
        out = [_out(rng) for _ in range(outputs)]
        times = rng.choice((1, 1, 2, 3, 4, 6, 8))
        hidden += [(rng.choice(ACTIVATIONS), into, out)] * (times if len(hidden) + times <= 10 else 1)
    names = [f"t{j}" for j in range(outputs)]
    vertices: list[Body] = [{"id": name, "activation": "identity"} for name in names]
    edges: list[Body] = []
    activation = None
    before: Body | None = None
    for i, (kind, into, out) in enumerate(hidden):
        activation = activation if into is before else kind
        before = into
        vertices.append({"id": f"h{i}", "activation": activation})
        edges.append({"from": "s", "to": f"h{i}", **into})
        edges += [{"from": f"h{i}", "to": name, **each} for name, each in zip(names, out, strict=True)]
    if rng.random() < 0.2:  # Parallel to another edge.
        edges.append({"from": "h0", "to": names[0], **_out(rng)})
    if rng.random() < 0.3:
        edges.append(
            {
                "from": "s",
                "to": names[-1],
                "weights": [[0]] * (inputs - 1) + [rng.choice(SPACES)],
                "bias": rng.choice(SPACES),
            }
        )
    chosen = list(names)
    if rng.random() < 0.1:
        chosen.append("h0")
    if rng.random() < 0.15:  # An output whose values are fixed.
        vertices.append({"id": "c", "activation": {"kind": "constant", "value": rng.choice((0, 3, "1/2"))}})
        chosen.append("c")
    if rng.random() < 0.08:
        vertices[0]["activation"] = rng.choice(("relu", "abs", {"kind": "scale", "factor": -2}))
    rng.shuffle(vertices)
    return {**body, "vertices": vertices, "outputs": chosen, "edges": edges}


def _edge(rng: Random) -> Body:
    return {"weights": rng.choice(SPACES), "bias": rng.choice((*SPACES, [0], [0]))}


def _out(rng: Random) -> Body:
    return {"weights": [rng.choice(([1], [-1, 1], [1, 2], *SPACES))], "bias": rng.choice(([0], [0], [0], [0, 1]))}


def _sample(rng: Random, x: list[Any], outputs: int, distance: int) -> Body:
    fraction = rng.random() < 0.25
    y = [rng.randint(-distance, distance) for _ in range(outputs)]
    sample: Body = {"x": x, "y": [f"{7 * v + 1}/{rng.choice((2, 3))}" if fraction else v for v in y]}
    if rng.random() < 0.25:
        sample["weight"] = rng.choice((0, 0, 2, "1/3", 5))
    return sample


def _gamma(rng: Random, truth: Oracle) -> Any:
    """Below, at, or above the least loss."""
    least = truth.losses[0]
    wanted = (least, least - Fraction(1, 3), least - 1, least + Fraction(1, 7), Fraction(least) / 2, truth.losses[-1])
    return to_json(normal(rng.choice((*wanted, *truth.losses[:4]))))
