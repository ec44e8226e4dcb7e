"""What trees of boxes prove, straight from docs/certificates.md, on instances small enough to write all states out."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.dnnt_check.cases import activate as activated, exact, random_number, reachable, sample_loss, text
from tests.dnnt_check.states import States, Vector, added, counted, greatest, random_cuts, random_states, read

Q = Fraction

CONSTANT = ("zero_one", "misclassified", "table")
LINES = ("absolute", "hinge", "maximum")
STRAIGHT = ("identity", "relu", "abs", "sign", "clip", "scale")
PLAIN = ("identity", "identity", "identity", "relu", "abs", "square", "floor", "sign")
ACTIVATIONS: tuple[Any, ...] = (*PLAIN, {"kind": "clip", "low": -1, "high": 2}, {"kind": "scale", "factor": "-3/2"})


def divisor(values: list[Fraction]) -> Fraction:
    """The greatest common divisor of rationals, 0 for none."""
    bottom = math.lcm(*[v.denominator for v in values])
    return Q(math.gcd(*[int(v * bottom) for v in values]), bottom)


def kind_of(loss: Any) -> str:
    """The kind of a loss."""
    return loss if isinstance(loss, str) else loss["kind"]


# ---------------------------------------------------------------- random instances


def random_boxed(rng: random.Random, most: int = 250) -> States:
    """A random instance whose loss is a sum over coordinates; with probability 1/3 one output has known values."""
    while True:
        equal = rng.choice([1, 1, 2, 3, 4])
        states = random_states(rng, rng.choice([1, 1, 2]), equal)
        size = math.prod(len(summand) for summand in [*states.units, *states.rest])
        if size <= most and max(map(len, Axes(states).values)) <= 60:
            return read(_relabelled(rng, states.instance))


def _relabelled(rng: random.Random, instance: dict[str, Any]) -> dict[str, Any]:
    """The instance with another loss, other activations of sums and other labels; its states stay what they are."""
    if rng.random() < 0.3:
        instance["vertices"].append({"id": "c", "activation": {"kind": "constant", "value": random_number(rng)}})
        instance["outputs"].insert(rng.randint(0, 1), "c")
    for vertex in instance["vertices"]:
        if vertex["id"].startswith("t"):
            vertex["activation"] = rng.choice(ACTIVATIONS)
    count = len(instance["outputs"])
    sums = ["absolute", "absolute", "hinge", "squared"]
    alone = ["zero_one", "zero_one", "misclassified", "table", "maximum", "maximum"] if count == 1 else []
    kind = rng.choice([*alone, *sums])
    labels = [0, 1, 2, 3, -2, "1/2", "-4/3", 9, -30]
    for sample in instance["samples"]:
        sample["y"] = [rng.choice(labels) for _ in range(count)]
        if kind == "misclassified":
            sample["y"] = [rng.choice([-1, 1])]
    instance["loss"] = kind
    if kind == "hinge":
        instance["loss"] = {"kind": kind, "margin": random_number(rng)}
    if kind == "table":
        known = [exact(sample["y"][0]) for sample in instance["samples"]]
        pairs = {(exact(rng.choice(labels[:6])), rng.choice(known)) for _ in range(rng.randint(0, 8))}
        values = [{"f": [text(f)], "y": [text(y)], "loss": rng.choice([0, 1, "1/2", 3])} for f, y in sorted(pairs)]
        instance["loss"] = {"kind": kind, "values": values, "otherwise": rng.choice([0, 2, "5/2"])}
    return instance


# ---------------------------------------------------------------- coordinates


class Axes:
    """The values of every coordinate in the smallest box around the states."""

    def __init__(self, states: States) -> None:
        """Write all states out."""
        self.everything = states.sums([*states.units, *states.rest])
        self.values: list[list[Fraction]] = []
        for column in zip(*self.everything, strict=True):
            low, high = min(column), max(column)
            step = divisor([value - low for value in column])
            self.values.append([low + step * i for i in range(int((high - low) / step) + 1)] if step else [low])


Part = list[list[Fraction]]

NOWHERE = Q(10**50)
"""A bound beyond all losses, for a part without states."""


class Losses(Axes):
    """The loss as a sum over coordinates.

    Attributes:
        parts: for each coordinate its values and what they cost.
        constant: what outputs with known values cost.
        sharp: whether the documentation says exactly what any leaf proves.
        whole: whether the least over all values of a part is taken.
    """

    def __init__(self, states: States) -> None:
        """Take the loss apart."""
        super().__init__(states)
        self.states = states
        instance = states.instance
        n = len(states.inputs)
        self.kinds = {v["id"]: v["activation"] for v in instance["vertices"]}
        self.kind = kind_of(instance["loss"])
        self.parts = [
            {value: self._part(place // n, place % n, value) for value in values}
            for place, values in enumerate(self.values)
        ]
        self.constant = Q(0)
        for place, name in enumerate(instance["outputs"]):
            if name == "c":
                value = exact(self.kinds[name]["value"])
                self.constant += sum((self._alone(i, place, value) for i in range(n)), Q(0))
        straight = all(
            name.startswith(("h", "c")) or kind_of(self.kinds[name]) in STRAIGHT for name in instance["outputs"]
        )
        self.sharp = self.kind in CONSTANT or (self.kind in LINES and straight)
        self.whole = self.sharp or (self.kind == "squared" and straight)

    def _part(self, row: int, i: int, value: Fraction) -> Fraction:
        name = self.states.instance["rows"][row]
        output = value if name.startswith("h") else activated(self.kinds[name], value)
        return self._alone(i, self.states.instance["outputs"].index(name), output)

    def _alone(self, i: int, place: int, output: Fraction) -> Fraction:
        """What an output costs on an input."""
        total = Q(0)
        for sample in counted(self.states.instance):
            if tuple(map(exact, sample["x"])) == self.states.inputs[i]:
                weight = exact(sample.get("weight", 1))
                total += weight * sample_loss(self.states.instance["loss"], [output], [exact(sample["y"][place])])
        return total

    def loss(self, state: Vector) -> Fraction:
        """The total loss of a state."""
        return self.constant + sum((part[v] for part, v in zip(self.parts, state, strict=True)), Q(0))

    def raised(self, bound: Fraction, part: Part) -> Fraction:
        """The next loss that there can be in a part: losses there differ by multiples of some number."""
        costs = [[known[v] for v in values] for known, values in zip(self.parts, part, strict=True)]
        grain = divisor([b - a for each in costs for a, b in itertools.pairwise(each)] or [Q(0)])
        base = self.constant + sum((each[0] for each in costs), Q(0))
        if not grain:
            return base if bound <= base else NOWHERE
        return base + math.ceil((bound - base) / grain) * grain


# ---------------------------------------------------------------- leaves


@dataclass
class Tree:
    """A tree of boxes and what it proves: at least `low`, at most `high` (None: everything), if it is accepted."""

    boxes: list[Any] = field(default_factory=list)
    low: Fraction | None = None
    high: Fraction | None = None
    windows: int = 0
    empty: int = 0
    unequal: bool = False
    left: int = 0
    last: int = 0

    def at_most(self, low: Fraction, high: Fraction) -> None:
        """One more leaf."""
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else min(self.high, high)


class Builder:
    """Random trees for one instance; the first `half` units are the left half."""

    def __init__(self, losses: Losses, half: int, rng: random.Random) -> None:
        """Form the halves."""
        self.losses, self.half, self.rng = losses, half, rng
        self.states = losses.states
        self.lefts = self.states.units[:half]
        self.left = self.states.sums(self.lefts)
        self.right = self.states.sums([*self.states.units[half:], *self.states.rest])
        self.every = [*self.states.units, *self.states.rest]
        self.equal = half > 0 and self._same(half)

    def _same(self, half: int) -> bool:
        """Whether the first units are equal: activation, incoming slots and outgoing spaces."""
        edges = self.states.instance["edges"]

        def looks(i: int) -> Any:
            name = f"h{i}"
            own = [
                [sorted(map(exact, space)) for space in (*e["weights"], e["bias"])] for e in edges if e["to"] == name
            ]
            out = sorted([e["to"], sorted(map(exact, e["weights"][0]))] for e in edges if e["from"] == name)
            return self.losses.kinds[name], own, out, name in self.states.instance["rows"]

        return all(looks(i) == looks(0) for i in range(half))

    def tree(self, splits: int) -> Tree:
        """A random tree."""
        result = Tree()
        waiting: list[Part] = [self.losses.values]
        while waiting:
            part = waiting.pop()
            if splits and self.states.width and self.rng.random() < 0.8:
                splits -= 1
                i, q = self._split(part)
                result.boxes.append([i, text(q)])
                low = [*part[:i], [v for v in part[i] if v <= q], *part[i + 1 :]]
                high = [*part[:i], [v for v in part[i] if v > q], *part[i + 1 :]]
                waiting += [high, low]
            else:
                self._leaf(part, result)
        return result

    def _split(self, part: Part) -> tuple[int, Fraction]:
        i = self.rng.randrange(self.states.width)
        values = part[i] or self.losses.values[i]
        value = self.rng.choice(values)
        return i, self.rng.choice([value, value, value, value + Q(1, 3), value - 50, value + 50, value - Q(1, 10**30)])

    def _leaf(self, part: Part, result: Tree) -> None:
        chosen = self.rng.random()
        if chosen < 0.5 and self.states.width:
            count = self.rng.choice([1, self.states.width, self.states.width])
            self._window(part, sorted(self.rng.sample(range(self.states.width), count)), result)
            return
        cut, times = [0] * self.states.width, Q(0)
        entry: dict[str, Any] = {}
        if chosen < 0.8 and self.states.width:
            (cut,) = random_cuts(self.rng, self.states.width, 1)
            times = Q(self.rng.choice(["0", "1", "1", "2", "7", "1/2", "1/3", "2/7", "1/20"]))
            entry = {"cut": cut, "times": text(times)}
        result.boxes.append(entry)
        if all(part):
            result.at_most(*self._bounds(part, cut, times))
        else:
            result.empty += 1

    def _bounds(self, part: Part, cut: list[int], times: Fraction) -> tuple[Fraction, Fraction]:
        """What a cut proves, at least and at most: as if the loss was a line nowhere and everywhere."""
        losses = self.losses
        low = high = losses.constant - times * greatest(self.every, cut)
        for values, c, costs in zip(part, cut, losses.parts, strict=True):
            slope = times * c
            sharp = min(costs[v] + slope * v for v in values)
            high += sharp
            low += sharp if losses.whole or not slope else min(_in_runs([costs[v] for v in values], slope, values))
        if losses.sharp:
            return losses.raised(low, part), losses.raised(high, part)
        return low, losses.raised(high, part)

    def _window(self, part: Part, chosen: list[int], result: Tree) -> None:
        result.boxes.append({"window": chosen})
        if not all(part):
            result.empty += 1
            return
        if not self.equal:
            result.unequal = True
            return
        losses = self.losses
        lefts = {tuple(v[i] for i in chosen) for v in self.left}
        rights = {tuple(v[i] for i in chosen) for v in self.right}
        box = [
            (part[i][0] - max(column), part[i][-1] - min(column))
            for i, column in zip(chosen, zip(*rights, strict=True), strict=True)
        ]
        listed = {v for v in lefts if all(a <= x <= b for x, (a, b) in zip(v, box, strict=True))}
        result.windows += 1
        result.left, result.last = max(result.left, len(listed)), max(result.last, len(listed) * len(rights))
        beside = losses.constant
        for i in set(range(self.states.width)) - set(chosen):
            beside += min(losses.parts[i][v] for v in part[i])
        for t in added(listed, rights):
            if all(x in part[i] for i, x in zip(chosen, t, strict=True)):
                total = beside + sum((losses.parts[i][x] for i, x in zip(chosen, t, strict=True)), Q(0))
                result.at_most(total, total)

    def grounds(self, tree: Tree) -> dict[str, Any]:
        """The grounds, with exactly the sizes that the documentation gives."""
        position = {v["id"]: i for i, v in enumerate(self.states.instance["vertices"])}
        runs = [[position[f"h{i}"], 1] for i in range(self.half)]
        sizes = {"left": tree.left, "right": len(self.right), "last": tree.last, "pre": self.states.pre}
        unit = max([len(unit) for unit in self.states.units], default=1)
        return {**reachable(runs, "boxes", **sizes, unit=unit), "boxes": tree.boxes}


def _in_runs(costs: list[Fraction], slope: Fraction, values: list[Fraction]) -> list[Fraction]:
    """Over all runs on which the loss is monotone: the least loss plus the least of the other term."""
    result = []
    for first in range(len(costs)):
        rising = falling = True
        for last in range(first, len(costs)):
            if last > first:
                rising = rising and costs[last] >= costs[last - 1]
                falling = falling and costs[last] <= costs[last - 1]
            if not rising and not falling:
                break
            result.append(min(costs[first], costs[last]) + min(slope * values[first], slope * values[last]))
    return result


def least(losses: Losses) -> Fraction:
    """The true optimum, over all states."""
    return min(map(losses.loss, losses.everything))
