"""Random small instances that together use every feature of the instance format.

Each is drawn as the JSON object of a file and read by dnnt's reader, so that ways of writing (named spaces, ranges,
decimals, fractions not in lowest terms) are drawn too. All are small enough for `oracle`: a budget of choices is spent
on the parameters in random order, and those that come too late have one option.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

from dnnt.evaluation import evaluate
from dnnt.exact import Number, normal, text, to_json
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.methods import method
from dnnt.parameters import of_edges
from dnnt.spaces import Real
from dnnt.testing.coded_losses import TAGS, random_guarded, random_pairs
from dnnt.testing.oracle import oracle

Body = dict[str, Any]

MOST_CHOICES = 3000
"""The most choices of parameters of a random instance; most have far fewer."""

SIMPLE = ("identity", "relu", "sign", "step", "abs", "square", "quarter_square", "floor")
PLAIN = (*SIMPLE, "relu", "relu", "clip", "scale", "leaky_relu", "constant", "table", "piecewise_linear")
DIGITS = ("digit_code", "digit_product", "printed_code", "printed_product")
LOSSES = (
    *("squared", "absolute", "maximum", "zero_one", "hinge", "table") * 2,
    "positive",
    "pairs",
    "printed_pairs",
    "guarded",
    "misclassified",
    "misclassified",
)
WITHOUT_OUTPUTS = LOSSES[:-3]
HUGE = 10**29 + 3 * 10**14 + 7


def random_two_layer(rng: Random) -> Instance:
    """A random instance that method `reachable` takes: at most two layers of free units."""
    if rng.random() < 0.2:
        return _Maker(rng).layers(rng.choice((1, 2, 2, 2)))
    return _Maker(rng).two_layers()


def random_any(rng: Random) -> Instance:
    """A random instance on any small directed acyclic multigraph, one to four edges deep."""
    if rng.random() < 0.2:
        return _Maker(rng).layers(rng.randint(1, 4))
    return _Maker(rng).deep()


def random_paper(rng: Random) -> Instance:
    """A random instance of the domain of method `paper-dp`, with tables that are quickly filled."""
    printed = method("paper-dp")
    while True:
        instance = _Maker(rng, natural=True).paper()
        said = printed.assess(instance)
        assert not isinstance(said, str), f"paper-dp refuses an instance of its domain: {said}"
        if said.seconds < 0.15:
            return instance


def _fraction(value: Any) -> Fraction:
    """The number that a JSON value means; a float stands for the decimal that is printed."""
    return Fraction(str(value))


def _size(value: Any) -> Number:
    return normal(abs(_fraction(value)))


def _parsed(body: Body) -> Instance:
    return instance_file.parse(json.dumps(body, ensure_ascii=False).encode())


class _Maker:
    """Draws one instance."""

    def __init__(self, rng: Random, natural: bool = False) -> None:
        self.rng = rng
        self.natural = natural
        self.kind = rng.choice(("integer", "integer", "rational", "huge"))
        self.room = rng.choice((1, 60, 200, 200, 500, 500, 500, MOST_CHOICES))
        self.inputs = rng.choice((1, 1, 2) if natural else (0, 1, 1, 2, 2, 3))
        self.points = [self.numbers(self.inputs) for _ in range(rng.randint(1, 3))]
        if self.inputs and self.chance(0.1):
            column = rng.randrange(self.inputs)
            self.points = [[*x[:column], 0, *x[column + 1 :]] for x in self.points]
        self.named = {"ternary": [0, 1, 2] if natural else [-1, 0, 1, 1], "größe": self.space(3)}
        self.vertices: list[Body] = []
        self.edges: list[Body] = []

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def number(self) -> Any:
        """A number in one of the ways of writing it."""
        if self.natural:
            return self.rng.choice((0, 1, 1, 1, 2, 3, "4/2"))
        if self.kind == "huge" and self.chance(0.15):
            return self.rng.choice((HUGE, -HUGE, f"{HUGE}/{HUGE - 4}", str(2 * HUGE), f"-1/{HUGE}"))
        if self.kind == "rational" and self.chance(0.4):
            return self.rng.choice(("1/2", "-1/3", "2/4", 0.25, -0.1, "-1.50", "7/3", 1.0, 12e-1, "3.21"))
        return self.rng.choice((0, 0, 1, 1, -1, -1, 2, -2, 3, -4))

    def numbers(self, count: int) -> list[Any]:
        return [self.number() for _ in range(count)]

    def increasing(self, most: int) -> list[Any]:
        """One or more different numbers in order."""
        drawn = {_fraction(v) for v in self.numbers(self.rng.randint(1, most))}
        return [to_json(normal(value)) for value in sorted(drawn)]

    def space(self, most: int) -> Any:
        """A space of one to `most` values: a list, perhaps with repeats, or a range."""
        if most == 1 or self.chance(0.6):
            return self.numbers(self.rng.randint(1, most))
        low = self.rng.randint(0 if self.natural else -3, 1)
        step = self.rng.choice((1, 1, 2) if self.natural else (1, 1, 2, "1/2", 0.5, "2/3"))
        reach = _fraction(step) * (self.rng.randint(2, most) - 1)
        spare = self.rng.choice((Fraction(0), _fraction(step) / 3))
        ends = {"from": low, "to": text(normal(low + reach + spare))}
        return ends if step == 1 else {**ends, "step": step}

    def spent(self, times: int = 1) -> Any:
        """A space for `times` parameters, paid for from the choices that are left."""
        name = self.rng.choice(sorted(self.named))
        given = name if self.chance(0.5) else self.space(self.rng.choice((1, 2, 2, 2, 3, 5)))
        size = _most(self.named[name] if given == name else given)
        if size**times > self.room:
            return self.numbers(1)
        self.room //= size**times
        return given

    def activation(self) -> Any:
        """Any activation; for the paper's program one that keeps natural numbers natural."""
        return self.coded() if self.chance(0.12) else self.plain()

    def coded(self) -> Any:
        """One of those that reductions need."""
        if self.chance(0.6):
            return self.rng.choice(DIGITS[1::2] if self.natural else DIGITS)
        inside = self.rng.choice(DIGITS) if self.chance(0.2) and not self.natural else self.plain()
        ends = [sorted((_size(self.number()), _size(self.number()))) for _ in range(self.rng.choice((0, 1, 1, 2)))]
        zero = [[text(low), text(high)] for low, high in ends]
        return {"kind": "windows", "inside": inside, "bound": text(_size(self.number())), "zero": zero}

    def plain(self) -> Any:
        kind = self.rng.choice(PLAIN)
        a, b = sorted(self.numbers(2), key=_fraction)
        made: dict[str, Any] = {
            "clip": {"low": a, "high": b},
            "scale": {"factor": a},
            "leaky_relu": {"slope": self.rng.choice(("1/4", 2, -1, 0))},
            "constant": {"value": a},
            "table": {"values": [[z, self.number()] for z in self.increasing(4)], "otherwise": b},
            "piecewise_linear": {
                "points": [[z, self.number()] for z in self.increasing(1 if self.natural else 3)],
                "left": 0 if self.natural else a,
                "right": b,
            },
        }
        if kind in made:
            return {"kind": kind, **made[kind]}
        return "square" if self.natural and kind == "quarter_square" else kind

    def vertex(self, stem: str, activation: Any = None) -> str:
        name = f"{stem}{self.rng.choice(('', ' ', 'é', '.'))}{len(self.vertices)}"
        self.vertices.append({"id": name, "activation": activation or self.activation()})
        return name

    def constant(self) -> str:
        return self.vertex("c", {"kind": "constant", "value": self.number()})

    def edge(self, source: str, target: str) -> Body:
        self.edges.append({"from": source, "to": target})
        return self.edges[-1]

    def join(self, sources: Sequence[str], target: str, most: int = 2) -> None:
        """Some edges from the sources, parallel ones among them."""
        for source in sources:
            for _ in range(self.rng.choice((0, 1, 1, 1, most))):
                self.edge(source, target)

    def slots(self, edge: Body) -> int:
        return self.inputs if edge["from"] == "s" else 1

    def two_layers(self) -> Instance:
        """Fixed vertices, hidden units (some of them equal), sums, dead vertices, outputs among all of these."""
        rng = self.rng
        fixed: list[str] = []
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            fixed.append(self.constant() if self.chance(0.4) else self.vertex("f"))
            if self.chance(0.6):
                self.join(["s", *fixed[:-1]], fixed[-1], 1)
        for edge in self.edges:
            edge |= {
                "weights": [self.numbers(1) for _ in range(self.slots(edge))],
                "bias": self.numbers(1),
            }
        alike = self.chance(0.3)
        like = self.activation() if alike or self.chance(0.3) else None
        hidden = [self.vertex("h", like) for _ in range(rng.choice((0, 1, 1, 2, 2, 3)))]
        sums = [self.vertex("t") for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 3)))]
        if hidden and sums and not alike and self.chance(0.12):  # A digit code and what reads it.
            self.vertices[-1]["activation"] = "digit_product"
            self.vertices[-len(sums) - 1]["activation"] = "digit_code"
        if alike:
            self.equal_units(hidden, sums)
        for name in () if alike else hidden:
            self.join(["s"] if self.chance(0.9) else [], name)
            self.join(fixed, name, 1)
        for name in sums:
            self.join(fixed if alike else [*hidden, *fixed], name)
            if self.chance(0.3):
                self.edge("s", name)
        outputs = [name for name in sums if self.chance(0.95)]
        outputs += [name for name in [*hidden, *fixed] if self.chance(0.12)]
        everything = ["s", *fixed, *hidden, *sums]
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            dead = self.vertex("dead")
            self.join(rng.sample(everything, min(2, len(everything))), dead, 1)
            everything.append(dead)
        if hidden and self.chance(0.1):  # What flows into a constant does not matter.
            name = self.constant()
            self.edge(rng.choice(hidden), name)
            outputs.append(name)
        rng.shuffle(outputs)
        return self.graph(outputs)

    def equal_units(self, hidden: list[str], sums: list[str]) -> None:
        """Join hidden units so that nothing tells one from another."""
        if hidden:
            times = len(hidden)
            into = {"weights": [self.spent(times) for _ in range(self.inputs)], "bias": self.spent(times)}
            for name in hidden:
                self.edge("s", name).update(into)
            for target in sums:
                out = {"weights": [self.spent(times)], "bias": [0]}
                for name in hidden:
                    self.edge(name, target).update(out)

    def deep(self) -> Instance:
        """A path of random length, with more vertices and edges at random."""
        rank = {self.vertex("v"): index for index in range(self.rng.randint(1, 4))}
        for source, target in zip(["s", *rank], list(rank), strict=False):
            self.edge(source, target)
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            rank[self.vertex("w")] = self.rng.randrange(4)
        for target, depth in rank.items():
            self.join([u for u in ("s", *rank) if rank.get(u, -1) < depth and self.chance(0.25)], target)
        return self.graph([name for name in rank if self.chance(0.3)] or list(rank)[:1])

    def layers(self, depth: int) -> Instance:
        """The layered shorthand."""
        layers: list[Body] = []
        before = self.inputs
        for _ in range(depth):
            units = self.rng.choice((1, 1, 2, 2, 3))
            weights, bias = self.spent(max(1, units * before)), self.spent(units)
            layers.append({"units": units, "activation": self.activation(), "weights": weights, "bias": bias})
            before = units
        return self.finished({"layers": layers}, before)

    def paper(self) -> Instance:
        """Hidden units joined to one output by weight 1, natural numbers throughout."""
        units = self.rng.choice((0, 1, 2, 2, 3))
        if units and self.chance(0.2):
            weights, bias = self.spent(units * self.inputs), self.spent(units)
            first = {
                "units": units,
                "activation": self.activation(),
                "weights": weights,
                "bias": bias,
            }
            last = {"units": 1, "activation": "identity", "weights": [1], "bias": [0]}
            return self.finished({"layers": [first, last]}, 1)
        hidden = [self.vertex("h") for _ in range(units)]
        t = self.vertex("t", "identity")
        for name in hidden:
            self.edge("s", name)
            self.edge(name, t).update({"weights": [[1]], "bias": [0]})
        return self.graph([t])

    def graph(self, outputs: list[str]) -> Instance:
        """Give every edge its spaces, in random order, and shuffle vertices and edges."""
        for edge in self.rng.sample(self.edges, len(self.edges)):
            if "weights" not in edge:
                edge["weights"] = [self.spent() for _ in range(self.slots(edge))]
                edge["bias"] = self.spent() if self.chance(0.4) else [0]
        if self.edges and self.chance(0.02) and not self.natural:
            self.rng.choice(self.edges)["bias"] = []
        self.rng.shuffle(self.vertices)
        self.rng.shuffle(self.edges)
        return self.finished({"vertices": self.vertices, "outputs": outputs, "edges": self.edges}, len(outputs))

    def finished(self, network: Body, outputs: int) -> Instance:
        """Add samples, a loss, and often a gamma."""
        body: Body = {"format": "dnnt-instance", "version": 1, "inputs": self.inputs, **network}
        body["spaces"] = self.named
        if self.chance(0.3):
            body |= {"name": 'a "name" ≠ 1', "notes": {"free": [1, {"null": None}], "text": "ü"}}
        loss = self.rng.choice(LOSSES if outputs else WITHOUT_OUTPUTS)
        body["samples"] = [self.sample(loss, outputs) for _ in range(self.rng.choice((0, 1, 1, 2, 2, 2, 3, 3, 3, 4)))]
        tag = self.rng.randrange(outputs) if loss == "guarded" else 0
        for sample in body["samples"] if loss == "guarded" else ():
            sample["y"][tag] = self.rng.choice(TAGS)
        body["loss"] = "squared"
        reached = self.aimed(body, keep=loss == "misclassified")
        body["loss"] = self.loss(loss, body["samples"], reached, outputs, tag)
        if self.chance(0.7):
            body["gamma"] = self.gamma(_parsed(body))
        return _parsed(body)

    def sample(self, loss: str, outputs: int) -> Body:
        y = self.numbers(outputs)
        if loss == "misclassified":
            hot = self.rng.randrange(outputs)
            y = [int(i == hot) for i in range(outputs)] if outputs > 1 else [self.rng.choice((-1, 1))]
        sample: Body = {"x": self.rng.choice(self.points), "y": y}
        if self.chance(0.35):
            sample["weight"] = self.rng.choice((0, 1, 2, "1/2", "2/3", 1.5, HUGE))
        return sample

    def aimed(self, body: Body, keep: bool) -> list[list[Any]]:
        """The outputs of some choice of parameters on every sample; some become targets, so that losses of 0 occur."""
        instance = _parsed(body)
        if instance.has_empty_space:
            return []
        chosen = of_edges(
            (
                tuple(self.rng.choice(_listed(of)) for of in e.weights),
                self.rng.choice(_listed(e.bias)),
            )
            for e in instance.network.graph().edges
        )
        reached = [[to_json(v) for v in said.output] for said in evaluate(instance, chosen).samples]
        for sample, output in zip(body["samples"], reached, strict=True):
            if not keep and self.chance(0.35):
                sample["y"] = output
        return reached

    def loss(self, kind: str, samples: list[Body], reached: list[list[Any]], outputs: int, tag: int) -> Any:
        if kind == "guarded":
            return random_guarded(self.rng, tag, samples, reached, self.number, self.activation)
        if kind in ("pairs", "printed_pairs"):
            return random_pairs(self.rng, kind, outputs, reached)
        if kind == "hinge":
            return {"kind": kind, "margin": self.number()}
        if kind != "table":
            return kind
        entries: dict[str, Body] = {}
        for sample in samples:
            for f in [*reached, sample["y"]]:
                key = str([*map(_fraction, f), *map(_fraction, sample["y"])])
                entries[key] = {"f": f, "y": sample["y"], "loss": self.rng.choice((0, 1, "1/2", 3))}
        return {
            "kind": kind,
            "values": list(entries.values()),
            "otherwise": self.rng.choice((0, 2, 2.5)),
        }

    def gamma(self, instance: Instance) -> Any:
        """Below, at, or above the least loss."""
        losses = oracle(instance).losses or (0,)
        less = self.rng.choice((1, Fraction(1, 3), losses[0]))
        more = self.rng.choice((1, Fraction(1, 7), HUGE))
        wanted = (losses[0] - less, losses[0], losses[0] + more, losses[len(losses) // 2])
        return to_json(normal(self.rng.choice(wanted)))


def _most(space: Any) -> int:
    """At least the number of elements of a space as it is written."""
    if isinstance(space, list):
        return len(space)
    return int((_fraction(space["to"]) - _fraction(space["from"])) / _fraction(space.get("step", 1))) + 1


def _listed(of: Any) -> tuple[Any, ...]:
    assert not isinstance(of, Real), "random instances are discrete"
    return tuple(of)
