"""Random small instances, their plain brute force, and certificates about them; shared by the tests of the checker.

Everything here is as direct as possible: it is what the checker is compared with. Only one thing is taken over from
the format: what a reachability proof has to declare is computed by forming the sets as they are defined.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from fractions import Fraction
from typing import Any

from tests.dnnt_check import reduction_cases as reductions

Q = Fraction


def exact(value: Any) -> Fraction:
    """A number of an instance file."""
    return Q(str(value)) if isinstance(value, float) else Q(value)


def text(value: Fraction) -> Any:
    """A number as it is written to a file."""
    return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def encode(value: Any) -> bytes:
    """The bytes of a JSON file."""
    return json.dumps(value).encode()


def space_values(space: Any, named: dict[str, Any]) -> list[Fraction]:
    """The elements of a space, each once."""
    if isinstance(space, str):
        return space_values(named[space], named)
    if isinstance(space, list):
        return sorted({exact(value) for value in space})
    low, high, step = exact(space["from"]), exact(space["to"]), exact(space.get("step", 1))
    result = []
    while low <= high:
        result.append(low)
        low += step
    return result


def activate(activation: Any, z: Fraction) -> Fraction:
    """An activation, straight from its definition."""
    if activation in reductions.DIGIT_KINDS:
        return reductions.digits(activation, z)
    if isinstance(activation, str):
        return {
            "identity": lambda: z,
            "relu": lambda: max(z, Q(0)),
            "sign": lambda: Q(1 if z >= 0 else -1),
            "step": lambda: Q(1 if z >= 0 else 0),
            "abs": lambda: abs(z),
            "square": lambda: z * z,
            "quarter_square": lambda: z * z / 4,
            "floor": lambda: Q(z.numerator // z.denominator),
        }[activation]()
    kind = activation["kind"]
    if kind == "windows":
        return reductions.windows(activation, z, activate)
    if kind == "clip":
        return min(max(z, exact(activation["low"])), exact(activation["high"]))
    if kind == "scale":
        return z * exact(activation["factor"])
    if kind == "leaky_relu":
        return z if z >= 0 else z * exact(activation["slope"])
    if kind == "constant":
        return exact(activation["value"])
    if kind == "table":
        for argument, value in activation["values"]:
            if exact(argument) == z:
                return exact(value)
        return exact(activation["otherwise"])
    points = [(exact(a), exact(b)) for a, b in activation["points"]]
    if z <= points[0][0]:
        return points[0][1] + exact(activation["left"]) * (z - points[0][0])
    if z >= points[-1][0]:
        return points[-1][1] + exact(activation["right"]) * (z - points[-1][0])
    for (a, b), (c, d) in itertools.pairwise(points):
        if a <= z <= c:
            return b + (d - b) * (z - a) / (c - a)
    raise AssertionError


def sample_loss(loss: Any, f: list[Fraction], y: list[Fraction]) -> Fraction:
    """A loss, straight from its definition."""
    pairs = list(zip(f, y, strict=True))
    if loss == "squared":
        return sum(((a - b) ** 2 for a, b in pairs), Q(0))
    if loss == "absolute":
        return sum((abs(a - b) for a, b in pairs), Q(0))
    if loss == "maximum":
        return max((abs(a - b) for a, b in pairs), default=Q(0))
    if loss == "zero_one":
        return Q(0 if f == y else 1)
    if loss == "misclassified":
        if len(f) == 1:
            return Q(0 if y[0] * f[0] > 0 else 1)
        winners = [i for i, value in enumerate(f) if value == max(f)]
        return Q(0 if len(winners) == 1 and y[winners[0]] == 1 else 1)
    if loss == "positive" or loss["kind"] in ("pairs", "printed_pairs", "guarded"):
        return reductions.reduction_loss(loss, f, y, activate, sample_loss)
    if loss["kind"] == "hinge":
        return sum((max(Q(0), exact(loss["margin"]) - a * b) for a, b in pairs), Q(0))
    for entry in loss["values"]:
        if [exact(v) for v in entry["f"]] == f and [exact(v) for v in entry["y"]] == y:
            return exact(entry["loss"])
    return exact(loss["otherwise"])


def expand(instance: dict[str, Any]) -> dict[str, Any]:
    """The instance with layers written out as vertices and edges."""
    if "layers" not in instance:
        return instance
    vertices, edges = [], []
    before = ["s"]
    for i, layer in enumerate(instance["layers"], 1):
        names = [f"L{i}.{j}" for j in range(1, layer["units"] + 1)]
        for name in names:
            vertices.append({"id": name, "activation": layer["activation"]})
            for j, source in enumerate(before):
                count = instance["inputs"] if source == "s" else 1
                edges.append(
                    {
                        "from": source,
                        "to": name,
                        "weights": [layer["weights"]] * count,
                        "bias": layer["bias"] if j == 0 else [0],
                    }
                )
        before = names
    result = {key: value for key, value in instance.items() if key != "layers"}
    return {**result, "vertices": vertices, "edges": edges, "outputs": before}


class Naive:
    """Brute force on an instance."""

    def __init__(self, instance: dict[str, Any]) -> None:
        """Write everything out."""
        instance = expand(instance)
        self.instance = instance
        self.named = instance.get("spaces", {})
        self.activations = {v["id"]: v["activation"] for v in instance["vertices"]}
        self.edges = instance["edges"]
        self.slots = [
            [space_values(space, self.named) for space in (*edge["weights"], edge["bias"])] for edge in self.edges
        ]
        self.samples = [
            ([exact(v) for v in s["x"]], [exact(v) for v in s["y"]], exact(s.get("weight", 1)))
            for s in instance["samples"]
        ]

    def choices(self) -> int:
        """How many choices of parameters there are."""
        result = 1
        for edge in self.slots:
            for slot in edge:
                result *= len(slot)
        return result

    def outputs(self, parameters: list[list[Fraction]], x: list[Fraction]) -> list[Fraction]:
        """The outputs on an input."""
        values: dict[str, Fraction] = {}

        def value(name: str) -> Fraction:
            if name not in values:
                total = Q(0)
                for edge, numbers in zip(self.edges, parameters, strict=True):
                    if edge["to"] == name:
                        z = x if edge["from"] == "s" else [value(edge["from"])]
                        total += sum((a * b for a, b in zip(numbers[:-1], z, strict=True)), Q(0))
                        total += numbers[-1]
                values[name] = activate(self.activations[name], total)
            return values[name]

        return [value(name) for name in self.instance["outputs"]]

    def loss(self, parameters: list[list[Fraction]]) -> Fraction:
        """The total loss."""
        return sum(
            (
                weight * sample_loss(self.instance["loss"], self.outputs(parameters, x), y)
                for x, y, weight in self.samples
            ),
            Q(0),
        )

    def all_parameters(self) -> Any:
        """All choices, as a list of values for each edge."""
        for choice in itertools.product(*[itertools.product(*edge) for edge in self.slots]):
            yield [list(edge) for edge in choice]

    def best(self) -> tuple[Fraction | None, list[list[Fraction]] | None]:
        """The least loss and parameters that have it."""
        best: tuple[Fraction | None, list[list[Fraction]] | None] = (None, None)
        for parameters in self.all_parameters():
            loss = self.loss(parameters)
            if best[0] is None or loss < best[0]:
                best = (loss, parameters)
        return best


def written_parameters(parameters: list[list[Fraction]]) -> list[dict[str, Any]]:
    """Parameters as a certificate has them, equal neighbours as runs."""
    result: list[dict[str, Any]] = []
    for edge in parameters:
        entry = {"weights": [text(v) for v in edge[:-1]], "bias": text(edge[-1])}
        if result and {k: v for k, v in result[-1].items() if k != "repeat"} == entry:
            result[-1]["repeat"] = result[-1].get("repeat", 1) + 1
        else:
            result.append(entry)
    return result


def certificate(
    instance_bytes: bytes,
    upper: tuple[list[list[Fraction]], Fraction] | None = None,
    lower: tuple[Fraction | None, bool, dict[str, Any]] | None = None,
    fixed: list[list[Any]] | None = None,
) -> dict[str, Any]:
    """A certificate with the parts that are given."""
    result: dict[str, Any] = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(instance_bytes).hexdigest(),
    }
    if upper is not None:
        result["upper"] = {"parameters": written_parameters(upper[0]), "loss": text(upper[1])}
    if lower is not None:
        bound = None if lower[0] is None else text(lower[0])
        result["lower"] = {"bound": bound, "strict": lower[1], "grounds": lower[2]}
    if fixed is not None:
        result["fixed"] = fixed
    return result


def reachable(runs: list[list[int]], ending: str, **sizes: int) -> dict[str, Any]:
    """Reachable grounds; sizes that are not given are generous."""
    declared = {"pre": 10**6, "unit": 10**6, "left": 10**6, "right": 10**6, "last": 10**6}
    return {"kind": "reachable", "left": runs, "last": ending, "sizes": {**declared, **sizes}}


# ---------------------------------------------------------------- random instances

NUMBERS = [0, 1, -1, 2, -2, 3, "1/2", "-1/3", 0.25, "-3/2", 5]


def random_number(rng: random.Random) -> Any:
    """A small number, more often an integer."""
    return rng.choice(NUMBERS if rng.random() < 0.4 else NUMBERS[:6])


def random_space(rng: random.Random, most: int) -> Any:
    """A space of at most so many elements."""
    if rng.random() < 0.3:
        low = exact(random_number(rng))
        step = rng.choice([1, 2, "1/2", "2/3"])
        high = low + exact(step) * rng.randint(0, most - 1) + rng.choice([Q(0), Q(1, 7)])
        return {"from": text(low), "to": text(high), "step": step}
    return [random_number(rng) for _ in range(rng.randint(1, most))]


def random_activation(rng: random.Random) -> Any:
    """Any activation."""
    plain = ["identity", "relu", "sign", "step", "abs", "square", "quarter_square", "floor"]
    if rng.random() < 0.6:
        return rng.choice([*plain, "identity", "relu", "relu"])
    if rng.random() < 0.25:
        return reductions.random_digits(rng, random_activation)
    kind = rng.choice(["clip", "scale", "leaky_relu", "constant", "table", "piecewise_linear"])
    number = [random_number(rng) for _ in range(3)]
    if kind == "clip":
        low, high = sorted(exact(v) for v in number[:2])
        return {"kind": kind, "low": text(low), "high": text(high)}
    if kind == "table":
        pairs = {exact(random_number(rng)): random_number(rng) for _ in range(rng.randint(0, 4))}
        values = [[text(k), v] for k, v in pairs.items()]
        return {"kind": kind, "values": values, "otherwise": number[0]}
    if kind == "piecewise_linear":
        places = sorted({exact(random_number(rng)) for _ in range(rng.randint(1, 4))})
        points = [[text(k), random_number(rng)] for k in places]
        return {"kind": kind, "points": points, "left": number[0], "right": number[1]}
    key = {"scale": "factor", "leaky_relu": "slope", "constant": "value"}[kind]
    return {"kind": kind, key: number[0]}


def random_loss(rng: random.Random, outputs: int, vectors: list[list[Any]]) -> Any:
    """Any loss that so many outputs allow."""
    if rng.random() < 0.25:
        return reductions.random_reduction_loss(rng, outputs, random_number)
    kinds = ["squared", "absolute", "maximum", "zero_one", "hinge", "table", "squared"]
    if outputs:
        kinds.append("misclassified")
    kind = rng.choice(kinds)
    if kind == "hinge":
        return {"kind": kind, "margin": random_number(rng)}
    if kind != "table":
        return kind
    values, seen = [], set()
    for _ in range(rng.randint(0, 5)):
        y = rng.choice(vectors) if vectors and rng.random() < 0.8 else None
        f = [random_number(rng) for _ in range(outputs)]
        y = [random_number(rng) for _ in range(outputs)] if y is None else y
        key = (tuple(map(exact, f)), tuple(map(exact, y)))
        if key not in seen:
            seen.add(key)
            values.append({"f": f, "y": y, "loss": rng.choice([0, 1, "1/2", 3])})
    return {"kind": kind, "values": values, "otherwise": rng.choice([0, 2, "5/2"])}


def random_instance(rng: random.Random, two_layer: bool) -> dict[str, Any]:
    """A small instance: parallel edges, skips, constants, dead vertices, repeated inputs and weights 0 occur."""
    inputs = rng.choice([0, 1, 1, 2, 2, 3])
    hidden = rng.randint(0, 3)
    tops = rng.randint(0 if rng.random() < 0.1 else 1, 2)
    vertices = [{"id": f"h{i}", "activation": random_activation(rng)} for i in range(hidden)]
    vertices += [{"id": f"t{i}", "activation": random_activation(rng)} for i in range(tops)]
    most = rng.choice([1, 2, 2, 3])
    edges = []

    def edge(source: str, target: str) -> None:
        count = inputs if source == "s" else 1
        edges.append(
            {
                "from": source,
                "to": target,
                "weights": [random_space(rng, most) for _ in range(count)],
                "bias": [0] if rng.random() < 0.6 else random_space(rng, most),
            }
        )

    for i in range(hidden):
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            edge("s", f"h{i}")
        if not two_layer and i and rng.random() < 0.6:
            edge(f"h{rng.randrange(i)}", f"h{i}")
    for j in range(tops):
        if rng.random() < 0.3:
            edge("s", f"t{j}")
        for i in range(hidden):
            for _ in range(rng.choice([0, 1, 1, 2]) if rng.random() < 0.8 else 0):
                edge(f"h{i}", f"t{j}")
    if not two_layer and tops == 2 and rng.random() < 0.4:
        edge("t0", "t1")
    rng.shuffle(edges)
    rng.shuffle(vertices)
    outputs = [f"t{j}" for j in range(tops)]
    if hidden and rng.random() < 0.3:
        outputs.append(f"h{rng.randrange(hidden)}")
    rng.shuffle(outputs)
    points = [[random_number(rng) for _ in range(inputs)] for _ in range(2)]
    labels = [[random_number(rng) for _ in outputs] for _ in range(3)]
    loss = random_loss(rng, len(outputs), labels)
    samples = []
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3])):
        y = rng.choice(labels)
        if loss == "misclassified":
            hot = rng.randrange(len(outputs))
            y = [int(i == hot) for i in range(len(outputs))]
            if len(outputs) == 1:
                y = [rng.choice([-1, 1])]
        sample: dict[str, Any] = {"x": rng.choice(points), "y": y}
        if rng.random() < 0.3:
            sample["weight"] = rng.choice([0, 2, "1/2", 3])
        samples.append(sample)
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "vertices": vertices,
        "outputs": outputs,
        "edges": edges,
        "samples": samples,
        "loss": loss,
    }


def random_case(seed: int, two_layer: bool, most: int = 600) -> tuple[dict[str, Any], Fraction, list[list[Fraction]]]:
    """An instance of at most so many choices, its least loss, and parameters that have it."""
    rng = random.Random(seed)
    while True:
        instance = random_instance(rng, two_layer)
        naive = Naive(instance)
        if naive.choices() <= most:
            loss, parameters = naive.best()
            assert loss is not None
            assert parameters is not None
            return instance, loss, parameters
