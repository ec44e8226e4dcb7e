"""A network with given parameters, at one input, as a circuit: vertex v has the nodes 2v and 2v + 1.

Node 2v is its pre-activation, node 2v + 1 its value. Activations in pieces are decided by proved comparisons, any
others apply where the pre-activation is known exactly. A digit product whose pre-activation is an integer plus the
digit code of an integer is the product of the two (Lemma 3.5, repaired), and its node 2v the integer alone: no digit is
formed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dnnt.activations import Activation
from dnnt.exact import Number, normal
from dnnt.network import SOURCE, Network
from dnnt.parameters import Parameters
from dnnt.signs.circuit import Node, Product, Sum, linear
from dnnt.signs.engine import GOOD, Engine, as_ball
from dnnt.signs.expansion import Replacement

PRODUCTS: Mapping[str, Number] = {"square": 1, "quarter_square": Fraction(1, 4)}

Value = Number | Any
"""A number that is known exactly, or a ball (`flint.arb`) around one."""


Difference = tuple[int, int, int, int]
"""A node d, and v, s, u: d = v - s · u."""

Expanded = tuple[int, tuple[Replacement, ...]]
"""A sum, and what was replaced in it."""


class Undecided(Exception):
    """A value could not be found with these bits; says of which vertex."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What is the same for every input: the vertices that matter, in order, and what comes into each.

    `terms`: (vertex, weight) of the edges between vertices; `inputs`: the weights of each edge from s; `heights`: the
    most products on a way from a value to an output.
    """

    activations: tuple[Activation, ...]
    order: tuple[int, ...]
    outputs: tuple[int, ...]
    terms: tuple[tuple[tuple[int, Number], ...], ...]
    inputs: tuple[tuple[tuple[Number, ...], ...], ...]
    biases: tuple[Number, ...]
    heights: tuple[int, ...]

    @property
    def height(self) -> int:
        """The most products on any way."""
        return max((self.heights[v] + self.products(v) for v in self.order), default=0)

    def products(self, v: int) -> int:
        """1 if the value of v is a product of numbers before it."""
        return int(self.activations[v].kind in PRODUCTS or self.activations[v].kind == "digit_product")


def wired(network: Network, chosen: Parameters) -> Wiring:
    """The wiring of a network with these parameters."""
    live = network.live
    order = tuple(v for v in network.order if live[v])
    count = len(network.vertices)
    terms: list[list[tuple[int, Number]]] = [[] for _ in range(count)]
    inputs: list[list[tuple[Number, ...]]] = [[] for _ in range(count)]
    biases: list[Number] = [0] * count
    for edge, run in zip(network.edges, chosen.edges(), strict=True):
        v = network.position[edge.target]
        biases[v] = normal(biases[v] + run.bias)
        if edge.source == SOURCE:
            inputs[v].append(run.weights)
        else:
            terms[v].append((network.position[edge.source], run.weights[0]))
    wiring = Wiring(
        tuple(vertex.activation for vertex in network.vertices),
        order,
        tuple(network.position[name] for name in network.outputs),
        tuple(linear(0, each).terms for each in terms),
        tuple(map(tuple, inputs)),
        tuple(biases),
        (),
    )
    heights = [0] * count
    for v in reversed(order):
        height = heights[v] + wiring.products(v)
        for u, _ in wiring.terms[v]:
            heights[u] = max(heights[u], height)
    return replace(wiring, heights=tuple(heights))


def orders(wiring: Wiring) -> tuple[Wiring, ...]:
    """The same network in all orders that are worth trying: expansion replaces the latest node first.

    The network's own order puts together what is equally deep, the file's (if it is one) what was written together.
    """
    written = tuple(sorted(wiring.order))
    if written == wiring.order or any(u > v for v in written for u, _ in wiring.terms[v]):
        return (wiring,)
    return wiring, replace(wiring, order=written)


class NetworkCircuit:
    """The nodes of the network at the input x. Raises `Undecided` where a value cannot be found."""

    def __init__(self, wiring: Wiring, x: tuple[Number, ...], bits: int, poll: Callable[[], None]) -> None:
        self.wiring = wiring
        self.x = x
        self.poll = poll
        self.engine = Engine(bits, poll, derives=False)
        self.names: dict[int, int] = {}
        self.node: dict[int, int] = {}
        self.whole: set[int] = set()
        for v in wiring.order:
            poll()
            self._vertex(v)

    def outputs(self) -> list[Value]:
        """The values of the outputs: exact, or balls."""
        result = []
        for v in self.wiring.outputs:
            node = self._value(v)
            self.engine.settle(node)
            number = self.engine.numbers[node]
            result.append(self.engine.balls[node] if number is None else number)
        return result

    def guide(self) -> tuple[list[Difference], list[Expanded]]:
        """The differences that were used, and the sums that were expanded, by the names of the nodes."""
        engine = self.engine
        used = self._used()
        names = self.names | {d: 2 * (len(self.wiring.activations) + place) for place, d in enumerate(used)}

        def name(replaced: Replacement) -> Replacement:
            return (names[replaced[0]], names[replaced[1]]) if isinstance(replaced, tuple) else names[replaced]

        differences = []
        for d in used:
            v, sign, u = engine.differences[d]
            differences.append((names[d], names[v], sign, names[u]))
        expanded = [(names[n], tuple(map(name, replaced))) for n, replaced in engine.expansions if n in names]
        return differences, expanded

    def _used(self) -> list[int]:
        """The differences that expansions of the network's own sums use, and those that these use in turn."""
        differences, expansions = self.engine.differences, dict(self.engine.expansions)
        left = [n for n in expansions if n not in differences]
        used: set[int] = set()
        while left:
            n = left.pop()
            for replaced in (*expansions.get(n, ()), *differences.get(n, ())[::2]):
                d = replaced[1] if isinstance(replaced, tuple) else replaced
                if d in differences and d not in used:
                    used.add(d)
                    left.append(d)
        return sorted(used)

    def _add(self, name: int, node: Node, need: int, closed: bool) -> int:
        n = self.engine.add(node, need, closed)
        self.names[n] = name
        self.node[name] = n
        if type(self.engine.numbers[n]) is int or self._is_whole(node):
            self.whole.add(n)
        return n

    def _vertex(self, v: int) -> None:
        activation = self.wiring.activations[v]
        need = GOOD + self.wiring.heights[v]
        if activation.kind == "constant":
            self._add(2 * v + 1, Sum(activation(0)), need, closed=True)
            return
        code = self._code_into(v)
        given = [(u, w) for u, w in self.wiring.terms[v] if u != code]
        definition = Sum(self._constant(v), tuple((self._value(u), w) for u, w in given))
        pre = self._add(2 * v, definition, need + self.wiring.products(v), closed=False)
        if code is not None:
            self._add(2 * v + 1, Product(1, pre, self.node[2 * code]), need, closed=True)
        elif activation.kind != "digit_code":
            self._add(2 * v + 1, self._definition(activation, pre), need, closed=True)

    def _constant(self, v: int) -> Number:
        total = self.wiring.biases[v]
        for weights in self.wiring.inputs[v]:
            total = total + sum(w * x for w, x in zip(weights, self.x, strict=True) if w and x)
        return normal(total)

    def _value(self, v: int) -> int:
        """The node of the value of v. A digit code has one only where the integer behind it is known exactly."""
        if 2 * v + 1 not in self.node:
            number = self.engine.exact(self.node[2 * v])
            if number is None:
                raise Undecided(v)
            value = self.wiring.activations[v](number)
            self._add(2 * v + 1, Sum(value), GOOD + self.wiring.heights[v], closed=True)
        return self.node[2 * v + 1]

    def _code_into(self, v: int) -> int | None:
        """The one digit code of an integer that comes into the digit product v, where all else is integers."""
        activations, terms = self.wiring.activations, self.wiring.terms[v]
        if activations[v].kind != "digit_product":
            return None
        codes = [u for u, w in terms if w == 1 and activations[u].kind == "digit_code"]
        if len(codes) != 1 or self.node[2 * codes[0]] not in self.whole:
            return None
        rest = tuple((self._value(u), w) for u, w in terms if u != codes[0])
        return codes[0] if self._is_whole(Sum(self._constant(v), rest)) else None

    def _is_whole(self, node: Node) -> bool:
        """Whether a node is an integer because all parts of its definition are."""
        if isinstance(node, Product):
            return type(node.factor) is int and node.j in self.whole and node.k in self.whole
        if type(node.constant) is not int:
            return False
        return all(type(c) is int and child in self.whole for child, c in node.terms)

    def _definition(self, activation: Activation, pre: int) -> Node:
        """The value in terms of the pre-activation."""
        kind, arguments = activation.kind, dict(activation.arguments)
        if kind in PRODUCTS:
            return Product(PRODUCTS[kind], pre, pre)
        if kind == "identity":
            return line(0, 1, pre)
        if kind == "scale":
            return line(0, arguments["factor"], pre)
        if kind in ("relu", "leaky_relu", "abs"):
            below = {"relu": 0, "abs": -1}.get(kind, arguments.get("slope", 0))
            return line(0, 1 if self._side(pre, 0) > 0 else below, pre)
        if kind in ("sign", "step"):
            return Sum(1 if self._side(pre, 0) >= 0 else -1 if kind == "sign" else 0)
        if kind == "clip":
            low, high = arguments["low"], arguments["high"]
            if self._side(pre, low) <= 0:
                return Sum(low)
            return Sum(high) if self._side(pre, high) >= 0 else line(0, 1, pre)
        if kind == "piecewise_linear":
            return self._piece(activation, pre)
        number = self.engine.exact(pre)
        if number is None:
            raise Undecided(kind)
        return Sum(activation(number))

    def _piece(self, activation: Activation, pre: int) -> Node:
        """The line of the piece in which the pre-activation lies."""
        arguments = dict(activation.arguments)
        points = arguments["points"]
        place = bisect_right(points, 0, key=lambda point: -self._side(pre, point[0]))
        z, value = points[max(place - 1, 0)]
        if place == 0:
            slope = arguments["left"]
        elif place == len(points):
            slope = arguments["right"]
        else:
            beyond, following = points[place]
            slope = normal(Fraction(following - value) / (beyond - z))
        return line(normal(value - slope * z), slope, pre)

    def _side(self, pre: int, bend: Number) -> int:
        """The sign of the pre-activation minus a number. Raises `Undecided`."""
        from flint import ctx

        engine = self.engine
        engine.settle(pre)
        number = engine.numbers[pre]
        if number is not None:
            return (number > bend) - (number < bend)
        with ctx.workprec(engine.bits):
            gap = engine.balls[pre] - as_ball(bend) if bend else engine.balls[pre]
            if gap > 0:
                return 1
            if gap < 0:
                return -1
        raise Undecided(pre)


def line(constant: Number, slope: Number, node: int) -> Sum:
    """The line constant + slope · node."""
    return Sum(constant, ((node, slope),) if slope else ())
