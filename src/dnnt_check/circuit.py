"""A network at one input as a circuit of sums and products, evaluated with intervals.

Vertex v has two nodes: 2v is its pre-activation, 2v + 1 its value. A node is an exact number as long as that is short,
else a ball, with a definition in earlier nodes: a sum with exact coefficients, or a product. Activations that differ
from piece to piece are decided by proved comparisons of the pre-activation with the ends of the pieces. Where a guide
says so, a sum is written as a polynomial in earlier nodes and nodes are replaced by their definitions; the more
accurate enclosure is kept, and everything after uses it.

A guide may name differences d = v - s * u of nodes that are nearly equal. They are nodes too, and v may be replaced by
s * u + d in a polynomial, which is true whatever they are. A difference is evaluated, and expanded as the guide says,
before the first expansion that uses it.

A digit code is a number between 0 and 1 that no ball can hold: all its digits matter. But the product of an integer
and the integer behind a digit code is a product, whatever the digits are (Lemma 3.5, repaired); so a digit_product
whose pre-activation is an integer plus a digit code of an integer is defined as that product, and its node 2v is the
integer without the code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dnnt_check.activations import Activation
from dnnt_check.budget import Invalid, Work
from dnnt_check.evaluation import needed_vertices
from dnnt_check.guides import Step
from dnnt_check.intervals import FRACTION_BITS, Ball, Intervals, Value
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE
from dnnt_check.numbers import Number, add, multiply, ratio
from dnnt_check.polynomials import Polynomial
from dnnt_check.wiring import Wiring

#: A ball around all digit codes: they are at least 0 and below 1.
CODES = Ball(1, 1, -1)


@dataclass(frozen=True, slots=True)
class Sum:
    """A constant plus the sum of coefficient * node; no coefficient is 0."""

    constant: Number
    terms: tuple[tuple[Number, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """factor * first * second, of nodes; the factor is not 0."""

    factor: Number
    first: int
    second: int


Definition = Sum | Product


@dataclass(frozen=True, slots=True)
class Hints:
    """What a guide says of one input.

    Attributes:
        expansions: sum -> what is to be replaced in it, in this order.
        differences: d -> (v, s, u), where d = v - s * u.
    """

    expansions: dict[int, tuple[Step, ...]]
    differences: dict[int, tuple[int, int, int]]


class Plan:
    """What is the same for all inputs: which vertices matter, and what comes into each from other vertices."""

    def __init__(self, wiring: Wiring, work: Work) -> None:
        """Collect parallel edges."""
        self.wiring = wiring
        needed = needed_vertices(wiring.outputs, wiring.order, wiring.incoming)
        self.order = [vertex for vertex in wiring.order if needed[vertex]]
        self.terms: dict[int, tuple[tuple[Number, int], ...]] = {}
        self.biases: dict[int, Number] = {}
        for vertex in self.order:
            coefficients: dict[int, Number] = {}
            bias: Number = 0
            for source, weights, constant in wiring.incoming[vertex]:
                bias = add(bias, constant, work)
                if source != SOURCE:
                    node = 2 * source + 1
                    coefficients[node] = add(coefficients.get(node, 0), weights[0], work)
                work.spend(2e-6)
            self.biases[vertex] = bias
            self.terms[vertex] = tuple([(weight, node) for node, weight in coefficients.items() if weight])


class Circuit:
    """The nodes of a network at one input."""

    def __init__(self, plan: Plan, x: Vector, place: str, hints: Hints, intervals: Intervals, work: Work) -> None:
        """Evaluate all nodes.

        Args:
            plan: the network.
            x: the input.
            place: how messages call the input.
            hints: what the guide says of it.
            intervals: the arithmetic.
            work: what is done is charged here.
        """
        self.plan = plan
        self.x = x
        self.place = place
        self.expansions = hints.expansions
        self.differences = hints.differences
        self.begun: set[int] = set()
        self.intervals = intervals
        self.work = work
        self.activations = plan.wiring.activations
        self.functions: dict[Activation, Callable[[Number], Number]] = {}
        self.values: dict[int, Value] = {}
        self.definitions: dict[int, Definition] = {}
        self.whole: set[int] = set()
        self.size = 0
        for vertex in plan.order:
            self._vertex(vertex)

    def outputs(self) -> tuple[Value, ...]:
        """The values of the outputs."""
        return tuple([self.values[2 * output + 1] for output in self.plan.wiring.outputs])

    # ------------------------------------------------------------ vertices

    def _vertex(self, vertex: int) -> None:
        activation = self.activations[vertex]
        pre, value = 2 * vertex, 2 * vertex + 1
        self.work.spend(5e-6)
        if activation.kind == "constant":
            self._set(value, activation.values[0])
            return
        definition = Sum(self._constant(vertex), self.plan.terms[vertex])
        code = self._digit_code(vertex, definition)
        if code is not None:
            terms = tuple([term for term in definition.terms if term[1] != code + 1])
            definition = Sum(definition.constant, terms)
        self._define(pre, definition)
        if pre in self.expansions and isinstance(self.values[pre], Ball):
            self._evaluate_differences(self._used_by(pre))
            self._expand(pre, definition, self.expansions[pre])
        if code is not None:
            self._define(value, Product(1, pre, code))
            return
        z = self.values[pre]
        following = self._definition(activation, pre, z, vertex)
        if following is not None:
            self._define(value, following)
        elif isinstance(z, Ball) or (activation.kind == "digit_code" and z.numerator.bit_length() > FRACTION_BITS):
            # Only a digit code is of use where it is not known: as part of what a digit_product takes in.
            self.values[value] = CODES
        else:
            self._set(value, self._function(activation)(z))

    def _constant(self, vertex: int) -> Number:
        """What the input and the biases contribute to a pre-activation."""
        result = self.plan.biases[vertex]
        for source, weights, _ in self.plan.wiring.incoming[vertex]:
            if source == SOURCE:
                for weight, coordinate in zip(weights, self.x, strict=True):
                    if weight and coordinate:
                        result = add(result, multiply(weight, coordinate, self.work), self.work)
                self.work.spend(len(weights) * 4e-7)
        return result

    def _digit_code(self, vertex: int, definition: Sum) -> int | None:
        """The pre-activation of the one digit code that comes into a digit_product, if all else is integers."""
        if self.activations[vertex].kind != "digit_product":
            return None
        codes = [
            node - 1
            for weight, node in definition.terms
            if weight == 1 and self.activations[node // 2].kind == "digit_code"
        ]
        if len(codes) != 1 or codes[0] not in self.whole:
            return None
        rest = [term for term in definition.terms if term[1] != codes[0] + 1]
        return codes[0] if self._is_whole(Sum(definition.constant, tuple(rest))) else None

    def _definition(self, activation: Activation, pre: int, z: Value, vertex: int) -> Definition | None:
        """The value in terms of the pre-activation z; None if there is no such form (then z is exact, or a code's)."""
        kind = activation.kind
        if kind == "identity":
            return _line(0, 1, pre)
        if kind == "scale":
            return _line(0, activation.values[0], pre)
        if kind == "square":
            return Product(1, pre, pre)
        if kind == "quarter_square":
            return Product(ratio(1, 4), pre, pre)
        if kind in ("relu", "leaky_relu", "abs"):
            slope = {"relu": 0, "leaky_relu": activation.values[0] if activation.values else 0, "abs": -1}[kind]
            low, high = self.intervals.order(z, 0)
            if low >= 0 or high <= 0:
                return _line(0, 1 if low >= 0 else slope, pre)
        elif kind in ("sign", "step"):
            low, high = self.intervals.order(z, 0)
            if low >= 0 or high < 0:
                return Sum(1 if low >= 0 else -1 if kind == "sign" else 0)
        elif kind == "clip":
            bottom, top = activation.values
            points = ((bottom, bottom), (top, top)) if bottom < top else ((bottom, bottom),)
            found = self._piece(Activation("piecewise_linear", (0, 0), points), pre, z)
            if found is not None:
                return found
        elif kind == "piecewise_linear":
            found = self._piece(activation, pre, z)
            if found is not None:
                return found
        elif not isinstance(z, Ball) or kind == "digit_code":
            return None
        else:
            raise Invalid(f"{self.place}: the pre-activation of vertex {vertex} ({kind}) is not known exactly")
        raise Invalid(f"{self.place}: on which side of a bend of {kind} vertex {vertex} lies is not proved")

    def _piece(self, activation: Activation, pre: int, z: Value) -> Sum | None:
        """The linear piece in which z is proved to lie, if there is one."""
        points, work = activation.points, self.work
        first, last = 0, len(points)
        while first < last:
            middle = (first + last) // 2
            if self.intervals.order(z, points[middle][0])[0] >= 0:
                first = middle + 1
            else:
                last = middle
        if first < len(points) and self.intervals.order(z, points[first][0])[1] > 0:
            return None
        argument, value = points[max(first - 1, 0)]
        if first == 0:
            slope = activation.values[0]
        elif first == len(points):
            slope = activation.values[1]
        else:
            beyond, following = points[first]
            slope = ratio(following - value, beyond - argument)
        return _line(add(value, -multiply(slope, argument, work), work), slope, pre)

    # ------------------------------------------------------------ nodes

    def _function(self, activation: Activation) -> Callable[[Number], Number]:
        if activation not in self.functions:
            self.functions[activation] = activation.function(self.work)
        return self.functions[activation]

    def _set(self, node: int, value: Number) -> None:
        """A node that is a number; it is kept exactly if it is short."""
        if type(value) is int:
            self.whole.add(node)
        self._store(node, self.intervals.kept(value))

    def _define(self, node: int, definition: Definition) -> None:
        """A node that is a sum or a product of earlier ones."""
        values = self.values
        if isinstance(definition, Product):
            value = self.intervals.product(definition.factor, values[definition.first], values[definition.second])
        elif definition.constant == 0 and len(definition.terms) == 1 and definition.terms[0][0] == 1:
            value = values[definition.terms[0][1]]
        else:
            terms = [(coefficient, values[item]) for coefficient, item in definition.terms]
            value = self.intervals.linear(definition.constant, terms)
        self.definitions[node] = definition
        if type(value) is int or self._is_whole(definition):
            self.whole.add(node)
        self._store(node, value)

    def _store(self, node: int, value: Value) -> None:
        self.values[node] = value
        if isinstance(value, Ball):
            self.size += value.mid.bit_length() // 8 + 300
        else:
            self.size += (value.numerator.bit_length() + value.denominator.bit_length()) // 8 + 200
        self.work.hold(self.size, "the values of all vertices")

    def _is_whole(self, definition: Definition) -> bool:
        """Is a node an integer because all parts of its definition are?"""
        whole = self.whole
        if isinstance(definition, Product):
            return type(definition.factor) is int and definition.first in whole and definition.second in whole
        if type(definition.constant) is not int:
            return False
        return all(type(coefficient) is int and node in whole for coefficient, node in definition.terms)

    def _exact(self, node: int) -> Number | None:
        """The value of a node that is known exactly."""
        value = self.values[node]
        return None if isinstance(value, Ball) else value

    def _used_by(self, node: int) -> list[int]:
        """The differences that are not evaluated yet, of those that the expansion of a node uses."""
        steps = self.expansions.get(node, ())
        self.work.spend(1e-6 + len(steps) * 2e-7)
        return [step[1] for step in steps if not isinstance(step, int) and step[1] not in self.values]

    def _evaluate_differences(self, wanted: list[int]) -> None:
        """Evaluate these differences, each after those that it needs itself."""
        left = list(wanted)
        while left:
            d = left[-1]
            if d in self.values:
                left.pop()
                continue
            first, sign, second = self.differences[d]
            if d not in self.begun:
                self.begun.add(d)
                needed = self._used_by(d)
                needed += [node for node in (first, second) if node in self.differences and node not in self.values]
                # What is begun and has no value waits for d.
                if not self.begun.isdisjoint(needed):
                    raise Invalid(f"{self.place}: difference {d} needs itself")
                left += needed
                self.work.hold(len(left) * 8, "the differences that wait for others")
                continue
            for node in (first, second):
                if node not in self.values:
                    raise Invalid(f"{self.place}: difference {d} is needed before node {node} has a value")
            definition = Sum(0, ((1, first), (-sign, second)))
            self._define(d, definition)
            if d in self.expansions and isinstance(self.values[d], Ball):
                self._expand(d, definition, self.expansions[d])

    def _expand(self, node: int, definition: Sum, steps: tuple[Step, ...]) -> None:
        """Write a sum as a polynomial in earlier nodes, as the guide says, and evaluate that."""
        polynomial = Polynomial(self._exact, self.work)
        try:
            polynomial.start(definition.constant, definition.terms)
            for step in steps:
                self.work.spend(2e-7)
                if isinstance(step, int):
                    if step in polynomial.variables:
                        self._substitute(polynomial, step)
                elif step[0] in polynomial.variables:
                    _, sign, other = self.differences[step[1]]
                    polynomial.substitute_sum(step[0], 0, ((sign, other), (1, step[1])))
        except Invalid as error:
            if self.work.interrupted or type(error) is not Invalid:
                raise
            raise Invalid(f"{self.place}: expansion of {node}: {error}") from None
        value = polynomial.evaluate(self.values.__getitem__, self.intervals)
        if type(value) is int:
            self.whole.add(node)
        self._store(node, self.intervals.better(value, self.values[node]))

    def _substitute(self, polynomial: Polynomial, name: int) -> None:
        definition = self.definitions.get(name)
        if definition is None:
            raise Invalid(f"node {name} has no definition")
        if isinstance(definition, Product):
            polynomial.substitute_product(name, definition.factor, definition.first, definition.second)
        else:
            polynomial.substitute_sum(name, definition.constant, definition.terms)


def _line(constant: Number, slope: Number, node: int) -> Sum:
    """The line constant + slope * node."""
    return Sum(constant, ((slope, node),) if slope else ())
