"""Random two-layer instances whose reachable states are formed as docs/certificates.md defines them; for tests.

Every unit has a slot of several elements that reaches an output, so there are no fixed and no dead vertices here, and
the summands can be read off the file.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.dnnt_check.cases import activate, exact, reachable, sample_loss, space_values

Q = Fraction
Vector = tuple[Fraction, ...]


def added(first: set[Vector], second: set[Vector]) -> set[Vector]:
    """All sums of an element of each set."""
    return {tuple(a + b for a, b in zip(x, y, strict=True)) for x in first for y in second}


def dot(c: Sequence[int], v: Vector) -> Fraction:
    """The product of two vectors."""
    return sum((a * b for a, b in zip(c, v, strict=True)), Q(0))


@dataclass
class States:
    """An instance and its summands: of each unit, and of each slot of the rest, ordered as in docs/certificates.md."""

    instance: dict[str, Any]
    inputs: list[Vector]
    units: list[set[Vector]]
    rest: list[set[Vector]]
    pre: int
    width: int

    def loss(self, state: Vector) -> Fraction:
        """The total loss of a state; the sums are the first rows, units that are outputs the next."""
        n = len(self.inputs)
        rows = {name: state[r * n : (r + 1) * n] for r, name in enumerate(self.instance["rows"])}
        kinds = {v["id"]: v["activation"] for v in self.instance["vertices"]}
        total = Q(0)
        for sample in counted(self.instance):
            i = self.inputs.index(tuple(map(exact, sample["x"])))
            f = [
                rows[name][i] if name.startswith("h") else activate(kinds[name], rows[name][i])
                for name in self.instance["outputs"]
            ]
            part = sample_loss(self.instance["loss"], f, [exact(value) for value in sample["y"]])
            total += exact(sample.get("weight", 1)) * part
        return total

    def sums(self, summands: Sequence[set[Vector]]) -> set[Vector]:
        """All sums of one vector from each."""
        result: set[Vector] = {(Q(0),) * self.width}
        for summand in summands:
            result = added(result, summand)
        return result

    def file(self) -> dict[str, Any]:
        """The instance as it is written."""
        return {key: value for key, value in self.instance.items() if key != "rows"}

    def grid(self, bound: Fraction, strict: bool) -> list[Vector]:
        """All grid points of the smallest box around the states whose loss is below the bound (or equal to it)."""
        everything = self.sums([*self.units, *self.rest])
        lines = []
        for values in zip(*everything, strict=True):
            low, high = min(values), max(values)
            differences = [value - low for value in values]
            bottom = math.lcm(*[d.denominator for d in differences])
            step = Q(math.gcd(*[int(d * bottom) for d in differences]), bottom)
            count = int((high - low) / step) + 1 if step else 1
            lines.append([low + step * i for i in range(count)])
        return [t for t in itertools.product(*lines) if self.loss(t) < bound or (strict and self.loss(t) == bound)]


def random_states(rng: random.Random, units: int = 3, equal: int = 1) -> States:
    """A random instance; with `equal` so many copies of the first unit."""
    fractions = rng.random() < 0.3
    numbers: list[Any] = [0, 1, 2, -1, -2, 3] + (["1/2", "-3/2"] if fractions else [])
    inputs, tops = rng.randint(1, 2), rng.choice([1, 1, 1, 2])
    points = [[rng.choice(numbers) for _ in range(inputs)] for _ in range(rng.choice([1, 2, 2, 3]) if tops == 1 else 1)]
    some = [rng.choice(["relu", "abs", "identity", "step", "square"]) for _ in range(units)]

    def space(least: int) -> list[Any]:
        return rng.sample(numbers, rng.randint(least, 2))

    hidden = []
    for kind in some:
        weights = [space(1) for _ in range(inputs)]
        outgoing = [[space(1) for _ in range(rng.choice([0, 1, 1, 2]))] for _ in range(tops)]
        if not any(outgoing):
            outgoing[0].append(space(1))
        hidden.append((kind, weights, space(2), outgoing))
    hidden = [hidden[0]] * equal + hidden[1:]
    own = [f"h{len(hidden) - 1}"] if rng.random() < 0.2 and len(hidden) > equal else []
    sums = [f"t{j}" for j in range(tops)]
    # A sum without units would be fixed or no sum.
    edges: list[dict[str, Any]] = []
    for i, (_, weights, bias, outgoing) in enumerate(hidden):
        edges.append({"from": "s", "to": f"h{i}", "weights": weights, "bias": bias})
        for name, spaces in zip(sums, outgoing, strict=True):
            edges += [{"from": f"h{i}", "to": name, "weights": [each], "bias": [0]} for each in spaces]
    for name in sums:
        edges.append(
            {"from": "s", "to": name, "weights": [space(1) for _ in range(inputs)], "bias": rng.sample(numbers, 2)}
        )
    rng.shuffle(edges)
    kinds = rng.choice(["identity", "identity", "identity", "relu", {"kind": "scale", "factor": -2}])
    vertices: list[dict[str, Any]] = [{"id": f"h{i}", "activation": unit[0]} for i, unit in enumerate(hidden)]
    vertices += [{"id": name, "activation": kinds} for name in sums]
    outputs = [*own, *sums]
    labels: list[Any] = [*numbers, 9, -30]
    samples: list[dict[str, Any]] = []
    for x in [*points, points[0]] if rng.random() < 0.3 else points:
        sample: dict[str, Any] = {"x": x, "y": [rng.choice(labels) for _ in outputs]}
        if rng.random() < 0.3:
            # One sample at least has coordinates.
            sample["weight"] = rng.choice([0, 2, "1/3"]) if samples else rng.choice([2, "1/3"])
        samples.append(sample)
    instance = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "vertices": vertices,
        "outputs": outputs,
        "edges": edges,
        "samples": samples,
        "loss": rng.choice(["squared", "squared", "squared", "absolute", "maximum", "zero_one"]),
        "rows": [*sums, *own],
    }
    return read(instance)


def counted(instance: dict[str, Any]) -> list[dict[str, Any]]:
    """The samples that cost something."""
    return [sample for sample in instance["samples"] if exact(sample.get("weight", 1))]


def read(instance: dict[str, Any]) -> States:
    """The summands of an instance; `rows` names the sums and then the units that are outputs, in order of position."""
    inputs = list(dict.fromkeys([tuple(map(exact, sample["x"])) for sample in counted(instance)]))
    n, rows = len(inputs), instance["rows"]
    width = n * len(rows)
    kinds = {v["id"]: v["activation"] for v in instance["vertices"]}
    columns = [tuple(x[j] for x in inputs) for j in range(instance["inputs"])]
    ones = (Q(1),) * n
    units: list[set[Vector]] = []
    rest: list[set[Vector]] = []
    largest = 1

    def slots(name: str) -> list[tuple[list[Fraction], Vector]]:
        result = []
        for edge in instance["edges"]:
            if edge["to"] == name:
                if edge["from"] == "s":
                    spaces = [space_values(space, {}) for space in edge["weights"]]
                    result += list(zip(spaces, columns, strict=True))
                result.append((space_values(edge["bias"], {}), ones))
        return result

    def at(name: str, vector: Vector) -> Vector:
        place: int = rows.index(name) * n
        return (Q(0),) * place + tuple(vector) + (Q(0),) * (width - place - n)

    for vertex in instance["vertices"]:
        name = vertex["id"]
        if not name.startswith("h"):
            rest += [{at(name, tuple(w * z for z in column)) for w in space} for space, column in slots(name)]
            continue
        pre: set[Vector] = {(Q(0),) * n}
        for space, column in slots(name):
            pre = added(pre, {tuple(w * z for z in column) for w in space})
        largest = max(largest, len(pre))
        found: set[Vector] = set()
        for vector in {tuple(activate(kinds[name], z) for z in p) for p in pre}:
            sums = {at(name, vector) if name in rows else (Q(0),) * width}
            for edge in instance["edges"]:
                if edge["from"] == name:
                    weights = space_values(edge["weights"][0], {})
                    sums = added(sums, {at(edge["to"], tuple(w * z for z in vector)) for w in weights})
            found |= sums
        units.append(found)
    return States(instance, inputs, units, rest, largest, width)


def random_cuts(rng: random.Random, width: int, count: int) -> list[list[int]]:
    """Some vectors that are not zero."""
    result: list[list[int]] = []
    while len(result) < count:
        cut = [rng.randint(-3, 3) for _ in range(width)]
        if any(cut):
            result.append(cut)
    return result


def greatest(summands: Sequence[set[Vector]], cut: Sequence[int]) -> Fraction:
    """M(c) of some summands."""
    return sum((max(dot(cut, v) for v in summand) for summand in summands), Q(0))


def true_residues(rng: random.Random, states: States) -> list[Any]:
    """Pairs of a vector and a modulus that hold."""
    result = []
    for vector in random_cuts(rng, states.width, 6):
        differences = [
            dot(vector, a) - dot(vector, b)
            for summand in [*states.units, *states.rest]
            for a, b in itertools.pairwise(summand)
        ]
        scale = math.lcm(*[d.denominator for d in differences]) if differences else 1
        modulus = math.gcd(*[int(d * scale) for d in differences])
        scaled = [scale * entry for entry in vector]
        if modulus == 0:
            result.append([scaled, rng.randint(2, 5)])
        elif modulus > 1:
            result.append([scaled, modulus])
    return result


def grounds_of(
    states: States,
    half: int,
    bound: Fraction,
    strict: bool,
    cuts: list[list[int]],
    residues: list[Any],
    window: bool = False,
) -> dict[str, Any]:
    """Grounds with exactly the sizes that the definitions give; the first `half` units are the left half."""
    left, right = states.units[:half], [*states.units[half:], *states.rest]
    every = [*left, *right]
    some = tuple(sum(values, Q(0)) for values in zip(*[next(iter(summand)) for summand in every], strict=True))
    targets = [
        t
        for t in states.grid(bound, strict)
        if all(dot(cut, t) <= greatest(every, cut) for cut in cuts)
        and all(((dot(c, t) - dot(c, some)) / m).denominator == 1 for c, m in residues)
    ]
    sets = [states.sums(left), states.sums(right)]
    if targets and cuts and not window:
        most = max(greatest(every, cuts[0]) - dot(cuts[0], t) for t in targets)
        sets = [
            {v for v in found if greatest(summands, cuts[0]) - dot(cuts[0], v) <= most}
            for found, summands in zip(sets, (left, right), strict=True)
        ]
    if targets and window:
        differences = [tuple(a - b for a, b in zip(t, r, strict=True)) for t in targets for r in sets[1]]
        box = [(min(values), max(values)) for values in zip(*differences, strict=True)]
        sets[0] = {v for v in sets[0] if all(low <= x <= high for x, (low, high) in zip(v, box, strict=True))}
    sizes = {"left": len(sets[0]), "right": len(sets[1]), "last": len(targets), "pre": states.pre}
    position = {v["id"]: i for i, v in enumerate(states.instance["vertices"])}
    runs = [[position[f"h{i}"], 1] for i in range(half)]
    result = reachable(runs, "targets", **sizes, unit=max([len(unit) for unit in states.units], default=1))
    if cuts:
        result["cuts"] = cuts
    if residues:
        result["residues"] = residues
    if window:
        result["window"] = True
    return result
