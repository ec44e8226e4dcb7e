"""The grounds "enumeration": every choice of parameters is tried.

The search goes vertex by vertex in topological order. What the rest of the network sees of a vertex is its vector of
values over the distinct inputs, so for given vectors of the vertices before it only the different vectors that its
parameters can produce are tried, each standing for all choices that give it. Slots that multiply zeros and vertices
that do not matter (no output can be reached, or only through constant activations) are tried once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dnnt_check.budget import Invalid, TooMuchWork, Work, describe, rough_seconds
from dnnt_check.choices import PLAIN_BITS, VertexChoices
from dnnt_check.columns import Column
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.network import SOURCE, Network, Vertex
from dnnt_check.numbers import Number, add, bits, brief, multiply
from dnnt_check.spaces import Space

#: Losses that are remembered, in numbers of the outputs they belong to.
REMEMBERED = 1_000_000


def check_enumeration(instance: Instance, network: Network, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no parameters have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: some parameters do, or there are too many choices.
    """
    alive = network.live(through_constants=False)
    order = [index for index in network.order if alive[index]]
    columns = [Column(values, work) for values in zip(*instance.points, strict=True)]
    _bound_work(len(instance.points), network, order, columns, work)
    positions = {index: position for position, index in enumerate(order)}
    points = len(instance.points)
    choices = [VertexChoices(network.vertices[index], points, columns, positions, work).vectors for index in order]
    loss = _TotalLoss(instance, network, bound, strict, work)
    values: list[Vector] = [()] * len(network.vertices)
    if not order:
        loss.check(values)
        return
    last = len(order) - 1
    stack = [choices[0](values)]
    while stack:
        depth = len(stack) - 1
        index = order[depth]
        if depth == last:
            for vector in stack.pop():
                values[index] = vector
                loss.check(values)
            continue
        following = next(stack[-1], None)
        if following is None:
            stack.pop()
            continue
        values[index] = following
        stack.append(choices[depth + 1](values))


def _slots(vertex: Vertex, columns: Sequence[Column]) -> Iterator[tuple[Space, int]]:
    """The spaces whose choice matters, with the number of edges they stand for."""
    for link in vertex.incoming:
        yield link.bias, link.times
        if link.source != SOURCE:
            yield link.weights[0], link.times
        else:
            for space, column in zip(link.weights, columns, strict=True):
                if not column.zero:
                    yield space, link.times


def _bound_work(
    points: int,
    network: Network,
    order: Sequence[int],
    columns: Sequence[Column],
    work: Work,
) -> None:
    """Refuse what would take too long, before it starts: choices so far times the cost of a choice."""
    total = 1
    seconds = 0.0
    for index in order:
        vertex = network.vertices[index]
        if vertex.activation.kind != "constant":
            count = 0
            for space, times in _slots(vertex, columns):
                count += 1
                if space.count > 1 and times * vertex.count > 1:
                    raise TooMuchWork(
                        "too much work: enumeration of a group of "
                        f"{describe(times * vertex.count)} edges with more than one choice"
                    )
                total *= space.count
                if total > 10**15:
                    raise TooMuchWork("too much work: enumeration of more than 10^15 choices of parameters")
            work.spend(count * 3e-7)
        # A visit of the vertex, and a vector for each choice.
        seconds += rough_seconds(total, 4e-7 + points * 1e-7)
    seconds += rough_seconds(total, 3e-7 + points * 2e-7)
    work.require(seconds, f"enumeration of {describe(total)} choices of parameters")


class _TotalLoss:
    """The total loss of values of all vertices, and the comparison with the bound."""

    def __init__(self, instance: Instance, network: Network, bound: Number, strict: bool, work: Work) -> None:
        self.loss = instance.loss.function(work)
        self.samples = instance.samples
        self.outputs = network.outputs
        self.bound = bound
        self.strict = strict
        self.work = work
        self.known: list[dict[Vector, Number]] = [{} for _ in self.samples]
        self.places = range(len(self.samples))
        self.stored = 0

    def check(self, values: list[Vector]) -> None:
        """Raise if the loss is too small."""
        work = self.work
        bound = self.bound
        rows = [values[output] for output in self.outputs]
        # Without outputs there is still the loss of the empty vector, once for every input.
        outputs: Iterable[Vector] = zip(*rows, strict=True) if rows else [()] * len(self.samples)
        total: Number = 0
        for known, i, f in zip(self.known, self.places, outputs, strict=True):
            loss = known.get(f)
            if loss is None:
                loss = self._loss(i, f)
            total = add(total, loss, work) if total else loss
            if total > bound:
                break
        else:
            if total < bound or (self.strict and total == bound):
                raise Invalid(f"lower: there are parameters with the loss {brief(total)}")
        work.spend(1e-6)

    def _loss(self, i: int, f: Vector) -> Number:
        work = self.work
        total: Number = 0
        for weight, labels in self.samples[i]:
            total = add(total, multiply(weight, self.loss(f, labels), work), work)
            work.spend(2e-6 + len(f) * 5e-7)
        if self.stored < REMEMBERED // (len(f) + 4) and all(bits(z) <= PLAIN_BITS for z in f):
            self.known[i][f] = total
            self.stored += 1
        return total
